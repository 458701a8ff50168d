"""The command line, ``iib``."""

from __future__ import annotations

import argparse
import io
import logging
import sys
from collections.abc import Sequence

from iib_core import __version__, older_flags
from iib_core.commands import (
    changing,
    completion,
    finding,
    mcp,
    options,
    roots,
    serving,
    store,
    upkeep,
)
from iib_core.errors import IIBError, of_disk

_USAGE = "usage: iib COMMAND ...        what a command takes: iib COMMAND --help\n"
_STATUS = "Exit status: 0 done, 1 nothing found or only part of it done, 2 failed.\n"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit status: 0, 1, or 2 with one sentence on stderr."""
    if isinstance(
        sys.stdout, io.TextIOWrapper
    ):  # a code page of Windows cannot show every name: that ends no command
        sys.stdout.reconfigure(errors="backslashreplace")
    arguments = parser().parse_args(older_flags.spell(sys.argv[1:] if argv is None else argv))
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("iib_core").setLevel(logging.INFO)
    try:
        return int(arguments.run(arguments) or options.DONE)
    except IIBError as exc:
        failure = exc
    except OSError as exc:
        if (disk := of_disk(exc)) is None:
            raise
        failure = disk
    print(f"iib: {failure}", file=sys.stderr)
    return options.FAILED


def parser() -> argparse.ArgumentParser:
    """The parser of all commands, whose own help is one screen."""
    top = _Parser(prog="iib", description="The library of AI images.")
    commands = options.Commands(top)
    serving.add(commands)
    finding.add(commands)
    changing.add(commands)
    roots.add(commands)
    upkeep.add(commands)
    store.add(commands)
    mcp.add(commands)
    completion.add(commands, parser)
    commands.add("version", "print the version", _version)
    top.lines = commands.lines
    return top


class _Parser(argparse.ArgumentParser):
    """The parser of all commands."""

    lines: dict[str, str]

    def format_help(self) -> str:
        listed = "".join(f"  {name:13}  {line}\n" for name, line in self.lines.items())
        return f"{_USAGE}{listed}{_STATUS}"


def _version(_arguments: argparse.Namespace) -> None:
    print(f"iib {__version__}")
