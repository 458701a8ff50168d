"""What is in pictures: which model sees them, its files, and the pass over the library.

Where the packages are not installed, nothing is imported and no thread runs.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass

from iib_core.access import Access
from iib_core.clock import Rate
from iib_core.db import settings
from iib_core.db.engine import Database
from iib_core.errors import Conflict, InvalidRequest
from iib_core.jobs import Job, Jobs, Progress
from iib_core.media.thumbnails import Thumbnails
from iib_core.vision import files
from iib_core.vision.contents import Contents
from iib_core.vision.files import READY, ModelState, VisionFiles
from iib_core.vision.library_pass import Seen
from iib_core.vision.model_table import VisionModel
from iib_core.vision.towers import Towers
from iib_core.workers import BackgroundThread

DOWNLOAD = "vision_download"
_CHOSEN, _PAUSED = "vision_model", "vision_paused"
_RATE_S = 10.0
# A model that fails for want of memory is tried again after this.
_AGAIN_S = 60.0


@dataclass(frozen=True)
class Download:
    """A download that runs: of which model, in bytes; ``rate`` in bytes a second."""

    name: str
    job: Job
    rate: float

    @property
    def seconds_left(self) -> float | None:
        """None where nothing comes."""
        return (self.job.total - self.job.done) / self.rate if self.rate > 0 else None


@dataclass(frozen=True)
class Status:
    """All that the page shows. ``model``: the one that sees, None where none is ready; ``seen``:
    how far it is. ``is_paused``: it goes on only when it is resumed. ``reason``: why nothing is
    seen, or "".
    """

    lacking: list[str]
    models: list[ModelState]
    model: VisionModel | None
    seen: Seen | None
    is_paused: bool
    reason: str
    provider: str
    download: Download | None


class Vision:
    """The models of one library, of which one sees at a time."""

    def __init__(
        self,
        db: Database,
        access: Access,
        thumbnails: Thumbnails,
        jobs: Jobs,
        model_files: VisionFiles,
        data_dir: str,
        *,
        is_generating: Callable[[], bool],
    ) -> None:
        self.files = model_files
        self.lacking = files.list_lacking()
        self.towers = Towers(model_files)
        self._db = db
        self._access = access
        self._thumbnails = thumbnails
        self._jobs = jobs
        self._data_dir = data_dir
        self._is_generating = is_generating
        self._lock = threading.RLock()
        self._contents: Contents | None = None
        self._thread: BackgroundThread | None = None
        # Called once another model may be the one that sees.
        self.on_other_model: Callable[[], None] = lambda: None
        self._is_seeing = False
        self._rate = Rate(_RATE_S)

    def start(self) -> None:
        """See what was not seen, in a thread, if there is a model and it is not paused."""
        with self._lock:
            if self.lacking or self._access.read_only or self._thread or self._is_paused():
                return
            if os.path.isdir(self.files.folder):
                self._is_seeing = True
                self._thread = BackgroundThread("iib-vision", self._see, again_s=_AGAIN_S)

    def pause(self) -> None:
        """End the pass, until ``resume``; also beyond the end of the program."""
        with self._db.write() as conn:
            settings.save_ai(conn, {_PAUSED: "yes"})
        self._stop()
        self.towers.rest()

    def resume(self) -> None:
        """Go on where the pass was. A model that failed is tried again."""
        self.require_installed()
        with self._db.write() as conn:
            settings.save_ai(conn, {_PAUSED: ""})
        if not self._is_seeing or self.towers.broken:
            self.towers.broken.clear()
            self._restart()
        else:
            self.open().recount()

    def use(self, name: str) -> None:
        """Let another model see. What one has seen before is kept."""
        model = self.files.get(name)
        if self.files.find(name) is None:
            raise Conflict(f"{model.title} is not ready: download it first.")
        with self._db.write() as conn:
            settings.save_ai(conn, {_CHOSEN: name})
        self._restart()
        self.on_other_model()

    def download(self, name: str) -> Job:
        """Fetch the files of a model in a job, where a download before was interrupted.

        Raises InvalidRequest for a model that has no address, Conflict while another one runs.
        """
        model = self.files.get(name)
        if model.is_own:
            raise InvalidRequest(f"{name} was put there by hand: it has no address.")
        with self._lock:
            if self._find_download() is not None:
                raise Conflict("A model is being downloaded: wait for it, or pause it.")
            self._rate.restart()
            return self._jobs.start(DOWNLOAD, self._fetch, name=name)

    @property
    def is_downloading(self) -> bool:
        """Whether a model is on its way."""
        return self._find_download() is not None

    def pause_download(self) -> None:
        """End the download; what has come is kept, and the next one continues there."""
        running = self._find_download()
        if running is not None:
            self._jobs.cancel(running.job_id)
            self._jobs.wait(running.job_id)

    def remove(self, name: str) -> None:
        """Delete the files of a model, and all that it has seen."""
        model = self.files.get(name)
        self.pause_download()
        self._stop()
        self.towers.close()
        self.files.remove(model)
        with self._lock:
            self._open_of(model).remove()
            self._contents = None
        self.start()
        self.on_other_model()

    def read_status(self) -> Status:
        """The state of it all."""
        models = self.files.list_states()
        model = self._choose(models)
        seen = None
        if model is not None and not self.lacking:
            seen = self.open().how_far()
        return Status(
            self.lacking,
            models,
            model,
            seen,
            not self._is_seeing,
            self._why_not(model),
            self.towers.provider,
            self._describe_download(),
        )

    def require_installed(self) -> None:
        """Raise Conflict where a package is missing."""
        if self.lacking:
            raise Conflict(
                f"The package {' and '.join(self.lacking)} is not installed: install {files.EXTRA}."
            )

    def open(self) -> Contents:
        """What the model that is used has seen. Raises Conflict where none is ready."""
        self.require_installed()
        model = self._find_model()
        if model is None:
            raise Conflict(
                "There is no model yet that sees what is in pictures: download one (Settings, "
                "What is in the pictures)."
            )
        return self._open_of(model)

    def close(self) -> None:
        """End the thread and the processes."""
        # The thread waits for an answer in steps, and so ends before the processes do.
        self._stop()
        self.towers.close()
        with self._lock:
            if self._contents is not None:
                self._contents.close()

    def _open_of(self, model: VisionModel) -> Contents:
        with self._lock:
            if self._contents is None or self._contents.model.key != model.key:
                # A search may still read the one before: it is closed when it is forgotten.
                self._contents = Contents(
                    self._db,
                    self._access,
                    self._thumbnails,
                    self.towers,
                    model,
                    self._data_dir,
                    self._is_generating,
                )
            return self._contents

    def _see(self, ending: threading.Event) -> None:
        self._is_seeing = True
        try:
            model = self._find_model()
            if model is not None:
                self._open_of(model).run(ending)
        finally:
            self._is_seeing = False

    def _stop(self) -> None:
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.close()

    def _restart(self) -> None:
        self._stop()
        self.start()

    def _fetch(self, progress: Progress, name: str) -> str:
        done = 0

        def note(changed: int) -> None:
            nonlocal done
            self._rate.note(changed - done)
            done = changed

        model = self.files.get(name)
        self.files.download(progress, model, note)
        self._restart()
        self.on_other_model()
        return self.files.folder_of(model)

    def _find_download(self) -> Job | None:
        newest = self._jobs.find_newest(DOWNLOAD)
        return newest if newest is not None and newest.is_running else None

    def _describe_download(self) -> Download | None:
        job = self._jobs.find_newest(DOWNLOAD)
        if job is None:
            return None
        return Download(str(job.params.get("name", "")), job, self._rate.read())

    def _find_model(self) -> VisionModel | None:
        chosen = self._load().get(_CHOSEN, "")
        return (self.files.find(chosen) if chosen else None) or self.files.find()

    def _choose(self, models: list[ModelState]) -> VisionModel | None:
        """As ``_find_model``, of states that are known."""
        ready = {state.name: state.model for state in models if state.state == READY}
        chosen = self._load().get(_CHOSEN, "")
        return ready.get(chosen) or next(iter(ready.values()), None)

    def _why_not(self, model: VisionModel | None) -> str:
        if self.lacking:
            return (
                f"The package {' and '.join(self.lacking)} is not installed: install {files.EXTRA}."
            )
        return self.towers.broken.get(model.key, "") if model is not None else ""

    def _is_paused(self) -> bool:
        return bool(self._load().get(_PAUSED))

    def _load(self) -> dict[str, str]:
        with self._db.read() as conn:
            return settings.load_ai(conn)
