"""Which files a command is about."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from iib_core.errors import InvalidRequest
from iib_core.paths import absolute


def files_of(named: Sequence[str]) -> list[str]:
    """The files, each once, as full paths; ``-`` stands for the lines of the input.

    Raises InvalidRequest where there is none.
    """
    files: dict[str, None] = {}
    for name in named:
        lines = sys.stdin.read().splitlines() if name == "-" else [name]
        files.update((absolute(line), None) for line in lines if line)
    if not files:
        raise InvalidRequest("Name at least one file.")
    return list(files)
