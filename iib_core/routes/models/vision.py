"""Models of the routes about what is in pictures. Plain fields, for pydantic 1 and 2."""

from __future__ import annotations

from typing import Optional

from pydantic import BaseModel, Field

from iib_core.routes.shared.models import MAX_FOLDERS, at_most


class ContentRequest(BaseModel):
    """Words that say what a picture shows. ``folder_paths``: only in these folders."""

    query: str
    folder_paths: Optional[list[str]] = at_most(MAX_FOLDERS, None)
    top_k: int = Field(50, description="files on a page, at most 500")
    min_score: float = Field(-1.0, description="lowest cosine similarity, from -1 to 1")
    cursor: str = ""


class VisionModelRequest(BaseModel):
    """The name of a model that sees what is in pictures."""

    name: str


class VisionFile(BaseModel):
    """A file of a model. ``path``: where it is, or may be put by hand; ``there``: it is, whole."""

    name: str
    path: str
    size_bytes: int
    sha256: str
    address: str
    there: bool


class VisionModelState(BaseModel):
    """A model that sees. ``state``: ready, missing, partial (a download was interrupted) or damaged;
    ``reason`` says what to do where it is not ready.

    ``languages``: of the words that it knows, empty where it knows none. ``own``: described by
    the user, and not in the program's table.
    """

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


class VisionDownload(BaseModel):
    """The download that was started last, in bytes; ``rate`` in bytes a second."""

    job_id: str
    name: str
    status: str
    done: int
    total: int
    rate: float
    seconds_left: Optional[float]
    error: str


class VisionStatus(BaseModel):
    """What is in pictures, and how far the model has looked.

    ``installed``: the packages are; ``state``: not_installed, no_model, failed, paused, working,
    waiting or done; ``reason`` says what to do about the first three. ``waits_for``: generating or
    thumbnails. ``done`` of ``total`` pictures and videos have been seen, ``rate`` a second.
    ``provider``: what runs the model, empty before it ran.
    """

    installed: bool
    state: str
    reason: str
    model: str
    done: int
    total: int
    rate: float
    seconds_left: Optional[float]
    waits_for: str
    provider: str
    models: list[VisionModelState]
    download: Optional[VisionDownload]
