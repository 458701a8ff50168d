"""Changes of marks that can be undone: which files got a tag or lost it, and which rating they had.

What is recorded is what a change is about to change, so that undoing it leaves alone what was there
before. The last changes are kept.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from iib_core import actor
from iib_core.db import albums, places, postgresql_own, tags
from iib_core.db.bulk import json_ids
from iib_core.db.fts import as_text
from iib_core.db.sqlite import is_sqlite, join_ids
from iib_core.db.tables import changed_mark, kept, mark_change
from iib_core.db.tags import Tag
from iib_core.errors import NotFound

KEPT_CHANGES = 100

_GIVEN = "given"
_REMOVED = "removed"
_RATED = "rated"


@dataclass(frozen=True)
class Change:
    """A change that can be undone by its id, and how many files it changes."""

    id: str
    count: int


@dataclass(frozen=True)
class ListedChange:
    """A change by its first part.

    ``kind``: given, removed or rated. ``tag_type`` and ``name``: of the tag or album. ``count``: the
    files whose marks it changed. ``user_name``: who made it, "" if that is not known;
    ``machine``: where; ``created_ns``: when, 0 if that is not known.
    """

    id: str
    kind: str
    tag_type: str
    name: str
    rating: int | None
    user_name: str
    machine: str
    created_ns: int
    count: int
    is_undone: bool

    @property
    def about(self) -> str:
        """What kind of mark was changed: tag, album or rating."""
        if self.kind == _RATED:
            return "rating"
        return "album" if self.tag_type == tags.ALBUM else "tag"


class Recorder:
    """Records one change, part by part, each before it is made. All in the caller's transaction."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self._id = uuid.uuid4().hex
        self._count = 0
        _forget_old(conn)

    def give(self, tag_id: int, image_ids: Iterable[int]) -> None:
        """These images are about to get a tag or an album."""
        self._record(
            self._add_part(_GIVEN, _get(self._conn, tag_id)),
            f"SELECT ?, i.id, NULL FROM {join_ids('image i', 'i.id')} WHERE NOT EXISTS "
            "(SELECT 1 FROM image_tag t WHERE t.tag_id = ? AND t.mtime_ns = i.mtime_ns "
            "AND t.image_id = i.id)",
            (json_ids(image_ids), tag_id),
        )

    def remove(self, tag_id: int, image_ids: Iterable[int]) -> None:
        """These images are about to lose a tag or an album."""
        self._record(
            self._add_part(_REMOVED, _get(self._conn, tag_id)),
            f"SELECT ?, it.image_id, o.position FROM {join_ids('image_tag it', 'it.image_id')} "
            "AND it.custom = 1 AND it.tag_id = ? LEFT JOIN album_order o "
            "ON o.tag_id = it.tag_id AND o.image_id = it.image_id WHERE true",
            (json_ids(image_ids), tag_id),
        )

    def delete(self, tag_id: int) -> None:
        """A tag or an album is about to be deleted."""
        removed = _get(self._conn, tag_id)
        self._record(
            self._add_part(_REMOVED, removed, _kept_with(self._conn, removed)),
            "SELECT ?, it.image_id, o.position FROM image_tag it LEFT JOIN album_order o "
            "ON o.tag_id = it.tag_id AND o.image_id = it.image_id "
            "WHERE it.custom = 1 AND it.tag_id = ?",
            (tag_id,),
        )

    def merge(self, tag_id: int, into_id: int) -> None:
        """A tag is about to be merged into another one."""
        merged, into = _get(self._conn, tag_id), _get(self._conn, into_id)
        had = _kept_with(self._conn, into)
        lacking = {path: 0 for path in _kept_with(self._conn, merged) if path not in had}
        self._record(
            self._add_part(_GIVEN, into, lacking),
            "SELECT ?, it.image_id, NULL FROM image_tag it WHERE it.custom = 1 AND it.tag_id = ? "
            "AND NOT EXISTS (SELECT 1 FROM image_tag t WHERE t.tag_id = ? "
            "AND t.mtime_ns = it.mtime_ns AND t.image_id = it.image_id)",
            (tag_id, into_id),
        )
        self.delete(tag_id)

    def rate(self, image_ids: Iterable[int], rating: int) -> None:
        """These images are about to get a rating; 0 is none."""
        self._record(
            self._add_part(_RATED, None, rating=rating),
            f"SELECT ?, i.id, coalesce(i.rating, 0) FROM {join_ids('image i', 'i.id')} "
            "WHERE coalesce(i.rating, 0) <> ?",
            (json_ids(image_ids), rating),
        )

    def finish(self) -> Change:
        """The change, with all parts."""
        return Change(self._id, self._count)

    def _add_part(
        self,
        kind: str,
        about: Tag | None,
        positions: Mapping[str, int] | None = None,
        *,
        rating: int | None = None,
    ) -> int:
        row = {
            "change_id": self._id,
            "kind": kind,
            "tag_id": about and about.id,
            "tag_type": about.type if about else "",
            "name": about.name if about else "",
            "color": about.color if about else "",
            "rating": rating,
            "kept": {
                places.stored(self._conn, path): position
                for path, position in (positions or {}).items()
            },
            "user_name": actor.user(),
            "machine": actor.machine(),
            "created_ns": time.time_ns(),
        }
        inserted = self._conn.execute(insert(mark_change).values(row)).inserted_primary_key
        assert inserted is not None
        return int(inserted[0])

    def _record(self, part: int, rows: str, values: tuple[Any, ...]) -> None:
        self._count += self._conn.exec_driver_sql(
            f"INSERT OR IGNORE INTO changed_mark(part_id, image_id, before) {rows}", (part, *values)
        ).rowcount


def list_newest(conn: Connection, user: str | None = None) -> list[ListedChange]:
    """The last changes, newest first; with ``user`` only those of that name."""
    condition, values = ("", ()) if user is None else (" AND m.user_name = ?", (user,))
    rows = conn.exec_driver_sql(
        "SELECT m.change_id, m.kind, m.tag_type, m.name, m.rating, m.user_name, m.machine, "
        "m.created_ns, (SELECT count(DISTINCT c.image_id) FROM mark_change p JOIN changed_mark c "
        "ON c.part_id = p.id WHERE p.change_id = m.change_id), m.is_undone FROM mark_change m WHERE m.id IN "
        f"(SELECT min(id) FROM mark_change GROUP BY change_id){condition} ORDER BY m.id DESC",
        values,
    )
    return [ListedChange(*(*row[:-1], bool(row[-1]))) for row in rows]


def undo(conn: Connection, change_id: str) -> int:
    """Undo a change. Returns how many marks of files were changed.

    What has been changed again since then stays. Raises NotFound.
    """
    parts = conn.execute(
        select(mark_change)
        .where(mark_change.c.change_id == as_text(change_id))
        .order_by(mark_change.c.id.desc())
    ).all()
    if not parts:
        raise NotFound("This change cannot be undone any more: others were made since then.")
    if parts[0].is_undone:
        raise NotFound("This change has been undone already.")
    ways = {_GIVEN: _undo_given, _REMOVED: _undo_removed, _RATED: _undo_rated}
    count = sum(ways[part.kind](conn, part) for part in parts)
    undone = update(mark_change).where(mark_change.c.change_id == parts[0].change_id)
    conn.execute(undone.values(is_undone=1))
    return count


def _undo_given(conn: Connection, part: Row[Any]) -> int:
    if part.tag_id is None:
        return 0
    ids = list(_before_by_id(conn, part.id))
    if part.tag_type == tags.ALBUM:
        albums.remove(conn, part.tag_id, ids)
    else:
        tags.unassign(conn, part.tag_id, ids)
    _change_kept(conn, part, has=False)
    return len(ids)


def _undo_removed(conn: Connection, part: Row[Any]) -> int:
    before = _before_by_id(conn, part.id)
    if part.tag_type == tags.ALBUM:
        tag_id = part.tag_id or albums.ensure(conn, part.name)
        albums.put_back(conn, tag_id, before)
    else:
        tag_id = part.tag_id or tags.create_custom(conn, part.name, part.color).id
        tags.assign(conn, tag_id, before)
    _change_kept(conn, part, has=True)
    return len(before)


def _undo_rated(conn: Connection, part: Row[Any]) -> int:
    return int(
        conn.exec_driver_sql(
            "UPDATE image SET rating = nullif(m.before, 0) FROM changed_mark m "
            "WHERE m.part_id = ? AND image.id = m.image_id AND coalesce(image.rating, 0) = ?",
            (part.id, part.rating),
        ).rowcount
    )


def _before_by_id(conn: Connection, part: int) -> dict[int, int]:
    """What was before, by id of the images that are still there."""
    rows = conn.exec_driver_sql(
        "SELECT m.image_id, coalesce(m.before, 0) FROM changed_mark m WHERE m.part_id = ?", (part,)
    )
    return {row[0]: row[1] for row in rows}


def _get(conn: Connection, tag_id: int) -> Tag:
    found = tags.find(conn, tag_id)
    assert found is not None, "the caller has looked"
    return found


def _kept_with(conn: Connection, given: Tag) -> dict[str, int]:
    """Positions by path of the kept marks that have a tag or an album."""
    column, member, position = (
        ("albums", "e.key", "e.value") if given.type == tags.ALBUM else ("tags", "e.value", "0")
    )
    if not is_sqlite(conn):
        return postgresql_own.kept_with(conn, column, given.name)
    rows = conn.exec_driver_sql(
        f"SELECT k.path, {position} FROM kept k, json_each(k.{column}) e WHERE {member} = ?",
        (given.name,),
    )
    return {row[0]: row[1] for row in rows}


def _change_kept(conn: Connection, part: Row[Any], *, has: bool) -> None:
    """Add the tag or album of a part to the kept marks that it names, or remove it."""
    is_album = part.tag_type == tags.ALBUM
    column = kept.c.albums if is_album else kept.c.tags
    for path, position in part.kept.items():
        given = conn.execute(select(column).where(kept.c.path == path)).scalar()
        if given is None:
            continue
        others = [name for name in given if name != part.name]
        if is_album:
            positions = {name: given[name] for name in others}
            changed: Any = {**positions, part.name: position} if has else positions
        else:
            changed = [*others, part.name] if has else others
        conn.execute(update(kept).where(kept.c.path == path).values({column: changed}))


def _forget_old(conn: Connection) -> None:
    rows = conn.exec_driver_sql(
        "SELECT change_id FROM mark_change GROUP BY change_id ORDER BY max(id) DESC "
        "LIMIT ? OFFSET ?",
        (2**63 - 1, KEPT_CHANGES - 1),
    )
    _forget(conn, [row[0] for row in rows])


def _forget(conn: Connection, change_ids: list[str]) -> None:
    parts = select(mark_change.c.id).where(mark_change.c.change_id.in_(change_ids))
    conn.execute(delete(changed_mark).where(changed_mark.c.part_id.in_(parts)))
    conn.execute(delete(mark_change).where(mark_change.c.change_id.in_(change_ids)))
