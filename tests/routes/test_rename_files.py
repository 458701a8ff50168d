"""Many files renamed by a pattern: first told, then done as one operation with one undo."""

from __future__ import annotations

import os

import pytest
from PIL import Image

from tests.routes.test_operations import names

pytestmark = [pytest.mark.stack, pytest.mark.windows]


@pytest.fixture
def served(serve, library):
    served = serve(library)
    served.post("/db/update_image_data", {})
    return served


def rename(served, library, pattern, *files, **more):
    body = {"file_paths": [str(library / name) for name in files], "pattern": pattern, **more}
    return served.post("/db/rename_files", body)


def told(answer):
    return [
        (os.path.basename(move["src_path"]), os.path.basename(move["dest_path"]))
        for move in answer.json()["renamed"]
    ]


def test_a_preview_changes_nothing_and_one_undo_takes_all_back(served, library):
    before = names(library)
    pattern, files = "{media} {n:3} {name}", ("sea.jpg", "fox.png", "sub/deep.png")
    planned = rename(served, library, pattern, *files)
    wanted = [
        ("fox.png", "image 002 fox.png"),
        ("deep.png", "image 003 deep.png"),
        ("sea.jpg", "image 001 sea.jpg"),
    ]
    assert sorted(told(planned)) == sorted(wanted)
    assert planned.json()["operation_id"] is None and planned.json()["dry_run"]
    assert names(library) == before
    done = rename(served, library, pattern, *files, dry_run=False)
    assert sorted(told(done)) == sorted(wanted)
    # A companion goes along under the name of its picture.
    assert names(library) == {
        "image 001 sea.jpg",
        "image 002 fox.png",
        "image 002 fox.txt",
        "sub/image 003 deep.png",
    }
    assert served.post("/db/search", {"query": "name:002"}).json()["files"]
    (operation,) = served.get("/operations").json()["operations"]
    assert (operation["kind"], operation["count"]) == ("rename", 3)
    served.post(f"/operations/{operation['id']}/undo", {})
    assert names(library) == before


def test_dates_sizes_and_models_are_put_in(served, library):
    answer = rename(served, library, "{date:%Y} {size} {rating}", "sea.jpg", tz="UTC")
    assert told(answer) == [("sea.jpg", "2023 80x60 Unknown.jpg")]


def test_files_that_would_get_one_name_or_a_taken_one_stay_and_are_told(served, library):
    Image.new("RGB", (8, 8)).save(library / "wolf.png")
    served.post("/db/update_image_data", {})
    answer = rename(served, library, "wolf", "fox.png", "sea.jpg", dry_run=False).json()
    assert [move["src_path"] for move in answer["renamed"]] == [str(library / "sea.jpg")]
    assert [(error["path"], error["code"]) for error in answer["errors"]] == [
        (str(library / "fox.png"), "NameTaken")
    ]
    assert {"fox.png", "fox.txt", "wolf.png", "wolf.jpg"} <= names(library)
    Image.new("RGB", (8, 8)).save(library / "cat.png")
    served.post("/db/update_image_data", {})
    answer = rename(served, library, "same", "fox.png", "cat.png").json()
    assert (len(answer["renamed"]), len(answer["errors"])) == (1, 1)


def test_files_that_keep_their_names_are_no_operation(served, library):
    answer = rename(served, library, "{name}", "fox.png", "sea.jpg", dry_run=False).json()
    assert (answer["renamed"], answer["errors"], answer["operation_id"]) == ([], [], None)


@pytest.mark.parametrize(
    "pattern",
    ["", " ", "a/b", "a\\b", "{nothing}", "{n:x}", "{n:0}", "{name:3}", "{name", "x" * 301],
)
def test_a_pattern_that_cannot_be_used_is_refused(served, library, pattern):
    answer = rename(served, library, pattern, "fox.png")
    assert (answer.status_code, answer.json()["code"]) == (400, "InvalidRequest")


def test_a_file_that_is_not_indexed_cannot_be_named_by_its_facts(served, library):
    Image.new("RGB", (8, 8)).save(library / "new.png")
    answer = rename(served, library, "{n}", "new.png", dry_run=False)
    assert answer.status_code == 404 and (library / "new.png").exists()
