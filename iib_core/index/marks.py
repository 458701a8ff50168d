"""Marks: gives files tags, ratings and album memberships. Files that are not in the index yet are
indexed first.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from iib_core import paths
from iib_core.access import Access
from iib_core.db import albums, images, mark_changes, marks, tag_tree, tags
from iib_core.db.engine import Database
from iib_core.db.mark_changes import Change, ListedChange, Recorder
from iib_core.db.tags import Tag
from iib_core.errors import Conflict, IIBError, InvalidRequest, NotFound
from iib_core.index import scan
from iib_core.index.autotag import CONTROL, TAG_MAX_CHARS
from iib_core.index.indexer import Indexer

MAX_RATING = 5
_COLOUR = re.compile(r"#[0-9a-f]{3,8}|[a-z]{1,30}|(?:rgb|hsl)a?\([0-9a-z.,%/ ]{1,60}\)", re.I)


@dataclass(frozen=True)
class IndexedFiles:
    """Image ids by resolved path, and the errors of the other paths. ``change``: what was changed,
    where the caller wants to undo it.
    """

    ids: dict[str, int]
    errors: dict[str, IIBError]
    change: Change | None = None


class FileMarks:
    """Changes the marks of files. All paths are resolved."""

    def __init__(self, db: Database, access: Access, indexer: Indexer) -> None:
        self._db = db
        self._access = access
        self._indexer = indexer

    def find(self, files: Sequence[str]) -> IndexedFiles:
        """The ids of these files. Files of the library that are not in the index are indexed now."""
        ids = self._find_ids(files)
        errors: dict[str, IIBError] = {}
        new = []
        for file in files:
            if file in ids:
                continue
            problem = self._find_obstacle(file)
            if problem is None:
                new.append(file)
            else:
                errors[file] = problem
        if new:
            self._indexer.update_files(dict.fromkeys(new))
            ids |= self._find_ids(new)
            for file in new:
                if file not in ids:
                    message = (
                        f"{_shown(file)} cannot be read now, or is still being written: try again."
                    )
                    errors[file] = Conflict(message)
        return IndexedFiles(ids, errors)

    def toggle(self, file: str, tag_id: int) -> bool:
        """Add a tag to a file, or remove it if the file has it. Returns whether it has it now.

        Raises the error that ``find`` reports for the file.
        """
        found = self.find([file])
        for error in found.errors.values():
            raise error
        image_id = found.ids[file]
        with self._db.write() as conn:
            tags.get_custom(conn, tag_id)
            if tags.unassign(conn, tag_id, [image_id]):
                return False
            return bool(tags.assign(conn, tag_id, [image_id]))

    def tag(
        self, files: Sequence[str], tag_id: int, *, add: bool, undoable: bool = False
    ) -> IndexedFiles:
        """Add a tag to files, or remove it."""
        with self._db.read() as conn:
            tags.get_custom(conn, tag_id)
        found = self.find(files)
        with self._db.write() as conn:
            tags.get_custom(conn, tag_id)
            ids = set(found.ids.values())
            recorder = Recorder(conn) if undoable else None
            if recorder:
                record = recorder.give if add else recorder.remove
                record(tag_id, ids)
            change = tags.assign if add else tags.unassign
            change(conn, tag_id, ids)
        return _with_change(found, recorder)

    def rate(self, files: Sequence[str], rating: int, *, undoable: bool = False) -> IndexedFiles:
        """Give files a rating of 1 to 5; 0 clears it."""
        if not 0 <= rating <= MAX_RATING:
            raise InvalidRequest(f"rating: give 1 to {MAX_RATING} stars, or 0 for none.")
        found = self.find(files)
        with self._db.write() as conn:
            recorder = Recorder(conn) if undoable else None
            if recorder:
                recorder.rate(found.ids.values(), rating)
            marks.rate(conn, found.ids.values(), rating)
        return _with_change(found, recorder)

    def add_to_album(
        self, files: Sequence[str], album_id: int, *, undoable: bool = False
    ) -> IndexedFiles:
        """Add files at the end of an album."""
        with self._db.read() as conn:
            albums.get(conn, album_id)
        found = self.find(files)
        with self._db.write() as conn:
            albums.get(conn, album_id)
            recorder = Recorder(conn) if undoable else None
            if recorder:
                recorder.give(album_id, found.ids.values())
            albums.add(conn, album_id, [found.ids[file] for file in files if file in found.ids])
        return _with_change(found, recorder)

    def remove_from_album(
        self, files: Sequence[str], album_id: int, *, undoable: bool = False
    ) -> IndexedFiles:
        """Remove files from an album."""
        found = self._find_indexed(files)
        with self._db.write() as conn:
            albums.get(conn, album_id)
            recorder = Recorder(conn) if undoable else None
            if recorder:
                recorder.remove(album_id, found.ids.values())
            albums.remove(conn, album_id, found.ids.values())
        return _with_change(found, recorder)

    def list_changes(self, user: str | None = None) -> list[ListedChange]:
        """The last changes, newest first; with ``user`` only those of that name."""
        with self._db.read() as conn:
            return mark_changes.list_newest(conn, user)

    def undo(self, change_id: str) -> int:
        """Undo a change of marks. Returns how many marks changed. Raises NotFound."""
        with self._db.write() as conn:
            return mark_changes.undo(conn, change_id)

    def reorder_album(
        self, files: Sequence[str], album_id: int, before: str | None, after: str | None
    ) -> IndexedFiles:
        """Move files within an album, see ``albums.reorder``."""
        found = self._find_indexed(files)
        neighbours = self._find_indexed([file for file in (before, after) if file])
        for error in neighbours.errors.values():
            raise error
        with self._db.write() as conn:
            albums.get(conn, album_id)
            ids = [found.ids[file] for file in files if file in found.ids]
            albums.reorder(
                conn,
                album_id,
                ids,
                before=neighbours.ids[before] if before else None,
                after=neighbours.ids[after] if after else None,
            )
        return found

    def create_tag(self, name: str, color: str = "") -> Tag:
        """The custom tag of this name; it is created if it does not exist."""
        name, color = validate_name(name), validate_colour(color)
        with self._db.write() as conn:
            return tags.create_custom(conn, name, color)

    def change_tag(self, tag_id: int, name: str | None, color: str | None) -> Tag:
        """Change the name or the colour of a custom tag; None leaves it."""
        name = None if name is None else validate_name(name)
        color = None if color is None else validate_colour(color)
        with self._db.write() as conn:
            tags.get_custom(conn, tag_id)
            tags.change(conn, tag_id, name=name, color=color)
            return tags.get_custom(conn, tag_id)

    def rename_tags(self, names: Mapping[int, str]) -> None:
        """Give custom tags other names in one transaction."""
        valid = {tag_id: validate_name(name) for tag_id, name in names.items()}
        with self._db.write() as conn:
            tag_tree.rename(conn, valid)

    def remove_tag(self, tag_id: int, *, undoable: bool = False) -> Change | None:
        """Delete a custom tag and remove it from every file."""
        with self._db.write() as conn:
            tags.get_custom(conn, tag_id)
            recorder = Recorder(conn) if undoable else None
            if recorder:
                recorder.delete(tag_id)
            tags.remove(conn, tag_id)
            return recorder.finish() if recorder else None

    def merge_tags(
        self, tag_ids: Sequence[int], into_id: int, *, undoable: bool = False
    ) -> tuple[Tag, Change | None]:
        """Give the files of custom tags another one in their place; the tags are deleted."""
        if not tag_ids or into_id in tag_ids:
            raise InvalidRequest(
                "tag_ids: give at least one tag, and none that the others are merged into."
            )
        with self._db.write() as conn:
            into = tags.get_custom(conn, into_id)
            recorder = Recorder(conn) if undoable else None
            for tag_id in dict.fromkeys(tag_ids):
                tags.get_custom(conn, tag_id)
                if recorder:
                    recorder.merge(tag_id, into_id)
                tags.merge(conn, tag_id, into)
            return tags.get_custom(conn, into_id), recorder.finish() if recorder else None

    def _find_ids(self, files: Iterable[str]) -> dict[str, int]:
        by_text: dict[str, str] = {paths.to_text(file): file for file in files}
        with self._db.read() as conn:
            return {
                by_text[text]: image_id for text, image_id in images.find_ids(conn, by_text).items()
            }

    def _find_indexed(self, files: Sequence[str]) -> IndexedFiles:
        """The ids of these files, without indexing new ones."""
        ids = self._find_ids(files)
        errors: dict[str, IIBError] = {}
        for file in files:
            if file not in ids:
                obstacle = self._find_obstacle(file)
                errors[file] = obstacle or NotFound(f"{_shown(file)} is not in the index.")
        return IndexedFiles(ids, errors)

    def _find_obstacle(self, file: str) -> IIBError | None:
        """The error why a file cannot be indexed; None if it can."""
        if not os.path.lexists(file):
            return NotFound(f"{_shown(file)} does not exist.")
        if not os.path.isfile(file) or not scan.is_media(os.path.basename(file)):
            return InvalidRequest(f"{_shown(file)} is not a picture, video or sound.")
        if not self._access.is_under_root(file):
            return InvalidRequest(
                f"{_shown(file)} is outside of the library: add its folder first."
            )
        return None


def _with_change(found: IndexedFiles, recorder: Recorder | None) -> IndexedFiles:
    return replace(found, change=recorder.finish()) if recorder else found


def validate_name(raw: str) -> str:
    """``raw`` as the name of a tag or an album, without surrounding space.

    Raises InvalidRequest if it is empty, too long or has control characters.
    """
    name = raw.strip()
    if not name:
        raise InvalidRequest("The name is empty: give at least one character.")
    if len(name) > TAG_MAX_CHARS:
        raise InvalidRequest(
            f"The name has {len(name)} characters: at most {TAG_MAX_CHARS} are possible."
        )
    if CONTROL.search(name):
        raise InvalidRequest(
            "The name contains a line break or another character that cannot be shown."
        )
    return name


def validate_colour(raw: str) -> str:
    """``raw`` as a CSS colour, or "" for none. Raises InvalidRequest for anything else."""
    if raw and not _COLOUR.fullmatch(raw):
        raise InvalidRequest(
            f"'{raw[:30]}' is not a colour: write #ff8800, rgb(255, 136, 0) or a name."
        )
    return raw


def _shown(file: str) -> str:
    return "'" + paths.to_text(file[:300]).replace("\n", " ") + "'"
