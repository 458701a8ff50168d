"""Values of facets, counted from the rows of a few files, or from what the database keeps count of."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from sqlalchemy import Connection, func, select

from iib_core.db import tag_tree
from iib_core.db.bulk import json_ids
from iib_core.db.rows import OWN
from iib_core.db.search.criteria_sql import SHOWN_UNINDEXED, SearchSql
from iib_core.db.search.facet_links import CATEGORIES
from iib_core.db.search.int_columns import Ints
from iib_core.db.search.leaves import look_up
from iib_core.db.search.recheck import Recheck
from iib_core.db.search.sorting import to_quarter
from iib_core.db.search.stats import NO_PROMPT
from iib_core.db.sqlite import in_one_row, join_ids, values_of
from iib_core.db.tables import image, parameter_name, tag
from iib_core.search.criteria import Criterion, InFolder, conjuncts

# Random ids of one query of a sample.
_DRAWN = 250
_FACETS = {category: facet for facet, category in CATEGORIES.items()}


class Sample(NamedTuple):
    """Some files of a search, at random; each stands for ``scale`` files."""

    ids: list[int]
    scale: float


def is_everything(conn: Connection, criterion: Criterion) -> bool:
    """Whether every file that is shown satisfies the criterion."""
    parts = list(conjuncts(criterion))
    if not all(isinstance(part, InFolder) for part in parts):
        return False
    names = look_up(conn, criterion)
    return all(names.is_everywhere(part) for part in parts if isinstance(part, InFolder))


def draw_sample(conn: Connection, criterion: Criterion, number: int, deadline: float) -> Sample:
    """The results among ``number`` random files of the library, or among those that are looked at
    until ``deadline``, at least some hundred.

    Raises InvalidRequest for an invalid expression.
    """
    sql = SearchSql(conn, criterion)
    recheck = Recheck(sql.names, sql.rest) if sql.rest.items else None
    newest = int(conn.execute(select(func.max(image.c.id))).scalar() or 0)
    drawn = random.SystemRandom().sample(range(1, newest + 1), min(number, newest))
    found: list[int] = []
    seen = 0
    while seen < len(drawn) and (not seen or time.monotonic() < deadline):
        part = drawn[seen : seen + _DRAWN]
        query = select(image.c.id).where(
            image.c.id.in_(values_of(part)), sql.base_unindexed, *sql.conditions
        )
        ids = list(conn.execute(query).scalars())
        if recheck is not None:
            ids = [ids[position] for position, is_match in recheck.decide(ids) if is_match]
        found += ids
        seen += len(part)
    return Sample(found, newest / seen if seen else 1)


def count_tags(conn: Connection, ids: Iterable[int]) -> dict[str, Counter[str]]:
    """Files among ``ids`` by facet of ``CATEGORIES`` and by name."""
    wanted = json_ids(ids)
    categories = ", ".join(f"'{category}'" for category in _FACETS)
    rows = conn.exec_driver_sql(
        "SELECT t.category, t.name, count(*) FROM ("
        f"SELECT a.value AS tag_id FROM {join_ids('image_body s', 's.image_id')} "
        "CROSS JOIN json_each(s.auto_tags) a UNION ALL "
        f"SELECT c.tag_id FROM {join_ids('image_tag c', 'c.image_id')} AND c.custom = 1) n "
        f"CROSS JOIN tag t ON t.id = n.tag_id AND t.category IN ({categories}) GROUP BY t.id",
        (wanted, wanted),
    )
    counts: dict[str, Counter[str]] = {facet: Counter() for facet in CATEGORIES}
    for category, name, files in rows:
        counts[_FACETS[category]][name] += files
    counts["tag"] |= tag_tree.count_families_of(conn, tag_tree.families(conn), json.loads(wanted))
    return counts


def count_columns(conn: Connection, ids: Iterable[int]) -> dict[str, Counter[str]]:
    """Files among ``ids`` by media type and by rating; 0 is none."""
    rows = conn.exec_driver_sql(
        f"SELECT i.media, coalesce(i.rating, 0), count(*) FROM {join_ids('image i', 'i.id')} GROUP BY 1, 2",
        (json_ids(ids),),
    )
    counts: dict[str, Counter[str]] = {"type": Counter(), "rating": Counter()}
    for media, rating, files in rows:
        counts["type"][media] += files
        counts["rating"][str(rating)] += files
    return counts


def list_quarters(conn: Connection, ids: Iterable[int]) -> Ints:
    """The quarter of an hour since 1970 in which each of these files was changed last, newest
    first.
    """
    times = select(to_quarter(image.c.mtime_ns)).where(image.c.id.in_(values_of(ids)))
    return np.array(sorted(conn.execute(times).scalars(), reverse=True), dtype=np.int64)


def count_parameters(conn: Connection, ids: Iterable[int]) -> Counter[str]:
    """Files among ``ids`` by the name of a parameter that they state."""
    rows = conn.exec_driver_sql(
        "SELECT p.name_id, count(DISTINCT p.image_id) "
        f"FROM {join_ids('image_parameter p', 'p.image_id')} GROUP BY 1",
        (json_ids(ids),),
    )
    names = _parameter_names(conn)
    return Counter({names[name_id]: files for name_id, files in rows if name_id in names})


def _parameter_names(conn: Connection) -> dict[int, str]:
    rows = conn.execute(select(parameter_name.c.id, parameter_name.c.name))
    return {row[0]: row[1] for row in rows if row[1] not in OWN}


def count_kept(conn: Connection, facet: str, limit: int) -> Counter[str]:
    """Files of the whole library by value of a facet of ``CATEGORIES``, as the tags' counts say:
    the most frequent values.
    """
    counts = (
        select(tag.c.name, tag.c.count)
        .where(tag.c.category == CATEGORIES[facet], NO_PROMPT, tag.c.count > 0)
        .order_by(tag.c.count.desc())
        .limit(limit)
    )
    names, files = conn.execute(in_one_row(counts)).one()
    found = Counter(dict(zip(json.loads(names), json.loads(files))))
    if facet == "tag":
        found |= tag_tree.count_families(conn, tag_tree.families(conn))
    return found


def count_ratings(conn: Connection, total: int) -> Counter[str]:
    """Files of the whole library of ``total`` files by rating; 0 is none."""
    rated = conn.execute(
        select(image.c.rating, func.count())
        .where(image.c.rating.is_not(None), SHOWN_UNINDEXED)
        .group_by(image.c.rating)
    )
    ratings = Counter({str(row[0]): row[1] for row in rated})
    return +Counter({"0": total - ratings.total(), **ratings})
