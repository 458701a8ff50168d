"""What a search asks for: small frozen objects, composed by And, Or and Not.

They know no SQL; ``select.py`` and ``match.py`` give them their meaning.

They stand here because the database reads them; ``iib_core.search`` is what makes them from people's words.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Union

Place = Literal["any", "path", "name", "prompt", "negative"]
Number = Union[int, float]


@dataclass(frozen=True)
class HasText:
    """Contains ``needle``, without regard to case; ``any`` place is the path and the text."""

    needle: str
    place: Place = "any"


@dataclass(frozen=True)
class Matches:
    """The regular expression is found in the file's name, its path or (unless ``path_only``) its
    text, without regard to case.
    """

    pattern: str
    path_only: bool = False


@dataclass(frozen=True)
class HasTag:
    """Has at least one of the tags with these ids."""

    tag_ids: tuple[int, ...]


@dataclass(frozen=True)
class HasTagNamed:
    """Has a tag of this name, without regard to case; of any category where ``category`` is empty.

    ``part``: a part of the name is enough.
    """

    name: str
    category: str = ""
    part: bool = False


@dataclass(frozen=True)
class IsUnder:
    """Lies in one of these folders or below; real paths as text."""

    folders: tuple[str, ...]


@dataclass(frozen=True)
class IsMedia:
    """Is image, video or audio."""

    media: str


@dataclass(frozen=True)
class Between:
    """A number from ``low`` to ``high``, both included; None is open.

    A file without the number is not between anything.
    """

    field: str
    low: Number | None = None
    high: Number | None = None


@dataclass(frozen=True)
class BeginsWith:
    """A stored text begins with ``prefix``, without regard to case."""

    field: str
    prefix: str


@dataclass(frozen=True)
class IsMissing:
    """The file is gone from the disk. Without this criterion only files that are there are found."""

    missing: bool = True


@dataclass(frozen=True)
class And:
    """All of them; of none: every file."""

    items: tuple[Criterion, ...] = ()


@dataclass(frozen=True)
class Or:
    """At least one of them."""

    items: tuple[Criterion, ...]


@dataclass(frozen=True)
class Not:
    """Not this one."""

    item: Criterion


Leaf = Union[HasText, Matches, HasTag, HasTagNamed, IsUnder, IsMedia, Between, BeginsWith, IsMissing]
Criterion = Union[Leaf, And, Or, Not]


def leaves(criterion: Criterion) -> Iterator[Leaf]:
    """Every criterion in the tree that is not And, Or or Not."""
    if isinstance(criterion, (And, Or)):
        for item in criterion.items:
            yield from leaves(item)
    elif isinstance(criterion, Not):
        yield from leaves(criterion.item)
    else:
        yield criterion


def conjuncts(criterion: Criterion) -> Iterator[Criterion]:
    """The criteria of which each must hold."""
    if isinstance(criterion, And):
        for item in criterion.items:
            yield from conjuncts(item)
    else:
        yield criterion
