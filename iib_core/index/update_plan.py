"""Update plan: which files an update has to read and which rows it has to mark.

Folders are compared with their rows one at a time, so that memory does not grow with the library.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from iib_core import paths
from iib_core.access import Access, Root
from iib_core.db import folders, scan_rows
from iib_core.db.engine import Database
from iib_core.index import reader, scan
from iib_core.index.scan import Changes, Entry, Folder

# A folder with more files than this is read in several pieces. After a new version of the reader
# all files are read again, and this lets the newest files of the whole library come first.
READS_MAX = 500


@dataclass(frozen=True)
class Reads:
    """Some files of one folder to read, newest first. ``newest_ns``: mtime of the newest, which
    orders them among the reads of other folders.
    """

    newest_ns: int
    folder: str
    added: list[str]
    changed: list[str]

    def __len__(self) -> int:
        return len(self.added) + len(self.changed)


@dataclass
class Plan:
    """What an update will do.

    ``returned``, ``gone``: ids of rows to mark as present, as missing. ``same``: the number of
    unchanged files. ``errors``: (path, reason). ``is_first``: the index is empty.
    """

    reads: list[Reads] = field(default_factory=list)
    returned: list[int] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    same: int = 0
    errors: list[tuple[str, str]] = field(default_factory=list)
    is_first: bool = False

    def add_changes(self, folder: str, changes: Changes, file_count: int) -> None:
        """Add the changes of one folder that holds ``file_count`` files."""
        self.returned += changes.returned
        self.gone += changes.gone
        self.same += file_count - len(changes.added) - len(changes.changed)
        entries = [(entry, True) for entry in changes.added]
        entries += [(entry, False) for entry in changes.changed]
        entries.sort(key=_age)
        for start in range(0, len(entries), READS_MAX):
            piece = entries[start : start + READS_MAX]
            added = [entry.name for entry, is_new in piece if is_new]
            changed = [entry.name for entry, is_new in piece if not is_new]
            self.reads.append(Reads(piece[0][0].mtime_ns, folder, added, changed))


class Library:
    """The roots that are indexed: which are online, and whether a path belongs to them.

    ``is_shared``: other servers may index roots that this one does not have.
    """

    def __init__(self, access: Access, data_dir: str, *, is_shared: bool = False) -> None:
        self._access = access
        self._is_shared = is_shared
        self._excluded = frozenset({paths.real(data_dir)})

    @property
    def roots(self) -> tuple[str, ...]:
        """Real paths of all indexed roots."""
        return tuple(root.real for root in self._indexed())

    @property
    def online(self) -> tuple[str, ...]:
        """Real paths of the indexed roots that are online."""
        return tuple(root.real for root in self._indexed() if root.online)

    def walk(self, tops: Iterable[str], raise_if_cancelled: Callable[[], None]) -> Iterator[Folder]:
        """Every folder in and below ``tops``. Links are followed if the client has access to their
        target.
        """
        return scan.walk(tops, self._access.allows, self._excluded, raise_if_cancelled)

    def follow(self, link: str) -> str | None:
        """The real path that a link in the library leads to; None if it may not be followed."""
        return self._access.follow(link)

    def find_entry(self, path: str) -> Entry | None:
        """The media file at a path of the library, also through a link that may be followed; None
        if there is none. Raises OSError if its status cannot be read.
        """
        real = self.follow(path) if os.path.islink(path) else path
        return scan.find_file(real, os.path.basename(path)) if real is not None else None

    def has_file(self, path: str) -> bool:
        """Whether there is, or may be, a media file at a path of the library."""
        if paths.is_elsewhere(path):
            return True
        try:
            return self.find_entry(path) is not None
        except OSError:
            return True

    def holds(self, path: str) -> bool:
        """Whether a real path lies below an indexed root and is not excluded by a name in it."""
        tops = [root for root in self.roots if paths.is_under(path, root)]
        if not tops or self._access.is_own(path):
            return False
        names = os.path.relpath(path, max(tops, key=len)).split(os.sep)
        return names == [os.curdir] or not any(map(scan.is_excluded, names))

    def is_unplugged(self, path: str) -> bool:
        """Whether a path, as text, lies in a root that is offline, or in one that only another server
        may have.
        """
        real = paths.from_text(path)
        holding = [root for root in self._indexed() if paths.is_under(real, root.real)]
        if not holding:
            return self._is_shared or paths.is_elsewhere(real)
        return any(not root.online for root in holding)

    def meet_roots(self) -> list[tuple[str, str]]:
        """Update the real paths of roots whose drive came back, see ``Access.meet_roots``."""
        return self._access.meet_roots()

    def note_mounts(self) -> None:
        """Store where drives are mounted, to distinguish an offline drive from an emptied folder."""
        self._access.note_mounts()

    def _indexed(self) -> list[Root]:
        return [root for root in self._access.roots if root.kind != "walk"]

    def is_gone(self, folder: str) -> bool:
        """Whether a known folder, as text, that no walk found is gone.

        Below a root it is; outside of every root it is gone if it does not exist, unless another
        server may see it.
        """
        real = paths.from_text(folder)
        if not paths.is_absolute(real):
            return False  # rows of files in the trash, or elsewhere, have paths that are no folders
        if any(paths.is_under(real, root) for root in self.roots):
            return True
        return not self._is_shared and not os.path.isdir(real)


def make(
    db: Database,
    library: Library,
    tops: Iterable[str] | None,
    *,
    full: bool,
    raise_if_cancelled: Callable[[], None],
    on_files: Callable[[int], None],
) -> Plan:
    """Compare the disk below ``tops`` (None: the whole library) with the index.

    ``full``: read every file again. ``on_files(count)`` is called for each folder with the number
    of its files.
    """
    scope = None if tops is None else tuple(tops)
    unseen = _load_folder_ids(db, scope)
    plan = Plan(is_first=scope is None and not unseen)
    unreadable: list[str] = []
    for folder in library.walk(library.online if scope is None else scope, raise_if_cancelled):
        text: str = paths.to_text(folder.path)
        if folder.error:
            plan.errors.append((folder.path, folder.error))
            unreadable.append(text)
            continue
        folder_id = unseen.pop(text, None)
        plan.add_changes(folder.path, _compare(db, folder, folder_id, full), len(folder.entries))
        plan.errors += [
            (os.path.join(folder.path, name), reason) for name, reason in folder.unclear.items()
        ]
        on_files(len(folder.entries))
    gone: list[int] = []
    for text, folder_id in unseen.items():
        raise_if_cancelled()
        if not any(paths.is_under(text, top) for top in unreadable) and library.is_gone(text):
            gone.append(folder_id)
    if gone:
        with db.read() as conn:
            plan.gone += scan_rows.load_present_ids(conn, gone)
    plan.reads.sort(key=lambda reads: reads.newest_ns, reverse=True)
    return plan


def _load_folder_ids(db: Database, tops: Iterable[str] | None) -> dict[str, int]:
    """The ids of the indexed folders below ``tops`` (None: all), by path as text."""
    with db.read() as conn:
        if tops is None:
            loaded = [folders.load_prefixes(conn)]
        else:
            loaded = [folders.load_prefixes(conn, paths.to_text(top)) for top in tops]
    return {
        _without_separator(prefix): folder_id
        for prefixes in loaded
        for folder_id, prefix in prefixes.items()
    }


def make_for_files(
    db: Database, library: Library, files: Iterable[str], *, forced: frozenset[str] = frozenset()
) -> Plan:
    """Compare single files with the index. Those in ``forced`` are read even if they are unchanged."""
    plan = Plan()
    by_folder: dict[str, list[str]] = {}
    for path in files:
        by_folder.setdefault(os.path.dirname(path), []).append(os.path.basename(path))
    for folder, names in by_folder.items():
        with db.read() as conn:
            rows = scan_rows.load_files(
                conn, [paths.to_text(os.path.join(folder, name)) for name in names]
            )
        entries, unclear = _find_entries(library, folder, names)
        plan.errors += [(os.path.join(folder, name), reason) for name, reason in unclear.items()]
        changes = scan.diff(
            {row.name: row for row in rows.values()},
            entries,
            unclear,
            reader=reader.VERSION,
        )
        planned = {entry.name for entry in (*changes.added, *changes.changed)}
        changes.changed.extend(
            entry
            for entry in entries
            if entry.name not in planned and os.path.join(folder, entry.name) in forced
        )
        plan.add_changes(folder, changes, len(entries))
    return plan


def _compare(db: Database, folder: Folder, folder_id: int | None, full: bool) -> Changes:
    if folder_id is None:
        return Changes(added=folder.entries)
    with db.read() as conn:
        rows = scan_rows.load_folder(conn, folder_id)
    changes = scan.diff(rows, folder.entries, folder.unclear, reader=reader.VERSION)
    if not full:
        return changes
    new = set(changes.added)
    others = [entry for entry in folder.entries if entry not in new]
    return Changes(changes.added, others, [], changes.gone)


def _find_entries(
    library: Library, folder: str, names: Iterable[str]
) -> tuple[list[Entry], dict[str, str]]:
    """(existing files, reasons by name of those whose status could not be read)."""
    entries: list[Entry] = []
    unclear: dict[str, str] = {}
    for name in names:
        try:
            entry = library.find_entry(os.path.join(folder, name))
        except OSError as exc:
            unclear[name] = exc.strerror or str(exc)
            continue
        if entry is not None:
            entries.append(entry)
    return entries, unclear


def _age(item: tuple[Entry, bool]) -> int:
    return -item[0].mtime_ns


def _without_separator(prefix: str) -> str:
    is_root = len(prefix) <= 1 or os.path.dirname(prefix) == prefix
    return prefix[:-1] if prefix.endswith(os.sep) and not is_root else prefix
