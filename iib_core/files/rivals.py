"""Whether two operations touch the same files, so that one has to wait for the other."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain

from iib_core.db.journal import Step
from iib_core.files.plan import MAKE


def find_shared(ours: Sequence[Step], theirs: Sequence[Step]) -> str | None:
    """A path that both change, or that one changes with a folder above it; None if there is none.

    Folders that are only made, if they are missing, both may make.
    """
    own, others = _changed(ours), _changed(theirs)
    return next(chain(_below(_ends(ours), others), _below(_ends(theirs), own)), None)


def _changed(steps: Iterable[Step]) -> set[str]:
    return set(_ends(step for step in steps if step.kind != MAKE))


def _ends(steps: Iterable[Step]) -> Iterator[str]:
    return (path for step in steps for path in (step.source, step.target) if path)


def _below(paths: Iterable[str], tops: Collection[str]) -> Iterator[str]:
    """Those of the paths that are one of ``tops`` or below one."""
    return (path for path in paths if any(folder in tops for folder in _with_parents(path)))


def _with_parents(path: str) -> Iterator[str]:
    yield path
    while (parent := os.path.dirname(path)) != path:
        yield parent
        path = parent
