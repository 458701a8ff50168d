"""Pregenerated thumbnails, and the mean colours that are stored with them."""

from __future__ import annotations

import os
import queue
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image

from iib_core.access import Access
from iib_core.db import images
from iib_core.db.engine import Database
from iib_core.errors import UnreadableMedia
from iib_core.jobs import Jobs
from iib_core.media import pregenerate
from iib_core.media.cache import DiskCache
from iib_core.media.colours import Colours
from iib_core.media.thumbnails import Thumbnails
from iib_core.workers import Workers
from tests.databases import open_database

pytestmark = pytest.mark.stack

SIZES = [(64, 64), (128, 128)]
READ = Access([], restricted=False).open


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "library"
    (root / "sub").mkdir(parents=True)
    for number in range(3):
        Image.new("RGB", (300, 200), (200, 100 + number, 0)).save(root / f"{number}.png")
    Image.new("RGB", (100, 200), "blue").save(root / "sub/deep.jpg")
    (root / "broken.png").write_bytes(b"no picture")
    (root / ".hidden").mkdir()
    Image.new("RGB", (10, 10)).save(root / ".hidden/no.png")
    (root / "notes.txt").write_text("no picture either")
    return root


@pytest.fixture
def database(tmp_path):
    opened = open_database(tmp_path / "iib.db")
    yield opened
    opened.close()


@pytest.fixture
def colours(database):
    made = Colours(database)
    yield made
    made.close()


@pytest.fixture
def thumbnails(tmp_path, colours):
    decoders = Workers("decode", 1)
    cache = DiskCache(str(tmp_path / "cache"), limit_bytes=10**8, extension=".webp")
    yield Thumbnails(
        cache,
        DiskCache(str(tmp_path / "covers"), limit_bytes=10**8, extension=".webp"),
        decoders,
        max_pixels=10**7,
        on_colour=colours.add,
    )
    decoders.close()


@pytest.fixture
def jobs():
    made = Jobs()
    yield made
    made.close()


def index(database: Database, *paths: object) -> None:
    rows = [
        images.ImageRow(str(path), "image", os.stat(path).st_mtime_ns, os.stat(path).st_size, 0)
        for path in paths
    ]
    with database.write() as conn:
        images.upsert_many(conn, rows)


def colours_in(database: Database) -> dict[str, int]:
    with database.read() as conn:
        return dict(
            conn.exec_driver_sql("SELECT name, color FROM image WHERE color IS NOT NULL").all()
        )


def start(jobs, thumbnails, root):
    return jobs.start(
        "thumbnails",
        lambda progress: pregenerate.make_for_folders(
            thumbnails, Access([str(root)], restricted=True), [str(root)], SIZES, progress
        ),
    )


def test_a_job_makes_missing_thumbnails_in_every_size_and_reports_failures(jobs, thumbnails, root):
    thumbnails.make_missing(str(root / "0.png"), SIZES, READ)
    done = jobs.wait(start(jobs, thumbnails, root).job_id)
    assert (done.status, done.done, done.total) == ("completed", 5, 5)
    assert {name: done.result[name] for name in ("made", "present", "failed")} == {
        "made": 3,
        "present": 1,
        "failed": 1,
    }
    assert [os.path.basename(error["path"]) for error in done.result["errors"]] == ["broken.png"]
    for path in (root / "1.png", root / "sub/deep.jpg"):
        for size in ("64x64", "128x128"):
            data = thumbnails.find(thumbnails.spec_for(str(path), size))
            assert data is not None and data[8:12] == b"WEBP"
    assert jobs.wait(start(jobs, thumbnails, root).job_id).result["made"] == 0


def test_the_data_folder_is_not_walked(root):
    (root / "data/cache").mkdir(parents=True)
    Image.new("RGB", (10, 10)).save(root / "data/cache/small.webp")
    paths = pregenerate.walk(
        [str(root)], Access([str(root)], restricted=True, data_dir=str(root / "data"))
    )
    assert [os.path.basename(path) for path in paths] == [
        "0.png",
        "1.png",
        "2.png",
        "broken.png",
        "deep.jpg",
    ]


def test_a_job_can_be_cancelled_and_pauses_while_a_user_waits_for_a_thumbnail(
    jobs, thumbnails, root, monkeypatch
):
    may_end, has_begun = threading.Event(), threading.Event()

    def slow(path: str):
        has_begun.set()
        may_end.wait(20)
        return READ(path)

    with ThreadPoolExecutor(1) as caller:
        asked = caller.submit(
            lambda: thumbnails.make(
                thumbnails.spec_for(str(root / "0.png"), "256x256"), slow
            ).result(20)
        )
        assert has_begun.wait(10)
        looks: queue.SimpleQueue[bool] = queue.SimpleQueue()
        is_idle = thumbnails.is_idle

        def look(quiet_s: float) -> bool:
            found = is_idle(quiet_s)
            looks.put(found)
            return found

        monkeypatch.setattr(thumbnails, "is_idle", look)
        job = start(jobs, thumbnails, root)
        for _ in range(3):
            assert looks.get(timeout=20) is False  # whether nobody waits
        assert jobs.get(job.job_id).done == 0 and not asked.done()
        jobs.cancel(job.job_id)
        assert jobs.wait(job.job_id, 10).status == "cancelled"
        may_end.set()
        assert asked.result(10)
    assert thumbnails.find(thumbnails.spec_for(str(root / "1.png"), "64x64")) is None


def test_a_user_does_not_wait_for_a_job(jobs, thumbnails, root):
    """While the job's pictures are blocked, a requested thumbnail is made, even with a single
    decoder.
    """
    may_end, has_begun = threading.Event(), threading.Event()

    class Slow(Access):
        def open(self, real):
            has_begun.set()
            may_end.wait(20)
            return super().open(real)

    job = jobs.start(
        "thumbnails",
        lambda progress: pregenerate.make_for_folders(
            thumbnails, Slow([str(root)], restricted=True), [str(root)], SIZES, progress
        ),
    )
    assert has_begun.wait(10)
    assert thumbnails.make(thumbnails.spec_for(str(root / "2.png"), "64x64"), READ).result(10)
    assert jobs.get(job.job_id).is_running
    may_end.set()
    assert jobs.wait(job.job_id, 20).status == "completed"


def test_new_pictures_get_the_last_requested_size(thumbnails, database, root, monkeypatch):
    monkeypatch.setattr(pregenerate, "_IDLE_S", 0.0)
    for name in ("1.png", "broken.png"):
        os.utime(root / name, (1_700_000_000, 1_700_000_000))
    new = pregenerate.NewPictures(thumbnails, database, Access([str(root)], restricted=True))
    index(database, root / "0.png", root / "1.png", root / "broken.png")
    assert thumbnails.make(thumbnails.spec_for(str(root / "sub/deep.jpg"), "128x128"), READ).result(
        10
    )
    assert new.make(threading.Event()) == 1
    assert thumbnails.find(thumbnails.spec_for(str(root / "0.png"), "128x128"))
    assert not thumbnails.find(thumbnails.spec_for(str(root / "1.png"), "128x128"))
    assert new.make(threading.Event()) == 0
    os.utime(root / "broken.png")
    index(database, root / "2.png", root / "broken.png")
    assert new.make(threading.Event()) == 2


def test_making_a_thumbnail_stores_its_colour_in_the_index(
    tmp_path, thumbnails, database, colours, root
):
    index(database, root / "0.png", root / "1.png", root / "2.png")
    for name in ("0.png", "1.png"):
        thumbnails.make(thumbnails.spec_for(str(root / name), "64x64"), READ).result(10)
    colours.close()
    assert colours_in(database) == {"0.png": 0xC86400, "1.png": 0xC86500}
    index(database, root / "0.png")  # read again as it is
    Image.new("RGB", (300, 200), "green").save(root / "1.png")
    index(database, root / "1.png")  # another picture now
    assert colours_in(database) == {"0.png": 0xC86400}


def test_a_colour_waits_until_its_picture_is_indexed_and_belongs_to_its_state(database, root):
    colours = Colours(database)
    for path in (root / "0.png", root / "1.png"):
        colours.add(str(path), os.stat(path).st_mtime_ns, 0x123456)
    colours._write()
    os.utime(root / "1.png", (1, 1))
    index(database, root / "0.png", root / "1.png")
    colours.close()
    assert colours_in(database) == {"0.png": 0x123456}


def test_a_file_that_cannot_be_decoded_is_not_tried_again_until_it_changes(thumbnails, root):
    tries = []

    def counting(path: str):
        tries.append(path)
        return READ(path)

    for _ in range(3):
        with pytest.raises(UnreadableMedia):
            thumbnails.make(
                thumbnails.spec_for(str(root / "broken.png"), "64x64"), counting
            ).result(10)
    assert len(tries) == 1
    Image.new("RGB", (30, 20)).save(root / "broken.png")
    assert thumbnails.make(thumbnails.spec_for(str(root / "broken.png"), "64x64"), counting).result(
        10
    )
