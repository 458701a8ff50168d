"""PostgreSQL for the tests: one server a process."""

from __future__ import annotations

import atexit
import functools

import pytest

from bench.postgresql import PASSWORD, NoServer, Server, start

__all__ = ["PASSWORD", "TEMPLATE", "require_server"]

TEMPLATE = "iib_template"


def require_server() -> Server:
    """The server of this process, started by the first who asks; skips the test with the reason
    where it cannot be had.
    """
    found = _start()
    if isinstance(found, str):
        pytest.skip(f"no PostgreSQL: {found}")
    return found


@functools.cache
def _start() -> Server | str:
    """The server, or why there is none."""
    try:
        server = start()
    except NoServer as exc:
        return str(exc)
    atexit.register(server.remove)
    return server
