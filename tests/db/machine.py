"""A state machine of hypothesis over a database of its own."""

from __future__ import annotations

import shutil
import tempfile
import unittest
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine

from tests.databases import ENGINES, empty_all, open_database
from tests.searches import rounds


class DatabaseMachine(RuleBasedStateMachine):
    """Each run begins with an empty ``database``, which is removed at its end."""

    engine = ENGINES[0]

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.mkdtemp()
        self.database = open_database(Path(self._folder, "iib.db"), self.engine)

    def teardown(self) -> None:
        self.database.close()
        empty_all()
        shutil.rmtree(self._folder)


def case_on(
    machine: type[DatabaseMachine], engine: str, examples: int, steps: int
) -> type[unittest.TestCase]:
    """The test of a machine on an engine, for ``pytest`` to collect."""
    case = type(f"{machine.__name__}On{engine}", (machine,), {"engine": engine}).TestCase
    case.settings = settings(max_examples=rounds(examples), stateful_step_count=steps)
    case.pytestmark = [pytest.mark.engine]
    return case
