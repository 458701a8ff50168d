"""Roots: the folders of the library, those of the settings and those that were added while the program ran.

A folder that cannot be reached is kept. One that is removed takes its rows out of the index; what
the user put onto its files is kept for 90 days, in case it comes back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from iib_core import paths
from iib_core.access import Access, Root
from iib_core.db import extra_paths, folders, images, marks, relocate_library, scan_rows
from iib_core.db.engine import Connection, Database
from iib_core.db.extra_paths import ExtraPath
from iib_core.db.relocate_library import Relocated
from iib_core.errors import AccessDenied, Conflict, InvalidRequest, NotFound
from iib_core.index.indexer import Indexer
from iib_core.jobs import Job, Jobs, Progress

# Every spelling of a type -> what it means.
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
    """Take the folders of the settings, and those that were added, as the roots of the library.

    Each real folder is one root; one that is ``browsed``, which is not indexed, only where nothing
    else names it.
    """
    with db.read() as conn:
        added = [extra for extra in extra_paths.list_all(conn) if not extra.is_removed]
    named = [*(Root.at(path, "walk") for path in browsed), *map(Root.at, fixed)]
    roots = {root.real: root for root in named}
    for extra in added:
        root = Root.at(paths.from_text(extra.path), _kind(extra.types), extra.alias, is_fixed=False)
        known_root = roots.get(root.real)
        roots[root.real] = (
            Root(known_root.path, root.real, _strongest(known_root.kind, root.kind), root.alias)
            if known_root
            else root
        )
    access.set_roots(roots.values())


def _kind(types: Iterable[str]) -> str:
    """What a folder of several types is: indexed as soon as one of them says so."""
    meanings = {TYPES.get(name, "walk") for name in types}
    return next((kind for kind in ("scan-fixed", "scan") if kind in meanings), "walk")


def _strongest(one: str, other: str) -> str:
    return "scan-fixed" if "scan-fixed" in (one, other) else one


def restore(
    db: Database, access: Access, folders: Iterable[tuple[str, Sequence[str], str]]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Store folders of another library, (path, types, alias), also those that cannot be reached now.

    Returns those that were added, and left out.

    Left out is what is no path on this system, and what a client may not reach.
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
            with db.write() as conn:
                _put(conn, path, types, alias[:ALIAS_MAX_CHARS] or None)
            added.append(raw)
    return tuple(added), tuple(skipped)


def relocate(db: Database, access: Access, old: str, new: str, *, dry_run: bool) -> Relocated:
    """Change a path prefix everywhere, see ``relocate_library.relocate``; with ``dry_run`` only tell what
    would change.

    Raises InvalidRequest for what is no full path, AccessDenied where a client may not reach the
    new or the old place.
    """
    access.resolve_new(new)
    before, after = relocate_library.check(old), relocate_library.check(new)
    if access.visible is not None and not (paths.is_absolute(before) and access.allows_link(before)):
        raise AccessDenied(
            "The old place is outside of what clients may reach: run 'iib relocate' on the server's machine."
        )
    if before == after:
        raise InvalidRequest("The old and the new place are the same.")
    with db.write() as conn, conn.begin_nested() as attempt:
        found = relocate_library.relocate(conn, before, after)
        if dry_run:
            attempt.rollback()
    return found


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

    def follow(self, fixed: Sequence[str]) -> None:
        """Take other folders as those of the settings: the host writes somewhere else now."""
        self._fixed = tuple(fixed)
        self._load()

    def list_added(self) -> list[ExtraPath]:
        """The folders that were added."""
        with self._db.read() as conn:
            return [extra for extra in extra_paths.list_all(conn) if not extra.is_removed]

    def add(self, raw: str, types: Sequence[str]) -> ExtraPath:
        """Add a folder, or further types to one that is there, and begin to index it.

        Raises NotFound and InvalidRequest for what is no folder, AccessDenied for one that a client
        may not reach.
        """
        given = _checked(types or ("scan",))
        path = self._resolve(raw)
        with self._db.write() as conn:
            found = _put(conn, path, given, None)
        self._load()
        if _kind(given) != "walk":
            self._index.start()
        return found

    def remove(self, raw: str, types: Sequence[str] = ()) -> Job | None:
        """Take types from a folder, all where none is given, and the folder out of the library with the last.

        Returns the job that takes out its rows.

        Raises NotFound for a folder that was not added, Conflict for one of the settings.
        """
        lost = {TYPES[name] for name in _checked(types)} or set(TYPES.values())
        path = self._access.check(raw)
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
        """Give a folder a name for people. Raises NotFound for a folder that was not added."""
        if len(alias) > ALIAS_MAX_CHARS or not alias.isprintable():
            raise InvalidRequest(f"The alias must be a single line of at most {ALIAS_MAX_CHARS} characters.")
        path = self._access.check(raw)
        with self._db.write() as conn:
            text, before = _find(conn, path)
            if before is None or before.is_removed:
                raise self._not_added(path)
            extra_paths.put(conn, text, before.types, alias.strip())
            found = extra_paths.find(conn, text)
        self._load()
        assert found is not None  # it was put there
        return found

    def relocate(self, old: str, new: str, *, dry_run: bool) -> Relocated:
        """Change a path prefix everywhere, see ``relocate``."""
        if dry_run:
            return relocate(self._db, self._access, old, new, dry_run=True)
        with self._index.standing_still(lambda: None):
            found = relocate(self._db, self._access, old, new, dry_run=False)
        self.reload()
        return found

    def reload(self) -> None:
        """Take the folders as they are stored now, and bring the index up to date with them."""
        self._load()
        self._index.start()

    def tidy(self) -> None:
        """Finish what a crash left undone, and forget what has been kept for too long."""
        with self._db.read() as conn:
            unfinished = [extra.path for extra in extra_paths.list_all(conn) if extra.is_removed]
        for text in unfinished:
            self._jobs.start(_FORGET, self._forget, path=text)
        with self._db.write() as conn:
            marks.forget_old(conn)

    def _resolve(self, raw: str) -> str:
        """The folder as the user wrote it."""
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
        return NotFound(f"'{shown}' is no folder that was added to the library.")

    def _forget(self, progress: Progress, path: str) -> dict[str, int]:
        """Take the rows below a folder that is indexed no more out of the index; the work of a job."""
        count = 0
        with self._index.standing_still(progress.check):
            while batch := self._forget_some(path):
                count += batch
                progress.update(done=count)
                progress.check()
        with self._db.write() as conn:
            found = extra_paths.find(conn, path)
            if found is not None and found.is_removed:
                extra_paths.remove(conn, path)
        return {"removed": count}

    def _forget_some(self, path: str) -> int:
        with self._db.write() as conn:
            found = extra_paths.find(conn, path)
            if found is not None and not found.is_removed and _kind(found.types) != "walk":
                return 0  # it came back meanwhile
            ids = _next_rows(conn, paths.real_or_given(paths.from_text(path)), self._index.library.roots)
            marks.keep(conn, marks.collect(conn, ids))
            images.remove_many(conn, ids)
            return len(ids)


def _put(conn: Connection, path: str, types: Sequence[str], alias: str | None) -> ExtraPath:
    """Store a folder, or further types of one that is there."""
    text, before = _find(conn, path)
    extra_paths.put(
        conn,
        text,
        tuple(dict.fromkeys((*(before.types if before and not before.is_removed else ()), *types))),
        alias,
    )
    found = extra_paths.find(conn, text)
    assert found is not None  # it was put there
    return found


def _find(conn: Connection, path: str) -> tuple[str, ExtraPath | None]:
    """A folder by any path that leads to it: its path as it is stored, and what is stored."""
    text, real = paths.to_text(path), paths.real_or_given(path)
    added = extra_paths.list_all(conn)
    same = [extra for extra in added if extra.path == text] or [
        extra for extra in added if paths.real_or_given(paths.from_text(extra.path)) == real
    ]
    return (same[0].path, same[0]) if same else (text, None)


def _next_rows(conn: Connection, top: str, indexed: Iterable[str]) -> list[int]:
    """Some ids of rows below ``top`` that are in no folder of ``indexed``."""
    lost = folders.find_under(conn, [paths.to_text(top)])
    lost -= folders.find_under(conn, map(paths.to_text, indexed))
    return scan_rows.load_some_ids(conn, lost, _BATCH)


def _checked(types: Sequence[str]) -> tuple[str, ...]:
    for name in types:
        if name not in TYPES:
            raise InvalidRequest(f"'{name[:50]}' is no type of a folder: use scan, scan-fixed or walk.")
    return tuple(types)
