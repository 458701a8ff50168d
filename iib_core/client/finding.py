"""Calls that find files and tell what is known of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

from iib_core.client import answers
from iib_core.client.calls import Calls, given


class Finding(Calls):
    """Search, folders, metadata and the library in short."""

    def hello(self) -> str:
        """ "hello", where a server answers; it asks for no login."""
        return cast(str, self._get("/hello"))

    def version(self) -> answers.Version:
        """The version that runs."""
        return cast(answers.Version, self._get("/version"))

    def settings(self) -> answers.Settings:
        """Roots, and what the server permits."""
        return cast(answers.Settings, self._get("/global_setting"))

    def basic_info(self) -> answers.BasicInfo:
        """How many files there are, and the tags used most."""
        return cast(answers.BasicInfo, self._get("/db/basic_info"))

    def search(
        self,
        query: str,
        *,
        sort: str = "date",
        order: str = "desc",
        folders: Sequence[str] | None = None,
        size: int = 200,
        cursor: str = "",
    ) -> answers.SearchPage:
        """A page of what a query in the language of the search field finds."""
        body = given(
            query=query,
            sort=sort,
            order=order,
            folder_paths=_listed(folders),
            size=size,
            cursor=cursor,
        )
        return cast(answers.SearchPage, self._post("/db/search", **body))

    def search_all(
        self,
        query: str,
        *,
        sort: str = "date",
        order: str = "desc",
        folders: Sequence[str] | None = None,
        limit: int | None = None,
    ) -> Iterator[answers.FileInfo]:
        """Every file that a query finds, at most ``limit``; pages are asked for as they are needed."""
        left, cursor = limit, ""
        while left is None or left > 0:
            size = 1000 if left is None else min(left, 1000)
            page = self.search(
                query, sort=sort, order=order, folders=folders, size=size, cursor=cursor
            )
            yield from page["files"]
            cursor = page["cursor"]["next"]
            if not cursor:
                return
            if left is not None:
                left -= len(page["files"])

    def search_by_meaning(
        self, query: str, *, folders: Sequence[str] = (), top_k: int = 50, cursor: str = ""
    ) -> answers.MeaningPage:
        """Files whose prompts mean what the query means, nearest first; no folders: the whole
        library.
        """
        body = {"query": query, "folder_paths": list(folders), "top_k": top_k, "cursor": cursor}
        return cast(answers.MeaningPage, self._post("/db/search_iib_output_by_prompt", **body))

    def similar(
        self, path: str, *, by: str = "prompt", top_k: int = 50, cursor: str = ""
    ) -> answers.MeaningPage:
        """Files like one in the library by ``prompt``, ``look`` or ``content``, nearest first."""
        body = {"path": path, "by": by, "top_k": top_k, "cursor": cursor}
        return cast(answers.MeaningPage, self._post("/db/similar", **body))

    def list_folder(self, folder: str = "") -> list[answers.FileInfo]:
        """The entries of a folder; the roots where none is given."""
        found = cast(answers.Files, self._get("/files", folder_path=folder))
        return found["files"]

    def describe(self, paths: Sequence[str]) -> dict[str, answers.FileInfo | None]:
        """Facts by path; None for what does not exist."""
        found = self._post("/batch_get_files_info", paths=list(paths))
        return cast("dict[str, answers.FileInfo | None]", found)

    def info(self, paths: Sequence[str]) -> answers.GenerationInfos:
        """How files were generated, by path."""
        return cast(answers.GenerationInfos, self._post("/generation_info", paths=list(paths)))


def _listed(folders: Sequence[str] | None) -> list[str] | None:
    return None if folders is None else list(folders)
