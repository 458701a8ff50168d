"""Orders: fields that a search can be sorted by, positions in an order, and the random order."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Float,
    Select,
    asc,
    case,
    cast,
    desc,
    func,
    literal,
    or_,
    select,
    tuple_,
)
from sqlalchemy.types import NullType

from iib_core.db.folder_quarters import QUARTER_NS
from iib_core.db.scores import AESTHETIC, NSFW
from iib_core.db.search.cursors import Key
from iib_core.db.search.int_columns import Ints
from iib_core.db.search.judgements_sql import sorted_score
from iib_core.db.search.parameters_sql import sorted_value
from iib_core.db.sqlite import number_or_text
from iib_core.db.tables import album_order, folder, image
from iib_core.errors import InvalidRequest
from iib_core.search.criteria import PARAMETERS

FOLDER_KEY = func.coalesce(folder.c.sort_key, func.lower(folder.c.path))
# Stands between the key of a folder and that of a name in it: before all characters of paths.
IN_FOLDER = "\x01"
_FOLDER = select(FOLDER_KEY).where(folder.c.id == image.c.folder_id).scalar_subquery()


def _parameter(names: Collection[str], _: Collection[int]) -> ColumnElement[Any]:
    return sorted_value(names)


# Name in the API -> the sorted value, given the albums that are searched. The date and those of
# ``INDEXED`` have an index; the others are sorted on demand, in one pass over the narrow table.
SORTS: dict[str, Callable[[Collection[int]], ColumnElement[Any]]] = {
    "date": lambda _: image.c.mtime_ns,
    "created": lambda _: image.c.birth_ns,
    "indexed": lambda _: image.c.indexed_ns,
    "name": lambda _: image.c.name_key,
    # The files of a folder stand together, before those of the folders in it.
    "path": lambda _: _FOLDER.concat(IN_FOLDER).concat(image.c.name_key),
    "bytes": lambda _: image.c.size_bytes,
    "width": lambda _: image.c.width_px,
    "height": lambda _: image.c.height_px,
    "pixels": lambda _: image.c.width_px * image.c.height_px,
    "mp": lambda _: image.c.width_px * image.c.height_px,
    "ratio": lambda _: cast(image.c.width_px, Float) / image.c.height_px,
    "aspect": lambda _: cast(image.c.width_px, Float) / image.c.height_px,
    "duration": lambda _: image.c.duration_s,
    "type": lambda _: image.c.media,
    "source": lambda _: func.lower(image.c.source),
    "model": lambda _: func.lower(image.c.model),
    "hash": lambda _: func.lower(image.c.model_hash),
    "vae": lambda _: func.lower(image.c.vae),
    "sampler": lambda _: func.lower(image.c.sampler),
    "scheduler": lambda _: func.lower(image.c.scheduler),
    "steps": lambda _: image.c.steps,
    "cfg": lambda _: image.c.cfg_scale,
    "seed": lambda _: image.c.seed,
    "rating": lambda _: image.c.rating,
    "rated": lambda _: image.c.rating,
    "folder": lambda _: _FOLDER,
    "album": lambda albums: _position_in(albums),
    **{name: partial(_parameter, names) for name, names in PARAMETERS.items()},
    "score": lambda _: func.coalesce(
        sorted_value(PARAMETERS["score"]), number_or_text(sorted_score(AESTHETIC)), type_=NullType()
    ),
    "nsfw": lambda _: sorted_score(NSFW),
}
INDEXED = frozenset({"created", "indexed", "bytes", "name"})
# An index has the files that have the value, and that of those in ``INDEXED_WITH_NULLS`` the others
# too.
PARTLY_INDEXED = frozenset({"seed", "model"})
INDEXED_WITH_NULLS = frozenset({"model"})
RANDOM = "random"
# ``param:Shift`` sorts by the parameter of that name.
PARAMETER = "param:"
_NAME_MAX_CHARS = 200


def to_quarter(time_ns: ColumnElement[int]) -> ColumnElement[int]:
    """Quarters of an hour since 1970, rounded down, where the database rounds towards zero."""
    return time_ns.op("/")(QUARTER_NS) - case((time_ns.op("%")(QUARTER_NS) < 0, 1), else_=0)


def _position_in(albums: Collection[int]) -> ColumnElement[Any]:
    """The lowest position of a file in these albums.

    Raises InvalidRequest if no album is searched.
    """
    if not albums:
        raise InvalidRequest(
            "The order 'album' is that of an album: search for one, such as album:\"best of 2025\"."
        )
    position = select(func.min(album_order.c.position)).where(
        album_order.c.image_id == image.c.id, album_order.c.tag_id.in_(albums)
    )
    return position.scalar_subquery()


@dataclass(frozen=True)
class Order:
    """The order of a search: a name of ``SORTS`` or ``random``. The same ``seed`` gives the same
    random order, 0 a new one.
    """

    sort: str = "date"
    descending: bool = True
    seed: int = 0


def check_order(order: Order) -> None:
    """Raise InvalidRequest for an unknown order, naming those that exist."""
    if order.sort == RANDOM or order.sort in SORTS:
        return
    name = order.sort[len(PARAMETER) :] if order.sort.startswith(PARAMETER) else ""
    if not 0 < len(name) <= _NAME_MAX_CHARS:
        known = ", ".join([*SORTS, RANDOM])
        raise InvalidRequest(
            f"'{order.sort[:50]}' is nothing to sort by: use one of {known}, or the name of a parameter "
            "such as param:Shift."
        )


def sorted_field(sort: str, albums: Collection[int]) -> ColumnElement[Any]:
    """The sorted value of an order other than the random one. Raises InvalidRequest for the order
    of an album if no album is searched.
    """
    if sort.startswith(PARAMETER):
        return sorted_value([sort[len(PARAMETER) :]])
    return SORTS[sort](albums)


@dataclass(frozen=True)
class Shuffle:
    """A random order of the ids below ``2 ** bits``: a permutation made by ``seed`` that can be
    computed in both directions, so nothing is stored.
    """

    seed: int
    bits: int

    def position(self, column: ColumnElement[int]) -> ColumnElement[int]:
        """The position of an id, in SQL. SQLite has no exclusive or: ``a ^ b`` is ``(a | b) - (a &
        b)``.
        """
        one, two, mask, half, _, _ = _constants(self)
        mixed: ColumnElement[int] = (column * one + two).op("&")(mask)
        high = mixed.op(">>")(half)
        mixed = mixed.op("|")(high) - mixed.op("&")(high)
        return (mixed * two + one).op("&")(mask)

    def positions(self, ids: Ints) -> Ints:
        """The positions of many ids."""
        one, two, mask, half, _, _ = _constants(self)
        mixed = (ids * one + two) & mask
        mixed ^= mixed >> half
        positions: Ints = (mixed * two + one) & mask
        return positions

    def id_at(self, position: int) -> int:
        """The id at a position; the inverse of ``position``."""
        one, two, mask, half, un_one, un_two = _constants(self)
        mixed = (position - one) * un_two & mask
        mixed ^= mixed >> half
        return (mixed - two) * un_one & mask


@lru_cache(maxsize=64)
def _constants(shuffle: Shuffle) -> tuple[int, int, int, int, int, int]:
    """Two odd factors, the mask of the bits, half of their number rounded up, and the factors'
    inverses.
    """
    draw = random.Random(shuffle.seed)
    one, two, mask = draw.getrandbits(31) | 1, draw.getrandbits(31) | 1, (1 << shuffle.bits) - 1
    return one, two, mask, (shuffle.bits + 1) // 2, pow(one, -1, mask + 1), pow(two, -1, mask + 1)


def after(
    key: Key, value: ColumnElement[Any], image_id: ColumnElement[int], descending: bool
) -> ColumnElement[bool]:
    """The condition for all files after ``key`` in the order of (value, id).

    Files without a value come last in both directions.
    """
    last, last_id = key
    behind = image_id < last_id if descending else image_id > last_id
    if last is None:
        return value.is_(None) & behind
    beyond = value < literal(last) if descending else value > literal(last)
    return or_(beyond, (value == literal(last)) & behind, value.is_(None))


def after_value(
    key: Key, mtime_ns: ColumnElement[int], image_id: ColumnElement[int], descending: bool
) -> ColumnElement[bool]:
    """As ``after`` for dates and other values that every file has: a row comparison, which SQLite
    answers by a seek in an index.
    """
    position, last = tuple_(mtime_ns, image_id), tuple_(literal(key[0]), literal(key[1]))
    return position < last if descending else position > last


def in_order(
    query: Select[Any],
    value: ColumnElement[Any],
    image_id: ColumnElement[int],
    descending: bool,
    *,
    nulls: bool,
) -> Select[Any]:
    """``query`` sorted; ``nulls``: whether files can be without the value, which come last."""
    direction = desc if descending else asc
    first = direction(value)
    return query.order_by(first.nulls_last() if nulls else first, direction(image_id))
