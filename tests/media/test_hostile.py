"""Files that are made to keep a decoder busy or to fill the memory: they are refused quickly and
not tried again. Valid files with an unusual structure are shown.
"""

from __future__ import annotations

import contextlib
import io
import struct
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from iib_core.errors import IIBError
from iib_core.media import decode
from iib_core.media.cache import DiskCache
from iib_core.media.formats import TakesTooLong
from iib_core.media.thumbnails import Thumbnails
from iib_core.workers import Workers
from tests.metadata.conftest import chunk, png, segment

pytestmark = [pytest.mark.stack, pytest.mark.filterwarnings("ignore:.*:UserWarning")]

# Processor seconds of a decode that is stopped, on a slow machine; without the limits each of these
# takes from ten seconds to hours.
PATIENCE_S = 4.0
MB = 1 << 20


def saved(
    kind: str, size: tuple[int, int] = (64, 48), mode: str = "RGB", **options: object
) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, 128 if mode == "L" else "red").save(out, kind, **options)
    return out.getvalue()


def exif(tags: int, size: int) -> bytes:
    """A block in which many tags share one large value."""
    rows = b"".join(struct.pack("<HHII", 1000 + tag, 7, size, 8) for tag in range(tags))
    return b"II*\0\x08\0\0\0" + struct.pack("<H", tags) + rows + bytes(4) + bytes(size)


def jpeg(before: bytes) -> bytes:
    whole = saved("JPEG")
    return whole[:2] + before + whole[2:]


def jpeg_with_long_exif() -> bytes:
    block = exif(4000, 900_000)
    return jpeg(
        b"".join(
            segment(0xE1, b"Exif\0\0" + block[start : start + 65_000])
            for start in range(0, len(block), 65_000)
        )
    )


def scans(size: tuple[int, int], more: int) -> bytes:
    """A progressive JPEG that repeats its last scan."""
    whole = saved("JPEG", size, "L", progressive=True)
    return whole[:-2] + whole[whole.rindex(b"\xff\xda") : -2] * more + whole[-2:]


def gif(extension: bytes) -> bytes:
    whole = saved("GIF")
    start = 13 + (3 << (whole[10] & 7) + 1 if whole[10] & 0x80 else 0)
    return whole[:start] + extension + whole[start:]


def gif_frames(count: int) -> bytes:
    return (
        saved("GIF")[:-1]
        + (b"\x2c" + struct.pack("<HHHH", 0, 0, 1, 1) + b"\0\2\2\x44\1\0") * count
        + b";"
    )


def webp_frames(count: int) -> bytes:
    picture = saved("WEBP", lossless=True)[12:]
    size = (63).to_bytes(3, "little") + (47).to_bytes(3, "little")
    frame = b"ANMF" + struct.pack("<I", 16 + len(picture)) + bytes(6) + size + bytes(4) + picture
    body = (
        b"VP8X"
        + struct.pack("<I", 10)
        + bytes((2, 0, 0, 0))
        + size
        + b"ANIM"
        + struct.pack("<I", 6)
        + bytes(6)
        + frame * count
    )
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def tiff(
    width: int, height: int, strips: int, extra: list[tuple[int, int, int, int]], following: int = 0
) -> bytes:
    """Gray, with strips that all begin at 8; (tag, type, count, value) of further tags."""
    rows = [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, 1, 8),
        (259, 3, 1, 1),
        (262, 3, 1, 1),
        (273, 4, strips, 0),
        (278, 4, 1, height // strips),
    ]
    rows += [(279, 4, strips, 0), *extra]
    table = 8 + 2 + 12 * len(rows) + 4
    rows = [
        (tag, kind, count, (table if strips > 1 else 8) if tag in (273, 279) else value)
        for tag, kind, count, value in rows
    ]
    packed = b"".join(struct.pack("<HHII", *row) for row in rows)
    data = struct.pack("<I", 8) * strips + bytes(2 * MB)
    return (
        b"II*\0\x08\0\0\0"
        + struct.pack("<H", len(rows))
        + packed
        + struct.pack("<I", following)
        + data
    )


def rle_bmp(data: bytes) -> bytes:
    header = struct.pack("<IiiHHIIiiII", 40, 8000, 8000, 1, 8, 1, len(data), 0, 0, 0, 0)
    return (
        b"BM"
        + struct.pack("<IHHI", 54 + 1024 + len(data), 0, 0, 54 + 1024)
        + header
        + bytes(1024)
        + data
    )


# Name -> (file, whether it must be refused; the others must only end quickly).
HOSTILE: dict[str, tuple[Callable[[], bytes], bool]] = {
    "JPEG of fill bytes": (lambda: b"\xff\xd8\xff" + b"\xff" * 6 * MB, True),
    "JPEG with fill bytes inside": (lambda: jpeg(b"\xff" * 6 * MB), True),
    "JPEG with zeros behind each marker": (lambda: b"\xff\xd8\xff" + b"\0\xff" * 3 * MB, True),
    "JPEG of restart markers": (lambda: jpeg(b"\xff\xd0" * 3 * MB), True),
    "JPEG of empty segments": (lambda: jpeg(b"\xff\xe5\0\2" * 2 * MB), True),
    "JPEG of comments": (lambda: jpeg(b"\xff\xfe\0\3a" * MB), True),
    "JPEG whose EXIF goes on": (jpeg_with_long_exif, True),
    "JPEG of many scans": (lambda: scans((8000, 8000), 100), True),
    "JPEG of very many scans": (lambda: scans((2000, 2000), 3000), True),
    "PNG of empty chunks": (lambda: png(chunk(b"teXt", b"") * 400_000), True),
    "PNG of texts": (lambda: png(chunk(b"tEXt", b"a\0b") * 400_000), True),
    "PNG of texts behind its pixels": (lambda: png(after=chunk(b"tEXt", b"a\0b") * 400_000), True),
    "PNG of empty pieces": (
        lambda: png(pixels=[b""] * 400_000 + [zlib.compress(bytes(65 * 48))]),
        True,
    ),
    "PNG whose EXIF repeats itself": (lambda: png(chunk(b"eXIf", exif(4000, 900_000))), False),
    "GIF of empty extensions": (lambda: gif(b"\x21\xf9\0" * 2 * MB), True),
    "GIF of comments": (lambda: gif(b"\x21\xfe\1a\0" * MB), True),
    "GIF whose comment has many pieces": (lambda: gif(b"\x21\xfe" + b"\1a" * 2 * MB + b"\0"), True),
    "GIF of junk": (lambda: gif(bytes(2 * MB)), True),
    "GIF of many frames": (lambda: gif_frames(100_000), False),
    "WebP of many frames": (lambda: webp_frames(20_000), False),
    "WebP of many chunks": (
        lambda: saved("WEBP")[:12] + b"abcd\0\0\0\0" * 500_000 + saved("WEBP")[12:],
        False,
    ),
    "WebP whose EXIF repeats itself": (lambda: saved("WEBP", exif=exif(4000, 900_000)), False),
    "TIFF of many strips": (lambda: tiff(1, 200_000, 200_000, []), True),
    "TIFF whose tags share a value": (
        lambda: tiff(16, 16, 1, [(1000 + tag, 7, 2 * MB, 8) for tag in range(20_000)]),
        False,
    ),
    "TIFF that leads to itself": (lambda: tiff(16, 16, 1, [], following=8), False),
    "BMP of runs": (lambda: rle_bmp(b"\1\1" * 3 * MB), True),
    "BMP of ends of lines": (lambda: rle_bmp(b"\0\0" * MB), False),
    "BMP of jumps": (lambda: rle_bmp(b"\0\2\1\0" * MB), False),
    "AVIF of empty boxes": (
        lambda: (
            struct.pack(">I4s4sI4s", 20, b"ftyp", b"avif", 0, b"avif") + b"\0\0\0\x08free" * 500_000
        ),
        False,
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_finished_quickly(name: str) -> None:
    make, is_refused = HOSTILE[name]
    data = make()
    started = time.thread_time()
    if is_refused:
        with pytest.raises(IIBError):
            decode.shrink(io.BytesIO(data), 256, 256, max_pixels=89_000_000)
    else:
        with contextlib.suppress(IIBError):
            decode.shrink(io.BytesIO(data), 256, 256, max_pixels=89_000_000)
    assert time.thread_time() - started < PATIENCE_S


HONEST: dict[str, Callable[[], bytes]] = {
    "a little fill": lambda: jpeg(b"\xff" * 2000),
    "a hundred segments": lambda: jpeg(segment(0xE5, bytes(60_000)) * 100),
    "a progressive picture": lambda: saved("JPEG", (3000, 2000), progressive=True),
    "a picture in small pieces": lambda: png(
        pixels=[zlib.compress(bytes(65 * 48), 0)[start : start + 1] for start in range(3200)]
    ),
    "thousands of texts": lambda: png(chunk(b"tEXt", b"a\0b") * 5000),
    "a TIFF of a strip a row": lambda: tiff(16, 8000, 8000, []),
    "an animation": lambda: gif_frames(500),
}


@pytest.mark.parametrize("name", HONEST)
def test_a_valid_file_with_an_unusual_structure_is_shown(name: str) -> None:
    assert decode.shrink(io.BytesIO(HONEST[name]()), 64, 64, max_pixels=89_000_000).image.width > 0


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "JPEG"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_upright_with_every_exif_reader(kind: str, orientation: int) -> None:
    block = Image.Exif()
    block[0x0112] = orientation
    small = decode.shrink(
        io.BytesIO(saved(kind, (64, 32), exif=block)), 64, 64, max_pixels=89_000_000
    ).image
    assert (small.width > small.height) == (orientation < 5)


def test_a_file_that_took_too_long_is_not_decoded_again(tmp_path: Path) -> None:
    """Until it changes: a page that is scrolled requests it repeatedly."""
    path = tmp_path / "fill.jpg"
    path.write_bytes(b"\xff\xd8\xff" + b"\xff" * MB)
    caches = [
        DiskCache(str(tmp_path / name), limit_bytes=MB, extension=".webp")
        for name in ("cache", "covers")
    ]
    decoders = Workers("decoders", 1)
    thumbnails = Thumbnails(*caches, decoders, max_pixels=89_000_000)
    opened: list[str] = []

    def open_file(name: str) -> io.BufferedReader:
        opened.append(name)
        return open(name, "rb")

    def ask() -> None:
        with pytest.raises(TakesTooLong):
            thumbnails.get_or_make(thumbnails.spec_for(str(path), "256x256"), open_file).result(30)

    try:
        ask()
        ask()
        assert len(opened) == 1
        path.write_bytes(saved("JPEG"))
        assert thumbnails.get_or_make(thumbnails.spec_for(str(path), "256x256"), open_file).result(
            30
        )
    finally:
        decoders.close()
