"""The same library on SQLite and on PostgreSQL: ``python -m bench store [ROWS] [--engine ENGINE]``.

Times are over HTTP against the real server in a process of its own. What is asked follows from the
library, so both engines answer the same requests.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np

from bench import postgresql
from bench.openai_server import DIM, OpenAIServer
from bench.postgresql import NoServer
from bench.search import TRIES, Case, Served, ask, build, measure, serve
from iib_core.ai import prompt_text
from iib_core.config import Config
from iib_core.db import embeddings, prompts
from iib_core.db.engine import Database
from iib_core.db.opened import open_database

_ENGINES = ("sqlite", "postgresql")
_NEWEST_MS, _SEARCH_MS, _REGEX_MS = 50, 100, 150
_MODEL = "embed-a"
_DATABASE = "store"
_BATCH = 4000
# What docs/scaling.md recommends for a library of this size, and no less safe than as installed.
_SETTINGS = ("shared_buffers=1GB", "work_mem=32MB", "random_page_cost=1.1", "max_wal_size=4GB")
Request = tuple[str, dict[str, Any] | None]
Tag = tuple[int, str]


def main(arguments: Sequence[str]) -> int:
    """Build the library on each engine, serve it, ask. Returns 1 where a figure misses its limit at
    a million rows.
    """
    parser = argparse.ArgumentParser(prog="python -m bench store", description=__doc__)
    parser.add_argument("rows", nargs="?", type=int, default=20_000)
    parser.add_argument("--vectors", type=int, default=100_000, help="of as many files, at most")
    parser.add_argument("--engine", choices=_ENGINES, help="both without it")
    options = parser.parse_args(arguments)
    missed: list[str] = []
    for engine in [options.engine] if options.engine else _ENGINES:
        print(f"{engine}:", flush=True)
        with ExitStack() as stack:
            served, tags = stack.enter_context(_served(engine, options.rows, options.vectors))
            for case in _cases(tags):
                ask(served, *case.bodies[0])  # reads what the server keeps from then on
                missed += [] if measure(served, case) else [case.name]
    return int(bool(missed) and options.rows >= 1_000_000)


@contextmanager
def _served(engine: str, rows: int, vectors: int) -> Iterator[tuple[Served, list[Tag]]]:
    """A server over the library on an engine, with vectors of ``vectors`` files; and its tags."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="iib-bench-"))
        service = OpenAIServer()
        stack.callback(service.close)
        environment = {"OPENAI_BASE_URL": service.url, "EMBEDDING_MODEL": _MODEL}
        if engine == "postgresql":
            server = stack.enter_context(_database_server())
            environment["IIB_DATABASE_URL"] = server.url(_DATABASE)
        config = Config(data_dir=folder, database_url=environment.get("IIB_DATABASE_URL", ""))
        database = open_database(config)
        try:
            build(database, rows)
            _store_vectors(database, service.url, min(vectors, rows))
            tags = _list_tags(database)
        finally:
            database.close()
        if engine == "postgresql":
            server.run("VACUUM (ANALYZE)", _DATABASE)  # which it does by itself within minutes
        yield stack.enter_context(serve(folder, environment)), tags


@contextmanager
def _database_server() -> Iterator[postgresql.Server]:
    """A new PostgreSQL with an empty database."""
    try:
        server = postgresql.start(_SETTINGS)
    except NoServer as exc:
        raise SystemExit(f"PostgreSQL cannot be had here: {exc}.") from exc
    try:
        server.run(f"CREATE DATABASE {_DATABASE} LC_CTYPE 'C.UTF-8' TEMPLATE template0")
        yield server
    finally:
        server.remove()


def _store_vectors(database: Database, endpoint: str, count: int) -> None:
    """Store made-up vectors of the texts of ``count`` files, each of which counts as another text."""
    rules = prompt_text.rules("balanced")
    draw = np.random.default_rng(2)
    with database.write() as conn:
        model = embeddings.add_model(conn, _MODEL, endpoint, rules)
        rows = conn.exec_driver_sql("SELECT id, indexed_ns FROM image ORDER BY id").fetchmany(count)
    for start in range(0, len(rows), _BATCH):
        part = rows[start : start + _BATCH]
        vectors = draw.standard_normal((len(part), DIM), dtype=np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        with database.write() as conn:
            assigned = [(image_id, when, f"d{image_id}", f"p{image_id}") for image_id, when in part]
            prompts.assign(conn, assigned, rules)
            found = prompts.find_ids(conn, [digest for _, _, digest, _ in assigned])
            embeddings.save(conn, model.id, [(number, 1) for number in found.values()], vectors)


def _list_tags(database: Database) -> list[Tag]:
    """The tags of prompts, most used first."""
    with database.read() as conn:
        rows = conn.exec_driver_sql(
            "SELECT id, name FROM tag WHERE category = 'prompt' ORDER BY count DESC, name"
        )
        return [(int(row[0]), str(row[1])) for row in rows]


def _cases(tags: Sequence[Tag]) -> list[Case]:
    """The requests that are measured, with tags of every frequency."""
    draw = random.Random(5)
    common, medium, rare = tags[:30], tags[100 : max(200, len(tags) // 4)], tags[len(tags) // 2 :]
    mixed = [*common, *medium, *rare[:2000]]

    def texts(chosen: Sequence[Tag]) -> list[Request]:
        words = [draw.choice(chosen)[1] for _ in range(TRIES)]
        return [("/db/search_by_substr", {"surstr": word}) for word in words]

    def tagged(make: Callable[[], dict[str, Any]]) -> list[Request]:
        return [("/db/match_images_by_tags", make()) for _ in range(TRIES)]

    def one(chosen: Sequence[Tag]) -> int:
        return draw.choice(chosen)[0]

    regex = [f"{tag[1]}, [a-z]+ [a-z]+" for tag in draw.choices(mixed, k=TRIES)]
    meaning = [f"{draw.choice(rare)[1]}, {draw.choice(medium)[1]}" for _ in range(TRIES)]
    return [
        Case("newest page", _NEWEST_MS, [("/db/search", {"query": ""})] * TRIES),
        Case("substring common", _SEARCH_MS, texts(common)),
        Case("substring medium", _SEARCH_MS, texts(medium)),
        Case("substring rare", _SEARCH_MS, texts(rare)),
        Case("one tag", _SEARCH_MS, tagged(lambda: {"and_tags": [one(mixed)]})),
        Case("two tags", _SEARCH_MS, tagged(lambda: {"and_tags": [one(common), one(medium)]})),
        Case("or", _SEARCH_MS, tagged(lambda: {"or_tags": [one(mixed) for _ in range(3)]})),
        Case("not", _SEARCH_MS, tagged(lambda: {"not_tags": [one(common)]})),
        Case(
            "regex with a literal",
            _REGEX_MS,
            [("/db/search_by_substr", {"surstr": "", "regexp": found}) for found in regex],
        ),
        Case(
            "nearest 50",
            _SEARCH_MS,
            [
                (
                    "/db/search_iib_output_by_prompt",
                    {"query": words, "folder_paths": [], "ensure_embed": False},
                )
                for words in meaning
            ],
        ),
    ]
