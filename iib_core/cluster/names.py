"""Names of topics without a chat model: what most of their subjects are, in two to four words."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from iib_core.ai import subjects
from iib_core.ai.boilerplate import is_boilerplate
from iib_core.ai.titles import Name
from iib_core.ai.tokenizer import STOP, words
from iib_core.cluster import themes

_TERMS = 8
_MOST_WORDS = 4
_MOST_TEXTS = 2000
# A head in at least this share of the texts becomes the title, instead of the name in the table of
# themes.
_COVERS = 0.6
_COMMON = 0.4
_PIECES = 8
# What ends the words that name a thing: "a red fox | in the snow", "emma watson | as supergirl".
_ENDS = re.compile(
    r"\s(?:in|on|at|with|without|of|from|by|as|and|or|vs\.?|versus|for|to|into|inside|under|over|near|next|"
    r"who|that|which|while|is|are|was|made|wearing|holding|standing|sitting|riding|playing|eating|"
    r"walking|flying|running|looking|smiling|fighting|working|using|inspired|dressed|surrounded|covered|"
    r"filled|floating|doing|having|being|caught|during|between|through|against|around|above|below)\b.*"
)
_WEAK_WORDS = """
a an the beautiful cute stunning gorgeous detailed highly very realistic giant huge big large small
little tiny young old epic fantasy dark light full body portrait photo style concept art digital
painting illustration character design close up face image picture scene shot view female male
intricate elegant colorful futuristic professional cinematic out off up two one three many some new
his her its their this that abstract complex simple single ultra hyper super best good high
"""
_WEAK = frozenset(_WEAK_WORDS.split())


def name_topics(groups: Sequence[Sequence[str]], known: Sequence[str]) -> list[Name]:
    """A name for each group of texts; ``known``: what the table of themes calls it, or ""."""
    counted = [_count_heads(texts) for texts in groups]
    everywhere: Counter[str] = Counter()
    spread: Counter[str] = Counter()
    for heads in counted:
        everywhere.update(heads.first)
        everywhere.update(heads.rest)
        spread.update({*heads.first, *heads.rest})
    # What is said in groups of all kinds says nothing of any of them.
    common = {head for head, number in spread.items() if number > max(4, _COMMON * len(groups))}
    taken: set[str] = set()
    names = []
    for heads, texts, theme in zip(counted, groups, known):
        title = theme
        ranked = _rank(heads.first, everywhere, common)
        covering = [head for head in ranked if heads.first[head] >= _COVERS * heads.number]
        if not title or (covering and heads.number >= 3):
            title = _title(covering or ranked, texts)
        title = _distinct(title, ranked, taken)
        taken.add(_key(title))
        often = [head for head in ranked if heads.first[head] + heads.rest[head] > 1]
        told = [*_theme_words(heads, theme), *often]
        names.append(Name(title, tuple(_keywords(told or ranked[:3]))))
    return names


def _theme_words(heads: _Heads, theme: str) -> list[str]:
    """The words of a theme of the table that its texts have, the most frequent first."""
    found = {word: heads.first[word] for word in themes.words_of(theme) if heads.first[word]}
    return sorted(found, key=lambda word: (-found[word], word))


@dataclass(frozen=True)
class _Heads:
    """In how many of ``number`` texts each name of a thing is: in the subject, and behind it."""

    first: Counter[str]
    rest: Counter[str]
    number: int


def _count_heads(texts: Sequence[str]) -> _Heads:
    chosen = texts[:: max(1, len(texts) // _MOST_TEXTS)]
    first: Counter[str] = Counter()
    rest: Counter[str] = Counter()
    artists: set[str] = set()
    for text in chosen:
        found = subjects.find(text)
        artists.update(found.artists)
        own = found.subject.split(", ")
        heads = dict.fromkeys(
            head for at, piece in enumerate(own) for head in _heads(piece, is_first=at == 0)
        )
        first.update(list(heads))
        behind = found.whole.split(", ")[len(own) : _PIECES]
        rest.update(
            {head for piece in behind for head in _heads(piece, is_first=False)} - set(heads)
        )
    for artist in artists:
        first.pop(artist, None)
        rest.pop(artist, None)
    return _Heads(first, rest, len(chosen))


def _heads(piece: str, *, is_first: bool) -> list[str]:
    """The names of a piece, "fox" and "red fox"; of a piece behind the first only where it is
    short.
    """
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


def _rank(counts: Counter[str], everywhere: Counter[str], common: set[str]) -> list[str]:
    """Heads that set a group apart, best first: many texts have them, few others do."""
    scores = {
        head: count
        * math.log(2 + count / max(1, everywhere[head] - count + 1))
        * (1 + 0.35 * min(2, head.count(" ")))
        for head, count in counts.items()
        if head not in common
    }
    return sorted(scores, key=lambda head: (-scores[head], head))[:60]


def _title(ranked: Sequence[str], texts: Sequence[str]) -> str:
    if ranked:
        return _capital(ranked[0])
    own = subjects.find(texts[0]).subject if texts else ""
    phrase = _ENDS.sub("", f" {own.split(',')[0]}").split()[:_MOST_WORDS]
    return _capital(" ".join(phrase)) or "Other"


def _distinct(title: str, ranked: Sequence[str], taken: set[str]) -> str:
    """A title that no other group has."""
    if _key(title) not in taken:
        return title
    for head in ranked:
        longer = f"{title}: {head}"
        if not set(words(_key(head))) <= set(words(_key(title))) and _key(longer) not in taken:
            return longer
    return next(f"{title} {at}" for at in range(2, 1000) if _key(f"{title} {at}") not in taken)


def _key(title: str) -> str:
    """A title as it is compared: "Dragon" and "Dragons" are one."""
    return re.sub(r"s\b", "", title.casefold())


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
