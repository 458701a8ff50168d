"""The order of folders, which orders by path follow: folder after folder is read until a page is
full.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, select

from iib_core.db.search.sorting import FOLDER_KEY, IN_FOLDER
from iib_core.db.sqlite import in_one_row
from iib_core.db.tables import folder

# Orders -> what follows the key of the folder in the sorted value of its first file.
BY_FOLDER = {"path": IN_FOLDER, "folder": ""}


def walk_folders(
    conn: Connection, sort: str, value: Any, *, descending: bool
) -> Iterator[list[int]] | None:
    """Ids of the folders in order, from that of a sorted ``value`` on (None: from the first), more and
    more of them at a time. None where the order of files is not that of their folders.
    """
    query = select(folder.c.id, FOLDER_KEY)
    ids, keys = map(json.loads, conn.execute(in_one_row(query)).one())
    if any(IN_FOLDER in key for key in keys):
        return None
    members: dict[str, list[int]] = {}
    for folder_id, key in zip(ids, keys):
        members.setdefault(key + BY_FOLDER[sort], []).append(folder_id)
    order = sorted(members)
    if value is not None:
        if not isinstance(value, str):
            return None
        at = bisect_right(order, value)
        order = order[:at] if descending else order[max(0, at - 1) :]
    groups = [members[key] for key in (reversed(order) if descending else order)]
    return _more_and_more(groups)


def _more_and_more(groups: list[list[int]]) -> Iterator[list[int]]:
    at, size = 0, 1
    while at < len(groups):
        yield [folder_id for group in groups[at : at + size] for folder_id in group]
        at += size
        size *= 2
