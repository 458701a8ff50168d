"""One clock: a day is the same day in each answer, that of the client's time zone."""

from __future__ import annotations

import os
import time
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from tests.conftest import write_png

pytestmark = pytest.mark.stack

# The days on which clocks change in Berlin, New York and Havana; Havana skips and repeats midnight.
MOMENTS = [
    "2026-03-13T14:00",
    "2026-03-13T16:00",
    "2026-03-14T14:00",
    "2026-03-14T16:00",
    "2026-03-28T23:30",
    "2026-03-29T00:30",
    "2026-03-29T21:30",
    "2026-03-29T22:30",
    "2025-10-25T22:15",
    "2025-10-26T22:30",
    "2025-10-26T23:15",
    "2026-03-08T04:45",
    "2026-03-08T05:15",
    "2025-11-02T04:30",
    "2025-11-02T05:30",
    "1969-12-31T23:45",
]
ZONES = [
    "UTC",
    "Asia/Tokyo",
    "Europe/Berlin",
    "America/New_York",
    "America/Havana",
    "Asia/Kathmandu",
]


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("clock") / "library"
    root.mkdir()
    for number, moment in enumerate(MOMENTS):
        path = write_png(root / f"{number:02}.png", size=(8, 8))
        at_s = datetime.fromisoformat(moment).replace(tzinfo=timezone.utc).timestamp()
        os.utime(path, (at_s, at_s))
    return root


@pytest.fixture
def served(serve, root):
    served = serve(root)
    assert served.post("/db/update_image_data", {}).status_code == 200
    return served


@pytest.mark.parametrize("zone", ZONES)
def test_each_answer_counts_the_same_files_on_a_day(served, zone):
    timeline = served.post("/db/timeline", {"query": "", "tz": zone}).json()
    days = {bucket["day"]: bucket["count"] for bucket in timeline["buckets"]}
    assert sum(days.values()) == len(MOMENTS)
    trend = served.client.get("/db/stats/trend", params={"tz": zone}).json()
    assert {day["name"]: day["count"] for day in trend["days"]} == days
    for day, count in days.items():
        body = {"query": f"date:{day}", "tz": zone}
        assert len(served.post("/db/search", body).json()["files"]) == count, day
        narrowed = served.post("/db/timeline", body).json()
        assert narrowed["buckets"] == [{"day": day, "count": count}]
        columns = served.post("/db/columns", {**body, "limit": 100}).json()
        assert columns["total"] == count
    months = {month["name"]: month["count"] for month in trend["months"]}
    for month, count in months.items():
        answer = served.post("/db/search", {"query": f"date:{month}", "tz": zone}).json()
        assert len(answer["files"]) == count


def test_a_day_of_tokyo_is_no_day_of_greenwich(served):
    tokyo = served.post("/db/search", {"query": "date:2026-03-14", "tz": "Asia/Tokyo"}).json()
    assert sorted(file["name"] for file in tokyo["files"]) == ["01.png", "02.png"]
    utc = served.post("/db/search", {"query": "date:2026-03-14", "tz": "UTC"}).json()
    assert sorted(file["name"] for file in utc["files"]) == ["02.png", "03.png"]


@pytest.mark.parametrize("route", ["/db/search", "/db/timeline"])
@pytest.mark.parametrize(("zone", "count"), [("UTC", 3), ("Asia/Tokyo", 2)])
def test_what_is_found_elsewhere_is_of_the_same_day(served, route, zone, count):
    answer = served.post(route, {"query": "library date:2026-03-29", "tz": zone}).json()
    assert answer["elsewhere"]["query"] == "any:library date:2026-03-29"
    assert answer["elsewhere"]["count"] == count


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_today_is_the_day_of_the_client(served, root, zone):
    now = datetime.now(ZoneInfo(zone))
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    for name, moment in (("today", midnight), ("before", midnight - timedelta(seconds=1))):
        path = write_png(root / f"{name}.png", size=(8, 8))
        os.utime(path, (moment.timestamp(), moment.timestamp()))
    served.post("/db/update_image_data", {})
    found = served.post("/db/search", {"query": "date:today", "tz": zone}).json()["files"]
    yesterday = served.post("/db/search", {"query": "date:yesterday", "tz": zone}).json()["files"]
    for name in ("today", "before"):
        (root / f"{name}.png").unlink()
    assert [file["name"] for file in found] == ["today.png"]
    assert [file["name"] for file in yesterday] == ["before.png"]


@pytest.mark.parametrize(
    ("zone", "folders"), [("Asia/Tokyo", {"13", "14", "15"}), ("UTC", {"13", "14"})]
)
def test_files_are_organised_by_the_days_of_the_client(served, root, zone, folders):
    body = {
        "file_paths": [str(root / f"0{number}.png") for number in range(4)],
        "by": "date",
        "tz": zone,
    }
    job = served.post("/db/organize_files_start", {**body, "pattern": "{date:%d}"}).json()["job_id"]
    deadline = time.monotonic() + 60
    while True:
        state = served.client.get("/db/organize_files_status", params={"job_id": job}).json()
        if state["status"] != "running":
            break
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert state["status"] == "preview_ready", state
    assert {group["suggested_folder_name"] for group in state["preview"]["clusters"]} == folders


@pytest.mark.parametrize(
    ("route", "body"),
    [
        ("/db/search", {"query": "x"}),
        ("/db/timeline", {"query": "x"}),
        ("/db/columns", {"query": "x"}),
        ("/db/duplicates", {"query": "x"}),
        ("/db/forget_missing", {"query": "x"}),
    ],
)
def test_a_zone_that_there_is_not_is_told(served, route, body):
    answer = served.post(route, {**body, "tz": "Mars/Olympus"})
    assert answer.status_code == 400 and "time zone" in answer.json()["detail"]
