"""Text hidden in pixels: all four signatures, every PNG filter, and pictures that only seem to have
one.
"""

from __future__ import annotations

import gzip
import io
import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, features

from iib_core.metadata import containers
from iib_core.metadata.containers.embedded import Text
from iib_core.metadata.stealth import read_stealth

from .conftest import INFOTEXT, chunk, needs_samples, png, samples_folder

pytestmark = pytest.mark.stack

Put = Callable[..., Path]
SIGNATURES = ["stealth_pnginfo", "stealth_pngcomp", "stealth_rgbinfo", "stealth_rgbcomp"]


def _hide(
    picture: Image.Image, signature: str, text: str, stated_bits: int | None = None
) -> Image.Image:
    """The picture with a text in its lowest bits, as sd-webui-stealth-pnginfo writes it."""
    data = gzip.compress(text.encode()) if signature.endswith("comp") else text.encode()
    payload = (
        signature.encode()
        + struct.pack(">I", len(data) * 8 if stated_bits is None else stated_bits)
        + data
    )
    bits = [byte >> shift & 1 for byte in payload for shift in range(7, -1, -1)]
    pixels = picture.load()
    assert pixels is not None
    bands = [3] if "png" in signature else [0, 1, 2]
    for n, bit in enumerate(bits):
        place, band = divmod(n, len(bands))
        x, y = divmod(place, picture.height)
        values = list(pixels[x, y])  # type: ignore[arg-type]
        values[bands[band]] = values[bands[band]] & 0xFE | bit
        pixels[x, y] = tuple(values)
    return picture


def _picture(mode: str = "RGBA", size: tuple[int, int] = (96, 160)) -> Image.Image:
    gradient = Image.radial_gradient("L").resize(size)
    return Image.merge(
        mode, [gradient] * 3 + ([Image.new("L", size, 255)] if mode == "RGBA" else [])
    )


def _read(path: Path) -> Text | None:
    return read_stealth(path, containers.read(path))


@pytest.mark.parametrize("signature", SIGNATURES)
@pytest.mark.parametrize("size", [(96, 160), (300, 120), (200, 40), (64, 64)])
def test_all_signatures(tmp_path: Path, signature: str, size: tuple[int, int]) -> None:
    path = tmp_path / "a.png"
    _hide(_picture(size=size), signature, INFOTEXT + "猫").save(path)
    assert _read(path) == Text("stealth", INFOTEXT + "猫", signature)


@pytest.mark.parametrize("signature", SIGNATURES[2:])
def test_without_alpha_channel(tmp_path: Path, signature: str) -> None:
    path = tmp_path / "a.png"
    _hide(_picture("RGB"), signature, INFOTEXT).save(path)
    assert _read(path) == Text("stealth", INFOTEXT, signature)


def _filtered(picture: Image.Image, kind: int) -> bytes:
    """Pixels of a picture with one PNG filter on all rows."""
    raw, bpp = picture.tobytes(), len(picture.getbands())
    stride = picture.width * bpp
    out = bytearray()
    for y in range(picture.height):
        row, above = (
            raw[y * stride : (y + 1) * stride],
            raw[(y - 1) * stride : y * stride] if y else bytes(stride),
        )
        out.append(kind)
        for x in range(stride):
            left, up, corner = (
                (row[x - bpp], above[x], above[x - bpp]) if x >= bpp else (0, above[x], 0)
            )
            estimate = left + up - corner
            nearest = min(
                (abs(estimate - left), 0, left),
                (abs(estimate - up), 1, up),
                (abs(estimate - corner), 2, corner),
            )[2]
            out.append(row[x] - (0, left, up, (left + up) // 2, nearest)[kind] & 255)
    return zlib.compress(bytes(out))


@pytest.mark.parametrize("kind", range(5))
@pytest.mark.parametrize("signature", ["stealth_pngcomp", "stealth_rgbinfo"])
def test_every_filter_and_a_wrong_checksum(put: Put, signature: str, kind: int) -> None:
    picture = _hide(_picture(), signature, INFOTEXT)
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", *picture.size, 8, 6, 0, 0, 0))
    pixels = _filtered(picture, kind)
    pieces = b"".join(chunk(b"IDAT", pixels[at : at + 100]) for at in range(0, len(pixels), 100))
    data = (
        b"\x89PNG\r\n\x1a\n"
        + header
        + chunk(b"tEXt", b"a\0b", crc=1)
        + pieces
        + chunk(b"IEND", b"")
    )
    assert _read(put(data, "a.png")) == Text("stealth", INFOTEXT, signature)


@pytest.mark.skipif(not features.check("webp"), reason="this Pillow has no WebP")
@pytest.mark.parametrize("signature", SIGNATURES)
def test_lossless_webp(tmp_path: Path, signature: str) -> None:
    path = tmp_path / "a.webp"
    _hide(_picture(), signature, INFOTEXT).save(path, lossless=True, exact=True)
    assert _read(path) == Text("stealth", INFOTEXT, signature)


@pytest.mark.skipif(not features.check("webp"), reason="this Pillow has no WebP")
def test_alpha_of_a_lossy_webp(tmp_path: Path) -> None:
    path = tmp_path / "a.webp"
    _hide(_picture(), "stealth_pngcomp", INFOTEXT).save(path, quality=80)
    assert _read(path) == Text("stealth", INFOTEXT, "stealth_pngcomp")
    _picture("RGB").save(path, quality=80)
    assert _read(path) is None


@needs_samples
def test_samples() -> None:
    folder = samples_folder()
    assert folder is not None
    found = {
        path.name: _read(path)
        for name in ("stealth", "novelai")
        for path in sorted((folder / name).iterdir())
    }
    hidden = {name: text for name, text in found.items() if text}
    assert len(hidden) == 4 and {text.where for text in hidden.values()} == {"stealth_pngcomp"}
    assert all(
        "Steps: 20" in text.value
        if "automatic1111" in name
        else text.value.startswith('{"Description"')
        for name, text in hidden.items()
    )


@pytest.mark.parametrize("mode", ["RGBA", "RGB", "L", "LA", "P", "1", "I;16"])
def test_ordinary_pictures_have_none(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "a.png"
    Image.new(mode, (100, 130)).save(path)
    assert _read(path) is None
    if mode in ("RGB", "RGBA"):
        Image.frombytes(mode, (100, 130), os.urandom(100 * 130 * len(mode))).save(path)
        assert _read(path) is None


@pytest.mark.parametrize("bits", [0, 0xFFFFFFFF, 10**6])
def test_impossible_length(tmp_path: Path, bits: int) -> None:
    path = tmp_path / "a.png"
    _hide(_picture(), "stealth_pnginfo", INFOTEXT, bits).save(path)
    assert _read(path) is None


def test_hidden_bytes_that_are_not_gzip(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    picture = _hide(_picture(), "stealth_pngcomp", INFOTEXT)
    pixels = picture.load()
    assert pixels is not None
    for y in range(152, 160):
        pixels[0, y] = (0, 0, 0, pixels[0, y][3] ^ 1)  # type: ignore[index]
    picture.save(path)
    assert _read(path) is None


def test_cut_file(put: Put) -> None:
    buffer = io.BytesIO()
    _hide(_picture(), "stealth_pngcomp", INFOTEXT).save(buffer, "PNG")
    data = buffer.getvalue()
    for cut in range(0, len(data), 97):
        assert _read(put(data[:cut], "a.png")) in (
            None,
            Text("stealth", INFOTEXT, "stealth_pngcomp"),
        )


def test_a_wrong_stated_size_is_not_trusted(put: Put) -> None:
    for width, height in ((60_000, 60_000), (2**31, 1), (1, 2**31), (8000, 8000)):
        data = bytearray(png(width=width, height=height, pixels=[zlib.compress(bytes(10**6))]))
        data[25] = 6
        assert _read(put(bytes(data), "a.png")) is None
