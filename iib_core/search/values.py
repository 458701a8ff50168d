"""Values of fields as users type them: numbers, sizes, dates and ranges of them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from functools import partial

from iib_core import times
from iib_core.errors import InvalidRequest

Interval = tuple["float | None", "float | None"]  # both ends included

_UNITS = {
    "": 1,
    "b": 1,
    "k": 2**10,
    "kb": 2**10,
    "m": 2**20,
    "mb": 2**20,
    "g": 2**30,
    "gb": 2**30,
    "t": 2**40,
    "tb": 2**40,
}
_BYTES = re.compile(r"(\d{1,15}(?:\.\d{1,15})?)\s*([a-z]*)", re.I)
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})(?:[T ](\d{1,2})(?::(\d{2}))?)?)?)?")
_RATIO = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)[:x/](\d{1,9}(?:\.\d{1,9})?)")
_SHAPES: dict[str, Interval] = {
    "landscape": (1.01, None),
    "portrait": (None, 0.99),
    "square": (0.99, 1.01),
}
# 1216x832 counts as 3:2, 1920x1088 as 16:9.
_RATIO_TOLERANCE = 0.03
# 1024x1024, which people call one megapixel, has 1.05 million pixels.
_MEGAPIXEL_TOLERANCE = 0.05
# ``20-30`` is ``20..30``; a date has dashes of its own.
_DASHED = re.compile(r"(\d{1,20}(?:\.\d{1,20})?)\s?-\s?(\d{1,20}(?:\.\d{1,20})?)")
_SIGN = re.compile(r"[<>]=?|[=≤≥]")
_SIGNS = {"≤": "<=", "≥": ">="}
_DURATION = re.compile(r"(?:(\d{1,6}):)?(\d{1,6}(?:\.\d{1,6})?)\s*(s|sec|m|min|h)?", re.I)
_SECONDS = {"": 1, "s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600}


def parse_range(
    text: str, parse: Callable[[str], tuple[float, float]], step: float = 0
) -> Interval:
    """The interval of ``20``, ``20..30``, ``20..``, ``..30``, ``>20``, ``>=20``, ``<30`` or
    ``<=30``.

    ``parse`` returns the first and the last number of a value (a day has many); ``step`` is the
    distance to the next number.
    """
    sign = _SIGN.match(text)
    if sign:
        first_number, last_number = parse(text[sign.end() :].strip())
        return {
            ">": (last_number + step, None),
            ">=": (first_number, None),
            "<": (None, first_number - step),
            "<=": (None, last_number),
            "=": (first_number, last_number),
        }[_SIGNS.get(sign[0], sign[0])]
    first, dots, last = text.partition("..")
    if not dots:
        return parse(text)
    low = parse(first)[0] if first else None
    return low, parse(last)[1] if last else None


def parse_int_range(text: str) -> Interval:
    """Whole numbers, of which ``>20.5`` and ``20-30`` can be said too."""
    text = _undashed(text)
    if "." in text.replace("..", ""):
        return parse_number_range(text)
    return parse_range(text, _int, 1)


def parse_number_range(text: str) -> Interval:
    """Numbers; ``>`` and ``<`` exclude the number itself. ``5-8`` is ``5..8``."""
    return parse_range(_undashed(text), _number, 1e-9)


def is_number_range(text: str) -> bool:
    """Whether a text is a number, a comparison with one, or a range."""
    try:
        low, high = parse_number_range(text)
    except InvalidRequest:
        return False
    return low is not None or high is not None


def turn_round(text: str) -> str:
    """The text of a range with its two ends exchanged; empty where it has not two."""
    first, _, last = _undashed(text).partition("..")
    return f"{last}..{first}" if first and last else ""


def parse_megapixel_range(text: str) -> Interval:
    """Millions of pixels; a single number includes those close to it."""
    low, high = parse_number_range(text)
    if low is not None and low == high:
        return low * (1 - _MEGAPIXEL_TOLERANCE), low * (1 + _MEGAPIXEL_TOLERANCE)
    return low, high


def parse_duration_range(text: str) -> Interval:
    """Durations such as ``10``, ``10s``, ``1.5m`` and ``1:30``, in seconds."""
    return parse_range(text, _duration, 1e-9)


def _undashed(text: str) -> str:
    match = _DASHED.fullmatch(text)
    return f"{match[1]}..{match[2]}" if match else text


def parse_bytes_range(text: str) -> Interval:
    """Sizes such as ``500KB`` or ``1.5 MB``, in steps of 1024."""
    return parse_range(text, _bytes, 1)


def parse_date_range(text: str, zone: tzinfo | None = None) -> Interval:
    """Dates such as ``2025``, ``2025-03``, ``2025-03-14``, ``2025-03-14T18:30``, ``today`` and
    ``yesterday``, as nanoseconds.

    Days are those of ``zone``; None means this machine's time zone.
    """
    return parse_range(text, partial(_date_ns, zone=zone), 1)


def parse_ratio_range(text: str) -> Interval:
    """Ratios of width to height: ``16:9``, ``1.5..2``, ``portrait``.

    A single ratio includes those close to it, as generators round to multiples of 8 or 64.
    """
    if text.lower() in _SHAPES:
        return _SHAPES[text.lower()]
    low, high = parse_range(text, _ratio)
    if low is not None and low == high:
        return low * (1 - _RATIO_TOLERANCE), low * (1 + _RATIO_TOLERANCE)
    return low, high


def parse_size(text: str) -> tuple[int, int]:
    """Width and height of ``512x768``, in pixels."""
    match = re.fullmatch(r"(\d{1,6})\s*[x×*]\s*(\d{1,6})", text, re.I)
    if not match:
        raise InvalidRequest(
            f"'{text[:50]}' is not a size: write width and height such as 512x768."
        )
    return int(match[1]), int(match[2])


def _int(text: str) -> tuple[float, float]:
    if not re.fullmatch(r"\d{1,20}", text):
        raise InvalidRequest(f"'{text[:50]}' is not a whole number: write 20, 20..30, >20 or <=30.")
    return int(text), int(text)


def _number(text: str) -> tuple[float, float]:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InvalidRequest(f"'{text[:50]}' is not a number: write 7.5, 5..8, >7 or <=8.")
    return value, value


def _duration(text: str) -> tuple[float, float]:
    match = _DURATION.fullmatch(text)
    if not match:
        raise InvalidRequest(f"'{text[:50]}' is not a duration: write 10s, 1:30, 5..10 or >2m.")
    value = int(match[1] or 0) * 60 + float(match[2]) * _SECONDS[(match[3] or "").lower()]
    return value, value


def _bytes(text: str) -> tuple[float, float]:
    match = _BYTES.fullmatch(text)
    if not match or match[2].lower() not in _UNITS:
        raise InvalidRequest(
            f"'{text[:50]}' is not a file size: write 500KB, 1.5MB, 1MB..5MB or >5MB."
        )
    value = int(float(match[1]) * _UNITS[match[2].lower()])
    return value, value


def _ratio(text: str) -> tuple[float, float]:
    match = _RATIO.fullmatch(text)
    if match and float(match[2]):
        value = float(match[1]) / float(match[2])
        return value, value
    return _number(text)


def _date_ns(text: str, zone: tzinfo | None) -> tuple[float, float]:
    first, behind = _period(text, zone)
    return _to_ns(first, zone), _to_ns(behind, zone) - 1


def _period(text: str, zone: tzinfo | None) -> tuple[datetime, datetime]:
    """The first moment of a date and the first one after it."""
    days_ago = {"today": 0, "yesterday": 1}.get(text.lower())
    if days_ago is not None:
        day = datetime.combine(
            datetime.now(zone).date() - timedelta(days=days_ago), datetime.min.time()
        )
        return day, day + timedelta(days=1)
    match = _DATE.fullmatch(text)
    try:
        if match:
            return _period_of(*(int(part) if part else None for part in match.groups()))
    except (ValueError, OverflowError):
        pass
    raise InvalidRequest(
        f"'{text[:50]}' is not a date: write 2025, 2025-03, 2025-03-14, 2025-01..2025-03 or >2025-03-14."
    )


def _period_of(
    year: int | None, month: int | None, day: int | None, hour: int | None, minute: int | None
) -> tuple[datetime, datetime]:
    assert year is not None  # every date has one
    first = datetime(year, month or 1, day or 1, hour or 0, minute or 0)
    if minute is not None:
        return first, first + timedelta(minutes=1)
    if hour is not None:
        return first, first + timedelta(hours=1)
    if day is not None:
        return first, first + timedelta(days=1)
    if month is not None:
        return first, datetime(year + month // 12, month % 12 + 1, 1)
    return first, datetime(year + 1, 1, 1)


def _to_ns(moment: datetime, zone: tzinfo | None) -> int:
    try:
        return times.local_seconds(moment, zone) * 10**9
    except (OverflowError, OSError, ValueError) as exc:  # before the year 1 in some zones
        raise InvalidRequest(
            f"The year {moment.year} is outside of what this machine's clock knows."
        ) from exc
