"""Parameters of files: any name with a number or a text, in the form in which searches compare
them.

Names and values are stored once; a file refers to them. Those that no file has any more stay: a
library has few.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from sqlalchemy import Connection

from iib_core.db import fts
from iib_core.db.bulk import insert_many, json_ids, json_rows
from iib_core.db.rows import OWN, Stated

_SIGNS = re.compile(r"[\W_]+")


@lru_cache(maxsize=4096)
def key(name: str) -> str:
    """The form of a name that is compared: ``Clip skip``, ``clip_skip`` and ``CLIP-Skip`` are one."""
    if name in OWN:
        return name
    folded = fts.fold(name)
    return _SIGNS.sub(" ", folded).strip() or folded


def add(conn: Connection, rows: Iterable[tuple[int, Sequence[Stated]]]) -> None:
    """Store the parameters of images that have none, as (image id, parameters)."""
    stated = [(image_id, one) for image_id, all_of_one in rows for one in all_of_one]
    distinct = dict.fromkeys(one for _, one in stated)
    names = _ensure_names(conn, dict.fromkeys(one.name for one in distinct))
    values = _ensure_values(conn, names, distinct)
    links = sorted({(image_id, names[one.name], values[one]) for image_id, one in stated})
    insert_many(conn, "INSERT INTO image_parameter(image_id, name_id, value_id)", links)


def remove(conn: Connection, image_ids: Iterable[int]) -> None:
    """Remove all parameters from images."""
    conn.exec_driver_sql(
        "DELETE FROM image_parameter WHERE image_id IN (SELECT value FROM json_each(?))",
        (json_ids(image_ids),),
    )


def find_name_ids(conn: Connection, names: Iterable[str]) -> list[int]:
    """Ids of those of ``names`` that a file has stated."""
    ids = conn.exec_driver_sql(
        "SELECT n.id FROM json_each(?) x CROSS JOIN parameter_name n ON n.key = x.value ORDER BY n.id",
        (json.dumps([key(name) for name in names]),),
    )
    return list(dict.fromkeys(ids.scalars()))


def find_like(conn: Connection, part: str, limit: int) -> list[str]:
    """Names that files have stated and that contain ``part``: those that begin with it first, then
    the shortest.
    """
    wanted = key(part) if part else ""
    rows = conn.exec_driver_sql(
        "SELECT name FROM parameter_name WHERE key NOT LIKE ':%' AND instr(key, ?) > 0 "
        "ORDER BY instr(key, ?) > 1, length(key), key LIMIT ?",
        (wanted, wanted, limit),
    )
    return list(rows.scalars())


def _ensure_names(conn: Connection, names: Iterable[str]) -> dict[str, int]:
    keys = {name: key(name) for name in names}
    wanted = list(dict.fromkeys(keys.values()))
    rows = conn.exec_driver_sql(
        "SELECT n.key, n.id FROM json_each(?) x CROSS JOIN parameter_name n ON n.key = x.value",
        (json.dumps(wanted),),
    )
    ids = {row[0]: row[1] for row in rows}
    new: dict[str, str] = {}
    for name, its_key in keys.items():
        if its_key not in ids:
            new.setdefault(its_key, name)
    first = _next_id(conn, "parameter_name") if new else 0
    ids.update(zip(new, range(first, first + len(new))))
    stored = [(ids[its_key], fts.as_text(name), its_key) for its_key, name in new.items()]
    insert_many(conn, "INSERT INTO parameter_name(id, name, key)", stored)
    return {name: ids[its_key] for name, its_key in keys.items()}


def _ensure_values(
    conn: Connection, names: Mapping[str, int], distinct: Iterable[Stated]
) -> dict[Stated, int]:
    keys = {one: (names[one.name], fts.fold(one.text)) for one in distinct}
    ids = _find_value_ids(conn, list(dict.fromkeys(keys.values())))
    new: dict[tuple[int, str], Stated] = {}
    for one, its_key in keys.items():
        if its_key not in ids:
            new.setdefault(its_key, one)
    first = _next_id(conn, "parameter_value") if new else 0
    ids.update(zip(new, range(first, first + len(new))))
    stored = []
    for (name_id, folded), one in new.items():
        text = fts.as_text(one.text)
        stored.append(
            (ids[name_id, folded], name_id, one.number, None if text == folded else text, folded)
        )
    insert_many(conn, "INSERT INTO parameter_value(id, name_id, number, text, key)", stored)
    return {one: ids[its_key] for one, its_key in keys.items()}


def _find_value_ids(
    conn: Connection, wanted: Sequence[tuple[int, str]]
) -> dict[tuple[int, str], int]:
    # In one row: row after row would take turns with the threads that read pictures.
    numbers, ids = conn.exec_driver_sql(
        "SELECT json_group_array(x.key), json_group_array(v.id) FROM json_each(?) x "
        "CROSS JOIN parameter_value v ON v.name_id = json_extract(x.value, '$[0]') "
        "AND v.key = json_extract(x.value, '$[1]')",
        (json_rows(wanted),),
    ).one()
    return {
        wanted[number]: value_id for number, value_id in zip(json.loads(numbers), json.loads(ids))
    }


def _next_id(conn: Connection, table: str) -> int:
    return int(conn.exec_driver_sql(f"SELECT coalesce(max(id), 0) + 1 FROM {table}").scalar_one())
