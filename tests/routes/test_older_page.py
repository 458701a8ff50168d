"""What the page of infinite-image-browsing 1.9 asks for, and every field that it reads of the
answers.

Fields whose form is our own by the API's reference (states and progress of jobs, times as numbers,
types of tags) are left out.
"""

from __future__ import annotations

import os
import time

import pytest

from tests.conftest import INFOTEXT, Served, write_png

pytestmark = pytest.mark.stack

PROMPTS = ("red fox, snow", "red fox, snow, tail", "ocean waves", "ocean waves, moon")


@pytest.fixture
def served(serve, library) -> Served:
    for at, prompt in enumerate(PROMPTS):
        write_png(library / f"{at}.png", infotext=INFOTEXT.replace("a red fox in the snow", prompt))
    served = serve(library)
    served.core.index.update()
    return served


def ask(served: Served, route: str, body: object) -> dict:
    answer = served.post(route, body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def wait(served: Served, route: str, job_id: str, over: str) -> dict:
    while True:
        answer = served.get(route, job_id=job_id).json()
        assert answer["status"] not in ("failed", "cancelled"), answer
        if answer["status"] == over:
            return answer
        time.sleep(0.05)


def test_a_picture_by_name_and_path(served, library):
    other = write_png(library / "sub" / "fox.png", (30, 20))
    for path in (library / "fox.png", other):
        answer = served.get("/img/fox.png", path=str(path), t="1")
        assert answer.content == path.read_bytes()


def test_figures_of_the_library(served):
    figures = served.get("/db/stats/trend").json()
    assert figures["total_images"] == 7 and figures["total_disk_usage"] > 0
    assert set(figures["daily_contributions"][0]) >= {"date", "count"}
    assert set(figures["monthly_trends"][0]) >= {"month", "count"}
    for name in ("top_models", "top_samplers", "top_source"):
        assert set(figures[name][0]) >= {"name", "count"}
    assert figures["top_lora"] == []


def test_files_are_sorted_by_theme(served, library):
    asked = {
        "folder_paths": [str(library)],
        "dest_folder": str(library / "sorted"),
        "threshold": 0.6,
    }
    job_id = ask(served, "/db/organize_files_start", asked)["job_id"]
    preview = wait(served, "/db/organize_files_status", job_id, "preview_ready")["preview"]
    read = {"cluster_id", "suggested_folder_name", "title", "keywords", "size", "file_mappings"}
    for cluster in (*preview["clusters"], preview["noise"]):
        assert set(cluster) >= read
        assert set(cluster["file_mappings"][0]) >= {
            "src_path",
            "dest_path",
            "dest_folder_name",
            "cluster_id",
        }
    confirmed = {"job_id": job_id, "folder_edits": [], "skip_cluster_ids": ["__noise__"]}
    assert ask(served, "/db/organize_files_confirm", confirmed) == {"ok": True, "job_id": job_id}
    moved = wait(served, "/db/organize_files_status", job_id, "completed")["result"]["moved_count"]
    assert moved == preview["total_files"] - preview["noise"]["size"]


def test_topics_of_a_folder(served, library):
    asked = {"folder": str(library), "threshold": 0.6, "min_cluster_size": 2, "recursive": True}
    job_id = ask(served, "/db/cluster_iib_output_job_start", asked)["job_id"]
    result = wait(served, "/db/cluster_iib_output_job_status", job_id, "completed")["result"]
    cached = ask(served, "/db/cluster_iib_output_cached", asked)
    assert (
        cached["cache_hit"] and not cached["stale"] and cached["cached_at"] and cached["cache_key"]
    )
    assert cached["result"] == result and result["folder"] == str(library)
    assert set(result["clusters"][0]) >= {"id", "title", "size", "keywords", "paths"}
    found = ask(
        served,
        "/db/search_iib_output_by_prompt",
        {"query": "fox", "folder": str(library), "top_k": 3},
    )
    assert (found["query"], found["folder"], found["top_k"]) == ("fox", str(library), 3)
    assert found["count"] and found["model"] and set(found["results"][0]) >= {"id", "path", "score"}


def test_a_tag_is_taken_from_a_file_by_its_id(served, library):
    path = str(library / "fox.png")
    tag = ask(served, "/db/add_custom_tag", {"tag_name": "fine"})
    assert ask(served, "/db/toggle_custom_tag_to_img", {"img_path": path, "tag_id": tag["id"]}) == {
        "is_remove": False
    }
    (found,) = ask(served, "/db/match_images_by_tags", {"and_tags": [tag["id"]]})["files"]
    listed = served.get("/files", folder_path=str(library)).json()["files"]
    by_path = ask(served, "/batch_get_files_info", {"paths": [path, str(library / "fox.txt")]})
    assert {file["id"] for file in listed if file["name"] == "fox.png"} == {found["id"]}
    assert (by_path[path]["id"], by_path[str(library / "fox.txt")]["id"]) == (found["id"], None)
    ask(served, "/db/remove_custom_tag_from_img", {"img_id": found["id"], "tag_id": tag["id"]})
    assert ask(served, "/db/get_image_tags", {"paths": [path]}) == {path: []}


def test_folders_are_shown_by_pictures_and_videos(served, library):
    (library / "sub" / "clip.mp4").write_bytes(b"a clip")
    covers = ask(served, "/batch_top_4_media_info", {"paths": [str(library / "sub")]})
    assert {cover["name"]: cover["media_type"] for cover in covers[str(library / "sub")]} == {
        "deep.png": "image",
        "clip.mp4": "video",
    }
    indexed = {cover["name"] for cover in covers[str(library / "sub")] if cover["id"] is not None}
    assert indexed == {"deep.png"}


def test_files_are_moved_renamed_flattened_and_deleted(served, library):
    dest = str(library / "new")
    body = {"file_paths": [str(library / "0.png")], "dest": dest, "create_dest_folder": True}
    assert ask(served, "/move_files", body)["errors"] == []
    renamed = ask(served, "/db/rename", {"path": os.path.join(dest, "0.png"), "name": "fox.png"})
    assert renamed["new_path"] == os.path.join(dest, "fox.png")
    flattened = ask(served, "/flatten_folder", {"folder_path": str(library), "dry_run": True})
    assert (
        flattened["success"] is False
        and len(flattened["conflicts"]) == len(flattened["errors"]) == 1
    )
    assert all(isinstance(error, str) for error in flattened["errors"])
    assert ask(served, "/delete_files", {"file_paths": [renamed["new_path"]]})["ok"] is True


def test_pages_end_where_there_is_no_more(served):
    page = ask(served, "/db/search_by_substr", {"surstr": "", "size": 5, "cursor": ""})
    assert page["cursor"]["has_next"] is True and len(page["files"]) == 5
    last = ask(
        served, "/db/search_by_substr", {"surstr": "", "size": 5, "cursor": page["cursor"]["next"]}
    )
    assert last["cursor"]["has_next"] is False and len(last["files"]) == 2
