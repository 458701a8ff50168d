"""The names of parameters: one for each, and all of them in docs/metadata.md."""

from __future__ import annotations

from pathlib import Path

import pytest

from iib_core.metadata import vocabulary

DOCS = Path(__file__).parents[2] / "docs" / "metadata.md"
PAGE = Path(__file__).parents[2] / "javascript" / "gallery" / "lib" / "parameters.mjs"


def test_every_name_is_in_the_documentation() -> None:
    text = DOCS.read_text(encoding="utf-8")
    rows = {line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| ")}
    assert [parameter.name for parameter in vocabulary.TABLE if parameter.name not in rows] == []


def test_the_page_shows_every_name_in_its_group() -> None:
    source = PAGE.read_text(encoding="utf-8")
    hires = [parameter for parameter in vocabulary.TABLE if not parameter.name.startswith("Hires ")]
    missing = [
        parameter.name
        for parameter in hires
        if f"'{parameter.name}': '{parameter.group}'" not in source
        and f"{parameter.name}: '{parameter.group}'" not in source
    ]
    assert missing == []


def test_no_spelling_is_ambiguous() -> None:
    names = [parameter.name for parameter in vocabulary.TABLE]
    spellings = [spelling for parameter in vocabulary.TABLE for spelling in parameter.spellings]
    assert len({*names, *spellings}) == len(names) + len(spellings)
    assert {parameter.group for parameter in vocabulary.TABLE} <= set(vocabulary.GROUPS)


def test_a_spelling_is_renamed_to_the_name_of_the_table() -> None:
    assert vocabulary.unified({"clip_skip": "2", "Eta": "0"}) == {"Clip skip": "2", "Eta": "0"}
    assert vocabulary.unified({"Denoise": "0.5", "strength": "0.7"}) == {
        "Denoising strength": "0.5",
        "strength": "0.7",
    }
    assert vocabulary.unified({"clip_skip": "1", "Clip skip": "2"}) == {
        "clip_skip": "1",
        "Clip skip": "2",
    }
    same = {"Eta": "0"}
    assert vocabulary.unified(same) is same


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("/home/a/b c.png", "b c.png"),
        ("D:/x/y.pth", "y.pth"),
        ("~/m.ckpt", "m.ckpt"),
        ("/a sentence/of a person", "/a sentence/of a person"),
        ("1/2", "1/2"),
    ],
)
def test_a_path_of_the_authors_machine_becomes_a_name(value: str, wanted: str) -> None:
    assert vocabulary.bare(value) == wanted


@pytest.mark.parametrize(
    ("value", "wanted"),
    [(7.0, "7"), (0.25, "0.25"), (81, "81"), (1 / 3, "0.333333"), (10_000_000, "10000000")],
)
def test_number_format(value: float, wanted: str) -> None:
    assert vocabulary.number(value) == wanted
