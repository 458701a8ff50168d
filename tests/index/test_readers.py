"""Files that are read by processes: the same rows, no file lost when one dies or hangs, and no
process left behind.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from iib_core.config import Config
from iib_core.core import Core, Host
from iib_core.db.rows import ImageRow
from iib_core.index import reader, reader_process, readers, update
from iib_core.index.indexer import REBUILD
from tests.conftest import INFOTEXT, write_png
from tests.databases import write_empty
from tests.index.test_indexer import rest
from tests.links import can_link
from tests.processes import find_children, kill_children, suspend_children

pytestmark = [pytest.mark.stack, pytest.mark.windows]

FILES = 300
# Waiting for what a busy machine does late.
PATIENCE_S = 60
# Columns that say when the index was written, or in which order.
WHEN = {"indexed_ns"}


@pytest.fixture(autouse=True)
def few_are_many(monkeypatch):
    """Any number of files counts as many, and no machine is so busy that its drive counts as slow."""
    monkeypatch.setattr(readers, "MANY_FILES", 1)
    monkeypatch.setattr(readers, "_SLOW_S", PATIENCE_S)


@pytest.fixture
def read_here(monkeypatch) -> list[str]:
    """Names of the files that this process has read itself."""
    names: list[str] = []
    read = reader.read

    def read_and_note(path: str, *arguments: Any) -> ImageRow:
        names.append(os.path.basename(path))
        return read(path, *arguments)

    monkeypatch.setattr(reader, "read", read_and_note)
    return names


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "pictures"
    root.mkdir()
    first = rest(write_png(root / "0.png"))
    for number in range(1, FILES):
        (root / f"{number}.png").write_bytes(first.read_bytes())
        rest(root / f"{number}.png")
    return root


@pytest.fixture
def core(tmp_path: Path, root: Path) -> Iterator[Core]:
    made = open_core(tmp_path / "data", root)
    yield made
    made.close()


def open_core(data_dir: Path, *roots: Path, host: Host | None = None, **settings: Any) -> Core:
    """A core that indexes when it is asked to."""
    write_empty(data_dir / "iib.db")
    named = {"roots": tuple(map(str, roots)), "watch": False, "idle_thumbnails": False, **settings}
    return Core(Config(data_dir=str(data_dir), **named), host, updates_index=False)


def suspend_processes() -> None:
    """Wait until there are processes that read, and let none of them go on."""
    ends_at = time.monotonic() + PATIENCE_S
    while not (suspended := suspend_children(reader_process.FUNCTION)):
        assert time.monotonic() < ends_at
        time.sleep(0.01)
    assert suspended


def write_all_kinds(root: Path) -> None:
    """Files whose reading takes all ways."""
    (root / "below").mkdir(parents=True)
    for number in range(40):
        text = INFOTEXT.replace("Seed: 42", f"Seed: {number}").replace("fox", f"fox {number % 3}")
        rest(write_png(root / "below" / f"{number}.png", infotext=f"{text}, Clip skip: 2"))
    rest(write_png(root / "größe 日本.png", infotext="ein Fuchs, straße\nSteps: 5, Sampler: DDIM"))
    rest(write_png(root / "bare.png", infotext=""))
    (root / "bare.txt").write_text("a caption beside it, Steps: 3", encoding="utf-8")
    for name in ("a.jpg", "b.webp", "c.gif", "d.bmp"):
        Image.new("RGB", (40, 30)).save(root / name)
        rest(root / name)
    (root / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    (root / "empty.jpg").write_bytes(b"")
    (root / "film.mp4").write_bytes(b"\0\0\0\x18ftypmp42")
    for name in ("broken.png", "empty.jpg", "film.mp4"):
        rest(root / name)
    if can_link():
        (root / "link.png").symlink_to(root / "bare.png")


def dump(core: Core) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables that the index writes, and the text index, by table."""
    rows: dict[str, list[tuple[Any, ...]]] = {}
    with core.db.read() as conn:
        for table in (
            "folder",
            "image",
            "image_text",
            "searched_text",
            "tag",
            "image_tag",
            "text_tag",
            "parameter_name",
            "parameter_value",
            "image_parameter",
        ):
            described = conn.exec_driver_sql(f"PRAGMA table_info({table})")
            columns = ", ".join(row[1] for row in described if row[1] not in WHEN)
            found = conn.exec_driver_sql(f"SELECT {columns} FROM {table}")
            rows[table] = sorted(map(tuple, found), key=repr)
        terms = conn.exec_driver_sql("SELECT term, doc FROM image_fts_terms")
        rows["image_fts"] = sorted(map(tuple, terms))
    return rows


def test_the_rows_are_the_same(tmp_path, read_here, monkeypatch):
    # In one batch: when batches end depends on the clock, and ids depend on the batches.
    monkeypatch.setattr(update, "_BATCH_S", float("inf"))
    monkeypatch.setattr(update, "_BATCH_CHARS", float("inf"))
    samples = [os.environ[name] for name in ("IIB_SAMPLES", "IIB_SAMPLES_2") if name in os.environ]
    own = tmp_path / "own"
    write_all_kinds(own)
    dumps = []
    for number in (0, 4):
        read_here.clear()
        core = open_core(
            tmp_path / f"data{number}", own, *map(Path, samples), reader_processes=number
        )
        try:
            job = core.index.update()
            dumps.append((dump(core), {**job.result, "seconds": 0}, len(read_here)))
        finally:
            core.close()
    (by_thread, result, all_read), (by_processes, same_result, left) = dumps
    for table, rows in by_thread.items():
        assert by_processes[table] == rows, table
        assert rows, table
    assert result == same_result
    assert all_read >= result["added"] and left < all_read / 4


def test_processes_read_all_and_are_gone_afterwards(core, read_here):
    assert core.index.update().result["added"] == FILES
    assert not read_here
    assert not find_children(reader_process.FUNCTION)


def test_none_is_started_for_a_few_files(core, read_here, monkeypatch):
    monkeypatch.setattr(readers, "MANY_FILES", FILES + 1)
    assert core.index.update().result["added"] == FILES
    assert len(read_here) == FILES


def test_the_setting_turns_them_off(tmp_path, root, read_here):
    core = open_core(tmp_path / "data", root, reader_processes=0)
    try:
        assert core.index.update().result["added"] == FILES
        assert len(read_here) == FILES
    finally:
        core.close()


def test_none_reads_while_the_host_makes_a_picture(tmp_path, root, read_here):
    is_generating = threading.Event()
    is_generating.set()
    core = open_core(tmp_path / "data", root, host=Host(is_generating=is_generating.is_set))
    try:
        assert core.index.update().result["added"] == FILES
        assert len(read_here) == FILES
        read_here.clear()
        is_generating.clear()
        assert core.index.update(REBUILD).result["updated"] == FILES
        assert not read_here
    finally:
        core.close()


def test_one_that_is_killed_loses_no_file(core):
    job = core.index.start()
    killed = 0
    while core.jobs.get(job.job_id).is_running:
        killed += kill_children(reader_process.FUNCTION)
        time.sleep(0.01)
    assert killed
    assert core.jobs.get(job.job_id).result["added"] == FILES
    assert not find_children(reader_process.FUNCTION)


def test_one_that_hangs_loses_no_file(core, monkeypatch, read_here):
    monkeypatch.setattr(readers, "SILENCE_S", 1.0)
    job = core.index.start()
    suspend_processes()
    assert core.jobs.wait(job.job_id, PATIENCE_S).result["added"] == FILES
    assert read_here
    assert not find_children(reader_process.FUNCTION)


def test_one_of_another_version_loses_no_file(core, monkeypatch, read_here):
    monkeypatch.setattr(reader_process, "_NAMES", ("path",))
    assert core.index.update().result["added"] == FILES
    assert len(read_here) == FILES


def test_an_update_that_waits_for_them_can_be_cancelled(core):
    job = core.index.start()
    suspend_processes()
    assert core.index.cancel()
    assert core.jobs.wait(job.job_id, PATIENCE_S).status == "cancelled"
    assert not find_children(reader_process.FUNCTION)
    core.index.update()
    assert len(dump(core)["image"]) == FILES


def test_none_is_left_when_the_program_ends_meanwhile(tmp_path, root):
    core = open_core(tmp_path / "data", root)
    core.index.start()
    suspend_processes()
    core.close()
    assert not find_children(reader_process.FUNCTION)


def test_an_update_in_between_has_its_files_read_by_a_thread(core, root, read_here):
    job = core.index.start()
    suspend_processes()
    assert core.index.update_folders([str(root)]).added
    assert read_here
    core.index.cancel()
    core.jobs.wait(job.job_id, PATIENCE_S)
