"""EXIF: UserComment in all encodings, other texts, and the dump of all tags."""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from iib_core.metadata import containers
from iib_core.metadata.exif import read_tags

from .conftest import (
    INFOTEXT,
    chunk,
    jpeg,
    needs_samples,
    png,
    sample_entries,
    samples_folder,
    segment,
    text_chunk,
    tiff,
    user_comment,
)

pytestmark = pytest.mark.stack

Put = Callable[..., Path]
CJK = "猫と犬、空"


def _exif(block: bytes) -> containers.Embedded:
    return containers.read_file(io.BytesIO(png(chunk(b"eXIf", block))))


def _unicode(encoding: str, text: str) -> bytes:
    return b"UNICODE\0" + text.encode(encoding)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("directory", ["Exif:IFD0", "Exif:ExifIFD"])
@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (_unicode("utf-16-be", INFOTEXT), INFOTEXT),
        (_unicode("utf-16-le", INFOTEXT), INFOTEXT),
        (_unicode("utf-16", INFOTEXT), INFOTEXT),
        (b"UNICODE\0\xfe\xff" + INFOTEXT.encode("utf-16-be"), INFOTEXT),
        (_unicode("utf-16-be", CJK + ", Steps: 20"), CJK + ", Steps: 20"),
        (_unicode("utf-16-le", CJK + ", Steps: 20"), CJK + ", Steps: 20"),
        (_unicode("utf-16-be", INFOTEXT) + b"\0\0", INFOTEXT),
        (_unicode("utf-8", INFOTEXT), INFOTEXT),
        (_unicode("utf-8", CJK + ", 1girl"), CJK + ", 1girl"),
        (b"Unicode\0" + INFOTEXT.encode("utf-16-le"), INFOTEXT),
        (b"ASCII\0\0\0" + INFOTEXT.encode(), INFOTEXT),
        (b"ASCII\0\0\0" + CJK.encode(), CJK),
        (b"ASCII\0\0\0caf\xe9", "café"),
        (b"JIS\0\0\0\0\0" + CJK.encode("iso2022_jp"), CJK),
        (b"JIS\0\0\0\0\0" + CJK.encode("shift_jis"), CJK),
        (bytes(8) + INFOTEXT.encode(), INFOTEXT),
        (bytes(8) + CJK.encode() + b"\0", CJK),
        (INFOTEXT.encode(), INFOTEXT),
        (('{"prompt": "' + CJK + '"}').encode(), '{"prompt": "' + CJK + '"}'),
        (INFOTEXT.encode("utf-16"), INFOTEXT),
        (INFOTEXT.encode("utf-16-be"), INFOTEXT),
        (bytes(8) + INFOTEXT.encode("utf-16-le"), INFOTEXT),
    ],
)
def test_user_comment(raw: bytes, value: str, directory: str, order: str) -> None:
    tags = {0x9286: (7, raw)}
    block = tiff(tags, None, order) if directory == "Exif:IFD0" else tiff({}, tags, order)
    assert [(text.keyword, text.value, text.where) for text in _exif(block).texts] == [
        ("UserComment", value, directory)
    ]


@pytest.mark.parametrize("order", ["<", ">"])
def test_cjk_alone_follows_the_byte_order_of_the_block(order: str) -> None:
    encoding = "utf-16-le" if order == "<" else "utf-16-be"
    assert (
        _exif(tiff({}, {0x9286: (7, _unicode(encoding, "猫犬空"))}, order)).text("UserComment")
        == "猫犬空"
    )


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_order_of_cjk_alone_is_guessed(order: str, encoding: str) -> None:
    text = "日本語の長い説明、空と海"
    assert (
        _exif(tiff({}, {0x9286: (7, _unicode(encoding, text))}, order)).text("UserComment") == text
    )


def test_other_texts() -> None:
    block = tiff(
        {
            0x010B: (2, b"extra:1\0"),
            0x010E: (2, "Workflow: é猫\0".encode()),
            0x010F: (2, b"a\0\0"),
            0x0112: (3, b"\1\0"),
            0x02BC: (1, b"<x:xmpmeta/>"),
            0x8298: (2, b"me\0"),
            0x9C9C: (1, "XP 猫".encode("utf-16-le") + b"\0\0"),
        },
        {0x927C: (7, b"a1111"), 0x9003: (2, b"2024:01:01 00:00:00\0"), 0xA420: (2, b"id\0")},
    )
    assert [(text.keyword, text.value) for text in _exif(block).texts] == [
        ("0x010B", "extra:1"),
        ("ImageDescription", "Workflow: é猫"),
        ("Make", "a"),
        ("XMP", "<x:xmpmeta/>"),
        ("Copyright", "me"),
        ("XPComment", "XP 猫"),
        ("MakerNote", "a1111"),
        ("ImageUniqueID", "id"),
    ]


def test_binary_maker_note_is_no_text() -> None:
    assert _exif(tiff({}, {0x927C: (7, bytes(range(200)))})).texts == ()


@pytest.mark.parametrize("cut", [3, 6, 9, 20, 30, 60])
def test_cut_block(cut: int) -> None:
    found = _exif(
        tiff({0x0131: (2, b"Software name\0")}, {0x9286: (7, user_comment(INFOTEXT))})[:cut]
    )
    assert found.error or not found.exif


def test_directory_that_points_at_itself() -> None:
    block = bytearray(tiff({}, {0x9286: (7, user_comment("x"))}))
    block[18:22] = struct.pack("<I", 8)
    assert _exif(bytes(block)).container == "png"


def test_dump_names_everything(put: Put) -> None:
    gps = {1: "N", 2: (51.5, 30.25, 0.0)}
    exif = Image.Exif()
    exif[0x0131] = "SD.Next"
    exif[0x0112] = 6
    exif[0x8769] = {
        0x829A: 0.5,
        0x9286: b"ASCII\0\0\0hello",
        0x9000: b"0232",
        0x927C: bytes(range(100)),
        0xA002: 64,
    }
    exif[0x8825] = gps
    path = put(b"", "a.jpg")
    Image.new("RGB", (64, 48)).save(path, exif=exif)
    tags = read_tags(path)
    expected = {
        "container": "jpeg",
        "width": 64,
        "height": 48,
        "Software": "SD.Next",
        "Orientation": 6,
        "UserComment": "hello",
        "ExposureTime": 0.5,
    }
    assert {key: tags[key] for key in expected} == expected
    assert (
        tags["GPSLatitude"] == [51.5, 30.25, 0]
        and tags["GPSLatitudeRef"] == "N"
        and tags["ExifVersion"] == "0232"
    )
    assert str(tags["MakerNote"]).startswith("0x000102") and "(100 bytes)" in str(tags["MakerNote"])


def test_dump_holds_texts_of_the_same_name(put: Put) -> None:
    path = put(
        png(
            text_chunk("Comment", "1"),
            text_chunk("Comment", "2"),
            text_chunk("Comment", "2"),
            text_chunk("Comment", "3"),
        ),
        "a.png",
    )
    assert sorted(value for key, value in read_tags(path).items() if key.startswith("Comment")) == [
        "1",
        "2",
        "3",
    ]  # type: ignore[type-var]


@pytest.mark.parametrize(
    ("kind", "raw", "shown"),
    [
        (5, struct.pack("<II", 1, 0), "1/0"),
        (10, struct.pack("<ii", -1, 4), -0.25),
        (12, struct.pack("<d", float("nan")), "nan"),
        (11, struct.pack("<ff", 1.5, float("inf")), [1.5, "inf"]),
        (3, struct.pack("<3H", 1, 2, 3), [1, 2, 3]),
        (9, struct.pack("<i", -7), -7),
    ],
)
def test_dump_of_numbers(put: Put, kind: int, raw: bytes, shown: object) -> None:
    tags = read_tags(put(jpeg(segment(0xE1, b"Exif\0\0" + tiff({0xC000: (kind, raw)}))), "a.jpg"))
    assert tags["0xC000"] == shown
    json.dumps(tags, allow_nan=False)


@needs_samples
@pytest.mark.parametrize("entry", sample_entries()[::4], ids=lambda entry: entry["file"])
def test_dump_of_samples_is_json(entry: dict[str, str]) -> None:
    folder = samples_folder()
    assert folder is not None
    json.dumps(read_tags(folder / entry["file"]), allow_nan=False).encode()


@given(st.binary(max_size=300))
def test_no_block_makes_the_dump_fail(data: bytes) -> None:
    from iib_core.metadata.exif import describe

    json.dumps(
        describe(containers.Embedded(container="jpeg", exif=b"II*\0\x08\0\0\0" + data)),
        allow_nan=False,
    ).encode()


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_tags(tmp_path / "none.jpg")
