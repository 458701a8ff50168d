"""The recheck: which of the files that an index names satisfy the criteria about text.

SQL decides what it can, outside of Python's lock: text that is ASCII, as most is, it compares as we
do. What is left (other scripts, regular expressions whose literal parts are there) is loaded and
decided in Python.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    false,
    func,
    literal_column,
    not_,
    or_,
    select,
    true,
)

from iib_core.db.bulk import json_ids
from iib_core.db.fts import Body
from iib_core.db.search.leaves import LEAVES, TextLeaf, exact_sql, is_text
from iib_core.db.search.names import Names
from iib_core.db.search.text_predicates import Candidate, Predicate
from iib_core.db.search.text_sql import Bounds
from iib_core.db.sqlite import GIVEN_IDS, in_one_row, is_ascii
from iib_core.db.tables import image, image_body
from iib_core.search.criteria import Criterion, Leaf, interpret, leaves

# Whether all texts of a file are ASCII. Rows of an earlier version have no names.
_IS_PLAIN = and_(
    *map(is_ascii, (image_body.c.shared, image_body.c.own, image.c.name)),
    is_ascii(func.coalesce(image_body.c.names, literal_column("''"))),
)
_IS_NOT_PLAIN = not_(_IS_PLAIN)
_SIGNED = case((_IS_PLAIN, -image.c.id), else_=image.c.id)
_AMONG = (image.c.id == image_body.c.image_id, image.c.id.in_(GIVEN_IDS))


class Recheck:
    """The exact test of one criterion, file by file."""

    def __init__(self, names: Names, criterion: Criterion) -> None:
        """Raises InvalidRequest for an invalid regular expression."""
        self._conn: Connection = names.conn
        self._names = names
        by_sql = dict.fromkeys(leaf for leaf in leaves(criterion) if _asks_sql(names, leaf))
        self._truths = {leaf: position for position, leaf in enumerate(by_sql)}
        self._predicate = interpret(criterion, _Predicates(self._truths))
        self._criterion = criterion

    def decide(self, ids: Sequence[int]) -> Iterator[tuple[int, bool]]:
        """Positions in ``ids`` of files that may match, and whether they do, decided as they are
        asked for; files that are left out do not match.

        Raises InvalidRequest for an expression that takes too long on one file.
        """
        certain, candidates = self._select(ids)
        for position, image_id in enumerate(ids):
            if image_id in certain:
                yield position, True
            elif image_id in candidates:
                yield position, self._predicate(candidates[image_id])

    @cached_property
    def _selection(self) -> Select[Any]:
        """Of the files ``ids`` those that may match."""
        bounds = interpret(self._criterion, _Bounds(self._names))
        # One number a file, negative if it is certain: so SQLite looks at the text only once.
        number = _SIGNED if bounds.is_decided else image.c.id
        return in_one_row(select(number).where(*_AMONG, or_(bounds.possible, _IS_NOT_PLAIN)))

    def _select(self, ids: Iterable[int]) -> tuple[set[int], dict[int, Candidate]]:
        """The ids that match for certain, and the candidates that Python decides."""
        numbers: list[int] = json.loads(
            self._conn.execute(self._selection, {"ids": json_ids(ids)}).scalar_one()
        )
        undecided = [image_id for image_id in numbers if image_id > 0]
        return {-number for number in numbers if number < 0}, self._load(
            undecided
        ) if undecided else {}

    def _load(self, ids: Iterable[int]) -> dict[int, Candidate]:
        stored = image_body.c
        body = (stored.text, stored.prompt_at, stored.prompt_chars, stored.names)
        negative = (stored.negative_at, stored.negative_chars)
        truths = [exact_sql(self._names, leaf) for leaf in self._truths]
        query = select(
            image.c.id, image.c.folder_id, image.c.name, *body, *negative, *truths
        ).where(*_AMONG)
        prefixes = self._names.prefixes
        return {
            row[0]: Candidate(prefixes[row[1]], row[2], Body(*row[3:7]), (row[7], row[8]), row[9:])
            for row in self._conn.execute(query, {"ids": json_ids(ids)})
        }


def _asks_sql(names: Names, leaf: Leaf) -> bool:
    """Whether SQL decides a leaf, or a part of it: the tags that it names."""
    return not is_text(leaf) or bool(names.ids.get(leaf))


class _Predicates:
    """The algebra of predicates; ``truths``: where a candidate has SQL's answer to a leaf."""

    def __init__(self, truths: Mapping[Leaf, int]) -> None:
        self._truths = truths

    def leaf(self, leaf: Leaf) -> Predicate:
        entry = LEAVES[type(leaf)]
        position = self._truths.get(leaf)
        if not isinstance(entry, TextLeaf):
            return lambda candidate: bool(position is not None and candidate.truths[position])
        predicate = entry.predicate(leaf)
        if position is None:
            return predicate
        return lambda candidate: bool(candidate.truths[position]) or predicate(candidate)

    def all_of(self, items: Sequence[Predicate]) -> Predicate:
        return lambda candidate: all(item(candidate) for item in items)

    def any_of(self, items: Sequence[Predicate]) -> Predicate:
        return lambda candidate: any(item(candidate) for item in items)

    def negate(self, item: Predicate) -> Predicate:
        return lambda candidate: not item(candidate)


class _Bounds:
    """The algebra of what SQL knows of files whose text is ASCII. Not turns possible into certain,
    and the other way round, so that no match is lost.
    """

    def __init__(self, names: Names) -> None:
        self._names = names

    def leaf(self, leaf: Leaf) -> Bounds:
        entry = LEAVES[type(leaf)]
        if isinstance(entry, TextLeaf):
            return entry.bounds(self._names, leaf)
        condition = entry.sql(self._names, leaf)
        return Bounds(condition, condition, is_decided=True)

    def all_of(self, items: Sequence[Bounds]) -> Bounds:
        return Bounds(
            and_(true(), *(item.possible for item in items)),
            and_(true(), *(item.certain for item in items)),
            all(item.is_decided for item in items),
        )

    def any_of(self, items: Sequence[Bounds]) -> Bounds:
        return Bounds(
            or_(false(), *(item.possible for item in items)),
            or_(false(), *(item.certain for item in items)),
            all(item.is_decided for item in items),
        )

    def negate(self, item: Bounds) -> Bounds:
        return Bounds(_not(item.certain), _not(item.possible), item.is_decided)


def _not(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """The opposite, which a file without the value meets too."""
    return not_(func.coalesce(condition, False))
