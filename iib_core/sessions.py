"""Sessions of logged-in browsers, and the throttle of failed logins."""

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
_BODY, _SIGNED = 24, 56  # bytes of a token until its signature, and with it
_BROWSER = b"browser"
_ALL = b""  # in place of a token: all tokens that expire by then


class EndedSessionStore(Protocol):
    """Where ended sessions are stored: the time when they would have expired (epoch seconds), by
    token.
    """

    def load(self) -> dict[bytes, int]: ...
    def add(self, token: bytes, expires_s: int) -> None: ...


class Sessions:
    """Session tokens for one password.

    Tokens are signed, not stored: they survive a restart, and become invalid when the password
    changes. A token is base64url of 16 random bytes, 8 bytes of expiry (epoch seconds), an
    HMAC-SHA256 over all else, and the name that the user gave. Tokens that were ended before their
    expiry are stored in ``ended``; without it, in memory only.
    """

    def __init__(self, password: str, ended: EndedSessionStore | None = None) -> None:
        self._password = password.encode()
        # Derived, so that no token of a browser can be compared with the password itself.
        self._key = hmac.digest(self._password, b"iib session", hashlib.sha256)
        self._lock = threading.Lock()
        self._store = ended
        self._ended = ended.load() if ended else {}

    @property
    def cookie_name(self) -> str:
        """Depends on the password: otherwise two servers on one host would overwrite each other's
        cookie.
        """
        return "iib-" + hashlib.sha256(self._key).hexdigest()[:8]

    @property
    def browser_cookie_name(self) -> str:
        """Name of the cookie of a browser that has logged in before. It is no login."""
        return self.cookie_name + "-browser"

    def accepts(self, password: str) -> bool:
        """Whether the password is right; takes the same time for any password."""
        return bool(self._password) and hmac.compare_digest(
            hashlib.sha256(password.encode()).digest(), hashlib.sha256(self._password).digest()
        )

    @property
    def name_cookie_name(self) -> str:
        """Name of the cookie with the name that the login page shows again. It is no login."""
        return self.cookie_name + "-name"

    def start(self, now_s: float | None = None, *, name: str = "") -> str:
        """A new session token; ``name``: what the user wants to be called."""
        expiry = max(
            int((time.time() if now_s is None else now_s) + SESSION_S), self._all_ended_until() + 1
        )
        body, label = os.urandom(16) + expiry.to_bytes(8, "big"), name.encode()
        return _to_text(body + self._sign(body + label) + label)

    def find_name(self, token: str) -> str:
        """The name in a valid token; "" if there is none."""
        return _from_text(token)[_SIGNED:].decode() if self.is_valid(token) else ""

    def is_valid(self, token: str, now_s: float | None = None) -> bool:
        """Whether the token is signed by us, has not expired and was not ended."""
        body = self._open(token) if self._password else None  # without a password anyone could sign
        if body is None or body in self._ended:
            return False
        return self._expiry(body) > max(
            time.time() if now_s is None else now_s, self._all_ended_until()
        )

    def end(self, token: str) -> None:
        """Log out: the token is invalid from now on."""
        body = self._open(token)
        if body is not None:
            self._end(body, self._expiry(body))

    def read_ended(self) -> None:
        """Read again which tokens were ended: another server may have done that."""
        if self._store is not None:
            stored = self._store.load()
            with self._lock:
                self._ended = {**self._ended, **stored}

    def end_all(self) -> None:
        """Log out everywhere: all existing tokens are invalid from now on."""
        self._end(_ALL, max(int(time.time() + SESSION_S), self._all_ended_until() + 1))

    def _end(self, body: bytes, expiry: int) -> None:
        with self._lock:
            now = int(time.time())
            still_needed = {ended: until for ended, until in self._ended.items() if until > now}
            self._ended = {**still_needed, body: expiry}
        if self._store is not None:
            self._store.add(body, expiry)

    def _all_ended_until(self) -> int:
        return self._ended.get(_ALL, 0)

    def is_signed(self, token: str) -> bool:
        """Whether the token is signed by us, even if it is not valid any more."""
        return self._open(token) is not None

    def name_browser(self) -> str:
        """A token that identifies a browser: 16 random bytes, signed for this purpose only."""
        body = os.urandom(16)
        return _to_text(body + self._sign(_BROWSER + body))

    def find_browser(self, token: str) -> str | None:
        """The id of the browser with this token; None if the token is not ours."""
        raw = _from_text(token)
        body, signature = raw[:16], raw[16:]
        if not self._password or len(body) != 16:
            return None
        is_signed = hmac.compare_digest(signature, self._sign(_BROWSER + body))
        return body.hex() if is_signed else None

    def _sign(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, hashlib.sha256)

    def _open(self, token: str) -> bytes | None:
        raw = _from_text(token)
        body, signature, label = raw[:_BODY], raw[_BODY:_SIGNED], raw[_SIGNED:]
        # What a browser's token signs is shorter than any body, so that it is never taken for one.
        is_signed = hmac.compare_digest(signature, self._sign(body + label))
        return body if len(body) == _BODY and is_signed else None

    @staticmethod
    def _expiry(body: bytes) -> int:
        return int.from_bytes(body[16:], "big")


def _to_text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _from_text(text: str) -> bytes:
    """The bytes of a text from ``_to_text``; b"" for any other text."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return b""


class LoginThrottle:
    """Slows down failed logins, so that passwords cannot be guessed.

    It counts them for each client, and over all clients that have never logged in.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._times: OrderedDict[str, deque[tuple[float, int]]] = OrderedDict()
        self._of_all: deque[float] = deque(maxlen=MAX_FAILURES_OF_ALL)
        self._known: OrderedDict[str, None] = OrderedDict()

    def count(self, client: str, password: str) -> None:
        """Count a failed login. The same password counts once: a script with an old password does
        not block other logins.
        """
        guess = hash(password)
        with self._lock:
            times = self._times.setdefault(client, deque(maxlen=MAX_FAILURES))
            _keep_newest(self._times, client)
            if any(guess == earlier for _, earlier in times):
                return
            times.append((time.monotonic(), guess))
            if client not in self._known:
                self._of_all.append(time.monotonic())

    def trust(self, client: str) -> None:
        """This client has logged in: failed logins of others do not slow it down from now on."""
        with self._lock:
            self._known[client] = None
            _keep_newest(self._known, client)

    def wait_s(self, client: str) -> int:
        """Seconds until this client may try again; 0 if it may now."""
        with self._lock:
            by_client = _wait_s([time_s for time_s, _ in self._times.get(client, ())], MAX_FAILURES)
            if client in self._known:
                return by_client
            return max(by_client, _wait_s(self._of_all, MAX_FAILURES_OF_ALL))


def _wait_s(times: Sequence[float], limit: int) -> int:
    if len(times) < limit:
        return 0
    return max(0, math.ceil(times[0] + FAILURE_WINDOW_S - time.monotonic()))


def _keep_newest(clients: OrderedDict[str, Any], client: str) -> None:
    clients.move_to_end(client)
    while len(clients) > _MAX_CLIENTS:
        clients.popitem(last=False)
