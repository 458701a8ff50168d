"""Captions: what a list of files says about each of them, beside its name and size."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection

from iib_core.db import images
from iib_core.db.bulk import json_ids
from iib_core.db.sqlite import join_ids
from iib_core.db.texts import MARK

# Characters of a prompt: more than a line of a wide screen shows.
PROMPT_CHARS = 240


@dataclass(frozen=True)
class Caption:
    """The start of a file's prompt, on one line, its model and its seed."""

    prompt: str
    model: str
    seed: int | None


def load(conn: Connection, paths: Iterable[str]) -> dict[str, Caption]:
    """Captions by path, of those of ``paths`` that are indexed."""
    ids = images.find_ids(conn, paths)
    rows = conn.exec_driver_sql(
        "SELECT i.id, i.model, i.seed, substr(b.prompt, 1, ?), b.own "
        f"FROM {join_ids('image i', 'i.id')} LEFT JOIN image_body b ON b.image_id = i.id",
        (PROMPT_CHARS, json_ids(ids.values())),
    )
    captions = {row[0]: _caption(*row[1:]) for row in rows}
    return {path: captions[image_id] for path, image_id in ids.items() if image_id in captions}


def _caption(model: str | None, seed: int | None, prompt: str | None, own: str | None) -> Caption:
    text = (prompt or "").replace(MARK, own or MARK)
    return Caption(" ".join(text.split()), model or "", None if seed is None else seed % 2**64)
