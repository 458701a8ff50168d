"""Which files the page shows blurred: those that one of the user's terms finds."""

from __future__ import annotations

import logging
import os
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from iib_core.db import images, moved_rows, settings
from iib_core.db.engine import Connection, Database
from iib_core.db.search.among import find_among
from iib_core.db.search.names import is_named
from iib_core.db.search.regexes import Pattern
from iib_core.db.search.text_predicates import is_in_folder_path
from iib_core.errors import InvalidRequest
from iib_core.paths import before_trash
from iib_core.search import query
from iib_core.search.criteria import (
    And,
    Criterion,
    HasParts,
    HasText,
    InFolderNamed,
    Leaf,
    Matches,
    Not,
    Or,
    Shows,
    leaves,
    with_leaves,
)

logger = logging.getLogger(__name__)

# The setting of the page that holds the terms.
SETTING = "blur_terms"
MAX_TERMS = 100


class Blur:
    """The terms of one library, and what they find."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def find(self, ids: Collection[int]) -> set[int]:
        """Those of these files that are shown blurred."""
        with self._db.read() as conn:
            return _decide(conn, ids)

    def find_paths(self, paths: Collection[str]) -> set[str]:
        """The same by path, also by that in the trash; a file that is not indexed has nothing to
        decide by, and is not.
        """
        with self._db.read() as conn:
            trashed, here = moved_rows.find_in_trash(conn, paths), images.find_ids(conn, paths)
            blurred = _decide(conn, here.values())
            for folder, ids in _by_former_folder(trashed).items():
                blurred |= _decide(conn, ids, folder)
        found = trashed | here
        return {path for path, image_id in found.items() if image_id in blurred}


def _by_former_folder(trashed: Mapping[str, int]) -> dict[str, list[int]]:
    """Ids of files in the trash by the folder that they were deleted from."""
    ids: dict[str, list[int]] = {}
    for path, image_id in trashed.items():
        folder = os.path.dirname(before_trash(path))
        ids.setdefault(folder, []).append(image_id)
    return ids


def _decide(conn: Connection, ids: Collection[int], former_folder: str = "") -> set[int]:
    """The one place that says which files are blurred: what else shall blur a file is added to
    this set. ``former_folder``: where the files were, if they are in the trash.
    """
    return _by_terms(conn, ids, former_folder)


def _by_terms(conn: Connection, ids: Collection[int], former_folder: str) -> set[int]:
    stored = settings.find(conn, SETTING)
    terms = stored if isinstance(stored, list) else []
    if not terms or not ids:
        return set()
    try:
        return find_among(conn, _at_former_folder(_parse(terms), former_folder), ids)
    except InvalidRequest as exc:
        # What cannot be decided is not shown by mistake.
        logger.warning("all files are blurred, because the terms cannot be used: %s", exc)
        return set(ids)


def _at_former_folder(criterion: Criterion, folder: str) -> Criterion:
    """The criterion for files that were in ``folder``, whatever folder they are in now."""

    def replaced(leaf: Leaf) -> Criterion:
        if isinstance(leaf, InFolderNamed):
            return And() if is_named(folder, leaf) else Not(And())
        # The path in the trash ends with what was below the root.
        if isinstance(leaf, (HasParts, HasText, Matches)) and is_in_folder_path(folder, leaf):
            return And()
        return leaf

    return with_leaves(criterion, replaced) if folder else criterion


def validate(stored: Any) -> None:
    """Raise InvalidRequest for anything but a list of terms of the search language."""
    if not isinstance(stored, list) or len(stored) > MAX_TERMS:
        raise InvalidRequest(f"{SETTING}: give a list of at most {MAX_TERMS} terms.")
    if not all(isinstance(term, str) and term.strip() for term in stored):
        raise InvalidRequest(f"{SETTING}: each term is a text of at least one character.")
    for leaf in leaves(_parse(stored)):
        if isinstance(leaf, Matches):
            Pattern(leaf.pattern)  # raises
        if isinstance(leaf, Shows):
            raise InvalidRequest(
                f"{SETTING}: look: cannot be used here, because each file is decided by itself; "
                "nsfw:>0.8 and autotag:NAME can."
            )


def _parse(terms: Sequence[str]) -> Criterion:
    return Or(tuple(map(query.parse, terms)))
