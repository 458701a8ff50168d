"""Places: paths of the database as they are on this machine, where several servers share it.

What is read needs nothing: the driver says from which column a value comes, and those that hold paths
are turned into paths of this machine by ``Places``. A value that SQL has made of a path has no column,
as that of a JSON list: ``local``. What is written, and what is looked for, goes through ``stored`` or
one of its like. Over SQLite paths are stored as they are.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, event

from iib_core import paths, root_map
from iib_core.paths import ELSEWHERE
from iib_core.root_map import MappedRoot, RootMap, separator_of

# The folder of a row that is in no folder of the disk begins with one of these: its file is in the
# trash, or is gone and another file has its path. No real path begins so, so a scan never meets it.
TRASH_MARK, GONE_MARK = "trash:", "gone:"
NOT_ON_DISK = (TRASH_MARK, GONE_MARK)
_KEY = "iib_places"
# Between the sentence and the path of an operation's summary.
_BEFORE_PATH = ": "

Convert = Callable[[Any], Any]
Row = Callable[[Sequence[Any]], tuple[Any, ...]]


class Places:
    """The paths of one database on this machine."""

    def __init__(self, roots: Iterable[MappedRoot] = ()) -> None:
        roots = tuple(roots)
        self._on_disk = RootMap(roots)
        self._texts = RootMap(
            MappedRoot(root.name, paths.to_text(root.path), paths.to_text(root.real))
            for root in roots
        )
        self._columns: dict[tuple[int, int], Convert] = {}
        self._names: set[tuple[int, int]] = set()

    @property
    def roots(self) -> tuple[MappedRoot, ...]:
        """The mapped folders of this machine."""
        return self._on_disk.roots

    def serve(self, engine: Engine) -> None:
        """Have the connections of an engine give paths of this machine."""

        @event.listens_for(engine, "connect")
        def prepare(connection: Any, record: Any) -> None:
            record.info[_KEY] = self
            connection.row_factory = self._rows_of

    def find_columns(self, connection: Connection) -> None:
        """Look up the columns that hold paths; before, they are read as they are stored."""
        converted: Mapping[str, Convert] = {
            "folder.path": self.local,
            "extra_path.path": self.local,
            "kept.path": self.local,
            "indexed_root.path": self.local,
            "operation.summary": self.local_summary,
            "operation_step.source": self._local_bytes,
            "operation_step.target": self._local_bytes,
            "resolved.victim": self._local_bytes,
            "resolved.keeper": self._local_bytes,
            "job.params": self._local_json,
            "job.result": self._local_json,
            "organise_plan.plan": self._local_json,
            "organise_plan.result": self._local_json,
            "ai_result.value": self._local_json,
            "setting.value": self._local_json,
        }
        rows = connection.exec_driver_sql(
            "SELECT c.relname || '.' || a.attname, c.oid::bigint, a.attnum FROM pg_class c "
            "JOIN pg_attribute a ON a.attrelid = c.oid WHERE c.relnamespace = 'iib'::regnamespace "
            "AND c.relkind = 'r' AND a.attnum > 0"
        ).all()
        self._columns = {
            (table, number): converted[name] for name, table, number in rows if name in converted
        }
        self._names = {(table, number) for name, table, number in rows if name == "image.name"}

    def local(self, stored: str) -> str:
        """The path of this machine, as text, of a path of the database."""
        mark, path = split_mark(stored)
        return stored if mark == GONE_MARK else mark + self._texts.local(path)

    def stored(self, local: str) -> str:
        """The path of the database of a path of this machine, as text."""
        mark, path = split_mark(local)
        return local if mark == GONE_MARK else mark + self._texts.stored(path)

    def stored_bytes(self, local: str) -> bytes:
        """As ``stored``, for a path as on the disk, as bytes."""
        return os.fsencode(self._on_disk.stored(local)) if local else b""

    def local_summary(self, stored: str) -> str:
        """The summary of an operation, of which the path at its end may be the whole."""
        return _with_path(stored, self._texts.local)

    def stored_summary(self, local: str) -> str:
        """The inverse of ``local_summary``."""
        return _with_path(local, self._texts.stored)

    def stored_value(self, value: Any) -> Any:
        """A value of JSON whose texts that are paths in mapped folders become those of the database."""
        return _walk(value, self._stored_if_path) if self.roots else value

    def local_value(self, value: Any) -> Any:
        """The inverse of ``stored_value``."""
        return _walk(value, self._local_if_mapped)

    def _stored_if_path(self, text: str) -> str:
        return self._texts.stored(text) if root_map.is_path(text) else text

    def _local_if_mapped(self, text: str) -> str:
        local = self._texts.local(text) if root_map.name_of(text) else text
        # What looks like a name need not be one.
        return text if paths.is_elsewhere(local) else local

    def _local_json(self, stored: str) -> str:
        if not any(f'"{root.name}:' in stored for root in self.roots):
            return stored
        return json.dumps(self.local_value(json.loads(stored)))

    def _local_bytes(self, stored: bytes) -> bytes:
        if not stored:
            return stored
        try:
            return os.fsencode(self._on_disk.local(os.fsdecode(stored)))
        except UnicodeError:  # a name that only other systems can have
            return (ELSEWHERE + stored.decode("utf-8", "replace")).encode()

    def _rows_of(self, cursor: Any) -> Row:
        """How the rows of a result are made of their values."""
        result = cursor.pgresult
        origins = [
            (result.ftable(at), result.ftablecol(at))
            for at in range(result.nfields if result else 0)
        ]
        converted = [
            (at, self._columns[origin])
            for at, origin in enumerate(origins)
            if origin in self._columns
        ]
        if not converted:
            return tuple
        names = [at for at, origin in enumerate(origins) if origin in self._names]

        def row(values: Sequence[Any]) -> tuple[Any, ...]:
            items = list(values)
            for at, convert in converted:
                if items[at] is not None:
                    items[at] = convert(items[at])
            for at in names:
                if items[at] is not None and not self._texts.is_plain(items[at]):
                    # Joined with its folder the name could lead to another file.
                    for path_at, convert in converted:
                        if convert == self.local and items[path_at] is not None:
                            items[path_at] = as_elsewhere(items[path_at])
                    items[at] = self._texts.escaped(items[at])
            return tuple(items)

        return row

    def located(
        self, folders: Iterable[str], names: Iterable[str]
    ) -> tuple[Sequence[str], Sequence[str]]:
        """The folders on this machine and the names of files of the database."""
        both = [self._located(folder, name) for folder, name in zip(folders, names)]
        return [folder for folder, _ in both], [name for _, name in both]

    def _located(self, folder: str, name: str) -> tuple[str, str]:
        if self._texts.is_plain(name):
            return self.local(folder), name
        return as_elsewhere(self.local(folder)), self._texts.escaped(name)


def as_elsewhere(local: str) -> str:
    """A path of this machine as one that it does not have."""
    return local if local.startswith((ELSEWHERE, *NOT_ON_DISK)) else ELSEWHERE + local


def find(conn: Connection) -> Places | None:
    """The places of a connection; None over SQLite."""
    return conn.info.get(_KEY)


def stored(conn: Connection, path: str) -> str:
    """The path of the database of a path of this machine, as text."""
    places = find(conn)
    return path if places is None else places.stored(path)


def stored_all(conn: Connection, given: Iterable[str]) -> list[str]:
    """As ``stored``, of several."""
    places = find(conn)
    return list(given) if places is None else list(map(places.stored, given))


def stored_bytes(conn: Connection, path: str) -> bytes:
    """The path of the database of a path as on the disk, as bytes."""
    places = find(conn)
    return os.fsencode(path) if places is None else places.stored_bytes(path)


def stored_value(conn: Connection, value: Any) -> Any:
    """A value of JSON with the paths of the database."""
    places = find(conn)
    return value if places is None else places.stored_value(value)


def stored_summary(conn: Connection, summary: str) -> str:
    """The summary of an operation with the path of the database."""
    places = find(conn)
    return summary if places is None else places.stored_summary(summary)


def local(conn: Connection, path: str) -> str:
    """The path of this machine of a folder that SQL has read, as text."""
    places = find(conn)
    return path if places is None else places.local(path)


def below(conn: Connection, path: str) -> tuple[str, str]:
    """What all paths of the database below a path of this machine begin with, and the first text
    behind them.
    """
    text = stored(conn, path)
    sep = separator(conn, text)
    start = text if text.endswith(sep) else text + sep
    # LIKE would read _ and % as wildcards.
    return start, start[:-1] + chr(ord(sep) + 1)


def separator(conn: Connection, stored: str) -> str:
    """The separator in a path of the database."""
    return os.sep if find(conn) is None else separator_of(split_mark(stored)[1])


def split_mark(path: str) -> tuple[str, str]:
    """The mark of a folder that is not on the disk, "" for any other, and the path behind it."""
    mark = next((mark for mark in NOT_ON_DISK if path.startswith(mark)), "")
    return mark, path[len(mark) :]


def _with_path(summary: str, convert: Callable[[str], str]) -> str:
    if root_map.is_path(summary):
        return convert(summary)
    head, between, path = summary.partition(_BEFORE_PATH)
    return head + between + convert(path) if root_map.is_path(path) else summary


def _walk(value: Any, convert: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return convert(value)
    if isinstance(value, (list, tuple)):
        return [_walk(item, convert) for item in value]
    if isinstance(value, dict):
        return {key: _walk(item, convert) for key, item in value.items()}
    return value
