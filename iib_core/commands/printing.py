"""What commands print: tables for people, JSON for programs."""

from __future__ import annotations

import json
import sys
import time
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any


def print_json(answer: Any) -> None:
    """An answer of the API as JSON, one value a line of its own."""
    print(json.dumps(answer, indent=2))


def print_table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Rows under heads, aligned; numbers at the right. The last column is as wide as it needs."""
    cells = [[_printable(str(cell)) for cell in row] for row in rows]
    widths = [max(map(_width, column)) for column in zip(heads, *cells)]
    to_the_right = [
        all(isinstance(row[at], (int, float)) for row in rows) for at in range(len(heads))
    ]
    for row in (heads, *cells):
        aligned = (
            _pad(cell, width, to_the_right=right)
            for cell, width, right in zip(row, widths, to_the_right)
        )
        print("  ".join(aligned).rstrip())


def print_fields(fields: Mapping[str, object]) -> None:
    """A line for each field that has a value, aligned."""
    shown = {name: str(value) for name, value in fields.items() if value not in (None, "", [])}
    width = max(map(len, shown), default=0)
    for name, value in shown.items():
        first, *others = value.splitlines() or [""]
        print(f"{name:{width}}  {_printable(first)}")
        for line in others:
            print(f"{'':{width}}  {_printable(line)}")


def warn(path: str, error: str) -> None:
    """What could not be done, by path."""
    print(f"{_printable(path)}: {error}", file=sys.stderr)


def day(seconds: float) -> str:
    """A time for people, to the minute; empty where no calendar has it."""
    try:
        return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))
    except (OverflowError, OSError, ValueError):
        return ""


class Progress:
    """Shows on a terminal how far a job is, inside ``with``."""

    def __init__(self) -> None:
        self._is_shown = False

    def __call__(self, state: Mapping[str, Any]) -> None:
        if not sys.stderr.isatty():
            return
        self._is_shown = True
        count = f" {state['done']} of {state['total']}" if state["total"] else ""
        print(
            f"\r{state['stage'] or state['status']}{count}\033[K",
            end="",
            file=sys.stderr,
            flush=True,
        )

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        """Take it away again."""
        if self._is_shown:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def _printable(text: str) -> str:
    """A name may hold signs that a terminal would obey."""
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def _pad(text: str, width: int, *, to_the_right: bool) -> str:
    space = " " * (width - _width(text))
    return space + text if to_the_right else text + space
