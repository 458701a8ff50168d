"""The files of a change: paths that a client names, or all results of a query."""

from __future__ import annotations

from typing import Optional

from pydantic import BaseModel

from iib_core.core import Core
from iib_core.errors import Conflict, InvalidRequest
from iib_core.routes.shared.folders import resolve_folders
from iib_core.routes.shared.searches import SearchRequest, parse_query
from iib_core.search import days, library

_PAGE = 1000


class Selection(BaseModel):
    """In place of paths: a query as in ``POST /db/search``, and the number of files that it must
    find, so that no file changes that the user has not seen.
    """

    query: Optional[SearchRequest] = None
    expected_count: Optional[int] = None


def choose_paths(core: Core, named: Optional[list[str]], selection: Selection) -> list[str]:
    """The paths that a request is about, each once.

    Raises InvalidRequest if it gives both paths and a query, or neither; Conflict if the query
    finds another number of files.
    """
    if (named is None) == (selection.query is None):
        raise InvalidRequest("Give paths, or a query with its expected_count.")
    if named is not None:
        return list(dict.fromkeys(named))
    assert selection.query is not None
    expected = selection.expected_count
    if expected is None:
        raise InvalidRequest("expected_count: give the number of files that the query is to find.")
    found = _find_all(core, selection.query, expected)
    if len(found) != expected:
        count = f"more than {expected}" if len(found) > expected else str(len(found))
        raise Conflict(
            f"The query finds {count} files now, but {expected} were expected. Nothing was changed: look at "
            "its results, then try again."
        )
    return found


def _find_all(core: Core, search: SearchRequest, enough: int) -> list[str]:
    """Paths of the query's results, until there are more than ``enough``."""
    folders = resolve_folders(core, search.folder_paths or (), must_exist=False)
    criterion = parse_query(core, search.query, days.find_zone(search.tz))
    found: list[str] = []
    cursor = ""
    while len(found) <= enough:
        page = library.find(core.db, core.access, criterion, folders, cursor=cursor, size=_PAGE)
        found += [hit.path for hit in page.results]
        cursor = page.next
        if not cursor:
            break
    return found
