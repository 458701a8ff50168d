"""The description of the API that the standalone server has, and the headers of every answer."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from iib_core import errors
from iib_core.config import BASE
from iib_core.routes.shared.errors import status_of
from tests.routes.test_headers import KINDS, ask
from tests.routes.test_protocol import ROUTES, body_with, each, places, query_for, shared  # noqa: F401

pytestmark = pytest.mark.stack

SECRET = "correct horse battery"
DOCUMENTS = ("/docs", "/openapi.json")


@pytest.mark.parametrize("path", DOCUMENTS)
def test_the_description_of_the_api_is_guarded_like_everything_else(serve, library, path):
    locked, opened = serve(library, secret_key=SECRET), serve(library)
    assert locked.client.get(locked.url + path).status_code == 401
    assert (
        locked.client.get(
            locked.url + path, headers={"Authorization": f"Bearer {SECRET}"}
        ).status_code
        == 200
    )
    assert opened.client.get(opened.url + path, headers={"Host": "evil.example"}).status_code == 403
    answer = opened.client.get(opened.url + path)
    assert answer.status_code == 200 and answer.headers["x-content-type-options"] == "nosniff"


def test_a_person_who_opens_the_description_is_shown_where_to_log_in(serve, library):
    for base in (BASE, "/a/b"):
        served = serve(library, secret_key=SECRET, base=base)
        answer = served.client.get(served.url + "/docs", headers={"Accept": "text/html"})
        assert answer.status_code == 401
        assert (
            answer.url.join(re.search(r'action="([^"]+)"', answer.text)[1]).path == base + "/login"
        )


def test_the_frameworks_own_pages_are_not_there(serve, library):
    served = serve(library)
    assert [
        served.client.get(served.url + path).status_code
        for path in ("/redoc", "/docs/oauth2-redirect")
    ] == [404, 404]


def test_the_page_tells_of_every_route_and_runs_and_loads_nothing(serve, library):
    served = serve(library)
    answer = served.client.get(served.url + "/docs")
    for route in ROUTES:
        if route.include_in_schema:
            assert f"{min(route.methods)} {BASE}{route.path}</code>" in answer.text
    assert "<script" not in answer.text and not re.search(
        r'(?:src|href)="(?:https?:)?//', answer.text
    )
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'") and "frame-ancestors 'self'" in policy
    anchors, targets = (
        set(re.findall(r'href="#([^"]+)"', answer.text)),
        set(re.findall(r'id="([^"]+)"', answer.text)),
    )
    assert len(anchors) > 20 and anchors <= targets


@each(ROUTES)
def test_no_answer_may_be_taken_for_another_kind(shared, places, route):  # noqa: F811
    for settings in ({}, {"secret_key": SECRET}):
        served = shared(**settings)
        method = min(route.methods)
        body = (
            None
            if method in ("GET", "HEAD")
            else body_with(route, str(places / "library/missing.png"))
        )
        answers = [
            served.client.request(
                method,
                route.path,
                params=query_for(route, str(places / "library" / name)),
                json=body,
            )
            for name in ("fox.png", "no")
        ]
        assert {answer.headers.get("x-content-type-options") for answer in answers} == {"nosniff"}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Accept": "text/html"},
        {"Host": "evil.example"},
        {"If-None-Match": "*"},
        {"Range": "bytes=9999999-"},
    ],
)
def test_nor_may_a_failure_or_a_conditional_answer(shared, headers):  # noqa: F811
    for kind in KINDS:
        if kind[0] == "OPTIONS" or kind[1] in ("/../", "/files/", "/nothing"):
            continue  # the framework's
        answer = ask(shared(), kind, headers)
        assert answer.headers.get("x-content-type-options") == "nosniff", (kind, answer.status_code)


def failures(base: type[errors.IIBError] = errors.IIBError) -> list[type[errors.IIBError]]:
    return [failure for sub in base.__subclasses__() for failure in (sub, *failures(sub))]


# Clients raise the first, which is loaded when another test uses them. The other cannot be met before
# IIB_DATABASE_URL is accepted: then it gets its row.
NOT_ANSWERED = {"ClientError", "DatabaseUnreachable"}


def test_every_failure_is_explained_beside_its_status():
    page = Path(__file__).parents[2].joinpath("docs/troubleshooting.md").read_text("utf-8")
    rows = re.findall(r"^\| (`[^|]*`) \| ?(\d*) \|.*\| [^|]+ \|$", page, re.M)
    explained = {name: status for names, status in rows for name in re.findall(r"`(\w+)`", names)}
    public = [failure for failure in failures() if not failure.__name__.startswith("_")]
    public = [failure for failure in public if failure.__name__ not in NOT_ANSWERED]
    expected = {failure.__name__: str(status_of(failure)) for failure in public}
    # The server answers nothing at all without its settings.
    assert explained == {**expected, "ConfigError": ""}
