"""The database that the settings name."""

from __future__ import annotations

import os

from iib_core import root_map
from iib_core.config import Config
from iib_core.db.engine import Database


def open_database(config: Config, *, read_only: bool = False, as_stored: bool = False) -> Database:
    """The open database of these settings: the file of the data folder, or that of a server.

    ``as_stored``: where several machines use it, its paths are not turned into those of this one.
    Raises as ``Database`` and ``ServerDatabase``.
    """
    path = os.path.join(config.data_dir, "iib.db")
    if not config.database_url:
        return Database(path, read_only=read_only)
    # Only here, because most never need it.
    from iib_core.db.server_database import ServerDatabase

    mapped = None if as_stored else root_map.load(config.data_dir)
    return ServerDatabase(config.database_url, path, read_only=read_only, mapped=mapped)
