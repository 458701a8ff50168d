"""OpenEXR, as ComfyUI's saver writes it: the graphs are attributes of the header."""

from __future__ import annotations

import io
import json
import struct

import pytest

from iib_core import metadata
from iib_core.metadata import containers

from .test_comfyui import base

PIXELS = 4 * 2


def attribute(name: str, kind: str, data: bytes) -> bytes:
    return name.encode() + b"\0" + kind.encode() + b"\0" + struct.pack("<i", len(data)) + data


def exr(*attributes: bytes, value: float = 0.5, width: int = 4, height: int = 2) -> bytes:
    """A picture of one grey in three 32-bit channels, not compressed."""
    channels = (
        b"".join(name + b"\0" + struct.pack("<4i", 2, 0, 1, 1) for name in (b"B", b"G", b"R"))
        + b"\0"
    )
    window = struct.pack("<4i", 0, 0, width - 1, height - 1)
    usual = (
        *(
            attribute("channels", "chlist", channels),
            attribute("compression", "compression", b"\0"),
            attribute("dataWindow", "box2i", window),
        ),
        *(
            attribute("displayWindow", "box2i", window),
            attribute("lineOrder", "lineOrder", b"\0"),
            attribute("pixelAspectRatio", "float", struct.pack("<f", 1)),
        ),
        *(
            attribute("screenWindowCenter", "v2f", bytes(8)),
            attribute("screenWindowWidth", "float", struct.pack("<f", 1)),
        ),
    )
    head = b"\x76\x2f\x31\x01" + struct.pack("<i", 2) + b"".join((*usual, *attributes)) + b"\0"
    row = struct.pack("<f", value) * width * 3
    start = len(head) + 8 * height
    table = b"".join(struct.pack("<Q", start + y * (8 + len(row))) for y in range(height))
    return head + table + b"".join(struct.pack("<ii", y, len(row)) + row for y in range(height))


def test_texts_and_size_are_read() -> None:
    graph = attribute("prompt", "string", json.dumps(base()).encode())
    found = containers.read_file(
        io.BytesIO(
            exr(
                graph,
                attribute("owner", "string", "Füchsin".encode()),
                attribute("empty", "string", b""),
            )
        )
    )
    assert (found.container, found.width_px, found.height_px, found.error) == ("exr", 4, 2, "")
    assert [(text.keyword, text.where) for text in found.texts] == [
        ("prompt", "exr:header"),
        ("owner", "exr:header"),
    ]
    info = metadata.read_embedded(found)
    assert (info.prompt, info.seed, info.source) == ("a cat", 11, "ComfyUI")


@pytest.mark.parametrize("cut", [9, 20, 60, 200])
def test_one_that_is_cut_off_says_so_or_nothing(cut: int) -> None:
    whole = exr(attribute("prompt", "string", b"x" * 50))
    found = containers.read_file(io.BytesIO(whole[:cut]))
    assert found.container == "exr" and found.texts == ()


def test_an_attribute_longer_than_the_file_is_noted() -> None:
    damaged = exr().replace(
        struct.pack("<i", 1) + b"\0" + b"dataWindow",
        struct.pack("<i", 1 << 30) + b"\0" + b"dataWindow",
    )
    assert "longer than the file" in containers.read_file(io.BytesIO(damaged)).error


def test_very_many_attributes_are_not_all_read() -> None:
    many = b"".join(attribute(f"a{number}", "string", b"x") for number in range(2000))
    found = containers.read_file(io.BytesIO(exr(many)))
    assert len(found.texts) < 1000 and found.error
