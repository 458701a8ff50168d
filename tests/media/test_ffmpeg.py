"""ffmpeg as a child process: if it hangs, fails or writes without end, only its file is affected."""

from __future__ import annotations

import sys
import time

import psutil
import pytest

from iib_core.errors import UnreadableMedia
from iib_core.media import ffmpeg

pytestmark = [
    pytest.mark.stack,
    pytest.mark.posix_only("the stand-in is a script"),
    pytest.mark.windows,
]


@pytest.fixture
def sound(tmp_path):
    """A file of more than 1 MiB."""
    before = set(psutil.Process().children())  # servers and browsers of other tests
    path = tmp_path / "a.mp3"
    path.write_bytes(b"sound" * (1 << 18))
    with path.open("rb") as file:
        yield file
    assert set(psutil.Process().children()) <= before


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """Replaces ffmpeg by another program."""
    pytest.importorskip("imageio_ffmpeg")

    def put(code: str) -> None:
        program = tmp_path / "ffmpeg"
        program.write_text(f"#!{sys.executable}\nimport os, sys, threading, time\n{code}\n")
        program.chmod(0o755)
        monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(program))

    return put


@pytest.mark.parametrize(
    "code",
    [
        "threading.Event().wait()",
        "while True: os.write(2, b'x' * 65536)",
        "os.write(1, b'P6 2 2 255 half'); threading.Event().wait()",
    ],
    ids=["never writes", "endless errors", "stops half-way"],
)
def test_an_ffmpeg_that_never_ends_is_killed(sound, stand_in, monkeypatch, code):
    monkeypatch.setattr(ffmpeg, "_TIMEOUT_S", 1)
    stand_in(code)
    begun = time.monotonic()
    with pytest.raises(UnreadableMedia, match="took more than 1 s to decode"):
        ffmpeg.draw_sound(sound)
    assert time.monotonic() - begun < 60


@pytest.mark.parametrize(
    "code", ["os.kill(os.getpid(), 9)", "sys.exit('no')"], ids=["killed", "failed"]
)
def test_an_ffmpeg_that_fails_makes_no_picture(sound, stand_in, code):
    stand_in(code)
    with pytest.raises(UnreadableMedia, match="cannot be decoded"):
        ffmpeg.draw_sound(sound)


def test_an_ffmpeg_with_much_output_does_not_block(sound, stand_in):
    stand_in(
        "sys.stderr.write('x' * (8 << 20))\nsys.stdout.buffer.write(b'P6 2 2 255\\n' + bytes(12))"
    )
    assert ffmpeg.draw_sound(sound).size == (2, 2)


def test_a_missing_ffmpeg_is_reported(sound, monkeypatch):
    pytest.importorskip("imageio_ffmpeg")
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", "/no/such/ffmpeg")
    with pytest.raises(
        UnreadableMedia, match=r"ffmpeg cannot be started: No such file or directory\."
    ):
        ffmpeg.draw_sound(sound)
