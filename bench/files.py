"""Moving files: our operation against a bare loop of renames with one statement that updates the
index.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence

from iib_core.access import Access
from iib_core.db import images
from iib_core.db.engine import Database
from iib_core.files.disk_lookup import EntryFinder
from iib_core.files.operations import Operations


def main(arguments: Sequence[str]) -> int:
    """Print the figures. Returns 1 where moving takes three times as long as the bare loop or
    longer.
    """
    parser = argparse.ArgumentParser(prog="python -m bench files", description=__doc__)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--folder",
        default=None,
        help="where to make the files; the folder for temporary files if not given",
    )
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(dir=options.folder) as top:
        rounds = [
            _measure(os.path.join(top, str(number)), options.files)
            for number in range(options.rounds)
        ]
    ratios = [ours / bare for bare, ours in rounds]
    for bare, ours in rounds:
        print(
            f"{options.files} files: bare loop {bare * 1e3:.0f} ms, operation {ours * 1e3:.0f} ms, ratio "
            f"{ours / bare:.2f}"
        )
    print(f"median ratio {statistics.median(ratios):.2f}, to stay below 3")
    return int(statistics.median(ratios) >= 3)


def _measure(top: str, count: int) -> tuple[float, float]:
    """Seconds of the bare loop and of the operation, the same files there and back."""
    root = os.path.join(top, "library")
    for folder in ("one", "two", "three"):
        os.makedirs(os.path.join(root, folder))
    names = [f"{number:05d}-{number * 7919 % 2**32}.png" for number in range(count)]
    for name in names:
        with open(os.path.join(root, "one", name), "w") as file:
            file.write(name)
    db = Database(os.path.join(top, "iib.db"))
    access = Access([root], restricted=True)
    operations = Operations(db, access, top)
    try:
        _index(db, root, names)
        bare = _timed(lambda: _move_bare(db.path, root, names))

        def ours() -> None:
            finder = EntryFinder(access)
            operations.move(
                [finder.find(os.path.join(root, "two", name)) for name in names],
                os.path.join(root, "three"),
            )

        return bare, _timed(ours)
    finally:
        operations.close()
        db.close()


def _move_bare(database: str, root: str, names: Sequence[str]) -> None:
    for name in names:
        os.rename(os.path.join(root, "one", name), os.path.join(root, "two", name))
    connection = sqlite3.connect(database)
    with connection:
        one, two = (
            connection.execute(
                "SELECT id FROM folder WHERE path = ?", (os.path.join(root, name),)
            ).fetchone()[0]
            for name in ("one", "two")
        )
        connection.executemany(
            "UPDATE image SET folder_id = ? WHERE folder_id = ? AND name = ?",
            [(two, one, name) for name in names],
        )
    connection.close()


def _index(db: Database, root: str, names: Sequence[str]) -> None:
    with db.write() as conn:
        for folder in ("two", "three"):
            (passing,) = images.upsert_many(
                conn, [images.ImageRow(os.path.join(root, folder, "x.png"), "image", 1, 1, 0)]
            )
            images.remove_many(conn, [passing])
        for start in range(0, len(names), 1000):
            rows = [
                images.ImageRow(
                    os.path.join(root, "one", name),
                    "image",
                    number,
                    100,
                    0,
                    prompt=f"a fox {number}, snow",
                    tags=[("prompt", "fox")],
                )
                for number, name in enumerate(names[start : start + 1000], start)
            ]
            images.upsert_many(conn, rows)


def _timed(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
