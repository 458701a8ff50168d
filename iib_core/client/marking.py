"""Calls about tags, ratings and albums."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from iib_core.client import answers
from iib_core.client.calls import Calls


class Marking(Calls):
    """What a user says about files. Batches answer what could not be done, by path."""

    def tags(
        self, query: str = "", *, category: str = "custom", limit: int = 1000
    ) -> list[answers.Tag]:
        """Tags whose name contains the query; ``category`` "" for any."""
        found = cast(
            answers.Tags, self._get("/db/tags", query=query, category=category, limit=limit)
        )
        return found["tags"]

    def create_tag(self, name: str, *, color: str = "") -> answers.Tag:
        """A new tag, or the one of that name."""
        return cast(answers.Tag, self._post("/db/add_custom_tag", tag_name=name, color=color))

    def delete_tag(self, tag_id: int) -> answers.Done:
        """Take a tag from every file and delete it."""
        return cast(answers.Done, self._post("/db/remove_custom_tag", tag_id=tag_id))

    def merge_tags(self, tag_ids: Sequence[int], into_id: int) -> answers.Tag:
        """Give the files of some tags another one in their place, and delete those tags."""
        merged = self._post("/db/merge_custom_tags", tag_ids=list(tag_ids), into_id=into_id)
        return cast(answers.Tag, merged)

    def tag(self, paths: Sequence[str], tag_id: int) -> answers.Updated:
        """Give files a tag."""
        return self._tag(paths, "add", tag_id)

    def untag(self, paths: Sequence[str], tag_id: int) -> answers.Updated:
        """Take a tag from files."""
        return self._tag(paths, "remove", tag_id)

    def _tag(self, paths: Sequence[str], action: str, tag_id: int) -> answers.Updated:
        body = {"img_paths": list(paths), "action": action, "tag_id": tag_id}
        return cast(answers.Updated, self._post("/db/batch_update_image_tag", **body))

    def rate(self, paths: Sequence[str], rating: int) -> answers.Updated:
        """Give files 1 to 5 stars, 0 for none."""
        return cast(answers.Updated, self._post("/db/rate", img_paths=list(paths), rating=rating))

    def marks(self, paths: Sequence[str]) -> dict[str, answers.FileMarks]:
        """Tags, rating and albums by path."""
        found = cast(answers.Marks, self._post("/db/marks", paths=list(paths)))
        return found["marks"]

    def albums(self) -> list[answers.Album]:
        """All albums, by name."""
        found = cast(answers.Albums, self._get("/albums"))
        return found["albums"]

    def create_album(self, name: str) -> answers.Album:
        """A new album; a name that is taken fails."""
        return cast(answers.Album, self._post("/albums", name=name))

    def rename_album(self, album_id: int, name: str) -> answers.Album:
        """Give an album another name."""
        return cast(answers.Album, self._post("/albums/rename", id=album_id, name=name))

    def delete_album(self, album_id: int) -> answers.Done:
        """Delete an album; its files stay."""
        return cast(answers.Done, self._post("/albums/delete", id=album_id))

    def add_to_album(self, album_id: int, paths: Sequence[str]) -> answers.Updated:
        """Put files at an album's end."""
        return cast(answers.Updated, self._post("/albums/add", id=album_id, img_paths=list(paths)))

    def remove_from_album(self, album_id: int, paths: Sequence[str]) -> answers.Updated:
        """Take files out of an album; they stay where they are."""
        return cast(
            answers.Updated, self._post("/albums/remove", id=album_id, img_paths=list(paths))
        )
