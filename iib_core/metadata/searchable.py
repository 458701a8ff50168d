r"""Searchable form of raw texts: JSON writes other scripts as ``\u7ea2``, line breaks as ``\n`` and quotes
as ``\"``."""

from __future__ import annotations

import re
from typing import Any

from iib_core.metadata import limits
from iib_core.metadata.values import clean, load_json

# At most this many characters of texts with several lines are repeated in one line, so that a
# phrase is found across a line break.
LINES_MAX_CHARS = 64 * 1024

_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|([\"\\/bfnrt]))")
_UNICODE_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})")
_CONTROLS = {"n": "\n", "r": "\n", "t": "\t", "b": "", "f": "\n"}


def decoded(text: str) -> str:
    """A JSON text with its escapes decoded, also those of JSON inside of JSON; other texts
    unchanged.

    Texts with several lines are appended, each in one line, because a user who searches for a
    phrase types a blank at the line break. They are left out if the time of the file is up.
    """
    if "\\" not in text or not text.lstrip().startswith(("{", "[")):
        return text
    plain = _ESCAPE.sub(_unescape, text)
    # The second pass decodes other scripts only: the \n of C:\new is not a line break.
    plain = clean(_UNICODE_ESCAPE.sub(_character, plain) if "\\u" in plain else plain)
    if "\\n" not in text:
        return plain
    try:
        return "\n".join((plain, *_in_one_line(load_json(text))))
    except limits.TooSlow:
        return plain


def _unescape(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else _CONTROLS.get(escape[2], escape[2])


def _character(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16))


def _in_one_line(document: Any) -> list[str]:
    """The texts with several lines in a JSON value, each in one line, up to ``LINES_MAX_CHARS``.

    Iterative, because JSON may nest deeply.
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
