"""Move detection: finds files that were moved by another program.

They have the size, time and fingerprint of a known file that is no longer at its path.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from iib_core.db.rows import ImageRow
from iib_core.db.scan_rows import Twin


@dataclass(frozen=True)
class Matches:
    """``moved``: (id, new row) of files that have another path now.

    ``copied``: the id of the original, by the path of the copy.
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

    ``twins``: rows of the same size and time. ``exists(path)``: a file is still there, so it was
    not moved. ``is_unplugged(path)``: its drive is offline and may come back, so its row stays and
    the new file counts as a copy. Each twin is used once.
    """
    by_state: dict[tuple[int, int, bytes | None], list[Twin]] = {}
    for twin in twins:
        by_state.setdefault((twin.mtime_ns, twin.size_bytes, twin.fingerprint), []).append(twin)
    matches = Matches()
    if not by_state:
        return matches
    for row in rows:
        if not row.fingerprint:
            continue
        candidates = by_state.get((row.mtime_ns, row.size_bytes, row.fingerprint))
        while candidates:
            twin = candidates.pop()
            if twin.path == row.path or exists(twin.path):
                continue
            if is_unplugged(twin.path):
                matches.copied[row.path] = twin.id
            else:
                matches.moved.append((twin.id, row))
            break
    return matches
