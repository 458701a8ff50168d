"""Images: one row a file, with its text, its tags and its entry in the text index, all kept
consistent by the functions here.

How the indexer uses it, each step inside ``with db.write() as conn``, 500 to 2000 rows at a time:

- ``scan_rows.load_folder``: the indexed files of a folder, to compare with the disk.
- ``upsert_many(conn, rows)``: index new files and files that changed. A known path keeps its id and its
  custom tags. ``ImageRow.tags`` are the auto tags as (category, name) and replace the earlier ones. Values
  too large for a column are left out, text that is no Unicode is mended.
- ``mark_missing(conn, ids)`` and ``mark_found(conn, ids)``: the file is gone, and is back, unchanged.
- ``move_many(conn, moves)``: the same file under another path. Id, tags and text stay.
- ``remove_many(conn, ids)``: delete files with their tags; only when the user asks.
- ``tags.create_custom``, ``tags.assign``, ``tags.unassign``: custom tags, also for rules that tag
  automatically.

Paths are resolved and as ``paths.to_text`` gives them.
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, CursorResult, func, select

from iib_core.db import (
    documents,
    folder_quarters,
    folders,
    fts,
    natural,
    parameters,
    places,
    stack_keys,
    tags,
    text_tags,
    texts,
)
from iib_core.db.bulk import insert_many, json_ids, json_rows
from iib_core.db.documents import Indexed
from iib_core.db.rows import ImageRow
from iib_core.db.sqlite import join_ids
from iib_core.db.tables import image
from iib_core.errors import Conflict


class Known(NamedTuple):
    """The part of an indexed file that a scan compares."""

    id: int
    path: str
    mtime_ns: int
    size_bytes: int
    fingerprint: bytes | None
    missing: bool
    reader: int


# From this many names in one folder on, one query for the folder is faster.
_MANY_NAMES = 20
# A longer name of a model or a sampler is not stored in its column; the text contains it.
_NAME_MAX_CHARS = 1000

_IMAGE_COLUMNS = (
    "id, folder_id, name, shown, media, mtime_ns, size_bytes, birth_ns, width_px, height_px, duration_s, "
    "fingerprint, "
    "source, model, model_hash, vae, sampler, scheduler, steps, cfg_scale, seed, reader, error, "
    "indexed_ns, missing_ns, name_key, prompt_key, run_key"
)
# Categories of automatic tags whose names are searched as words.
_NAMED = frozenset({"model", "lora"})


def _upsert(columns: str) -> str:
    key, *others = columns.split(", ")
    return f"ON CONFLICT({key}) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in others)}"


# ``color`` is written by the thumbnailer; keep it only while size and mtime are unchanged.
_ON_IMAGE = _upsert(_IMAGE_COLUMNS) + (
    ", color = CASE WHEN image.mtime_ns = excluded.mtime_ns AND image.size_bytes = "
    "excluded.size_bytes THEN image.color END"
)


def upsert_many(conn: Connection, rows: Sequence[ImageRow], now_ns: int | None = None) -> list[int]:
    """Index files, new or changed.

    Returns their ids in the order of ``rows``; of two rows with one path the last counts.
    """
    if not rows:
        return []
    by_path = {row.path: row for row in rows}
    locations = folders.ensure_locations(conn, by_path)
    known = _find_ids(conn, locations.values())
    ids = {location: known[location] for location in locations.values() if location in known}
    first = (conn.execute(select(func.max(image.c.id))).scalar() or 0) + 1
    for location in locations.values():
        if location not in ids:
            ids[location] = first
            first += 1
    if known:
        _withdraw(conn, known.values())
    _write(
        conn,
        [(ids[location], location, by_path[path]) for path, location in locations.items()],
        now_ns or time.time_ns(),
    )
    tags.follow_dates(conn, known.values())
    tags.add_counts_of(conn, ids.values(), 1)
    return [ids[locations[row.path]] for row in rows]


def _withdraw(conn: Connection, ids: Iterable[int]) -> None:
    """Take rows out of counts, auto tags and text index, before they are written again or deleted."""
    ids = list(ids)
    tags.add_counts_of(conn, ids, -1)
    text_tags.remove(conn, ids)
    parameters.remove(conn, ids)
    documents.remove(conn, ids)


def _write(
    conn: Connection, rows: Sequence[tuple[int, tuple[int, str], ImageRow]], now_ns: int
) -> None:
    names: dict[tuple[str, str], None] = {}
    for _, _, row in rows:
        names.update(dict.fromkeys(row.tags))
    stored = {pair: (pair[0], fts.as_text(pair[1])) for pair in names}
    known = tags.ensure(conn, stored.values())
    tag_ids = {pair: known[stored[pair]] for pair in names}
    images, searched, indexed = [], [], []
    for image_id, (folder_id, name), row in rows:
        text, prompt_at, negative_at = _body(row)
        body = fts.Body(text, prompt_at, len(row.prompt), _names(row))
        auto = dict.fromkeys(map(tag_ids.__getitem__, row.tags))
        shown = int(not is_hidden(name))
        keys = (
            natural.key(name),
            stack_keys.prompt_key(row.prompt),
            stack_keys.run_key(row.infotext),
        )
        images.append((image_id, folder_id, name, shown, *_columns(row), now_ns, None, *keys))
        negative = (negative_at, len(row.negative_prompt))
        sizes = [tag_ids[pair] for pair in row.tags if pair[0] == texts.OWN_TAGS]
        size = sizes[0] if sizes else None
        text_of = texts.Searched(body, negative, row.seed, list(auto), size)
        searched.append((image_id, row.mtime_ns // folder_quarters.QUARTER_NS, text_of))
        indexed.append((image_id, fts.indexed(name, body)))
    insert_many(conn, f"INSERT INTO image({_IMAGE_COLUMNS})", images, _ON_IMAGE)
    text_ids = texts.write(conn, searched)
    documents.add(conn, [Indexed(one, text_ids[one], parts) for one, parts in indexed])
    text_tags.add(conn, [image_id for image_id, _, _ in rows])
    parameters.add(conn, [(image_id, row.parameters) for image_id, _, row in rows])


def _columns(row: ImageRow) -> tuple[object, ...]:
    """The columns from media to error."""
    return (
        row.media,
        row.mtime_ns,
        row.size_bytes,
        row.birth_ns,
        _int32(row.width_px),
        _int32(row.height_px),
        _finite(row.duration_s),
        row.fingerprint,
        *(
            _name(value)
            for value in (
                row.source,
                row.model,
                row.model_hash,
                row.vae,
                row.sampler,
                row.scheduler,
            )
        ),
        _int32(row.steps),
        _finite(row.cfg_scale),
        stored_seed(row.seed),
        row.reader,
        fts.as_text(row.error) if row.error else None,
    )


def _body(row: ImageRow) -> tuple[str, int, int]:
    """The searched text, and the offsets of prompt and negative prompt in it; they are put in front
    if the infotext does not contain them.
    """
    body = row.infotext
    negative_at = body.find(row.negative_prompt)
    prompt_at = body.find(row.prompt)
    if negative_at < 0:
        body = f"{row.negative_prompt}\n{body}"
        negative_at, prompt_at = 0, body.find(row.prompt)
    if prompt_at < 0:
        body = f"{row.prompt}\n{body}"
        prompt_at, negative_at = 0, negative_at + len(row.prompt) + 1
    return fts.as_text(body), prompt_at, negative_at


def _names(row: ImageRow) -> str:
    """The names of models and LoRAs, one a line."""
    return fts.as_text("\n".join([pair[1] for pair in row.tags if pair[0] in _NAMED]))


def is_hidden(name: str) -> bool:
    """Whether a file is hidden from listings by its name."""
    return name.startswith(".")


def stored_seed(seed: int | None) -> int | None:
    """A seed as its column stores it: signed; None for a seed that no generator draws."""
    if seed is None or not 0 <= seed < 2**64:
        return None
    return seed if seed < 2**63 else seed - 2**64


def _name(value: str | None) -> str | None:
    return fts.as_text(value) if value is not None and len(value) <= _NAME_MAX_CHARS else None


def _int32(value: int | None) -> int | None:
    return value if value is not None and abs(value) < 2**31 else None


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def load_known(conn: Connection, under: str | None = None) -> Iterator[Known]:
    """Every indexed file, or those in or below the folder ``under``, unordered, missing ones
    included.
    """
    columns = (
        "i.id, i.folder_id, i.name, i.mtime_ns, i.size_bytes, i.fingerprint, i.missing_ns IS NOT "
        "NULL, i.reader"
    )
    prefixes = folders.load_prefixes(conn, under)
    if under is None:
        rows = conn.exec_driver_sql(f"SELECT {columns} FROM image i")
    else:
        rows = conn.exec_driver_sql(
            f"SELECT {columns} FROM {join_ids('image i', 'i.folder_id')}",
            (json_ids(prefixes),),
        )
    for row in rows:
        yield Known(row[0], prefixes[row[1]] + row[2], row[3], row[4], row[5], bool(row[6]), row[7])


def find_ids(conn: Connection, paths: Iterable[str]) -> dict[str, int]:
    """Ids of those of ``paths`` that are indexed."""
    locations = folders.find_locations(conn, paths)
    ids = _find_ids(conn, locations.values())
    return {path: ids[location] for path, location in locations.items() if location in ids}


def find_known(conn: Connection, paths: Iterable[str]) -> dict[str, tuple[int, int]]:
    """(id, time of creation in nanoseconds) of those of ``paths`` that are indexed."""
    ids = find_ids(conn, paths)
    rows = conn.exec_driver_sql(
        f"SELECT i.id, i.birth_ns FROM {join_ids('image i', 'i.id')}", (json_ids(ids.values()),)
    )
    births = dict(_plain(rows))
    return {path: (image_id, births[image_id]) for path, image_id in ids.items()}


def find_paths(conn: Connection, ids: Iterable[int]) -> dict[int, str]:
    """Paths of those of ``ids`` that are indexed."""
    rows = conn.exec_driver_sql(
        "SELECT i.id, f.path, i.name "
        f"FROM {join_ids('image i', 'i.id')} "
        "CROSS JOIN folder f ON f.id = i.folder_id",
        (json_ids(ids),),
    )
    return {row[0]: os.path.join(row[1], row[2]) for row in rows}


def find_known_in(
    conn: Connection, folder_path: str, names: Sequence[str]
) -> dict[str, tuple[int, int]]:
    """(id, time of creation in nanoseconds) by name, of those files directly in a folder that are
    indexed.
    """
    rows = conn.exec_driver_sql(
        "SELECT i.name, i.id, i.birth_ns FROM json_each(?) x CROSS JOIN folder f ON f.path = ? "
        "CROSS JOIN image i ON i.folder_id = f.id AND i.name = x.value",
        (json.dumps(list(names)), places.stored(conn, folder_path)),
    )
    return {name: (image_id, birth_ns) for name, image_id, birth_ns in _plain(rows)}


def find_sizes(
    conn: Connection, folder_path: str, names: Sequence[str]
) -> dict[str, tuple[int, int]]:
    """Width and height in pixels by name, of the indexed files of a folder that have them."""
    rows = conn.exec_driver_sql(
        "SELECT i.name, i.width_px, i.height_px FROM json_each(?) x CROSS JOIN folder f ON f.path = ? "
        "CROSS JOIN image i ON i.folder_id = f.id AND i.name = x.value WHERE i.width_px > 0 AND "
        "i.height_px > 0",
        (json.dumps(list(names)), places.stored(conn, folder_path)),
    )
    return {name: (width, height) for name, width, height in rows}


def find_newest_named(conn: Connection, name: str, limit: int) -> list[str]:
    """Paths of the files of exactly this name that are shown, the newest first."""
    expression = fts.match_all(conn, [fts.Wanted(fts.fold(name), in_words=True)])
    # The text index contains the names too; an index of names alone would be as large as all names.
    index, parameters = documents.matching_sql(conn, expression) if expression else ("", ())
    named = f"i.id IN {index} AND " if expression else ""
    rows = conn.exec_driver_sql(
        "SELECT f.path, i.name FROM image i CROSS JOIN folder f ON f.id = i.folder_id WHERE "
        f"{named}i.name = ? AND i.shown = 1 "
        "ORDER BY i.mtime_ns DESC, i.id DESC LIMIT ?",
        (*parameters, name, limit),
    )
    return [os.path.join(row[0], row[1]) for row in rows]


def list_changed_since(conn: Connection, since_ns: int, limit: int) -> list[tuple[str, int]]:
    """(path, mtime_ns) of files that are shown and changed since then, the newest first."""
    rows = conn.exec_driver_sql(
        "SELECT f.path, i.name, i.mtime_ns FROM image i CROSS JOIN folder f ON f.id = i.folder_id "
        "WHERE i.shown = 1 AND i.mtime_ns >= ? ORDER BY i.mtime_ns DESC, i.id DESC LIMIT ?",
        (since_ns, limit),
    )
    return [(os.path.join(row[0], row[1]), row[2]) for row in rows]


def _find_ids(conn: Connection, locations: Iterable[tuple[int, str]]) -> dict[tuple[int, str], int]:
    by_folder: dict[int, list[str]] = {}
    for folder_id, name in locations:
        by_folder.setdefault(folder_id, []).append(name)
    ids: dict[tuple[int, str], int] = {}
    few = []
    for folder_id, names in by_folder.items():
        if len(names) < _MANY_NAMES:
            few += [(folder_id, name) for name in names]
            continue
        rows = conn.exec_driver_sql(
            "SELECT i.name, i.id FROM json_each(?) x CROSS JOIN image i ON i.folder_id = ? AND i.name = "
            "x.value",
            (json.dumps(names), folder_id),
        )
        ids.update({(folder_id, name): image_id for name, image_id in _plain(rows)})
    rows = conn.exec_driver_sql(
        "SELECT i.folder_id, i.name, i.id FROM json_each(?) x "
        "CROSS JOIN image i ON i.folder_id = json_extract(x.value, '$[0]') AND i.name = "
        "json_extract(x.value, '$[1]')",
        (json_rows(few),),
    )
    ids.update({(folder_id, name): image_id for folder_id, name, image_id in _plain(rows)})
    return ids


def _plain(rows: CursorResult[Any]) -> Sequence[Any]:
    """The driver's own rows: for ten thousand rows, tuples are enough."""
    return rows.cursor.fetchall() if rows.cursor is not None else []


def mark_missing(conn: Connection, ids: Iterable[int], now_ns: int | None = None) -> None:
    """Mark files as missing: no search finds them, their tags stay.

    A file that is already marked keeps the time of its mark.
    """
    ids = list(ids)
    tags.add_counts_of(conn, ids, -1)
    conn.exec_driver_sql(
        "UPDATE image SET shown = 0, missing_ns = coalesce(missing_ns, ?) WHERE id IN (SELECT value FROM "
        "json_each(?))",
        (now_ns or time.time_ns(), json_ids(ids)),
    )


def mark_found(conn: Connection, ids: Iterable[int]) -> None:
    """Unmark missing files that are back unchanged."""
    back = json_ids(ids)
    rows = conn.exec_driver_sql(
        "SELECT i.id "
        f"FROM {join_ids('image i', 'i.id')} "
        "WHERE i.missing_ns IS NOT NULL AND substr(i.name, 1, 1) <> '.'",
        (back,),
    )
    shown = [row[0] for row in rows]
    conn.exec_driver_sql(
        "UPDATE image SET missing_ns = NULL WHERE id IN (SELECT value FROM json_each(?))", (back,)
    )
    conn.exec_driver_sql(
        "UPDATE image SET shown = 1 WHERE id IN (SELECT value FROM json_each(?))",
        (json_ids(shown),),
    )
    tags.add_counts_of(conn, shown, 1)


def move_many(conn: Connection, moves: Sequence[tuple[int, str]]) -> None:
    """Move images to (id, new path). They may swap paths.

    Raises Conflict if another image has a new path, before anything is written. A missing image
    that moves is shown again.
    """
    locations = folders.ensure_locations(conn, [path for _, path in moves])
    ids = [image_id for image_id, _ in moves]
    is_taken = not set(_find_ids(conn, locations.values()).values()) <= set(ids)
    if is_taken or len(locations) < len(moves):
        raise Conflict(
            "Another file of the library has the path that a file would be moved to: nothing was moved."
        )
    documents.remove(conn, ids)
    tags.add_counts_of(conn, ids, -1)
    # First to names that no file can have, so that two images can swap paths.
    conn.exec_driver_sql(
        "UPDATE image SET name = '/' || id WHERE id IN (SELECT value FROM json_each(?))",
        (json_ids(ids),),
    )
    rows = []
    for image_id, path in moves:
        folder_id, name = locations[path]
        rows.append((image_id, folder_id, name, int(not is_hidden(name)), natural.key(name)))
    conn.exec_driver_sql(
        "UPDATE image SET folder_id = json_extract(x.value, '$[1]'), name = json_extract(x.value, "
        "'$[2]'), shown = json_extract(x.value, '$[3]'), name_key = json_extract(x.value, '$[4]'), "
        "missing_ns = NULL FROM json_each(?) x WHERE image.id = json_extract(x.value, '$[0]')",
        (json_rows(rows),),
    )
    tags.add_counts_of(conn, ids, 1)
    documents.add_stored(conn, ids)


def remove_many(conn: Connection, ids: Iterable[int]) -> None:
    """Delete images with everything that belongs to them."""
    ids = list(ids)
    _withdraw(conn, ids)
    tags.remove_custom(conn, ids)
    texts.remove(conn, ids)
    tables = (
        "image_machine_tag",
        "look",
        "content_hash",
        "content",
        "not_duplicate",
        "score",
        "stack_cover",
    )
    for table, key in (*((table, "image_id") for table in tables), ("image", "id")):
        conn.exec_driver_sql(
            f"DELETE FROM {table} WHERE {key} IN (SELECT value FROM json_each(?))", (json_ids(ids),)
        )


def count(conn: Connection) -> int:
    """The number of images that are shown."""
    return folder_quarters.count(conn)
