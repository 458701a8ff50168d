"""Which blocks of images have changed since something about all of them was read into an array."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

import numpy as np
from sqlalchemy import Connection, func, select

from iib_core.db.image_blocks import SIZE
from iib_core.db.search.int_columns import Ints, read_columns
from iib_core.db.tables import image, image_block

# A smaller library is read anew in some milliseconds.
_MIN_FILES = 50_000
# Blocks that are read at a time.
_BLOCKS = 8


def read_changes(conn: Connection) -> Ints | None:
    """The number of changes of each block of images, up to the last one; None in a small library."""
    newest_id = int(conn.execute(select(func.max(image.c.id))).scalar() or 0)
    if newest_id < _MIN_FILES:
        return None
    blocks, changes = read_columns(conn, select(image_block.c.block, image_block.c.changes))
    counted = np.zeros(newest_id // SIZE + 1, dtype=np.int64)
    is_wanted = blocks < len(counted)
    counted[blocks[is_wanted]] = changes[is_wanted]
    return counted


def list_changed(known: Ints, changes: Ints) -> Iterator[tuple[int, int]]:
    """The first id and the end of each run of blocks that differ in their changes."""
    same = min(len(known), len(changes))
    is_changed = np.ones(len(changes), dtype=bool)
    is_changed[:same] = known[:same] != changes[:same]
    blocks: list[int] = np.flatnonzero(is_changed).tolist()
    for _, run in groupby(enumerate(blocks), lambda item: (item[1] - item[0], item[1] // _BLOCKS)):
        members = [block for _, block in run]
        yield members[0] * SIZE, (members[-1] + 1) * SIZE
