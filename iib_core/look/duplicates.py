"""Duplicates of a part of the library: exact copies, the same picture in another format or size,
and near duplicates.
"""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iib_core.access import Access
from iib_core.db import duplicates, images, looks, not_duplicates
from iib_core.db.engine import Database
from iib_core.db.looks import Looks as LoadedLooks
from iib_core.errors import InvalidRequest, NotFound
from iib_core.jobs import Progress
from iib_core.look import groups, neighbours, scope
from iib_core.look.copies import Copies
from iib_core.look.groups import Candidates, Groups
from iib_core.look.looks import Looks
from iib_core.look.neighbours import Codes, Places
from iib_core.look.scope import Scope
from iib_core.media import signature
from iib_core.search.criteria import Criterion

MAX_LIMIT = 1000
_KEPT = 4
_MEDIA = ("image", "video")


@dataclass(frozen=True)
class Wanted:
    """What to look for: among ``files``, paths as text, and those that satisfy ``criterion`` (None:
    no others), at most ``distance`` apart; with ``is_exact`` only those that hold the same bytes.
    """

    criterion: Criterion | None
    files: Collection[str] = ()
    distance: int = neighbours.DEFAULT_DISTANCE
    is_exact: bool = False

    def check(self) -> None:
        """Raise InvalidRequest for a distance that there is not."""
        if not 0 <= self.distance <= neighbours.MAX_DISTANCE:
            raise InvalidRequest(f"distance: give a number from 0 to {neighbours.MAX_DISTANCE}.")


@dataclass(frozen=True)
class Found:
    """What was found: ``id`` names it, so that it can be read in pages. ``failed``: files that
    could not be looked at.
    """

    id: str
    groups: Groups
    failed: int


@dataclass(frozen=True)
class _Seen:
    """Files that look like others, of one media type, and which of them are connected."""

    ids: NDArray[np.int64]
    codes: Codes
    roots: Places


class Duplicates:
    """Finds duplicates, and keeps what was found last."""

    def __init__(self, db: Database, access: Access, all_looks: Looks) -> None:
        self._db = db
        self._access = access
        self._looks = all_looks
        self._copies = Copies(db, access)
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Found] = OrderedDict()

    def find(self, progress: Progress, wanted: Wanted) -> Found:
        """Look at what has not been looked at, read files of the same size, and group.

        Raises InvalidRequest.
        """
        wanted.check()
        within = scope.find(self._db, wanted.criterion, progress.check, wanted.files)
        failed = 0
        if not wanted.is_exact and not self._access.read_only:
            progress.begin("looking at pictures", 0.0, 0.6)
            failed = self._looks.complete(progress, within)
        progress.begin("comparing files of the same size", 0.6, 0.8)
        copies = self._copies.find(within, progress)
        progress.begin("comparing pictures", 0.8, 1.0, total=100)
        seen = [] if wanted.is_exact else self._find_alike(within, wanted.distance, progress)
        candidates, roots = self._gather(seen, copies)
        with self._db.read() as conn:
            apart = list(not_duplicates.load(conn).values())
        found = Found(
            secrets.token_urlsafe(9),
            groups.split(candidates, roots, wanted.distance, apart),
            failed,
        )
        with self._lock:
            self._kept[found.id] = found
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return found

    def get(self, found_id: str) -> Found:
        """What was found before. Raises InvalidRequest where it is not kept any more."""
        with self._lock:
            found = self._kept.get(found_id)
        if found is None:
            raise InvalidRequest(
                "What was found then is not kept any more: begin without a cursor."
            )
        return found

    def remember_none(self, groups: Sequence[Sequence[str]]) -> list[int]:
        """Remember groups of files, paths as text, as no duplicates of each other. Returns their
        ids.

        Raises NotFound for a file that is not in the index.
        """
        with self._db.read() as conn:
            ids = images.find_ids(conn, {text for group in groups for text in group})
        for text in (text for group in groups for text in group):
            if text not in ids:
                raise NotFound(f"'{text}' is not in the index.")
        with self._db.write() as conn:
            return [not_duplicates.add(conn, [ids[text] for text in group]) for group in groups]

    def forget_none(self, group_id: int) -> None:
        """Compare the files of such a group again. Raises NotFound."""
        with self._db.write() as conn:
            if abs(group_id) >= 2**63 or not not_duplicates.remove(conn, group_id):
                raise NotFound(f"There is no group {group_id}: it may have been removed meanwhile.")

    def _find_alike(self, within: Scope, distance: int, progress: Progress) -> list[_Seen]:
        found = []
        for number, media in enumerate(_MEDIA):
            loaded = load(self._db, within, media)

            def check(share: float, number: int = number) -> None:
                progress.check()
                progress.update(done=int((number + share) / len(_MEDIA) * 100))

            codes = Codes.of(loaded)
            roots = neighbours.find_components(codes, distance, check)
            shared = np.flatnonzero(np.bincount(roots, minlength=len(roots))[roots] > 1)
            found.append(_Seen(loaded.ids[shared], codes.pick(shared), roots[shared]))
        return found

    def _gather(
        self, seen: Sequence[_Seen], copies: Sequence[Sequence[int]]
    ) -> tuple[Candidates, Places]:
        """All files that may be duplicates, and which of them are connected."""
        copied = np.array([image_id for group in copies for image_id in group], dtype=np.int64)
        numbers = np.array([at for at, group in enumerate(copies) for _ in group], dtype=np.int64)
        known = np.concatenate([part.ids for part in seen] + [np.empty(0, np.int64)])
        new = copied[~np.isin(copied, known)]
        ids = np.concatenate((known, new))
        by_id = np.argsort(ids)
        places = by_id[np.searchsorted(ids, copied, sorter=by_id)]
        held = np.full(len(ids), -1, dtype=np.int64)
        held[places] = numbers
        roots = neighbours.Roots(len(ids))
        roots.join(places, places[np.searchsorted(numbers, numbers)])
        start = 0
        for part in seen:
            rows = np.arange(start, start + len(part.ids))
            roots.join(rows, start + _first_of(part.roots))
            start += len(part.ids)
        with self._db.read() as conn:
            worth = duplicates.load_worth(conn, ids.tolist())
        codes = Codes.joined([*(part.codes for part in seen), Codes.none(len(new))])
        return Candidates(ids, codes, np.arange(len(ids)) < len(known), held, worth), roots.of


def load(db: Database, within: Scope, media: str) -> LoadedLooks:
    """The signatures of all files of a media type in a scope."""
    with db.read() as conn:
        loaded = looks.load(conn, media, signature.VERSION, signature.BYTES)
        parts = [part.pick(within.holds(part.ids)) for part in loaded]
    return LoadedLooks.joined(parts, signature.BYTES)


def _first_of(roots: Places) -> Places:
    """For each row the first row with the same root."""
    _, firsts, rows = np.unique(roots, return_index=True, return_inverse=True)
    return np.asarray(firsts[rows])
