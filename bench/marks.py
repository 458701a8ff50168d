"""Tagging many pictures in one call over HTTP: against a bare executemany of the same rows into the
same table.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import sqlite3
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import uvicorn

from iib_core.config import BASE, Config
from iib_core.core import Core
from iib_core.db import images, tags
from iib_core.routes.standalone import create_app


def main(arguments: Sequence[str]) -> int:
    """Print the figures.

    Returns 1 where a call takes five times as long as the bare statement or longer, or two seconds.
    """
    parser = argparse.ArgumentParser(prog="python -m bench marks", description=__doc__)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument(
        "--others", type=int, default=50_000, help="files in the library beside those"
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--folder",
        default=None,
        help="where to make the database; the folder for temporary files if not given",
    )
    options = parser.parse_args(arguments)
    with (
        tempfile.TemporaryDirectory(dir=options.folder) as top,
        _served(os.path.join(top, "library"), os.path.join(top, "data")) as (core, url),
    ):
        paths = _index(core, os.path.join(top, "library"), options.files, options.others)
        rounds = [_measure(core, url, paths, number) for number in range(options.rounds)]
    for bare, ours in rounds:
        print(
            f"{options.files} files: bare executemany {bare * 1e3:.0f} ms, tagged over HTTP "
            f"{ours * 1e3:.0f} ms, ratio {ours / bare:.2f}"
        )
    # Of the fastest: a single statement may meet a checkpoint, which would flatter us.
    ratio = min(ours for _, ours in rounds) / min(bare for bare, _ in rounds)
    print(
        f"ratio of the fastest {ratio:.2f}, to stay below 5; slowest call "
        f"{max(ours for _, ours in rounds):.2f} s, to stay below 2"
    )
    return int(ratio >= 5 or max(ours for _, ours in rounds) >= 2)


@contextmanager
def _served(root: str, data_dir: str) -> Iterator[tuple[Core, str]]:
    os.makedirs(root)
    core = Core(Config(data_dir=data_dir, roots=(root,), watch=False))
    core.jobs.wait(core.index.start().job_id)
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(create_app(core), log_level="warning", ws="none", lifespan="off")
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield core, f"http://127.0.0.1:{listener.getsockname()[1]}{BASE}"
    finally:
        server.should_exit = True
        thread.join()
        core.close()


def _index(core: Core, root: str, count: int, others: int) -> list[str]:
    """Fill the library; the first ``count`` files are those to tag."""
    folders = [os.path.join(root, f"2025-{month:02d}") for month in range(1, 13)]
    for folder in folders:
        os.makedirs(folder)
    paths = [
        os.path.join(folders[number % 12], f"{number:06d}-{number * 7919 % 2**32}.png")
        for number in range(count + others)
    ]
    for start in range(0, len(paths), 1000):
        rows = [
            images.ImageRow(
                path,
                "image",
                number * 7919 % 10**9,
                100,
                0,
                prompt=f"a fox {number % 99}",
                tags=[("prompt", "fox")],
            )
            for number, path in enumerate(paths[start : start + 1000], start)
        ]
        with core.db.write() as conn:
            images.upsert_many(conn, rows)
    return paths[:count]


def _measure(core: Core, url: str, paths: Sequence[str], number: int) -> tuple[float, float]:
    """Seconds of the bare statement and of the call, each with a tag of its own."""
    with core.db.write() as conn:
        bare_tag, our_tag = (
            tags.create_custom(conn, f"{kind} {number}").id for kind in ("bare", "ours")
        )
        dates = dict(conn.exec_driver_sql("SELECT id, mtime_ns FROM image").all())
        rows = [
            (bare_tag, dates[image_id], image_id)
            for image_id in images.find_ids(conn, paths).values()
        ]
    connection = sqlite3.connect(core.db.path)
    began = time.perf_counter()
    with connection:
        connection.executemany(
            "INSERT INTO image_tag(tag_id, mtime_ns, image_id, custom) VALUES (?, ?, ?, 1)", rows
        )
    bare = time.perf_counter() - began
    connection.close()
    body = json.dumps({"img_paths": list(paths), "action": "add", "tag_id": our_tag}).encode()
    began = time.perf_counter()
    request = urllib.request.Request(
        url + "/db/batch_update_image_tag", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request) as answer:
        done = json.load(answer)
    ours = time.perf_counter() - began
    assert done == {"updated": len(paths), "errors": []}, done
    return bare, ours
