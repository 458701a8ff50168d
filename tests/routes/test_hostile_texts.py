"""Every text that a route takes, in every field: lone surrogates, NUL, names that are too long.

Answered or refused with a sentence, never a failure.

The fields are found by their types: a new route is held to it as soon as it is there.
"""

from __future__ import annotations

import inspect
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints
from urllib.parse import quote, quote_from_bytes

import pytest
from fastapi.routing import APIRoute
from pydantic import BaseModel

from tests.conftest import Served, Servers, is_wine, make_library
from tests.routes.test_protocol import PUBLIC, ROUTES, body_with, each, fields_of, query_for

pytestmark = pytest.mark.stack

LONG = "x" * 20_000
# Longer than a path may be. Wine has no limit: it would make all these folders, and look at each of
# them at each call, which takes minutes.
DEEP = 100 if is_wine() else 1900


def texts(library: Path) -> list[str]:
    """Values for a field that takes a text, or a path."""
    inside = str(library)
    alone = [
        "",
        "\ud800",
        "\udcff",
        "a\0b",
        LONG,
        "\ufffd",
        "\uefff",
        "%00",
        "\n",
        "NaN",
        "9" * 400,
        "{date:\ud800}",
        '"\udcff',
        "re:/\ud800/",
        "date:9999",
    ]
    below = [
        "\ud800.png",
        "\udcff.png",
        "\udcff/a.png",
        "a\0.png",
        "x" * 300 + ".png",
        "y/" * DEEP + "a.png",
        "fox.png\udcff",
        "fox.png/a.png",
        "\uefff.png",
    ]
    return [
        *alone,
        *(f"{inside}/{name}" for name in below),
        "/\ud800",
        "/\udcff",
        "//",
        "C:\\\ud800",
    ]


def has_text(kind: Any) -> bool:
    """Whether a value of this type is a text, or contains one."""
    return kind in (str, Any) or any(map(has_text, get_args(kind))) or is_model(kind)


def is_model(kind: Any) -> bool:
    """Whether a type is a body or a part of one; on Python 3.10 ``list[int]`` counts as a class."""
    return get_origin(kind) is None and inspect.isclass(kind) and issubclass(kind, BaseModel)


def value_of(kind: Any, text: str) -> Any:
    """A value of this type whose texts are all ``text``."""
    if is_model(kind):
        return {name: value_of(inner, text) for name, inner in get_type_hints(kind).items()}
    if get_origin(kind) in (list, tuple, set):
        return [value_of(get_args(kind)[0], text)]
    if get_origin(kind) is dict:
        return {text: value_of(get_args(kind)[1], text)}
    if get_args(kind):
        return value_of(next(filter(has_text, get_args(kind)), get_args(kind)[0]), text)
    return text if kind in (str, Any) else {int: 1, float: 0.5, bool: False}.get(kind)


def requests(route: APIRoute, library: Path) -> Iterator[tuple[str, str, str, str | None]]:
    """(description, path, query, body) for each field with each text; everything else is valid."""
    body = body_with(route, str(library / "sub/deep.png"))
    usual = "&".join(
        f"{name}={quote(value)}"
        for name, value in query_for(route, str(library / "fox.png")).items()
    )
    given = get_type_hints(route.endpoint)
    in_path = [name for name in route.param_convertors if name != "version"]
    in_query = [
        name
        for name in inspect.signature(route.endpoint).parameters
        if name not in in_path and has_text(given[name]) and given[name] in TEXTS
    ]
    for text in texts(library):
        raw = quote_from_bytes(text.encode("utf-8", "surrogatepass"))
        told = f"{text[:40]!r}"
        for name in in_path:
            yield (
                f"{name} {told}",
                route.path.replace("{" + name + "}", raw)
                .replace("{" + name + ":path}", raw)
                .replace("{version}", "1"),
                usual,
                None,
            )
        for name in in_query:
            others = "&".join(part for part in usual.split("&") if not part.startswith(f"{name}="))
            yield (
                f"{name} {told}",
                route.path,
                f"{others}&{name}={raw}",
                json.dumps(body) if body else None,
            )
        for name, kind in fields_of(route).items():
            if has_text(kind):
                yield (
                    f"{name} {told}",
                    route.path,
                    usual,
                    json.dumps({**body, name: value_of(kind, text)}),
                )


TEXTS = (str, str | None)


@pytest.fixture(scope="module")
def served(tmp_path_factory, empty_database, slots) -> Iterator[Served]:
    """A server with its own library, because some of these requests change it."""
    servers = Servers(tmp_path_factory.mktemp("hostile"), empty_database, slots)
    library = make_library(tmp_path_factory.mktemp("texts") / "library")
    served = servers.start(library, access_control="on")
    served.post("/db/update_image_data", {})
    yield served
    servers.close()
    # Some of its folders are nested so deeply that rmtree of Python and pytest fails; rm has no
    # such limit.
    if rm := shutil.which("rm"):
        subprocess.run([rm, "-rf", library], check=True, timeout=60)


@each([route for route in ROUTES if route.path not in PUBLIC and "HEAD" not in route.methods])
def test_every_text_in_every_field_is_answered_or_refused_with_a_sentence(served, route):
    library = Path(served.core.access.roots[0].real)
    failed = []
    for tried, path, query, body in requests(route, library):
        for name in route.param_convertors:
            path = path.replace("{" + name + "}", "1").replace("{" + name + ":path}", "1")
        headers = {"content-type": "application/json"} if body is not None else {}
        answer = served.client.request(
            min(route.methods), f"{path}?{query}", content=body, headers=headers
        )
        is_told = answer.status_code < 400 or (
            answer.headers["content-type"].startswith("application/json")
            and answer.json()["detail"].strip()
        )
        if (answer.status_code >= 500 and answer.status_code != 502) or not is_told:
            failed.append((tried, answer.status_code, answer.text[:200]))
    assert not failed, failed
    served.core.access.set_roots([str(library)])
    assert served.get("/hello").status_code == 200
