"""Files by folder, media type and quarter of an hour of their time, with their bytes: counts that
triggers keep up to date.

The statistics of a library, its number of files and those of its folders come from here. A library
has as many of these rows as there were quarters in which files were saved, whatever their number.
Only files that are shown count.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from iib_core.db.bulk import json_ids
from iib_core.db.sqlite import join_ids

# A day depends on the client's time zone, and offsets are multiples of a quarter of an hour: files
# are counted by quarter, and quarters are added up to days.
QUARTER_NS = 900 * 10**9

_COUNTED = "folder_id, shown, media, mtime_ns, size_bytes"


def quarter_of(row: str) -> str:
    """The quarter of an image's row, as ``sorting.to_quarter``."""
    time_ns = f"{row}.mtime_ns"
    is_before = f"CASE WHEN {time_ns} % {QUARTER_NS} < 0 THEN 1 ELSE 0 END"
    return f"({time_ns} / {QUARTER_NS} - {is_before})"


_ADD = (
    "INSERT INTO folder_quarter(folder_id, quarter, media, files, size_bytes) "
    f"VALUES (new.folder_id, {quarter_of('new')}, new.media, 1, new.size_bytes) "
    "ON CONFLICT(folder_id, quarter, media) "
    "DO UPDATE SET files = folder_quarter.files + 1, "
    "size_bytes = folder_quarter.size_bytes + excluded.size_bytes;"
)
_OLD = f"folder_id = old.folder_id AND quarter = {quarter_of('old')} AND media = old.media"
_TAKE = (
    "UPDATE folder_quarter SET files = files - 1, size_bytes = size_bytes - old.size_bytes "
    f"WHERE {_OLD}; "
    f"DELETE FROM folder_quarter WHERE {_OLD} AND files = 0;"
)
# (name, change, the row that must be shown, what is done). A row that changes is taken out as it was
# and added as it is: in which order does not matter.
CHANGES = (
    ("insert", "INSERT", "new", _ADD),
    ("delete", "DELETE", "old", _TAKE),
    ("before", f"UPDATE OF {_COUNTED}", "old", _TAKE),
    ("after", f"UPDATE OF {_COUNTED}", "new", _ADD),
)
TRIGGERS = tuple(
    f"CREATE TRIGGER folder_quarter_{name} AFTER {change} ON image WHEN {row}.shown = 1 "
    f"BEGIN {body} END"
    for name, change, row, body in CHANGES
)


def fill(conn: Connection) -> None:
    """Count all files once, for a database that has no counts yet."""
    conn.exec_driver_sql(
        "INSERT INTO folder_quarter(folder_id, quarter, media, files, size_bytes) "
        f"SELECT folder_id, {quarter_of('image')}, media, count(*), sum(size_bytes) "
        "FROM image WHERE shown = 1 GROUP BY 1, 2, 3"
    )


def count(conn: Connection) -> int:
    """The number of files of the library."""
    query = "SELECT coalesce(sum(files), 0) FROM folder_quarter"
    return int(conn.exec_driver_sql(query).scalar_one())


def count_in(conn: Connection, folder_ids: Iterable[int]) -> dict[int, int]:
    """The number of files directly in each of these folders; those without are left out."""
    rows = conn.exec_driver_sql(
        f"SELECT q.folder_id, sum(q.files) FROM {join_ids('folder_quarter q', 'q.folder_id')} "
        "GROUP BY q.folder_id",
        (json_ids(folder_ids),),
    )
    return {row[0]: row[1] for row in rows}
