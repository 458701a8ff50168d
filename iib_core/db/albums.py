"""Albums: named ordered lists of files, which stay where they are.

An album is a tag of the type ``album``: its files are those with the tag, so it follows them as
tags do and is searched as tags are. Its order is stored in ``album_order``; files added last come
last.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from iib_core.db import tags
from iib_core.db.bulk import insert_many, json_ids, json_rows
from iib_core.db.sqlite import join_ids
from iib_core.db.tables import album
from iib_core.errors import Conflict, NotFound


@dataclass(frozen=True)
class Album:
    """An album.

    ``count``: its files that are shown. ``cover``: the path of the first of them, "" if there is
    none.
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
    row = (
        conn.exec_driver_sql(f"{_ALBUMS} AND t.id = ?", (album_id,)).first()
        if abs(album_id) < 2**63
        else None
    )
    if row is None:
        raise NotFound(f"There is no album {album_id}: it may have been deleted meanwhile.")
    return _album(*row)


def create(conn: Connection, name: str) -> Album:
    """Create an album. Raises Conflict if its name is taken; the caller has validated the name."""
    existing = tags.find_by_name(conn, tags.ALBUM, name)
    if existing is not None:
        raise Conflict(f"There is an album '{existing.name}' already: choose another name.")
    return get(conn, ensure(conn, name))


def ensure(conn: Connection, name: str) -> int:
    """The id of the album of this name, created if there is none."""
    made = tags.create(conn, tags.ALBUM, name)
    if conn.execute(select(album.c.tag_id).where(album.c.tag_id == made.id)).first() is None:
        conn.execute(insert(album).values(tag_id=made.id, created_ns=time.time_ns()))
    return made.id


def rename(conn: Connection, album_id: int, name: str) -> Album:
    """Rename an album. Raises Conflict if another album has the name."""
    get(conn, album_id)
    tags.change(conn, album_id, name=name)
    return get(conn, album_id)


def delete(conn: Connection, album_id: int) -> None:
    """Delete an album; its files are not touched."""
    get(conn, album_id)
    tags.remove(conn, album_id)
    conn.exec_driver_sql("DELETE FROM album_order WHERE tag_id = ?", (album_id,))
    conn.execute(album.delete().where(album.c.tag_id == album_id))


def add(conn: Connection, album_id: int, image_ids: Iterable[int]) -> None:
    """Append files to an album, in this order; files that are in it keep their position."""
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
    """Remove files from an album."""
    ids = list(image_ids)
    tags.unassign(conn, album_id, ids)
    conn.exec_driver_sql(
        "DELETE FROM album_order WHERE tag_id = ? AND image_id IN (SELECT value FROM json_each(?))",
        (album_id, json_ids(ids)),
    )


def put_back(conn: Connection, album_id: int, positions: Mapping[int, int]) -> None:
    """Put files into an album at the positions that they had in it, by image id."""
    tags.assign(conn, album_id, positions)
    insert_many(
        conn,
        "INSERT OR IGNORE INTO album_order(tag_id, image_id, position)",
        [(album_id, *position) for position in positions.items()],
    )


def reorder(
    conn: Connection,
    album_id: int,
    image_ids: Iterable[int],
    *,
    before: int | None = None,
    after: int | None = None,
) -> None:
    """Move files of an album, in this order, in front of the file ``before`` or behind ``after``;
    to the front if neither is given.

    Files that are not in the album are ignored. Raises Conflict if the file ``before`` or ``after``
    is not in the album or is one of those that move.
    """
    order = _list_ids(conn, album_id)
    known, moved = set(order), dict.fromkeys(image_ids)
    moving = [image_id for image_id in moved if image_id in known]
    rest = [image_id for image_id in order if image_id not in moved]
    start = _place(rest, before, after)
    new_order = (*rest[:start], *moving, *rest[start:])
    rows = [(image_id, position) for position, image_id in enumerate(new_order, 1)]
    conn.exec_driver_sql(
        "UPDATE album_order SET position = json_extract(x.value, '$[1]') FROM json_each(?) x "
        "WHERE album_order.tag_id = ? AND album_order.image_id = json_extract(x.value, '$[0]')",
        (json_rows(rows), album_id),
    )


def _list_ids(conn: Connection, album_id: int) -> list[int]:
    """The ids of an album's images in its order."""
    query = "SELECT image_id FROM album_order WHERE tag_id = ? ORDER BY position, image_id"
    return [row[0] for row in conn.exec_driver_sql(query, (album_id,))]


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
    """The albums of images as (id, name), by image id, sorted by name; images in no album are left
    out.
    """
    rows = conn.exec_driver_sql(
        "SELECT it.image_id, t.id, t.name "
        f"FROM {join_ids('image_tag it', 'it.image_id')} AND it.custom = 1 "
        "CROSS JOIN tag t ON t.id = it.tag_id AND t.type = 'album' "
        "ORDER BY t.key, t.id",
        (json_ids(image_ids),),
    )
    albums_of: dict[int, list[tuple[int, str]]] = {}
    for image_id, album_id, name in rows:
        albums_of.setdefault(image_id, []).append((album_id, name))
    return albums_of


def place_copies(conn: Connection, rows: str) -> None:
    """Insert copies beside their originals in the order of each album; ``rows`` is a JSON list of
    lists that begin with (new id, old id).
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
    return Album(
        album_id, name, count, os.path.join(folder, file) if folder and file else "", created_ns
    )
