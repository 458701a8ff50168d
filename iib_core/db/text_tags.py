"""Automatic tags of images, by their texts: one row for all images of a text and a quarter of an hour.

Pictures of one prompt have the same words, model and sampler, and mostly were made together, so this
takes a fraction of a row for each image; by quarters the files of a tag can still be walked in the
order of their dates. The tag of the size, which is the image's own (``texts.py``), is a row of
``image_tag`` as custom tags are. Of databases older than this all automatic tags are; ``merge_some``
moves them, a batch at a time, and the view ``tagged_image`` reads both.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, func, select

from iib_core.db.bulk import json_ids, json_rows
from iib_core.db.folder_quarters import quarter_of
from iib_core.db.sqlite import forget_change, greatest, join_ids
from iib_core.db.tables import image, image_tag, image_text, text_tag

# The tags of a text; 0 is in place of the image's own.
_LISTED = "json_each(replace(s.auto_tags, char(26), '0')) t"
_PAIRS = (
    "(SELECT DISTINCT b.text_id, b.quarter FROM json_each(?) x "
    "CROSS JOIN image_text b ON b.image_id = x.value) p"
)
# Before the time of any file.
_NEVER_NS = -(2**62)


def add(conn: Connection, image_ids: Iterable[int]) -> None:
    """Insert the automatic tags of images whose texts are written; ``tags.add_counts_of`` updates the
    counts.
    """
    ids = json_ids(image_ids)
    _add_to_texts(conn, ids)
    conn.exec_driver_sql(
        "INSERT INTO image_tag(tag_id, mtime_ns, image_id, custom) "
        f"SELECT b.own_tag, i.mtime_ns, i.id, 0 FROM {join_ids('image i', 'i.id')} "
        "CROSS JOIN image_text b ON b.image_id = i.id AND b.own_tag IS NOT NULL ORDER BY 1, 2, 3",
        (ids,),
    )


def remove(conn: Connection, image_ids: Iterable[int]) -> None:
    """Remove all automatic tags from images whose texts are written anew or removed after this;
    ``tags.add_counts_of`` must have reduced the counts before.
    """
    ids = json_ids(image_ids)
    _remove_from_images(conn, ids, "b.quarter IS NULL OR t.value = b.own_tag")
    pairs = _find_pairs(conn, ids)
    conn.exec_driver_sql(
        "UPDATE image_text SET quarter = NULL WHERE image_id IN (SELECT value FROM json_each(?))",
        (ids,),
    )
    conn.exec_driver_sql(
        "DELETE FROM text_tag WHERE (tag_id, quarter, text_id) IN ("
        "SELECT t.value, json_extract(x.value, '$[1]'), s.id FROM json_each(?) x "
        f"CROSS JOIN searched_text s ON s.id = json_extract(x.value, '$[0]') CROSS JOIN {_LISTED} "
        "WHERE t.value > 0 AND NOT EXISTS (SELECT 1 FROM image_text b WHERE b.text_id = s.id "
        "AND b.quarter = json_extract(x.value, '$[1]')))",
        (json_rows(pairs),),
    )


def find_tables(conn: Connection, tag_ids: Iterable[int]) -> tuple[list[int], list[int]]:
    """Those of these tags that images have by themselves, and those that they have by their texts."""
    ids = json_ids(tag_ids)
    by_image, by_text = (
        conn.exec_driver_sql(
            "SELECT x.value FROM json_each(?) x "
            f"WHERE EXISTS (SELECT 1 FROM {table} t WHERE t.tag_id = x.value)",
            (ids,),
        )
        for table in ("image_tag", "text_tag")
    )
    return list(by_image.scalars()), list(by_text.scalars())


def newest(tag_id: Column[int]) -> ColumnElement[Any]:
    """The time of the newest file with a tag, for a query of tags."""
    by_image = select(func.max(image_tag.c.mtime_ns)).where(image_tag.c.tag_id == tag_id)
    last = select(func.max(text_tag.c.quarter)).where(text_tag.c.tag_id == tag_id)
    tagged = text_tag.alias()
    by_text = select(func.max(image.c.mtime_ns)).where(
        tagged.c.tag_id == tag_id,
        tagged.c.quarter == last.correlate(tag_id.table).scalar_subquery(),
        image_text.c.text_id == tagged.c.text_id,
        image_text.c.quarter == tagged.c.quarter,
        image.c.id == image_text.c.image_id,
    )
    times = [
        func.coalesce(query.correlate(tag_id.table).scalar_subquery(), _NEVER_NS)
        for query in (by_image, by_text)
    ]
    return greatest(*times)


def has_unmerged(conn: Connection) -> bool:
    """Whether there are images that ``merge_some`` has not looked at."""
    query = "SELECT EXISTS (SELECT 1 FROM image_text WHERE quarter IS NULL)"
    return bool(conn.exec_driver_sql(query).scalar_one())


def merge_some(conn: Connection, number: int) -> int:
    """Move the automatic tags of up to ``number`` images of an older database to their texts, which
    must be merged. Returns how many images these were; 0 at the end.
    """
    waiting = conn.exec_driver_sql(
        "SELECT image_id FROM image_text WHERE quarter IS NULL ORDER BY image_id LIMIT ?", (number,)
    )
    found = list(waiting.scalars())
    ids = json_ids(found)
    _remove_from_images(conn, ids, "b.own_tag IS NULL OR t.value <> b.own_tag")
    conn.exec_driver_sql(
        f"UPDATE image_text SET quarter = (SELECT {quarter_of('i')} FROM image i WHERE i.id = image_id) "
        "WHERE image_id IN (SELECT value FROM json_each(?))",
        (ids,),
    )
    _add_to_texts(conn, ids)
    forget_change(conn)
    return len(found)


def _add_to_texts(conn: Connection, ids: str) -> None:
    conn.exec_driver_sql(
        "INSERT OR IGNORE INTO text_tag(tag_id, quarter, text_id) SELECT t.value, p.quarter, p.text_id "
        f"FROM {_PAIRS} CROSS JOIN searched_text s ON s.id = p.text_id CROSS JOIN {_LISTED} "
        "WHERE t.value > 0 ORDER BY 1, 2, 3",
        (ids,),
    )


def _find_pairs(conn: Connection, ids: str) -> list[tuple[int, int]]:
    """Texts and quarters of images, as (text id, quarter)."""
    query = f"SELECT p.text_id, p.quarter FROM {_PAIRS} WHERE p.quarter IS NOT NULL"
    return [(row[0], row[1]) for row in conn.exec_driver_sql(query, (ids,))]


def _remove_from_images(conn: Connection, ids: str, condition: str) -> None:
    """Remove those rows of automatic tags of images that meet a condition."""
    conn.exec_driver_sql(
        "DELETE FROM image_tag WHERE (tag_id, mtime_ns, image_id) IN (SELECT t.value, i.mtime_ns, i.id "
        f"FROM {join_ids('image i', 'i.id')} CROSS JOIN image_text b ON b.image_id = i.id "
        "CROSS JOIN image_body s ON s.image_id = i.id CROSS JOIN json_each(s.auto_tags) t "
        f"WHERE {condition})",
        (ids,),
    )
