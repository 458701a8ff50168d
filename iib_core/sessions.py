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
from collections.abc import Sequence
from typing import Any, Protocol

SESSION_S = 30 * 86_400
BROWSER_S = 400 * 86_400  # as long as browsers keep any cookie
MAX_FAILURES = 10
MAX_FAILURES_OF_ALL = 100
FAILURE_WINDOW_S = 60
_MAX_CLIENTS = 10_000
_BROWSER = b"browser"
_ALL = b""  # in place of a token: all that expire by then


class Ended(Protocol):
    """Where sessions that were ended are kept: when they would have expired (epoch seconds), by token."""

    def load(self) -> dict[bytes, int]: ...
    def add(self, token: bytes, expires_s: int) -> None: ...


class Sessions:
    """Session tokens for one secret.

    They are signed, not stored: they outlive a restart, and end when the secret changes.

    A token is base64url of 16 random bytes, 8 bytes of expiry (epoch seconds) and an HMAC-SHA256
    over both. Those that are ended before that are kept in ``ended``, so that they stay ended;
    without it, as long as this object lives.
    """

    def __init__(self, secret: str, ended: Ended | None = None) -> None:
        self._secret = secret.encode()
        # Derived, so that what a browser holds can never be compared with the secret itself.
        self._key = hmac.digest(self._secret, b"iib session", hashlib.sha256)
        self._lock = threading.Lock()
        self._store = ended
        self._ended = ended.load() if ended else {}

    @property
    def cookie_name(self) -> str:
        """Differs from secret to secret: two servers on one host would end each other's sessions."""
        return "iib-" + hashlib.sha256(self._key).hexdigest()[:8]

    @property
    def browser_cookie_name(self) -> str:
        """Of the cookie that tells a browser which has logged in before; it opens nothing."""
        return self.cookie_name + "-browser"

    def accepts(self, secret: str) -> bool:
        """Whether this is the secret; takes the same time whatever it is."""
        return bool(self._secret) and hmac.compare_digest(
            hashlib.sha256(secret.encode()).digest(), hashlib.sha256(self._secret).digest()
        )

    def start(self, now_s: float | None = None) -> str:
        """A new token."""
        expiry = max(int((time.time() if now_s is None else now_s) + SESSION_S), self._all_ended_until() + 1)
        body = os.urandom(16) + expiry.to_bytes(8, "big")
        return _to_text(body + self._sign(body))

    def is_valid(self, token: str, now_s: float | None = None) -> bool:
        """Whether the token is ours, has not expired and was not ended."""
        body = self._open(token) if self._secret else None  # without a secret anybody could sign
        if body is None or body in self._ended:
            return False
        return self._expiry(body) > max(time.time() if now_s is None else now_s, self._all_ended_until())

    def end(self, token: str) -> None:
        """Log out: the token is refused from now on."""
        body = self._open(token)
        if body is not None:
            self._end(body, self._expiry(body))

    def end_all(self) -> None:
        """Log out everywhere: every token that there is by now is refused from now on."""
        self._end(_ALL, max(int(time.time() + SESSION_S), self._all_ended_until() + 1))

    def _end(self, body: bytes, expiry: int) -> None:
        with self._lock:
            now = int(time.time())
            self._ended = {
                **{kept: until for kept, until in self._ended.items() if until > now},
                body: expiry,
            }
        if self._store is not None:
            self._store.add(body, expiry)

    def _all_ended_until(self) -> int:
        return self._ended.get(_ALL, 0)

    def is_signed(self, token: str) -> bool:
        """Whether the token is ours, valid or not any more."""
        return self._open(token) is not None

    def name_browser(self) -> str:
        """A token that names a browser: 16 random bytes, signed for this purpose alone."""
        body = os.urandom(16)
        return _to_text(body + self._sign(_BROWSER + body))

    def find_browser(self, token: str) -> str | None:
        """The name of the browser that was given this token."""
        raw = _from_text(token)
        body, signature = raw[:16], raw[16:]
        is_ours = (
            bool(self._secret)
            and len(body) == 16
            and hmac.compare_digest(signature, self._sign(_BROWSER + body))
        )
        return body.hex() if is_ours else None

    def _sign(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, hashlib.sha256)

    def _open(self, token: str) -> bytes | None:
        raw = _from_text(token)
        body, signature = raw[:24], raw[24:]
        return body if len(body) == 24 and hmac.compare_digest(signature, self._sign(body)) else None

    @staticmethod
    def _expiry(body: bytes) -> int:
        return int.from_bytes(body[16:], "big")


def _to_text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _from_text(text: str) -> bytes:
    """What ``_to_text`` was given; nothing of what it never gives."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return b""


class LoginThrottle:
    """Wrong logins, so that nobody can try secrets one after the other: counted for each client, and
    over all that never gave the right one.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._times: OrderedDict[str, deque[tuple[float, int]]] = OrderedDict()
        self._of_all: deque[float] = deque(maxlen=MAX_FAILURES_OF_ALL)
        self._known: OrderedDict[str, None] = OrderedDict()

    def count(self, client: str, secret: str) -> None:
        """Remember one. The same once more is no further guess: a script with an old secret stops
        nobody else from logging in.
        """
        guess = hash(secret)
        with self._lock:
            times = self._times.setdefault(client, deque(maxlen=MAX_FAILURES))
            _keep_newest(self._times, client)
            if any(guess == earlier for _, earlier in times):
                return
            times.append((time.monotonic(), guess))
            if client not in self._known:
                self._of_all.append(time.monotonic())

    def trust(self, client: str) -> None:
        """This client gave the right secret: what others do wrong is none of its business from now on."""
        with self._lock:
            self._known[client] = None
            _keep_newest(self._known, client)

    def wait_s(self, client: str) -> int:
        """Seconds until this client may try again; 0 for now."""
        with self._lock:
            own = _wait_s([at for at, _ in self._times.get(client, ())], MAX_FAILURES)
            return own if client in self._known else max(own, _wait_s(self._of_all, MAX_FAILURES_OF_ALL))


def _wait_s(times: Sequence[float], limit: int) -> int:
    return max(0, math.ceil(times[0] + FAILURE_WINDOW_S - time.monotonic())) if len(times) >= limit else 0


def _keep_newest(clients: OrderedDict[str, Any], client: str) -> None:
    clients.move_to_end(client)
    while len(clients) > _MAX_CLIENTS:
        clients.popitem(last=False)
