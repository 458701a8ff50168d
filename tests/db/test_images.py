"""The rows of files with their tags and texts: exact after any sequence of changes."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from iib_core.db import images, tags
from iib_core.db.rows import ImageRow
from iib_core.db.search import pages
from iib_core.errors import Conflict
from iib_core.search.criteria import And, HasTag, HasText
from tests.db.machine import DatabaseMachine, case_on
from tests.searches import rounds
from tests.slashes import rooted, slashed

pytestmark = pytest.mark.engine


def find_paths(conn, criterion):
    return {result.path for result in pages.find(conn, criterion, size=1000).results}


def find(conn, criterion):
    return set(map(slashed, find_paths(conn, criterion)))


def test_a_changed_file_keeps_its_id_and_its_custom_tags(database, make_row):
    with database.write() as conn:
        (old,) = images.upsert_many(
            conn, [make_row("/lib/a.png", infotext="a fox", tags=[("prompt", "fox")])]
        )
        like = tags.create_custom(conn, "like")
        assert tags.assign(conn, like.id, [old]) == 1
    with database.write() as conn:
        (new,) = images.upsert_many(
            conn,
            [
                make_row(
                    "/lib/a.png",
                    infotext="a wolf",
                    tags=[("prompt", "wolf")],
                    mtime_ns=99,
                    size_bytes=7,
                )
            ],
        )
    with database.read() as conn:
        assert new == old
        assert find(conn, HasText("wolf")) == {"/lib/a.png"} and find(conn, HasText("fox")) == set()
        (result,) = pages.find(conn, HasTag((like.id,))).results
        assert (result.mtime_ns, result.size_bytes) == (99, 7)
        assert {
            tag.name: tag.count
            for tag in (*tags.list_custom(conn), *tags.find_like(conn, "", "prompt", 10))
        } == {"like": 1, "wolf": 1}
        assert [tag.name for tag in tags.list_of(conn, [old])[old]] == ["like", "wolf"]


def test_a_missing_file_is_in_no_result_and_comes_back_with_its_tags(database, make_row):
    with database.write() as conn:
        ids = images.upsert_many(
            conn, [make_row(f"/lib/{at}.png", tags=[("prompt", "fox")]) for at in range(3)]
        )
        like = tags.create_custom(conn, "like")
        tags.assign(conn, like.id, ids)
        images.mark_missing(conn, ids[:2])
        images.mark_missing(conn, ids[:2])
    with database.read() as conn:
        assert find(conn, And()) == find(conn, HasTag((like.id,))) == {"/lib/2.png"}
        assert images.count(conn) == 1
        assert {
            tag.count for tag in (*tags.list_custom(conn), *tags.find_like(conn, "fox", "", 5))
        } == {1}
        assert [known.missing for known in sorted(images.load_known(conn))] == [True, True, False]
    with database.write() as conn:
        images.mark_found(conn, ids)
        images.mark_found(conn, ids)
    with database.read() as conn:
        assert len(find(conn, HasTag((like.id,)))) == 3
        assert {
            tag.count for tag in (*tags.list_custom(conn), *tags.find_like(conn, "fox", "", 5))
        } == {3}


def test_two_images_trade_places(database, make_row):
    with database.write() as conn:
        one, two = images.upsert_many(
            conn, [make_row("/lib/1.png", infotext="fox"), make_row("/lib/2.png", infotext="wolf")]
        )
        images.move_many(conn, [(one, "/lib/2.png"), (two, "/lib/1.png")])
    with database.read() as conn:
        assert find(conn, HasText("fox")) == {"/lib/2.png"} and find(conn, HasText("wolf")) == {
            "/lib/1.png"
        }


def test_a_move_onto_another_image_moves_nothing(database, make_row):
    with database.write() as conn:
        one, two, three = images.upsert_many(conn, [make_row(f"/lib/{at}.png") for at in range(3)])
        with pytest.raises(Conflict):
            images.move_many(conn, [(one, "/new/0.png"), (two, "/lib/2.png")])
        places = {
            number: slashed(path)
            for number, path in images.find_paths(conn, [one, two, three]).items()
        }
        assert places == {one: "/lib/0.png", two: "/lib/1.png", three: "/lib/2.png"}


def test_the_name_that_was_is_searched_no_more(database, make_row):
    with database.write() as conn:
        (one,) = images.upsert_many(conn, [make_row("/lib/before.png")])
        images.move_many(conn, [(one, "/lib/after.png")])
    with database.read() as conn:
        assert find(conn, HasText("before")) == set() and find(conn, HasText("after")) == {
            "/lib/after.png"
        }


@pytest.mark.parametrize(
    "values",
    [
        {"seed": 2**64 - 1},
        {"seed": 10**30},
        {"seed": -1},
        {"steps": 10**30},
        {"cfg_scale": float("nan")},
        {"cfg_scale": float("inf")},
        {"infotext": "broken \ud800 text", "prompt": "broken \ud800"},
        {"infotext": "a\0b"},
        {"model": "\udcff", "tags": [("model", "\udcff")]},
        {"tags": [("prompt", "Fox"), ("prompt", "fox"), ("prompt", "FOX")]},
        {"width_px": 2**40},
    ],
    ids=str,
)
def test_what_no_column_can_hold_costs_a_value_and_not_the_batch(database, make_row, values):
    with database.write() as conn:
        images.upsert_many(conn, [make_row("/lib/1.png", **values), make_row("/lib/2.png")])
    with database.read() as conn:
        assert find(conn, And()) == {"/lib/1.png", "/lib/2.png"}


def test_10000_words_are_10000_tags(database, make_row):
    rows = [
        make_row(
            f"/lib/{at}.png", tags=[("prompt", f"word {at * 50 + word}") for word in range(50)]
        )
        for at in range(200)
    ]
    with database.write() as conn:
        images.upsert_many(conn, rows)
    with database.read() as conn:
        for number in (0, 4999, 9999):
            (tag,) = tags.find_like(conn, f"word {number}", "", 1)
            assert (tag.name, tag.count) == (f"word {number}", 1)


def test_prompt_and_negative_prompt_are_found_at_their_place(database, make_row):
    row = make_row("/lib/1.png", prompt="fox", negative_prompt="dog", infotext="")
    with database.write() as conn:
        images.upsert_many(
            conn,
            [
                row,
                make_row(
                    "/lib/2.png",
                    prompt="dog",
                    negative_prompt="fox",
                    infotext="dog\nNegative prompt: fox\nSteps: 1",
                ),
            ],
        )
    with database.read() as conn:
        assert find(conn, HasText("fox", "prompt")) == {"/lib/1.png"} and find(
            conn, HasText("fox", "negative")
        ) == {"/lib/2.png"}


TOP = rooted("/a")
PATHS = [
    rooted(f"/{folder}/{name}.png") for folder in ("a", "a/b", "ab") for name in ("1", "2", ".3")
]
WORDS = ["fox", "КОТ", "Fox", "snow"]


class IndexedFiles(DatabaseMachine):
    """Any sequence of writes against a plain dict."""

    def __init__(self) -> None:
        super().__init__()
        self.model: dict[str, tuple[int, ImageRow, set[str], bool]] = {}

    @rule(
        paths=st.lists(st.sampled_from(PATHS), min_size=1, max_size=4, unique=True),
        words=st.lists(st.sampled_from(WORDS)),
        mtime_ns=st.integers(1, 3),
    )
    def index(self, paths, words, mtime_ns):
        rows = [
            ImageRow(
                path,
                "image",
                mtime_ns,
                1,
                1,
                infotext=" ".join(words),
                tags=[("prompt", word) for word in words],
            )
            for path in paths
        ]
        with self.database.write() as conn:
            ids = images.upsert_many(conn, rows)
        for image_id, row in zip(ids, rows):
            known = self.model.get(row.path)
            assert known is None or known[0] == image_id
            self.model[row.path] = (image_id, row, known[2] if known else set(), False)

    @rule(path=st.sampled_from(PATHS), gone=st.booleans())
    def mark(self, path, gone):
        if path in self.model:
            image_id, row, custom, _ = self.model[path]
            with self.database.write() as conn:
                (images.mark_missing if gone else images.mark_found)(conn, [image_id])
            self.model[path] = (image_id, row, custom, gone)

    @rule(
        name=st.sampled_from(["like", "猫" * 40]),
        paths=st.lists(st.sampled_from(PATHS), max_size=3),
        give=st.booleans(),
    )
    def label(self, name, paths, give):
        there = [path for path in paths if path in self.model]
        with self.database.write() as conn:
            tag = tags.create_custom(conn, name)
            changed = (tags.assign if give else tags.unassign)(
                conn, tag.id, [self.model[path][0] for path in there]
            )
        assert changed == sum((name in self.model[path][2]) != give for path in set(there))
        for path in there:
            (self.model[path][2].add if give else self.model[path][2].discard)(name)

    @rule(old=st.sampled_from(PATHS), new=st.sampled_from(PATHS))
    def move(self, old, new):
        if old in self.model and (new not in self.model or new == old):
            image_id, row, custom, _ = self.model.pop(old)
            with self.database.write() as conn:
                images.move_many(conn, [(image_id, new)])
            self.model[new] = (image_id, replace(row, path=new), custom, False)

    @rule(path=st.sampled_from(PATHS))
    def forget(self, path):
        if path in self.model:
            with self.database.write() as conn:
                images.remove_many(conn, [self.model.pop(path)[0]])

    @invariant()
    def agrees(self):
        shown = {
            path: entry
            for path, entry in self.model.items()
            if not entry[3] and f"{os.sep}." not in path
        }
        counts: Counter[str] = Counter()
        for _, row, custom, _ in shown.values():
            counts.update({word.lower() for _, word in row.tags} | custom)
        with self.database.read() as conn:
            assert {
                tag.name.lower(): tag.count for tag in tags.find_like(conn, "", "", 99) if tag.count
            } == dict(counts)
            assert find_paths(conn, And()) == shown.keys() and images.count(conn) == len(shown)
            for tag in tags.find_like(conn, "", "", 99):
                has = {
                    path
                    for path, (_, row, custom, _) in shown.items()
                    if tag.name.lower() in {word.lower() for _, word in row.tags} | custom
                }
                assert find_paths(conn, HasTag((tag.id,))) == has
            for word in ("fox", "кот", "3.png"):
                assert find_paths(conn, HasText(word)) == {
                    path
                    for path, (_, row, _, _) in shown.items()
                    if word in (row.infotext + row.path).lower()
                }
            assert {known.path for known in images.load_known(conn)} == self.model.keys()
            assert {known.path for known in images.load_known(conn, TOP)} == {
                path for path in self.model if path.startswith(os.path.join(TOP, ""))
            }


TestLibrary = IndexedFiles.TestCase
TestLibrary.settings = settings(max_examples=rounds(15), stateful_step_count=20, deadline=None)
TestLibraryOnPostgresql = case_on(IndexedFiles, "postgresql", examples=8, steps=15)
