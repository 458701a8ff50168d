"""A pass of a model over the library: all pictures and the covers of all videos, the newest first,
in idle time. What becomes of what the model sees is that of its subclasses.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from iib_core import locks
from iib_core.access import Access
from iib_core.clock import Rate
from iib_core.db import contents
from iib_core.db.contents import Unseen
from iib_core.db.engine import Database
from iib_core.db.sqlite import read_change
from iib_core.errors import IIBError, ServiceFailed, TooLarge, UnreadableMedia
from iib_core.media import ffmpeg
from iib_core.media.thumbnails import Thumbnails
from iib_core.mediatypes import media_type
from iib_core.paths import from_text
from iib_core.vision import inputs
from iib_core.vision.inputs import Pixels
from iib_core.vision.model_table import VisionModel
from iib_core.vision.quiet import Quiet
from iib_core.vision.towers import Towers
from iib_core.workers import lower_priority

logger = logging.getLogger(__name__)

FOLDER = "vision"
_LOCK = "pass.lock"
# Twice the input of the known models: a thumbnail of a wide picture is that high at least.
EDGE_PX = 512
_BATCH = 16
_NEWEST = (2**62, 2**62)
_RATE_S = 60.0
_COUNT_AGAIN = 10
_LOOK_EVERY_S = 5.0


@dataclass(frozen=True)
class Seen:
    """How far the pass is. ``waits_for``: what it waits for now, "" where it waits for nothing:
    generating or thumbnails.
    """

    done: int
    total: int
    rate: float
    is_working: bool
    waits_for: str


class LibraryPass:
    """What one model has seen of the library, and the work that goes on with it."""

    # Whether what the model gives is a vector of unit length.
    _is_unit = True

    def __init__(
        self,
        db: Database,
        access: Access,
        thumbnails: Thumbnails,
        towers: Towers,
        model: VisionModel,
        data_dir: str,
        is_generating: Callable[[], bool],
    ) -> None:
        self.model = model
        self.folder = Path(data_dir, FOLDER, model.key)
        self._db = db
        self._access = access
        self._thumbnails = thumbnails
        self._towers = towers
        self._quiet = Quiet(thumbnails, towers, is_generating)
        self._rate = Rate(_RATE_S)
        self._is_working = False
        self._complete_at: int | None = None
        # Until when, on the monotonic clock, the numbers behind it count.
        self._counted = 0.0, (0, 0)

    def _begin(self) -> None:
        """Once it is this program's turn."""

    def _news(self) -> object:
        """What differs once there may be more to see."""
        with self._db.read() as conn:
            return read_change(conn)

    def _tidy(self) -> None:
        """Before the first files are listed."""

    def _keep(self, files: Sequence[Unseen], found: NDArray[np.float32]) -> None:
        """Store what the model saw in files, a row for each."""
        raise NotImplementedError

    def _settle(self) -> None:
        """Once all files have been seen."""

    def run(self, ending: threading.Event) -> None:
        """See what is new; the work of a background thread. It ends where the model cannot be used.

        Of several programs on one data folder one does this.
        """
        lower_priority()
        self.folder.mkdir(parents=True, exist_ok=True)
        with open(self.folder / _LOCK, "ab") as turn:
            while not _has_turn(turn):
                if ending.wait(_LOOK_EVERY_S):
                    return
            self._begin()
            try:
                self._follow(ending)
            except ServiceFailed:
                if self.model.key not in self._towers.broken:
                    raise

    def _follow(self, ending: threading.Event) -> None:
        before: object = None
        self._tidy()
        while not ending.is_set():
            news = self._news()
            with self._db.read() as conn:
                now = read_change(conn)
            if news != before:
                self._is_working = True
                try:
                    if not self._see_all(ending):
                        return
                    self._settle()
                finally:
                    self._is_working = False
                    self._rate.restart()
                self._complete_at, before = now, news
            ending.wait(_LOOK_EVERY_S)

    def how_far(self) -> Seen:
        """How many files have been seen, and how fast that goes on."""
        done, total = self._count()
        is_working = self._is_working and done < total
        return Seen(done, total, self._rate.read(), is_working, self._quiet.waits_for)

    def recount(self) -> None:
        """Let ``how_far`` count anew: what it counted a moment ago may have changed."""
        self._counted = 0.0, (0, 0)

    def is_complete(self) -> bool:
        """Whether all files have been seen."""
        with self._db.read() as conn:
            if read_change(conn) == self._complete_at:
                return True
        done, total = self._count()
        return done >= total

    def _count(self) -> tuple[int, int]:
        """How many files have been seen, and how many there are. In a large library that takes a
        second: it is counted again after ten times as long as it took.
        """
        began = time.monotonic()
        until, counted = self._counted
        if began < until:
            return counted
        with self._db.read() as conn:
            counted = contents.count(conn, contents.find_model(conn, self.model.key))
        now = time.monotonic()
        self._counted = now + _COUNT_AGAIN * (now - began), counted
        return counted

    def _see_all(self, ending: threading.Event) -> bool:
        """See every file that was not seen. False where ``ending`` was set."""
        before = _NEWEST
        while batch := self._list(before):
            if not self._quiet.wait(ending):
                return False
            self._see(batch, ending)
            before = batch[-1].mtime_ns, batch[-1].image_id
        return not ending.is_set()

    def _list(self, before: tuple[int, int]) -> list[Unseen]:
        with self._db.read() as conn:
            model_id = contents.find_model(conn, self.model.key)
            return contents.list_unseen(conn, model_id, before, _BATCH)

    def _see(self, batch: Sequence[Unseen], ending: threading.Event, /) -> None:
        made: list[tuple[Unseen, Pixels]] = []
        failed: list[Unseen] = []
        for file in batch:
            if ending.is_set():
                return
            try:
                pixels = self._pixels(file)
            except (UnreadableMedia, TooLarge) as exc:
                logger.debug("nothing is seen in %s: %s", file.path, exc)
                failed += [] if _may_be_read_later(file.path) else [file]
            except (IIBError, OSError) as exc:
                logger.debug("%s cannot be seen now: %s", file.path, exc)
            else:
                made += [] if pixels is None else [(file, pixels)]
        self._store(made, failed, ending)

    def _pixels(self, file: Unseen) -> Pixels | None:
        """The pixels of a file; None where it has changed since it was indexed."""
        spec, small = self._thumbnails.small_of(from_text(file.path), self._access.open, EDGE_PX)
        if (spec.mtime_ns, spec.size_bytes) != (file.mtime_ns, file.size_bytes):
            return None
        return inputs.pixels_of(small.image, self.model.image_rule)

    def _store(
        self,
        made: Sequence[tuple[Unseen, Pixels]],
        failed: Sequence[Unseen],
        ending: threading.Event,
    ) -> None:
        def check() -> None:
            if ending.is_set():
                raise _Ended

        rows = [(file, False) for file in failed]
        if made:
            try:
                found = self._towers.embed_pictures(
                    self.model, [each for _, each in made], check, is_unit=self._is_unit
                )
            except _Ended:
                return
            # A model may see nothing at all in a picture: that has no direction.
            is_seen: NDArray[np.bool_] = np.isfinite(found).all(axis=1) & (found != 0).any(axis=1)
            self._keep([file for (file, _), seen in zip(made, is_seen) if seen], found[is_seen])
            rows += [(file, bool(seen)) for (file, _), seen in zip(made, is_seen)]
        if rows:
            with self._db.write(is_patient=True) as conn:
                contents.store(conn, contents.ensure_model(conn, self.model.key), rows)
        self._rate.note(len(rows))


def _has_turn(file: IO[bytes]) -> bool:
    try:
        locks.lock(file)
    except OSError:
        return False
    return True


class _Ended(Exception):
    """The pass ends while it waits for an answer."""


def _may_be_read_later(path: str) -> bool:
    """Whether a file fails only because something is not installed."""
    return media_type(path) == "video" and not ffmpeg.is_there()
