"""Files drawn at random."""

from __future__ import annotations

import random

from sqlalchemy import Connection, func, select

from iib_core.db.search.criteria_sql import Where
from iib_core.db.sqlite import unindexed, values_of
from iib_core.db.tables import image
from iib_core.search.criteria import Criterion

# So many ids are drawn at a time, and so often before all files are listed instead: ids of files
# long gone draw blanks.
_DRAWN = 192
_DRAWS = 40


def draw(conn: Connection, criterion: Criterion, number: int) -> list[int]:
    """Ids of ``number`` different files that satisfy ``criterion``, in random order; all of them if
    they are fewer.

    ``criterion`` must not be about text or missing files.
    """
    chance = random.SystemRandom()
    where = Where(conn, criterion)
    conditions = [where.base, *([condition] if (condition := where.sql(criterion)) is not None else [])]
    # Asked for one by one: each is the end of an index then, and not a walk through all of it.
    low, high = (conn.execute(select(edge(image.c.id))).scalar() or 0 for edge in (func.min, func.max))
    found: dict[int, None] = {}
    for _ in range(_DRAWS if high - low >= _DRAWN else 0):
        ids = [chance.randint(low, high) for _ in range(_DRAWN)]
        there = set(
            conn.execute(
                select(image.c.id).where(
                    image.c.id.in_(values_of(ids)), unindexed(image.c.shown) == 1, *conditions[1:]
                )
            ).scalars()
        )
        found.update(dict.fromkeys(image_id for image_id in ids if image_id in there))
        if len(found) >= number:
            return list(found)[:number]
    every = list(conn.execute(select(image.c.id).where(*conditions)).scalars())
    return chance.sample(every, min(number, len(every)))
