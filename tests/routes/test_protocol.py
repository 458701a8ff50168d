"""Rules for every route: paths outside the library, missing files, bad input, other origins,
logins.
"""

from __future__ import annotations

import functools
import inspect
import json
import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import httpx
import pytest
from fastapi.routing import APIRoute
from pydantic import VERSION, BaseModel

from iib_core.config import BASE
from iib_core.core import Host
from iib_core.routes import ROUTERS
from iib_core.routes.shared.guards import (
    require_asker,
    require_reader,
    require_uploader,
    require_visitor,
    require_writer,
)
from iib_core.routes.shared.plain_route import PlainRoute
from iib_core.sessions import LoginThrottle
from tests.conftest import Served, Servers, Slot, make_library
from tests.links import link_where_possible

pytestmark = pytest.mark.stack

ROUTES = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
PUBLIC = {"/hello", "/login", "/logout"}
PAGE = {"", "/", "/service-worker.js", "/static/{version}/{name:path}"}
_NAMES_A_PATH = re.compile(r"(.*_)?(path|paths|folder|dest|old|new)")
_DUMMIES = {str: "x", int: 1, float: 0.5, bool: False}


def query_of(route: APIRoute) -> str | None:
    """The name of the query parameter for a path."""
    return (
        None
        if route.methods == {"HEAD"}
        else next(
            (
                name
                for name in inspect.signature(route.endpoint).parameters
                if _NAMES_A_PATH.fullmatch(name)
            ),
            None,
        )
    )


def query_for(route: APIRoute, path: str) -> dict[str, str]:
    """A query that is valid except for its path. Some routes need more for that."""
    name = query_of(route)
    others = inspect.signature(route.endpoint).parameters if isinstance(route, PlainRoute) else {}
    query = {
        other: parameter.default.default
        for other, parameter in others.items()
        if other not in ("request", name)
    }
    return {name: path, **query} if name else query


def model_of(route: APIRoute) -> type[BaseModel] | None:
    """The model of the body."""
    return next(
        (
            kind
            for kind in get_type_hints(route.endpoint).values()
            # Python 3.10 takes list[str] for a class.
            if get_origin(kind) is None and inspect.isclass(kind) and issubclass(kind, BaseModel)
        ),
        None,
    )


def fields_of(route: APIRoute) -> dict[str, Any]:
    """The fields of the body by name, with their types."""
    model = model_of(route)
    return get_type_hints(model) if model else {}


def required_of(route: APIRoute) -> set[str]:
    """The required fields of the body."""
    model = model_of(route)
    if model is None:
        return set()
    fields = model.__fields__ if VERSION.startswith("1.") else model.model_fields
    return {
        name
        for name, field in fields.items()
        if (field.required if VERSION.startswith("1.") else field.is_required())
    }


def body_with(route: APIRoute, *paths: str) -> dict[str, Any]:
    """A body that is valid except for its paths."""
    required = required_of(route)
    body = {
        name: _DUMMIES[kind]
        for name, kind in fields_of(route).items()
        if name in required and kind in _DUMMIES
    }
    body |= {
        name: get_args(kind)[0]
        for name, kind in fields_of(route).items()
        if name in required and get_origin(kind) is Literal
    }
    for name, kind in fields_of(route).items():
        if _NAMES_A_PATH.fullmatch(name) and kind is not bool:
            body[name] = list(paths) if "list" in str(kind).lower() else paths[-1]
    return body


# Found by their parameters, so that a new route is tested without being listed.
WITH_PATH = [route for route in ROUTES if query_of(route)]
WITH_BODY = [route for route in ROUTES if fields_of(route)]
WITH_PATHS = [
    route for route in WITH_BODY if any(_NAMES_A_PATH.fullmatch(name) for name in fields_of(route))
]


def ask(served, route, path):
    if not query_of(route):
        return send(served, route, body_with(route, path))
    return served.client.request(min(route.methods), route.path, params=query_for(route, path))


def send(served, route, body):
    return served.client.request(min(route.methods), route.path, json=body)


def each(routes):
    return pytest.mark.parametrize(
        "route", routes, ids=lambda route: f"{min(route.methods)} {route.path or '(page)'}"
    )


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library, and files outside of it.

    It is shared, because requests here are refused or change nothing.
    """
    top = tmp_path_factory.mktemp("places")
    library = make_library(top / "library")
    for folder in ("library-private", "elsewhere"):
        (top / folder).mkdir()
        (top / folder / "a.png").write_bytes((library / "fox.png").read_bytes())
    link_where_possible(library / "out.png", top / "elsewhere/a.png")
    link_where_possible(library / "outside", top / "elsewhere")
    (library / "gone.txt").write_text("a sidecar")
    return top


@pytest.fixture(scope="module")
def shared(
    tmp_path_factory: pytest.TempPathFactory, places: Path, empty_database: Path, slots: list[Slot]
) -> Iterator[Callable[..., Served]]:
    """One server for each combination of settings: a thousand requests have to be refused, and
    starting a server takes longer than that.
    """
    servers = Servers(tmp_path_factory.mktemp("data"), empty_database, slots)
    yield functools.cache(lambda **settings: servers.start(places / "library", **settings))
    servers.close()


SHOWING_OR_CHANGING = {require_reader, require_asker, require_writer, require_uploader}


def test_the_walk_finds_routes():
    assert len(WITH_PATH) >= 5 and len(WITH_PATHS) >= 4


def _guards(route):
    return {dependency.dependency for dependency in route.dependencies}


@each([route for route in ROUTES if route.path not in PUBLIC])
def test_every_route_is_guarded(route):
    assert {require_visitor, *SHOWING_OR_CHANGING} & _guards(route)


@each([route for route in ROUTES if route.path not in PUBLIC | PAGE])
def test_every_route_shows_or_changes_by_permission(route):
    assert SHOWING_OR_CHANGING & _guards(route)


LINKS_OUT = [
    pytest.param(f"library/{name}", marks=pytest.mark.needs_links)
    for name in ("out.png", "outside")
]


@pytest.mark.parametrize(
    "outside",
    ["library-private/a.png", "elsewhere/a.png", *LINKS_OUT, "libr", "", "elsewhere/missing.png"],
)
@each(WITH_PATH + WITH_PATHS)
def test_outside_of_the_roots_nothing_exists(shared, places, route, outside):
    answer = ask(shared(access_control="on"), route, str(places / outside))
    assert (answer.status_code, answer.json()["code"]) == (403, "AccessDenied")


@each(WITH_PATHS)
def test_one_path_outside_refuses_the_whole_batch(shared, places, route):
    answer = send(
        shared(access_control="on"),
        route,
        body_with(route, str(places / "library/fox.png"), str(places / "elsewhere/a.png")),
    )
    assert answer.status_code == 403


def test_what_no_route_takes_is_answered_as_every_failure(shared):
    served = shared()
    missing = served.get("/no/such/route")
    assert (missing.status_code, missing.json()["code"]) == (404, "NotFound")
    wrong = served.get("/db/search")
    assert (wrong.status_code, wrong.json()["code"]) == (405, "MethodNotAllowed")
    assert wrong.headers["allow"] == "POST" and "POST" in wrong.json()["detail"]
    elsewhere = httpx.get(f"{served.url}/elsewhere/hello")
    assert elsewhere.status_code == 404 and "code" not in elsewhere.json()


@each(WITH_PATH)
def test_a_missing_file_is_404_and_its_sidecar_stays_unread(shared, places, route):
    answer = ask(shared(), route, str(places / "library/gone.png"))
    assert answer.status_code == 404 and "a sidecar" not in answer.text


@pytest.mark.parametrize("bad", ["a\0b", "/a\0b", "/" + "x" * 5000, "relative.png"])
@each(WITH_PATH + WITH_PATHS)
def test_what_is_no_path_is_400(shared, route, bad):
    answer = ask(shared(), route, bad)
    assert (answer.status_code, answer.json()["code"]) == (400, "InvalidRequest")


@each([route for route in WITH_PATH if query_of(route) == "path"])
def test_a_folder_where_a_file_is_meant_is_400(shared, places, route):
    assert ask(shared(), route, str(places / "library")).status_code == 400


def test_a_file_where_a_folder_is_meant_is_400(shared, places):
    assert shared().get("/files", folder_path=str(places / "library/fox.png")).status_code == 400


@pytest.mark.parametrize("body", ["{", '{"paths": 3}', '{"paths": [{}]}', "{}", "[]", "null", ""])
@each([route for route in WITH_BODY if required_of(route)])
def test_a_bad_body_is_400_with_one_sentence(shared, route, body):
    answer = shared().client.request(
        min(route.methods), route.path, content=body, headers={"content-type": "application/json"}
    )
    assert answer.status_code == 400
    assert set(answer.json()) == {"detail", "code"} and answer.json()["detail"].endswith(".")


@each(
    [
        route
        for route in WITH_PATH
        if query_of(route) == "path" and "filename" not in route.param_convertors
    ]
)
def test_a_missing_parameter_is_400(shared, route):
    answer = shared().client.request(min(route.methods), route.path)
    assert answer.status_code == 400 and "path" in answer.json()["detail"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://127.0.0.1:1", "Sec-Fetch-Site": "same-site"},
        {"Content-Type": "text/plain", "Referer": "https://evil.example/"},
        {"Content-Type": "", "Cookie": "a=b"},
        {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "none"},
    ],
)
@each(
    [route for route in ROUTES if not route.methods & {"GET", "HEAD"} and route.path not in PUBLIC]
)
def test_another_site_may_not_change_anything(shared, route, headers):
    answer = shared().client.request(
        min(route.methods),
        route.path,
        content='{"paths": []}',
        headers={"Content-Type": "application/json", **headers},
    )
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    "told", [None, "", "application/x-www-form-urlencoded", "text/plain", "nothing"]
)
def test_a_script_may_send_json_under_any_type(serve, library, told):
    """As curl sends it with -d alone. A browser would send its origin."""
    served = serve(library)
    headers = {} if told is None else {"Content-Type": told}
    fox = str(library / "fox.png")
    answer = served.client.post(
        "/check_path_exists", content=json.dumps({"paths": [fox]}), headers=headers
    )
    assert (answer.status_code, answer.json()) == (200, {fox: True})
    assert (
        served.client.post("/check_path_exists", content="paths=/a", headers=headers).status_code
        == 400
    )
    for name, value in {
        "Origin": served.url,
        "Referer": served.url,
        "Cookie": "a=b",
        "Sec-Fetch-Site": "same-origin",
    }.items():
        answer = served.client.post(
            "/check_path_exists", content='{"paths": []}', headers={**headers, name: value}
        )
        assert answer.status_code == 403, name


def test_our_own_page_and_a_trusted_origin_may_post(serve, library):
    served = serve(library, trusted_origins=("https://mine.example",))
    for headers in (
        {"Origin": served.url, "Sec-Fetch-Site": "same-origin"},
        {"Origin": "https://mine.example", "Sec-Fetch-Site": "cross-site"},
    ):
        assert (
            served.client.post(
                "/check_path_exists", json={"paths": []}, headers=headers
            ).status_code
            == 200
        )


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("evil.example", 403),
        ("localhost:1", 200),
        ("[::1]:80", 200),
        ("192.168.0.7", 200),
        ("mine.example:443", 200),
    ],
)
def test_an_unknown_host_name_is_refused(serve, library, host, status):
    served = serve(library, trusted_hosts=("mine.example",))
    assert served.client.get("/global_setting", headers={"Host": host}).status_code == status


NAMES = (
    "abc-7866.proxy.runpod.net",
    "pc.tail1234.ts.net",
    "pc.fritz.box:7866",
    "a.trycloudflare.com",
)


@pytest.mark.parametrize("host", NAMES)
def test_a_person_under_an_unknown_name_gets_a_page_that_names_the_setting(serve, library, host):
    served = serve(library)
    name = host.partition(":")[0]
    answer = served.client.get("/", headers={"Host": host, "Accept": "text/html,*/*"})
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (
        403,
        "text/html",
    )
    assert f"IIB_TRUSTED_HOSTS={name}" in answer.text
    assert "script-src" not in answer.headers["content-security-policy"]
    assert str(library) not in answer.text
    program = served.client.get(
        "/global_setting", headers={"Host": host, "Accept": "application/json"}
    )
    assert (program.status_code, program.json()["code"]) == (403, "AccessDenied")
    admitted = serve(library, trusted_hosts=(name,))
    assert (
        admitted.client.get("/", headers={"Host": host, "Accept": "text/html"}).status_code == 200
    )


def test_a_page_for_an_unknown_name_holds_no_code_of_whoever_sent_it(serve, library):
    answer = serve(library).client.get(
        "/", headers={"Host": "<script>alert(1)</script>", "Accept": "text/html"}
    )
    assert answer.status_code == 403
    assert "<script" not in answer.text


@pytest.mark.parametrize(
    "name", ["{name}", "{name}:7866", "{short}.local", "{short}.local:7866", "{SHORT}.LOCAL"]
)
def test_the_names_of_this_machine_are_ours(serve, library, name):
    own = socket.gethostname()
    short = own.partition(".")[0]
    host = name.format(name=own, short=short, SHORT=short.upper())
    assert serve(library).client.get("/global_setting", headers={"Host": host}).status_code == 200
    assert (
        serve(library)
        .client.get("/global_setting", headers={"Host": f"not-{short}.local"})
        .status_code
        == 403
    )


@each([route for route in ROUTES if route.path not in PUBLIC])
def test_with_a_login_every_route_asks_for_it(shared, places, route):
    served = shared(secret_key="correct horse")
    served.core.login_throttle = (
        LoginThrottle()
    )  # otherwise this number of wrong passwords would be throttled
    method, body = min(route.methods), body_with(route, str(places / "library/missing.png"))
    for headers in (
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Basic Og=="},
        {"Authorization": "Bearer"},
    ):
        answer = served.client.request(
            method, route.path, headers=headers, json=None if method == "GET" else body
        )
        assert answer.status_code == 401
    answer = served.client.request(
        method,
        route.path,
        headers={"Authorization": "Bearer correct horse"},
        json=None if method == "GET" else body,
    )
    assert answer.status_code != 401


@each([route for route in ROUTES if route.path not in PUBLIC | PAGE])
def test_without_access_nothing_answers(shared, places, route):
    library = places / "library"
    body = None if "GET" in route.methods else body_with(route, str(library / "fox.png"))
    answer = shared(permission="no-access").client.request(
        min(route.methods), route.path, params=query_for(route, str(library)), json=body
    )
    assert answer.status_code == 403


def test_read_only_shows_and_write_only_does_not(serve, library):
    shown = {"path": str(library / "fox.png")}
    assert serve(library, permission="read-only").get("/file", **shown).status_code == 200
    assert serve(library, permission="write-only").get("/file", **shown).status_code == 403
    assert (
        serve(library, permission="write-only")
        .post("/update_exif", {**shown, "exif": "new"})
        .status_code
        == 200
    )
    assert (
        serve(library, permission="read-only")
        .post("/update_exif", {**shown, "exif": "newer"})
        .status_code
        == 403
    )


def test_allowed_paths_narrow_the_library_and_know_the_hosts_short_names(serve, library, tmp_path):
    for settings in (
        {"allowed_paths": (str(library / "sub"),)},
        {
            "allowed_paths": ("txt2img",),
            "host_app": Host(folders={"txt2img": str(library / "sub")}),
        },
    ):
        served = serve(library, **settings)
        assert served.get("/file", path=str(library / "sub/deep.png")).status_code == 200
        assert served.get("/file", path=str(library / "fox.png")).status_code == 403
    assert (
        serve(library, allowed_paths=("img2img",), host_app=Host())
        .get("/file", path=str(library / "fox.png"))
        .status_code
        == 403
    )
    assert (
        serve(tmp_path / "none", allowed_paths=(library.anchor,))
        .get("/file", path=str(library / "fox.png"))
        .status_code
        == 200
    )


def test_the_login_of_the_host_counts(serve, library):
    served = serve(
        library, host_app=Host(is_logged_in=lambda request: request.cookies.get("who") == "me")
    )
    assert served.get("/version").status_code == 401
    assert served.client.get("/version", headers={"Cookie": "who=me"}).status_code == 200
    assert served.get("/hello").json() == "hello"


def test_cors_is_off_unless_an_origin_is_listed(serve, library):
    origin = {"Origin": "https://mine.example"}
    assert (
        "access-control-allow-origin"
        not in serve(library).client.get("/hello", headers=origin).headers
    )
    listed = serve(library, cors_origins=("https://mine.example",))
    assert (
        listed.client.get("/hello", headers=origin).headers["access-control-allow-origin"]
        == "https://mine.example"
    )
    assert (
        "access-control-allow-origin"
        not in listed.client.get("/hello", headers={"Origin": "https://evil.example"}).headers
    )


def test_every_route_is_described_with_typed_bodies_and_answers(shared):
    document = shared().client.get("/../openapi.json").json()
    for route in ROUTES:
        if not route.include_in_schema:
            continue
        for method in route.methods:
            operation = document["paths"][BASE + route.path][method.lower()]
            assert operation["summary"] and operation["description"], route.path
            good = operation["responses"].get("200") or operation["responses"]["303"]
            assert all("schema" in content for content in good.get("content", {}).values()), (
                route.path
            )
            assert operation["responses"]["400"]["content"]["application/json"]["schema"][
                "$ref"
            ].endswith("ErrorAnswer")
            if method == "POST" and fields_of(route):
                assert (
                    "$ref" in operation["requestBody"]["content"]["application/json"]["schema"]
                ), route.path
