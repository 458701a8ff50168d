"""Scan: lists the media files on the disk and compares them with the rows of the index.

Nothing here writes, and no file is opened.
"""

from __future__ import annotations

import contextlib
import errno
import heapq
import os
import stat
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from iib_core import companions, paths, reading, times
from iib_core.db.scan_rows import KnownFile
from iib_core.errors import Conflict
from iib_core.mediatypes import MEDIA_EXTENSIONS

# Folders that storage devices and systems keep for themselves. Names that start with a dot are
# excluded in any case, among them the trash.
_SYSTEM_FOLDERS = frozenset(
    {
        "@eadir",
        "#recycle",
        "@recycle",
        "$recycle.bin",
        "system volume information",
        "__macosx",
        "lost+found",
    }
)
# With a clock this coarse (FAT, some network shares) two versions of a file may have the same time.
_COARSE_NS = 10_000_000
_RACE_NS = 3_000_000_000
_WINDOWS_LINKS = frozenset({0xA000000C, 0xA0000003})  # symbolic links, junctions


class Entry(NamedTuple):
    """A media file as its folder lists it. ``name`` as on the disk."""

    name: str
    mtime_ns: int
    size_bytes: int


@dataclass(frozen=True)
class Folder:
    """A folder and its media files.

    ``unclear``: names of files whose status could not be read or that must not be read now, each
    with the reason. ``error``: why the folder could not be read; its entries are unknown then.
    """

    path: str
    entries: list[Entry] = field(default_factory=list)
    unclear: Mapping[str, str] = field(default_factory=dict)
    error: str = ""


@dataclass(frozen=True)
class Changes:
    """How one folder differs from its rows.

    ``added`` and ``changed`` are files to read; ``returned`` and ``gone`` are ids of rows to mark
    as present and as missing.
    """

    added: list[Entry] = field(default_factory=list)
    changed: list[Entry] = field(default_factory=list)
    returned: list[int] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)


def diff(
    known: Mapping[str, KnownFile],
    entries: Sequence[Entry],
    unclear: Collection[str] = (),
    *,
    reader: int = 1,
) -> Changes:
    """Compare the rows of a folder, by name as text, with the files in it.

    A file is unchanged if its time and size are. A file that was read within one tick of a coarse
    clock, or by another version than ``reader``, is read again. Names in ``unclear`` count as
    neither gone nor changed.
    """
    changes = Changes()
    matched = 0
    for entry in entries:
        name, mtime_ns, size_bytes = entry
        row = known.get(name if name.isascii() else paths.to_text(name))
        if row is None:
            changes.added.append(entry)
            continue
        matched += 1
        row_id, _, known_ns, known_bytes, is_missing, known_reader, indexed_ns = row
        is_racy = known_ns % _COARSE_NS == 0 and 0 <= indexed_ns - known_ns < _RACE_NS
        if known_ns != mtime_ns or known_bytes != size_bytes or known_reader != reader or is_racy:
            changes.changed.append(entry)
        elif is_missing:
            changes.returned.append(row_id)
    if matched < len(known):
        present = {paths.to_text(entry.name) for entry in entries} | set(
            map(paths.to_text, unclear)
        )
        gone = [row for name, row in known.items() if name not in present]
        changes.gone.extend(row.id for row in gone if not row.is_missing)
    return changes


def walk(
    roots: Iterable[str],
    may_follow: Callable[[str], bool],
    excluded: frozenset[str] = frozenset(),
    raise_if_cancelled: Callable[[], None] = lambda: None,
) -> Iterator[Folder]:
    """Every folder in and below ``roots`` (real paths), each once, the most recently changed first.

    ``may_follow(real path)``: whether links to it are followed. A link to a folder leads to that
    folder; a link to a media file is a file of the folder that it is in. ``excluded``: real paths that are
    skipped with everything below them. Folders that vanish meanwhile are skipped.
    ``raise_if_cancelled`` is called for every entry.
    """
    waiting: list[tuple[int, str]] = []
    seen: set[str] = set(excluded)

    def add(path: str) -> None:
        if path not in seen:
            seen.add(path)
            heapq.heappush(waiting, (-_mtime_ns(path), path))

    for root in roots:
        add(root)
    while waiting:
        _, path = heapq.heappop(waiting)
        try:
            folder, subfolders, links = _read_folder(path, raise_if_cancelled)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as exc:
            yield Folder(path, error=exc.strerror or str(exc))
            continue
        for subfolder in subfolders:
            add(subfolder)
        for link in links:
            # It is being replaced, or leads to a drive that is away: the next update looks again.
            with contextlib.suppress(Conflict, OSError):
                real = paths.real(link)
                if not may_follow(real):
                    continue
                if os.path.isdir(real):
                    add(real)
                elif entry := find_file(real, os.path.basename(link)):
                    folder.entries.append(entry)
        yield folder


def find_file(real: str, name: str) -> Entry | None:
    """The media file at a real path, under the name that it has in the library; None if it is none
    or does not exist. Raises OSError if its status cannot be read, or if reading it would download it.
    """
    if not is_media(name):
        return None
    try:
        status = os.lstat(real)
    except (FileNotFoundError, NotADirectoryError):
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    _require_here(status)
    return Entry(name, times.mtime_ns(status), status.st_size)


def is_excluded(name: str) -> bool:
    """Whether a file or folder of that name is excluded from the library: hidden, or a system
    folder.
    """
    return name.startswith(".") or name.lower() in _SYSTEM_FOLDERS


def is_media(name: str) -> bool:
    """Whether files of that name are indexed."""
    return (
        name[name.rfind(".") :].lower() in MEDIA_EXTENSIONS
        and not name.startswith(".")
        and not companions.is_preview(name)
    )


def _read_folder(
    path: str, raise_if_cancelled: Callable[[], None] = lambda: None
) -> tuple[Folder, list[str], list[str]]:
    """(the folder, paths of its subfolders, paths of links in it)."""
    entries: list[Entry] = []
    subfolders: list[str] = []
    links: list[str] = []
    unclear: dict[str, str] = {}
    with os.scandir(path) as listed:
        for entry in listed:
            raise_if_cancelled()
            name = entry.name
            if name[0] == ".":
                continue
            if is_media(name) and entry.is_file(follow_symlinks=False):
                try:
                    status = entry.stat(follow_symlinks=False)
                    _require_here(status)
                except FileNotFoundError:
                    continue
                except OSError as exc:
                    unclear[name] = exc.strerror or str(exc)
                    continue
                entries.append(Entry(name, times.mtime_ns(status), status.st_size))
            elif _is_link(entry):
                links.append(entry.path)
            elif entry.is_dir(follow_symlinks=False) and name.lower() not in _SYSTEM_FOLDERS:
                subfolders.append(entry.path)
    return Folder(path, entries, unclear), subfolders, links


def _require_here(status: os.stat_result) -> None:
    """Raise OSError for a file that would be downloaded if it was read."""
    if reading.is_online_only(status):
        raise OSError(errno.EAGAIN, reading.ONLINE_ONLY)


def _is_link(entry: os.DirEntry[str]) -> bool:
    if os.name != "nt":
        return entry.is_symlink()
    # Includes junctions and mounted volumes, which Python before 3.12 reports as folders. Excludes
    # other reparse points, such as files that are stored in a cloud.
    return getattr(entry.stat(follow_symlinks=False), "st_reparse_tag", 0) in _WINDOWS_LINKS


def _mtime_ns(folder: str) -> int:
    try:
        return times.mtime_ns(os.stat(folder))
    except OSError:
        return 0
