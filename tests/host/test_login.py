"""If the host requires a login, all of our routes do too."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from iib_core.config import BASE
from tests import asks
from tests.host.conftest import Hosts, RunningHost

pytestmark = pytest.mark.stack

OPEN = {f"{BASE}/{name}" for name in ("hello", "login", "logout")}


@pytest.fixture(scope="module")
def two_logins(hosts: Hosts) -> list[RunningHost]:
    """Hosts with a login at their page, and at their API."""
    return hosts.start_all(
        ("--api", "--gradio-auth", "ann:s3cret,bob:pass:word"),
        ("--api", "--api-auth", "script:s3cret,other:pw"),
    )


@pytest.fixture(scope="module")
def page_login(two_logins: list[RunningHost]) -> RunningHost:
    """A host with ``--gradio-auth``."""
    return two_logins[0]


@pytest.fixture(scope="module")
def api_login(two_logins: list[RunningHost]) -> RunningHost:
    """A host with ``--api-auth``."""
    return two_logins[1]


def statuses(host: RunningHost, **options: object) -> dict[str, int]:
    """Status of every documented route of ours, by method and path."""
    paths = asks.get(f"{host.url}/openapi.json").json()["paths"]
    with asks.client(base_url=host.url, **options) as client:  # type: ignore[arg-type]
        return {
            f"{method.upper()} {path}": client.request(method, path).status_code
            for path, operations in paths.items()
            for method in operations
            if path.startswith(BASE)
            and path not in OPEN
            and not path.endswith("_index")  # work that takes time if it is permitted
        }


@pytest.mark.parametrize("login", ["page_login", "api_login"])
def test_every_route_is_closed_but_the_health_check_and_the_login_page(
    login: str, request: pytest.FixtureRequest
):
    host = request.getfixturevalue(login)
    found = statuses(host)
    assert len(found) > 5
    assert set(found.values()) == {401}, found
    assert host.get("/hello").status_code == 200
    page = host.get("", headers={"accept": "text/html"})
    assert page.status_code == 401
    assert "Log in to the WebUI" in page.text


def test_a_browser_asks_for_the_apis_credentials_only_where_there_is_no_login_page(
    page_login: RunningHost, api_login: RunningHost
):
    assert api_login.get("/version").headers["www-authenticate"].startswith("Basic ")
    assert not page_login.get("/version").headers["www-authenticate"].startswith("Basic ")


def test_the_login_of_the_hosts_page_opens_them(page_login: RunningHost):
    with asks.client(base_url=page_login.url) as client:
        assert (
            client.post("/login", data={"username": "bob", "password": "pass:word"}).status_code
            == 200
        )
        assert client.get(f"{BASE}/version").status_code == 200
        picture = page_login.pictures / "00001-42.png"
        assert (
            client.get(
                f"{BASE}/image-thumbnail", params={"path": str(picture), "t": "1"}
            ).status_code
            == 200
        )
        assert (
            client.get(f"{BASE}/files", params={"folder_path": str(page_login.folder)}).status_code
            == 403
        )


def test_whoever_is_logged_in_at_either_is_asked_for_it_nowhere(
    page_login: RunningHost, api_login: RunningHost
):
    session = asks.post(
        f"{page_login.url}/login", data={"username": "ann", "password": "s3cret"}
    ).cookies
    assert 401 not in statuses(page_login, cookies=session).values()
    assert 401 not in statuses(api_login, auth=("script", "s3cret")).values()
    for wrong in (("script", "wrong"), ("nobody", "s3cret"), ("script", "")):
        assert set(statuses(api_login, auth=wrong).values()) == {401}
    # The login of one host is not valid at the other.
    assert set(statuses(api_login, cookies=session).values()) == {401}
    assert set(statuses(page_login, auth=("ann", "s3cret")).values()) == {401}


def test_what_is_changed_has_the_name_of_the_hosts_user(
    page_login: RunningHost, api_login: RunningHost
):
    bob = asks.post(
        f"{page_login.url}/login", data={"username": "bob", "password": "pass:word"}
    ).cookies
    for host, name, options in (
        (page_login, "bob", {"cookies": bob}),
        (api_login, "script", {"auth": ("script", "s3cret")}),
    ):
        with asks.client(base_url=host.url, **options) as client:
            folder = str(host.pictures / f"by {name}")
            made = client.post(f"{BASE}/mkdirs", json={"dest_folder": folder}).json()
            listed = client.get(f"{BASE}/operations", params={"user": name}).json()["operations"]
        assert [operation["id"] for operation in listed] == [made["operation_id"]]


@pytest.mark.parametrize("name", ["access-token", "access-token-unsecure"])
def test_a_made_up_session_is_none(page_login: RunningHost, name: str):
    assert set(statuses(page_login, cookies={name: "made-up"}).values()) == {401}


def test_a_wrong_password_gives_no_session(page_login: RunningHost):
    with asks.client(base_url=page_login.url) as client:
        assert (
            client.post("/login", data={"username": "ann", "password": "wrong"}).status_code == 400
        )
        assert client.get(f"{BASE}/version").status_code == 401


@pytest.mark.parametrize("pair", [("script", "s3cret"), ("other", "pw")])
def test_the_hosts_api_credentials_open_them(api_login: RunningHost, pair: tuple[str, str]):
    assert api_login.get("/version", auth=pair).status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        "Basic c2NyaXB0OndyZXU=",  # script, another password
        "Basic c2NyaXB0",  # script, no password
        "Basic c2NyaXB0OnMzY3JldCxvdGhlcjpwdw==",  # the whole flag
        "Basic",
        "Basic ===",
        "Basic \u00e9",
        "Bearer s3cret",
        "c2NyaXB0OnMzY3JldA==",
    ],
)
def test_anything_else_does_not(api_login: RunningHost, header: str):
    assert (
        api_login.get(
            "/version", headers=[(b"authorization", header.encode("latin-1"))]
        ).status_code
        == 401
    )


def test_credentials_from_a_file_count_and_so_does_our_own_secret(
    start_host: Callable[..., RunningHost], tmp_path
):
    path = tmp_path / "people"
    path.write_text("ann:s3cret\nbob:other\n")
    host = start_host("--gradio-auth-path", str(path), environ={"IIB_SECRET_KEY": "a long secret"})
    assert set(statuses(host).values()) == {401}
    with asks.client(base_url=host.url) as client:
        client.post("/login", data={"username": "bob", "password": "other"})
        assert client.get(f"{BASE}/version").status_code == 200
    assert (
        host.get("/version", headers={"authorization": "Bearer a long secret"}).status_code == 200
    )
    assert host.get("/version", headers={"authorization": "Bearer a long guess"}).status_code == 401
