"""Organise: makes a plan that sorts files into folders, and carries it out as one operation that
can be undone.
"""

from __future__ import annotations

import logging
import os
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from iib_core import paths
from iib_core.access import Access
from iib_core.ai.embeddings import Embeddings
from iib_core.cluster import foldernames, grouping, organise_plan
from iib_core.cluster.folder_pattern import MAX_PARTS, FolderPattern
from iib_core.cluster.grouping import Grouping
from iib_core.cluster.organise_options import OrganiseOptions
from iib_core.cluster.organise_plan import GROUPS
from iib_core.cluster.topics import Topics
from iib_core.db import journal, organise_plans
from iib_core.db.engine import Database
from iib_core.db.organise_plans import StoredPlan
from iib_core.errors import Conflict, IIBError, InvalidRequest, NotFound
from iib_core.files.operations import Operations
from iib_core.files.spec import OnFailure, OperationSpec, new_id
from iib_core.jobs import Jobs, Progress, new_job_id

logger = logging.getLogger(__name__)

PLAN, CARRY_OUT = "organize", "organize_move"


class Organiser:
    """Makes and carries out plans, for one library. Plans outlive the process."""

    def __init__(
        self,
        db: Database,
        access: Access,
        jobs: Jobs,
        file_operations: Operations,
        topics: Topics,
        embeddings: Embeddings,
    ) -> None:
        self._db = db
        self._access = access
        self._jobs = jobs
        self._operations = file_operations
        self._topics = topics
        self._embeddings = embeddings

    def plan(self, progress: Progress, options: OrganiseOptions) -> dict[str, Any]:
        """The work of a job: group the files, look at the disk, and store the plan under the job's
        id.
        """
        pattern = options.validate()
        message = ""
        if pattern is None:
            groups, message = self._group_by_topic(progress, options)
        else:
            groups = self._group_by_rule(options, pattern)
        progress.begin("planning", 0.95, 1.0)
        with progress.waiting("the disk, where each file is looked at"):
            groups = grouping.reuse_folders(groups, organise_plan.spelling_below(options.dest))
            plan = organise_plan.draft(self._operations, options, groups)
        progress.check()
        with self._db.write() as conn:
            organise_plans.save(conn, progress.job_id, {**plan, "message": message})
        return {"total_files": sum(len(group["files"]) for group in plan[GROUPS])}

    def find(self, job_id: str) -> StoredPlan | None:
        """The plan of a job, as long as it is stored."""
        with self._db.read() as conn:
            return organise_plans.find(conn, job_id)

    def confirm(self, job_id: str, edits: Mapping[str, str], skipped: Sequence[str]) -> str:
        """Carry a plan out in the background. Returns the id of the job that does it.

        ``edits``: other folder names by group id; ``skipped``: ids of groups to leave out. Raises
        NotFound for an unknown plan, Conflict for one that is not ready or was confirmed before,
        InvalidRequest for an unknown group or an empty name, AccessDenied if a folder is no longer
        in the library.
        """
        stored = self._get_ready(job_id)
        groups = stored.plan[GROUPS]
        _require_known(groups, (*edits, *skipped))
        names = _folder_names(groups, edits)
        self._require_access(stored)
        operation_id, move_job_id = new_id(), new_job_id()
        with self._db.write() as conn:
            if not organise_plans.begin(conn, job_id, operation_id, move_job_id):
                raise Conflict("This plan was confirmed before.")

        def work(progress: Progress) -> dict[str, Any]:
            return self._carry_out(progress, stored, operation_id, names, set(skipped))

        try:
            self._jobs.start(CARRY_OUT, work, job_id=move_job_id)
        except IIBError:
            with self._db.write() as conn:
                organise_plans.set_state(conn, job_id, organise_plans.READY, operation_id="")
            raise
        return move_job_id

    def cancel(self, job_id: str) -> bool:
        """Cancel a running plan, between two files, or drop a ready one. Returns whether there was
        one.
        """
        stored = self.find(job_id)
        if stored is None:
            job = self._jobs.get(job_id)
            return job.kind == PLAN and job.is_running and self._jobs.cancel(job_id) is not None
        if stored.state == organise_plans.MOVING:
            return self._is_alive(stored) and self._jobs.cancel(stored.move_job_id) is not None
        if stored.state == organise_plans.READY:
            with self._db.write() as conn:
                organise_plans.set_state(conn, job_id, organise_plans.CANCELLED)
            return True
        return False

    def recover(self) -> None:
        """After a crash: set each MOVING plan of a dead process to the state that the journal
        shows.
        """
        with self._db.read() as conn:
            interrupted = [
                stored for stored in organise_plans.list_moving(conn) if not self._is_alive(stored)
            ]
        for stored in interrupted:
            operation = self._operations.find(stored.operation_id)
            with self._db.write() as conn:
                if operation is None or operation.state == journal.FAILED:
                    organise_plans.set_state(
                        conn, stored.job_id, organise_plans.READY, operation_id=""
                    )
                elif operation.state != journal.RUNNING:
                    result = {
                        "moved_count": operation.count,
                        "created_folders": [],
                        "errors": [],
                        "operation_id": operation.id,
                    }
                    organise_plans.set_state(
                        conn, stored.job_id, organise_plans.DONE, result=result
                    )

    def _is_alive(self, stored: StoredPlan) -> bool:
        try:
            return bool(stored.move_job_id) and self._jobs.get(stored.move_job_id).is_running
        except NotFound:
            return False

    def _get_ready(self, job_id: str) -> StoredPlan:
        stored = self.find(job_id)
        if stored is None:
            job = self._jobs.get(job_id)
            if job.kind == PLAN and job.is_running:
                raise Conflict("This plan is not ready yet: wait for its preview.")
            raise NotFound("This plan is no longer there: start again.")
        if stored.state == organise_plans.CANCELLED:
            raise Conflict("This plan was cancelled: start again.")
        if stored.state != organise_plans.READY:
            raise Conflict("This plan was confirmed before.")
        if stored.expires_time < time.time():
            raise Conflict("This plan is more than a day old: start again.")
        return stored

    def _require_access(self, stored: StoredPlan) -> None:
        """Raise AccessDenied if a folder of the plan is no longer in the library."""
        files = (file for group in stored.plan[GROUPS] for file in group["files"])
        for folder in (stored.plan["dest"], *{os.path.dirname(file["src"]) for file in files}):
            self._access.resolve(folder)

    def _group_by_topic(self, progress: Progress, options: OrganiseOptions) -> tuple[Grouping, str]:
        progress.limit(0.95)
        found = self._topics.find(progress, options.topics)
        progress.limit(1.0)
        groups = grouping.by_topic(
            found["clusters"], found["noise"], options.folder_naming, options.max_chars
        )
        return groups, str(found["message"])

    def _group_by_rule(self, options: OrganiseOptions, pattern: FolderPattern) -> Grouping:
        indexed = self._embeddings.find_indexed(options.topics.scope)
        with self._db.read() as conn:
            facts = organise_plans.list_facts(conn, indexed.folders)
        return grouping.by_rule(
            [each for each in facts if indexed.holds(each.path)], options.by, pattern
        )

    def _carry_out(
        self,
        progress: Progress,
        stored: StoredPlan,
        operation_id: str,
        names: Mapping[str, Sequence[str]],
        skipped: set[str],
    ) -> dict[str, Any]:
        plan = stored.plan
        try:
            progress.begin("checking", 0.0, 0.05)
            moves, expected, folders = organise_plan.choose_moves(plan, names, skipped)
            progress.begin("moving", 0.05, 1.0)
            result = self._operations.move_pairs(
                OperationSpec(
                    "organise",
                    paths.from_text(plan["dest"]),
                    OnFailure.KEEP,
                    operation_id=operation_id,
                ),
                moves,
                on_conflict="rename",
                progress=progress,
                is_move=plan["action"] == "move",
                expected=expected,
            )
        except BaseException:
            # The plan is not lost: either nothing was changed, or the journal decides at the next
            # start.
            self._reopen(stored)
            raise
        answer = {
            "moved_count": len(result.done),
            "created_folders": [
                paths.to_text(folder) for folder in folders if os.path.isdir(folder)
            ],
            "errors": [
                {"path": paths.to_text(failure.path), "error": str(failure.error)}
                for failure in result.errors
            ],
            "operation_id": result.operation_id or "",
        }
        with self._db.write() as conn:
            organise_plans.set_state(conn, stored.job_id, organise_plans.DONE, result=answer)
        progress.check()
        return answer

    def _reopen(self, stored: StoredPlan) -> None:
        """Let the plan be confirmed again if its operation changed nothing."""
        current = self.find(stored.job_id)
        operation = self._operations.find(current.operation_id) if current else None
        if operation is None or operation.state == journal.FAILED:
            with self._db.write() as conn:
                organise_plans.set_state(conn, stored.job_id, organise_plans.READY, operation_id="")


def _require_known(groups: Iterable[Mapping[str, Any]], ids: Iterable[str]) -> None:
    known = {group["id"] for group in groups}
    unknown = next((group_id for group_id in ids if group_id not in known), None)
    if unknown is not None:
        raise InvalidRequest(f"There is no cluster '{unknown[:40]}' in this plan.")


def _folder_names(
    groups: Iterable[Mapping[str, Any]], edits: Mapping[str, str]
) -> dict[str, list[str]]:
    """The edited names as nested folders, by group id.

    A name is split at slashes only if nested folders were planned. Raises InvalidRequest for one
    that is empty once it is cleaned.
    """
    nested = {group["id"] for group in groups if len(group["folder"]) > 1}
    names: dict[str, list[str]] = {}
    for group_id, name in edits.items():
        parts = re.split(r"[/\\]", name)[:MAX_PARTS] if group_id in nested else [name]
        names[group_id] = [foldernames.clean(part) for part in parts]
        if not all(names[group_id]):
            raise InvalidRequest(f"The name for cluster '{group_id[:40]}' is no valid folder name.")
    return names
