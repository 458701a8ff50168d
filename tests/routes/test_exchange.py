"""Import from another program, and the relocation of a library, over HTTP."""

from __future__ import annotations

import json
import os

import pytest

from tests.index.test_import_export import write_foreign

pytestmark = pytest.mark.stack


@pytest.fixture
def served(serve, library):
    served = serve(library)
    served.core.index.update()
    return served


def rate(served, *files, rating=4):
    assert served.post(
        "/db/rate", {"img_paths": [str(file) for file in files], "rating": rating}
    ).json()["updated"] == len(files)


def found(served, query: str) -> list[str]:
    return sorted(
        file["fullpath"] for file in served.post("/db/search", {"query": query}).json()["files"]
    )


def test_a_database_in_the_webui_is_offered_and_taken_over(serve, library, tmp_path):
    more = tmp_path / "more"
    more.mkdir()
    tagged = {str(library / "fox.png"): ["Blau"], str(library / "later.png"): ["Blau"]}
    file = write_foreign(
        tmp_path / "extensions/sd-webui-infinite-image-browsing/iib.db",
        "late",
        tagged,
        [(str(more), "scanned", "More")],
    )
    served = serve(library)
    served.core.index.update()
    assert served.get("/db/importable").json() == {
        "databases": [{"path": str(file), "images": 2, "tags": 1, "tagged": 2, "folders": 1}]
    }
    answer = served.post("/db/import", {"path": str(file)}).json()
    assert answer == {
        "tags": 1,
        "albums": 0,
        "files": 1,
        "waiting": 1,
        "folders": [str(more)],
        "skipped_folders": [],
        "errors": [],
    }
    assert found(served, "tag:blau") == [str(library / "fox.png")]
    assert [root["name"] for root in served.get("/global_setting").json()["roots"]] == [
        "library",
        "More",
    ]
    job_id = served.post("/db/import", {"path": str(file), "background": True}).json()["job_id"]
    assert served.core.jobs.wait(job_id, 20).result["files"] == 1


def test_behind_access_control_an_offer_is_taken_without_its_folders(serve, library, tmp_path):
    tagged = {str(library / "fox.png"): ["Blau"], str(tmp_path / "more/1.png"): ["Blau"]}
    file = write_foreign(
        tmp_path / "extensions/x/iib.db", "late", tagged, [(str(tmp_path / "more"), "scanned", "")]
    )
    served = serve(library, access_control="on")
    served.core.index.update()
    answer = served.post("/db/import", {"path": str(file)}).json()
    assert (answer["files"], answer["waiting"], answer["folders"], answer["skipped_folders"]) == (
        1,
        0,
        [],
        [str(tmp_path / "more")],
    )
    other = write_foreign(tmp_path / "iib.db", "late", tagged)
    assert served.post("/db/import", {"path": str(other)}).status_code == 403
    assert served.post("/db/import", {"path": str(library / "fox.txt")}).status_code == 400


@pytest.mark.needs_links
def test_an_offer_inside_of_the_library_that_leads_out_of_it_is_not_taken(serve, library, tmp_path):
    other = write_foreign(
        tmp_path / "elsewhere/iib.db", "late", {str(library / "fox.png"): ["Blau"]}
    )
    (library / "extensions/x").mkdir(parents=True)
    (library / "extensions/x/iib.db").symlink_to(other)
    served = serve(library, access_control="on")
    served.core.index.update()
    assert (
        served.post("/db/import", {"path": str(library / "extensions/x/iib.db")}).status_code == 403
    )
    assert found(served, "tag:blau") == []


def test_marks_are_exported_as_lines(served, library):
    rate(served, library / "fox.png")
    answer = served.get("/db/export")
    entries = [json.loads(line) for line in answer.text.splitlines()]
    assert answer.headers["content-type"].startswith("application/jsonl") and answer.headers[
        "content-disposition"
    ].startswith("attachment")
    assert [(entry["path"], entry["rating"]) for entry in entries if entry["kind"] == "file"] == [
        (str(library / "fox.png"), 4)
    ]


def test_a_library_that_has_moved_is_followed(served, library, tmp_path):
    rate(served, library / "fox.png", library / "sub/deep.png")
    deleted = served.post("/delete_files", {"file_paths": [str(library / "sub/deep.png")]}).json()
    new = tmp_path / "new"
    os.rename(library, new)
    body = {"old": str(library), "new": str(new)}
    told = served.post("/db/relocate", body).json()
    # The folder itself, the empty subfolder, and the path of the subfolder in the trash.
    assert told["steps"] > 0
    assert {**told, "steps": 0} == {
        "dry_run": True,
        "folders": 3,
        "files": 3,
        "merged": 0,
        "kept": 0,
        "extra_paths": 0,
        "steps": 0,
    }
    assert found(served, "rating:4") == [str(library / "fox.png")]
    assert served.post("/db/relocate", {**body, "dry_run": False}).json() == {
        **told,
        "dry_run": False,
    }
    served.core.access.set_roots([str(new)])
    served.core.index.update()
    assert found(served, "rating:4") == [str(new / "fox.png")]
    assert served.post(f"/operations/{deleted['operation_id']}/undo", {}).status_code == 200
    assert found(served, "rating:4") == [str(new / "fox.png"), str(new / "sub/deep.png")]
    assert served.core.index.update().result["skipped"] == 3


def test_relocating_from_another_system(served, library):
    served.post("/db/import", {"path": str(_lines(library, "D:\\sd\\sub\\deep.png"))})
    assert found(served, "rating:3") == []
    assert (
        served.post(
            "/db/relocate", {"old": "d:\\SD", "new": str(library), "dry_run": False}
        ).json()["kept"]
        == 1
    )
    assert found(served, "rating:3") == [str(library / "sub/deep.png")]


def _lines(library, path: str):
    file = library / "marks.jsonl"
    file.write_text(json.dumps({"kind": "file", "path": path, "rating": 3}) + "\n")
    return file


@pytest.mark.parametrize("name", ["\udcff", "\ud800", "\udcff\ud800", "ok"])
@pytest.mark.parametrize("field", ["old", "new"])
def test_half_a_surrogate_pair_in_a_place_is_no_failure(serve, library, field, name):
    served = serve(library)
    served.post("/db/update_image_data", {})
    places = {"old": str(library), "new": str(library.parent / "new")}
    places[field] += f"/{name}" if field == "old" else name
    answer = served.client.post(
        "/db/relocate",
        content=json.dumps({**places, "dry_run": False}),
        headers={"content-type": "application/json"},
    )
    assert answer.status_code in (200, 400), answer.text
    assert served.post("/db/search", {"query": "type:image"}).status_code == 200
    assert served.get("/db/export").status_code == 200


def test_a_place_that_clients_may_not_reach_is_not_relocated(serve, library, tmp_path):
    served = serve(library, access_control="on")
    for body in (
        {"old": "/anywhere", "new": str(library)},
        {"old": str(library), "new": str(tmp_path)},
        {"old": "D:\\x", "new": str(library)},
    ):
        assert served.post("/db/relocate", {**body, "dry_run": False}).status_code == 403
    assert (
        served.post("/db/relocate", {"old": str(library), "new": str(library)}).status_code == 400
    )


def test_the_trash_is_not_relocated_out_of_the_journal(served, library):
    deleted = served.post("/delete_files", {"file_paths": [str(library / "fox.png")]}).json()
    for body in (
        {"old": str(library / ".iib-trash"), "new": str(library / "zz")},
        {"old": str(library / "sub"), "new": str(library / ".iib-trash/x")},
    ):
        answer = served.post("/db/relocate", {**body, "dry_run": False})
        assert answer.status_code == 400 and "is in the trash" in answer.json()["detail"]
    assert served.get("/trash").json()["count"] == 2
    assert served.post(f"/operations/{deleted['operation_id']}/undo", {}).status_code == 200
    assert (library / "fox.png").is_file()


def send(served, content: bytes, **query):
    return served.client.post(
        "/db/import_upload", params=query, files={"file": ("m.jsonl", content)}
    )


def test_a_file_that_is_sent_is_looked_at_first_and_then_imported(served, library):
    lines = _lines(library, str(library / "fox.png")).read_bytes()
    lines += b'{"kind": "tag", "name": "Blau", "color": ""}\n{"kind": "file"}\n'
    before = served.get("/db/changes").json()
    told = send(served, lines, dry_run=True).json()
    assert (told["tags"], told["files"], told["waiting"], len(told["errors"])) == (1, 1, 0, 1)
    assert found(served, "rating:3") == [] and served.get("/db/changes").json() == before
    assert "Blau" not in served.get("/db/export").text
    assert send(served, lines).json() == told
    assert found(served, "rating:3") == [str(library / "fox.png")]


def test_a_database_that_is_sent_is_imported_as_a_job(served, library, tmp_path):
    more = tmp_path / "more"
    more.mkdir()
    file = write_foreign(
        tmp_path / "iib.db",
        "late",
        {str(library / "fox.png"): ["Blau"]},
        [(str(more), "scanned", "More")],
    )
    started = send(served, file.read_bytes(), dry_run=True, background=True).json()
    told = served.core.jobs.wait(started["job_id"], 20).result
    assert (told["files"], told["folders"]) == (1, [str(more)])
    assert found(served, "tag:blau") == []
    assert len(served.get("/global_setting").json()["roots"]) == 1
    started = send(served, file.read_bytes(), background=True).json()
    assert served.core.jobs.wait(started["job_id"], 20).result == told
    assert found(served, "tag:blau") == [str(library / "fox.png")]


def test_a_file_of_the_library_can_be_looked_at_before_it_is_imported(served, library):
    path = str(_lines(library, str(library / "fox.png")))
    assert served.post("/db/import", {"path": path, "dry_run": True}).json()["files"] == 1
    assert found(served, "rating:3") == []


def test_what_is_no_file_of_marks_is_refused_and_nothing_is_left(served, monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "t"))
    (tmp_path / "t").mkdir()
    for content in (b"no marks\n", b"SQLite format 3\0" + b"x" * 100):
        assert send(served, content).status_code == 400
    two = [("file", ("a", b"{}")), ("file", ("b", b"{}"))]
    assert served.client.post("/db/import_upload", files=two).status_code == 400
    form = {"content-type": "multipart/form-data; boundary=b"}
    for body in (b"--b--", b'--b\r\ncontent-disposition: form-data; filename="a"\r\n\r\n{"kind"'):
        answer = served.client.post("/db/import_upload", content=body, headers=form)
        assert answer.status_code == 400
    assert served.post("/db/import_upload", {}).status_code == 400
    assert os.listdir(tmp_path / "t") == []


def test_a_file_above_the_limit_is_refused(serve, library):
    served = serve(library, max_upload_mib=1)
    assert send(served, b"x" * (2 << 20)).status_code == 413
    assert send(served, b"").json()["files"] == 0


def test_a_server_that_changes_nothing_takes_no_file(serve, library):
    served = serve(library, access_control="on", read_only=True)
    assert send(served, b"").status_code == 403
    assert served.get("/db/export").status_code == 200


def test_behind_access_control_marks_of_files_outside_stay_outside(serve, library, tmp_path):
    served = serve(library, access_control="on")
    served.core.index.update()
    lines = _lines(library, str(tmp_path / "elsewhere.png")).read_bytes()
    told = send(served, lines, dry_run=True).json()
    assert (told["files"], told["waiting"]) == (0, 0)
