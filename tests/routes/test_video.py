"""Videos and sounds over HTTP: streams, covers, previews."""

from __future__ import annotations

import base64
import io
import math
import struct
import wave
from pathlib import Path

import pytest
from PIL import Image

from tests.conftest import write_png
from tests.routes.test_media import near, picture

pytestmark = pytest.mark.stack

imageio_ffmpeg = pytest.importorskip(
    "imageio_ffmpeg", reason="needs imageio-ffmpeg to write videos"
)


def write_video(path: Path, colours: list[str], seconds: float = 2) -> Path:
    """A video that shows each colour, with white stripes, for the same time."""
    frames = int(10 * seconds)
    codec = "libvpx-vp9" if path.suffix == ".webm" else None
    writer = imageio_ffmpeg.write_frames(
        str(path), (160, 96), fps=10, macro_block_size=16, codec=codec
    )
    writer.send(None)
    for number in range(frames):
        colour = colours[number * len(colours) // frames]
        frame = Image.new("RGB", (160, 96), colour)
        if colour != "black":
            frame.paste(
                "white", (0, 0, 60 + number, 96)
            )  # a different frame each time, because an animation drops equal ones
        writer.send(frame.tobytes())
    writer.close()
    return path


@pytest.mark.parametrize("suffix", ["mp4", "webm", "mkv", "mov", "avi", "ts"])
def test_a_cover_is_a_frame_of_the_video(serve, library, suffix):
    path = write_video(library / f"clip.{suffix}", ["red"])
    served = serve(library)
    cover = picture(served.get("/video_cover", path=str(path)))
    assert cover.size == (160, 96) and near(cover.getpixel((130, 50)), (255, 0, 0, 255), 60)
    assert picture(served.get("/image-thumbnail", path=str(path), size="80x80")).size == (80, 48)


def test_a_black_beginning_is_no_cover(serve, library):
    path = write_video(library / "fade.mp4", ["black", "green", "green", "green"], seconds=4)
    cover = picture(serve(library).get("/video_cover", path=str(path)))
    assert near(cover.getpixel((20, 50)), (255, 255, 255, 255), 40)


@pytest.mark.windows
def test_a_preview_moves(serve, library):
    path = write_video(library / "clip.mp4", ["red", "blue"])
    answer = serve(library).get("/video_preview", path=str(path))
    moving = Image.open(io.BytesIO(answer.content))
    assert moving.n_frames == 8 and moving.format == "WEBP"


def test_covers_and_previews_validate(serve, library):
    path = write_video(library / "clip.mp4", ["red"])
    served = serve(library)
    for route in ("/video_cover", "/video_preview"):
        etag = served.get(route, path=str(path)).headers["etag"]
        assert (
            served.client.get(
                route, params={"path": str(path)}, headers={"If-None-Match": etag}
            ).status_code
            == 304
        )


def test_a_chosen_picture_becomes_the_cover_and_stays_it(serve, library):
    path = write_video(library / "clip.mp4", ["red"])
    chosen = base64.b64encode(
        write_png(library / "chosen.png", (320, 192), "blue").read_bytes()
    ).decode()
    served = serve(library)
    before = served.get("/video_cover", path=str(path)).headers["etag"]
    for sent in (chosen, "data:image/png;base64," + chosen):
        assert (
            served.post(
                "/set_target_frame_as_video_cover", {"path": str(path), "base64_img": sent}
            ).status_code
            == 200
        )
    after = served.get("/video_cover", path=str(path))
    assert after.headers["etag"] != before
    assert near(picture(after).getpixel((100, 100)), (0, 0, 255, 255))


@pytest.mark.windows
def test_a_chosen_cover_follows_its_video(serve, library):
    """Moved by us, moved by another program, or copied: the cover belongs to the content of the
    file.
    """
    path = write_video(library / "clip.mp4", ["red"])
    chosen = base64.b64encode(
        write_png(library / "chosen.png", (320, 192), "blue").read_bytes()
    ).decode()
    served = serve(library)
    served.post("/set_target_frame_as_video_cover", {"path": str(path), "base64_img": chosen})
    served.post("/db/rename", {"path": str(path), "name": "named.mp4"})
    assert (
        served.post(
            "/move_files",
            {"file_paths": [str(library / "named.mp4")], "dest": str(library / "sub")},
        ).status_code
        == 200
    )
    (library / "sub/named.mp4").rename(library / "outside.mp4")
    served.post(
        "/copy_files", {"file_paths": [str(library / "outside.mp4")], "dest": str(library / "sub")}
    )
    for name in ("outside.mp4", "sub/outside.mp4"):
        assert near(
            picture(served.get("/video_cover", path=str(library / name))).getpixel((100, 100)),
            (0, 0, 255, 255),
        )
    other = write_video(library / "clip.mp4", ["green"])
    assert near(
        picture(served.get("/video_cover", path=str(other))).getpixel((130, 50)),
        (0, 128, 0, 255),
        60,
    )


@pytest.mark.parametrize(
    "sent",
    [
        base64.b64encode(b"<html><script>alert(1)</script>").decode(),
        "!!! no base64",
        "",
        "A" * 30_000_000,
    ],
)
def test_what_is_no_picture_becomes_no_cover(serve, library, sent):
    path = write_video(library / "clip.mp4", ["red"])
    answer = serve(library).post(
        "/set_target_frame_as_video_cover", {"path": str(path), "base64_img": sent}
    )
    assert answer.status_code == 400 and answer.json()["detail"].endswith(".")


def test_a_cover_that_would_take_too_much_memory_is_400(serve, library):
    path = write_video(library / "clip.mp4", ["red"])
    sent = io.BytesIO()
    Image.new("RGB", (4200, 4200)).save(sent, "WEBP", method=0)
    answer = serve(library).post(
        "/set_target_frame_as_video_cover",
        {"path": str(path), "base64_img": base64.b64encode(sent.getvalue()).decode()},
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "TooLarge")


def test_a_cover_needs_a_video_under_a_root_and_the_right_to_write(serve, library, tmp_path):
    path = write_video(library / "clip.mp4", ["red"])
    chosen = base64.b64encode((library / "fox.png").read_bytes()).decode()
    body = {"path": str(path), "base64_img": chosen}
    assert (
        serve(tmp_path / "data", access_control="on")
        .post("/set_target_frame_as_video_cover", body)
        .status_code
        == 403
    )
    assert (
        serve(library, read_only=True).post("/set_target_frame_as_video_cover", body).status_code
        == 403
    )
    assert (
        serve(library)
        .post("/set_target_frame_as_video_cover", {**body, "path": str(library / "fox.png")})
        .status_code
        == 400
    )


@pytest.mark.windows
def test_a_playlist_that_poses_as_a_video_reads_no_other_file(serve, library, tmp_path):
    secret = write_video(tmp_path / "secret.ts", ["red"])
    (library / "list.mp4").write_text(
        f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{secret}\n#EXT-X-ENDLIST\n"
    )
    (library / "concat.mp4").write_text(f"ffconcat version 1.0\nfile {secret}\n")
    served = serve(library, access_control="on")
    for name in ("list.mp4", "concat.mp4"):
        assert served.get("/video_cover", path=str(library / name)).status_code == 400


@pytest.mark.parametrize("content", [b"", b"no video", b"\0\0\0\x18ftypmp42" + bytes(100)])
def test_what_is_no_video_is_400(serve, library, content):
    (library / "bad.mp4").write_bytes(content)
    served = serve(library)
    for route in ("/video_cover", "/video_preview", "/image-thumbnail"):
        assert served.get(route, path=str(library / "bad.mp4")).status_code == 400


def test_a_sound_shows_its_waveform(serve, library):
    with wave.open(str(library / "tone.wav"), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(
            b"".join(struct.pack("<h", int(20_000 * math.sin(n / 5))) for n in range(8000))
        )
    small = picture(serve(library).get("/image-thumbnail", path=str(library / "tone.wav")))
    assert (
        len(
            {small.getpixel((x, 128)) for x in range(256)}
            | {small.getpixel((128, y)) for y in range(256)}
        )
        > 1
    )


@pytest.mark.windows
def test_a_video_streams_in_ranges_and_a_picture_does_not_stream(serve, library):
    path = write_video(library / "clip.mp4", ["red"])
    served = serve(library)
    answer = served.client.get(
        "/stream_video", params={"path": str(path)}, headers={"Range": "bytes=4-11"}
    )
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (
        206,
        path.read_bytes()[4:12],
        "video/mp4",
    )
    assert served.get("/stream_video", path=str(library / "fox.png")).status_code == 400
