"""Which of some files satisfy a criterion."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, select

from iib_core.db.search.criteria_sql import SearchSql
from iib_core.db.search.recheck import Recheck
from iib_core.db.sqlite import values_of
from iib_core.db.tables import image
from iib_core.search.criteria import Criterion


def find_among(conn: Connection, criterion: Criterion, ids: Iterable[int]) -> set[int]:
    """The ids of those files that satisfy it. Costs what these files cost, in any library.

    Raises InvalidRequest for an invalid expression.
    """
    sql = SearchSql(conn, criterion)
    query = select(image.c.id).where(image.c.id.in_(values_of(ids)), *sql.conditions)
    found = list(conn.execute(query).scalars())
    if not sql.rest.items:
        return set(found)
    recheck = Recheck(sql.names, sql.rest)
    return {found[position] for position, is_match in recheck.decide(found) if is_match}
