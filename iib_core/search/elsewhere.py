"""What a search of all texts would find where a query has no results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo

from iib_core.access import Access
from iib_core.db.engine import Database
from iib_core.search import library, query
from iib_core.search.criteria import And, Criterion, Shows, leaves


@dataclass(frozen=True)
class Elsewhere:
    """The query that looks everywhere, and the number of files that it finds; whether that is all."""

    query: str
    count: int
    is_exact: bool


def find(
    db: Database,
    access: Access,
    text: str,
    folders: Sequence[str] = (),
    more: Sequence[Criterion] = (),
    zone: tzinfo | None = None,
) -> Elsewhere | None:
    """What the plain words of a query, which has no results, would find in all texts and paths.

    ``more``: criteria beside the query. ``zone`` as in ``query.parse``. None where that is nothing.
    """
    wider = query.everywhere(text)
    if not wider or len(wider) > query.MAX_CHARS:
        return None
    criterion = And((*more, query.parse(wider, zone)))
    if any(isinstance(leaf, Shows) for leaf in leaves(criterion)):
        return None  # no model is asked for a hint
    number, is_exact = library.count(db, access, criterion, folders)
    return Elsewhere(wider, number, is_exact) if number else None
