"""Groups of a timeline: how many files have each value of the field that is sorted by."""

from __future__ import annotations

import pytest

from iib_core.db import images
from iib_core.db.rows import Stated
from iib_core.db.search import groups
from tests.routes.test_search import put, row
from tests.routes.test_stacks import picture

pytestmark = [pytest.mark.engine, pytest.mark.stack]

MIB = 2**20


def grouped(served, sort, **search):
    answer = served.post("/db/timeline", {"query": "", "sort": sort, "tz": "UTC", **search})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    if found["groups"]:
        assert sum(group["count"] for group in found["groups"]) == found["total"]
    return [(group["value"], group["count"]) for group in found["groups"]]


@pytest.fixture
def served(serve, tmp_path):
    served = serve()
    models = ["Dream 8", "dream 8", "flux", None]
    put(
        served,
        *(
            row(
                tmp_path / ("b" if at % 2 else "a") / f"{'xéY7'[at % 4]}{at:02}.png",
                model=models[at % 4],
                steps=20 + at % 3,
                cfg_scale=7.5 if at % 2 else 3,
                size_bytes=MIB * at // 4 + 1,
                width_px=512 if at % 3 else 1024,
                height_px=512,
                duration_s=at,
                parameters=[Stated("Shift", 3.0, "3")]
                if at % 2
                else [Stated("Shift", None, "auto")],
            )
            for at in range(12)
        ),
    )
    return served


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("model", [("dream 8", 6), ("flux", 3), ("", 3)]),
        ("steps", [("20", 4), ("21", 4), ("22", 4)]),
        ("cfg", [("3", 6), ("7.5", 6)]),
        ("name", [("0-9", 3), ("X", 3), ("Y", 3), ("É", 3)]),
        ("bytes", [("..262144", 1), ("262144..524288", 1), ("524288..1048576", 2),
                   ("1048576..2097152", 4), ("2097152..4194304", 4)]),
        ("width", [("512..768", 8), ("1024..1536", 4)]),
        ("pixels", [("..500000", 8), ("500000..1000000", 4)]),
        ("ratio", [("square", 8), ("landscape", 4)]),
        ("duration", [("..5", 5), ("5..10", 5), ("10..30", 2)]),
        ("type", [("image", 12)]),
        ("rating", [("", 12)]),
        ("param:Shift", [("3", 6), ("auto", 6)]),
        ("clip", [("", 12)]),
        ("source", [("", 12)]),
        ("seed", []),
        ("random", []),
        ("date", []),
    ],
)  # fmt: skip
def test_groups_follow_the_order(served, sort, expected):
    found = [(value.lower() if sort == "model" else value, count)
             for value, count in grouped(served, sort, order="asc")]  # fmt: skip
    assert found == expected
    if expected and not any(value == "" for value, _ in expected):
        assert [count for _, count in grouped(served, sort, order="desc")] == [
            count for _, count in expected[::-1]
        ]


def test_folders_are_groups(served, tmp_path):
    expected = [(str(tmp_path / "a"), 6), (str(tmp_path / "b"), 6)]
    assert (
        grouped(served, "path", order="asc") == grouped(served, "folder", order="asc") == expected
    )


def test_files_of_a_folder_stand_before_those_of_folders_in_it(serve, tmp_path):
    served = serve()
    put(
        served,
        *(
            row(tmp_path / name)
            for name in ("a/b.png", "a/c/x.png", "a/d.png", "a b/1.png", "a/c d/y.png")
        ),
    )
    expected = [("a", 2), ("a b", 1), ("a/c", 1), ("a/c d", 1)]
    found = grouped(served, "path", order="asc")
    assert sorted(found) == sorted((str(tmp_path / name), count) for name, count in expected)


def test_files_are_counted_by_the_day_on_which_they_came(served):
    answer = served.post("/db/timeline", {"query": "", "sort": "indexed", "tz": "UTC"}).json()
    assert sum(bucket["count"] for bucket in answer["buckets"]) == 12 and answer["groups"] == []


def test_groups_of_a_search_for_words_and_of_stacks(serve, tmp_path):
    served = serve()
    put(
        served,
        *(
            picture(tmp_path, f"{at}.png", f"fox {at % 4}", at, at, model=f"m{at % 2}")
            for at in range(20)
        ),
        picture(tmp_path, "cat.png", "cat", 1, 1, model="m9"),
    )
    assert grouped(served, "model", query="fox", order="asc") == [("m0", 10), ("m1", 10)]
    answer = served.post(
        "/db/timeline", {"query": "fox", "sort": "model", "order": "asc", "stack": "prompt"}
    ).json()
    assert answer["groups"] == [
        {"value": "m0", "count": 2, "files": 10},
        {"value": "m1", "count": 2, "files": 10},
    ]


def test_there_are_no_groups_where_there_would_be_too_many(serve, tmp_path):
    served = serve()
    number = groups.MAX_GROUPS + 1
    rows = [row(tmp_path / f"{at}.png", model=f"m{at}") for at in range(number)]
    put(served, *rows)
    assert grouped(served, "model") == []
    with served.core.db.write() as conn:
        images.mark_missing(conn, images.find_ids(conn, [str(tmp_path / "0.png")]).values())
    assert len(grouped(served, "model")) == groups.MAX_GROUPS
