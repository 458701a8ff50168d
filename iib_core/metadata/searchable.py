r"""Raw texts as a person would search them: JSON writes other scripts as ``\u7ea2``, line breaks as ``\n``
and quotes as ``\"``."""

from __future__ import annotations

import re
from typing import Any

from iib_core.metadata import limits
from iib_core.metadata.values import clean, load_json

# So much of texts of several lines is there once more in one line, for phrases that go over a line break.
LINES_MAX_CHARS = 64 * 1024

_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|([\"\\/bfnrt]))")
_UNICODE_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})")
_SIGNS = {"n": "\n", "r": "\n", "t": "\t", "b": "", "f": "\n"}


def decoded(text: str) -> str:
    """A JSON text with its escapes read; other texts as they are. JSON inside of JSON, as some savers nest
    it, is read too.

    Behind it stand the texts of several lines, each in one line: who searches a phrase writes a blank where
    the line breaks.
    For a file that has had its time they are left out.
    """
    if "\\" not in text or not text.lstrip().startswith(("{", "[")):
        return text
    read = _ESCAPE.sub(_sign, text)
    # A second time for the other scripts alone: C:\new is no line break.
    read = clean(_UNICODE_ESCAPE.sub(_character, read) if "\\u" in read else read)
    if "\\n" not in text:
        return read
    try:
        return "\n".join((read, *_in_one_line(load_json(text))))
    except limits.TooSlow:
        return read


def _sign(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else _SIGNS.get(escape[2], escape[2])


def _character(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16))


def _in_one_line(document: Any) -> list[str]:
    """The texts of several lines in a JSON value, each with single blanks, up to a limit. Iterative: JSON
    may nest deeply.
    """
    found: list[str] = []
    room = LINES_MAX_CHARS
    todo = [document]
    while todo and room > 0:
        value = todo.pop()
        if isinstance(value, dict):
            todo += reversed(list(value.values()))
        elif isinstance(value, list):
            todo += reversed(value)
        elif isinstance(value, str) and "\n" in value:
            found.append(" ".join(value[:room].split()))
            room -= len(value)
    return found
