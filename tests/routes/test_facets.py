"""Facets: which values the results of a search have. Each count is that of a search for its term."""

from __future__ import annotations

import pytest

from iib_core.db import albums, marks, tags
from iib_core.db.rows import HAS, LORA, Stated
from iib_core.search.facet_values import NAMES
from tests.conftest import Servers
from tests.routes.test_search import put, row

pytestmark = pytest.mark.stack

DAY = 86_400 * 10**9
NOON = 20_161 * DAY + DAY // 2  # 2025-03-14, 12:00 UTC
SAMPLERS = ("Euler", "Euler a", 'odd "x" (v2)', "=_=")
SIZES = ((512, 768), (768, 512), (512, 512))


def ask(served, query="", **more):
    answer = served.post("/db/facets", {"query": query, "tz": "UTC", "wait_s": 30, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


def facet(served, name, query="", **more):
    answer = ask(served, query, facets=[name], **more)
    assert answer["facets"][0]["exact"], answer
    return {value["value"]: value["count"] for value in answer["facets"][0]["values"]}


def total(served, query, **more):
    answer = served.post(
        "/db/search", {"query": query, "tz": "UTC", "total": "exact", "size": 1, **more}
    )
    assert answer.status_code == 200, answer.text
    return answer.json()["total"]


def picture(root, number):
    """Samplers, sizes, models and months vary with the number; so do what only some have."""
    width, height = SIZES[number % 3]
    loras = [("lora", "detail:x>1")] if number % 5 == 0 else []
    stated = [Stated("Clip skip", 2.0, "2"), Stated(HAS, None, "prompt")]
    stated += [Stated("Shift", 3.0, "3"), Stated("Shift", 4.0, "4")] if number % 4 == 0 else []
    return row(
        root / f"{number % 3}" / f"{number:05}.{'mp4' if number % 10 == 9 else 'png'}",
        mtime_ns=NOON - number * DAY,
        media="video" if number % 10 == 9 else "image",
        width_px=width,
        height_px=height,
        prompt="a red fox" if number % 2 else "a cat, straße",
        infotext="a red fox" if number % 2 else "a cat, straße",
        tags=[
            ("model", f"dream_{number % 7}"),
            ("model", "refined"),
            ("sampler", SAMPLERS[number % 4]),
            ("size", f"{width}x{height}"),
            ("source", "ComfyUI" if number % 3 else "Forge"),
            ("prompt", "fox"),
            *loras,
        ],
        parameters=stated + ([Stated(LORA, 0.8, "detail:x>1:0.8")] if loras else []),
    )


def filled(serve, root, number):
    served = serve(watch=False)
    ids = put(served, *(picture(root, at) for at in range(number)))
    with served.core.db.write() as conn:
        for rating in (1, 4, 5):
            marks.rate(conn, ids[rating : number // 2 : 9], rating)
        tags.assign(conn, tags.create_custom(conn, "long hair").id, ids[::6])
        albums.add(conn, albums.create(conn, "best, of").id, ids[:7])
    return served


# As few that rows are counted, and so many that arrays are.
@pytest.fixture(params=[60, 2400], scope="module")
def filled_library(tmp_path_factory, empty_database, slots, request):
    """One for all tests that only ask."""
    servers = Servers(tmp_path_factory.mktemp("data"), empty_database, slots)
    yield filled(servers.start, tmp_path_factory.mktemp("library"), request.param)
    servers.close()


# Each as the parts that must hold.
QUERIES = [
    (),
    ("fox",),
    ("straße", "-model:=dream_3"),
    ('sampler:="Euler a" OR sampler:=Euler',),
    ("model:dream_1 OR model:dream_2", "fox"),
    ("rating:>=4",),
    ("rating:0", "type:video"),
    ("rating:0 OR rating:5",),
    ("-rating:5", "-model:=dream_1 OR model:=refined"),
    ("aspect:portrait OR aspect:square",),
    ("size:512x768", "lora:detail"),
    ("date:2025-02", 'album:"best, of"'),
    ('tag:"long hair" OR tag:fox',),
    ("param:Shift>3",),
    ("has:prompt", "lora:detail>0.5"),
    ("nothing at all",),
]


@pytest.mark.parametrize("parts", QUERIES, ids=" ".join)
def test_each_count_is_that_of_a_search(filled_library, parts):
    served = filled_library
    answer = ask(served, " ".join(parts), limit=100)
    assert answer["exact"] and answer["total"] == total(served, " ".join(parts))
    assert [one["name"] for one in answer["facets"]] == list(NAMES)
    for one in answer["facets"]:
        rest = " ".join(part for part in parts if part.partition(":")[0] != one["name"])
        for value in one["values"][:6]:
            wanted = f"{rest} {value['term']}"
            assert value["count"] == total(served, wanted), (one["name"], value, wanted)
        if one["name"] in ("model", "aspect", "rating", "date", "type"):
            assert bool(one["values"]) == bool(total(served, rest))


def test_values_come_in_their_order(filled_library):
    answer = {one["name"]: one for one in ask(filled_library, "fox")["facets"]}
    counts = [value["count"] for value in answer["model"]["values"]]
    assert (
        counts == sorted(counts, reverse=True)
        and answer["model"]["values"][0]["value"] == "refined"
    )
    assert [value["value"] for value in answer["rating"]["values"]] == ["5", "4", "1", "0"]
    months = [value["value"] for value in answer["date"]["values"]]
    assert months == sorted(months, reverse=True)
    assert answer["date"]["last"] == "2025-03-13" and answer["date"]["first"][:7] == months[-1]
    assert [value["value"] for value in answer["type"]["values"]] == ["image", "video"]
    assert {value["value"] for value in answer["param"]["values"]} == {"Clip skip"}


def test_terms_find_names_that_look_like_something_else(filled_library):
    terms = [
        value["term"]
        for value in ask(filled_library, facets=["sampler", "lora"])["facets"][0]["values"]
    ]
    assert sorted(terms) == sorted(
        ["sampler:=Euler", 'sampler:="Euler a"', r'sampler:="odd \"x\" (v2)"', "sampler:==_="]
    )


@pytest.mark.engine
def test_a_folder_and_a_media_type_limit_all_of_them(serve, tmp_path):
    served = filled(serve, tmp_path / "library", 60)
    folder = str(tmp_path / "library" / "1")
    assert facet(served, "size", folder_paths=[folder]) == {"768x512": 20}
    assert facet(served, "type", "type:image", media_type="video") == {"video": 6}
    assert sum(facet(served, "model", folder_paths=[folder], limit=1).values()) == 20


@pytest.mark.engine
def test_more_values_are_announced(serve, tmp_path):
    served = filled(serve, tmp_path / "library", 60)
    models = ask(served, facets=["model"], limit=3)["facets"][0]
    assert len(models["values"]) == 3 and models["more"]
    assert not ask(served, facets=["model"])["facets"][0]["more"]


@pytest.mark.engine
def test_estimates_are_marked_and_exact_counts_follow(serve, tmp_path):
    served = filled(serve, tmp_path / "library", 2400)
    first = ask(served, "straße", wait_s=0)
    for one in first["facets"]:
        if not one["exact"] and one["name"] == "type":
            assert 0.8 < sum(value["count"] for value in one["values"]) / 1200 < 1.2
    exact = ask(served, "straße")
    assert exact["exact"] and exact["total"] == 1200
    assert ask(served, "straße", wait_s=0) == exact  # they are kept


@pytest.mark.engine
def test_counts_follow_the_index(serve, tmp_path):
    root = tmp_path / "library"
    served = filled(serve, root, 60)
    for query in ("", "fox"):
        before = facet(served, "model", query)
        put(
            served,
            row(
                root / f"new{query}.png", prompt="fox", infotext="fox", tags=[("model", "refined")]
            ),
        )
        after = facet(served, "model", query)
        assert after["refined"] == before["refined"] + 1


@pytest.mark.engine
def test_months_are_those_of_the_time_zone(serve, tmp_path):
    served = serve(watch=False)
    midnight = 20_148 * DAY  # 2025-03-01, 0:00 UTC
    put(
        served,
        row(tmp_path / "a.png", mtime_ns=midnight - 1),
        row(tmp_path / "b.png", mtime_ns=midnight),
    )
    assert facet(served, "date") == {"2025-03": 1, "2025-02": 1}
    assert facet(served, "date", tz="Asia/Tokyo") == {"2025-03": 2}
    assert facet(served, "date", "-nothing", tz="America/New_York") == {"2025-02": 2}


@pytest.mark.engine
def test_times_outside_of_the_calendar_are_counted(serve, tmp_path):
    served = serve(watch=False)
    odd = [-(2**63 - 1), -1, 0, 2**63 - 1]
    put(served, *(row(tmp_path / f"{at}.png", mtime_ns=time) for at, time in enumerate(odd)))
    for query in ("", "-nothing"):
        assert sum(facet(served, "date", query).values()) == 4


@pytest.mark.engine
def test_an_empty_library_has_no_values(serve):
    served = serve(watch=False)
    for query in ("", "fox"):
        answer = ask(served, query)
        assert answer["total"] == 0 and all(one["values"] == [] for one in answer["facets"])


@pytest.mark.engine
def test_what_a_client_may_not_see_is_not_counted(serve, tmp_path):
    mine, other = tmp_path / "mine", tmp_path / "other"
    for folder in (mine, other):
        folder.mkdir()
    served = serve(mine, watch=False, access_control="on")
    put(
        served,
        row(mine / "a.png", tags=[("model", "seen")]),
        row(other / "b.png", tags=[("model", "secret")], parameters=[Stated("Hidden", None, "x")]),
    )
    answer = ask(served)
    assert answer["total"] == 1 and "secret" not in str(answer) and "Hidden" not in str(answer)
    assert ask(served, "model:secret")["facets"][0]["values"] == ask(served)["facets"][0]["values"]
    assert served.post("/db/facets", {"folder_paths": [str(other)]}).status_code == 403


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"query": "", "facets": ["colour"]}, 400),
        ({"query": "", "facets": ["model"] * 13}, 413),
        ({"query": "", "facets": "model"}, 400),
        ({"query": "", "limit": 0}, 400),
        ({"query": "", "limit": 1001}, 400),
        ({"query": "", "wait_s": -1}, 400),
        ({"query": "", "wait_s": 31}, 400),
        ({"query": "", "tz": "Mars/Olympus"}, 400),
        ({"query": "", "media_type": "hologram"}, 400),
        ({"query": "steps:many"}, 400),
        ({"query": "re:/(/"}, 400),
        ({"query": "x" * 10_001}, 400),
        ({"query": "", "folder_paths": ["relative"]}, 400),
    ],
)
def test_what_cannot_be_counted_is_refused(serve, body, status):
    answer = serve(watch=False).post("/db/facets", body)
    assert answer.status_code == status, answer.text


def test_no_facets_are_a_count_of_the_results(filled_library):
    assert ask(filled_library, "fox", facets=[]) | {"change": 0} == {
        "total": total(filled_library, "fox"),
        "total_is_exact": True,
        "exact": True,
        "change": 0,
        "facets": [],
    }
