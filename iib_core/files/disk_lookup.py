"""Survey: looks at the disk for a plan. Nothing here changes anything."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from iib_core import companions, paths
from iib_core.access import Access
from iib_core.errors import AccessDenied, IIBError, InvalidRequest, NotFound
from iib_core.files import names
from iib_core.files.disk import Disk, Entry, explain, is_same_place
from iib_core.files.plan import Bundle, Failure
from iib_core.paths import TRASH, to_text

# Up to here names are asked for one by one; above, listing the whole folder once is cheaper.
_FEW = 16


class EntryFinder:
    """Turns paths of clients into entries: the folder resolved, the entry itself not followed,
    because it is the entry that is moved or deleted.
    """

    def __init__(self, access: Access) -> None:
        self._access = access
        self._parents: dict[str, tuple[str, bool]] = {}

    def find(self, raw: str) -> str:
        """The path of the entry.

        Raises InvalidRequest for what is no path, AccessDenied where it is outside of the roots.

        Where a link leads to is looked at by ``get_entry``, which looks at the entry anyway.
        """
        path = self._access.check(raw)
        folder, name = os.path.split(path)
        if folder not in self._parents:
            real = paths.real(folder)
            self._parents[folder] = (real, self._access.allows(real))
        parent, allowed = self._parents[folder]
        entry = path if parent == folder else os.path.join(parent, name)
        if not (allowed or self._access.allows(entry)) or self._access.is_own(entry):
            self._access.resolve(raw)  # for its own words; a link from outside into a root gets past it
            raise AccessDenied(
                "This path is outside the library's folders: add its folder to the library to use it."
            )
        require_outside_trash(entry)
        return entry


def require_outside_trash(path: str) -> None:
    """Raise InvalidRequest for what lies in the trash, which only undoing and emptying may change."""
    if paths.is_in_trash(path):
        raise InvalidRequest(f"'{to_text(path)}' is in the trash: undo the operation that put it there.")


def require_no_root(access: Access, entries: Iterable[Entry]) -> None:
    """Raise InvalidRequest for a folder of the library itself, and for a folder that holds one."""
    for entry in entries:
        if entry.is_folder and any(
            paths.is_under(root.real, entry.path) or paths.is_under(root.path, entry.path)
            for root in access.roots
        ):
            raise InvalidRequest(
                f"'{to_text(entry.path)}' is, or holds, a folder of the library: take it out of the "
                "library first."
            )
        if entry.is_folder and access.holds_own(entry.path):
            raise InvalidRequest(
                f"'{to_text(entry.path)}' holds the program's own data folder: choose another place for "
                "that with --data-dir first."
            )


def look_up(disk: Disk, access: Access, asked: Iterable[str], problems: list[Failure]) -> list[Entry]:
    """The entries at ``asked``; what is missing or no file, folder or link is told in ``problems``.

    AccessDenied for one link to outside refuses all.
    """
    found: list[Entry] = []
    for path in asked:
        try:
            entry = get_entry(disk, access, path)
        except IIBError as exc:
            if isinstance(exc, AccessDenied) and os.path.islink(path):
                raise
            problems.append(Failure(path, exc))
            continue
        found.append(entry)
    return found


def get_entry(disk: Disk, access: Access, path: str) -> Entry:
    """The entry at ``path``.

    NotFound where nothing is there, InvalidRequest for a device or a pipe, AccessDenied for a link
    to outside of the roots.
    """
    try:
        entry = disk.find(path)
    except OSError as exc:
        raise explain(exc, path) from exc
    if entry is None:
        raise NotFound(f"'{to_text(path)}' does not exist.")
    if entry.is_link:
        access.resolve(path)
    elif not (entry.is_file or entry.is_folder):
        raise InvalidRequest(f"'{to_text(path)}' is neither a file nor a folder.")
    return entry


class Listings:
    """What stands in folders, looked at once: for requests whose files go from few folders to many."""

    def __init__(self) -> None:
        self._stems: dict[str, dict[str, list[str]]] = {}

    def near(self, folder: str, asked: Iterable[str]) -> list[str]:
        """The names in a folder that share a stem with one of ``asked``; none where the folder
        holds no sidecar at all.
        """
        stems = self._stems.get(folder)
        if stems is None:
            stems = self._stems[folder] = _list_stems(folder)
        if not stems:
            return []
        wanted = {base for name in asked for base in (name, os.path.splitext(name)[0])}
        return [name for base in wanted for name in stems.get(base, ())]


def _list_stems(folder: str) -> dict[str, list[str]]:
    try:
        present = os.listdir(folder)
    except OSError:
        return {}  # what is asked for then fails by itself
    stems: dict[str, list[str]] = defaultdict(list)
    if any(map(names.is_sidecar, present)):
        for name in present:
            stems[names.stem(name)].append(name)
    return stems


def bundle(
    disk: Disk, entries: Iterable[Entry], dest: str, *, is_leaving: bool, listings: Listings | None = None
) -> Iterator[Bundle]:
    """The entries with their sidecars, in bundles that go to the folder ``dest`` together."""
    # One at a time: ten thousand that live together cost Python's garbage collector more than the
    # renames cost the disk.
    by_folder: dict[str, dict[str, Entry]] = defaultdict(dict)
    for entry in entries:
        folder, name = os.path.split(entry.path)
        by_folder[folder][name] = entry
    for folder, found in by_folder.items():
        yield from _bundle_folder(disk, folder, found, dest, is_leaving=is_leaving, listings=listings)


def _bundle_folder(
    disk: Disk,
    folder: str,
    found: dict[str, Entry],
    dest: str,
    *,
    is_leaving: bool,
    listings: Listings | None,
) -> Iterator[Bundle]:
    files = []
    for name, entry in found.items():
        if entry.is_folder:
            yield Bundle((entry,), (name,), dest, frozenset((entry.path,)))
        else:
            files.append(name)
    sidecars = find_sidecars(folder, files, is_leaving=is_leaving, listings=listings)
    for group in names.group_by_stem(files, sidecars):
        if len(group) == 1:
            entry = found[group[0]]
            yield Bundle((entry,), group, dest, frozenset((entry.path,)))
            continue
        there = [(name, found.get(name) or disk.find(os.path.join(folder, name))) for name in group]
        entries = {name: entry for name, entry in there if entry is not None}
        yield Bundle(
            list(entries.values()),
            list(entries),
            dest,
            frozenset(entry.path for name, entry in entries.items() if name in found),
        )


def find_sidecars(
    folder: str, asked: Sequence[str], *, is_leaving: bool, listings: Listings | None = None
) -> dict[str, list[str]]:
    """Sidecars of files of one folder, see ``names.find_sidecars``."""
    if listings is not None:
        return names.find_sidecars(asked, listings.near(folder, asked), is_leaving=is_leaving)
    if len(asked) <= _FEW and not any(
        os.path.lexists(os.path.join(folder, base + ending))
        for base in _bases(asked)
        for ending in _SPELLINGS
    ):
        return {}
    try:
        present = os.listdir(folder)
    except OSError:
        return {}  # what is asked for then fails by itself
    return names.find_sidecars(asked, present, is_leaving=is_leaving)


# Programs write them in lower case, people the plain ones also in upper case.
_SPELLINGS = [*companions.ENDINGS, *(ending.upper() for ending in companions.TEXTS if ending.count(".") == 1)]


def _bases(asked: Iterable[str]) -> Iterator[str]:
    for name in asked:
        yield name
        yield os.path.splitext(name)[0]


def walk(disk: Disk, access: Access, folder: str) -> Iterator[Entry]:
    """Everything below a folder, a folder before what it holds; links are not followed.

    The trash and the program's own data are left out.

    Raises IIBError where a folder cannot be read.
    """
    waiting = [folder]
    while waiting:
        current = waiting.pop()
        try:
            listed = sorted(name for name in os.listdir(current) if name != TRASH)
        except OSError as exc:
            raise explain(exc, current) from exc
        for name in listed:
            entry = disk.find(os.path.join(current, name))
            if entry is None or (entry.is_folder and access.is_own(entry.path)):
                continue
            yield entry
            if entry.is_folder:
                waiting.append(entry.path)


@dataclass
class _Folder:
    """What is known of one folder: whether it ignores case, and the names that are taken, on the
    disk (None: to be asked for one by one) and by a plan.
    """

    folds: bool
    listed: set[str] | None
    claimed: set[str] = field(default_factory=set)

    def key(self, name: str) -> str:
        return name.casefold() if self.folds else name


class TakenPlaces:
    """Which names are taken, on the disk and by a plan.

    ``busy``: whether many names of one folder will be asked for.
    """

    def __init__(self, *, busy: bool = False) -> None:
        self._busy = busy
        self._folders: dict[str, _Folder] = {}

    def is_taken(self, path: str, mover: str) -> bool:
        """Whether ``mover`` cannot get the name ``path``; an entry never stands in the way of
        itself under another spelling.
        """
        folder, key = self._find(path)
        if key in folder.claimed:
            return True
        there = os.path.lexists(path) if folder.listed is None else key in folder.listed
        return there and not is_same_place(mover, path)

    def claim(self, path: str) -> None:
        """Take a name for this plan."""
        folder, key = self._find(path)
        folder.claimed.add(key)

    def _find(self, path: str) -> tuple[_Folder, str]:
        """The folder, and the name as it is compared there."""
        top, name = os.path.split(path)
        folder = self._folders.get(top)
        if folder is None:
            folder = self._folders[top] = self._look_at(top)
        return folder, name.casefold() if folder.folds else name

    def _look_at(self, path: str) -> _Folder:
        folder = _Folder(ignores_case(path), None)
        if self._busy:
            try:
                folder.listed = {folder.key(name) for name in os.listdir(path)}
            except FileNotFoundError:
                folder.listed = set()
        return folder


def ignores_case(folder: str) -> bool:
    """Whether the file system takes ``A`` and ``a`` for one name, asked of the folder itself or the
    nearest one above that has a letter in its name.
    """
    while True:
        head, name = os.path.split(folder)
        other = os.path.join(head, name.swapcase())
        if other != folder and os.path.exists(folder):
            try:
                return os.path.samestat(os.stat(folder), os.stat(other))
            except OSError:
                return False
        if head == folder:
            return os.name == "nt"
        folder = head


def nearest_folder(path: str) -> str:
    """The folder at ``path`` or the nearest one above that exists."""
    while not os.path.isdir(path) and os.path.dirname(path) != path:
        path = os.path.dirname(path)
    return path


def trash_top(disk: Disk, folder: str, access: Access) -> str:
    """The folder whose trash takes what is deleted from ``folder``: the topmost one of its root on
    the same disk, or itself outside of every root.
    """
    root = next((root.real for root in access.roots if paths.is_under(folder, root.real)), folder)
    top = nearest_folder(folder)  # it may be gone by now, or its whole root be away
    if not paths.is_under(top, root):
        return root
    device = disk.device_of(top)
    # Not "!=": Windows takes names that differ in case for one.
    while (
        not paths.is_under(root, top)
        and os.path.dirname(top) != top
        and disk.device_of(os.path.dirname(top)) == device
    ):
        top = os.path.dirname(top)
    return top
