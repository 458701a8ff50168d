"""Changes a path prefix in the whole database: the library has moved to another drive, folder or
machine.

Lexical, for paths of POSIX and of Windows. Paths are as ``paths.to_text`` gives them.
"""

from __future__ import annotations

import ntpath
import os
import posixpath
from collections.abc import Iterable
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from iib_core import paths, root_map
from iib_core.db import extra_paths, images, marks, natural, places, scan_rows
from iib_core.db.places import TRASH_MARK
from iib_core.errors import InvalidRequest


@dataclass(frozen=True)
class Relocated:
    """Counts of what changed: folders of the index, files in them, files that were indexed under
    the new path too and got their marks, kept marks, added folders, steps of operations that can be
    undone.
    """

    folders: int
    files: int
    merged: int
    kept: int
    extra_paths: int
    steps: int


def check(raw: str) -> str:
    """A prefix, absolute on any system or below a name of ``root_map``, without a separator at its
    end.

    Raises InvalidRequest for anything else.
    """
    raw = paths.to_text(raw)
    if root_map.name_of(raw):
        return raw.rstrip("/")
    if len(raw) > paths.MAX_PATH_CHARS or "\0" in raw:
        raise InvalidRequest(
            "The path is too long, or contains a NUL character, which no file name can."
        )
    if posixpath.isabs(raw):
        return posixpath.normpath(raw)
    if ntpath.splitdrive(raw)[0] and paths.is_absolute(raw, ntpath):
        return ntpath.normpath(raw)
    raise InvalidRequest(
        f"'{raw[:200]}' is a relative path: give the full path, such as D:\\outputs or /mnt/outputs."
    )


def replaced(path: str, old: str, new: str) -> str | None:
    """``path`` with the prefix ``new`` instead of ``old``, both from ``check``; None if it is not
    below ``old``.

    On Windows case is ignored.
    """
    old_separator, new_separator = _separator(old), _separator(new)
    top, whole = (
        (old, path) if old_separator == "/" else (old.lower(), path.replace("/", "\\").lower())
    )
    if whole == top:
        return new
    if not top.endswith(old_separator):
        top += old_separator
    if not whole.startswith(top):
        return None
    rest = path[len(top) :].replace(old_separator, new_separator)
    return new + rest if new.endswith(new_separator) else new + new_separator + rest


def _separator(prefix: str) -> str:
    return root_map.separator_of(prefix)


def relocate(conn: Connection, old: str, new: str) -> Relocated:
    """Change the prefix ``old`` to ``new`` in every path of the database.

    Raises InvalidRequest if one of them is in a trash. A file indexed under both paths is one file:
    its row at the new path stays, with the marks of both.
    """
    for prefix in (old, new):
        _require_outside_trash(prefix)
    old, new = places.stored(conn, old), places.stored(conn, new)
    count, files, merged = _move_folders(conn, old, new)
    return Relocated(
        count,
        files,
        merged,
        _move_kept(conn, old, new),
        _move_extra_paths(conn, old, new),
        _move_steps(conn, old, new),
    )


def _require_outside_trash(prefix: str) -> None:
    """The trash belongs to the journal: it moves with its root, and files leave it by undo only."""
    if paths.TRASH in prefix.replace("\\", "/").lower().split("/"):
        raise InvalidRequest(
            f"'{prefix[:200]}' is in the trash: give the folder that holds the trash, or undo the deletion."
        )


def _move_folders(conn: Connection, old: str, new: str) -> tuple[int, int, int]:
    known_paths = {
        path: number for number, path in conn.exec_driver_sql("SELECT id, path FROM folder").all()
    }
    targets = ((path, _marked(conn, path, old, new)) for path in known_paths)
    moves = [(path, target) for path, target in targets if target is not None]
    # Ordered so that each target is either free or stays taken: one prefix may be below the other.
    moves.sort(key=lambda move: len(move[0]), reverse=len(new) > len(old))
    files = merged = 0
    for path, target in moves:
        number = known_paths.pop(path)
        files += len(scan_rows.load_folder(conn, number))
        if target in known_paths:
            merged += _merge(conn, number, known_paths[target])
        else:
            conn.exec_driver_sql(
                "UPDATE folder SET path = ?, sort_key = ? WHERE id = ?",
                (places.stored(conn, target), natural.key(places.stored(conn, target)), number),
            )
            known_paths[target] = number
    return len(moves), files, merged


def _replaced(conn: Connection, path: str, old: str, new: str) -> str | None:
    """As ``replaced``, for a path of this machine and prefixes of the database."""
    target = replaced(places.stored(conn, path), old, new)
    return None if target is None else places.local(conn, target)


def _marked(conn: Connection, path: str, old: str, new: str) -> str | None:
    """The new path of a folder; of one in the trash behind its mark."""
    mark = TRASH_MARK if path.startswith(TRASH_MARK) else ""
    target = _replaced(conn, path[len(mark) :], old, new)
    return None if target is None or mark + target == path else mark + target


def _merge(conn: Connection, folder_id: int, target_id: int) -> int:
    """Move the files of one folder into another known one. Returns how many were there already."""
    mine, others = scan_rows.load_folder(conn, folder_id), scan_rows.load_folder(conn, target_id)
    both = [(row.id, others[name].id) for name, row in mine.items() if name in others]
    marks.copy(conn, both)
    images.remove_many(conn, [image_id for image_id, _ in both])
    conn.exec_driver_sql(
        "UPDATE image SET folder_id = ? WHERE folder_id = ?", (target_id, folder_id)
    )
    conn.exec_driver_sql("DELETE FROM folder WHERE id = ?", (folder_id,))
    return len(both)


def _move_kept(conn: Connection, old: str, new: str) -> int:
    targets = [(kept, _replaced(conn, kept.path, old, new)) for kept in marks.list_kept(conn)]
    moved = [(kept, target) for kept, target in targets if target is not None]
    marks.drop(conn, [kept.path for kept, _ in moved])
    marks.settle(conn, [replace(kept, path=target) for kept, target in moved])
    return len(moved)


def _move_extra_paths(conn: Connection, old: str, new: str) -> int:
    targets = [
        (extra, _replaced(conn, extra.path, old, new)) for extra in extra_paths.list_all(conn)
    ]
    moved = [(extra, target) for extra, target in targets if target is not None]
    for extra, _ in moved:
        extra_paths.remove(conn, extra.path)
    for extra, target in moved:
        there = extra_paths.find(conn, target)
        types = (*(there.types if there else ()), *extra.types)
        extra_paths.put(
            conn, target, tuple(dict.fromkeys(types)), (there.alias if there else "") or extra.alias
        )
    return len(moved)


def _move_steps(conn: Connection, old: str, new: str) -> int:
    rows = conn.exec_driver_sql(
        "SELECT operation_id, position, source, target FROM operation_step"
    ).all()
    changed = [
        (_moved_bytes(conn, source, old, new), _moved_bytes(conn, target, old, new), row)
        for *row, source, target in rows
        if _is_below(conn, (source, target), old, new)
    ]
    for source, target, (operation_id, position) in changed:
        conn.exec_driver_sql(
            "UPDATE operation_step SET source = ?, target = ? WHERE operation_id = ? AND position = ?",
            (source, target, operation_id, position),
        )
    return len(changed)


def _is_below(conn: Connection, ends: Iterable[bytes], old: str, new: str) -> bool:
    texts = (paths.to_text(os.fsdecode(path)) for path in ends)
    return any(_replaced(conn, text, old, new) is not None for text in texts)


def _moved_bytes(conn: Connection, path: bytes, old: str, new: str) -> bytes:
    target = _replaced(conn, paths.to_text(os.fsdecode(path)), old, new)
    moved = os.fsdecode(path) if target is None else paths.from_text(target)
    return places.stored_bytes(conn, moved)
