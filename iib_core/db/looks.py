"""What files show, as signatures, and what they hold, as hashes over every byte.

A row is good for one state of its file, its time and size. What is stored here changes no answer
about which files there are.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from iib_core.db import colours
from iib_core.db.bulk import insert_many, json_ids

_CHUNK = 50_000
_STATE = "{0}.image_id = i.id AND {0}.mtime_ns = i.mtime_ns AND {0}.size_bytes = i.size_bytes"
_LOOK = _STATE.format("l") + " AND l.version = ?"
_ON_LOOK = (
    "ON CONFLICT(image_id) DO UPDATE SET mtime_ns = excluded.mtime_ns, size_bytes = excluded.size_bytes, "
    "version = excluded.version, signature = excluded.signature WHERE (look.mtime_ns, look.size_bytes, "
    "look.version) <> (excluded.mtime_ns, excluded.size_bytes, excluded.version)"
)
_SEEN = "i.shown = 1 AND i.media IN ('image', 'video')"


class State(NamedTuple):
    """A file as it was: path as text, time and size."""

    path: str
    mtime_ns: int
    size_bytes: int


class Unseen(NamedTuple):
    """A file without a signature."""

    image_id: int
    path: str


@dataclass(frozen=True)
class Looks:
    """Signatures of files: ``ids``, ascending; ``signatures``, a row of bytes for each;
    ``durations`` in seconds, 0 for pictures.
    """

    ids: NDArray[np.int64]
    signatures: NDArray[np.uint8]
    durations: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.ids)

    @staticmethod
    def joined(parts: Sequence[Looks], width: int) -> Looks:
        """All of them, one after the other."""
        nothing = Looks(
            np.empty(0, np.int64), np.empty((0, width), np.uint8), np.empty(0, np.float32)
        )
        known = parts or [nothing]
        return Looks(
            np.concatenate([part.ids for part in known]),
            np.concatenate([part.signatures for part in known]),
            np.concatenate([part.durations for part in known]),
        )

    def pick(self, kept: NDArray[np.bool_]) -> Looks:
        """Those for which ``kept`` is true."""
        return Looks(self.ids[kept], self.signatures[kept], self.durations[kept])


def find_ids(conn: Connection, states: Iterable[State]) -> dict[State, int]:
    """Ids of files that the index knows as they are."""
    by_time = {(state.path, state.mtime_ns): state for state in states}
    return {
        by_time[key]: image_id for key, image_id in colours.find_ids(conn, list(by_time)).items()
    }


def store(conn: Connection, rows: Iterable[tuple[int, State, bytes | None]], version: int) -> None:
    """Keep (image id, state, signature); None where no signature can be made.

    What is known of the same state stays: from a thumbnail of another size it would be a little
    different.
    """
    insert_many(
        conn,
        "INSERT INTO look(image_id, mtime_ns, size_bytes, version, signature)",
        [
            (image_id, state.mtime_ns, state.size_bytes, version, found)
            for image_id, state, found in rows
        ],
        _ON_LOOK,
    )


def count(conn: Connection, version: int) -> tuple[int, int]:
    """How many pictures and videos have been looked at, and how many there are."""
    done = conn.exec_driver_sql(
        f"SELECT count(*) FROM image i CROSS JOIN look l ON {_LOOK} WHERE {_SEEN}", (version,)
    ).scalar_one()
    total = conn.exec_driver_sql(f"SELECT count(*) FROM image i WHERE {_SEEN}").scalar_one()
    return int(done), int(total)


def list_unseen(conn: Connection, version: int, below: int, limit: int) -> list[Unseen]:
    """At most ``limit`` pictures and videos that were not looked at, of ids below ``below``, the
    last first.
    """
    rows = conn.exec_driver_sql(
        "SELECT i.id, f.path, i.name FROM image i CROSS JOIN folder f ON f.id = i.folder_id "
        f"LEFT JOIN look l ON {_LOOK} WHERE i.id < ? AND {_SEEN} AND l.image_id IS NULL "
        "ORDER BY i.id DESC LIMIT ?",
        (version, below, limit),
    )
    return [Unseen(row[0], os.path.join(row[1], row[2])) for row in rows]


def find(conn: Connection, image_id: int, version: int) -> bytes | None:
    """The signature of a file; None where there is none, or it was not looked at."""
    row = conn.exec_driver_sql(
        f"SELECT l.signature FROM image i CROSS JOIN look l ON {_LOOK} WHERE i.id = ?",
        (version, image_id),
    ).first()
    return None if row is None else row[0]


def load(conn: Connection, media: str, version: int, width: int) -> Iterator[Looks]:
    """All signatures, of ``width`` bytes, of files of a media type that are shown, in parts of
    ascending ids.
    """
    after = 0
    while True:
        rows = conn.exec_driver_sql(
            f"SELECT i.id, l.signature, coalesce(i.duration_s, 0) FROM image i CROSS JOIN look l ON {_LOOK} "
            "WHERE i.id > ? AND i.shown = 1 AND i.media = ? AND length(l.signature) = ? "
            "ORDER BY i.id LIMIT ?",
            (version, after, media, width, _CHUNK),
        ).all()
        if not rows:
            return
        after = rows[-1][0]
        yield Looks(
            np.fromiter((row[0] for row in rows), np.int64, len(rows)),
            np.frombuffer(b"".join(row[1] for row in rows), np.uint8).reshape(-1, width),
            np.fromiter((row[2] for row in rows), np.float32, len(rows)),
        )


class Sized(NamedTuple):
    """A file with the facts that tell it from others without reading it."""

    image_id: int
    size_bytes: int
    fingerprint: bytes | None
    digest: bytes | None


def list_of_sizes(conn: Connection, ids: Iterable[int]) -> list[Sized]:
    """Files with their fingerprint and, where it is known, the hash of their content."""
    rows = conn.exec_driver_sql(
        "SELECT i.id, i.size_bytes, i.fingerprint, h.digest FROM json_each(?) x CROSS JOIN image i ON "
        f"i.id = x.value LEFT JOIN content_hash h ON {_STATE.format('h')}",
        (json_ids(ids),),
    )
    return [Sized(*row) for row in rows]


def store_hashes(conn: Connection, rows: Sequence[tuple[int, State, bytes]]) -> None:
    """Keep (image id, state, hash over every byte)."""
    insert_many(
        conn,
        "INSERT OR REPLACE INTO content_hash(image_id, mtime_ns, size_bytes, digest)",
        [(image_id, state.mtime_ns, state.size_bytes, digest) for image_id, state, digest in rows],
    )
