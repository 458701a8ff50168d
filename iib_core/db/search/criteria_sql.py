"""Criteria -> SQL.

Text criteria have no SQL of their own: ``Where.sql`` is what holds for every file that can satisfy
the criterion, ``Where.indexed`` the same narrowed down by the text index, and ``match.py`` decides.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    cast,
    exists,
    false,
    func,
    literal_column,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy import Float as FloatType

from iib_core import paths
from iib_core.db import folders, fts
from iib_core.db.search.regexes import literals
from iib_core.db.search.text_predicates import is_text
from iib_core.db.sqlite import text_matches, unindexed, values_of
from iib_core.db.tables import folder, image, image_tag, tag
from iib_core.db.tags import ALBUM
from iib_core.search.criteria import (
    And,
    BeginsWith,
    Between,
    Criterion,
    HasTag,
    HasTagNamed,
    HasText,
    IsMedia,
    IsMissing,
    IsUnder,
    Leaf,
    Matches,
    Not,
    Or,
    conjuncts,
    leaves,
)

NUMBERS: Mapping[str, ColumnElement[Any]] = {
    "mtime_ns": image.c.mtime_ns,
    "size_bytes": image.c.size_bytes,
    "width_px": image.c.width_px,
    "height_px": image.c.height_px,
    "ratio": cast(image.c.width_px, FloatType) / image.c.height_px,
    "duration_s": image.c.duration_s,
    "steps": image.c.steps,
    "cfg_scale": image.c.cfg_scale,
    "seed": image.c.seed,
    "rating": image.c.rating,
}
# How the folders of rows begin that are in no folder of the disk: in the trash, or gone while
# another file took their place.
NOT_ON_DISK = ("trash:", "gone:")
SHOWN: ColumnElement[bool] = image.c.shown == 1
_TEXTS: Mapping[str, ColumnElement[Any]] = {"model_hash": image.c.model_hash}
_SEED_TURN = 2**63
_MAX_CHOICES = 20
# The first number that no column holds; dates in the years 3000 and 1500 are beyond it and its opposite.
_TOO_LARGE = 2**63


class Where:
    """What a criterion means in this database now: names are looked up once, here.

    ``every``: all files are asked about and not a page of them. To list the files of a tag once is
    then less work than to look for each file's tags.
    """

    def __init__(self, conn: Connection, criterion: Criterion, *, every: bool = False) -> None:
        self._conn = conn
        self._every = every
        self.tag_ids: dict[Leaf, tuple[int, ...]] = {}
        self.folder_ids: dict[Leaf, frozenset[int]] = {}
        for leaf in leaves(criterion):
            if isinstance(leaf, HasTag):
                self.tag_ids[leaf] = leaf.tag_ids
            elif isinstance(leaf, HasTagNamed):
                self.tag_ids[leaf] = _find_tags(conn, leaf)
            elif isinstance(leaf, IsUnder):
                self.folder_ids[leaf] = frozenset(folders.find_under(conn, leaf.folders))
        self.base = base_of(criterion)

    @property
    def album_ids(self) -> tuple[int, ...]:
        """The albums that the criterion names."""
        return tuple(
            tag_id
            for leaf, ids in self.tag_ids.items()
            if isinstance(leaf, HasTagNamed) and leaf.category == ALBUM
            for tag_id in ids
        )

    def is_everywhere(self, leaf: IsUnder) -> bool:
        """Whether the whole library lies in the folders of ``leaf``."""
        return len(self.folder_ids[leaf]) == sum(map(paths.is_absolute, self.prefixes.values()))

    @cached_property
    def _folders(self) -> folders.Prefixes:
        return folders.get_prefixes(self._conn)

    @property
    def prefixes(self) -> dict[int, str]:
        """What stands in front of a file's name, by folder id."""
        return self._folders.plain

    def sql(self, criterion: Criterion) -> ColumnElement[bool] | None:
        """A condition that every file satisfying ``criterion`` meets; None where there is none.

        Exact where ``is_exact``.
        """
        if isinstance(criterion, And):
            parts = [part for item in criterion.items if (part := self.sql(item)) is not None]
            return and_(*parts) if parts else None
        if isinstance(criterion, Or):
            return _any(self.sql(item) for item in criterion.items)
        if isinstance(criterion, Not):
            inner = self.sql(criterion.item) if is_exact(criterion.item) else None
            # A value that is not known satisfies neither a criterion nor, in SQL, its opposite; for
            # people it satisfies the opposite.
            return (
                not_(func.coalesce(inner, False))
                if inner is not None
                else false()
                if is_exact(criterion.item)
                else None
            )
        return None if is_text(criterion) else self.leaf(criterion)

    def expression(self, criterion: Criterion) -> str | None:
        """One expression of the text index that every file satisfying ``criterion`` meets; None
        where a needle can also stand in a folder's path.
        """
        parts = list(conjuncts(criterion))
        needles = [
            needle
            for part in parts
            for needle, in_path in _needles(part)
            if not (in_path and self._in_folder(needle))
        ]
        found = [
            fts.match_all(self._conn, needles),
            *(self._one_of(part) for part in parts if isinstance(part, Or)),
        ]
        return " AND ".join(part for part in found if part) or None

    def _one_of(self, criterion: Or) -> str | None:
        found = [self.expression(item) for item in criterion.items]
        return (
            None
            if None in found or len(found) > _MAX_CHOICES
            else f"({' OR '.join(f'({part})' for part in found)})"
        )

    def indexed(self, criterion: Criterion) -> ColumnElement[bool] | None:
        """A condition by means of the text index, about text criteria only; None where the index
        cannot narrow anything down.
        """
        if isinstance(criterion, Or):
            return _any(self._named(item) for item in criterion.items)
        if isinstance(criterion, Not):
            return None
        expression = self.expression(criterion)
        parts: list[ColumnElement[bool]] = [image.c.id.in_(text_matches(expression))] if expression else []
        for item in conjuncts(criterion):
            if isinstance(item, Or):
                parts += [part for part in [self.indexed(item)] if part is not None]
            parts += [
                self._contains(needle, in_path)
                for needle, in_path in _needles(item)
                if in_path and self._in_folder(needle)
            ]
        return and_(*parts) if parts else None

    def _named(self, criterion: Criterion) -> ColumnElement[bool] | None:
        """``indexed``, or for a criterion that is not about text what an index of its own answers."""
        if isinstance(criterion, (HasTag, HasTagNamed)):
            return in_tags(self.tag_ids[criterion])
        return self.sql(criterion) if is_exact(criterion) else self.indexed(criterion)

    def leaf(self, leaf: Leaf) -> ColumnElement[bool]:
        """The exact condition of a criterion that is not about text."""
        if isinstance(leaf, (HasTag, HasTagNamed)):
            return (
                in_tags(self.tag_ids[leaf])
                if self._every
                else has_tag(self.tag_ids[leaf], image.c.mtime_ns, image.c.id)
            )
        if isinstance(leaf, IsUnder):
            return (
                true()
                if self.is_everywhere(leaf)
                else unindexed(image.c.folder_id).in_(values_of(self.folder_ids[leaf]))
            )
        if isinstance(leaf, IsMedia):
            # The second half is what the index of videos and audio holds; stated and not bound,
            # because the planner does not infer it.
            return (
                image.c.media == leaf.media
                if leaf.media == "image"
                else and_(image.c.media == leaf.media, image.c.media != literal_column("'image'"))
            )
        if isinstance(leaf, Between):
            return _between(leaf)
        if isinstance(leaf, BeginsWith):
            prefix = fts.fold(leaf.prefix)
            return func.substr(func.lower(_TEXTS[leaf.field]), 1, len(prefix)) == prefix
        assert isinstance(leaf, IsMissing)
        return image.c.missing_ns.is_not(None) if leaf.missing else image.c.missing_ns.is_(None)

    def _contains(self, needle: str, in_path: bool) -> ColumnElement[bool]:
        """Files whose indexed text has the needle; or, with ``in_path``, whose folder can have it instead."""
        expression = fts.match_all(self._conn, [needle])
        named: list[ColumnElement[bool]] = [image.c.id.in_(text_matches(expression))] if expression else []
        if in_path:
            named += self._in_folder(needle)
        return or_(*named) if named else false()

    def _in_folder(self, needle: str) -> list[ColumnElement[bool]]:
        """Files whose folder contains the needle, or ends with its beginning while the rest begins the name."""
        inside = self.find_folders_with(needle)
        found: list[ColumnElement[bool]] = [image.c.folder_id.in_(values_of(inside))] if inside else []
        cut = needle.rfind(os.sep) + 1
        if 0 < cut < len(needle):
            across = self.find_folders_ending(needle[:cut])
            if across:
                found.append(image.c.folder_id.in_(values_of(across)))
        return found

    def find_folders_with(self, needle: str) -> list[int]:
        """Folders in whose path, a separator at its end, the folded needle stands."""
        return [folder_id for folder_id, prefix in self._folders.folded.items() if needle in prefix]

    def find_folders_ending(self, needle: str) -> list[int]:
        """Folders whose path ends with the folded needle, itself with a separator at its end."""
        return [folder_id for folder_id, prefix in self._folders.folded.items() if prefix.endswith(needle)]


def _needles(criterion: Criterion) -> list[tuple[str, bool]]:
    """What a single text criterion requires, folded, and whether it may stand in the folder's path
    instead of the indexed text.
    """
    if isinstance(criterion, HasText):
        needle = fts.fold(criterion.needle)
        return [(needle, criterion.place in ("any", "path"))] if needle else []
    return (
        [(needle, True) for needle in literals(criterion.pattern)] if isinstance(criterion, Matches) else []
    )


def is_exact(criterion: Criterion) -> bool:
    """Whether SQL alone decides ``criterion``."""
    return not any(map(is_text, leaves(criterion)))


def has_tag(
    tag_ids: Iterable[int], mtime_ns: ColumnElement[int], image_id: ColumnElement[int]
) -> ColumnElement[bool]:
    """Whether the image has one of the tags."""
    other = image_tag.alias()
    return exists(
        select(other.c.tag_id).where(
            other.c.tag_id.in_(values_of(tag_ids)), other.c.mtime_ns == mtime_ns, other.c.image_id == image_id
        )
    )


def in_tags(tag_ids: Iterable[int]) -> ColumnElement[bool]:
    """The same as a list of ids, for where few are expected and an index is to be driven by them."""
    return image.c.id.in_(select(image_tag.c.image_id).where(image_tag.c.tag_id.in_(values_of(tag_ids))))


def _find_tags(conn: Connection, leaf: HasTagNamed) -> tuple[int, ...]:
    key = fts.fold(leaf.name)
    query = select(tag.c.id).where(func.instr(tag.c.key, key) > 0 if leaf.part else tag.c.key == key)
    query = query.where(tag.c.category == leaf.category if leaf.category else tag.c.type != ALBUM)
    return tuple(conn.execute(query.order_by(tag.c.id)).scalars())


def base_of(criterion: Criterion) -> ColumnElement[bool]:
    """Files that are shown; with a word about missing ones, those too, but for the hidden and for
    those in the trash, whose folders are no paths.
    """
    if not is_about_missing(criterion):
        return SHOWN
    its = folder.alias()
    path = select(its.c.path).where(its.c.id == image.c.folder_id).scalar_subquery()
    is_real = not_(or_(*(func.substr(path, 1, len(mark)) == mark for mark in NOT_ON_DISK)))
    return and_(
        or_(image.c.shown == 1, image.c.missing_ns.is_not(None)),
        func.substr(image.c.name, 1, 1) != ".",
        is_real,
    )


def is_about_missing(criterion: Criterion) -> bool:
    """Whether it says anything about files that are gone from the disk."""
    return any(isinstance(leaf, IsMissing) for leaf in leaves(criterion))


def _between(leaf: Between) -> ColumnElement[bool]:
    column = NUMBERS[leaf.field]
    if leaf.field == "seed":
        return _seed_between(leaf, column)
    return _range(column, leaf.low, leaf.high)


def _range(column: ColumnElement[Any], low: float | None, high: float | None) -> ColumnElement[bool]:
    parts: list[ColumnElement[bool]] = [column.is_not(None)]
    if low is not None:
        parts.append(column >= max(low, -_TOO_LARGE) if low < _TOO_LARGE else false())
    if high is not None:
        parts.append(column <= min(high, _TOO_LARGE - 1) if high >= -_TOO_LARGE else false())
    return and_(*parts)


def _seed_between(leaf: Between, column: ColumnElement[Any]) -> ColumnElement[bool]:
    """Seeds from 2**63 on are stored as negative numbers."""
    low = 0 if leaf.low is None else max(0, math.ceil(leaf.low))
    high = 2 * _SEED_TURN - 1 if leaf.high is None else min(math.floor(leaf.high), 2 * _SEED_TURN - 1)
    if low > high:
        return false()
    ranges = []
    if low < _SEED_TURN:
        ranges.append(column.between(low, min(high, _SEED_TURN - 1)))
    if high >= _SEED_TURN:
        ranges.append(column.between(max(low, _SEED_TURN) - 2 * _SEED_TURN, high - 2 * _SEED_TURN))
    return or_(*ranges)


def _any(parts: Iterable[ColumnElement[bool] | None]) -> ColumnElement[bool] | None:
    """One of them; no condition at all where one has none."""
    found = list(parts)
    return (
        None
        if any(part is None for part in found)
        else or_(false(), *(part for part in found if part is not None))
    )
