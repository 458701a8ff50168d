"""The description of the API: the OpenAPI document, and an HTML page made of it that loads no other
file.

Only the standalone server has them; a host describes its API itself.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from html import escape
from typing import Any

from fastapi import APIRouter, Depends, FastAPI, Request
from starlette.responses import HTMLResponse, Response

from iib_core.routes.shared import origins
from iib_core.routes.shared.current_core import core_of
from iib_core.routes.shared.guards import require_visitor
from iib_core.routes.shared.json import JSON
from iib_core.routes.shared.route import IIBRoute

router = APIRouter(
    route_class=IIBRoute, dependencies=[Depends(require_visitor)], include_in_schema=False
)

_STYLE = """
:root { color-scheme: light dark }
body { font: 14px/1.5 system-ui, sans-serif; max-width: 900px; margin: 24px auto; padding: 0 16px }
summary { cursor: pointer; padding: 4px 0 }
details > :not(summary) { margin-left: 20px }
code { font: 13px ui-monospace, monospace }
table { border-collapse: collapse; margin: 8px 0 8px 20px }
td { border: 1px solid color-mix(in srgb, currentColor 25%, transparent); padding: 2px 8px;
  vertical-align: top }
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'"
)

Node = Mapping[str, Any]


@router.get("/openapi.json")
def get_document(request: Request) -> Response:
    """The OpenAPI document of the API."""
    return _Written(_document(request.app))


@router.get("/docs", response_class=HTMLResponse)
def show_document(request: Request) -> Response:
    """The OpenAPI document as an HTML page."""
    policy = f"{_POLICY}; {origins.frame_ancestors(core_of(request))}"
    headers = {
        "content-security-policy": policy,
        "referrer-policy": "same-origin",
        "cache-control": "no-cache",
    }
    return HTMLResponse(_html(request.app), headers=headers)


class _Written(JSON):
    """An answer whose JSON is written already."""

    def render(self, content: bytes) -> bytes:
        return content


# Written once for an app, whose routes do not change: it takes longer than most answers.
@lru_cache(maxsize=4)
def _document(app: FastAPI) -> bytes:
    return bytes(JSON(app.openapi()).body)


@lru_cache(maxsize=4)
def _html(app: FastAPI) -> bytes:
    return "".join(_page(app.openapi())).encode()


def _page(document: Node) -> Iterator[str]:
    title = escape(f"{document['info']['title']} {document['info']['version']}")
    yield (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" '
        'content="width=device-width">'
    )
    yield f"<title>{title}</title><style>{_STYLE}</style>"
    yield (
        f"<h1>{title}</h1><p>{escape(document['info'].get('description', ''))} <a "
        'href="openapi.json">openapi.json</a></p>'
    )
    groups: dict[str, list[str]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            groups.setdefault(operation.get("tags", ["other"])[0], []).append(
                "".join(_operation(method, path, operation))
            )
    for name, parts in groups.items():
        yield f"<h2>{escape(name)}</h2>{''.join(parts)}"
    yield "<h2>Bodies and answers</h2>"
    for name, schema in document.get("components", {}).get("schemas", {}).items():
        yield f'<details id="{escape(name)}" open><summary><code>{escape(name)}</code></summary>'
        yield f"<p>{escape(schema.get('description', ''))}</p>{_fields(schema)}</details>"


def _operation(method: str, path: str, operation: Node) -> Iterator[str]:
    yield (
        f"<details><summary><code>{method.upper()} {escape(path)}</code> "
        f"{escape(operation.get('summary', ''))}</summary>"
    )
    yield f"<p>{escape(operation.get('description', ''))}</p>"
    parameters = operation.get("parameters", [])
    if parameters:
        rows = (
            _row(
                p["name"],
                _kind(p.get("schema", {})),
                p.get("required", False),
                p.get("description", ""),
            )
            for p in parameters
        )
        yield f"<p>Parameters</p><table>{''.join(rows)}</table>"
    for content, body in operation.get("requestBody", {}).get("content", {}).items():
        yield f"<p>Body: <code>{escape(content)}</code>, {_kind(body.get('schema', {}))}</p>"
    answers = "".join(
        f"<tr><td>{escape(status)}<td>{_answer(answer)}"
        for status, answer in operation.get("responses", {}).items()
    )
    yield f"<p>Answers</p><table>{answers}</table></details>"


def _answer(answer: Node) -> str:
    kinds = (
        f"<code>{escape(content)}</code> {_kind(body.get('schema', {}))}"
        for content, body in answer.get("content", {}).items()
    )
    return "; ".join((escape(answer.get("description", "")), *kinds))


def _fields(schema: Node) -> str:
    required = schema.get("required", [])
    rows = (
        _row(name, _kind(field), name in required, field.get("description", ""))
        for name, field in schema.get("properties", {}).items()
    )
    return f"<table>{''.join(rows)}</table>"


def _row(name: str, kind: str, is_required: bool, text: str) -> str:
    required = "required" if is_required else ""
    return f"<tr><td><code>{escape(name)}</code><td>{kind}<td>{required}<td>{escape(text)}"


def _kind(schema: Node) -> str:
    """The type of a value, as HTML."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rsplit("/", 1)[-1])
        return f'<a href="#{name}">{name}</a>'
    several = schema.get("anyOf") or schema.get("allOf") or schema.get("oneOf")
    if several:
        return " or ".join(map(_kind, several))
    if "enum" in schema:
        return " or ".join(f"<code>{escape(str(value))}</code>" for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    if isinstance(schema.get("additionalProperties"), Mapping):
        return f"object of {_kind(schema['additionalProperties'])}"
    return escape(str(schema.get("type", "any")))
