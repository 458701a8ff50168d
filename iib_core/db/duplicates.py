"""What is known of files that may be duplicates: what tells which one to keep, and what differs."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from iib_core.db import albums, tags
from iib_core.db.bulk import json_ids

_CHUNK = 10_000
# How much the metadata say: how many of these are known.
_FIELDS = " + ".join(
    f"CASE WHEN {known} THEN 1 ELSE 0 END"
    for known in (
        "t.prompt_chars > 0",
        "t.negative_chars > 0",
        "i.source IS NOT NULL",
        "i.model IS NOT NULL",
        "i.sampler IS NOT NULL",
        "i.steps IS NOT NULL",
        "i.cfg_scale IS NOT NULL",
        "i.seed IS NOT NULL",
    )
)
_JOINED = (
    "FROM json_each(?) x CROSS JOIN image i ON i.id = x.value "
    "LEFT JOIN image_text b ON b.image_id = i.id LEFT JOIN searched_text t ON t.id = b.text_id"
)

# What is read of a file beside its path, in this order.
_FACTS = (
    "media",
    "mtime_ns",
    "birth_ns",
    "size_bytes",
    "width_px",
    "height_px",
    "duration_s",
    "rating",
    "fields",
    "text_chars",
)


@dataclass(frozen=True)
class File:
    """A file with all that duplicates are compared by.

    ``fields``: how many of prompt, negative prompt, generator, model, sampler, steps, CFG scale and
    seed its metadata tell; ``text_chars``: how long they are.
    """

    id: int
    path: str
    media: str
    mtime_ns: int
    birth_ns: int
    size_bytes: int
    width_px: int
    height_px: int
    duration_s: float
    rating: int
    fields: int
    text_chars: int
    tags: tuple[str, ...]
    albums: tuple[str, ...]


def load_worth(conn: Connection, ids: Sequence[int]) -> NDArray[np.int64]:
    """What tells which file to keep, a row for each id: metadata fields, rating, tags and albums,
    width and height in pixels, bytes, time. The row of a file that is gone is 0.
    """
    found = np.zeros((len(ids), 7), dtype=np.int64)
    for start in range(0, len(ids), _CHUNK):
        part = ids[start : start + _CHUNK]
        places = {image_id: at for at, image_id in enumerate(part, start)}
        rows = conn.exec_driver_sql(
            f"SELECT i.id, {_FIELDS}, coalesce(i.rating, 0), "
            "(SELECT count(*) FROM image_tag m WHERE m.image_id = i.id AND m.custom = 1), "
            f"coalesce(i.width_px, 0), coalesce(i.height_px, 0), i.size_bytes, i.mtime_ns {_JOINED}",
            (json_ids(part),),
        )
        for image_id, *values in rows:
            found[places[image_id]] = values
    return found


def list_of_equal_size(conn: Connection) -> list[int]:
    """Ids of all files that are shown and have the size of another one."""
    listed = conn.exec_driver_sql(
        "SELECT json_group_array(id) FROM image WHERE shown = 1 AND size_bytes IN "
        "(SELECT size_bytes FROM image WHERE shown = 1 AND size_bytes > 0 GROUP BY 1 HAVING count(*) > 1)"
    ).scalar_one()
    ids: list[int] = json.loads(listed)
    return ids


def describe(conn: Connection, ids: Iterable[int]) -> dict[int, File]:
    """Files that are shown, by id."""
    listed = list(ids)
    rows = conn.exec_driver_sql(
        "SELECT i.id, f.path, i.name, i.media, i.mtime_ns, i.birth_ns, i.size_bytes, "
        "coalesce(i.width_px, 0), coalesce(i.height_px, 0), coalesce(i.duration_s, 0), "
        f"coalesce(i.rating, 0), {_FIELDS}, coalesce(length(t.text), 0) {_JOINED} "
        "CROSS JOIN folder f ON f.id = i.folder_id WHERE i.shown = 1",
        (json_ids(listed),),
    ).all()
    tagged, placed = tags.list_custom_of(conn, listed), albums.list_of(conn, listed)
    found = {}
    for image_id, folder, name, *values in rows:
        facts: dict[str, Any] = dict(zip(_FACTS, values))
        named = tuple(tag.name for tag in tagged.get(image_id, ()))
        held = tuple(album for _, album in placed.get(image_id, ()))
        path = os.path.join(folder, name)
        found[image_id] = File(id=image_id, path=path, tags=named, albums=held, **facts)
    return found
