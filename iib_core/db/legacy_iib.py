"""The database of infinite-image-browsing 1.0 to 1.9, ``iib.db``, from which marks are imported. It
is only read.

Its tables, as that program makes them: ``image`` (id, path), ``tag`` (id, name, type, in later
versions color), ``image_tag`` (image_id, tag_id), and ``extra_path`` (path, type, in later versions
alias). ``type`` of a path holds several, joined by ``+``.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from iib_core import reading
from iib_core.db.sqlite import address
from iib_core.errors import InvalidRequest, NotFound

MAGIC = b"SQLite format 3\0"
_WAL = 2  # in byte 18 of the header


@dataclass(frozen=True)
class ForeignFolder:
    """A folder of that library."""

    path: str
    types: tuple[str, ...]
    alias: str


@dataclass(frozen=True)
class ForeignLibrary:
    """The data to import: colours by custom tag, names of custom tags by path of file, folders.

    ``image_count``: the number of all files in it.
    """

    image_count: int
    colors: dict[str, str] = field(default_factory=dict)
    tags: dict[str, list[str]] = field(default_factory=dict)
    folders: list[ForeignFolder] = field(default_factory=list)


def read(path: str, opener: Callable[[str], BinaryIO] | None = None) -> ForeignLibrary:
    """Read such a database.

    Raises NotFound if it is missing, InvalidRequest if it is another kind of file. ``opener`` opens
    the file where a path cannot be trusted; then a copy of the opened file is read.
    """
    try:
        with _opened(path, opener) as connection:
            columns = {
                table: _columns(connection, table)
                for table in ("image", "tag", "image_tag", "extra_path")
            }
            if not (
                {"id", "path"} <= columns["image"]
                and {"id", "name", "type"} <= columns["tag"]
                and {"image_id", "tag_id"} <= columns["image_tag"]
            ):
                raise InvalidRequest(
                    f"'{os.path.basename(path)}' is not a database of infinite-image-browsing: give its file "
                    "iib.db."
                )
            return ForeignLibrary(
                connection.execute("SELECT count(*) FROM image").fetchone()[0],
                _read_colors(connection, columns["tag"]),
                _read_tags(connection),
                _read_folders(connection, columns["extra_path"]),
            )
    except sqlite3.Error as exc:
        raise InvalidRequest(
            f"'{os.path.basename(path)}' cannot be read as a database ({exc})."
        ) from exc


def is_database(file: BinaryIO) -> bool:
    """Whether a file is an SQLite database, by its first bytes; afterwards it is positioned at its
    beginning.
    """
    is_one = file.read(len(MAGIC)) == MAGIC
    file.seek(0)
    return is_one


def open_file(path: str) -> BinaryIO:
    """The file at a path that can be trusted. Raises NotFound if it cannot be read."""
    try:
        return reading.open_file(path)
    except OSError as exc:
        raise NotFound(f"'{path}' cannot be read: {exc.strerror or exc}.") from exc


@contextlib.contextmanager
def _opened(path: str, opener: Callable[[str], BinaryIO] | None) -> Iterator[sqlite3.Connection]:
    """A connection that leaves no files behind, even for a database that its program has open or
    did not close: then a copy is read.
    """
    with (opener or open_file)(path) as file:
        if not is_database(file):
            raise InvalidRequest(f"'{os.path.basename(path)}' is not a database.")
        is_wal = file.read(19)[-1] == _WAL
    with contextlib.ExitStack() as stack:
        beside = [
            path + end
            for end in ("-wal", "-journal")
            if os.path.isfile(path + end) and os.path.getsize(path + end)
        ]
        if beside or opener is not None:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            copies = [_copy(one, folder, opener or open_file) for one in (*beside, path)]
            connection = sqlite3.connect(copies[-1])
        else:
            # Opened otherwise, a database in WAL mode gets two files beside it.
            read_only = address(path, "immutable=1" if is_wal else "mode=ro")
            connection = sqlite3.connect(read_only, uri=True, timeout=10)
        stack.enter_context(contextlib.closing(connection))
        connection.text_factory = lambda data: data.decode("utf-8", "replace")
        yield connection


def _copy(path: str, folder: str, opener: Callable[[str], BinaryIO]) -> str:
    copy = os.path.join(folder, os.path.basename(path))
    with opener(path) as source, open(copy, "wb") as target:
        shutil.copyfileobj(source, target)
    return copy


def _columns(connection: sqlite3.Connection, table: str) -> set[str]:
    return {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}


def _read_colors(connection: sqlite3.Connection, columns: set[str]) -> dict[str, str]:
    color = "color" if "color" in columns else "''"
    rows = connection.execute(f"SELECT name, {color} FROM tag WHERE type = 'custom' ORDER BY id")
    return {str(name): str(color or "") for name, color in rows if name}


def _read_tags(connection: sqlite3.Connection) -> dict[str, list[str]]:
    names: dict[str, list[str]] = {}
    rows = connection.execute(
        "SELECT image.path, tag.name FROM tag JOIN image_tag ON image_tag.tag_id = tag.id JOIN image ON "
        "image.id = image_tag.image_id "
        "WHERE tag.type = 'custom' ORDER BY image.id, tag.id"
    )
    for path, name in rows:
        if path and name:
            names.setdefault(str(path), []).append(str(name))
    return names


def _read_folders(connection: sqlite3.Connection, columns: set[str]) -> list[ForeignFolder]:
    if not {"path", "type"} <= columns:
        return []
    alias = "alias" if "alias" in columns else "''"
    rows = connection.execute(f"SELECT path, type, {alias} FROM extra_path ORDER BY path")
    return [
        ForeignFolder(str(path), tuple(str(kinds or "").split("+")), str(alias or ""))
        for path, kinds, alias in rows
        if path
    ]
