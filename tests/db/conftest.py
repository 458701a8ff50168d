"""An open database, and rows to put into it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from iib_core.db.engine import Database
from iib_core.db.rows import ImageRow
from tests.databases import open_database

SECOND = 10**9


@pytest.fixture
def database(tmp_path: Path, engine: str) -> Iterator[Database]:
    opened = open_database(tmp_path / "data" / "iib.db", engine)
    yield opened
    opened.close()


@pytest.fixture
def make_row() -> Callable[..., ImageRow]:
    """A row by its path; everything else can be given."""

    def make(path: str, **values: object) -> ImageRow:
        defaults = {"media": "image", "mtime_ns": SECOND, "size_bytes": 100, "birth_ns": SECOND}
        return ImageRow(path=path, **{**defaults, **values})  # type: ignore[arg-type]

    return make
