"""Finds pictures by what is in them: near a text, a file, or a picture that is in no library."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iib_core.db import images
from iib_core.db.engine import Database
from iib_core.errors import Conflict, InvalidRequest
from iib_core.look import scope
from iib_core.lru import LRU
from iib_core.media.thumbnails import Thumbnails
from iib_core.mediatypes import media_type
from iib_core.paths import to_text
from iib_core.search.criteria import Criterion, Leaf, Shows, leaves, with_leaves
from iib_core.vision.contents import Contents
from iib_core.vision.library_pass import EDGE_PX
from iib_core.vision.vision import Vision

MAX_SIZE = 500
MAX_CHARS = 1000
# The last position that a cursor leads to.
_MAX_OFFSET = 10_000
_DIGITS = 5
# Files whose vectors are outdated are left out of what is found: this many more are asked for.
_MORE = 50
# What ``look:`` finds: files that are hardly less near than the nearest one.
_MOST_SHOWN, _MARGIN = 500, 0.05
# Pages of one search find the same files for this long, while more are seen meanwhile.
_REMEMBER_S = 60.0
_TEXTS = 200
_MAX_TERMS = 10


@dataclass(frozen=True)
class Hit:
    """A file, and the cosine of the angle between what it shows and what was asked for."""

    image_id: int
    score: float


@dataclass(frozen=True)
class Page:
    """Hits, the nearest first; ``next`` is the cursor for what is behind, empty at the end.

    ``count``: files that were compared. ``is_complete``: all files of the library have been seen.
    """

    hits: list[Hit]
    next: str
    count: int
    model: str
    is_complete: bool


@dataclass(frozen=True)
class Limits:
    """How much is wanted: of which files, how many, how near, and from which cursor on."""

    criterion: Criterion
    size: int
    min_score: float
    cursor: str

    def require_possible(self) -> int:
        """The position at which the page begins. Raises InvalidRequest."""
        if not 1 <= self.size <= MAX_SIZE:
            raise InvalidRequest(
                f"A page of {self.size} files is not possible: ask for 1 to {MAX_SIZE}."
            )
        if not self.cursor:
            return 0
        if not (self.cursor.isascii() and self.cursor.isdecimal() and len(self.cursor) < 9):
            raise InvalidRequest("The cursor is none of this search: begin without one.")
        return min(int(self.cursor), _MAX_OFFSET)


class ContentSearch:
    """Compares what was asked for with all that the model has seen."""

    def __init__(self, db: Database, vision: Vision, thumbnails: Thumbnails) -> None:
        self._db = db
        self._vision = vision
        self._thumbnails = thumbnails
        self._texts: LRU[tuple[str, str], NDArray[np.float32]] = LRU(_TEXTS)
        self._shown: LRU[tuple[str, str], tuple[float, tuple[int, ...]]] = LRU(_TEXTS)

    def to_text(self, text: str, limits: Limits) -> Page:
        """Files that show what a text says. Raises InvalidRequest, Conflict and ServiceFailed."""
        start, known = limits.require_possible(), self._vision.open()
        return self._page(known, self._vector_of(known, text), limits, start, 0)

    def to_file(self, path: str, limits: Limits) -> Page:
        """Files that show the same as the one at a resolved path, which is not among them.

        Raises InvalidRequest, Conflict, ServiceFailed, and what ``Thumbnails.small_of`` raises.
        """
        start, known = limits.require_possible(), self._vision.open()
        if media_type(path) not in ("image", "video"):
            raise InvalidRequest("This file shows nothing that others could be compared with.")
        with self._db.read() as conn:
            own = next(iter(images.find_ids(conn, [to_text(path)]).values()), 0)
        return self._page(known, known.vector_of(own, path), limits, start, own)

    def to_picture(self, data: bytes, limits: Limits) -> Page:
        """Files that show the same as a picture, given as the bytes of a file. They are kept
        nowhere.

        Raises UnreadableMedia and TooLarge, and as ``to_text``.
        """
        start, known = limits.require_possible(), self._vision.open()
        small = self._thumbnails.shrink_bytes(data, EDGE_PX)
        return self._page(known, known.embed(small), limits, start, 0)

    def understood(self, criterion: Criterion) -> Criterion:
        """A criterion whose ``look:`` terms know their files.

        Raises InvalidRequest where no model is ready or the text is none, and ServiceFailed.
        """
        wanted = {leaf for leaf in leaves(criterion) if isinstance(leaf, Shows)}
        if len(wanted) > _MAX_TERMS:
            raise InvalidRequest(f"At most {_MAX_TERMS} different look: are possible in one query.")
        found: dict[Leaf, Leaf] = {}
        try:
            for leaf in wanted:
                found[leaf] = Shows(leaf.text, self.find_ids(leaf.text))
        except Conflict as exc:
            raise InvalidRequest(f"look: cannot be used now. {exc}") from exc
        return with_leaves(criterion, lambda leaf: found.get(leaf, leaf)) if found else criterion

    def find_ids(self, text: str) -> tuple[int, ...]:
        """The files that ``look:text`` is about: those that are hardly less near than the nearest.

        Raises as ``to_text``.
        """
        known = self._vision.open()
        key, now = (known.model.key, text), time.monotonic()
        before = self._shown.get(key)
        if before is not None and now - before[0] < _REMEMBER_S:
            return before[1]
        hits = _nearest(known, self._vector_of(known, text), None, _MOST_SHOWN, 0)
        least = hits[0].score - _MARGIN if hits else 0.0
        found = tuple(sorted(hit.image_id for hit in hits if hit.score >= least))
        self._shown.put(key, (now, found))
        return found

    def _vector_of(self, known: Contents, text: str) -> NDArray[np.float32]:
        text = " ".join(text.split())
        if not text or len(text) > MAX_CHARS:
            raise InvalidRequest(f"Give 1 to {MAX_CHARS} characters that say what to look for.")
        key = known.model.key, text
        vector = self._texts.get(key)
        if vector is None:
            vector = self._vision.towers.embed_text(known.model, text)
            self._texts.put(key, vector)
        return vector

    def _page(
        self, known: Contents, vector: NDArray[np.float32], limits: Limits, start: int, own: int
    ) -> Page:
        if not (np.isfinite(vector).all() and vector.any()):
            raise InvalidRequest(
                "The model sees nothing in this that others could be compared with."
            )
        within = scope.find(self._db, limits.criterion, _go_on)
        keys = known.vectors.known()
        among = None if within.is_everything else keys[within.holds(keys)]
        end = start + limits.size
        hits = _nearest(known, vector, among, end + 1, own)
        near = [hit for hit in hits if hit.score >= limits.min_score]
        has_more = len(near) > end and end < _MAX_OFFSET
        return Page(
            near[start:end],
            str(end) if has_more else "",
            len(keys if among is None else among),
            known.model.name,
            known.is_complete(),
        )


def _nearest(
    known: Contents,
    vector: NDArray[np.float32],
    among: NDArray[np.int64] | None,
    count: int,
    own: int,
) -> list[Hit]:
    """At most ``count`` files other than ``own``, the nearest first, whose vectors are good."""
    wanted = count + _MORE
    while True:
        found = known.vectors.nearest(vector, wanted, among)
        good = known.find_good([key for key, _ in found]) - {own}
        hits = [Hit(key, round(score, _DIGITS)) for key, score in found if key in good]
        if len(hits) >= count or len(found) < wanted:
            return hits[:count]
        wanted *= 2


def _go_on() -> None:
    """Nothing ends this search early."""
