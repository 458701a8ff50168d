"""Bodies and answers of the routes that sort files into folders. Plain fields, for pydantic 1 and 2."""

from __future__ import annotations

from typing import Optional

from pydantic import BaseModel, Field

from iib_core.cluster.foldernames import MAX_CHARS
from iib_core.routes.job_models import JobState
from iib_core.routes.models import MAX_CHANGED, MAX_FOLDERS, at_most
from iib_core.routes.operation_models import Problem
from iib_core.routes.selection import Selection


class OrganiseRequest(Selection):
    """Folders, files, or both, and how to sort.

    ``by`` theme groups by what prompts mean; else ``pattern`` gives each file's folder, such as
    ``{date:%Y-%m}/{model}``.
    """

    folder_paths: Optional[list[str]] = at_most(MAX_FOLDERS, None)
    file_paths: Optional[list[str]] = at_most(
        MAX_CHANGED, None, "these files, beside those of the folders; or what a query finds"
    )
    dest_folder: Optional[str] = Field(None, description="the first of the folders unless given")
    by: str = Field("theme", description="theme, date, model, source, tag or rating")
    pattern: str = Field(
        "",
        description=(
            "of date, model, source, sampler, size, media, tag, rating; each rule has its own unless given"
        ),
    )
    threshold: float = 0.90
    min_cluster_size: int = 2
    assign_noise_threshold: Optional[float] = None
    model: Optional[str] = None
    title_model: Optional[str] = None
    lang: str = "en"
    recursive: bool = False
    folder_naming: str = Field("title", description="title, keywords or id")
    max_folder_name_length: int = Field(MAX_CHARS, description="in characters, at most 200")
    action: str = Field("move", description="move or copy")
    handle_noise: str = Field(
        "unsorted",
        description=(
            "unsorted: into a folder of their own; leave: shown and left where they are; skip: left out"
        ),
    )
    noise_folder_name: str = "Unsorted"


class FolderEdit(BaseModel):
    """Another name for the folder of a cluster; what no system can store in a name is left out of it."""

    cluster_id: str
    new_folder_name: str


class ConfirmRequest(BaseModel):
    """The plan to carry out, with changes."""

    job_id: str
    folder_edits: Optional[list[FolderEdit]] = at_most(MAX_CHANGED, None)
    skip_cluster_ids: Optional[list[str]] = at_most(MAX_CHANGED, None)


class Confirmed(BaseModel):
    """The plan that is carried out."""

    ok: bool
    job_id: str


class Mapping(BaseModel):
    """Where a file goes. ``renamed``: under another name, because its own is taken there."""

    src_path: str
    dest_path: str
    dest_folder_name: str
    cluster_id: str
    is_noise: bool
    renamed: bool


class OrganiseCluster(BaseModel):
    """Files that go into one folder."""

    cluster_id: str
    suggested_folder_name: str
    title: str
    keywords: list[str]
    size: int
    file_mappings: list[Mapping]


class Preview(BaseModel):
    """The whole plan.

    ``in_place``: files that are where they belong; ``collisions``: those that get another name;
    ``problems``: those that cannot go.

    ``bytes_needed``: space for copies, ``bytes_free``: what there was; ``expires_time``: until when
    it can be confirmed, in epoch seconds.
    """

    job_id: str
    dest_folder: str
    action: str
    by: str
    total_files: int
    in_place: int
    clusters: list[OrganiseCluster]
    noise: Optional[OrganiseCluster]
    all_mappings: list[Mapping]
    collisions: list[Mapping]
    problems: list[Problem]
    bytes_needed: int
    bytes_free: int
    message: str
    expires_time: float


class OrganiseResult(BaseModel):
    """What was moved or copied; ``operation_id`` takes all of it back."""

    moved_count: int
    created_folders: list[str]
    errors: list[Problem]
    operation_id: str


class OrganiseState(JobState):
    """How far it is: running, preview_ready, moving, completed, failed or cancelled."""

    preview: Optional[Preview]
    result: Optional[OrganiseResult]
