"""Resolving duplicates over HTTP: files go to our own trash, marks to the one that is kept, and one
undo takes all of it back.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.look.pictures import draw, save

pytestmark = [pytest.mark.stack, pytest.mark.engine]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "library"
    save(draw(1), folder / "keep.png")
    for name in ("a.png", "b.png"):
        shutil.copy(folder / "keep.png", folder / name)
    (folder / "a.txt").write_text("about a")
    return folder


@pytest.fixture
def served(serve, root):
    return start(serve, root)


def start(serve, root, **settings):
    served = serve(root, idle_thumbnails=False, **settings)
    served.post("/db/update_image_data", {})
    return served


def mark(served, path, *, tags=(), albums=(), rating=0):
    for name in tags:
        tag = served.post("/db/add_custom_tag", {"tag_name": name}).json()
        body = {"img_paths": [str(path)], "action": "add", "tag_id": tag["id"]}
        served.post("/db/batch_update_image_tag", body)
    known = {album["name"]: album["id"] for album in served.get("/albums").json()["albums"]}
    for name in albums:
        number = known.get(name) or served.post("/albums", {"name": name}).json()["id"]
        served.post("/albums/add", {"id": number, "img_paths": [str(path)]})
    if rating:
        served.post("/db/rate", {"img_paths": [str(path)], "rating": rating})


def marks(served, path):
    found = served.post("/db/marks", {"paths": [str(path)]}).json()["marks"][str(path)]
    names = tuple(sorted(one["name"] for one in found["tags"]))
    return names, tuple(sorted(one["name"] for one in found["albums"])), found["rating"]


def resolve(served, root, keeper="keep.png", victims=("a.png", "b.png"), **more):
    group = {"keeper": str(root / keeper), "victims": [str(root / name) for name in victims]}
    return served.post("/db/resolve_duplicates", {"groups": [group], **more})


def there(root):
    return sorted(path.name for path in root.iterdir() if not path.name.startswith("."))


def test_victims_go_with_what_belongs_to_them_and_their_marks_stay(served, root):
    mark(served, root / "keep.png", tags=["common"], rating=2)
    mark(served, root / "a.png", tags=["common", "fox"], albums=["best"], rating=5)
    mark(served, root / "b.png", tags=["snow"], albums=["best", "winter"])
    answer = resolve(served, root, exact=True).json()
    assert answer["ok"] and sorted(answer["deleted"]) == [str(root / "a.png"), str(root / "b.png")]
    assert there(root) == ["keep.png"]
    assert marks(served, root / "keep.png") == (("common", "fox", "snow"), ("best", "winter"), 5)
    undone = served.client.post(f"/operations/{answer['operation_id']}/undo")
    assert undone.status_code == 200
    assert there(root) == ["a.png", "a.txt", "b.png", "keep.png"]
    assert marks(served, root / "keep.png") == (("common",), (), 2)
    assert marks(served, root / "a.png") == (("common", "fox"), ("best",), 5)
    assert marks(served, root / "b.png") == (("snow",), ("best", "winter"), 0)


def test_what_was_changed_since_stays_when_it_is_undone(served, root):
    mark(served, root / "a.png", tags=["fox"], rating=5)
    answer = resolve(served, root).json()
    mark(served, root / "keep.png", tags=["own"], rating=3)
    served.client.post(f"/operations/{answer['operation_id']}/undo")
    assert marks(served, root / "keep.png") == (("own",), (), 3)


@pytest.mark.parametrize("mode", ["permanent", "system"])
def test_it_is_our_own_trash_whatever_the_delete_mode(serve, root, mode):
    served = start(serve, root, delete_mode=mode)
    answer = resolve(served, root).json()
    assert answer["ok"] and there(root) == ["keep.png"]
    assert {Path(file["path"]).name for file in served.get("/trash").json()["files"]} == {
        "a.png",
        "a.txt",
        "b.png",
    }
    assert served.client.post(f"/operations/{answer['operation_id']}/undo").status_code == 200
    assert there(root) == ["a.png", "a.txt", "b.png", "keep.png"]


def test_exact_means_every_byte_now(served, root):
    data = bytearray((root / "b.png").read_bytes())
    status = os.stat(root / "b.png")
    data[len(data) // 2] ^= 1
    (root / "b.png").write_bytes(data)
    os.utime(root / "b.png", ns=(status.st_atime_ns, status.st_mtime_ns))
    answer = resolve(served, root, exact=True).json()
    assert answer["deleted"] == [str(root / "a.png")] and not answer["ok"]
    assert [error["path"] for error in answer["errors"]] == [str(root / "b.png")]
    assert "same bytes" in answer["errors"][0]["error"] and "b.png" in there(root)
    assert resolve(served, root, victims=["b.png"], exact=True).status_code == 409
    assert resolve(served, root, victims=["b.png"]).json()["ok"]


def test_only_a_group_that_is_exact_is_read(served, root):
    save(draw(1), root / "other.jpg")
    keeper = str(root / "keep.png")
    groups = [
        {"keeper": keeper, "victims": [str(root / "a.png")], "exact": True},
        {"keeper": keeper, "victims": [str(root / "other.jpg")]},
    ]
    answer = served.post("/db/resolve_duplicates", {"groups": groups}).json()
    assert answer["ok"] and there(root) == ["b.png", "keep.png"]
    save(draw(1), root / "other.jpg")
    groups = [{"keeper": keeper, "victims": [str(root / "other.jpg")], "exact": True}]
    assert served.post("/db/resolve_duplicates", {"groups": groups}).status_code == 409


@pytest.mark.needs_links
@pytest.mark.parametrize("link", [os.link, os.symlink])
@pytest.mark.parametrize("is_kept", [True, False])
def test_another_name_of_the_file_that_is_kept_stays(served, root, link, is_kept):
    link(root / "keep.png", root / "linked.png")
    names = ("linked.png", "keep.png") if is_kept else ("keep.png", "linked.png")
    for exact in (True, False):
        answer = resolve(served, root, names[0], [names[1]], exact=exact)
        assert answer.status_code in (400, 409) and {"keep.png", "linked.png"} <= set(there(root))
    both = resolve(served, root, names[0], [names[1], "a.png"])
    if both.status_code == 200:
        assert [error["path"] for error in both.json()["errors"]] == [str(root / names[1])]
    assert {"keep.png", "linked.png"} <= set(there(root))


def test_a_file_is_kept_or_goes(served, root):
    groups = [
        {"keeper": str(root / "keep.png"), "victims": [str(root / "a.png")]},
        {"keeper": str(root / "a.png"), "victims": [str(root / "b.png")]},
    ]
    assert served.post("/db/resolve_duplicates", {"groups": groups}).status_code == 400
    assert resolve(served, root, victims=["keep.png"]).status_code == 400
    assert resolve(served, root, victims=[]).status_code == 400
    twice = [groups[0], {**groups[0], "keeper": str(root / "b.png")}]
    assert served.post("/db/resolve_duplicates", {"groups": twice}).status_code == 400
    assert there(root) == ["a.png", "a.txt", "b.png", "keep.png"]


def test_only_files_go(served, root):
    (root / "empty").mkdir()
    for victim in ("empty", "none.png"):
        assert resolve(served, root, victims=[victim]).status_code == 404
    assert (root / "empty").is_dir()


def test_nothing_goes_where_the_file_to_keep_is_gone(served, root):
    (root / "keep.png").unlink()
    assert resolve(served, root).status_code == 409 and "a.png" in there(root)


def test_outside_of_the_library_nothing_is_kept_or_goes(serve, root, tmp_path):
    served = start(serve, root, access_control="on")
    save(draw(1), tmp_path / "elsewhere/a.png")
    for keeper, victim in (("../elsewhere/a.png", "a.png"), ("keep.png", "../elsewhere/a.png")):
        assert resolve(served, root, keeper, [victim]).status_code == 403
    assert (tmp_path / "elsewhere/a.png").exists() and "a.png" in there(root)


def test_a_companion_that_another_picture_needs_stays(served, root):
    save(draw(1), root / "a.jpg")
    served.post("/db/update_image_data", {})
    assert resolve(served, root, "a.jpg", ["a.png"]).json()["ok"]
    assert {"a.jpg", "a.txt"} <= set(there(root)) and "a.png" not in there(root)


def test_marks_that_have_nowhere_to_go_keep_their_file(served, root):
    mark(served, root / "a.png", tags=["fox"])
    shutil.copy(root / "keep.png", root / "new.png")
    answer = resolve(served, root, "new.png", ["a.png", "b.png"]).json()
    assert answer["deleted"] == [str(root / "b.png")]
    assert [error["path"] for error in answer["errors"]] == [str(root / "a.png")]


def test_what_is_found_can_be_resolved(served, root):
    (group,) = served.post("/db/duplicates", {"exact": True}).json()["groups"]
    victims = [file["path"] for file in group["files"][1:]]
    body = {"groups": [{"keeper": group["keeper"], "victims": victims}], "exact": True}
    assert served.post("/db/resolve_duplicates", body).json()["ok"]
    assert served.post("/db/duplicates", {}).json()["count"] == 0
    (operation,) = served.get("/operations").json()["operations"]
    assert (operation["kind"], operation["count"], operation["undoable"]) == ("resolve", 2, True)
