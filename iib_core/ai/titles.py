"""Titles of groups of prompts: by their distinctive terms, or by a chat model."""

from __future__ import annotations

import hashlib
import json
import logging
import math
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from iib_core.ai import json_replies, languages
from iib_core.ai.boilerplate import is_boilerplate
from iib_core.ai.models import LanguageModels
from iib_core.ai.provider import LOCAL, ChatOptions
from iib_core.ai.tokenizer import STOP, pieces, words
from iib_core.db import ai_cache
from iib_core.db.engine import Database
from iib_core.errors import ServiceFailed
from iib_core.jobs import Progress

logger = logging.getLogger(__name__)

_VERSION = 1
# A model names at most this many groups, the largest ones, for at most this long.
MAX_ASKED = 200
_MAX_S = 600.0
_GIVE_UP = 3
_SAMPLES, _SAMPLE_CHARS = 6, 300
_TERMS = 8
_MAX_TERM_WORDS, _MAX_TERM_CHARS = 6, 48
_SCHEMA = {
    "type": "object",
    "properties": {
        "title": {"type": "string"},
        "keywords": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["title", "keywords"],
    "additionalProperties": False,
}


@dataclass(frozen=True)
class Name:
    """A group's title and keywords; ``source``: local or chat."""

    title: str
    keywords: tuple[str, ...]
    source: str = LOCAL


@dataclass(frozen=True)
class Naming:
    """How a model names groups.

    ``use_cache``: reuse cached names; ``force``: make new names even for cached ones.
    """

    model: str
    lang: str = "en"
    use_cache: bool = True
    force: bool = False


def name_locally(groups: Sequence[Sequence[str]]) -> list[Name]:
    """Names by class-based TF-IDF: a term weighs more if many texts of the group have it, and few
    others.

    Terms are short parts between commas, and single words. Titles are in the language of the
    prompts.
    """
    counted = [_count_terms(texts) for texts in groups]
    everywhere: Counter[str] = Counter()
    for counts in counted:
        everywhere.update(counts)
    average = sum(everywhere.values()) / max(1, len(groups))
    return [_name(counts, everywhere, average) for counts in counted]


def name_by_model(
    db: Database,
    ai: LanguageModels,
    groups: Sequence[Sequence[str]],
    local: Sequence[Name],
    naming: Naming,
    progress: Progress,
) -> tuple[list[Name], str]:
    """(the name of each group, a sentence about failures or ""). A group that the chat model does
    not name keeps its ``local`` name.

    One pass over the largest groups, several at a time, until all are done, the time is over or the
    service fails several times in a row.
    """
    keys = [_key(texts, naming) for texts in groups]
    with db.read() as conn:
        known = (
            {} if naming.force or not naming.use_cache else ai_cache.find_many(conn, "title", keys)
        )
    names = [_stored(known[key], name) if key in known else name for key, name in zip(keys, local)]
    asked = [group for group, key in enumerate(keys) if key not in known][:MAX_ASKED]
    progress.update(total=len(asked))
    failed = failed_in_a_row = done = 0
    problem = ""
    ends_at = time.monotonic() + _MAX_S

    def ask(group: int, wait: Callable[[float], None]) -> Name | None:
        return _ask(ai, groups[group], local[group], naming, wait)

    for group, name, error in ai.ask_many(ask, asked, progress):
        if error is not None and not isinstance(error, ServiceFailed):
            raise error
        done += 1
        progress.update(done=done)
        failed_in_a_row = failed_in_a_row + 1 if error else 0
        if name is not None:
            names[group] = name
            stored = {"title": name.title, "keywords": list(name.keywords)}
            with db.write() as conn:
                ai_cache.save(conn, "title", keys[group], stored)
        else:
            failed += 1
            problem = str(error) if error else problem or "The chat model answered without a title."
        is_hopeless = error is not None and error.is_lasting
        if failed_in_a_row >= _GIVE_UP or time.monotonic() > ends_at or is_hopeless:
            break
    left = failed + len(asked) - done
    if not left:
        return names, ""
    why = problem or "there was no time for more."
    return names, f"{left} of {len(groups)} topics have titles of their own words: {why}"


def _ask(
    ai: LanguageModels,
    texts: Sequence[str],
    local: Name,
    naming: Naming,
    wait: Callable[[float], None],
) -> Name | None:
    language = languages.name_of(naming.lang)
    samples = "\n".join(f"- {text[:_SAMPLE_CHARS]}" for text in _spread(texts, _SAMPLES))
    messages = [
        {
            "role": "system",
            "content": "You name groups of pictures by the prompts that they were made with. "
            f"Answer in {language}, with JSON only: "
            '{"title": "at most six words, what the pictures show", '
            '"keywords": ["three to six single terms"]}',
        },
        {
            "role": "user",
            "content": f"Terms of this group that others do not have: {', '.join(local.keywords)}\n"
            f"Some of its prompts:\n{samples}",
        },
    ]
    reply = ai.chat(
        messages, ChatOptions(naming.model, temperature=0.0, max_tokens=400, schema=_SCHEMA), wait
    )
    found = json_replies.find_object(reply) or {}
    title = json_replies.as_title(found.get("title"))
    if not title:
        return None
    keywords = tuple(json_replies.as_words(found.get("keywords")))
    return Name(title, keywords or local.keywords, "chat")


def _stored(value: object, local: Name) -> Name:
    if not isinstance(value, dict) or not value.get("title"):
        return local
    return replace(
        local,
        title=str(value["title"]),
        keywords=tuple(value.get("keywords") or local.keywords),
        source="chat",
    )


def _key(texts: Sequence[str], naming: Naming) -> str:
    made = json.dumps(
        [_VERSION, naming.model, languages.name_of(naming.lang), sorted(texts)], ensure_ascii=False
    )
    return hashlib.blake2b(made.encode("utf-8", "replace"), digest_size=16).hexdigest()


def _count_terms(texts: Sequence[str]) -> Counter[str]:
    """The number of texts that contain each term."""
    counts: Counter[str] = Counter()
    for text in texts:
        found: dict[str, None] = {}
        for piece in pieces(text.lower()):
            parts = piece.split()
            if len(parts) <= _MAX_TERM_WORDS and len(piece) <= _MAX_TERM_CHARS:
                found[" ".join(parts)] = None
            single = (
                word for word in parts if len(word) > 2 and word not in STOP and word.isalpha()
            )
            found.update(dict.fromkeys(single))
        counts.update(term for term in found if not is_boilerplate(term, theme_only=True))
    return counts


def _name(counts: Counter[str], everywhere: Counter[str], average: float) -> Name:
    scores = {
        # A phrase says more than each of its words, which every text with the phrase contains too.
        term: count * math.log(1 + average / everywhere[term]) * (1 + 0.3 * min(2, term.count(" ")))
        for term, count in counts.items()
    }
    # The sort is stable: among equal terms the first wins, because prompts begin with the subject.
    ranked = sorted(scores, key=lambda term: -scores[term])[:60]
    keywords: list[str] = []
    for term in ranked:
        if not any(_overlap(term, other) for other in keywords):
            keywords.append(term)
        if len(keywords) == _TERMS:
            break
    shown = 3 if not any(" " in term for term in keywords[:2]) else 2
    title = ", ".join(_capital(term) for term in keywords[:shown])
    return Name(title[:80] or "Other", tuple(keywords))


def _overlap(term: str, other: str) -> bool:
    """Whether the words of one term include those of the other."""
    one = set(words(term)) or {term}
    two = set(words(other)) or {other}
    return one <= two or two <= one


def _capital(term: str) -> str:
    return term[:1].upper() + term[1:]


def _spread(texts: Sequence[str], number: int) -> list[str]:
    """``number`` of the texts at equal distances; all if there are fewer."""
    number = min(number, len(texts))
    return [texts[step * len(texts) // number] for step in range(number)]
