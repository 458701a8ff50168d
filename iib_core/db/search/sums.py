"""Sums over some files: their disk space by folder, and the words of their prompts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection

from iib_core.db.bulk import json_ids
from iib_core.db.sqlite import join_ids


@dataclass(frozen=True)
class FolderSum:
    """The files directly in a folder."""

    path: str
    count: int
    size_bytes: int


def sum_by_folder(conn: Connection, ids: Iterable[int]) -> list[FolderSum]:
    """Number and size of files by their folder."""
    rows = conn.exec_driver_sql(
        "SELECT f.path, n.files, n.bytes FROM (SELECT i.folder_id, count(*) AS files, "
        f"sum(i.size_bytes) AS bytes FROM {join_ids('image i', 'i.id')} GROUP BY 1) n "
        "CROSS JOIN folder f ON f.id = n.folder_id",
        (json_ids(ids),),
    )
    return [FolderSum(*row) for row in rows]


def count_prompt_words(conn: Connection, ids: Iterable[int]) -> Counter[str]:
    """Files by each word of their prompts."""
    rows = conn.exec_driver_sql(
        f"SELECT t.name, count(*) FROM {join_ids('image_body s', 's.image_id')} "
        "CROSS JOIN json_each(s.auto_tags) a "
        "CROSS JOIN tag t ON t.id = a.value AND t.category = 'prompt' GROUP BY t.id",
        (json_ids(ids),),
    )
    return Counter({row[0]: row[1] for row in rows})
