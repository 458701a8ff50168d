"""Documents of the text index: which pictures share one, and that each picture is found by what is its
own, whatever became of the others.
"""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iib_core.db import documents, images, moved_rows
from iib_core.db.engine import Database
from iib_core.db.rows import ImageRow
from iib_core.db.search import pages
from iib_core.db.search.sorting import Order
from iib_core.db.sqlite import is_sqlite
from iib_core.search.criteria import HasText
from tests.db.test_search import File, expected, list_all
from tests.db.test_texts import check_documents, make_burst, store
from tests.searches import rounds
from tests.slashes import native

PROMPTS = ["a fox", "an owl", "Straße"]
CRITERIA = [HasText(needle, "any") for needle in ("fox", "OW", "strasse", "99991", "at 7", "3.png")]
PICKED = st.lists(st.integers(0, 60), max_size=5)
CHANGE = st.one_of(
    st.tuples(st.just("write"), st.lists(st.sampled_from(PROMPTS), min_size=1, max_size=20)),
    st.tuples(st.just("burst"), st.tuples(st.sampled_from(PROMPTS), st.integers(1, 20))),
    st.tuples(st.just("edit"), st.tuples(PICKED, st.sampled_from(PROMPTS))),
    st.tuples(st.sampled_from(["remove", "rename", "copy", "swap"]), PICKED),
)


class Library:
    """Pictures and what they say, changed as the indexer and operations change them."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.rows: dict[int, ImageRow] = {}
        self._numbers = count()

    def change(self, kind: str, value: object) -> None:
        getattr(self, f"_{kind}")(value)

    def check(self) -> None:
        files = [File(*item) for item in self.rows.items()]
        with self.database.read() as conn:
            for criterion in CRITERIA:
                found = list_all(conn, criterion, Order("date", True))
                wanted = expected(criterion, files, {})
                assert len(found) == len(wanted) and set(found) == wanted
                counted = pages.count(conn, criterion, at_most=None, limit_s=60)
                assert counted == (len(wanted), True)
            if is_sqlite(conn):
                check_documents(conn)

    def _write(self, prompts: list[str]) -> None:
        self._store([self._make(prompt) for prompt in prompts])

    def _burst(self, value: tuple[str, int]) -> None:
        self._write([value[0]] * value[1])

    def _edit(self, value: tuple[list[int], str]) -> None:
        picked, prompt = value
        self._store(
            [_with_path(self._make(prompt), self.rows[one].path) for one in self._pick(picked)]
        )

    def _remove(self, picked: list[int]) -> None:
        ids = self._pick(picked)
        with self.database.write() as conn:
            images.remove_many(conn, ids)
        for image_id in ids:
            del self.rows[image_id]

    def _rename(self, picked: list[int]) -> None:
        self._move({one: self._path() for one in self._pick(picked)})

    def _swap(self, picked: list[int]) -> None:
        ids = self._pick(picked)
        self._move({one: self.rows[other].path for one, other in zip(ids, [*ids[1:], *ids[:1]])})

    def _move(self, paths: dict[int, str]) -> None:
        with self.database.write() as conn:
            images.move_many(conn, list(paths.items()))
        for image_id, path in paths.items():
            self.rows[image_id] = _with_path(self.rows[image_id], path)

    def _copy(self, picked: list[int]) -> None:
        pairs = [(self.rows[one], self._path()) for one in self._pick(picked)]
        with self.database.write() as conn:
            moved_rows.copy_files(conn, [(row.path, path) for row, path in pairs])
            ids = images.find_ids(conn, [path for _, path in pairs])
        self.rows.update({ids[path]: _with_path(row, path) for row, path in pairs})

    def _pick(self, numbers: list[int]) -> list[int]:
        ids = sorted(self.rows)
        return list(dict.fromkeys(ids[number % len(ids)] for number in numbers)) if ids else []

    def _path(self) -> str:
        return native(f"/lib/at {next(self._numbers)}.png")

    def _make(self, prompt: str) -> ImageRow:
        return _with_path(make_burst(prompt, 1, next(self._numbers) % 40)[0], self._path())

    def _store(self, rows: list[ImageRow]) -> None:
        self.rows.update(zip(store(self.database, rows), rows))


def _with_path(row: ImageRow, path: str) -> ImageRow:
    return ImageRow(**{**vars(row), "path": path})


def split_all(conn) -> None:
    """Give each image a document of its own, as in an older database."""
    ids = list(conn.exec_driver_sql("SELECT id FROM image ORDER BY id").scalars())
    documents.remove(conn, ids)
    for image_id in ids:
        documents.add_stored(conn, [image_id])
    if ids:
        conn.exec_driver_sql("INSERT INTO unmerged_documents(up_to) VALUES (?)", (ids[-1],))


@pytest.mark.engine
@settings(
    max_examples=rounds(40),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(changes=st.lists(CHANGE, max_size=8))
def test_pictures_are_found_whatever_becomes_of_others_in_their_document(database, changes):
    library = Library(database)
    for kind, value in changes:
        library.change(kind, value)
        library.check()
    library.change("remove", range(len(library.rows)))
    library.check()


@settings(
    max_examples=rounds(20),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    before=st.lists(CHANGE, max_size=4),
    after=st.lists(CHANGE, max_size=4),
    number=st.integers(1, 50),
)
def test_documents_of_an_older_database_are_joined_while_it_is_changed(
    database, before, after, number
):
    library = Library(database)
    for kind, value in before:
        library.change(kind, value)
    with database.write() as conn:
        split_all(conn)
    library.check()
    for kind, value in after:
        with database.write() as conn:
            documents.merge_some(conn, number)
        library.check()
        library.change(kind, value)
        library.check()
    with database.write() as conn:
        while documents.merge_some(conn, number):
            pass
        assert not documents.has_unmerged(conn)
    library.check()
    library.change("remove", range(len(library.rows)))


def test_four_pictures_of_a_text_share_a_document(database):
    store(database, make_burst("a fox", 10))
    store(database, make_burst("a fox", 1, first=10))
    with database.write() as conn:
        assert check_documents(conn) == {1: 4, 5: 4, 9: 2, 11: 1}
        split_all(conn)
        assert set(check_documents(conn).values()) == {1}
        assert documents.merge_some(conn, 5) == 5
        assert check_documents(conn) == {**dict.fromkeys(range(1, 7), 1), 7: 4, 11: 1}
        assert documents.merge_some(conn, 50) == 6
        assert documents.merge_some(conn, 50) == 0
        assert check_documents(conn) == {1: 4, 5: 2, 7: 4, 11: 1}


def test_a_picture_that_is_edited_or_removed_splits_its_document(database):
    rows = make_burst("a fox", 10)
    store(database, rows)
    store(database, [_with_path(make_burst("an owl", 1)[0], rows[4].path)])
    with database.write() as conn:
        assert check_documents(conn) == {1: 4, 5: 1, 6: 3, 9: 2}
        images.remove_many(conn, [1, 7])
        assert check_documents(conn) == {2: 3, 5: 1, 6: 1, 8: 1, 9: 2}


@pytest.mark.engine
def test_in_a_new_database_there_is_nothing_to_join(database):
    store(database, make_burst("a fox", 3))
    with database.write() as conn:
        assert not documents.has_unmerged(conn)
        assert documents.merge_some(conn, 5) == 0
