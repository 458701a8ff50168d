"""Natural order: names are compared without case, and their numbers by value, so that ``9.png``
comes before ``10.png``.

The page sorts folders by the same keys (``nameKey`` in ``lib/sort.mjs``).
"""

from __future__ import annotations

import re

_DIGITS = re.compile(r"[0-9]+")
_MAX_LENGTH = 40


def key(name: str) -> str:
    """A text whose plain order is the natural order of names."""
    return _DIGITS.sub(_number, name.lower())


def _number(match: re.Match[str]) -> str:
    digits = match[0].lstrip("0") or "0"
    # The length in front makes numbers of any length compare as numbers.
    return chr(0x30 + min(len(digits), _MAX_LENGTH)) + digits
