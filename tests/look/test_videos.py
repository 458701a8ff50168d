"""Videos that look alike, by three of their frames."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.look.pictures import draw

pytestmark = pytest.mark.stack

imageio_ffmpeg = pytest.importorskip(
    "imageio_ffmpeg", reason="needs imageio-ffmpeg to write videos"
)


def write_clip(
    path: Path, scenes: list[int], size: tuple[int, int] = (320, 240), seconds: float = 3
) -> Path:
    """A video that shows each scene for the same time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    frames = int(10 * seconds)
    codec = "libvpx-vp9" if path.suffix == ".webm" else None
    writer = imageio_ffmpeg.write_frames(str(path), size, fps=10, macro_block_size=16, codec=codec)
    writer.send(None)
    for number in range(frames):
        writer.send(draw(scenes[number * len(scenes) // frames]).resize(size).tobytes())
    writer.close()
    return path


def test_a_video_in_another_format_is_found_and_another_video_is_not(serve, tmp_path):
    root = tmp_path / "library"
    write_clip(root / "clip.mp4", [1, 2, 3])
    write_clip(root / "small.webm", [1, 2, 3], (160, 112))
    write_clip(root / "same-beginning.mp4", [1, 4, 5])
    write_clip(root / "longer.mp4", [1, 2, 3], seconds=6)
    served = serve(root, idle_thumbnails=False)
    served.post("/db/update_image_data", {})
    (group,) = served.post("/db/duplicates", {}).json()["groups"]
    assert sorted(file["name"] for file in group["files"]) == ["clip.mp4", "small.webm"]
    body = {"path": str(root / "clip.mp4"), "by": "look"}
    found = served.post("/db/similar", body).json()
    names = [Path(result["path"]).name for result in found["results"]]
    assert set(names[:2]) == {"longer.mp4", "small.webm"} and names[2] == "same-beginning.mp4"
