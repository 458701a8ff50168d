"""What is on the disk, and how that differs from what is known. Nothing here writes, and no file is opened."""

from __future__ import annotations

import contextlib
import heapq
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from iib_core import companions, paths, times
from iib_core.db.scan_rows import KnownFile
from iib_core.errors import Conflict
from iib_core.mediatypes import MEDIA_EXTENSIONS

# Folders that storage devices and systems keep for themselves; names that start with a dot are left
# out in any case, our trash among them.
_NOT_OURS = frozenset(
    {"@eadir", "#recycle", "@recycle", "$recycle.bin", "system volume information", "__macosx", "lost+found"}
)
# A clock that ticks this slowly (FAT, some network shares) gives two versions of a file the same time.
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
    """A folder that was looked at.

    Where ``error`` is set nothing is known of what it holds; ``unclear`` are names that could not
    be looked at.
    """

    path: str
    entries: list[Entry] = field(default_factory=list)
    unclear: frozenset[str] = frozenset()
    error: str = ""


@dataclass(frozen=True)
class Changes:
    """How one folder differs from its rows.

    ``added`` and ``changed`` are to be read; ``returned`` and ``gone`` are ids whose mark is wrong.
    """

    added: list[Entry] = field(default_factory=list)
    changed: list[Entry] = field(default_factory=list)
    returned: list[int] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)


def diff(
    known: Mapping[str, KnownFile],
    entries: Sequence[Entry],
    unclear: frozenset[str] = frozenset(),
    *,
    reader: int = 1,
) -> Changes:
    """Compare the rows of a folder, by name as text, with the files in it.

    A file is the same while its time and size are. One that was read within the tick of a coarse
    clock, or by another version than ``reader``, is read again. What is ``unclear`` is neither gone
    nor changed.
    """
    changes = Changes()
    met = 0
    for entry in entries:
        name, mtime_ns, size_bytes = entry
        row = known.get(name if name.isascii() else paths.to_text(name))
        if row is None:
            changes.added.append(entry)
            continue
        met += 1
        row_id, _, known_ns, known_bytes, is_missing, known_reader, indexed_ns = row
        is_racy = known_ns % _COARSE_NS == 0 and 0 <= indexed_ns - known_ns < _RACE_NS
        if known_ns != mtime_ns or known_bytes != size_bytes or known_reader != reader or is_racy:
            changes.changed.append(entry)
        elif is_missing:
            changes.returned.append(row_id)
    if met < len(known):
        there = {paths.to_text(entry.name) for entry in entries} | set(map(paths.to_text, unclear))
        changes.gone.extend(row.id for name, row in known.items() if name not in there and not row.is_missing)
    return changes


def walk(
    roots: Iterable[str],
    may_follow: Callable[[str], bool],
    leave_out: frozenset[str] = frozenset(),
    check: Callable[[], None] = lambda: None,
) -> Iterator[Folder]:
    """Every folder below real paths ``roots``, each once, the one changed last first.

    ``may_follow`` tells whether a link may lead to a real path; ``leave_out`` are real paths that
    are skipped with all they hold. A folder that vanishes meanwhile is left out. ``check`` is
    called for every entry and may raise to end the walk.
    """
    waiting: list[tuple[int, str]] = []
    met: set[str] = set(leave_out)

    def meet(path: str) -> None:
        if path not in met:
            met.add(path)
            heapq.heappush(waiting, (-_mtime_ns(path), path))

    for root in roots:
        meet(root)
    while waiting:
        _, path = heapq.heappop(waiting)
        try:
            folder, subfolders, links = _look(path, check)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as exc:
            yield Folder(path, error=exc.strerror or str(exc))
            continue
        for subfolder in subfolders:
            meet(subfolder)
        for link in links:
            with contextlib.suppress(Conflict):  # it is being replaced: the next update sees what by
                real = paths.real(link)
                if os.path.isdir(real) and may_follow(real):
                    meet(real)
        yield folder


def look(path: str) -> Folder | None:
    """One folder alone; None where it is not there."""
    try:
        return _look(path)[0]
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as exc:
        return Folder(path, error=exc.strerror or str(exc))


def is_left_out(name: str) -> bool:
    """Whether a file or folder of that name is none of the library's."""
    return name.startswith(".") or name.lower() in _NOT_OURS


def is_media(name: str) -> bool:
    """Whether the index holds files of that name."""
    return (
        name[name.rfind(".") :].lower() in MEDIA_EXTENSIONS
        and not name.startswith(".")
        and not companions.is_preview(name)
    )


def _look(path: str, check: Callable[[], None] = lambda: None) -> tuple[Folder, list[str], list[str]]:
    """The folder, its subfolders and the links in it that are no media files."""
    entries: list[Entry] = []
    subfolders: list[str] = []
    links: list[str] = []
    unclear: set[str] = set()
    with os.scandir(path) as listed:
        for entry in listed:
            check()
            name = entry.name
            if name[0] == ".":
                continue
            # What is a link is no file here: the file that it leads to is found where it lies, and
            # two names would make two rows of it.
            if is_media(name) and entry.is_file(follow_symlinks=False):
                try:
                    status = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                except OSError:
                    unclear.add(name)
                    continue
                entries.append(Entry(name, times.mtime_ns(status), status.st_size))
            elif _is_link(entry):
                links.append(entry.path)
            elif entry.is_dir(follow_symlinks=False) and name.lower() not in _NOT_OURS:
                subfolders.append(entry.path)
    return Folder(path, entries, frozenset(unclear)), subfolders, links


def _is_link(entry: os.DirEntry[str]) -> bool:
    if os.name != "nt":
        return entry.is_symlink()
    # Junctions and mounted volumes too, which Python tells from folders only since 3.12; files that
    # a cloud holds are marked in a like way.
    return getattr(entry.stat(follow_symlinks=False), "st_reparse_tag", 0) in _WINDOWS_LINKS


def _mtime_ns(folder: str) -> int:
    try:
        return times.mtime_ns(os.stat(folder))
    except OSError:
        return 0
