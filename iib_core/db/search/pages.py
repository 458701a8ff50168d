"""Pages of the results of a search: each file once, in any order, at a cost that depends on the
page and not on the library.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, select, true

from iib_core.db import places
from iib_core.db.bulk import json_ids
from iib_core.db.search import cursors, stats
from iib_core.db.search.cursors import Key
from iib_core.db.search.packed_orders import PackedOrders
from iib_core.db.search.planner import Planner
from iib_core.db.search.sorting import Order, check_order
from iib_core.db.sqlite import GIVEN_IDS, in_one_row
from iib_core.db.tables import folder, image
from iib_core.errors import InvalidRequest
from iib_core.search.criteria import Criterion

MAX_SIZE = 1000
COUNTED = 10_000
FIND_S, COUNT_S = 2.0, 1.0  # how long texts are rechecked for one page, and for one count
_COLUMNS = (
    image.c.name,
    image.c.media,
    image.c.mtime_ns,
    image.c.birth_ns,
    image.c.size_bytes,
    image.c.width_px,
    image.c.height_px,
    image.c.duration_s,
    image.c.rating,
    image.c.color,
)


@dataclass(frozen=True)
class Result:
    """A file that a search found, as the index knows it."""

    id: int
    path: str
    name: str
    media: str
    mtime_ns: int
    birth_ns: int
    size_bytes: int
    width_px: int | None
    height_px: int | None
    duration_s: float | None
    rating: int | None = None
    color: int | None = None  # the mean colour, 0xRRGGBB


@dataclass(frozen=True)
class Page:
    """Some results in order.

    ``next``: the cursor of the next page, empty at the end. If the time was up, a page is short or
    empty, with a ``next``.
    """

    results: list[Result]
    next: str


def find(
    conn: Connection,
    criterion: Criterion,
    *,
    order: Order | None = None,
    cursor: str = "",
    size: int = 200,
    limit_s: float | None = None,
    orders: PackedOrders | None = None,
) -> Page:
    """The page of ``size`` (at most 1000) files after ``cursor``.

    ``limit_s`` limits the time spent on rechecking texts; without one, ``FIND_S``. ``orders``: those
    of the database. Raises
    InvalidRequest for a size below 1, an unknown order, a broken cursor, and a regular expression
    that is invalid or takes too long on a single text.
    """
    order = order or Order()
    if size < 1:
        raise InvalidRequest(f"A page of {size} files is not possible: ask for 1 to {MAX_SIZE}.")
    check_order(order)
    size = min(size, MAX_SIZE)
    start = cursors.decode(cursor, order.sort, order.descending)
    until = time.monotonic() + (FIND_S if limit_s is None else limit_s)
    planner = Planner(conn, criterion, order, start, until, orders)
    keys = planner.take(size + 1)
    results = describe(conn, [image_id for _, image_id in keys[:size]])
    last = _last_key(keys, size, planner.stopped_at)
    return Page(results, planner.cursor_after(last) if last else "")


def _last_key(keys: list[Key], size: int, stopped_at: Key | None) -> Key | None:
    """The key that the next page begins after; None at the end."""
    return keys[size - 1] if len(keys) > size else stopped_at


def count(
    conn: Connection,
    criterion: Criterion,
    *,
    at_most: int | None = COUNTED,
    limit_s: float | None = None,
) -> tuple[int, bool]:
    """The number of files that match, and whether that is all: counting ends at ``at_most`` and,
    for criteria about text, after ``limit_s``; without one, ``COUNT_S``.
    """
    if stats.is_about_folders(criterion):
        every = stats.count(conn, criterion)
        return (every, True) if at_most is None or every < at_most else (at_most, False)
    until = time.monotonic() + (COUNT_S if limit_s is None else limit_s)
    planner = Planner(conn, criterion, Order(), None, until)
    number = planner.count(at_most)
    is_all = planner.stopped_at is None and (at_most is None or number < at_most)
    return number, is_all


def describe(conn: Connection, ids: Iterable[int]) -> list[Result]:
    """The files with these ids, in their order; without those that the index does not hold any
    more.
    """
    wanted = list(ids)
    results = find_shown(conn, wanted)
    return [results[image_id] for image_id in wanted if image_id in results]


def describing(is_shown: ColumnElement[bool]) -> Select[Any]:
    """The query of ``find_shown`` for files that meet a condition; to build it takes as long as to
    run it for a page.
    """
    return in_one_row(
        select(image.c.id, folder.c.path, *_COLUMNS).where(
            image.c.id.in_(GIVEN_IDS), folder.c.id == image.c.folder_id, is_shown
        )
    )


_DESCRIBING_ALL = describing(true())


def find_shown(
    conn: Connection, ids: Iterable[int], query: Select[Any] = _DESCRIBING_ALL
) -> dict[int, Result]:
    """The files with these ids that ``query`` (``describing``) shows, by id."""
    row = conn.execute(query, {"ids": json_ids(ids)}).one()
    image_ids, folders, *others = map(json.loads, row)
    own = places.find(conn)
    if own is not None:
        folders, others[0] = own.located(folders, others[0])
    prefixes = {path: os.path.join(path, "") for path in set(folders)}
    return {
        image_id: Result(image_id, prefixes[path] + name, name, *rest)
        for image_id, path, name, *rest in zip(image_ids, folders, *others)
    }
