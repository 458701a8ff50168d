"""A day with the program, on folders as Windows users have them."""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from PIL import Image

from tests.conftest import INFOTEXT, write_png
from tests.windows.program import TOP, Program, contents, files_below, other_volume

ROUNDS = int(os.environ.get("IIB_ROUNDS", "1"))
FILES = int(os.environ.get("IIB_FILES", "60"))
KILLS = int(os.environ.get("IIB_KILLS", "1"))

pytestmark = [pytest.mark.windows, pytest.mark.stack, pytest.mark.timeout(600 * max(ROUNDS, KILLS))]


class Place:
    """Two folders, if possible on two disks, and a running program over them."""

    def __init__(self, top: Path, other: Path) -> None:
        self.library = top / "A B" / "输出"
        self.other = other / "über, all=es"
        self.data_dir = top / "A B" / "daten"
        for folder in (self.library, self.other):
            folder.mkdir(parents=True)
        self.program = Program("serve", self.library, self.other, data_dir=self.data_dir)

    def put(self, count: int) -> list[str]:
        """Write pictures, each with a seed of its own, and return their paths."""
        paths = []
        for number in range(count):
            path = self.library / f"{number:05d}-狐.png"
            write_png(
                path,
                colour=f"#{number:06x}",
                infotext=INFOTEXT.replace("Seed: 42", f"Seed: {number}"),
            )
            paths.append(str(path))
        return paths


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    other = other_volume(tmp_path)
    made = Place(tmp_path, Path(other.name) if other else tmp_path / "E")
    yield made
    made.program.kill()
    if other:
        other.cleanup()


def test_from_the_first_start_to_ctrl_c(place):
    paths = place.put(12)
    before = files_below(place.library)
    program = place.program.start()
    program.update()
    assert program.find() == set(paths)
    assert program.find("seed:7") == {paths[7]}

    made = program.client.get(
        "/image-thumbnail", params={"path": paths[0], "size": "256x256", "t": "0"}
    )
    assert made.status_code == 200 and made.headers["content-type"] == "image/webp"

    tag = program.post("/db/add_custom_tag", {"tag_name": "keep"})["id"]
    program.post(
        "/db/batch_update_image_tag", {"img_paths": paths[:3], "action": "add", "tag_id": tag}
    )

    moved = program.post(
        "/move_files",
        {"file_paths": paths, "dest": str(place.other / "sub 1"), "create_dest_folder": True},
    )
    there = {str(place.other / "sub 1" / os.path.basename(path)) for path in paths}
    assert set(files_below(place.library, place.other)) == there == program.find()
    assert len(program.find("tag:keep")) == 3

    deleted = program.post("/delete_files", {"file_paths": sorted(there)[:5]})
    assert len(files_below(place.other)) == 7
    for operation in (deleted["operation_id"], moved["operation_id"]):
        program.post(f"/operations/{operation}/undo", {})
    assert files_below(place.library) == before
    assert program.find("tag:keep") == set(paths[:3])
    assert program.interrupt() == 0
    assert not list(place.data_dir.glob("iib.db-*"))
    assert list((place.data_dir / "processes").glob("*.alive")) == []


def test_a_kill_in_the_middle_of_a_move_between_disks_loses_nothing(place):
    paths = place.put(FILES)
    before = contents(place.library)
    program = place.program.start()
    program.update()
    in_the_middle = 0
    for number in range(KILLS):
        some = 3 + 7 * number % (FILES // 2)
        moving = threading.Thread(target=move, args=(program.client, paths, place.other))
        moving.start()
        program.wait_for(lambda: len(list(place.other.glob("*.png"))) >= some, "nothing was moved")  # noqa: B023
        program.kill()
        moving.join()
        in_the_middle += len(list(place.other.glob("*.png"))) < FILES
        program = place.program.start()
        assert contents(place.library, place.other) == before
        assert list(place.other.rglob("*.part")) == []
        program.update()
        assert program.find() == set(files_below(place.library, place.other))
        operation = program.get("/operations")["operations"][0]
        program.post(f"/operations/{operation['id']}/undo", {})
        assert set(files_below(place.library)) == set(paths) == program.find()
    print(f"{in_the_middle} of {KILLS} kills came before the last file")
    assert in_the_middle > KILLS // 2 - 1


def move(client: httpx.Client, paths: list[str], folder: Path) -> None:
    with contextlib.suppress(httpx.HTTPError):  # the program was killed
        client.post("/move_files", json={"file_paths": paths, "dest": str(folder)})


def start_reading(program: Program, folder: Path) -> None:
    """Let all that can read pictures read those of a folder, in the background."""
    program.post(
        "/thumbnails/generate", {"folder_paths": [str(folder)], "sizes": ["256x256", "512x512"]}
    )
    program.post("/db/rebuild_index", {"background": True})


def test_pictures_can_be_moved_and_deleted_while_they_are_indexed_and_drawn(place):
    for _ in range(ROUNDS):
        paths = place.put(FILES)
        program = place.program.start()
        start_reading(program, place.library)
        moved = program.post("/move_files", {"file_paths": paths, "dest": str(place.other)})
        assert (moved.get("errors") or []) == []
        there = [str(place.other / os.path.basename(path)) for path in paths]
        assert set(files_below(place.library, place.other)) == set(there)
        start_reading(program, place.other)
        deleted = program.post("/delete_files", {"file_paths": there})
        assert (deleted.get("errors") or []) == []
        assert files_below(place.library, place.other) == {}
        program.post("/trash/empty", {})
        program.update()
        assert program.find() == set()
        program.kill()


def test_a_video_can_be_deleted_while_it_is_played(place):
    video = place.library / "clip 1.mp4"
    video.write_bytes(b"\0\0\0\x18ftypmp42" + bytes(12 << 20))
    program = place.program.start()
    with program.client.stream(
        "GET", "/stream_video", params={"path": str(video)}, headers={"range": "bytes=0-"}
    ) as playing:
        pieces = playing.iter_bytes(1 << 16)
        assert next(pieces)
        deleted = program.post("/delete_files", {"file_paths": [str(video)]})
        assert not video.exists()
        assert sum(map(len, pieces)) > 11 << 20
    program.post(f"/operations/{deleted['operation_id']}/undo", {})
    with program.client.stream("GET", "/stream_video", params={"path": str(video)}) as playing:
        next(playing.iter_bytes(1 << 16))
    program.post("/delete_files", {"file_paths": [str(video)]})
    assert not video.exists()


@pytest.mark.parametrize(
    "signal_name",
    [
        "SIGINT",
        "SIGTERM",
        pytest.param(
            "SIGBREAK", marks=pytest.mark.skipif(os.name != "nt", reason="a key of Windows")
        ),
    ],
)
def test_it_ends_in_order(place, signal_name):
    program = place.program.start()
    assert program.interrupt(signal_name) == 0
    assert list((place.data_dir / "processes").glob("*.alive")) == []
    assert not list(place.data_dir.glob("iib.db-*"))


def test_demo_writes_a_library_and_serves_it(tmp_path):
    program = Program("demo", data_dir=tmp_path / "A B" / "输出")
    try:
        program.start()
        program.update()
        pictures = program.find()
        assert len(pictures) > 10
        assert all(path.startswith(str(tmp_path)) for path in pictures)
    finally:
        program.kill()


def test_the_installer_is_silent_where_nothing_is_missing():
    environ = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PIP_", "PYTHONPATH"))
    }
    done = subprocess.run(
        [sys.executable, str(TOP / "install.py")],
        cwd=TOP.parent,
        env=environ,
        capture_output=True,
        timeout=100,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_flags_of_a_webui_user_bat_are_taken_as_they_are_written():
    spec = importlib.util.spec_from_file_location("iib_preload_again", TOP / "preload.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    parser = argparse.ArgumentParser()
    module.preload(parser)
    given = parser.parse_args(
        ["--iib-roots", r"C:\A B\输出;D:\more", "--iib-data-dir", r"E:\iib data"]
    )
    assert (given.iib_roots, given.iib_data_dir) == (r"C:\A B\输出;D:\more", r"E:\iib data")


@pytest.mark.skipif(os.name != "nt", reason="a batch file of Windows")
def test_a_batch_file_as_webui_user_bat_starts_it(tmp_path):
    folder = tmp_path / "A B"
    folder.mkdir()
    Image.new("RGB", (8, 8)).save(folder / "a.png")
    batch = tmp_path / "webui-user.bat"
    lines = [
        "@echo off",
        f'set PYTHON="{sys.executable}"',
        f'set COMMANDLINE_ARGS=thumbs "{folder}" --size 64x64 --data-dir "{tmp_path / "iib data"}"',
        "%PYTHON% -m iib_core %COMMANDLINE_ARGS%",
    ]
    batch.write_text("\r\n".join(lines) + "\r\n", encoding="ascii")
    done = subprocess.run(
        ["cmd", "/c", str(batch)], cwd=TOP, capture_output=True, text=True, timeout=200
    )
    assert "1 made" in done.stdout, done.stdout + done.stderr
