"""Text files beside a picture."""

from __future__ import annotations

from pathlib import Path

import pytest

from iib_core.metadata.sidecar import read_sidecar


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([], []),
        (["x.txt"], [("x.txt", "sidecar:.txt")]),
        (["x.png.txt", "x.png.json"], [("x.png.txt", "sidecar:.txt"), ("x.png.json", "sidecar:.json")]),
        (
            ["x.yaml", "x.yml", "x.json", "x.txt"],
            [("x.txt", "sidecar:.txt"), ("x.json", "sidecar:.json"), ("x.yaml", "sidecar:.yaml"), ("x.yml", "sidecar:.yml")],
        ),
        (["x.md", "xx.txt", "x.jpg.txt", "x.jpg"], []),
    ],
)
def test_names(tmp_path: Path, names: list[str], expected: list[tuple[str, str]]) -> None:
    for name in names:
        (tmp_path / name).write_text(name, "utf-8")
    assert [(text.value, text.where) for text in read_sidecar(tmp_path / "x.png")] == expected
    assert {text.keyword for text in read_sidecar(tmp_path / "x.png")} <= {"sidecar"}


@pytest.mark.parametrize(("data", "value"), [("猫".encode(), "猫"), ("猫, cat".encode("utf-16"), "猫, cat"), (b"caf\xe9!", "café!")])
def test_encodings(tmp_path: Path, data: bytes, value: str) -> None:
    (tmp_path / "a.b.txt").write_bytes(data)
    assert [text.value for text in read_sidecar(tmp_path / "a.b.webp")] == [value]


@pytest.mark.parametrize("data", [b"", bytes(range(256)) * 10, b"x" * (5 << 20)], ids=["empty", "binary", "too large"])
def test_not_read(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x.txt").write_bytes(data)
    assert read_sidecar(tmp_path / "x.png") == ()


def test_a_folder_of_that_name_and_a_text_file_itself(tmp_path: Path) -> None:
    (tmp_path / "x.txt").mkdir()
    assert read_sidecar(tmp_path / "x.png") == ()
    (tmp_path / "y.txt").write_text("a")
    (tmp_path / "y.json").write_text("{}")
    assert read_sidecar(tmp_path / "y.txt") == ()
