"""Symbolic links, where the system and its user can make them."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path


@functools.cache
def can_link() -> bool:
    """Whether a link can be made here that leads where it says.

    Windows asks for a right, and some systems make a copy in silence.
    """
    with tempfile.TemporaryDirectory() as folder:
        link = Path(folder, "link")
        try:
            link.symlink_to(folder)
        except (OSError, NotImplementedError):
            return False
        return link.is_symlink()


def link_where_possible(link: Path, target: Path) -> None:
    """Make ``link`` for the tests that are marked ``needs_links``; those beside them that share a
    fixture do without.
    """
    if can_link():
        link.symlink_to(target)
