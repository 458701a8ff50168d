"""Writes ``skills/iib/references/api.md`` from the API's own description: ``python -m
skills.reference``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from iib_core.config import BASE
from iib_core.routes import ROUTERS

TARGET = Path(__file__).parent / "iib" / "references" / "api.md"

_HEAD = f"""\
# The HTTP API of IIB

Made from the API's own description by `python -m skills.reference`; do not edit it here.
All paths are below `{BASE}`. Bodies are JSON. A field with `?` may be left out, and has the value behind
`=` then. A failure is `{{"detail": "a sentence", "code": "its name"}}` with a status of 400 or above.
"""
_TYPES = {
    "string": "text",
    "integer": "integer",
    "number": "number",
    "boolean": "true|false",
    "null": "null",
}

Node = Mapping[str, Any]


def main() -> None:
    """Write the file."""
    TARGET.write_text(build(), encoding="utf-8")


def build() -> str:
    """The text of the reference."""
    described = describe()
    return "\n".join((_HEAD, *_routes(described), *_types(described)))


def describe() -> Node:
    """The API as OpenAPI describes it."""
    app = FastAPI()
    for router in ROUTERS:
        app.include_router(router, prefix=BASE)
    return app.openapi()


def _routes(described: Node) -> Iterator[str]:
    groups: dict[str, list[str]] = {}
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            name = operation.get("tags", ["other"])[0]
            groups.setdefault(name, []).append(
                "".join(_route(method, path.removeprefix(BASE), operation))
            )
    for name, routes in groups.items():
        yield f"## {name}\n"
        yield from routes


def _route(method: str, path: str, operation: Node) -> Iterator[str]:
    text = f"{operation.get('summary', '')}. {_line(operation.get('description'))}".strip()
    yield f"### {method.upper()} {path}\n\n{text}\n\n"
    parameters = [p for p in operation.get("parameters", []) if p["in"] in ("query", "path")]
    if parameters:
        named = (
            _field(p["name"], p["schema"], is_required=p.get("required", False)) for p in parameters
        )
        listed = ", ".join(named)
        yield f"- parameters: `{listed}`\n"
    for kind, body in operation.get("requestBody", {}).get("content", {}).items():
        as_kind = "" if kind == "application/json" else f" as {kind}"
        yield f"- body{as_kind}: `{_kind(body.get('schema', {}))}`\n"
    for kind, answer in operation.get("responses", {}).get("200", {}).get("content", {}).items():
        schema = answer.get("schema", {})
        shown = _kind(schema) if kind == "application/json" and schema else kind
        yield f"- answer: `{shown}`\n"


def _types(described: Node) -> Iterator[str]:
    yield "## Bodies and answers\n"
    for name, schema in sorted(described.get("components", {}).get("schemas", {}).items()):
        required = schema.get("required", [])
        fields = [
            _field(field, kind, is_required=field in required)
            for field, kind in schema.get("properties", {}).items()
        ]
        if fields:
            yield f"**{name}** {_line(schema.get('description'))}\n`{{{', '.join(fields)}}}`\n"


def _field(name: str, schema: Node, *, is_required: bool) -> str:
    default = schema.get("default")
    shown = f" = {json.dumps(default)}" if default not in (None, "", []) else ""
    return f"{name}{'' if is_required else '?'}: {_kind(schema)}{shown}"


def _kind(schema: Node) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    several = schema.get("anyOf") or schema.get("allOf") or schema.get("oneOf")
    if several:
        return "|".join(dict.fromkeys(map(_kind, several)))
    if "enum" in schema:
        return "|".join(json.dumps(value) for value in schema["enum"])
    if schema.get("type") == "array":
        return f"[{_kind(schema.get('items', {}))}]"
    if isinstance(schema.get("additionalProperties"), Mapping):
        return f"{{text: {_kind(schema['additionalProperties'])}}}"
    if schema.get("format") == "binary" or "contentMediaType" in schema:
        return "file"
    return _TYPES.get(str(schema.get("type")), "any")


def _line(text: str | None) -> str:
    return " ".join((text or "").replace("``", "`").split())


if __name__ == "__main__":
    main()
