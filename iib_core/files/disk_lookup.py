"""Disk lookup: resolves paths of clients and reads the entries that a plan needs. Changes nothing."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from iib_core import paths
from iib_core.access import Access
from iib_core.errors import AccessDenied, IIBError, InvalidRequest, NotFound
from iib_core.files.disk import Disk, Entry
from iib_core.files.disk_errors import explain
from iib_core.files.plan import Failure
from iib_core.files.trash_paths import require_outside_trash
from iib_core.paths import TRASH, to_text


class EntryFinder:
    """Turns paths of clients into paths of entries: the folder is resolved, the entry itself is not
    followed if it is a link, because the link is what is moved or deleted.
    """

    def __init__(self, access: Access) -> None:
        self._access = access
        self._parents: dict[str, tuple[str, bool]] = {}

    def find(self, raw: str) -> str:
        """The path of the entry.

        Raises InvalidRequest if ``raw`` is not a path, AccessDenied if it is outside of the roots,
        RootElsewhere if only other servers see it.

        The target of a link is checked later, by ``get_entry``.
        """
        path = self._access.check(raw)
        paths.require_here(path)
        folder, name = os.path.split(path)
        if folder not in self._parents:
            real = paths.real(folder)
            self._parents[folder] = (real, self._access.allows(real))
        parent, allowed = self._parents[folder]
        entry = path if parent == folder else os.path.join(parent, name)
        if not (allowed or self._access.allows(entry)) or self._access.is_own(entry):
            # Raises AccessDenied with its own message, except for a link that leads into a root.
            self._access.resolve(raw)
            raise AccessDenied(
                "This path is outside the library's folders: add its folder to the library to use it."
            )
        require_outside_trash(entry)
        return entry


def require_no_root(access: Access, entries: Iterable[Entry]) -> None:
    """Raise InvalidRequest for a root, and for a folder that holds a root or the data folder."""
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
                f"'{to_text(entry.path)}' holds the program's own data folder: choose another folder for "
                "that with --data-dir first."
            )


def look_up(
    disk: Disk, access: Access, asked: Iterable[str], problems: list[Failure]
) -> list[Entry]:
    """The entries at ``asked``. Those that are missing or neither file, folder nor link are added
    to ``problems``.

    Raises AccessDenied if one of them is a link that leads out of the library.
    """
    entries: list[Entry] = []
    for path in asked:
        try:
            entry = get_entry(disk, access, path)
        except IIBError as exc:
            if isinstance(exc, AccessDenied) and os.path.islink(path):
                raise
            problems.append(Failure(path, exc))
            continue
        entries.append(entry)
    return entries


def get_entry(disk: Disk, access: Access, path: str) -> Entry:
    """The entry at ``path``.

    Raises NotFound, InvalidRequest for a device or a pipe, AccessDenied for a link that leads out
    of the roots.
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


def walk(disk: Disk, access: Access, folder: str) -> Iterator[Entry]:
    """Everything below a folder, each folder before its content; links are not followed.

    The trash and the program's data folder are left out.

    Raises IIBError if a folder cannot be read.
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
