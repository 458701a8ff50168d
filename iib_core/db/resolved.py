"""Duplicates that an operation resolves: which file is kept for which victim, the marks that the
kept ones get, and how those are taken back.

All of it is written before the operation begins, so that it holds after a crash, too.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection

from iib_core.db import albums, images, marks, places, tags
from iib_core.db.bulk import insert_many, json_ids
from iib_core.paths import to_text


class Pair(NamedTuple):
    """A file that goes, the one that is kept for it, and whether both must hold the same bytes."""

    victim: str
    keeper: str
    is_exact: bool


def add(conn: Connection, operation_id: str, pairs: Iterable[Pair]) -> None:
    """Write what an operation is about to resolve."""
    rows = [
        (operation_id, at, *_stored(conn, pair), int(pair.is_exact))
        for at, pair in enumerate(pairs)
    ]
    insert_many(conn, "INSERT INTO resolved(operation_id, position, victim, keeper, exact)", rows)


def _stored(conn: Connection, pair: Pair) -> tuple[bytes, bytes]:
    return places.stored_bytes(conn, pair.victim), places.stored_bytes(conn, pair.keeper)


def load(conn: Connection, operation_id: str) -> list[Pair]:
    """What an operation resolves, in its order; empty for any other operation."""
    rows = conn.exec_driver_sql(
        "SELECT victim, keeper, exact FROM resolved WHERE operation_id = ? ORDER BY position",
        (operation_id,),
    )
    return [Pair(os.fsdecode(row[0]), os.fsdecode(row[1]), bool(row[2])) for row in rows]


def give_marks(conn: Connection, operation_id: str, gone: Iterable[str]) -> None:
    """Give the kept files the marks of the victims that are gone; all rows are still where they
    were.

    A kept file gets the tags and albums that it does not have, and the best rating.
    """
    pairs = load(conn, operation_id)
    done = set(gone)
    ids = images.find_ids(
        conn, {to_text(path) for pair in pairs for path in (pair.victim, pair.keeper)}
    )
    for position, pair in enumerate(pairs):
        victim_id, keeper_id = ids.get(to_text(pair.victim)), ids.get(to_text(pair.keeper))
        if pair.victim in done and victim_id is not None and keeper_id is not None:
            given = _give(conn, victim_id, keeper_id)
            conn.exec_driver_sql(
                "UPDATE resolved SET given = ? WHERE operation_id = ? AND position = ?",
                (json.dumps(given), operation_id, position),
            )


def take_marks_back(conn: Connection, operation_id: str) -> None:
    """Take from the kept files what they got; a rating that was changed since stays."""
    rows = conn.exec_driver_sql(
        "SELECT given FROM resolved WHERE operation_id = ? AND given IS NOT NULL ORDER BY position DESC",
        (operation_id,),
    ).all()
    for (text,) in rows:
        _take_back(conn, json.loads(text))
    conn.exec_driver_sql("UPDATE resolved SET given = NULL WHERE operation_id = ?", (operation_id,))


def _give(conn: Connection, victim_id: int, keeper_id: int) -> dict[str, Any]:
    before = _find_tags(conn, keeper_id)
    given = {
        tag_id: kind for tag_id, kind in _find_tags(conn, victim_id).items() if tag_id not in before
    }
    for tag_id in given:
        tags.assign(conn, tag_id, [keeper_id])
    albums_given = [tag_id for tag_id, kind in given.items() if kind == tags.ALBUM]
    _place(conn, albums_given, victim_id, keeper_id)
    ratings = marks.ratings_of(conn, [victim_id, keeper_id])
    old, best = ratings.get(keeper_id, 0), max(ratings.values(), default=0)
    if best != old:
        marks.rate(conn, [keeper_id], best)
    tags_given = [tag_id for tag_id, kind in given.items() if kind != tags.ALBUM]
    return {
        "image_id": keeper_id,
        "tags": tags_given,
        "albums": albums_given,
        "rating": [old, best],
    }


def _take_back(conn: Connection, given: dict[str, Any]) -> None:
    image_id = given["image_id"]
    for tag_id in given["tags"]:
        tags.unassign(conn, tag_id, [image_id])
    for album_id in given["albums"]:
        albums.remove(conn, album_id, [image_id])
    old, best = given["rating"]
    if marks.ratings_of(conn, [image_id]).get(image_id, 0) == best:
        marks.rate(conn, [image_id], old)


def _place(conn: Connection, album_ids: Sequence[int], victim_id: int, keeper_id: int) -> None:
    """Let a kept file stand in albums where the victim stands."""
    places = conn.exec_driver_sql(
        "SELECT tag_id, position FROM album_order WHERE image_id = ? AND tag_id IN "
        "(SELECT value FROM json_each(?))",
        (victim_id, json_ids(album_ids)),
    ).all()
    insert_many(
        conn,
        "INSERT OR IGNORE INTO album_order(tag_id, image_id, position)",
        [(album_id, keeper_id, position) for album_id, position in places],
    )


def _find_tags(conn: Connection, image_id: int) -> dict[int, str]:
    """Type by id of the custom tags and albums of an image."""
    rows = conn.exec_driver_sql(
        "SELECT t.id, t.type FROM image_tag it CROSS JOIN tag t ON t.id = it.tag_id "
        "WHERE it.image_id = ? AND it.custom = 1",
        (image_id,),
    )
    return {row[0]: row[1] for row in rows}
