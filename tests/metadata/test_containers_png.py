"""PNG: text chunks of all kinds, wrong lengths and checksums, runs of pixels, limits."""

from __future__ import annotations

import io
import random
import struct
import zlib

import pytest

from iib_core.metadata import containers
from iib_core.metadata.containers.source import HEAD_BYTES, MAX_TEXT_BYTES

from .conftest import INFOTEXT, Counted, chunk, png, text_chunk, tiff

XMP = '<x:xmpmeta xmlns:x="adobe:ns:meta/">é</x:xmpmeta>'


def _read(data: bytes) -> containers.Embedded:
    return containers.read_file(io.BytesIO(data))


def _found(data: bytes) -> list[tuple[str, str, str]]:
    return [(text.keyword, text.value, text.where) for text in _read(data).texts]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (chunk(b"tEXt", b"parameters\0caf\xe9"), ("parameters", "café", "tEXt")),
        (chunk(b"tEXt", "parameters\0猫".encode()), ("parameters", "猫", "tEXt")),
        (
            chunk(b"zTXt", b"workflow\0\0" + zlib.compress("猫".encode())),
            ("workflow", "猫", "zTXt"),
        ),
        (chunk(b"iTXt", b"prompt\0\0\0de\0titel\0" + "猫".encode()), ("prompt", "猫", "iTXt")),
        (
            chunk(b"iTXt", b"prompt\0\1\0\0\0" + zlib.compress("猫".encode())),
            ("prompt", "猫", "iTXt"),
        ),
        (chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP.encode()), ("XMP", XMP, "XMP")),
        (chunk(b"tEXt", b"generation_data\0{}\0"), ("generation_data", "{}", "tEXt")),
        (chunk(b"tEXt", b"parameters\0a\0b"), ("parameters", "a\0b", "tEXt")),
        (chunk(b"tEXt", b"parameters\0right", crc=7), ("parameters", "right", "tEXt")),
        (chunk(b"tEXt", b"Raw profile type xmp\0\nxmp\n  3\n613\n162\n"), ("XMP", "a1b", "XMP")),
    ],
)
def test_text_chunks(raw: bytes, expected: tuple[str, str, str]) -> None:
    assert _found(png(raw)) == [expected]
    late = _found(png(after=raw))[0]
    assert late[:2] == expected[:2] and late[2].startswith(expected[2])


def test_text_after_the_pixels_is_told_apart() -> None:
    assert _found(png(text_chunk("a", "1"), after=text_chunk("b", "2"))) == [
        ("a", "1", "tEXt"),
        ("b", "2", "tEXt@after"),
    ]


def test_size_and_exif() -> None:
    block = tiff({0x0131: (2, b"SD.Next\0")})
    found = _read(png(chunk(b"eXIf", block), width=832, height=1216))
    assert (found.container, found.width_px, found.height_px, found.exif) == (
        "png",
        832,
        1216,
        block,
    )
    assert found.text("Software") == "SD.Next"


def test_exif_in_hexadecimal_digits() -> None:
    block = b"Exif\0\0" + tiff({0x0131: (2, b"SD.Next\0")})
    found = _read(
        png(text_chunk("Raw profile type exif", f"\nexif\n   {len(block)}\n{block.hex()}\n"))
    )
    assert found.text("Software") == "SD.Next"


@pytest.mark.parametrize("wrong", [-20, -1, 1, 20, 100_000, 0x7FFFFFFF - 100])
def test_wrong_length_of_a_text(wrong: int) -> None:
    data = png(text_chunk("parameters", INFOTEXT), text_chunk("second", "also there"))
    at = data.index(b"tEXt") - 4
    stated = struct.unpack_from(">I", data, at)[0] + wrong
    found = _read(data[:at] + struct.pack(">I", stated) + data[at + 4 :])
    assert found.text("parameters") == INFOTEXT
    assert found.text("second") == "also there"
    assert "wrong length" in found.error


def test_truncated_text_is_kept_as_far_as_it_goes() -> None:
    data = png(text_chunk("parameters", INFOTEXT))
    found = _read(data[: data.index(b"Steps")])
    assert found.texts[0].value == INFOTEXT[: INFOTEXT.index("Steps")]
    assert found.error


def test_damaged_compression_keeps_the_beginning() -> None:
    text = " ".join(str(n) for n in range(20_000))
    packed = bytearray(zlib.compress(text.encode()))
    packed[len(packed) // 2] ^= 0xFF
    packed[len(packed) // 2 + 1] ^= 0xFF
    value = (
        _read(png(chunk(b"zTXt", b"parameters\0\0" + packed), text_chunk("next", "1")))
        .texts[0]
        .value
    )
    assert len(value) > 1000 and text.startswith(value[:1000])


def test_nothing_to_inflate_is_said() -> None:
    found = _read(png(chunk(b"zTXt", b"parameters\0\0no zlib stream"), text_chunk("next", "1")))
    assert found.text("next") == "1" and "inflated" in found.error


def test_decompression_bomb_is_refused() -> None:
    bomb = zlib.compress(bytes(MAX_TEXT_BYTES * 4), 9)
    found = _read(png(chunk(b"zTXt", b"parameters\0\0" + bomb), text_chunk("next", "1")))
    assert [text.keyword for text in found.texts] == ["next"] and "16 MB" in found.error


@pytest.mark.parametrize("last", [b"", b"\1" * 5])
@pytest.mark.parametrize("count", [1, 2, 3, 7, 64, 1000])
def test_run_of_pixels_is_skipped_in_few_reads(count: int, last: bytes) -> None:
    pieces = [random.Random(n).randbytes(8192) for n in range(count)] + ([last] if last else [])
    file = Counted(png(text_chunk("a", "1"), after=text_chunk("b", "2"), pixels=pieces))
    found = containers.read_file(file)
    assert [text.keyword for text in found.texts] == ["a", "b"] and not found.error
    assert file.reads <= 30 and file.bytes_read <= HEAD_BYTES + 30 * 8192


def test_pieces_of_all_lengths() -> None:
    sizes = random.Random(5)
    pieces = [bytes(sizes.randrange(1, 4000)) for _ in range(300)]
    assert [
        text.keyword for text in _read(png(after=text_chunk("b", "2"), pixels=pieces)).texts
    ] == ["b"]


def test_limit_of_text_a_file() -> None:
    found = _read(
        png(
            *(text_chunk(f"k{n}", "x" * (MAX_TEXT_BYTES // 3)) for n in range(4)),
            text_chunk("small", "1"),
        )
    )
    assert sum(len(text.value) for text in found.texts) <= MAX_TEXT_BYTES
    assert found.text("small") == "1" and "16 MB" in found.error
