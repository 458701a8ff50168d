"""The nearest vectors from the index of a PostgreSQL with the extension ``vector``: what it finds beside
a comparison with all of them, and that the extension may come and go.
"""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
import pytest

from bench.openai_server import OpenAIServer
from iib_core.ai.compared import IndexedVectors, LoadedVectors, Wanted
from iib_core.ai.embeddings import Loaded
from iib_core.db import embeddings, images, prompts
from iib_core.db.prompts import FolderScope
from iib_core.db.server_database import ServerDatabase
from iib_core.db.vector_index import find_index
from tests import postgresql
from tests.ai.conftest import THEMES
from tests.conftest import write_png

pytestmark = [pytest.mark.engine, pytest.mark.stack]

RULES = "rules"
COUNT, DIM, FOLDERS = 8000, 96, 8
SUBJECTS = 40


@pytest.fixture
def server():
    return postgresql.require_server_with_vectors()


@pytest.fixture
def url(server):
    return server.url(server.create())


@pytest.fixture
def opened(url):
    database = ServerDatabase(url)
    yield database
    database.close()


def nothing() -> None:
    """Cancels nothing."""


def made_up(count: int, dim: int, seed: int = 1) -> np.ndarray:
    """Vectors as of texts: around some subjects, which are those of each ``seed``; of unit length."""
    centres = np.random.default_rng(0).standard_normal((SUBJECTS, dim), dtype=np.float32)
    draw = np.random.default_rng(seed)
    vectors = centres[draw.integers(0, SUBJECTS, count)]
    vectors += draw.standard_normal((count, dim), dtype=np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def fill(database, count: int) -> list[int]:
    """Put files with a text each into folders, of which each has half as many as the one before.
    Returns the ids of the texts.
    """
    names = [
        f"/lib/{min(int(np.log2(count / (at + 1))), FOLDERS - 1)}/{at}.png" for at in range(count)
    ]
    with database.write() as conn:
        images.upsert_many(
            conn, [images.ImageRow(name, "image", 1, 1, 0, reader=1) for name in names]
        )
        rows = conn.exec_driver_sql("SELECT id, indexed_ns FROM image ORDER BY id").all()
        assigned = [(row[0], row[1], f"d{row[0]}", f"p{row[0]}") for row in rows]
        prompts.assign(conn, assigned, RULES)
        return prompts.list_ids(conn, RULES)


def store(database, model, ids, vectors) -> embeddings.Model:
    with database.write() as conn:
        embeddings.save(conn, model.id, [(prompt_id, 1) for prompt_id in ids], vectors)
        return embeddings.find_model(conn, model.name, model.endpoint, model.rules)


def add_model(database, name="m") -> embeddings.Model:
    with database.write() as conn:
        return embeddings.add_model(conn, name, "", RULES)


def find(database, model):
    with database.read() as conn:
        return find_index(conn, model)


def indexed(database, index) -> IndexedVectors:
    def count(model) -> int:
        with database.read() as conn:
            return embeddings.count(conn, model.id)

    return IndexedVectors(database, index, count)


def load(database, model) -> LoadedVectors:
    with database.read() as conn:
        return LoadedVectors(Loaded(model, *embeddings.load_all(conn, model)))


def ranked(compared, query, wanted) -> list[tuple[int, float]]:
    found = []
    for chunk in compared.rank(query, wanted):
        found += chunk
        if len(found) >= wanted.size:
            break
    return found[: wanted.size]


@pytest.fixture(scope="module")
def large():
    """A library with an index, and its folders: the last ones have few files."""
    server = postgresql.require_server_with_vectors()
    database = ServerDatabase(server.url(server.create()))
    ids = fill(database, COUNT)
    model = store(database, add_model(database), ids, made_up(COUNT, DIM))
    assert find(database, model) is None
    database.index_vectors(model.id, nothing)
    with database.read() as conn:
        numbers = {
            path: number for number, path in conn.exec_driver_sql("SELECT id, path FROM folder")
        }
    yield database, model, numbers
    database.close()


def within(large, of: range | None) -> FolderScope:
    numbers = large[2]
    return FolderScope(None if of is None else tuple(numbers[f"/lib/{at}"] for at in of))


def in_scope(large, scope: FolderScope) -> set[int]:
    with large[0].read() as conn:
        return {item.prompt_id for item in prompts.load_items(conn, scope, RULES)}


@pytest.mark.parametrize("size", [1, 50, 500])
@pytest.mark.parametrize("of", [None, range(2), range(1, 7), range(6, 8)])
def test_what_the_index_finds(large, of, size):
    """At least 97 of 100 of the nearest, and as many as there are, also where a filter lets few through."""
    database, model, _ = large
    compared = indexed(database, find(database, model))
    scope = within(large, of)
    members = in_scope(large, scope)
    truth = load(database, model)
    right = asked = 0
    for query in made_up(12, DIM, seed=2):
        wanted = Wanted(scope, RULES, size, 0.0, None)
        every = [hit for chunk in truth.rank(query, wanted) for hit in chunk if hit[0] in members]
        found = ranked(compared, query, wanted)
        assert len(found) == min(size, len(every))
        assert found == sorted(found, key=lambda hit: (-hit[1], hit[0]))
        right += len(set(found) & set(every[:size]))
        asked += len(found)
    assert right >= 0.97 * asked


def test_all_of_a_score_and_nothing_below(large):
    database, model, _ = large
    compared, truth = indexed(database, find(database, model)), load(database, model)
    for query in made_up(5, DIM, seed=3):
        wanted = Wanted(FolderScope(), RULES, 10, 0.6, None)
        every = [hit for chunk in truth.rank(query, wanted) for hit in chunk]
        found = [hit for chunk in compared.rank(query, wanted) for hit in chunk]
        assert len(set(found)) == len(found) and set(found) <= set(every)
        assert len(found) >= 0.97 * len(every)


def test_page_after_page_gives_each_text_once(large):
    database, model, _ = large
    compared = indexed(database, find(database, model))
    query, start, seen = made_up(1, DIM, seed=4)[0], None, []
    for _ in range(6):
        page = ranked(compared, query, Wanted(within(large, range(3)), RULES, 50, 0.0, start))
        start = (page[-1][1], page[-1][0] + 1, 0)
        seen += page
    assert len(set(seen)) == 300 and seen == sorted(seen, key=lambda hit: (-hit[1], hit[0]))


def test_without_iterative_scans_a_filtered_search_is_complete(large):
    """As of a version before 0.8."""
    database, model, _ = large
    index = find(database, model)
    older = indexed(database, replace(index, goes_on=False))
    for query in made_up(3, DIM, seed=5):
        wanted = Wanted(within(large, range(1, 7)), RULES, 400, 0.0, None)
        assert len(ranked(older, query, wanted)) == 400


def test_vectors_that_were_written_since_are_found_too(opened):
    ids = fill(opened, 60)
    vectors = made_up(60, 8)
    model = store(opened, add_model(opened), ids[:50], vectors[:50])
    opened.index_vectors(model.id, nothing)
    model = store(opened, model, ids[50:], vectors[50:])
    changed = -vectors[0]
    model = store(opened, model, ids[:1], changed[None])
    for is_indexed in (False, True):
        if is_indexed:
            opened.index_vectors(model.id, nothing)
        index = find(opened, model)
        assert (index.changes == model.changes) == is_indexed
        compared = indexed(opened, index)
        wanted = Wanted(FolderScope(), RULES, 3, 0.0, None)
        for position in (0, 20, 55):
            query = changed if position == 0 else vectors[position]
            assert ranked(compared, query, wanted) == ranked(load(opened, model), query, wanted)
            assert ranked(compared, query, wanted)[0][0] == ids[position]
        assert compared.count() == 60 and compared.find(ids[55]) @ vectors[55] > 0.999


def test_models_of_several_lengths_and_one_that_is_removed(opened, server, url):
    ids = fill(opened, 20)
    one = store(opened, add_model(opened, "one"), ids, made_up(20, 8))
    other = store(opened, add_model(opened, "other"), ids, made_up(20, 16))
    long = store(opened, add_model(opened, "long"), ids, made_up(20, 4001))
    for model in (one, other, long):
        opened.index_vectors(model.id, nothing)
    assert find(opened, one) and find(opened, other) and find(opened, long) is None
    for model, dim in ((one, 8), (other, 16)):
        query = made_up(20, dim)[0]
        compared = indexed(opened, find(opened, model))
        assert ranked(compared, query, Wanted(FolderScope(), RULES, 20, 0.0, None))[0][0] == ids[0]
    with opened.write() as conn:
        newer = embeddings.add_model(conn, "one", "", RULES)
        embeddings.remove_older(conn, newer)
    opened.index_vectors(newer.id, nothing)
    with opened.read() as conn:
        tables = conn.exec_driver_sql(
            "SELECT count(*) FROM pg_class WHERE relname ~ '^vectors_[0-9]+$'"
        )
        assert tables.scalar_one() == 1


def test_a_cancelled_job_leaves_no_index_and_the_next_one_makes_it(opened):
    class Stopped(Exception):
        pass

    def stop() -> None:
        raise Stopped

    ids = fill(opened, 20)
    model = store(opened, add_model(opened), ids, made_up(20, 8))
    with pytest.raises(Stopped):
        opened.index_vectors(model.id, stop)
    assert find(opened, model) is None
    opened.index_vectors(model.id, nothing)
    assert find(opened, model) is not None


@pytest.fixture
def service():
    server = OpenAIServer(dim=64)
    yield server
    server.close()


def test_the_extension_comes_and_goes_and_a_search_answers_the_same(
    serve, service, server, url, tmp_path
):
    """Over HTTP, with the files of one folder and of all."""
    root = tmp_path / "themed"
    for theme, texts in THEMES.items():
        (root / theme).mkdir(parents=True)
        for at, text in enumerate(texts):
            write_png(root / theme / f"{at}.png", infotext=f"{text}\nSteps: 20, Seed: {at}")
    name = url.partition("@/")[2].partition("?")[0]
    served = serve(
        root,
        database_url=url,
        watch=False,
        openai_base_url=service.url,
        openai_api_key="k",
        embedding_model="embed-a",
    )
    served.core.index.update()

    def build(**body):
        answer = served.post("/db/build_iib_output_embeddings", {"folder_paths": [], **body})
        assert answer.status_code == 200, answer.text

    def ask():
        found = []
        for folders_ in ([], [str(root / "fox")]):
            body = {"query": "red fox in the snow", "folder_paths": folders_, "ensure_embed": False}
            found.append(served.post("/db/search_iib_output_by_prompt", body).json())
        similar = served.post("/db/similar", {"path": str(root / "sea" / "0.png")}).json()
        return [*found, similar["files"]]

    build()
    indexed = ask()
    assert len(indexed[0]["files"]) >= 3 and len(indexed[1]["files"]) == 3 and indexed[2]
    assert served.core.embeddings.find_index("embed-a") is not None
    server.run("DROP EXTENSION vector CASCADE", name)
    assert served.core.embeddings.find_index("embed-a") is None
    assert ask() == indexed
    build()
    assert served.core.embeddings.find_index("embed-a") is None
    server.run("CREATE EXTENSION vector SCHEMA public", name)
    build()
    assert served.core.embeddings.find_index("embed-a") is not None
    assert ask() == indexed


def test_a_user_without_the_right_goes_on_without_an_index(server, caplog):
    caplog.set_level(logging.INFO)
    name = server.create()
    server.run("DROP ROLE IF EXISTS plain")
    server.run(f"CREATE ROLE plain LOGIN; ALTER DATABASE {name} OWNER TO plain")
    database = ServerDatabase(server.url(name).replace("iib:", "plain:"))
    assert "CREATE EXTENSION vector" in caplog.text
    ids = fill(database, 20)
    model = store(database, add_model(database), ids, made_up(20, 8))
    database.index_vectors(model.id, nothing)
    assert find(database, model) is None
    server.run("CREATE EXTENSION vector SCHEMA public", name)
    database.index_vectors(model.id, nothing)
    assert find(database, model) is not None
    database.close()
    server.run(f"DROP DATABASE {name}")
    server.run("DROP ROLE plain")
