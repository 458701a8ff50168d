"""Terms of the query language, written from a field and a name."""

from __future__ import annotations

import re

from iib_core.search import signs
from iib_core.search.fields import NAMING_FIELDS
from iib_core.search.query import tokenize

# Fields of texts: after ``=`` the value is all of the text.
TEXT_FIELDS = (
    *("prompt", "negative", "workflow", "any", "name", "path", "folder", "hash"),
    *("model", "lora", "sampler", "scheduler", "vae", "node", "source", "tag", "album", "autotag"),
)


def field_term(field: str, name: str) -> str:
    """``field:name``, in quotes where it would be read as something else."""
    if field in TEXT_FIELDS and name.startswith("="):
        return exact_term(field, name)
    has_weight = field in NAMING_FIELDS and any(sign in name for sign in signs.RELATIONS)
    return _plain_or_quoted(field, "", name, is_plain="*" not in name and not has_weight)


def exact_term(field: str, name: str) -> str:
    """``field:=name``: the whole name."""
    return _plain_or_quoted(field, "=", name, is_plain="*" not in name)


def _plain_or_quoted(field: str, sign: str, name: str, *, is_plain: bool) -> str:
    plain = f"{field}:{sign}{name}"
    if is_plain and [(token.text, token.field) for token in tokenize(plain)] == [
        (sign + name, field)
    ]:
        return plain
    escaped = re.sub(r'(["\\])', r"\\\1", name)
    return f'{field}:{sign}"{escaped}"'
