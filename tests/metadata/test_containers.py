"""Still pictures: PNG, JPEG, WebP, GIF, and what all containers have in common."""

from __future__ import annotations

import io
import os
import random
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from iib_core.metadata import containers
from iib_core.metadata.containers.source import HEAD_BYTES, MAX_TEXT_BYTES

from .conftest import INFOTEXT, chunk, jpeg, needs_samples, png, riff, sample_entries, samples_folder, segment, text_chunk, tiff, user_comment, vp8l, vp8x

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
        keyword = _RENAMED.get(place) or (place.rpartition(":")[2] if place.startswith("Exif:") else place.partition(":")[2])
        values = [text.value for text in found.texts if text.keyword == keyword]
        # The manifest counts characters or bytes, some with a closing NUL, and of a UserComment its header too.
        near = any(0 <= int(size) - len(value) <= 20 for value in values)
        if place not in _BLOCKS and not near:
            missing.append(where)
    return missing


@needs_samples
@pytest.mark.parametrize("entry", sample_entries(), ids=lambda entry: entry["file"])
def test_finds_what_the_manifest_says(entry: dict[str, Any]) -> None:
    folder = samples_folder()
    assert folder is not None
    found = containers.read(folder / entry["file"])
    # QuickTime is told apart from MP4 here, and an empty file has no container whatever its name.
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
    assert all(store[4:8] == b"jumb" and len(store) == int.from_bytes(store[:4], "big") for store in stores.values())


class TestPng:
    @pytest.mark.parametrize(
        ("raw", "expected"),
        [
            (chunk(b"tEXt", b"parameters\0caf\xe9"), ("parameters", "café", "tEXt")),
            (chunk(b"tEXt", "parameters\0猫".encode()), ("parameters", "猫", "tEXt")),
            (chunk(b"zTXt", b"workflow\0\0" + zlib.compress("猫".encode())), ("workflow", "猫", "zTXt")),
            (chunk(b"iTXt", b"prompt\0\0\0de\0titel\0" + "猫".encode()), ("prompt", "猫", "iTXt")),
            (chunk(b"iTXt", b"prompt\0\1\0\0\0" + zlib.compress("猫".encode())), ("prompt", "猫", "iTXt")),
            (chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP.encode()), ("XMP", XMP, "XMP")),
            (chunk(b"tEXt", b"generation_data\0{}\0"), ("generation_data", "{}", "tEXt")),
            (chunk(b"tEXt", b"parameters\0a\0b"), ("parameters", "a\0b", "tEXt")),
            (chunk(b"tEXt", b"parameters\0right", crc=7), ("parameters", "right", "tEXt")),
            (chunk(b"tEXt", b"Raw profile type xmp\0\nxmp\n  3\n613\n162\n"), ("XMP", "a1b", "XMP")),
        ],
    )
    def test_text_chunks(self, raw: bytes, expected: tuple[str, str, str]) -> None:
        assert _found(png(raw)) == [expected]
        late = _found(png(after=raw))[0]
        assert late[:2] == expected[:2] and late[2].startswith(expected[2])

    def test_text_after_the_pixels_is_told_apart(self) -> None:
        assert _found(png(text_chunk("a", "1"), after=text_chunk("b", "2"))) == [("a", "1", "tEXt"), ("b", "2", "tEXt@after")]

    def test_size_and_exif(self) -> None:
        block = tiff({0x0131: (2, b"SD.Next\0")})
        found = _read(png(chunk(b"eXIf", block), width=832, height=1216))
        assert (found.container, found.width_px, found.height_px, found.exif) == ("png", 832, 1216, block)
        assert found.text("Software") == "SD.Next"

    def test_exif_in_hexadecimal_digits(self) -> None:
        block = b"Exif\0\0" + tiff({0x0131: (2, b"SD.Next\0")})
        found = _read(png(text_chunk("Raw profile type exif", f"\nexif\n   {len(block)}\n{block.hex()}\n")))
        assert found.text("Software") == "SD.Next"

    @pytest.mark.parametrize("wrong", [-20, -1, 1, 20, 100_000, 0x7FFFFFFF - 100])
    def test_wrong_length_of_a_text(self, wrong: int) -> None:
        data = png(text_chunk("parameters", INFOTEXT), text_chunk("second", "also there"))
        at = data.index(b"tEXt") - 4
        stated = struct.unpack_from(">I", data, at)[0] + wrong
        found = _read(data[:at] + struct.pack(">I", stated) + data[at + 4 :])
        assert found.text("parameters") == INFOTEXT
        assert found.text("second") == "also there"
        assert "wrong length" in found.error

    def test_truncated_text_is_kept_as_far_as_it_goes(self) -> None:
        data = png(text_chunk("parameters", INFOTEXT))
        found = _read(data[: data.index(b"Steps")])
        assert found.texts[0].value == INFOTEXT[: INFOTEXT.index("Steps")]
        assert found.error

    def test_damaged_compression_keeps_the_beginning(self) -> None:
        text = " ".join(str(n) for n in range(20_000))
        packed = bytearray(zlib.compress(text.encode()))
        packed[len(packed) // 2] ^= 0xFF
        packed[len(packed) // 2 + 1] ^= 0xFF
        value = _read(png(chunk(b"zTXt", b"parameters\0\0" + packed), text_chunk("next", "1"))).texts[0].value
        assert len(value) > 1000 and text.startswith(value[:1000])

    def test_nothing_to_inflate_is_said(self) -> None:
        found = _read(png(chunk(b"zTXt", b"parameters\0\0no zlib stream"), text_chunk("next", "1")))
        assert found.text("next") == "1" and "inflated" in found.error

    def test_decompression_bomb_is_refused(self) -> None:
        bomb = zlib.compress(bytes(MAX_TEXT_BYTES * 4), 9)
        found = _read(png(chunk(b"zTXt", b"parameters\0\0" + bomb), text_chunk("next", "1")))
        assert [text.keyword for text in found.texts] == ["next"] and "16 MB" in found.error

    @pytest.mark.parametrize("last", [b"", b"\1" * 5])
    @pytest.mark.parametrize("count", [1, 2, 3, 7, 64, 1000])
    def test_run_of_pixels_is_skipped_in_few_reads(self, count: int, last: bytes) -> None:
        pieces = [random.Random(n).randbytes(8192) for n in range(count)] + ([last] if last else [])
        file = _Counted(png(text_chunk("a", "1"), after=text_chunk("b", "2"), pixels=pieces))
        found = containers.read_file(file)
        assert [text.keyword for text in found.texts] == ["a", "b"] and not found.error
        assert file.reads <= 30 and file.bytes_read <= HEAD_BYTES + 30 * 8192

    def test_pieces_of_all_lengths(self) -> None:
        sizes = random.Random(5)
        pieces = [bytes(sizes.randrange(1, 4000)) for _ in range(300)]
        assert [text.keyword for text in _read(png(after=text_chunk("b", "2"), pixels=pieces)).texts] == ["b"]

    def test_limit_of_text_a_file(self) -> None:
        found = _read(png(*(text_chunk(f"k{n}", "x" * (MAX_TEXT_BYTES // 3)) for n in range(4)), text_chunk("small", "1")))
        assert sum(len(text.value) for text in found.texts) <= MAX_TEXT_BYTES
        assert found.text("small") == "1" and "16 MB" in found.error


class _Counted(io.BytesIO):
    reads = 0
    bytes_read = 0

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        self.reads += 1
        self.bytes_read += len(data)
        return data


class TestJpeg:
    def test_segments(self) -> None:
        exif = b"Exif\0\0" + tiff({0x0131: (2, b"A1111\0")}, {0x9286: (7, user_comment(INFOTEXT))}, ">")
        iptc = b"\x1c\x02\x78\0\x03cat" + b"\x1c\x02\x50\0\x02me"
        photoshop = b"Photoshop 3.0\0" + b"8BIM\x04\x04\0\0" + struct.pack(">I", len(iptc)) + iptc + b"\0" * (len(iptc) & 1)
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
            segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + b"A" * 32 + struct.pack(">II", len(packet), n * 60_000) + piece.encode())
            for n, piece in enumerate(pieces)
        ]
        assert _found(jpeg(parts[2], parts[0], parts[1])) == [("XMP", packet, "XMP")]

    def test_manifest_store_over_several_packets(self) -> None:
        content = random.Random(1).randbytes(150_000)
        header = struct.pack(">I", len(content) + 8) + b"jumb"
        packets = [
            segment(0xEB, b"JP\0\1" + struct.pack(">I", n) + header + content[at : at + 60_000]) for n, at in enumerate(range(0, len(content), 60_000), 1)
        ]
        assert _read(jpeg(packets[1], packets[0], packets[2])).c2pa == header + content

    def test_wrong_length_and_garbage(self) -> None:
        found = _read(jpeg(segment(0xE0, b"JFIF"), b"garbage" * 10, segment(0xFE, b"kept")))
        assert found.text("comment") == "kept" and found.width_px == 64 and "wrong length" in found.error

    def test_cut_before_the_picture(self) -> None:
        assert "ends" in _read(jpeg(segment(0xFE, b"x" * 100))[:60]).error


class TestWebp:
    @pytest.mark.parametrize(
        ("picture", "size"),
        [
            (vp8l(100, 50), (100, 50)),
            ((b"VP8 ", bytes(3) + b"\x9d\x01\x2a" + struct.pack("<HH", 300 | 1 << 14, 200)), (300, 200)),
            (vp8x(0, 5000, 1), (5000, 1)),
        ],
    )
    def test_size(self, picture: tuple[bytes, bytes], size: tuple[int, int]) -> None:
        found = _read(riff(picture))
        assert (found.container, found.width_px, found.height_px, found.error) == ("webp", *size, "")

    @pytest.mark.parametrize("prefix", [b"", b"Exif\0\0"])
    def test_metadata_behind_the_picture(self, prefix: bytes) -> None:
        block = tiff({0x0110: (2, b"prompt:{}\0")})
        found = _read(riff(vp8x(0x0C), vp8l(), (b"EXIF", prefix + block), (b"XMP ", XMP.encode()), (b"C2PA", b"store")))
        assert [(text.keyword, text.where) for text in found.texts] == [("Model", "Exif:IFD0"), ("XMP", "XMP")]
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
        return b"".join(bytes((len(data[at : at + 255]),)) + data[at : at + 255] for at in range(0, len(data), 255)) + b"\0"

    def image(self, size: int) -> bytes:
        return b"\x2c" + bytes(8) + b"\0\2" + self.pieces(random.Random(2).randbytes(size))

    def test_comments_and_xmp(self) -> None:
        long = "猫" * 500
        xmp = b"\x21\xff\x0bXMP DataXMP" + XMP.encode() + b"\1" + bytes(range(255, -1, -1)) + b"\0"
        data = (
            self.HEAD + b"\x21\xfe" + self.pieces(b"one") + self.image(3000) + b"\x21\xf9\4\0\0\0\0\0" + b"\x21\xfe" + self.pieces(long.encode()) + xmp + b";"
        )
        assert _found(data) == [("comment", "one", "GIF:comment"), ("comment", long, "GIF:comment"), ("XMP", XMP, "XMP")]
        assert (_read(data).width_px, _read(data).height_px, _read(data).error) == (64, 48, "")

    def test_comment_at_the_end_of_a_large_file(self) -> None:
        file = _Counted(self.HEAD + self.image(9_000_000) + b"\x21\xfe" + self.pieces(b"late") + b";")
        assert containers.read_file(file).text("comment") == "late"
        assert file.bytes_read < 6_000_000

    def test_cut(self) -> None:
        assert _read(self.HEAD + b"\x21\xfe\x09abc").text("comment") == "abc"


class TestAnyFile:
    @pytest.mark.parametrize(
        ("data", "container"), [(b"", "empty"), (bytes(range(256)) * 8, "unknown"), (b"BM" + bytes(60), "unknown"), (b"\0" * 100, "unknown")]
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

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
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
