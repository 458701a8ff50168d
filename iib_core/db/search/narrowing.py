"""Narrowing a search down by the text index: candidates for the criteria about text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Connection, Select, and_, false, or_

from iib_core.db import fts
from iib_core.db.documents import documents_matching, images_matching
from iib_core.db.fts import Wanted
from iib_core.db.search.criteria_sql import Condition, Conditions
from iib_core.db.search.int_columns import Ints, are_among, read_columns
from iib_core.db.search.leaves import LEAVES, TextLeaf, images_with
from iib_core.db.search.names import Names
from iib_core.db.search.text_sql import Needle
from iib_core.db.sqlite import values_of
from iib_core.db.tables import image
from iib_core.search.criteria import Criterion, Leaf, interpret

_MAX_CHOICES = 20
# The text index is asked about a range of ids that lie so close together that the answer costs less
# than reading the texts: at least _MIN_RUN ids, of every _MAX_SPREAD-th at least one, no gap above
# _MAX_GAP.
_MAX_GAP, _MAX_SPREAD, _MIN_RUN = 4000, 20, 1000
# If the text index names fewer files than this, they are all read and sorted at once.
_MAX_FEW = 5000


@dataclass(frozen=True)
class Required:
    """What a file must have to satisfy a criterion: all ``needles``, and one alternative of each of
    the ``choices``.

    ``condition``: the criterion's condition when it is itself an alternative.
    """

    condition: Condition
    needles: tuple[Needle, ...] = ()
    choices: tuple[tuple[Required, ...], ...] = ()


class _Requirements:
    """The algebra of requirements."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._conditions = Conditions(names)

    def leaf(self, leaf: Leaf) -> Required:
        entry = LEAVES[type(leaf)]
        if isinstance(entry, TextLeaf):
            return Required(self._conditions.leaf(leaf), tuple(entry.needles(leaf)))
        if entry.image_ids is not None:
            listed = image.c.id.in_(entry.image_ids(self._names, leaf))
            return Required(Condition(listed, is_exact=True))
        return Required(self._conditions.leaf(leaf))

    def all_of(self, items: Sequence[Required]) -> Required:
        return Required(
            self._conditions.all_of([item.condition for item in items]),
            tuple(chain.from_iterable(item.needles for item in items)),
            tuple(chain.from_iterable(item.choices for item in items)),
        )

    def any_of(self, items: Sequence[Required]) -> Required:
        condition = self._conditions.any_of([item.condition for item in items])
        return Required(condition, choices=(tuple(items),))

    def negate(self, item: Required) -> Required:
        return Required(self._conditions.negate(item.condition))


class Narrowing:
    """The part of a criterion about text that the text index can answer."""

    def __init__(self, names: Names, criterion: Criterion) -> None:
        self._names = names
        self._required = interpret(criterion, _Requirements(names))
        self._in_folder = lru_cache(maxsize=None)(names.in_folder)

    @cached_property
    def expression(self) -> str | None:
        """One FTS5 expression that the indexed text of every file satisfying the criterion matches;
        None if there is none, as for needles that a folder's path contains.
        """
        return self._expression(self._required)

    @cached_property
    def condition(self) -> ColumnElement[bool] | None:
        """A condition by means of the text index that every file satisfying the criterion meets;
        None if the index does not narrow the search down.
        """
        if self.few_ids is not None:
            return image.c.id.in_(values_of(self.few_ids))
        return self._condition(self._required)

    @cached_property
    def share(self) -> float:
        """About the share of files that the text index names; 0 where it is not asked."""
        if self.expression is None:
            return 0.0
        return fts.estimate_share(self._names.conn, self.expression)

    def is_frequent(self, files: int) -> bool:
        """Whether dates are walked without asking the text index for all that it names; ``files``:
        about the number of files in the library.
        """
        return fts.is_frequent(self._names.conn, self.share, files)

    @cached_property
    def few_ids(self) -> list[int] | None:
        """The ids that the text index names, if they are few."""
        if self.expression is None:
            return None
        query = documents_matching(self.expression).limit(_MAX_FEW)
        ids: list[int] = _read_images(self._names.conn, query).tolist()
        return ids if len(ids) < _MAX_FEW else None

    def pick(self, ids: Ints) -> Ints:
        """Those of ``ids`` that the text index names; where asking it costs more than reading the
        texts, they are kept.
        """
        if self.expression is None:
            return ids
        kept = [self._pick_run(run) for run in _runs(np.sort(ids))]
        picked: Ints = ids[are_among(ids, np.concatenate(kept))]
        return picked

    def _pick_run(self, ids: Ints) -> Ints:
        first, last = int(ids[0]), int(ids[-1])
        if self.expression is None or len(ids) < _MIN_RUN or last - first > _MAX_SPREAD * len(ids):
            return ids
        query = documents_matching(self.expression, first, last)
        return _read_images(self._names.conn, query)

    def _expression(self, required: Required) -> str | None:
        needles = [_wanted(needle) for needle in required.needles if not self._elsewhere(needle)]
        parts = [
            fts.match_all(self._names.conn, needles),
            *(self._expression_of_choice(choices) for choices in required.choices),
        ]
        return " AND ".join(part for part in parts if part) or None

    def _expression_of_choice(self, choices: Sequence[Required]) -> str | None:
        if len(choices) > _MAX_CHOICES:
            return None
        parts = [self._expression(choice) for choice in choices]
        return None if None in parts else f"({' OR '.join(f'({part})' for part in parts)})"

    def _condition(self, required: Required) -> ColumnElement[bool] | None:
        expression = self._expression(required)
        parts: list[ColumnElement[bool]] = []
        if expression:
            parts.append(image.c.id.in_(images_matching(expression)))
        for choices in required.choices:
            condition = self._condition_of_choice(choices)
            parts += [] if condition is None else [condition]
        for needle in required.needles:
            elsewhere = self._elsewhere(needle)
            expression = fts.match_all(self._names.conn, [_wanted(needle)]) if elsewhere else None
            if expression:
                parts.append(or_(image.c.id.in_(images_matching(expression)), *elsewhere))
        return and_(*parts) if parts else None

    def _condition_of_choice(self, choices: Sequence[Required]) -> ColumnElement[bool] | None:
        conditions = []
        for choice in choices:
            condition = (
                choice.condition.sql if choice.condition.is_exact else self._condition(choice)
            )
            if condition is None:
                return None
            conditions.append(condition)
        return or_(false(), *conditions)

    def _elsewhere(self, needle: Needle) -> list[ColumnElement[bool]]:
        """Conditions for files that have a needle outside of the text index: in the path of their
        folder, or in the names of tags.
        """
        conditions = list(self._in_folder(needle.text)) if needle.in_path else []
        tag_ids = self._names.find_named(needle.text) if needle.in_tags else ()
        return [*conditions, image.c.id.in_(images_with(tag_ids))] if tag_ids else conditions


def read_named(conn: Connection, expression: str) -> Ints:
    """The ids that the text index names, read at once."""
    return _read_images(conn, documents_matching(expression))


def _read_images(conn: Connection, query: Select[Any]) -> Ints:
    """The ids of a query of documents, in ascending order."""
    first, files = read_columns(conn, query)
    position = np.arange(files.sum()) - np.repeat(np.cumsum(files) - files, files)
    ids: Ints = np.repeat(first, files) + position
    return ids


def _wanted(needle: Needle) -> Wanted:
    """What the text index is asked for."""
    return Wanted(needle.text, needle.in_words)


def _runs(ids: Ints) -> list[Ints]:
    """Sorted ids, cut at each large gap."""
    return np.split(ids, np.flatnonzero(np.diff(ids) > _MAX_GAP) + 1) if len(ids) else []
