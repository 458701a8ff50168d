"""Facets and their values: which terms of a query are about a facet, and which term finds a value.
Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from iib_core.db.rows import LORA, OWN
from iib_core.db.search.int_columns import Ints
from iib_core.search.criteria import (
    And,
    Between,
    Criterion,
    HasParameter,
    HasTagNamed,
    IsMedia,
    Leaf,
    Not,
    Or,
    conjuncts,
)
from iib_core.search.days import count_by_day
from iib_core.search.terms import exact_term, field_term

# Values of one facet that are kept; a library may have thousands of LoRAs.
MAX_VALUES = 1000
RATINGS = ("5", "4", "3", "2", "1", "0")
SHAPES = ("portrait", "landscape", "square")
# As ``aspect:`` reads these names.
_WIDE, _TALL = 1.01, 0.99


@dataclass(frozen=True)
class Counted:
    """Files by value. ``first`` and ``last``: the days of the oldest and the newest file, of dates
    only.
    """

    counts: Mapping[str, int]
    first: str = ""
    last: str = ""


@dataclass(frozen=True)
class Value:
    """A value of a facet, the term that finds its files, and their number."""

    name: str
    term: str
    count: int


@dataclass(frozen=True)
class Facet:
    """A facet: how the term of a value is written, and which criteria are about it.

    ``values``: all values in their order, where these are few and known.
    """

    term: Callable[[str], str]
    is_about: Callable[[Leaf], bool]
    values: Sequence[str] = ()


def without(name: str, criterion: Criterion) -> Criterion:
    """The criterion without the conjuncts that are about a facet. What excludes values stays."""
    facet = FACETS[name]
    parts = list(conjuncts(criterion))
    kept = tuple(part for part in parts if not _is_about(facet, part))
    return criterion if len(kept) == len(parts) else And(kept)


def in_order(name: str, counts: Mapping[str, int]) -> list[Value]:
    """The values of a facet: months from the newest on, the few of a known order in it, all others
    from the most frequent on.
    """
    facet = FACETS[name]
    if name == "date":
        names: Iterable[str] = sorted(counts, reverse=True)
    elif facet.values:
        names = (value for value in facet.values if value in counts)
    else:
        names = sorted(counts, key=lambda value: (-counts[value], value.casefold(), value))[
            :MAX_VALUES
        ]
    return [Value(value, facet.term(value), counts[value]) for value in names]


def by_month(quarters: Ints, zone: tzinfo | None) -> Counted:
    """Files by month, from the quarter of an hour of each, the newest first."""
    return months_of((day.day, day.count) for day in count_by_day(quarters, zone))


def months_of(days: Iterable[tuple[str, int]]) -> Counted:
    """Files by month, from days and their files, the newest first."""
    counts: Counter[str] = Counter()
    named: list[str] = []
    for day, files in days:
        counts[day[:7]] += files
        named.append(day)
    return Counted(counts, named[-1], named[0]) if named else Counted({})


def by_shape(sizes: Mapping[str, int]) -> Counted:
    """Files by shape, from files by size (``512x768``)."""
    counts: Counter[str] = Counter()
    for size, files in sizes.items():
        width, _, height = size.partition("x")
        counts[_shape_of(int(width) / int(height))] += files
    return Counted(counts)


def _shape_of(ratio: float) -> str:
    if ratio >= _WIDE:
        return "landscape"
    return "portrait" if ratio <= _TALL else "square"


def scaled(counted: Counted, scale: float) -> Counted:
    """The counts of a sample, each file of which stands for ``scale`` files."""
    counts = {name: max(1, round(files * scale)) for name, files in counted.counts.items()}
    return Counted(counts, counted.first, counted.last)


def _is_about(facet: Facet, part: Criterion) -> bool:
    if isinstance(part, (And, Or)):
        return all(_is_about(facet, item) for item in part.items)
    if isinstance(part, Not):
        return facet is FACETS["rating"] and _is_below_a_rating(part.item)
    return facet.is_about(part)


def _is_below_a_rating(excluded: Criterion) -> bool:
    """Whether what is excluded is a rating of some stars or more, as ``rating:0`` and ``rating:<3``
    say.
    """
    return isinstance(excluded, Between) and excluded.field == "rating" and excluded.high is None


def _tagged(category: str) -> Facet:
    return Facet(lambda name: exact_term(category, name), _is_tag(category))


def _named(field: str, is_about: Callable[[Leaf], bool], values: Sequence[str] = ()) -> Facet:
    return Facet(lambda name: field_term(field, name), is_about, values)


def _between(*fields: str) -> Callable[[Leaf], bool]:
    return lambda leaf: isinstance(leaf, Between) and leaf.field in fields


def _is_lora(leaf: Leaf) -> bool:
    return _is_tag("lora")(leaf) or (isinstance(leaf, HasParameter) and LORA in leaf.names)


def _is_parameter(leaf: Leaf) -> bool:
    return isinstance(leaf, HasParameter) and OWN.isdisjoint(leaf.names)


def _is_tag(category: str) -> Callable[[Leaf], bool]:
    return lambda leaf: isinstance(leaf, HasTagNamed) and leaf.category == category


FACETS: Mapping[str, Facet] = {
    "model": _tagged("model"),
    "sampler": _tagged("sampler"),
    "lora": Facet(lambda name: exact_term("lora", name), _is_lora),
    "size": _named("size", _between("width_px", "height_px")),
    "aspect": _named("aspect", _between("ratio"), SHAPES),
    "source": _tagged("source"),
    "rating": _named("rating", _between("rating"), RATINGS),
    "tag": _named("tag", _is_tag("")),
    "album": _named("album", _is_tag("album")),
    "date": _named("date", _between("mtime_ns")),
    "type": _named("type", lambda leaf: isinstance(leaf, IsMedia), ("image", "video", "audio")),
    "param": _named("param", _is_parameter),
}
NAMES = tuple(FACETS)
