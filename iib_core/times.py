"""Times of files as numbers.

Only this module reads times from a file's status, because a disk can state times that neither the
database nor a calendar can represent.

All times count from 1970: nanoseconds as int from -(2**63 - 1) to 2**63 - 1 (the years 1677 to
2262), or seconds as float. A time outside becomes the nearest one inside, so that it is the same at
each reading.
"""

from __future__ import annotations

import os
import time
from datetime import datetime, timedelta, timezone, tzinfo

from iib_core import linux

LIMIT_NS = 2**63 - 1
_EPOCH, _DAY = datetime(1970, 1, 1), timedelta(days=1)
_UTC_EPOCH = _EPOCH.replace(tzinfo=timezone.utc)


def clamp_ns(time_ns: int) -> int:
    """The nearest time that can be stored."""
    return max(-LIMIT_NS, min(time_ns, LIMIT_NS))


def seconds(time_ns: int) -> float:
    """Nanoseconds as seconds, the same float as that of the file system."""
    return time_ns // 10**9 + 1e-9 * (time_ns % 10**9)


_LAST_S, _FIRST_S = seconds(LIMIT_NS), seconds(-LIMIT_NS)


def mtime_ns(status: os.stat_result) -> int:
    """When a file's content changed, in nanoseconds."""
    time_ns = status.st_mtime_ns
    # Compared inline: a scan does this for a million files, and nearly all of their times are in
    # range.
    return time_ns if -LIMIT_NS <= time_ns <= LIMIT_NS else clamp_ns(time_ns)


def mtime_s(status: os.stat_result) -> float:
    """When a file's content changed, in seconds."""
    return max(_FIRST_S, min(status.st_mtime, _LAST_S))


def birth_ns(status: os.stat_result, file: str | int) -> int:
    """When a file was created, never later than it was modified, in nanoseconds.

    ``file``: its path or an open descriptor, for Linux. Where the system does not know, it is when
    the file was modified: the time of its inode changes with each chmod and rename.
    """
    birth_s = getattr(status, "st_birthtime", None)
    known = linux.find_birth_ns(file) if birth_s is None else int(birth_s * 10**9)
    if os.name == "nt" and known is None:
        known = status.st_ctime_ns
    modified = mtime_ns(status)
    return modified if known is None else min(clamp_ns(known), modified)


def birth_s(status: os.stat_result, file: str | int) -> float:
    """``birth_ns`` in seconds."""
    return max(_FIRST_S, min(seconds(birth_ns(status, file)), mtime_s(status)))


def local_seconds(moment: datetime, zone: tzinfo | None = None) -> int:
    """The seconds since 1970 of a local time in ``zone`` (None: of this machine). A time that the
    clocks skip is the moment of the change, one that they repeat the first of both.

    Raises OverflowError, OSError or ValueError for a time that the system cannot represent.
    """
    if zone is not None:
        return (moment.replace(tzinfo=zone) - _UTC_EPOCH) // timedelta(seconds=1)
    try:
        return int(moment.timestamp())
    except OSError:
        if moment >= _EPOCH + _DAY:
            raise
        # The C library of Windows has no times before 1970: today's standard time is used for them.
        return int((moment - _EPOCH).total_seconds()) + time.timezone


def local_time(time_s: int, zone: tzinfo | None = None) -> datetime:
    """The local time of seconds since 1970 in ``zone`` (None: of this machine). Raises as
    ``local_seconds``.
    """
    if zone is not None:
        return (_UTC_EPOCH + timedelta(seconds=time_s)).astimezone(zone)
    try:
        return datetime.fromtimestamp(time_s)
    except OSError:
        if time_s >= _DAY.total_seconds():
            raise
        return _EPOCH + timedelta(seconds=time_s - time.timezone)


def copy(status: os.stat_result, target: str) -> None:
    """Set the times of a file to those of another. Raises OSError if the disk refuses them."""
    os.utime(target, ns=(clamp_ns(status.st_atime_ns), mtime_ns(status)))
