"""Files that look like one, the most alike first."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iib_core.db import images, looks
from iib_core.db.engine import Database
from iib_core.db.looks import Looks as LoadedLooks
from iib_core.errors import InvalidRequest
from iib_core.look import neighbours, scope
from iib_core.look.looks import Looks
from iib_core.look.neighbours import Codes
from iib_core.media import signature
from iib_core.mediatypes import media_type
from iib_core.paths import to_text
from iib_core.search.criteria import Criterion

MAX_SIZE = 500
# Scores are compared as they are shown, so that a page begins where the one before ended.
_DIGITS = 5


@dataclass(frozen=True)
class Hit:
    """A file, how much it looks like the one that was asked about, from 0 to 1, and in how many
    bits of the hash both differ.
    """

    image_id: int
    score: float
    distance: int


@dataclass(frozen=True)
class Page:
    """Hits, the most alike first; ``next`` is the cursor for what is behind, empty at the end;
    ``count``: files that were compared.
    """

    hits: list[Hit]
    next: str
    count: int


class Similar:
    """Compares one file with all others of its media type."""

    def __init__(self, db: Database, all_looks: Looks) -> None:
        self._db = db
        self._looks = all_looks

    def to_file(
        self, path: str, criterion: Criterion, size: int, min_score: float, cursor: str
    ) -> Page:
        """Files that satisfy a criterion and look like the one at a resolved path, which is not
        among them.

        Raises InvalidRequest, and what ``Looks.look_at`` raises.
        """
        if not 1 <= size <= MAX_SIZE:
            raise InvalidRequest(
                f"A page of {size} files is not possible: ask for 1 to {MAX_SIZE}."
            )
        after = _decode(cursor)
        own, found = self._find(path)
        if found is None:
            raise InvalidRequest("This file shows nothing that others could be compared with.")
        within = scope.find(self._db, criterion, _go_on)
        hits: list[Hit] = []
        count = 0
        with self._db.read() as conn:
            for part in looks.load(
                conn, media_type(path) or "", signature.VERSION, signature.BYTES
            ):
                others = part.pick(within.holds(part.ids) & (part.ids != own))
                count += len(others)
                hits = _best(hits + _compare(found, others, min_score, after), size + 1)
        more = len(hits) > size
        return Page(hits[:size], _encode(hits[size - 1]) if more else "", count)

    def _find(self, path: str) -> tuple[int, bytes | None]:
        """Id and signature of a file; it is looked at where it was not."""
        if media_type(path) not in ("image", "video"):
            return 0, None
        with self._db.read() as conn:
            own = next(iter(images.find_ids(conn, [to_text(path)]).values()), 0)
            known = looks.find(conn, own, signature.VERSION)
        return own, known if known is not None else self._looks.look_at(path)


def _compare(
    one: bytes, others: LoadedLooks, min_score: float, after: tuple[float, int] | None
) -> list[Hit]:
    """Files that look enough like one, behind a position."""
    both = np.concatenate((np.frombuffer(one, np.uint8)[None, :], others.signatures))
    codes = Codes.of(LoadedLooks(np.empty(0, np.int64), both, np.zeros(len(both), np.float32)))
    places = np.arange(1, len(both))
    # Rounded as the numbers in a cursor are.
    alike = neighbours.alikeness(codes, 0, places).tolist()
    scores = np.array([round(score, _DIGITS) for score in alike], dtype=np.float64)
    kept = scores >= min_score
    if after is not None:
        kept &= (scores < after[0]) | ((scores == after[0]) & (others.ids < after[1]))
    chosen = _largest(scores, np.flatnonzero(kept))
    bits = neighbours.distances(codes, 0, places[chosen])
    rows = zip(others.ids[chosen].tolist(), scores[chosen].tolist(), bits.tolist())
    return [Hit(image_id, score, distance) for image_id, score, distance in rows]


def _largest(scores: NDArray[np.float64], places: NDArray[np.int64]) -> NDArray[np.int64]:
    """Those of ``places`` that may be on a page; all that are as good as the last one are among
    them.
    """
    if len(places) <= MAX_SIZE + 1:
        return places
    least = np.partition(scores[places], len(places) - MAX_SIZE - 1)[len(places) - MAX_SIZE - 1]
    best = places[scores[places] >= least]
    chosen: NDArray[np.int64] = best[np.lexsort((-best, -scores[best]))][: MAX_SIZE + 1]
    return chosen


def _best(hits: list[Hit], size: int) -> list[Hit]:
    return sorted(hits, key=lambda hit: (-hit.score, -hit.image_id))[:size]


def _encode(hit: Hit) -> str:
    return urlsafe_b64encode(json.dumps([hit.score, hit.image_id]).encode()).decode().rstrip("=")


def _decode(cursor: str) -> tuple[float, int] | None:
    if not cursor:
        return None
    try:
        score, image_id = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return round(float(score), _DIGITS), int(image_id)
    except (ValueError, TypeError, OverflowError) as exc:
        raise InvalidRequest("The cursor is none of this search: begin without one.") from exc


def _go_on() -> None:
    """Nothing ends this search early."""
