"""Texts of an older database are merged in the background, where they are equal.

Whatever reads texts reads both forms, so nothing waits for this. Each batch is a transaction, and the
texts that are left are rows of the database: an end at any moment loses nothing.
"""

from __future__ import annotations

import logging
import threading

from iib_core.db import texts
from iib_core.db.engine import Database
from iib_core.workers import lower_priority

logger = logging.getLogger(__name__)

# Texts merged at a time, and the pause after them, in which others write.
_BATCH, _PAUSE_S = 500, 0.02


def run(db: Database, ending: threading.Event) -> None:
    """Merge what is left, until all is done or ``ending`` is set; the work of a background thread."""
    with db.read() as conn:
        left = texts.count_unmerged(conn)
    if not left:
        return
    lower_priority()
    logger.info("texts of %s files are stored once where they are equal, in the background", left)
    while left and not ending.wait(_PAUSE_S):
        if not db.is_busy:
            with db.write(is_patient=True) as conn:
                left = texts.merge_some(conn, _BATCH)
    if not left:
        logger.info("all texts that are equal are stored once")
