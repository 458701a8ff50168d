"""Names of topics without a chat model: what most of their subjects are, in two to four words."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

from iib_core.ai import subjects
from iib_core.ai.boilerplate import is_boilerplate
from iib_core.ai.titles import Name
from iib_core.ai.words import STOP, words

_TERMS = 8
_MOST_WORDS = 4
_MOST_TEXTS = 2000
# A head that so many of the texts have names a theme of the table better than the table.
_COVERS = 0.6
# What ends the words that name a thing: "a red fox | in the snow", "emma watson | as supergirl".
_ENDS = re.compile(
    r"\s(?:in|on|at|with|without|of|from|by|as|and|or|vs\.?|versus|for|to|into|inside|under|over|near|next|"
    r"who|that|which|while|is|are|was|made|wearing|holding|standing|sitting|riding|playing|eating|"
    r"walking|flying|running|looking|smiling|fighting|working|using|inspired|dressed|surrounded|covered|"
    r"filled|floating|doing|having|being|caught|during|between|through|against|around|above|below)\b.*"
)
_WEAK = frozenset(
    "a an the beautiful cute stunning gorgeous detailed highly very realistic giant huge big large small "
    "little tiny young old epic fantasy dark light full body portrait photo style concept art digital "
    "painting illustration character design close up face image picture scene shot view female male "
    "intricate elegant colorful futuristic professional cinematic two one three many some new his her "
    "its their this that abstract complex simple single ultra hyper super best good high".split()
)


def name_themes(groups: Sequence[Sequence[str]], known: Sequence[str]) -> list[Name]:
    """A name for each group of texts; ``known``: its name in the table of themes, or ""."""
    heads = [_count_heads(texts) for texts in groups]
    everywhere: Counter[str] = Counter()
    for counts, _ in heads:
        everywhere.update(counts)
    taken: set[str] = set()
    names = []
    for (counts, number), texts, title in zip(heads, groups, known):
        ranked = _rank(counts, everywhere, number)
        covering = [head for head in ranked if counts[head] >= _COVERS * number]
        if not title or (covering and number >= 3):
            title = _title(covering or ranked, texts)
        title = _distinct(title, ranked, taken)
        taken.add(title.casefold())
        names.append(Name(title, tuple(_keywords(ranked))))
    return names


def _count_heads(texts: Sequence[str]) -> tuple[Counter[str], int]:
    """In how many of the texts each name of a thing is, and of how many texts."""
    step = max(1, len(texts) // _MOST_TEXTS)
    chosen = texts[::step]
    counts: Counter[str] = Counter()
    for text in chosen:
        pieces = subjects.find(text).whole.split(", ")
        found: dict[str, None] = {}
        for at, piece in enumerate(pieces[:6]):
            for head in _heads(piece, is_first=at == 0):
                found[head] = None
        counts.update(list(found))
    return counts, len(chosen)


def _heads(piece: str, *, is_first: bool) -> list[str]:
    """The names of a piece, "fox" and "red fox"; of a piece behind the first only where it is short."""
    phrase = _ENDS.sub("", f" {piece}").split()
    while phrase and (phrase[0] in _WEAK or phrase[0] in STOP):
        phrase = phrase[1:]
    if not phrase or (not is_first and len(phrase) > 3):
        return []
    found = []
    for length in range(1, min(3, len(phrase)) + 1):
        head = phrase[-length:]
        if head[0] not in _WEAK and head[-1] not in _WEAK and all(len(word) > 1 for word in head):
            found.append(" ".join(head))
    return [head for head in found if not is_boilerplate(head, theme_only=True)]


def _rank(counts: Counter[str], everywhere: Counter[str], number: int) -> list[str]:
    """Heads that set a group apart, best first: many texts have them, few others do."""
    scores = {
        head: count
        * math.log(2 + count / max(1, everywhere[head] - count + 1))
        * (1 + 0.35 * min(2, head.count(" ")))
        for head, count in counts.items()
        if count > 1 or number < 3
    }
    return sorted(scores or counts, key=lambda head: (-scores.get(head, 0.0), head))[:60]


def _title(ranked: Sequence[str], texts: Sequence[str]) -> str:
    if ranked:
        return _capital(ranked[0])
    own = subjects.find(texts[0]).subject if texts else ""
    phrase = _ENDS.sub("", f" {own.split(',')[0]}").split()[:_MOST_WORDS]
    return _capital(" ".join(phrase)) or "Other"


def _distinct(title: str, ranked: Sequence[str], taken: set[str]) -> str:
    """A title that no other group has."""
    if title.casefold() not in taken:
        return title
    for head in ranked:
        longer = f"{title}: {head}"
        if not set(words(head)) <= set(words(title)) and longer.casefold() not in taken:
            return longer
    return next(f"{title} {at}" for at in range(2, 1000) if f"{title} {at}".casefold() not in taken)


def _keywords(ranked: Sequence[str]) -> list[str]:
    chosen: list[str] = []
    for head in ranked:
        own = set(words(head)) or {head}
        if not any(own <= set(words(other)) or set(words(other)) <= own for other in chosen):
            chosen.append(head)
        if len(chosen) == _TERMS:
            break
    return chosen


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
