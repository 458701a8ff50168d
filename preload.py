"""The ``--iib-*`` flags.

The host calls ``preload`` while it parses its command line, before it loads anything else.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iib_core.config import Setting

# The host has its own settings for these. A secret is no flag, because the host shows its flags to
# every client of its API.
_NO_FLAG = {"host", "port", "base", "enable_shutdown", "cors_origins"}


def preload(parser: argparse.ArgumentParser) -> None:
    """Add one flag for each setting that has a meaning inside the host. A flag that is not given is
    None, and the other sources decide.

    All values are strings, as in the environment: the host's API describes a flag with the default
    None as a string, and fails for any other type.
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
            group.add_argument(
                *_spellings(dest), dest=dest, action="store_const", const="true", help=text
            )
        else:
            choices = setting.choices or None
            group.add_argument(
                *_spellings(dest), dest=dest, metavar="VALUE", choices=choices, help=text
            )


def _spellings(name: str) -> tuple[str, ...]:
    """A flag with hyphens and with underscores: hosts have both."""
    return f"--{name.replace('_', '-')}", f"--{name}"


def _settings() -> tuple[Setting, ...]:
    folder = str(Path(__file__).resolve().parent)
    sys.path.insert(0, folder)  # the host adds it only later, while it executes the script
    try:
        from iib_core.config import SETTINGS
    finally:
        sys.path.remove(folder)
    return SETTINGS
