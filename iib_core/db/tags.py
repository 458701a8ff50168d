"""Tags and the files that have them.

``auto`` tags are read from the file and replaced whenever it is indexed; ``custom`` tags are the
user's and stay until the user removes them. An album is a tag of the type ``album``, see
``albums.py``; albums are never listed as tags. Counts are of the files that are shown (neither
missing nor hidden), exact after every call.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Select, String, bindparam, delete, func, select, update

from iib_core.db import postgresql_own, text_tags
from iib_core.db.bulk import insert_many, json_ids, json_rows
from iib_core.db.fts import fold
from iib_core.db.sqlite import is_sqlite, join_ids
from iib_core.db.tables import given_tag, mark_change, tag
from iib_core.errors import Conflict, NotFound

CUSTOM = "custom"
AUTO = "auto"
ALBUM = "album"


@dataclass(frozen=True)
class Tag:
    """A tag as clients get it.

    ``type``: custom or auto. ``category``: prompt, model, lora, ..., and custom for the user's.
    """

    id: int
    name: str
    type: str
    color: str
    category: str
    count: int


_COLUMNS = (tag.c.id, tag.c.name, tag.c.type, tag.c.color, tag.c.category, tag.c.count)


def find(conn: Connection, tag_id: int) -> Tag | None:
    """The tag with this id."""
    row = conn.execute(select(*_COLUMNS).where(tag.c.id == tag_id)).first()
    return Tag(*row) if row else None


def get_custom(conn: Connection, tag_id: int) -> Tag:
    """The custom tag with this id. Raises NotFound, for an automatic tag too."""
    custom = find(conn, tag_id) if abs(tag_id) < 2**63 else None
    if custom is None or custom.type != CUSTOM:
        raise NotFound(f"There is no custom tag {tag_id}: it may have been deleted meanwhile.")
    return custom


def find_by_name(conn: Connection, category: str, name: str) -> Tag | None:
    """The tag of this category and name, ignoring case; the category of all custom tags is
    ``custom``.
    """
    row = conn.execute(
        select(*_COLUMNS).where(tag.c.category == category, tag.c.key == fold(name))
    ).first()
    return Tag(*row) if row else None


def list_custom(conn: Connection) -> list[Tag]:
    """Every custom tag, by name."""
    return _tags(
        conn.execute(
            select(*_COLUMNS).where(tag.c.type == CUSTOM).order_by(tag.c.key, tag.c.id)
        ).all()
    )


def list_most_used(conn: Connection, limit: int) -> list[Tag]:
    """The automatic tags with the most files, at most ``limit``; those without files are left out."""
    return _tags(
        conn.execute(
            select(*_COLUMNS)
            .where(tag.c.type == AUTO, tag.c.count > 0)
            .order_by(tag.c.count.desc(), tag.c.id)
            .limit(limit)
        ).all()
    )


def find_like(
    conn: Connection, query: str, category: str, limit: int, most_chars: int | None = None
) -> list[Tag]:
    """Tags whose name contains ``query``, ignoring case: first those that begin with it, most used
    first, then those of the newest files.

    An empty ``query`` or ``category`` means any. Automatic tags without files are left out, and
    prompt words of more than ``most_chars``.
    """
    key = fold(query)
    statement = select(*_COLUMNS).where(
        (tag.c.type == CUSTOM) | ((tag.c.type == AUTO) & (tag.c.count > 0))
    )
    if category:
        statement = statement.where(tag.c.category == category)
    if key:
        statement = statement.where(func.instr(tag.c.key, key) > 0).order_by(
            func.instr(tag.c.key, key) > 1
        )
    if most_chars is not None:
        statement = statement.where(
            (tag.c.category != "prompt") | (func.length(tag.c.name) <= most_chars)
        )
    newest = text_tags.newest(tag.c.id)
    ordered = statement.order_by(tag.c.count.desc(), newest.desc(), tag.c.id)
    return _tags(conn.execute(ordered.limit(limit)).all())


def find_given(conn: Connection, parts: Iterable[str]) -> list[tuple[int, str]]:
    """(id, folded name) of the custom tags and albums whose folded names contain all of ``parts``;
    none where these are empty.
    """
    wanted = list(filter(None, parts))
    if not wanted:
        return []
    rows = conn.execute(_given(len(wanted)), {f"part{at}": part for at, part in enumerate(wanted)})
    return [(row[0], row[1]) for row in rows]


@lru_cache(maxsize=16)
def _given(number: int) -> Select[Any]:
    """The query of ``find_given`` for a number of parts."""
    parts = [bindparam(f"part{at}", type_=String()) for at in range(number)]
    return (
        select(tag.c.id, tag.c.key)
        .where(
            tag.c.category.in_((CUSTOM, ALBUM)),
            *(func.instr(tag.c.key, part) > 0 for part in parts),
        )
        .order_by(tag.c.id)
    )


def create_custom(conn: Connection, name: str, color: str = "") -> Tag:
    """The custom tag of this name, created if there is none. The caller has validated the name."""
    return create(conn, CUSTOM, name, color)


def create(conn: Connection, kind: str, name: str, color: str = "") -> Tag:
    """The tag of this kind, CUSTOM or ALBUM, and name, created if there is none."""
    existing = find_by_name(conn, kind, name)
    if existing:
        return existing
    tag_id = ensure(conn, [(kind, name)])[kind, name]
    conn.execute(update(tag).where(tag.c.id == tag_id).values(type=kind, color=color))
    return Tag(tag_id, name, kind, color, kind, 0)


def change(
    conn: Connection, tag_id: int, *, name: str | None = None, color: str | None = None
) -> None:
    """Change the name or the colour of a custom tag or an album; None keeps it.

    Raises Conflict if another one of its kind has the name.
    """
    if name is not None:
        kind, before = conn.execute(
            select(tag.c.category, tag.c.name).where(tag.c.id == tag_id)
        ).one()
        other = find_by_name(conn, kind, name)
        if other is not None and other.id != tag_id:
            raise Conflict(f"The name '{other.name}' is taken: choose another one.")
        conn.execute(update(tag).where(tag.c.id == tag_id).values(name=name, key=fold(name)))
        _change_kept(conn, kind, before, name)
    if color is not None:
        conn.execute(update(tag).where(tag.c.id == tag_id).values(color=color))


def ensure(conn: Connection, names: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """The id of each (category, name); unknown ones are inserted as automatic tags, as first
    spelled.
    """
    keys = {pair: (pair[0], fold(pair[1])) for pair in names}
    ids = _find_ids(conn, set(keys.values()))
    new: dict[tuple[str, str], str] = {}
    for pair, key in keys.items():
        if key not in ids:
            new.setdefault(key, pair[1])
    if new:
        first = (conn.execute(select(func.max(tag.c.id))).scalar() or 0) + 1
        ids.update(zip(new, range(first, first + len(new))))
        rows = [(ids[key], AUTO, key[0], name, key[1]) for key, name in new.items()]
        insert_many(conn, "INSERT INTO tag(id, type, category, name, key)", rows)
    return {pair: ids[key] for pair, key in keys.items()}


def _find_ids(conn: Connection, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
    asked = list(keys)
    # In one row, as ``int_columns.read_columns`` does: row after row would take turns with the
    # threads that read pictures.
    numbers, ids = conn.exec_driver_sql(
        "SELECT json_group_array(x.key), json_group_array(t.id) FROM json_each(?) x "
        "CROSS JOIN tag t ON t.category = json_extract(x.value, '$[0]') AND t.key = "
        "json_extract(x.value, '$[1]')",
        (json_rows(asked),),
    ).one()
    return {asked[number]: tag_id for number, tag_id in zip(json.loads(numbers), json.loads(ids))}


def assign(conn: Connection, tag_id: int, image_ids: Iterable[int]) -> int:
    """Give a custom tag to images. Returns how many did not have it."""
    ids = json_ids(image_ids)
    before = _count_shown(conn, tag_id, ids)
    added = conn.exec_driver_sql(
        "INSERT OR IGNORE INTO image_tag(tag_id, mtime_ns, image_id, custom) "
        "SELECT ?, i.mtime_ns, i.id, 1 "
        f"FROM {join_ids('image i', 'i.id')} "
        "ORDER BY 2, 3",
        (tag_id, ids),
    ).rowcount
    _add_to_counts(conn, {tag_id: _count_shown(conn, tag_id, ids) - before})
    return int(added)


def assign_named(conn: Connection, wanted: Iterable[tuple[str, int]]) -> None:
    """Give custom tags to images, as (tag name, image id); tags that do not exist yet are created."""
    image_ids: dict[str, list[int]] = {}
    for name, image_id in wanted:
        image_ids.setdefault(name, []).append(image_id)
    for name, ids in image_ids.items():
        assign(conn, create_custom(conn, name).id, ids)


def unassign(conn: Connection, tag_id: int, image_ids: Iterable[int]) -> int:
    """Remove a custom tag from images. Returns how many had it."""
    ids = json_ids(image_ids)
    shown = _count_shown(conn, tag_id, ids)
    removed = conn.exec_driver_sql(
        "DELETE FROM image_tag "
        "WHERE custom = 1 AND tag_id = ? AND (mtime_ns, image_id) IN (SELECT i.mtime_ns, i.id "
        f"FROM {join_ids('image i', 'i.id')})",
        (tag_id, ids),
    ).rowcount
    _add_to_counts(conn, {tag_id: -shown})
    return int(removed)


def remove(conn: Connection, tag_id: int) -> None:
    """Delete a custom tag or an album and remove it from every image, and from kept marks."""
    removed = find(conn, tag_id)
    if removed is not None:
        _change_kept(conn, removed.type, removed.name, None)
    conn.exec_driver_sql("DELETE FROM image_tag WHERE custom = 1 AND tag_id = ?", (tag_id,))
    conn.execute(delete(given_tag).where(given_tag.c.tag_id == tag_id))
    # Its id may be given again.
    conn.execute(update(mark_change).where(mark_change.c.tag_id == tag_id).values(tag_id=None))
    conn.execute(delete(tag).where(tag.c.id == tag_id, tag.c.type.in_((CUSTOM, ALBUM))))


def merge(conn: Connection, tag_id: int, into: Tag) -> None:
    """Give the images of a custom tag another one in its place, also in kept marks, and delete it."""
    merged = get_custom(conn, tag_id)
    rows = conn.exec_driver_sql(
        "SELECT image_id FROM image_tag WHERE custom = 1 AND tag_id = ?", (tag_id,)
    )
    assign(conn, into.id, [row[0] for row in rows])
    _change_kept(conn, CUSTOM, merged.name, into.name)
    remove(conn, tag_id)


def _change_kept(conn: Connection, kind: str, name: str, new: str | None) -> None:
    """Rename a tag in the marks kept for files that are not indexed, or remove it (None)."""
    column, member = ("albums", "e.key") if kind == ALBUM else ("tags", "e.value")
    if not is_sqlite(conn):
        postgresql_own.change_kept(conn, column, name, new)
        return
    pack = (
        f"json_group_object(iif({member} = ?, ?, {member}), e.value)"
        if kind == ALBUM
        else f"json_group_array(DISTINCT iif({member} = ?, ?, {member}))"
    )
    conn.exec_driver_sql(
        f"UPDATE kept SET {column} = (SELECT {pack} FROM json_each({column}) e WHERE ? IS NOT NULL OR "
        f"{member} <> ?) "
        f"WHERE EXISTS (SELECT 1 FROM json_each({column}) e WHERE {member} = ?)",
        (name, new, new, name, name),
    )


def list_custom_of(conn: Connection, image_ids: Iterable[int]) -> dict[int, list[Tag]]:
    """The custom tags of images by image id; images without any are left out."""
    rows = conn.exec_driver_sql(
        "SELECT it.image_id, t.id, t.name, t.type, t.color, t.category, t.count "
        f"FROM {join_ids('image_tag it', 'it.image_id')} AND it.custom = 1 "
        "CROSS JOIN tag t ON t.id = it.tag_id AND t.type = 'custom' "
        "ORDER BY t.key, t.id",
        (json_ids(image_ids),),
    )
    tags_of: dict[int, list[Tag]] = {}
    for row in rows:
        tags_of.setdefault(row[0], []).append(Tag(*row[1:]))
    return tags_of


def list_of(conn: Connection, image_ids: Iterable[int]) -> dict[int, list[Tag]]:
    """All tags of images by image id, custom ones first, then the automatic tags in the order in
    which they were derived.
    """
    ids = list(image_ids)
    tags_of = list_custom_of(conn, ids)
    rows = conn.exec_driver_sql(
        "SELECT s.image_id, t.id, t.name, t.type, t.color, t.category, t.count "
        f"FROM {join_ids('image_body s', 's.image_id')} "
        "CROSS JOIN json_each(s.auto_tags) a "
        "CROSS JOIN tag t ON t.id = a.value "
        "ORDER BY s.image_id, a.key",
        (json_ids(ids),),
    )
    for row in rows:
        tags_of.setdefault(row[0], []).append(Tag(*row[1:]))
    return tags_of


# The functions below are for images.py, which updates the tags of the rows it writes.


def remove_custom(conn: Connection, image_ids: Iterable[int]) -> None:
    """Remove all custom tags and albums from images that are about to be deleted."""
    ids = json_ids(image_ids)
    conn.exec_driver_sql(
        "DELETE FROM album_order "
        "WHERE (tag_id, image_id) IN (SELECT it.tag_id, it.image_id "
        f"FROM {join_ids('image_tag it', 'it.image_id')} AND it.custom = 1)",
        (ids,),
    )
    conn.exec_driver_sql(
        "DELETE FROM image_tag WHERE custom = 1 AND image_id IN (SELECT value FROM json_each(?))",
        (ids,),
    )
    conn.exec_driver_sql(
        "DELETE FROM changed_mark WHERE image_id IN (SELECT value FROM json_each(?))", (ids,)
    )


def follow_dates(conn: Connection, image_ids: Iterable[int]) -> None:
    """Update the date in the custom tags of images to the images' present mtime."""
    conn.exec_driver_sql(
        "UPDATE image_tag SET mtime_ns = (SELECT mtime_ns FROM image WHERE id = image_id) WHERE custom = "
        "1 AND image_id IN (SELECT value FROM json_each(?))",
        (json_ids(image_ids),),
    )


def add_counts_of(conn: Connection, image_ids: Iterable[int], sign: int) -> None:
    """Add ``sign`` to the count of each tag for each of these images that is shown."""
    ids = json_ids(image_ids)
    shown = f"FROM {join_ids('image i', 'i.id')} AND i.shown = 1 CROSS JOIN"
    conn.exec_driver_sql(
        "UPDATE tag SET count = count + ? * n.files FROM (SELECT tag_id, count(*) AS files FROM ("
        f"SELECT t.tag_id AS tag_id {shown} image_tag t ON t.image_id = i.id AND t.custom = 1 UNION ALL "
        f"SELECT t.value {shown} image_body s ON s.image_id = i.id CROSS JOIN json_each(s.auto_tags) t) "
        "GROUP BY tag_id) n WHERE tag.id = n.tag_id",
        (sign, ids, ids),
    )


def _add_to_counts(conn: Connection, changes: Mapping[int, int]) -> None:
    rows = [(tag_id, change) for tag_id, change in changes.items() if change]
    conn.exec_driver_sql(
        "UPDATE tag SET count = count + json_extract(x.value, '$[1]') FROM json_each(?) x WHERE tag.id = "
        "json_extract(x.value, '$[0]')",
        (json_rows(rows),),
    )


def _count_shown(conn: Connection, tag_id: int, ids: str) -> int:
    return int(
        conn.exec_driver_sql(
            "SELECT count(*) FROM (SELECT DISTINCT value FROM json_each(?)) x CROSS JOIN image i ON i.id "
            "= x.value AND i.shown = 1 "
            "CROSS JOIN image_tag t ON t.tag_id = ? AND t.mtime_ns = i.mtime_ns AND t.image_id = i.id",
            (ids, tag_id),
        ).scalar_one()
    )


def _tags(rows: Iterable[Any]) -> list[Tag]:
    return [Tag(*row) for row in rows]
