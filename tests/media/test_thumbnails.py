"""Concurrency of thumbnails, and files that cannot be read."""

from __future__ import annotations

import errno
import io
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image

from iib_core.access import Access
from iib_core.errors import AccessDenied, UnreadableMedia
from iib_core.media import decode, formats
from iib_core.media import thumbnails as module
from iib_core.media.cache import DiskCache
from iib_core.media.thumbnails import Thumbnails
from iib_core.workers import Workers

pytestmark = pytest.mark.stack

READ = Access([], restricted=False).open


@pytest.fixture
def thumbnails(tmp_path):
    """Thumbnails with a single decoder."""
    decoders = Workers("decode", 1)
    caches = [
        DiskCache(str(tmp_path / name), limit_bytes=10**8, extension=".webp")
        for name in ("cache", "covers")
    ]
    yield Thumbnails(*caches, decoders, max_pixels=10**7)
    decoders.close()


@pytest.fixture
def callers():
    with ThreadPoolExecutor(40) as pool:
        yield pool


def write(path: Path) -> str:
    Image.new("RGB", (300, 200), "red").save(path)
    return str(path)


def make(thumbnails: Thumbnails, path: str, open_file=READ) -> bytes:
    return thumbnails.get_or_make(thumbnails.spec_for(path, "64x64"), open_file).result(20)


class Drive:
    """Opens files; those named ``slow`` only when they are released."""

    def __init__(self) -> None:
        self.awake, self.begun = threading.Event(), threading.Event()
        self.opened: list[io.BufferedReader] = []

    def open(self, path: str):
        if Path(path).name.startswith("slow"):
            self.begun.set()
            assert self.awake.wait(20)
        file = READ(path)
        self.opened.append(file)
        return file


def test_a_slow_drive_blocks_no_decoder(thumbnails, callers, tmp_path):
    drive = Drive()
    waiting = [
        callers.submit(make, thumbnails, write(tmp_path / f"slow{number}.png"), drive.open)
        for number in range(4)
    ]
    assert drive.begun.wait(20)
    assert make(thumbnails, write(tmp_path / "quick.png"), drive.open)
    assert not any(asked.done() for asked in waiting)
    assert not thumbnails.is_idle(0.0)
    drive.awake.set()
    assert len({asked.result(20) for asked in waiting}) == 1
    assert thumbnails.is_idle(0.0)
    assert all(file.closed for file in drive.opened)


def test_concurrent_requests_read_a_file_once(thumbnails, callers, tmp_path):
    drive = Drive()
    path = write(tmp_path / "slow.png")
    waiting = [callers.submit(make, thumbnails, path, drive.open) for _ in range(12)]
    assert drive.begun.wait(20)
    drive.awake.set()
    assert len({asked.result(20) for asked in waiting}) == 1
    assert len(drive.opened) == 1


def test_the_number_of_pictures_in_memory_is_limited(thumbnails, callers, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_MAX_READ_AHEAD", 3)
    drive = Drive()
    holding, going_on = threading.Event(), threading.Event()

    def hold(path: str):
        holding.set()
        assert going_on.wait(20)
        return READ(path)

    video = tmp_path / "a.mp4"  # of which the decoder itself opens the file
    video.write_bytes(b"no video")
    first = callers.submit(make, thumbnails, str(video), hold)
    assert holding.wait(20)
    waiting = [
        callers.submit(make, thumbnails, write(tmp_path / f"{number}.png"), drive.open)
        for number in range(30)
    ]
    while len(thumbnails._in_flight) < 31:
        time.sleep(0.01)
    time.sleep(0.1)
    assert len(drive.opened) == 2
    assert all(file.closed for file in drive.opened)
    going_on.set()
    assert all(asked.result(20) for asked in waiting)
    with pytest.raises(UnreadableMedia):
        first.result(20)
    assert len(drive.opened) == 30


class Damaged(io.FileIO):
    """A file on a drive that was disconnected after it was opened."""

    def readinto(self, buffer) -> int:
        raise OSError(errno.EIO, os.strerror(errno.EIO))


@pytest.mark.parametrize("completed_future", [formats.AT_ONCE_BYTES, 10])
def test_a_file_that_cannot_be_read_is_reported_and_tried_again(
    thumbnails, tmp_path, monkeypatch, completed_future
):
    monkeypatch.setattr(formats, "AT_ONCE_BYTES", completed_future)
    path = write(tmp_path / "a.png")
    opened = []

    def pulled_out(path: str):
        opened.append(io.BufferedReader(Damaged(path)))
        return opened[-1]

    with pytest.raises(AccessDenied, match=r"cannot be read: Input/output error\."):
        make(thumbnails, path, pulled_out)
    assert opened and all(file.closed for file in opened)
    with pytest.raises(AccessDenied):
        thumbnails.make_missing(path, [(64, 64)], pulled_out)
    assert make(thumbnails, path)


def test_a_file_that_only_ffmpeg_can_decode_is_opened_again(thumbnails, tmp_path, monkeypatch):
    pytest.importorskip("imageio_ffmpeg")
    Image.new("RGB", (300, 200), "red").save(tmp_path / "a.webp")
    monkeypatch.setattr(decode, "_MAX_BYTES", 1000)
    drive = Drive()
    small = Image.open(io.BytesIO(make(thumbnails, str(tmp_path / "a.webp"), drive.open)))
    assert small.size == (64, 43)
    assert [file.closed for file in drive.opened] == [True, True]


@pytest.mark.parametrize("ending", [".swarmpreview.jpg", ".swarmpreview.webp"])
def test_a_preview_beside_a_video_is_its_cover_without_ffmpeg(
    thumbnails, tmp_path, monkeypatch, ending
):
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(tmp_path / "no-ffmpeg"))
    video = tmp_path / "walk.mp4"
    video.write_bytes(b"\0\0\0\x10ftypisom" + bytes(4000))
    with pytest.raises(UnreadableMedia):
        make(thumbnails, str(video))
    write(tmp_path / f"walk{ending}")
    os.utime(video, ns=(1, 1))
    with Image.open(io.BytesIO(make(thumbnails, str(video)))) as cover:
        red, green, _blue = cover.convert("RGB").getpixel((5, 5))
        assert cover.width == 64 and red > 200 and green < 60
