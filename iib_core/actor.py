"""Who changes something: the user for whom a request or a job acts, and the machine.

The name is a label that is stored with a change. It is no login and opens nothing.
"""

from __future__ import annotations

import re
import socket
from contextvars import ContextVar

from iib_core.errors import InvalidRequest

MAX_NAME_CHARS = 64
# Besides control characters those that break a line or turn the direction of what follows.
_UNSHOWN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
_user: ContextVar[str] = ContextVar("iib_user", default="")


def user() -> str:
    """The name of the user for whom the present request or job acts; "" if it is not known."""
    return _user.get()


def act_for(name: str) -> None:
    """Set ``user`` for the present request, with all threads that it uses, or for this thread."""
    _user.set(name)


def machine() -> str:
    """The name of this computer, as it is in the table of servers too."""
    return socket.gethostname()


def validate_name(raw: str) -> str:
    """``raw`` as a name, without surrounding space; it may be "".

    Raises InvalidRequest if it is too long or has characters that cannot be shown.
    """
    name = raw.strip()
    if len(name) > MAX_NAME_CHARS:
        raise InvalidRequest(
            f"The name has {len(name)} characters: at most {MAX_NAME_CHARS} are possible."
        )
    if _UNSHOWN.search(name):
        raise InvalidRequest(
            "The name contains a line break or another character that cannot be shown."
        )
    return name


def shorten_name(raw: str) -> str:
    """``raw``, from another program, as a name: without what ``validate_name`` refuses."""
    return _UNSHOWN.sub("", raw).strip()[:MAX_NAME_CHARS].rstrip()
