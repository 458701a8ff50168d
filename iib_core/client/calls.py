"""One call of the API: the request made of Python values, and the answer or the failure made of
JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from iib_core.client.failures import ClientError
from iib_core.client.transport import Answer, Transport


class Calls:
    """What every part of the client is built on.

    ``password``: that of the server (its setting IIB_SECRET_KEY), "" where it has none.
    """

    def __init__(self, transport: Transport, password: str = "") -> None:
        self._transport = transport
        self._headers = {"Accept": "application/json"}
        if password:
            self._headers["Authorization"] = f"Bearer {password}"

    def _get(self, route: str, **query: Any) -> Any:
        return self._call("GET", route, query)

    def _post(self, route: str, /, **body: Any) -> Any:
        return self._call("POST", route, {}, body or None)

    def _call(self, method: str, route: str, query: Mapping[str, Any], body: Any = None) -> Any:
        if body is None:
            return self._send(method, route, query, {}, None)
        content = json.dumps(body).encode()
        return self._send(method, route, query, {"Content-Type": "application/json"}, content)

    def _send(
        self,
        method: str,
        route: str,
        query: Mapping[str, Any],
        headers: Mapping[str, str],
        body: bytes | Iterable[bytes] | None,
    ) -> Any:
        given = {name: _as_text(value) for name, value in query.items() if value is not None}
        target = f"{route}?{urlencode(given)}" if given else route
        return _read(self._transport.send(method, target, {**self._headers, **headers}, body))


def given(**fields: Any) -> dict[str, Any]:
    """Those of the fields that have a value: the others keep the server's default."""
    return {name: value for name, value in fields.items() if value is not None}


def _as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _read(answer: Answer) -> Any:
    try:
        content = json.loads(answer.content)
    except ValueError as exc:
        raise _not_iib(answer.status) from exc
    if answer.status < 400:
        return content
    if not isinstance(content, dict) or "code" not in content:
        raise _not_iib(answer.status)
    message, code = str(content.get("detail", "")), str(content["code"])
    raise ClientError(message, code=code, status=answer.status)


def _not_iib(status: int) -> ClientError:
    message = f"What answers at this address (status {status}) is no IIB: look at the address and its path."
    return ClientError(message, code="NotIIB", status=status)
