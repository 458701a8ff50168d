"""The sample library: some ninety files of ten weeks by nine generators, with what people have in
theirs: stacks of one prompt, duplicates, a video, stars, tags and albums.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone

import numpy as np

from iib_core import paths
from iib_core.demo import art, extras, stamp
from iib_core.demo.scenes import GENERATORS, SCENES, Scene
from iib_core.demo.stamp import Shot

_SIZES = ((640, 448), (448, 640), (576, 576), (640, 448), (704, 512))
_NEWEST_S = 1_741_975_380  # 14 March 2025
_DAY_S = 86_400
# Of the first pictures of each scene.
_RATINGS = (5, 4, 0, 3)
_COLOURS = {"wallpaper": "#2f7fd1", "print": "#c8553d"}


@dataclass(frozen=True)
class _Picture:
    """A picture to draw. ``number``: in its scene, from 0. ``path``: in the library, with ``/``."""

    scene: Scene
    number: int
    shot: Shot
    path: str
    time_s: int


def write(folder: str, on_progress: Callable[[int, int], object] | None = None) -> list[str]:
    """Write the library to ``folder``, unless the folder exists.

    Writes all of it or nothing; takes a few seconds. ``on_progress`` gets how many pictures of how
    many are done. Returns the marks of its files, as lines that ``iib import`` reads; none where
    the folder existed. Raises OSError.
    """
    if os.path.isdir(folder):
        return []
    os.makedirs(os.path.dirname(folder), exist_ok=True)
    draft = tempfile.mkdtemp(dir=os.path.dirname(folder), prefix="demo-")
    pictures = list(_pictures())
    try:
        for number, picture in enumerate(pictures):
            if on_progress is not None:
                on_progress(number, len(pictures))
            _write_picture(draft, picture)
        extras.write_duplicates(draft, list(_often_saved(pictures)))
        extras.write_video(os.path.join(draft, "videos"), _NEWEST_S)
        os.chmod(draft, 0o755)
        os.rename(draft, folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return list(_mark_lines(paths.real(folder), pictures))


def _pictures() -> Iterator[_Picture]:
    rng = np.random.default_rng(7)
    counts: Counter[str] = Counter()
    for at, scene in enumerate(SCENES):
        first = _first_shot(scene, _SIZES[at % len(_SIZES)], rng)
        # Three scenes a day, nine days apart.
        began_s = _NEWEST_S - (at // 3) * 9 * _DAY_S - (at % 3) * 1800
        for number in range(scene.count):
            counts[scene.folder] += 1
            shot = replace(first, seed=first.seed + number)
            time_s = began_s + number * 7
            path = f"{scene.folder}/{_name(scene, shot, counts[scene.folder], time_s)}"
            yield _Picture(scene, number, shot, path, time_s)


def _first_shot(scene: Scene, size: tuple[int, int], rng: np.random.Generator) -> Shot:
    return Shot(
        prompt=scene.prompt,
        seed=int(rng.integers(2**31)),
        steps=int(rng.choice([20, 25, 30])),
        sampler="DPM++ 2M",
        scheduler="Karras",
        cfg=float(rng.choice([5, 6.5, 7])),
        model=scene.model,
        width=size[0],
        height=size[1],
        lora=scene.lora,
    )


def _name(scene: Scene, shot: Shot, number: int, time_s: int) -> str:
    """The file's name, as the generator makes it."""
    time = datetime.fromtimestamp(time_s, timezone.utc)
    stem = GENERATORS[scene.generator].name.format(number=number, seed=shot.seed, time=time)
    return stem + scene.suffix


def _write_picture(draft: str, picture: _Picture) -> None:
    scene, shot = picture.scene, picture.shot
    path = os.path.join(draft, *picture.path.split("/"))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    image = art.THEMES[scene.theme]((shot.width, shot.height), np.random.default_rng(shot.seed))
    if scene.suffix == ".png":
        stamp.save_png(image, path, GENERATORS[scene.generator].texts(shot))
    else:
        stamp.save_with_exif(image, path, shot.infotext("v1.10.1"))
    os.utime(path, (picture.time_s, picture.time_s))


def _often_saved(pictures: Sequence[_Picture]) -> Iterator[tuple[str, Shot, int]]:
    """The pictures that there are duplicates of: the first two of each PNG scene of the WebUI."""
    for picture in pictures:
        scene = picture.scene
        if scene.generator in ("a1111", "forge") and scene.suffix == ".png" and picture.number < 2:
            yield picture.path, picture.shot, picture.time_s


def _mark_lines(folder: str, pictures: Sequence[_Picture]) -> Iterator[str]:
    """Stars, tags and albums of the library in ``folder``."""
    for name, colour in _COLOURS.items():
        yield json.dumps({"kind": "tag", "name": name, "color": colour})
    albums: Counter[str] = Counter()
    for picture in pictures:
        scene, number = picture.scene, picture.number
        marks: dict[str, object] = {"rating": _RATINGS[number] if number < len(_RATINGS) else 0}
        if number == 0:
            marks["tags"] = list(scene.tags)
            if scene.album:
                marks["albums"] = {scene.album: albums[scene.album]}
                albums[scene.album] += 1
        if any(marks.values()):
            path = os.path.join(folder, *picture.path.split("/"))
            yield json.dumps({"kind": "file", "path": paths.to_text(path), **marks})
