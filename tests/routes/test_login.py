"""Login, sessions, and the throttle of failed logins."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import httpx
import pytest
from starlette.requests import Request

from iib_core.core import Host
from iib_core.db.ended_sessions import EndedSessions
from iib_core.routes.shared import auth
from iib_core.sessions import (
    FAILURE_WINDOW_S,
    MAX_FAILURES,
    MAX_FAILURES_OF_ALL,
    SESSION_S,
    LoginThrottle,
    Sessions,
)
from tests import asks
from tests.databases import write_empty
from tests.test_cli import started

pytestmark = pytest.mark.stack

SECRET = "correct horse battery"


def log_in(served, secret=SECRET):
    return served.client.post("/login", data={"secret": secret})


def test_a_person_is_shown_a_page_to_log_in_and_comes_to_the_pictures(serve, library):
    served = serve(library, secret_key=SECRET)
    first = served.client.get("", headers={"Accept": "text/html,*/*"})
    assert first.status_code == 401 and 'type="password"' in first.text and SECRET not in first.text
    action = re.search(r'action="([^"]+)"', first.text)[1]
    answer = served.client.post(str(first.url.join(action)), data={"secret": SECRET})
    assert answer.status_code == 303
    cookie = answer.headers["set-cookie"]
    assert (
        "HttpOnly" in cookie
        and "SameSite=strict" in cookie
        and f"Max-Age={SESSION_S}" in cookie
        and SECRET not in cookie
    )
    page = served.client.get(
        str(answer.url.join(answer.headers["location"])), headers={"Accept": "text/html"}
    )
    assert page.status_code == 200 and "main.mjs" in page.text
    assert served.get("/files").status_code == 200


@pytest.mark.parametrize("below", ["/", "/file", "/static/x/main.mjs"])
def test_the_form_leads_to_the_login_from_wherever_it_is_shown(serve, library, below):
    served = serve(library, secret_key=SECRET)
    shown = served.client.get(below, headers={"Accept": "text/html"})
    assert (
        shown.url.join(re.search(r'action="([^"]+)"', shown.text)[1]).path
        == "/infinite_image_browsing/login"
    )


def test_logging_out_ends_the_session_for_every_copy_of_its_cookie(serve, library):
    served = serve(library, secret_key=SECRET)
    log_in(served)
    header = "; ".join(f"{name}={value}" for name, value in served.client.cookies.items())
    assert served.client.post("/logout").json() == {"success": True}
    assert served.client.get("/files", headers={"Cookie": header}).status_code == 401


def test_a_session_that_was_ended_stays_ended_over_a_restart(tmp_path, library):
    write_empty(tmp_path / "data" / "iib.db")
    arguments = ("serve", library, "--port", 0, "--data-dir", tmp_path / "data")
    cookies = []
    with started(tmp_path, *arguments, IIB_SECRET_KEY=SECRET) as (_, url):
        for _ in range(2):
            answer = asks.post(url + "/login", data={"secret": SECRET})
            cookies.append(
                {"Cookie": "; ".join(f"{name}={value}" for name, value in answer.cookies.items())}
            )
        asks.post(url + "/logout", headers=cookies[0])
    with started(tmp_path, *arguments, IIB_SECRET_KEY=SECRET) as (_, url):
        assert [asks.get(url + "/files", headers=cookie).status_code for cookie in cookies] == [
            401,
            200,
        ]


def test_logging_out_everywhere_ends_every_session_for_good(serve, library):
    served = serve(library, secret_key=SECRET)
    old = [
        {"Cookie": f"{served.core.sessions.cookie_name}={served.core.sessions.start()}"}
        for _ in range(3)
    ]

    def statuses():
        return [served.client.get("/files", headers=headers).status_code for headers in old]

    assert served.client.post("/logout?everywhere=true").status_code == 401
    assert statuses() == [200] * 3
    assert served.client.post("/logout?everywhere=true", headers=old[0]).json() == {"success": True}
    assert statuses() == [401] * 3
    assert log_in(served).status_code == 303
    assert served.get("/files").status_code == 200
    again = Sessions(SECRET, EndedSessions(served.core.db))
    assert not again.is_valid(old[1]["Cookie"].partition("=")[2]) and again.is_valid(
        served.client.cookies[again.cookie_name]
    )


def test_what_expired_is_not_kept_among_the_ended_ones(serve, library):
    served = serve(library, secret_key=SECRET)
    ended, sessions = EndedSessions(served.core.db), served.core.sessions
    sessions.end(sessions.start(now_s=time.time() - SESSION_S - 60))
    sessions.end(sessions.start())
    assert len(ended.load()) == 1
    with served.core.db.read() as conn:
        assert conn.exec_driver_sql("SELECT count(*) FROM ended_session").scalar() == 1


def test_a_session_outlives_a_restart_and_not_a_change_of_the_secret():
    token = Sessions(SECRET).start()
    assert Sessions(SECRET).is_valid(token)
    assert not Sessions("another secret").is_valid(token)
    assert not Sessions("").is_valid(Sessions("").start())


def test_a_session_expires():
    sessions = Sessions(SECRET)
    assert not sessions.is_valid(sessions.start(now_s=time.time() - SESSION_S - 1))
    assert sessions.is_valid(sessions.start(now_s=time.time() - SESSION_S + 60))


@pytest.mark.parametrize("token", ["", "x", "A" * 75, "=" * 20, "\u00e9" * 30, "../../etc"])
def test_a_made_up_session_is_none(token):
    assert not Sessions(SECRET).is_valid(token)


@pytest.mark.parametrize("way", ["form", "bearer", "cookie"])
def test_guessing_is_stopped_and_whoever_is_in_stays_in(serve, library, way):
    served = serve(library, secret_key=SECRET)
    inside = {"Cookie": f"{served.core.sessions.cookie_name}={served.core.sessions.start()}"}

    def guess(number):
        if way == "form":
            return log_in(served, f"guess {number}")
        headers = (
            {"Authorization": f"Bearer guess{number}"}
            if way == "bearer"
            else {"Cookie": f"{served.core.sessions.cookie_name}=guess{number}"}
        )
        return served.client.get("/files", headers=headers)

    assert [guess(number).status_code for number in range(MAX_FAILURES)] == [401] * MAX_FAILURES
    refused = guess(99)
    assert refused.status_code == 429 and 0 < int(refused.headers["retry-after"]) <= 60
    assert log_in(served).status_code == 429
    assert served.client.get("/files", headers=inside).status_code == 200


@pytest.fixture(scope="module")
def alone(tmp_path_factory) -> Iterator[str]:
    """The address of a server with a password, in a process of its own."""
    folder = tmp_path_factory.mktemp("alone")
    write_empty(folder / "data" / "iib.db")
    arguments = ("serve", folder, "--port", 0, "--data-dir", folder / "data")
    with started(folder, *arguments, IIB_SECRET_KEY=SECRET) as (_, url):
        yield url


PROXY_HEADERS = ["X-Forwarded-For", "X-Real-IP", "Forwarded", "Client-IP", "True-Client-IP"]


@pytest.mark.parametrize("name", PROXY_HEADERS)
def test_no_header_makes_another_client_of_whoever_guesses(alone, name):
    mine = httpx.HTTPTransport(local_address=f"127.0.0.{10 + PROXY_HEADERS.index(name)}")
    with httpx.Client(transport=mine, trust_env=False) as client:

        def guess(turn: int) -> int:
            value = f"for=10.1.0.{turn}" if name == "Forwarded" else f"10.1.0.{turn}"
            return client.post(
                alone + "/login", data={"secret": f"guess {turn}"}, headers={name: value}
            ).status_code

        assert [guess(turn) for turn in range(MAX_FAILURES + 2)] == [401] * MAX_FAILURES + [429] * 2


def test_inside_a_host_all_that_are_told_to_be_forwarded_are_one_client(serve, library):
    served = serve(library, secret_key=SECRET, host_app=Host())

    def guess(number: int) -> int:
        return served.client.get(
            "/files",
            headers={
                "Authorization": f"Bearer guess{number}",
                "X-Forwarded-For": f"10.1.0.{number}",
            },
        ).status_code

    assert [guess(number) for number in range(MAX_FAILURES + 1)] == [401] * MAX_FAILURES + [429]
    assert log_in(served).status_code == 303


def test_guessing_the_login_of_the_host_is_stopped_and_whoever_is_in_stays_in(serve, library):
    def is_logged_in(request) -> bool:
        return (
            request.cookies.get("who") == "me"
            or request.headers.get("authorization") == "Basic bWU6cmlnaHQ="
        )

    served = serve(library, host_app=Host(is_logged_in=is_logged_in))

    def ask(authorization: str, **headers: str) -> int:
        return served.client.get(
            "/files", headers={"Authorization": authorization, **headers}
        ).status_code

    assert ask("Basic bWU6cmlnaHQ=") == 200
    assert {ask("Basic bWU6d3Jvbmc=") for _ in range(MAX_FAILURES + 1)} == {
        401
    }  # the same password again is no further guess
    assert [ask(f"Basic bWU6d3Jvbmc{number}") for number in range(MAX_FAILURES)] == [401] * (
        MAX_FAILURES - 1
    ) + [429]
    assert ask("Basic bWU6cmlnaHQ=") == 429
    assert ask("Basic bWU6d3Jvbmc=", Cookie="who=me") == 200


def test_a_browser_that_was_logged_in_before_gets_in_while_a_stranger_guesses_from_its_address(
    serve, library
):
    served = serve(library, secret_key=SECRET)
    log_in(served)
    served.client.post("/logout")
    mine = "; ".join(f"{name}={value}" for name, value in served.client.cookies.items())
    assert mine
    served.client.cookies.clear()
    for number in range(MAX_FAILURES):
        assert log_in(served, f"guess {number}").status_code == 401
    assert log_in(served).status_code == 429
    again = served.client.post("/login", data={"secret": SECRET}, headers={"Cookie": mine})
    assert again.status_code == 303
    assert (
        served.client.get("/files", headers={"Cookie": mine}).status_code == 401
    )  # by itself it is no login
    tries = [
        served.client.post(
            "/login", data={"secret": f"guess {number}"}, headers={"Cookie": mine}
        ).status_code
        for number in range(MAX_FAILURES + 1)
    ]
    assert tries[-1] == 429


def test_guesses_from_many_addresses_are_stopped_together_but_not_whoever_knew_the_secret():
    failures = LoginThrottle()
    failures.trust("the owner")
    tried = 0
    while not failures.wait_s(f"stranger {tried}"):
        failures.count(f"stranger {tried}", f"guess {tried}")
        tried += 1
    assert tried == MAX_FAILURES_OF_ALL
    assert 0 < failures.wait_s("one more") <= FAILURE_WINDOW_S
    assert failures.wait_s("the owner") == 0


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("2001:db8::1", "2001:db8::f:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:10.0.0.1", "10.0.0.1", True),
        ("10.0.0.1", "10.0.0.2", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
    ],
)
def test_the_addresses_of_one_subscriber_are_one_client(serve, library, one, other, is_same):
    core = serve(library, secret_key=SECRET).core

    def client(address: str) -> str:
        return auth.client_of(
            Request({"type": "http", "headers": [], "client": (address, 1)}), core
        )

    assert (client(one) == client(other)) is is_same


def test_asking_without_any_login_is_not_guessing(serve, library):
    served = serve(library, secret_key=SECRET)
    assert {served.get("/files").status_code for _ in range(MAX_FAILURES * 2)} == {401}
    assert log_in(served).status_code == 303


def test_another_site_cannot_log_in_for_you(serve, library):
    served = serve(library, secret_key=SECRET)
    answer = served.client.post(
        "/login", data={"secret": SECRET}, headers={"Origin": "https://evil.example"}
    )
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"secret=",
        b"secret=%ff%fe",
        b"x" * 10_000,
        b"secret=a&secret=b",
        "secret=\u732b".encode(),
    ],
)
def test_a_bad_form_is_no_login(serve, library, body):
    served = serve(library, secret_key=SECRET)
    answer = served.client.post(
        "/login", content=body, headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert answer.status_code in (400, 401)


def test_without_a_secret_of_ours_the_host_logs_people_in(serve, library):
    served = serve(
        library, host_app=Host(is_logged_in=lambda request: False, challenge='Basic realm="IIB"')
    )
    answer = served.client.get("", headers={"Accept": "text/html"})
    assert (
        answer.status_code == 401
        and "WebUI" in answer.text
        and answer.headers["www-authenticate"] == 'Basic realm="IIB"'
    )
    assert log_in(served, "").status_code == 401


def test_shutting_down_needs_the_flag_and_the_login(serve, library):
    stopped = []
    for settings, status in (
        ({}, 403),
        ({"enable_shutdown": True}, 200),
        ({"enable_shutdown": True, "secret_key": SECRET}, 401),
    ):
        served = serve(library, **settings)
        served.core.stop = lambda: stopped.append(True)
        assert served.client.post("/shutdown").status_code == status
    assert stopped == [True]


@pytest.mark.parametrize(
    ("headers", "is_secure"),
    [
        ({}, False),
        ({"X-Forwarded-Proto": "https"}, True),
        ({"X-Forwarded-Proto": "https, http"}, True),  # a proxy behind a proxy
        ({"X-Forwarded-Proto": "http"}, False),
        ({"Origin": "https://127.0.0.1:8443", "Sec-Fetch-Site": "same-origin"}, True),
        ({"Origin": "http://127.0.0.1:7860", "Sec-Fetch-Site": "same-origin"}, False),
    ],
)
def test_the_cookie_is_for_https_only_where_the_browser_speaks_it(
    serve, library, headers, is_secure
):
    answer = serve(library, secret_key=SECRET).client.post(
        "/login", data={"secret": SECRET}, headers=headers, follow_redirects=False
    )
    assert answer.status_code == 303
    assert ("Secure" in answer.headers["set-cookie"]) is is_secure


def test_a_wrong_password_is_said_at_the_field(serve, library):
    served = serve(library, secret_key=SECRET)
    page = served.client.get("/login").text
    assert 'aria-invalid="' not in page and 'role="alert"' not in page
    page = log_in(served, "wrong").text
    field = page.index('aria-invalid="true" aria-describedby="problem"')
    problem = page.index('<p role="alert" id="problem">Wrong password.</p>')
    assert page.index("<input") < field < problem < page.index("<button>")
