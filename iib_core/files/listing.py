"""What stands in a folder, straight from the disk."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from typing import TypedDict

from iib_core import paths, times
from iib_core.access import Access
from iib_core.errors import AccessDenied, NotFound


class FileInfo(TypedDict):
    """One entry as clients get it: times in epoch seconds, ``size`` for people, ``bytes`` exact; a folder has "-" and 0."""

    type: str
    date: float
    created_time: float
    size: str
    bytes: int
    name: str
    fullpath: str
    is_under_scanned_path: bool


class FileColumns(TypedDict):
    """The entries of a folder by column: ``prefix`` is what stands in front of each name, ``folders`` are the positions of those that are folders.

    ``width`` and ``height`` are pixels, 0 where the index knows none; None where they were not asked for.
    """

    prefix: str
    name: list[str]
    date: list[float]
    bytes: list[int]
    folders: list[int]
    width: list[int] | None
    height: list[int] | None


def list_folder(folder: str, access: Access, shown_as: str | None = None, *, only_folders: bool = False) -> list[FileInfo]:
    """Entries of a resolved folder, in the disk's order.

    ``shown_as`` is the path that the client knows the folder by, where a symlink leads to it. Entries that vanish meanwhile, and
    symlinks that are broken or lead to where the client may not go, are left out. ``only_folders`` does not even look at files: a tree of folders is told
    at once where there are a hundred thousand of them. Raises NotFound and AccessDenied.
    """
    shown_as = paths.to_text(shown_as or folder)
    prefix = _prefix(shown_as)
    inside = access.is_under_root(folder)
    return [_describe(name, prefix + name, status, inside) for name, status in _look_through(folder, access, shown_as, only_folders=only_folders)]


def list_columns(folder: str, access: Access, shown_as: str, sizes: Mapping[str, tuple[int, int]] | None = None) -> FileColumns:
    """As ``list_folder``, by column: a third of the bytes and half the time. ``sizes``: width and height by name, of what is known."""
    shown_as = paths.to_text(shown_as)
    names: list[str] = []
    dates: list[float] = []
    lengths: list[int] = []
    folders: list[int] = []
    for at, (name, status) in enumerate(_look_through(folder, access, shown_as)):
        is_folder = stat.S_ISDIR(status.st_mode)
        if is_folder:
            folders.append(at)
        names.append(name)
        dates.append(times.mtime_s(status))
        lengths.append(0 if is_folder else status.st_size)
    widths, heights = ([sizes.get(name, (0, 0))[edge] for name in names] if sizes is not None else None for edge in (0, 1))
    return {"prefix": _prefix(shown_as), "name": names, "date": dates, "bytes": lengths, "folders": folders, "width": widths, "height": heights}


def _prefix(shown_as: str) -> str:
    return shown_as if shown_as.endswith(os.sep) else shown_as + os.sep


def _look_through(folder: str, access: Access, shown_as: str, *, only_folders: bool = False) -> Iterator[tuple[str, os.stat_result]]:
    """Name, as text, and status of each entry that a client may see."""
    left_out = {paths.TRASH, os.path.basename(access.own) if os.path.dirname(access.own) == folder else paths.TRASH}
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name in left_out:
                    continue
                try:
                    if only_folders and not entry.is_dir():
                        continue
                    if entry.is_symlink() and not access.allows_link(entry.path):
                        continue
                    status = entry.stat()
                except OSError:
                    continue  # vanished, a broken link or a loop
                yield paths.to_text(entry.name), status
    except FileNotFoundError as exc:
        raise NotFound(f"'{shown_as}' does not exist.") from exc
    except OSError as exc:
        raise AccessDenied(f"'{shown_as}' cannot be read: {exc.strerror}.") from exc


def describe(path: str, access: Access, shown_as: str | None = None) -> FileInfo | None:
    """One resolved path as an entry; None where nothing is there."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    shown = paths.to_text(shown_as or path)
    return _describe(os.path.basename(shown) or shown, shown, status, access.is_under_root(path))


def _describe(name: str, fullpath: str, status: os.stat_result, inside: bool) -> FileInfo:
    is_folder = stat.S_ISDIR(status.st_mode)
    return {
        "type": "dir" if is_folder else "file",
        "date": times.mtime_s(status),
        "created_time": times.birth_s(status),
        "size": "-" if is_folder else human_size(status.st_size),
        "bytes": 0 if is_folder else status.st_size,
        "name": name,
        "fullpath": fullpath,
        "is_under_scanned_path": inside,
    }


def human_size(size_bytes: int) -> str:
    """``1258291`` -> ``"1.2 MB"``; steps of 1024."""
    size = float(size_bytes)
    for unit in ("B", "KB", "MB", "GB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} TB"
