"""Limits of one file: a second of processor time, and numbers that can be sent and stored."""

from __future__ import annotations

import io
import json
import math
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from iib_core import metadata
from iib_core.metadata import containers, limits, read_embedded
from iib_core.metadata.containers.embedded import Embedded, Text
from iib_core.metadata.exif import describe, read_tags

from . import test_comfyui, test_generators
from .conftest import box, chunk, png, segment, text_chunk, tiff

Put = Callable[..., Path]

BOXES = box(b"ftyp", b"isom\0\0\0\0") + box(b"moov", box(b"trak", box(b"free", b"") * 100) * 5000)
# It has the marks of many generators without being from any, so all of them have to parse it.
MARKS = (
    "nodes",
    "uc",
    "c",
    "Comment",
    "Software",
    "airs",
    "guidance_scale",
    "base",
    "stable_diffusion_model",
    "prompt",
)


def test_headers_that_take_too_long_are_read_in_part() -> None:
    with limits.apart(0.05):
        found = containers.read_file(io.BytesIO(BOXES))
    assert (found.container, found.error) == ("mp4", limits.REASON)


def test_a_text_that_takes_too_long_is_kept_raw_with_the_reason(put: Put) -> None:
    text = json.dumps(dict.fromkeys(MARKS, 1) | {"x": [1] * 5_000_000})
    path = put(png(text_chunk("prompt", text)), "a.png")
    started = time.thread_time()
    info = metadata.read(path)
    assert info.error == limits.REASON
    assert text.startswith(info.infotext) and len(info.infotext) > 100_000
    assert info.found_in == "png:tEXt:prompt"
    # Each of ten parsers would take as long as this.
    assert time.thread_time() - started < limits.PER_FILE_S + 3 * _parsing_s(text)


def _parsing_s(text: str) -> float:
    started = time.thread_time()
    json.loads(text, parse_int=lambda digits: int(digits))
    return time.thread_time() - started


def test_the_time_of_one_file_is_not_charged_to_the_next(put: Put) -> None:
    with limits.apart(-1.0):
        assert (
            limits.REASON
            in read_embedded(Embedded("png", texts=(Text("prompt", "{}", "tEXt"),))).error
        )
    assert (
        read_embedded(
            Embedded("png", texts=(Text("parameters", "a cat\nSteps: 20, Seed: 1", "tEXt"),))
        ).error
        == ""
    )


def test_a_busy_machine_does_not_use_up_the_time_of_a_file() -> None:
    """The time of other threads and programs does not count."""
    with limits.apart(0.05):
        ends = time.monotonic() + 0.15
        time.sleep(0.15)
        assert time.monotonic() >= ends
        limits.check()


def test_a_separate_limit_is_not_charged_to_the_file_around_it() -> None:
    with limits.apart(0.2):
        with limits.apart(10.0):
            _work(0.3)
        limits.check()
        _work(0.3)
        with pytest.raises(limits.TooSlow):
            limits.check()


def _work(seconds: float) -> None:
    ends = time.thread_time() + seconds
    while time.thread_time() < ends:
        sum(range(1000))


# Numbers in JSON, and the value that is returned; None if they are left out.
NUMBERS = {
    "1e999": None,
    "-1e999": None,
    "NaN": None,
    "-Infinity": None,
    "1" + "0" * 400: None,
    "9" * 6000: None,
    "-" + "9" * 6000: None,
    "1e-999": 0.0,
    "-0.0": 0.0,
    "1" * 500 + ".5": None,
    "7.5": 7.5,
}


@pytest.mark.parametrize("written", NUMBERS, ids=lambda written: written[:12])
def test_a_number_that_cannot_be_stored_is_left_out(written: str) -> None:
    document = (
        json.dumps(test_comfyui.base())
        .replace('"cfg": 7.0', f'"cfg": {written}')
        .replace('"seed": 11', f'"seed": {written}')
    )
    info = read_embedded(
        Embedded(
            "png",
            texts=(
                Text("prompt", document, "tEXt"),
                Text("workflow", f'{{"nodes": [{written}], "links": []}}', "tEXt"),
            ),
        )
    )
    assert info.cfg_scale == NUMBERS[written]
    assert (info.steps, info.prompt) == (20, "a cat")
    _check(info)


@pytest.mark.parametrize("written", NUMBERS, ids=lambda written: written[:12])
def test_such_a_number_is_no_failure_in_any_generator(written: str) -> None:
    for embedded, _source, _wanted in test_generators.CASES.values():
        for digit in ("20", "42", "7", "512", "0.8", "1"):
            texts = tuple(
                Text(text.keyword, text.value.replace(f": {digit}", f": {written}"), text.where)
                for text in embedded.texts
            )
            _check(read_embedded(Embedded(embedded.container, texts=texts)))


HALVES = ["\\ud83d", "\\udc00 x", "\\u0000", "a\\ud800\\ud800"]


@pytest.mark.parametrize("half", HALVES)
def test_a_lone_surrogate_in_any_text_can_be_stored_and_sent(half: str) -> None:
    for embedded, _source, _wanted in test_generators.CASES.values():
        texts = tuple(
            Text(
                text.keyword,
                text.value.replace("a cat", half).replace('"m', f'"{half}'),
                text.where,
            )
            for text in embedded.texts
        )
        _check(read_embedded(Embedded(embedded.container, texts=texts)))


def _check(info: metadata.GenerationInfo) -> None:
    """Assert that a value can be written as strict JSON and as UTF-8."""
    fields = {name: getattr(info, name) for name in info.__dataclass_fields__}
    fields |= {
        "loras": [[lora.name, lora.weight] for lora in info.loras],
        "parameters": dict(info.parameters),
    }
    json.dumps(fields, allow_nan=False, ensure_ascii=False).encode()
    assert all(
        isinstance(getattr(info, name), (int, type(None)))
        for name in ("steps", "seed", "width", "height")
    )
    assert info.cfg_scale is None or math.isfinite(info.cfg_scale)
    metadata.derive_tags(info, width_px=None, height_px=None, media="image")


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        (11, struct.pack("<f", math.inf)),
        (12, struct.pack("<d", -math.inf)),
        (12, struct.pack("<d", math.nan)),
        (5, b"\xff" * 8),
        (10, bytes(8)),
        (4, b"\xff" * 4),
    ],
)
def test_numbers_of_exif_can_be_sent(put: Put, kind: int, raw: bytes) -> None:
    block = tiff({0xC000: (kind, raw)}, {0x829A: (kind, raw)})
    for data in (png(chunk(b"eXIf", block)), b"\xff\xd8" + segment(0xE1, b"Exif\0\0" + block)):
        json.dumps(read_tags(put(data)), allow_nan=False).encode()


def test_a_thousand_comments_are_not_all_shown() -> None:
    tags: dict[str, Any] = describe(
        Embedded("png", texts=tuple(Text("Comment", str(number), "tEXt") for number in range(1000)))
    )
    assert (
        tags["Comment"] == "0" and tags["Comment (tEXt)"] == "1" and tags["Comment (tEXt 2)"] == "2"
    )
    assert 50 < len(tags) < 150
