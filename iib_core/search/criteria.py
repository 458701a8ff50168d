"""Criteria of a search: small frozen values, composed by And, Or and Not.

They know no SQL. ``iib_core.search`` makes them from a query; the table in ``db/search/leaves.py``
says how each is decided. They are imported by the database, so this module imports nothing of ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar, Union

# Fields of the query language about one parameter -> the names under which files state it.
PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "score": ("Score", "Aesthetic score", "Aesthetic", "Rating score"),
    "clip": ("Clip skip",),
    "denoise": ("Denoising strength",),
    "guidance": ("Guidance",),
    "shift": ("Shift",),
    "fps": ("FPS",),
    "frames": ("Frames",),
}
# What the files of a stack have in common: the prompt, the run that made them, the seed.
STACKS = ("prompt", "batch", "seed")
TextField = Literal["words", "any", "path", "name", "prompt", "negative", "workflow"]
Number = Union[int, float]
Meaning = TypeVar("Meaning")


@dataclass(frozen=True)
class HasText:
    """Contains ``needle`` or, if ``whole``, is it, ignoring case.

    The field ``words`` is what people look at: name, prompt (the whole text where no prompt was
    understood) and the names of models, LoRAs, custom tags and albums. ``any`` is the path and the
    whole text, ``workflow`` the whole text without the path.
    """

    needle: str
    field: TextField = "words"
    whole: bool = False

    @property
    def sought(self) -> str:
        """What the field must contain: spaces around a whole text do not count."""
        return self.needle.strip() if self.whole else self.needle


@dataclass(frozen=True)
class HasParts:
    """Contains ``parts`` in this order, ignoring case, within one line and between two commas: what
    ``red*fox`` means. The fields are those of HasText.
    """

    parts: tuple[str, ...]
    field: TextField = "words"


@dataclass(frozen=True)
class Matches:
    """The regular expression matches in the file's name, its path or (unless ``path_only``) its
    text, ignoring case.
    """

    pattern: str
    path_only: bool = False


@dataclass(frozen=True)
class HasTag:
    """Has at least one of the tags with these ids."""

    tag_ids: tuple[int, ...]


@dataclass(frozen=True)
class HasTagNamed:
    """Has a tag of this name, ignoring case; an empty ``category`` means any but albums.

    ``part``: the tag's name only has to contain ``name``. ``gaps``: ``*`` in it is any text.
    ``below``: custom tags below it in the tree, such as ``name/other``, count too.
    """

    name: str
    category: str = ""
    part: bool = False
    gaps: bool = False
    below: bool = False


# As a folder of ``InFolder``: all that are on the disks of this machine, where other servers may have
# more.
HERE = "here:"


@dataclass(frozen=True)
class InFolder:
    """Is in one of these folders or below; resolved paths as text, or HERE."""

    folders: tuple[str, ...]


@dataclass(frozen=True)
class IsMedia:
    """Is image, video or audio."""

    media: str


@dataclass(frozen=True)
class Between:
    """A number from ``low`` to ``high``, both included; None means no limit.

    A file without the number does not satisfy it.
    """

    field: str
    low: Number | None = None
    high: Number | None = None


@dataclass(frozen=True)
class BeginsWith:
    """A stored text begins with ``prefix`` or, if ``whole``, is it, ignoring case."""

    field: str
    prefix: str
    whole: bool = False


@dataclass(frozen=True)
class IsMissing:
    """The file is missing on the disk. A search without this criterion finds only files that are
    not.
    """

    missing: bool = True


@dataclass(frozen=True)
class HasParameter:
    """Has a parameter of one of these names with such a value.

    Names are compared by ``db.parameters.key``. ``text``: the value contains it or, if ``whole``,
    is it, ignoring case; ``gaps``: ``*`` in it is any text. ``low``, ``high``: the value is a
    number from ``low`` to ``high``; None means no limit.
    """

    names: tuple[str, ...]
    low: Number | None = None
    high: Number | None = None
    text: str = ""
    whole: bool = False
    gaps: bool = False


@dataclass(frozen=True)
class InFolderNamed:
    """Is in a folder whose path, with a separator at its end, contains ``part``, ignoring case.

    ``gaps``: ``*`` in it is any text. ``whole``: ``part`` is that path, or the names at its end.
    """

    part: str
    gaps: bool = False
    whole: bool = False


@dataclass(frozen=True)
class EndsWith:
    """The file's name ends with one of these ASCII texts, ignoring the case of ASCII letters."""

    ends: tuple[str, ...]


@dataclass(frozen=True)
class HasExactCopy:
    """Another file that is shown holds the same bytes, as far as files were compared."""


@dataclass(frozen=True)
class Shows:
    """A model that sees finds in the picture what ``text`` says.

    The database knows no model: ``ids`` are the files, None as long as no model was asked, and then
    it cannot be decided.
    """

    text: str
    ids: tuple[int, ...] | None = None


@dataclass(frozen=True)
class HasScore:
    """A model has given the picture a score of a kind (aesthetic or nsfw), within the limits."""

    kind: str
    low: Number | None = None
    high: Number | None = None


@dataclass(frozen=True)
class HasMachineTag:
    """A model has given the picture this tag, with a confidence within the limits."""

    name: str
    low: Number | None = None
    high: Number | None = None


@dataclass(frozen=True)
class InStack:
    """Is in one stack: of a kind of ``STACKS``, with this key (the seed, for ``seed``) and, for
    ``batch``, saved from ``first_ms`` to ``last_ms``.
    """

    kind: str
    key: int
    first_ms: int = 0
    last_ms: int = 0


@dataclass(frozen=True)
class And:
    """Satisfies all of them; an empty one is satisfied by every file."""

    items: tuple[Criterion, ...] = ()


@dataclass(frozen=True)
class Or:
    """Satisfies at least one of them."""

    items: tuple[Criterion, ...]


@dataclass(frozen=True)
class Not:
    """Does not satisfy it."""

    item: Criterion


Leaf = Union[
    HasText,
    HasParts,
    Matches,
    HasTag,
    HasTagNamed,
    InFolder,
    InFolderNamed,
    IsMedia,
    Between,
    BeginsWith,
    EndsWith,
    IsMissing,
    HasParameter,
    HasExactCopy,
    Shows,
    HasScore,
    HasMachineTag,
    InStack,
]
Criterion = Union[Leaf, And, Or, Not]


class Algebra(Protocol[Meaning]):
    """One interpretation of criteria: what a leaf means, and how And, Or and Not combine it."""

    def leaf(self, leaf: Leaf) -> Meaning:
        """The meaning of a single criterion."""

    def all_of(self, items: Sequence[Meaning]) -> Meaning:
        """And."""

    def any_of(self, items: Sequence[Meaning]) -> Meaning:
        """Or."""

    def negate(self, item: Meaning) -> Meaning:
        """Not."""


def interpret(criterion: Criterion, algebra: Algebra[Meaning]) -> Meaning:
    """The meaning of a whole criterion, from the leaves upwards."""
    if isinstance(criterion, And):
        return algebra.all_of([interpret(item, algebra) for item in criterion.items])
    if isinstance(criterion, Or):
        return algebra.any_of([interpret(item, algebra) for item in criterion.items])
    if isinstance(criterion, Not):
        return algebra.negate(interpret(criterion.item, algebra))
    return algebra.leaf(criterion)


def with_leaves(criterion: Criterion, replaced: Callable[[Leaf], Criterion]) -> Criterion:
    """The same criterion with each leaf replaced."""
    return interpret(criterion, _Replacing(replaced))


class _Replacing:
    """The algebra in which a criterion means itself, with its leaves replaced."""

    def __init__(self, replaced: Callable[[Leaf], Criterion]) -> None:
        self._replaced = replaced

    def leaf(self, leaf: Leaf) -> Criterion:
        return self._replaced(leaf)

    def all_of(self, items: Sequence[Criterion]) -> Criterion:
        return And(tuple(items))

    def any_of(self, items: Sequence[Criterion]) -> Criterion:
        return Or(tuple(items))

    def negate(self, item: Criterion) -> Criterion:
        return Not(item)


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
