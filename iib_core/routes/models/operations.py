"""Models of the routes that change files."""

from __future__ import annotations

from typing import Literal, Optional

from pydantic import BaseModel, Field

from iib_core.routes.shared.models import MAX_CHANGED, Problem, at_most
from iib_core.routes.shared.searches import TZ
from iib_core.routes.shared.selection import Selection

OnConflict = Literal["error", "rename", "skip"]
TransferOnConflict = Literal["error", "rename", "skip", "replace"]


class DeleteRequest(Selection):
    """Files and empty folders."""

    file_paths: Optional[list[str]] = at_most(MAX_CHANGED, None)
    background: bool = False


class TransferRequest(Selection):
    """Files and folders, and their destination folder. With ``dry_run`` nothing is moved or copied:
    the answer lists what would be.

    ``replace``: those of ``file_paths`` that replace the file that has their name, whatever
    ``on_conflict`` says; with ``on_conflict`` ``replace`` all do. What is replaced goes to the
    trash with its companions; undoing brings both back.
    """

    file_paths: Optional[list[str]] = at_most(MAX_CHANGED, None)
    dest: str
    create_dest_folder: bool = False
    continue_on_error: bool = False
    dry_run: bool = False
    on_conflict: TransferOnConflict = "error"
    replace: Optional[list[str]] = at_most(MAX_CHANGED, None)
    background: bool = False


class RenameRequest(BaseModel):
    """A file or folder, and its new name without a folder."""

    path: str
    name: str


class RenameFilesRequest(Selection):
    """Files, and the pattern of their names: the fields of an organise pattern, ``{name}`` for the
    present name, ``{n}`` for the number of the file in the order of the request, ``{n:3}`` with
    three digits. Extensions stay. Nothing is renamed unless ``dry_run`` is false.
    """

    file_paths: Optional[list[str]] = at_most(MAX_CHANGED, None)
    pattern: str
    tz: str = Field("", description=TZ)
    dry_run: bool = True
    background: bool = False


class FlattenRequest(BaseModel):
    """A folder. Nothing is moved unless ``dry_run`` is false."""

    folder_path: str
    dry_run: bool = True
    on_conflict: OnConflict = "error"
    background: bool = False


class MkdirsRequest(BaseModel):
    """The folder to create."""

    dest_folder: str


class UndoRequest(BaseModel):
    """Whether to undo in the background."""

    background: bool = False


class FileProblem(Problem):
    """A path that the request failed for, the reason, and the machine-readable error code.

    The code is ``NameTaken`` if another ``on_conflict`` would help.
    """

    code: str


class Move(BaseModel):
    """Where a file was, and where it is now."""

    src_path: str
    dest_path: str


class Deleted(BaseModel):
    """What was deleted. ``ok``: every file was deleted."""

    ok: bool
    deleted: list[str]
    errors: list[FileProblem]
    operation_id: Optional[str]


class MovedAnswer(BaseModel):
    """What was moved, or would be, and which files went to the trash for it."""

    dry_run: bool
    moved: list[Move]
    errors: list[FileProblem]
    skipped: list[str]
    replaced: list[str]
    operation_id: Optional[str]


class CopiedAnswer(BaseModel):
    """What was copied, or would be, and which files went to the trash for it."""

    dry_run: bool
    copied: list[Move]
    errors: list[FileProblem]
    skipped: list[str]
    replaced: list[str]
    operation_id: Optional[str]


class Renamed(BaseModel):
    """The new path."""

    new_path: str
    operation_id: Optional[str]


class FilesRenamed(BaseModel):
    """What was renamed, or would be. Files in ``errors`` keep their names."""

    dry_run: bool
    renamed: list[Move]
    errors: list[FileProblem]
    operation_id: Optional[str]


class Collision(BaseModel):
    """A file that cannot be moved, because its name is taken at the destination."""

    src_path: str
    dest_path: str
    error: str


class Flattened(BaseModel):
    """What was moved, or would be with ``dry_run``. ``errors``: the sentences of ``conflicts``
    alone.
    """

    success: bool
    dry_run: bool
    total_files: int
    moves: list[Move]
    conflicts: list[Collision]
    errors: list[str]
    moved_files: int
    skipped: list[str]
    operation_id: Optional[str]


class FolderMade(BaseModel):
    """The folder, which exists now."""

    success: bool
    path: str
    operation_id: Optional[str]


class OperationInfo(BaseModel):
    """One operation.

    ``time`` is in epoch seconds; ``state`` is running, done, failed (nothing changed), undone,
    emptying or emptied. ``user``: the name of who asked for it, "" if that is not known;
    ``machine``: the computer of the server.
    """

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


class OperationList(BaseModel):
    """Operations, newest first."""

    operations: list[OperationInfo]


class Undone(BaseModel):
    """The files that were restored."""

    restored: list[Move]
    operation_id: Optional[str]
