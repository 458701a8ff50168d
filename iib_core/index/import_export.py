"""Exchange: what users put onto their pictures, brought from another program, written out as JSON
lines, and read in again.

A line is an object: ``{"kind": "tag", "name", "color"}``, ``{"kind": "album", "name"}`` or
``{"kind": "file", "path", "fingerprint", "tags", "rating", "albums"}``, where ``albums`` are
positions by name. What is for files that the index does not hold waits for them for 90 days.
"""

from __future__ import annotations

import glob
import io
import json
import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from typing import Any

from iib_core import paths
from iib_core.access import Access
from iib_core.db import albums, foreign, marks, tags
from iib_core.db.bulk import store_each
from iib_core.db.engine import Database
from iib_core.db.marks import Marks
from iib_core.db.where import NOT_ON_DISK
from iib_core.errors import InvalidRequest, NotFound
from iib_core.index import roots
from iib_core.index.fingerprint import FINGERPRINT_BYTES
from iib_core.index.marks import MAX_RATING, check_colour, check_name
from iib_core.jobs import Progress

_BATCH = 2000
_SHOWN_ERRORS = 20
_POSITION_MAX = 2**31
# Tags and albums of one file: more are no user's, and would keep all others from writing for minutes.
_MOST_NAMES = 1000
# So many folders above a root an installation of the WebUI is looked for.
_LEVELS = 4
_SPACE = re.compile(r"[\x00-\x1f\x7f-\x9f\s]+")


@dataclass(frozen=True)
class Brought:
    """What came in: tags and albums, files that were given their marks and those that are waited
    for, folders added and left out, lines that are none.
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
    """A database of another program that was found.

    Counts: files it knows, custom tags, files that have some, its folders.
    """

    path: str
    images: int
    tags: int
    tagged: int
    folders: int


def find_databases(access: Access, others: Iterable[str] = ()) -> list[str]:
    """Files that are called as infinite-image-browsing's, in the extensions of the WebUI that a
    root, or one of ``others``, lies in.
    """
    tops = dict.fromkeys(
        above for folder in (*(root.real for root in access.roots), *others) for above in _above(folder)
    )
    found = (
        path
        for top in tops
        for path in sorted(glob.glob(os.path.join(glob.escape(top), "extensions", "*", "iib.db")))
    )
    return list(dict.fromkeys(found))


def find_offers(access: Access, others: Iterable[str] = ()) -> list[Offer]:
    """Those of ``find_databases`` that are such databases, and what they hold."""
    return [offer for path in find_databases(access, others) if (offer := _look_at(path)) is not None]


def _above(folder: str) -> Iterator[str]:
    for _ in range(_LEVELS):
        yield folder
        folder = os.path.dirname(folder)


def _look_at(path: str) -> Offer | None:
    try:
        library = foreign.read(path)
    except (InvalidRequest, NotFound):
        return None
    return Offer(
        paths.to_text(path), library.image_count, len(library.colors), len(library.tags), len(library.folders)
    )


def bring(
    db: Database, access: Access, path: str, progress: Progress | None = None, *, is_found: bool = False
) -> Brought:
    """Take over what a file holds, a database of infinite-image-browsing or JSON lines.

    Nothing that is there is lost, and twice is as once.

    ``progress`` is told of files; where it ends the work, what came in until then stays.
    ``is_found``: it is one of ``find_databases``, which may lie outside of the library.

    Raises NotFound for a file that cannot be read, InvalidRequest for one of another kind.
    """
    if is_found:
        return _bring_database(db, access, foreign.read(path), progress)
    with access.open(path) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise InvalidRequest(f"'{os.path.basename(path)}' is not a file.")
        if not foreign.is_database(file):
            with io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace") as lines:
                return bring_lines(db, access, lines, progress)
    return _bring_database(db, access, foreign.read(path, access.open), progress)


def _bring_database(
    db: Database, access: Access, library: foreign.ForeignLibrary, progress: Progress | None
) -> Brought:
    if progress is not None:
        progress.begin("importing", 0.0, 1.0, len(library.tags))
    names = {
        name: _name(name)
        for name in {*library.colors, *(name for own in library.tags.values() for name in own)}
    }
    with db.write() as conn:
        for name, color in library.colors.items():
            if progress is not None:
                progress.check()
            _put_tag(conn, names[name], color)
    files = (Marks(path, tags=tuple(names[name] for name in own)) for path, own in library.tags.items())
    errors: list[str] = []
    count = _settle(db, access, map(_Here(access).place, files), progress, errors)
    added, skipped = roots.restore(
        db, access, [(folder.path, folder.types, folder.alias) for folder in library.folders]
    )
    return replace(
        count,
        tags=len(library.colors),
        folders=added,
        skipped_folders=skipped,
        errors=tuple(errors[:_SHOWN_ERRORS]),
    )


class _Here:
    """Paths of another program as the index has them: real ones, each folder looked up once.

    Those of another system stay as they are.
    """

    def __init__(self, access: Access) -> None:
        self._access = access
        self._folders: dict[str, str] = {}

    def place(self, one: Marks) -> Marks:
        """The marks under the real path."""
        try:
            path = paths.check(one.path)
        except InvalidRequest:
            return one
        head, name = os.path.split(path)
        if head not in self._folders:
            self._folders[head] = self._real(head)
        return replace(one, path=paths.to_text(os.path.join(self._folders[head], name)))

    def _real(self, folder: str) -> str:
        return paths.real_or_given(folder) if self._access.may_ask(folder) else folder


def _name(raw: str) -> str:
    """A name that fits: without line breaks, and not longer than names are here."""
    return _SPACE.sub(" ", raw).strip()[:200] or "?"


def _put_tag(conn: Any, name: str, color: str) -> None:
    try:
        color = check_colour(color)
    except InvalidRequest:
        color = ""
    tag = tags.create_custom(conn, name, color)
    if color and not tag.color:
        tags.change(conn, tag.id, color=color)


def _settle(
    db: Database, access: Access, many: Iterable[Marks], progress: Progress | None, errors: list[str]
) -> Brought:
    files = waiting = 0
    rest = (one for one in many if _is_visible(access, one))

    def settle(batch: Sequence[Marks]) -> None:
        nonlocal files, waiting
        with db.write() as conn:
            found = marks.settle(conn, batch)
        files, waiting = files + found, waiting + len(batch) - found

    while batch := list(islice(rest, _BATCH)):
        store_each(batch, settle, lambda one, reason: errors.append(f"{one.path[:300]}: {reason}"))
        if progress is not None:
            progress.update(done=files + waiting)
            progress.check()
    return Brought(files=files, waiting=waiting)


def _is_visible(access: Access, one: Marks) -> bool:
    """Whether a client may know of the file."""
    return access.visible is None or access.allows(paths.from_text(one.path))


def bring_lines(
    db: Database, access: Access, lines: Iterable[str], progress: Progress | None = None
) -> Brought:
    """Take over JSON lines.

    A line that is none is told and left out. Raises InvalidRequest where not one can be used.
    """
    reader = _Lines()
    count = _settle(db, access, reader.read(db, _checking(lines, progress)), progress, reader.errors)
    if not reader.used and reader.errors:
        raise InvalidRequest(f"This file holds no marks of pictures: {reader.errors[0]}")
    return replace(count, tags=reader.tags, albums=reader.albums, errors=tuple(reader.errors[:_SHOWN_ERRORS]))


def _checking(lines: Iterable[str], progress: Progress | None) -> Iterator[str]:
    """The lines, until the work shall end: a million tags are as many transactions."""
    for line in lines:
        if progress is not None:
            progress.check()
        yield line


@dataclass
class _Lines:
    """Reads lines: tags and albums are made at once, files handed on."""

    tags: int = 0
    albums: int = 0
    used: int = 0
    errors: list[str] = field(default_factory=list)

    def read(self, db: Database, lines: Iterable[str]) -> Iterator[Marks]:
        """The files' marks."""
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                found = self._read_one(db, line)
            except (InvalidRequest, ValueError, RecursionError) as exc:
                self.errors.append(f"line {number}: {exc}")
                continue
            self.used += 1
            if found is not None:
                yield found

    def _read_one(self, db: Database, line: str) -> Marks | None:
        entry = json.loads(line)
        kind = entry.get("kind") if isinstance(entry, dict) else None
        if kind == "file":
            return _file(entry)
        if kind not in ("tag", "album"):
            raise InvalidRequest("it is neither a file, a tag nor an album.")
        name = check_name(_text(entry, "name"))
        with db.write() as conn:
            if kind == "tag":
                self.tags += 1
                _put_tag(conn, name, _text(entry, "color", ""))
            else:
                self.albums += 1
                albums.ensure(conn, name)
        return None


def _text(entry: dict[str, Any], key: str, default: str | None = None) -> str:
    value = entry.get(key, default)
    if not isinstance(value, str):
        raise InvalidRequest(f"'{key}' is no text.")
    return value


def _path(entry: dict[str, Any]) -> str:
    """The path as text, of whatever system: that it is none of this one is no mistake."""
    path = paths.to_text(_text(entry, "path"))
    if not path or "\0" in path or len(path) > paths.MAX_PATH_CHARS:
        raise InvalidRequest(
            f"'path' is empty, contains a NUL character, or has more than {paths.MAX_PATH_CHARS} characters."
        )
    return path


def _file(entry: dict[str, Any]) -> Marks:
    path, printed, rating = _path(entry), entry.get("fingerprint"), entry.get("rating") or None
    named, placed = entry.get("tags", []), entry.get("albums", {})
    if not isinstance(named, list) or not isinstance(placed, dict):
        raise InvalidRequest("'tags' is no list, or 'albums' holds no positions.")
    if len(named) + len(placed) > _MOST_NAMES:
        raise InvalidRequest(f"it has more than {_MOST_NAMES} tags and albums.")
    if rating is not None and (not isinstance(rating, int) or not 1 <= rating <= MAX_RATING):
        raise InvalidRequest(f"'rating' is none from 1 to {MAX_RATING}.")
    if not all(isinstance(position, int) and abs(position) < _POSITION_MAX for position in placed.values()):
        raise InvalidRequest("'albums' holds a position that is no number.")
    fingerprint = bytes.fromhex(printed) if isinstance(printed, str) else None
    if fingerprint is not None and len(fingerprint) != FINGERPRINT_BYTES:
        raise InvalidRequest("'fingerprint' has another length.")
    names = tuple(check_name(name if isinstance(name, str) else "") for name in named)
    return Marks(
        path, fingerprint, names, {check_name(name): position for name, position in placed.items()}, rating
    )


def write_lines(db: Database, access: Access) -> Iterator[str]:
    """Everything that users put onto pictures that a client may see, as lines; also what waits for its files."""
    with db.read() as conn:
        yield from (_line(kind="tag", name=tag.name, color=tag.color) for tag in tags.list_custom(conn))
        yield from (_line(kind="album", name=album.name) for album in albums.list_all(conn))
        there: set[bytes | None] = set()
        for one in _marked(conn):
            there.add(one.fingerprint)
            if _is_visible(access, one):
                yield _file_line(one)
        # What waits for a file of which the index has a copy was given to that one already.
        waiting = (
            one for one in marks.list_kept(conn) if one.fingerprint is None or one.fingerprint not in there
        )
        yield from (_file_line(one) for one in waiting if _is_visible(access, one))


def _marked(conn: Any) -> Iterator[Marks]:
    last = 0
    while ids := marks.load_marked(conn, last, _BATCH):
        last = ids[-1]
        yield from (one for one in marks.collect(conn, ids) if not one.path.startswith(NOT_ON_DISK))


def _file_line(one: Marks) -> str:
    printed = one.fingerprint.hex() if one.fingerprint else None
    return _line(
        kind="file",
        path=one.path,
        fingerprint=printed,
        tags=list(one.tags),
        rating=one.rating or 0,
        albums=dict(one.albums),
    )


def _line(**entry: Any) -> str:
    return json.dumps(entry, ensure_ascii=False) + "\n"


def as_answer(brought: Brought) -> dict[str, Any]:
    """As clients and jobs get it."""
    return {
        name: list(value) if isinstance(value, tuple) else value for name, value in asdict(brought).items()
    }
