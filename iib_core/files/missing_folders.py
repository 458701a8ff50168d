"""The folders that a plan makes before its files can move."""

from __future__ import annotations

import os
from collections.abc import Iterable

from iib_core.access import Access
from iib_core.files import plan
from iib_core.files.plan import MAKE, Plan


def add_missing_folders(made: Plan, folders: Iterable[str], access: Access) -> None:
    """Add the steps that make those of ``folders`` that do not exist, as a preparation."""
    planned = {step.target for step in made.steps if step.kind == MAKE}
    needed = dict.fromkeys(folders)
    access.require_online(needed)
    for folder in needed:
        for path in plan.missing_folders(
            folder, lambda path: path in planned or os.path.lexists(path)
        ):
            planned.add(path)
            made.add_folder(MAKE, path, 0)
