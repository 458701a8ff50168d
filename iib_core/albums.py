"""Albums: creates, renames and deletes them. Which files an album holds is a mark, see ``index``."""

from __future__ import annotations

from iib_core.db import albums
from iib_core.db.albums import Album
from iib_core.db.engine import Database
from iib_core.db.mark_changes import Change, Recorder
from iib_core.index.marks import validate_name


class Albums:
    """The albums of one library."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def list_all(self) -> list[Album]:
        """All albums, by name."""
        with self._db.read() as conn:
            return albums.list_all(conn)

    def create(self, name: str) -> Album:
        """A new, empty album. Raises InvalidRequest for an unusable name, Conflict if the name is
        taken.
        """
        name = validate_name(name)
        with self._db.write() as conn:
            return albums.create(conn, name)

    def rename(self, album_id: int, name: str) -> Album:
        """The renamed album. Raises NotFound, InvalidRequest and Conflict as ``create``."""
        name = validate_name(name)
        with self._db.write() as conn:
            return albums.rename(conn, album_id, name)

    def delete(self, album_id: int, *, undoable: bool = False) -> Change | None:
        """Delete an album; its files stay in their folders. Raises NotFound.

        Returns the change, if it is ``undoable``.
        """
        with self._db.write() as conn:
            albums.get(conn, album_id)
            recorder = Recorder(conn) if undoable else None
            if recorder:
                recorder.delete(album_id)
            albums.delete(conn, album_id)
            return recorder.finish() if recorder else None
