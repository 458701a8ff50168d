"""Calls that change files; ``undo`` reverses them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from iib_core.client import answers
from iib_core.client.calls import Calls
from iib_core.client.forms import Form


class Changing(Calls):
    """Moves, copies, deletions and renamings. Nothing is ever overwritten.

    ``on_conflict``: what becomes of a file whose name is taken: error, rename or skip, and for
    ``move`` and ``copy`` also replace, which puts the other file into the trash.
    """

    def move(
        self,
        paths: Sequence[str],
        dest: str,
        *,
        create: bool = False,
        on_conflict: str = "error",
        dry_run: bool = False,
    ) -> answers.Moved:
        """Move files and folders into a folder, all or none; with ``dry_run`` tell what would be
        moved.
        """
        body = _transfer(paths, dest, create, on_conflict, dry_run)
        return cast(answers.Moved, self._post("/move_files", **body))

    def copy(
        self,
        paths: Sequence[str],
        dest: str,
        *,
        create: bool = False,
        on_conflict: str = "error",
        dry_run: bool = False,
    ) -> answers.Copied:
        """Copy files and folders into a folder, all or none."""
        body = _transfer(paths, dest, create, on_conflict, dry_run)
        return cast(answers.Copied, self._post("/copy_files", **body))

    def delete(self, paths: Sequence[str]) -> answers.Deleted:
        """Delete files and empty folders, to the trash unless the server's setting says otherwise."""
        return cast(answers.Deleted, self._post("/delete_files", file_paths=list(paths)))

    def rename(self, path: str, name: str) -> answers.Renamed:
        """Give a file or folder another name in its folder."""
        return cast(answers.Renamed, self._post("/db/rename", path=path, name=name))

    def make_folder(self, folder: str) -> answers.FolderMade:
        """Make a folder and those above it."""
        return cast(answers.FolderMade, self._post("/mkdirs", dest_folder=folder))

    def upload(
        self, paths: Sequence[str], dest: str, *, on_conflict: str = "error"
    ) -> answers.Uploaded:
        """Send pictures, videos and sounds of this machine into a folder of the library."""
        form, query = Form(paths), {"dest": dest, "on_conflict": on_conflict}
        return cast(answers.Uploaded, self._send("POST", "/upload", query, form.headers, form))

    def operations(self, limit: int = 50) -> list[answers.Operation]:
        """The last changes, newest first."""
        found = cast(answers.OperationList, self._get("/operations", limit=limit))
        return found["operations"]

    def undo(self, operation_id: str) -> answers.Undone:
        """Reverse an operation, all of it."""
        return cast(answers.Undone, self._post(f"/operations/{operation_id}/undo"))


def _transfer(
    paths: Sequence[str], dest: str, create: bool, on_conflict: str, dry_run: bool
) -> dict[str, object]:
    return {
        "file_paths": list(paths),
        "dest": dest,
        "create_dest_folder": create,
        "on_conflict": on_conflict,
        "dry_run": dry_run,
    }
