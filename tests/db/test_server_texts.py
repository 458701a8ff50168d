"""The text index on PostgreSQL: which texts it reads to find some, and databases of before."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import event, text

from iib_core.db import documents, fts, images, postgresql_own
from iib_core.db.fts import Wanted
from iib_core.db.search import pages
from iib_core.db.server_database import ServerDatabase
from iib_core.search.criteria import HasText
from tests import postgresql
from tests.databases import new_url
from tests.slashes import native

pytestmark = [pytest.mark.engine]

_INDEX = "SELECT indexdef FROM pg_indexes WHERE indexname = 'image_fts_text'"


@pytest.fixture
def url():
    postgresql.require_server()
    return new_url()


@pytest.fixture
def opened(url):
    database = ServerDatabase(url)
    yield database
    database.close()


def write(database, make_row, prompts):
    """Pictures of these prompts; all have the same negative prompt."""
    rows = [
        make_row(
            native(f"/lib/{number}.png"),
            prompt=prompt,
            infotext=f"{prompt}\nNegative prompt: worst quality\nSteps: 20, Sampler: Euler a",
        )
        for number, prompt in enumerate(prompts)
    ]
    with database.write() as conn:
        return images.upsert_many(conn, rows)


def texts_read(conn, wanted):
    """How many texts PostgreSQL reads to answer what the index is asked for."""
    expression = fts.match_all(conn, [wanted])
    condition, parameters = postgresql_own.condition_sql(expression)
    conn.exec_driver_sql("SET LOCAL enable_seqscan = off")
    plan = conn.exec_driver_sql(
        f"EXPLAIN (ANALYZE) SELECT rowid FROM image_fts WHERE {condition}", parameters
    )
    lines = "\n".join(row[0] for row in plan)
    assert "Bitmap Index Scan on image_fts_text" in lines
    return sum(map(int, re.findall(r"Index Scan on image_fts_text .*actual .*rows=(\d+)", lines)))


@pytest.mark.parametrize(
    ("wanted", "read"),
    [
        (Wanted("blue eyes", True), 1),
        (Wanted("red eyes, ", True), 30),
        (Wanted("hair eyes", True), 0),
        # In the rest of the texts, and not in the words.
        (Wanted("euler", True), 0),
        (Wanted("worst quality", True), 0),
        (Wanted("euler"), 31),
        (Wanted("blue eyes"), 1),
    ],
)
def test_texts_that_have_the_words_apart_from_each_other_are_not_read(
    opened, make_row, wanted, read
):
    write(
        opened,
        make_row,
        ["blue hair, red eyes, black cat"] * 30 + [f"{'a tree, ' * 4}blue eyes, {'a tree, ' * 4}"],
    )
    with opened.read() as conn:
        assert texts_read(conn, wanted) == read


@pytest.mark.parametrize(
    ("low", "high", "found"),
    [
        (1, 4095, [1, 4095]),
        (2, 4096, [4095, 4096]),
        (4096, 4096, [4096]),
        (1, 99_999, [1, 4095, 4096, 50_000]),
        (-7, 0, []),
        (4097, 49_999, []),
    ],
)
def test_the_index_is_asked_about_a_range_of_ids(opened, low, high, found):
    with opened.write() as conn:
        for rowid in (1, 4095, 4096, 50_000):
            conn.exec_driver_sql(
                "INSERT INTO image_fts(rowid, words, rest) VALUES (?, 'aqfox', '')", (rowid,)
            )
    with opened.read() as conn:
        rows = conn.execute(documents.documents_matching('"a fox"', low, high))
        assert sorted(row[0] for row in rows) == found
        assert postgresql_own.count_matching(conn, '"a fox"', low, high) == len(found)


@pytest.mark.parametrize("needle", ["fo", "x", "\u732b\u72ac", "b\u00e9"])
def test_needles_without_a_trigram_are_looked_for_in_the_texts_of_a_range_only(opened, needle):
    with opened.write() as conn:
        conn.execute(
            text(
                f"INSERT INTO image_fts SELECT n, 'q{needle}q', '' FROM generate_series(1, 9000) n"
            )
        )
        conn.exec_driver_sql("ANALYZE image_fts")
    asked = []

    def note(_conn, _cursor, statement, parameters, *_):
        asked.append((statement, parameters))

    with opened.read() as conn:
        event.listen(conn, "after_cursor_execute", note)
        assert postgresql_own.count_matching(conn, f'"{needle}"', 4000, 4019) == 20
        rows = conn.execute(documents.documents_matching(f'"{needle}"', 4000, 4019)).all()
        assert len(rows) == 20
        for statement, parameters in asked:
            plan = conn.connection.cursor().execute(f"EXPLAIN {statement}", parameters).fetchall()
            assert "image_fts_pkey" in "".join(row[0] for row in plan)


def test_a_range_of_ids_is_answered_without_the_texts_of_others(opened):
    with opened.write() as conn:
        conn.execute(
            text("INSERT INTO image_fts SELECT 4096 * n, 'aqfox', '' FROM generate_series(1, 50) n")
        )
    with opened.read() as conn:
        conn.exec_driver_sql("SET LOCAL enable_seqscan = off")
        conn.exec_driver_sql("SET LOCAL enable_indexscan = off")
        within = f"{postgresql_own.block_of('rowid')} && '{{3,4}}'"
        plan = conn.exec_driver_sql(
            f"EXPLAIN (ANALYZE) SELECT rowid FROM image_fts WHERE words LIKE '%aqfox%' AND {within}"
        )
        assert re.search(
            r"Index Scan on image_fts_text .*rows=2 ", "\n".join(row[0] for row in plan)
        )


def test_texts_of_an_older_database_are_found_and_their_index_is_made_anew(url, make_row):
    database = ServerDatabase(url)
    write(database, make_row, ['Blue eyes, 50% [grey] \\ "x" Straße 猫'] * 3)
    with database.write() as conn:
        made = conn.exec_driver_sql(_INDEX).scalar_one()
        rows = conn.exec_driver_sql("SELECT * FROM image_fts ORDER BY rowid").all()
        ids = [row[0] for row in rows]
        for statement in (
            "DROP TABLE image_fts",
            'CREATE TABLE image_fts (rowid bigint PRIMARY KEY, text text COLLATE "C" NOT NULL)',
            "INSERT INTO image_fts SELECT id, name FROM image",
            "CREATE INDEX image_fts_text ON image_fts USING gin (text gin_trgm_ops)",
        ):
            conn.execute(text(statement))
        conn.exec_driver_sql("UPDATE alembic_version SET version_num = '0030'")
    database.close()
    database = ServerDatabase(url)
    with database.read() as conn:
        assert conn.exec_driver_sql(_INDEX).scalar_one() == made
        assert conn.exec_driver_sql("SELECT * FROM image_fts ORDER BY rowid").all() == rows
        for needle in ("blue EYES", "50% [", '"x" strasse', "Quality\nSteps: 20"):
            found = pages.find(conn, HasText(needle, "any")).results
            assert {result.id for result in found} == set(ids)
    database.close()
