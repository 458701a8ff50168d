"""The same library on SQLite and on PostgreSQL: ``python -m bench store [ROWS] [--engine ENGINE]``.

Times are over HTTP against the real server in a process of its own. What is asked follows from the
library, so both engines answer the same requests.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

import numpy as np

from bench import postgresql
from bench.openai_server import DIM, OpenAIServer
from bench.postgresql import NoServer
from bench.search import TRIES, Case, Requests, Served, Tag, ask, build, measure, serve
from iib_core.ai import prompt_text
from iib_core.config import Config
from iib_core.db import embeddings, prompts
from iib_core.db.engine import Database
from iib_core.db.opened import open_database

# The last one is PostgreSQL with the extension ``vector``.
_ENGINES = ("sqlite", "postgresql", "pgvector")
_NEWEST_MS, _SEARCH_MS, _REGEX_MS = 50, 100, 150
_MODEL = "embed-a"
_DATABASE = "store"
_BATCH = 4000
_SUBJECTS = 300
# More memory than as installed, for a disk without heads; no less safe.
_SETTINGS = ("shared_buffers=1GB", "work_mem=32MB", "random_page_cost=1.1", "max_wal_size=4GB")


def main(arguments: Sequence[str]) -> int:
    """Build the library on each engine, serve it, ask. Returns 1 where a figure misses its limit at
    a million rows.
    """
    parser = argparse.ArgumentParser(prog="python -m bench store", description=__doc__)
    parser.add_argument("rows", nargs="?", type=int, default=20_000)
    parser.add_argument("--vectors", type=int, default=100_000, help="of as many files, at most")
    parser.add_argument("--engine", choices=_ENGINES, help="all without it")
    parser.add_argument("--only", default="", help="the requests whose name holds this")
    options = parser.parse_args(arguments)
    missed: list[str] = []
    for engine in [options.engine] if options.engine else _ENGINES:
        print(f"{engine}:", flush=True)
        with ExitStack() as stack:
            served, tags = stack.enter_context(_served(engine, options.rows, options.vectors))
            for case in (case for case in _cases(tags) if options.only in case.name):
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
        if engine != "sqlite":
            server = stack.enter_context(_database_server(has_vectors=engine == "pgvector"))
            environment["IIB_DATABASE_URL"] = server.url(_DATABASE)
        config = Config(data_dir=folder, database_url=environment.get("IIB_DATABASE_URL", ""))
        database = open_database(config)
        try:
            build(database, rows)
            _store_vectors(database, service.url, min(vectors, rows))
            tags = _list_tags(database)
        finally:
            database.close()
        if engine != "sqlite":
            server.run("VACUUM (ANALYZE)", _DATABASE)  # which it does by itself within minutes
        yield stack.enter_context(serve(folder, environment)), tags


@contextmanager
def _database_server(*, has_vectors: bool) -> Iterator[postgresql.Server]:
    """A new PostgreSQL with an empty database."""
    try:
        server = postgresql.start(_SETTINGS, has_vectors=has_vectors)
    except NoServer as exc:
        raise SystemExit(f"PostgreSQL cannot be had here: {exc}.") from exc
    try:
        server.run(f"CREATE DATABASE {_DATABASE} LC_CTYPE 'C.UTF-8' TEMPLATE template0")
        yield server
    finally:
        server.remove()


def _store_vectors(database: Database, endpoint: str, count: int) -> None:
    """Store made-up vectors, around some subjects as those of a model, of the texts of ``count`` files,
    each of which counts as another text.
    """
    rules = prompt_text.rules("balanced")
    draw = np.random.default_rng(2)
    subjects = draw.standard_normal((_SUBJECTS, DIM), dtype=np.float32)
    with database.write() as conn:
        model = embeddings.add_model(conn, _MODEL, endpoint, rules)
        rows = conn.exec_driver_sql("SELECT id, indexed_ns FROM image ORDER BY id").fetchmany(count)
    for start in range(0, len(rows), _BATCH):
        part = rows[start : start + _BATCH]
        vectors = draw.standard_normal((len(part), DIM), dtype=np.float32)
        vectors += subjects[draw.integers(0, _SUBJECTS, len(part))]
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        with database.write() as conn:
            assigned = [(image_id, when, f"d{image_id}", f"p{image_id}") for image_id, when in part]
            prompts.assign(conn, assigned, rules)
            found = prompts.find_ids(conn, [digest for _, _, digest, _ in assigned])
            embeddings.save(conn, model.id, [(number, 1) for number in found.values()], vectors)
    started = time.monotonic()
    database.index_vectors(model.id, lambda: None)
    print(f"  index of vectors: {time.monotonic() - started:.0f} s", flush=True)


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
    requests = Requests(tags, draw)
    rare, medium = requests.rare, requests.medium
    meaning = [f"{draw.choice(rare)[1]}, {draw.choice(medium)[1]}" for _ in range(TRIES)]
    whole = {"folder_paths": [], "ensure_embed": False}
    return [
        Case("newest page", _NEWEST_MS, [("/db/search", {"query": ""})] * TRIES),
        Case("substring common", _SEARCH_MS, requests.texts(requests.common)),
        Case("substring medium", _SEARCH_MS, requests.texts(medium)),
        Case("substring rare", _SEARCH_MS, requests.texts(rare)),
        Case("one tag", _SEARCH_MS, requests.one_tag()),
        Case("two tags", _SEARCH_MS, requests.two_tags()),
        Case("or", _SEARCH_MS, requests.any_of_three()),
        Case("not", _SEARCH_MS, requests.without_one()),
        Case("regex with a literal", _REGEX_MS, requests.regex()),
        Case(
            "nearest 50",
            _SEARCH_MS,
            [("/db/search_iib_output_by_prompt", {"query": words, **whole}) for words in meaning],
        ),
    ]
