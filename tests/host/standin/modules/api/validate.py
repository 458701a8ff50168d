"""SD.Next's limit of requests: so many a minute for each client and path, each at its cost.

What costs nothing, and what is not logged, is said here.
"""

from __future__ import annotations

import collections
import time

from fastapi import HTTPException

from modules.shared import opts

request_cost = {"/run/predict": 0}
log_exclude_prefix = ["/assets"]
_seen: dict[tuple[str, str], collections.deque[float]] = collections.defaultdict(collections.deque)


def check(client: str, path: str) -> None:
    """Raise HTTPException 429 for one request too many."""
    if not path.startswith(tuple(log_exclude_prefix)):
        print(f"API {client} {path}")
    cost, times, now = request_cost.get(path, 1), _seen[client, path], time.monotonic()
    while times and times[0] < now - 60:
        times.popleft()
    if len(times) + cost > int(opts.server_rate_limit):
        raise HTTPException(status_code=429, detail=f"{client}:{path}: rate limit exceeded")
    times.extend([now] * cost)
