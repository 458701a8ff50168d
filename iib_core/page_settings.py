"""Page settings: values that the page and other clients store under names of their own."""

from __future__ import annotations

import json
from typing import Any

from iib_core import server_settings
from iib_core.db import settings
from iib_core.db.engine import Database
from iib_core.errors import InvalidRequest, TooLarge
from iib_core.index import autotag
from iib_core.index.indexer import RULES_SETTING
from iib_core.index.marks import validate_name
from iib_core.search import blur

MAX_BYTES = 2**20
MAX_SETTINGS = 1000
# The answer that carries a value nests it this deep at most.
_LEVELS = 20


class PageSettings:
    """The stored settings of one library."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def put(self, name: str, value: Any) -> None:
        """Store a value, or replace the stored one.

        Raises InvalidRequest for an unusable name or value, TooLarge for a value above
        ``MAX_BYTES`` and for a new name beyond ``MAX_SETTINGS``.
        """
        name, value = validate_name(name), _decode(value)
        _require_storable(value)
        if name == server_settings.NAME:
            raise InvalidRequest("Settings of the server are changed by POST /settings.")
        if name == RULES_SETTING:
            autotag.parse_rules(value)
        if name == blur.SETTING:
            blur.validate(value)
        with self._db.write() as conn:
            if settings.count_others(conn, name) >= MAX_SETTINGS:
                raise TooLarge(f"There are {MAX_SETTINGS} settings already: delete some first.")
            settings.put(conn, name, value)

    def remove(self, name: str) -> None:
        """Delete a value; a name that has none is no error. Raises InvalidRequest for an unusable
        name.
        """
        name = validate_name(name)
        with self._db.write() as conn:
            settings.remove(conn, name)


def _decode(value: Any) -> Any:
    """The value of a text that holds a JSON object or list, which some clients send; others as they
    are.
    """
    if not isinstance(value, str) or value[:1] not in ("{", "["):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def _require_storable(value: Any) -> None:
    wrapped = value
    for _ in range(_LEVELS):
        wrapped = [wrapped]
    try:
        size = len(json.dumps(wrapped, allow_nan=False)) - 2 * _LEVELS
    except RecursionError as exc:
        raise InvalidRequest("value: it is nested too deeply.") from exc
    except ValueError as exc:
        raise InvalidRequest("value: NaN and Infinity are no JSON.") from exc
    if size > MAX_BYTES:
        raise TooLarge(f"value: it has {size / 2**20:.1f} MB, and a setting can have at most 1 MB.")
