"""Files that a criterion about text finds by what all files of one text share.

People make many pictures of one prompt. Where all results are wanted, each of their texts is looked
at once, and not once a picture.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sqlalchemy import ColumnElement, Connection, and_, or_, select

from iib_core.db.search.int_columns import Ints, Mask, are_among, entries_of, read_columns
from iib_core.db.search.leaves import LEAVES, TextLeaf
from iib_core.db.search.packed_texts import TextIds
from iib_core.db.sqlite import is_ascii, values_of
from iib_core.db.tables import image_text, searched_text
from iib_core.search.criteria import Criterion, Leaf, interpret

# Once a smaller part of some files is found, the rest is not looked at in this way.
_LEAST_FOUND = 0.25


class SharedTexts:
    """What the shared texts say about one criterion. ``packed``: the text of each image."""

    def __init__(
        self, conn: Connection, criterion: Criterion, packed: TextIds | None = None
    ) -> None:
        self._conn = conn
        self._packed = packed
        self._condition = interpret(criterion, _Conditions())

    def find_certain(self, ids: Ints) -> Mask:
        """Which of ``ids`` satisfy the criterion by their shared text; others may too."""
        if self._condition is None:
            return np.zeros(len(ids), dtype=bool)
        image_ids, text_ids = self._find_texts(ids)
        asked: list[int] = np.unique(text_ids).tolist()
        satisfying = select(searched_text.c.id).where(
            searched_text.c.id.in_(values_of(asked)), self._condition
        )
        found = are_among(text_ids, read_columns(self._conn, satisfying)[0])
        if np.count_nonzero(found) < _LEAST_FOUND * len(ids):
            self._condition = None
        return are_among(ids, image_ids[found])

    def _find_texts(self, ids: Ints) -> list[Ints]:
        """Those of ``ids`` that have nothing but ASCII of their own, and the text of each."""
        if self._packed is not None:
            texts = entries_of(self._packed, ids, 0)
            return [ids[texts > 0], texts[texts > 0]]
        return read_columns(
            self._conn,
            select(image_text.c.image_id, image_text.c.text_id).where(
                image_text.c.image_id.in_(values_of(ids.tolist())), is_ascii(image_text.c.own)
            ),
        )


class _Conditions:
    """The algebra of conditions on a shared text, under which all its files satisfy a criterion;
    None where no text can say so.
    """

    def leaf(self, leaf: Leaf) -> ColumnElement[bool] | None:
        entry = LEAVES[type(leaf)]
        if not isinstance(entry, TextLeaf) or entry.shared is None:
            return None
        return entry.shared(leaf)

    def all_of(self, items: Sequence[ColumnElement[bool] | None]) -> ColumnElement[bool] | None:
        known = [item for item in items if item is not None]
        return and_(*known) if known and len(known) == len(items) else None

    def any_of(self, items: Sequence[ColumnElement[bool] | None]) -> ColumnElement[bool] | None:
        known = [item for item in items if item is not None]
        return or_(*known) if known else None

    def negate(self, _: ColumnElement[bool] | None) -> ColumnElement[bool] | None:
        return None
