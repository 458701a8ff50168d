"""Models that several routers share. Plain fields, for pydantic 1 and 2."""

from __future__ import annotations

from typing import Any, Optional

from pydantic import VERSION, BaseModel, Field

# The limits of lists in a body. A longer list is a 413.
MAX_READ = 10_000  # files or rows to read; each may cost a read of the disk
MAX_CHANGED = 100_000  # files of one operation, which one undo reverses
MAX_FOLDERS = 1_000  # folders that a search is limited to

IS_PYDANTIC_1 = VERSION.startswith("1.")
_MAX_ITEMS = "max_items" if IS_PYDANTIC_1 else "max_length"


def at_most(items: int, default: Any = ..., description: str | None = None) -> Any:
    """A field for a list with a maximum length. It is required unless there is a default."""
    limit: dict[str, Any] = {_MAX_ITEMS: items}
    return Field(default, description=description, **limit)


def given_fields(request: BaseModel) -> set[str]:
    """Names of the fields that a body contains."""
    return set(request.__fields_set__ if IS_PYDANTIC_1 else request.model_fields_set)


class PathsRequest(BaseModel):
    """Paths of files or folders, in any order. A repeated path counts once."""

    paths: list[str] = at_most(MAX_READ)

    @property
    def distinct(self) -> list[str]:
        """Each path once."""
        return list(dict.fromkeys(self.paths))


class Done(BaseModel):
    """``success`` is always true: a failure is an error status."""

    success: bool


class Problem(BaseModel):
    """A path that the request failed for, and the reason."""

    path: str
    error: str


class FileInfo(BaseModel):
    """One file or folder. Times are in epoch seconds; ``id`` is that of the index, null for what is
    not indexed.
    """

    type: str
    date: float
    created_time: float
    size: str
    bytes: int
    name: str
    fullpath: str
    is_under_scanned_path: bool
    id: Optional[int] = None


class Cursor(BaseModel):
    """The end of a page. ``next`` is opaque, and empty at the last page."""

    has_next: bool
    next: str


class Tag(BaseModel):
    """A tag. ``type`` is custom or auto; ``count`` is the number of files that have it."""

    id: int
    name: str
    type: str
    color: str
    category: str
    count: int
