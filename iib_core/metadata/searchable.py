r"""Raw texts as a person would search them: JSON writes other scripts as ``\u7ea2``, line breaks as ``\n`` and quotes as ``\"``."""

from __future__ import annotations

import re

from iib_core.metadata.values import clean

_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|([\"\\/bfnrt]))")
_UNICODE_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})")
_SIGNS = {"n": "\n", "r": "\n", "t": "\t", "b": "", "f": "\n"}


def decoded(text: str) -> str:
    """A JSON text with its escapes read; other texts as they are. JSON inside of JSON, as some savers nest it, is read too."""
    if "\\" not in text or not text.lstrip().startswith(("{", "[")):
        return text
    once = _ESCAPE.sub(_sign, text)
    # A second time for the other scripts alone: C:\new is no line break.
    return clean(_UNICODE_ESCAPE.sub(_character, once) if "\\u" in once else once)


def _sign(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else _SIGNS.get(escape[2], escape[2])


def _character(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16))
