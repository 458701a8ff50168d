"""Pages come from an index in their order, and not from sorting the library: the planner is asked."""

from __future__ import annotations

import os

import pytest
from sqlalchemy import event

from iib_core.db import images, tags
from iib_core.db.search import all_results, estimates, facet_rows, pages, sorted_rows, stats
from iib_core.db.search.sorting import Order
from iib_core.search.criteria import And, Between, HasTag, HasText, InFolder, IsMedia, Not

LATER = Between("mtime_ns", 5)
# A custom tag, and the automatic one that every file has.
LIKE, FOX = 1, 2


@pytest.fixture
def filled(database, make_row, monkeypatch):
    monkeypatch.setattr(estimates, "_MAX_SORTED", 3)
    rows = [
        make_row(
            os.path.abspath(f"/lib/{at % 5}/{at}.png"),
            mtime_ns=at,
            media="video" if at % 9 == 0 else "image",
            seed=at,
            model=f"Model {at % 7}",
            tags=[("prompt", "fox")],
        )
        for at in range(200)
    ]
    with database.write() as conn:
        ids = images.upsert_many(conn, rows)
        tags.assign(conn, LIKE, ids[:50])
    return database


def plans(database, criterion, **more):
    """The plan of each query that two pages take."""

    def ask(conn):
        cursor = pages.find(conn, criterion, size=5, **more).next
        pages.find(conn, criterion, size=5, cursor=cursor, **more)

    return plans_of(database, ask)


def plans_of(database, ask):
    """The plan of each query that ``ask(conn)`` runs."""
    asked = []
    with database.read() as conn:
        event.listen(
            conn,
            "before_cursor_execute",
            lambda _conn, _cursor, statement, parameters, *_: asked.append((statement, parameters)),
        )
        ask(conn)
        return [
            " | ".join(
                row[3]
                for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            )
            for statement, parameters in list(asked)
        ]


@pytest.mark.parametrize(
    ("criterion", "index"),
    [
        (And(), "image USING COVERING INDEX image_date"),
        (LATER, "image USING COVERING INDEX image_date"),
        (Not(HasTag((LIKE,))), "image USING COVERING INDEX image_date"),
        (
            InFolder((os.path.abspath("/lib/1"), os.path.abspath("/lib/2"))),
            "image USING COVERING INDEX image_date",
        ),
        (IsMedia("video"), "image USING COVERING INDEX image_media_date"),
        (HasTag((LIKE,)), "image_tag USING PRIMARY KEY (tag_id=?"),
        (And((HasTag((LIKE,)), IsMedia("image"))), "image_tag USING PRIMARY KEY (tag_id=?"),
        (HasTag((FOX,)), "text_tag USING PRIMARY KEY (tag_id=?"),
        (And((HasTag((FOX,)), HasTag((LIKE,)))), "image_tag USING PRIMARY KEY (tag_id=?"),
    ],
    ids=str,
)
def test_a_page_by_date_is_walked(filled, criterion, index):
    found = plans(filled, criterion)
    assert any(index in plan for plan in found), found
    assert not any("TEMP B-TREE FOR ORDER BY" in plan for plan in found), found


def test_the_second_page_seeks(filled):
    assert any("image_date (shown=? AND mtime_ns<?" in plan for plan in plans(filled, And()))


@pytest.mark.parametrize("sort", ["bytes", "created", "indexed", "name", "seed", "model"])
@pytest.mark.parametrize(
    "criterion",
    [
        And(),
        HasTag((FOX,)),
        InFolder((os.path.abspath("/lib"),)),
        InFolder((os.path.abspath("/lib/1"), os.path.abspath("/lib/2"))),
    ],
    ids=str,
)
def test_a_page_in_an_order_with_an_index_is_walked(filled, monkeypatch, sort, criterion):
    monkeypatch.setattr(sorted_rows, "_MIN_WALKED", 3)
    index = {"bytes": "image_size"}.get(sort, f"image_{sort}")
    found = plans(filled, criterion, order=Order(sort))
    assert sum(f"INDEX {index} (" in plan for plan in found) == 2, found
    assert not any("TEMP B-TREE FOR ORDER BY" in plan for plan in found), found


@pytest.mark.parametrize("descending", [True, False])
def test_a_snapshot_by_model_is_read_along_its_index(filled, descending):
    order = Order("model", descending)
    found = plans_of(filled, lambda conn: all_results.begin(conn, And(), order))
    assert any("image_model (shown=?)" in plan for plan in found), found
    assert not any("TEMP B-TREE FOR ORDER BY" in plan for plan in found), found


@pytest.mark.parametrize("criterion", [And(), IsMedia("video"), Between("steps", 1)], ids=str)
@pytest.mark.parametrize("sort", ["vae", "path", "rating", "param:Shift"])
def test_an_order_without_an_index_reads_the_table_once(filled, sort, criterion):
    """No file is looked up by itself along an index that all files are in."""
    found = plans(filled, criterion, order=Order(sort))
    assert not any("(shown=?)" in plan for plan in found), found


@pytest.mark.parametrize(
    ("criterion", "index"),
    [
        (Between("seed", 7, 7), "image_seed"),
        (InFolder((os.path.abspath("/lib/9"),)), "image_folder_date"),
        (HasText("fox 17"), "image_fts"),
    ],
)
def test_few_files_are_looked_up(filled, criterion, index):
    assert any(index in plan for plan in plans(filled, criterion))


def test_figures_of_the_library_read_no_images(filled):
    asked = []
    with filled.read() as conn:
        event.listen(
            conn,
            "before_cursor_execute",
            lambda _conn, _cursor, statement, *_: asked.append(statement),
        )
        assert pages.count(conn, InFolder((os.path.abspath("/lib"),)), at_most=None) == (200, True)
        assert sum(part.files for part in stats.count_by_quarter(conn, And())) == 200
        assert {bucket.name: bucket.count for bucket in stats.count_by_media(conn, And())} == {
            "image": 177,
            "video": 23,
        }
    assert asked and not any(" image" in statement for statement in asked), asked


def test_the_most_frequent_tags_of_a_category_are_read_along_an_index(filled):
    asked = []
    with filled.read() as conn:
        event.listen(
            conn,
            "before_cursor_execute",
            lambda _conn, _cursor, statement, parameters, *_: asked.append((statement, parameters)),
        )
        stats.count_by_tag(conn, "lora", 50)
        facet_rows.count_kept(conn, "lora", 50)
        for statement, parameters in asked[:]:
            plan = conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
            assert any("tag_count (category=?" in row[3] for row in plan), plan


def test_counting_by_tag_reads_no_images(filled):
    with filled.read() as conn:
        assert tags.list_most_used(conn, 5)[0].count == 200
