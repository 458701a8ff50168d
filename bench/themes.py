"""A made-up corpus of prompts with known themes, as a library has them: each theme its own
subjects, every prompt some of them in its own words, between words that all themes share.
Everything follows from the seed.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from pathlib import Path

_WORDS = json.loads((Path(__file__).parent / "words.json").read_text("utf-8"))


@dataclass(frozen=True)
class Themed:
    """A prompt and the number of its theme."""

    text: str
    theme: int


def prompts(count: int, themes: int, seed: int = 1) -> list[Themed]:
    """``count`` distinct prompts of ``themes`` themes; sizes differ by a factor of up to six."""
    draw = random.Random(seed)
    made = [_Theme(random.Random(f"{seed}-{number}")) for number in range(themes)]
    weights = [draw.uniform(1, 6) for _ in made]
    found: dict[str, Themed] = {}
    while len(found) < count:
        number = draw.choices(range(themes), weights)[0]
        text = made[number].write(draw)
        found.setdefault(text, Themed(text, number))
    return list(found.values())


class _Theme:
    """Two subjects that each prompt of the theme has, and a dozen of which each has some."""

    def __init__(self, draw: random.Random) -> None:
        nouns = draw.sample(_WORDS["nouns"], 7)
        name = "".join(draw.choices(_WORDS["syllables"], k=3))
        self.core = [f"{name} {nouns[0]}", f"{draw.choice(_WORDS['adjectives'])} {nouns[1]}"]
        self.rest = [
            f"{draw.choice(_WORDS['colours'] + _WORDS['adjectives'])} {noun}"
            for noun in nouns[2:]
            for _ in range(2)
        ]

    def write(self, draw: random.Random) -> str:
        subjects = self.core + draw.sample(self.rest, draw.randint(4, 7))
        others = [
            f"{draw.choice(_WORDS['colours'])} {draw.choice(_WORDS['nouns'])}"
            for _ in range(draw.randint(0, 2))
        ]
        draw.shuffle(subjects)
        return ", ".join([*draw.sample(_WORDS["quality"], draw.randint(2, 6)), *subjects, *others])
