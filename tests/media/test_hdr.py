"""HDR, 16-bit and OpenEXR pictures are about as bright as SDR pictures of the same scene."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from iib_core.errors import UnreadableMedia
from iib_core.media import decode, hdr
from tests.metadata.conftest import chunk
from tests.metadata.test_containers_exr import exr

pytestmark = pytest.mark.stack

WHITE_CD_M2 = 203


def _linear(srgb: np.ndarray) -> np.ndarray:
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def _pq(light: np.ndarray) -> np.ndarray:
    """BT.2100: light in units of white as PQ codes it."""
    power = (light * WHITE_CD_M2 / 10_000) ** 0.1593017578125
    return ((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375


def _hlg(light: np.ndarray) -> np.ndarray:
    """BT.2100: grey light in units of white as HLG codes it for a screen of 1000 cd/m2."""
    scene = (light * WHITE_CD_M2 / 1000) ** (1 / 1.2)
    return np.where(
        scene <= 1 / 12,
        np.sqrt(3 * scene),
        0.17883277 * np.log(np.maximum(12 * scene - 0.28466892, 1e-9)) + 0.55991073,
    )


def _png(greys: np.ndarray, bits: int, coded: bytes = b"") -> io.BytesIO:
    """A PNG of one row of greys, each 0 to 1, repeated; ``coded``: its cICP chunk."""
    values = (greys * (2**bits - 1) + 0.5).astype(">u2" if bits == 16 else np.uint8)
    row = b"\0" + np.repeat(values, 3).tobytes()
    header = struct.pack(">IIBBBBB", len(greys), 8, bits, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + (chunk(b"cICP", coded) if coded else b"")
    return io.BytesIO(data + chunk(b"IDAT", zlib.compress(row * 8)) + chunk(b"IEND", b""))


def _greys(file: io.BytesIO, count: int) -> np.ndarray:
    small = decode.shrink(file, 512, 512, max_pixels=10**6)
    assert small.image.size == (count, 8)
    return np.asarray(small.image.convert("RGB"))[4, :, 1].astype(float) / 255


SCENE = np.array([0.05, 0.2, 0.35, 0.5, 0.65, 0.8])


@pytest.mark.parametrize(("transfer", "code"), [(hdr.PQ, _pq), (hdr.HLG, _hlg)], ids=["PQ", "HLG"])
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("primaries", [1, 9])
def test_light_within_the_range_of_sdr_keeps_its_brightness(transfer, code, bits, primaries):
    found = _greys(_png(code(_linear(SCENE)), bits, bytes((primaries, transfer, 0, 1))), len(SCENE))
    assert np.abs(found - SCENE).max() < 0.03, found


def test_light_above_white_keeps_its_detail():
    light = np.array([0.7, 0.9, 1.2, 2.0, 4.0, 8.0])
    found = _greys(_png(_pq(light), 16, bytes((9, hdr.PQ, 0, 1))), len(light))
    assert (np.diff(found) >= 0).all() and found[2] < 1 and found[-1] > 0.97


def test_a_picture_with_sixteen_bits_is_as_bright_as_one_with_eight():
    assert np.abs(_greys(_png(SCENE, 16), len(SCENE)) - SCENE).max() < 0.01


def test_transparent_stays_transparent():
    image = Image.new("RGBA", (4, 4), (120, 120, 120, 40))
    assert hdr.to_sdr(image, 9, hdr.PQ).getchannel("A").getextrema() == (40, 40)


def test_an_avif_for_hdr_is_about_as_bright_as_its_twin(tmp_path):
    pytest.importorskip("PIL.AvifImagePlugin")
    twin = np.tile(np.linspace(0, 1, 256), (64, 1))
    coded = Image.fromarray((_pq(_linear(twin)) * 255).astype(np.uint8)).convert("RGB")
    buffer = io.BytesIO()
    try:
        coded.save(buffer, "AVIF", quality=95)
    except (OSError, KeyError):
        pytest.skip("this Pillow writes no AVIF")
    # The bytes that libavif writes for sRGB, replaced by those for PQ with the primaries of
    # BT.2020.
    data = buffer.getvalue().replace(b"nclx\x00\x01\x00\x0d", b"nclx\x00\x09\x00\x10")
    assert data != buffer.getvalue()
    small = decode.shrink(io.BytesIO(data), 256, 64, max_pixels=10**6)
    assert abs(np.asarray(small.image).mean() / 255 - twin.mean()) < 0.05


@pytest.mark.parametrize(("light", "shown"), [(0.214, 127), (1.0, 255), (0.0, 0), (7.0, 255)])
def test_an_openexr_picture_is_shown(tmp_path, light, shown):
    path = tmp_path / "a.exr"
    path.write_bytes(exr(value=light, width=64, height=48))
    with path.open("rb") as file:
        try:
            small = decode.shrink(file, 32, 32, max_pixels=10**6)
        except UnreadableMedia as exc:
            if "ffmpeg" in str(exc):
                pytest.skip("no ffmpeg")
            raise
    assert small.image.size == (32, 24) and abs(small.mean_colour() & 0xFF) - shown in (
        -2,
        -1,
        0,
        1,
        2,
    )


def test_a_broken_openexr_picture_is_reported(tmp_path):
    path = tmp_path / "a.exr"
    path.write_bytes(exr()[:300])
    with path.open("rb") as file, pytest.raises(UnreadableMedia):
        decode.shrink(file, 32, 32, max_pixels=10**6)
