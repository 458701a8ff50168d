"""Who did it: operations and changes of marks have the name of the user and of the machine."""

from __future__ import annotations

import base64
import html
import logging
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from iib_core.config import BASE
from iib_core.core import Host
from iib_core.db import journal
from tests import asks
from tests.conftest import Served, write_png

pytestmark = [pytest.mark.stack, pytest.mark.engine]

SECRET = "correct horse battery"
LONGEST = "é" * 64
REFUSED = {
    "too long": "x" * 65,
    "a line break": "an\nna",
    "an escape": "an\x1bna",
    "C1": "an\x9bna",
    "another direction": "an\u202ena",
}


@pytest.fixture
def served(serve, library: Path) -> Served:
    served = serve(library, secret_key=SECRET)
    for name in ("a.png", "b.png"):
        write_png(library / name)
    return served


@pytest.fixture
def browsers() -> Iterator[list[httpx.Client]]:
    made: list[httpx.Client] = []
    yield made
    for browser in made:
        browser.close()


@pytest.fixture
def log_in(served: Served, browsers: list[httpx.Client]):
    """``log_in(name)``: a browser of its own that has logged in under that name."""

    def log_in(name: str | None = None) -> httpx.Client:
        browser = asks.client(base_url=served.url + BASE)
        browsers.append(browser)
        assert send_form(browser, name).status_code == 303
        return browser

    return log_in


def send_form(browser: httpx.Client, name: str | None, secret: str = SECRET) -> httpx.Response:
    form = {"secret": secret} if name is None else {"secret": secret, "name": name}
    return browser.post("/login", data=form)


def done(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    return answer.json()


def make_folder(browser: httpx.Client, folder: Path) -> str:
    return done(browser.post("/mkdirs", json={"dest_folder": str(folder)}))["operation_id"]


def move(browser: httpx.Client, file: Path, dest: Path, **body: object) -> dict[str, Any]:
    asked = {"file_paths": [str(file)], "dest": str(dest), "create_dest_folder": True, **body}
    return done(browser.post("/move_files", json=asked))


def tag(browser: httpx.Client, name: str, file: Path) -> str:
    made = done(browser.post("/db/add_custom_tag", json={"tag_name": name}))
    asked = {"img_paths": [str(file)], "action": "add", "tag_id": made["id"], "undoable": True}
    return done(browser.post("/db/batch_update_image_tag", json=asked))["change_id"]


def history(browser: httpx.Client, **params: str) -> dict[str, dict[str, Any]]:
    listed = done(browser.get("/operations", params=params))["operations"]
    return {operation["id"]: operation for operation in listed}


def mark_changes(browser: httpx.Client, **params: str) -> list[dict[str, Any]]:
    return done(browser.get("/db/mark_changes", params=params))["changes"]


def test_the_history_says_who_moved_and_who_tagged(served, log_in, library):
    anna, ben = log_in("anna"), log_in("Ben Müller")
    by_anna = move(anna, library / "a.png", library / "for anna")["operation_id"]
    by_ben = move(ben, library / "b.png", library / "for ben")["operation_id"]
    seen = history(anna)
    assert (seen[by_anna]["user"], seen[by_ben]["user"]) == ("anna", "Ben Müller")
    assert {operation["machine"] for operation in seen.values()} == {socket.gethostname()}
    assert list(history(anna, user="Ben Müller")) == [by_ben]
    assert list(history(ben, user="anna")) == [by_anna]
    assert history(ben, user="carol") == history(ben, user="") == {}

    given = tag(anna, "fox", library / "for anna" / "a.png")
    also = tag(ben, "owl", library / "for ben" / "b.png")
    shown = [
        (one["change_id"], one["kind"], one["name"], one["changed"], one["user"], one["machine"])
        for one in mark_changes(anna)
    ]
    times = [one["time"] for one in mark_changes(anna)]
    assert times == sorted(times, reverse=True) and all(abs(time.time() - at) < 60 for at in times)
    machine = socket.gethostname()
    assert shown == [
        (also, "given", "owl", 1, "Ben Müller", machine),
        (given, "given", "fox", 1, "anna", machine),
    ]
    assert [one["name"] for one in mark_changes(ben, user="anna")] == ["fox"]
    assert mark_changes(ben, user="") == []


def test_the_history_says_what_kind_of_mark_was_changed(served, log_in, library):
    anna = log_in("anna")
    files = [str(library / name) for name in ("a.png", "b.png")]
    album = done(anna.post("/albums", json={"name": "fox"}))["id"]
    done(anna.post("/albums/add", json={"id": album, "img_paths": files, "undoable": True}))
    rating = {"img_paths": files, "rating": 4, "undoable": True}
    done(anna.post("/db/rate", json=rating))
    tag(anna, "fox", library / "a.png")
    tag(anna, "owl", library / "a.png")
    ids = [
        done(anna.post("/db/add_custom_tag", json={"tag_name": name}))["id"]
        for name in ("fox", "owl")
    ]
    merge = {"tag_ids": ids[:1], "into_id": ids[1], "undoable": True}
    done(anna.post("/db/merge_custom_tags", json=merge))
    seen = [(one["about"], one["kind"], one["name"], one["changed"]) for one in mark_changes(anna)]
    assert seen == [
        ("tag", "given", "owl", 1),
        ("tag", "given", "owl", 1),
        ("tag", "given", "fox", 1),
        ("rating", "rated", "", 2),
        ("album", "given", "fox", 2),
    ]


def test_what_another_one_undoes_is_the_others_own(served, log_in, library):
    anna, ben = log_in("anna"), log_in("ben")
    moved = move(anna, library / "a.png", library / "new")["operation_id"]
    undone = done(ben.post(f"/operations/{moved}/undo"))["operation_id"]
    seen = history(anna)
    assert (seen[moved]["state"], seen[moved]["user"]) == ("undone", "anna")
    assert (seen[undone]["kind"], seen[undone]["user"]) == ("undo", "ben")


def test_a_job_has_the_name_of_the_one_who_asked_for_it(served, log_in, library):
    anna = log_in("anna")
    job = move(anna, library / "a.png", library / "new", background=True)["job_id"]
    finished = served.core.jobs.wait(job)
    assert finished.status == "completed", finished.error
    assert history(anna)[finished.result["operation_id"]]["user"] == "anna"


def test_an_upload_has_the_name_too(served, log_in, library):
    anna = log_in("anna")
    sent = ("sent.png", (library / "a.png").read_bytes(), "image/png")
    anna.headers["Origin"] = served.url
    answer = anna.post("/upload", params={"dest": str(library)}, files={"file": sent})
    assert history(anna)[done(answer)["operation_id"]]["user"] == "anna"


def test_without_a_name_there_is_none(served, log_in, library):
    unnamed = make_folder(log_in(), library / "one")
    empty = make_folder(log_in("  "), library / "two")
    with asks.client(
        base_url=served.url + BASE,
        headers={"Authorization": f"Bearer {SECRET}", "X-IIB-User": "anna"},
    ) as script:
        by_script = make_folder(script, library / "three")
        make_folder(log_in("anna"), library / "four")
        seen = history(script, user="")
    assert seen.keys() == {unnamed, empty, by_script}
    assert {operation["user"] for operation in seen.values()} == {""}


def test_what_is_older_has_no_name(served, log_in):
    with served.core.db.write() as conn:
        conn.exec_driver_sql(
            "INSERT INTO operation(id, kind, state, owner, created_ns, count, strict, undoable, "
            "summary, left_steps) VALUES ('old', 'move', 'done', 'x', 1, 1, 1, 0, '', '[]')"
        )
        assert journal.find(conn, "old").machine == ""
        conn.exec_driver_sql(
            "INSERT INTO mark_change(change_id, kind, tag_type, name, color, kept) "
            "VALUES ('old', 'given', 'custom', 'fox', '', '[]')"
        )
    old = history(log_in("anna"), user="")["old"]
    assert (old["user"], old["machine"]) == ("", "")
    (old,) = mark_changes(log_in("anna"))
    assert (old["user"], old["machine"], old["time"]) == ("", "", 0)


@pytest.mark.parametrize("name", ["anna", 'Ben & "Söhne" <b>\'s', "猫 🐈", LONGEST])
def test_a_name_is_kept_in_the_session_and_offered_again(served, log_in, library, name):
    browser = log_in(name)
    made = make_folder(browser, library / "new")
    assert history(browser)[made]["user"] == name
    browser.post("/logout")
    shown = browser.get("/login").text
    assert f'value="{html.escape(name)}"' in shown and "<b>" not in shown
    assert send_form(browser, "").status_code == 303
    assert 'value=""' in browser.get("/login").text  # it was taken away


@pytest.mark.parametrize("name", REFUSED.values(), ids=REFUSED)
def test_a_name_that_cannot_be_shown_is_refused_with_a_sentence(served, log_in, name):
    browser = asks.client(base_url=served.url + BASE)
    with browser:
        answer = send_form(browser, name)
        assert answer.status_code == 400 and "set-cookie" not in answer.headers
        assert 'role="alert" id="problem">The name ' in answer.text
        field = answer.text.index('<input id="name"')
        assert answer.text.index('aria-invalid="true"') > field
        assert browser.get("/files").status_code == 401
    refused = log_in().get("/operations", params={"user": name})
    assert refused.status_code == 400 and refused.json()["detail"].startswith("The name ")


def test_a_wrong_password_keeps_what_was_typed(served):
    with asks.client(base_url=served.url + BASE) as browser:
        answer = send_form(browser, "anna", "wrong")
    assert answer.status_code == 401 and 'value="anna"' in answer.text


def test_a_name_cannot_be_written_into_a_session(served):
    sessions = served.core.sessions

    def as_bytes(token: str) -> bytes:
        return base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))

    def as_token(raw: bytes) -> str:
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    named, unnamed = as_bytes(sessions.start(name="anna")), as_bytes(sessions.start())
    browser = as_bytes(sessions.name_browser())
    made_up = [named[:-1], named + b"!", named[:56] + b"otto", unnamed + b"anna"]
    made_up.append(b"browser" + browser[:16] + b"x" + browser[16:])
    assert sessions.find_name(as_token(named)) == "anna"
    for raw in made_up:
        token = as_token(raw)
        assert not sessions.is_valid(token) and sessions.find_name(token) == ""
    sessions.end(as_token(named))
    assert sessions.find_name(as_token(named)) == ""


def user_of(request) -> str:
    """The login of a host: a cookie, or the API's credentials."""
    if "who" in request.cookies:
        return request.cookies["who"]
    is_right = request.headers.get("authorization") == "Basic Ym90OnJpZ2h0"
    return "bot" if is_right else ""


def test_the_name_of_the_hosts_login_counts(serve, library):
    host = Host(is_logged_in=lambda request: bool(user_of(request)), find_user=user_of)
    served = serve(library, host_app=host)
    with asks.client(base_url=served.url + BASE) as anonymous:
        assert anonymous.get("/operations").status_code == 401
        users = {}
        for number, headers in enumerate(
            (
                {"Cookie": "who=anna"},
                {"Authorization": "Basic Ym90OnJpZ2h0"},
                {"Cookie": "who=anna", "Authorization": "Basic wrong", "X-IIB-User": "otto"},
                {"Cookie": "who=" + "x" * 70},
            )
        ):
            anonymous.headers.update({"Cookie": "", "Authorization": ""})
            anonymous.headers.update(headers)
            made = make_folder(anonymous, library / f"new {number}")
            users[number] = history(anonymous)[made]["user"]
    assert users == {0: "anna", 1: "bot", 2: "anna", 3: "x" * 64}


def test_a_host_with_a_login_that_gives_no_name(serve, library):
    served = serve(library, host_app=Host(is_logged_in=lambda _request: True))
    made = make_folder(served.client, library / "new")
    assert history(served.client)[made]["user"] == ""


def test_a_session_of_ours_beside_the_hosts_login(serve, library):
    """Credentials that nothing has checked are not asked about: the history must not tell whether
    they are right.
    """
    host = Host(is_logged_in=lambda request: bool(user_of(request)), find_user=user_of)
    served = serve(library, host_app=host, secret_key=SECRET)
    assert send_form(served.client, "anna").status_code == 303
    served.client.headers["Authorization"] = "Basic Ym90OnJpZ2h0"
    made = make_folder(served.client, library / "new")
    assert history(served.client)[made]["user"] == "anna"


def test_no_name_reaches_a_log(served, log_in, library, caplog):
    caplog.set_level(logging.DEBUG)
    name = "annabellissima"
    anna = log_in(name)
    move(anna, library / "a.png", library / "new")
    tag(anna, "fox", library / "b.png")
    send_form(anna, name, "wrong")
    send_form(anna, name + "\n" + name)
    history(anna, user="someone else")
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("iib")]
    assert not [line for line in ours if name in line]
