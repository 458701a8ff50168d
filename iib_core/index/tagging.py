"""Autotag rules over the files that are in the index already: what a rule would match, giving the
tags, and taking them back.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from iib_core import paths
from iib_core.access import Access
from iib_core.db import given_tags, images, settings
from iib_core.db.engine import Database
from iib_core.db.given_tags import Run, TaggableRow
from iib_core.errors import InvalidRequest, NotFound
from iib_core.index import autotag
from iib_core.index.autotag import Picture, Rule
from iib_core.index.indexer import RULES_SETTING
from iib_core.jobs import Job, Jobs, Progress

APPLY = "auto_tags"
UNDO = "undo_auto_tags"
SAMPLES = 12
_BATCH = 2000
# A count while the user types ends after this time, however large the library is.
_PREVIEW_S = 1.0


@dataclass(frozen=True)
class Preview:
    """What a rule matches: ``count`` of the newest ``tested`` files, and the first of them.

    ``complete``: these are all files.
    """

    count: int
    tested: int
    complete: bool
    samples: tuple[str, ...]


class AutoTagging:
    """Applies the rules of one library to it."""

    def __init__(self, db: Database, access: Access, jobs: Jobs) -> None:
        self._db = db
        self._access = access
        self._jobs = jobs

    def rules(self) -> list[Any]:
        """The stored rules."""
        with self._db.read() as conn:
            stored = settings.get_all(conn).get(RULES_SETTING)
        return stored if isinstance(stored, list) else []

    def runs(self) -> list[Run]:
        """The runs that can be undone, the last one first."""
        with self._db.read() as conn:
            return given_tags.list_runs(conn)

    def preview(self, rule: Any, limit_s: float = _PREVIEW_S) -> Preview:
        """What a rule matches now, as far as that is known within ``limit_s``.

        Raises InvalidRequest for a rule that cannot be used.
        """
        (parsed,) = autotag.parse_rules([rule])
        deadline = time.monotonic() + limit_s
        count = tested = 0
        samples: list[str] = []
        seen = _Visible(self._access)
        with self._db.read() as conn:
            for rows in given_tags.iterate(conn, _BATCH):
                for row in filter(seen.shows, rows):
                    tested += 1
                    if parsed.matches(_picture(row)):
                        count += 1
                        samples += [_path(row)] if len(samples) < SAMPLES else []
                if time.monotonic() > deadline:
                    return Preview(count, tested, False, tuple(samples))
        return Preview(count, tested, True, tuple(samples))

    def apply(self, rule: Any = None) -> Job:
        """Start a job that gives the tags of the stored rules, or of one rule, to all files that
        match. Its id is that of the run.
        """
        rules = autotag.parse_rules(self.rules() if rule is None else [rule])
        chosen = [one for one in rules if one.enabled]
        if not chosen:
            raise InvalidRequest("There is no rule that is on: nothing can be applied.")
        return self._jobs.start(APPLY, lambda progress: self._apply(chosen, progress))

    def undo(self, run_id: str) -> Job:
        """Start a job that removes the tags that a run gave."""
        with self._db.read() as conn:
            total = given_tags.batches(conn, run_id)
        if not total:
            raise NotFound("There is nothing to undo: these tags were removed already.")
        return self._jobs.start(UNDO, lambda progress: self._undo(run_id, total, progress))

    def _apply(self, rules: Sequence[Rule], progress: Progress) -> dict[str, int]:
        with self._db.write() as conn:
            given_tags.forget_old(conn)
        matched = self._match(rules, progress)
        progress.update(stage="tagging", total=sum(map(len, matched.values())))
        given = done = 0
        for name, ids in matched.items():
            for start in range(0, len(ids), _BATCH):
                progress.check()
                batch = ids[start : start + _BATCH]
                with self._db.write() as conn:
                    given += given_tags.give(conn, progress.job_id, name, batch)
                done += len(batch)
                progress.update(done=done)
        return {"given": given}

    def _match(self, rules: Sequence[Rule], progress: Progress) -> dict[str, list[int]]:
        """Ids of the files that match, by tag."""
        matched: dict[str, list[int]] = {}
        seen = _Visible(self._access)
        with self._db.read() as conn:
            progress.update(stage="matching", total=images.count(conn))
            done = 0
            for rows in given_tags.iterate(conn, _BATCH):
                progress.check()
                for row in filter(seen.shows, rows):
                    for name in autotag.tags_of(_picture(row), rules):
                        matched.setdefault(name, []).append(row.id)
                done += len(rows)
                progress.update(done=done)
        return matched

    def _undo(self, run_id: str, total: int, progress: Progress) -> dict[str, int]:
        progress.update(stage="untagging", total=total)
        removed = done = 0
        while True:
            progress.check()
            with self._db.write() as conn:
                batch = given_tags.undo_batch(conn, run_id)
            if batch is None:
                return {"removed": removed}
            removed += batch
            done += 1
            progress.update(done=done)


class _Visible:
    """Which files a client may see, asked once a folder."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._folders: dict[str, bool] = {}

    def shows(self, row: TaggableRow) -> bool:
        if row.folder not in self._folders:
            self._folders[row.folder] = self._access.allows(paths.from_text(row.folder))
        return self._folders[row.folder]


def _path(row: TaggableRow) -> str:
    return os.path.join(row.folder, row.name)


def _picture(row: TaggableRow) -> Picture:
    return Picture(
        path=_path(row),
        prompt=row.prompt,
        negative=row.negative,
        model=row.model,
        sampler=row.sampler,
        source=row.source,
        media=row.media,
        width=row.width_px,
        height=row.height_px,
        bytes=row.size_bytes,
    )
