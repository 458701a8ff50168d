"""Models of the routes that sort files into folders."""

from __future__ import annotations

from typing import Optional

from pydantic import BaseModel, Field

from iib_core.cluster.foldernames import MAX_CHARS
from iib_core.routes.shared.jobs import JobState
from iib_core.routes.shared.models import MAX_CHANGED, MAX_FOLDERS, Problem, at_most
from iib_core.routes.shared.searches import TZ
from iib_core.routes.shared.selection import Selection


class OrganiseRequest(Selection):
    """Folders, files, or both, and how to sort them.

    ``by`` theme groups files by the meaning of their prompts; otherwise ``pattern`` gives the
    folder of each file, such as ``{date:%Y-%m}/{model}``.
    """

    folder_paths: Optional[list[str]] = at_most(MAX_FOLDERS, None)
    file_paths: Optional[list[str]] = at_most(
        MAX_CHANGED, None, "files to sort beside those of the folders; a query can take their place"
    )
    dest_folder: Optional[str] = Field(
        None, description="destination; the first of the folders by default"
    )
    by: str = Field("theme", description="theme, date, model, source, tag or rating")
    pattern: str = Field(
        "",
        description=(
            "folders with the fields date, model, source, sampler, size, media, tag and rating; each rule "
            "has a default"
        ),
    )
    tz: str = Field("", description=TZ)
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
            "files in no group. unsorted: sort them into a folder of their own; leave: show them and leave "
            "them where they are; skip: leave them out"
        ),
    )
    noise_folder_name: str = "Unsorted"


class FolderEdit(BaseModel):
    """Another name for the folder of a group. Characters that no file system can store are removed."""

    cluster_id: str
    new_folder_name: str


class ConfirmRequest(BaseModel):
    """The plan to carry out, with changes."""

    job_id: str
    folder_edits: Optional[list[FolderEdit]] = at_most(MAX_CHANGED, None)
    skip_cluster_ids: Optional[list[str]] = at_most(MAX_CHANGED, None)


class Confirmed(BaseModel):
    """The plan that is carried out now."""

    ok: bool
    job_id: str


class Mapping(BaseModel):
    """The destination of a file. ``renamed``: it gets another name, because its own is taken there."""

    src_path: str
    dest_path: str
    dest_folder_name: str
    cluster_id: str
    is_noise: bool
    renamed: bool


class OrganiseCluster(BaseModel):
    """A group of files that get the same folder."""

    cluster_id: str
    suggested_folder_name: str
    title: str
    keywords: list[str]
    size: int
    file_mappings: list[Mapping]


class Preview(BaseModel):
    """The whole plan.

    ``in_place``: number of files that are in the right folder already; ``collisions``: files that
    get another name; ``problems``: files that cannot be moved.

    ``bytes_needed``: space that the plan needs on the destination's disk, ``bytes_free``: space
    that was free when the plan was made; ``expires_time``: epoch seconds until which it can be
    confirmed.
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
    """What was moved or copied. Undoing ``operation_id`` reverses all of it."""

    moved_count: int
    created_folders: list[str]
    errors: list[Problem]
    operation_id: str


class OrganiseState(JobState):
    """The state of a plan: running, preview_ready, moving, completed, failed or cancelled."""

    preview: Optional[Preview]
    result: Optional[OrganiseResult]
