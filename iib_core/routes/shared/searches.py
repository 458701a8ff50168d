"""What routes that search have in common."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import tzinfo
from typing import Any, Optional

from pydantic import BaseModel, Field

from iib_core import paths, times
from iib_core.core import Core
from iib_core.db.search.pages import Result
from iib_core.errors import InvalidRequest
from iib_core.files import listing
from iib_core.paths import DiskPath
from iib_core.routes.shared.folders import resolve_folders
from iib_core.routes.shared.models import MAX_FOLDERS, at_most, given_fields
from iib_core.search import elsewhere, hints, query
from iib_core.search.criteria import Criterion

# The descriptions of each field ``stack`` and ``tz``.
STACK = "prompt, batch or seed: files with the same one are one tile; empty for none"
TZ = "time zone of dates, such as Europe/Berlin; empty for the server's"
_MEDIA = ("all", "image", "video", "audio")


class SearchRequest(BaseModel):
    """A query in the language of the search field.

    ``total`` asks for the number of results: ``bounded`` counts up to 10,000, ``exact`` counts all.
    """

    query: str
    sort: str = "date"
    order: str = Field("desc", description="asc or desc")
    cursor: str = ""
    size: int = 200
    folder_paths: Optional[list[str]] = at_most(MAX_FOLDERS, None)
    total: str = Field("", description="empty, bounded or exact")
    seed: int = Field(0, description="seed of the sort 'random'; 0 draws a new one")
    tz: str = Field("", description=TZ)
    stack: str = Field("", description=STACK)


class Hint(BaseModel):
    """Something that the user may have meant otherwise. ``query`` is the query as it may have been
    meant, or empty.

    ``code`` is unknown_field: ``name`` before a colon is no field, so that it is searched as text;
    ``nearest`` is the field that is spelled most like it, or empty. empty_range: ``name`` is a term
    such as ``seed:5..1``, ``nearest`` the term with its ends exchanged. out_of_range: ``name`` is a
    term such as ``rating:9``, ``nearest`` the values that there are, such as ``0..5``.
    and_is_a_word, or_is_a_word, not_is_a_word: ``name`` is an operator of other search languages,
    ``nearest`` what to write instead, empty where it is to be left out.
    """

    code: str
    name: str
    nearest: str
    message: str
    query: str = ""


class Elsewhere(BaseModel):
    """For a search without results: the ``query`` with ``any:`` before its words, which looks into
    all texts and paths, the ``count`` of files that it finds and whether that is exact.
    """

    query: str
    count: int
    count_is_exact: bool


def parse_query(core: Core, text: str, zone: tzinfo | None) -> Criterion:
    """The criterion of a query; a model is asked for what its ``look:`` terms are about.

    Raises InvalidRequest, and ServiceFailed where the model fails.
    """
    return core.contents.understood(query.parse(text, zone))


def describe_hints(
    core: Core,
    text: str,
    folders: Sequence[str],
    more: Sequence[Criterion],
    zone: tzinfo | None,
    *,
    is_empty: bool,
) -> dict[str, Any]:
    """The fields of an answer that say more about a query; those about which there is nothing to
    say are left out.

    ``more``: criteria beside the query. ``zone``: that of its dates. ``is_empty``: it has no
    results.
    """
    answer: dict[str, Any] = {}
    found = hints.find(text, zone)
    if found:
        answer["hints"] = [asdict(hint) for hint in found]
    if not is_empty:
        return answer
    wider = elsewhere.find(core.db, core.access, text, folders, more, zone)
    if wider is not None:
        answer["elsewhere"] = {
            "query": wider.query,
            "count": wider.count,
            "count_is_exact": wider.is_exact,
        }
    return answer


def resolve_search_folders(
    core: Core, request: BaseModel, raw: list[str] | None
) -> tuple[DiskPath, ...]:
    """The folders that a search is limited to; they need not exist.

    Raises InvalidRequest for a body without any field, and what ``Access.resolve`` raises.
    """
    if not given_fields(request):
        raise InvalidRequest(
            "The body of the request has no criterion: give something to search for."
        )
    return resolve_folders(core, raw or (), must_exist=False)


def require_order(order: str) -> None:
    """Raise InvalidRequest for anything but asc and desc."""
    if order not in ("asc", "desc"):
        raise InvalidRequest(f"'{order[:50]}' is no order: use asc or desc.")


def require_media(media_type: str) -> None:
    """Raise InvalidRequest for an unknown media type."""
    if media_type not in _MEDIA:
        raise InvalidRequest(
            f"'{media_type[:50]}' is no media type: use one of {', '.join(_MEDIA)}."
        )


def describe_files(results: Iterable[Result], core: Core) -> list[dict[str, Any]]:
    """The fields of ``FileInfo`` for each result."""
    roots = [paths.to_text(root.real) for root in core.access.roots]
    under_root: dict[str, bool] = {}
    files = []
    for result in results:
        folder = os.path.dirname(result.path)
        if folder not in under_root:
            under_root[folder] = any(paths.is_under(folder, root) for root in roots)
        files.append(_file(result, under_root[folder]))
    return files


def _file(result: Result, under_root: bool) -> dict[str, Any]:
    return {
        "type": "file",
        "date": times.seconds(result.mtime_ns),
        "created_time": times.seconds(result.birth_ns),
        "size": listing.human_size(result.size_bytes),
        "bytes": result.size_bytes,
        "name": result.name,
        "fullpath": result.path,
        "is_under_scanned_path": under_root,
        "id": result.id,
    }
