"""Texts of an older database are merged in the background, where they are equal; then automatic tags
move from images to texts, and images of one text share documents of the text index.

Whatever reads these reads both forms, so nothing waits for this. Each batch is a transaction,
and what is left is known from the rows of the database: an end at any moment loses nothing.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from iib_core.db import documents, text_tags, texts
from iib_core.db.engine import Connection, Database
from iib_core.workers import lower_priority

logger = logging.getLogger(__name__)

# Texts, or images, of a batch, and the pause after it, in which others write.
_BATCH, _PAUSE_S = 500, 0.02


def run(db: Database, ending: threading.Event) -> None:
    """Merge what is left, until all is done or ``ending`` is set; the work of a background thread."""
    with db.read() as conn:
        is_left = (
            texts.count_unmerged(conn) > 0
            or text_tags.has_unmerged(conn)
            or documents.has_unmerged(conn)
        )
    if not is_left:
        return
    lower_priority()
    logger.info(
        "equal texts, their tags and trigrams, are stored once from now on, in the background"
    )
    steps = (texts.merge_some, text_tags.merge_some, documents.merge_some)
    if all(_merge(db, ending, merge_some) for merge_some in steps):
        logger.info("all texts that are equal are stored once, and their tags and trigrams too")


def _merge(
    db: Database, ending: threading.Event, merge_some: Callable[[Connection, int], int]
) -> bool:
    """Run ``merge_some`` until it finds nothing; False if ``ending`` is set before."""
    while not ending.wait(_PAUSE_S):
        if db.is_busy:
            continue
        with db.write(is_patient=True) as conn:
            if not merge_some(conn, _BATCH):
                return True
    return False
