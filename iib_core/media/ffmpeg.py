"""Uses the ffmpeg of imageio-ffmpeg for frames of videos, waveforms of sounds, and pictures that
Pillow cannot decode.
"""

from __future__ import annotations

import io
import os
import re
import time
from collections.abc import Iterator, Sequence
from typing import BinaryIO

import numpy as np
from PIL import Image

from iib_core import children
from iib_core.errors import UnreadableMedia
from iib_core.media.formats import ReadFile, TakesTooLong

# The time limit for one file, all calls together, because a busy decoder serves no other request.
_TIMEOUT_S = 20
_MIN_CALL_S = 0.1
# Draw at most the first 20 minutes of a waveform.
_SOUND_S = 1200
_MAX_EDGE_PX = 1024
# A "video" may be a playlist that refers to other files or to the network, so only these containers
# are opened, and only by the protocol "file".
_FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,asf,flv,mpeg,mpegvideo,mpegts,ogg,mp3,wav,flac,aac"
)
_PICTURE_FORMATS = "webp_pipe,webp_anim,jpegxl_pipe,jpegxl_anim,mov,mp4,avif"
_QUIET = (
    "-nostdin",
    "-hide_banner",
    "-loglevel",
    "error",
    "-protocol_whitelist",
    "file",
    "-threads",
    "1",
)
_INPUT = (*_QUIET, "-format_whitelist", _FORMATS)
_PICTURE_INPUT = (*_QUIET, "-format_whitelist", _PICTURE_FORMATS, "-noautorotate")


def _fit(edge_px: int) -> str:
    return f"scale='min({edge_px},iw)':'min({edge_px},ih)':force_original_aspect_ratio=decrease"


_FIT = _fit(_MAX_EDGE_PX)
_DURATION = re.compile(rb"Duration: (\d+):(\d\d):(\d\d\.\d+)")
# Close to the curve of sRGB, and supported by all versions of ffmpeg.
_GAMMA = "gammaval(0.4545)"
_COVER_AT = (0.1, 0.35, 0.65)
# A frame whose brightness has a smaller standard deviation shows hardly anything: black, white or a
# fade.
_MIN_DETAIL = 18.0
_PREVIEW_FRAMES = 8
_PREVIEW_EDGE_PX = 320
_PREVIEW_FRAME_MS = 350


def grab_cover(file: BinaryIO, duration_s: float | None) -> Image.Image:
    """A frame that represents the video: the one at 10 % of its length or, if that shows hardly
    anything, the most detailed of three.

    Raises UnreadableMedia if no frame can be decoded within the time limit.
    """
    frames: list[Image.Image] = []
    until = _deadline()
    duration_s = duration_s or _read_duration(file, until)
    times_s = [share * duration_s for share in _COVER_AT] if duration_s else [0.0]
    for frame in _frames(file, times_s, until):
        if _detail(frame) >= _MIN_DETAIL:
            return frame
        frames.append(frame)
    if not frames:
        first = _grab(
            file, 0.0, until
        )  # if the stated length is too long, the others were past the end
        if first is None:
            raise UnreadableMedia("No frame of this video can be decoded.")
        return first
    return max(frames, key=_detail)


def grab_frames(file: BinaryIO, duration_s: float | None) -> list[Image.Image]:
    """Three frames, at 10, 35 and 65 % of the length; some twice or more where others cannot be
    decoded.

    Raises UnreadableMedia where none can be decoded within the time limit.
    """
    until = _deadline()
    duration_s = duration_s or _read_duration(file, until)
    frames = list(_frames(file, [share * (duration_s or 0) for share in _COVER_AT], until))
    if not frames:
        first = _grab(file, 0.0, until)
        if first is None:
            raise UnreadableMedia("No frame of this video can be decoded.")
        frames.append(first)
    return (frames * len(_COVER_AT))[: len(_COVER_AT)]


def make_preview(file: BinaryIO, duration_s: float | None) -> bytes:
    """An animated WebP of eight frames, spread over the video.

    Raises UnreadableMedia if no frame can be decoded.
    """
    until = _deadline()
    duration_s = duration_s or _read_duration(file, until) or 0
    times_s = [(number + 0.5) / _PREVIEW_FRAMES * duration_s for number in range(_PREVIEW_FRAMES)]
    frames = list(_frames(file, times_s, until))
    if not frames:
        raise UnreadableMedia("No frame of this video can be decoded.")
    for frame in frames:
        frame.thumbnail((_PREVIEW_EDGE_PX, _PREVIEW_EDGE_PX))
    out = io.BytesIO()
    frames[0].save(
        out,
        "WEBP",
        save_all=True,
        append_images=frames[1:],
        duration=_PREVIEW_FRAME_MS,
        loop=0,
        quality=70,
        method=2,
    )
    return out.getvalue()


def draw_sound(file: BinaryIO) -> Image.Image:
    """The cover in a sound file, or else its waveform. Raises UnreadableMedia if it is not a sound."""
    until = _deadline()
    cover = _run(file, (), ("-map", "0:v:0", "-frames:v", "1", "-vf", _FIT), until)
    if cover is not None:
        return cover
    drawn = (
        "-filter_complex",
        "showwavespic=s=512x512:colors=0x8899aa",
        "-frames:v",
        "1",
        "-pix_fmt",
        "rgba",
        "-c:v",
        "png",
    )
    waves = _run(file, ("-t", str(_SOUND_S)), drawn, until)
    if waves is None:
        raise UnreadableMedia("This sound cannot be decoded.")
    picture = Image.new("RGB", waves.size, (32, 34, 38))
    picture.paste(waves, mask=waves.getchannel("A"))
    return picture


def grab_picture(file: BinaryIO, edge_px: int) -> Image.Image:
    """A WebP, AVIF or JPEG XL picture (the first frame of an animation) fitted into a square, as
    RGBA, not turned upright.

    Raises UnreadableMedia. The memory is used in another process, and is much less than Pillow
    needs.
    """
    fast = ("-c:v", "png", "-pix_fmt", "rgba", "-compression_level", "1")
    picture = _run(
        file,
        (),
        ("-map", "0:v:0", "-frames:v", "1", "-vf", _fit(edge_px), *fast),
        _deadline(),
        _PICTURE_INPUT,
    )
    if picture is None:
        raise UnreadableMedia("The picture cannot be decoded.")
    return picture


def grab_linear(file: BinaryIO, edge_px: int) -> Image.Image:
    """An OpenEXR picture, whose values are linear light, fitted into a square, as RGBA with a gamma
    curve.

    Raises UnreadableMedia.
    """
    flags = (*_QUIET, "-format_whitelist", "exr_pipe", "-f", "exr_pipe")
    curve = f"format=gbrap16,lutrgb=r={_GAMMA}:g={_GAMMA}:b={_GAMMA},{_fit(edge_px)}"
    after = ("-map", "0:v:0", "-frames:v", "1", "-vf", curve, "-c:v", "png", "-pix_fmt", "rgba")
    picture = _run(file, (), after, _deadline(), flags)
    if picture is None:
        raise UnreadableMedia("The picture cannot be decoded.")
    return picture


class _TimedOut(TakesTooLong):
    """The time limit of one file was reached."""


def _deadline() -> float:
    return time.monotonic() + _TIMEOUT_S


def _frames(file: BinaryIO, times_s: Sequence[float], until: float) -> Iterator[Image.Image]:
    """The frames at these times, without those that cannot be decoded.

    Ends early at the time limit; raises UnreadableMedia if there was no frame until then.
    """
    has_frame = False
    for time_s in dict.fromkeys(times_s):
        try:
            frame = _grab(file, time_s, until)
        except _TimedOut:
            if not has_frame:
                raise
            return
        if frame is not None:
            has_frame = True
            yield frame


def _grab(file: BinaryIO, time_s: float, until: float) -> Image.Image | None:
    # No seeking for 0: in an AVI it would lead past the only keyframe.
    seek = ("-ss", f"{time_s:.3f}") if time_s else ()
    return _run(file, seek, ("-map", "0:v:0", "-frames:v", "1", "-vf", _FIT), until)


def _read_duration(file: BinaryIO, until: float) -> float | None:
    """The length in seconds as ffmpeg reports it, for containers whose length our own readers do
    not read.
    """
    source, handles = _source(file)
    command = (
        _executable(),
        *(flag if flag != "error" else "info" for flag in _INPUT),
        "-i",
        source,
    )
    match = _DURATION.search(_call(command, handles, until).errors)
    if match is None:
        return None
    return int(match[1]) * 3600 + int(match[2]) * 60 + float(match[3])


def _detail(frame: Image.Image) -> float:
    return float(np.asarray(frame.convert("L").resize((64, 64)), dtype=np.float32).std())


def _run(
    file: BinaryIO,
    before: tuple[str, ...],
    after: tuple[str, ...],
    until: float,
    flags: tuple[str, ...] = _INPUT,
) -> Image.Image | None:
    """One picture from ffmpeg; None if it makes none.

    ``before``, ``after``: options before and after the input file.
    """
    source, handles = _source(file)
    codec = () if "-c:v" in after else ("-c:v", "ppm")
    command = (
        _executable(),
        *flags,
        *before,
        "-i",
        source,
        *after,
        *codec,
        "-f",
        "image2pipe",
        "-",
    )
    pixels = _call(command, handles, until).output
    if not pixels:
        return None
    image = Image.open(io.BytesIO(pixels))
    image.load()
    return image


def _call(command: tuple[str, ...], handles: tuple[int, ...], until: float) -> children.Ended:
    try:
        return children.run(
            command, limit_s=max(_MIN_CALL_S, until - time.monotonic()), handles=handles
        )
    except children.TimedOut as exc:
        raise _TimedOut(f"The file took more than {_TIMEOUT_S} s to decode.") from exc
    except children.NotStarted as exc:
        raise UnreadableMedia(f"ffmpeg cannot be started: {exc}.") from exc


def _source(file: BinaryIO) -> tuple[str, tuple[int, ...]]:
    """(path of the open file for ffmpeg, handles to inherit).

    The path leads to the handle if the system supports that, so ffmpeg reads the file that was
    checked.
    """
    file = file.on_disk() if isinstance(file, ReadFile) else file
    try:
        handle = file.fileno()
    except OSError as exc:
        raise UnreadableMedia("Only a file on the disk can be decoded by ffmpeg.") from exc
    file.seek(0)  # on macOS the child process shares the position of the handle
    if os.name != "nt" and os.path.isdir("/dev/fd"):
        return f"/dev/fd/{handle}", (handle,)
    return os.fspath(file.name), ()


def is_there() -> bool:
    """Whether there is an ffmpeg to ask."""
    try:
        _executable()
    except UnreadableMedia:
        return False
    return True


def _executable() -> str:
    try:
        import imageio_ffmpeg
    except ImportError as exc:
        raise UnreadableMedia(
            "Videos need the package imageio-ffmpeg: install it with pip."
        ) from exc
    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError as exc:
        raise UnreadableMedia(
            "No ffmpeg was found: install it, or the package imageio-ffmpeg."
        ) from exc
