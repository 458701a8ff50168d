"""The text of each image's prompt. A text is stored once, however many images were made from it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection

from iib_core.db import folders
from iib_core.db.bulk import insert_many, json_ids
from iib_core.db.sqlite import join_ids

# The text id of an image whose prompt has no word.
NONE = 0


@dataclass(frozen=True)
class FolderScope:
    """Some folders of the index; ``folder_ids`` None means all of it."""

    folder_ids: tuple[int, ...] | None = None

    @property
    def sql(self) -> str:
        """A condition on ``i.folder_id``, with one parameter where ``folder_ids`` is not None."""
        return (
            ""
            if self.folder_ids is None
            else "AND +i.folder_id IN (SELECT value FROM json_each(?))"
        )

    @property
    def parameters(self) -> tuple[str, ...]:
        """The parameter of ``sql``."""
        return () if self.folder_ids is None else (json_ids(self.folder_ids),)


class Unread(NamedTuple):
    """An image whose current prompt was not read yet."""

    image_id: int
    indexed_ns: int
    prompt: str


class Item(NamedTuple):
    """A shown image and the id of its text."""

    image_id: int
    prompt_id: int


def find_scope(
    conn: Connection, folder_paths: Iterable[str], visible: Sequence[str] | None, *, recursive: bool
) -> FolderScope:
    """The folders ``folder_paths``, with those below if ``recursive``, as far as they are
    ``visible``; no ``folder_paths`` means everywhere.
    """
    folder_paths = list(folder_paths)
    if not folder_paths and visible is None:
        return FolderScope()
    seen = None if visible is None else folders.find_under(conn, visible)
    if not folder_paths:
        return FolderScope(tuple(sorted(seen or ())))
    folder_ids = folders.find_under(conn, folder_paths)
    if not recursive:
        folder_ids &= {
            location[0]
            for location in folders.find_locations(
                conn, [os.path.join(path, "x") for path in folder_paths]
            ).values()
        }
    return FolderScope(tuple(sorted(folder_ids if seen is None else folder_ids & seen)))


def list_unread(
    conn: Connection, scope: FolderScope, rules: str, after_id: int, limit: int
) -> list[Unread]:
    """Shown images whose text is unknown, by id from ``after_id`` on."""
    rows = conn.exec_driver_sql(
        "SELECT i.id, i.indexed_ns, t.prompt FROM image i CROSS "
        "JOIN image_body t ON t.image_id = i.id "
        "LEFT JOIN image_prompt p ON p.image_id = i.id WHERE i.id > ? AND +i.shown = 1 AND (p.image_id "
        "IS NULL OR p.indexed_ns <> i.indexed_ns "
        f"OR p.rules <> ?) {scope.sql} ORDER BY i.id LIMIT ?",
        (after_id, rules, *scope.parameters, limit),
    )
    return [Unread(*row) for row in rows]


def assign(conn: Connection, rows: Sequence[tuple[int, int, str, str]], rules: str) -> None:
    """Write the texts of images, (image id, indexed_ns, digest, text); an empty text means none."""
    texts = {digest: text for _, _, digest, text in rows if text}
    ids = find_ids(conn, texts)
    new = [digest for digest in texts if digest not in ids]
    first = int(conn.exec_driver_sql("SELECT coalesce(max(id), 0) + 1 FROM prompt").scalar_one())
    insert_many(
        conn,
        "INSERT INTO prompt(id, digest, text)",
        [(number, digest, texts[digest]) for number, digest in enumerate(new, first)],
    )
    ids.update(zip(new, range(first, first + len(new))))
    values = [
        (image_id, ids[digest] if text else NONE, indexed_ns, rules)
        for image_id, indexed_ns, digest, text in rows
    ]
    columns = (
        "prompt_id = excluded.prompt_id, indexed_ns = excluded.indexed_ns, rules = excluded.rules"
    )
    insert_many(
        conn,
        "INSERT INTO image_prompt(image_id, prompt_id, indexed_ns, rules)",
        values,
        f"ON CONFLICT(image_id) DO UPDATE SET {columns}",
    )


def find_ids(conn: Connection, digests: Iterable[str]) -> dict[str, int]:
    """Ids of the stored texts, by digest."""
    rows = conn.exec_driver_sql(
        f"SELECT p.digest, p.id FROM {join_ids('prompt p', 'p.digest')}",
        (json.dumps(list(digests)),),
    )
    return {row[0]: row[1] for row in rows}


def load_items(conn: Connection, scope: FolderScope, rules: str) -> list[Item]:
    """Every shown image whose text is known, by id; those without a word too."""
    rows = conn.exec_driver_sql(
        "SELECT i.id, p.prompt_id FROM image i CROSS JOIN image_prompt p ON p.image_id = i.id AND "
        "p.indexed_ns = i.indexed_ns AND p.rules = ? "
        f"WHERE +i.shown = 1 {scope.sql} ORDER BY i.id",
        (rules, *scope.parameters),
    )
    return [Item(*row) for row in rows]


def list_images(
    conn: Connection, scope: FolderScope, rules: str, prompt_ids: Iterable[int]
) -> list[Item]:
    """The images of some texts, newest first."""
    rows = conn.exec_driver_sql(
        "SELECT i.id, p.prompt_id "
        f"FROM {join_ids('image_prompt p', 'p.prompt_id')} "
        "CROSS JOIN image i ON i.id = p.image_id AND i.indexed_ns = p.indexed_ns "
        f"WHERE p.rules = ? AND +i.shown = 1 {scope.sql} "
        "ORDER BY i.mtime_ns DESC, i.id DESC",
        (json_ids(prompt_ids), rules, *scope.parameters),
    )
    return [Item(*row) for row in rows]


def find_of(conn: Connection, image_id: int, rules: str) -> int:
    """The text id of an image; 0 if it has none or it is unknown."""
    row = conn.exec_driver_sql(
        "SELECT p.prompt_id FROM image_prompt p CROSS JOIN image i ON i.id = p.image_id AND i.indexed_ns "
        "= p.indexed_ns WHERE p.image_id = ? AND p.rules = ?",
        (image_id, rules),
    ).first()
    return int(row[0]) if row else NONE


def load_texts(conn: Connection, prompt_ids: Iterable[int]) -> dict[int, str]:
    """Texts by id."""
    rows = conn.exec_driver_sql(
        f"SELECT p.id, p.text FROM {join_ids('prompt p', 'p.id')}",
        (json_ids(prompt_ids),),
    )
    return {row[0]: row[1] for row in rows}


def list_ids(conn: Connection, rules: str) -> list[int]:
    """Ids of all texts that an image has under these rules."""
    rows = conn.exec_driver_sql(
        "SELECT DISTINCT prompt_id FROM image_prompt WHERE rules = ? AND prompt_id <> 0 ORDER BY prompt_id",
        (rules,),
    )
    return [row[0] for row in rows]


def measure(conn: Connection) -> tuple[int, int, int]:
    """Three cheap numbers that change with nearly every change of the library."""
    shown = conn.exec_driver_sql(
        "SELECT coalesce(sum(count), 0) FROM tag WHERE category = 'media'"
    ).scalar_one()
    newest = conn.exec_driver_sql("SELECT coalesce(max(id), 0) FROM image").scalar_one()
    known = conn.exec_driver_sql("SELECT coalesce(max(image_id), 0) FROM image_prompt").scalar_one()
    return int(shown), int(newest), int(known)


def prune(conn: Connection) -> None:
    """Delete texts that no image has any more, with everything made from them."""
    conn.exec_driver_sql("DELETE FROM image_prompt WHERE image_id NOT IN (SELECT id FROM image)")
    conn.exec_driver_sql("DELETE FROM prompt WHERE id NOT IN (SELECT prompt_id FROM image_prompt)")
    for table in ("embedding", "embedding_failure"):
        conn.exec_driver_sql(f"DELETE FROM {table} WHERE prompt_id NOT IN (SELECT id FROM prompt)")
