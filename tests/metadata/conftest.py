"""Builders of small files of each container, byte by byte, so that tests can insert any text or
damage.
"""

from __future__ import annotations

import io
import json
import os
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest

INFOTEXT = (
    "masterpiece, 1girl, <lora:foo:0.8>\nNegative prompt: lowres\nSteps: 20, Sampler: Euler a, CFG "
    "scale: 7, Seed: 42, Size: 64x48, Model: sd_v1"
)
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def samples_folder() -> Path | None:
    """The folder of real files, if the environment names one."""
    name = os.environ.get("IIB_SAMPLES")
    return Path(name) if name else None


def sample_entries() -> list[dict[str, Any]]:
    """The entries of its MANIFEST.json; [] without a folder."""
    folder = samples_folder()
    return (
        list(json.loads((folder / "MANIFEST.json").read_text("utf-8"))["files"]) if folder else []
    )


needs_samples = pytest.mark.skipif(
    samples_folder() is None, reason="IIB_SAMPLES names no folder of sample files"
)


def chunk(kind: bytes, data: bytes, crc: int | None = None) -> bytes:
    """One PNG chunk; ``crc`` replaces the right checksum."""
    return (
        struct.pack(">I", len(data))
        + kind
        + data
        + struct.pack(">I", zlib.crc32(kind + data) if crc is None else crc)
    )


def text_chunk(keyword: str, value: str, encoding: str = "latin-1") -> bytes:
    return chunk(b"tEXt", keyword.encode("latin-1") + b"\0" + value.encode(encoding))


def png(
    *before: bytes,
    after: bytes = b"",
    width: int = 64,
    height: int = 48,
    pixels: list[bytes] | None = None,
) -> bytes:
    """A PNG in gray with chunks before and after its pixels; ``pixels`` are the pieces of the IDAT
    run.
    """
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    data = pixels if pixels is not None else [zlib.compress(bytes((width + 1) * height))]
    return (
        PNG_SIGNATURE
        + header
        + b"".join(before)
        + b"".join(chunk(b"IDAT", piece) for piece in data)
        + after
        + chunk(b"IEND", b"")
    )


def tiff(
    ifd0: dict[int, tuple[int, bytes]],
    exif_ifd: dict[int, tuple[int, bytes]] | None = None,
    order: str = "<",
) -> bytes:
    """A TIFF block; tags map to (type, raw value)."""
    block = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    size_of = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 9: 4, 10: 8, 11: 4, 12: 8}
    rows = dict(ifd0)
    if exif_ifd is not None:
        rows[0x8769] = (4, b"\0\0\0\0")

    def directory(tags: dict[int, tuple[int, bytes]], start: int, patch: dict[int, bytes]) -> bytes:
        data_at = start + 2 + 12 * len(tags) + 4
        head, tail = struct.pack(order + "H", len(tags)), b""
        for tag, (kind, raw) in sorted(tags.items()):
            raw = patch.get(tag, raw)
            head += struct.pack(order + "HHI", tag, kind, len(raw) // size_of[kind])
            if len(raw) <= 4:
                head += raw.ljust(4, b"\0")
            else:
                head += struct.pack(order + "I", data_at + len(tail))
                tail += raw + b"\0" * (len(raw) & 1)
        return head + struct.pack(order + "I", 0) + tail

    first = directory(rows, 8, {})
    if exif_ifd is None:
        return block + first
    second = directory(exif_ifd, 8 + len(first), {})
    return block + directory(rows, 8, {0x8769: struct.pack(order + "I", 8 + len(first))}) + second


def user_comment(text: str) -> bytes:
    """A UserComment as AUTOMATIC1111 writes it."""
    return b"UNICODE\0" + text.encode("utf-16-be")


def segment(marker: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def jpeg(*segments: bytes, width: int = 64, height: int = 48) -> bytes:
    """The headers of a JPEG and a stub of a scan."""
    frame = segment(0xC0, struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\0")
    return (
        b"\xff\xd8"
        + b"".join(segments)
        + frame
        + segment(0xDA, b"\x01\x01\0\0\x3f\0")
        + b"\x12\x34\xff\xd9"
    )


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"".join(
        kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) & 1)
        for kind, data in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def vp8x(flags: int, width: int = 64, height: int = 48) -> tuple[bytes, bytes]:
    return b"VP8X", bytes((flags, 0, 0, 0)) + (width - 1).to_bytes(3, "little") + (
        height - 1
    ).to_bytes(3, "little")


def vp8l(width: int = 64, height: int = 48, alpha: int = 0) -> tuple[bytes, bytes]:
    return b"VP8L", b"\x2f" + struct.pack(
        "<I", (width - 1) | (height - 1) << 14 | alpha << 28
    ) + bytes(8)


def box(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data) + 8) + kind + data


def full_box(kind: bytes, data: bytes, version: int = 0) -> bytes:
    return box(kind, bytes((version, 0, 0, 0)) + data)


def element(kind: int, data: bytes) -> bytes:
    """One EBML element with a length of eight bytes."""
    return (
        kind.to_bytes((kind.bit_length() + 7) // 8, "big")
        + (1 << 56 | len(data)).to_bytes(8, "big")
        + data
    )


class Counted(io.BytesIO):
    """A file that counts the reads."""

    reads = 0
    bytes_read = 0

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        self.reads += 1
        self.bytes_read += len(data)
        return data


@pytest.fixture
def put(tmp_path: Path) -> Any:
    """A function that writes bytes to a file and returns its path."""

    def write(data: bytes, name: str = "file.bin") -> Path:
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return write
