"""Converts HDR pictures (PQ and HLG) to sRGB; the highlights are compressed so that they keep their
detail.

Sources: ITU-R BT.2100 (PQ and HLG), BT.2087 (colours of BT.2020 in BT.709), BT.2408 (white at 203
cd/m2), IEC 61966-2-1 (sRGB).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

Floats = npt.NDArray[np.float32]

PQ, HLG = 16, 18
TRANSFERS = frozenset({PQ, HLG})
_BT2020 = 9
_WHITE_CD_M2 = 203.0
_HLG_PEAK_CD_M2 = 1000.0
# Light up to here is unchanged; brighter light is compressed towards white.
_KNEE = 0.75
_ROWS = 256
_TO_BT709 = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]],
    dtype=np.float32,
)


def to_sdr(image: Image.Image, primaries: int, transfer: int) -> Image.Image:
    """An RGB or RGBA picture with the transfer function ``transfer`` as sRGB; alpha is unchanged.

    ``primaries``, ``transfer``: code points of ITU-T H.273. Works in strips, to bound the memory.
    """
    pixels = np.array(image)
    table = _light(transfer)
    for top in range(0, pixels.shape[0], _ROWS):
        strip = pixels[top : top + _ROWS, :, :3]
        light = table[strip]
        if transfer == HLG:
            light = _scene_to_screen(light)
        if primaries == _BT2020:
            light = np.clip(light @ _TO_BT709.T, 0, None)
        pixels[top : top + _ROWS, :, :3] = _encode_srgb(_compress(light))
    return Image.fromarray(pixels, image.mode)


def _light(transfer: int) -> Floats:
    """The light of each of the 256 values: for PQ in units of white, for HLG light of the scene, 0
    to 1.
    """
    values = np.arange(256, dtype=np.float64) / 255
    if transfer == HLG:
        low, high = values**2 / 3, (np.exp((values - 0.55991073) / 0.17883277) + 0.28466892) / 12
        return np.where(values <= 0.5, low, high).astype(np.float32)
    power = values ** (1 / 78.84375)
    absolute = (np.clip(power - 0.8359375, 0, None) / (18.8515625 - 18.6875 * power)) ** (
        1 / 0.1593017578125
    )
    return (10_000 * absolute / _WHITE_CD_M2).astype(np.float32)


def _scene_to_screen(scene: Floats) -> Floats:
    """Light of a scene as an HLG screen of 1000 cd/m2 shows it, in units of white."""
    brightness = scene @ np.array([0.2627, 0.678, 0.0593], dtype=np.float32)
    shown = scene * np.power(np.maximum(brightness, 1e-6), 0.2)[..., None]
    return np.asarray(shown * (_HLG_PEAK_CD_M2 / _WHITE_CD_M2), dtype=np.float32)


def _compress(light: Floats) -> Floats:
    """``light`` compressed to 0..1. Its hue stays, because all three channels are scaled by one
    factor.
    """
    brightest = light.max(axis=-1, keepdims=True)
    above = np.maximum(brightest - _KNEE, 0)
    compressed = np.where(
        above > 0, _KNEE + (1 - _KNEE) * (1 - np.exp(-above / (1 - _KNEE))), brightest
    )
    return np.asarray(light * (compressed / np.maximum(brightest, 1e-6)), dtype=np.float32)


def _encode_srgb(light: Floats) -> npt.NDArray[np.uint8]:
    """Light, 0 to 1, as sRGB bytes."""
    curve = np.where(
        light <= 0.0031308,
        12.92 * light,
        1.055 * np.power(np.maximum(light, 1e-8), 1 / 2.4) - 0.055,
    )
    return np.clip(curve * 255 + 0.5, 0, 255).astype(np.uint8)
