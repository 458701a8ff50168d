"""Permissions of every route of the routers: logins, read-only modes, host names, and paths."""

from __future__ import annotations

import hashlib
import inspect
import time
from pathlib import Path

import pytest

from iib_core.core import Host
from iib_core.routes.shared.guards import require_asker, require_reader, require_writer
from iib_core.sessions import SESSION_S, LoginThrottle, Sessions
from tests.conftest import Servers
from tests.links import can_link
from tests.routes.test_protocol import (  # noqa: F401 - some are fixtures
    PAGE,
    PUBLIC,
    ROUTES,
    WITH_PATH,
    WITH_PATHS,
    _guards,
    ask,
    body_with,
    each,
    places,
    query_for,
    shared,
)

pytestmark = pytest.mark.stack

SECRET = "correct horse"
CLOSED = [route for route in ROUTES if route.path not in PUBLIC]


def request(served, route, places, headers):  # noqa: F811
    """A request that is valid except for what the test is about. It has no effect, because its
    paths do not exist.
    """
    method = min(route.methods)
    body = (
        None if method in ("GET", "HEAD") else body_with(route, str(places / "library/missing.png"))
    )
    sent = {"json": body}
    if require_asker in _guards(route):
        sent = {"content": b"no picture"}
        headers = {"Content-Type": "image/png", **headers}
    return served.client.request(
        method,
        route.path,
        params=query_for(route, str(places / "library/missing.png")),
        headers=headers,
        **sent,
    )


def cookies(served):
    """Invalid session cookies by the reason, and a valid one."""
    sessions = served.core.sessions
    ended = sessions.start()
    sessions.end(ended)
    wrong = {
        "expired": sessions.start(now_s=time.time() - SESSION_S - 1),
        "of another secret": Sessions("another secret").start(),
        "logged out": ended,
        "made up": "A" * 75,
        "empty": "",
    }
    return {name: {"Cookie": f"{sessions.cookie_name}={token}"} for name, token in wrong.items()}, {
        "Cookie": f"{sessions.cookie_name}={sessions.start()}"
    }


@each(CLOSED)
def test_only_a_session_that_is_valid_opens_a_route(shared, places, route):  # noqa: F811
    served = shared(secret_key=SECRET)
    served.core.login_throttle = LoginThrottle()
    wrong, right = cookies(served)
    assert {
        name: request(served, route, places, headers).status_code for name, headers in wrong.items()
    } == dict.fromkeys(wrong, 401)
    assert request(served, route, places, right).status_code != 401


@each(CLOSED)
def test_the_login_of_the_host_opens_and_closes_every_route(in_host, places, route):  # noqa: F811
    served = in_host
    served.core.login_throttle = LoginThrottle()
    wrong = (
        {},
        {"Cookie": "who=you"},
        {"Authorization": "Bearer me"},
        {"Authorization": "Basic bWU6bWU="},
    )
    assert {request(served, route, places, headers).status_code for headers in wrong} == {401}
    assert request(served, route, places, {"Cookie": "who=me"}).status_code != 401


@pytest.fixture(scope="module")
def in_host(places, tmp_path_factory, empty_database, slots):  # noqa: F811
    """A server inside a host with one logged-in user."""
    servers = Servers(tmp_path_factory.mktemp("hosted"), empty_database, slots)
    yield servers.start(
        places / "library",
        host_app=Host(is_logged_in=lambda request: request.cookies.get("who") == "me"),
    )
    servers.close()


@each(CLOSED)
def test_under_an_unknown_name_no_route_answers(shared, places, route):  # noqa: F811
    served = shared()
    for host in (
        "evil.example",
        "evil.example:7860",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "",
    ):
        assert request(served, route, places, {"Host": host}).status_code in (400, 403), host


@each([route for route in ROUTES if require_writer in _guards(route)])
def test_read_only_refuses_every_change(shared, places, route):  # noqa: F811
    served = shared(permission="read-only")
    before = content_of(served.core.db.path)
    answer = request(served, route, places, {})
    assert (answer.status_code, answer.json()["code"]) == (403, "ReadOnly")
    assert content_of(served.core.db.path) == before


@each(
    [route for route in ROUTES if require_reader in _guards(route) and "HEAD" not in route.methods]
)
def test_read_only_shows_without_writing_and_write_only_shows_nothing(shared, places, route):  # noqa: F811
    served = shared(permission="read-only")
    before = content_of(served.core.db.path)
    assert request(served, route, places, {}).status_code != 403
    assert content_of(served.core.db.path) == before
    assert request(shared(permission="write-only"), route, places, {}).status_code == 403


def content_of(database: str) -> list[str]:
    """The content of the database's files."""
    files = [Path(database), Path(database + "-wal")]
    return [
        hashlib.sha256(file.read_bytes()).hexdigest() if file.exists() else "" for file in files
    ]


@pytest.fixture(scope="module")
def linked(places):  # noqa: F811
    """A root that is a link to the library."""
    (places / "linked").symlink_to(places / "library", target_is_directory=True)
    return places / "linked"


@each(WITH_PATH + WITH_PATHS)
@pytest.mark.needs_links
def test_a_root_that_is_a_link_opens_what_it_leads_to_and_nothing_else(
    linked,
    serve_linked,
    places,  # noqa: F811
    route,
):
    for inside in (
        linked / "missing.png",
        places / "library/missing.png",
        linked / "sub/../missing.png",
    ):
        assert ask(serve_linked, route, str(inside)).status_code != 403, inside
    for outside in (
        linked / "out.png",
        linked / "outside",
        linked / "../elsewhere/a.png",
        places / "library-private/a.png",
        places / "linkedx",
    ):
        assert ask(serve_linked, route, str(outside)).status_code == 403, outside


@pytest.fixture(scope="module")
def serve_linked(linked, tmp_path_factory, empty_database, slots):
    """A server with the linked root only."""
    servers = Servers(tmp_path_factory.mktemp("linked"), empty_database, slots)
    yield servers.start(linked, access_control="on")
    servers.close()


@each(
    [
        route
        for route in ROUTES
        if route.methods == {"HEAD"} and "path" in inspect.signature(route.endpoint).parameters
    ]
)
def test_head_is_held_to_the_same(shared, places, route):  # noqa: F811
    served = shared(access_control="on")
    for outside in (
        "library-private/a.png",
        "elsewhere/a.png",
        *(["library/out.png"] if can_link() else []),
        "elsewhere/missing.png",
    ):
        assert (
            served.client.head(route.path, params={"path": str(places / outside)}).status_code
            == 403
        )
