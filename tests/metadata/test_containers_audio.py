"""Sound and AVI: the tags that ffmpeg, and thereby ComfyUI, writes."""

from __future__ import annotations

import io
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from iib_core.metadata import containers

VALUES = {
    "comment": "猫 " + "x" * 3000,
    "title": "a title",
    "prompt": '{"1": "é"}',
    "workflow": '{"nodes": [' + "1, " * 30_000 + "0]}",
}


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
@pytest.mark.parametrize(
    ("name", "keywords"),
    [
        ("a.flac", {"comment", "title", "prompt", "workflow"}),
        ("a.ogg", {"comment", "title", "prompt", "workflow"}),
        ("a.opus", {"comment", "title", "prompt", "workflow"}),
        ("a.mp3", {"comment", "title", "prompt", "workflow"}),
        ("a.wav", {"comment", "title"}),
        ("a.avi", {"comment", "title"}),
    ],
)
def test_what_ffmpeg_writes(tmp_path: Path, name: str, keywords: set[str]) -> None:
    path = tmp_path / name
    tags = [part for key, value in VALUES.items() for part in ("-metadata", f"{key}={value}")]
    # Ogg keeps the tags of the stream, the others those of the file.
    streams = (
        [part for key, value in VALUES.items() for part in ("-metadata:s", f"{key}={value}")]
        if name in ("a.ogg", "a.opus")
        else []
    )
    made = subprocess.run(
        [
            "ffmpeg",
            "-v",
            "error",
            "-f",
            "lavfi",
            "-i",
            "sine=duration=0.5",
            *tags,
            *streams,
            str(path),
        ],
        timeout=60,
        capture_output=True,
    )
    if made.returncode and b"ncoder" in made.stderr:
        pytest.skip("this ffmpeg has no encoder for it")
    found = containers.read(path)
    values = {text.keyword.lower(): text.value for text in found.texts}
    # In Vorbis comments ffmpeg calls it DESCRIPTION.
    values.setdefault("comment", values.get("description", ""))
    assert {key: values.get(key) for key in keywords} == {key: VALUES[key] for key in keywords}
    assert (
        found.container == {"opus": "ogg"}.get(path.suffix[1:], path.suffix[1:]) and not found.error
    )


def _id3(version: int, *frames: bytes) -> bytes:
    body = b"".join(frames)
    size = len(body)
    return (
        b"ID3"
        + bytes((version, 0, 0, size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127))
        + body
    )


def _frame(name: bytes, data: bytes) -> bytes:
    return (
        name
        + (
            struct.pack(">I", len(data)) + b"\0\0"
            if len(name) == 4
            else len(data).to_bytes(3, "big")
        )
        + data
    )


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (
            _id3(3, _frame(b"COMM", b"\1eng\xff\xfe\0\0\xff\xfe" + "猫".encode("utf-16-le"))),
            ("comment", "猫"),
        ),
        (_id3(3, _frame(b"COMM", b"\0eng\0caf\xe9\0")), ("comment", "café")),
        (_id3(4, _frame(b"TXXX", b"\3prompt\0" + "猫".encode())), ("prompt", "猫")),
        (_id3(4, _frame(b"TXXX", b"\2" + "prompt\0猫".encode("utf-16-be"))), ("prompt", "猫")),
        (_id3(2, _frame(b"COM", b"\0eng\0hello")), ("comment", "hello")),
        (_id3(3, _frame(b"APIC", b"\0" * 50), _frame(b"TIT2", b"\0name")), ("title", "name")),
    ],
)
def test_id3(data: bytes, expected: tuple[str, str]) -> None:
    found = containers.read_file(io.BytesIO(data + b"\xff\xfb\x90" + bytes(100)))
    assert [(text.keyword, text.value, text.where) for text in found.texts] == [(*expected, "id3")]


def test_flac_behind_an_id3_tag() -> None:
    comment = struct.pack("<I", 0) + struct.pack("<I", 1) + struct.pack("<I", 8) + b"prompt=a"
    info = b"\0\0\0\x22" + bytes(10) + (44100 << 44 | 88200).to_bytes(8, "big") + bytes(16)
    found = containers.read_file(
        io.BytesIO(_id3(4) + b"fLaC" + info + b"\x84" + len(comment).to_bytes(3, "big") + comment)
    )
    assert (found.container, found.text("prompt"), found.duration_s) == ("flac", "a", 2.0)
