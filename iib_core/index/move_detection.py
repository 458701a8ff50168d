"""Files that moved outside of the program: the same size, time and fingerprint, and nothing left
where they were.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from iib_core.db.images import ImageRow
from iib_core.db.known import Twin


@dataclass(frozen=True)
class Matches:
    """``moved``: id and new row of files that are elsewhere now.

    ``copied``: path of a new row -> id of the file that it doubles.
    """

    moved: list[tuple[int, ImageRow]] = field(default_factory=list)
    copied: dict[str, int] = field(default_factory=dict)


def match(
    rows: Iterable[ImageRow],
    twins: Iterable[Twin],
    exists: Callable[[str], bool],
    is_unplugged: Callable[[str], bool],
) -> Matches:
    """Which of the new ``rows`` are files that the index knows under another path.

    ``exists`` tells of a known path whether a file is there; such a twin is another file, however
    alike. ``is_unplugged`` tells whether it lies on a drive that is away: that one may well come
    back, so its row stays, and the new one counts as its copy. Each twin is used once.
    """
    by_state: dict[tuple[int, int, bytes | None], list[Twin]] = {}
    for twin in twins:
        by_state.setdefault((twin.mtime_ns, twin.size_bytes, twin.fingerprint), []).append(twin)
    found = Matches()
    if not by_state:
        return found
    for row in rows:
        candidates = (
            by_state.get((row.mtime_ns, row.size_bytes, row.fingerprint)) if row.fingerprint else None
        )
        while candidates:
            twin = candidates.pop()
            if twin.path == row.path or exists(twin.path):
                continue
            if is_unplugged(twin.path):
                found.copied[row.path] = twin.id
            else:
                found.moved.append((twin.id, row))
            break
    return found
