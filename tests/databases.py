"""An empty database with every migration done, to copy: to migrate a new one takes ten times as
long as to open a copy.
"""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

from iib_core.db.engine import Database


def write_empty(path: Path) -> Path:
    """Write an empty database to ``path``, whose folder is made where it is missing. Returns ``path``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_migrate_one())
    return path


def open_database(path: Path) -> Database:
    """The database at ``path``, a new one as a copy of the empty one."""
    if not path.exists():
        write_empty(path)
    return Database(str(path))


@functools.cache
def _migrate_one() -> bytes:
    """The file's bytes; the migrations run once a process."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "iib.db")
        Database(str(path)).close()
        return path.read_bytes()
