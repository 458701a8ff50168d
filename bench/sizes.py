"""What the database takes, by part: ``python -m bench sizes [ROWS]``, at one and at four pictures a
prompt.

Beside the texts and paths as they stand in the files, all copies counted; parameters apart.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sqlite3
import tempfile
import time
from collections import defaultdict
from itertools import islice
from pathlib import Path

from bench import corpus
from iib_core.db import images
from iib_core.db.engine import Database

BATCH = 4000
_LIMIT = 1.3
# What belongs to a part begins with its name in the database; the first that fits counts.
_PARTS = (
    ("image_fts", "text index"),
    ("image_tag", "tags by picture"),
    ("text_tag", "tags by text"),
    ("searched_text", "texts"),
    ("image_text", "texts by picture"),
    ("image_parameter", "parameters"),
    ("parameter_", "parameters"),
    ("sqlite_autoindex_parameter", "parameters"),
    ("image", "pictures"),
    ("sqlite_autoindex_image", "pictures"),
)


def main(arguments: list[str]) -> int:
    """Print the sizes; 1 where four pictures a prompt take more than the limit of the project."""
    options = argparse.ArgumentParser(prog="python -m bench sizes", description=__doc__)
    options.add_argument("rows", nargs="?", type=int, default=20_000)
    chosen = options.parse_args(arguments)
    return int(report(chosen.rows))


def report(rows: int) -> bool:
    """Print what ``rows`` pictures take; whether the limit is missed."""
    with tempfile.TemporaryDirectory(prefix="iib-bench-") as name:
        _measure(Path(name, "one.db"), rows, 1)
        return _measure(Path(name, "four.db"), rows, 4) > _LIMIT


def _measure(path: Path, rows: int, per_prompt: int) -> float:
    seconds = _build(path, rows, per_prompt)
    with contextlib.closing(sqlite3.connect(path)) as conn:
        held = _count_held(conn)
        parts = _sum_parts(conn)
    parameters = parts.pop("parameters", 0)
    size = os.path.getsize(path) - parameters
    ratio = size / held
    print(
        f"{per_prompt} a prompt: {size / rows:,.0f} bytes a picture, {ratio:.2f} times the text"
        f"{f' (limit {_LIMIT})' if per_prompt > 1 else ''}; parameters {parameters / held:.2f}; written "
        f"in {seconds / rows * 1e6:,.0f} us of processor a picture"
    )
    for part, taken in sorted(parts.items(), key=lambda item: -item[1]):
        print(f"  {part:18}{taken / rows:8,.0f} bytes a picture {taken / held:6.2f}")
    return ratio


def _build(path: Path, rows: int, per_prompt: int) -> float:
    """Write the library; the processor seconds of that."""
    database = Database(str(path), is_new=True)
    source = corpus.rows(rows, per_prompt=per_prompt)
    seconds = 0.0
    while batch := list(islice(source, BATCH)):
        started = time.process_time()
        with database.write() as conn:
            images.upsert_many(conn, batch)
        seconds += time.process_time() - started
    database.close()
    return seconds


def _count_held(conn: sqlite3.Connection) -> int:
    """Bytes of the texts and paths as they stand in the files."""
    (held,) = conn.execute(
        "SELECT sum(length(CAST(t.text AS BLOB)) + length(CAST(f.path AS BLOB)) + 1 + "
        "length(CAST(i.name AS BLOB))) FROM image i JOIN image_body t ON t.image_id = i.id "
        "JOIN folder f ON f.id = i.folder_id"
    ).fetchone()
    return int(held)


def _sum_parts(conn: sqlite3.Connection) -> dict[str, int]:
    """Bytes by part; empty where SQLite was built without its table of pages."""
    sums: dict[str, int] = defaultdict(int)
    try:
        pages = conn.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name").fetchall()
    except sqlite3.OperationalError:
        return sums
    for name, taken in pages:
        part = next((part for start, part in _PARTS if name.startswith(start)), "everything else")
        sums[part] += taken
    return sums
