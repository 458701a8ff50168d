"""Criteria about what models think of pictures, their scores and tags, as SQL."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, exists, select

from iib_core.db import machine_tags
from iib_core.db.search.names import Names
from iib_core.db.sqlite import values_of
from iib_core.db.tables import image, image_machine_tag, score
from iib_core.search.criteria import HasMachineTag, HasScore


def has_score(_: Names, leaf: HasScore) -> ColumnElement[bool]:
    """Whether an image has a score of the kind in the range."""
    held = score.alias()
    return exists(select(held.c.value).where(held.c.image_id == image.c.id, *_scored(held, leaf)))


def images_with_score(_: Names, leaf: HasScore) -> Select[Any]:
    """The ids of these images."""
    held = score.alias()
    return select(held.c.image_id).where(*_scored(held, leaf))


def sorted_score(kind: str) -> ColumnElement[Any]:
    """The score of an image."""
    held = score.alias()
    query = select(held.c.value).where(held.c.kind == kind, held.c.image_id == image.c.id)
    return query.scalar_subquery()


def find_machine_tags(conn: Connection, leaf: HasMachineTag) -> list[int]:
    """The ids of the tags of a leaf."""
    return machine_tags.find_ids(conn, leaf.name)


def has_machine_tag(names: Names, leaf: HasMachineTag) -> ColumnElement[bool]:
    """Whether a model gave an image the tag, with a confidence in the range."""
    return image.c.id.in_(images_with_machine_tag(names, leaf))


def images_with_machine_tag(names: Names, leaf: HasMachineTag) -> Select[Any]:
    """The ids of these images."""
    link = image_machine_tag.alias()
    return select(link.c.image_id).where(
        link.c.tag_id.in_(values_of(names.ids[leaf])),
        *_within(link.c.confidence, leaf.low, leaf.high),
    )


def _scored(held: Any, leaf: HasScore) -> list[ColumnElement[bool]]:
    return [held.c.kind == leaf.kind, *_within(held.c.value, leaf.low, leaf.high)]


def _within(
    column: ColumnElement[Any], low: float | None, high: float | None
) -> list[ColumnElement[bool]]:
    limits = []
    if low is not None:
        limits.append(column >= float(low))
    if high is not None:
        limits.append(column <= float(high))
    return limits
