"""Infotexts in all their variants."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iib_core.metadata import infotext
from iib_core.metadata.info import GenerationInfo, Lora
from tests.searches import rounds

LINE = (
    "Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 42, Size: 512x768, Model hash: abc1234567, "
    "Model: dream_v8"
)

FIELDS: list[tuple[str, str, dict[str, Any]]] = [
    ("empty", "", {"prompt": "", "negative_prompt": "", "steps": None}),
    (
        "prompt only",
        "a cat,\non a mat",
        {"prompt": "a cat,\non a mat", "steps": None, "parameters": {}},
    ),
    (
        "usual",
        f"a cat\nNegative prompt: bad\n{LINE}",
        {
            "prompt": "a cat",
            "negative_prompt": "bad",
            "steps": 20,
            "sampler": "Euler a",
            "cfg_scale": 7.0,
        },
    ),
    (
        "numbers",
        f"a cat\n{LINE}",
        {
            "seed": 42,
            "width": 512,
            "height": 768,
            "model": "dream_v8",
            "model_hash": "abc1234567",
            "negative_prompt": "",
        },
    ),
    (
        "no prompt",
        f"Negative prompt: bad\n{LINE}",
        {"prompt": "", "negative_prompt": "bad", "steps": 20},
    ),
    ("neither", LINE, {"prompt": "", "negative_prompt": "", "steps": 20}),
    (
        "windows line ends, NULs",
        f"a cat\0\0\r\nNegative prompt: bad\0\r\n{LINE}\0",
        {"prompt": "a cat", "negative_prompt": "bad", "model": "dream_v8"},
    ),
    (
        "several lines",
        f"a\n\nb\nNegative prompt: c\nd\n\n{LINE}",
        {"prompt": "a\n\nb", "negative_prompt": "c\nd"},
    ),
    (
        "Steps in the prompt",
        f"Steps: climb them\nSteps: 3 of stone\n{LINE}",
        {"prompt": "Steps: climb them\nSteps: 3 of stone", "steps": 20},
    ),
    (
        "an infotext in the prompt",
        f"x\nNegative prompt: y\nSteps: 9, Sampler: DDIM\nNegative prompt: z\n{LINE}",
        {"negative_prompt": "z", "steps": 20},
    ),
    (
        "Negative prompt in a sentence",
        f"the words Negative prompt: here\n{LINE}",
        {"prompt": "the words Negative prompt: here", "negative_prompt": ""},
    ),
    (
        "all in one line",
        f"a cat Negative prompt: bad {LINE}",
        {"prompt": "a cat", "negative_prompt": "bad", "seed": 42},
    ),
    (
        "no Steps",
        "a cat\nSampler: Euler, Seed: 7, Size: 64x64, Model: m",
        {"prompt": "a cat", "seed": 7, "steps": None, "model": "m"},
    ),
    (
        "a parameter a line",
        "a cat\nNegative prompt: bad\nSteps: 2\nSampler: DPM++ 2M\nSeed: 5\nSize: 832x1216",
        {"negative_prompt": "bad", "steps": 2, "seed": 5, "height": 1216},
    ),
    (
        "64-bit seed",
        "a\nSteps: 1, Seed: 18446744073709551615, Size: 8x8",
        {"seed": 18446744073709551615},
    ),
    ("negative seed", "a\nSteps: 1, Seed: -1, Size: 8x8", {"seed": -1}),
    (
        "scheduler",
        "a\nSteps: 1, Sampler: DPM++ 2M, Schedule type: Karras",
        {"sampler": "DPM++ 2M", "scheduler": "Karras"},
    ),
    (
        "empty values",
        "a\nSteps: 20, Model: , RNG: cuda",
        {"model": None, "parameters": {"RNG": "cuda"}},
    ),
    (
        "lower-case keys",
        "a\nSteps: 28, Sampler: k_lms, CFG Scale: 8, model: Deliberate",
        {"cfg_scale": 8.0, "model": "Deliberate"},
    ),
    (
        "JSON starts the prompt",
        '{"a": 1}, {red|blue}\n' + LINE,
        {"prompt": '{"a": 1}, {red|blue}', "steps": 20},
    ),
    (
        "postprocessed only",
        "Postprocess upscale by: 4, Postprocess upscaler: ESRGAN",
        {
            "prompt": "",
            "parameters": {"Postprocess upscale by": "4", "Postprocess upscaler": "ESRGAN"},
        },
    ),
    (
        "code in the prompt",
        f"pipe(\n    steps=9,\n    height=1024,\n)\n{LINE}",
        {"prompt": "pipe(\n    steps=9,\n    height=1024,\n)", "height": 768},
    ),
]

PARAMETERS: list[tuple[str, str, str, str]] = [
    ("quoted comma", 'ADetailer prompt: "a, b, (c:1.2)"', "ADetailer prompt", "a, b, (c:1.2)"),
    (
        "escaped quotes and line ends",
        r'Hires prompt: "say \"hi\", then\nleave: now"',
        "Hires prompt",
        'say "hi", then\nleave: now',
    ),
    (
        "colons inside",
        'ControlNet 0: "Module: canny, Model: control_v11p [d14c016b], Weight: 1"',
        "ControlNet 0",
        "Module: canny, Model: control_v11p [d14c016b], Weight: 1",
    ),
    (
        "JSON",
        'Hashes: {"model": "ab", "lora:x, y": "cd"}',
        "Hashes",
        '{"model": "ab", "lora:x, y": "cd"}',
    ),
    (
        "JSON list",
        'Civitai resources: [{"type":"lora","weight":1},{"type":"vae"}]',
        "Civitai resources",
        '[{"type":"lora","weight":1},{"type":"vae"}]',
    ),
    ("plain comma", "Operations: txt2img, upscale", "Operations", "txt2img, upscale"),
    ("address", "Origin: https://example.org/a,b", "Origin", "https://example.org/a,b"),
    ("brackets in names", "RP Ratios (x): 1", "RP Ratios (x)", "1"),
    (
        "version",
        "Version: f2.0.1v1.10.1-previous-313-g8a042934",
        "Version",
        "f2.0.1v1.10.1-previous-313-g8a042934",
    ),
]

LORAS: list[tuple[str, str, tuple[Lora, ...]]] = [
    ("in the prompt", f"<lora:a b:0.7>, x, <lyco:c>\n{LINE}", (Lora("a b", 0.7), Lora("c", 1.0))),
    ("separate weights", f"<lora:a:te=0.5:unet=0.8>\n{LINE}", (Lora("a", 0.5),)),
    ("hashes", f'x\n{LINE}, Lora hashes: "a: 12ab, b: 34cd"', (Lora("a"), Lora("b"))),
    (
        "prompt and hashes",
        f'<lora:a:0.3>\n{LINE}, Lora hashes: "a: 12ab, b: 34cd"',
        (Lora("a", 0.3), Lora("b")),
    ),
    ("hashes object", f'x\n{LINE}, Hashes: {{"model": "1", "lora:a": "2"}}', (Lora("a"),)),
    ("weights", f'x\n{LINE}, Lora hashes: "a: 12ab", Lora weights: "a: 0.1"', (Lora("a", 0.1),)),
    (
        "additional networks",
        f"x\n{LINE}, AddNet Enabled: True, AddNet Model 1: a(12ab), AddNet Weight A 1: 0.6",
        (Lora("a", 0.6),),
    ),
    (
        "metadata saver",
        f"x\n{LINE}, Lora_0 Model name: a.safetensors, Lora_0 Strength model: 0.5",
        (Lora("a.safetensors", 0.5),),
    ),
    (
        "named resources",
        f'x\n{LINE}, Civitai resources: [{{"type":"lora","weight":0.8,"modelName":"a"}}]',
        (Lora("a", 0.8),),
    ),
    (
        "resources without names",
        f'x\n{LINE}, Civitai resources: [{{"type":"lora","weight":0.8,"modelVersionId":1}}]',
        (),
    ),
]


@pytest.mark.parametrize(
    ("text", "wanted"), [case[1:] for case in FIELDS], ids=[case[0] for case in FIELDS]
)
def test_fields(text: str, wanted: dict[str, Any]) -> None:
    info = infotext.parse(text)
    assert {name: getattr(info, name) for name in wanted} == wanted


@pytest.mark.parametrize(
    ("written", "name", "value"),
    [case[1:] for case in PARAMETERS],
    ids=[case[0] for case in PARAMETERS],
)
def test_a_parameter_among_others(written: str, name: str, value: str) -> None:
    assert infotext.parse(f"x\n{LINE}, {written}, Clip skip: 2").parameters == {
        name: value,
        "Clip skip": "2",
    }
    assert infotext.parse(f"x\n{LINE}, {written}").parameters == {name: value}


@pytest.mark.parametrize(
    "written", ['Note: "never closed', 'Hashes: {"model": "ab"', "Hashes: [1, 2"]
)
def test_an_unclosed_value_ends_before_the_next_name(written: str) -> None:
    name, _colon, value = written.partition(": ")
    assert infotext.parse(f"x\n{LINE}, {written}, Clip skip: 2").parameters == {
        name: value,
        "Clip skip": "2",
    }


@pytest.mark.parametrize(
    ("text", "wanted"), [case[1:] for case in LORAS], ids=[case[0] for case in LORAS]
)
def test_loras(text: str, wanted: tuple[Lora, ...]) -> None:
    assert infotext.parse(text).loras == wanted


def test_templates_after_the_parameters_keep_commas_colons_and_lines() -> None:
    info = infotext.parse(
        f"a ring\n{LINE}\nTemplate: a {{gold|silver}} ring, red: shiny\nsecond line\nNegative Template: "
        "bad, worse"
    )
    assert info.parameters == {
        "Template": "a {gold|silver} ring, red: shiny\nsecond line",
        "Negative Template": "bad, worse",
    }
    assert info.prompt == "a ring"


def test_the_model_hash_is_read_from_the_hashes() -> None:
    assert infotext.parse('x\nSteps: 1, Hashes: {"model": "ab12"}').model_hash == "ab12"


def test_the_raw_text_is_kept() -> None:
    text = f"a cat \nNegative prompt: bad\n{LINE}"
    assert infotext.parse(text).infotext == text


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a photo of my cat", False),
        ("", False),
        ("steps: walk, sit", False),
        (LINE, True),
        (f"x\n{LINE}", True),
        ("x\nNegative prompt: y", True),
        ("\n\na\n\n", False),
    ],
)
def test_only_infotexts_look_like_infotexts(text: str, wanted: bool) -> None:
    assert infotext.looks_like(text) is wanted


@given(st.text(), st.text())
@settings(max_examples=rounds(150), deadline=None)
def test_parse_takes_any_text(before: str, after: str) -> None:
    for text in (
        before,
        f"{before}\n{LINE}, {after}",
        f"{before}\nNegative prompt: {after}\nSteps: 1",
    ):
        info = infotext.parse(text)
        assert isinstance(info, GenerationInfo)
        info.prompt.encode()
        assert all(isinstance(value, str) for value in info.parameters.values())


@pytest.mark.parametrize(
    "unit",
    [
        "\n",
        " ",
        "Steps: 1, a: ",
        'k: "',
        'k: {"',
        "a,",
        ": ",
        "\nSteps: 1",
        "\nNegative prompt:",
        "(",
        "<lora:",
        "\\",
    ],
)
def test_hostile_texts_are_fast(unit: str) -> None:
    start = time.thread_time()
    infotext.parse(f"x\n{LINE}, " + unit * (1_000_000 // len(unit)))
    infotext.parse(unit * (1_000_000 // len(unit)))
    assert time.thread_time() - start < 4


@given(
    st.dictionaries(
        st.sampled_from(["Clip skip", "Hires upscaler", "ADetailer prompt", "RNG"]),
        st.text('ab ,:"\\{}()1', min_size=1, max_size=30),
        max_size=4,
    )
)
@settings(max_examples=rounds(150), deadline=None)
def test_values_quoted_like_in_the_webui_are_parsed(values: dict[str, str]) -> None:
    written = {
        name: value
        if not set(value) & set(',:"\\{[\n') and value == value.strip()
        else _quoted(value)
        for name, value in values.items()
    }
    text = f"x\n{LINE}" + "".join(f", {name}: {value}" for name, value in written.items())
    assert infotext.parse(text).parameters == values


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
