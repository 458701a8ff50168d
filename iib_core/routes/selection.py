"""What a change is about: paths that a client names, or everything that a search finds."""

from __future__ import annotations

from typing import Optional

from pydantic import BaseModel

from iib_core.core import Core
from iib_core.errors import Conflict, InvalidRequest
from iib_core.routes.search import SearchRequest
from iib_core.search import library, query

_PAGE = 1000


class Selection(BaseModel):
    """In place of paths: a search as in ``POST /db/search``, and how many files it must find, so
    that nothing is changed that nobody has seen.
    """

    query: Optional[SearchRequest] = None
    expected_count: Optional[int] = None


def choose(core: Core, named: Optional[list[str]], selection: Selection) -> list[str]:
    """The paths that a request is about, each once.

    Raises InvalidRequest where it says nothing or both, Conflict where the search finds another
    number.
    """
    if (named is None) == (selection.query is None):
        raise InvalidRequest("Give paths, or a query with its expected_count.")
    if named is not None:
        return list(dict.fromkeys(named))
    assert selection.query is not None
    if selection.expected_count is None:
        raise InvalidRequest("expected_count: give the number of files that the query is to find.")
    found = _find_all(core, selection.query, selection.expected_count)
    if len(found) != selection.expected_count:
        number = (
            f"more than {selection.expected_count}"
            if len(found) > selection.expected_count
            else str(len(found))
        )
        raise Conflict(
            f"The query finds {number} files now, and {selection.expected_count} were expected: look at "
            "what it finds, nothing was changed."
        )
    return found


def _find_all(core: Core, search: SearchRequest, enough: int) -> list[str]:
    folders = [core.access.resolve(path) for path in search.folder_paths or ()]
    criterion = query.parse(search.query)
    found: list[str] = []
    cursor = ""
    while len(found) <= enough:
        page = library.find(core.db, core.access, criterion, folders, cursor=cursor, size=_PAGE)
        found += [hit.path for hit in page.results]
        cursor = page.next
        if not cursor:
            break
    return found
