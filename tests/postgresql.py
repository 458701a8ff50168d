"""PostgreSQL for the tests: one server a process."""

from __future__ import annotations

import atexit
import functools

import pytest

from bench.postgresql import PASSWORD, NoServer, Server, start

__all__ = ["PASSWORD", "TEMPLATE", "require_server", "require_server_with_vectors"]

TEMPLATE = "iib_template"


def require_server() -> Server:
    """The server of this process, started by the first who asks; skips the test with the reason
    where it cannot be had.
    """
    return _require(has_vectors=False)


def require_server_with_vectors() -> Server:
    """The same of one that has the extension ``vector``."""
    return _require(has_vectors=True)


def _require(*, has_vectors: bool) -> Server:
    found = _start(has_vectors=has_vectors)
    if isinstance(found, str):
        pytest.skip(f"no PostgreSQL: {found}")
    return found


@functools.cache
def _start(*, has_vectors: bool) -> Server | str:
    """The server, or why there is none."""
    try:
        server = start(has_vectors=has_vectors)
    except NoServer as exc:
        return str(exc)
    atexit.register(server.remove)
    return server
