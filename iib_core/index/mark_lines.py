"""Mark lines: the JSON lines in which marks are exported and imported.

A line is an object: ``{"kind": "tag", "name", "color"}``, ``{"kind": "album", "name"}`` or
``{"kind": "file", "path", "fingerprint", "tags", "rating", "albums"}``, where ``albums`` maps names
to positions.
"""

from __future__ import annotations

import json
from typing import Any

from iib_core import paths
from iib_core.db.marks import Marks
from iib_core.errors import InvalidRequest
from iib_core.index.fingerprint import FINGERPRINT_BYTES
from iib_core.index.marks import MAX_RATING, validate_name

_POSITION_MAX = 2**31
# The most tags and albums of one file. More would keep all other writers waiting for minutes.
_MAX_NAMES = 1000


def to_line(**entry: Any) -> str:
    """One line."""
    return json.dumps(entry, ensure_ascii=False) + "\n"


def to_file_line(marks: Marks) -> str:
    """The line of a file."""
    return to_line(
        kind="file",
        path=marks.path,
        fingerprint=marks.fingerprint.hex() if marks.fingerprint else None,
        tags=list(marks.tags),
        rating=marks.rating or 0,
        albums=dict(marks.albums),
    )


def get_text(entry: dict[str, Any], key: str, default: str | None = None) -> str:
    """A text of a line. Raises InvalidRequest."""
    value = entry.get(key, default)
    if not isinstance(value, str):
        raise InvalidRequest(f"'{key}' is not a text.")
    return value


def parse_file(entry: dict[str, Any]) -> Marks:
    """The marks of a file line. Raises InvalidRequest, and ValueError for a broken fingerprint."""
    path, rating = _parse_path(entry), entry.get("rating") or None
    names, positions = entry.get("tags", []), entry.get("albums", {})
    if not isinstance(names, list) or not isinstance(positions, dict):
        raise InvalidRequest("'tags' is not a list, or 'albums' is not an object.")
    if len(names) + len(positions) > _MAX_NAMES:
        raise InvalidRequest(f"it has more than {_MAX_NAMES} tags and albums.")
    if rating is not None and (not isinstance(rating, int) or not 1 <= rating <= MAX_RATING):
        raise InvalidRequest(f"'rating' is not a number from 1 to {MAX_RATING}.")
    return Marks(
        path,
        _parse_fingerprint(entry),
        tuple(validate_name(name if isinstance(name, str) else "") for name in names),
        _parse_positions(positions),
        rating,
    )


def _parse_path(entry: dict[str, Any]) -> str:
    """The path as text. It may be a path of another operating system."""
    path = paths.to_text(get_text(entry, "path"))
    if not path or "\0" in path or len(path) > paths.MAX_PATH_CHARS:
        raise InvalidRequest(
            f"'path' is empty, contains a NUL character, or has more than {paths.MAX_PATH_CHARS} characters."
        )
    return path


def _parse_positions(positions: dict[str, Any]) -> dict[str, int]:
    if not all(
        isinstance(position, int) and abs(position) < _POSITION_MAX
        for position in positions.values()
    ):
        raise InvalidRequest("'albums' holds a position that is not a number.")
    return {validate_name(name): position for name, position in positions.items()}


def _parse_fingerprint(entry: dict[str, Any]) -> bytes | None:
    written = entry.get("fingerprint")
    if not isinstance(written, str):
        return None
    fingerprint = bytes.fromhex(written)
    if len(fingerprint) != FINGERPRINT_BYTES:
        raise InvalidRequest("'fingerprint' has the wrong length.")
    return fingerprint
