"""``iib migrate-store``: a library goes from its file to the database of a server, or back."""

from __future__ import annotations

import argparse
import sys

from iib_core.commands.options import Commands, add_data_dir, load
from iib_core.config import DATABASE_URL
from iib_core.errors import ConfigError
from iib_core.paths import absolute

_DETAILS = f"""\
Copy a library from its file to the database of a server, or back. Stop every server of both first.
Run it again after it was interrupted. One of the two is the file, such as iib.db; the other one is
{DATABASE_URL}, for the address that this setting holds, or an address."""


def add(commands: Commands) -> None:
    """Add the command."""
    line = "copy the library from its file to a database server, or back"
    command = commands.add("migrate-store", line, _migrate, _DETAILS)
    command.add_argument("source", metavar="FROM", help="where the library is; it is only read")
    command.add_argument("target", metavar="TO", help="where it goes; nothing may be there yet")
    add_data_dir(command)


def _migrate(arguments: argparse.Namespace) -> None:
    from iib_core import offline

    to_file = _is_address(arguments.source)
    if to_file == _is_address(arguments.target):
        raise ConfigError(
            f"Name one file and one address: iib migrate-store FILE {DATABASE_URL}, or iib "
            f"migrate-store {DATABASE_URL} FILE."
        )
    ends = (arguments.source, arguments.target)
    url, file = ends if to_file else reversed(ends)
    address = load(arguments).database_url if url == DATABASE_URL else url
    if not address:
        raise ConfigError(f"{DATABASE_URL} is not set: set it, or name the address.")
    migrated = offline.migrate_store(absolute(file), address, _show, to_file=to_file)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    print(
        f"{migrated.rows} rows of {migrated.tables} tables were copied and compared. "
        + (f"Use it without {DATABASE_URL}." if to_file else f"Use it with {DATABASE_URL}.")
    )


def _is_address(end: str) -> bool:
    return end == DATABASE_URL or "://" in end


def _show(stage: str, done: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{stage} {done} of {total}", end="", file=sys.stderr, flush=True)
