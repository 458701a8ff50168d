"""Single requests to a server on this machine."""

from __future__ import annotations

import httpx

# Longer than an answer takes on a busy machine, and shorter than a test may take.
TIMEOUT_S = 100
_KNOWN: dict[str, object] = {"timeout": TIMEOUT_S, "trust_env": False, "verify": False}


def get(url: str, **options: object) -> httpx.Response:
    """As ``httpx.get``, without the proxies of the environment and without certificates, which take
    longer to read than most answers.
    """
    return _ask("GET", url, options)


def post(url: str, **options: object) -> httpx.Response:
    """As ``httpx.post``; see ``get``."""
    return _ask("POST", url, options)


def _ask(method: str, url: str, options: dict[str, object]) -> httpx.Response:
    return httpx.request(method, url, **{**_KNOWN, **options})  # type: ignore[arg-type]


def client(**options: object) -> httpx.Client:
    """A client with the same rules for all its requests; ``options`` are those of ``httpx.Client``."""
    return httpx.Client(**{**_KNOWN, **options})  # type: ignore[arg-type]
