"""Times of files as numbers.

Here alone a file's state becomes times: a disk can tell times that no column of the database and no
calendar holds.

All times are since 1970: nanoseconds as int from -(2**63 - 1) to 2**63 - 1, which is from 1677 to
2262, or the same in seconds as float. A time beyond is the nearest of these. So it equals itself
whenever it is read again, on any disk.
"""

from __future__ import annotations

import os
import time
from datetime import datetime, timedelta

LIMIT_NS = 2**63 - 1
_EPOCH, _DAY = datetime(1970, 1, 1), timedelta(days=1)


def clamp_ns(time_ns: int) -> int:
    """The nearest time that can be stored."""
    return max(-LIMIT_NS, min(time_ns, LIMIT_NS))


def seconds(time_ns: int) -> float:
    """Nanoseconds as seconds, to the same float as the file system's own."""
    return time_ns // 10**9 + 1e-9 * (time_ns % 10**9)


_LAST_S, _FIRST_S = seconds(LIMIT_NS), seconds(-LIMIT_NS)


def mtime_ns(status: os.stat_result) -> int:
    """When a file's content changed, in nanoseconds."""
    time_ns = status.st_mtime_ns
    # Compared here, because a scan asks for a million files and nearly all of their times are fine.
    return time_ns if -LIMIT_NS <= time_ns <= LIMIT_NS else clamp_ns(time_ns)


def mtime_s(status: os.stat_result) -> float:
    """When a file's content changed, in seconds."""
    return max(_FIRST_S, min(status.st_mtime, _LAST_S))


def birth_ns(status: os.stat_result) -> int:
    """When a file was made, where the system tells it (macOS, Windows), else when its inode changed."""
    birth_s = getattr(status, "st_birthtime", None)
    return clamp_ns(status.st_ctime_ns if birth_s is None else int(birth_s * 10**9))


def birth_s(status: os.stat_result) -> float:
    """The same in seconds."""
    return max(_FIRST_S, min(getattr(status, "st_birthtime", status.st_ctime), _LAST_S))


def local_seconds(moment: datetime) -> int:
    """Seconds since 1970 of a local time.

    Raises OverflowError, OSError or ValueError for one that the machine's clock does not know.
    """
    try:
        return int(moment.timestamp())
    except OSError:
        if moment >= _EPOCH + _DAY:
            raise
        # The C library of Windows knows no time before 1970: today's standard time takes the place
        # of the one that held then.
        return int((moment - _EPOCH).total_seconds()) + time.timezone


def local_time(time_s: int) -> datetime:
    """The local time of seconds since 1970. Raises as ``local_seconds``."""
    try:
        return datetime.fromtimestamp(time_s)
    except OSError:
        if time_s >= _DAY.total_seconds():
            raise
        return _EPOCH + timedelta(seconds=time_s - time.timezone)


def copy(status: os.stat_result, target: str) -> None:
    """Give a file the times of another. Raises OSError where the disk takes none."""
    os.utime(target, ns=(clamp_ns(status.st_atime_ns), mtime_ns(status)))
