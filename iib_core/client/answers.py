"""Answers of the API as types. A field that a newer server adds is there too, though no type names
it.
"""

from __future__ import annotations

from typing import Any, TypedDict


class FileInfo(TypedDict):
    """A file or folder. Times are epoch seconds; ``id`` is that of the index, None for what is not
    in it.
    """

    type: str
    date: float
    created_time: float
    size: str
    bytes: int
    name: str
    fullpath: str
    is_under_scanned_path: bool
    id: int | None


class Cursor(TypedDict):
    """Where a page ended: send ``next`` for the one behind."""

    has_next: bool
    next: str


class SearchPage(TypedDict):
    """A page of files. ``total`` is there where it was asked for."""

    files: list[FileInfo]
    cursor: Cursor


class Scored(TypedDict):
    """A file, and how near its prompt is."""

    id: int
    path: str
    score: float
    sample_prompt: str


class MeaningPage(TypedDict):
    """A page of files, nearest first, in two forms. ``complete`` False: a job still reads prompts."""

    results: list[Scored]
    files: list[FileInfo]
    cursor: Cursor
    count: int
    model: str
    complete: bool
    job_id: str


class Files(TypedDict):
    """The entries of a folder."""

    files: list[FileInfo]


class Lora(TypedDict):
    """A LoRA and its weight."""

    name: str
    weight: float | None


class GenerationInfo(TypedDict):
    """How a file was generated. None or "" is what the file does not state."""

    prompt: str
    negative_prompt: str
    infotext: str
    source: str | None
    steps: int | None
    sampler: str | None
    scheduler: str | None
    cfg_scale: float | None
    seed: int | None
    width: int | None
    height: int | None
    model: str | None
    model_hash: str | None
    vae: str | None
    models: list[str]
    loras: list[Lora]
    parameters: dict[str, str]
    workflow: Any
    found_in: str
    error: str


class Problem(TypedDict):
    """A path that could not be done, and why."""

    path: str
    error: str


class FileProblem(Problem):
    """With the name of the failure for a program."""

    code: str


class GenerationInfos(TypedDict):
    """By path; what failed is listed apart."""

    infos: dict[str, GenerationInfo]
    errors: list[Problem]


class Tag(TypedDict):
    """A tag; ``type`` is custom or auto."""

    id: int
    name: str
    type: str
    color: str
    category: str
    count: int


class Tags(TypedDict):
    """Tags, most used first."""

    tags: list[Tag]


class AlbumName(TypedDict):
    """An album in short."""

    id: int
    name: str


class FileMarks(TypedDict):
    """What the user put onto a file; ``rating`` 0 is none."""

    tags: list[Tag]
    rating: int
    albums: list[AlbumName]


class Marks(TypedDict):
    """By path."""

    marks: dict[str, FileMarks]


class Changed(TypedDict, total=False):
    """Only after a call with ``undoable``: what ``undo_marks`` takes, and how many marks changed."""

    change_id: str
    changed: int


class MarksUndone(TypedDict):
    """How many marks of files were changed."""

    updated: int


class MergedTag(Tag, Changed):
    """The tag that took the place of others."""


class Updated(Changed):
    """How many files are so now, and which could not be done."""

    updated: int
    errors: list[Problem]


class Album(TypedDict):
    """An album."""

    id: int
    name: str
    count: int
    cover: str
    created_time: float


class Albums(TypedDict):
    """By name."""

    albums: list[Album]


class Done(TypedDict):
    """That it was done."""

    success: bool


class NameDeleted(Done, Changed):
    """A tag or an album is gone."""


class Move(TypedDict):
    """Where a file was, and where it is."""

    src_path: str
    dest_path: str


class Moved(TypedDict):
    """What was moved, or with ``dry_run`` would be."""

    dry_run: bool
    moved: list[Move]
    errors: list[FileProblem]
    skipped: list[str]
    replaced: list[str]
    operation_id: str | None


class Copied(TypedDict):
    """What was copied, or with ``dry_run`` would be."""

    dry_run: bool
    copied: list[Move]
    errors: list[FileProblem]
    skipped: list[str]
    replaced: list[str]
    operation_id: str | None


class Deleted(TypedDict):
    """What was deleted. ``ok``: all that was asked for."""

    ok: bool
    deleted: list[str]
    errors: list[FileProblem]
    operation_id: str | None


class Renamed(TypedDict):
    """The path after the renaming."""

    new_path: str
    operation_id: str | None


class FolderMade(TypedDict):
    """The folder, which is there now."""

    success: bool
    path: str
    operation_id: str | None


class UploadedFile(TypedDict):
    """A file by the name that it was sent under, and where it is now."""

    name: str
    path: str


class UploadProblem(TypedDict):
    """A file that was not taken, and why."""

    name: str
    error: str
    code: str


class Uploaded(TypedDict):
    """What became of each file."""

    uploaded: list[UploadedFile]
    skipped: list[str]
    errors: list[UploadProblem]
    operation_id: str | None


class Operation(TypedDict):
    """A change of files; ``state`` is running, done, failed, undone, emptying or emptied."""

    id: str
    kind: str
    time: float
    state: str
    count: int
    undoable: bool
    summary: str
    message: str
    user: str
    machine: str


class OperationList(TypedDict):
    """Newest first."""

    operations: list[Operation]


class Undone(TypedDict):
    """What is back where it was."""

    restored: list[Move]
    operation_id: str | None


class AddedRoot(TypedDict):
    """A folder that was added to the library."""

    path: str
    types: list[str]
    alias: str
    online: bool
    added_time: float


class Root(TypedDict):
    """A folder of the library; ``not_made``: the WebUI has yet to make it; ``fixed``: it is one of the
    settings; ``shared_as``: its name for all servers.
    """

    path: str
    name: str
    type: str
    online: bool
    not_made: bool
    fixed: bool
    shared_as: str


class Settings(TypedDict):
    """What a client needs to know of the server."""

    version: str
    roots: list[Root]
    is_readonly: bool
    delete_mode: str
    enable_access_control: bool


class BasicInfo(TypedDict):
    """The library in short."""

    img_count: int
    tags: list[Tag]
    tags_truncated: bool
    expired: bool
    expired_dirs: list[str]


class Version(TypedDict):
    """The running version."""

    version: str
    tag: str
    hash: str


class Started(TypedDict):
    """The job that does the work."""

    job_id: str


class JobState(TypedDict):
    """How far a job is: ``status``, ``progress`` from 0 to 1, ``total`` 0 where it is not known."""

    job_id: str
    status: str
    progress: float
    stage: str
    done: int
    total: int
    message: str
    error: str
    created_time: float
    updated_time: float


class Job(JobState):
    """A job of any kind with its result."""

    kind: str
    result: Any


class Outcome(TypedDict):
    """What an update of the index did, in files."""

    added: int
    updated: int
    moved: int
    missing: int
    removed: int
    skipped: int
    errors: int
    seconds: float


class IndexStatus(TypedDict):
    """How far the index is."""

    running: bool
    job_id: str
    stage: str
    done: int
    total: int
    message: str
    rate: float
    seconds_left: float | None
    errors: dict[str, int]
    problems: list[Problem]
    watched: list[str]
    polled: list[str]
    last: Outcome | None


class Cancelled(TypedDict):
    """Whether there was something to end."""

    cancelled: bool


class Topic(TypedDict):
    """Files with prompts alike."""

    id: str
    title: str
    title_source: str
    size: int
    keywords: list[str]
    sample_prompt: str
    score: float
    paths: list[str]


class Topics(TypedDict):
    """Topics, largest first, and the files in none."""

    folder: str
    folders: list[str]
    model: str
    count: int
    clusters: list[Topic]
    noise: list[str]
    failed: int
    message: str


class TopicsState(JobState):
    """How far the search for topics is."""

    result: Topics | None


class Mapping(TypedDict):
    """Where organising brings a file."""

    src_path: str
    dest_path: str
    dest_folder_name: str
    cluster_id: str
    is_noise: bool
    renamed: bool


class OrganiseGroup(TypedDict):
    """Files that go into one folder."""

    cluster_id: str
    suggested_folder_name: str
    title: str
    keywords: list[str]
    size: int
    file_mappings: list[Mapping]


class OrganisePreview(TypedDict):
    """What organising would do."""

    job_id: str
    dest_folder: str
    action: str
    by: str
    total_files: int
    in_place: int
    clusters: list[OrganiseGroup]
    noise: OrganiseGroup | None
    all_mappings: list[Mapping]
    collisions: list[Mapping]
    problems: list[Problem]
    bytes_needed: int
    bytes_free: int
    message: str
    expires_time: float


class OrganiseResult(TypedDict):
    """What organising did."""

    moved_count: int
    created_folders: list[str]
    errors: list[Problem]
    operation_id: str


class OrganiseState(JobState):
    """How far organising is: running, preview_ready, moving, completed, failed or cancelled."""

    preview: OrganisePreview | None
    result: OrganiseResult | None


class Confirmed(TypedDict):
    """The plan that is carried out."""

    ok: bool
    job_id: str


class DuplicateFile(TypedDict):
    """A file of a group; ``kind`` is keeper, or how it is a duplicate of that: exact, same or near."""

    id: int
    path: str
    kind: str
    distance: int | None
    same_file_as: str
    type: str
    bytes: int
    width: int
    height: int
    date: float
    metadata_fields: int
    rating: int
    tags: list[str]
    albums: list[str]


class DuplicateGroup(TypedDict):
    """Duplicates, the suggested keeper first; ``differs`` names what is not the same in all."""

    kind: str
    keeper: str
    differs: list[str]
    bytes_to_free: int
    files: list[DuplicateFile]


class DuplicatesPage(TypedDict):
    """A page of groups. ``count``: groups in all; ``files``, ``bytes_to_free``: of all victims;
    ``first``: the cursor of the first page.
    """

    groups: list[DuplicateGroup]
    cursor: Cursor
    first: str
    count: int
    kinds: dict[str, int]
    files: int
    bytes_to_free: int
    failed: int
    complete: bool


class GroupIds(TypedDict):
    """The number of each group, in their order."""

    group_ids: list[int]


class NotDuplicates(TypedDict):
    """Files that are no duplicates of each other."""

    group_id: int
    paths: list[str]


class NotDuplicatesList(TypedDict):
    """Newest first."""

    groups: list[NotDuplicates]


class Removed(TypedDict):
    """Whether it was removed."""

    removed: bool


class LookStatus(TypedDict):
    """How many files have been looked at."""

    done: int
    total: int
    working: bool
    rate: float
    seconds_left: float | None


class VisionFile(TypedDict):
    """A file of a model: where it belongs, and whether it is there."""

    name: str
    path: str
    size_bytes: int
    sha256: str
    address: str
    there: bool


class VisionModel(TypedDict):
    """A model that sees; ``state`` is ready, missing, partial or damaged."""

    name: str
    title: str
    languages: str
    licence: str
    dimensions: int
    state: str
    reason: str
    size_bytes: int
    received_bytes: int
    own: bool
    used: bool
    files: list[VisionFile]


class VisionDownload(TypedDict):
    """The download that was started last, in bytes."""

    job_id: str
    name: str
    status: str
    done: int
    total: int
    rate: float
    seconds_left: float | None
    error: str


class VisionStatus(TypedDict):
    """``state`` is not_installed, no_model, failed, paused, working, waiting or done."""

    installed: bool
    state: str
    reason: str
    model: str
    done: int
    total: int
    rate: float
    seconds_left: float | None
    waits_for: str
    provider: str
    models: list[VisionModel]
    download: VisionDownload | None


class Judge(TypedDict):
    """A judge; ``state`` is off, working, waiting, done or failed."""

    name: str
    on: bool
    state: str
    reason: str
    done: int
    total: int
    rate: float
    seconds_left: float | None


class Judges(TypedDict):
    """All judges."""

    judges: list[Judge]


class MachineTag(TypedDict):
    """A tag that a judge gave, and how sure it is, from 0 to 1."""

    name: str
    category: str
    confidence: float


class Judgement(TypedDict):
    """What judges think of a file; a score is None where none has judged it."""

    path: str
    aesthetic: float | None
    nsfw: float | None
    tags: list[MachineTag]
