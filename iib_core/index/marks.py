"""Marking: the user's tags, ratings and albums put onto files, which are indexed on the spot where
they are not yet.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from iib_core import paths
from iib_core.access import Access
from iib_core.db import albums, images, marks, tags
from iib_core.db.engine import Database
from iib_core.db.tags import Tag
from iib_core.errors import Conflict, IIBError, InvalidRequest, NotFound
from iib_core.index import scan
from iib_core.index.autotag import CONTROL, TAG_MAX_CHARS
from iib_core.index.indexer import Indexer

MAX_RATING = 5
_COLOUR = re.compile(r"#[0-9a-f]{3,8}|[a-z]{1,30}|(?:rgb|hsl)a?\([0-9a-z.,%/ ]{1,60}\)", re.I)


@dataclass(frozen=True)
class Found:
    """Image ids by resolved path, and why the other paths have none."""

    ids: dict[str, int]
    errors: dict[str, IIBError]


class Marking:
    """What a user can put onto files. Paths are resolved."""

    def __init__(self, db: Database, access: Access, indexer: Indexer) -> None:
        self._db = db
        self._access = access
        self._indexer = indexer

    def find(self, files: Sequence[str]) -> Found:
        """The rows of these files; one that has none gets it now, if it is of the library."""
        ids = self._known(files)
        errors: dict[str, IIBError] = {}
        new = []
        for file in files:
            if file not in ids:
                problem = self._why_not(file)
                if problem is None:
                    new.append(file)
                else:
                    errors[file] = problem
        if new:
            self._indexer.update_files(dict.fromkeys(new))
            ids |= self._known(new)
            errors |= {
                file: Conflict(f"{_shown(file)} cannot be read now, or is still being written: try again.")
                for file in new
                if file not in ids
            }
        return Found(ids, errors)

    def toggle(self, file: str, tag_id: int) -> bool:
        """Give a file a tag, or take it away where it has it.

        Returns whether it has it now. Raises what ``find`` tells.
        """
        found = self.find([file])
        for error in found.errors.values():
            raise error
        image_id = found.ids[file]
        with self._db.write() as conn:
            tags.get_custom(conn, tag_id)
            return not tags.unassign(conn, tag_id, [image_id]) and bool(tags.assign(conn, tag_id, [image_id]))

    def tag(self, files: Sequence[str], tag_id: int, *, add: bool) -> Found:
        """Give files a tag, or take it away."""
        with self._db.read() as conn:
            tags.get_custom(conn, tag_id)
        found = self.find(files)
        with self._db.write() as conn:
            tags.get_custom(conn, tag_id)
            (tags.assign if add else tags.unassign)(conn, tag_id, set(found.ids.values()))
        return found

    def rate(self, files: Sequence[str], rating: int) -> Found:
        """Give files 1 to 5 stars, or none for 0."""
        if not 0 <= rating <= MAX_RATING:
            raise InvalidRequest(f"rating: give 1 to {MAX_RATING} stars, or 0 for none.")
        found = self.find(files)
        with self._db.write() as conn:
            marks.rate(conn, found.ids.values(), rating)
        return found

    def put_into_album(self, files: Sequence[str], album_id: int) -> Found:
        """Put files at an album's end."""
        with self._db.read() as conn:
            albums.get(conn, album_id)
        found = self.find(files)
        with self._db.write() as conn:
            albums.get(conn, album_id)
            albums.add(conn, album_id, [found.ids[file] for file in files if file in found.ids])
        return found

    def take_out_of_album(self, files: Sequence[str], album_id: int) -> Found:
        """Take files out of an album."""
        found = self._find_known(files)
        with self._db.write() as conn:
            albums.get(conn, album_id)
            albums.remove(conn, album_id, found.ids.values())
        return found

    def reorder_album(
        self, files: Sequence[str], album_id: int, before: str | None, after: str | None
    ) -> Found:
        """Move files within an album, see ``albums.reorder``."""
        found = self._find_known(files)
        beside = self._find_known([file for file in (before, after) if file])
        for error in beside.errors.values():
            raise error
        with self._db.write() as conn:
            albums.get(conn, album_id)
            ids = [found.ids[file] for file in files if file in found.ids]
            albums.reorder(
                conn,
                album_id,
                ids,
                before=beside.ids[before] if before else None,
                after=beside.ids[after] if after else None,
            )
        return found

    def create_tag(self, name: str, color: str = "") -> Tag:
        """The custom tag of this name, made if there is none."""
        name, color = check_name(name), check_colour(color)
        with self._db.write() as conn:
            return tags.create_custom(conn, name, color)

    def change_tag(self, tag_id: int, name: str | None, color: str | None) -> Tag:
        """Give a custom tag another name or colour; None leaves it."""
        name = None if name is None else check_name(name)
        color = None if color is None else check_colour(color)
        with self._db.write() as conn:
            tags.get_custom(conn, tag_id)
            tags.change(conn, tag_id, name=name, color=color)
            return tags.get_custom(conn, tag_id)

    def remove_tag(self, tag_id: int) -> None:
        """Delete a custom tag, and take it from every file."""
        with self._db.write() as conn:
            tags.get_custom(conn, tag_id)
            tags.remove(conn, tag_id)

    def _known(self, files: Iterable[str]) -> dict[str, int]:
        by_text = {paths.to_text(file): file for file in files}
        with self._db.read() as conn:
            return {by_text[text]: image_id for text, image_id in images.find_ids(conn, by_text).items()}

    def _find_known(self, files: Sequence[str]) -> Found:
        ids = self._known(files)
        return Found(
            ids,
            {
                file: self._why_not(file) or NotFound(f"{_shown(file)} is not in the index.")
                for file in files
                if file not in ids
            },
        )

    def _why_not(self, file: str) -> IIBError | None:
        """Why a file cannot be indexed; None where it can."""
        if not os.path.lexists(file):
            return NotFound(f"{_shown(file)} does not exist.")
        if not os.path.isfile(file) or not scan.is_media(os.path.basename(file)):
            return InvalidRequest(f"{_shown(file)} is no picture, video or sound.")
        if not self._access.is_under_root(file):
            return InvalidRequest(f"{_shown(file)} lies in no folder of the library: add its folder first.")
        return None


def check_name(raw: str) -> str:
    """The name of a tag or an album, without space around it.

    Raises InvalidRequest for one that is empty, too long or cannot be shown.
    """
    name = raw.strip()
    if not name:
        raise InvalidRequest("The name is empty: give at least one character.")
    if len(name) > TAG_MAX_CHARS:
        raise InvalidRequest(f"The name has {len(name)} characters: at most {TAG_MAX_CHARS} are possible.")
    if CONTROL.search(name):
        raise InvalidRequest("The name contains a line break or another character that cannot be shown.")
    return name


def check_colour(raw: str) -> str:
    """A colour as style sheets write it, or "" for none. Raises InvalidRequest for anything else."""
    if raw and not _COLOUR.fullmatch(raw):
        raise InvalidRequest(f"'{raw[:30]}' is no colour: write #ff8800, rgb(255, 136, 0) or a name.")
    return raw


def _shown(file: str) -> str:
    return "'" + paths.to_text(file[:300]).replace("\n", " ") + "'"
