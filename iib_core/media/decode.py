"""Decodes pictures and makes them small: within memory limits, upright, in the right colours."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

import numpy as np
from PIL import Image

from iib_core.errors import TooLarge, UnreadableMedia
from iib_core.media import ffmpeg, formats, hdr, png_bands
from iib_core.metadata import containers
from iib_core.metadata.containers import tiff

# The memory limit of one decode. Above it a PNG is decoded in bands, WebP and AVIF by ffmpeg, and
# other formats are refused.
_MAX_BYTES = 160 << 20
_ORIENTATION = 0x0112
# Formats whose EXIF block our own reader reads. Pillow's readers of the other formats turn some
# pictures upright themselves and change the block accordingly.
_OWN_EXIF = frozenset({"PNG", "WEBP"})
# EXIF orientation -> the operation that turns the picture upright. Source: Exif 2.32, tag 0x0112.
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# A picture larger than this is made small in strips of rows, because converting the whole picture
# would double the memory.
_STRIP_PIXELS = 2_000_000
# The fast reduction leaves the picture this much larger than the target for the final resampling. A
# factor of 2 looks hardly better and costs a third more time.
_GAP = 1.5
# Hardly less sharp than BICUBIC for shrinking, in two thirds of the time.
_FILTER = Image.Resampling.HAMMING
# libwebp's default. 80 looks the same in a thumbnail, with 12 % more bytes and 10 % more time.
_QUALITY = 75


@dataclass(frozen=True)
class Small:
    """A small picture: RGB or RGBA with 8 bits a channel, upright, with its ICC profile if it has
    one.
    """

    image: Image.Image
    profile: bytes | None = None

    def within(self, width_px: int, height_px: int) -> Small:
        """This picture fitted into a box, with its aspect ratio, never enlarged."""
        if self.image.width <= width_px and self.image.height <= height_px:
            return self
        small = self.image.copy()
        small.thumbnail((width_px, height_px), _FILTER, reducing_gap=_GAP)
        return replace(self, image=small)

    def to_webp(self) -> bytes:
        """The bytes of a WebP file without metadata."""
        out = io.BytesIO()
        self.image.save(
            out, "WEBP", quality=_QUALITY, method=0, icc_profile=self.profile, exif=b"", xmp=b""
        )
        return out.getvalue()

    def mean_colour(self) -> int:
        """The mean colour as 0xRRGGBB, weighted by alpha."""
        if self.image.mode == "RGB":
            red, green, blue = self.image.reduce(self.image.size).getpixel((0, 0))  # type: ignore[misc]
            return int(red) << 16 | int(green) << 8 | int(blue)
        reduced = self.image.resize((16, 16), Image.Resampling.BOX).convert("RGBA")
        cells = np.asarray(reduced, dtype=np.float64).reshape(-1, 4)
        weights = cells[:, 3] if cells[:, 3].any() else None
        red, green, blue = (
            int(value + 0.5) for value in np.average(cells[:, :3], axis=0, weights=weights)
        )
        return red << 16 | green << 8 | blue


def shrink(file: BinaryIO, width_px: int, height_px: int, *, max_pixels: int) -> Small:
    """The picture in ``file`` fitted into ``width_px`` x ``height_px``, with its aspect ratio,
    never enlarged.

    A truncated file gives the rows that could be decoded, an animation its first frame. Raises
    TooLarge above ``max_pixels`` decoded pixels or ``_MAX_BYTES`` of memory, UnreadableMedia if it
    is not a picture.
    """
    file = formats.read_small(file)
    stated = _read_header(file, max_pixels)
    if stated.container == "jxl" and not formats.has_reader("jxl"):
        return Small(_without_alpha(ffmpeg.grab_picture(file, max(width_px, height_px))))
    if stated.container == "exr":
        return Small(_without_alpha(ffmpeg.grab_linear(file, max(width_px, height_px))))
    image = formats.open_picture(file, stated.container)
    orientation = _orientation(image, stated.exif)
    box = (height_px, width_px) if orientation >= 5 else (width_px, height_px)
    fit = _fit((image.width, image.height), box)
    image.draft(None, fit)  # lets a JPEG be decoded at 1/2, 1/4 or 1/8 of its size
    if image.width * image.height > max_pixels:
        raise _too_many_pixels(image.width, image.height, max_pixels)
    small = _shrink_opened(image, file, fit)
    small.thumbnail(box, _FILTER, reducing_gap=_GAP)
    if orientation in _UPRIGHT:
        small = small.transpose(_UPRIGHT[orientation])
    if stated.transfer in hdr.TRANSFERS:
        return Small(hdr.to_sdr(small, stated.primaries, stated.transfer))
    return Small(small, _rgb_profile(image))


def prepare() -> None:
    """Load the code that makes a thumbnail of a PNG, which takes longer than to make one."""
    file = io.BytesIO()
    Image.new("RGB", (2, 2)).save(file, "PNG")
    shrink(file, 1, 1, max_pixels=4).to_webp()


def decode_whole(file: BinaryIO, *, max_pixels: int) -> Image.Image:
    """The picture in ``file`` in its full size, upright, as RGB or RGBA.

    Raises like ``shrink``, but has no limit of memory.
    """
    stated = _read_header(file, max_pixels)
    image = formats.open_picture(file, stated.container)
    if image.width * image.height > max_pixels:
        raise _too_many_pixels(image.width, image.height, max_pixels)
    orientation = _orientation(image, stated.exif)
    _load(image)
    picture = _to_rgb(image)
    if stated.transfer in hdr.TRANSFERS:
        picture = hdr.to_sdr(picture, stated.primaries, stated.transfer)
    return picture.transpose(_UPRIGHT[orientation]) if orientation in _UPRIGHT else picture


def _read_header(file: BinaryIO, max_pixels: int) -> containers.Embedded:
    """The size, EXIF block and colours that the header of a file states.

    Raises TooLarge. The size of a JPEG is checked later, because it may be decoded at a fraction.
    """
    stated = containers.read_file(file)
    width_px, height_px = stated.width_px or 0, stated.height_px or 0
    if stated.container != "jpeg" and width_px * height_px > max_pixels:
        raise _too_many_pixels(width_px, height_px, max_pixels)
    if stated.container.upper() not in _OWN_EXIF:
        is_jpeg = stated.container == "jpeg"
        formats.require_harmless_exif(
            stated.exif, file.seek(0, io.SEEK_END) if is_jpeg else len(stated.exif)
        )
    return stated


def shrink_frame(frame: Image.Image) -> Small:
    """A decoded frame as a picture that can be fitted into a box."""
    return Small(_to_rgb(frame))


def _fit(size: tuple[int, int], box: tuple[int, int]) -> tuple[int, int]:
    """``size`` scaled down into ``box``."""
    scale = min(1.0, box[0] / size[0], box[1] / size[1])
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _shrink_opened(image: Image.Image, file: BinaryIO, fit: tuple[int, int]) -> Image.Image:
    """The pixels of an opened picture as RGB or RGBA, reduced to at least ``fit``."""
    factor = max(1, int(min(image.width / fit[0], image.height / fit[1]) / _GAP))
    needed = formats.peak_bytes(image)
    if needed <= _MAX_BYTES:
        _load(image)
        if image.width * image.height <= _STRIP_PIXELS:
            return _to_rgb(image)
        return _join_strips(image.size, factor, _strips(image, factor))
    if png_bands.can_decode(image):
        return _join_strips(image.size, factor, png_bands.decode(image, file, factor))
    refusal = TooLarge(
        f"The picture has {image.width} x {image.height} pixels: decoding it would take {needed >> 20} "
        "MiB of memory."
    )
    if image.format not in ("WEBP", "AVIF"):
        raise refusal
    try:
        return ffmpeg.grab_picture(file, 2 * max(fit)).convert(image.mode)
    except UnreadableMedia as exc:
        raise refusal from exc


def _load(image: Image.Image) -> None:
    try:
        image.load()
    except (*formats.DAMAGED, MemoryError) as exc:
        # Of a truncated file the rows decoded so far are kept; without tiles the picture counts as
        # loaded.
        if not isinstance(exc, OSError) or not _has_pixels(image):
            raise UnreadableMedia("The picture is damaged and cannot be decoded.") from exc
        image.tile = []  # type: ignore[attr-defined]  # every opened picture is an ImageFile


def _has_pixels(image: Image.Image) -> bool:
    try:
        return image.im is not None
    except (ValueError, AssertionError):  # closed by the plugin, or never created
        return False


def _strips(image: Image.Image, factor: int) -> Iterator[tuple[int, Image.Image]]:
    """(first row, strip) of a decoded picture. All strips but the last have a multiple of
    ``factor`` rows.
    """
    rows = max(1, _STRIP_PIXELS // image.width // factor) * factor
    for top in range(0, image.height, rows):
        yield top, image.crop((0, top, image.width, min(top + rows, image.height)))


def _join_strips(
    size: tuple[int, int], factor: int, strips: Iterable[tuple[int, Image.Image]]
) -> Image.Image:
    """A picture of ``size``, reduced by ``factor``, from its strips; missing rows are black."""
    joined: Image.Image | None = None
    for top, strip in strips:
        part = _to_rgb(strip)
        part = part.reduce(factor) if factor > 1 else part
        if joined is None:
            joined = Image.new(part.mode, (-(-size[0] // factor), -(-size[1] // factor)))
        joined.paste(part, (0, top // factor))
    if joined is None:
        raise UnreadableMedia("The picture is damaged and cannot be decoded.")
    return joined


def _orientation(image: Image.Image, stated: bytes) -> int:
    """The EXIF orientation, 1 to 8.

    ``stated``: the EXIF block that our own reader found. For the block of a PNG, which may be at
    the end of the file, Pillow would decode the picture.
    """
    if image.format in _OWN_EXIF:
        return tiff.orientation(stated)
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except formats.DAMAGED:
        return 1  # a picture with a damaged EXIF block is still shown


def _to_rgb(image: Image.Image) -> Image.Image:
    """``image`` as RGB or RGBA with 8 bits a channel."""
    if image.mode in {"RGB", "RGBA"}:
        return image
    if image.mode.startswith("I") or image.mode == "F":
        # 16-bit grey becomes its high byte; convert("L") would clip values above 255 to white.
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L").convert("RGB")
    has_alpha = image.mode in {"LA", "La", "PA", "RGBa"} or "transparency" in image.info
    return image.convert("RGBA" if has_alpha else "RGB")


def _without_alpha(image: Image.Image) -> Image.Image:
    """An RGBA picture as RGB if it is fully opaque."""
    return image.convert("RGB") if image.getchannel("A").getextrema()[0] == 255 else image


def _rgb_profile(image: Image.Image) -> bytes | None:
    profile = image.info.get("icc_profile")
    # The profile of a CMYK or grey picture does not describe the RGB that it was converted to.
    if (
        isinstance(profile, bytes)
        and image.mode in {"RGB", "RGBA", "P"}
        and profile[16:20] == b"RGB "
    ):
        return profile
    return None


def _too_many_pixels(width_px: int, height_px: int, max_pixels: int) -> TooLarge:
    return TooLarge(
        f"The picture has {width_px} x {height_px} pixels, above the limit of {max_pixels // 1_000_000} "
        "megapixels (setting IIB_MAX_MEGAPIXELS)."
    )
