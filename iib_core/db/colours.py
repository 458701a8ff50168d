"""The mean colours of pictures, computed when their thumbnails are made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from iib_core.db import folders
from iib_core.db.bulk import json_rows


def find_ids(conn: Connection, states: Sequence[tuple[str, int]]) -> dict[tuple[str, int], int]:
    """Ids of pictures, given as (path as text, mtime_ns), that are indexed and unchanged since."""
    locations = folders.find_locations(conn, [path for path, _ in states])
    rows = [
        (number, *locations[path], mtime_ns)
        for number, (path, mtime_ns) in enumerate(states)
        if path in locations
    ]
    found = conn.exec_driver_sql(
        "SELECT json_extract(x.value, '$[0]'), i.id FROM json_each(?) x CROSS JOIN image i "
        "ON i.folder_id = json_extract(x.value, '$[1]') AND i.name = json_extract(x.value, '$[2]') AND "
        "i.mtime_ns = json_extract(x.value, '$[3]')",
        (json_rows(rows),),
    )
    return {states[row[0]]: row[1] for row in found}


def store(conn: Connection, colours: Iterable[tuple[int, int]]) -> None:
    """Store (image id, colour as 0xRRGGBB)."""
    # It begins with WITH, so that it does not count as a change of the index: the page does not
    # have to reload because of a colour.
    conn.exec_driver_sql(
        "WITH known(id, color) AS (SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM "
        "json_each(?)) "
        "UPDATE image SET color = known.color FROM known WHERE image.id = known.id",
        (json_rows(colours),),
    )
