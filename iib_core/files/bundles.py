"""Bundles: the files that move together, a picture with its companions."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from iib_core import companions
from iib_core.files import names
from iib_core.files.disk import Disk, Entry
from iib_core.files.plan import Bundle

# Up to this many files are looked up one by one; for more, listing the folder once is cheaper.
_FEW = 16


class FolderListings:
    """Caches the names in folders, for requests that move files from few folders to many."""

    def __init__(self) -> None:
        self._stems: dict[str, dict[str, list[str]]] = {}

    def near(self, folder: str, asked: Iterable[str]) -> list[str]:
        """The names in a folder that share a stem with one of ``asked``. Empty if the folder holds
        no companion at all.
        """
        stems = self._stems.get(folder)
        if stems is None:
            stems = self._stems[folder] = _list_stems(folder)
        if not stems:
            return []
        bases = {base for name in asked for base in (name, os.path.splitext(name)[0])}
        return [name for base in bases for name in stems.get(base, ())]

    def remove(self, path: str) -> None:
        """Leave a file out from now on: it is about to move away."""
        folder, name = os.path.split(path)
        same_stem = self._stems.get(folder, {}).get(names.stem(name), [])
        if name in same_stem:
            same_stem.remove(name)


def _list_stems(folder: str) -> dict[str, list[str]]:
    try:
        present = os.listdir(folder)
    except OSError:
        return {}  # the files of this folder then fail one by one
    stems: dict[str, list[str]] = defaultdict(list)
    if any(map(names.is_companion, present)):
        for name in present:
            stems[names.stem(name)].append(name)
    return stems


def bundle(
    disk: Disk,
    entries: Iterable[Entry],
    dest: str,
    *,
    is_leaving: bool,
    listings: FolderListings | None = None,
) -> Iterator[Bundle]:
    """The entries with their companions, in bundles that move to the folder ``dest`` together."""
    # A generator: ten thousand bundles alive at once cost the garbage collector more time than
    # their renames cost the disk.
    by_folder: dict[str, dict[str, Entry]] = defaultdict(dict)
    for entry in entries:
        folder, name = os.path.split(entry.path)
        by_folder[folder][name] = entry
    for folder, members in by_folder.items():
        for entry in members.values():
            if entry.is_folder:
                yield _alone(entry, dest)
        files = {name: entry for name, entry in members.items() if not entry.is_folder}
        companion_names = find_companions(
            folder, list(files), is_leaving=is_leaving, listings=listings
        )
        for group in names.group_by_stem(files, companion_names):
            yield _bundle_group(disk, folder, group, files, dest)


def _alone(entry: Entry, dest: str) -> Bundle:
    return Bundle((entry,), (os.path.basename(entry.path),), dest, frozenset((entry.path,)))


def _bundle_group(
    disk: Disk, folder: str, group: Sequence[str], asked: dict[str, Entry], dest: str
) -> Bundle:
    if len(group) == 1:
        return _alone(asked[group[0]], dest)
    entries: dict[str, Entry] = {}
    for name in group:
        entry = asked.get(name) or disk.find(os.path.join(folder, name))
        if entry is not None:
            entries[name] = entry
    asked_paths = frozenset(entry.path for name, entry in entries.items() if name in asked)
    return Bundle(list(entries.values()), list(entries), dest, asked_paths)


def find_companions(
    folder: str, asked: Sequence[str], *, is_leaving: bool, listings: FolderListings | None = None
) -> dict[str, list[str]]:
    """Companions of files of one folder, see ``names.find_companions``."""
    if listings is not None:
        return names.find_companions(asked, listings.near(folder, asked), is_leaving=is_leaving)
    if len(asked) <= _FEW and not _has_companions(folder, asked):
        return {}
    try:
        present = os.listdir(folder)
    except OSError:
        return {}  # the files of this folder then fail one by one
    return names.find_companions(asked, present, is_leaving=is_leaving)


# Programs write the endings in lower case, people write the simple ones also in upper case.
_SPELLINGS = [
    *companions.ENDINGS,
    *(ending.upper() for ending in companions.TEXTS if ending.count(".") == 1),
]


def _has_companions(folder: str, asked: Iterable[str]) -> bool:
    for name in asked:
        for base in (name, os.path.splitext(name)[0]):
            if any(os.path.lexists(os.path.join(folder, base + ending)) for ending in _SPELLINGS):
                return True
    return False
