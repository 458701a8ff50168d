"""A state machine of hypothesis over a database of its own."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis.stateful import RuleBasedStateMachine

from tests.databases import open_database


class DatabaseMachine(RuleBasedStateMachine):
    """Each run begins with an empty ``database``, which is removed at its end."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.mkdtemp()
        self.database = open_database(Path(self._folder, "iib.db"))

    def teardown(self) -> None:
        self.database.close()
        shutil.rmtree(self._folder)
