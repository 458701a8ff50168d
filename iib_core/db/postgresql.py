"""PostgreSQL: how it is opened, how values get there, and what its schema holds beside the tables.

Statements are those of SQLite, rewritten by ``postgresql_text``. Everything of ours lies in one
schema, ``iib``, so that the database may have other tables too.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Connection,
    Engine,
    Integer,
    SmallInteger,
    String,
    create_engine,
    event,
    make_url,
    text,
)
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.pool import NullPool, QueuePool
from sqlalchemy.schema import CreateColumn

from iib_core.db import folder_quarters, image_blocks, new_database
from iib_core.db.places import Places
from iib_core.db.postgresql_own import Halfvec, block_of
from iib_core.db.postgresql_text import translate
from iib_core.db.sqlite import BUSY_TIMEOUT_MS, note_write
from iib_core.db.tables import IMAGE_BODY, TAGGED_IMAGE, metadata
from iib_core.errors import ConfigError, DatabaseError

logger = logging.getLogger(__name__)

NAME = "postgresql"
OLDEST_VERSION = 14
# The session lock that a transaction holds while it writes: one writer, as on SQLite.
_WRITER_KEY = 0x11B
_CONNECT_TIMEOUT_S = 10
# A program that stands still within a transaction must not keep others from writing for longer.
IDLE_TIMEOUT_S = 20
# When a connection counts as broken although the other side has not closed it.
_KEEPALIVE = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
}
_READERS, _MORE_READERS = 5, 15
# Without jit: to compile a query takes longer than any of ours runs.
_SETTINGS = f"SET search_path = iib, public; SET lock_timeout = {BUSY_TIMEOUT_MS}; SET jit = off"
_WRITER_SETTINGS = f"SET idle_in_transaction_session_timeout = '{IDLE_TIMEOUT_S}s'"
# What servers keep in memory, and read again when it was changed.
_KEPT_IN_MEMORY = re.compile(
    r'\s*(?:INSERT INTO|UPDATE|DELETE FROM) "?(?:setting|extra_path|ended_session)\b'
)
_NOTIFIES = "iib_notifies"
CHANNEL = "iib"
# Escapes of JSON that PostgreSQL refuses: NUL, and halves of a pair that stand alone.
_REFUSED = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_HALVES = re.compile("[\ud800-\udfff]")

_BEFORE_TABLES = (
    "CREATE SCHEMA IF NOT EXISTS iib",
    "CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public",
    # SQLite gives a row the smallest number above all others. A sequence would not know of the rows
    # that are written with a number of their own.
    """
    CREATE FUNCTION next_id(named text, key text) RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
    DECLARE found bigint;
    BEGIN
      EXECUTE format('SELECT coalesce(max(%I), 0) + 1 FROM iib.%I', key, named) INTO found;
      RETURN found;
    END $$
    """,
    *(
        f"""
        CREATE FUNCTION each_{kind}(document {given}, OUT key bigint, OUT value {returned})
        RETURNS SETOF record LANGUAGE sql IMMUTABLE STRICT AS
        $$ SELECT e.number - 1, {value} FROM json_array_elements{made}(document::json)
        WITH ORDINALITY e(item, number) $$
        """
        for given in ("text", "json")
        for kind, returned, made, value in (
            ("id", "bigint", "_text", "e.item::bigint"),
            ("text", "text", "_text", "e.item"),
            ("row", "json", "", "e.item"),
        )
    ),
    """
    CREATE FUNCTION json_each(document text, OUT key bigint, OUT value bigint)
    RETURNS SETOF record LANGUAGE sql IMMUTABLE STRICT AS
    $$ SELECT e.key, e.value FROM iib.each_id(document) e $$
    """,
    """
    CREATE FUNCTION instr(body text, part text) RETURNS integer LANGUAGE sql IMMUTABLE STRICT AS
    $$ SELECT strpos(body, part) $$
    """,
    # A start below zero counts from the end, as on SQLite.
    *(
        f"""
        CREATE FUNCTION substr(body text, start {kind}) RETURNS text LANGUAGE sql IMMUTABLE AS $$
        SELECT CASE WHEN start < 0 THEN right(body, -start::int)
        ELSE pg_catalog.substr(body, start::int) END
        $$
        """
        for kind in ("bigint", "smallint")
    ),
    *(
        f"""
        CREATE FUNCTION substr(body text, start {kind}, number {kind}) RETURNS text
        LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT pg_catalog.substr(body, start::int, number::int) $$
        """
        for kind in ("bigint", "smallint")
    ),
    """
    CREATE FUNCTION replace(body text, part text, number bigint) RETURNS text LANGUAGE sql IMMUTABLE
    STRICT AS $$ SELECT pg_catalog.replace(body, part, number::text) $$
    """,
    # SQLite puts numbers before texts. Here both are texts, a number by its bits.
    """
    CREATE FUNCTION number_or_text(number float8, key text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN number IS NULL THEN '1' || key WHEN number < 0 THEN '0' || (~bits)::text
    ELSE '0' || (bits # (B'1' || repeat('0', 63)::bit(63)))::text END
    FROM (SELECT ('x' || encode(float8send(number + 0.0), 'hex'))::bit(64) AS bits) found
    $$
    """,
    """
    CREATE FUNCTION json_text(items anycompatiblearray) RETURNS text LANGUAGE sql IMMUTABLE AS
    $$ SELECT coalesce(array_to_json(items)::text, '[]') $$
    """,
    """
    CREATE AGGREGATE json_group_array(anycompatible) (
      SFUNC = array_append, STYPE = anycompatiblearray, FINALFUNC = json_text, INITCOND = '{}')
    """,
)
# Also what the migration that brings this form executes.
TEXT_INDEX = (
    'CREATE TABLE image_fts (rowid bigint PRIMARY KEY, words text COLLATE "C" NOT NULL, '
    'rest text COLLATE "C" NOT NULL)',
    "CREATE INDEX image_fts_text ON image_fts USING gin "
    f"(({block_of('rowid')}), words gin_trgm_ops, rest gin_trgm_ops)",
)
_BESIDE_TABLES = (
    "CREATE TABLE index_change (number bigint NOT NULL)",
    "INSERT INTO index_change VALUES (0)",
    *TEXT_INDEX,
)


def _trigger(name: str, event: str, body: str) -> tuple[str, str]:
    """The function of a trigger, and the trigger; ``event``: from AFTER to FOR EACH ROW and WHEN."""
    return (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {body} RETURN NULL; END $$",
        f"CREATE TRIGGER {name} {event} EXECUTE FUNCTION {name}()",
    )


_TRIGGERS = tuple(
    statement
    for name, change, row, body in folder_quarters.CHANGES
    for statement in _trigger(
        f"folder_quarter_{name}",
        f"AFTER {change} ON image FOR EACH ROW WHEN ({row}.shown = 1)",
        body,
    )
)
# Also what the migration that brings these triggers executes.
BLOCK_TRIGGERS = tuple(
    statement
    for name, table, change, body in image_blocks.CHANGES
    for statement in _trigger(name, f"AFTER {change} ON {table} FOR EACH ROW", body)
)


class Address:
    """The address of a database, which holds a password: it is shown nowhere."""

    def __init__(self, url: str) -> None:
        self._url = url

    def __repr__(self) -> str:
        return "Address(...)"

    def parts(self) -> dict[str, Any]:
        """The arguments of the driver's ``connect``.

        Raises ConfigError for a text that is no address.
        """
        try:
            url = make_url(self._url)
        except (ArgumentError, ValueError):
            url = None
        if url is None or url.drivername not in ("postgresql", "postgresql+psycopg"):
            raise ConfigError(
                "IIB_DATABASE_URL is no address of a database: write it as "
                "postgresql+psycopg://USER:PASSWORD@HOST:PORT/NAME."
            ) from None
        return {**url.translate_connect_args(username="user", database="dbname"), **url.query}


def postgresql_engine(address: Address, *, write: bool, places: Places | None = None) -> Engine:
    """An engine over one database: one connection that writes, or a pool of connections that cannot.
    Without ``places`` paths are read and written as they are stored.

    Raises ConfigError for an address that is none, or without the driver.
    """
    pool_size, max_overflow = (1, 0) if write else (_READERS, _MORE_READERS)
    engine = create_engine(
        "postgresql+psycopg://",
        module=_driver(),
        creator=_connector(address, write=write),
        poolclass=QueuePool,
        pool_size=pool_size,
        max_overflow=max_overflow,
        # A server that was started again has ended every connection.
        pool_pre_ping=True,
        pool_use_lifo=True,
    )
    # The driver sends each number as the type that holds it; a cast to that of its column would fail
    # for a number that no row can have. JSON is text, as on SQLite.
    plain = (Integer, SmallInteger, BigInteger, JSON)
    engine.dialect.colspecs = {
        kind: ours for kind, ours in engine.dialect.colspecs.items() if kind not in plain
    }
    for ability in ("serialization", "deserialization"):  # of SQLAlchemy 2.1
        setattr(engine.dialect, f"supports_native_json_{ability}", False)
    event.listen(engine, "before_cursor_execute", _rewrite, retval=True)
    if places is not None:
        places.serve(engine)
    if write:
        event.listen(engine, "begin", _begin_to_write)
        event.listen(engine, "after_cursor_execute", note_write)
        event.listen(engine, "after_cursor_execute", _note_kept)
    return engine


def lease_engine(address: Address) -> Engine:
    """An engine for statements that are transactions of their own and wait for no writer."""
    engine = create_engine(
        "postgresql+psycopg://",
        module=_driver(),
        creator=_connector(address, write=True),
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
    )
    event.listen(engine, "before_cursor_execute", _rewrite, retval=True)
    return engine


def _driver() -> Any:
    try:
        import psycopg
    except ImportError as exc:
        raise ConfigError(
            "IIB_DATABASE_URL needs the package psycopg: install it with pip install 'iib[postgres]'."
        ) from exc
    return psycopg


def _connector(address: Address, *, write: bool) -> Callable[[], Any]:
    psycopg = _driver()
    parts = address.parts()

    def connect() -> Any:
        connection = psycopg.connect(
            **{"connect_timeout": _CONNECT_TIMEOUT_S, **_KEEPALIVE, **parts}, autocommit=True
        )
        connection.execute(_SETTINGS)
        if write:
            connection.execute(_WRITER_SETTINGS)
        _adapt(connection)
        connection.autocommit = False
        if not write:
            connection.read_only = True
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        return connection

    return connect


def _adapt(connection: Any) -> None:
    """Values as SQLite's driver takes and gives them."""
    from psycopg.adapt import Dumper
    from psycopg.pq import Format
    from psycopg.types.string import StrDumperUnknown, TextLoader

    class Text(StrDumperUnknown):
        """PostgreSQL stores no NUL: it becomes U+FFFD, one for one, where a text is written and
        where it is looked for.
        """

        def dump(self, obj: str) -> Any:
            return super().dump(obj.replace("\0", "\ufffd"))

    class Truth(StrDumperUnknown):
        """Columns that are true or false hold 1 or 0, which also is what is true for PostgreSQL."""

        def dump(self, obj: Any) -> Any:
            return super().dump("1" if obj else "0")

    class Vector(Dumper):
        """The type follows from where it stands: the extension's has another number in each database."""

        format = Format.BINARY

        def dump(self, obj: Any) -> Any:
            return bytes(obj)

    connection.adapters.register_dumper(Halfvec, Vector)
    connection.adapters.register_dumper(str, Text)
    connection.adapters.register_dumper(bool, Truth)
    connection.adapters.register_loader("json", TextLoader)
    connection.adapters.register_loader("numeric", _number_loader())


def _number_loader() -> Any:
    from psycopg.adapt import Loader

    class Number(Loader):
        """A sum of whole numbers is a whole number, as on SQLite."""

        def load(self, data: Any) -> int | float:
            number = bytes(data).decode()
            return int(number) if number.lstrip("-").isdigit() else float(number)

    return Number


def _rewrite(
    _connection: Connection,
    _cursor: Any,
    statement: str,
    parameters: Any,
    context: Any,
    _many: bool,
) -> tuple[str, Any]:
    if context is None or context.compiled is not None:
        return statement, parameters
    rewritten = translate(statement)
    if "each_row(" in rewritten or "each_text(" in rewritten:
        parameters = tuple(map(_storable, parameters))
    return rewritten, parameters


def _storable(value: Any) -> Any:
    """A JSON text without the characters that PostgreSQL refuses in one; anything else unchanged."""
    if not isinstance(value, str) or not _REFUSED.search(value):
        return value
    return json.dumps(_without_refused(json.loads(value)))


def _without_refused(value: Any) -> Any:
    if isinstance(value, str):
        return _HALVES.sub("?", value.replace("\0", "\ufffd"))
    return [_without_refused(item) for item in value] if isinstance(value, list) else value


def _note_kept(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
    if _KEPT_IN_MEMORY.match(statement):
        connection.info[_NOTIFIES] = True


def notify(connection: Connection) -> None:
    """Let all servers read again what they keep in memory, if this transaction has changed it."""
    if connection.info.pop(_NOTIFIES, False):
        connection.exec_driver_sql(f"NOTIFY {CHANNEL}")


def _begin_to_write(connection: Connection) -> None:
    connection.info.pop("iib_index_touched", None)
    connection.info.pop(_NOTIFIES, None)
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITER_KEY})")


def require_fit(connection: Connection) -> None:
    """Raise DatabaseError if the server is too old, or the database is not of UTF-8."""
    number, encoding = connection.exec_driver_sql(
        "SELECT current_setting('server_version_num'), current_setting('server_encoding')"
    ).one()
    version = int(number) // 10_000
    if version < OLDEST_VERSION:
        raise DatabaseError(
            f"The database server is PostgreSQL {version}: use {OLDEST_VERSION} or a newer one."
        )
    if encoding != "UTF8":
        raise DatabaseError(
            f"The database of IIB_DATABASE_URL stores texts as {encoding}: create one with the "
            "encoding UTF8."
        )


def warn_of_letters(connection: Connection) -> None:
    """Say what to do where the database knows no letters but those of English."""
    if not connection.exec_driver_sql("SELECT upper('\u00e9') = '\u00c9'").scalar_one():
        logger.warning(
            "the database does not know which letters beside those of English are the same in upper and "
            "lower case, and a search for them is slow: make one with LC_CTYPE 'C.UTF-8' as "
            "docs/scaling.md shows, and move the library there by pg_dump and pg_restore"
        )


def add_vector_extension(connection: Connection) -> None:
    """Create the extension, if the server has it and lets us."""
    is_possible = connection.exec_driver_sql(
        "SELECT 1 FROM pg_available_extensions WHERE name = 'vector' AND installed_version IS NULL"
    ).first()
    if is_possible is None:
        return
    try:
        with connection.begin_nested():
            connection.exec_driver_sql("CREATE EXTENSION vector WITH SCHEMA public")
    except DBAPIError:
        logger.info(
            "vectors are compared in memory: for an index of them have a superuser of the database run "
            "CREATE EXTENSION vector in it, then start again"
        )


def create(connection: Connection, schema: str) -> None:
    """Create everything in a database that holds nothing of ours, within its open transaction;
    ``schema``: the number of the newest migration.
    """
    for statement in _BEFORE_TABLES:
        connection.execute(text(statement))
    _copy_conditions()
    metadata.create_all(connection, checkfirst=False)
    for statement in (*_BESIDE_TABLES, *_TRIGGERS, *BLOCK_TRIGGERS):
        connection.execute(text(statement))
    for view in (IMAGE_BODY, TAGGED_IMAGE):
        connection.exec_driver_sql(view)
    new_database.begin(connection, schema)


def _copy_conditions() -> None:
    """Have each index hold the rows that it holds on SQLite. Here, because tables that name this
    dialect themselves load it, for users who have no server.
    """
    for table in metadata.tables.values():
        for index in table.indexes:
            condition = index.dialect_kwargs.get("sqlite_where")
            if condition is not None:
                index.dialect_kwargs["postgresql_where"] = condition


def is_postgresql(connection: Connection) -> bool:
    """Whether a connection is one of this module's."""
    return connection.dialect.name == NAME


@compiles(CreateColumn, NAME)
def _column(create: Any, compiler: Any, **options: Any) -> str:
    """A column that numbers itself does so as SQLite's; texts are in the order of their characters."""
    column = create.element
    described = str(compiler.visit_create_column(create, **options))
    if column.table._autoincrement_column is column:
        default = f"DEFAULT iib.next_id('{column.table.name}', '{column.name}')"
        return re.sub(r"\b(?:SMALL|BIG)?SERIAL\b", f"BIGINT {default}", described)
    if type(column.type) is Integer:
        # As on SQLite, where a whole number has 64 bits whatever it is declared as.
        return re.sub(r"\bINTEGER\b", "BIGINT", described, count=1)
    if isinstance(column.type, String):
        return re.sub(r"\b(TEXT|VARCHAR(?:\(\d+\))?)", r'\1 COLLATE "C"', described, count=1)
    return described
