"""A part of a statement that the two engines spell in different ways."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.visitors import InternalTraversal


class Spelled(ColumnElement[Any]):
    """One expression, as SQLite and as PostgreSQL take it."""

    inherit_cache = True
    _traverse_internals = [  # noqa: RUF012
        ("sqlite", InternalTraversal.dp_clauseelement),
        ("postgresql", InternalTraversal.dp_clauseelement),
    ]

    def __init__(self, sqlite: ColumnElement[Any], postgresql: ColumnElement[Any]) -> None:
        self.sqlite = sqlite
        self.postgresql = postgresql
        self.type = sqlite.type

    @property
    def _from_objects(self) -> Any:
        return self.sqlite._from_objects

    def self_group(self, against: Any = None) -> Spelled:
        return Spelled(self.sqlite.self_group(against), self.postgresql.self_group(against))

    def _negate(self) -> Spelled:
        return Spelled(~self.sqlite, ~self.postgresql)


@compiles(Spelled)
def _as_sqlite(element: Spelled, compiler: Any, **options: Any) -> str:
    return str(compiler.process(element.sqlite, **options))


@compiles(Spelled, "postgresql")
def _as_postgresql(element: Spelled, compiler: Any, **options: Any) -> str:
    return str(compiler.process(element.postgresql, **options))
