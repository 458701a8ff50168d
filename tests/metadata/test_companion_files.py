"""Companion files of pictures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from iib_core import metadata
from iib_core.metadata.companion_files import read_texts

from .conftest import box, png


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([], []),
        (["x.txt"], [("x.txt", "sidecar:.txt")]),
        (
            ["x.png.txt", "x.png.json"],
            [("x.png.txt", "sidecar:.txt"), ("x.png.json", "sidecar:.json")],
        ),
        (
            ["x.yaml", "x.yml", "x.json", "x.txt"],
            [
                ("x.txt", "sidecar:.txt"),
                ("x.json", "sidecar:.json"),
                ("x.yaml", "sidecar:.yaml"),
                ("x.yml", "sidecar:.yml"),
            ],
        ),
        (
            ["x.swarm.json", "x.caption"],
            [("x.swarm.json", "sidecar:.swarm.json"), ("x.caption", "sidecar:.caption")],
        ),
        (["x.md", "xx.txt", "x.jpg.txt", "x.jpg"], []),
    ],
)
def test_names(tmp_path: Path, names: list[str], expected: list[tuple[str, str]]) -> None:
    for name in names:
        (tmp_path / name).write_text(name, "utf-8")
    assert [(text.value, text.where) for text in read_texts(tmp_path / "x.png")] == expected
    assert {text.keyword for text in read_texts(tmp_path / "x.png")} <= {"sidecar"}


SWARM = {
    "sui_image_params": {
        "prompt": "a cat",
        "model": "m",
        "seed": 9,
        "steps": 3,
        "videoframes": 33,
        "videofps": 24,
    }
}
PACKET = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description><dc:description><rdf:Alt><rdf:li>a '
    "cat&#10;Steps: 9, Sampler: Euler, CFG scale: 7, "
    "Seed: 9, Size: 64x32</rdf:li></rdf:Alt></dc:description></rdf:Description></rdf:RDF></x:xmpmeta>"
)
TEXT = "a cat\nSteps: 9, Sampler: Euler, CFG scale: 7, Seed: 9, Size: 64x32"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.swarm.json", json.dumps(SWARM)),
        ("x.xmp", PACKET),
        ("x.png.xmp", PACKET),
        ("x.caption", TEXT),
        ("x.yaml", "prompt: a cat\nseed: 9\nsteps: 3"),
        ("x.png.caption", TEXT),
    ],
)
def test_a_picture_without_metadata_gets_that_of_its_companions(
    tmp_path: Path, name: str, content: str
) -> None:
    path = tmp_path / "x.png"
    path.write_bytes(png())
    (tmp_path / name).write_text(content, "utf-8")
    info = metadata.read(path)
    assert (info.prompt, info.seed) == ("a cat", 9)


def test_the_video_of_swarmui(tmp_path: Path) -> None:
    (tmp_path / "x.mp4").write_bytes(box(b"ftyp", b"isom" + bytes(4)) + box(b"moov", b""))
    (tmp_path / "x.swarm.json").write_text(json.dumps(SWARM))
    info = metadata.read(tmp_path / "x.mp4")
    assert (info.source, info.parameters["Frames"], info.parameters["FPS"]) == (
        "SwarmUI",
        "33",
        "24",
    )


def test_the_model_of_a_preview_is_read(tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(png())
    (tmp_path / "x.civitai.info").write_text(
        json.dumps({"model": {"name": "Dream", "type": "Checkpoint"}, "trainedWords": ["dreamy"]})
    )
    info = metadata.read(tmp_path / "x.png")
    assert (info.model, info.prompt, info.parameters["Trained words"]) == ("Dream", "", "dreamy")


@pytest.mark.parametrize("content", ["<x:xmpmeta>of a camera</x:xmpmeta>", PACKET[:90]])
def test_a_packet_without_a_generation_is_not_shown(tmp_path: Path, content: str) -> None:
    (tmp_path / "x.png").write_bytes(png())
    (tmp_path / "x.xmp").write_text(content)
    assert metadata.read(tmp_path / "x.png").infotext == ""


@pytest.mark.parametrize(
    ("data", "value"),
    [("猫".encode(), "猫"), ("猫, cat".encode("utf-16"), "猫, cat"), (b"caf\xe9!", "café!")],
)
def test_encodings(tmp_path: Path, data: bytes, value: str) -> None:
    (tmp_path / "a.b.txt").write_bytes(data)
    assert [text.value for text in read_texts(tmp_path / "a.b.webp")] == [value]


@pytest.mark.parametrize(
    "data", [b"", bytes(range(256)) * 10, b"x" * (5 << 20)], ids=["empty", "binary", "too large"]
)
def test_not_read(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x.txt").write_bytes(data)
    assert read_texts(tmp_path / "x.png") == ()


def test_a_folder_of_that_name_and_a_text_file_itself(tmp_path: Path) -> None:
    (tmp_path / "x.txt").mkdir()
    assert read_texts(tmp_path / "x.png") == ()
    (tmp_path / "y.txt").write_text("a")
    (tmp_path / "y.json").write_text("{}")
    assert read_texts(tmp_path / "y.txt") == ()
