"""What the tools do, each a few calls of the client. Their docstrings are what an agent reads."""

from __future__ import annotations

from typing import Any

from iib_core.client import Client
from iib_core.client.answers import FileInfo, OrganiseGroup

_MOST_FILES = 200
_MOST_NAMES = 20


class Looks:
    """Tools that change nothing."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def search(
        self,
        query: str,
        limit: int = 50,
        folder: str = "",
        sort: str = "date",
        by_meaning: bool = False,
    ) -> dict[str, Any]:
        """Find files. Newest first, at most 200.

        The query: words (all of them, in path or metadata), "a phrase", -not, a OR b,
        re:/expression/, and fields: prompt:, negative:, model:, lora:, sampler:, tag:"name",
        album:"name", rating:>=4, type:image|video, size:512x768, width:>1024, ratio:portrait,
        steps:20..30, seed:42, date:2025-03, date:today, bytes:>5MB. An empty query finds
        everything. `folder` narrows it to a folder and those below. With `by_meaning` the query is
        plain language, and the nearest prompts come first.
        """
        folders = [folder] if folder else []
        limit = max(1, min(limit, _MOST_FILES))
        if by_meaning:
            page = self._client.search_by_meaning(query, folders=folders, top_k=limit)
            return {"files": [_file(file) for file in page["files"]], "complete": page["complete"]}
        found = self._client.search(query, sort=sort, folders=folders or None, size=limit)
        return {
            "files": [_file(file) for file in found["files"]],
            "has_more": found["cursor"]["has_next"],
        }

    def info(self, paths: list[str]) -> dict[str, Any]:
        """How files were made: prompt, model, seed and all other parameters; with their tags,
        rating and albums. At most 200 paths.
        """
        wanted = paths[:_MOST_FILES]
        found, marks = self._client.info(wanted), self._client.marks(wanted)
        infos: dict[str, Any] = {}
        for path, info in found["infos"].items():
            known = {name: value for name, value in info.items() if value not in (None, "", [], {})}
            # A workflow is as long as a book, and the raw text repeats what is here already.
            known.pop("workflow", None)
            known.pop("infotext", None)
            own = marks[path]
            known["tags"] = [tag["name"] for tag in own["tags"]]
            known["rating"] = own["rating"]
            known["albums"] = [album["name"] for album in own["albums"]]
            infos[path] = known
        return {"infos": infos, "errors": found["errors"]}

    def list_tags(self, query: str = "") -> dict[str, Any]:
        """The user's own tags whose names contain the query, with how many files have each."""
        tags = self._client.tags(query)
        return {"tags": [{"name": tag["name"], "count": tag["count"]} for tag in tags]}

    def list_albums(self) -> dict[str, Any]:
        """All albums with how many files are in each. What one holds is found by the query
        album:"name".
        """
        return {
            "albums": [
                {"name": one["name"], "count": one["count"]} for one in self._client.albums()
            ]
        }

    def index_status(self) -> dict[str, Any]:
        """Whether the index is up to date, how many files it has, which folders the library is made
        of, and which files could not be read.
        """
        index, settings = self._client.index_status(), self._client.settings()
        return {
            "files": self._client.basic_info()["img_count"],
            "updating": index["running"],
            "stage": index["stage"],
            "done": index["done"],
            "total": index["total"],
            "message": index["message"],
            "problems": index["problems"],
            "folders": [root["path"] for root in settings["roots"]],
            "read_only": settings["is_readonly"],
        }

    def organise_preview(
        self,
        folders: list[str],
        dest_folder: str,
        by: str = "theme",
        pattern: str = "",
        recursive: bool = False,
    ) -> dict[str, Any]:
        """Plan how to sort the files of folders into folders of dest_folder. Nothing is moved.

        `by` is theme (what prompts mean), date, model, source, tag or rating; `pattern` the folders
        of such a rule, as {date:%Y-%m}/{model}. The user confirms the plan in the page of IIB, or
        by its job_id with POST /db/organize_files_confirm.
        """
        preview = self._client.organise_preview(
            folders, dest_folder, by=by, pattern=pattern, recursive=recursive
        )
        return {
            "job_id": preview["job_id"],
            "total_files": preview["total_files"],
            "in_place": preview["in_place"],
            "folders": [_group(group) for group in preview["clusters"]],
            "without_group": _group(preview["noise"]) if preview["noise"] else None,
            "problems": preview["problems"],
            "message": preview["message"],
        }


class Changes:
    """Tools that change files or what is said about them."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def tag(self, paths: list[str], tag: str, remove: bool = False) -> dict[str, Any]:
        """Give files a tag of the user's, which is made where it is new, or take it away."""
        if not remove:
            return dict(self._client.tag(paths, self._client.create_tag(tag)["id"]))
        known = {one["name"].casefold(): one["id"] for one in self._client.tags(tag)}
        number = known.get(tag.casefold())
        return dict(self._client.untag(paths, number)) if number else {"updated": 0, "errors": []}

    def rate(self, paths: list[str], rating: int) -> dict[str, Any]:
        """Give files 1 to 5 stars; 0 takes them away."""
        return dict(self._client.rate(paths, rating))

    def add_to_album(self, paths: list[str], album: str) -> dict[str, Any]:
        """Put files at the end of an album, which is made where it is new. The files stay where
        they are.
        """
        known = {one["name"].casefold(): one["id"] for one in self._client.albums()}
        number = known.get(album.casefold())
        if number is None:
            number = self._client.create_album(album)["id"]
        return dict(self._client.add_to_album(number, paths))

    def move(
        self,
        paths: list[str],
        dest_folder: str,
        create_folder: bool = False,
        on_conflict: str = "error",
        confirm: bool = False,
    ) -> dict[str, Any]:
        """Move files or folders into a folder. First call it without `confirm`: it lists what would
        happen and moves nothing. Show that to the user, then call it again with `confirm`.

        All or none are moved. `on_conflict` where a name is taken: error, rename, skip,
        or replace, which puts the file that is there into the trash; `undo` brings it back.
        """
        return dict(
            self._client.move(
                paths,
                dest_folder,
                create=create_folder,
                on_conflict=on_conflict,
                dry_run=not confirm,
            )
        )

    def undo(self, operation_id: str) -> dict[str, Any]:
        """Reverse a change of files, all of it, by the operation_id that it answered."""
        return dict(self._client.undo(operation_id))


def _file(file: FileInfo) -> dict[str, Any]:
    return {"path": file["fullpath"], "size": file["size"], "date": file["date"]}


def _group(group: OrganiseGroup) -> dict[str, Any]:
    """A folder of a plan, with the first of its files: an agent needs no list of thousands."""
    return {
        "folder": group["suggested_folder_name"],
        "title": group["title"],
        "keywords": group["keywords"],
        "files": group["size"],
        "first_files": [mapping["src_path"] for mapping in group["file_mappings"][:_MOST_NAMES]],
    }
