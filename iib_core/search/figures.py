"""Figures of a search: the disk space of its results by folder, and the words of their prompts."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from iib_core.access import Access
from iib_core.db.engine import Database
from iib_core.db.search.sorting import Order
from iib_core.db.search.sums import FolderSum, count_prompt_words, sum_by_folder
from iib_core.search.criteria import Criterion
from iib_core.search.library import scoped
from iib_core.search.snapshots import Snapshots

LISTED = 50
_AT_A_TIME = 20_000
# The words of more files are estimated from this many of them.
_SAMPLED = 20_000


@dataclass(frozen=True)
class WordCount:
    """Files with a word in their prompts."""

    name: str
    count: int


@dataclass(frozen=True)
class Figures:
    """The results of a search: the folders that take most space, the most frequent words.
    ``words_are_exact`` False: they are estimated from a sample.
    """

    count: int
    size_bytes: int
    folders: list[FolderSum]
    words: list[WordCount]
    words_are_exact: bool


def measure(
    db: Database,
    access: Access,
    snapshots: Snapshots,
    criterion: Criterion,
    folders: Sequence[str],
    raise_if_cancelled: Callable[[], None] = lambda: None,
) -> Figures:
    """The figures of all files that satisfy ``criterion`` in or below ``folders``."""
    wanted = scoped(criterion, access, folders)
    ids = snapshots.list_all(wanted, Order(), raise_if_cancelled).ids.tolist()
    sums: dict[str, FolderSum] = {}
    with db.read() as conn:
        for start in range(0, len(ids), _AT_A_TIME):
            raise_if_cancelled()
            for one in sum_by_folder(conn, ids[start : start + _AT_A_TIME]):
                before = sums.get(one.path, FolderSum(one.path, 0, 0))
                count, size = before.count + one.count, before.size_bytes + one.size_bytes
                sums[one.path] = FolderSum(one.path, count, size)
        sample = ids if len(ids) <= _SAMPLED else random.SystemRandom().sample(ids, _SAMPLED)
        words = count_prompt_words(conn, sample)
    largest = sorted(sums.values(), key=lambda one: (-one.size_bytes, one.path))
    scale = len(ids) / max(1, len(sample))
    return Figures(
        len(ids),
        sum(one.size_bytes for one in largest),
        largest[:LISTED],
        _most_frequent(words, scale),
        len(sample) == len(ids),
    )


def _most_frequent(words: Counter[str], scale: float) -> list[WordCount]:
    found = sorted(words.items(), key=lambda one: (-one[1], one[0]))[:LISTED]
    return [WordCount(name, round(count * scale)) for name, count in found]
