"""The timeline of a search and its files by position."""

from __future__ import annotations

import os
import time

import pytest
from PIL import Image

from iib_core.db import colours, images, marks, tags
from iib_core.db.search.sorting import Order
from iib_core.search import snapshots
from iib_core.search.criteria import And
from tests.conftest import write_png
from tests.routes.test_search import put, row
from tests.slashes import native

pytestmark = pytest.mark.stack

DAY = 86_400 * 10**9
NOON = 20_161 * DAY + DAY // 2  # 2025-03-14, 12:00 UTC


def ask(served, **search):
    answer = served.post("/db/timeline", {"time_zone": "UTC", **search})
    assert answer.status_code == 200, answer.text
    return answer.json()


def columns(served, snapshot, **more):
    answer = served.post("/db/columns", {"snapshot": snapshot, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


def filled(serve, folder, number=300):
    """Three files a day, the newest on 2025-03-14; every tenth is a video, every third is about a
    fox, and a few have names in another script.
    """
    served = serve(watch=False)
    rows = [
        row(
            str(folder / f"{at % 4}" / f"{at:04}.{'mp4' if at % 10 == 0 else 'png'}"),
            mtime_ns=NOON - at // 3 * DAY - at % 3,
            birth_ns=NOON - (number - at) * DAY,
            media="video" if at % 10 == 0 else "image",
            size_bytes=at,
            infotext=f"{'a red FOX' if at % 3 == 0 else 'a cat'}{', straße' if at % 7 == 0 else ''}",
            tags=[("prompt", "fox")] if at % 3 == 0 else [],
        )
        for at in range(number)
    ]
    return served, put(served, *rows)


@pytest.mark.engine
def test_the_first_files_come_with_the_timeline(serve, tmp_path):
    served, _ = filled(serve, tmp_path)
    found = ask(served, query="fox", first=5)
    assert found["first"] == columns(served, found["snapshot"], query="fox", limit=5)
    assert (
        "first" not in ask(served, query="fox")
        and ask(served, query="nothing at all", first=5)["first"]["id"] == []
    )
    for wrong in (-1, 1001):
        assert served.post("/db/timeline", {"first": wrong}).status_code == 400


@pytest.mark.engine
def test_days_come_in_the_order_of_the_files(serve, tmp_path):
    served, _ = filled(serve, tmp_path)
    newest = ask(served)
    assert newest["total"] == 300 and newest["complete"] is True
    assert (
        newest["buckets"][:2]
        == [{"day": "2025-03-14", "count": 3}, {"day": "2025-03-13", "count": 3}]
        and len(newest["buckets"]) == 100
    )
    assert ask(served, order="asc")["buckets"] == newest["buckets"][::-1]
    assert sum(bucket["count"] for bucket in ask(served, sort="created")["buckets"]) == 300
    assert ask(served, sort="name")["buckets"] == [] and ask(served, query="nothing")["total"] == 0
    assert ask(served, time_zone="Asia/Tokyo")["buckets"] == newest["buckets"]
    assert ask(served, time_zone="Pacific/Kiritimati")["buckets"][0] == {
        "day": "2025-03-15",
        "count": 3,
    }
    assert served.post("/db/timeline", {"time_zone": "Mars/Olympus"}).status_code == 400


@pytest.mark.engine
@pytest.mark.parametrize(
    ("search", "wanted"),
    [
        ({}, range(300)),
        ({"query": "fox"}, range(0, 300, 3)),
        ({"query": "-fox"}, [at for at in range(300) if at % 3]),
        ({"query": "STRASSE"}, range(0, 300, 7)),
        ({"query": "fox -straße"}, [at for at in range(0, 300, 3) if at % 7]),
        ({"query": "re:/red.fox/"}, range(0, 300, 3)),
        ({"query": "re:/f.x, str/"}, range(0, 300, 21)),
        ({"query": "tag:fox bytes:<100"}, range(0, 100, 3)),
        ({"query": "fox OR tag:nothing", "media_type": "video"}, range(0, 300, 30)),
        ({"media_type": "video"}, range(0, 300, 10)),
        ({"order": "asc"}, range(299, -1, -1)),
        ({"sort": "bytes", "order": "asc"}, range(300)),
        ({"sort": "name", "query": "fox"}, [at for at in range(299, -1, -1) if at % 3 == 0]),
        ({"sort": "created", "query": "fox"}, [at for at in range(299, -1, -1) if at % 3 == 0]),
        ({"query": "001"}, [*range(10, 20), 1]),
        ({"query": native("/2/000")}, [2, 6]),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_positions_are_those_of_the_search(serve, tmp_path, search, wanted):
    served, ids = filled(serve, tmp_path)
    folder = {"folder_paths": [str(tmp_path)]}
    if search.get("query") == "001":
        wanted = sorted(at for at in range(300) if "001" in f"{at:04}")
    found = ask(served, **search, **folder)
    assert found["total"] == len(list(wanted))
    listed = []
    for offset in range(0, found["total"] + 1, 70):
        part = columns(served, found["snapshot"], **search, **folder, offset=offset, limit=70)
        assert (part["snapshot"], part["offset"], part["total"]) == (
            found["snapshot"],
            offset,
            found["total"],
        )
        listed += part["id"]
    assert listed == [ids[at] for at in wanted]


# The numbers of the files of ``filled`` that a term of a query finds.
TERMS = {
    "": lambda at: True,
    "fox": lambda at: at % 3 == 0,
    "-fox": lambda at: at % 3 != 0,
    "tag:fox": lambda at: at % 3 == 0,
    "-tag:fox": lambda at: at % 3 != 0,
    "tag:fox OR tag:nothing": lambda at: at % 3 == 0,
    "tag:fox OR type:video": lambda at: at % 3 == 0 or at % 10 == 0,
    "straße": lambda at: at % 7 == 0,
    "re:/f.x, str/": lambda at: at % 21 == 0,
    native("/2/0"): lambda at: at % 4 == 2,
    "bytes:<100": lambda at: at < 100,
}


@pytest.mark.engine
@pytest.mark.parametrize(
    ("first", "order"),
    [
        *((first, {}) for first in TERMS),
        ("fox", {"sort": "name", "order": "asc"}),
        ("-tag:fox", {"sort": "random", "seed": 7}),
    ],
    ids=str,
)
def test_a_search_that_is_narrowed_down_finds_what_it_would_find_alone(
    serve, tmp_path, first, order
):
    served, ids = filled(serve, tmp_path)
    place = {image_id: at for at, image_id in enumerate(ids)}

    def find(query):
        found = ask(served, query=query, **order)
        assert found["complete"]
        return [
            place[image_id]
            for image_id in columns(served, found["snapshot"], query=query, **order, limit=1000)[
                "id"
            ]
        ]

    for second, matches in TERMS.items():
        every = find("")
        assert find(first) == [at for at in every if TERMS[first](at)]
        assert find(f"{first} {second}") == [at for at in every if TERMS[first](at) and matches(at)]
        same = {
            "media": "video",
            "mtime_ns": NOON,
            "birth_ns": NOON - 300 * DAY,
            "infotext": "a red FOX, straße",
            "tags": [("prompt", "fox")],
        }
        put(
            served, row(tmp_path / "0" / "0000.mp4", **same)
        )  # the same files, but the index has changed


def test_what_is_new_is_found_by_a_narrower_search_too(serve, tmp_path):
    served, _ = filled(serve, tmp_path)
    assert (ask(served)["total"], ask(served, query="fox")["total"]) == (300, 100)
    put(served, row(tmp_path / "new.png", infotext="fox in the snow", mtime_ns=2 * NOON))
    assert ask(served, query="fox snow")["total"] == 1
    assert ask(served)["total"] == 301 and ask(served, query="fox")["total"] == 101


def test_a_search_that_takes_long_grows_while_it_is_asked_for(serve, tmp_path):
    served, ids = filled(serve, tmp_path)
    found = ask(served, query="re:/f.x/", wait_s=0)
    snapshot, rounds = found["snapshot"], 0
    assert (found["total"], found["complete"]) == (1, False)
    put(
        served, row(tmp_path / "new.png", infotext="fox", mtime_ns=2 * NOON)
    )  # it belongs to another snapshot
    while not found["complete"]:
        more = ask(served, query="re:/f.x/", wait_s=0, snapshot=snapshot)
        assert more["snapshot"] == snapshot and more["total"] in (
            found["total"],
            found["total"] + 1,
        )
        found, rounds = more, rounds + 1
    assert (
        rounds == 299
        and sum(bucket["count"] for bucket in found["buckets"]) == found["total"] == 100
    )
    assert columns(served, snapshot, query="re:/f.x/", limit=1000)["id"] == ids[::3]
    assert ask(served, query="re:/f.x/")["total"] == 101


def test_positions_stay_while_files_come_and_go(serve, tmp_path):
    served, ids = filled(serve, tmp_path)
    first = ask(served)
    with served.core.db.write() as conn:
        images.remove_many(conn, ids[1:2])
        images.mark_missing(conn, ids[2:3])
    put(served, row(tmp_path / "new.png", mtime_ns=2 * NOON))
    files = columns(served, first["snapshot"], limit=5)
    assert files["id"] == ids[:5] and [path is None for path in files["path"]] == [
        False,
        True,
        True,
        False,
        False,
    ]
    assert [at is None for at in files["mtime"]] == [False, True, True, False, False] and files[
        "rating"
    ] == [0] * 5
    assert files["type"] == ["video", None, None, "image", "image"] and files["bytes"] == [
        0,
        None,
        None,
        3,
        4,
    ]
    later = ask(served)
    assert (
        later["snapshot"] != first["snapshot"]
        and later["total"] == 299
        and later["change"] > first["change"]
    )
    assert columns(served, later["snapshot"], limit=1)["path"] == [str(tmp_path / "new.png")]
    missing = ask(served, query="missing:yes")
    assert columns(served, missing["snapshot"], query="missing:yes")["path"] == [
        str(tmp_path / "2/0002.png")
    ]


def test_a_snapshot_is_used_again_until_something_changes(serve, tmp_path):
    served, ids = filled(serve, tmp_path)
    assert (
        ask(served)["snapshot"]
        == ask(served, time_zone="Asia/Tokyo")["snapshot"]
        != ask(served, order="asc")["snapshot"]
    )
    assert (
        ask(served, sort="random", seed=5)["snapshot"]
        == ask(served, sort="random", seed=5)["snapshot"]
        != ask(served, sort="random", seed=6)["snapshot"]
    )
    one, two = (ask(served, sort="random")["snapshot"] for _ in range(2))
    orders = [columns(served, name, sort="random", limit=1000)["id"] for name in (one, two)]
    assert orders[0] != orders[1] and sorted(orders[0]) == sorted(orders[1]) == sorted(ids)


def test_a_snapshot_that_is_not_kept_is_made_anew(serve, tmp_path, monkeypatch):
    monkeypatch.setattr(snapshots, "_KEPT", 2)
    served, ids = filled(serve, tmp_path)
    first = ask(served)["snapshot"]
    for sort in ("name", "bytes"):
        ask(served, sort=sort)
    files = columns(served, first, limit=3)
    assert files["snapshot"] not in ("", first) and files["id"] == ids[:3]
    assert columns(served, files["snapshot"], limit=3)["snapshot"] == files["snapshot"]
    # A snapshot of another search is not used for this one.
    assert columns(served, files["snapshot"], query="fox", limit=3)["id"] == [
        ids[0],
        ids[3],
        ids[6],
    ]


def test_what_moved_out_of_sight_is_a_hole(serve, tmp_path):
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir(), outside.mkdir()
    served = serve(inside, access_control="on", watch=False)
    ids = put(served, row(inside / "a.png"), row(inside / "b.png"), row(outside / "c.png"))
    found = ask(served)
    assert found["total"] == 2
    with served.core.db.write() as conn:
        images.move_many(conn, [(ids[0], str(outside / "a.png"))])
    assert columns(served, found["snapshot"])["path"] == [str(inside / "b.png"), None]


@pytest.mark.parametrize(
    ("route", "body"),
    [
        ("timeline", {"order": "up"}),
        ("timeline", {"sort": "beauty"}),
        ("timeline", {"media_type": "text"}),
        ("timeline", {"query": "steps:many"}),
        ("timeline", {"query": "re:/(/"}),
        ("timeline", {"query": "re:/(a+)+b/"}),
        ("timeline", {"wait_s": 31}),
        ("columns", {"limit": 0}),
        ("columns", {"limit": 1001}),
        ("columns", {"offset": -1}),
    ],
)
def test_what_is_wrong_is_400(serve, route, body):
    assert serve().post(f"/db/{route}", body).status_code == 400


def test_an_offset_behind_the_end_is_empty(serve, tmp_path):
    served, _ = filled(serve, tmp_path)
    for offset in (300, 10**30):
        assert columns(served, ask(served)["snapshot"], offset=offset)["id"] == []


def test_the_counter_moves_when_the_index_changes_and_only_then(serve, tmp_path):
    root = tmp_path / "library"
    root.mkdir()
    write_png(root / "a.png")
    served = serve(root, watch=False)
    seen = []

    def moved():
        seen.append(served.get("/db/changes").json()["change"])
        return seen[-2:] != seen[-1:] * 2

    def update():
        assert served.post("/db/update_image_data", {}).status_code == 200

    update()
    assert moved()
    update()
    served.get("/db/basic_info"), served.post("/db/search", {"query": "fox"})
    assert not moved()
    os.utime(root / "a.png", (1, 1))
    update()
    assert moved()
    with served.core.db.write() as conn:
        tags.assign(conn, tags.create_custom(conn, "like").id, [1])
    assert moved()
    (root / "a.png").unlink()
    update()
    assert moved()
    with pytest.raises(RuntimeError), served.core.db.write() as conn:
        images.remove_many(conn, [1])
        raise RuntimeError
    assert not moved()
    with served.core.db.write() as conn:
        tags.assign(conn, 1, [])
    assert not moved()


def test_stars_and_colours_come_with_the_files(serve, tmp_path):
    served, ids = filled(serve, tmp_path)
    snapshot = ask(served)
    with served.core.db.write() as conn:
        colours.store(conn, [(ids[0], 0x00A0FF), (ids[2], 0)])
    assert served.get("/db/changes").json()["change"] == snapshot["change"]
    with served.core.db.write() as conn:
        marks.rate(conn, [ids[1]], 4)
    assert served.get("/db/changes").json()["change"] != snapshot["change"]
    files = columns(served, snapshot["snapshot"], limit=3)
    assert (files["color"], files["rating"]) == (["#00a0ff", "", "#000000"], [0, 4, 0])
    assert columns(served, ask(served, query="rating:>=4")["snapshot"], query="rating:>=4")[
        "id"
    ] == [ids[1]]


def test_a_thumbnail_gives_its_picture_a_colour_and_is_no_change_of_the_index(serve, tmp_path):
    root = tmp_path / "library"
    root.mkdir()
    for name, colour in (("a.png", (200, 100, 0)), ("b.png", "blue")):
        Image.new("RGB", (20, 20), colour).save(root / name)
    served = serve(root, watch=False, idle_thumbnails=False)
    served.post("/db/update_image_data", {})
    snapshot, change = (
        ask(served, order="asc", sort="name")["snapshot"],
        served.get("/db/changes").json(),
    )
    served.get("/image-thumbnail", path=str(root / "a.png"))
    deadline = time.monotonic() + 20
    while not any(columns(served, snapshot)["color"]) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert sorted(columns(served, snapshot)["color"]) == ["", "#c86400"]
    assert served.get("/db/changes").json() == change


def test_what_the_page_asks_for_first_is_what_was_prepared(serve, tmp_path):
    served, _ = filled(serve, tmp_path)
    served.core.prepare()
    served.core.snapshots.prepare()
    prepared = served.core.snapshots.get_timeline(And(), (), Order()).snapshot
    question = {"query": "", "folder_paths": None, "media_type": "all", "sort": "date"}
    assert (
        ask(served, **question, order="desc", seed=0, stack="", first=400)["snapshot"] == prepared
    )
