"""What several commands share: their place among the others, and the settings of a run."""

from __future__ import annotations

import argparse
import logging
import os
from collections.abc import Callable, Sequence
from contextlib import suppress

from iib_core import config, paths
from iib_core.errors import ConfigError

logger = logging.getLogger(__name__)

# Exit statuses. A command that is used wrongly has the last one too.
DONE, PARTLY, FAILED = 0, 1, 2

_TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
_STATUS = "Exit status: 0 done, 1 nothing found or only part of it done, 2 failed."

Run = Callable[[argparse.Namespace], "int | None"]


class Commands:
    """The commands of the parser, each with the line that stands for it in the list of all."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self._action = parser.add_subparsers(
            required=True, metavar="COMMAND", parser_class=_Command
        )
        self.lines: dict[str, str] = {}

    def add(self, name: str, line: str, run: Run, details: str = "") -> argparse.ArgumentParser:
        """A new command. ``line``: at most 63 characters; ``details``: what its own help says
        beside it.
        """
        self.lines[name] = line
        command = self._action.add_parser(
            name, help=line, description=details or f"{line[:1].upper()}{line[1:]}.", epilog=_STATUS
        )
        command.set_defaults(run=run)
        return command


class _Command(argparse.ArgumentParser):
    """A command: everything but the list of all commands."""


def add_data_dir(command: argparse.ArgumentParser) -> None:
    """The flag that names the data folder."""
    command.add_argument(
        "--data-dir", dest="data_dir", metavar="FOLDER", help="the data folder of the server"
    )


def load(arguments: argparse.Namespace, data_dir: str | None = None) -> config.Config:
    """The settings of this run; logs each value from a place where it could be overlooked.

    ``data_dir``: the data folder if no setting names one.
    """
    flags = {setting.name: getattr(arguments, setting.name, None) for setting in config.SETTINGS}
    return config.load(flags, default_data_dir=data_dir, beside=_folders(), tell=logger.warning)


def _folders() -> list[str]:
    """Where a ``.env`` may lie beside that of the data folder: with the program, unless pip has put
    that among its packages, and where it was started.
    """
    own = [_TOP] if os.path.isfile(os.path.join(_TOP, "install.py")) else []
    with suppress(FileNotFoundError):  # a working directory that was removed
        return [*own, os.getcwd()]
    return own


def existing(raw: Sequence[str]) -> tuple[str, ...]:
    folders = tuple(paths.absolute(folder) for folder in raw)
    for folder in folders:
        if not os.path.isdir(folder):
            raise ConfigError(
                f"{folder} is {'not a folder' if os.path.exists(folder) else 'not there'}: give the "
                "folder that holds the pictures."
            )
    return folders
