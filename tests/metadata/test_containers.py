"""Still pictures: PNG, JPEG, WebP, GIF, and properties of all containers."""

from __future__ import annotations

import io
import os
import random
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from iib_core.metadata import containers

from .conftest import (
    INFOTEXT,
    Counted,
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
    vp8x,
)

Put = Callable[..., Path]
XMP = '<x:xmpmeta xmlns:x="adobe:ns:meta/">é</x:xmpmeta>'


def _read(data: bytes) -> containers.Embedded:
    return containers.read_file(io.BytesIO(data))


def _found(data: bytes) -> list[tuple[str, str, str]]:
    return [(text.keyword, text.value, text.where) for text in _read(data).texts]


_RENAMED = {"iTXt:XML:com.adobe.xmp": "XMP", "APP1:http://ns.adobe.com/xap/1.0/": "XMP"}
_BLOCKS = ("APP11:jumbf", "caBX:c2pa", "APP13:iptc", "GIF:comment")


def _missing(entry: dict[str, Any], found: containers.Embedded) -> list[str]:
    missing = []
    for where in entry["where"]:
        place, _, size = where[:-1].rpartition("(")
        keyword = _RENAMED.get(place) or (
            place.rpartition(":")[2] if place.startswith("Exif:") else place.partition(":")[2]
        )
        values = [text.value for text in found.texts if text.keyword == keyword]
        # The manifest counts characters or bytes, some with a trailing NUL, and for a UserComment
        # also its header.
        near = any(0 <= int(size) - len(value) <= 20 for value in values)
        if place not in _BLOCKS and not near:
            missing.append(where)
    return missing


@needs_samples
@pytest.mark.parametrize("entry", sample_entries(), ids=lambda entry: entry["file"])
def test_finds_the_values_of_the_manifest(entry: dict[str, Any]) -> None:
    folder = samples_folder()
    assert folder is not None
    found = containers.read(folder / entry["file"])
    # QuickTime is distinguished from MP4 here, and an empty file has no container whatever its
    # name.
    also = {"mp4": "mov", "text": "empty"}.get(entry["container"])
    assert found.container in (entry["container"], also)
    assert entry["image_size"] in (None, [found.width_px, found.height_px])
    assert _missing(entry, found) == []


@needs_samples
def test_signed_samples_carry_their_manifest_store() -> None:
    folder = samples_folder()
    assert folder is not None
    stores = {path.suffix: containers.read(path).c2pa for path in folder.glob("c2pa/*")}
    assert set(stores) == {".jpg", ".png", ".mp4"}
    assert all(
        store[4:8] == b"jumb" and len(store) == int.from_bytes(store[:4], "big")
        for store in stores.values()
    )


class TestJpeg:
    def test_segments(self) -> None:
        exif = b"Exif\0\0" + tiff(
            {0x0131: (2, b"A1111\0")}, {0x9286: (7, user_comment(INFOTEXT))}, ">"
        )
        iptc = b"\x1c\x02\x78\0\x03cat" + b"\x1c\x02\x50\0\x02me"
        photoshop = (
            b"Photoshop 3.0\0"
            + b"8BIM\x04\x04\0\0"
            + struct.pack(">I", len(iptc))
            + iptc
            + b"\0" * (len(iptc) & 1)
        )
        data = jpeg(
            segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0"),
            segment(0xE1, exif),
            b"\xff\xff\xff" + segment(0xFE, "猫".encode()),
            segment(0xED, photoshop),
            segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP.encode()),
        )
        assert _found(data) == [
            ("Software", "A1111", "Exif:IFD0"),
            ("UserComment", INFOTEXT, "Exif:ExifIFD"),
            ("comment", "猫", "COM"),
            ("Caption", "cat", "APP13:iptc"),
            ("Artist", "me", "APP13:iptc"),
            ("XMP", XMP, "XMP"),
        ]
        assert (_read(data).width_px, _read(data).height_px, _read(data).error) == (64, 48, "")

    def test_extended_xmp_in_any_order(self) -> None:
        packet = "".join(chr(65 + n % 26) for n in range(150_000))
        pieces = [packet[at : at + 60_000] for at in range(0, len(packet), 60_000)]
        parts = [
            segment(
                0xE1,
                b"http://ns.adobe.com/xmp/extension/\0"
                + b"A" * 32
                + struct.pack(">II", len(packet), n * 60_000)
                + piece.encode(),
            )
            for n, piece in enumerate(pieces)
        ]
        assert _found(jpeg(parts[2], parts[0], parts[1])) == [("XMP", packet, "XMP")]

    def test_manifest_store_over_several_packets(self) -> None:
        content = random.Random(1).randbytes(150_000)
        header = struct.pack(">I", len(content) + 8) + b"jumb"
        packets = [
            segment(0xEB, b"JP\0\1" + struct.pack(">I", n) + header + content[at : at + 60_000])
            for n, at in enumerate(range(0, len(content), 60_000), 1)
        ]
        assert _read(jpeg(packets[1], packets[0], packets[2])).c2pa == header + content

    def test_wrong_length_and_garbage(self) -> None:
        found = _read(jpeg(segment(0xE0, b"JFIF"), b"garbage" * 10, segment(0xFE, b"kept")))
        assert (
            found.text("comment") == "kept"
            and found.width_px == 64
            and "wrong length" in found.error
        )

    def test_cut_before_the_picture(self) -> None:
        assert "ends" in _read(jpeg(segment(0xFE, b"x" * 100))[:60]).error


class TestWebp:
    @pytest.mark.parametrize(
        ("picture", "size"),
        [
            (vp8l(100, 50), (100, 50)),
            (
                (b"VP8 ", bytes(3) + b"\x9d\x01\x2a" + struct.pack("<HH", 300 | 1 << 14, 200)),
                (300, 200),
            ),
            (vp8x(0, 5000, 1), (5000, 1)),
        ],
    )
    def test_size(self, picture: tuple[bytes, bytes], size: tuple[int, int]) -> None:
        found = _read(riff(picture))
        assert (found.container, found.width_px, found.height_px, found.error) == (
            "webp",
            *size,
            "",
        )

    @pytest.mark.parametrize("prefix", [b"", b"Exif\0\0"])
    def test_metadata_behind_the_picture(self, prefix: bytes) -> None:
        block = tiff({0x0110: (2, b"prompt:{}\0")})
        found = _read(
            riff(
                vp8x(0x0C),
                vp8l(),
                (b"EXIF", prefix + block),
                (b"XMP ", XMP.encode()),
                (b"C2PA", b"store"),
            )
        )
        assert [(text.keyword, text.where) for text in found.texts] == [
            ("Model", "Exif:IFD0"),
            ("XMP", "XMP"),
        ]
        assert (found.exif, found.c2pa) == (block, b"store")

    def test_missing_padding_and_wrong_total_length(self) -> None:
        data = riff(vp8x(8), (b"VP8L", vp8l()[1]))
        block = tiff({0x0131: (2, b"ABC\0")})
        odd = data + b"ICCP\3\0\0\0abc" + b"EXIF" + struct.pack("<I", len(block)) + block
        assert _read(odd).text("Software") == "ABC"

    def test_cut_chunk(self) -> None:
        data = riff(vp8x(8), (b"EXIF", tiff({0x0131: (2, b"Software\0"), 0x010F: (2, b"x" * 500)})))
        assert "ends" in _read(data[:-20]).error


class TestGif:
    HEAD = b"GIF89a" + struct.pack("<HHBBB", 64, 48, 0x80, 0, 0) + bytes(6)

    @staticmethod
    def pieces(data: bytes) -> bytes:
        return (
            b"".join(
                bytes((len(data[at : at + 255]),)) + data[at : at + 255]
                for at in range(0, len(data), 255)
            )
            + b"\0"
        )

    def image(self, size: int) -> bytes:
        return b"\x2c" + bytes(8) + b"\0\2" + self.pieces(random.Random(2).randbytes(size))

    def test_comments_and_xmp(self) -> None:
        long = "猫" * 500
        xmp = b"\x21\xff\x0bXMP DataXMP" + XMP.encode() + b"\1" + bytes(range(255, -1, -1)) + b"\0"
        data = (
            self.HEAD
            + b"\x21\xfe"
            + self.pieces(b"one")
            + self.image(3000)
            + b"\x21\xf9\4\0\0\0\0\0"
            + b"\x21\xfe"
            + self.pieces(long.encode())
            + xmp
            + b";"
        )
        assert _found(data) == [
            ("comment", "one", "GIF:comment"),
            ("comment", long, "GIF:comment"),
            ("XMP", XMP, "XMP"),
        ]
        assert (_read(data).width_px, _read(data).height_px, _read(data).error) == (64, 48, "")

    def test_comment_at_the_end_of_a_large_file(self) -> None:
        file = Counted(
            self.HEAD + self.image(9_000_000) + b"\x21\xfe" + self.pieces(b"late") + b";"
        )
        assert containers.read_file(file).text("comment") == "late"
        assert file.bytes_read < 6_000_000

    def test_cut(self) -> None:
        assert _read(self.HEAD + b"\x21\xfe\x09abc").text("comment") == "abc"


class TestAnyFile:
    @pytest.mark.parametrize(
        ("data", "container"),
        [
            (b"", "empty"),
            (bytes(range(256)) * 8, "unknown"),
            (b"BM" + bytes(60), "unknown"),
            (b"\0" * 100, "unknown"),
        ],
    )
    def test_not_ours(self, data: bytes, container: str) -> None:
        assert _read(data) == containers.Embedded(container=container)

    def test_wrong_extension_does_not_matter(self, put: Put) -> None:
        assert containers.read(put(png(), "picture.jpg")).container == "png"

    def test_path_and_file_agree(self, put: Put) -> None:
        data = png(text_chunk("parameters", INFOTEXT))
        assert containers.read(str(put(data))) == _read(data)

    @pytest.mark.parametrize("name", ["none.png", "a\0b.png"])
    def test_missing(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(FileNotFoundError):
            containers.read(os.path.join(tmp_path, name))

    def test_folder(self, tmp_path: Path) -> None:
        with pytest.raises(OSError):
            containers.read(tmp_path)

    @pytest.mark.posix_only("named pipes")
    def test_pipe_does_not_hang(self, tmp_path: Path) -> None:
        pipe = tmp_path / "pipe.png"
        os.mkfifo(pipe)
        with pytest.raises(OSError, match="not a regular file"):
            containers.read(pipe)

    def test_no_handle_stays_open(self, put: Put) -> None:
        path = put(png(text_chunk("a", "1")))
        containers.read(path)
        if os.path.isdir("/proc/self/fd"):
            before = len(os.listdir("/proc/self/fd"))
            for _ in range(50):
                containers.read(path)
            assert len(os.listdir("/proc/self/fd")) == before
