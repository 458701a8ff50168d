"""Calls about roots, the index, jobs, topics and organising; and waiting for what takes long."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

from iib_core.client import answers
from iib_core.client.calls import Calls, given
from iib_core.client.failures import ClientError

# How far a job is, each time that it was asked for.
Report = Callable[[Any], object]
State = TypeVar("State")

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.05, 1.0


class Working(Calls):
    """Long work. Those that wait call ``on_progress`` with the state and raise ClientError where
    the work fails or is cancelled.
    """

    def roots(self) -> list[answers.AddedRoot]:
        """Folders that were added to the library; those of the settings are in ``settings()``."""
        return cast("list[answers.AddedRoot]", self._get("/db/extra_paths"))

    def add_root(self, path: str, kind: str = "scan") -> answers.AddedRoot:
        """Add a folder to the library: ``scan``, ``scan-fixed`` or ``walk``."""
        return cast(answers.AddedRoot, self._post("/db/extra_paths", path=path, types=[kind]))

    def remove_root(self, path: str) -> answers.Done:
        """Take a folder out of the library; its files stay on the disk."""
        return cast(answers.Done, self._call("DELETE", "/db/extra_paths", {}, {"path": path}))

    def start_update(self) -> answers.Started:
        """Begin to bring the index up to date."""
        return cast(answers.Started, self._post("/db/update_image_data", background=True))

    def update_index(self, on_progress: Report | None = None) -> answers.Outcome:
        """Bring the index up to date, and wait until it is."""
        done = self.wait(self.start_update()["job_id"], on_progress)
        return cast(answers.Outcome, done["result"])

    def index_status(self) -> answers.IndexStatus:
        """How far the index is."""
        return cast(answers.IndexStatus, self._get("/db/index_status"))

    def job(self, job_id: str) -> answers.Job:
        """How far a job is."""
        return cast(answers.Job, self._get(f"/jobs/{job_id}"))

    def cancel(self, job_id: str) -> answers.Job:
        """End a job soon."""
        return cast(answers.Job, self._post(f"/jobs/{job_id}/cancel"))

    def wait(self, job_id: str, on_progress: Report | None = None) -> answers.Job:
        """The job once it is completed."""
        return _wait(lambda: self.job(job_id), on_progress, "completed")

    def start_topics(
        self,
        folders: Sequence[str] = (),
        *,
        threshold: float | None = None,
        min_size: int | None = None,
        lang: str | None = None,
        recursive: bool = True,
    ) -> answers.Started:
        """Begin to find the topics of folders; none: the whole library."""
        body = given(threshold=threshold, min_cluster_size=min_size, lang=lang, recursive=recursive)
        started = self._post("/db/cluster_iib_output_job_start", folder_paths=list(folders), **body)
        return cast(answers.Started, started)

    def topics_state(self, job_id: str) -> answers.TopicsState:
        """How far the search for topics is."""
        return cast(
            answers.TopicsState, self._get("/db/cluster_iib_output_job_status", job_id=job_id)
        )

    def topics(
        self, folders: Sequence[str] = (), on_progress: Report | None = None, **options: Any
    ) -> answers.Topics:
        """The topics of folders, waited for; options as of ``start_topics``."""
        job_id = self.start_topics(folders, **options)["job_id"]
        result = _wait(lambda: self.topics_state(job_id), on_progress, "completed")["result"]
        assert result is not None  # a completed job has one
        return result

    def start_organising(
        self,
        folders: Sequence[str],
        dest: str,
        *,
        by: str = "theme",
        pattern: str = "",
        action: str = "move",
        recursive: bool = False,
        threshold: float | None = None,
        lang: str | None = None,
    ) -> answers.Started:
        """Begin to plan how to sort the files of folders into folders of ``dest``. Nothing is
        moved.
        """
        body = given(
            folder_paths=list(folders),
            dest_folder=dest,
            by=by,
            pattern=pattern,
            action=action,
            recursive=recursive,
            threshold=threshold,
            lang=lang,
        )
        return cast(answers.Started, self._post("/db/organize_files_start", **body))

    def organise_state(self, job_id: str, *, brief: bool = False) -> answers.OrganiseState:
        """How far organising is; ``brief`` leaves out the preview."""
        found = self._get("/db/organize_files_status", job_id=job_id, brief=brief)
        return cast(answers.OrganiseState, found)

    def organise_preview(
        self, folders: Sequence[str], dest: str, on_progress: Report | None = None, **options: Any
    ) -> answers.OrganisePreview:
        """The plan, waited for; options as of ``start_organising``. Its ``job_id`` is what to
        confirm.
        """
        job_id = self.start_organising(folders, dest, **options)["job_id"]
        _wait(lambda: self.organise_state(job_id, brief=True), on_progress, "preview_ready")
        preview = self.organise_state(job_id)["preview"]
        assert preview is not None  # it is ready
        return preview

    def confirm_organising(
        self, job_id: str, *, names: dict[str, str] | None = None, skipped: Sequence[str] = ()
    ) -> answers.Confirmed:
        """Begin to move the files as planned, with other folder names by group id, or without
        groups.
        """
        edits = [
            {"cluster_id": group, "new_folder_name": name} for group, name in (names or {}).items()
        ]
        body = {"job_id": job_id, "folder_edits": edits, "skip_cluster_ids": list(skipped)}
        return cast(answers.Confirmed, self._post("/db/organize_files_confirm", **body))

    def organise(
        self, job_id: str, on_progress: Report | None = None, **changes: Any
    ) -> answers.OrganiseResult:
        """Move the files as planned, and wait for it; changes as of ``confirm_organising``."""
        self.confirm_organising(job_id, **changes)
        result = _wait(lambda: self.organise_state(job_id, brief=True), on_progress, "completed")[
            "result"
        ]
        assert result is not None  # it is completed
        return result

    def cancel_organising(self, job_id: str) -> answers.Cancelled:
        """Drop a plan, or stop moving between two files."""
        return cast(answers.Cancelled, self._post("/db/organize_files_cancel", job_id=job_id))


def _wait(find: Callable[[], State], on_progress: Report | None, wanted: str) -> State:
    """The state once it is the wanted one. Raises ClientError where the work ends otherwise."""
    pause_s = _FIRST_PAUSE_S
    while True:
        state: Any = find()
        if on_progress is not None:
            on_progress(state)
        if state["status"] == wanted:
            return cast(State, state)
        # A plan that could not be carried out is ready again, and says why.
        if state["status"] in ("failed", "cancelled", "completed") or state["error"]:
            reason = state["error"] or f"The work was {state['status']}."
            raise ClientError(reason, code=f"Job{state['status'].title()}")
        time.sleep(pause_s)
        pause_s = min(pause_s * 1.5, _LONGEST_PAUSE_S)
