"""An empty database, to copy: making a new one takes several times as long as
opening a copy.
"""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

from iib_core.db.engine import Database


def write_empty(path: Path) -> Path:
    """Write an empty database to ``path``, and create its folder. Returns ``path``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_make_one())
    return path


def open_database(path: Path) -> Database:
    """The database at ``path``, created as a copy of the empty one."""
    if not path.exists():
        write_empty(path)
    return Database(str(path))


@functools.cache
def _make_one() -> bytes:
    """The bytes of the file; it is made once a process."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "iib.db")
        Database(str(path)).close()
        return path.read_bytes()
