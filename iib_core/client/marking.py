"""Calls about tags, ratings and albums."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from iib_core.client import answers
from iib_core.client.calls import Calls


class Marking(Calls):
    """What a user says about files. Batches answer what could not be done, by path.

    ``undoable``: the answer has a ``change_id``, with which ``undo_marks`` reverses the change.
    """

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

    def delete_tag(self, tag_id: int, *, undoable: bool = False) -> answers.NameDeleted:
        """Take a tag from every file and delete it."""
        body = {"tag_id": tag_id, "undoable": undoable}
        return cast(answers.NameDeleted, self._post("/db/remove_custom_tag", **body))

    def merge_tags(
        self, tag_ids: Sequence[int], into_id: int, *, undoable: bool = False
    ) -> answers.MergedTag:
        """Give the files of some tags another one in their place, and delete those tags."""
        body = {"tag_ids": list(tag_ids), "into_id": into_id, "undoable": undoable}
        return cast(answers.MergedTag, self._post("/db/merge_custom_tags", **body))

    def tag(self, paths: Sequence[str], tag_id: int, *, undoable: bool = False) -> answers.Updated:
        """Give files a tag."""
        return self._tag(paths, "add", tag_id, undoable)

    def untag(
        self, paths: Sequence[str], tag_id: int, *, undoable: bool = False
    ) -> answers.Updated:
        """Take a tag from files."""
        return self._tag(paths, "remove", tag_id, undoable)

    def _tag(
        self, paths: Sequence[str], action: str, tag_id: int, undoable: bool
    ) -> answers.Updated:
        body = {"action": action, "tag_id": tag_id}
        return self._update("/db/batch_update_image_tag", paths, undoable, **body)

    def _update(
        self, route: str, paths: Sequence[str], undoable: bool, **body: object
    ) -> answers.Updated:
        body |= {"img_paths": list(paths), "undoable": undoable}
        return cast(answers.Updated, self._post(route, **body))

    def rate(self, paths: Sequence[str], rating: int, *, undoable: bool = False) -> answers.Updated:
        """Give files 1 to 5 stars, 0 for none."""
        return self._update("/db/rate", paths, undoable, rating=rating)

    def undo_marks(self, change_id: str) -> answers.MarksUndone:
        """Reverse an ``undoable`` change of tags, ratings or albums; what was changed again stays."""
        return cast(answers.MarksUndone, self._post("/db/undo_marks", change_id=change_id))

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

    def delete_album(self, album_id: int, *, undoable: bool = False) -> answers.NameDeleted:
        """Delete an album; its files stay."""
        body = {"id": album_id, "undoable": undoable}
        return cast(answers.NameDeleted, self._post("/albums/delete", **body))

    def add_to_album(
        self, album_id: int, paths: Sequence[str], *, undoable: bool = False
    ) -> answers.Updated:
        """Put files at an album's end."""
        return self._update("/albums/add", paths, undoable, id=album_id)

    def remove_from_album(
        self, album_id: int, paths: Sequence[str], *, undoable: bool = False
    ) -> answers.Updated:
        """Take files out of an album; they stay where they are."""
        return self._update("/albums/remove", paths, undoable, id=album_id)
