"""Values of fields that begin with a name of their own: ``"Denoising strength">0.5``,
``detail>0.6``.
"""

from __future__ import annotations

import re

from iib_core.search import signs

_QUOTED = r'"((?:\\["\\]|[^"\\]|\\(?!["\\]))*)"'
_NAMED = re.compile(
    rf"(?:{_QUOTED}\s*|([^\"{signs.QUOTES}{signs.RELATIONS}]+))(?::|(?=[<>=≤≥]))(.+)", re.S
)
_PHRASE = re.compile(_QUOTED, re.S)
_CURLY = re.compile(rf'["{signs.QUOTES}]([^"\\{signs.QUOTES}]*)["{signs.QUOTES}]', re.S)


def split(text: str) -> tuple[str, str]:
    """The name, and what is wanted of its value: empty where only the name is given.

    A name that contains a sign of comparison or a colon is put in quotes. Quotes and
    comparisons may be those of phones.
    """
    match = _NAMED.fullmatch(text.strip()) or _NAMED.fullmatch(signs.plain(text).strip())
    if not match:
        return unquoted(text).strip(), ""
    name = match[2] if match[1] is None else _plain(match[1])
    return name.strip(), match[3].strip()


def unquoted(text: str) -> str:
    """The text without quotes around all of it."""
    match = _PHRASE.fullmatch(text)
    if match:
        return _plain(match[1])
    curly = _CURLY.fullmatch(text)
    return curly[1] if curly else text


def quoted(text: str) -> str:
    """The text in quotes, so that nothing in it is a comparison or a colon."""
    escaped = re.sub(r'(["\\])', r"\\\1", text)
    return f'"{escaped}"'


def _plain(quoted: str) -> str:
    return re.sub(r'\\(["\\])', r"\1", quoted)
