"""Paths in tests, with ``/`` on every system."""

from __future__ import annotations

import os


def slashed(path: str | os.PathLike[str]) -> str:
    """The path with ``/`` between its parts."""
    return os.fspath(path).replace(os.sep, "/")


def below(path: str | os.PathLike[str], top: str | os.PathLike[str]) -> str:
    """The path relative to ``top``, with ``/`` between its parts."""
    return slashed(os.path.relpath(path, top))


def rooted(path: str) -> str:
    """An absolute path of a test as this system writes it, with a drive where there are drives."""
    return os.path.abspath(path)


def native(path: str) -> str:
    """A path of a test as this system writes it."""
    return path.replace("/", os.sep)
