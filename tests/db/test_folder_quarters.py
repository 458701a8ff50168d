"""Counts that the database keeps: the same as a recount, whatever happens to the files."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from itertools import count

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule
from sqlalchemy import update

from iib_core.db import folder_counts, folder_quarters, images
from iib_core.db.engine import Database
from iib_core.db.folder_quarters import QUARTER_NS
from iib_core.db.images import ImageRow
from iib_core.db.migrations import upgrade
from iib_core.db.search import pages, stats
from iib_core.db.sqlite import sqlite_engine
from iib_core.db.tables import folder, image
from iib_core.search.criteria import And, InFolder
from tests.db.machine import DatabaseMachine
from tests.searches import rounds
from tests.slashes import rooted

FOLDERS = [rooted(folder) for folder in ("/a", "/a/b", "/c")]
PATHS = [os.path.join(folder, name) for folder in FOLDERS for name in ("1.png", "2.mp4", ".3.png")]
TIMES = [-1, 0, 1, QUARTER_NS - 1, QUARTER_NS, 7 * QUARTER_NS]


def recount(conn):
    """What the table should hold, from the rows of the files."""
    sums: dict[tuple[int, int, str], tuple[int, int]] = {}
    rows = conn.exec_driver_sql(
        "SELECT folder_id, mtime_ns, media, size_bytes FROM image WHERE shown = 1"
    )
    for folder_id, mtime_ns, media, size_bytes in rows:
        key = folder_id, mtime_ns // QUARTER_NS, media
        files, total = sums.get(key, (0, 0))
        sums[key] = files + 1, total + size_bytes
    return sums


def kept(conn):
    """What the table holds."""
    rows = conn.exec_driver_sql(
        "SELECT folder_id, quarter, media, files, size_bytes FROM folder_quarter"
    )
    return {tuple(row[:3]): tuple(row[3:]) for row in rows}


class ChangingFiles(DatabaseMachine):
    """Any sequence of writes that a file's counts depend on."""

    def _known(self):
        with self.database.read() as conn:
            return images.find_ids(conn, PATHS)

    @rule(
        paths=st.lists(st.sampled_from(PATHS), min_size=1, max_size=4, unique=True),
        mtime_ns=st.sampled_from(TIMES),
        size_bytes=st.integers(0, 3),
        media=st.sampled_from(["image", "video"]),
    )
    def index(self, paths, mtime_ns, size_bytes, media):
        with self.database.write() as conn:
            images.upsert_many(
                conn, [ImageRow(path, media, mtime_ns, size_bytes, 1) for path in paths]
            )

    @rule(path=st.sampled_from(PATHS), gone=st.booleans())
    def mark(self, path, gone):
        known = self._known()
        with self.database.write() as conn:
            (images.mark_missing if gone else images.mark_found)(
                conn, [known[path]] if path in known else []
            )

    @rule(old=st.sampled_from(PATHS), new=st.sampled_from(PATHS))
    def move(self, old, new):
        known = self._known()
        if old in known and new not in known:
            with self.database.write() as conn:
                images.move_many(conn, [(known[old], new)])

    @rule(path=st.sampled_from(PATHS))
    def forget(self, path):
        known = self._known()
        if path in known:
            with self.database.write() as conn:
                images.remove_many(conn, [known[path]])

    @rule(path=st.sampled_from(PATHS), shown=st.integers(0, 1), mtime_ns=st.sampled_from(TIMES))
    def change_as_any_module_may(self, path, shown, mtime_ns):
        """What the counts depend on, by plain SQL."""
        known = self._known()
        if path in known:
            changed = update(image).where(image.c.id == known[path])
            with self.database.write() as conn:
                conn.execute(changed.values(shown=shown, mtime_ns=mtime_ns))

    @rule()
    def fail(self):
        with contextlib.suppress(RuntimeError), self.database.write() as conn:
            images.remove_many(conn, [1, 2, 3])
            raise RuntimeError

    @invariant()
    def agrees(self):
        with self.database.read() as conn:
            expected = recount(conn)
            assert kept(conn) == expected
            self._agrees_with(conn, expected)

    def _agrees_with(self, conn, expected):
        names = dict(map(tuple, conn.execute(folder.select().with_only_columns(*folder.c[:2]))))
        by_folder: Counter[str] = Counter()
        for (folder_id, _, _), (files, _) in expected.items():
            by_folder[names[folder_id]] += files
        total = by_folder.total()
        assert images.count(conn) == stats.count(conn, And()) == total
        assert pages.count(conn, And()) == (total, True)
        below = by_folder[FOLDERS[0]] + by_folder[FOLDERS[1]]
        assert pages.count(conn, InFolder((FOLDERS[0],))) == (below, True)
        assert pages.count(conn, InFolder((FOLDERS[0],)), at_most=1) == (min(below, 1), below < 1)
        assert (
            sum(part.files for part in stats.count_by_quarter(conn, InFolder((FOLDERS[0],))))
            == below
        )
        shown = {one.path: one.shown for one in folder_counts.count_all(conn) if one.shown}
        assert shown == +by_folder
        assert folder_quarters.count_in(conn, names) == {
            folder_id: by_folder[path] for folder_id, path in names.items() if by_folder[path]
        }


TestChangingFiles = ChangingFiles.TestCase
TestChangingFiles.settings = settings(
    max_examples=rounds(15), stateful_step_count=20, deadline=None
)


_WRITER = """
import sys
from itertools import count
from iib_core.db import images
from iib_core.db.engine import Database
from iib_core.db.images import ImageRow

database = Database(sys.argv[1])
for number in count():
    with database.write() as conn:
        rows = [ImageRow(f"/a/{number}-{at}.png", "image", number * 10**12, 5, 1) for at in range(50)]
        ids = images.upsert_many(conn, rows)
        images.mark_missing(conn, ids[::3])
        images.remove_many(conn, ids[::7])
    print(number, flush=True)
"""


@pytest.mark.posix_only("SIGKILL")
def test_a_killed_writer_leaves_counts_that_fit_its_rows(tmp_path):
    path = tmp_path / "iib.db"
    Database(str(path), is_new=True).close()
    for kept_before_death in (3, 8):
        with subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(path)], stdout=subprocess.PIPE, text=True
        ) as writer:
            assert writer.stdout is not None
            for _ in range(kept_before_death):
                writer.stdout.readline()
            os.kill(writer.pid, signal.SIGKILL)
        opened = Database(str(path))
        with opened.read() as conn:
            expected = recount(conn)
            assert kept(conn) == expected and expected
        opened.close()


def test_a_library_of_before_is_counted_when_it_is_brought_up_to_date(tmp_path, make_row):
    path = tmp_path / "iib.db"
    writer = sqlite_engine(str(path), write=True)
    with writer.begin() as connection:
        upgrade(connection, "0018")
    writer.dispose()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("INSERT INTO folder(id, path) VALUES (1, '/lib')")
        numbers = count(1)
        for time_ns, shown in ((1, 1), (2, 1), (-1, 1), (QUARTER_NS, 1), (5, 0)):
            number = next(numbers)
            connection.execute(
                "INSERT INTO image(id, folder_id, name, shown, media, mtime_ns, size_bytes, "
                "birth_ns, reader, indexed_ns) VALUES (?, 1, ?, ?, 'image', ?, 10, 1, 1, 1)",
                (number, f"{number}.png", shown, time_ns),
            )
        connection.commit()
    opened = Database(str(path))
    with opened.read() as conn:
        assert kept(conn) == {
            (1, 0, "image"): (2, 20),
            (1, -1, "image"): (1, 10),
            (1, 1, "image"): (1, 10),
        }
    with opened.write() as conn:
        images.upsert_many(conn, [make_row("/lib/new.png", mtime_ns=1)])
    with opened.read() as conn:
        assert kept(conn) == recount(conn)
    opened.close()
