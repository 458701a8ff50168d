"""Ranges of numbers as SQL."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Float, and_, cast, false, or_

from iib_core.db.tables import image
from iib_core.search.criteria import Between

COLUMNS: Mapping[str, ColumnElement[Any]] = {
    "mtime_ns": image.c.mtime_ns,
    "birth_ns": image.c.birth_ns,
    "size_bytes": image.c.size_bytes,
    "width_px": image.c.width_px,
    "height_px": image.c.height_px,
    "ratio": cast(image.c.width_px, Float) / image.c.height_px,
    "megapixels": cast(image.c.width_px, Float) * image.c.height_px / 1e6,
    "duration_s": image.c.duration_s,
    "steps": image.c.steps,
    "cfg_scale": image.c.cfg_scale,
    "seed": image.c.seed,
    "rating": image.c.rating,
}
# SQLite integers end at 2**63-1. Dates before 1678 and after 2262 are outside, in nanoseconds.
_END = 2**63
_MAX_SEED = 2**64 - 1


def between(leaf: Between) -> ColumnElement[bool]:
    """The condition of a range; a file without the number does not meet it."""
    column = COLUMNS[leaf.field]
    if leaf.field == "seed":
        return _seed_between(leaf, column)
    limits: list[ColumnElement[bool]] = [column.is_not(None)]
    if leaf.low is not None:
        limits.append(column >= max(leaf.low, -_END) if leaf.low < _END else false())
    if leaf.high is not None:
        limits.append(column <= min(leaf.high, _END - 1) if leaf.high >= -_END else false())
    return and_(*limits)


def _seed_between(leaf: Between, column: ColumnElement[Any]) -> ColumnElement[bool]:
    """Seeds from 2**63 on are stored as negative numbers."""
    low = 0 if leaf.low is None else max(0, math.ceil(leaf.low))
    high = _MAX_SEED if leaf.high is None else min(math.floor(leaf.high), _MAX_SEED)
    if low > high:
        return false()
    ranges = []
    if low < _END:
        ranges.append(column.between(low, min(high, _END - 1)))
    if high >= _END:
        ranges.append(column.between(max(low, _END) - 2 * _END, high - 2 * _END))
    return or_(*ranges)
