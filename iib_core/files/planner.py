"""Planner: turns a request into a plan. Reads the disk, changes nothing."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence

from iib_core import paths
from iib_core.access import Access
from iib_core.db.journal import Step
from iib_core.errors import Conflict, IIBError, InvalidRequest, NotFound
from iib_core.files import bundles, disk_lookup, names, plan
from iib_core.files.disk import Disk, Entry
from iib_core.files.listing import human_size
from iib_core.files.missing_folders import add_missing_folders
from iib_core.files.plan import (
    CLEAR,
    COPY,
    MAKE,
    MOVE,
    RECYCLE,
    REMOVE,
    SWAP,
    TREE,
    UNWRITTEN,
    Bundle,
    Failure,
    Moved,
    Plan,
)
from iib_core.files.replacement import FileReplacement
from iib_core.files.taken_names import TakenNames
from iib_core.files.trash_paths import TrashPaths, nearest_folder, require_outside_trash
from iib_core.paths import to_text

# From this many names on, a folder is listed once instead of looking each name up.
_MANY = 64
_SPARE_BYTES = 16 << 20


class Planner:
    """Makes the plan of one operation.

    All paths are entries or folders that were resolved before.
    """

    def __init__(self, disk: Disk, access: Access) -> None:
        self._disk = disk
        self._access = access
        self._devices: dict[str, tuple[int, str]] = {}
        # The content of folders that cannot be renamed as a whole, by the folder's path.
        self._trees: dict[str, list[Entry]] = {}
        self._is_near_by_folders: dict[tuple[str, str], bool] = {}

    def delete(self, asked: Sequence[str], mode: str, operation_id: str) -> Plan:
        """Delete files and empty folders.

        ``mode``: ``trash`` moves them to the trash of the operation, ``system`` hands them to the
        system's trash, ``permanent`` removes them.
        """
        made = Plan()
        entries = disk_lookup.look_up(self._disk, self._access, dict.fromkeys(asked), made.problems)
        disk_lookup.require_no_root(self._access, entries)
        entries = self._without_full_folders(entries, made)
        leaving = list(bundles.bundle(self._disk, entries, "", is_leaving=True))
        if mode == "trash":
            self._add_moves_to_trash(made, leaving, operation_id)
        else:
            _add_removals(made, leaving, is_recycled=mode == "system")
        return made

    def transfer(
        self,
        asked: Sequence[str],
        dest: str,
        operation_id: str,
        *,
        is_move: bool,
        create: bool,
        on_conflict: str,
        replace: Collection[str] = (),
    ) -> Plan:
        """Move or copy files and folders into ``dest``.

        ``replace``: those of ``asked`` that replace the files that have their names, whatever
        ``on_conflict`` says; with ``on_conflict`` "replace" all do. What is replaced goes to the
        trash of the operation.
        """
        made = Plan()
        self._require_folder(dest, create=create)
        entries = disk_lookup.look_up(self._disk, self._access, dict.fromkeys(asked), made.problems)
        folders = {entry.path: entry for entry in entries if entry.is_folder}
        if folders:
            if is_move:
                disk_lookup.require_no_root(self._access, folders.values())
            topmost = set(
                plan.without_nested([entry.path for entry in entries], folders.__contains__)
            )
            entries = self._with_trees(
                [entry for entry in entries if entry.path in topmost], dest, made, is_move=is_move
            )
        add_missing_folders(made, [dest], self._access)
        registry = TakenNames(is_large=len(entries) >= _MANY)
        replacement = FileReplacement(
            self._disk,
            self._access,
            operation_id,
            registry,
            chosen=None if on_conflict == "replace" else frozenset(replace),
            asked=frozenset(asked),
        )
        self._add_bundles(
            made,
            bundles.bundle(self._disk, entries, dest, is_leaving=is_move),
            on_conflict,
            dest,
            is_move=is_move,
            registry=registry,
            replacement=replacement,
        )
        return made

    def rename(self, entry_path: str, name: str) -> Plan:
        """Give an entry another name in its folder; its companions are renamed with it."""
        made = Plan()
        entry = disk_lookup.get_entry(self._disk, self._access, entry_path)
        disk_lookup.require_no_root(self._access, [entry])
        together = next(bundles.bundle(self._disk, [entry], "", is_leaving=True))
        bundle = _renamed(together, {entry_path: name})
        self._add_bundles(
            made, [bundle], "error", bundle.folder, is_move=True, registry=TakenNames()
        )
        return made

    def rename_many(self, new_names: Mapping[str, str]) -> Plan:
        """Give each file another name in its folder, with its companions, by its path. One whose
        name is taken, also by another of them, is a problem.
        """
        made = Plan()
        entries = disk_lookup.look_up(self._disk, self._access, new_names, made.problems)
        disk_lookup.require_no_root(self._access, entries)
        registry = TakenNames(is_large=len(new_names) >= _MANY)
        listings = bundles.FolderListings()
        for together in bundles.bundle(self._disk, entries, "", is_leaving=True, listings=listings):
            bundle = _renamed(together, new_names)
            self._add_bundles(
                made, [bundle], "error", bundle.folder, is_move=True, registry=registry
            )
        return made

    def pairs(
        self,
        moves: Sequence[tuple[str, str]],
        *,
        on_conflict: str,
        is_move: bool = True,
        expected: Mapping[str, tuple[int, int]] | None = None,
    ) -> Plan:
        """Move or copy each file to its own folder: (path of the file, folder). Missing folders are
        made, and companions go along.

        ``expected``: (size in bytes, mtime_ns) by path; a file that differs from it is a problem.
        """
        made = Plan()
        by_dest: dict[str, list[str]] = {}
        for source, dest in moves:
            by_dest.setdefault(dest, []).append(source)
        add_missing_folders(made, by_dest, self._access)
        registry = TakenNames(is_large=len(moves) >= _MANY)
        leaving = disk_lookup.look_up(
            self._disk, self._access, [source for source, _ in moves], made.problems
        )
        if expected is not None:
            leaving = _without_changed(leaving, expected, made.problems)
        entries = {entry.path: entry for entry in leaving}
        listings = bundles.FolderListings()
        for dest, sources in by_dest.items():
            together = bundles.bundle(
                self._disk,
                [entries[source] for source in sources if source in entries],
                dest,
                is_leaving=is_move,
                listings=listings,
            )
            self._add_bundles(made, together, on_conflict, dest, is_move=is_move, registry=registry)
        return made

    def flatten(self, folder: str, *, on_conflict: str) -> Plan:
        """Move all files below ``folder`` into it, and remove the folders that are empty then."""
        made = Plan()
        below = list(disk_lookup.walk(self._disk, self._access, folder))
        files = [
            entry
            for entry in below
            if not entry.is_folder and os.path.dirname(entry.path) != folder
        ]
        self._add_bundles(
            made,
            bundles.bundle(self._disk, files, folder, is_leaving=True),
            on_conflict,
            folder,
            is_move=True,
            registry=TakenNames(is_large=len(files) >= _MANY),
        )
        last = made.open_group([])
        for entry in reversed(below):
            if entry.is_folder:
                made.add(CLEAR, entry, "", last)
        return made

    def edit(self, path: str, operation_id: str) -> Plan:
        """Replace the file at ``path`` by one that is not written yet; the present one goes to the
        trash of the operation.
        """
        made = Plan()
        require_outside_trash(path)
        entry = disk_lookup.get_entry(self._disk, self._access, path)
        if not entry.is_file:
            raise InvalidRequest(f"'{to_text(path)}' is not a file.")
        in_trash = TrashPaths(self._disk, self._access, operation_id).path_for(path)
        add_missing_folders(made, [os.path.dirname(in_trash)], self._access)
        group = made.open_group([Moved(path, path)])
        made.steps.append(Step(SWAP, in_trash, path, UNWRITTEN, 0, 0, group))
        return made

    def uploaded(
        self,
        staged: Sequence[tuple[str, str]],
        dest: str,
        operation_id: str,
        *,
        on_conflict: str,
    ) -> Plan:
        """Move files that are staged in the trash into ``dest``. staged: (path, new name) of each.
        ``on_conflict`` as of ``transfer``.
        """
        made = Plan()
        self._require_folder(dest, create=False)
        together = []
        for path, name in staged:
            entry = self._disk.find(path)
            if entry is not None:
                together.append(Bundle([entry], [name], dest, frozenset([path])))
        registry = TakenNames(is_large=len(together) >= _MANY)
        replacement = FileReplacement(
            self._disk,
            self._access,
            operation_id,
            registry,
            chosen=None if on_conflict == "replace" else (),
            asked=(),
        )
        self._add_bundles(
            made,
            together,
            on_conflict,
            dest,
            is_move=True,
            registry=registry,
            replacement=replacement,
        )
        return made

    def make_folder(self, folder: str) -> Plan:
        """Make a folder and its missing parents."""
        made = Plan()
        self._require_folder(folder, create=True)
        missing = plan.missing_folders(folder, os.path.lexists)
        if missing:
            group = made.open_group([Moved("", folder)])
            for path in missing:
                made.add_folder(MAKE, path, group)
        return made

    def _add_moves_to_trash(self, made: Plan, leaving: Sequence[Bundle], operation_id: str) -> None:
        trash = TrashPaths(self._disk, self._access, operation_id)
        to_trash: list[Bundle] = []
        for bundle in leaving:
            folder = os.path.dirname(bundle.entries[0].path)
            longest = max(map(paths.length, bundle.names))
            to_trash.append(bundle._replace(folder=trash.folder_for(folder, longest)))
        add_missing_folders(made, [bundle.folder for bundle in to_trash], self._access)

        def add(made: Plan, entry: Entry, target: str, group: int) -> None:
            made.add(_move_kind(entry), entry, target, group)

        plan.add_bundles(made, to_trash, TakenNames(), "error", add)

    def _add_bundles(
        self,
        made: Plan,
        together: Iterable[Bundle],
        on_conflict: str,
        dest: str,
        *,
        is_move: bool,
        registry: TakenNames,
        replacement: FileReplacement | None = None,
    ) -> None:
        """Add bundles that go to ``dest``. Raises Conflict if the disk has not enough space for
        them.
        """
        needed_bytes = 0
        nearest = nearest_folder(dest)

        def add(made: Plan, entry: Entry, target: str, group: int) -> None:
            nonlocal needed_bytes
            tree = self._trees.get(entry.path)
            if tree is not None:
                needed_bytes += sum(below.size_bytes for below in tree if not below.is_folder)
                _add_tree(made, entry, tree, target, group, is_move=is_move)
            elif is_move:
                kind = _move_kind(entry)
                needed_bytes += (
                    0 if kind == TREE or self._is_near(entry, nearest) else entry.size_bytes
                )
                made.add(kind, entry, target, group)
            else:
                needed_bytes += entry.size_bytes
                made.add(COPY, entry, target, group)

        plan.add_bundles(
            made,
            together,
            registry,
            on_conflict,
            add,
            is_move=is_move,
            replacement=replacement,
        )
        self._require_space(needed_bytes, nearest, dest)

    def _require_space(self, needed_bytes: int, folder: str, dest: str) -> None:
        if not needed_bytes:
            return
        free_bytes = self._disk.free_bytes(folder)
        if needed_bytes + _SPARE_BYTES > free_bytes:
            raise Conflict(
                f"This needs {human_size(needed_bytes)}, and only {human_size(free_bytes)} are free at "
                f"'{to_text(dest)}'."
            )

    def _with_trees(
        self, entries: Iterable[Entry], dest: str, made: Plan, *, is_move: bool
    ) -> list[Entry]:
        """The entries that can go to ``dest``. Walks the folders that cannot be renamed as a whole."""
        possible: list[Entry] = []
        for entry in entries:
            try:
                if entry.is_folder:
                    self._read_tree(entry, dest, is_move=is_move)
            except IIBError as exc:
                made.problems.append(Failure(entry.path, exc))
                continue
            possible.append(entry)
        return possible

    def _read_tree(self, entry: Entry, dest: str, *, is_move: bool) -> None:
        if paths.is_under(dest, entry.path):
            raise InvalidRequest(f"'{to_text(entry.path)}' cannot be put into itself.")
        if is_move and self._is_near(entry, nearest_folder(dest)):
            return
        below = list(disk_lookup.walk(self._disk, self._access, entry.path))
        for other in below:
            if not (other.is_file or other.is_folder or other.is_link):
                raise InvalidRequest(f"'{to_text(other.path)}' is neither a file nor a folder.")
        self._trees[entry.path] = below

    def _without_full_folders(self, entries: Iterable[Entry], made: Plan) -> list[Entry]:
        """The entries without folders that are not empty; those become problems."""
        deletable: list[Entry] = []
        for entry in entries:
            try:
                is_full = entry.is_folder and bool(os.listdir(entry.path))
            except OSError:
                is_full = True
            if is_full:
                reason = f"The folder '{to_text(entry.path)}' is not empty: delete or move its files first."
                made.problems.append(Failure(entry.path, Conflict(reason)))
            else:
                deletable.append(entry)
        return deletable

    def _require_folder(self, dest: str, *, create: bool) -> None:
        """Raise NotFound, InvalidRequest or Conflict if ``dest`` is no folder and cannot be made."""
        require_outside_trash(dest)
        self._access.require_online([dest])
        nearest = dest
        while not os.path.lexists(nearest):
            if os.path.dirname(nearest) == nearest:
                raise NotFound(
                    f"'{to_text(nearest)}' is not there: connect its drive, then try again."
                )
            names.validate(to_text(os.path.basename(nearest)))
            nearest = os.path.dirname(nearest)
        if not os.path.isdir(nearest):
            kind = InvalidRequest if nearest == dest else Conflict
            raise kind(f"'{to_text(nearest)}' is not a folder.")
        if nearest != dest and not create:
            raise NotFound(
                f"'{to_text(dest)}' does not exist: send create_dest_folder to have it made."
            )

    def _is_near(self, entry: Entry, folder: str) -> bool:
        """Whether ``entry`` can be renamed into an existing folder: both are on one disk."""
        parent = os.path.dirname(entry.path)
        key = (entry.path.rpartition(os.sep)[0], folder)
        is_near = self._is_near_by_folders.get(key)
        if is_near is None:
            is_near = self._device(parent) == self._device(folder)
            self._is_near_by_folders[key] = is_near
        return is_near

    def _device(self, folder: str) -> tuple[int, str]:
        if folder not in self._devices:
            self._devices[folder] = self._disk.device_of(folder)
        return self._devices[folder]


def _add_removals(made: Plan, leaving: Iterable[Bundle], *, is_recycled: bool) -> None:
    for bundle in leaving:
        # One group an entry: a file that was deleted permanently cannot be undone with its group.
        for entry in bundle.entries:
            group = made.open_group([Moved(entry.path, "")] if entry.path in bundle.asked else [])
            kind = CLEAR if entry.is_folder else REMOVE
            made.add(RECYCLE if is_recycled else kind, entry, "", group)


def _without_changed(
    entries: Iterable[Entry], expected: Mapping[str, tuple[int, int]], problems: list[Failure]
) -> list[Entry]:
    unchanged: list[Entry] = []
    for entry in entries:
        if expected.get(entry.path) == (entry.size_bytes, entry.mtime_ns):
            unchanged.append(entry)
            continue
        reason = f"'{to_text(entry.path)}' was changed since the preview: it was not moved."
        problems.append(Failure(entry.path, Conflict(reason)))
    return unchanged


def _move_kind(entry: Entry) -> str:
    return TREE if entry.is_folder else MOVE


def _renamed(together: Bundle, new_names: Mapping[str, str]) -> Bundle:
    """The files of a bundle with their new names, and the companions named after the first of
    these. If only the extension changes, companions that are named after the stem keep theirs.
    """
    folder, first = os.path.split(min(together.asked))
    new_first = new_names[min(together.asked)]
    pairs = []
    for entry in together.entries:
        old = os.path.basename(entry.path)
        new = new_names.get(entry.path) or _renamed_with(old, first, new_first)
        if new != old:
            pairs.append((entry, new))
    return Bundle([one for one, _ in pairs], [new for _, new in pairs], folder, together.asked)


def _renamed_with(name: str, old: str, new: str) -> str:
    """The new name of ``name``, a companion of ``old``, when ``old`` becomes ``new``."""
    if name.startswith(old):
        return new + name[len(old) :]
    return names.rename_stem(name, os.path.splitext(old)[0], os.path.splitext(new)[0])


def _add_tree(
    made: Plan, entry: Entry, below: Sequence[Entry], target: str, group: int, *, is_move: bool
) -> None:
    """Add the steps that move or copy a folder file by file."""
    made.add_folder(MAKE, target, group)
    for other in below:
        path = target + other.path[len(entry.path) :]
        if other.is_folder:
            made.add_folder(MAKE, path, group)
        else:
            made.add(MOVE if is_move else COPY, other, path, group)
    if is_move:
        for folder in [other for other in reversed(below) if other.is_folder] + [entry]:
            made.add(CLEAR, folder, "", group)
