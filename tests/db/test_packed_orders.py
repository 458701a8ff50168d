"""Orders that are kept in memory: the same as those that the database sorts anew, whatever happens to
the files.
"""

from __future__ import annotations

import math
import os

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule
from sqlalchemy import func, select

from iib_core.db import images, marks, scores
from iib_core.db.engine import Database
from iib_core.db.image_blocks import SIZE
from iib_core.db.rows import ImageRow, Stated
from iib_core.db.search import all_results, changed_blocks, packed_orders, pages, sorted_rows
from iib_core.db.search.sorting import Order
from iib_core.db.tables import image, image_block
from iib_core.search.criteria import And, Between, HasTagNamed, InFolder
from tests.databases import ENGINES
from tests.db.machine import DatabaseMachine, case_on
from tests.slashes import rooted

FOLDERS = [rooted(folder) for folder in ("/a", "/a/b", "/A/c", "/c")]
PATHS = [os.path.join(folder, name) for folder in FOLDERS for name in ("1.png", "10.mp4", ".3.png")]
SORTS = [
    "width",
    "pixels",
    "ratio",
    "duration",
    "type",
    "sampler",
    "steps",
    "cfg",
    "rating",
    "shift",
    "param:Clip skip",
    "score",
    "nsfw",
    "path",
    "folder",
]
CRITERIA = [
    And(),
    InFolder((FOLDERS[0],)),
    HasTagNamed("fox", "prompt"),
    Between("steps", 2),
]


def walk(conn, criterion, order, orders):
    """All pages."""
    found, cursor = [], ""
    while True:
        page = pages.find(conn, criterion, order=order, cursor=cursor, size=2, orders=orders)
        found += [result.id for result in page.results]
        cursor = page.next
        if not cursor:
            return found


def list_all(conn, criterion, order, orders):
    """A snapshot."""
    state = all_results.begin(conn, criterion, order, None, orders)
    return all_results.resume(conn, state, math.inf).results.ids.tolist()


class ChangingOrders(DatabaseMachine):
    """Any sequence of writes that an order depends on."""

    def __init__(self) -> None:
        super().__init__()
        # Images of two blocks.
        self._write([ImageRow(rooted("/z/1.png"), "image", 1, 1, 1)])
        with self.database.write() as conn:
            names = [column.name for column in image.c if column.name not in ("id", "name")]
            copied = select(2 * SIZE - 3, func.lower("Z.png"), *(image.c[name] for name in names))
            conn.execute(image.insert().from_select(["id", "name", *names], copied))

    def _write(self, rows):
        with self.database.write() as conn:
            images.upsert_many(conn, rows)

    def _known(self, path):
        with self.database.read() as conn:
            return images.find_ids(conn, [path]).get(path)

    @rule(
        paths=st.lists(st.sampled_from(PATHS), min_size=1, max_size=5, unique=True),
        width=st.sampled_from([None, 0, 512, 768]),
        text=st.sampled_from([None, "", "Euler", "euler", "é", "DDIM"]),
        number=st.sampled_from([None, 1, 2.0, 2.5, 1 / 3, -1]),
        data=st.data(),
    )
    def index(self, paths, width, text, number, data):
        self._write(
            [
                ImageRow(
                    path,
                    data.draw(st.sampled_from(["image", "video"])),
                    5,
                    5,
                    5,
                    width_px=width,
                    height_px=3,
                    sampler=text,
                    steps=None if number is None else int(number),
                    cfg_scale=number,
                    duration_s=number,
                    tags=[("prompt", "fox")] if number else [],
                    parameters=[Stated("Shift", number, str(text)), Stated("Clip skip", 2.0, "2")]
                    if text
                    else [],
                )
                for path in paths
            ]
        )

    @rule(path=st.sampled_from(PATHS), gone=st.booleans())
    def mark(self, path, gone):
        known = self._known(path)
        with self.database.write() as conn:
            (images.mark_missing if gone else images.mark_found)(conn, [known] if known else [])

    @rule(old=st.sampled_from(PATHS), new=st.sampled_from(PATHS))
    def move(self, old, new):
        known = self._known(old)
        if known and not self._known(new):
            with self.database.write() as conn:
                images.move_many(conn, [(known, new)])

    @rule(path=st.sampled_from(PATHS))
    def forget(self, path):
        known = self._known(path)
        if known:
            with self.database.write() as conn:
                images.remove_many(conn, [known])

    @rule(path=st.sampled_from(PATHS), stars=st.integers(0, 5))
    def rate(self, path, stars):
        known = self._known(path)
        if known:
            with self.database.write() as conn:
                marks.rate(conn, [known], stars)

    @rule(path=st.sampled_from(PATHS), value=st.sampled_from([0.25, 1 / 3, 7.0]))
    def judge(self, path, value):
        known = self._known(path)
        if known:
            with self.database.write() as conn:
                scores.store(conn, scores.AESTHETIC, [(known, value)])
                scores.store(conn, scores.NSFW, [(known, -value)])

    @rule()
    def forget_scores(self):
        with self.database.write() as conn:
            scores.remove_kind(conn, scores.NSFW)

    @rule(
        sorts=st.lists(st.sampled_from(SORTS), min_size=1, max_size=3),
        descending=st.booleans(),
        criterion=st.sampled_from(CRITERIA),
        looked_up=st.sampled_from([1, 3, 1000]),
    )
    def compare(self, sorts, descending, criterion, looked_up):
        sorted_rows._MAX_LOOKED_UP = looked_up
        with self.database.read() as conn:
            for sort in sorts:
                order = Order(sort, descending)
                plain = list_all(conn, criterion, order, None)
                orders = self.database.orders
                assert walk(conn, criterion, order, orders) == plain, order
                assert list_all(conn, criterion, order, orders) == plain, order

    @invariant()
    def agrees(self):
        with self.database.read() as conn:
            order = Order("width")
            plain = list_all(conn, And(), order, None)
            assert walk(conn, And(), order, self.database.orders) == plain


@pytest.fixture(autouse=True)
def small_libraries(monkeypatch):
    """A library of any size has packed orders, and conditions are looked up along them."""
    monkeypatch.setattr(changed_blocks, "_MIN_FILES", 0)
    monkeypatch.setattr(changed_blocks, "_BLOCKS", 1)
    monkeypatch.setattr(sorted_rows, "_MIN_WALKED", 0)
    monkeypatch.setattr(sorted_rows, "_MAX_LOOKED_UP", sorted_rows._MAX_LOOKED_UP)
    monkeypatch.setattr("iib_core.db.search.estimates._MAX_SORTED", 0)


TestOrders, TestOrdersOnTheOtherEngine = (
    case_on(ChangingOrders, engine, 30, 12) for engine in (ENGINES[0], ENGINES[-1])
)


def test_only_blocks_that_changed_are_read_again(database, make_row, monkeypatch):
    with database.write() as conn:
        (first,) = images.upsert_many(conn, [make_row("/lib/1.png", width_px=5)])
        names = [column.name for column in image.c if column.name not in ("id", "name")]
        copied = select(3 * SIZE, func.lower("2.png"), *(image.c[name] for name in names))
        conn.execute(image.insert().from_select(["id", "name", *names], copied))
    read = []
    plain = packed_orders._read
    monkeypatch.setattr(
        packed_orders, "_read", lambda *given: read.append(given[2] // SIZE) or plain(*given)
    )
    for change in (None, None, (3 * SIZE, 1), (first, 9)):
        if change:
            with database.write() as conn:
                changed = image.update().where(image.c.id == change[0])
                conn.execute(changed.values(width_px=change[1]))
        read.append("/")
        with database.read() as conn:
            order = Order("width", descending=False)
            found = walk(conn, And(), order, database.orders)
    assert "".join(map(str, read)) == "/0123//3/0" and found == [3 * SIZE, first]


def test_an_order_of_very_many_values_is_sorted_by_the_database(database, make_row, monkeypatch):
    monkeypatch.setattr(packed_orders, "_MAX_VALUES", 3)
    with database.write() as conn:
        rows = [make_row(f"/lib/{number}.png", width_px=number) for number in range(9)]
        ids = images.upsert_many(conn, rows)
    with database.read() as conn:
        assert database.orders.find(conn, "width") is None
        assert walk(conn, And(), Order("width"), database.orders) == ids[::-1]


def test_a_database_of_before_counts_the_changes_of_its_images(tmp_path, make_row):
    from iib_core.db.migrations import upgrade
    from iib_core.db.sqlite import sqlite_engine

    path = tmp_path / "iib.db"
    writer = sqlite_engine(str(path), write=True)
    with writer.begin() as connection:
        upgrade(connection, "0026")
    writer.dispose()
    database = Database(str(path))
    with database.write() as conn:
        images.upsert_many(conn, [make_row("/lib/1.png")])
    with database.read() as conn:
        assert conn.execute(select(image_block.c.block)).scalars().all() == [0]
    database.close()
