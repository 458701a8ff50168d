"""Organise: preview, second check, one operation, one undo.

Each call is followed by a check of the disk and the index.
"""

from __future__ import annotations

import os
import threading
import time

import pytest

from iib_core.db import images
from iib_core.index import reader
from tests.ai.conftest import THEMES, finished, themed
from tests.slashes import below

pytestmark = pytest.mark.stack


@pytest.fixture
def served(serve, put, tmp_path):
    started = serve(tmp_path / "themed", watch=False)
    put(started, themed())
    return started


@pytest.fixture
def root(tmp_path):
    return tmp_path / "themed"


def start(served, root, **body):
    answer = served.post(
        "/db/organize_files_start", {"folder_paths": [str(root)], "threshold": 0.85, **body}
    )
    assert answer.status_code == 200, answer.text
    state = finished(served, "/db/organize_files_status", answer.json()["job_id"])
    assert state["status"] == "preview_ready", state
    return state


def confirm(served, job_id, **body):
    answer = served.post("/db/organize_files_confirm", {"job_id": job_id, **body})
    assert answer.status_code == 200, answer.text
    ends_at = time.monotonic() + 60
    while time.monotonic() < ends_at:
        state = served.get("/db/organize_files_status", job_id=job_id).json()
        if state["status"] not in ("running", "moving"):
            return state
        time.sleep(0.02)
    raise AssertionError("it does not end")


def tree(root):
    """The content of files by relative path."""
    return {
        path.relative_to(root).as_posix(): path.read_text()
        for path in root.rglob("*")
        if path.is_file() and ".iib-trash" not in path.parts
    }


def indexed(served, root):
    with served.core.db.read() as conn:
        return sorted(
            below(row.path, root)
            for row in images.load_known(conn)
            if not row.missing and row.path.startswith(str(root))
        )


def agree(served, root):
    files = tree(root)
    assert indexed(served, root) == sorted(name for name in files if name.endswith(".png"))
    return files


@pytest.mark.engine
def test_themes_become_folders_and_one_undo_brings_all_back(served, root):
    before = agree(served, root)
    (root / "fox-0-0.txt").write_text("a sidecar")
    before["fox-0-0.txt"] = "a sidecar"
    state = start(served, root)
    preview = state["preview"]
    assert tree(root) == before  # a preview changes nothing
    assert preview["total_files"] == len(preview["all_mappings"]) == 19 and preview[
        "dest_folder"
    ] == str(root)
    assert sorted(cluster["size"] for cluster in preview["clusters"]) == [6, 6, 6]
    assert preview["noise"]["size"] == 1 and preview["noise"]["file_mappings"][0]["is_noise"]
    assert (preview["collisions"], preview["problems"], preview["bytes_needed"]) == ([], [], 0)
    done = confirm(served, state["job_id"])
    assert done["status"] == "completed" and done["progress"] == 1.0
    result = done["result"]
    assert (result["moved_count"], result["errors"], len(result["created_folders"])) == (19, [], 4)
    after = agree(served, root)
    assert {str(root / name) for name in after if name.endswith(".png")} == {
        mapping["dest_path"] for mapping in preview["all_mappings"]
    }
    (fox,) = {name.split("/")[0] for name in after if name.split("/")[-1].startswith("fox")}
    assert after[f"{fox}/fox-0-0.txt"] == "a sidecar" and "Unsorted/alone.png" in after
    (operation,) = served.get("/operations").json()["operations"]
    assert (operation["id"], operation["kind"], operation["undoable"]) == (
        result["operation_id"],
        "organise",
        True,
    )
    assert served.post(f"/operations/{operation['id']}/undo", {}).status_code == 200
    assert agree(served, root) == before
    assert [path for path in root.iterdir() if path.is_dir() and path.name != ".iib-trash"] == []


def test_same_names_get_other_names_and_the_preview_shows_it(served, root, put, serve, tmp_path):
    library = tmp_path / "days"
    for day in ("day1", "day2"):
        (library / day).mkdir(parents=True)
    other = serve(library, watch=False)
    other.core.index.update()
    for day in ("day1", "day2"):
        for at in range(3):
            path = library / day / f"0000{at}.png"
            path.write_text(f"{day} {at}")
            status = path.stat()
            values = {
                "reader": reader.VERSION,
                "prompt": THEMES["fox"][at],
                "tags": [("media", "image")],
            }
            row = images.ImageRow(
                str(path), "image", status.st_mtime_ns, status.st_size, 0, **values
            )
            with other.core.db.write() as conn:
                images.upsert_many(conn, [row])
    state = start(other, library, recursive=True)
    collisions = state["preview"]["collisions"]
    assert len(collisions) == 3 and all(
        mapping["renamed"] and " (1)" in mapping["dest_path"] for mapping in collisions
    )
    assert confirm(other, state["job_id"])["result"]["moved_count"] == 6
    assert sorted(agree(other, library).values()) == [
        f"{day} {at}" for day in ("day1", "day2") for at in range(3)
    ]


@pytest.mark.engine
def test_a_plan_is_carried_out_once(served, root):
    state = start(served, root)
    job_id = state["job_id"]
    for body, status in [
        ({"job_id": "nothing"}, 404),
        ({"job_id": job_id, "skip_cluster_ids": ["c99"]}, 400),
        ({"job_id": job_id, "folder_edits": [{"cluster_id": "c99", "new_folder_name": "x"}]}, 400),
        ({"job_id": job_id, "folder_edits": [{"cluster_id": "c1", "new_folder_name": ".."}]}, 400),
        ({"job_id": job_id, "folder_edits": [{"cluster_id": "c1"}]}, 400),
    ]:
        assert served.post("/db/organize_files_confirm", body).status_code == status, body
    assert confirm(served, job_id)["status"] == "completed"
    again = served.post("/db/organize_files_confirm", {"job_id": job_id})
    assert (again.status_code, again.json()["code"]) == (409, "Conflict")


def test_a_plan_that_is_not_ready_is_409_and_can_be_cancelled(served, root, monkeypatch):
    is_cancelled = threading.Event()

    def slow(*_):
        is_cancelled.wait(30)

    monkeypatch.setattr(served.core.index, "update_folders", slow)
    job_id = served.post("/db/organize_files_start", {"folder_paths": [str(root)]}).json()["job_id"]
    assert served.post("/db/organize_files_confirm", {"job_id": job_id}).status_code == 409
    assert served.post("/db/organize_files_cancel", {"job_id": job_id}).json() == {
        "cancelled": True
    }
    is_cancelled.set()
    assert finished(served, "/db/organize_files_status", job_id)["status"] == "cancelled"
    assert served.post("/db/organize_files_confirm", {"job_id": job_id}).status_code == 404


def test_names_can_be_changed_and_clusters_left_out(served, root):
    state = start(served, root)
    first, second, third = state["preview"]["clusters"]
    (root / "Kept").mkdir()
    edits = [
        {"cluster_id": first["cluster_id"], "new_folder_name": "../a/b"},
        {"cluster_id": second["cluster_id"], "new_folder_name": "kept"},
        {"cluster_id": "noise", "new_folder_name": "CON"},
    ]
    done = confirm(
        served, state["job_id"], folder_edits=edits, skip_cluster_ids=[third["cluster_id"]]
    )
    assert done["result"]["moved_count"] == 13
    after = agree(served, root)
    assert {name.split("/")[0] for name in after if "/" in name} == {"a b", "Kept", "_CON"}
    assert sum("/" not in name for name in after) == 6


def test_clients_of_before_are_told_what_to_do_and_call_the_rest_by_another_name(served, root):
    state = start(served, root)
    assert "POST /db/organize_files_confirm" in state["message"]
    answer = served.post(
        "/db/organize_files_confirm", {"job_id": state["job_id"], "skip_cluster_ids": ["__noise__"]}
    )
    assert answer.json() == {"ok": True, "job_id": state["job_id"]}
    finished(served, "/db/organize_files_status", state["job_id"])
    assert (root / "alone.png").exists()


def test_what_changed_since_the_preview_is_left_alone_and_told(served, root):
    state = start(served, root)
    (root / "fox-0-0.png").write_text("edited since")
    (root / "fox-0-1.png").unlink()
    wanted = state["preview"]["all_mappings"][0]["dest_path"]
    os.makedirs(os.path.dirname(wanted))
    with open(wanted, "w") as file:
        file.write("in the way")
    done = confirm(served, state["job_id"])
    errors = {
        os.path.basename(problem["path"]): problem["error"] for problem in done["result"]["errors"]
    }
    assert (
        sorted(errors) == ["fox-0-0.png", "fox-0-1.png"]
        and "changed" in errors["fox-0-0.png"]
        and "does not exist" in errors["fox-0-1.png"]
    )
    assert (root / "fox-0-0.png").read_text() == "edited since"
    with open(wanted) as file:
        assert file.read() == "in the way"
    assert done["result"]["moved_count"] == 17


def test_files_in_their_place_stay_and_a_second_time_nothing_is_left_to_do(served, root):
    confirm(served, start(served, root)["job_id"])
    before = agree(served, root)
    state = start(served, root, recursive=True)
    assert state["preview"]["in_place"] == 19 and state["preview"]["total_files"] == 0
    done = confirm(served, state["job_id"])
    assert (done["status"], done["result"]["moved_count"], done["result"]["operation_id"]) == (
        "completed",
        0,
        "",
    )
    assert agree(served, root) == before


@pytest.mark.parametrize(
    ("handling", "moved", "shown"), [("skip", 18, 0), ("leave", 18, 1), ("unsorted", 19, 1)]
)
def test_files_of_no_theme(served, root, handling, moved, shown):
    state = start(served, root, handle_noise=handling, noise_folder_name="Rest")
    assert (state["preview"]["noise"]["size"] if state["preview"]["noise"] else 0) == shown
    assert confirm(served, state["job_id"])["result"]["moved_count"] == moved
    assert (root / "alone.png").exists() == (handling != "unsorted")


def test_copies_leave_the_originals(served, root, tmp_path):
    dest = root / "sorted"
    before = agree(served, root)
    state = start(served, root, action="copy", dest_folder=str(dest), folder_naming="id")
    assert state["preview"]["bytes_needed"] == sum(len(text) for text in before.values())
    assert state["preview"]["bytes_free"] > 0
    done = confirm(served, state["job_id"])
    after = agree(served, root)
    assert len(after) == 38 and before.items() <= after.items()
    assert {name.split("/")[1] for name in after if name.startswith("sorted/")} == {
        "c1",
        "c2",
        "c3",
        "Unsorted",
    }
    served.post(f"/operations/{done['result']['operation_id']}/undo", {})
    assert agree(served, root) == before and not dest.exists()


@pytest.mark.parametrize(
    ("body", "folders"),
    [
        ({"by": "date"}, {"2023-11"}),
        ({"by": "model"}, {"fox_v1", "sea_v2"}),
        ({"by": "source", "pattern": "{source}/{model}"}, {"Forge/fox_v1", "Forge/sea_v2"}),
        ({"by": "tag"}, {"mine", "Unsorted"}),
        ({"by": "rating", "handle_noise": "leave"}, {"5 stars", ""}),
    ],
)
def test_rules_are_previewed_confirmed_and_undone_as_themes_are(served, root, body, folders):
    before = agree(served, root)
    path = str(root / "fox-0-0.png")
    tag = served.post("/db/add_custom_tag", {"tag_name": "mine"}).json()
    served.post(
        "/db/batch_update_image_tag", {"img_paths": [path], "action": "add", "tag_id": tag["id"]}
    )
    with served.core.db.write() as conn:
        conn.exec_driver_sql("UPDATE image SET rating = 5 WHERE name = 'fox-0-0.png'")
    state = start(served, root, **body)
    done = confirm(served, state["job_id"])
    assert done["status"] == "completed" and done["result"]["errors"] == []
    assert {os.path.dirname(name) for name in agree(served, root)} == folders
    served.post(f"/operations/{done['result']['operation_id']}/undo", {})
    assert agree(served, root) == before


@pytest.mark.parametrize(
    "body",
    [
        {"by": "size"},
        {"by": "date", "pattern": "{nothing}"},
        {"action": "link"},
        {"handle_noise": "x"},
        {"folder_naming": "x"},
        {"threshold": 0},
        {"noise_folder_name": ".."},
        {"max_folder_name_length": 0},
        {"folder_paths": []},
        {"model": "none"},
    ],
)
def test_what_means_nothing_is_400(served, root, body):
    assert (
        served.post("/db/organize_files_start", {"folder_paths": [str(root)], **body}).status_code
        == 400
    )


@pytest.mark.needs_links
def test_nothing_leads_outside_of_the_library(serve, put, root, tmp_path):
    served = serve(root, watch=False, access_control="on")
    put(served, themed())
    outside = tmp_path / "outside"
    outside.mkdir()
    for body in (
        {"dest_folder": str(outside)},
        {"dest_folder": str(outside / "new")},
        {"folder_paths": [str(root), str(outside)]},
    ):
        answer = served.post("/db/organize_files_start", {"folder_paths": [str(root)], **body})
        assert (answer.status_code, answer.json()["code"]) == (403, "AccessDenied")
    state = start(served, root, dest_folder=str(root / "new"))
    (root / "new").symlink_to(outside)  # swapped in after the preview
    answer = served.post("/db/organize_files_confirm", {"job_id": state["job_id"]})
    assert answer.status_code == 403 and list(outside.iterdir()) == []


@pytest.mark.engine
def test_a_plan_outlives_the_program_and_is_over_after_a_day(served, root, serve, tmp_path):
    from iib_core.core import Core

    state = start(served, root)
    config = served.core.config
    served.core.close()
    again = Core(config)
    try:
        stored = again.organiser.find(state["job_id"])
        assert stored is not None and stored.state == "ready"
        with again.db.write() as connection:
            connection.exec_driver_sql(
                "UPDATE organise_plan SET created_ns = created_ns - ?", (86_500 * 10**9,)
            )
        from iib_core.errors import Conflict

        with pytest.raises(Conflict, match="a day old"):
            again.organiser.confirm(state["job_id"], {}, [])
    finally:
        again.close()


def test_cancelling_stops_between_two_files_and_what_was_moved_can_be_undone(
    served, root, monkeypatch
):
    before = agree(served, root)
    state = start(served, root)
    disk = served.core.operations._disk
    rename = disk.rename
    seen = []
    is_cancelled = threading.Event()

    def slow(source, target):
        seen.append(source)
        if len(seen) == 5:
            served.post("/db/organize_files_cancel", {"job_id": state["job_id"]})
            is_cancelled.set()
        return rename(source, target)

    begin = served.core.jobs.start

    def begin_and_pause(*args, **kwargs):
        job = begin(*args, **kwargs)
        assert is_cancelled.wait(
            30
        )  # the work may be nearly done before the request that started it continues
        return job

    monkeypatch.setattr(disk, "rename", slow)
    monkeypatch.setattr(served.core.jobs, "start", begin_and_pause)
    done = confirm(served, state["job_id"])
    monkeypatch.undo()
    assert done["status"] == "cancelled" and done["result"]["moved_count"] == 5
    after = agree(served, root)
    assert sum("/" in name for name in after) == 5
    assert (
        len({os.path.dirname(name) for name in after})
        == len([path for path in root.rglob("*") if path.is_dir()]) + 1
    )  # no empty folder is left behind
    assert served.post(f"/operations/{done['result']['operation_id']}/undo", {}).status_code == 200
    assert agree(served, root) == before


def test_a_chat_model_that_is_down_costs_the_titles_only(serve, put, service, root, monkeypatch):
    monkeypatch.setattr("iib_core.ai.openai_client._FIRST_PAUSE_S", 0.001)
    served = serve(
        root, openai_base_url=service.url, embedding_model="embed-a", ai_model="chat-a", watch=False
    )
    put(served, themed())
    service.chat = lambda body: (500, {}, {})
    state = start(served, root, threshold=0.5)
    assert len(state["preview"]["clusters"]) == 3 and "500" in state["preview"]["message"]
    service.chat = lambda body: '{"title": "Alle: gleich?", "keywords": []}'
    (one,) = start(served, root, threshold=0.5, lang="de")["preview"][
        "clusters"
    ]  # equal names give one folder
    assert one["suggested_folder_name"] == "Alle gleich" and one["size"] == 18


def test_a_text_goes_with_its_picture_and_stays_where_two_pictures_that_part_share_it(served, root):
    (root / "fox-0-0.txt").write_text("of one")
    (root / "fox-0-1.png.txt").write_text("of its full name")
    (root / "alone.txt").write_text("of two")
    os.utime(root / "alone.png", (1_600_000_000, 1_600_000_000))
    (root / "alone.webp").write_bytes((root / "alone.png").read_bytes())
    state = start(served, root, by="date")
    assert confirm(served, state["job_id"])["result"]["errors"] == []
    after = tree(root)
    assert {
        "2023-11/fox-0-0.txt",
        "2023-11/fox-0-1.png.txt",
        "2020-09/alone.png",
        "alone.txt",
    } <= after.keys()


def test_files_alone_are_sorted_and_their_neighbours_stay(served, root):
    before = agree(served, root)
    chosen = sorted(map(str, root.glob("fox-*.png")))[:4]
    assert len(chosen) == 4
    answer = served.post(
        "/db/organize_files_start",
        {"file_paths": chosen, "threshold": 0.85, "dest_folder": str(root / "sorted")},
    )
    assert answer.status_code == 200, answer.text
    state = finished(served, "/db/organize_files_status", answer.json()["job_id"])
    assert sorted(mapping["src_path"] for mapping in state["preview"]["all_mappings"]) == sorted(
        chosen
    )
    brief = served.get("/db/organize_files_status", job_id=state["job_id"], brief=True).json()
    assert brief == {**state, "preview": None}
    done = confirm(served, state["job_id"])
    assert done["result"]["moved_count"] == len(chosen)
    after = agree(served, root)
    assert {name for name in after if name.startswith("sorted/")} and {
        name for name in before if str(root / name) not in chosen
    } <= set(after)
    # Topics of some files are not used as the topics of their folder.
    body = {
        "folder_paths": [str(root)],
        "recursive": False,
        "threshold": 0.85,
        "min_cluster_size": 2,
    }
    assert served.post("/db/cluster_iib_output_cached", body).json()["result"] is None
    found = {"query": {"query": "", "folder_paths": [str(root / "sorted")]}, "expected_count": 4}
    answer = served.post(
        "/db/organize_files_start", {**found, "by": "date", "dest_folder": str(root)}
    )
    assert (
        finished(served, "/db/organize_files_status", answer.json()["job_id"])["preview"][
            "total_files"
        ]
        == 4
    )
    for wrong in (
        {},
        {"file_paths": []},
        {"file_paths": [], "folder_paths": [str(root)]},
        {**found, "folder_paths": [str(root)]},
        {"query": {"query": "fox"}},
    ):
        assert served.post("/db/organize_files_start", wrong).status_code == 400, wrong


def test_files_are_sorted_together_with_those_of_folders(served, root):
    for name in ("in/fox.png", "in/deeper/fox.png", "other/fox.png"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes((root / "fox-0-0.png").read_bytes())
    body = {
        "file_paths": [str(root / "fox-0-1.png")],
        "folder_paths": [str(root / "in")],
        "dest_folder": str(root),
    }

    def sources(**more):
        answer = served.post("/db/organize_files_start", {**body, **more})
        assert answer.status_code == 200, answer.text
        preview = finished(served, "/db/organize_files_status", answer.json()["job_id"])["preview"]
        return sorted(below(mapping["src_path"], root) for mapping in preview["all_mappings"])

    for by in ("date", "theme"):
        assert sources(by=by) == ["fox-0-1.png", "in/fox.png"]
        assert sources(by=by, recursive=True) == ["fox-0-1.png", "in/deeper/fox.png", "in/fox.png"]


def test_nested_folders_keep_their_levels_under_another_name(served, root):
    state = start(served, root, by="date", pattern="{date:%Y}/{media}")
    (cluster,) = state["preview"]["clusters"]
    for name in ("../x", "a//b", "a/.."):
        edits = [{"cluster_id": cluster["cluster_id"], "new_folder_name": name}]
        assert (
            served.post(
                "/db/organize_files_confirm", {"job_id": state["job_id"], "folder_edits": edits}
            ).status_code
            == 400
        ), name
    done = confirm(
        served,
        state["job_id"],
        folder_edits=[{"cluster_id": cluster["cluster_id"], "new_folder_name": "old/all: of it"}],
    )
    assert done["result"]["moved_count"] == 19
    assert all(name.startswith("old/all of it/") for name in agree(served, root))
