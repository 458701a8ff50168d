"""Bodies and answers of the routes about duplicates. Plain fields, for pydantic 1 and 2."""

from __future__ import annotations

from typing import Optional

from pydantic import BaseModel, Field

from iib_core.look.neighbours import DEFAULT_DISTANCE
from iib_core.routes.models.operations import FileProblem
from iib_core.routes.shared.models import MAX_CHANGED, MAX_FOLDERS, MAX_READ, Cursor, at_most
from iib_core.routes.shared.searches import TZ


class DuplicatesRequest(BaseModel):
    """Where to look for duplicates: in ``folder_paths``, among what ``query`` finds, or everywhere.

    ``file_paths``: these files and those in ``folder_paths``, and no others. ``cursor``: a page of
    what was found before. ``kind``: the page holds groups of that kind only.
    """

    folder_paths: Optional[list[str]] = at_most(MAX_FOLDERS, None)
    file_paths: Optional[list[str]] = at_most(MAX_CHANGED, None)
    query: str = ""
    tz: str = Field("", description=TZ)
    distance: int = Field(
        DEFAULT_DISTANCE, description="bits in which hashes may differ, from 0 to 8"
    )
    exact: bool = Field(False, description="only files that hold the same bytes")
    cursor: str = ""
    kind: str = Field("", description="exact, same or near")
    limit: int = Field(100, description="groups on a page, at most 1000")
    background: bool = False


class DuplicateFile(BaseModel):
    """A file of a group. ``kind``: ``keeper``, or how it is a duplicate of that one: ``exact``,
    ``same`` or ``near``.

    ``distance``: bits of the hash that differ, null where one was not looked at. ``same_file_as``:
    the path of another name of this very file in the group, or "". ``metadata_fields``: how many
    facts its metadata tell.
    """

    id: int
    path: str
    name: str
    folder: str
    kind: str
    distance: Optional[int]
    same_file_as: str
    type: str
    format: str
    bytes: int
    width: int
    height: int
    duration: float
    date: float
    created_time: float
    has_metadata: bool
    metadata_fields: int
    rating: int
    tags: list[str]
    albums: list[str]


class DuplicateGroup(BaseModel):
    """Duplicates, the suggested ``keeper`` first.

    ``kind`` is that of the file that differs most; ``differs`` names what is not the same in all;
    ``bytes_to_free``: of the files that are not kept.
    """

    kind: str
    keeper: str
    differs: list[str]
    bytes_to_free: int
    files: list[DuplicateFile]


class DuplicatesAnswer(BaseModel):
    """A page of groups, exact copies first. ``first``: the cursor of the first page, to read again
    what was found as its files are now.

    ``count``: groups in all, ``kinds`` by kind; ``files`` and ``bytes_to_free``: of those that are
    not kept. ``failed``: files that could not be looked at; ``complete``: there were none.
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


class ResolvedGroup(BaseModel):
    """The file to keep, and those that go. ``exact``: as for the whole request."""

    keeper: str
    victims: list[str] = at_most(MAX_READ)
    exact: bool = False


class ResolveRequest(BaseModel):
    """Groups to resolve. ``exact``: a file goes only if it holds the same bytes as the one that is
    kept.
    """

    groups: list[ResolvedGroup] = at_most(MAX_CHANGED)
    exact: bool = False
    background: bool = False


class ResolvedAnswer(BaseModel):
    """What went to the trash. ``ok``: all that was asked for."""

    ok: bool
    deleted: list[str]
    errors: list[FileProblem]
    operation_id: Optional[str]


class FileGroup(BaseModel):
    """Files that belong together."""

    paths: list[str] = at_most(MAX_READ)


class NotDuplicatesRequest(BaseModel):
    """Groups of files, no two of which are duplicates of each other."""

    groups: list[FileGroup] = at_most(MAX_READ)


class NotDuplicatesAnswer(BaseModel):
    """The number of each group, in their order."""

    group_ids: list[int]


class NotDuplicatesGroup(BaseModel):
    """A group that is remembered; files that are gone from the index are left out."""

    group_id: int
    paths: list[str]


class NotDuplicatesList(BaseModel):
    """All groups, the newest first."""

    groups: list[NotDuplicatesGroup]


class NotDuplicatesRemoval(BaseModel):
    """A group by its number."""

    group_id: int


class Removed(BaseModel):
    """Whether it was removed."""

    removed: bool


class LookStatus(BaseModel):
    """How many pictures and videos of the library have been looked at. ``rate``: files a second
    lately; ``seconds_left`` is null while nothing is being done.
    """

    done: int
    total: int
    working: bool
    rate: float
    seconds_left: Optional[float]
