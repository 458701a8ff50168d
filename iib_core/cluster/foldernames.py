"""Folder names that every operating system can store, made of titles in any language."""

from __future__ import annotations

import re
import unicodedata

from iib_core import paths

MAX_CHARS = 60
_MAX_BYTES = 200
_NOT_IN_NAMES = re.compile(
    r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+'
)
_SPACES = re.compile(r"\s+")


def clean(title: str, max_chars: int = MAX_CHARS) -> str:
    """``title`` as the name of one folder: in NFC, without characters that a system reserves, not
    hidden; "" if nothing is left.
    """
    text = unicodedata.normalize("NFC", title.encode("utf-8", "replace").decode())
    text = _SPACES.sub(" ", _NOT_IN_NAMES.sub(" ", text)).strip(" .")
    text = text[: max(1, max_chars)]
    while len(text.encode()) > _MAX_BYTES:
        text = text[:-1]
    text = text.strip(" .")
    return f"_{text}" if text and paths.is_reserved(text) else text


def key(name: str) -> str:
    """The same for two names that mean one folder on systems that ignore case."""
    return unicodedata.normalize("NFC", name.casefold())
