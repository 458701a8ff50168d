"""What an update has to do: folders are compared with their rows one at a time, so that a million
files need no memory to speak of.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from iib_core import paths, times
from iib_core.access import Access, Root
from iib_core.db import folders, known
from iib_core.db.engine import Database
from iib_core.index import reader, scan
from iib_core.index.scan import Changes, Entry, Folder

# So many files of a folder are read before those of another may have their turn: after a new version of the
# reader all files are read again,
# and the newest of the library come first.
READS_MAX = 500


@dataclass(frozen=True)
class Reads:
    """Some files of one folder that are to be read, newest first. ``newest_ns`` orders them among those of
    other folders.
    """

    newest_ns: int
    folder: str
    added: list[str]
    changed: list[str]

    def __len__(self) -> int:
        return len(self.added) + len(self.changed)


@dataclass
class Plan:
    """``reads`` and the ids whose mark is wrong.

    ``same`` counts files that are as they were, ``errors`` holds paths with a reason.

    ``is_first``: the index is empty.
    """

    reads: list[Reads] = field(default_factory=list)
    returned: list[int] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    same: int = 0
    errors: list[tuple[str, str]] = field(default_factory=list)
    is_first: bool = False

    def take(self, folder: str, changes: Changes, found: int) -> None:
        """Add the changes of one folder with so many files."""
        self.returned += changes.returned
        self.gone += changes.gone
        self.same += found - len(changes.added) - len(changes.changed)
        entries = sorted(
            (
                (entry, is_new)
                for is_new, some in ((True, changes.added), (False, changes.changed))
                for entry in some
            ),
            key=_age,
        )
        for start in range(0, len(entries), READS_MAX):
            piece = entries[start : start + READS_MAX]
            added, changed = (
                [entry.name for entry, is_new in piece if is_new == wanted] for wanted in (True, False)
            )
            self.reads.append(Reads(piece[0][0].mtime_ns, folder, added, changed))


class Library:
    """The folders that are indexed: which of them are there, and which known ones are not."""

    def __init__(self, access: Access, data_dir: str) -> None:
        self._access = access
        self.leave_out = frozenset({paths.real(data_dir)})

    @property
    def roots(self) -> tuple[str, ...]:
        """Real paths of all indexed roots."""
        return tuple(root.real for root in self._indexed())

    @property
    def online(self) -> tuple[str, ...]:
        """Those that can be reached."""
        return tuple(root.real for root in self._indexed() if root.online)

    def walk(self, tops: Iterable[str], check: Callable[[], None]) -> Iterator[Folder]:
        """Every folder below ``tops``.

        Links are followed as far as a client may go. ``check`` may raise to end the walk.
        """
        return scan.walk(tops, self._access.allows, self.leave_out, check)

    def holds(self, path: str) -> bool:
        """Whether a real path is of the library by its place and its name."""
        tops = [root for root in self.roots if paths.is_under(path, root)]
        if not tops or self._access.is_own(path):
            return False
        below = os.path.relpath(path, max(tops, key=len)).split(os.sep)
        return below == [os.curdir] or not any(map(scan.is_left_out, below))

    def is_unplugged(self, path: str) -> bool:
        """Whether a path lies in a root that cannot be reached."""
        real = paths.from_text(path)
        return any(paths.is_under(real, root.real) and not root.online for root in self._indexed())

    def meet_roots(self) -> list[tuple[str, str]]:
        """Take roots whose drive has come back as they are called now, see ``Access.meet_roots``."""
        return self._access.meet_roots()

    def note_mounts(self) -> None:
        """Keep where drives are mounted, to tell one that is away from a folder that was emptied."""
        self._access.note_mounts()

    def _indexed(self) -> list[Root]:
        return [root for root in self._access.roots if root.kind != "walk"]

    def has_lost(self, folder: str) -> bool:
        """Whether a known folder that no walk met is gone: one of the library is, one elsewhere
        while it cannot be seen.
        """
        real = paths.from_text(folder)
        if not paths.is_absolute(real):
            return False  # the trash keeps its rows under names that are no folders
        return any(paths.is_under(real, root) for root in self.roots) or not os.path.isdir(real)


def make(
    db: Database,
    library: Library,
    tops: Iterable[str] | None,
    *,
    full: bool,
    check: Callable[[], None],
    tell: Callable[[int], None],
) -> Plan:
    """Compare the disk below ``tops`` with the index, everything where it is None.

    ``full``: read every file again.

    ``check`` may raise to end it; ``tell`` hears of the files met.
    """
    scope = None if tops is None else tuple(tops)
    with db.read() as conn:
        prefixes = (
            [folders.load_prefixes(conn, paths.to_text(top)) for top in scope]
            if scope is not None
            else [folders.load_prefixes(conn)]
        )
    unseen = {_without_end(prefix): folder_id for found in prefixes for folder_id, prefix in found.items()}
    plan, blocked = Plan(is_first=scope is None and not unseen), list[str]()
    for folder in library.walk(library.online if scope is None else scope, check):
        text = paths.to_text(folder.path)
        if folder.error:
            plan.errors.append((folder.path, folder.error))
            blocked.append(text)
            continue
        folder_id = unseen.pop(text, None)
        plan.take(folder.path, _compare(db, folder, folder_id, full), len(folder.entries))
        plan.errors += [(os.path.join(folder.path, name), "cannot be looked at") for name in folder.unclear]
        tell(len(folder.entries))
    lost = []
    for text, number in unseen.items():
        check()
        if not any(paths.is_under(text, top) for top in blocked) and library.has_lost(text):
            lost.append(number)
    if lost:
        with db.read() as conn:
            plan.gone += known.load_present_ids(conn, lost)
    plan.reads.sort(key=lambda reads: reads.newest_ns, reverse=True)
    return plan


def make_for_files(db: Database, files: Iterable[str], *, forced: frozenset[str] = frozenset()) -> Plan:
    """Compare single files with the index, as a watcher needs it.

    ``forced`` ones are read even if they are as they were.
    """
    plan = Plan()
    by_folder: dict[str, list[str]] = {}
    for path in files:
        by_folder.setdefault(os.path.dirname(path), []).append(os.path.basename(path))
    for folder, names in by_folder.items():
        with db.read() as conn:
            rows = known.load_files(conn, [paths.to_text(os.path.join(folder, name)) for name in names])
        entries, unclear = _look_at(folder, names)
        plan.errors += [(os.path.join(folder, name), reason) for name, reason in unclear.items()]
        changes = scan.diff(
            {row.name: row for row in rows.values()}, entries, frozenset(unclear), reader=reader.VERSION
        )
        again = {entry.name for entry in (*changes.added, *changes.changed)}
        changes.changed.extend(
            entry
            for entry in entries
            if entry.name not in again and os.path.join(folder, entry.name) in forced
        )
        plan.take(folder, changes, len(entries))
    return plan


def _compare(db: Database, folder: Folder, folder_id: int | None, full: bool) -> Changes:
    if folder_id is None:
        return Changes(added=folder.entries)
    with db.read() as conn:
        rows = known.load_folder(conn, folder_id)
    changes = scan.diff(rows, folder.entries, folder.unclear, reader=reader.VERSION)
    if full:
        new = set(changes.added)
        return Changes(
            changes.added, [entry for entry in folder.entries if entry not in new], [], changes.gone
        )
    return changes


def _look_at(folder: str, names: Iterable[str]) -> tuple[list[Entry], dict[str, str]]:
    """The files among these, and why others could not be looked at, by name."""
    entries: list[Entry] = []
    unclear: dict[str, str] = {}
    for name in names:
        try:
            status = os.lstat(os.path.join(folder, name))
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as exc:
            unclear[name] = exc.strerror or str(exc)
            continue
        if stat.S_ISREG(status.st_mode):
            entries.append(Entry(name, times.mtime_ns(status), status.st_size))
    return entries, unclear


def _age(item: tuple[Entry, bool]) -> int:
    return -item[0].mtime_ns


def _without_end(prefix: str) -> str:
    return (
        prefix[:-1]
        if len(prefix) > 1 and prefix.endswith(os.sep) and os.path.dirname(prefix) != prefix
        else prefix
    )
