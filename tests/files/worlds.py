"""A small library with its index and operations, and disks that fail or die on demand."""

from __future__ import annotations

import errno
import hashlib
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from iib_core.access import Access
from iib_core.db import images, tags
from iib_core.files.disk import Disk
from iib_core.files.operations import Operations
from iib_core.mediatypes import media_type
from tests.databases import open_database
from tests.slashes import below

TRASH = ".iib-trash"


class TwoDisks(Disk):
    """Folders called ``far`` are on another disk: nothing can be renamed into or out of them."""

    def device_of(self, folder: str) -> tuple[int, str]:
        device, mount = super().device_of(folder)
        return device, f"{mount}:{self._is_far(folder)}"

    def rename(self, source: str, target: str) -> None:
        if self._is_far(source) != self._is_far(target):
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), source, None, target)
        super().rename(source, target)

    @staticmethod
    def _is_far(path: str) -> bool:
        return "far" in path.split(os.sep)


class FailingDisk(TwoDisks):
    """Fails with errno ``number`` if ``when(function name, arguments)`` is true."""

    def __init__(self, number: int, when: Callable[[str, tuple[Any, ...]], bool]) -> None:
        super().__init__()
        self._number = number
        self._when = when

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        if self._when(function.__name__, arguments):
            raise OSError(self._number, os.strerror(self._number), str(arguments[0]))
        return super().call(function, *arguments)


class DyingDisk(TwoDisks):
    """Kills its process at one point: points 1, 3, ... are before the first, second, ... system
    call that changes something, points 2, 4, ... after it.
    """

    def __init__(self, point: int) -> None:
        super().__init__()
        self._point = point
        self.points = 0

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        self.reach()
        result = super().call(function, *arguments)
        self.reach()
        return result

    def reach(self) -> None:
        """Pass one point."""
        self.points += 1
        if self.points == self._point:
            os.kill(os.getpid(), signal.SIGKILL)


class World:
    """A library below ``top``, with rows as the indexer would write them."""

    def __init__(
        self,
        top: Path,
        disk: Disk | None = None,
        delete_mode: str = "trash",
        engine: str = "sqlite",
    ) -> None:
        self.root = top / "library"
        (self.root / "far").mkdir(parents=True, exist_ok=True)
        self.db = open_database(top / "iib.db", engine)
        self.operations = Operations(
            self.db,
            Access([str(self.root)], restricted=True),
            str(top),
            disk=disk or TwoDisks(),
            delete_mode=delete_mode,
        )

    def close(self) -> None:
        self.operations.close()
        self.db.close()

    def put(self, *names: str, tag: str = "") -> None:
        """Write files that hold their own name, index those that are media, and tag them."""
        for name in names:
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"this is {name}")
            stamp = (
                1_600_000_000_000_000_000
                + int(hashlib.sha1(name.encode()).hexdigest()[:6], 16) * 1_000
            )
            os.utime(path, ns=(stamp, stamp))
        self.index(*names)
        if tag:
            self.tag(tag, *names)

    def tag(self, tag: str, *names: str) -> None:
        """Give files a custom tag."""
        with self.db.write() as conn:
            ids = images.find_ids(conn, [str(self.root / name) for name in names]).values()
            tags.assign(conn, tags.create_custom(conn, tag).id, ids)

    def index(self, *names: str) -> None:
        rows = []
        for name in filter(media_type, names):
            status = (self.root / name).stat()
            words = [("prompt", word) for word in ("fox", name)]
            rows.append(
                images.ImageRow(
                    str(self.root / name),
                    "image",
                    status.st_mtime_ns,
                    status.st_size,
                    0,
                    prompt=f"a fox {name}",
                    tags=words,
                )
            )
        with self.db.write() as conn:
            images.upsert_many(conn, rows)

    def path(self, name: str) -> str:
        return str(self.root / name)

    def paths(self, *names: str) -> list[str]:
        return [str(self.root / name) for name in names]

    def files(self, *, with_trash: bool = False) -> dict[str, tuple[str, int]]:
        """Content and time by relative path."""
        found = {}
        for path in self.root.rglob("*"):
            name = path.relative_to(self.root).as_posix()
            if path.is_file() and (with_trash or TRASH not in path.parts):
                found[name] = (path.read_text(), path.stat().st_mtime_ns)
        return found

    def folders(self) -> set[str]:
        return {
            path.relative_to(self.root).as_posix()
            for path in self.root.rglob("*")
            if path.is_dir() and TRASH not in path.parts
        }

    def rows(self) -> dict[str, tuple[int, tuple[str, ...]]]:
        """(id, tags) by relative path of the visible files."""
        with self.db.read() as conn:
            known = {
                row.id: row.path
                for row in images.load_known(conn)
                if not row.missing and not row.path.startswith("trash:")
            }
            found = tags.list_of(conn, known)
            assert images.count(conn) == len(known)
        return {
            below(path, self.root): (number, tuple(tag.name for tag in found.get(number, [])))
            for number, path in known.items()
        }

    def assert_index_is_disk(self) -> None:
        """Every media file has one row with its own tags, every row has its file, and the counts of
        tags are exact.
        """
        rows = self.rows()
        assert sorted(rows) == sorted(filter(media_type, self.files()))
        with self.db.read() as conn:
            counts = {
                tag.name: tag.count
                for tag in (*tags.list_most_used(conn, 10_000), *tags.list_custom(conn))
                if tag.count
            }
        expected: dict[str, int] = {}
        for _, names in rows.values():
            for name in names:
                expected[name] = expected.get(name, 0) + 1
        assert counts == expected
