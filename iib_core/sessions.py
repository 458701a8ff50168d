"""Sessions: who has shown our secret, and who has guessed too often."""

from __future__ import annotations

import base64
import hashlib
import hmac
import math
import os
import threading
import time
from collections import OrderedDict, deque

SESSION_S = 30 * 86_400
MAX_FAILURES = 10
FAILURE_WINDOW_S = 60
_MAX_CLIENTS = 10_000


class Sessions:
    """Session tokens for one secret. They are signed, not stored: they outlive a restart, and end when the secret changes.

    A token is base64url of 16 random bytes, 8 bytes of expiry (epoch seconds) and an HMAC-SHA256 over both.
    """

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()
        # Derived, so that what a browser holds can never be compared with the secret itself.
        self._key = hmac.digest(self._secret, b"iib session", hashlib.sha256)
        self._lock = threading.Lock()
        self._ended: dict[bytes, int] = {}

    @property
    def cookie_name(self) -> str:
        """Differs from secret to secret: two servers on one host would end each other's sessions."""
        return "iib-" + hashlib.sha256(self._key).hexdigest()[:8]

    def accepts(self, secret: str) -> bool:
        """Whether this is the secret; takes the same time whatever it is."""
        return bool(self._secret) and hmac.compare_digest(hashlib.sha256(secret.encode()).digest(), hashlib.sha256(self._secret).digest())

    def start(self, now_s: float | None = None) -> str:
        """A new token."""
        expiry = int((time.time() if now_s is None else now_s) + SESSION_S)
        body = os.urandom(16) + expiry.to_bytes(8, "big")
        return base64.urlsafe_b64encode(body + self._sign(body)).decode().rstrip("=")

    def is_valid(self, token: str, now_s: float | None = None) -> bool:
        """Whether the token is ours, has not expired and was not ended."""
        body = self._open(token) if self._secret else None  # without a secret anybody could sign
        return body is not None and self._expiry(body) > (time.time() if now_s is None else now_s) and body not in self._ended

    def end(self, token: str) -> None:
        """Log out: the token is refused from now on."""
        body = self._open(token)
        if body is None:
            return
        with self._lock:
            now = int(time.time())
            self._ended = {kept: expiry for kept, expiry in self._ended.items() if expiry > now}
            self._ended[body] = self._expiry(body)

    def _sign(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, hashlib.sha256)

    def _open(self, token: str) -> bytes | None:
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except ValueError:
            return None
        body, signature = raw[:24], raw[24:]
        return body if len(body) == 24 and hmac.compare_digest(signature, self._sign(body)) else None

    @staticmethod
    def _expiry(body: bytes) -> int:
        return int.from_bytes(body[16:], "big")


class Failures:
    """Wrong logins by client, so that nobody can try secrets one after the other."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def count(self, client: str) -> None:
        """Remember one."""
        with self._lock:
            times = self._times.setdefault(client, deque(maxlen=MAX_FAILURES))
            times.append(time.monotonic())
            self._times.move_to_end(client)
            while len(self._times) > _MAX_CLIENTS:
                self._times.popitem(last=False)

    def wait_s(self, client: str) -> int:
        """Seconds until this client may try again; 0 for now."""
        with self._lock:
            times = self._times.get(client)
            if times is None or len(times) < MAX_FAILURES:
                return 0
            return max(0, math.ceil(times[0] + FAILURE_WINDOW_S - time.monotonic()))
