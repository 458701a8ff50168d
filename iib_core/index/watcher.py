"""Watcher: reports changes in the library's folders to the index, within two seconds.

If the system reports no changes (on a network drive, or when it is out of watches), the folders are
compared with the index at intervals.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence

from iib_core import companions, paths
from iib_core.index import filesystems, scan
from iib_core.index.changed_files import ChangedFiles, read_state
from iib_core.index.indexer import Indexer
from iib_core.jobs import Cancelled
from iib_core.mediatypes import MEDIA_EXTENSIONS
from iib_core.workers import BackgroundThread

logger = logging.getLogger(__name__)

_TICK_S = 0.25
_ROOTS_EVERY_S = 3.0
# Scanning a root may take at most this share of the time; small roots are scanned every few
# seconds.
_POLL_EVERY_S, _POLL_SHARE = 3.0, 0.05
# Events can be lost when there are too many at once, so watched folders are also compared at long
# intervals.
_RECHECK_EVERY_S = 900.0
_RESTART_AFTER_S = 5.0
# macOS reports a renamed folder like one whose content changed.
_RENAMES_ARE_CHANGES = sys.platform == "darwin"
# The message with which a watch ends when a file changes whose name is not valid Unicode.
_UNDECODABLE = "Unable to decode path"
_PAUSE_MAX_S = 60.0
_BATCH_FILES = 1000


class Watcher:
    """A thread that watches every root that is online, and notices when one comes online or goes
    offline.
    """

    def __init__(self, indexer: Indexer) -> None:
        self._indexer = indexer
        self._library = indexer.library
        self._changed_files = ChangedFiles(read_state)
        self._folders: set[str] = set()
        self._vanished: set[str] = set()
        self._forced: set[str] = set()
        self._polls: dict[str, float] = {}
        self._watched: tuple[str, ...] = ()
        self._warned: set[str] = set()
        self._ending = threading.Event()
        self._loop = BackgroundThread("iib-watch", self._run)

    @property
    def watched(self) -> tuple[str, ...]:
        """Roots whose changes the system reports."""
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
            tops = _topmost(online)
            local = tuple(
                root for root in tops if _is_unicode(root) and not filesystems.is_remote(root)
            )
            self._polls = {
                root: time.monotonic() + _POLL_EVERY_S for root in tops if root not in local
            }
            try:
                self._process(self._ticks(local), online)
            except Cancelled:
                return
            except (
                Exception
            ):  # a thread's edge: the watcher must survive a full disk or a locked database
                logger.exception("watching the folders failed; it starts again")
                ending.wait(_RESTART_AFTER_S)

    def _raise_if_closing(self) -> None:
        """Raise Cancelled if the watcher is closing. Long work calls it: ten thousand files may
        change at once.
        """
        if self._ending.is_set():
            raise Cancelled

    def _process(self, ticks: Iterator[dict[str, bool]], online: tuple[str, ...]) -> None:
        """Update the index at every tick, until the roots change.

        The first tick comes when the watch is active, so no change is lost between that and the
        first update.
        """
        checked = time.monotonic()
        rechecked = float("-inf")
        for changed in ticks:
            for path, is_new in changed.items():
                self._raise_if_closing()
                self._sort_change(path, is_new)
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

    def _ticks(self, roots: tuple[str, ...]) -> Iterator[dict[str, bool]]:
        """At each tick the paths that changed, and whether they are new; usually none.

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
                # The watch has ended and must be started again. Comparing finds the changes that
                # it missed, and the files with such names.
                affected = tuple(root for root in roots if root in str(exc))
                yield from self._pause_watch(affected or roots, next(pauses))
        self._polls.update(dict.fromkeys(roots, time.monotonic()))
        while not self._ending.wait(_TICK_S):
            yield {}

    def _watch(self, roots: tuple[str, ...]) -> Iterator[dict[str, bool]]:
        import watchfiles

        # watchfiles logs every change at info level.
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

    def _pause_watch(self, roots: tuple[str, ...], pause_s: float) -> Iterator[dict[str, bool]]:
        """The ticks of a pause of the watch.

        From now on ``roots`` are also compared at intervals, the first time after the pause.
        """
        for root in roots:
            if root not in self._warned:
                logger.warning(
                    "below %s a file name is not valid Unicode, so its changes are not reported: the "
                    "folder is also compared at intervals",
                    root,
                )
        self._warned.update(roots)
        until = time.monotonic() + pause_s
        while time.monotonic() < until and not self._ending.wait(_TICK_S):
            yield {}
        self._polls.update(dict.fromkeys(roots, time.monotonic()))

    def _sort_change(self, path: str, is_new: bool) -> None:
        """Sort a changed path: a file to read, a folder to walk, or a path to ignore.

        A change of a known folder is ignored: its files report their own changes.
        """
        if not self._library.holds(path):
            return
        if os.path.isdir(path):
            self._folders.update([path] if is_new else [])
        elif scan.is_media(os.path.basename(path)):
            self._changed_files.add(path)
        elif companions.base(path) is not None:
            for picture in _pictures_of(path):
                self._changed_files.add(picture)
                self._forced.add(picture)
        elif not os.path.lexists(path):
            self._vanished.add(path)

    def _apply(self) -> None:
        finished = self._changed_files.take_finished(self._raise_if_closing)
        vanished, self._vanished = _topmost(self._vanished), set()
        for start in range(0, len(vanished), _BATCH_FILES):
            self._raise_if_closing()
            # Only vanished folders of the index matter: another program may remove a million files
            # of its own.
            self._folders |= self._indexer.find_folders(vanished[start : start + _BATCH_FILES])
        folders, self._folders = self._folders, set()
        if folders:
            self._indexer.update_folders(_topmost(folders), self._raise_if_closing)
        for start in range(0, len(finished), _BATCH_FILES):
            self._update_files(finished[start : start + _BATCH_FILES])

    def _update_files(self, files: Sequence[str]) -> None:
        forced = self._forced.intersection(files)
        self._forced -= forced
        unfinished = self._indexer.update_files(
            files, forced=frozenset(forced), raise_if_cancelled=self._raise_if_closing
        )
        for path in unfinished:
            self._changed_files.add(path)

    def _poll(self) -> None:
        for root, due in list(self._polls.items()):
            started = time.monotonic()
            if started < due or self._indexer.job_id:
                continue
            self._indexer.update_folders([root], self._raise_if_closing)
            took = time.monotonic() - started
            self._polls[root] = time.monotonic() + max(_POLL_EVERY_S, took / _POLL_SHARE)


def _topmost(folders: Iterable[str]) -> tuple[str, ...]:
    """``folders`` without those that lie in another of them."""
    tops: list[str] = []
    # Sorted with a separator at the end, the subfolders of a folder follow it directly. So only the
    # last of ``tops`` can hold the next folder.
    for prefix, folder in sorted((os.path.join(folder, ""), folder) for folder in set(folders)):
        if not (tops and prefix.startswith(os.path.join(tops[-1], ""))):
            tops.append(folder)
    return tuple(tops)


def _pauses() -> Iterator[float]:
    """Seconds before each attempt to watch again: 0 at first, then longer while names that end the
    watch keep changing.
    """
    began = time.monotonic()
    pause_s = 0.0
    while True:
        yield pause_s
        lasted_s, began = time.monotonic() - began, time.monotonic()
        pause_s = 0.0 if lasted_s > 2 * _PAUSE_MAX_S else min(max(1.0, 2 * pause_s), _PAUSE_MAX_S)


def _is_unicode(path: str) -> bool:
    """Whether a path is valid Unicode, so that events can name it."""
    return paths.to_text(path) == path


def _pictures_of(companion: str) -> list[str]:
    """The media files that a companion belongs to: ``x.png`` for ``x.txt`` and for ``x.png.txt``."""
    stem = companions.base(companion) or companion
    if scan.is_media(os.path.basename(stem)):
        return [stem] if os.path.isfile(stem) else []
    candidates = [stem + extension for extension in sorted(MEDIA_EXTENSIONS)]
    return [path for path in candidates if os.path.isfile(path)]
