"""Calls about duplicates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from iib_core.client import answers
from iib_core.client.calls import given
from iib_core.client.working import Report, Working


class Comparing(Working):
    """Files that show the same: finding them, resolving them, and what are no duplicates."""

    def start_duplicates(
        self,
        folders: Sequence[str] = (),
        *,
        query: str = "",
        paths: Sequence[str] | None = None,
        distance: int | None = None,
        exact: bool = False,
        kind: str = "",
        limit: int | None = None,
    ) -> answers.Started:
        """Begin to find the duplicates in folders, of a query or among some files; none of them:
        in the whole library. ``kind``: only ``exact``, ``same`` or ``near`` ones.
        """
        body = given(
            folder_paths=list(folders) or None,
            file_paths=None if paths is None else list(paths),
            distance=distance,
            limit=limit,
        )
        body |= {"query": query, "exact": exact, "kind": kind, "background": True}
        return cast(answers.Started, self._post("/db/duplicates", **body))

    def duplicates(
        self, folders: Sequence[str] = (), on_progress: Report | None = None, **options: object
    ) -> answers.DuplicatesPage:
        """The first page of duplicates, waited for; options as of ``start_duplicates``."""
        job_id = self.start_duplicates(folders, **options)["job_id"]  # type: ignore[arg-type]
        return cast(answers.DuplicatesPage, self.wait(job_id, on_progress)["result"])

    def more_duplicates(
        self, cursor: str, *, kind: str = "", limit: int | None = None
    ) -> answers.DuplicatesPage:
        """Another page of what was found."""
        body = given(cursor=cursor, kind=kind, limit=limit)
        return cast(answers.DuplicatesPage, self._post("/db/duplicates", **body))

    def resolve_duplicates(
        self, victims: Mapping[str, Sequence[str]], *, exact: bool = False
    ) -> answers.Deleted:
        """Put the victims of each keeper into the trash, and give their marks to it; ``undo``
        reverses both. ``exact``: only those that hold the same bytes.
        """
        groups = [{"keeper": keeper, "victims": list(gone)} for keeper, gone in victims.items()]
        resolved = self._post("/db/resolve_duplicates", groups=groups, exact=exact)
        return cast(answers.Deleted, resolved)

    def add_not_duplicates(self, groups: Sequence[Sequence[str]]) -> list[int]:
        """Remember groups of files that are no duplicates of each other; their numbers."""
        body = [{"paths": list(paths)} for paths in groups]
        found = cast(answers.GroupIds, self._post("/db/not_duplicates", groups=body))
        return found["group_ids"]

    def not_duplicates(self) -> list[answers.NotDuplicates]:
        """The groups that are remembered, newest first."""
        found = cast(answers.NotDuplicatesList, self._get("/db/not_duplicates"))
        return found["groups"]

    def remove_not_duplicates(self, group_id: int) -> answers.Removed:
        """Forget a group: its files are compared again."""
        body = {"group_id": group_id}
        return cast(answers.Removed, self._call("DELETE", "/db/not_duplicates", {}, body))

    def look_status(self) -> answers.LookStatus:
        """How many files have been looked at."""
        return cast(answers.LookStatus, self._get("/db/look_status"))
