"""The ``--iib-*`` flags.

The host calls ``preload`` while it reads its command line, before it has loaded anything else.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iib_core.config import Setting

# The host listens, stops and answers other sites by its own settings; and it tells its flags to
# every client of its API, so a secret is none.
_NO_FLAG = {"host", "port", "base", "enable_shutdown", "cors_origins"}


def preload(parser: argparse.ArgumentParser) -> None:
    """Add one flag for each setting that means something inside the host; a flag that is not given
    stays None, and the other sources decide.

    Every value stays text, as in the environment: the host describes a flag whose default is None
    as text to the clients of its API, and cannot answer them with anything else.
    """
    group = parser.add_argument_group("IIB")
    for setting in _settings():
        if setting.name in _NO_FLAG or setting.is_secret:
            continue
        dest, text = f"iib_{setting.name}", setting.help.replace("%", "%%")
        if setting.default is True:
            names = _spellings(f"iib_no_{setting.name}")
            text = f"Turn off: {text}"
            group.add_argument(*names, dest=dest, action="store_const", const="false", help=text)
        elif setting.default is False:
            group.add_argument(*_spellings(dest), dest=dest, action="store_const", const="true", help=text)
        else:
            choices = setting.choices or None
            group.add_argument(*_spellings(dest), dest=dest, metavar="VALUE", choices=choices, help=text)


def _spellings(name: str) -> tuple[str, ...]:
    """A flag with hyphens and with underscores: hosts have both."""
    return f"--{name.replace('_', '-')}", f"--{name}"


def _settings() -> tuple[Setting, ...]:
    folder = str(Path(__file__).resolve().parent)
    sys.path.insert(0, folder)  # the host puts it there only later, while it executes the script
    try:
        from iib_core.config import SETTINGS
    finally:
        sys.path.remove(folder)
    return SETTINGS
