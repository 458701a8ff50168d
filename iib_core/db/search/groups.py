"""Groups of sorted results: those of one model, one folder, one band of sizes ... in a row.

Results are sorted by the value that the groups are about, so that their borders are found by
bisection: a few thousand values are read, however many files there are.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, Float, cast, select

from iib_core.db import places
from iib_core.db.search.int_columns import Ints
from iib_core.db.search.parameters_sql import sorted_value
from iib_core.db.search.sorting import PARAMETER
from iib_core.db.sqlite import as_number_or_text, ids_in
from iib_core.db.tables import folder, image
from iib_core.search.criteria import PARAMETERS

# With more groups than this there are none: nearly each file would have a heading of its own.
MAX_GROUPS = 2000
# Places that are looked at before the first bisection.
_PROBES = 256
_MIB = 2**20
_PIXELS = (512, 768, 1024, 1536, 2048, 4096)


@dataclass(frozen=True)
class Group:
    """Results in a row with one value: a text, a number, or a band ``low..high`` with one open end
    at most; "" for those without a value.
    """

    value: str
    count: int


def _plain(value: Any) -> str:
    return str(value)


def _number(value: Any) -> str:
    return f"{value:g}" if isinstance(value, (int, float)) else str(value)


def _letter(name: str) -> str:
    """The first letter; one group for all digits."""
    first = name[:1].upper()
    return "0-9" if first.isascii() and first.isdigit() else first


def _band(edges: Sequence[float], value: float) -> str:
    at = bisect_right(edges, value)
    low = "" if at == 0 else f"{edges[at - 1]:.15g}"
    high = "" if at == len(edges) else f"{edges[at]:.15g}"
    return f"{low}..{high}"


def _shape(ratio: float) -> str:
    """As the field ``ratio:`` names shapes."""
    if math.isclose(ratio, 1, abs_tol=0.01):
        return "square"
    return "portrait" if ratio < 1 else "landscape"


def _bands(*edges: float) -> Callable[[Any], str]:
    return partial(_band, edges)


_FOLDER = select(folder.c.path).where(folder.c.id == image.c.folder_id).scalar_subquery()
_SHAPES = (cast(image.c.width_px, Float) / image.c.height_px, _shape)
_AREA = (
    image.c.width_px * image.c.height_px,
    _bands(*(million * 10**6 for million in (0.5, 1, 2, 4, 8, 16))),
)
_BY_FOLDER = {"path", "folder"}
# Sort -> what is read of a file, and the value of its group.
_GROUPED: Mapping[str, tuple[Any, Callable[[Any], str]]] = {
    "name": (image.c.name, _letter),
    "bytes": (
        image.c.size_bytes,
        _bands(*(_MIB * size for size in (0.25, 0.5, 1, 2, 4, 8, 16, 64))),
    ),
    "width": (image.c.width_px, _bands(*_PIXELS)),
    "height": (image.c.height_px, _bands(*_PIXELS)),
    "pixels": _AREA,
    "mp": _AREA,
    "ratio": _SHAPES,
    "aspect": _SHAPES,
    "duration": (image.c.duration_s, _bands(5, 10, 30, 60, 300, 1800)),
    **{
        name: (image.c[column], _plain)
        for name, column in {
            "type": "media",
            "source": "source",
            "model": "model",
            "hash": "model_hash",
            "vae": "vae",
            "sampler": "sampler",
            "scheduler": "scheduler",
        }.items()
    },
    "steps": (image.c.steps, _number),
    "cfg": (image.c.cfg_scale, _number),
    "rating": (image.c.rating, _number),
    "rated": (image.c.rating, _number),
}


def find_groups(conn: Connection, sort: str, ids: Ints) -> list[Group]:
    """The groups of results in the order of ``sort``; none for an order that has no groups, and
    where there are too many.
    """
    if sort.startswith(PARAMETER) or sort in PARAMETERS:
        names = PARAMETERS.get(sort, [sort[len(PARAMETER) :]])
        grouped: tuple[Any, Callable[[Any], str]] = (
            sorted_value(names),
            lambda value: _number(as_number_or_text(conn, value)),
        )
    elif sort in _BY_FOLDER:
        grouped = _FOLDER, partial(places.local, conn)
    elif sort in _GROUPED:
        grouped = _GROUPED[sort]
    else:
        return []
    return _bisect(len(ids), partial(_read, conn, grouped, ids))


def _read(
    conn: Connection,
    grouped: tuple[Any, Callable[[Any], str]],
    ids: Ints,
    positions: Sequence[int],
) -> list[str | None]:
    """The value at each position; None for a file that is gone since then."""
    column, label = grouped
    wanted = [int(ids[position]) for position in positions]
    listed = ids_in(wanted)
    rows = conn.execute(
        select(image.c.id, column).select_from(listed).join(image, image.c.id == listed.c.value)
    )
    values = {row[0]: "" if row[1] is None else label(row[1]) for row in rows}
    return [values.get(image_id) for image_id in wanted]


def _bisect(count: int, read: Callable[[Sequence[int]], list[str | None]]) -> list[Group]:
    if not count:
        return []
    probes = sorted({*range(0, count, max(1, count // _PROBES)), count - 1})
    known: dict[int, str] = {}
    last = ""
    for position, value in zip(probes, read(probes)):
        known[position] = last = last if value is None else value
    gaps = list(pairwise(probes))
    while gaps := [gap for gap in gaps if gap[1] - gap[0] > 1 and _differ(known, gap)]:
        if len(gaps) > MAX_GROUPS:
            return []
        middles = [(first + end) // 2 for first, end in gaps]
        for gap, middle, value in zip(gaps, middles, read(middles)):
            known[middle] = known[gap[0]] if value is None else value
        gaps = [
            half
            for (first, end), middle in zip(gaps, middles)
            for half in ((first, middle), (middle, end))
        ]
    return _runs(known, count)


def _differ(known: Mapping[int, str], gap: tuple[int, int]) -> bool:
    return known[gap[0]].casefold() != known[gap[1]].casefold()


def _runs(known: Mapping[int, str], count: int) -> list[Group]:
    positions = sorted(known)
    starts = [
        position
        for before, position in zip([None, *positions], positions)
        if before is None or _differ(known, (before, position))
    ]
    if len(starts) > MAX_GROUPS:
        return []
    ends = [*starts[1:], count]
    return [Group(known[start], end - start) for start, end in zip(starts, ends)]
