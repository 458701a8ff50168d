"""Pictures made small: decoding with bounds, upright, in the right colours."""

from __future__ import annotations

import io
import struct
from typing import BinaryIO

from PIL import Image

from iib_core.errors import TooLarge, UnreadableMedia
from iib_core.metadata import containers

_ORIENTATION = 0x0112
# EXIF orientation -> what puts the picture upright. Source: Exif 2.32, tag 0x0112.
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def shrink_to_webp(file: BinaryIO, width_px: int, height_px: int, *, max_pixels: int) -> bytes:
    """The picture in ``file`` as WebP within ``width_px`` x ``height_px``, aspect kept, never enlarged.

    A truncated file gives what could be decoded, an animation its first frame. Raises TooLarge above ``max_pixels`` decoded pixels,
    UnreadableMedia for bytes that are no picture.
    """
    image = _open(file, max_pixels)
    orientation = _orientation(image)
    box = (height_px, width_px) if orientation >= 5 else (width_px, height_px)
    # A JPEG decodes at 1/2, 1/4 or 1/8 straight away; twice the wanted size keeps the filter's quality.
    image.draft(None, (2 * box[0], 2 * box[1]))
    if image.width * image.height > max_pixels:
        raise _too_large(image.width, image.height, max_pixels)
    _load(image)
    small = _to_rgb(image)
    small.thumbnail(box, Image.Resampling.BICUBIC, reducing_gap=2.0)
    if orientation in _UPRIGHT:
        small = small.transpose(_UPRIGHT[orientation])
    return _encode(small, _rgb_profile(image))


def frame_to_webp(frame: Image.Image, width_px: int, height_px: int) -> bytes:
    """A decoded frame as WebP within the box, aspect kept, never enlarged."""
    small = _to_rgb(frame)
    small.thumbnail((width_px, height_px), Image.Resampling.BICUBIC, reducing_gap=2.0)
    return _encode(small, None)


def _encode(image: Image.Image, profile: bytes | None) -> bytes:
    out = io.BytesIO()
    image.save(out, "WEBP", quality=80, method=2, icc_profile=profile, exif=b"", xmp=b"")
    return out.getvalue()


def _open(file: BinaryIO, max_pixels: int) -> Image.Image:
    stated = containers.read_file(file)
    if stated.width_px and stated.height_px and stated.container != "jpeg" and stated.width_px * stated.height_px > max_pixels:
        raise _too_large(stated.width_px, stated.height_px, max_pixels)
    file.seek(0)
    try:
        return Image.open(file)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as exc:
        raise TooLarge(f"The picture is too large to be decoded safely: {exc}") from exc
    # Pillow's format plugins let these through for damaged headers.
    except (OSError, ValueError, SyntaxError, TypeError, IndexError, KeyError, OverflowError, EOFError, struct.error) as exc:
        raise UnreadableMedia("The file is no picture that can be decoded.") from exc


def _load(image: Image.Image) -> None:
    try:
        image.load()
    except (OSError, ValueError, SyntaxError, TypeError, IndexError, EOFError, MemoryError, struct.error) as exc:
        # A truncated file leaves the rows decoded so far; without its tiles the picture counts as loaded.
        if not isinstance(exc, OSError) or not _has_pixels(image):
            raise UnreadableMedia("The picture is damaged and cannot be decoded.") from exc
        image.tile = []  # type: ignore[attr-defined]  # every opened picture is an ImageFile


def _has_pixels(image: Image.Image) -> bool:
    try:
        return image.im is not None
    except ValueError:  # closed by the plugin
        return False


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except (OSError, ValueError, SyntaxError, TypeError, KeyError, IndexError, EOFError, OverflowError, struct.error):
        return 1  # a damaged EXIF block is no reason to show nothing


def _to_rgb(image: Image.Image) -> Image.Image:
    """As RGB or RGBA with 8 bits a channel."""
    if image.mode in {"RGB", "RGBA"}:
        return image
    if image.mode.startswith("I") or image.mode == "F":
        # 16-bit grey: its high byte. convert("L") would clip everything above 255 to white.
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L").convert("RGB")
    has_alpha = image.mode in {"LA", "La", "PA", "RGBa"} or "transparency" in image.info
    return image.convert("RGBA" if has_alpha else "RGB")


def _rgb_profile(image: Image.Image) -> bytes | None:
    profile = image.info.get("icc_profile")
    # The profile of a CMYK or grey picture does not describe the RGB that it was turned into.
    return profile if isinstance(profile, bytes) and image.mode in {"RGB", "RGBA", "P"} and profile[16:20] == b"RGB " else None


def _too_large(width_px: int, height_px: int, max_pixels: int) -> TooLarge:
    return TooLarge(f"The picture has {width_px} x {height_px} pixels, above the limit of {max_pixels // 1_000_000} megapixels (setting IIB_MAX_MEGAPIXELS).")
