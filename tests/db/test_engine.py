"""Opening the database: new, current, newer, damaged."""

from __future__ import annotations

import contextlib
import sqlite3
import threading

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import exc, insert, select

from iib_core.db import backup, settings, tables
from iib_core.db.engine import Database
from iib_core.db.migrations import upgrade
from iib_core.db.sqlite import sqlite_engine
from iib_core.errors import ConfigError, DatabaseError
from tests.databases import write_empty


def put(connection, name, value):
    connection.execute(insert(tables.setting).values(name=name, value=value, updated_ns=1))


def migrated(path):
    """A database that went through all migrations, from an empty file."""
    writer = sqlite_engine(str(path), write=True)
    with writer.begin() as connection:
        upgrade(connection)
    return writer


# Alembic cannot compare an index of an expression; the next test compares its SQL.
@pytest.mark.filterwarnings("ignore:.*expression-based index '?image_model")
def test_the_migrations_lead_to_the_tables(tmp_path):
    def is_ours(_thing, name, kind, *_):
        return not (kind == "table" and name.startswith("image_fts"))

    writer = migrated(tmp_path / "iib.db")
    with writer.begin() as connection:
        options = {"include_object": is_ours}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, tables.metadata) == []
    writer.dispose()


def test_a_new_database_is_what_the_migrations_lead_to(tmp_path):
    writer = migrated(tmp_path / "old.db")
    writer.dispose()
    Database(str(tmp_path / "new.db"), is_new=True).close()
    old, new = (describe(tmp_path / name) for name in ("old.db", "new.db"))
    assert old == new and len(old["tables"]) > 20


def describe(path):
    """All that a schema holds, in no order: tables with their columns, indexes with their
    conditions, triggers, virtual tables, and the first rows.
    """
    with contextlib.closing(sqlite3.connect(path)) as connection:

        def ask(statement):
            return connection.execute(statement).fetchall()

        names = ask("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
        listed = {name: sql for name, sql in names if not name.startswith("sqlite_")}
        return {
            "tables": {
                name: sorted(row[1:] for row in ask(f"PRAGMA table_xinfo({name})"))
                for name in listed
            },
            "without rowid": {name for name, sql in listed.items() if "WITHOUT ROWID" in sql},
            "virtual": sorted(sql for sql in listed.values() if "VIRTUAL" in sql),
            "indexes": {
                (name, tuple(column[2] for column in ask(f"PRAGMA index_info({index})")), unique)
                for name in listed
                for _, index, unique, *_ in ask(f"PRAGMA index_list({name})")
            },
            "expressions": {
                (name, "".join(sql.partition("WHERE")[0].split()))
                for name, sql in ask("SELECT name, sql FROM sqlite_master WHERE type = 'index'")
                if sql and sql.partition("WHERE")[0].count("(") > 1
            },
            "conditions": {
                (name, sql.partition("WHERE")[2].strip())
                for name, sql in ask("SELECT name, sql FROM sqlite_master WHERE type = 'index'")
                if sql
            },
            "triggers": sorted(ask("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")),
            "version": ask("SELECT * FROM alembic_version"),
            "rows": ask("SELECT id, type, category, name, key, color, count FROM tag"),
        }


def test_what_one_writes_another_reads_at_once(database):
    with database.write() as connection:
        put(connection, "theme", {"dark": True})
    with database.read() as connection:
        assert settings.get_all(connection) == {"theme": {"dark": True}}
    outside = sqlite3.connect(database.path)
    assert outside.execute("SELECT count(*) FROM setting").fetchone() == (1,)
    outside.close()


def test_an_exception_rolls_everything_back(database):
    with pytest.raises(RuntimeError), database.write() as connection:
        put(connection, "a", 1)
        raise RuntimeError
    with database.read() as connection:
        assert settings.get_all(connection) == {}


def test_a_reader_cannot_write(database):
    with pytest.raises(exc.OperationalError), database.read() as connection:
        put(connection, "a", 1)


def test_writers_take_turns(database):
    def work(number):
        for round_number in range(20):
            with database.write() as connection:
                put(connection, f"{number}-{round_number}", number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as connection:
        assert len(connection.execute(select(tables.setting.c.name)).all()) == 80


def test_a_newer_database_is_refused_with_a_sentence(tmp_path):
    path = str(write_empty(tmp_path / "iib.db"))
    connection = sqlite3.connect(path)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    with pytest.raises(DatabaseError, match="newer version"):
        Database(path)


def test_an_older_database_is_copied_before_its_tables_change(tmp_path):
    path = str(tmp_path / "iib.db")
    engine = sqlite_engine(path, write=True)
    with engine.begin() as connection:
        upgrade(connection, "0003")
        connection.exec_driver_sql("INSERT INTO setting VALUES ('kept', '1', 1)")
    engine.dispose()
    database = Database(path)
    with database.read() as connection:
        assert connection.execute(select(tables.setting.c.name)).scalars().all() == ["kept"]
    database.close()
    (copy,) = backup.list_backups(path)
    kept = sqlite3.connect(copy.path)
    assert kept.execute("SELECT version_num FROM alembic_version").fetchall() == [("0003",)]
    kept.close()
    Database(path).close()  # up to date now: no further copy
    assert len(backup.list_backups(path)) == 1


def test_a_file_that_is_no_database_is_told_and_left_alone(tmp_path):
    path = tmp_path / "iib.db"
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(DatabaseError, match="cannot be used"):
        Database(str(path))
    assert path.read_bytes() == b"no database at all" * 100


def test_a_data_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConfigError, match="data folder"):
        Database(str(tmp_path / "file" / "data" / "iib.db"))
