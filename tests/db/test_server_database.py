"""The database of a server: its contract, its failures as sentences, and that its address is told
nowhere.
"""

from __future__ import annotations

import logging
import sys
import traceback

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Float, Text, cast, exc, func, insert, select

from iib_core import config
from iib_core.db import ended_sessions, settings, tables
from iib_core.db.engine import SCHEMA
from iib_core.db.opened import open_database
from iib_core.db.postgresql import Address, require_fit
from iib_core.db.server_database import ServerDatabase
from iib_core.db.sqlite import as_number_or_text, read_change
from iib_core.errors import ConfigError, DatabaseError, DatabaseUnreachable
from tests import postgresql
from tests.databases import new_url

pytestmark = [pytest.mark.engine, pytest.mark.stack]

SECRET = postgresql.PASSWORD


@pytest.fixture
def server():
    return postgresql.require_server()


@pytest.fixture
def driver():
    return pytest.importorskip("psycopg")


@pytest.fixture
def opened(server):
    database = ServerDatabase(new_url())
    yield database
    database.close()


def put(connection, name, value):
    connection.execute(insert(tables.setting).values(name=name, value=value, updated_ns=2**62))


def test_a_new_database_holds_the_tables_and_opens_again(server):
    url = server.url(server.create())
    for _ in range(2):
        database = ServerDatabase(url)
        with database.read() as connection:
            context = MigrationContext.configure(
                connection, opts={"include_object": lambda thing, name, *_: name in tables.metadata}
            )
            assert compare_metadata(context, tables.metadata) == []
            version = connection.exec_driver_sql("SELECT version_num FROM alembic_version")
            assert version.scalar_one() == SCHEMA
        database.close()


def test_tables_of_others_are_left_alone(server):
    url = server.url(server.create())
    first = ServerDatabase(url)
    with first.write() as connection:
        connection.exec_driver_sql("CREATE TABLE public.tag (mine text)")
    with first.read() as connection:
        assert connection.execute(select(tables.tag.c.name)).scalars().all() == ["like"]
    first.close()


def test_an_exception_rolls_everything_back(opened):
    with pytest.raises(RuntimeError), opened.write() as connection:
        put(connection, "a", 1)
        raise RuntimeError
    with opened.read() as connection:
        assert settings.get_all(connection) == {}


def test_a_reader_sees_one_state_and_cannot_write(opened):
    with opened.read() as reader:
        assert settings.get_all(reader) == {}
        with opened.write() as writer:
            put(writer, "a", 1)
        assert settings.get_all(reader) == {}
    with pytest.raises(exc.DBAPIError), opened.read() as reader:
        put(reader, "b", 1)


def test_another_servers_write_waits_for_the_end_of_ours(server):
    url = new_url()
    one, other = ServerDatabase(url), ServerDatabase(url)
    with one.write() as connection:
        put(connection, "a", 1)
        waiting = other._writer.raw_connection()
        cursor = waiting.cursor()
        cursor.execute("SET lock_timeout = 50")
        with pytest.raises(Exception, match="lock timeout"):
            cursor.execute("SELECT pg_advisory_xact_lock(283)")
        waiting.close()
    with other.write() as connection:
        put(connection, "b", 2)
    with one.read() as connection:
        assert settings.get_all(connection) == {"a": 1, "b": 2}
    one.close()
    other.close()


def test_a_write_to_the_index_counts_as_a_change(opened):
    with opened.read() as connection:
        before = read_change(connection)
    with opened.write() as connection:
        connection.execute(insert(tables.folder).values(path="/lib"))
    with opened.write() as connection:
        put(connection, "a", 1)
    with opened.read() as connection:
        assert read_change(connection) == before + 1


def test_an_id_is_the_next_after_the_largest(opened):
    with opened.write() as connection:
        connection.execute(insert(tables.folder).values(id=7, path="/a"))
        connection.execute(insert(tables.folder).values(path="/b"))
        connection.execute(insert(tables.folder), [{"path": "/c"}, {"path": "/d"}])
        rows = connection.execute(select(tables.folder.c.id).order_by(tables.folder.c.id))
        assert rows.scalars().all() == [7, 8, 9, 10]


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("a\0b", "a\ufffdb"),
        ("猫 \U0001f98a ß", "猫 \U0001f98a ß"),
        ("50%_\\'\"?", "50%_\\'\"?"),
    ],
)
def test_texts(opened, value, found):
    with opened.write() as connection:
        connection.execute(insert(tables.folder).values(path=value))
    with opened.read() as connection:
        query = select(tables.folder.c.path).where(tables.folder.c.path == value)
        assert connection.execute(query).scalar_one() == found
        driver = connection.exec_driver_sql("SELECT path FROM folder WHERE path = ?", (value,))
        assert driver.scalar_one() == found


def test_texts_are_in_the_order_of_their_characters(opened):
    names = ["Z", "a", "z", "ä", "猫"]
    with opened.write() as connection:
        connection.execute(insert(tables.folder), [{"path": name} for name in reversed(names)])
    with opened.read() as connection:
        query = select(tables.folder.c.path).order_by(tables.folder.c.path)
        assert connection.execute(query).scalars().all() == names


def test_values_keep_their_types(opened):
    token, number = bytes(range(256)), 2**63 - 1
    with opened.write() as connection:
        put(connection, "nested", {"a": [1, None, True, "x\0\ud800"]})
    sessions = ended_sessions.EndedSessions(opened)
    sessions.add(token, number)
    assert sessions.load() == {token: number}
    with opened.read() as connection:
        assert settings.find(connection, "nested") == {"a": [1, None, True, "x\0\ud800"]}
        row = connection.exec_driver_sql("SELECT sum(updated_ns), 7 / 2 FROM setting").one()
        assert tuple(row) == (2**62, 3) and type(row[0]) is int


@pytest.mark.parametrize("value", [0.0, 3.0, -3.5, 1e300, -1e-300, "auto", "1", ""])
def test_a_number_or_a_text_is_read_as_it_was(opened, value):
    number, words = (None, value) if isinstance(value, str) else (value, None)
    query = select(func.number_or_text(cast(number, Float), cast(words, Text)))
    with opened.read() as connection:
        assert as_number_or_text(connection, connection.execute(query).scalar_one()) == value


class OldServer:
    """A connection to a server of another version or encoding."""

    def __init__(self, number: str, encoding: str) -> None:
        self.row = (number, encoding)

    def exec_driver_sql(self, _statement):
        return self

    def one(self):
        return self.row


@pytest.mark.parametrize(
    ("number", "encoding", "message"),
    [("130012", "UTF8", "PostgreSQL 13"), ("150000", "LATIN1", "LATIN1")],
)
def test_a_server_that_is_not_fit_is_refused(number, encoding, message):
    with pytest.raises(DatabaseError, match=message):
        require_fit(OldServer(number, encoding))
    require_fit(OldServer("140000", "UTF8"))


def test_a_database_of_a_newer_version_is_refused(server):
    url = new_url()
    database = ServerDatabase(url)
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    with pytest.raises(DatabaseError, match="newer version"):
        ServerDatabase(url)


@pytest.mark.parametrize(("letters", "is_warned"), [("C", True), ("C.UTF-8", False)])
def test_a_database_that_knows_no_letters_is_warned_of(server, caplog, letters, is_warned):
    name = server.create()
    server.run(f"DROP DATABASE {name}")
    server.run(f"CREATE DATABASE {name} LC_CTYPE '{letters}' TEMPLATE template0")
    for _ in range(2):
        caplog.clear()
        ServerDatabase(server.url(name)).close()
        warned = [record.message for record in caplog.records if "LC_CTYPE" in record.message]
        assert len(warned) == is_warned
    server.run(f"DROP DATABASE {name}")


def test_after_the_server_has_ended_connections_the_next_request_succeeds(server, opened):
    with opened.read() as connection:
        name = connection.exec_driver_sql("SELECT current_database()").scalar_one()
    with pytest.raises(DatabaseUnreachable, match=r"cannot be reached.*\.$"), opened.read() as one:
        one.exec_driver_sql("SELECT 1")
        server.run(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        )
        one.exec_driver_sql("SELECT 1")
    with opened.read() as connection:
        assert settings.get_all(connection) == {}
    with opened.write() as connection:
        put(connection, "a", 1)


@pytest.mark.parametrize(
    ("url", "kind", "message"),
    [
        (
            f"postgresql+psycopg://zebedee:{SECRET}@127.0.0.1:1/iib",
            DatabaseUnreachable,
            "cannot be reached",
        ),
        (
            f"postgresql+psycopg://zebedee:{SECRET}@127.0.0.1:99999/iib",
            DatabaseUnreachable,
            "reached",
        ),
        (f"postgresql://zebedee:{SECRET}@no-such-host.invalid/iib", DatabaseUnreachable, "reached"),
        (f"mysql://zebedee:{SECRET}@127.0.0.1/iib", ConfigError, "no address"),
        (f"{SECRET}", ConfigError, "no address"),
        (f"postgresql://zebedee:{SECRET}@127.0.0.1:port/iib", ConfigError, "no address"),
        (f"postgresql://zebedee:{SECRET}@127.0.0.1/iib?no_such={SECRET}", DatabaseError, "."),
    ],
)
def test_a_failure_tells_nothing_of_the_address(driver, caplog, url, kind, message):
    caplog.set_level(logging.DEBUG)
    with pytest.raises(kind, match=message) as raised:
        ServerDatabase(url)
    assert is_silent("".join(traceback.format_exception(raised.value)))
    assert is_silent(caplog.text)


def test_what_is_missing_in_a_database_is_told_and_nothing_of_its_address(server):
    with pytest.raises(DatabaseUnreachable, match="does not exist: create it") as raised:
        ServerDatabase(server.url("nowhere"))
    assert is_silent("".join(traceback.format_exception(raised.value)))


def test_nothing_that_is_printed_holds_the_address(server, tmp_path):
    url = new_url()
    settings_ = config.Config(data_dir=str(tmp_path), database_url=url)
    database = open_database(settings_)
    shown = [settings_, database, database._writer, database._readers, Address(url)]
    assert all(map(is_silent, map(repr, shown)))
    assert is_silent(str(database._writer.url)) and is_silent(str(vars(database)))
    database.close()


ASKED = [
    "/global_setting",
    "/settings",
    "/db/basic_info",
    "/db/index_status",
    "/db/tags",
    "/operations",
    "/trash",
    "/albums",
    "/ai/settings",
]


def test_neither_answers_nor_the_log_hold_the_address(server, serve, library, caplog):
    caplog.set_level(logging.DEBUG)
    url = new_url()
    name = url.partition("@/")[2].partition("?")[0]
    served = serve(library, database_url=url)
    told = [served.post("/db/update_image_data", None).text]
    told += [served.get(route).text for route in ASKED]
    server.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    server.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    answers = [served.get(route) for route in ASKED]
    assert any(answer.status_code >= 500 for answer in answers)
    server.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    for text in [*told, *(answer.text for answer in answers), caplog.text]:
        assert is_silent(text) and server.folder not in text


def is_silent(text: str) -> bool:
    return SECRET not in text and "zebedee" not in text and "no-such-host" not in text


def test_without_the_driver_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ConfigError, match=r"iib\[postgres\]"):
        ServerDatabase(f"postgresql://zebedee:{SECRET}@127.0.0.1/iib")


def test_the_address_is_taken_from_the_environment_in_silence(tmp_path):
    environ = {config.DATABASE_URL: f"postgresql://zebedee:{SECRET}@127.0.0.1/iib"}
    told: list[str] = []
    loaded = config.load({"data_dir": str(tmp_path)}, environ, tell=told.append)
    assert loaded.database_url == environ[config.DATABASE_URL] and told == []
    assert is_silent(repr(loaded))


def test_neither_flag_nor_host_sets_the_address(tmp_path):
    given = {"database_url": f"postgresql://zebedee:{SECRET}@127.0.0.1/iib"}
    loaded = config.load({"data_dir": str(tmp_path), **given}, {}, host=given)
    assert loaded.database_url == ""
    (tmp_path / ".env").write_text(f"{config.DATABASE_URL}={given['database_url']}\n")
    assert config.load({"data_dir": str(tmp_path)}, {}).database_url == given["database_url"]
