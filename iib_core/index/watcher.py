"""Watcher: sees changes in the library's folders and brings the index up to date within two seconds.

Where the system announces no changes (a network drive, a system that is out of watches) the folders
are compared with the index at intervals.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from iib_core import companions, paths, times
from iib_core.index import filesystems, scan
from iib_core.index.indexer import Indexer
from iib_core.jobs import Cancelled
from iib_core.mediatypes import MEDIA_EXTENSIONS
from iib_core.workers import Loop

logger = logging.getLogger(__name__)

_TICK_S = 0.25
# A file is taken for finished when it was left alone for this long, and given up when it stays empty.
_QUIET_S = 0.4
_EMPTY_S = 60.0
_ROOTS_EVERY_S = 3.0
# A scan of a whole root takes its time; it may use this much of all time, but for small roots comes
# at least every few seconds.
_POLL_EVERY_S, _POLL_SHARE = 3.0, 0.05
# Announcements can be lost when there are too many at once, so that even watched folders are
# compared from time to time.
_RECHECK_EVERY_S = 900.0
_AGAIN_AFTER_S = 5.0
# There a folder that was renamed is told like one whose content changed.
_RENAMES_ARE_CHANGES = sys.platform == "darwin"
# A name that is no valid Unicode ends a watch with these words, once it changes.
_UNDECODABLE = "Unable to decode path"
_PAUSE_MAX_S = 60.0
_AT_ONCE = 1000


@dataclass
class _Pending:
    """A file that changed, and how it looked at last."""

    state: tuple[int, int] | None
    since: float
    met: float


@dataclass
class Waiting:
    """Files that changed and may not be finished.

    Pure but for the clock and the look at each file, which are handed in.
    """

    look: Callable[[str], tuple[int, int] | None]
    now: Callable[[], float] = time.monotonic
    _files: dict[str, _Pending] = field(default_factory=dict)

    def add(self, path: str) -> None:
        """This file changed."""
        now = self.now()
        self._files.setdefault(path, _Pending(self.look(path), now, now))

    def take_finished(self, check: Callable[[], None] = lambda: None) -> list[str]:
        """Files that were left alone long enough, and those that are gone.

        Empty ones wait for their content, but not for ever. ``check`` may raise.
        """
        finished = []
        for path, pending in list(self._files.items()):
            check()
            state, now = self.look(path), self.now()
            if state != pending.state:
                pending.state, pending.since = state, now
            is_empty = state is not None and not state[0]
            if (state is None or now - pending.since >= _QUIET_S) and (
                not is_empty or now - pending.met >= _EMPTY_S
            ):
                finished.append(path)
                del self._files[path]
        return finished

    def __len__(self) -> int:
        return len(self._files)


class Watcher:
    """A thread that watches every root of the library that is there, and notices when one comes or goes."""

    def __init__(self, indexer: Indexer) -> None:
        self._indexer = indexer
        self._library = indexer.library
        self._waiting = Waiting(_state)
        self._folders: set[str] = set()
        self._vanished: set[str] = set()
        self._forced: set[str] = set()
        self._polls: dict[str, float] = {}
        self._watched: tuple[str, ...] = ()
        self._told: set[str] = set()
        self._ending = threading.Event()
        self._loop = Loop("iib-watch", self._run)

    @property
    def watched(self) -> tuple[str, ...]:
        """Roots whose changes the system announces."""
        return self._watched

    @property
    def polled(self) -> tuple[str, ...]:
        """Roots that are compared at intervals."""
        return tuple(self._polls)

    def close(self) -> None:
        """End the thread."""
        self._loop.close()

    def _run(self, ending: threading.Event) -> None:
        self._ending = ending
        while not ending.is_set():
            online = self._library.online
            tops = _tops(online)
            local = tuple(root for root in tops if _can_be_told(root) and not filesystems.is_remote(root))
            self._polls = {root: time.monotonic() + _POLL_EVERY_S for root in tops if root not in local}
            try:
                self._follow(self._announced(local), online)
            except Cancelled:
                return
            except (
                Exception
            ):  # a thread's edge: a full disk or a locked database must not end the watch for good
                logger.exception("watching the folders failed; it starts again")
                ending.wait(_AGAIN_AFTER_S)

    def _check(self) -> None:
        """Raise Cancelled at the end. Called by whatever may be long: ten thousand files may change at once."""
        if self._ending.is_set():
            raise Cancelled

    def _follow(self, ticks: Iterator[dict[str, bool]], online: tuple[str, ...]) -> None:
        """Work until the roots change.

        The first tick comes when the watch stands, so that nothing is lost between it and the
        update.
        """
        checked = time.monotonic()
        rechecked = float("-inf")
        for changed in ticks:
            for path, is_new in changed.items():
                self._check()
                self._take(path, is_new)
            self._apply()
            self._poll()
            now = time.monotonic()
            if now - rechecked > _RECHECK_EVERY_S:
                rechecked = now
                if self._library.roots:
                    self._indexer.start()
            if now - checked > _ROOTS_EVERY_S:
                checked = now
                self._indexer.meet_roots()
                if self._library.online != online:
                    return

    def _announced(self, roots: tuple[str, ...]) -> Iterator[dict[str, bool]]:
        """Paths that changed and whether they are new, at each tick, mostly none.

        Roots that cannot be watched are polled.
        """
        pauses = _pauses()
        while roots and not self._ending.is_set():
            try:
                yield from self._watch(roots)
                return
            except ImportError:
                logger.warning(
                    "the package watchfiles is missing: folders are compared at intervals instead of "
                    "being watched"
                )
                break
            except (OSError, RuntimeError) as exc:
                if _UNDECODABLE not in str(exc):
                    logger.warning(
                        "folders are compared at intervals, because they cannot be watched: %s", exc
                    )
                    break
                # It tells of no other change either, and has to begin anew. What it missed, and
                # names of that kind, are found by comparing.
                yield from self._compare_too(
                    tuple(root for root in roots if root in str(exc)) or roots, next(pauses)
                )
        self._polls.update(dict.fromkeys(roots, time.monotonic()))
        while not self._ending.wait(_TICK_S):
            yield {}

    def _watch(self, roots: tuple[str, ...]) -> Iterator[dict[str, bool]]:
        import watchfiles

        # It tells of every change at info level.
        logging.getLogger("watchfiles").setLevel(logging.WARNING)
        ticks = watchfiles.watch(
            *roots,
            watch_filter=None,
            debounce=400,
            step=100,
            rust_timeout=int(_TICK_S * 1000),
            yield_on_timeout=True,
            stop_event=self._ending,
            raise_interrupt=False,
            ignore_permission_denied=True,
        )
        try:
            self._watched = roots
            for changes in ticks:
                new = {
                    path
                    for change, path in changes
                    if change != watchfiles.Change.modified or _RENAMES_ARE_CHANGES
                }
                yield {path: path in new for _, path in changes}
        finally:
            self._watched = ()

    def _compare_too(self, roots: tuple[str, ...], pause_s: float) -> Iterator[dict[str, bool]]:
        """Ticks while the watch pauses.

        These roots are compared at intervals from now on, and once when the watch stands again.
        """
        for root in roots:
            if root not in self._told:
                logger.warning(
                    "below %s a name is no valid Unicode, of which no change is announced: the folder is "
                    "also compared at intervals",
                    root,
                )
        self._told.update(roots)
        until = time.monotonic() + pause_s
        while time.monotonic() < until and not self._ending.wait(_TICK_S):
            yield {}
        self._polls.update(dict.fromkeys(roots, time.monotonic()))

    def _take(self, path: str, is_new: bool) -> None:
        """Sort a changed path: a file to look at, a folder to walk, or nothing of ours.

        A known folder that changed says nothing of its own.
        """
        if not self._library.holds(path):
            return
        if os.path.isdir(path):
            self._folders.update([path] if is_new else [])
        elif scan.is_media(os.path.basename(path)):
            self._waiting.add(path)
        elif companions.base(path) is not None:
            for picture in _pictures_of(path):
                self._waiting.add(picture)
                self._forced.add(picture)
        elif not os.path.lexists(path):
            self._vanished.add(path)

    def _apply(self) -> None:
        finished = self._waiting.take_finished(self._check)
        vanished, self._vanished = _tops(self._vanished), set()
        for start in range(0, len(vanished), _AT_ONCE):
            self._check()
            # Of all names that vanish only folders of the index say anything: a program may well
            # remove a million files of its own.
            self._folders |= self._indexer.find_folders(vanished[start : start + _AT_ONCE])
        folders, self._folders = self._folders, set()
        if folders:
            self._indexer.update_folders(_tops(folders), self._check)
        for start in range(0, len(finished), _AT_ONCE):
            self._update_files(finished[start : start + _AT_ONCE])

    def _update_files(self, files: Sequence[str]) -> None:
        forced = self._forced.intersection(files)
        self._forced -= forced
        for path in self._indexer.update_files(files, forced=frozenset(forced), check=self._check):
            self._waiting.add(path)

    def _poll(self) -> None:
        for root, due in list(self._polls.items()):
            started = time.monotonic()
            if started < due or self._indexer.job_id:
                continue
            self._indexer.update_folders([root], self._check)
            took = time.monotonic() - started
            self._polls[root] = time.monotonic() + max(_POLL_EVERY_S, took / _POLL_SHARE)


def _tops(folders: Iterable[str]) -> tuple[str, ...]:
    """Those of ``folders`` that lie in no other one of them."""
    tops: list[str] = []
    # Sorted with a separator at the end, all that lies in a folder follows it at once: only the
    # last top can hold the next one.
    for prefix, folder in sorted((os.path.join(folder, ""), folder) for folder in set(folders)):
        if not (tops and prefix.startswith(os.path.join(tops[-1], ""))):
            tops.append(folder)
    return tuple(tops)


def _pauses() -> Iterator[float]:
    """Seconds before the next attempt to watch: at once at first, then less and less often while
    names that end it go on changing.
    """
    began = time.monotonic()
    pause_s = 0.0
    while True:
        yield pause_s
        lasted_s, began = time.monotonic() - began, time.monotonic()
        pause_s = 0.0 if lasted_s > 2 * _PAUSE_MAX_S else min(max(1.0, 2 * pause_s), _PAUSE_MAX_S)


def _can_be_told(path: str) -> bool:
    """Whether the system's announcements can name a path."""
    return paths.to_text(path) == path


def _state(path: str) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_size, times.mtime_ns(status)


def _pictures_of(sidecar: str) -> list[str]:
    """Media files that a sidecar belongs to: ``x.png`` of ``x.txt`` and of ``x.png.txt``."""
    stem = companions.base(sidecar) or sidecar
    if scan.is_media(os.path.basename(stem)):
        return [stem] if os.path.isfile(stem) else []
    return [
        path for path in (stem + extension for extension in sorted(MEDIA_EXTENSIONS)) if os.path.isfile(path)
    ]
