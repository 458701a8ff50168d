"""Local days: files counted by quarter of an hour, added up by day in the client's time zone.

Pure, but for the table of time zones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import numpy as np

from iib_core.db.folder_quarters import QUARTER_NS
from iib_core.db.search.int_columns import Ints
from iib_core.db.search.stats import Bucket, Quarter
from iib_core.errors import InvalidRequest

_QUARTER_S = QUARTER_NS // 10**9
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Day:
    """A local day (``2025-03-14``) and its number of files."""

    day: str
    count: int


def find_zone(name: str) -> tzinfo | None:
    """The time zone of an IANA name such as ``Europe/Berlin``; for an empty name None, this
    machine's.

    Raises InvalidRequest for an unknown name.
    """
    if not name:
        return None
    try:
        return ZoneInfo(name[:100])
    except (
        KeyError,
        ValueError,
        OSError,
    ) as exc:  # unknown; no name at all; the name of a folder of the table
        raise InvalidRequest(
            f"'{name[:50]}' is not a time zone: give a name such as Europe/Berlin, or none for the server's."
        ) from exc


def count_by_day(quarters: Ints, zone: tzinfo | None) -> list[Day]:
    """Days in the order of ``quarters`` (of an hour since 1970), which ascend or descend; days
    without files are left out.

    The counts are runs: the first is the number of leading quarters on the first day, and so on.
    Where clocks go back over midnight, the repeated hour belongs to the later day.
    """
    if not len(quarters):
        return []
    falls = bool(quarters[0] > quarters[-1])
    rising = quarters[::-1] if falls else quarters
    days: list[Day] = []
    position, day = 0, date.min
    while position < len(rising):
        quarter = int(rising[position])
        day = max(_day_of(quarter, zone), day)
        end = _first_quarter_behind(day, zone)
        while end <= quarter:
            day += _DAY
            end = _first_quarter_behind(day, zone)
        next_position = max(int(np.searchsorted(rising, end)), position + 1)
        days.append(Day(day.isoformat(), next_position - position))
        position = next_position
    return days[::-1] if falls else days


def add_up(quarters: Sequence[Quarter], zone: tzinfo | None) -> list[Bucket]:
    """Files of quarters, newest first, added up to days."""
    buckets: list[Bucket] = []
    start = 0
    for day in count_by_day(np.array([part.quarter for part in quarters], dtype=np.int64), zone):
        parts = quarters[start : start + day.count]
        count, size_bytes = (
            sum(part.files for part in parts),
            sum(part.size_bytes for part in parts),
        )
        buckets.append(Bucket(day.day, count, size_bytes))
        start += day.count
    return buckets


def _day_of(quarter: int, zone: tzinfo | None) -> date:
    moment = _EPOCH + timedelta(seconds=quarter * _QUARTER_S)
    return _local(moment, zone).date()


def _first_quarter_behind(day: date, zone: tzinfo | None) -> int:
    """The first quarter that begins at the midnight after ``day`` or later."""
    try:
        midnight = datetime.combine(day + _DAY, datetime.min.time(), tzinfo=zone)
        seconds = midnight.timestamp()
    except (OverflowError, OSError, ValueError):  # a year that the machine's clock does not know
        seconds = (
            datetime.combine(day, datetime.min.time(), tzinfo=timezone.utc) + _DAY
        ).timestamp()
    return -int(-seconds // _QUARTER_S)


def _local(moment: datetime, zone: tzinfo | None) -> datetime:
    try:
        return moment.astimezone(zone)
    except (OverflowError, OSError, ValueError):
        return moment
