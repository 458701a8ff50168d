"""The rows of files that were moved, copied, deleted or restored: they follow the file, tags
included.

Paths are as ``paths.to_text`` gives them. A file that is not indexed has no row and costs nothing
here. If a file's new path has a row already, the row is of a file that is gone, and is kept until
that file appears elsewhere; or the indexer has just made it for this file, and it is deleted.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, func, select

from iib_core.db import albums, documents, folders, images, natural, places, tags, texts
from iib_core.db.bulk import json_ids, json_rows
from iib_core.db.places import GONE_MARK, TRASH_MARK
from iib_core.db.sqlite import join_ids
from iib_core.db.tables import image
from iib_core.mediatypes import media_type

# The ids of a copy and of its original, in rows of ``_insert_copies``.
_NEW_ID, _OLD_ID = "json_extract(x.value, '$[0]')", "json_extract(x.value, '$[1]')"


def move_files(conn: Connection, moves: Sequence[tuple[str, str]]) -> None:
    """Move the rows of files, as (from, to).

    A file that is no media type under its new name is kept, but not shown.
    """
    renamed = _move_by_folder(conn, moves)
    ids = images.find_ids(conn, [source for source, _ in renamed])
    moved = [(ids[source], target) for source, target in renamed if source in ids]
    if moved:
        _clear_way(
            conn,
            images.find_ids(conn, [target for _, target in moved]).values(),
            {image_id for image_id, _ in moved},
        )
        images.move_many(conn, moved)
        images.mark_missing(
            conn, [image_id for image_id, target in moved if media_type(target) is None]
        )


def move_to_trash(conn: Connection, moves: Sequence[tuple[str, str]]) -> None:
    """As ``move_files``, and hide the files from every search; ids and tags stay for
    ``move_from_trash``.
    """
    ids = images.find_ids(conn, [source for source, _ in moves]).values()
    _move_by_folder(conn, [(source, TRASH_MARK + target) for source, target in moves])
    tags.add_counts_of(conn, ids, -1)
    conn.exec_driver_sql(
        "UPDATE image SET shown = 0, missing_ns = NULL WHERE id IN (SELECT value FROM json_each(?))",
        (json_ids(ids),),
    )


def move_from_trash(conn: Connection, moves: Sequence[tuple[str, str]]) -> None:
    """Move rows back from the trash and show them; a file that is no media type by its name stays
    as it was, not shown.
    """
    ids = images.find_ids(conn, [TRASH_MARK + source for source, _ in moves])
    _move_by_folder(conn, [(TRASH_MARK + source, target) for source, target in moves])
    back = [
        (ids[TRASH_MARK + source], target) for source, target in moves if TRASH_MARK + source in ids
    ]
    images.mark_missing(conn, [image_id for image_id, target in back if media_type(target) is None])
    wanted = [
        image_id
        for image_id, target in back
        if media_type(target) is not None and not images.is_hidden(os.path.basename(target))
    ]
    hidden = conn.exec_driver_sql(
        f"SELECT i.id FROM {join_ids('image i', 'i.id')} WHERE i.shown = 0",
        (json_ids(wanted),),
    )
    shown = [row[0] for row in hidden]
    conn.exec_driver_sql(
        "UPDATE image SET shown = 1 WHERE id IN (SELECT value FROM json_each(?))",
        (json_ids(shown),),
    )
    tags.add_counts_of(conn, shown, 1)


def move_folder(conn: Connection, old: str, new: str, since_ns: int) -> None:
    """Move all rows below a folder.

    Rows that were marked missing since the move began are shown again.
    """
    prefixes = folders.load_prefixes(conn, old)
    targets = {
        folder_id: os.path.join(new, prefix[len(os.path.join(old, "")) :]).rstrip(os.sep)
        for folder_id, prefix in prefixes.items()
    }
    taken = folders.find_locations(conn, [os.path.join(target, "x") for target in targets.values()])
    free = [
        (folder_id, target)
        for folder_id, target in targets.items()
        if os.path.join(target, "x") not in taken
    ]
    stored = [(folder_id, places.stored(conn, target)) for folder_id, target in free]
    conn.exec_driver_sql(
        "UPDATE folder SET path = json_extract(x.value, '$[1]'), sort_key = json_extract(x.value, '$[2]') "
        "FROM json_each(?) x WHERE folder.id = json_extract(x.value, '$[0]')",
        (json_rows((folder_id, path, natural.key(path)) for folder_id, path in stored),),
    )
    for folder_id in targets.keys() - {folder_id for folder_id, _ in free}:
        names = [
            row[0]
            for row in conn.execute(select(image.c.name).where(image.c.folder_id == folder_id))
        ]
        move_files(
            conn,
            [
                (prefixes[folder_id] + name, os.path.join(targets[folder_id], name))
                for name in names
            ],
        )
    marked = conn.exec_driver_sql(
        f"SELECT i.id FROM {join_ids('image i', 'i.folder_id')} WHERE i.missing_ns >= ?",
        (json_ids(dict(free)), since_ns),
    )
    images.mark_found(conn, [row[0] for row in marked])


def copy_files(conn: Connection, copies: Sequence[tuple[str, str]]) -> None:
    """Insert rows for copies of indexed files, with everything that the originals have, custom tags
    too.
    """
    ids = images.find_ids(conn, [source for source, _ in copies])
    targets = [
        (ids[source], target)
        for source, target in copies
        if source in ids and media_type(target) is not None
    ]
    if not targets:
        return
    _clear_way(conn, images.find_ids(conn, [target for _, target in targets]).values(), set())
    locations = folders.ensure_locations(conn, [target for _, target in targets])
    first = (conn.execute(select(func.max(image.c.id))).scalar() or 0) + 1
    rows = [
        (
            first + at,
            old,
            *locations[target],
            int(not images.is_hidden(locations[target][1])),
            natural.key(locations[target][1]),
        )
        for at, (old, target) in enumerate(targets)
    ]
    _insert_copies(conn, json_rows(rows))
    added = [row[0] for row in rows]
    documents.add_stored(conn, added)
    tags.add_counts_of(conn, added, 1)


def _insert_copies(conn: Connection, rows: str) -> None:
    """Insert the rows of copies; ``rows`` are (new id, old id, folder id, name, shown, key of the
    name) as JSON.
    """
    columns = {column.name: f"o.{column.name}" for column in image.columns} | {
        "id": _NEW_ID,
        "folder_id": "json_extract(x.value, '$[2]')",
        "name": "json_extract(x.value, '$[3]')",
        "shown": "json_extract(x.value, '$[4]')",
        "name_key": "json_extract(x.value, '$[5]')",
        "missing_ns": "NULL",
    }
    conn.exec_driver_sql(
        f"INSERT INTO image({', '.join(columns)}) SELECT {', '.join(columns.values())} "
        f"FROM json_each(?) x CROSS JOIN image o ON o.id = {_OLD_ID}",
        (rows,),
    )
    texts.copy(conn, rows)
    conn.exec_driver_sql(
        f"INSERT INTO image_parameter(image_id, name_id, value_id) SELECT {_NEW_ID}, p.name_id, p.value_id "
        f"FROM json_each(?) x CROSS JOIN image_parameter p ON p.image_id = {_OLD_ID}",
        (rows,),
    )
    _insert_tags_of_copies(conn, rows)


def _insert_tags_of_copies(conn: Connection, rows: str) -> None:
    """Custom tags and albums as the originals have them, and those automatic tags that do not belong
    to the text.
    """
    new_image = f"FROM json_each(?) x CROSS JOIN image i ON i.id = {_NEW_ID}"
    conn.exec_driver_sql(
        "INSERT INTO image_tag(tag_id, mtime_ns, image_id, custom) SELECT o.tag_id, i.mtime_ns, i.id, 1 "
        f"{new_image} "
        f"CROSS JOIN image_tag o ON o.image_id = {_OLD_ID} AND o.custom = 1",
        (rows,),
    )
    albums.place_copies(conn, rows)
    conn.exec_driver_sql(
        "INSERT OR IGNORE INTO image_tag(tag_id, mtime_ns, image_id, custom) SELECT a.value, i.mtime_ns, "
        f"i.id, 0 {new_image} "
        "CROSS JOIN image_text b ON b.image_id = i.id CROSS JOIN image_body t ON t.image_id = i.id "
        "CROSS JOIN json_each(t.auto_tags) a WHERE b.quarter IS NULL OR a.value = b.own_tag",
        (rows,),
    )


def forget_files(conn: Connection, paths: Iterable[str], *, in_trash: bool = False) -> None:
    """Delete the rows of files that were permanently deleted."""
    images.remove_many(
        conn,
        list(
            images.find_ids(
                conn, [TRASH_MARK + path if in_trash else path for path in paths]
            ).values()
        ),
    )


def find_in_trash(conn: Connection, paths: Iterable[str]) -> dict[str, int]:
    """Ids of the files that the trash holds under these paths."""
    marked = images.find_ids(conn, [TRASH_MARK + path for path in paths])
    return {path[len(TRASH_MARK) :]: image_id for path, image_id in marked.items()}


def mark_missing(conn: Connection, paths: Iterable[str]) -> None:
    """Mark these files missing; unlike ``forget_files`` their rows stay."""
    images.mark_missing(conn, list(images.find_ids(conn, paths).values()))


def _move_by_folder(conn: Connection, moves: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Move the rows of files that keep their names, folder by folder: their text and tags stay as
    they are. Returns the other pairs.
    """
    by_folder: dict[tuple[str, str], list[str]] = {}
    others: list[tuple[str, str]] = []
    for source, target in moves:
        head, name = os.path.split(source)
        new_head, new_name = os.path.split(target)
        if name == new_name:
            by_folder.setdefault((head, new_head), []).append(name)
        else:
            others.append((source, target))
    locations = folders.ensure_locations(
        conn, {os.path.join(head, "x") for pair in by_folder for head in pair}
    )
    for (head, new_head), names in by_folder.items():
        _move_names(
            conn,
            locations[os.path.join(head, "x")][0],
            locations[os.path.join(new_head, "x")][0],
            names,
        )
    return others


def _move_names(conn: Connection, folder_id: int, new_folder_id: int, names: Sequence[str]) -> None:
    query = (
        "SELECT i.id, i.name, i.missing_ns FROM json_each(?) x CROSS JOIN image i ON i.folder_id = ? "
        "AND i.name = x.value"
    )
    rows = conn.exec_driver_sql(query, (json_rows(names), folder_id)).all()
    if (
        conn.execute(select(image.c.id).where(image.c.folder_id == new_folder_id).limit(1)).first()
        is not None
    ):  # else the folder is new and empty
        standing = conn.exec_driver_sql(
            query, (json_rows(row[1] for row in rows), new_folder_id)
        ).all()
        _clear_way(conn, [row[0] for row in standing], set())
    conn.exec_driver_sql(
        "UPDATE image SET folder_id = ? WHERE id IN (SELECT value FROM json_each(?))",
        (new_folder_id, json_ids(row[0] for row in rows)),
    )
    images.mark_found(
        conn, [row[0] for row in rows if row[2] is not None and media_type(row[1]) is not None]
    )


def _clear_way(conn: Connection, standing: Iterable[int], moving: set[int]) -> None:
    """Remove the rows ``standing`` from their paths, except those that are ``moving`` themselves."""
    ids = set(standing) - moving
    if not ids:
        return
    missing = conn.exec_driver_sql(
        f"SELECT i.id FROM {join_ids('image i', 'i.id')} WHERE i.missing_ns IS NOT NULL",
        (json_ids(ids),),
    )
    gone = {row[0] for row in missing}
    images.remove_many(conn, ids - gone)
    locations = folders.ensure_locations(
        conn, [os.path.join(f"{GONE_MARK}{image_id}", "x") for image_id in gone]
    )
    _set_folders(
        conn,
        [
            (image_id, locations[os.path.join(f"{GONE_MARK}{image_id}", "x")][0])
            for image_id in gone
        ],
    )


def _set_folders(conn: Connection, rows: Iterable[tuple[int, int]]) -> None:
    """Set folders, as (image id, folder id); the names stay."""
    conn.exec_driver_sql(
        "UPDATE image SET folder_id = json_extract(x.value, '$[1]') FROM json_each(?) x WHERE image.id = "
        "json_extract(x.value, '$[0]')",
        (json_rows(rows),),
    )
