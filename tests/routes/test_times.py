"""Files with times that no column, calendar or archive can represent: they are in the library like
all others, and do not affect other files.
"""

from __future__ import annotations

import io
import os
import tempfile
import time
import zipfile
from pathlib import Path

import pytest

from iib_core.times import LIMIT_NS, seconds
from tests.conftest import INFOTEXT, make_library, write_png

pytestmark = pytest.mark.stack

MEMORY = Path(
    "/dev/shm"
)  # its times end with 64 bits of seconds; those of an ordinary disk end in the year 2446
YEAR_2300_S = 10_413_792_000
TIMES = {
    "2300": YEAR_2300_S,
    "9000 years on": 300_000_000_000,
    "never": 2**55,
    "1640": -YEAR_2300_S,
    "before all": -(2**55),
}


@pytest.fixture(params=["disk", "memory"])
def places(request, tmp_path, tmp_path_factory):
    """Two folders to be roots."""
    if request.param == "disk":
        yield tmp_path / "library", tmp_path / "other"
        return
    if not os.access(MEMORY, os.W_OK):
        pytest.skip("there is no file system in memory")
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        yield Path(folder).resolve() / "library", tmp_path / "other"


@pytest.fixture
def odd(places):
    """The paths of pictures with such times, and of three ordinary ones."""
    root, other = places
    make_library(root)
    other.mkdir()
    paths = {}
    for name, at_s in TIMES.items():
        paths[name] = write_png(
            root / f"{name}.png", infotext=INFOTEXT.replace("42", str(len(paths)))
        )
        try:
            os.utime(paths[name], (at_s, at_s))
        except (OverflowError, OSError) as exc:
            if isinstance(exc, OSError) and os.name != "nt":
                raise
            pytest.skip("this system sets no such times")
    return paths


@pytest.fixture
def served(serve, places, odd):
    served = serve(*places)
    answer = served.post("/db/update_image_data", {})
    assert (answer.status_code, answer.json()["errors"]) == (200, 0), answer.text
    return served


def search(served, query: str) -> list[str]:
    answer = served.post("/db/search", {"query": query})
    assert answer.status_code == 200, answer.text
    return [file["name"] for file in answer.json()["files"]]


def test_every_file_is_indexed_once_and_found_again_as_it_is(served, odd):
    assert len(search(served, "type:image")) == len(odd) + 3
    again = served.post("/db/update_image_data", {}).json()
    assert {
        name: again[name] for name in ("added", "updated", "moved", "missing")
    } == dict.fromkeys(("added", "updated", "moved", "missing"), 0)


def test_days_dates_and_orders_hold_such_times(served, odd):
    timeline = served.post("/db/timeline", {"first": 100}).json()
    assert (
        sum(bucket["count"] for bucket in timeline["buckets"]) == timeline["total"] == len(odd) + 3
    )
    assert all(
        abs(time) <= seconds(LIMIT_NS)
        for time in timeline["first"]["mtime"] + timeline["first"]["created"]
    )
    trend = served.get("/db/stats/trend")
    assert (
        trend.status_code == 200
        and sum(day["count"] for day in trend.json()["days"]) == len(odd) + 3
    )
    assert "2300.png" in search(served, "date:>2200")
    assert "2300.png" not in search(served, "date:<2200")
    for query in ("date:9998", "date:>9998-12-30", "date:..1600", "date:1500..9000"):
        search(served, query)
    for sort in ("date", "created"):
        pages = [served.post("/db/search", {"query": "", "sort": sort, "size": 3}).json()]
        while pages[-1]["cursor"]["has_next"]:
            pages.append(
                served.post(
                    "/db/search",
                    {"query": "", "sort": sort, "size": 3, "cursor": pages[-1]["cursor"]["next"]},
                ).json()
            )
        names = [file["name"] for page in pages for file in page["files"]]
        assert sorted(names) == sorted(set(names)) and len(names) == len(odd) + 3


def test_listings_files_thumbnails_and_archives_give_such_files(served, odd, places):
    root, _ = places
    listed = served.get("/files", folder_path=str(root)).json()["files"]
    assert {path.name for path in odd.values()} <= {file["name"] for file in listed}
    assert all(abs(file["date"]) <= seconds(LIMIT_NS) for file in listed)
    for path in odd.values():
        answer = served.get("/file", path=str(path))
        assert answer.status_code == 200 and answer.content == path.read_bytes()
        unchanged = {"If-None-Match": answer.headers["etag"]}
        assert (
            served.client.get("/file", params={"path": str(path)}, headers=unchanged).status_code
            == 304
        )
        since = {"If-Modified-Since": answer.headers["last-modified"]}
        assert (
            served.client.get("/file", params={"path": str(path)}, headers=since).status_code == 304
        )
        assert served.get("/image-thumbnail", path=str(path), size="64x64", t="").status_code == 200
    answer = served.post("/zip", {"paths": [str(root)]})
    assert answer.status_code == 200
    packed = zipfile.ZipFile(io.BytesIO(answer.content))
    assert packed.testzip() is None and len(packed.namelist()) >= len(odd)


@pytest.mark.parametrize("name", TIMES)
def test_such_a_file_is_rated_copied_moved_deleted_and_brought_back(served, odd, places, name):
    root, other = places
    path = odd[name]
    before = path.stat()
    assert served.post("/db/rate", {"img_paths": [str(path)], "rating": 4}).status_code == 200
    copied = served.post("/copy_files", {"file_paths": [str(path)], "dest": str(root / "sub")})
    assert copied.status_code == 200 and (root / "sub" / path.name).exists(), copied.text
    for route, body in (
        ("/move_files", {"file_paths": [str(path)], "dest": str(other)}),
        ("/delete_files", {"file_paths": [str(path)]}),
        ("/db/rename", {"path": str(path), "name": "renamed.png"}),
        ("/update_exif", {"path": str(path), "exif": "another"}),
    ):
        answer = served.post(route, body)
        assert answer.status_code == 200, (route, answer.text)
        undone = served.post(f"/operations/{answer.json()['operation_id']}/undo", {})
        assert undone.status_code == 200, undone.text
        assert path.exists()
    after = path.stat()
    assert after.st_size == before.st_size
    if (
        before.st_dev == other.stat().st_dev
    ):  # otherwise it was on a disk that cannot store such a time
        assert after.st_mtime_ns == before.st_mtime_ns
    assert f"{name}.png" in search(served, "rating:4")


def test_such_files_are_sorted_into_folders_by_date(served, odd, places):
    root, _ = places
    job_id = served.post(
        "/db/organize_files_start",
        {"folder_paths": [str(root)], "by": "date", "pattern": "{date:%Y}"},
    ).json()["job_id"]
    assert served.core.jobs.wait(job_id, 30).status == "completed"
    assert served.post("/db/organize_files_confirm", {"job_id": job_id}).status_code == 200
    deadline = time.monotonic() + 60
    while served.get("/db/organize_files_status", job_id=job_id, brief=True).json()["status"] in (
        "preview_ready",
        "running",
        "moving",
    ):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    found = {path.name: path.parent.name for path in root.rglob("*.png")}
    assert {f"{name}.png" for name in odd} <= set(found)
    assert (found["2300.png"], found["fox.png"]) == ("2262", "2023")
