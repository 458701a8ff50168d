"""Tags derived from a prompt and its parameters."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iib_core.metadata import GenerationInfo, Lora, derive_tags, prompts
from tests.searches import rounds

WORDS: list[tuple[str, str, list[str]]] = [
    ("plain", "a cat, on a mat", ["a cat", "on a mat"]),
    ("lines", "a cat\non a mat,\n\n", ["a cat", "on a mat"]),
    ("weights", "(a cat:1.2), ((mat)), [hat], (x, y:0.5)", ["a cat", "mat", "hat", "x", "y"]),
    ("a ratio is a name", "ratio 16:9, 4:3", ["ratio 16:9", "4:3"]),
    ("colons are names", "a:b:c", ["a:b:c"]),
    ("brackets inside brackets", "(My LoRA (v1):0.8)", ["My LoRA (v1)"]),
    ("brackets of a name", "cat (animal), name (v1)", ["cat (animal)", "name (v1)"]),
    (
        "escaped brackets",
        r"hatsune miku \(vocaloid\), (rin \(v\):1.1)",
        ["hatsune miku (vocaloid)", "rin (v)"],
    ),
    ("lora tags", "a <lora:name with spaces:0.7> cat, <lora:x:1>, <hypernet:y:1>", ["a", "cat"]),
    (
        "BREAK and AND",
        "a BREAK b AND c, BREAKFAST, ANDROID, and so",
        ["a", "b", "c", "BREAKFAST", "ANDROID", "and so"],
    ),
    ("weighted AND", "a AND:0.5 b", ["a", "b"]),
    ("prompt editing", "[dog:cat:0.5], [late:0.3], [a|b]", ["dog", "cat", "late", "a", "b"]),
    (
        "novelai weights",
        "1.2::big hat, red::, -0.8::feet::, {{x}}",
        ["big hat", "red", "feet", "x"],
    ),
    ("invokeai weights", "grainy+, jpg--, cat++", ["grainy", "jpg", "cat"]),
    ("smileys", ":d, >_<, ^_^", [":d", ">_<", "^_^"]),
    ("full-width commas", "猫，帽子、赤", ["猫", "帽子", "赤"]),
    ("embeddings", "embedding:name, b", ["embedding:name", "b"]),
    ("nothing", "(), (((, [[]], ,,", []),
    ("spaces", "  a   cat  ", ["a cat"]),
]


@pytest.mark.parametrize(
    ("prompt", "wanted"), [case[1:] for case in WORDS], ids=[case[0] for case in WORDS]
)
def test_words(prompt: str, wanted: list[str]) -> None:
    assert list(prompts.words(prompt)) == wanted


def _names(info: GenerationInfo) -> list[tuple[str, str]]:
    return [
        (tag.category, tag.name)
        for tag in derive_tags(info, width_px=1024, height_px=512, media="image")
    ]


def test_all_categories_in_order() -> None:
    info = GenerationInfo(
        prompt="a cat, a mat",
        negative_prompt="bad",
        source="Forge",
        sampler="Euler a",
        model="sub\\dream.safetensors",
        loras=(Lora("x/style.safetensors", 0.5),),
        parameters={
            "Hires upscaler": "ESRGAN",
            "Refiner": "refine [ab12cd34ef]",
            "Hires upscale": "2",
        },
    )
    wanted = [
        ("prompt", "a cat"),
        ("prompt", "a mat"),
        ("model", "dream"),
        ("sampler", "Euler a"),
        ("lora", "style"),
        ("size", "1024x512"),
    ]
    assert _names(info) == [
        *wanted,
        ("source", "Forge"),
        ("media", "image"),
        ("hires", "ESRGAN"),
        ("refiner", "refine"),
    ]


def test_each_tag_once_whatever_its_case() -> None:
    assert [
        name
        for category, name in _names(GenerationInfo(prompt="Cat, cat, CAT, dog"))
        if category == "prompt"
    ] == ["Cat", "dog"]


def test_the_prompts_of_characters_count() -> None:
    info = GenerationInfo(
        prompt="two",
        parameters={"Character 1 prompt": "girl, red hair", "Character 1 negative prompt": "boy"},
    )
    assert [name for category, name in _names(info) if category == "prompt"] == [
        "two",
        "girl",
        "red hair",
    ]


def test_the_stated_size_replaces_a_missing_one() -> None:
    tags = derive_tags(
        GenerationInfo(width=64, height=32), width_px=None, height_px=None, media="video"
    )
    assert [(tag.category, tag.name) for tag in tags] == [("size", "64x32"), ("media", "video")]


def test_sentences_are_left_out_and_never_cut() -> None:
    sentence = "a very long sentence " * 10
    assert [
        name
        for category, name in _names(GenerationInfo(prompt=f"{sentence}, cat"))
        if category == "prompt"
    ] == ["cat"]


def test_no_refiner_and_no_hires_if_they_are_off() -> None:
    info = GenerationInfo(
        parameters={"Refiner Model": "None", "refiner_model": "None", "hrf_enabled": "False"}
    )
    assert {category for category, _name in _names(info)} == {"size", "media"}


def test_ten_thousand_words() -> None:
    info = GenerationInfo(prompt=", ".join(f"word number {index}" for index in range(10_000)))
    assert sum(category == "prompt" for category, _name in _names(info)) == 10_000


@pytest.mark.parametrize(
    "unit", ["(", ")", "[a:b:", "<lora:", "a::", "\\", "1", "((a)", " ", "AND "]
)
def test_hostile_prompts_are_fast(unit: str) -> None:
    start = time.thread_time()
    derive_tags(
        GenerationInfo(prompt=unit * (1_000_000 // len(unit))),
        width_px=1,
        height_px=1,
        media="image",
    )
    prompts.loras(unit * (1_000_000 // len(unit)))
    assert time.thread_time() - start < 4


@given(st.text(alphabet="ab(:1.)[]{}<>lora,\\ \n|+-"))
@settings(max_examples=rounds(300), deadline=None)
def test_any_prompt_gives_clean_words(prompt: str) -> None:
    for word in prompts.words(prompt):
        assert word == word.strip()
        assert word and "\n" not in word
