"""Drafts: turns a request into a plan. Looks at the disk, changes nothing."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence

from iib_core import paths
from iib_core.access import Access
from iib_core.errors import Conflict, IIBError, InvalidRequest, NotFound
from iib_core.files import names, plan, survey
from iib_core.files.disk import Disk, Entry
from iib_core.files.listing import human_size
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
    Step,
)
from iib_core.files.survey import TakenPlaces
from iib_core.paths import TRASH, to_text

# From so many names on a folder is listed once instead of being asked for each.
_MANY = 64
# Of a folder in the trash that stands for a long path.
_DIGITS = 6
_SPARE_BYTES = 16 << 20


class Drafter:
    """Makes plans over one disk and the library's roots.

    All paths are entries or folders that were resolved before.
    """

    def __init__(self, disk: Disk, access: Access) -> None:
        self._disk = disk
        self._access = access
        self._devices: dict[str, tuple[int, str]] = {}
        self._trees: dict[str, list[Entry]] = {}
        self._tops: dict[str, str] = {}
        self._near: dict[tuple[str, str], bool] = {}

    def delete(self, asked: Sequence[str], mode: str, name: str) -> Plan:
        """Put files and empty folders into the trash of the operation ``name``, or hand them to the
        system's, or remove them for good.
        """
        made = Plan()
        entries = survey.look_up(self._disk, self._access, dict.fromkeys(asked), made.problems)
        survey.require_no_root(self._access, entries)
        entries = self._without_full(entries, made)
        bundles = list(survey.bundle(self._disk, entries, "", is_leaving=True))
        if mode == "trash":
            bundles = [self._into_trash(bundle, name) for bundle in bundles]
            self._add_missing_folders(made, [bundle.folder for bundle in bundles])
            plan.place(
                made,
                bundles,
                TakenPlaces(),
                "error",
                lambda p, entry, target, group: p.add(_move_kind(entry), entry, target, group),
            )
            return made
        for bundle in bundles:
            for entry in (
                bundle.entries
            ):  # each by itself: what is removed for good cannot be taken back with its group
                group = made.open_group([Moved(entry.path, "")] if entry.path in bundle.asked else [])
                made.add(
                    RECYCLE if mode == "system" else CLEAR if entry.is_folder else REMOVE, entry, "", group
                )
        return made

    def move(self, asked: Sequence[str], dest: str, *, create: bool, on_conflict: str) -> Plan:
        """Move files and folders into ``dest``."""
        return self._transfer(asked, dest, create=create, on_conflict=on_conflict, is_move=True)

    def copy(self, asked: Sequence[str], dest: str, *, create: bool, on_conflict: str) -> Plan:
        """Copy files and folders into ``dest``."""
        return self._transfer(asked, dest, create=create, on_conflict=on_conflict, is_move=False)

    def _transfer(
        self, asked: Sequence[str], dest: str, *, create: bool, on_conflict: str, is_move: bool
    ) -> Plan:
        made = Plan()
        self._require_folder(dest, create=create)
        entries = survey.look_up(self._disk, self._access, dict.fromkeys(asked), made.problems)
        folders = {entry.path: entry for entry in entries if entry.is_folder}
        if folders:
            if is_move:
                survey.require_no_root(self._access, folders.values())
            kept = set(plan.without_nested([entry.path for entry in entries], folders.__contains__))
            entries = self._with_trees(
                [entry for entry in entries if entry.path in kept], dest, made, is_move=is_move
            )
        self._add_missing_folders(made, [dest])
        bundles = survey.bundle(self._disk, entries, dest, is_leaving=is_move)
        self._place(
            made, bundles, on_conflict, dest, is_move=is_move, places=TakenPlaces(busy=len(entries) >= _MANY)
        )
        return made

    def rename(self, entry_path: str, name: str) -> Plan:
        """Give an entry another name in its folder; sidecars follow."""
        made = Plan()
        entry = survey.get_entry(self._disk, self._access, entry_path)
        survey.require_no_root(self._access, [entry])
        folder, old = os.path.split(entry_path)
        together = next(survey.bundle(self._disk, [entry], folder, is_leaving=True)).entries
        renamed = [(other, _follow(os.path.basename(other.path), old, name)) for other in together]
        # With another extension only, what is named after the stem keeps its name.
        renamed = [(other, new) for other, new in renamed if new != os.path.basename(other.path)]
        bundle = Bundle(
            [other for other, _ in renamed], [new for _, new in renamed], folder, frozenset([entry_path])
        )
        self._place(made, [bundle], "error", folder, is_move=True, places=TakenPlaces())
        return made

    def pairs(
        self,
        moves: Sequence[tuple[str, str]],
        *,
        on_conflict: str,
        is_move: bool = True,
        expected: Mapping[str, tuple[int, int]] | None = None,
    ) -> Plan:
        """Move or copy each file of the pairs to its own folder, which is made where it is missing;
        sidecars follow.

        ``expected``: size and mtime_ns by path; a file that is another one by now is a problem.
        """
        made = Plan()
        by_dest: dict[str, list[str]] = {}
        for source, dest in moves:
            by_dest.setdefault(dest, []).append(source)
        self._add_missing_folders(made, by_dest)
        places = TakenPlaces(busy=len(moves) >= _MANY)
        leaving = survey.look_up(self._disk, self._access, [source for source, _ in moves], made.problems)
        if expected is not None:
            leaving = _without_changed(leaving, expected, made.problems)
        there = {entry.path: entry for entry in leaving}
        listings = survey.Listings()
        for dest, sources in by_dest.items():
            bundles = survey.bundle(
                self._disk,
                [there[source] for source in sources if source in there],
                dest,
                is_leaving=is_move,
                listings=listings,
            )
            self._place(made, bundles, on_conflict, dest, is_move=is_move, places=places)
        return made

    def flatten(self, folder: str, *, on_conflict: str) -> Plan:
        """Move all files below ``folder`` into it, and remove the folders that are empty then."""
        made = Plan()
        below = list(survey.walk(self._disk, self._access, folder))
        files = [entry for entry in below if not entry.is_folder and os.path.dirname(entry.path) != folder]
        bundles = survey.bundle(self._disk, files, folder, is_leaving=True)
        self._place(
            made, bundles, on_conflict, folder, is_move=True, places=TakenPlaces(busy=len(files) >= _MANY)
        )
        last = made.open_group([])
        for entry in reversed(below):
            if entry.is_folder:
                made.add(CLEAR, entry, "", last)
        return made

    def edit(self, path: str, name: str) -> Plan:
        """Put a file that is yet to be written in place of the one at ``path``, which goes to the
        trash of the operation ``name``.
        """
        made = Plan()
        survey.require_outside_trash(path)
        entry = survey.get_entry(self._disk, self._access, path)
        if not entry.is_file:
            raise InvalidRequest(f"'{to_text(path)}' is not a file.")
        place = self._trash_place(path, name)
        self._add_missing_folders(made, [os.path.dirname(place)])
        made.steps.append(Step(SWAP, place, path, UNWRITTEN, 0, 0, made.open_group([Moved(path, path)])))
        return made

    def uploaded(self, staged: Sequence[tuple[str, str]], dest: str, *, on_conflict: str) -> Plan:
        """Move files that are staged in the trash, each with the name that it is to get, into ``dest``."""
        made = Plan()
        self._require_folder(dest, create=False)
        bundles = []
        for path, name in staged:
            entry = self._disk.find(path)
            if entry is not None:
                bundles.append(Bundle([entry], [name], dest, frozenset([path])))
        places = TakenPlaces(busy=len(bundles) >= _MANY)
        self._place(made, bundles, on_conflict, dest, is_move=True, places=places)
        return made

    def make_folder(self, folder: str) -> Plan:
        """Make a folder and those above it that are missing."""
        made = Plan()
        self._require_folder(folder, create=True)
        missing = plan.missing_folders(folder, os.path.lexists)
        if missing:
            group = made.open_group([Moved("", folder)])
            for path in missing:
                made.add_folder(MAKE, path, group)
        return made

    def undo(self, steps: Sequence[Step], name: str) -> Plan:
        """Take the done steps of an operation back, all of them.

        Raises Conflict with the reason where one cannot be.
        """
        made = Plan()
        wanted = list(plan.reverse(steps, lambda step: self._trash_place(step.target, name)))
        recorded = {step.target: step for step in steps if step.target}
        made_there = {target for kind, _, target in wanted if kind == MAKE}
        targets = [
            os.path.dirname(self._trash_place(target, name) if kind == SWAP else target)
            for kind, _, target in wanted
            if kind in (MOVE, TREE, SWAP)
        ]
        self._access.require_online(made_there)
        self._add_missing_folders(made, [folder for folder in targets if folder not in made_there])
        planned = {step.target for step in made.steps}
        group = made.open_group([])
        for kind, source, target in wanted:
            if kind == MAKE and target not in planned and not os.path.isdir(target):
                made.add_folder(MAKE, target, group)
            elif kind == CLEAR and os.path.basename(source) != TRASH:
                made.add_folder(CLEAR, source, group)
            elif kind == SWAP:
                self._undo_edit(made, recorded[target], self._trash_place(target, name), group)
            elif kind in (MOVE, TREE):
                entry = self._find_for_undo(source, target, recorded[source])
                made.groups[group].append(Moved(source, target))
                made.add(kind, entry, target, group)
        return made

    def _undo_edit(self, made: Plan, done: Step, place: str, group: int) -> None:
        """Let the bytes of before come back from the trash, and those that stood for them go to
        ``place`` there.
        """
        kept, edited = self._disk.find(done.source), self._disk.find(done.target)
        if kept is None:
            raise Conflict(f"What '{to_text(done.target)}' was before is no longer in the trash.")
        if edited is None or not edited.is_same_file(done.size_bytes, done.mtime_ns, done.inode):
            raise Conflict(
                f"'{to_text(done.target)}' was changed, moved or replaced since: it stays as it is."
            )
        made.groups[group].append(Moved(done.target, done.target))
        made.add(SWAP, kept, done.target, group)
        made.steps.append(
            Step(MOVE, done.source, place, edited.size_bytes, edited.mtime_ns, edited.inode, group)
        )

    def _find_for_undo(self, source: str, target: str, done: Step) -> Entry:
        entry = self._disk.find(source)
        if entry is None:
            raise Conflict(
                f"'{to_text(source)}' is no longer there: undo what was done with it since, first."
            )
        if not entry.is_same_file(done.size_bytes, done.mtime_ns, 0 if done.kind == COPY else done.inode):
            raise Conflict(f"'{to_text(source)}' was changed or replaced since: it stays where it is.")
        if TakenPlaces().is_taken(target, source):
            raise Conflict(f"'{to_text(target)}' is taken by another file now: move that one away first.")
        return entry

    def _place(
        self,
        made: Plan,
        bundles: Iterable[Bundle],
        on_conflict: str,
        dest: str,
        *,
        is_move: bool,
        places: TakenPlaces,
    ) -> None:
        needed_bytes = 0
        nearest = survey.nearest_folder(dest)

        def add(made: Plan, entry: Entry, target: str, group: int) -> None:
            nonlocal needed_bytes
            if entry.path in self._trees:
                needed_bytes += sum(
                    below.size_bytes for below in self._trees[entry.path] if not below.is_folder
                )
                _add_tree(made, entry, self._trees[entry.path], target, group, is_move=is_move)
            elif is_move:
                kind = _move_kind(entry)
                needed_bytes += 0 if kind == TREE or self._is_near(entry, nearest) else entry.size_bytes
                made.add(kind, entry, target, group)
            else:
                needed_bytes += entry.size_bytes
                made.add(COPY, entry, target, group)

        plan.place(made, bundles, places, on_conflict, add, is_move=is_move)
        free_bytes = self._disk.free_bytes(nearest) if needed_bytes else 0
        if needed_bytes and needed_bytes + _SPARE_BYTES > free_bytes:
            raise Conflict(
                f"This needs {human_size(needed_bytes)}, and only {human_size(free_bytes)} are free at "
                f"'{to_text(dest)}'."
            )

    def _with_trees(self, entries: Iterable[Entry], dest: str, made: Plan, *, is_move: bool) -> list[Entry]:
        """The entries that can go to ``dest``; of folders that cannot go there by a rename what
        they hold is looked up.
        """
        kept: list[Entry] = []
        for entry in entries:
            try:
                if entry.is_folder:
                    self._look_into(entry, dest, is_move=is_move)
            except IIBError as exc:
                made.problems.append(Failure(entry.path, exc))
                continue
            kept.append(entry)
        return kept

    def _look_into(self, entry: Entry, dest: str, *, is_move: bool) -> None:
        if paths.is_under(dest, entry.path):
            raise InvalidRequest(f"'{to_text(entry.path)}' cannot be put into itself.")
        if is_move and self._is_near(entry, survey.nearest_folder(dest)):
            return
        below = list(survey.walk(self._disk, self._access, entry.path))
        for other in below:
            if not (other.is_file or other.is_folder or other.is_link):
                raise InvalidRequest(f"'{to_text(other.path)}' is neither a file nor a folder.")
        self._trees[entry.path] = below

    def _without_full(self, entries: Iterable[Entry], made: Plan) -> list[Entry]:
        kept: list[Entry] = []
        for entry in entries:
            try:
                is_full = entry.is_folder and bool(os.listdir(entry.path))
            except OSError:
                is_full = True
            if is_full:
                reason = (
                    f"The folder '{to_text(entry.path)}' is not empty: delete or move what it holds first."
                )
                made.problems.append(Failure(entry.path, Conflict(reason)))
            else:
                kept.append(entry)
        return kept

    def _require_folder(self, dest: str, *, create: bool) -> None:
        survey.require_outside_trash(dest)
        self._access.require_online([dest])
        nearest = dest
        while not os.path.lexists(nearest):
            if os.path.dirname(nearest) == nearest:
                raise NotFound(f"'{to_text(nearest)}' is not there: connect its drive, then try again.")
            names.check(to_text(os.path.basename(nearest)))
            nearest = os.path.dirname(nearest)
        if not os.path.isdir(nearest):
            kind = InvalidRequest if nearest == dest else Conflict
            raise kind(f"'{to_text(nearest)}' is not a folder.")
        if nearest != dest and not create:
            raise NotFound(f"'{to_text(dest)}' does not exist: send create_dest_folder to have it made.")

    def _add_missing_folders(self, made: Plan, folders: Iterable[str]) -> None:
        planned = {step.target for step in made.steps if step.kind == MAKE}
        needed = dict.fromkeys(folders)
        self._access.require_online(needed)
        for folder in needed:
            for path in plan.missing_folders(folder, lambda path: path in planned or os.path.lexists(path)):
                planned.add(path)
                made.add_folder(MAKE, path, 0)

    def _into_trash(self, bundle: Bundle, name: str) -> Bundle:
        """The bundle on its way into the trash of operation ``name``."""
        folder = os.path.dirname(bundle.entries[0].path)
        return bundle._replace(folder=self._trash_folder(folder, name, max(map(paths.length, bundle.names))))

    def _trash_folder(self, folder: str, name: str, units: int) -> str:
        """Where the trash of operation ``name`` keeps what stood in ``folder``; of another name
        where the path of names that have so many UTF-16 units would be longer than the disk takes.
        """
        top = self._tops.get(folder)
        if top is None:
            top = self._tops[folder] = survey.trash_top(self._disk, folder, self._access)
        place = os.path.normpath(os.path.join(top, TRASH, name, os.path.relpath(folder, top)))
        is_short = paths.length(place) + 1 + units <= self._disk.longest_path
        return (
            place
            if is_short
            else os.path.join(top, TRASH, name, hashlib.sha256(os.fsencode(folder)).hexdigest()[:_DIGITS])
        )

    def _trash_place(self, path: str, name: str) -> str:
        folder, own = os.path.split(path)
        return os.path.join(self._trash_folder(folder, name, paths.length(own)), own)

    def _is_near(self, entry: Entry, folder: str) -> bool:
        """Whether a rename leads to an existing folder."""
        near = self._near.get((entry.path.rpartition(os.sep)[0], folder))
        if near is None:
            parent = os.path.dirname(entry.path)
            near = self._near[entry.path.rpartition(os.sep)[0], folder] = self._device(
                parent
            ) == self._device(folder)
        return near

    def _device(self, folder: str) -> tuple[int, str]:
        if folder not in self._devices:
            self._devices[folder] = self._disk.device_of(folder)
        return self._devices[folder]


def _without_changed(
    entries: Iterable[Entry], expected: Mapping[str, tuple[int, int]], problems: list[Failure]
) -> list[Entry]:
    kept: list[Entry] = []
    for entry in entries:
        if expected.get(entry.path) == (entry.size_bytes, entry.mtime_ns):
            kept.append(entry)
        else:
            problems.append(
                Failure(
                    entry.path,
                    Conflict(f"'{to_text(entry.path)}' was changed since the preview: it stays where it is."),
                )
            )
    return kept


def _move_kind(entry: Entry) -> str:
    return TREE if entry.is_folder else MOVE


def _follow(name: str, old: str, new: str) -> str:
    """The new name of ``name``, a file that goes with ``old``, which becomes ``new``."""
    if name.startswith(old):
        return new + name[len(old) :]
    return names.rename_stem(name, os.path.splitext(old)[0], os.path.splitext(new)[0])


def _add_tree(
    made: Plan, entry: Entry, below: Sequence[Entry], target: str, group: int, *, is_move: bool
) -> None:
    """A folder with all it holds, one by one."""
    made.add_folder(MAKE, target, group)
    for other in below:
        place = target + other.path[len(entry.path) :]
        if other.is_folder:
            made.add_folder(MAKE, place, group)
        else:
            made.add(MOVE if is_move else COPY, other, place, group)
    if is_move:
        for folder in [other for other in reversed(below) if other.is_folder] + [entry]:
            made.add(CLEAR, folder, "", group)
