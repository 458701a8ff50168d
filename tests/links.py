"""Symbolic links, on systems where this user can create them."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path


@functools.cache
def can_link() -> bool:
    """Whether this user can create a working link here.

    Windows requires a privilege, and some systems silently make a copy.
    """
    with tempfile.TemporaryDirectory() as folder:
        link = Path(folder, "link")
        try:
            link.symlink_to(folder)
        except (OSError, NotImplementedError):
            return False
        return link.is_symlink()


def link_where_possible(link: Path, target: Path) -> None:
    """Create ``link`` for tests that are marked ``needs_links``; other tests that share the fixture
    work without it.
    """
    if can_link():
        link.symlink_to(target)
