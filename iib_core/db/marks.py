"""Marks of a file, as one value that can be collected, kept and given: custom tags, rating, albums.

Marks of a file that is not indexed are kept in the table ``kept``, for a while, until a file
appears with its path or its fingerprint. Paths are as ``paths.to_text`` gives them.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from iib_core.db import albums, images, places, tags
from iib_core.db.bulk import insert_many, json_ids, json_rows
from iib_core.db.sqlite import join_ids

KEPT_DAYS = 90
_DAY_NS = 24 * 3600 * 10**9


@dataclass(frozen=True)
class Marks:
    """The marks of one file: names of its custom tags, its position by name of album, its rating (1
    to 5, or None).
    """

    path: str
    fingerprint: bytes | None = None
    tags: tuple[str, ...] = ()
    albums: Mapping[str, int] = field(default_factory=dict)
    rating: int | None = None


def rate(conn: Connection, image_ids: Iterable[int], rating: int) -> None:
    """Set the rating of images, 1 to 5 stars; 0 clears it."""
    conn.exec_driver_sql(
        "UPDATE image SET rating = ? WHERE id IN (SELECT value FROM json_each(?))",
        (rating or None, json_ids(image_ids)),
    )


def ratings_of(conn: Connection, image_ids: Iterable[int]) -> dict[int, int]:
    """Ratings by image id; images without one are left out."""
    rows = conn.exec_driver_sql(
        f"SELECT i.id, i.rating FROM {join_ids('image i', 'i.id')} WHERE i.rating IS NOT NULL",
        (json_ids(image_ids),),
    )
    return {row[0]: row[1] for row in rows}


def collect(conn: Connection, image_ids: Iterable[int]) -> list[Marks]:
    """The marks of images; images without marks are left out."""
    listed = json_ids(image_ids)
    named, placed = _collect_tags(conn, listed)
    rated = ratings_of(conn, json.loads(listed))
    files = conn.exec_driver_sql(
        "SELECT i.id, f.path, i.name, i.fingerprint "
        f"FROM {join_ids('image i', 'i.id')} "
        "CROSS JOIN folder f ON f.id = i.folder_id",
        (json_ids(dict.fromkeys((*named, *placed, *rated))),),
    )
    return [
        Marks(
            os.path.join(folder, name),
            fingerprint,
            tuple(named.get(image_id, ())),
            placed.get(image_id, {}),
            rated.get(image_id),
        )
        for image_id, folder, name, fingerprint in files
    ]


def _collect_tags(
    conn: Connection, ids: str
) -> tuple[dict[int, list[str]], dict[int, dict[str, int]]]:
    """Names of custom tags, and position by name of album, by image id."""
    rows = conn.exec_driver_sql(
        "SELECT it.image_id, t.type, t.name, o.position "
        f"FROM {join_ids('image_tag it', 'it.image_id')} AND it.custom = 1 "
        "CROSS JOIN tag t ON t.id = it.tag_id "
        "LEFT JOIN album_order o ON o.tag_id = t.id AND o.image_id = it.image_id "
        "ORDER BY it.image_id, t.key",
        (ids,),
    )
    named: dict[int, list[str]] = {}
    placed: dict[int, dict[str, int]] = {}
    for image_id, kind, name, position in rows:
        if kind == tags.ALBUM:
            placed.setdefault(image_id, {})[name] = position or 0
        else:
            named.setdefault(image_id, []).append(name)
    return named, placed


def give(conn: Connection, wanted: Iterable[tuple[int, Marks]]) -> None:
    """Add marks to images, as (id, marks).

    An existing rating stays; missing tags and albums are created.
    """
    by_tag: dict[str, list[int]] = {}
    by_album: dict[str, list[tuple[int, int]]] = {}
    by_rating: dict[int, list[int]] = {}
    for image_id, marks in wanted:
        for name in marks.tags:
            by_tag.setdefault(name, []).append(image_id)
        for name, position in marks.albums.items():
            by_album.setdefault(name, []).append((image_id, position))
        if marks.rating:
            by_rating.setdefault(marks.rating, []).append(image_id)
    for name, ids in by_tag.items():
        tags.assign(conn, tags.create_custom(conn, name).id, ids)
    for name, positions in by_album.items():
        album_id = albums.ensure(conn, name)
        tags.assign(conn, album_id, [image_id for image_id, _ in positions])
        insert_many(
            conn,
            "INSERT OR IGNORE INTO album_order(tag_id, image_id, position)",
            [(album_id, *position) for position in positions],
        )
    for rating, ids in by_rating.items():
        conn.exec_driver_sql(
            "UPDATE image SET rating = ? WHERE rating IS NULL AND id IN (SELECT value FROM json_each(?))",
            (rating, json_ids(ids)),
        )


def copy(conn: Connection, pairs: Iterable[tuple[int, int]]) -> None:
    """Copy the marks of images to others, as (id to copy from, id to copy to)."""
    rows = json_rows((new, old) for old, new in pairs)
    shared = (
        "FROM json_each(?) x CROSS JOIN image_tag o ON o.image_id = json_extract(x.value, '$[1]') AND "
        "o.custom = 1 "
        "CROSS JOIN image i ON i.id = json_extract(x.value, '$[0]')"
    )
    given: dict[int, list[int]] = {}
    for tag_id, image_id in conn.exec_driver_sql(f"SELECT o.tag_id, i.id {shared}", (rows,)):
        given.setdefault(tag_id, []).append(image_id)
    for tag_id, ids in given.items():
        tags.assign(conn, tag_id, ids)
    albums.place_copies(conn, rows)
    conn.exec_driver_sql(
        "UPDATE image SET rating = coalesce(rating, (SELECT o.rating FROM image o WHERE o.id = "
        "json_extract(x.value, '$[1]'))) FROM json_each(?) x "
        "WHERE image.id = json_extract(x.value, '$[0]')",
        (rows,),
    )


def keep(conn: Connection, marks: Iterable[Marks], now_ns: int | None = None) -> None:
    """Keep marks of files that are not indexed; they replace marks that are already kept for the
    path.
    """
    now = now_ns or time.time_ns()
    rows = [
        (
            places.stored(conn, one.path),
            one.fingerprint,
            json.dumps(one.tags, ensure_ascii=False),
            json.dumps(dict(one.albums), ensure_ascii=False),
            one.rating,
            now,
        )
        for one in marks
    ]
    insert_many(
        conn, "INSERT OR REPLACE INTO kept(path, fingerprint, tags, albums, rating, kept_ns)", rows
    )


def claim(conn: Connection, files: Sequence[tuple[int, str, bytes | None]]) -> None:
    """Give files that are new in the index, (id, path, fingerprint), the marks kept for them.

    Marks found by the fingerprint only stay kept: the file may be a copy, and the original may
    still come back under its own path.
    """
    if not files or conn.exec_driver_sql("SELECT 1 FROM kept LIMIT 1").first() is None:
        return
    stored = places.stored_all(conn, (path for _, path, _ in files))
    by_path = {one.path: one for one in _kept(conn, "path", stored)}
    prints = {fingerprint for _, path, fingerprint in files if fingerprint and path not in by_path}
    by_print = {one.fingerprint: one for one in _kept(conn, "fingerprint", prints)}
    claimed = [
        (image_id, by_path.get(path) or by_print.get(fingerprint))
        for image_id, path, fingerprint in files
    ]
    give(conn, [(image_id, kept) for image_id, kept in claimed if kept is not None])
    drop(conn, by_path)


def settle(conn: Connection, many: Sequence[Marks]) -> int:
    """Give marks to the files of their paths; if another file or none has the path, to files of
    their fingerprint; keep the others.

    Returns for how many a file was found.
    """
    rows = _find_rows(conn, [marks.path for marks in many])
    displaced = [marks for marks in many if _is_other(rows.get(marks.path), marks)]
    by_print = _find_printed(conn, [marks.fingerprint for marks in displaced if marks.fingerprint])
    settled: list[tuple[int, Marks]] = []
    waiting = []
    for marks in many:
        ids = _choose_files(marks, rows.get(marks.path), by_print.get(marks.fingerprint, []))
        settled += [(image_id, marks) for image_id in ids]
        if not ids:
            waiting.append(marks)
    give(conn, settled)
    keep(conn, waiting)
    return len(many) - len(waiting)


def _choose_files(
    marks: Marks, row: tuple[int, bytes | None] | None, same_print: list[int]
) -> list[int]:
    """The files that get the marks: those of the same fingerprint if another file has the path."""
    if same_print and _is_other(row, marks):
        return same_print
    return [row[0]] if row else []


def _is_other(row: tuple[int, bytes | None] | None, one: Marks) -> bool:
    """Whether the row at the marks' path, (id, fingerprint), is of another file, or missing."""
    return row is None or (
        row[1] is not None and one.fingerprint is not None and row[1] != one.fingerprint
    )


def _find_rows(conn: Connection, paths: Sequence[str]) -> dict[str, tuple[int, bytes | None]]:
    ids = images.find_ids(conn, paths)
    prints = conn.exec_driver_sql(
        f"SELECT i.id, i.fingerprint FROM {join_ids('image i', 'i.id')}",
        (json_ids(ids.values()),),
    )
    by_id = {row[0]: row[1] for row in prints}
    return {path: (image_id, by_id[image_id]) for path, image_id in ids.items()}


def _find_printed(conn: Connection, prints: Sequence[bytes]) -> dict[bytes | None, list[int]]:
    """Ids of shown images by fingerprint.

    Scans every row: an index would slow down all indexing for this rare use.
    """
    ids: dict[bytes | None, list[int]] = {}
    if prints:
        rows = conn.exec_driver_sql(
            "SELECT fingerprint, id FROM image WHERE shown = 1 AND hex(fingerprint) IN (SELECT value "
            "FROM json_each(?))",
            (json.dumps([one.hex().upper() for one in prints]),),
        )
        for fingerprint, image_id in rows:
            ids.setdefault(fingerprint, []).append(image_id)
    return ids


def load_marked(conn: Connection, after: int, limit: int) -> list[int]:
    """At most ``limit`` ids above ``after`` of images with marks, in order; missing ones are
    included.
    """
    rows = conn.exec_driver_sql(
        "SELECT image_id FROM (SELECT image_id FROM image_tag WHERE custom = 1 AND image_id > ? "
        "UNION SELECT id FROM image WHERE rating IS NOT NULL AND id > ?) ORDER BY image_id LIMIT ?",
        (after, after, limit),
    )
    return [row[0] for row in rows]


def list_kept(conn: Connection) -> Iterator[Marks]:
    """All kept marks, by path."""
    for row in conn.exec_driver_sql(f"SELECT {_COLUMNS} FROM kept ORDER BY path"):
        yield _marks(*row)


def drop(conn: Connection, paths: Iterable[str]) -> None:
    """Delete the kept marks of these paths."""
    conn.exec_driver_sql(
        "DELETE FROM kept WHERE path IN (SELECT value FROM json_each(?))",
        (json.dumps(places.stored_all(conn, paths)),),
    )


def forget_old(conn: Connection, now_ns: int | None = None) -> None:
    """Delete marks that were kept for longer than 90 days."""
    conn.exec_driver_sql(
        "DELETE FROM kept WHERE kept_ns < ?", ((now_ns or time.time_ns()) - KEPT_DAYS * _DAY_NS,)
    )


_COLUMNS = "path, fingerprint, tags, albums, rating"
_ASKED = 1000


def _kept(conn: Connection, column: str, values: Collection[str | bytes]) -> Iterator[Marks]:
    """The marks kept under these paths or fingerprints. Each value is bound: JSON cannot carry
    bytes.
    """
    waiting = list(values)
    for start in range(0, len(waiting), _ASKED):
        part = waiting[start : start + _ASKED]
        rows = conn.exec_driver_sql(
            f"SELECT {_COLUMNS} FROM kept WHERE {column} IN ({', '.join('?' * len(part))})",
            tuple(part),
        )
        yield from [_marks(*row) for row in rows]


def _marks(
    path: str, fingerprint: bytes | None, named: str, placed: str, rating: int | None
) -> Marks:
    return Marks(path, fingerprint, tuple(json.loads(named)), json.loads(placed), rating)
