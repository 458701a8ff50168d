"""Another program keeps replacing files and folders of the library with links while clients use
them: nothing outside the library is read or changed.
"""

from __future__ import annotations

import ctypes
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import write_png

pytestmark = [pytest.mark.stack, pytest.mark.needs_links]

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2
_LASTS_S = 1.5


def find_exchange() -> Callable[[str, str], bool] | None:
    """A function that swaps two names in one step; None if the system has no such call."""
    try:
        function = ctypes.CDLL(None).renameat2
    except (OSError, AttributeError, TypeError):
        return None
    return lambda one, other: (
        function(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0
    )


EXCHANGE = find_exchange()
needs_exchange = pytest.mark.skipif(
    EXCHANGE is None, reason="needs a call that exchanges two names"
)


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A picture, a text and marks outside the library."""
    folder = tmp_path / "outside"
    folder.mkdir()
    write_png(folder / "t.png", infotext="CANARY")
    (folder / "t.txt").write_text("CANARY")
    mark = {
        "kind": "file",
        "path": str(tmp_path / "library/fox.png"),
        "tags": ["CANARY"],
        "rating": 5,
    }
    (folder / "marks.jsonl").write_text(json.dumps(mark) + "\n")
    return folder


@pytest.fixture
def library(library: Path, outside: Path) -> Path:
    """The library with a folder, and links that lead out of it, to be swapped with the folder."""
    (library / "d").mkdir()
    write_png(library / "d/t.png")
    write_png(library / "t.png")
    (library / "marks.jsonl").write_text(
        json.dumps({"kind": "tag", "name": "ours", "color": ""}) + "\n"
    )
    for name, target in (
        ("d", outside),
        ("t.png", outside / "t.png"),
        ("marks.jsonl", outside / "marks.jsonl"),
    ):
        (library / f"{name}.link").symlink_to(target)
    return library


@contextmanager
def exchanging(library: Path) -> Iterator[None]:
    """Swaps them in the background until the end of the block."""
    ending = threading.Event()
    pairs = [
        (str(library / name), str(library / f"{name}.link"))
        for name in ("d", "t.png", "marks.jsonl")
    ]

    def run() -> None:
        assert EXCHANGE is not None
        while not ending.is_set():
            for one, other in pairs:
                EXCHANGE(one, other)
            time.sleep(0.0002)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join()


def bodies(library: Path, number: int) -> list[tuple[str, dict[str, object]]]:
    new = str(library / "sub")
    return [
        (
            "/copy_files",
            {"file_paths": [str(library / "t.png")], "dest": new, "on_conflict": "rename"},
        ),
        (
            "/copy_files",
            {"file_paths": [str(library / "d/t.png")], "dest": new, "on_conflict": "rename"},
        ),
        (
            "/copy_files",
            {
                "file_paths": [str(library / "fox.png")],
                "dest": str(library / "d"),
                "on_conflict": "rename",
            },
        ),
        ("/mkdirs", {"dest_folder": str(library / f"d/new{number}/deep")}),
        ("/update_exif", {"path": str(library / "d/t.png"), "exif": f"text {number}"}),
        ("/update_exif", {"path": str(library / "t.png"), "exif": f"text {number}"}),
        ("/db/import", {"path": str(library / "marks.jsonl")}),
    ]


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else b""
        for path in folder.rglob("*")
    }


@needs_exchange
def test_nothing_outside_is_read_or_changed_meanwhile(serve, library, outside):
    served = serve(library, access_control="on")
    before = contents(outside)
    statuses: set[int] = set()
    number, ends = 0, time.monotonic() + _LASTS_S
    with exchanging(library):
        while time.monotonic() < ends:
            number += 1
            statuses |= {
                served.post(route, body).status_code for route, body in bodies(library, number)
            }
    assert contents(outside) == before
    assert 200 in statuses
    for folder, _, names in os.walk(library):
        for path in (Path(folder, name) for name in names):
            assert path.is_symlink() or b"CANARY" not in path.read_bytes(), path
    # The index may read a header from outside by path while folders are being replaced
    # (docs/security.md).
    found = served.get("/db/tags", query="CANARY").json()["tags"]
    assert [tag for tag in found if tag["type"] == "custom"] == []
