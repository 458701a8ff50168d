"""Import and export of marks: from another program's database, and from and to JSON lines.

Marks of files that are not in the index are kept for 90 days and given to the files when they
appear. For the lines see ``mark_lines``.
"""

from __future__ import annotations

import glob
import io
import json
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from typing import Any

from iib_core import paths
from iib_core.access import Access
from iib_core.db import albums, legacy_iib, marks, tags
from iib_core.db.bulk import store_each
from iib_core.db.engine import Connection, Database
from iib_core.db.marks import Marks
from iib_core.db.places import NOT_ON_DISK
from iib_core.errors import InvalidRequest, NotFound
from iib_core.index import mark_lines, roots
from iib_core.index.marks import validate_colour, validate_name
from iib_core.jobs import Progress

_BATCH = 2000
_SHOWN_ERRORS = 20
# A WebUI installation is searched for in this many folders: a root and its parents.
_LEVELS = 4
# Begins a transaction.
_Write = Callable[[], AbstractContextManager[Connection]]
_SPACE = re.compile(r"[\x00-\x1f\x7f-\x9f\s]+")


@dataclass(frozen=True)
class Imported:
    """The result of an import.

    ``tags``, ``albums``: how many the source has. ``files``: files that got their marks.
    ``waiting``: files that are not in the index yet. ``errors``: lines that could not be used.
    """

    tags: int = 0
    albums: int = 0
    files: int = 0
    waiting: int = 0
    folders: tuple[str, ...] = ()
    skipped_folders: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()


@dataclass(frozen=True)
class Offer:
    """A database of another program that can be imported.

    Counts: its files, its custom tags, its files with custom tags, its folders.
    """

    path: str
    images: int
    tags: int
    tagged: int
    folders: int


def find_databases(access: Access, others: Iterable[str] = ()) -> list[str]:
    """Paths of files named like the database of infinite-image-browsing, among the extensions of
    the WebUI that holds a root or one of the folders ``others``.
    """
    candidates = dict.fromkeys(
        parent
        for folder in (*(root.real for root in access.roots), *others)
        for parent in _with_parents(folder)
    )
    found: dict[str, None] = {}
    for folder in candidates:
        pattern = os.path.join(glob.escape(folder), "extensions", "*", "iib.db")
        found |= dict.fromkeys(sorted(glob.glob(pattern)))
    return list(found)


def find_offers(access: Access, others: Iterable[str] = ()) -> list[Offer]:
    """The files of ``find_databases`` that are such databases, with their counts."""
    offers = (_read_offer(path) for path in find_databases(access, others))
    return [offer for offer in offers if offer is not None]


def _with_parents(folder: str) -> Iterator[str]:
    for _ in range(_LEVELS):
        yield folder
        folder = os.path.dirname(folder)


def _read_offer(path: str) -> Offer | None:
    try:
        library = legacy_iib.read(path)
    except (InvalidRequest, NotFound):
        return None
    return Offer(
        path=paths.to_text(path),
        images=library.image_count,
        tags=len(library.colors),
        tagged=len(library.tags),
        folders=len(library.folders),
    )


def import_file(
    db: Database,
    access: Access,
    path: str,
    progress: Progress | None = None,
    *,
    is_trusted: bool = False,
    dry_run: bool = False,
) -> Imported:
    """Import a database of infinite-image-browsing, or JSON lines.

    Existing marks stay, and importing a file twice has no further effect.

    ``progress`` counts files; what was imported before it cancels stays. ``is_trusted``: the path
    comes from the server, and may lie outside of the library. ``dry_run`` only counts.

    Raises NotFound if the file cannot be read, InvalidRequest if it is of another type.
    """
    write = db.trial if dry_run else db.write
    with (legacy_iib.open_file if is_trusted else access.open)(path) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise InvalidRequest(f"'{os.path.basename(path)}' is not a file.")
        if not legacy_iib.is_database(file):
            with io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace") as lines:
                return _import_lines(write, access, lines, progress)
    library = legacy_iib.read(path, None if is_trusted else access.open)
    return _import_database(write, access, library, progress)


def _import_database(
    write: _Write,
    access: Access,
    library: legacy_iib.ForeignLibrary,
    progress: Progress | None,
) -> Imported:
    if progress is not None:
        progress.begin("importing", 0.0, 1.0, len(library.tags))
    raw_names = {*library.colors, *(name for own in library.tags.values() for name in own)}
    names = {name: _valid_name(name) for name in raw_names}
    with write() as conn:
        for name, color in library.colors.items():
            if progress is not None:
                progress.check()
            _put_tag(conn, names[name], color)
    files = (
        Marks(path, tags=tuple(names[name] for name in own)) for path, own in library.tags.items()
    )
    errors: list[str] = []
    counts = _store(write, access, map(_PathResolver(access).resolve, files), progress, errors)
    folders = [(folder.path, folder.types, folder.alias) for folder in library.folders]
    added, skipped = roots.restore(write, access, folders)
    return replace(
        counts,
        tags=len(library.colors),
        folders=added,
        skipped_folders=skipped,
        errors=tuple(errors[:_SHOWN_ERRORS]),
    )


class _PathResolver:
    """Turns paths of another program into real paths, as the index has them. Resolves each folder
    once.

    Paths of another operating system stay unchanged.
    """

    def __init__(self, access: Access) -> None:
        self._access = access
        self._folders: dict[str, str] = {}

    def resolve(self, file_marks: Marks) -> Marks:
        """The marks with the real path."""
        try:
            path = paths.check(file_marks.path)
        except InvalidRequest:
            return file_marks
        folder, name = os.path.split(path)
        if folder not in self._folders:
            self._folders[folder] = self._real(folder)
        return replace(file_marks, path=paths.to_text(os.path.join(self._folders[folder], name)))

    def _real(self, folder: str) -> str:
        return paths.real_or_given(folder) if self._access.may_ask(folder) else folder


def _valid_name(raw: str) -> str:
    """``raw`` as a valid name: without line breaks, and shortened to the limit."""
    return _SPACE.sub(" ", raw).strip()[:200] or "?"


def _put_tag(conn: Connection, name: str, color: str) -> None:
    try:
        color = validate_colour(color)
    except InvalidRequest:
        color = ""
    tag = tags.create_custom(conn, name, color)
    if color and not tag.color:
        tags.change(conn, tag.id, color=color)


def _store(
    write: _Write,
    access: Access,
    all_marks: Iterable[Marks],
    progress: Progress | None,
    errors: list[str],
) -> Imported:
    """Store marks in batches. Marks that cannot be stored are added to ``errors``."""
    files = waiting = 0
    visible = (file_marks for file_marks in all_marks if _is_visible(access, file_marks))

    def store(batch: Sequence[Marks]) -> None:
        nonlocal files, waiting
        with write() as conn:
            settled = marks.settle(conn, batch)
        files, waiting = files + settled, waiting + len(batch) - settled

    while batch := list(islice(visible, _BATCH)):
        store_each(
            batch, store, lambda failed, reason: errors.append(f"{failed.path[:300]}: {reason}")
        )
        if progress is not None:
            progress.update(done=files + waiting)
            progress.check()
    return Imported(files=files, waiting=waiting)


def _is_visible(access: Access, file_marks: Marks) -> bool:
    """Whether the client has access to the file."""
    return access.visible is None or access.allows(paths.from_text(file_marks.path))


def import_lines(
    db: Database, access: Access, lines: Iterable[str], progress: Progress | None = None
) -> Imported:
    """Import JSON lines.

    Wrong lines are skipped and listed in ``errors``. Raises InvalidRequest if all lines are wrong.
    """
    return _import_lines(db.write, access, lines, progress)


def _import_lines(
    write: _Write, access: Access, lines: Iterable[str], progress: Progress | None
) -> Imported:
    reader = _LineReader()
    found = reader.read(write, _cancellable(lines, progress))
    counts = _store(write, access, found, progress, reader.errors)
    if not reader.used and reader.errors:
        raise InvalidRequest(f"This file holds no marks of pictures: {reader.errors[0]}")
    return replace(
        counts, tags=reader.tags, albums=reader.albums, errors=tuple(reader.errors[:_SHOWN_ERRORS])
    )


def _cancellable(lines: Iterable[str], progress: Progress | None) -> Iterator[str]:
    """The lines. Raises Cancelled at any of them, because each tag is a transaction of its own."""
    for line in lines:
        if progress is not None:
            progress.check()
        yield line


@dataclass
class _LineReader:
    """Reads lines: creates tags and albums at once, and returns the marks of files."""

    tags: int = 0
    albums: int = 0
    used: int = 0
    errors: list[str] = field(default_factory=list)

    def read(self, write: _Write, lines: Iterable[str]) -> Iterator[Marks]:
        """The marks of the files in ``lines``."""
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                file_marks = self._read_line(write, line)
            except (InvalidRequest, ValueError, RecursionError) as exc:
                self.errors.append(f"line {number}: {exc}")
                continue
            self.used += 1
            if file_marks is not None:
                yield file_marks

    def _read_line(self, write: _Write, line: str) -> Marks | None:
        entry = json.loads(line)
        kind = entry.get("kind") if isinstance(entry, dict) else None
        if kind == "file":
            return mark_lines.parse_file(entry)
        if kind not in ("tag", "album"):
            raise InvalidRequest("it is neither a file, a tag nor an album.")
        name = validate_name(mark_lines.get_text(entry, "name"))
        with write() as conn:
            if kind == "tag":
                self.tags += 1
                _put_tag(conn, name, mark_lines.get_text(entry, "color", ""))
            else:
                self.albums += 1
                albums.ensure(conn, name)
        return None


def export_lines(db: Database, access: Access) -> Iterator[str]:
    """The marks of all files to which the client has access, as lines; also marks that wait for
    their files.
    """
    with db.read() as conn:
        for tag in tags.list_custom(conn):
            yield mark_lines.to_line(kind="tag", name=tag.name, color=tag.color)
        for album in albums.list_all(conn):
            yield mark_lines.to_line(kind="album", name=album.name)
        indexed: set[bytes | None] = set()
        for file_marks in _load_marked(conn):
            indexed.add(file_marks.fingerprint)
            if _is_visible(access, file_marks):
                yield mark_lines.to_file_line(file_marks)
        for file_marks in marks.list_kept(conn):
            # If the index has a copy of the file, that copy has these marks already.
            is_copied = file_marks.fingerprint is not None and file_marks.fingerprint in indexed
            if not is_copied and _is_visible(access, file_marks):
                yield mark_lines.to_file_line(file_marks)


def _load_marked(conn: Connection) -> Iterator[Marks]:
    """The marks of all files on the disk that have some."""
    last = 0
    while ids := marks.load_marked(conn, last, _BATCH):
        last = ids[-1]
        for file_marks in marks.collect(conn, ids):
            if not file_marks.path.startswith(NOT_ON_DISK):
                yield file_marks


def as_answer(imported: Imported) -> dict[str, Any]:
    """The result in its JSON form, for responses and jobs."""
    values = asdict(imported)
    return {
        name: list(value) if isinstance(value, tuple) else value for name, value in values.items()
    }
