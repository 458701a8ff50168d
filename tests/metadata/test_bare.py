"""Pictures without metadata: nothing is told any more, and every pixel is as it was."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from iib_core.errors import UnreadableMedia
from iib_core.metadata import containers
from iib_core.metadata.bare import without_metadata
from iib_core.metadata.reader import read
from tests.searches import rounds

from .conftest import INFOTEXT, needs_samples, sample_entries, samples_folder

pytestmark = pytest.mark.stack

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
SECRET = b"a secret place"


def bare_of(path: Path) -> bytes:
    with open(path, "rb") as file:
        bare = without_metadata(file, str(path))
        data = b"".join(bare.pieces)
    assert len(data) == bare.size_bytes
    return data


def drawn(mode: str = "RGB") -> Image.Image:
    picture = Image.linear_gradient("L").resize((64, 48)).convert(mode)
    picture.putpixel((3, 5), tuple([200, 30, 90, 128][: len(picture.getbands())]))
    return picture


def exif_of(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = SECRET.decode()
    exif.get_ifd(0x8769)[0x9286] = b"ASCII\0\0\0" + INFOTEXT.encode()
    return exif


def write(path: Path, orientation: int, **options: object) -> Path:
    mode = "RGB" if path.suffix == ".jpg" else "RGBA"
    text = PngInfo()
    text.add_text("parameters", INFOTEXT)
    text.add_text("prompt", SECRET.decode(), zip=True)
    extra = {"pnginfo": text} if path.suffix == ".png" else {}
    if path.suffix == ".jpg":
        extra["comment"] = SECRET
    drawn(mode).save(path, exif=exif_of(orientation), icc_profile=PROFILE, **{**extra, **options})
    return path


VARIANTS = [
    ("a.png", {}),
    ("a.jpg", {"quality": 95}),
    ("a.jpg", {"progressive": True}),
    ("a.webp", {"lossless": True}),
    ("a.webp", {"quality": 80, "xmp": SECRET}),
]


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize(("name", "options"), VARIANTS)
def test_pixels_profile_and_orientation_stay_and_nothing_else(tmp_path, name, options, orientation):
    path = write(tmp_path / name, orientation, **options)
    assert SECRET in path.read_bytes() or name == "a.png"
    data = bare_of(path)
    assert SECRET not in data and b"Steps: " not in data
    bare = tmp_path / f"bare{path.suffix}"
    bare.write_bytes(data)
    assert read(bare).infotext == ""
    embedded = containers.read(bare)
    assert not embedded.texts
    with Image.open(path) as before, Image.open(bare) as after:
        assert before.tobytes() == after.tobytes() and before.mode == after.mode
        assert after.info["icc_profile"] == PROFILE
        assert after.getexif().get(0x0112, 1) == orientation
        assert dict(after.getexif()).keys() <= {0x0112}


def test_what_follows_the_picture_is_left_out(tmp_path):
    for name in ("a.png", "a.jpg", "a.webp"):
        path = write(tmp_path / name, 1)
        clean = bare_of(path)
        path.write_bytes(path.read_bytes() + b"JUNK" + struct.pack("<I", len(SECRET)) + SECRET)
        assert bare_of(path) == clean or SECRET not in bare_of(path)


def test_an_animation_stays_one(tmp_path):
    frames = [Image.new("RGBA", (32, 32), colour) for colour in ("red", "green", "blue")]
    for name in ("a.png", "a.webp"):
        path = tmp_path / name
        frames[0].save(path, save_all=True, append_images=frames[1:], duration=40)
        (tmp_path / f"bare-{name}").write_bytes(bare_of(path))
        with Image.open(tmp_path / f"bare-{name}") as after:
            assert after.n_frames == 3


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF"])
def test_other_formats_are_refused(tmp_path, kind):
    path = tmp_path / f"a.{kind.lower()}"
    drawn().save(path, kind)
    with pytest.raises(UnreadableMedia, match="PNG, JPEG and WebP only"):
        bare_of(path)


def test_a_text_hidden_in_the_pixels_is_refused(tmp_path):
    bits = "".join(f"{byte:08b}" for byte in b"stealth_pnginfo")
    text = INFOTEXT.encode()
    bits += f"{len(text) * 8:032b}" + "".join(f"{byte:08b}" for byte in text)
    picture = Image.new("RGBA", (128, 128), (10, 20, 30, 254))
    for number, bit in enumerate(bits):
        picture.putpixel(divmod(number, 128), (10, 20, 30, 254 | int(bit)))
    picture.save(tmp_path / "a.png")
    with pytest.raises(UnreadableMedia, match="hidden in the pixels"):
        bare_of(tmp_path / "a.png")


@settings(max_examples=rounds(150), deadline=None)
@given(data=st.data())
def test_a_damaged_file_is_refused_or_its_metadata_are_gone(tmp_path_factory, data):
    folder = tmp_path_factory.getbasetemp() / "bare"
    folder.mkdir(exist_ok=True)
    name, options = data.draw(st.sampled_from(VARIANTS))
    path = write(folder / name, 1, **options)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(0, 3))):
        content[data.draw(st.integers(4, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(len(content) // 2, len(content)))])
    try:
        bare_of(path)
    except UnreadableMedia as exc:
        assert str(exc)


def test_a_cut_off_picture_is_refused(tmp_path):
    for name in ("a.png", "a.jpg"):
        path = write(tmp_path / name, 1)
        path.write_bytes(path.read_bytes()[:-20])
        with pytest.raises(UnreadableMedia):
            bare_of(path)


@needs_samples
def test_no_sample_tells_how_it_was_made_any_more(tmp_path):
    """Those that are refused hide a text in their pixels, or are damaged."""
    done = 0
    for entry in sample_entries():
        path = samples_folder() / entry["file"]
        if path.suffix.lower() not in (".png", ".jpg", ".jpeg", ".webp"):
            continue
        try:
            data = bare_of(path)
        except UnreadableMedia:
            continue
        bare = tmp_path / f"bare{path.suffix}"
        bare.write_bytes(data)
        assert read(bare).infotext == "", path.name
        with Image.open(path) as before, Image.open(io.BytesIO(data)) as after:
            assert before.size == after.size
        done += 1
    assert done > 20
