"""Undoing a change of tags, ratings and albums takes back what it changed, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import write_png

pytestmark = [pytest.mark.stack, pytest.mark.engine]


@pytest.fixture
def served(serve, library):
    served = serve(library)
    served.post("/db/update_image_data", None)
    return served


@pytest.fixture
def files(served, library: Path) -> list[str]:
    made = [str(write_png(library / f"{number}.png")) for number in range(4)]
    served.post("/db/update_image_data", None)
    return made


def ask(served, route: str, **body: Any) -> dict[str, Any]:
    answer = served.post(route, {"undoable": True, **body})
    assert answer.status_code == 200, answer.text
    return answer.json()


def undo(served, change: dict[str, Any]) -> int:
    return ask(served, "/db/undo_marks", change_id=change["change_id"])["updated"]


def marks(served, files: list[str]) -> list[dict[str, Any]]:
    answer = served.post("/db/marks", {"paths": files}).json()["marks"]
    return [answer[file] for file in files]


def tags_of(served, files: list[str]) -> list[list[str]]:
    return [[tag["name"] for tag in one["tags"]] for one in marks(served, files)]


def new_tag(served, name: str, files: list[str], color: str = "") -> int:
    tag = served.post("/db/add_custom_tag", {"tag_name": name, "color": color}).json()["id"]
    ask(served, "/db/batch_update_image_tag", img_paths=files, action="add", tag_id=tag)
    return tag


def counts(served) -> dict[str, int]:
    found = served.get("/db/tags", category="custom").json()["tags"]
    return {tag["name"]: tag["count"] for tag in found}


@pytest.mark.parametrize("action", ["add", "remove"])
def test_a_tag_is_undone_where_it_was_changed(served, files, action):
    tag = new_tag(served, "mine", files[:2])
    before = tags_of(served, files)
    change = ask(served, "/db/batch_update_image_tag", img_paths=files, action=action, tag_id=tag)
    assert (change["updated"], change["changed"]) == (4, 2)
    assert undo(served, change) == 2
    assert tags_of(served, files) == before == [["mine"], ["mine"], [], []]
    assert counts(served)["mine"] == 2


def test_all_results_of_a_search_are_undone_when_it_finds_them_no_longer(served, files):
    tag = new_tag(served, "mine", files[:1])
    found = {"query": {"query": "-tag:mine name:png"}, "expected_count": 5}
    change = ask(served, "/db/batch_update_image_tag", **found, action="add", tag_id=tag)
    assert change["changed"] == 5 and undo(served, change) == 5
    assert tags_of(served, files) == [["mine"], [], [], []]


def test_each_file_gets_the_rating_back_that_it_had(served, files):
    for file, rating in zip(files, (1, 5)):
        ask(served, "/db/rate", img_paths=[file], rating=rating)
    change = ask(served, "/db/rate", img_paths=files, rating=5)
    assert change["changed"] == 3
    ask(served, "/db/rate", img_paths=files[3:], rating=2)
    assert undo(served, change) == 2
    assert [one["rating"] for one in marks(served, files)] == [1, 5, 0, 2]


def order(served, name: str) -> list[str]:
    answer = served.post("/db/search", {"query": f"album:{name}", "sort": "album", "order": "asc"})
    return [file["fullpath"] for file in answer.json()["files"]]


def test_an_album_gets_its_files_back_where_they_were(served, files):
    album = ask(served, "/albums", name="best")["id"]
    ask(served, "/albums/add", id=album, img_paths=files[1:])
    added = ask(served, "/albums/add", id=album, img_paths=files)
    assert added["changed"] == 1 and undo(served, added) == 1
    assert order(served, "best") == files[1:]
    removed = ask(served, "/albums/remove", id=album, img_paths=[files[2], files[0]])
    assert removed["changed"] == 1 and order(served, "best") == [files[1], files[3]]
    assert undo(served, removed) == 1 and order(served, "best") == files[1:]


def test_a_deleted_tag_and_a_deleted_album_come_back_with_their_files(served, files):
    tag = new_tag(served, "mine", files[:2], "#ff8800")
    album = ask(served, "/albums", name="best")["id"]
    ask(served, "/albums/add", id=album, img_paths=files[2:])
    without_tag = ask(served, "/db/remove_custom_tag", tag_id=tag)
    without_album = ask(served, "/albums/delete", id=album)
    assert tags_of(served, files) == [[]] * 4 and served.get("/albums").json()["albums"] == []
    assert undo(served, without_album) == 2 and undo(served, without_tag) == 2
    assert tags_of(served, files) == [["mine"], ["mine"], [], []]
    assert marks(served, files)[0]["tags"][0]["color"] == "#ff8800"
    assert order(served, "best") == files[2:]


def test_a_merge_is_undone_where_it_changed_files(served, files):
    first = new_tag(served, "one", files[:2], "#ff8800")
    into = new_tag(served, "two", files[1:3])
    change = ask(served, "/db/merge_custom_tags", tag_ids=[first], into_id=into)
    assert change["name"] == "two"
    assert tags_of(served, files) == [["two"], ["two"], ["two"], []]
    undo(served, change)
    assert tags_of(served, files) == [["one"], ["one", "two"], ["two"], []]
    assert counts(served) == {"like": 0, "one": 2, "two": 2}


def test_marks_kept_for_files_that_are_not_indexed_come_back_too(served, files, library):
    first, into = new_tag(served, "one", []), new_tag(served, "two", [])
    album = ask(served, "/albums", name="best")["id"]
    later = [str(library / name) for name in ("a.png", "b.png")]
    lines = [
        {"kind": "file", "path": later[0], "tags": ["one"], "rating": 0, "albums": {"best": 1}},
        {"kind": "file", "path": later[1], "tags": ["one", "two"], "rating": 0, "albums": {}},
    ]
    exported = library / "marks.jsonl"
    exported.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    assert served.post("/db/import", {"path": str(exported)}).status_code == 200
    changes = [
        ask(served, "/db/merge_custom_tags", tag_ids=[first], into_id=into),
        ask(served, "/albums/delete", id=album),
    ]
    for change in reversed(changes):
        undo(served, change)
    for number, file in enumerate(later):
        write_png(Path(file), infotext=f"picture {number}")
    served.post("/db/update_image_data", None)
    assert tags_of(served, later) == [["one"], ["one", "two"]]
    assert order(served, "best") == later[:1]


def test_what_needs_no_undo_is_not_recorded(served, files):
    body = {"img_paths": files, "rating": 3}
    assert served.post("/db/rate", body).json() == {"updated": 4, "errors": []}


def test_a_change_is_undone_once(served, files):
    change = ask(served, "/db/rate", img_paths=files, rating=5)
    other = ask(served, "/db/rate", img_paths=files[:1], rating=1)
    undo(served, change)
    listed = served.get("/db/mark_changes").json()["changes"]
    assert [(one["change_id"], one["undone"], one["changed"]) for one in listed] == [
        (other["change_id"], False, 1),
        (change["change_id"], True, 4),
    ]
    for wrong in (change["change_id"], "none", ""):
        answer = served.post("/db/undo_marks", {"change_id": wrong})
        assert answer.status_code == 404, answer.text
        assert ("undone already" in answer.text) == (wrong == change["change_id"])
    assert [one["rating"] for one in marks(served, files)] == [1, 0, 0, 0]


def test_the_last_changes_are_kept(served, files):
    first = ask(served, "/db/rate", img_paths=files, rating=5)
    second = ask(served, "/db/rate", img_paths=files, rating=1)
    for number in range(99):
        ask(served, "/db/rate", img_paths=files[:1], rating=number % 5)
    answer = served.post("/db/undo_marks", {"change_id": first["change_id"]})
    assert answer.status_code == 404 and "others were made since then" in answer.text
    assert undo(served, second) == 3


def test_an_id_that_is_given_again_is_another_file(served, files, library):
    rated = ask(served, "/db/rate", img_paths=files, rating=5)
    Path(files[3]).unlink()
    served.post("/db/update_image_data", None)
    assert served.post("/db/forget_missing", {"dry_run": False}).json()["count"] == 1
    other = str(write_png(library / "other.png"))
    ask(served, "/db/rate", img_paths=[other], rating=5)
    undo(served, rated)
    assert marks(served, [other])[0]["rating"] == 5
