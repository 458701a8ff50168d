"""Many whole numbers at once: read in one row, kept packed.

Beside threads that work, row after row would take turns with them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Select

from iib_core.db.search.cursors import Key
from iib_core.db.sqlite import in_one_row

Numbers = NDArray[np.int64]

NONE: Numbers = np.empty(0, dtype=np.int64)
_PARSED_CHARS = 100_000


@dataclass(frozen=True)
class Keys:
    """Files in the order of their dates: ``times`` in nanoseconds, and ids."""

    times: Numbers
    ids: Numbers

    def __len__(self) -> int:
        return len(self.ids)

    def __iter__(self) -> Iterator[Key]:
        return zip(self.times.tolist(), self.ids.tolist())

    @property
    def last(self) -> Key:
        """The key at the end."""
        return int(self.times[-1]), int(self.ids[-1])

    def pick(self, mask: NDArray[np.bool_]) -> Keys:
        """Those for which ``mask`` is true."""
        return Keys(self.times[mask], self.ids[mask])


def read_columns(conn: Connection, query: Select[Any]) -> list[Numbers]:
    """The columns of a query, all of whole numbers."""
    return [_parse(text) for text in conn.execute(in_one_row(query)).one()]


def _parse(text: str) -> Numbers:
    """The numbers of a JSON list; by slices, because other threads wait while one is read."""
    parts = []
    at, last = 1, len(text) - 1
    while at < last:
        end = text.find(",", at + _PARSED_CHARS)
        end = last if end < 0 else end
        parts.append(np.fromstring(text[at:end], dtype=np.int64, sep=","))
        at = end + 1
    return np.concatenate(parts) if parts else NONE
