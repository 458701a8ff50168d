"""Sessions that ended before they expired."""

from __future__ import annotations

import logging
import time

from sqlalchemy import delete, insert, select

from iib_core.db.engine import Database
from iib_core.db.tables import ended_session
from iib_core.errors import DatabaseReadOnly

logger = logging.getLogger(__name__)


class EndedSessions:
    """The store of ``sessions.Sessions``: for each token the epoch second at which it would have
    expired; deleted after that.
    """

    def __init__(self, db: Database) -> None:
        self._db = db

    def load(self) -> dict[bytes, int]:
        """The tokens that have not expired."""
        with self._db.read() as conn:
            rows = conn.execute(
                select(ended_session).where(ended_session.c.expires_s > int(time.time()))
            ).all()
        return {row.token: row.expires_s for row in rows}

    def add(self, token: bytes, expires_s: int) -> None:
        """Add a token, or change its time. If the database cannot be written, only log a warning."""
        outdated = (ended_session.c.expires_s <= int(time.time())) | (
            ended_session.c.token == token
        )
        try:
            with self._db.write() as conn:
                conn.execute(delete(ended_session).where(outdated))
                conn.execute(insert(ended_session).values(token=token, expires_s=expires_s))
        except DatabaseReadOnly:
            logger.warning(
                "a session that was ended is so only until the server starts again: the database "
                "cannot be written"
            )
