"""An index of a real folder, with a few queries."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from iib_core.config import Config
from iib_core.core import Core
from iib_core.db import images, tags
from iib_core.jobs import Job
from tests.databases import engine_settings, write_empty

NOBODY = 65534


class Library:
    """A core with some roots."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.index = core.index

    def update(self, kind: str = "index_update") -> dict[str, object]:
        """Run an update to its end. Returns the numbers of its outcome that are not 0, without the
        time.
        """
        job: Job = self.index.update(kind)
        assert job.status == "completed", job.error
        return {name: count for name, count in job.result.items() if count and name != "seconds"}

    def rows(self) -> dict[str, tuple[int, bool]]:
        """(id, is missing) by path."""
        with self.core.db.read() as conn:
            return {row.path: (row.id, row.missing) for row in images.load_known(conn)}

    def id_of(self, path: Path) -> int:
        return self.rows()[str(path)][0]

    def is_missing(self, path: Path) -> bool:
        return self.rows()[str(path)][1]

    def give(self, path: Path, tag: str) -> None:
        """Give a file a custom tag."""
        with self.core.db.write() as conn:
            tags.assign(conn, tags.create_custom(conn, tag).id, [self.id_of(path)])

    def tags_of(self, path: Path) -> set[str]:
        """The custom tags of a file."""
        image_id = self.id_of(path)
        with self.core.db.read() as conn:
            return {tag.name for tag in tags.list_custom_of(conn, [image_id]).get(image_id, [])}

    def auto_tags_of(self, path: Path) -> set[tuple[str, str]]:
        image_id = self.id_of(path)
        with self.core.db.read() as conn:
            return {
                (tag.category, tag.name)
                for tag in tags.list_of(conn, [image_id]).get(image_id, [])
                if tag.type == "auto"
            }

    def counts(self) -> dict[str, int]:
        """The number of files by tag, as stored with the tags."""
        with self.core.db.read() as conn:
            return {tag.name: tag.count for tag in tags.find_like(conn, "", "", 1000)}

    def scalar(self, sql: str) -> object:
        with self.core.db.read() as conn:
            return conn.exec_driver_sql(sql).scalar()


@pytest.fixture
def open_library(tmp_path: Path, engine: str) -> Iterator[Callable[..., Library]]:
    """A function that opens a library with roots, always with the same data folder; by default
    without a watcher.
    """
    opened: list[Core] = []

    def start(*roots: Path, **settings: object) -> Library:
        data_dir = tmp_path / "data"
        if not data_dir.exists():
            write_empty(data_dir / "iib.db")
        all_settings: dict[str, Any] = {
            "watch": False,
            **engine_settings(data_dir, engine),
            **settings,
        }
        config = Config(data_dir=str(data_dir), roots=tuple(map(str, roots)), **all_settings)
        core = Core(config)
        opened.append(core)
        return Library(core)

    yield start
    for core in opened:
        core.close()


@pytest.fixture
def unprivileged() -> Iterator[tuple[Path, Callable[[], None]]]:
    """(a folder, a function that changes to an unprivileged user who owns the folder's content).

    For tests that are ``posix_only``. Call the function when everything needed is imported: that
    user may have no access to the folder of this program.
    """
    folder = Path(tempfile.mkdtemp())
    was_root = os.geteuid() == 0

    def drop_rights() -> None:
        if was_root:
            for path in (folder, *folder.rglob("*")):
                os.chown(path, NOBODY, -1)
            os.seteuid(NOBODY)

    yield folder, drop_rights
    if was_root:
        os.seteuid(0)
    for path in folder.rglob("*"):
        if path.is_dir():
            path.chmod(0o700)
    shutil.rmtree(folder)
