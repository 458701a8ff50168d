"""Local days: counted right where clocks change, and in every zone."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iib_core.errors import InvalidRequest
from iib_core.search.days import Day, count_by_day, find_zone

pytestmark = pytest.mark.stack

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "America/Havana",
    "Pacific/Apia",
    "Pacific/Kiritimati",
]


def quarters(*moments: datetime) -> np.ndarray:
    return np.array([int(moment.timestamp() // 900) for moment in moments], dtype=np.int64)


@pytest.mark.parametrize(
    ("zone", "moments", "days"),
    [
        (
            "UTC",
            ["2025-03-14T23:59", "2025-03-15T00:00"],
            [Day("2025-03-14", 1), Day("2025-03-15", 1)],
        ),
        (
            "Asia/Shanghai",
            ["2025-03-14T15:59", "2025-03-14T16:00"],
            [Day("2025-03-14", 1), Day("2025-03-15", 1)],
        ),
        (
            "Asia/Kathmandu",
            ["2025-03-14T18:14", "2025-03-14T18:15"],
            [Day("2025-03-14", 1), Day("2025-03-15", 1)],
        ),
        # The day on which clocks go forward has 23 hours, the one on which they go back 25.
        (
            "Europe/Berlin",
            ["2025-03-29T23:00", "2025-03-30T21:59", "2025-03-30T22:00"],
            [Day("2025-03-30", 2), Day("2025-03-31", 1)],
        ),
        (
            "Europe/Berlin",
            ["2025-10-25T22:00", "2025-10-26T22:59", "2025-10-26T23:00"],
            [Day("2025-10-26", 2), Day("2025-10-27", 1)],
        ),
        # Samoa left out the 30th of December 2011.
        (
            "Pacific/Apia",
            ["2011-12-30T09:59", "2011-12-30T10:00"],
            [Day("2011-12-29", 1), Day("2011-12-31", 1)],
        ),
        # Newfoundland went back from one minute past midnight to the day before.
        (
            "America/St_Johns",
            ["2010-11-07T02:00", "2010-11-07T02:45", "2010-11-07T03:30"],
            [Day("2010-11-06", 1), Day("2010-11-07", 2)],
        ),
        (
            "UTC",
            ["1969-12-31T23:50", "1970-01-01T00:10"],
            [Day("1969-12-31", 1), Day("1970-01-01", 1)],
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_midnight_is_where_the_clock_of_the_place_says(zone, moments, days):
    rising = quarters(
        *(datetime.fromisoformat(moment).replace(tzinfo=timezone.utc) for moment in moments)
    )
    assert count_by_day(rising, find_zone(zone)) == days
    assert count_by_day(rising[::-1], find_zone(zone)) == days[::-1]


@given(
    st.lists(st.integers(-80_000, 2_400_000), max_size=60), st.sampled_from(ZONES), st.booleans()
)
def test_runs_hold_each_file_once_on_its_day(found, zone, falls):
    """Days as the standard library tells them, for places whose clocks never went back over
    midnight.
    """
    ordered = np.array(sorted(found, reverse=falls), dtype=np.int64)
    local = [
        (EPOCH + timedelta(seconds=int(at) * 900)).astimezone(ZoneInfo(zone)).date().isoformat()
        for at in ordered
    ]
    if local == sorted(local, reverse=falls):
        assert count_by_day(ordered, ZoneInfo(zone)) == [
            Day(day, len(list(run))) for day, run in itertools.groupby(local)
        ]


def test_without_a_zone_it_is_the_days_of_this_machine():
    noon = datetime(2025, 3, 14, 12)
    assert count_by_day(quarters(noon, noon + timedelta(days=1)), find_zone("")) == [
        Day("2025-03-14", 1),
        Day("2025-03-15", 1),
    ]
    assert count_by_day(quarters(), find_zone("")) == []


SPACE_AT_THE_END = pytest.param("UTC ", marks=pytest.mark.posix_only("names that end with a space"))


@pytest.mark.parametrize(
    "name",
    [
        "Mars/Olympus",
        "Europe",
        "../../etc/passwd",
        "/etc/passwd",
        "\0",
        "\ud800",
        "x" * 5000,
        SPACE_AT_THE_END,
    ],
)
def test_a_zone_that_there_is_not_is_refused(name):
    with pytest.raises(InvalidRequest, match="time zone"):
        find_zone(name)
