"""Names: which are allowed, which belong together, which are free."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iib_core.errors import InvalidRequest
from iib_core.files import names

pytestmark = pytest.mark.windows

BAD = [
    "",
    ".",
    "..",
    "../up.png",
    "a/b.png",
    "a\\b.png",
    "..\\up.png",
    "a\0b",
    "CON",
    "con.png",
    "Aux.tar.gz",
    "com1",
    "LPT9.txt",
    "COM\u00b2",
    "x" * 300,
    "\u732b" * 256,
    "\ud83d.png",
]
BAD_ON_WINDOWS = [
    "\udc80.png",
    "a:b.png",
    "what?.png",
    "a*.png",
    '"a".png',
    "a|b",
    "<a>",
    "line\nbreak",
    "dot.",
    "space ",
]
GOOD = [
    "new name.png",
    "console.png",
    "com.png",
    "com10.png",
    "a#%+.png",
    "\u732b.png",
    ".hidden",
    "a" * 251 + ".png",
    "x'y.png",
]


@pytest.mark.parametrize("name", [*BAD, ".iib-trash"])
def test_an_invalid_name_is_refused_with_a_sentence(name):
    for windows in (True, False):
        with pytest.raises(InvalidRequest, match=r"\.$"):
            names.validate(name, windows=windows)


@pytest.mark.parametrize("name", BAD_ON_WINDOWS)
def test_a_name_that_windows_cannot_store_is_refused_on_windows_only(name):
    assert names.validate(name, windows=False) == name
    with pytest.raises(InvalidRequest):
        names.validate(name, windows=True)


@pytest.mark.parametrize(
    ("character", "is_good"),
    [("\u732b" * 251, True), ("\U0001f98a" * 125, True), ("\U0001f98a" * 126, False)],
)
def test_windows_counts_units_of_utf_16_and_others_bytes(character, is_good):
    name = character + ".png"
    with pytest.raises(InvalidRequest, match="255 bytes"):
        names.validate(name, windows=False)
    if is_good:
        assert names.validate(name, windows=True) == name
    else:
        with pytest.raises(InvalidRequest, match="255 characters"):
            names.validate(name, windows=True)


@pytest.mark.parametrize("name", GOOD)
def test_other_names_are_fine(name):
    assert names.validate(name, windows=True) == name


@given(st.text(max_size=300))
def test_a_validated_name_can_be_stored(name):
    try:
        checked = names.validate(name, windows=False)
    except InvalidRequest:
        return
    assert checked and not {"/", "\\", "\0"} & set(checked) and checked not in (".", "..")


@pytest.mark.parametrize(
    ("asked", "present", "leaving", "want"),
    [
        (["p.png"], ["p.png", "p.txt", "q.txt"], True, {"p.png": ["p.txt"]}),
        (["p.png"], ["p.png", "p.jpg", "p.txt"], True, {}),
        (["p.png"], ["p.png", "p.jpg", "p.txt"], False, {"p.png": ["p.txt"]}),
        (["p.png"], ["p.png", "p.jpg", "p.png.txt", "p.txt"], True, {"p.png": ["p.png.txt"]}),
        (["p.png", "p.jpg"], ["p.png", "p.jpg", "p.txt"], True, {"one": ["p.txt"]}),
        (["p.png", "p.txt"], ["p.png", "p.txt"], True, {}),
        (["p.txt"], ["p.png", "p.txt"], True, {}),
        (
            ["p.png"],
            ["p.png", "p.JSON", "p.yaml", "p.yml", "p.zip"],
            True,
            {"p.png": ["p.JSON", "p.yaml", "p.yml"]},
        ),
        (["notes.zip"], ["notes.zip", "notes.txt"], True, {}),
        (
            ["p.mp4"],
            ["p.mp4", "p.swarm.json", "p.swarmpreview.webp"],
            True,
            {"p.mp4": ["p.swarm.json", "p.swarmpreview.webp"]},
        ),
        (
            ["p.png"],
            ["p.png", "p.xmp", "p.png.xmp", "p.caption"],
            True,
            {"p.png": ["p.png.xmp", "p.xmp", "p.caption"]},
        ),
        (
            ["p.png"],
            ["p.png", "p.civitai.info", "p.json", "p.png.txt", "p.safetensors"],
            True,
            {"p.png": ["p.png.txt"]},
        ),
        (["p.png"], ["p.png", "p.txt", "p.gguf"], False, {}),
        (
            ["p.png"],
            ["p.png", "p.swarmpreview.png", "p.txt"],
            True,
            {"p.png": ["p.swarmpreview.png", "p.txt"]},
        ),
    ],
)
def test_a_companion_goes_with_its_picture_unless_another_one_needs_it(
    asked, present, leaving, want
):
    found = names.find_companions(asked, present, is_leaving=leaving)
    if "one" in want:
        assert list(found.values()) == [want["one"]]
    else:
        assert found == want


def test_pictures_that_share_a_companion_stay_together_and_others_do_not():
    groups = list(
        names.group_by_stem(
            ["a.png", "a.jpg", "b.png", "b.jpg", "c.txt", "d.png", "d.png.txt"],
            {"a.png": ["a.txt"]},
        )
    )
    assert sorted(map(sorted, groups)) == [
        ["a.jpg", "a.png", "a.txt"],
        ["b.jpg"],
        ["b.png"],
        ["c.txt"],
        ["d.png", "d.png.txt"],
    ]


@pytest.mark.parametrize(
    ("group", "taken", "want"),
    [
        (["a.png"], {"a.png"}, ["a (1).png"]),
        (["a.png", "a.txt"], {"a (1).txt", "a (2).png"}, ["a (3).png", "a (3).txt"]),
        (["a.png", "a.png.txt"], set(), ["a (1).png", "a (1).png.txt"]),
        (["x" * 251 + ".png"], set(), ["x" * 247 + " (1).png"]),
    ],
)
def test_a_group_gets_the_first_number_that_is_free_for_all_names(group, taken, want):
    assert names.find_free(group, taken.__contains__) == want


def test_the_number_of_a_folder_follows_its_whole_name():
    assert names.find_free(["v1.5"], set().__contains__, is_folder=True) == ["v1.5 (1)"]


@pytest.mark.parametrize(
    ("name", "portable"),
    [
        ("fox.png", "fox.png"),
        ("..", "__"),
        ("", "_"),
        ("..\\..\\x.png", ".._.._x.png"),
        ("C:x", "C_x"),
        ("/x", "_x"),
        ("a\0b\x85", "a_b_"),
        ("x. ", "x__"),
        ("nul.txt", "_nul.txt"),
        ("狐 1.png", "狐 1.png"),
    ],
)
def test_a_portable_name_is_valid_on_every_system(name, portable):
    assert names.make_portable(name) == portable
