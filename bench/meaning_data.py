"""What ``python -m bench meaning`` judges by: real prompts with their theme and subject, queries
with their right subjects, and a few synonyms of each theme.

The prompts lie outside of the project (``IIB_PROMPTS``). ``python -m bench.meaning_data`` checks
that no query shares a word stem with its right prompts.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_FILE = Path(__file__).with_name("meaning_queries.json")
_WORD = re.compile(r"[a-z]+")
_STOP_WORDS = "a an the of in on at to and or with without by for from is are as it its off over"
_STOP = frozenset(_STOP_WORDS.split())
_ENDINGS = ("ing", "edly", "ers", "ies", "ed", "es", "er", "ly", "s", "y", "e")
_IRREGULAR = {
    "women": "woman",
    "men": "man",
    "people": "person",
    "children": "child",
    "wolves": "wolf",
}
# Two words share a stem too where one begins with the other, if that has as many letters.
_PREFIX_CHARS = 4
MAX_SYNONYMS = 3


@dataclass(frozen=True)
class Prompt:
    """A real prompt, its theme and what its picture is of."""

    text: str
    theme: str
    subject: str


@dataclass(frozen=True)
class Query:
    """What somebody looks for, and the subjects of the prompts that are right."""

    text: str
    subjects: tuple[str, ...]


def load_prompts() -> list[Prompt]:
    """The prompts of the folder that ``IIB_PROMPTS`` names. Raises SystemExit where there are none."""
    folder = os.environ.get("IIB_PROMPTS", "")
    path = Path(folder, "real-prompts.jsonl")
    if not folder or not path.is_file():
        raise SystemExit("IIB_PROMPTS names no folder with real-prompts.jsonl: set it.")
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    return [Prompt(row["prompt"], row["theme"], row["subject"]) for row in rows]


def load_queries() -> list[Query]:
    """The queries of this benchmark."""
    listed = json.loads(_FILE.read_text("utf-8"))["queries"]
    return [Query(row["query"], tuple(row["subjects"])) for row in listed]


def load_synonyms() -> dict[str, list[str]]:
    """At most three synonyms a theme. Raises ValueError where a theme has more."""
    found: dict[str, list[str]] = json.loads(_FILE.read_text("utf-8"))["synonyms"]
    for theme, words in found.items():
        if len(words) > MAX_SYNONYMS or any(" " in word for word in words):
            raise ValueError(f"{theme}: at most {MAX_SYNONYMS} single words")
    return found


def stems(text: str) -> frozenset[str]:
    """The word stems of a text, without the commonest words."""
    return frozenset(_stem(word) for word in _WORD.findall(text.lower()) if word not in _STOP)


def shared_stems(one: str, other: str) -> list[tuple[str, str]]:
    """Pairs of stems of two texts that are one word, or of which one begins with the other."""
    return sorted(
        (first, second)
        for first in stems(one)
        for second in stems(other)
        if first == second or _begins(first, second) or _begins(second, first)
    )


def names_most(title: str, members: Sequence[Prompt], synonyms: dict[str, list[str]]) -> bool:
    """Whether a title has a word of the subject or of the theme of more than half of the members.

    Words are compared by their stems; a theme's synonyms count as its words.
    """
    own = stems(title)
    named = 0
    for member in members:
        words = " ".join([member.subject, member.theme, *synonyms.get(member.theme, ())])
        named += bool(own & stems(words))
    return 2 * named > len(members)


def check(prompts: Sequence[Prompt], queries: Sequence[Query]) -> list[str]:
    """A sentence for each query that shares a word stem with one of its right prompts, or has none."""
    problems = []
    for query in queries:
        right = [prompt for prompt in prompts if prompt.subject in query.subjects]
        if not right:
            problems.append(f"'{query.text}' has no right prompt")
        for prompt in right:
            shared = shared_stems(query.text, f"{prompt.text} {prompt.subject}")
            if shared:
                problems.append(f"'{query.text}' shares {shared} with '{prompt.subject}'")
    return problems


def _begins(long: str, short: str) -> bool:
    return len(short) >= _PREFIX_CHARS and long.startswith(short)


def _stem(word: str) -> str:
    word = _IRREGULAR.get(word, word)
    for ending in _ENDINGS:
        if word.endswith(ending) and not word.endswith("ss") and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


if __name__ == "__main__":
    found = check(load_prompts(), load_queries())
    load_synonyms()
    print("\n".join(found) or "no query shares a word stem with its right prompts")
    sys.exit(bool(found))
