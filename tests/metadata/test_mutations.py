"""Damaged files: for any bytes, reading ends quickly and raises nothing."""

from __future__ import annotations

import io
import random
import struct
import time
import tracemalloc
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iib_core.metadata import containers
from iib_core.metadata.containers.source import MAX_TEXT_BYTES
from iib_core.metadata.exif import describe
from tests.searches import rounds

from .conftest import (
    INFOTEXT,
    box,
    chunk,
    element,
    jpeg,
    needs_samples,
    png,
    riff,
    samples_folder,
    segment,
    text_chunk,
    tiff,
    user_comment,
    vp8x,
)

# Processor time, so that other programs cannot fail the test.
_LIMIT_S = 1.0
_EXIF = tiff({0x010F: (2, b"prompt:{}\0")}, {0x9286: (7, user_comment(INFOTEXT))})
SEEDS = {
    "png": png(
        text_chunk("parameters", INFOTEXT),
        chunk(b"zTXt", b"a\0\0" + zlib.compress(b"text" * 50)),
        chunk(b"eXIf", _EXIF),
        after=text_chunk("b", "c"),
    ),
    "jpeg": jpeg(
        segment(0xE1, b"Exif\0\0" + _EXIF),
        segment(0xFE, b"comment"),
        segment(0xEB, b"JP\0\1\0\0\0\1" + bytes(20)),
    ),
    "webp": riff(vp8x(0x0C), (b"EXIF", _EXIF), (b"XMP ", b"<x/>")),
    "gif": b"GIF89a\1\0\1\0\0\0\0\x21\xfe\5hello\0\x2c" + bytes(8) + b"\0\2\2ab\0;",
    "mp4": box(b"ftyp", b"isom\0\0\0\0")
    + box(
        b"moov",
        box(
            b"udta",
            box(
                b"meta", bytes(4) + box(b"ilst", box(b"\xa9cmt", box(b"data", bytes(8) + b"text")))
            ),
        ),
    ),
    "avif": box(b"ftyp", b"avif\0\0\0\0")
    + box(
        b"meta",
        bytes(4)
        + box(b"iinf", bytes(6))
        + box(b"iloc", bytes(8))
        + box(b"iprp", box(b"ipco", bytes(20))),
    ),
    "jxl": b"\0\0\0\x0cJXL \r\n\x87\n"
    + box(b"jxlc", b"\xff\x0a" + bytes(20))
    + box(b"Exif", bytes(4) + _EXIF),
    "webm": element(0x1A45DFA3, element(0x4282, b"webm"))
    + element(
        0x18538067,
        element(
            0x1254C367,
            element(0x7373, element(0x67C8, element(0x45A3, b"A") + element(0x4487, b"text"))),
        ),
    ),
    "flac": b"fLaC\x84\0\0\x1c"
    + bytes(4)
    + struct.pack("<I", 1)
    + struct.pack("<I", 14)
    + b"prompt=a fox!!"
    + bytes(2),
    "mp3": b"ID3\4\0\0\0\0\0\x20" + b"TXXX\0\0\0\x10\0\0\3prompt\0a fox\0\0\0" + bytes(6),
    "wav": b"RIFF\x28\0\0\0WAVELIST\x14\0\0\0INFOICMT\6\0\0\0a fox\0",
    "svg": b"<svg width='1' height='2'><metadata>text</metadata></svg>",
}


def _check(data: bytes) -> containers.Embedded:
    started = time.thread_time()
    found = containers.read_file(io.BytesIO(data))
    describe(found)
    assert time.thread_time() - started < _LIMIT_S
    assert sum(len(text.value) for text in found.texts) <= MAX_TEXT_BYTES * 2
    return found


def _mutated(data: bytes, chance: random.Random) -> bytes:
    """Some bytes changed, some removed or doubled, the end truncated; mostly near the beginning
    with the headers.
    """
    out = bytearray(data)
    reach = len(out) if chance.random() < 0.3 else min(len(out), 600)
    for _ in range(chance.randint(1, 12)):
        at = chance.randrange(reach)
        match chance.randrange(4):
            case 0:
                out[at : at + 1] = bytes(
                    (chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256))),)
                )
            case 1:
                out[at : at + 4] = chance.choice(
                    (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\1")
                )
            case 2:
                del out[at : at + chance.randint(1, 9)]
            case 3:
                out[at:at] = out[at : at + chance.randint(1, 40)]
    return bytes(out[: chance.randrange(len(out) + 1)]) if chance.random() < 0.3 else bytes(out)


@pytest.mark.parametrize("name", SEEDS)
def test_seeds_are_parsed(name: str) -> None:
    found = _check(SEEDS[name])
    assert found.container == name


@pytest.mark.parametrize("name", SEEDS)
def test_every_truncation(name: str) -> None:
    for cut in range(len(SEEDS[name])):
        _check(SEEDS[name][:cut])


@pytest.mark.parametrize("name", SEEDS)
def test_mutated_seeds(name: str) -> None:
    chance = random.Random(name)
    for _ in range(600):
        _check(_mutated(SEEDS[name], chance))


@pytest.mark.parametrize("name", SEEDS)
@given(data=st.binary(max_size=400), at=st.integers(0, 60))
@settings(max_examples=rounds(60), deadline=None)
def test_random_bytes_behind_a_signature(name: str, data: bytes, at: int) -> None:
    _check(SEEDS[name][:at] + data)


@needs_samples
def test_mutated_samples() -> None:
    folder = samples_folder()
    assert folder is not None
    chance = random.Random(20)
    for path in sorted(path for path in folder.glob("*/*") if path.is_file()):
        with path.open("rb") as file:
            data = file.read(1 << 20)
        for _ in range(6 if data else 0):
            _check(_mutated(data, chance))


def test_hostile_shapes_are_quick() -> None:
    _check(b"\x89PNG\r\n\x1a\n" + chunk(b"teXt", b"") * 200_000)
    _check(png(*[chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(1 << 20), 9))] * 2000))
    _check(
        png(
            chunk(
                b"zTXt",
                b"k\0\0" + zlib.compress(random.Random(1).randbytes(1 << 20))[:-5] + b"broken",
            )
        )
    )
    _check(box(b"ftyp", b"isom\0\0\0\0") + box(b"moov", box(b"udta", b"") * 300_000))
    _check(SEEDS["webm"][:20] + b"\x18\x53\x80\x67\x01" + b"\xff" * 7 + b"\xec\x80" * 500_000)
    _check(b"\xff\xd8" + b"\xff" * 1_000_000)
    _check(b"\xff\xd8\xff" + b"\xe1\0" * 500_000)
    _check(b"GIF89a\1\0\1\0\0\0\0" + b"\x21\xf9\0" * 300_000)
    _check(b"GIF89a\1\0\1\0\0\0\0\x2c" + bytes(8) + b"\0\2" + b"\1a" * 4_000_000)
    _check(b"<svg>" + b"<metadata>" * 200_000)
    _check(riff(*[(b"ICCP", b"")] * 100_000))
    _check(b"GIF89a\1\0\1\0\0\0\0\x21\xfe" + b"\1a" * 2_000_000 + b"\0;")
    _check(
        b"GIF89a\1\0\1\0\0\0\0\x2c"
        + bytes(8)
        + b"\0\2"
        + b"\xff" * (5 << 20)
        + b"\x21\xfe" * 40_000
        + b";"
    )
    _check(
        box(b"ftyp", b"avif\0\0\0\0")
        + box(
            b"meta",
            bytes(4)
            + box(b"iinf", bytes(6))
            + box(b"iloc", bytes(4) + b"\0\0\x0f\xff" + b"\0\1\0\0\xff\xff" * 4095),
        )
    )


@pytest.mark.parametrize("size", [1 << 10, 12 << 20])
def test_tags_that_share_one_large_value(size: int) -> None:
    rows = b"".join(struct.pack("<HHII", 0x0100 + n, 2, size, 16_000) for n in range(999))
    block = b"II*\0\x08\0\0\0" + struct.pack("<H", 999) + rows + bytes(4)
    tracemalloc.start()
    found = _check(png(chunk(b"eXIf", block.ljust(16_000, b"\0") + b"x" * size)))
    assert "damaged" in found.error
    assert tracemalloc.get_traced_memory()[1] < 10 * size + 1_000_000
    tracemalloc.stop()
