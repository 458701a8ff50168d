"""File operations over HTTP: requests, answers, and refusals."""

from __future__ import annotations

import io
import os
import time
import zipfile
from pathlib import Path

import pytest

from iib_core.db import images, tags
from tests.conftest import write_png

pytestmark = [pytest.mark.stack, pytest.mark.windows]

CHANGES = [
    "delete_files",
    "move_files",
    "copy_files",
    "db/rename",
    "flatten_folder",
    "mkdirs",
    "operations/x/undo",
    "trash/empty",
    "open_folder",
]


@pytest.fixture
def served(serve, library):
    return serve(library)


def names(library: Path) -> set[str]:
    return {
        path.relative_to(library).as_posix()
        for path in library.rglob("*")
        if path.is_file() and ".iib-trash" not in path.parts
    }


def test_move_answers_what_went_where_and_undo_brings_it_back(served, library):
    answer = served.post(
        "/move_files", {"file_paths": [str(library / "fox.png")], "dest": str(library / "sub")}
    ).json()
    assert answer["moved"] == [
        {"src_path": str(library / "fox.png"), "dest_path": str(library / "sub/fox.png")}
    ]
    assert (answer["errors"], answer["skipped"]) == ([], []) and {
        "sub/fox.png",
        "sub/fox.txt",
    } < names(library)
    (operation,) = served.get("/operations").json()["operations"]
    assert operation["id"] == answer["operation_id"] and abs(operation["time"] - time.time()) < 60
    assert (operation["kind"], operation["state"], operation["count"], operation["undoable"]) == (
        "move",
        "done",
        1,
        True,
    )
    undone = served.client.post(f"/operations/{answer['operation_id']}/undo")
    assert undone.status_code == 200 and {"fox.png", "fox.txt"} < names(library)
    assert [operation["state"] for operation in served.get("/operations").json()["operations"]] == [
        "done",
        "undone",
    ]
    assert served.client.post(f"/operations/{answer['operation_id']}/undo").status_code == 409


@pytest.mark.parametrize("route", ["move_files", "copy_files"])
def test_a_collision_is_409_or_an_entry_or_another_name(served, library, route):
    write_png(library / "sub/fox.png", colour="green")
    body = {
        "file_paths": [str(library / "fox.png"), str(library / "sea.jpg")],
        "dest": str(library / "sub"),
    }
    refused = served.post(f"/{route}", body)
    assert (
        refused.status_code == 409
        and refused.json()["code"] == "NameTaken"
        and "sub/sea.jpg" not in names(library)
    )
    lenient = served.post(f"/{route}", {**body, "continue_on_error": True}).json()
    assert [(error["path"], error["code"]) for error in lenient["errors"]] == [
        (str(library / "fox.png"), "NameTaken")
    ] and "sub/sea.jpg" in names(library)
    renamed = served.post(
        f"/{route}", {**body, "file_paths": [str(library / "fox.png")], "on_conflict": "rename"}
    ).json()
    assert next(iter(renamed.values()))[0]["dest_path"] == str(library / "sub/fox (1).png")
    assert served.post(f"/{route}", {**body, "on_conflict": "overwrite"}).status_code == 400


@pytest.mark.parametrize("how", ["move", "copy"])
def test_a_file_replaces_another_where_that_is_asked_for_and_one_undo_brings_both_back(
    served, library, how
):
    """Each keeps its own marks, and the old one its position in its albums."""
    new, old = library / "fox.png", write_png(library / "sub/fox.png", colour="green")
    (library / "sub/fox.json").write_text("old")
    before = {name: (library / name).read_bytes() for name in names(library)}
    others = [write_png(library / f"{number}.png") for number in (1, 2)]
    served.post("/db/update_image_data", {})
    best = served.post("/albums", {"name": "best"}).json()["id"]
    ordered = [str(others[0]), str(old), str(others[1])]
    served.post("/albums/add", {"id": best, "img_paths": ordered})
    served.post("/db/rate", {"img_paths": [str(new)], "rating": 5})
    served.post("/db/rate", {"img_paths": [str(old)], "rating": 2})

    def found(query: str, sort: str = "date") -> list[str]:
        body = {"query": query, "sort": sort, "order": "asc"}
        return [file["fullpath"] for file in served.post("/db/search", body).json()["files"]]

    body = {
        "file_paths": [str(new), str(library / "sea.jpg")],
        "dest": str(library / "sub"),
        "replace": [str(new)],
    }
    planned = served.post(f"/{how}_files", {**body, "dry_run": True}).json()
    replaced = [str(library / "sub" / name) for name in ("fox.json", "fox.png")]
    assert sorted(planned["replaced"]) == replaced and (library / "sub/fox.json").exists()
    done = served.post(f"/{how}_files", body).json()
    assert sorted(done["replaced"]) == replaced and done["errors"] == []
    assert old.read_bytes() == before["fox.png"] and not (library / "sub/fox.json").exists()
    assert found("rating:5") == ([str(old)] if how == "move" else sorted([str(new), str(old)]))
    assert found("rating:2") == []
    assert found("album:best", "album") == [ordered[0], ordered[2]]
    served.post(f"/operations/{done['operation_id']}/undo", {})
    assert {name: (library / name).read_bytes() for name in before} == before
    assert (found("rating:5"), found("rating:2")) == ([str(new)], [str(old)])
    assert found("album:best", "album") == ordered


def test_only_files_of_the_request_can_replace_others(served, library):
    body = {"file_paths": [str(library / "fox.png")], "dest": str(library / "sub")}
    for replace in ([str(library / "sea.jpg")], [""], ["/elsewhere.png"]):
        refused = served.post("/move_files", {**body, "replace": replace})
        assert refused.status_code in (400, 403)
    assert (
        served.post(
            "/flatten_folder", {"folder_path": str(library), "on_conflict": "replace"}
        ).status_code
        == 400
    )


def test_several_collisions_are_counted_in_one_sentence(served, library):
    for name in ("fox.png", "sea.jpg"):
        write_png(library / "sub" / name, colour="green")
    paths = [str(library / name) for name in ("fox.png", "sea.jpg", "clip.mp4")]
    (library / "clip.mp4").write_bytes(b"clip")
    refused = served.post("/move_files", {"file_paths": paths, "dest": str(library / "sub")})
    assert refused.json()["detail"] == (
        "2 of 3 files already exist there, such as 'fox.png'. Nothing was changed."
    )
    assert "sub/clip.mp4" not in names(library)


def test_a_missing_destination_is_made_on_request_as_a_folder(served, library):
    body = {
        "file_paths": [str(library / "fox.png"), str(library / "sea.jpg")],
        "dest": str(library / "new/deep"),
    }
    assert served.post("/copy_files", body).status_code == 404
    assert served.post("/copy_files", {**body, "create_dest_folder": True}).status_code == 200
    assert {"new/deep/fox.png", "new/deep/sea.jpg", "fox.png"} < names(library)


def test_deleted_files_are_in_the_trash_out_of_listing_and_come_back(served, library):
    answer = served.post(
        "/delete_files", {"file_paths": [str(library / "fox.png"), str(library / "none.png")]}
    ).json()
    assert answer["deleted"] == [str(library / "fox.png")] and answer["errors"][0]["path"] == str(
        library / "none.png"
    )
    assert [
        entry["name"]
        for entry in served.get("/files", folder_path=str(library)).json()["files"]
        if "trash" in entry["name"]
    ] == []
    trash = served.get("/trash").json()
    assert (
        sorted(file["path"] for file in trash["files"])
        == [str(library / "fox.png"), str(library / "fox.txt")]
        and trash["count"] == 2
    )
    assert all(Path(file["trash_path"]).is_file() for file in trash["files"])
    assert (
        served.post(
            "/delete_files",
            {"file_paths": [str(library / f".iib-trash/{answer['operation_id']}/fox.png")]},
        ).status_code
        == 400
    )
    assert served.post(f"/operations/{answer['operation_id']}/undo", {}).status_code == 200
    assert "fox.png" in names(library) and served.get("/trash").json()["count"] == 0


def test_the_trash_can_be_emptied_by_age_by_operation_and_whole(served, library):
    one = served.post("/delete_files", {"file_paths": [str(library / "fox.png")]}).json()[
        "operation_id"
    ]
    served.post("/delete_files", {"file_paths": [str(library / "sea.jpg")]})
    assert served.post("/trash/empty", {"older_than_days": 1}).json()["removed"] == 0
    assert served.post("/trash/empty", {"operation_ids": ["unknown"]}).status_code == 404
    assert served.post("/trash/empty", {"operation_ids": [one]}).json()["removed"] == 2
    assert served.client.post("/trash/empty").json()["removed"] == 1
    assert served.post(f"/operations/{one}/undo", {}).status_code == 409
    assert served.post("/trash/empty", {"older_than_days": -1}).status_code == 400


def test_only_empty_folders_are_deleted(served, library):
    (library / "empty").mkdir()
    assert served.post("/delete_files", {"file_paths": [str(library / "sub")]}).status_code == 409
    assert served.post("/delete_files", {"file_paths": [str(library / "empty")]}).status_code == 200
    assert served.post("/delete_files", {"file_paths": [str(library)]}).status_code == 400
    assert (library / "sub").is_dir() and not (library / "empty").exists()


def test_rename_keeps_the_sidecar_and_refuses_what_is_no_name(served, library):
    answer = served.post(
        "/db/rename", {"path": str(library / "fox.png"), "name": "wolf.png"}
    ).json()
    assert answer["new_path"] == str(library / "wolf.png") and {"wolf.png", "wolf.txt"} < names(
        library
    )
    for bad in ("../up.png", "a/b.png", "", ".", "..", "a\0b", "a\\b.png", "CON", "x" * 300):
        refused = served.post("/db/rename", {"path": str(library / "wolf.png"), "name": bad})
        assert (refused.status_code, refused.json()["code"]) == (400, "InvalidRequest")
    assert (
        served.post(
            "/db/rename", {"path": str(library / "wolf.png"), "name": "sea.jpg"}
        ).status_code
        == 409
    )
    assert (
        served.post("/db/rename", {"path": str(library / "wolf.png"), "name": "wolf.png"}).json()[
            "operation_id"
        ]
        is None
    )


def test_flatten_tells_first_and_counts_the_files_of_the_folder_itself(served, library):
    write_png(library / "sub/fox.png")
    told = served.post("/flatten_folder", {"folder_path": str(library), "dry_run": True}).json()
    assert (
        told["success"],
        told["dry_run"],
        told["total_files"],
        told["moved_files"],
        told["operation_id"],
    ) == (False, True, 2, 0, None)
    assert [conflict["src_path"] for conflict in told["conflicts"]] == [
        str(library / "sub/fox.png")
    ]
    assert told["moves"] == [
        {"src_path": str(library / "sub/deep.png"), "dest_path": str(library / "deep.png")}
    ]
    assert (
        served.post("/flatten_folder", {"folder_path": str(library), "dry_run": False}).status_code
        == 409
    )
    done = served.post(
        "/flatten_folder", {"folder_path": str(library), "dry_run": False, "on_conflict": "rename"}
    ).json()
    assert (done["success"], done["moved_files"]) == (True, 2) and names(library) == {
        "fox.png",
        "fox.txt",
        "fox (1).png",
        "deep.png",
        "sea.jpg",
    }
    assert not (library / "sub").exists() and done["operation_id"]


def test_folders_are_made(served, library):
    assert (
        served.post("/mkdirs", {"dest_folder": str(library / "x/y")}).json()["success"] is True
        and (library / "x/y").is_dir()
    )
    assert (
        served.post("/mkdirs", {"dest_folder": str(library / "x/y")}).json()["operation_id"] is None
    )
    assert served.post("/mkdirs", {"dest_folder": str(library / "aux/y")}).status_code == 400
    assert served.post("/mkdirs", {"dest_folder": str(library / "fox.png/y")}).status_code == 409


@pytest.mark.needs_links
def test_a_root_that_is_a_link_works_and_answers_speak_its_name(serve, library, tmp_path):
    (tmp_path / "link").symlink_to(library)
    served = serve(tmp_path / "link", access_control="on")
    answer = served.post(
        "/move_files",
        {"file_paths": [str(tmp_path / "link/fox.png")], "dest": str(tmp_path / "link/sub")},
    ).json()
    assert answer["moved"] == [
        {
            "src_path": str(tmp_path / "link/fox.png"),
            "dest_path": str(tmp_path / "link/sub/fox.png"),
        }
    ]
    assert served.post(f"/operations/{answer['operation_id']}/undo", {}).status_code == 200


@pytest.mark.parametrize("route", CHANGES)
def test_read_only_changes_nothing(serve, library, route):
    served = serve(library, read_only=True)
    before = names(library)
    body = {
        "file_paths": [str(library / "fox.png")],
        "dest": str(library / "sub"),
        "path": str(library / "fox.png"),
        "name": "x.png",
    }
    answer = served.post(
        f"/{route}", {**body, "folder_path": str(library), "dest_folder": str(library / "x")}
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "ReadOnly") and names(
        library
    ) == before
    assert (
        served.post("/zip", {"paths": [str(library / "fox.png")], "pack_only": True}).status_code
        == 403
    )
    assert served.post("/zip", {"paths": [str(library / "fox.png")]}).status_code == 200


def test_in_the_background_it_is_a_job_with_a_result(served, library):
    answer = served.post(
        "/move_files",
        {
            "file_paths": [str(library / "fox.png")],
            "dest": str(library / "sub"),
            "background": True,
        },
    )
    job = served.core.jobs.wait(answer.json()["job_id"], 30)
    assert (job.status, len(job.result["moved"])) == ("completed", 1) and "sub/fox.png" in names(
        library
    )


def test_what_a_crash_left_is_finished_before_the_server_answers(serve, library, tmp_path):
    first = serve(library)
    first.core.operations.move([str(library / "fox.png")], str(library / "sub"))
    with first.core.db.write() as conn:  # as if the process had ended after the first rename
        conn.exec_driver_sql("UPDATE operation SET state = 'running', owner = 'gone'")
    os.rename(library / "sub/fox.txt", library / "fox.txt")
    first.core.operations.recover()
    assert "sub/fox.txt" in names(library)
    assert "Finished" in first.get("/operations").json()["operations"][0]["message"]


def test_a_zip_is_streamed_with_distinct_names(served, library):
    write_png(library / "sub/fox.png", colour="green")
    answer = served.post(
        "/zip",
        {
            "paths": [str(library / "fox.png"), str(library / "sub/fox.png"), str(library / "sub")],
            "compress": True,
        },
    )
    packed = zipfile.ZipFile(io.BytesIO(answer.content))
    assert answer.headers["content-type"] == "application/zip" and packed.testzip() is None
    assert sorted(packed.namelist()) == [
        "fox (1).png",
        "fox.png",
        "fox.txt",
        "sub/deep.png",
        "sub/fox.png",
    ]
    assert served.post("/zip", {"paths": []}).status_code == 400
    assert served.post("/zip", {"paths": [str(library / "none.png")]}).status_code == 404


def test_packing_in_the_background_tells_how_far_it_is_and_can_be_ended(served, library):
    with (library / "large.mp4").open("wb") as file:
        file.truncate(1 << 30)  # sparse zeros, which take no space but time
    job_id = served.post(
        "/zip", {"paths": [str(library / "large.mp4")], "pack_only": True, "background": True}
    ).json()["job_id"]
    while not (job := served.get(f"/jobs/{job_id}").json())["done"]:
        assert job["status"] == "running", job
    assert (job["stage"], job["total"]) == ("packing", 1 << 30)
    served.post(f"/jobs/{job_id}/cancel", {})
    assert served.core.jobs.wait(job_id, 60).status == "cancelled"
    assert os.listdir(os.path.join(served.core.config.data_dir, "archives")) == []


def test_pack_only_leaves_the_archive_in_the_data_folder(served, library):
    answer = served.post("/zip", {"paths": [str(library)], "pack_only": True}).json()
    assert (
        Path(answer["path"]).parent.parent == Path(served.core.config.data_dir)
        and answer["count"] == 4
    )
    assert zipfile.ZipFile(answer["path"]).testzip() is None and not answer["errors"]


def test_things_open_for_a_client_on_this_machine_only(served, library, monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    path = {"path": str(library / "fox.png")}
    for route in ("/open_folder", "/open_with_default_app"):
        behind_proxy = served.client.post(route, json=path, headers={"X-Forwarded-For": "10.0.0.7"})
        assert behind_proxy.status_code == 403
        assert (
            served.post(route, path).status_code == 409
            if os.name == "posix" and os.uname().sysname == "Linux"
            else True
        )
    (library / "run.sh").write_text("echo")
    assert (
        served.post("/open_with_default_app", {"path": str(library / "run.sh")}).status_code == 400
    )


def test_limit_is_above_zero(served):
    assert served.get("/operations", limit=0).status_code == 400 and served.get(
        "/operations", limit=10**6
    ).json() == {"operations": []}


def test_a_search_stands_for_its_files_as_long_as_it_finds_as_many_as_were_seen(served, library):
    served.post("/db/update_image_data", {})
    search = {"query": {"query": "fox"}}
    for count in (0, 2, 99):
        refused = served.post(
            "/move_files", {**search, "expected_count": count, "dest": str(library / "sub")}
        )
        assert refused.status_code == 409 and "fox.png" in names(library)
    assert served.post("/move_files", {**search, "dest": str(library / "sub")}).status_code == 400
    assert (
        served.post("/delete_files", {**search, "file_paths": [], "expected_count": 1}).status_code
        == 400
    )
    packed = zipfile.ZipFile(
        io.BytesIO(served.post("/zip", {**search, "expected_count": 1}).content)
    )
    assert packed.namelist() == ["fox.png", "fox.txt"]
    moved = served.post(
        "/move_files", {**search, "expected_count": 1, "dest": str(library / "sub")}
    ).json()["moved"]
    assert [move["src_path"] for move in moved] == [str(library / "fox.png")] and {
        "sub/fox.png",
        "sub/fox.txt",
    } < names(library)
    assert served.post("/delete_files", {**search, "expected_count": 1}).json()["deleted"] == [
        str(library / "sub/fox.png")
    ]


def test_an_update_of_the_index_leaves_what_is_in_the_trash_for_undo(served, library):
    served.post("/db/update_image_data", {})
    with served.core.db.write() as conn:
        before = images.find_ids(conn, [str(library / "fox.png")])
        tags.assign(conn, tags.create_custom(conn, "mine").id, before.values())
    deleted = served.post("/delete_files", {"file_paths": [str(library / "fox.png")]}).json()
    assert served.post("/db/update_image_data", {}).json()["removed"] == 0
    served.post(f"/operations/{deleted['operation_id']}/undo", {})
    assert served.post("/db/update_image_data", {}).json()["added"] == 0
    with served.core.db.read() as conn:
        assert images.find_ids(conn, [str(library / "fox.png")]) == before
        assert [
            tag.name
            for tag in tags.list_custom_of(conn, before.values())[next(iter(before.values()))]
        ] == ["mine"]


def test_an_archive_without_metadata_has_pictures_alone(serve, library):
    """What cannot be freed of metadata is left out and named, and companions are not taken along."""
    (library / "fox.txt").write_text("a fox")
    (library / "a.gif").write_bytes(b"GIF89a")
    body = {
        "paths": [str(library / name) for name in ("fox.png", "a.gif", "sub")],
        "strip_metadata": True,
    }
    answer = serve(library).post("/zip", body)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        assert {"fox.png", "errors.txt"} < set(packed.namelist())
        assert "fox.txt" not in packed.namelist() and "a.gif" not in packed.namelist()
        assert "a.gif: " in packed.read("errors.txt").decode()
        for name in packed.namelist():
            assert b"Steps: " not in packed.read(name)
