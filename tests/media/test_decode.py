"""Decoding: all methods give the same picture, within limited memory, for any bytes."""

from __future__ import annotations

import io
import os
import random
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image, ImageChops

from iib_core.errors import IIBError, TooLarge, UnreadableMedia
from iib_core.media import decode, ffmpeg, formats, png_bands
from tests.routes.test_media import blank_png

pytestmark = pytest.mark.stack

TOP = Path(__file__).parent.parent.parent
CAP = 89_000_000


def shrink(data: bytes, edge: int = 64, max_pixels: int = CAP) -> decode.Small:
    return decode.shrink(io.BytesIO(data), edge, edge, max_pixels=max_pixels)


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def drawing(mode: str, size: tuple[int, int] = (700, 500)) -> Image.Image:
    """A picture with gradients and noise, which uses every filter of a PNG."""
    across, down = np.meshgrid(np.arange(size[0]), np.arange(size[1]))
    noise = np.random.default_rng(1).integers(0, 40, (size[1], size[0]))
    red, green = (across * 200 // size[0] + noise) % 256, (down * 200 // size[1] + noise) % 256
    rgb = Image.fromarray(np.stack((red, green, (red + green) // 2), axis=2).astype(np.uint8))
    if mode == "I;16":
        return Image.fromarray((red.astype(np.uint16) << 8) + green.astype(np.uint16))
    if mode in ("RGBA", "LA"):
        rgb = rgb.convert("RGBA")
        rgb.putalpha(Image.fromarray(green.astype(np.uint8)))
    return rgb.convert(mode)


def is_like(one: Image.Image, other: Image.Image, tolerance: float = 2.0) -> bool:
    if one.size != other.size:
        return False
    difference = ImageChops.difference(one.convert("RGBA"), other.convert("RGBA"))
    return float(np.asarray(difference).mean()) <= tolerance


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "P", "I;16"])
def test_a_png_in_bands_equals_the_whole_png(mode, monkeypatch):
    monkeypatch.setattr(png_bands, "_BAND_BYTES", 20_000)
    data = saved(drawing(mode), "PNG")
    with Image.open(io.BytesIO(data)) as image:
        assert png_bands.can_decode(image)
        parts = list(png_bands.decode(image, io.BytesIO(data), 7))
        assert len(parts) > 3 and all(top % 7 == 0 for top, _ in parts)
        whole = np.concatenate([np.asarray(part) for _, part in parts])
        assert np.array_equal(whole, np.asarray(image))


def test_a_png_with_sixteen_bits_a_channel_in_bands_equals_the_whole_png(monkeypatch):
    monkeypatch.setattr(png_bands, "_BAND_BYTES", 20_000)
    data = deep_png(drawing("RGB", (120, 90)))
    with Image.open(io.BytesIO(data)) as image:
        whole = np.concatenate(
            [np.asarray(part) for _, part in png_bands.decode(image, io.BytesIO(data), 3)]
        )
        assert np.array_equal(whole, np.asarray(image))


def deep_png(image: Image.Image) -> bytes:
    """A PNG with 16 bits a channel, which Pillow cannot write; every row uses the filter Up."""
    samples = np.asarray(image).astype(np.uint32)
    deep = (samples * 256 + (samples * 7) % 256).astype(">u2").reshape(image.height, -1)
    rows = deep.view(np.uint8).reshape(image.height, -1)
    up = rows.copy()
    up[1:] -= rows[:-1]
    filtered = np.concatenate((np.full((image.height, 1), 2, np.uint8), up), axis=1)
    blank = blank_png(image.width, image.height)
    header = blank[16:24] + bytes((16, 2, 0, 0, 0))

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            len(content).to_bytes(4, "big")
            + kind
            + content
            + zlib.crc32(kind + content).to_bytes(4, "big")
        )

    return (
        blank[:8]
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(filtered.tobytes()))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "I;16"])
def test_all_methods_for_large_pictures_give_the_same_picture(mode, monkeypatch):
    data = saved(drawing(mode), "PNG")
    usual = shrink(data).image
    monkeypatch.setattr(decode, "_STRIP_PIXELS", 10_000)
    assert is_like(shrink(data).image, usual)
    monkeypatch.setattr(decode, "_MAX_BYTES", 1000)
    assert is_like(shrink(data).image, usual)
    cut = shrink(data[: len(data) // 2]).image
    assert cut.size == usual.size and is_like(cut.crop((0, 0, 64, 15)), usual.crop((0, 0, 64, 15)))


@pytest.mark.parametrize("orientation", [1, 6, 8])
def test_a_large_png_is_upright_too(orientation, monkeypatch):
    monkeypatch.setattr(decode, "_MAX_BYTES", 1000)
    exif = Image.Exif()
    exif[0x0112] = orientation
    small = shrink(saved(drawing("RGB", (300, 100)), "PNG", exif=exif)).image
    assert (small.width > small.height) == (orientation == 1)


@pytest.mark.parametrize("kind", ["WEBP", "AVIF", "TIFF"])
def test_a_picture_that_needs_too_much_memory_is_decoded_elsewhere_or_refused(
    kind, tmp_path, monkeypatch
):
    Image.init()
    if kind not in Image.SAVE:
        pytest.skip(f"this Pillow writes no {kind}")
    data = saved(drawing("RGB"), kind)
    usual = shrink(data).image
    monkeypatch.setattr(decode, "_MAX_BYTES", 1000)
    if kind == "TIFF":
        with pytest.raises(TooLarge, match="would take"):
            shrink(data)
        return
    pytest.importorskip("imageio_ffmpeg")
    (tmp_path / "large").write_bytes(data)
    with open(tmp_path / "large", "rb") as file:
        small = decode.shrink(file, 64, 64, max_pixels=CAP)
    assert is_like(small.image, usual, 6.0)


class HaltingFile(io.FileIO):
    """Returns at most 100 bytes a read: some network drives return less than was requested."""

    def readinto(self, buffer) -> int:
        return super().readinto(memoryview(buffer)[:100])


def test_a_disk_with_short_reads_gives_the_whole_picture(tmp_path):
    data = saved(drawing("RGB"), "PNG")
    (tmp_path / "a.png").write_bytes(data)
    with io.BufferedReader(HaltingFile(tmp_path / "a.png")) as file:
        small = decode.shrink(file, 64, 64, max_pixels=CAP)
    assert small.image.tobytes() == shrink(data).image.tobytes()


def test_a_long_and_narrow_jpeg_is_reduced_while_it_is_decoded():
    data = saved(Image.new("RGB", (12_000, 160), "red"), "JPEG")
    with Image.open(io.BytesIO(data)) as image:
        image.draft(None, decode._fit(image.size, (256, 256)))
        assert image.size == (1500, 20)
    assert shrink(data, 256).image.size == (256, 3)


def test_only_picture_formats_are_opened(tmp_path):
    """Pillow would open a PostScript file with Ghostscript, under any name."""
    drawn = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\n/showpage {} def\n%%EOF\n"
    assert Image.open(io.BytesIO(drawn)).format == "EPS"
    with pytest.raises(UnreadableMedia):
        shrink(drawn)


def test_the_memory_of_a_progressive_jpeg_includes_its_coefficients():
    image = drawing("RGB")
    costs = {}
    for subsampling in (0, 2):
        with Image.open(
            io.BytesIO(saved(image, "JPEG", progressive=True, subsampling=subsampling))
        ) as opened:
            costs[subsampling] = formats.peak_bytes(opened) / (700 * 500)
    assert costs == {0: 6.0, 2: 3.0}


def test_the_mean_colour_ignores_transparent_pixels():
    half = Image.new("RGB", (64, 64), (200, 100, 0))
    half.paste((0, 100, 200), (0, 0, 32, 64))
    assert near_colour(shrink(saved(half, "PNG")).mean_colour(), (100, 100, 100))
    clear = Image.new("RGBA", (64, 64), (255, 255, 255, 0))
    clear.paste((10, 20, 30, 255), (0, 0, 8, 8))
    assert near_colour(shrink(saved(clear, "PNG")).mean_colour(), (10, 20, 30))


def near_colour(colour: int, wanted: tuple[int, int, int]) -> bool:
    return all(
        abs((colour >> shift & 255) - value) <= 3 for shift, value in zip((16, 8, 0), wanted)
    )


@pytest.mark.parametrize(
    ("module", "kind", "option"),
    [("pillow_heif", "HEIF", {}), ("pillow_jxl", "JXL", {"lossless": True})],
)
def test_an_optional_package_adds_its_format(module, kind, option):
    plugin = pytest.importorskip(module, reason=f"needs {module}")
    if kind == "HEIF":
        plugin.register_heif_opener()
    image = drawing("RGB", (320, 200))
    assert is_like(
        shrink(saved(image, kind, **option)).image, shrink(saved(image, "PNG")).image, 6.0
    )


@pytest.mark.parametrize(
    ("kind", "package"), [("heif", "pillow-heif"), ("avif", "pillow-avif-plugin")]
)
def test_a_format_without_its_package_says_what_to_install(kind, package):
    """In a separate process, in which the package is certainly missing."""
    code = f"""
import io, sys
sys.modules.update(pillow_heif=None, pillow_avif=None)
from PIL import Image
from iib_core.errors import UnreadableMedia
from iib_core.media import formats
Image.init()
Image.OPEN.pop({kind.upper()!r}, None)
try:
    formats.open_picture(io.BytesIO(b'x' * 100), {kind!r})
except UnreadableMedia as exc:
    print(exc)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=TOP, capture_output=True, text=True)
    assert f"need the package {package}" in done.stdout, done.stderr


def test_a_jpeg_xl_needs_no_package_if_ffmpeg_can_decode_it(tmp_path):
    imageio_ffmpeg = pytest.importorskip("imageio_ffmpeg")
    drawing("RGB", (320, 200)).save(tmp_path / "a.png")
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(),
        "-loglevel",
        "error",
        "-i",
        str(tmp_path / "a.png"),
        str(tmp_path / "a.jxl"),
    ]
    if subprocess.run(command, capture_output=True).returncode:
        pytest.skip("this ffmpeg knows no JPEG XL")
    with open(tmp_path / "a.jxl", "rb") as file:
        small = decode._without_alpha(ffmpeg.grab_picture(file, 64))
    assert small.mode == "RGB" and is_like(
        small, shrink((tmp_path / "a.png").read_bytes()).image, 8.0
    )


MUTATIONS = int(os.environ.get("IIB_MUTATIONS", "1000"))


def mutated(draw: random.Random, data: bytes) -> bytes:
    """Some bytes changed, a piece removed, doubled or moved; mostly near the head, with the
    structure.
    """
    out = bytearray(data)
    for _ in range(draw.randint(1, 8)):
        at = int(len(out) * draw.random() ** 3)
        what = draw.randrange(5)
        if what == 0:
            out[at : at + 1] = bytes([draw.randrange(256)])
        elif what == 1:
            del out[at : at + draw.randint(1, 50)]
        elif what == 2:
            out[at:at] = out[at : at + draw.randint(1, 50)]
        elif what == 3:
            out[at : at + 4] = draw.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff"))
        else:
            del out[max(40, at) :]
    return bytes(out)


@pytest.mark.filterwarnings("ignore:.*:UserWarning")  # Pillow's, about the damage
def test_mutated_pictures_cause_no_crash_hang_or_leak():
    exif = Image.Exif()
    exif[0x0112] = 6
    image = drawing("RGB", (160, 120))
    originals = [saved(drawing(mode, (160, 120)), "PNG") for mode in ("RGB", "RGBA", "P", "I;16")]
    originals += [
        saved(image, "JPEG", exif=exif),
        saved(image, "JPEG", progressive=True),
        saved(image.convert("CMYK"), "JPEG"),
    ]
    originals += [
        saved(image, "WEBP"),
        saved(image, "WEBP", save_all=True, append_images=[image.rotate(90)]),
        saved(image, "GIF"),
    ]
    originals += [
        saved(image, "BMP"),
        saved(image, "TIFF"),
        saved(image, "TIFF", compression="tiff_lzw"),
    ]
    Image.init()
    originals += [saved(image, kind) for kind in ("AVIF", "HEIF", "JXL") if kind in Image.SAVE]
    draw = random.Random(int(os.environ.get("IIB_SEED", "7")))
    process = psutil.Process()
    shown, refused, after_warm_up = 0, 0, 0
    for number in range(MUTATIONS):
        try:
            small = shrink(mutated(draw, originals[number % len(originals)]))
            assert small.to_webp() and max(small.image.size) <= 64
            shown += 1
        except IIBError:
            refused += 1
        if number == MUTATIONS // 3:
            after_warm_up = process.memory_info().rss
    assert shown > MUTATIONS // 10 and refused > MUTATIONS // 10
    assert process.memory_info().rss - after_warm_up < 48 << 20


MEASURE = """
import io, resource, sys
from iib_core.media import decode
from PIL import Image
with open(sys.argv[1], 'rb') as file:
    Image.open(file)  # what Pillow imports
def peak():  # that of this process alone, where ru_maxrss begins with its parent's
    return next(int(line.split()[1]) for line in open('/proc/self/status') if line.startswith('VmHWM'))
before = peak()
with open(sys.argv[1], 'rb') as file:
    decode.shrink(file, 256, 256, max_pixels=89_000_000).to_webp()
print((peak() - before) >> 10, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="measures with Linux' units")
@pytest.mark.parametrize("kind", ["png", "webp"])
def test_the_largest_pictures_take_less_than_200_mib(tmp_path, kind):
    """In a separate process, so that its peak memory is that of one decode."""
    path = tmp_path / f"large.{kind}"
    if kind == "png":  # 88 megapixels, whole they would take 340 MiB
        rows = zlib.compressobj(1)
        row = b"\0" + bytes(range(256)) * 111 + bytes(84)
        packed = b"".join(rows.compress(row) for _ in range(9300)) + rows.flush()
        blank = blank_png(9500, 9300)

        def chunk(name: bytes, content: bytes) -> bytes:
            return (
                len(content).to_bytes(4, "big")
                + name
                + content
                + zlib.crc32(name + content).to_bytes(4, "big")
            )

        path.write_bytes(
            blank[:8]
            + chunk(b"IHDR", blank[16:24] + bytes((8, 2, 0, 0, 0)))
            + chunk(b"IDAT", packed)
            + chunk(b"IEND", b"")
        )
    else:
        pytest.importorskip("imageio_ffmpeg")
        Image.new("RGB", (4096, 4096), "teal").save(path, method=0)
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(path)], cwd=TOP, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    own, children = map(int, done.stdout.split())
    assert max(own, children) > 10 and own < 200 and children < 200
