"""Writing an infotext into PNG, JPEG and WebP: the text is stored, and nothing else changes."""

from __future__ import annotations

import contextlib
import io
import os
import stat
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, features

from iib_core.errors import InvalidRequest, TooLarge, UnreadableMedia
from iib_core.metadata import containers, edit
from iib_core.metadata.containers.tiff_edit import set_user_comment
from iib_core.metadata.exif import read_tags
from tests.searches import rounds

from .conftest import (
    INFOTEXT,
    chunk,
    jpeg,
    needs_samples,
    png,
    riff,
    sample_entries,
    samples_folder,
    segment,
    text_chunk,
    tiff,
    user_comment,
    vp8l,
)

pytestmark = pytest.mark.stack

Put = Callable[..., Path]
TEXTS = [
    "a fox\nSteps: 9",
    "猫\nSteps: 9, 🦊",
    "café",
    "Ã©",
    "日本",
    "日本語の説明",
    " x\n ",
    "a" * 20_000,
]


def write_infotext(path: Path, text: str) -> None:
    """Replace a file by its edited version."""
    draft = path.parent / ".draft"
    edit.write_infotext(path, text, str(draft))
    os.replace(draft, os.path.realpath(path))


def _saved(tmp_path: Path, name: str, **options: object) -> Path:
    path = tmp_path / name
    picture = Image.radial_gradient("L").convert("RGB")
    picture.save(path, **options)  # type: ignore[arg-type]
    return path


def _pixels(path: Path) -> bytes:
    with Image.open(path) as picture:
        return picture.convert("RGBA").tobytes()


def _infotext(path: Path) -> str | None:
    found = containers.read(path)
    return found.text("parameters") or found.text("UserComment")


FORMATS = [("a.png", {}), ("a.jpg", {"quality": 90})]
if features.check("webp"):
    FORMATS += [("lossy.webp", {"quality": 80}), ("lossless.webp", {"lossless": True})]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize(("name", "options"), FORMATS)
def test_text_arrives_and_pixels_stay(
    tmp_path: Path, name: str, options: dict[str, object], text: str
) -> None:
    path = _saved(tmp_path, name, **options)
    before = _pixels(path)
    for value in (INFOTEXT, text):
        write_infotext(path, value)
        assert _infotext(path) == value
        assert _pixels(path) == before
    assert os.listdir(tmp_path) == [name]
    write_infotext(path, "")
    assert _infotext(path) is None and _pixels(path) == before


@pytest.mark.parametrize(("name", "options"), FORMATS)
def test_other_programs_read_it(tmp_path: Path, name: str, options: dict[str, object]) -> None:
    path = _saved(tmp_path, name, **options)
    write_infotext(path, INFOTEXT)
    with Image.open(path) as picture:
        picture.load()
        if name.endswith(".png"):
            assert picture.info["parameters"] == INFOTEXT
        else:
            assert picture.getexif().get_ifd(0x8769)[0x9286] == user_comment(INFOTEXT)


@needs_samples
@pytest.mark.parametrize(
    "entry",
    [entry for entry in sample_entries() if entry["container"] in ("png", "jpeg", "webp")][::3],
    ids=lambda entry: entry["file"],
)
def test_samples_keep_everything_else(put: Put, entry: dict[str, str]) -> None:
    folder = samples_folder()
    assert folder is not None
    data = (folder / entry["file"]).read_bytes()
    path = put(data, "a")
    before = containers.read(path)
    try:
        write_infotext(path, INFOTEXT)
    except UnreadableMedia:
        assert before.error and path.read_bytes() == data
        return
    after = containers.read(path)
    assert _infotext(path) == INFOTEXT
    edited = ("parameters", "UserComment")
    assert [text for text in after.texts if text.keyword not in edited] == [
        text for text in before.texts if text.keyword not in edited
    ]
    assert (after.width_px, after.height_px, after.c2pa, after.container) == (
        before.width_px,
        before.height_px,
        before.c2pa,
        before.container,
    )
    assert {
        key: value for key, value in read_tags(put(data, "b")).items() if not key.startswith(edited)
    }.items() <= read_tags(path).items()


class TestPng:
    def test_all_other_bytes_stay(self, put: Put) -> None:
        other = [
            text_chunk("Software", "x"),
            chunk(b"tEXt", b"bad\0crc", crc=5),
            chunk(b"eXIf", tiff({0x0131: (2, b"abcd\0")})),
        ]
        late = chunk(b"zTXt", b"parameters\0\0" + zlib.compress(b"older"))
        path = put(
            png(
                other[0],
                text_chunk("parameters", "old"),
                *other[1:],
                after=text_chunk("c", "d") + late,
            )
            + b"trailing",
            "a.png",
        )
        write_infotext(path, "new")
        assert (
            path.read_bytes()
            == png(
                other[0], text_chunk("parameters", "new"), *other[1:], after=text_chunk("c", "d")
            )
            + b"trailing"
        )

    def test_without_old_text(self, put: Put) -> None:
        path = put(png(text_chunk("a", "b")), "a.png")
        write_infotext(path, "new")
        assert path.read_bytes() == png(text_chunk("parameters", "new"), text_chunk("a", "b"))

    @pytest.mark.parametrize(
        ("text", "kind"), [("plain", b"tEXt"), ("café", b"tEXt"), ("猫", b"iTXt"), ("Ã©", b"iTXt")]
    )
    def test_kind_of_chunk(self, put: Put, text: str, kind: bytes) -> None:
        path = put(png(), "a.png")
        write_infotext(path, text)
        assert kind + b"parameters" in path.read_bytes()


class TestJpeg:
    def test_all_other_bytes_stay(self, put: Put) -> None:
        jfif, comment = segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0"), segment(0xFE, b"hello")
        path = put(jpeg(jfif, comment), "a.jpg")
        write_infotext(path, "new")
        data = path.read_bytes()
        start = data.index(b"\xff\xe1")
        size = struct.unpack_from(">H", data, start + 2)[0]
        assert data[:start] + data[start + 2 + size :] == jpeg(jfif, comment)
        assert start == 2 + len(jfif)

    def test_no_room(self, put: Put) -> None:
        path = put(jpeg(), "a.jpg")
        with pytest.raises(TooLarge, match="64 kB"):
            write_infotext(path, "x" * 40_000)
        assert path.read_bytes() == jpeg()


class TestWebp:
    def test_simple_file_gets_the_extended_header(self, put: Put) -> None:
        path = put(riff(vp8l(100, 50, alpha=1)), "a.webp")
        write_infotext(path, "new")
        data = path.read_bytes()
        assert data[12:30] == b"VP8X" + struct.pack("<I", 10) + b"\x18\0\0\0" + (99).to_bytes(
            3, "little"
        ) + (49).to_bytes(3, "little")
        assert struct.unpack_from("<I", data, 4)[0] == len(data) - 8

    def test_metadata_and_animation_stay(self, put: Put) -> None:
        header = (b"VP8X", b"\x06\0\0\0" + bytes(6))
        path = put(
            riff(header, (b"ANIM", bytes(6)), (b"ANMF", bytes(31)), (b"XMP ", b"<x/>")), "a.webp"
        )
        write_infotext(path, "new")
        data = path.read_bytes()
        assert data[20] == 0x0E and data.index(b"EXIF") < data.index(b"XMP ")
        assert containers.read(path).text("XMP") == "<x/>"


class TestExifBlock:
    @pytest.mark.parametrize("order", ["<", ">"])
    @pytest.mark.parametrize("place", ["IFD0", "ExifIFD", "both", "none", "no ExifIFD"])
    def test_every_place_is_updated_and_other_tags_stay(self, place: str, order: str) -> None:
        comment = {0x9286: (7, user_comment("an old and rather long secret comment"))}
        ifd0 = {
            0x010F: (2, b"Maker of it\0"),
            0x0112: (3, struct.pack(order + "H", 6)),
            **(comment if place in ("IFD0", "both") else {}),
        }
        below = (
            None
            if place == "no ExifIFD"
            else {
                0x927C: (7, bytes(range(50))),
                **(comment if place in ("ExifIFD", "both") else {}),
            }
        )
        block = tiff(ifd0, below, order)
        new = block
        for text in ("short", INFOTEXT, INFOTEXT + "猫", "x"):
            new = set_user_comment(new, text)
            found = containers.read_file(io.BytesIO(png(chunk(b"eXIf", new))))
            comments = [value.value for value in found.texts if value.keyword == "UserComment"]
            assert comments == [text] * (2 if place == "both" else 1)
            assert found.text("Make") == "Maker of it" and not found.error
            assert below is None or bytes(range(50)) in new
        assert len(new) <= len(block) + 100
        assert "secret".encode("utf-16-be") not in new

    @pytest.mark.parametrize(
        "data",
        [
            b"Exif\0\0garbage",
            b"II*\0",
            b"II*\0\xff\xff\0\0",
            tiff({0x0131: (2, b"long enough\0")})[:-6],
        ],
    )
    def test_damaged_block_is_refused(self, data: bytes) -> None:
        with pytest.raises(UnreadableMedia):
            set_user_comment(data, "x")

    @given(st.binary(max_size=200), st.text(max_size=40))
    @settings(max_examples=rounds(300))
    def test_random_blocks(self, data: bytes, text: str) -> None:
        with contextlib.suppress(UnreadableMedia, UnicodeEncodeError):
            set_user_comment(b"MM\0*\0\0\0\x08" + data, text.replace("\0", ""))


class TestSafety:
    @pytest.mark.parametrize("text", ["a\0b", "half \ud83d"])
    def test_text_that_cannot_be_stored(self, put: Put, text: str) -> None:
        path = put(png(), "a.png")
        with pytest.raises(InvalidRequest):
            write_infotext(path, text)
        assert path.read_bytes() == png()

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"plain text",
            b"GIF89a" + bytes(20),
            png()[:40],
            jpeg()[:14],
            jpeg(segment(0xE1, b"Exif\0\0broken")),
            riff((b"EXIF", b"")),
            riff(vp8l())[:-4],
        ],
    )
    def test_other_and_damaged_files_are_left_alone(self, put: Put, data: bytes) -> None:
        path = put(data, "a.img")
        with pytest.raises(UnreadableMedia, match=r"a\.img"):
            write_infotext(path, "x")
        assert path.read_bytes() == data
        assert os.listdir(path.parent) == ["a.img"]

    def test_missing(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            write_infotext(tmp_path / "none.png", "x")

    @pytest.mark.needs_links
    @pytest.mark.posix_only("permissions of owner and group")
    def test_permissions_stay_and_links_stay_links(self, put: Put, tmp_path: Path) -> None:
        path = put(png(), "a.png")
        path.chmod(0o640)
        os.utime(path, (1, 1))
        link = tmp_path / "link.png"
        link.symlink_to(path)
        write_infotext(link, "new")
        assert link.is_symlink() and _infotext(path) == "new"
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
        assert path.stat().st_mtime > 1
