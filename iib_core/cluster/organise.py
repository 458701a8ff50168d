"""Organise: a plan that sorts files into folders, looked at, confirmed, carried out as one
operation that can be undone.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from iib_core import paths
from iib_core.access import Access
from iib_core.ai.embeddings import Embeddings
from iib_core.cluster import foldernames, rules, sorting
from iib_core.cluster.sorting import NOISE_ID, Heap, Heaps
from iib_core.cluster.topics import Topics, Wanted
from iib_core.db import images, organising
from iib_core.db import operations as journal
from iib_core.db.engine import Database
from iib_core.db.organising import StoredPlan
from iib_core.errors import Conflict, IIBError, InvalidRequest, NotFound
from iib_core.files.operations import Operations
from iib_core.files.plan import COPY, MOVE
from iib_core.files.spec import OnFailure, OperationSpec, new_id
from iib_core.files.trash_paths import nearest_folder
from iib_core.jobs import Jobs, Progress, new_job_id

logger = logging.getLogger(__name__)

PLAN, CARRY_OUT = "organize", "organize_move"
THEME = "theme"
BY = (THEME, "date", "model", "source", "tag", "rating")
ACTIONS = ("move", "copy")
HANDLE_NOISE = ("skip", "unsorted", "leave")


@dataclass(frozen=True)
class Request:
    """How to sort.

    ``topics`` has the folders, and how topics are found where it is by theme; ``dest`` is a
    resolved folder, which need not exist.
    """

    topics: Wanted
    dest: str
    by: str = THEME
    pattern: str = ""
    folder_naming: str = "title"
    action: str = "move"
    handle_noise: str = "unsorted"
    noise_folder_name: str = "Unsorted"
    max_chars: int = foldernames.MAX_CHARS

    def check(self) -> rules.Pattern | None:
        """The folder pattern where it is by a rule. Raises InvalidRequest for what means nothing."""
        choices = (
            ("by", self.by, BY),
            ("folder_naming", self.folder_naming, sorting.NAMINGS),
            ("action", self.action, ACTIONS),
            ("handle_noise", self.handle_noise, HANDLE_NOISE),
        )
        for name, value, allowed in choices:
            if value not in allowed:
                raise InvalidRequest(f"{name}: use one of {', '.join(allowed)}.")
        if not 1 <= self.max_chars <= 200:
            raise InvalidRequest("max_folder_name_length: give a number from 1 to 200.")
        if not foldernames.clean(self.noise_folder_name, self.max_chars):
            raise InvalidRequest("noise_folder_name: give a name that a folder can have.")
        self.topics.check()
        return (
            None
            if self.by == THEME
            else rules.Pattern(self.pattern or rules.DEFAULTS[self.by], self.max_chars)
        )


@dataclass
class _Draft:
    """A plan as it is stored: each heap with its folder, and each file with its place, size and time.

    Paths in the form of ``paths.to_text``.
    """

    heaps: list[dict[str, Any]] = field(default_factory=list)
    problems: list[dict[str, str]] = field(default_factory=list)
    in_place: int = 0
    bytes_needed: int = 0


class Organiser:
    """Plans and carries out, for one library. Plans outlive the process."""

    def __init__(
        self,
        db: Database,
        access: Access,
        jobs: Jobs,
        changes: Operations,
        topics: Topics,
        embeddings: Embeddings,
    ) -> None:
        self._db = db
        self._access = access
        self._jobs = jobs
        self._operations = changes
        self._topics = topics
        self._embeddings = embeddings

    def join(self, request: Request, folders: Sequence[str], *, recursive: bool) -> Request:
        """The request about its files together with those of resolved folders, as the index knows them."""
        tops = {paths.to_text(folder) for folder in folders}
        with self._db.read() as conn:
            known = {file.path for top in tops for file in images.load_known(conn, top) if not file.missing}
        files = (request.topics.only or frozenset()) | {
            path for path in known if recursive or os.path.dirname(path) in tops
        }
        around = tuple(sorted({paths.from_text(os.path.dirname(path)) for path in files}))
        return replace(request, topics=replace(request.topics, only=files, tops=around, recursive=False))

    def plan(self, progress: Progress, request: Request) -> dict[str, Any]:
        """The work of a job: sort, look at the disk, and store the plan under the job's id."""
        pattern = request.check()
        message = ""
        if pattern is None:
            heaps, message = self._sort_by_topic(progress, request)
        else:
            scope = self._embeddings.scope(request.topics.tops, recursive=request.topics.recursive)
            with self._db.read() as conn:
                facts = organising.list_facts(conn, scope)
            only = request.topics.only
            heaps = sorting.by_rule(
                [each for each in facts if only is None or each.path in only], request.by, pattern
            )
        progress.begin("planning", 0.95, 1.0)
        with progress.waiting("the disk, where each file is looked at"):
            draft = self._draft(request, sorting.reuse_folders(heaps, _Spellings(request.dest).find))
        plan = {
            "dest": paths.to_text(request.dest),
            "action": request.action,
            "by": request.by,
            "heaps": draft.heaps,
            "problems": draft.problems,
            "in_place": draft.in_place,
            "bytes_needed": draft.bytes_needed,
            "bytes_free": _free_bytes(request.dest),
            "message": message,
        }
        progress.check()
        with self._db.write() as conn:
            organising.save(conn, progress.job_id, plan)
        return {"total_files": sum(len(heap["files"]) for heap in draft.heaps)}

    def find(self, job_id: str) -> StoredPlan | None:
        """The plan of a job, as long as it can be confirmed or was."""
        with self._db.read() as conn:
            return organising.find(conn, job_id)

    def confirm(self, job_id: str, edits: Mapping[str, str], skipped: Sequence[str]) -> str:
        """Carry a plan out in the background. Returns the job that does.

        Raises NotFound for an unknown plan, Conflict for one that is not ready or was confirmed
        before, InvalidRequest for an unknown heap or a name of which nothing is left, AccessDenied
        where the folders are none of the library's any more.
        """
        stored = self._get_ready(job_id)
        known = {heap["id"] for heap in stored.plan["heaps"]}
        unknown = [name for name in (*edits, *skipped) if name not in known]
        if unknown:
            raise InvalidRequest(f"There is no cluster '{unknown[0][:40]}' in this plan.")
        nested = {heap["id"] for heap in stored.plan["heaps"] if len(heap["folder"]) > 1}
        names = {heap_id: _clean(name, is_nested=heap_id in nested) for heap_id, name in edits.items()}
        empty = next((heap_id for heap_id, parts in names.items() if not all(parts)), None)
        if empty is not None:
            raise InvalidRequest(f"The name for cluster '{empty[:40]}' is none that a folder can have.")
        self._require_access(stored)
        operation_id, move_job_id = new_id(), new_job_id()
        with self._db.write() as conn:
            if not organising.begin(conn, job_id, operation_id, move_job_id):
                raise Conflict("This plan was confirmed before.")

        def work(progress: Progress) -> dict[str, Any]:
            return self._carry_out(progress, stored, operation_id, names, set(skipped))

        try:
            self._jobs.start(CARRY_OUT, work, job_id=move_job_id)
        except IIBError:
            with self._db.write() as conn:
                organising.set_state(conn, job_id, organising.READY, operation_id="")
            raise
        return move_job_id

    def cancel(self, job_id: str) -> bool:
        """End what is under way, between two files, or drop a plan that is ready; whether there was anything."""
        stored = self.find(job_id)
        if stored is None:
            job = self._jobs.get(job_id)
            return job.kind == PLAN and job.is_running and self._jobs.cancel(job_id) is not None
        if stored.state == organising.MOVING:
            return self._is_alive(stored) and self._jobs.cancel(stored.move_job_id) is not None
        if stored.state == organising.READY:
            with self._db.write() as conn:
                organising.set_state(conn, job_id, organising.CANCELLED)
            return True
        return False

    def recover(self) -> None:
        """Tell of plans that a process which is gone was carrying out how they ended, as the journal tells."""
        with self._db.read() as conn:
            left = [stored for stored in organising.list_moving(conn) if not self._is_alive(stored)]
        for stored in left:
            operation = self._operations.find(stored.operation_id)
            with self._db.write() as conn:
                if operation is None or operation.state == journal.FAILED:
                    organising.set_state(conn, stored.job_id, organising.READY, operation_id="")
                elif operation.state != journal.RUNNING:
                    result = {
                        "moved_count": operation.count,
                        "created_folders": [],
                        "errors": [],
                        "operation_id": operation.id,
                    }
                    organising.set_state(conn, stored.job_id, organising.DONE, result=result)

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
        if stored.state != organising.READY:
            raise Conflict(
                "This plan was cancelled: start again."
                if stored.state == organising.CANCELLED
                else "This plan was confirmed before."
            )
        if stored.expires_time < time.time():
            raise Conflict("This plan is more than a day old: start again.")
        return stored

    def _require_access(self, stored: StoredPlan) -> None:
        """Roots may have changed since, and links too."""
        folders = {os.path.dirname(file["src"]) for heap in stored.plan["heaps"] for file in heap["files"]}
        for folder in (stored.plan["dest"], *folders):
            self._access.resolve(folder)

    def _sort_by_topic(self, progress: Progress, request: Request) -> tuple[Heaps, str]:
        progress.limit(0.95)
        found = self._topics.find(progress, request.topics)
        progress.limit(1.0)
        return sorting.by_topic(
            found["clusters"], found["noise"], request.folder_naming, request.max_chars
        ), str(found["message"])

    def _draft(self, request: Request, heaps: Heaps) -> _Draft:
        """The places of all files. Looks at the disk, changes nothing."""
        draft = _Draft()
        listed = list(heaps.heaps)
        if heaps.rest and request.handle_noise == "unsorted":
            listed.append(
                Heap(
                    NOISE_ID,
                    (foldernames.clean(request.noise_folder_name, request.max_chars),),
                    request.noise_folder_name,
                    heaps.rest,
                )
            )
        wanted: list[tuple[str, str]] = []
        for heap in listed:
            folder = os.path.join(request.dest, *map(paths.from_text, heap.folder))
            sources = [paths.from_text(path) for path in heap.files]
            going = [source for source in sources if os.path.dirname(source) != folder]
            draft.in_place += len(sources) - len(going)
            wanted += [(source, folder) for source in going]
        planned = self._operations.plan_pairs(wanted, on_conflict="rename", is_move=request.action == "move")
        targets = {moved.source: moved.target for group in planned.groups.values() for moved in group}
        facts = {
            step.source: (step.size_bytes, step.mtime_ns)
            for step in planned.steps
            if step.kind in (MOVE, COPY)
        }
        draft.problems = [
            {"path": paths.to_text(failure.path), "error": str(failure.error)} for failure in planned.problems
        ]
        draft.bytes_needed = sum(
            step.size_bytes for step in planned.steps if step.kind == COPY
        ) + _bytes_across(planned.steps, request.dest)
        for heap in listed:
            files = [
                {
                    "src": path,
                    "dest": paths.to_text(targets[source]),
                    "size": facts[source][0],
                    "mtime_ns": facts[source][1],
                }
                for path in heap.files
                if (source := paths.from_text(path)) in targets
            ]
            if files:
                own = {
                    "id": heap.id,
                    "folder": list(heap.folder),
                    "title": heap.title,
                    "keywords": list(heap.keywords),
                    "files": files,
                }
                draft.heaps.append(own)
        if request.handle_noise == "leave" and heaps.rest:
            draft.heaps.append(
                {
                    "id": NOISE_ID,
                    "folder": [],
                    "title": "",
                    "keywords": [],
                    "files": [{"src": path, "dest": path} for path in heaps.rest],
                    "stays": True,
                }
            )
        return draft

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
            moves, expected, folders = _choose(plan, names, skipped)
            progress.begin("moving", 0.05, 1.0)
            result = self._operations.move_pairs(
                OperationSpec(
                    "organise", paths.from_text(plan["dest"]), OnFailure.KEEP, operation_id=operation_id
                ),
                moves,
                on_conflict="rename",
                progress=progress,
                is_move=plan["action"] == "move",
                expected=expected,
            )
        # whatever it was, the plan is not lost: nothing was changed, or the journal tells at the
        # next start
        except BaseException:
            self._reopen(stored)
            raise
        answer = {
            "moved_count": len(result.done),
            "created_folders": [paths.to_text(folder) for folder in folders if os.path.isdir(folder)],
            "errors": [
                {"path": paths.to_text(failure.path), "error": str(failure.error)}
                for failure in result.errors
            ],
            "operation_id": result.operation_id or "",
        }
        with self._db.write() as conn:
            organising.set_state(conn, stored.job_id, organising.DONE, result=answer)
        progress.check()
        return answer

    def _reopen(self, stored: StoredPlan) -> None:
        current = self.find(stored.job_id)
        operation = self._operations.find(current.operation_id) if current else None
        if operation is None or operation.state == journal.FAILED:
            with self._db.write() as conn:
                organising.set_state(conn, stored.job_id, organising.READY, operation_id="")


class _Spellings:
    """Names of the folders right below a destination, found without regard to case."""

    def __init__(self, dest: str) -> None:
        try:
            with os.scandir(dest) as entries:
                found = [(paths.to_text(entry.name), entry.is_dir()) for entry in entries]
        except OSError:
            found = []
        self._folders = {
            foldernames.key(name): name for name, is_folder in sorted(found, reverse=True) if is_folder
        }
        self._files = {foldernames.key(name) for name, is_folder in found if not is_folder}

    def find(self, name: str) -> str:
        """The folder's own spelling where it is there; a name with a number where a file has that name."""
        number, tried = 1, name
        while foldernames.key(tried) in self._files:
            tried = f"{name} ({number})"
            number += 1
        return self._folders.get(foldernames.key(tried), tried)


def _clean(name: str, *, is_nested: bool) -> list[str]:
    """A name as folders that can be made; of several, one in the other, only where that is what was planned."""
    parts = re.split(r"[/\\]", name)[: rules.MAX_PARTS] if is_nested else [name]
    return [foldernames.clean(part) for part in parts]


def _choose(
    plan: Mapping[str, Any], names: Mapping[str, Sequence[str]], skipped: set[str]
) -> tuple[list[tuple[str, str]], dict[str, tuple[int, int]], list[str]]:
    """(file, folder) of what is to go, size and time of each file as it was, and the folders that
    are to be made.
    """
    dest = paths.from_text(plan["dest"])
    spell = _Spellings(dest).find
    moves: list[tuple[str, str]] = []
    expected: dict[str, tuple[int, int]] = {}
    for heap in plan["heaps"]:
        if heap["id"] in skipped or heap.get("stays"):
            continue
        parts = names.get(heap["id"], heap["folder"])
        if parts != heap["folder"]:
            parts = [spell(parts[0]), *parts[1:]]
        folder = os.path.join(dest, *map(paths.from_text, parts))
        for file in heap["files"]:
            source = paths.from_text(file["src"])
            if source.rpartition(os.sep)[0] != folder:
                moves.append((source, folder))
                expected[source] = file["size"], file["mtime_ns"]
    return (
        moves,
        expected,
        sorted(folder for folder in {folder for _, folder in moves} if not os.path.isdir(folder)),
    )


def _bytes_across(steps: Iterable[Any], dest: str) -> int:
    """What moves to another disk need there."""
    try:
        device = os.stat(nearest_folder(dest)).st_dev
    except OSError:
        return 0
    devices: dict[str, int] = {}
    needed = 0
    for step in steps:
        if step.kind != MOVE:
            continue
        folder = os.path.dirname(step.source)
        if folder not in devices:
            devices[folder] = _device_of(folder)
        needed += step.size_bytes if devices[folder] != device else 0
    return needed


def _device_of(folder: str) -> int:
    try:
        return os.stat(folder).st_dev
    except OSError:
        return 0


def _free_bytes(dest: str) -> int:
    try:
        return shutil.disk_usage(nearest_folder(dest)).free
    except OSError:
        return 0
