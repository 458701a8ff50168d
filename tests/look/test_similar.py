"""Files that look like one, over HTTP."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.look.pictures import draw, save

pytestmark = pytest.mark.stack


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "library"
    for number in range(8):
        save(draw(number), folder / f"{number}.png")
    save(draw(3).resize((200, 150)), folder / "small.jpg", quality=60)
    save(draw(3).crop((6, 0, 320, 236)), folder / "sub/crop.png")
    return folder


@pytest.fixture
def served(serve, root):
    served = serve(root, idle_thumbnails=False)
    served.post("/db/update_image_data", {})
    served.post("/db/duplicates", {})
    return served


def ask(served, root, name="3.png", **more):
    return served.post("/db/similar", {"path": str(root / name), "by": "look", **more})


def names(answer):
    return [Path(result["path"]).name for result in answer["results"]]


def test_the_most_alike_come_first_and_the_file_itself_is_not_among_them(served, root):
    answer = ask(served, root).json()
    assert names(answer)[:2] == ["small.jpg", "crop.png"] and "3.png" not in names(answer)
    assert (answer["count"], answer["model"], answer["complete"]) == (9, "look", True)
    scores = [result["score"] for result in answer["results"]]
    assert scores == sorted(scores, reverse=True) and 0 <= scores[-1] < 0.6 < 0.8 < scores[1] <= 1
    assert [file["fullpath"] for file in answer["files"]] == [
        one["path"] for one in answer["results"]
    ]
    assert answer["results"][0]["distance"] <= 2 < answer["results"][-1]["distance"]


def test_pages_hold_each_file_once(served, root):
    answer, seen = ask(served, root, top_k=2).json(), []
    while True:
        seen += names(answer)
        if not answer["cursor"]["has_next"]:
            break
        answer = ask(served, root, top_k=2, cursor=answer["cursor"]["next"]).json()
    assert len(seen) == len(set(seen)) == 9
    assert seen == names(ask(served, root).json())
    for wrong in ({"cursor": "x"}, {"top_k": 0}, {"top_k": 501}, {"min_score": 2}, {"by": "smell"}):
        assert ask(served, root, **wrong).status_code == 400, wrong


def test_only_what_is_alike_enough_in_these_folders(served, root):
    assert names(ask(served, root, min_score=0.8).json()) == ["small.jpg", "crop.png"]
    assert names(ask(served, root, folder_paths=[str(root / "sub")]).json()) == ["crop.png"]


def test_a_file_that_was_not_looked_at_is_looked_at_now(serve, root):
    served = serve(root, idle_thumbnails=False)
    served.post("/db/update_image_data", {})
    answer = ask(served, root).json()
    assert (answer["results"], answer["complete"]) == ([], False)
    assert served.get("/db/look_status").json()["done"] == 1


def test_what_shows_nothing_is_refused(served, root):
    (root / "a.mp3").write_bytes(b"no sound")
    (root / "broken.png").write_bytes(b"no picture")
    for name in ("a.mp3", "broken.png"):
        assert ask(served, root, name).status_code == 400, name
    assert ask(served, root, "none.png").status_code == 404
