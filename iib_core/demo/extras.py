"""What the sample library has beside the pictures of its scenes: duplicates and a video."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence

import numpy as np
from PIL import Image

from iib_core.demo import art, stamp
from iib_core.demo.stamp import Shot


def write_duplicates(folder: str, pictures: Sequence[tuple[str, Shot, int]]) -> None:
    """Write what people have twice: a file that was saved again, the same picture as JPEG, in half
    the size, and with its borders cut off.

    ``pictures``: at least six PNG of AUTOMATIC1111 or Forge, path below ``folder``, generation
    data and time. Each copy is an hour younger than its picture.
    """
    saved = os.path.join(folder, "saved")
    os.makedirs(saved)
    changes = (_copy, _copy, _as_jpeg, _as_jpeg, _halve, _cut)
    for (picture, shot, time_s), change in zip(pictures, changes):
        path = os.path.join(folder, *picture.split("/"))
        copy = change(path, os.path.join(saved, os.path.basename(path)), shot)
        os.utime(copy, (time_s + 3600, time_s + 3600))


def _copy(path: str, copy: str, _shot: Shot) -> str:
    shutil.copyfile(path, copy)
    return copy


def _as_jpeg(path: str, copy: str, shot: Shot) -> str:
    with Image.open(path) as image:
        return _save(image.convert("RGB"), copy, shot)


def _halve(path: str, copy: str, shot: Shot) -> str:
    with Image.open(path) as image:
        return _save(image.convert("RGB").reduce(2), copy, shot)


def _cut(path: str, copy: str, shot: Shot) -> str:
    with Image.open(path) as image:
        across, down = image.width // 50, image.height // 50
        box = (across, down, image.width - across, image.height - down)
        return _save(image.convert("RGB").crop(box), copy, shot)


def _save(image: Image.Image, copy: str, shot: Shot) -> str:
    """Write a JPEG with the infotext. Returns its path."""
    copy = os.path.splitext(copy)[0] + ".jpg"
    stamp.save_with_exif(image, copy, shot.infotext("v1.10.1"))
    return copy


def write_video(folder: str, time_s: int) -> None:
    """Write a video of two seconds; nothing without the optional encoder."""
    try:
        import imageio_ffmpeg
    except ImportError:
        return
    os.makedirs(folder)
    path = os.path.join(folder, "nebula_flight_00001.mp4")
    image = art.THEMES["nebula"]((960, 640), np.random.default_rng(11))
    prompt = "slow flight through a glowing nebula, cosmic clouds"
    shot = Shot(prompt, 11, 25, "Euler", "Normal", 6.0, "wan2.1_t2v_14B", 480, 320)
    writer = imageio_ffmpeg.write_frames(
        path,
        (480, 320),
        fps=24,
        quality=6,
        macro_block_size=16,
        output_params=["-metadata", f"comment={shot.infotext('v1.10.1')}"],
    )
    writer.send(None)
    for frame in range(48):
        writer.send(np.asarray(_zoomed(image, frame * 2)).tobytes())
    writer.close()
    os.utime(path, (time_s, time_s))


def _zoomed(image: Image.Image, inset: int) -> Image.Image:
    box = (inset * 3 // 2, inset, image.width - inset * 3 // 2, image.height - inset)
    return image.crop(box).resize((480, 320))
