"""Other ways to start the host: without its page, below a prefix, with our flags, and with missing
or wrong parts.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from iib_core.config import BASE
from tests import asks
from tests.host.conftest import RunningHost

pytestmark = pytest.mark.stack

Start = Callable[..., RunningHost]


def test_without_the_hosts_page(start_host: Start):
    host = start_host("--nowebui")
    assert host.get("/hello").json() == "hello"
    assert host.get("/global_setting").json()["roots"]
    assert host.get("").headers["content-type"].startswith("text/html")
    # The host has no login page here: only the credentials of its API, or our password, are a
    # login.
    closed = start_host("--nowebui", "--gradio-auth", "ann:s3cret", "--api-auth", "script:s3cret")
    assert closed.get("/version").status_code == 401
    assert closed.get("/version", auth=("script", "s3cret")).status_code == 200


def test_below_a_prefix_that_a_proxy_strips(start_host: Start):
    host = start_host("--subpath", "sd")
    assert host.get("/hello").json() == "hello"
    page = host.get("").text
    assert 'src="/' not in page
    assert 'href="/' not in page
    mount = asks.get(host.url).text
    assert "infinite_image_browsing" in mount
    assert "/infinite_image_browsing" not in mount.replace("sd/infinite_image_browsing", "")
    assert host.get("/global_setting").json()["enable_access_control"]


def test_reached_from_elsewhere_only_the_library_exists(start_host: Start):
    host = start_host("--listen")
    assert host.get("/files", params={"folder_path": str(host.pictures)}).status_code == 200
    assert host.get("/files", params={"folder_path": str(host.folder)}).status_code == 403


def test_our_flags(start_host: Start, tmp_path):
    more = tmp_path / "more"
    more.mkdir()
    host = start_host(
        "--iib-roots",
        str(more),
        "--iib-read-only",
        "--iib-access-control",
        "on",
        "--iib-data-dir",
        "mine",
        "--iib-no-watch",
    )
    settings = host.get("/global_setting").json()
    assert settings["roots"][0]["path"] == str(more)
    assert settings["is_readonly"]
    assert settings["enable_access_control"]
    assert (host.folder / "mine" / "iib.db").is_file()
    assert asks.get(f"{host.url}/file=mine/iib.db").status_code == 403


def test_where_we_cannot_start_the_tab_tells_why_and_the_host_goes_on(start_host: Start):
    host = start_host("--iib-data-dir", "extensions/iib/README.md/below")
    page = asks.get(host.url + BASE)
    assert page.status_code == 503
    assert page.headers["content-type"].startswith("text/html")
    assert "data folder" in page.text
    assert "data folder" in host.text
    assert host.get("/files").json()["code"] == "NotStarted"
    assert asks.get(host.url).status_code == 200
    assert "Traceback" not in host.text


def test_a_missing_package_is_told_with_what_installs_it(start_host: Start):
    host = start_host("--lacks", "sqlalchemy")
    page = asks.get(host.url + BASE)
    assert page.status_code == 503
    assert "sqlalchemy is not installed" in page.text and "install.py" in page.text
    assert host.get("/files").json()["code"] == "NotStarted"
    assert asks.get(host.url).status_code == 200


def test_a_lost_database_is_told_in_the_tab_and_no_empty_one_is_begun(
    start_host: Start, tmp_path: Path
):
    data_dir = tmp_path / "mine"
    data_dir.mkdir()
    (data_dir / "iib.db.begun").write_text("")
    host = start_host("--iib-data-dir", str(data_dir))
    page = asks.get(host.url + BASE)
    assert page.status_code == 503 and "iib restore" in page.text
    assert host.get("/files").json()["code"] == "NotStarted" and "Traceback" not in host.text
    assert asks.get(host.url).status_code == 200
    assert not (data_dir / "iib.db").exists()
