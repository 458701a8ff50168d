"""Tags, ratings and albums through any sequence of changes: exact, against a plain dict."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from iib_core.db import albums, images, marks, moved_rows, scan_rows, tags
from iib_core.db.rows import ImageRow
from iib_core.db.search import pages
from iib_core.db.search.sorting import Order
from iib_core.search.criteria import Between, HasTag, HasTagNamed
from tests.db.machine import DatabaseMachine, case_on
from tests.searches import rounds
from tests.slashes import rooted

PATHS = [rooted(f"/{folder}/{name}.png") for folder in ("a", "a/b", "c") for name in ("1", "2")]
NAMES = ["like", "猫" * 40, "Fox"]
ALBUMS = ["best", "Fox"]
paths = st.lists(st.sampled_from(PATHS), min_size=1, max_size=4, unique=True)


@dataclass(frozen=True)
class File:
    """What is known of a file: where it is shown, in the trash or missing, and what it has."""

    word: str
    state: str = "shown"
    tags: frozenset[str] = frozenset()
    rating: int = 0
    albums: frozenset[str] = frozenset()


@dataclass
class Model:
    """The library as a plain dict by path, and what is kept of files that are not in it."""

    files: dict[str, File] = field(default_factory=dict)
    kept: dict[str, File] = field(default_factory=dict)

    def change(self, path: str, **values: object) -> None:
        self.files[path] = replace(self.files[path], **values)  # type: ignore[arg-type]

    def with_state(self, wanted: list[str], state: str = "shown") -> list[str]:
        return [path for path in wanted if path in self.files and self.files[path].state == state]


class MarkedFiles(DatabaseMachine):
    """Writes of every kind. Paths in the trash begin with a mark, as in the index."""

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()

    def ids(self, conn, wanted: list[str]) -> list[int]:
        found = images.find_ids(conn, wanted)
        return [found[path] for path in wanted]

    @rule(wanted=paths, word=st.sampled_from(["fox", "wolf"]), mtime_ns=st.integers(1, 3))
    def index(self, wanted, word, mtime_ns):
        rows = [
            ImageRow(path, "image", mtime_ns, 1, 1, infotext=word, tags=[("prompt", word)])
            for path in wanted
        ]
        with self.database.write() as conn:
            ids = images.upsert_many(conn, rows)
            marks.claim(
                conn,
                [
                    (image_id, path, None)
                    for image_id, path in zip(ids, wanted)
                    if path not in self.model.files
                ],
            )
        for path in wanted:
            old = self.model.files.get(path) or self.model.kept.pop(path, File(word))
            self.model.files[path] = replace(old, word=word, state="shown")

    @rule(wanted=paths, name=st.sampled_from(NAMES), give=st.booleans())
    def label(self, wanted, name, give):
        there = [path for path in wanted if path in self.model.files]
        with self.database.write() as conn:
            tag = tags.create_custom(conn, name)
            (tags.assign if give else tags.unassign)(conn, tag.id, self.ids(conn, there))
        for path in there:
            self.model.change(
                path,
                tags=self.model.files[path].tags | {name}
                if give
                else self.model.files[path].tags - {name},
            )

    @rule(wanted=paths, rating=st.integers(0, 5))
    def rate(self, wanted, rating):
        there = [path for path in wanted if path in self.model.files]
        with self.database.write() as conn:
            marks.rate(conn, self.ids(conn, there), rating)
        for path in there:
            self.model.change(path, rating=rating)

    @rule(wanted=paths, name=st.sampled_from(ALBUMS), give=st.booleans())
    def place(self, wanted, name, give):
        there = [path for path in wanted if path in self.model.files]
        with self.database.write() as conn:
            album_id = albums.ensure(conn, name)
            (albums.add if give else albums.remove)(conn, album_id, self.ids(conn, there))
        for path in there:
            self.model.change(
                path,
                albums=self.model.files[path].albums | {name}
                if give
                else self.model.files[path].albums - {name},
            )

    @rule(name=st.sampled_from([*NAMES, *ALBUMS]), album=st.booleans())
    def delete(self, name, album):
        with self.database.write() as conn:
            found = tags.find_by_name(conn, tags.ALBUM if album else tags.CUSTOM, name)
            if found is None:
                return
            (albums.delete if album else tags.remove)(conn, found.id)
        for files in (self.model.files, self.model.kept):
            for path, file in files.items():
                files[path] = (
                    replace(file, albums=file.albums - {name})
                    if album
                    else replace(file, tags=file.tags - {name})
                )

    @rule(name=st.sampled_from(NAMES), album=st.booleans())
    def rename(self, name, album):
        """There and back, so that names stay few; in between it must be found by the other name."""
        with self.database.write() as conn:
            found = tags.find_by_name(conn, tags.ALBUM if album else tags.CUSTOM, name)
            if found is None:
                return
            for other in ("other", found.name):
                tags.change(conn, found.id, name=other)
                kept = [
                    other in (one.albums if album else one.tags) for one in marks.list_kept(conn)
                ]
                assert sum(kept) == sum(
                    name in (file.albums if album else file.tags)
                    for file in self.model.kept.values()
                )

    @rule(wanted=paths, gone=st.booleans())
    def mark(self, wanted, gone):
        there = self.model.with_state(wanted, "shown" if gone else "missing")
        with self.database.write() as conn:
            (images.mark_missing if gone else images.mark_found)(conn, self.ids(conn, there))
        for path in there:
            self.model.change(path, state="missing" if gone else "shown")

    @rule(old=st.sampled_from(PATHS), new=st.sampled_from(PATHS), copy=st.booleans())
    def move(self, old, new, copy):
        if old == new or old not in self.model.with_state([old]) or new in self.model.files:
            return
        with self.database.write() as conn:
            (moved_rows.copy_files if copy else moved_rows.move_files)(conn, [(old, new)])
        self.model.files[new] = self.model.files[old] if copy else self.model.files.pop(old)

    @rule(wanted=paths)
    def trash(self, wanted):
        there = self.model.with_state(wanted)
        with self.database.write() as conn:
            moved_rows.move_to_trash(conn, [(path, path) for path in there])
        for path in there:
            self.model.files["trash:" + path] = replace(self.model.files.pop(path), state="trash")

    @rule(wanted=paths)
    def put_back(self, wanted):
        there = [
            path
            for path in wanted
            if "trash:" + path in self.model.files and path not in self.model.files
        ]
        with self.database.write() as conn:
            moved_rows.move_from_trash(conn, [(path, path) for path in there])
        for path in there:
            self.model.files[path] = replace(self.model.files.pop("trash:" + path), state="shown")

    @rule(wanted=paths, keep=st.booleans())
    def forget(self, wanted, keep):
        there = [path for path in wanted if path in self.model.files]
        with self.database.write() as conn:
            ids = self.ids(conn, there)
            if keep:
                marks.keep(conn, marks.collect(conn, ids))
            images.remove_many(conn, ids)
        for path in there:
            file = self.model.files.pop(path)
            if keep and (file.tags or file.rating or file.albums):
                self.model.kept[path] = file

    @rule(top=st.sampled_from([rooted(top) for top in ("/a", "/a/b", "/c")]))
    def empty_folder(self, top):
        with self.database.write() as conn:
            ids = scan_rows.load_some_ids(conn, moved_rows.folders.find_under(conn, [top]), 100)
            images.remove_many(conn, ids)
        self.model.files = {
            path: file
            for path, file in self.model.files.items()
            if not path.startswith(top + os.sep)
        }

    @invariant()
    def agrees(self):
        shown = {path: file for path, file in self.model.files.items() if file.state == "shown"}
        counts = Counter(name for file in shown.values() for name in (file.word, *file.tags))
        with self.database.read() as conn:
            found = {tag.name: tag for tag in tags.find_like(conn, "", "", 99) if tag.count}
            assert {name: tag.count for name, tag in found.items()} == dict(counts)
            assert {
                album.name: album.count for album in albums.list_all(conn) if album.count
            } == dict(Counter(name for file in shown.values() for name in file.albums))
            for name, tag in found.items():
                assert self.paths(conn, HasTag((tag.id,))) == sorted(
                    path for path, file in shown.items() if name in (file.word, *file.tags)
                )
            for name in ALBUMS:
                ordered = (
                    self.paths(conn, HasTagNamed(name, "album"), Order("album", descending=False))
                    if tags.find_by_name(conn, "album", name)
                    else []
                )
                assert ordered == sorted(
                    path for path, file in shown.items() if name in file.albums
                )
            assert self.paths(conn, Between("rating", 2, 4)) == sorted(
                path for path, file in shown.items() if 2 <= file.rating <= 4
            )
            assert {
                one.path: (set(one.tags), one.rating or 0, set(one.albums))
                for one in marks.list_kept(conn)
            } == {
                path: (set(file.tags), file.rating, set(file.albums))
                for path, file in self.model.kept.items()
            }
            assert conn.exec_driver_sql("SELECT count(*) FROM album_order").scalar() == sum(
                len(file.albums) for file in self.model.files.values()
            )

    def paths(self, conn, criterion, order=None) -> list[str]:
        return sorted(
            result.path for result in pages.find(conn, criterion, order=order, size=1000).results
        )


TestLibrary = MarkedFiles.TestCase
TestLibrary.settings = settings(max_examples=rounds(15), stateful_step_count=25, deadline=None)
TestLibraryOnPostgresql = case_on(MarkedFiles, "postgresql", examples=8, steps=20)


@pytest.mark.engine
def test_tagging_counts_each_picture_once_and_only_those_that_are_shown(database, make_row):
    with database.write() as conn:
        ids = images.upsert_many(
            conn, [make_row(f"/lib/{name}") for name in ("1.png", ".2.png", "3.png")]
        )
        like = tags.create_custom(conn, "like")
        assert tags.assign(conn, like.id, [*ids, *ids]) == 3
        images.mark_missing(conn, ids[2:])
        assert tags.find(conn, like.id).count == 1
        assert tags.unassign(conn, like.id, [ids[0], ids[0]]) == 1
        assert tags.find(conn, like.id).count == 0
        images.mark_found(conn, ids[2:])
        assert tags.find(conn, like.id).count == 1
