"""Keys of stacks stay what they were: databases hold them."""

from __future__ import annotations

import hashlib
import re

from hypothesis import given
from hypothesis import strategies as st

from iib_core.db import stack_keys

_PLAIN = re.compile(
    r"\b((?:variation[ _]?|noise[ _]?|sub|image[ _]?|rand[ _]?)?seeds?|batch[ _]pos(?:ition)?|"
    r'generation_time|date)\\?"?\s*[:=]\s*(?:\\?"[^"\\]{0,100}\\?"|-?\d{1,20})',
    re.IGNORECASE,
)
_NAMES = ["seed", "Seeds", "Variation ", "noise_", "sub", "image ", "RAND_", "batch pos", "Date"]
_NAMES += ["Batch_position", "generation_time", "Variation seed", "update", "vseed", "variation"]
_PARTS = [" ", "_", ":", "=", "\\", '"', "\n", "-", "12", "9" * 21, "é", ",", "x" * 101]


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


@given(st.lists(st.sampled_from(_NAMES + _PARTS), min_size=1, max_size=12))
def test_what_varies_is_left_out_as_by_the_plain_pattern(parts: list[str]):
    text = "a" + "".join(parts)
    assert stack_keys.run_key(text) == _hash(_PLAIN.sub(r"\1", text))
    assert stack_keys.run_key(text[1:] + "a") == _hash(_PLAIN.sub(r"\1", text[1:] + "a"))


def test_a_prompt_has_one_key_however_its_words_are_spaced():
    keys = {stack_keys.prompt_key(prompt) for prompt in ("A fox", " a\u3000fox\n", "a  FOX\t")}
    assert keys == {_hash("a fox")}
    assert stack_keys.prompt_key(" \n") is None and stack_keys.run_key(" ") is None
