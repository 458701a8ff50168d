"""Albums: named ordered sets of pictures, which stay where they are.

An album is a tag of the type ``album``: its pictures are those with the tag, so that it follows
them as tags do and is searched as tags are. Its own order stands beside that in ``album_order``;
what was added last stands last.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from iib_core.db import tags
from iib_core.db.bulk import json_ids, json_rows
from iib_core.db.sqlite import join_ids
from iib_core.db.tables import album
from iib_core.errors import Conflict, NotFound


@dataclass(frozen=True)
class Album:
    """An album.

    ``count`` are its pictures that are shown, ``cover`` is the path of the first of them, "" where
    there is none.
    """

    id: int
    name: str
    count: int
    cover: str
    created_ns: int


_FIRST = (
    "(SELECT o.image_id FROM album_order o CROSS JOIN image i ON i.id = o.image_id AND i.shown = 1 "
    "WHERE o.tag_id = t.id ORDER BY o.position, o.image_id LIMIT 1)"
)
_ALBUMS = (
    f"SELECT t.id, t.name, t.count, f.path, i.name, a.created_ns FROM tag t JOIN album a ON a.tag_id = t.id "
    f"LEFT JOIN image i ON i.id = {_FIRST} LEFT JOIN folder f ON f.id = i.folder_id WHERE t.type = 'album'"
)


def list_all(conn: Connection) -> list[Album]:
    """Every album, by name."""
    return [_album(*row) for row in conn.exec_driver_sql(f"{_ALBUMS} ORDER BY t.key, t.id")]


def get(conn: Connection, album_id: int) -> Album:
    """The album with this id. Raises NotFound."""
    found = (
        conn.exec_driver_sql(f"{_ALBUMS} AND t.id = ?", (album_id,)).first()
        if abs(album_id) < 2**63
        else None
    )
    if found is None:
        raise NotFound(f"There is no album {album_id}: it may have been deleted meanwhile.")
    return _album(*found)


def create(conn: Connection, name: str) -> Album:
    """A new album. Raises Conflict where there is one of that name; the caller has checked the name."""
    existing = tags.find_by_name(conn, tags.ALBUM, name)
    if existing is not None:
        raise Conflict(f"There is an album '{existing.name}' already: choose another name.")
    return get(conn, ensure(conn, name))


def ensure(conn: Connection, name: str) -> int:
    """Id of the album of this name, made if there is none."""
    made = tags.create(conn, tags.ALBUM, name)
    if conn.execute(select(album.c.tag_id).where(album.c.tag_id == made.id)).first() is None:
        conn.execute(insert(album).values(tag_id=made.id, created_ns=time.time_ns()))
    return made.id


def rename(conn: Connection, album_id: int, name: str) -> Album:
    """Give an album another name. Raises Conflict where another one has it."""
    get(conn, album_id)
    tags.change(conn, album_id, name=name)
    return get(conn, album_id)


def delete(conn: Connection, album_id: int) -> None:
    """Forget an album; its pictures are not touched."""
    get(conn, album_id)
    tags.remove(conn, album_id)
    conn.exec_driver_sql("DELETE FROM album_order WHERE tag_id = ?", (album_id,))
    conn.execute(album.delete().where(album.c.tag_id == album_id))


def add(conn: Connection, album_id: int, image_ids: Iterable[int]) -> None:
    """Put pictures at an album's end, in this order; those that are in it keep their place."""
    ids = list(dict.fromkeys(image_ids))
    tags.assign(conn, album_id, ids)
    conn.exec_driver_sql(
        "INSERT OR IGNORE INTO album_order(tag_id, image_id, position) SELECT ?, x.value, x.key + "
        "coalesce((SELECT max(position) "
        "FROM album_order "
        "WHERE tag_id = ?), 0) + 1 "
        f"FROM {join_ids('image i', 'i.id')}",
        (album_id, album_id, json_ids(ids)),
    )


def remove(conn: Connection, album_id: int, image_ids: Iterable[int]) -> None:
    """Take pictures out of an album."""
    ids = list(image_ids)
    tags.unassign(conn, album_id, ids)
    conn.exec_driver_sql(
        "DELETE FROM album_order WHERE tag_id = ? AND image_id IN (SELECT value FROM json_each(?))",
        (album_id, json_ids(ids)),
    )


def reorder(
    conn: Connection,
    album_id: int,
    image_ids: Iterable[int],
    *,
    before: int | None = None,
    after: int | None = None,
) -> None:
    """Move pictures of an album, in this order, in front of the picture ``before`` or behind
    ``after``; to the front where neither is given.

    Pictures that are not in the album are left out. Raises Conflict where the picture to stand
    beside is not in the album or moves itself.
    """
    order = [
        row[0]
        for row in conn.exec_driver_sql(
            "SELECT image_id FROM album_order WHERE tag_id = ? ORDER BY position, image_id", (album_id,)
        )
    ]
    known = set(order)
    moved = [image_id for image_id in dict.fromkeys(image_ids) if image_id in known]
    moving = set(moved)
    rest = [image_id for image_id in order if image_id not in moving]
    at = _place(rest, before, after)
    rows = [(image_id, position) for position, image_id in enumerate((*rest[:at], *moved, *rest[at:]), 1)]
    conn.exec_driver_sql(
        "UPDATE album_order SET position = json_extract(x.value, '$[1]') FROM json_each(?) x "
        "WHERE album_order.tag_id = ? AND album_order.image_id = json_extract(x.value, '$[0]')",
        (json_rows(rows), album_id),
    )


def _place(rest: Sequence[int], before: int | None, after: int | None) -> int:
    beside = after if before is None else before
    if beside is None:
        return 0
    if beside not in rest:
        raise Conflict(
            "The picture to put them beside is not in the album, or is moved itself: choose another one."
        )
    return rest.index(beside) + int(before is None)


def list_of(conn: Connection, image_ids: Iterable[int]) -> dict[int, list[tuple[int, str]]]:
    """(id, name) of the albums of images by image id, by name; images in none are left out."""
    rows = conn.exec_driver_sql(
        "SELECT it.image_id, t.id, t.name "
        f"FROM {join_ids('image_tag it', 'it.image_id')} AND it.custom = 1 "
        "CROSS JOIN tag t ON t.id = it.tag_id AND t.type = 'album' "
        "ORDER BY t.key, t.id",
        (json_ids(image_ids),),
    )
    found: dict[int, list[tuple[int, str]]] = {}
    for image_id, album_id, name in rows:
        found.setdefault(image_id, []).append((album_id, name))
    return found


def place_copies(conn: Connection, rows: str) -> None:
    """Let copies stand beside their originals in the order of each album; ``rows`` begin with (new
    id, old id), as JSON.
    """
    conn.exec_driver_sql(
        "INSERT OR IGNORE INTO album_order(tag_id, image_id, position) SELECT o.tag_id, "
        "json_extract(x.value, '$[0]'), o.position FROM json_each(?) x "
        "CROSS JOIN image_tag t ON t.image_id = json_extract(x.value, '$[1]') AND t.custom = 1 "
        "CROSS JOIN album_order o ON o.tag_id = t.tag_id AND o.image_id = t.image_id",
        (rows,),
    )


def _album(
    album_id: int, name: str, count: int, folder: str | None, file: str | None, created_ns: int
) -> Album:
    return Album(album_id, name, count, os.path.join(folder, file) if folder and file else "", created_ns)
