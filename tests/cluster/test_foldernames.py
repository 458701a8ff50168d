"""Names of folders and patterns of folders."""

from __future__ import annotations

import pytest

from iib_core.cluster import foldernames
from iib_core.cluster.folder_pattern import FolderPattern, has_value
from iib_core.db.organise_plans import Facts
from iib_core.errors import InvalidRequest
from iib_core.files import names


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Foxes in snow", "Foxes in snow"),
        ("a/b\\c: d?", "a b c d"),
        ("..", ""),
        ("../../etc", "etc"),
        (" .hidden. ", "hidden"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("雪の中の狐", "雪の中の狐"),
        ("A\u0308pfel", "\u00c4pfel"),
        ("tab\tand\nline\x00", "tab and line"),
        ("\u202egnp.exe", "gnp.exe"),
        ("x" * 300, "x" * 60),
        ("狐" * 300, "狐" * 60),
        ("🦊" * 300, "🦊" * 50),
        ("\ud800", ""),
        ("", ""),
        (".iib-trash", "iib-trash"),
    ],
)
def test_a_title_becomes_a_name_that_every_system_can_store(title, name):
    made = foldernames.clean(title)
    assert made == name
    if made:
        assert names.validate(made, windows=True) == made


FACTS = Facts(
    "/x/a.png",
    1_741_975_380_000_000_000,
    "image",
    "dream/shaper:8",
    "Forge",
    None,
    512,
    768,
    4,
    "best",
)


@pytest.mark.parametrize(
    ("pattern", "folder"),
    [
        ("{date:%Y-%m}/{model}", ("2025-03", "dream shaper 8")),
        ("{date}", ("2025-03-14",)),
        ("{source} {size}/{rating} stars", ("Forge 512x768", "4 stars")),
        ("{sampler}/{tag}/{media}", ("Unknown", "best", "image")),
        ("plain", ("plain",)),
        ("a//b/", ("a", "b")),
        ("../{model}", ("Unknown", "dream shaper 8")),
    ],
)
def test_a_pattern_gives_the_folder_of_a_file(pattern, folder):
    assert FolderPattern(pattern).folder(FACTS) == folder


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        " / ",
        "{nothing}",
        "{model:x}",
        "{model",
        "model}",
        "{}",
        "a/" * 9,
        "x" * 500,
        "{date:%Y}{",
        "{date:../%Y}",
    ],
)
def test_a_pattern_that_means_nothing_is_told(pattern):
    with pytest.raises(InvalidRequest):
        FolderPattern(pattern)


def test_what_a_file_lacks():
    assert has_value("model", FACTS) and not has_value("sampler", FACTS)
