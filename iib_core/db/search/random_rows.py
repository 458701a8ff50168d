"""Files at random: some of them, or pages of a random order."""

from __future__ import annotations

import random
from collections.abc import Iterator

from sqlalchemy import Connection, func, select

from iib_core.db.search.criteria_sql import SearchSql
from iib_core.db.search.cursors import Cursor, Key
from iib_core.db.search.sorting import RANDOM, Order, Shuffle
from iib_core.db.sqlite import values_of
from iib_core.db.tables import image
from iib_core.search.criteria import Criterion

# Draw this many random ids per query, at most _DRAWS times; ids of deleted files give no row. Then
# all files are listed.
_DRAWN = 192
_DRAWS = 40
# The same for positions of the random order.
_POSITIONS = 512
_POSITION_DRAWS = 20
# Greater than the id of any file: a key with it marks progress only.
_AFTER_ALL_IDS = 2**62


def draw(conn: Connection, criterion: Criterion, number: int) -> list[int]:
    """Ids of ``number`` different files that satisfy ``criterion``, in random order; of all files
    if there are fewer.

    ``criterion`` must not be about text or missing files.
    """
    chance = random.SystemRandom()
    sql = SearchSql(conn, criterion)
    ids = _draw_ids(sql, number, chance)
    if len(ids) >= number:
        return ids[:number]
    every = list(
        conn.execute(select(image.c.id).where(sql.base_unindexed, *sql.conditions)).scalars()
    )
    return chance.sample(every, min(number, len(every)))


def _draw_ids(sql: SearchSql, number: int, chance: random.Random) -> list[int]:
    """Different ids drawn from the whole range; fewer than ``number`` where too few are in use."""
    # Asked for one by one: each is then the end of an index, and not a scan of all of it.
    low, high = (
        sql.conn.execute(select(edge(image.c.id))).scalar() or 0 for edge in (func.min, func.max)
    )
    drawn: dict[int, None] = {}
    for _ in range(_DRAWS if high - low >= _DRAWN else 0):
        ids = [chance.randint(low, high) for _ in range(_DRAWN)]
        matching = _matching(sql, ids)
        drawn.update(dict.fromkeys(image_id for image_id in ids if image_id in matching))
        if len(drawn) >= number:
            break
    return list(drawn)


def new_cursor(order: Order, newest_id: int) -> Cursor:
    """The cursor at the beginning of an order; for the random one with the seed of its permutation."""
    if order.sort != RANDOM:
        return Cursor(order.sort, order.descending, (None, 0))
    seed = order.seed or random.SystemRandom().randrange(1, 2**53)
    return Cursor(order.sort, order.descending, (None, 0), seed, max(2, newest_id.bit_length()))


def list_by_position(
    sql: SearchSql, shuffle: Shuffle, start: Key | None
) -> Iterator[tuple[list[Key], Key]]:
    """Files at the next positions of the random order after ``start``, by batches, at most
    ``_POSITION_DRAWS``; each with the key that the next batch starts after.
    """
    position = int(str(start[0])) + 1 if start else 0
    end = 1 << shuffle.bits
    for _ in range(_POSITION_DRAWS):
        if position >= end:
            return
        positions = {
            shuffle.id_at(at): at for at in range(position, min(position + _POSITIONS, end))
        }
        matching = _matching(sql, list(positions))
        position += len(positions)
        yield (
            sorted((positions[image_id], image_id) for image_id in matching),
            (position - 1, _AFTER_ALL_IDS),
        )


def _matching(sql: SearchSql, ids: list[int]) -> set[int]:
    query = select(image.c.id).where(
        image.c.id.in_(values_of(ids)), sql.base_unindexed, *sql.conditions
    )
    return set(sql.conn.execute(query).scalars())
