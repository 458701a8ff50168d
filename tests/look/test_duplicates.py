"""Duplicates over HTTP: what is found, what differs, which file is suggested, and pages of it."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from tests.look.pictures import draw, save, with_metadata

pytestmark = [pytest.mark.stack, pytest.mark.engine]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "library"
    for number in range(6):
        save(draw(number), folder / f"other{number}.png")
    return folder


def started(serve, root, **settings):
    served = serve(root, **{"idle_thumbnails": False, **settings})
    served.post("/db/update_image_data", {})
    return served


def found(served, **body):
    answer = served.post("/db/duplicates", body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def names(group):
    return [file["name"] for file in group["files"]]


def test_nothing_is_a_duplicate_of_anything_else(serve, root):
    answer = found(started(serve, root))
    assert (answer["groups"], answer["count"], answer["complete"]) == ([], 0, True)


def test_copies_other_formats_and_crops_are_told_apart(serve, root):
    image = draw(50)
    with_metadata(image, root / "keep.png")
    shutil.copy(root / "keep.png", root / "copy.png")
    save(image.resize((160, 120)), root / "small.jpg", quality=80)
    save(image.crop((8, 6, 318, 238)), root / "sub/cropped.png")
    (group,) = found(started(serve, root))["groups"]
    assert {file["name"]: file["kind"] for file in group["files"]} == {
        "keep.png": "keeper",
        "copy.png": "exact",
        "small.jpg": "same",
        "cropped.png": "near",
    }
    assert (group["kind"], group["keeper"]) == ("near", str(root / "keep.png"))
    assert set(group["differs"]) >= {"size", "pixels", "format", "folder", "metadata"}
    small = next(file for file in group["files"] if file["name"] == "small.jpg")
    assert (small["width"], small["height"], small["format"]) == (160, 120, "jpg")
    assert not small["has_metadata"] and group["files"][0]["has_metadata"]
    assert group["bytes_to_free"] == sum(file["bytes"] for file in group["files"][1:])


def test_exact_finds_only_what_holds_the_same_bytes(serve, root):
    save(draw(50), root / "a.png")
    save(draw(50), root / "b.jpg")
    (root / "sound.mp3").write_bytes(b"no sound, and the same twice" * 100)
    for name in ("a", "sound"):
        path = next(root.glob(f"{name}.*"))
        shutil.copy(path, path.with_name(f"{name}-copy{path.suffix}"))
    answer = found(started(serve, root), exact=True)
    assert sorted(sorted(names(group)) for group in answer["groups"]) == [
        ["a-copy.png", "a.png"],
        ["sound-copy.mp3", "sound.mp3"],
    ]
    assert answer["kinds"] == {"exact": 2, "same": 0, "near": 0}


def test_equal_size_and_ends_are_not_equal_bytes(serve, root):
    body = bytearray(os.urandom(40_000))
    (root / "a.mp3").write_bytes(body)
    body[20_000] ^= 1
    (root / "b.mp3").write_bytes(body)
    assert found(started(serve, root), exact=True)["count"] == 0


def test_the_file_to_keep_has_the_most_metadata_then_marks_then_pixels_then_age(serve, root):
    image = draw(50)
    save(image.resize((640, 480)), root / "large.png")
    with_metadata(image.resize((160, 120)), root / "told.png")
    save(image, root / "plain.png")
    save(image, root / "older.webp", lossless=True)
    served = started(serve, root)

    def order():
        return names(found(served)["groups"][0])

    assert order()[:2] == ["told.png", "large.png"]
    served.post("/db/rate", {"img_paths": [str(root / "plain.png")], "rating": 4})
    assert order()[:3] == ["told.png", "plain.png", "large.png"]
    (root / "told.png").unlink()
    served.post("/db/update_image_data", {})
    assert order() == ["plain.png", "large.png", "older.webp"]


def test_of_two_that_are_alike_the_older_one_is_kept(serve, root):
    for name, seconds in (("young.png", 1_700_000_500), ("old.png", 1_700_000_000)):
        save(draw(50), root / name)
        os.utime(root / name, (seconds, seconds))
    (group,) = found(started(serve, root))["groups"]
    assert names(group) == ["old.png", "young.png"] and group["differs"] == ["date"]


def test_a_group_shows_tags_and_albums(serve, root):
    save(draw(50), root / "a.png")
    save(draw(50), root / "b.png")
    served = started(serve, root)
    tag = served.post("/db/add_custom_tag", {"tag_name": "mine"}).json()
    album = served.post("/albums", {"name": "best"}).json()
    served.post(
        "/db/batch_update_image_tag",
        {"img_paths": [str(root / "b.png")], "action": "add", "tag_id": tag["id"]},
    )
    served.post("/albums/add", {"id": album["id"], "img_paths": [str(root / "b.png")]})
    (group,) = found(served)["groups"]
    assert (group["files"][0]["tags"], group["files"][0]["albums"]) == (["mine"], ["best"])
    assert {"tags", "albums"} <= set(group["differs"])


def test_only_what_a_query_and_folders_name_is_compared(serve, root):
    for folder in ("one", "two"):
        save(draw(50), root / folder / "a.png")
        save(draw(50), root / folder / "b.png")
    served = started(serve, root)
    assert found(served)["files"] == 3
    assert found(served, folder_paths=[str(root / "one")])["files"] == 1
    assert found(served, query="path:two name:a")["count"] == 0
    assert served.post("/db/duplicates", {"query": "rating:x"}).status_code == 400


def test_only_the_files_that_are_named_are_compared(serve, root):
    for folder in ("one", "two"):
        save(draw(50), root / folder / "a.png")
        save(draw(50), root / folder / "b.png")
    served = started(serve, root)
    named = [str(root / "one/a.png"), str(root / "two/b.png"), str(root / "other1.png")]
    (group,) = found(served, file_paths=named)["groups"]
    assert sorted(file["path"] for file in group["files"]) == named[:2]
    assert found(served, file_paths=named[:1])["count"] == 0
    assert found(served, file_paths=[])["count"] == 0
    assert found(served, file_paths=named[:1], folder_paths=[str(root / "two")])["files"] == 2
    assert served.post("/db/duplicates", {"file_paths": named, "query": "fox"}).status_code == 400


def test_a_wider_distance_finds_more(serve, root):
    image = draw(50)
    save(image, root / "a.png")
    save(image.crop((0, 0, 306, 229)), root / "b.png")
    served = started(serve, root)
    counts = [found(served, distance=distance)["count"] for distance in (0, 8)]
    assert counts == [0, 1]
    for distance in (-1, 9):
        assert served.post("/db/duplicates", {"distance": distance}).status_code == 400


def test_pages_hold_every_group_once(serve, root):
    for number in range(50, 57):
        save(draw(number), root / f"{number}a.png")
        save(draw(number), root / f"{number}b.png")
    served = started(serve, root)
    answer, seen = found(served, limit=3), []
    while True:
        seen += [group["keeper"] for group in answer["groups"]]
        if not answer["cursor"]["has_next"]:
            break
        answer = found(served, cursor=answer["cursor"]["next"], limit=3)
    assert len(seen) == len(set(seen)) == answer["count"] == 7
    again = found(served, cursor=answer["first"], limit=7)
    assert [group["keeper"] for group in again["groups"]] == seen and again["first"] == answer[
        "first"
    ]
    for cursor in ("x", "x.y", "none.3"):
        assert served.post("/db/duplicates", {"cursor": cursor}).status_code == 400


def test_a_page_of_one_kind(serve, root):
    for number in (50, 51, 52):
        save(draw(number), root / f"{number}a.png")
        save(draw(number), root / f"{number}b.{'png' if number < 52 else 'jpg'}")
    served = started(serve, root)
    answer = found(served)
    assert answer["kinds"] == {"exact": 2, "same": 1, "near": 0}
    pages = {
        kind: found(served, cursor=answer["first"], kind=kind, limit=1) for kind in answer["kinds"]
    }
    assert {kind: [group["kind"] for group in page["groups"]] for kind, page in pages.items()} == {
        "exact": ["exact"],
        "same": ["same"],
        "near": [],
    }
    assert [page["cursor"]["has_next"] for page in pages.values()] == [True, False, False]
    rest = found(served, cursor=pages["exact"]["cursor"]["next"], kind="exact", limit=9)
    assert (
        len(rest["groups"]) == 1
        and rest["groups"][0]["keeper"] != pages["exact"]["groups"][0]["keeper"]
    )
    assert served.post("/db/duplicates", {"kind": "other"}).status_code == 400


def test_a_job_tells_how_far_it_is_and_holds_the_same(serve, root):
    save(draw(50), root / "a.png")
    save(draw(50), root / "b.png")
    served = started(serve, root)
    job_id = served.post("/db/duplicates", {"background": True}).json()["job_id"]
    while (job := served.get(f"/jobs/{job_id}").json())["status"] == "running":
        time.sleep(0.02)
    assert (job["status"], job["progress"]) == ("completed", 1.0)
    assert [names(group) for group in job["result"]["groups"]] == [["a.png", "b.png"]]


def test_what_is_no_duplicate_is_remembered_wherever_it_goes(serve, root):
    paths = [str(save(draw(50), root / name)) for name in ("a.png", "b.png", "c.png")]
    served = started(serve, root)
    (number,) = served.post("/db/not_duplicates", {"groups": [{"paths": paths[:2]}]}).json()[
        "group_ids"
    ]
    served.post("/db/rename", {"path": paths[0], "name": "renamed.png"})
    (group,) = found(served)["groups"]
    assert len(group["files"]) == 2 and "c.png" in names(group)
    (listed,) = served.get("/db/not_duplicates").json()["groups"]
    assert listed["group_id"] == number
    assert sorted(listed["paths"]) == sorted([str(root / "renamed.png"), paths[1]])
    removal = served.client.request("DELETE", "/db/not_duplicates", json={"group_id": number})
    assert removal.json() == {"removed": True}
    assert len(found(served)["groups"][0]["files"]) == 3
    again = served.client.request("DELETE", "/db/not_duplicates", json={"group_id": number})
    assert again.status_code == 404
    for group in ([paths[1]], [paths[1], paths[1]], [paths[1], str(root / "none.png")]):
        answer = served.post("/db/not_duplicates", {"groups": [{"paths": group}]})
        assert answer.status_code in (400, 404), group


@pytest.mark.needs_links
def test_two_names_of_one_file_are_shown_as_such(serve, root):
    save(draw(50), root / "a.png")
    os.link(root / "a.png", root / "b.png")
    (group,) = found(started(serve, root))["groups"]
    first, second = group["files"]
    assert (first["same_file_as"], second["same_file_as"]) == ("", first["path"])
    assert group["bytes_to_free"] == 0


def test_read_only_finds_by_what_is_known_and_writes_nothing(serve, root):
    save(draw(50), root / "a.png")
    save(draw(50), root / "b.png")
    served = started(serve, root)
    found(served)
    served.core.access.permission = "read-only"
    assert found(served)["count"] == 1


def test_a_file_that_changes_is_looked_at_again(serve, root):
    save(draw(50), root / "a.png")
    save(draw(50), root / "b.png")
    served = started(serve, root)
    assert found(served)["count"] == 1
    save(draw(51, (400, 300)), root / "b.png")
    served.post("/db/update_image_data", {})
    status = served.get("/db/look_status").json()
    assert (status["done"], status["total"]) == (7, 8)
    assert found(served)["count"] == 0
    assert served.get("/db/look_status").json()["done"] == 8


def test_making_thumbnails_looks_at_pictures(serve, root):
    served = started(serve, root)
    for path in root.iterdir():
        served.get("/image-thumbnail", path=str(path), size="256x256", t="1")
    while served.get("/db/look_status").json()["done"] < 6:
        time.sleep(0.05)


def test_what_cannot_be_decoded_is_asked_once(serve, root):
    (root / "broken.png").write_bytes((root / "other1.png").read_bytes()[:60])
    served = started(serve, root)
    found(served)
    status = served.get("/db/look_status").json()
    assert status["done"] == status["total"] == 7


def test_what_nobody_asked_for_is_looked_at_in_idle_time(serve, root):
    served = started(serve, root, idle_thumbnails=True)
    while served.get("/db/look_status").json()["done"] < 6:
        time.sleep(0.1)
