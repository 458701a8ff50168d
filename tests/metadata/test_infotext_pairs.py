"""The fast parser of a line of parameters gives the same result as the full parser."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from iib_core.metadata import infotext

NAMES = st.sampled_from(
    [
        "Steps",
        "CFG scale",
        "Model hash",
        "Seed",
        "Some key",
        "x",
        "ControlNet 0",
        "A-b",
        "Lora_0 Model name",
        "Größe",
        "1st",
        " y",
        "y ",
        "a  b",
    ]
)
VALUES = st.one_of(
    st.sampled_from(
        [
            "20",
            "512x768",
            "Euler a",
            "",
            " ",
            "a: b",
            "v1.10.1",
            "-1",
            "x,y",
            "a, b",
            '"q, r"',
            "{}",
            "[1]",
            "end,",
            "two  spaces ",
            "a:b",
        ]
    ),
    st.text(max_size=12),
)
SEPARATORS = st.sampled_from([", ", ",", ",  ", "\n", ", , "])


@given(st.lists(st.tuples(NAMES, VALUES, SEPARATORS), max_size=8))
def test_the_fast_parser_agrees_with_the_full_one(parts):
    line = "".join(f"{name}: {value}{separator}" for name, value, separator in parts)
    short = infotext._simple_pairs(line)
    if short is not None:
        # A quoted value at the end forces the full parser, and adds one known pair.
        assert infotext.parameters(f'{line.rstrip()}, Last: "x, y"') == {**short, "Last": "x, y"}


def test_the_fast_parser_handles_usual_lines():
    assert infotext._simple_pairs(
        "Steps: 20, Sampler: DPM++ 2M, CFG scale: 7, Seed: 1, Size: 512x512, Model: a_v1.0, Version: v1.10.1"
    )
