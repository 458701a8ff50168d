"""The last word on criteria about text: which of the files that an index names really match.

SQL decides what it can, outside of Python's lock: in text that is ASCII, as most is, it compares as
we do. What is left (other scripts, regular expressions whose literal parts are there) is loaded and
decided in Python by ``match.py``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import ColumnElement, Connection, and_, case, false, func, not_, or_, select, true

from iib_core.db.fts import fold
from iib_core.db.search.criteria_sql import Where
from iib_core.db.search.regexes import literals
from iib_core.db.search.text_predicates import Candidate, compile_check, is_text
from iib_core.db.sqlite import has_ascii, in_one_row, is_ascii, values_of
from iib_core.db.tables import image, image_text
from iib_core.search.criteria import And, Criterion, HasText, Leaf, Matches, Not, Or, leaves

_PLACES = {
    "name": image.c.name,
    "text": image_text.c.text,
    "prompt": func.substr(image_text.c.text, image_text.c.prompt_at + 1, image_text.c.prompt_chars),
    "negative": func.substr(image_text.c.text, image_text.c.negative_at + 1, image_text.c.negative_chars),
}


class Judge:
    """Decides one criterion, file by file."""

    def __init__(self, conn: Connection, where: Where, criterion: Criterion) -> None:
        self._conn = conn
        self._where = where
        self._truths: dict[Leaf, int] = {
            leaf: at
            for at, leaf in enumerate(dict.fromkeys(leaf for leaf in leaves(criterion) if not is_text(leaf)))
        }
        self._check = compile_check(criterion, self._truths)
        by_sql = not any(isinstance(leaf, Matches) for leaf in leaves(criterion))
        plain = and_(is_ascii(image_text.c.text), is_ascii(image.c.name))
        self._sure = plain if by_sql else false()
        self._possible = or_(self._holds(criterion, True), not_(plain))

    def decide(self, ids: Sequence[int]) -> Iterator[tuple[int, bool]]:
        """Positions in ``ids`` of files that may match, and whether they do, decided as it is asked
        for; those left out do not.

        Raises InvalidRequest for an expression that takes too long on one.
        """
        sure, candidates = self._sort_out(ids)
        for at, image_id in enumerate(ids):
            if image_id in sure:
                yield at, True
            elif image_id in candidates:
                yield at, self._check(candidates[image_id])

    def _sort_out(self, ids: Iterable[int]) -> tuple[set[int], dict[int, Candidate]]:
        """Of ``ids`` those that match for certain, and those that are left to decide."""
        # One number a file, negative where it is certain: whether a text is ASCII is found out once then.
        number = case((self._sure, -image.c.id), else_=image.c.id)
        query = in_one_row(
            select(number).where(
                image.c.id == image_text.c.image_id, image.c.id.in_(values_of(ids)), self._possible
            )
        )
        found: list[int] = json.loads(self._conn.execute(query).scalar_one())
        open_ids = [image_id for image_id in found if image_id > 0]
        return {-image_id for image_id in found if image_id < 0}, self._load(open_ids) if open_ids else {}

    def _load(self, ids: Iterable[int]) -> dict[int, Candidate]:
        stored = image_text.c
        loaded = (
            image.c.folder_id,
            image.c.name,
            stored.text,
            stored.prompt_at,
            stored.prompt_chars,
            stored.negative_at,
            stored.negative_chars,
        )
        truths = [self._where.leaf(leaf) for leaf in self._truths]
        query = select(image.c.id, *loaded, *truths).where(
            image.c.id == stored.image_id, image.c.id.in_(values_of(ids))
        )
        prefixes = self._where.prefixes
        return {
            row[0]: Candidate(prefixes[row[1]], row[2], row[3], tuple(row[4:8]), row[8:])
            for row in self._conn.execute(query)
        }

    def _holds(self, criterion: Criterion, wanted: bool) -> ColumnElement[bool]:
        """What SQL says of a file whose text is ASCII.

        Where it cannot tell it says ``wanted``, which Not turns around: so no match is lost.
        """
        if isinstance(criterion, And):
            return and_(true(), *(self._holds(item, wanted) for item in criterion.items))
        if isinstance(criterion, Or):
            return or_(false(), *(self._holds(item, wanted) for item in criterion.items))
        if isinstance(criterion, Not):
            return not_(func.coalesce(self._holds(criterion.item, not wanted), False))
        if isinstance(criterion, HasText):
            return self._contains(
                fold(criterion.needle), ("text", "path") if criterion.place == "any" else (criterion.place,)
            )
        if isinstance(criterion, Matches):
            needles = literals(criterion.pattern)
            places = ("path",) if criterion.path_only else ("path", "text")
            return (
                or_(
                    *(
                        and_(true(), *(self._contains(needle, (place,)) for needle in needles))
                        for place in places
                    )
                )
                if wanted
                else false()
            )
        return self._where.leaf(criterion)

    def _contains(self, needle: str, places: Iterable[str]) -> ColumnElement[bool]:
        if not needle:
            return true()
        found: list[ColumnElement[bool]] = []
        for place in places:
            if needle.isascii():
                column = _PLACES["name" if place == "path" else place]
                found.append(has_ascii(column, needle))
            if place == "path":
                found += self._in_folder(needle)
        return or_(false(), *found)

    def _in_folder(self, needle: str) -> list[ColumnElement[bool]]:
        """The needle stands in the folder's path, or at its end and goes on in the name."""
        inside = self._where.find_folders_with(needle)
        found: list[ColumnElement[bool]] = [image.c.folder_id.in_(values_of(inside))] if inside else []
        head, separator, tail = needle.rpartition(os.sep)
        across = self._where.find_folders_ending(head + separator) if separator and tail else []
        if across:
            found.append(
                and_(
                    image.c.folder_id.in_(values_of(across)), func.instr(func.lower(image.c.name), tail) == 1
                )
            )
        return found
