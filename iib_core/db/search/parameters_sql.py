"""Criteria about parameters, and orders by them, as SQL."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, select
from sqlalchemy.types import NullType

from iib_core.db import parameters
from iib_core.db.fts import fold
from iib_core.db.search.gaps import matches_gaps
from iib_core.db.search.names import Names
from iib_core.db.sqlite import number_or_text, values_of
from iib_core.db.tables import image, image_parameter, parameter_name, parameter_value
from iib_core.search.criteria import HasParameter


def find_names(conn: Connection, leaf: HasParameter) -> list[int]:
    """The ids of the names of a leaf."""
    return parameters.find_name_ids(conn, leaf.names)


def has_parameter(names: Names, leaf: HasParameter) -> ColumnElement[bool]:
    """The condition of a leaf: by the file's own parameters, or by the list of the values' files."""
    if names.lists_all:
        return image.c.id.in_(images_with_parameter(names, leaf))
    link, value = image_parameter.alias(), parameter_value.alias()
    conditions = [link.c.image_id == image.c.id, link.c.name_id.in_(values_of(names.ids[leaf]))]
    if not _is_about_value(leaf):
        return exists(select(link.c.value_id).where(*conditions))
    conditions += [value.c.id == link.c.value_id, *_value_conditions(value, leaf)]
    return exists(select(link.c.value_id).where(*conditions))


def images_with_parameter(names: Names, leaf: HasParameter) -> Select[Any]:
    """The ids of the files of a leaf; an id may occur more than once."""
    link, value = image_parameter.alias(), parameter_value.alias()
    return select(link.c.image_id).where(
        value.c.name_id.in_(values_of(names.ids[leaf])),
        *_value_conditions(value, leaf),
        link.c.value_id == value.c.id,
    )


def sorted_value(names: Iterable[str]) -> ColumnElement[Any]:
    """The lowest value of a file in the parameters of these names: numbers, then texts."""
    link, value, name = image_parameter.alias(), parameter_value.alias(), parameter_name.alias()
    keys = [parameters.key(one) for one in names]
    ids = select(name.c.id).where(name.c.key.in_(keys))
    lowest = func.min(number_or_text(value.c.number, value.c.key), type_=NullType())
    query = select(lowest).where(
        link.c.image_id == image.c.id, link.c.name_id.in_(ids), value.c.id == link.c.value_id
    )
    return query.scalar_subquery()


def _is_about_value(leaf: HasParameter) -> bool:
    return bool(leaf.text) or leaf.whole or leaf.low is not None or leaf.high is not None


def _value_conditions(value: Any, leaf: HasParameter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if leaf.low is not None or leaf.high is not None:
        conditions.append(value.c.number.is_not(None))
    if leaf.low is not None:
        conditions.append(value.c.number >= float(leaf.low))
    if leaf.high is not None:
        conditions.append(value.c.number <= float(leaf.high))
    if leaf.whole:
        conditions.append(value.c.key == fold(leaf.text))
    elif leaf.gaps:
        conditions.append(matches_gaps(value.c.key, leaf.text, part=True))
    elif leaf.text:
        conditions.append(func.instr(value.c.key, fold(leaf.text)) > 0)
    return [and_(*conditions)] if conditions else []
