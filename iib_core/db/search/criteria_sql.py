"""Criteria -> SQL conditions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple, TypeGuard

from sqlalchemy import ColumnElement, Connection, and_, false, func, not_, or_, select

from iib_core.db.places import NOT_ON_DISK
from iib_core.db.search.leaves import exact_sql, is_text, look_up
from iib_core.db.search.names import Names
from iib_core.db.sqlite import unindexed
from iib_core.db.tables import folder, image
from iib_core.search.criteria import (
    And,
    Criterion,
    HasTag,
    HasTagNamed,
    InFolder,
    IsMissing,
    Leaf,
    conjuncts,
    interpret,
    leaves,
)

SHOWN: ColumnElement[bool] = image.c.shown == 1
# Without a plain "shown = 1" SQLite's planner does not choose an index by date.
SHOWN_UNINDEXED: ColumnElement[bool] = unindexed(image.c.shown) == 1


class Condition(NamedTuple):
    """``sql`` holds for every file that satisfies a criterion; None means no condition.

    ``is_exact``: it holds for no other file.
    """

    sql: ColumnElement[bool] | None
    is_exact: bool


class Conditions:
    """The algebra of conditions."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def leaf(self, leaf: Leaf) -> Condition:
        """Exact, but for text, of which SQL knows nothing."""
        if is_text(leaf):
            return Condition(None, is_exact=False)
        return Condition(exact_sql(self._names, leaf), is_exact=True)

    def all_of(self, items: Sequence[Condition]) -> Condition:
        """All conditions that there are."""
        known = [item.sql for item in items if item.sql is not None]
        return Condition(and_(*known) if known else None, all(item.is_exact for item in items))

    def any_of(self, items: Sequence[Condition]) -> Condition:
        """One of the conditions; none at all if one of the items has none."""
        is_exact = all(item.is_exact for item in items)
        known = [item.sql for item in items if item.sql is not None]
        if len(known) < len(items):
            return Condition(None, is_exact)
        return Condition(or_(false(), *known), is_exact)

    def negate(self, item: Condition) -> Condition:
        """The opposite of an exact condition; a file without the value meets it, unlike in SQL."""
        if not item.is_exact:
            return Condition(None, is_exact=False)
        if item.sql is None:
            return Condition(false(), is_exact=True)
        return Condition(not_(func.coalesce(item.sql, False)), is_exact=True)


class SearchSql:
    """One search as SQL: its criterion, split into what SQL decides (``exact``) and what needs the
    text (``rest``).

    ``base``: which files can be found at all, for walks along an index in the order of the search;
    ``base_unindexed``: the same for all others, which would look up each file by itself along such
    an index. ``lists_all`` as in ``Names``.
    """

    def __init__(self, conn: Connection, criterion: Criterion, *, lists_all: bool = False) -> None:
        self.conn = conn
        self.exact, self.rest = split(criterion)
        self.names = look_up(conn, criterion, lists_all=lists_all)
        self.base = base_of(criterion, SHOWN)
        self.base_unindexed = base_of(criterion, SHOWN_UNINDEXED)
        self.is_about_missing = is_about_missing(criterion)

    @cached_property
    def conditions(self) -> list[ColumnElement[bool]]:
        """The condition of the whole criterion, without ``base``; empty if it has none."""
        return self.conditions_of(And((self.exact, self.rest)))

    @cached_property
    def conditions_of_walk(self) -> list[ColumnElement[bool]]:
        """The same for files that a walk passes."""
        return self.conditions_of(And((self.exact, self.rest)), self.names.of_walk())

    @cached_property
    def tags(self) -> list[tuple[int, ...]]:
        """The tag ids of each criterion about tags that must hold."""
        return [self.names.ids[part] for part in conjuncts(self.exact) if is_tag(part)]

    @cached_property
    def folders(self) -> list[tuple[int, ...]]:
        """The folder ids of each criterion about folders that must hold, unless they contain the
        whole library.
        """
        return [
            self.names.ids[part]
            for part in conjuncts(self.exact)
            if isinstance(part, InFolder) and not self.names.is_everywhere(part)
        ]

    @cached_property
    def conditions_of_walk_without_tags(self) -> list[ColumnElement[bool]]:
        """The conditions of all criteria but those of ``tags``, for files that a walk passes."""
        parts = conjuncts(And((self.exact, self.rest)))
        names = self.names.of_walk()
        return [
            condition
            for part in parts
            if not is_tag(part)
            for condition in self.conditions_of(part, names)
        ]

    def conditions_without(self, tag_ids: tuple[int, ...]) -> list[ColumnElement[bool]]:
        """The conditions of all criteria but the one about these tags."""
        return [
            condition
            for part in conjuncts(And((self.exact, self.rest)))
            if not (is_tag(part) and self.names.ids[part] == tag_ids)
            for condition in self.conditions_of(part)
        ]

    def conditions_of(
        self, criterion: Criterion, names: Names | None = None
    ) -> list[ColumnElement[bool]]:
        """The condition of a part of the criterion; empty if it has none."""
        condition = interpret(criterion, Conditions(names or self.names)).sql
        return [] if condition is None else [condition]


def is_tag(criterion: Criterion) -> TypeGuard[HasTag | HasTagNamed]:
    """Whether it is a leaf about tags."""
    return isinstance(criterion, (HasTag, HasTagNamed))


def is_exact(criterion: Criterion) -> bool:
    """Whether SQL alone decides the criterion."""
    return not any(map(is_text, leaves(criterion)))


def split(criterion: Criterion) -> tuple[And, And]:
    """The conjuncts that SQL decides, and those that need the text."""
    parts = list(conjuncts(criterion))
    exact = tuple(part for part in parts if is_exact(part))
    return And(exact), And(tuple(part for part in parts if not is_exact(part)))


def is_about_missing(criterion: Criterion) -> bool:
    """Whether a leaf of the criterion is about files that are missing on the disk."""
    return any(isinstance(leaf, IsMissing) for leaf in leaves(criterion))


def base_of(criterion: Criterion, shown: ColumnElement[bool]) -> ColumnElement[bool]:
    """The files that a search can find: those that are ``shown``. If it is about missing files,
    those too, but neither hidden ones nor those in the trash, whose folders are no paths.
    """
    if not is_about_missing(criterion):
        return shown
    folders = folder.alias()
    path = select(folders.c.path).where(folders.c.id == image.c.folder_id).scalar_subquery()
    is_real = not_(or_(*(func.substr(path, 1, len(mark)) == mark for mark in NOT_ON_DISK)))
    return and_(
        or_(image.c.shown == 1, image.c.missing_ns.is_not(None)),
        func.substr(image.c.name, 1, 1) != ".",
        is_real,
    )
