"""Settings of the server that its page changes: stored in the database, they count after a restart
too.

What a flag, the environment, ``.env`` or the host sets stays as it is.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from iib_core.config import Config, parse_live
from iib_core.db import settings
from iib_core.db.engine import Database
from iib_core.errors import ConfigError, InvalidRequest

logger = logging.getLogger(__name__)

# The name under which they are stored among the settings of the page.
NAME = "server_settings"


class ServerSettings:
    """The stored settings of one library."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def applied(self, config: Config) -> Config:
        """``config`` with what is stored. A stored value that cannot be used any more does not
        count.
        """
        with self._db.read() as conn:
            stored = settings.get_all(conn).get(NAME)
        if not isinstance(stored, Mapping):
            return config
        for name, value in stored.items():
            try:
                config = replace(config, **parse_live(config, {name: value}))
            except ConfigError as exc:
                logger.info("a setting of the page does not count: %s", exc)
        return config

    def change(self, config: Config, values: Mapping[str, Any]) -> Config:
        """Store values, and return ``config`` with them. Raises InvalidRequest."""
        try:
            changed = replace(config, **parse_live(config, values))
        except ConfigError as exc:
            raise InvalidRequest(str(exc)) from exc
        with self._db.write() as conn:
            stored = settings.get_all(conn).get(NAME)
            before = stored if isinstance(stored, Mapping) else {}
            settings.put(conn, NAME, {**before, **values})
        return changed
