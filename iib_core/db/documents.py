"""Documents of the text index: which images each is for, and the writes that keep the index
consistent with ``image_body``.

Images of one text whose ids follow each other share a document, as those of a burst that were
written together do: nearly all of their trigrams are the same, and are stored once. Such a document
has the id of its first image, and ``shared_document`` says for how many it is. Any other image has a
document of its own, under its id; in a database older than this all have, and ``merge_some`` joins
those of one text, a batch at a time. On PostgreSQL, which compares the texts themselves, all have
one of their own for good.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, NamedTuple

from sqlalchemy import Connection, Integer, Select, column, func, literal, select, table

from iib_core.db import postgresql_own
from iib_core.db.bulk import insert_many, json_ids
from iib_core.db.fts import Body, Parts, indexed
from iib_core.db.spelled import Spelled
from iib_core.db.sqlite import is_sqlite, join_ids, matches_text, unindexed
from iib_core.db.tables import image_text, shared_document

# A document has the numbers of all its images, as of seeds and names: with more images it would be
# named for nearly any short number.
_MOST_FILES = 4
_INDEX = table("image_fts", column("rowid", Integer))
_FIRST = _INDEX.c.rowid
_NO_PARTS = Parts("", "")
# For how many images a document is.
_FILES = func.coalesce(
    select(shared_document.c.files)
    .where(shared_document.c.id == _FIRST)
    .correlate(_INDEX)
    .scalar_subquery(),
    1,
)


class Indexed(NamedTuple):
    """An image, the id of its text, and what the index has of it."""

    image_id: int
    text_id: int
    parts: Parts


def add(conn: Connection, rows: Iterable[Indexed]) -> None:
    """Index images, those of one text that are written together in one document.

    Fastest in ascending order of ids, because FTS5 flushes whenever an id is smaller than the last.
    """
    if not is_sqlite(conn):
        postgresql_own.add(conn, [(row.image_id, row.parts) for row in rows])
        return
    _add(conn, _group(rows, _MOST_FILES))


def add_stored(conn: Connection, ids: Iterable[int]) -> None:
    """Index images by what is in their tables."""
    add(conn, _load(conn, ids))


def remove(conn: Connection, ids: Iterable[int]) -> None:
    """Remove images from the index; their name and text must still be in their tables as they were
    indexed. What is left of a document becomes one or two others.
    """
    gone = set(ids)
    if not is_sqlite(conn):
        postgresql_own.remove(conn, list(gone))
        return
    shared = _find_shared(conn, gone)
    members = set(chain(*shared))
    rows = {row.image_id: row for row in _load(conn, gone | members)}
    alone = [[row] for row in rows.values() if row.image_id not in members]
    _remove(conn, sorted([*alone, *([rows[image_id] for image_id in ids] for ids in shared)]))
    add(conn, [rows[image_id] for image_id in members - gone])


def images_matching(expression: str) -> Select[Any]:
    """The ids that the text index names for an expression of ``fts.match_all``."""
    # With a plus, or SQLite asks the index again for each image.
    first = unindexed(_FIRST)
    is_member = Spelled(
        image_text.c.image_id.between(first, first + _FILES - 1), image_text.c.image_id == _FIRST
    )
    return select(image_text.c.image_id).where(matches_text(expression), is_member)


def documents_matching(
    expression: str, low: int | None = None, high: int | None = None
) -> Select[Any]:
    """The same by document: the first id, and how many. With bounds only documents that are for an
    image between them, or for one just before.
    """
    query = select(_FIRST, Spelled(_FILES, literal(1))).where(matches_text(expression))
    if low is None or high is None:
        return query
    may_be_for = _FIRST.between(low - _MOST_FILES, high)
    return query.where(Spelled(may_be_for, postgresql_own.is_between(low, high, expression)))


def matching_sql(conn: Connection, expression: str) -> tuple[str, tuple[str, ...]]:
    """``images_matching`` as a subquery of raw SQL, and its parameters."""
    if not is_sqlite(conn):
        condition, parameters = postgresql_own.condition_sql(expression)
        return f"(SELECT rowid FROM image_fts WHERE {condition})", parameters
    files = "coalesce((SELECT d.files FROM shared_document d WHERE d.id = image_fts.rowid), 1)"
    return (
        "(SELECT b.image_id FROM image_fts CROSS JOIN image_text b ON b.image_id "
        f"BETWEEN +image_fts.rowid AND image_fts.rowid + {files} - 1 WHERE image_fts MATCH ?)",
        (expression,),
    )


def has_unmerged(conn: Connection) -> bool:
    """Whether there are images that ``merge_some`` has not looked at."""
    query = "SELECT EXISTS (SELECT 1 FROM unmerged_documents)"
    return bool(conn.exec_driver_sql(query).scalar_one())


def merge_some(conn: Connection, number: int) -> int:
    """Join the documents of up to ``number`` images of an older database, whose texts must be merged.
    Returns how many images these were; 0 at the end.
    """
    waiting = conn.exec_driver_sql(
        "SELECT b.image_id, b.text_id FROM unmerged_documents u "
        "CROSS JOIN image_text b ON b.image_id <= u.up_to ORDER BY b.image_id DESC LIMIT ?",
        (number,),
    )
    found = [Indexed(image_id, text_id, _NO_PARTS) for image_id, text_id in waiting]
    members = set(chain(*_find_shared(conn, [row.image_id for row in found])))
    groups = _group((row for row in found if row.image_id not in members), _MOST_FILES)
    ids = [row.image_id for group in groups if len(group) > 1 for row in group]
    rows = _load(conn, ids)
    _remove(conn, [[row] for row in rows])
    add(conn, rows)
    conn.exec_driver_sql("DELETE FROM unmerged_documents")
    if found:
        before = min(row.image_id for row in found) - 1
        conn.exec_driver_sql("INSERT INTO unmerged_documents(up_to) VALUES (?)", (before,))
    return len(found)


def _group(rows: Iterable[Indexed], most: int) -> list[list[Indexed]]:
    """The rows of each document, in ascending order."""
    groups: list[list[Indexed]] = []
    for row in sorted(rows):
        if groups and len(groups[-1]) < most and _follows(groups[-1][-1], row):
            groups[-1].append(row)
        else:
            groups.append([row])
    return groups


def _follows(last: Indexed, row: Indexed) -> bool:
    return row.text_id == last.text_id and row.image_id == last.image_id + 1


def _add(conn: Connection, groups: Sequence[Sequence[Indexed]]) -> None:
    rows = [(group[0].image_id, _join(group)) for group in groups]
    insert_many(conn, "INSERT INTO image_fts(rowid, text)", rows)
    shared = [(group[0].image_id, len(group)) for group in groups if len(group) > 1]
    insert_many(conn, "INSERT INTO shared_document(id, files)", shared)


def _remove(conn: Connection, groups: Sequence[Sequence[Indexed]]) -> None:
    insert_many(
        conn,
        "INSERT INTO image_fts(image_fts, rowid, text)",
        [("delete", group[0].image_id, _join(group)) for group in groups],
    )
    conn.exec_driver_sql(
        "DELETE FROM shared_document WHERE id IN (SELECT value FROM json_each(?))",
        (json_ids(group[0].image_id for group in groups),),
    )


def _join(group: Iterable[Indexed]) -> str:
    """The text of a document."""
    return "".join(row.parts.joined for row in group)


def _find_shared(conn: Connection, ids: Iterable[int]) -> list[range]:
    """The ids of each shared document that is for one of these images."""
    rows = conn.exec_driver_sql(
        "SELECT DISTINCT d.id, d.files FROM json_each(?) x CROSS JOIN shared_document d ON d.id = "
        "(SELECT max(o.id) FROM shared_document o WHERE o.id <= x.value) AND x.value < d.id + d.files "
        "ORDER BY d.id",
        (json_ids(ids),),
    )
    return [range(first, first + files) for first, files in rows]


def _load(conn: Connection, ids: Iterable[int]) -> list[Indexed]:
    """What the index has of images, in the order of their ids."""
    rows = conn.exec_driver_sql(
        "SELECT i.id, b.text_id, i.name, t.text, t.prompt_at, t.prompt_chars, t.names "
        f"FROM {join_ids('image i', 'i.id')} CROSS JOIN image_text b ON b.image_id = i.id "
        "CROSS JOIN image_body t ON t.image_id = i.id ORDER BY i.id",
        (json_ids(ids),),
    )
    return [Indexed(row[0], row[1], indexed(row[2], Body(*row[3:]))) for row in rows.all()]
