"""Resolving duplicates: the files that are not kept go to our own trash, their marks to the one
that is.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from iib_core import paths
from iib_core.db import images, marks
from iib_core.db.engine import Database
from iib_core.db.resolved import Pair
from iib_core.errors import Conflict, IIBError, InvalidRequest
from iib_core.files import contents
from iib_core.files.operations import Operations
from iib_core.files.plan import Failure
from iib_core.files.runner import Result
from iib_core.jobs import Progress
from iib_core.paths import to_text


@dataclass(frozen=True)
class Decision:
    """A file to keep, and those that go for it; entries, whose links are not followed.
    ``is_exact``: each goes only if it holds the same bytes as the one that is kept.
    """

    keeper: str
    victims: tuple[str, ...]
    is_exact: bool = False


class Resolving:
    """Resolves groups of duplicates as one operation, which one undo takes back."""

    def __init__(self, db: Database, operations: Operations) -> None:
        self._db = db
        self._operations = operations

    def resolve(self, decisions: Sequence[Decision], progress: Progress | None = None) -> Result:
        """Delete the victims, each as far as it can be; raises the failure where none could be
        deleted.

        Whether bytes are the same is looked at just before each goes. Raises InvalidRequest where a
        file is kept in one group and goes in another.
        """
        pairs = [
            Pair(victim, decision.keeper, decision.is_exact)
            for decision in decisions
            for victim in dict.fromkeys(decision.victims)
        ]
        _require_clear(pairs)
        problems = [problem for problem in map(self._find_problem, pairs) if problem is not None]
        staying = {problem.path for problem in problems}
        going = [
            pair for pair in self._without_unmarkable(pairs, problems) if pair.victim not in staying
        ]
        if not going:
            raise problems[0].error
        result = self._operations.resolve(going, progress)
        errors = [*problems, *result.errors]
        if errors and not result.done:
            raise errors[0].error
        return Result(result.operation_id, result.done, errors, result.skipped)

    def _find_problem(self, pair: Pair) -> Failure | None:
        """Why a file cannot go, as far as that can be told without reading it."""
        try:
            contents.require_duplicate(pair.victim, pair.keeper, False)
        except OSError as exc:
            reason = Conflict(
                f"'{to_text(pair.victim)}' cannot be looked at: {exc.strerror or exc}."
            )
            return Failure(pair.victim, reason)
        except IIBError as exc:
            return Failure(pair.victim, exc)
        return None

    def _without_unmarkable(self, pairs: Sequence[Pair], problems: list[Failure]) -> list[Pair]:
        """Those whose marks have somewhere to go: a file that is not indexed cannot get any."""
        with self._db.read() as conn:
            known = images.find_ids(conn, {to_text(path) for pair in pairs for path in pair[:2]})
            victims = [
                known[to_text(pair.victim)] for pair in pairs if to_text(pair.victim) in known
            ]
            marked = {mark.path for mark in marks.collect(conn, victims)}
        kept = []
        for pair in pairs:
            if to_text(pair.victim) in marked and to_text(pair.keeper) not in known:
                keeper = to_text(pair.keeper)
                reason = f"'{keeper}' is not in the index yet, and cannot get any tags: try again."
                problems.append(Failure(pair.victim, Conflict(reason)))
            else:
                kept.append(pair)
        return kept


def _require_clear(pairs: Sequence[Pair]) -> None:
    """Raise InvalidRequest unless each file either is kept or goes, and goes for one other file
    only.
    """
    if not pairs:
        raise InvalidRequest("groups: name at least one file that is to go.")
    victims = [pair.victim for pair in pairs]
    if len(set(victims)) < len(victims):
        raise InvalidRequest("groups: a file goes in more than one of them.")
    kept = {path for pair in pairs for path in (pair.keeper, paths.real_or_given(pair.keeper))}
    for victim in victims:
        if victim in kept or os.path.normpath(victim) in kept:
            raise InvalidRequest(
                f"groups: '{to_text(victim)}' is kept in one of them, and goes in one."
            )
