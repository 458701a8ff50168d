"""What stands in a folder, straight from the disk."""

from __future__ import annotations

import os
import stat
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TypedDict

from iib_core import paths, times
from iib_core.access import Access
from iib_core.errors import AccessDenied, NotFound


class FileInfo(TypedDict):
    """One entry as clients get it: times in epoch seconds, ``size`` for people, ``bytes`` exact; a
    folder has "-" and 0. ``id``: that of the index, None for what is not indexed.
    """

    type: str
    date: float
    created_time: float
    size: str
    bytes: int
    name: str
    fullpath: str
    is_under_scanned_path: bool
    id: int | None


class FileColumns(TypedDict):
    """The entries of a folder by column: ``prefix`` is what stands in front of each name,
    ``folders`` are the positions of those that are folders.

    ``width`` and ``height`` are pixels, 0 where the index knows none; None where they were not
    asked for. ``name`` is read from the disk, and has to be read to its end before the others: they
    come of it.
    """

    prefix: str
    name: Iterator[str]
    date: Iterator[float]
    bytes: Iterator[int]
    folders: Iterator[int]
    width: Iterator[int] | None
    height: Iterator[int] | None


# Width and height in pixels by name, of those names that are known.
FindSizes = Callable[[Sequence[str]], Mapping[str, tuple[int, int]]]
# The id in the index by name, of those names that are indexed.
FindIds = Callable[[Sequence[str]], Mapping[str, int]]
# So many names are looked up at once.
_LOOKED_UP = 1000


def list_folder(
    folder: str,
    access: Access,
    shown_as: str | None = None,
    *,
    only_folders: bool = False,
    find_ids: FindIds | None = None,
) -> Iterator[FileInfo]:
    """Entries of a resolved folder, in the disk's order, read from it while they are taken: a
    folder may have a million.

    ``shown_as`` is the path that the client knows the folder by, where a symlink leads to it.
    Entries that vanish meanwhile, and symlinks that are broken or lead to where the client may not
    go, are left out. ``only_folders`` does not even look at files: a tree of folders is told at
    once where there are a hundred thousand of them. Raises NotFound and AccessDenied.
    """
    shown_as = paths.to_text(shown_as or folder)
    prefix = _prefix(shown_as)
    inside = access.is_under_root(folder)
    entries = _look_through(folder, access, shown_as, only_folders=only_folders)

    def read() -> Iterator[FileInfo]:
        while chunk := list(islice(entries, _LOOKED_UP)):
            known = find_ids([name for name, _ in chunk]) if find_ids else {}
            for name, status in chunk:
                yield _describe(name, prefix + name, status, inside, known.get(name))

    return read()


def list_columns(
    folder: str, access: Access, shown_as: str, find_sizes: FindSizes | None = None
) -> FileColumns:
    """As ``list_folder``, by column: a third of the bytes and half the time."""
    shown_as = paths.to_text(shown_as)
    entries = _look_through(folder, access, shown_as)
    dates, lengths, folders, widths, heights = array("d"), array("q"), array("I"), array("q"), array("q")

    def read() -> Iterator[str]:
        while chunk := list(islice(entries, _LOOKED_UP)):
            for at, (_, status) in enumerate(chunk, len(dates)):
                is_folder = stat.S_ISDIR(status.st_mode)
                if is_folder:
                    folders.append(at)
                dates.append(times.mtime_s(status))
                lengths.append(0 if is_folder else status.st_size)
            names = [name for name, _ in chunk]
            if find_sizes:
                known = find_sizes(names)
                widths.extend(known.get(name, (0, 0))[0] for name in names)
                heights.extend(known.get(name, (0, 0))[1] for name in names)
            yield from names

    return {
        "prefix": _prefix(shown_as),
        "name": read(),
        "date": iter(dates),
        "bytes": iter(lengths),
        "folders": iter(folders),
        "width": iter(widths) if find_sizes else None,
        "height": iter(heights) if find_sizes else None,
    }


def _prefix(shown_as: str) -> str:
    return shown_as if shown_as.endswith(os.sep) else shown_as + os.sep


Visible = Iterator[tuple[str, os.stat_result]]


def _look_through(folder: str, access: Access, shown_as: str, *, only_folders: bool = False) -> Visible:
    """Name, as text, and status of each entry that a client may see.

    The folder is opened at once, its entries are read as they are taken.
    """
    left_out = {
        paths.TRASH,
        os.path.basename(access.own) if os.path.dirname(access.own) == folder else paths.TRASH,
    }
    try:
        opened = os.scandir(folder)
    except FileNotFoundError as exc:
        raise NotFound(f"'{shown_as}' does not exist.") from exc
    except OSError as exc:
        raise _unreadable(shown_as, exc) from exc

    def read() -> Visible:
        with opened as entries:
            try:
                for entry in entries:
                    status = (
                        None
                        if entry.name in left_out
                        else _find_status(entry, access, only_folders=only_folders)
                    )
                    if status is not None:
                        yield paths.to_text(entry.name), status
            except OSError as exc:
                raise _unreadable(shown_as, exc) from exc

    return read()


def _unreadable(shown_as: str, exc: OSError) -> AccessDenied:
    return AccessDenied(f"'{shown_as}' cannot be read: {exc.strerror}.")


def _find_status(entry: os.DirEntry[str], access: Access, *, only_folders: bool) -> os.stat_result | None:
    try:
        if only_folders and not entry.is_dir():
            return None
        if entry.is_symlink() and not access.allows_link(entry.path):
            return None
        return entry.stat()
    except OSError:
        return None  # vanished, a broken link or a loop


def describe(
    path: str, access: Access, shown_as: str | None = None, file_id: int | None = None
) -> FileInfo | None:
    """One resolved path as an entry; None where nothing is there."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    shown = paths.to_text(shown_as or path)
    name = os.path.basename(shown) or shown
    return _describe(name, shown, status, access.is_under_root(path), file_id)


def _describe(
    name: str, fullpath: str, status: os.stat_result, inside: bool, file_id: int | None
) -> FileInfo:
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
        "id": file_id,
    }


def human_size(size_bytes: int) -> str:
    """``1258291`` -> ``"1.2 MB"``; steps of 1024."""
    size = float(size_bytes)
    for unit in ("B", "KB", "MB", "GB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} TB"
