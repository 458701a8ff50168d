"""Bodies and answers that several nouns share. Plain fields, for pydantic 1 and 2."""

from __future__ import annotations

from pydantic import BaseModel


class PathsRequest(BaseModel):
    """Paths to look at, in any order."""

    paths: list[str]


class FileInfo(BaseModel):
    """One file or folder. Times are epoch seconds."""

    type: str
    date: float
    created_time: float
    size: str
    bytes: int
    name: str
    fullpath: str
    is_under_scanned_path: bool


class Tag(BaseModel):
    """A tag. ``type`` is custom or auto; ``count`` are the files with it that are there."""

    id: int
    name: str
    type: str
    color: str
    category: str
    count: int
