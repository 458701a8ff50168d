"""Blocks of images by their ids, each with the number of its changes, which triggers count.

What is kept in memory of all images is read again for the blocks that have changed since, by
whichever process.
"""

from __future__ import annotations

from sqlalchemy import Connection

# The number of ids in a block.
SIZE = 4096

# What results are sorted by, and whether an image is shown. Parameters are written with their image.
_SORTED = (
    "shown, media, width_px, height_px, duration_s, source, model_hash, vae, sampler, scheduler, steps, "
    "cfg_scale, rating"
)
_COUNT = (
    f"INSERT INTO image_block(block, changes) VALUES ({{row}} / {SIZE}, 1) "
    "ON CONFLICT(block) DO UPDATE SET changes = image_block.changes + 1;"
)
# (name, table, change, what is done).
CHANGES = tuple(
    (f"image_block_{table}_{name}", table, change, _COUNT.format(row=row))
    for table, key, columns in (("image", "id", _SORTED), ("score", "image_id", "value"))
    for name, change, row in (
        ("insert", "INSERT", f"new.{key}"),
        ("delete", "DELETE", f"old.{key}"),
        ("update", f"UPDATE OF {columns}", f"new.{key}"),
    )
)
TRIGGERS = tuple(
    f"CREATE TRIGGER {name} AFTER {change} ON {table} BEGIN {body} END"
    for name, table, change, body in CHANGES
)


def count_texts(conn: Connection, text_ids: str) -> None:
    """Count a change of the images that refer to texts, as ``json_ids`` gives them: these will refer
    to others. All other writes of a text write its image.
    """
    conn.exec_driver_sql(
        f"INSERT INTO image_block(block, changes) SELECT DISTINCT image_id / {SIZE}, 1 FROM image_text "
        "WHERE text_id IN (SELECT value FROM json_each(?)) "
        "ON CONFLICT(block) DO UPDATE SET changes = image_block.changes + 1",
        (text_ids,),
    )
