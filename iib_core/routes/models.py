"""Bodies and answers that several nouns share. Plain fields, for pydantic 1 and 2."""

from __future__ import annotations

from typing import Any, Optional

from pydantic import VERSION, BaseModel, Field

# Every list in a body has one of these limits. More is a 413.
MAX_READ = 10_000  # files or rows that are looked at; each may have to be read from the disk
MAX_CHANGED = 100_000  # files of one operation, which one undo takes back
MAX_FOLDERS = 1_000  # folders that a search is narrowed to

_MAX_ITEMS = "max_items" if VERSION.startswith("1.") else "max_length"


def at_most(items: int, default: Any = ..., description: str | None = None) -> Any:
    """A field that is a list of at most so many items, required unless there is a default."""
    limit: dict[str, Any] = {_MAX_ITEMS: items}
    return Field(default, description=description, **limit)


class PathsRequest(BaseModel):
    """Paths to look at, in any order. One that is named more than once is looked at once."""

    paths: list[str] = at_most(MAX_READ)

    @property
    def distinct(self) -> list[str]:
        """Each path once."""
        return list(dict.fromkeys(self.paths))


class FileInfo(BaseModel):
    """One file or folder. Times are epoch seconds; ``id`` is that of the index, null for what is not
    indexed.
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


class Tag(BaseModel):
    """A tag. ``type`` is custom or auto; ``count`` are the files with it that are there."""

    id: int
    name: str
    type: str
    color: str
    category: str
    count: int
