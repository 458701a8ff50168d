"""Answers to searches for what is in pictures."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import Response

from iib_core.core import Core
from iib_core.db.search import pages
from iib_core.errors import InvalidRequest
from iib_core.paths import DiskPath
from iib_core.routes.shared.json import JSON
from iib_core.routes.shared.searches import describe_files
from iib_core.search import library
from iib_core.search.criteria import And
from iib_core.vision.search import Limits, Page


def content_limits(
    core: Core, folders: Sequence[DiskPath], top_k: int, min_score: float, cursor: str
) -> Limits:
    """How much a request wants. Raises InvalidRequest."""
    if not -1 <= min_score <= 1:
        raise InvalidRequest("min_score: give a number from -1 to 1.")
    scope = library.scoped(And(), core.access, folders)
    return Limits(scope, top_k, min_score, cursor)


def found_by_content(core: Core, page: Page) -> Response:
    """The answer ``FoundByMeaning``."""
    with core.db.read() as conn:
        hits = {hit.id: hit for hit in pages.describe(conn, [hit.image_id for hit in page.hits])}
    found = [hit for hit in page.hits if hit.image_id in hits]
    return JSON(
        {
            "results": [
                {
                    "id": hit.image_id,
                    "path": hits[hit.image_id].path,
                    "score": hit.score,
                    "sample_prompt": "",
                }
                for hit in found
            ],
            "files": describe_files([hits[hit.image_id] for hit in found], core),
            "cursor": {"has_next": bool(page.next), "next": page.next},
            "count": page.count,
            "model": page.model,
            "complete": page.is_complete,
            "job_id": "",
        }
    )
