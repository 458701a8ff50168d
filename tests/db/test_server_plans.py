"""How PostgreSQL finds a page of the files of tags: by the files that a walk passes."""

from __future__ import annotations

import pytest
from sqlalchemy import event

from iib_core.db import images, tags
from iib_core.db.search import pages
from iib_core.db.server_database import ServerDatabase
from iib_core.search.criteria import And, HasTag, Not
from tests import postgresql
from tests.databases import new_url
from tests.slashes import native

pytestmark = [pytest.mark.engine]

FILES = 600


@pytest.fixture(scope="module")
def opened():
    postgresql.require_server()
    database = ServerDatabase(new_url())
    rows = [
        images.ImageRow(
            path=native(f"/lib/{number}.png"),
            media="image",
            mtime_ns=number * 10**12,
            size_bytes=1,
            birth_ns=1,
            prompt=f"prompt {number // 2}",
            tags=[("prompt", "even" if number % 4 < 2 else "odd"), ("prompt", "all")],
        )
        for number in range(FILES)
    ]
    with database.write() as conn:
        images.upsert_many(conn, rows)
    with database.write() as conn:
        conn.exec_driver_sql("ANALYZE")
    yield database
    database.close()


@pytest.fixture
def named(opened):
    """The ids of the tags by name."""
    with opened.read() as conn:
        return {tag.name: tag.id for tag in tags.find_like(conn, "", "prompt", 50)}


def search(database, criterion, size):
    """The names of the first page, and the statements for it as (SQL, parameters, rows)."""
    asked = []

    def note(_conn, cursor, statement, parameters, *_):
        asked.append((statement, parameters, cursor.rowcount))

    with database.read() as conn:
        event.listen(conn, "after_cursor_execute", note)
        found = [result.name for result in pages.find(conn, criterion, size=size).results]
    return found, asked


@pytest.mark.parametrize(
    ("wanted", "excluded"), [((), ("even",)), (("all",), ("odd",)), (("all", "even"), ())]
)
def test_the_files_of_a_tag_are_not_all_read_to_leave_one_out(opened, named, wanted, excluded):
    has = [HasTag((named[name],)) for name in wanted]
    has_not = [Not(HasTag((named[name],))) for name in excluded]
    found, asked = search(opened, And((*has, *has_not)), 3)
    is_even = "even" in wanted or "odd" in excluded
    first = [number for number in reversed(range(FILES)) if (number % 4 < 2) == is_even]
    assert found == [f"{number}.png" for number in first[:3]]
    with opened.read() as conn:
        for statement, parameters, _ in asked:
            cursor = conn.connection.cursor()
            cursor.execute(f"EXPLAIN {statement}", parameters)
            assert "hashed" not in "\n".join(row[0] for row in cursor.fetchall()), statement


def test_of_each_of_several_tags_a_page_is_read(opened, named):
    found, asked = search(opened, HasTag((named["even"], named["odd"])), 5)
    assert found == [f"{number}.png" for number in reversed(range(FILES - 5, FILES))]
    assert max(rows for *_, rows in asked) <= 6
