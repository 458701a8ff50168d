"""Roots: the folders of the library, from the settings and added by the user.

An offline root stays. Removing a root removes its rows from the index; the marks of its files are
kept for 90 days, in case the root is added again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager

from iib_core import paths, root_map
from iib_core.access import Access, Root
from iib_core.db import extra_paths, folders, images, marks, relocate_library, scan_rows
from iib_core.db.engine import Connection, Database
from iib_core.db.extra_paths import ExtraPath
from iib_core.db.relocate_library import Relocated
from iib_core.errors import AccessDenied, Conflict, InvalidRequest, NotFound
from iib_core.index.indexer import Indexer
from iib_core.jobs import Job, Jobs, Progress

logger = logging.getLogger(__name__)

# The type for every accepted spelling.
TYPES = {
    "scan": "scan",
    "scan-fixed": "scan-fixed",
    "walk": "walk",
    "scanned": "scan",
    "scanned-fixed": "scan-fixed",
}
ALIAS_MAX_CHARS = 200
_FORGET = "forget_root"
_BATCH = 500


def load(db: Database, access: Access, fixed: Sequence[str], browsed: Sequence[str] = ()) -> None:
    """Set the roots of the library: ``fixed`` and ``browsed``, the folders of the settings, and
    those that were added, each real folder once.

    A folder that is only ``browsed`` is not indexed.
    """
    with db.read() as conn:
        added = [extra for extra in extra_paths.list_all(conn) if not extra.is_removed]
        known = [] if db.is_file else folders.list_real(conn)
    named = [*(Root.at(path, "walk") for path in browsed), *map(Root.at, fixed)]
    roots = {root.real: root for root in named}
    for extra in added:
        root = Root.at(paths.from_text(extra.path), _kind(extra.types), extra.alias, is_fixed=False)
        same = roots.get(root.real)
        if same is not None:
            root = Root(same.path, root.real, _strongest(same.kind, root.kind), root.alias)
        roots[root.real] = root
    access.set_roots(roots.values())
    access.lacks_folders = any(map(paths.is_elsewhere, (*known, *roots)))


def log_seen(db: Database, access: Access) -> None:
    """Log which folders of a library of several servers this one sees."""
    for root in access.roots:
        name = root_map.name_at(root.real, db.mapped)
        if paths.is_elsewhere(root.real):
            logger.info(
                "the folder %s of the library is seen by other servers only: 'iib roots map' says "
                "where it is here",
                name or root.real,
            )
        else:
            logger.info(
                "the folder %s of the library %s%s",
                paths.to_text(root.path),
                "is there" if root.online else "is not connected",
                f", shared as '{name}'" if name else "",
            )


def _kind(types: Iterable[str]) -> str:
    """The kind of a folder with several types: indexed if one of them is."""
    meanings = {TYPES.get(name, "walk") for name in types}
    return next((kind for kind in ("scan-fixed", "scan") if kind in meanings), "walk")


def _strongest(one: str, other: str) -> str:
    return "scan-fixed" if "scan-fixed" in (one, other) else one


def restore(
    write: Callable[[], AbstractContextManager[Connection]],
    access: Access,
    folders: Iterable[tuple[str, Sequence[str], str]],
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Store folders of another library, (path, types, alias), also offline ones.

    ``write`` begins a transaction. Returns (added paths, skipped paths). Skipped: paths of another
    operating system, and folders to which the client has no access.
    """
    added, skipped = [], []
    for raw, kinds, alias in folders:
        types = tuple(name for name in kinds if name in TYPES)
        try:
            path = access.check_new_root(raw)
            if access.may_ask(path):
                access.resolve(raw)
        except (AccessDenied, InvalidRequest):
            skipped.append(raw)
            continue
        if types:
            with write() as conn:
                _put(conn, path, types, alias[:ALIAS_MAX_CHARS] or None)
            added.append(raw)
    return tuple(added), tuple(skipped)


def relocate(db: Database, access: Access, old: str, new: str, *, dry_run: bool) -> Relocated:
    """Replace a path prefix everywhere, see ``relocate_library.relocate``; with ``dry_run`` only
    count what would change.

    Raises InvalidRequest if a path is not absolute, AccessDenied if the client has no access to the
    old or the new path.
    """
    access.resolve_new(new)
    before, after = relocate_library.check(old), relocate_library.check(new)
    if access.visible is not None and not (
        paths.is_absolute(before) and access.allows_link(before)
    ):
        raise AccessDenied(
            "The old path is outside of what clients may reach: run 'iib relocate' on the server's machine."
        )
    if before == after:
        raise InvalidRequest("The old and the new path are the same.")
    shared = next((root for root in db.mapped if paths.is_under(root.real, before)), None)
    if shared is not None:
        raise Conflict(
            f"Other servers see this folder too, as '{shared.name}': say where it is on this machine "
            f"with 'iib roots map {shared.name} FOLDER'."
        )
    with (db.trial if dry_run else db.write)() as conn:
        return relocate_library.relocate(conn, before, after)


class Roots:
    """Adds and removes folders of the library."""

    def __init__(
        self,
        db: Database,
        access: Access,
        jobs: Jobs,
        index: Indexer,
        fixed: Sequence[str],
        browsed: Sequence[str] = (),
    ) -> None:
        self._db = db
        self._access = access
        self._jobs = jobs
        self._index = index
        self._fixed = tuple(fixed)
        self._browsed = tuple(browsed)

    def _load(self) -> None:
        load(self._db, self._access, self._fixed, self._browsed)

    def read_again(self) -> None:
        """Read the added folders again: another server may have changed them."""
        self._load()

    def follow(self, fixed: Sequence[str]) -> None:
        """Replace the folders of the settings, because the host now writes to others."""
        self._fixed = tuple(fixed)
        self._load()

    def list_added(self) -> list[ExtraPath]:
        """The folders that were added."""
        with self._db.read() as conn:
            return [extra for extra in extra_paths.list_all(conn) if not extra.is_removed]

    def add(self, raw: str, types: Sequence[str]) -> ExtraPath:
        """Add a folder, or further types to an added one, and start to index it.

        Raises NotFound and InvalidRequest if it is not a folder, AccessDenied if the client has no
        access to it.
        """
        new_types = _validate_types(types or ("scan",))
        path = self._resolve(paths.pasted(raw))
        with self._db.write() as conn:
            added = _put(conn, path, new_types, None)
        self._load()
        if _kind(new_types) != "walk":
            self._index.start()
        return added

    def add_own(self, path: str) -> ExtraPath:
        """Add a folder of the program's own data, such as the sample library, which no client may
        name.
        """
        with self._db.write() as conn:
            added = _put(conn, path, ("scan",), None)
        self._load()
        self._index.start()
        return added

    def remove(self, raw: str, types: Sequence[str] = ()) -> Job | None:
        """Remove types from a folder (all if none is given); without a type it leaves the library.

        Returns the job that removes its rows; None if it stays indexed, or was not.

        Raises NotFound for a folder that was not added, Conflict for one of the settings,
        RootElsewhere for one that only other servers see.
        """
        lost = {TYPES[name] for name in _validate_types(types)} or set(TYPES.values())
        path = self._access.check(raw)
        paths.require_here(path)
        with self._db.write() as conn:
            text, before = _find(conn, path)
            if before is None or before.is_removed:
                raise self._not_added(path)
            left = tuple(name for name in before.types if TYPES.get(name) not in lost)
            if left:
                extra_paths.put(conn, text, left)
            else:
                extra_paths.mark_removed(conn, text)
        self._load()
        if left and (_kind(left) != "walk" or _kind(before.types) == "walk"):
            return None
        return self._jobs.start(_FORGET, self._forget, path=text)

    def set_alias(self, raw: str, alias: str) -> ExtraPath:
        """Give a folder a display name. Raises NotFound for a folder that was not added."""
        if len(alias) > ALIAS_MAX_CHARS or not alias.isprintable():
            raise InvalidRequest(
                f"The alias must be a single line of at most {ALIAS_MAX_CHARS} characters."
            )
        path = self._access.check(raw)
        with self._db.write() as conn:
            text, before = _find(conn, path)
            if before is None or before.is_removed:
                raise self._not_added(path)
            extra_paths.put(conn, text, before.types, alias.strip())
            changed = extra_paths.find(conn, text)
        self._load()
        assert changed is not None  # it was put there
        return changed

    def relocate(self, old: str, new: str, *, dry_run: bool) -> Relocated:
        """Replace a path prefix everywhere, see ``relocate``."""
        if dry_run:
            return relocate(self._db, self._access, old, new, dry_run=True)
        with self._index.paused(lambda: None):
            relocated = relocate(self._db, self._access, old, new, dry_run=False)
        self.reload()
        return relocated

    def reload(self) -> None:
        """Load the roots from the database again, and start an update of the index."""
        self._load()
        self._index.start()

    def tidy(self) -> None:
        """Finish removals that a crash interrupted, and delete marks that were kept for 90 days."""
        with self._db.read() as conn:
            removed = [extra.path for extra in extra_paths.list_all(conn) if extra.is_removed]
        # What only other servers see, they finish.
        unfinished = [path for path in removed if not paths.is_elsewhere(path)]
        for text in unfinished:
            self._jobs.start(_FORGET, self._forget, path=text)
        with self._db.write() as conn:
            marks.forget_old(conn)

    def _resolve(self, raw: str) -> str:
        """The folder under the path that the user gave. Raises AccessDenied."""
        try:
            self._access.resolve_new_root(raw)
        except AccessDenied as exc:
            message = (
                "This folder is outside of the library, and others can reach this server: it can "
                "only be added by the settings (IIB_ROOTS)."
            )
            raise AccessDenied(message) from exc
        return paths.check(raw)

    def _not_added(self, path: str) -> Conflict | NotFound:
        real = paths.real_or_given(path)
        shown = paths.to_text(path[:300])
        if any(paths.real_or_given(fixed) == real for fixed in (*self._fixed, *self._browsed)):
            return Conflict(f"'{shown}' is one of the settings' folders: change it there.")
        return NotFound(f"'{shown}' is not a folder that was added to the library.")

    def _forget(self, progress: Progress, path: str) -> dict[str, int]:
        """The work of a job: remove the rows below a folder that is no longer indexed."""
        count = 0
        with self._index.paused(progress.check):
            while batch := self._forget_some(path):
                count += batch
                progress.update(done=count)
                progress.check()
        with self._db.write() as conn:
            extra = extra_paths.find(conn, path)
            if extra is not None and extra.is_removed:
                extra_paths.remove(conn, path)
        return {"removed": count}

    def _forget_some(self, path: str) -> int:
        with self._db.write() as conn:
            extra = extra_paths.find(conn, path)
            if extra is not None and not extra.is_removed and _kind(extra.types) != "walk":
                return 0  # it was added again meanwhile
            ids = _next_rows(
                conn, paths.real_or_given(paths.from_text(path)), self._index.library.roots
            )
            marks.keep(conn, marks.collect(conn, ids))
            images.remove_many(conn, ids)
            return len(ids)


def _put(conn: Connection, path: str, types: Sequence[str], alias: str | None) -> ExtraPath:
    """Store a folder, or further types of a stored one."""
    text, before = _find(conn, path)
    present = before.types if before and not before.is_removed else ()
    extra_paths.put(conn, text, tuple(dict.fromkeys((*present, *types))), alias)
    stored = extra_paths.find(conn, text)
    assert stored is not None  # it was put there
    return stored


def _find(conn: Connection, path: str) -> tuple[str, ExtraPath | None]:
    """(stored path, stored folder) of a folder, by any path that leads to it; (path, None) if it is
    not stored.
    """
    text, real = paths.to_text(path), paths.real_or_given(path)
    added = extra_paths.list_all(conn)
    same = [extra for extra in added if extra.path == text] or [
        extra for extra in added if paths.real_or_given(paths.from_text(extra.path)) == real
    ]
    return (same[0].path, same[0]) if same else (text, None)


def _next_rows(conn: Connection, top: str, indexed: Iterable[str]) -> list[int]:
    """Ids of at most ``_BATCH`` rows below ``top`` that are not below a folder of ``indexed``."""
    folder_ids = folders.find_under(conn, [paths.to_text(top)])
    folder_ids -= folders.find_under(conn, map(paths.to_text, indexed))
    return scan_rows.load_some_ids(conn, folder_ids, _BATCH)


def _validate_types(types: Sequence[str]) -> tuple[str, ...]:
    for name in types:
        if name not in TYPES:
            raise InvalidRequest(
                f"'{name[:50]}' is not a folder type: use scan, scan-fixed or walk."
            )
    return tuple(types)
