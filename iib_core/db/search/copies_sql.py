"""The criterion about exact copies as SQL."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from iib_core.db.search.names import Names
from iib_core.db.tables import content_hash, image
from iib_core.search.criteria import HasExactCopy


def has_copy(names: Names, leaf: HasExactCopy) -> ColumnElement[bool]:
    """Whether another file that is shown is known to hold the same bytes."""
    return image.c.id.in_(images_with_copy(names, leaf))


def images_with_copy(_: Names, __: HasExactCopy) -> Select[Any]:
    """The ids of all files with a copy."""
    one, other = _hashed().subquery(), _hashed().subquery()
    repeated = select(other.c.digest).group_by(other.c.digest).having(func.count() > 1)
    return select(one.c.image_id).where(one.c.digest.in_(repeated))


def _hashed() -> Select[Any]:
    """The hashes of files that are shown and are as they were when they were read."""
    held, file = content_hash.alias(), image.alias()
    return select(held.c.image_id, held.c.digest).where(
        file.c.id == held.c.image_id,
        file.c.shown == 1,
        file.c.mtime_ns == held.c.mtime_ns,
        file.c.size_bytes == held.c.size_bytes,
    )
