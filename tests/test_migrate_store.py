"""``iib migrate-store``: a library with everything in it goes to a server and back, unharmed."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from unittest import mock

import pytest
from sqlalchemy import JSON, Float, LargeBinary, String

from iib_core.config import DATABASE_URL
from iib_core.db import tables
from iib_core.db.engine import Database
from iib_core.db.server_database import ServerDatabase
from iib_core.db.store_migration import MADE
from iib_core.process_lock import ProcessLock
from tests import postgresql
from tests.conftest import make_library
from tests.test_cli import environment, iib

pytestmark = pytest.mark.engine

MANY = 20_000
# By the type of a column; a number for all others.
VALUES = {
    JSON: '["猫 ß", 1.50, null, {"a": "\\u0000"}]',
    Float: 0.1,
    LargeBinary: bytes(range(256)),
    String: "50%_\\'\"? \U0001f98a",
}
COMMANDS = (["export"], ["search", "fox tag:best"])
KEPT = ("/elsewhere/a.png", b"print", '["best"]', '{"Best of": 1}', 4, time.time_ns())


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> Path:
    """The data folder of a library with rows in every table, and in one of them many."""
    folder = tmp_path_factory.mktemp("filled")
    data, files = folder / "data", make_library(folder / "library")
    data.mkdir()
    for command in (
        ("roots", "add", files),
        ("tag", "best", files / "fox.png"),
        ("rate", 5, files / "fox.png"),
        ("mv", files / "sea.jpg", files / "sub"),
    ):
        assert iib(folder, *command, "--data-dir", data).returncode == 0
    with closing(sqlite3.connect(data / "iib.db")) as connection, connection:
        connection.execute("INSERT INTO kept VALUES (?, ?, ?, ?, ?, ?)", KEPT)
        for table in set(tables.metadata.tables.values()):
            if table.name not in MADE and not has_rows(connection, table.name):
                row = [value_of(column) for column in table.columns]
                put(connection, table.name, [row])
        put(connection, "ended_session", ((b"%d" % number, number) for number in range(MANY)))
        assert all(has_rows(connection, name) for name in tables.metadata.tables.keys() - MADE)
    return data


def put(connection, table, rows) -> None:
    rows = list(rows)
    connection.executemany(f"INSERT INTO {table} VALUES ({','.join('?' * len(rows[0]))})", rows)


def has_rows(connection, table) -> bool:
    return bool(connection.execute(f"SELECT EXISTS (SELECT 1 FROM {table})").fetchone()[0])


def value_of(column) -> object:
    kinds = (value for kind, value in VALUES.items() if isinstance(column.type, kind))
    return next(kinds, 2**62 if "ns" in column.name else 1)


class Ends:
    """The two ends of a test: a copy of the library's file, and an empty database of a server."""

    def __init__(self, tmp_path: Path, library: Path) -> None:
        self.tmp_path = tmp_path
        self.data = tmp_path / "data"
        shutil.copytree(library, self.data)
        self.file = self.data / "iib.db"
        self.back = tmp_path / "back" / "iib.db"
        self.server = postgresql.require_server()
        self.name = self.server.create()
        self.url = self.server.url(self.name)
        self.printed = ""

    def run(self, *arguments: object, url: str = "", status: int = 0) -> str:
        given = {DATABASE_URL: url} if url else {}
        with mock.patch(
            "tests.test_cli.environment", lambda _: {**environment(self.tmp_path), **given}
        ):
            done = iib(self.tmp_path, *arguments)
        self.printed += done.stdout + done.stderr
        assert done.returncode == status, done.stdout + done.stderr
        return done.stderr if status else done.stdout

    def migrate(self, *ends: object, status: int = 0) -> str:
        return self.run("migrate-store", *ends, url=self.url, status=status)

    def start(self, *ends: object) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "iib_core", "migrate-store", *map(str, ends)]
        return subprocess.Popen(
            command, env={**environment(self.tmp_path), DATABASE_URL: self.url}, cwd=Path.cwd()
        )

    def make_server_empty(self) -> None:
        self.server.run("DROP SCHEMA IF EXISTS iib CASCADE", self.name)


@pytest.fixture
def ends(tmp_path, library) -> Iterator[Ends]:
    ends = Ends(tmp_path, library)
    yield ends
    assert postgresql.PASSWORD not in ends.printed and ends.url not in ends.printed


def dump(database: Database) -> dict[str, list[str]]:
    """The rows of every table, whichever there are, but those that each store makes for itself: how
    often its images were written, and the parts of its text index.
    """
    own = {"shared_document", "unmerged_documents", "image_block"}
    names = tables.metadata.tables.keys() - own
    with closing(database), database.read() as connection:
        return {
            name: sorted(map(repr, connection.exec_driver_sql(f"SELECT * FROM {name}").all()))
            for name in names
        }


def look_of(folder: Path) -> dict[str, str]:
    """The files of a folder and what is in them."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if path.is_file()
    }


def test_everything_goes_to_a_server_and_back(ends):
    before = look_of(ends.data)
    ends.migrate(ends.file, DATABASE_URL)
    on_server = dump(ServerDatabase(ends.url, mapped=None))
    ends.migrate(ends.url, ends.back)
    assert look_of(ends.data) == before
    assert (
        dump(ServerDatabase(ends.url, mapped=None)) == on_server == dump(Database(str(ends.back)))
    )
    assert on_server == dump(Database(str(ends.file)))
    # Without a setting the commands use the file of their data folder.
    told = [
        [ends.run(*command, "--data-dir", data, url=url) for command in COMMANDS]
        for data, url in (
            (ends.data, ""),
            (ends.tmp_path / "none", ends.url),
            (ends.back.parent, ""),
        )
    ]
    assert told[0] == told[1] == told[2]
    assert '"tags": ["best"]' in told[0][0] and "fox.png" in told[0][1]


def test_a_copy_has_every_table_of_the_schema(ends):
    """Also one that is added to the schema later: the library has rows in each."""
    ends.migrate(ends.file, DATABASE_URL)
    with closing(ServerDatabase(ends.url)) as database, database.read() as connection:
        found = connection.exec_driver_sql(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'iib' "
            "AND table_type = 'BASE TABLE'"
        )
        names = set(found.scalars()) - MADE
        empty = [
            name
            for name in names
            if connection.exec_driver_sql(f"SELECT NOT EXISTS (SELECT 1 FROM {name})").scalar_one()
        ]
    assert names >= tables.metadata.tables.keys() - MADE and empty == []


def count_on_server(ends: Ends) -> int:
    import psycopg

    try:
        with psycopg.connect(host=ends.server.folder, user="iib", dbname=ends.name) as connection:
            return connection.execute("SELECT count(*) FROM iib.ended_session").fetchone()[0]
    except psycopg.Error:
        return 0


def count_in(file: Path) -> int:
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
            return connection.execute("SELECT count(*) FROM ended_session").fetchone()[0]
    except sqlite3.Error:
        return 0


def kill_half_way(start, count, make_empty) -> None:
    """Kill a migration when it has copied some rows; again where it was too fast for that."""
    while True:
        process = start()
        while process.poll() is None and not count():
            time.sleep(0.002)
        process.kill()
        process.wait()
        if 0 < count() < MANY:
            return
        make_empty()


def test_killed_on_the_way_there_it_goes_on(ends):
    kill_half_way(
        lambda: ends.start(ends.file, DATABASE_URL),
        lambda: count_on_server(ends),
        ends.make_server_empty,
    )
    told = ends.run("export", "--data-dir", ends.tmp_path / "none", url=ends.url, status=2)
    assert "half of a library" in told
    other = shutil.copy(ends.file, ends.tmp_path / "other.db")
    with closing(sqlite3.connect(other)) as connection, connection:
        put(connection, "ended_session", [(b"new", 1)])
    assert "half of another library" in ends.migrate(other, DATABASE_URL, status=2)
    change = "UPDATE iib.ended_session SET expires_s = expires_s {} 1 WHERE token = '0'"
    ends.server.run(change.format("+"), ends.name)
    told = ends.migrate(ends.file, DATABASE_URL, status=2)
    assert "differs in ended_session: empty it" in told
    told = ends.run("export", "--data-dir", ends.tmp_path / "none", url=ends.url, status=2)
    assert "half of a library" in told
    ends.server.run(change.format("-"), ends.name)
    ends.migrate(ends.file, DATABASE_URL)
    assert dump(ServerDatabase(ends.url, mapped=None)) == dump(Database(str(ends.file)))


def test_killed_on_the_way_back_it_goes_on(ends):
    ends.migrate(ends.file, DATABASE_URL)
    kill_half_way(
        lambda: ends.start(DATABASE_URL, ends.back),
        lambda: count_in(ends.back),
        lambda: shutil.rmtree(ends.back.parent),
    )
    told = ends.run("search", "fox", "--data-dir", ends.back.parent, status=2)
    assert "half of a library" in told
    ends.migrate(DATABASE_URL, ends.back)
    assert dump(Database(str(ends.back))) == dump(Database(str(ends.file)))


def test_what_is_not_empty_is_no_target(ends):
    ends.migrate(ends.file, DATABASE_URL)
    assert "is not empty" in ends.migrate(ends.file, DATABASE_URL, status=2)
    others = ends.tmp_path / "others.db"
    with closing(sqlite3.connect(others)) as connection:
        connection.execute("CREATE TABLE mine (a)")
    before = others.read_bytes()
    for file in (ends.file, others):
        assert f"{file} is not empty" in ends.migrate(DATABASE_URL, file, status=2)
    assert others.read_bytes() == before and not Path(f"{others}-wal").exists()
    assert "holds no library" in ends.migrate(others, DATABASE_URL, status=2)


def test_one_end_is_a_file_and_the_other_an_address(ends):
    for pair in ((ends.file, ends.back), (ends.url, DATABASE_URL)):
        assert "Name one file and one address" in ends.migrate(*pair, status=2)
    assert "is no address" in ends.migrate(
        ends.file, f"mysql://a:{postgresql.PASSWORD}@b/c", status=2
    )
    assert "holds no library" in ends.migrate(ends.tmp_path / "none.db", DATABASE_URL, status=2)
    assert "holds no library" in ends.migrate(DATABASE_URL, ends.back, status=2)
    assert not ends.back.parent.exists()
    assert "is not set" in ends.run("migrate-store", ends.file, DATABASE_URL, status=2)


def test_a_library_that_a_server_has_open_is_refused(ends):
    lock = ProcessLock(str(ends.data))
    assert lock.name
    assert "stop it first" in ends.migrate(ends.file, DATABASE_URL, status=2)
    lock.close()
    ends.migrate(ends.file, DATABASE_URL)


def test_a_damaged_source_is_told(ends):
    os.truncate(ends.file, ends.file.stat().st_size // 2)
    assert "is damaged" in ends.migrate(ends.file, DATABASE_URL, status=2)


def test_a_source_with_a_log_is_read_with_it(ends):
    """As after a crash of its server."""
    code = (
        "import os, sqlite3; c = sqlite3.connect(os.sys.argv[1], isolation_level=None); "
        "c.execute('PRAGMA wal_autocheckpoint = 0'); "
        "c.execute(\"UPDATE folder SET path = path || 'x'\"); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code, str(ends.file)], check=True)
    assert Path(f"{ends.file}-wal").stat().st_size
    before = ends.file.read_bytes()
    ends.migrate(ends.file, DATABASE_URL)
    assert ends.file.read_bytes() == before
    assert dump(ServerDatabase(ends.url, mapped=None)) == dump(Database(str(ends.file)))
