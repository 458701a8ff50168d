"""The sample library: sixty pictures and a video from half a year, with the metadata of several
generators.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator

import numpy as np

from iib_core.demo import art, stamp
from iib_core.demo.stamp import Shot

# theme -> (folder, prompt, model, LoRA)
_SCENES = {
    "mountains": (
        "txt2img-images/landscapes",
        "misty mountain ridges at sunrise, layered hills, soft light, (matte painting:1.2)",
        "dreamshaper_8",
        "",
    ),
    "nebula": (
        "txt2img-images/space",
        "glowing nebula in deep space, star field, cosmic clouds, astrophotography",
        "juggernautXL_v9",
        "cosmic_glow",
    ),
    "city": (
        "txt2img-images/cities",
        "skyline of a neon city at night, lit windows, skyscrapers, cyberpunk, cinematic",
        "juggernautXL_v9",
        "neon_noir",
    ),
    "flower": (
        "img2img-images",
        "macro photo of a blooming flower in a meadow, petals, shallow depth of field, spring",
        "realisticVisionV60B1",
        "",
    ),
    "sea": (
        "txt2img-images/landscapes",
        "ocean waves under a full moon, calm sea, reflections, night, minimalist",
        "dreamshaper_8",
        "",
    ),
    "cat": (
        "txt2img-images/animals",
        "portrait of a cat looking at the viewer, whiskers, big eyes, flat illustration",
        "meinamix_v11",
        "flat_style",
    ),
}
_SIZES = ((768, 512), (512, 768), (640, 640), (512, 512), (832, 576))
_STAMPS = (stamp.a1111, stamp.forge, stamp.comfyui, stamp.invokeai, stamp.novelai, stamp.swarmui)
_NEWEST_S = 1_741_975_380  # 14 March 2025
_COUNT = 60


def write(folder: str, on_progress: Callable[[int, int], object] | None = None) -> None:
    """Write the library to ``folder``, unless the folder exists.

    Writes all of it or nothing; takes a few seconds. ``on_progress`` gets how many pictures of how
    many are done. Raises OSError.
    """
    if os.path.isdir(folder):
        return
    os.makedirs(os.path.dirname(folder), exist_ok=True)
    draft = tempfile.mkdtemp(dir=os.path.dirname(folder), prefix="demo-")
    try:
        for number, (theme, shot) in enumerate(_shots()):
            if on_progress is not None:
                on_progress(number, _COUNT)
            _write_picture(draft, number, theme, shot)
        _write_video(os.path.join(draft, "videos"))
        os.chmod(draft, 0o755)
        os.rename(draft, folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def _shots() -> Iterator[tuple[str, Shot]]:
    rng = np.random.default_rng(7)
    themes = list(_SCENES)
    for number in range(_COUNT):
        theme = themes[number % len(themes)]
        _, prompt, model, lora = _SCENES[theme]
        width, height = _SIZES[int(rng.integers(len(_SIZES)))]
        shot = Shot(
            prompt=prompt,
            seed=int(rng.integers(2**32)),
            steps=int(rng.choice([20, 25, 30])),
            sampler="DPM++ 2M",
            scheduler="Karras",
            cfg=float(rng.choice([5, 6.5, 7])),
            model=model,
            width=width,
            height=height,
            lora=lora,
        )
        yield theme, shot


def _write_picture(draft: str, number: int, theme: str, shot: Shot) -> None:
    folder = os.path.join(draft, *_SCENES[theme][0].split("/"))
    os.makedirs(folder, exist_ok=True)
    image = art.THEMES[theme]((shot.width, shot.height), np.random.default_rng(shot.seed))
    # Themes and generators rotate at different speeds, so that each theme comes from every
    # generator.
    kind = (number // len(_SCENES) + number) % (len(_STAMPS) + 2)
    name = os.path.join(folder, f"{number:05d}-{shot.seed}")
    if kind < len(_STAMPS):
        path = name + ".png"
        stamp.save_png(image, path, _STAMPS[kind](shot))
    else:
        path = name + (".jpg" if kind == len(_STAMPS) else ".webp")
        stamp.save_with_exif(image, path, shot.infotext("v1.10.1"))
    _age(path, number)


def _age(path: str, number: int) -> None:
    """Set the time of a file: three pictures a few seconds apart, then nine days until the next
    three.
    """
    time_s = _NEWEST_S - (number // 3) * 9 * 86_400 - (number % 3) * 7
    os.utime(path, (time_s, time_s))


def _write_video(folder: str) -> None:
    """Write a video of two seconds; nothing without the optional encoder."""
    try:
        import imageio_ffmpeg
    except ImportError:
        return
    os.makedirs(folder)
    path = os.path.join(folder, "nebula_flight_00001.mp4")
    image = art.nebula((960, 640), np.random.default_rng(11))
    prompt = "slow flight through a glowing nebula, cosmic clouds"
    shot = Shot(prompt, 11, 25, "Euler", "Normal", 6.0, "wan2.1_t2v_14B", 480, 320)
    comment = shot.infotext("v1.10.1")
    writer = imageio_ffmpeg.write_frames(
        path,
        (480, 320),
        fps=24,
        quality=6,
        macro_block_size=16,
        output_params=["-metadata", f"comment={comment}"],
    )
    writer.send(None)
    for frame in range(48):
        inset = frame * 2
        view = image.crop((inset * 3 // 2, inset, 960 - inset * 3 // 2, 640 - inset)).resize(
            (480, 320)
        )
        writer.send(np.asarray(view).tobytes())
    writer.close()
    _age(path, 0)
