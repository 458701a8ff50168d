"""Pictures with companions, and files with odd values."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iib_core.metadata import GenerationInfo, Lora, read, read_embedded
from iib_core.metadata.generators import PARSERS
from tests.metadata.test_generators import (
    CIVITAI,
    DRAW,
    EASY,
    FOOOCUS,
    INVOKE,
    LINE,
    MATRIX,
    NOVELAI,
    OLD_INVOKE,
    RUINED,
    SPACE,
    SWARM,
    TENSOR,
    texts,
)
from tests.searches import rounds

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63606060000000040001f61738550000000049454e44ae426082"
)


def test_a_companion_replaces_missing_metadata(tmp_path: Path) -> None:
    picture = tmp_path / "x.png"
    picture.write_bytes(PIXEL)
    assert read(picture) == GenerationInfo()
    (tmp_path / "x.txt").write_text(f"a cat\n{LINE}", encoding="utf-8")
    assert (read(picture).prompt, read(picture).seed) == ("a cat", 42)


def test_a_caption_is_kept_raw(tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(PIXEL)
    (tmp_path / "x.txt").write_text("1girl, red hair", encoding="utf-8")
    info = read(tmp_path / "x.png")
    assert (info.infotext, info.prompt, info.source) == ("1girl, red hair", "", None)


def test_the_log_of_fooocus_describes_its_pictures(tmp_path: Path) -> None:
    rows = "".join(
        f"<tr><td class='label'>{key.title().replace('_', ' ')}</td><td class='value'>{value}</td></tr>"
        for key, value in FOOOCUS.items()
    )
    block = (
        "<div id=\"x_png\" class=\"image-container\"><a href='x.png'><img src='x.png'/></a><table "
        f"class='metadata'>{rows}</table></div>"
    )
    (tmp_path / "log.html").write_text(
        f"<!DOCTYPE html><html><head><title>Fooocus Log 2025</title></head><body>{block}</body></html>",
        encoding="utf-8",
    )
    (tmp_path / "x.png").write_bytes(PIXEL)
    (tmp_path / "y.png").write_bytes(PIXEL)
    info = read(tmp_path / "x.png")
    assert (info.prompt, info.source, info.seed, info.loras) == (
        "a cat",
        "Fooocus",
        127589946317439009,
        (Lora("x", 0.1),),
    )
    assert read(tmp_path / "y.png") == GenerationInfo()
    assert read(tmp_path / "log.html").source == "Fooocus"


def test_a_missing_file_is_an_oserror(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "none.png")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
)
_OBJECTS = [
    SWARM,
    FOOOCUS,
    RUINED,
    NOVELAI,
    INVOKE,
    OLD_INVOKE,
    DRAW,
    MATRIX,
    TENSOR,
    CIVITAI,
    SPACE,
    EASY,
]
_KEYWORDS = [
    "parameters",
    "Comment",
    "UserComment",
    "prompt",
    "workflow",
    "generation_data",
    "parameters-json",
    "invokeai_metadata",
    "sd-metadata",
    "Dream",
    "XMP",
    "sidecar",
]


@given(st.sampled_from(_OBJECTS), st.data())
@settings(max_examples=rounds(150), deadline=None)
def test_objects_with_other_values_raise_nothing(
    document: dict[str, Any], data: st.DataObject
) -> None:
    key = data.draw(st.sampled_from(sorted(document)))
    changed = document | {key: data.draw(_JSON)}
    if isinstance(document[key], dict):
        changed[key] = {name: data.draw(_JSON) for name in document[key]}
    embedded = texts(
        *(
            (keyword, changed)
            for keyword in data.draw(st.lists(st.sampled_from(_KEYWORDS), min_size=1, max_size=3))
        ),
        ("Software", "NovelAI"),
    )
    for parser in PARSERS:
        _check(parser(embedded))
    _check(read_embedded(embedded))


@given(st.lists(st.tuples(st.sampled_from(_KEYWORDS), st.text()), max_size=4))
@settings(max_examples=rounds(150), deadline=None)
def test_any_text_under_any_keyword_raises_nothing(pairs: list[tuple[str, str]]) -> None:
    _check(read_embedded(texts(*pairs)))


def _check(info: GenerationInfo | None) -> None:
    """Assert that every value has its declared type and can be stored and sent."""
    if info is None:
        return
    for name in ("prompt", "negative_prompt", "infotext", "found_in"):
        getattr(info, name).encode()
    for name in ("sampler", "scheduler", "model", "model_hash", "vae", "source"):
        value = getattr(info, name)
        assert value is None or (isinstance(value, str) and value.encode() and "\0" not in value)
    assert all(
        value is None or isinstance(value, int)
        for value in (info.steps, info.seed, info.width, info.height)
    )
    assert all(
        isinstance(key, str) and isinstance(value, str) for key, value in info.parameters.items()
    )
    assert all(
        isinstance(lora.name, str) and (lora.weight is None or isinstance(lora.weight, float))
        for lora in info.loras
    )
    json.dumps(info.workflow, ensure_ascii=False, allow_nan=False).encode()
