"""Which text each image refers to, packed in an array: four megabytes a million files.

It is read when it is first asked for; afterwards only the blocks of images that have changed are
read again.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Select, select

from iib_core import linux
from iib_core.db.image_blocks import SIZE
from iib_core.db.search.changed_blocks import list_changed, read_changes
from iib_core.db.search.int_columns import NO_INTS, read_columns
from iib_core.db.sqlite import is_ascii
from iib_core.db.tables import image_text

TextIds = NDArray[np.int32]


class PackedTexts:
    """The texts of the images of one database."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._changes = NO_INTS
        self._texts: TextIds = np.zeros(0, dtype=np.int32)

    def find(self, conn: Connection) -> TextIds | None:
        """By id of an image, the id of its text, as this transaction sees it; 0 for none, and where
        what the image has of its own is not ASCII. None in a small library.
        """
        changes = read_changes(conn)
        if changes is None:
            return None
        # One thread reads, others wait for what it has read.
        with self._lock:
            is_first = not len(self._changes)
            if not np.array_equal(self._changes, changes):
                texts = np.zeros(len(changes) * SIZE, dtype=np.int32)
                same = min(len(self._texts), len(texts))
                texts[:same] = self._texts[:same]
                for first, end in list_changed(self._changes, changes):
                    image_ids, text_ids = read_columns(conn, _select(first, end))
                    texts[first:end] = 0
                    texts[image_ids] = text_ids
                self._texts, self._changes = texts, changes
            if is_first:
                linux.release_memory()  # what reading all images took
            return self._texts


def _select(first: int, end: int) -> Select[Any]:
    """The images of a range, and their texts."""
    return select(image_text.c.image_id, image_text.c.text_id).where(
        image_text.c.image_id.between(first, end - 1), is_ascii(image_text.c.own)
    )
