"""Differences of SD.Next, with any gradio that is installed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from iib_core.config import BASE
from tests import asks
from tests.conftest import write_png
from tests.host.conftest import Hosts, RunningHost
from tests.host.pages import Visit
from tests.host.test_sending import INFOTEXT, TARGETS, colour_of, send, wait_for_value

pytestmark = pytest.mark.stack

OURS = "/infinite_image_browsing"


@pytest.fixture(scope="module")
def two(hosts: Hosts, tmp_path_factory: pytest.TempPathFactory) -> list[RunningHost]:
    logins = tmp_path_factory.mktemp("logins") / "logins.txt"
    logins.write_text('bob:"geheim"\n carol:x , dave:y:z\n', encoding="utf-8")
    return hosts.start_all(
        (
            "--kind",
            "sdnext",
            "--api",
            "--set-option",
            "server_rate_limit=20",
            "--set-option",
            "outdir_samples=outputs",
        ),
        (
            "--kind",
            "sdnext",
            "--api",
            "--extension",
            "kanvas",
            "--auth",
            '"alice:secret"',
            "--auth-file",
            str(logins),
        ),
    )


@pytest.fixture(scope="module")
def sdnext(two: list[RunningHost]) -> RunningHost:
    """With few requests a minute, and a base folder for all that it writes."""
    write_png(two[0].pictures / "red.png", (384, 256), "red", INFOTEXT.format("red", 11))
    return two[0]


@pytest.fixture(scope="module")
def closed(two: list[RunningHost]) -> RunningHost:
    """With logins, and with an editor in the page in place of the picture of Control."""
    write_png(two[1].pictures / "red.png", (384, 256), "red", INFOTEXT.format("red", 11))
    return two[1]


def test_pictures_go_to_all_its_tabs(sdnext: RunningHost, visit_host: Callable[..., Visit]):
    seen = visit_host(sdnext)
    assert seen.frame.evaluate(TARGETS) == ["txt2img", "img2img", "inpaint", "extras", "control"]
    assert send(seen, "red.png", "control")["key"] == "send.done"
    wait_for_value(seen, "control_prompt", "a red fox")
    assert colour_of(seen, "control_image") == [255, 0, 0, 384, 256]
    assert seen.shown_tab() == "tab_control"


def test_the_editor_in_its_page_gets_the_picture(
    closed: RunningHost, visit_host: Callable[..., Visit]
):
    with asks.client(base_url=closed.url) as client:
        client.post("/login", data={"username": "alice", "password": "secret"})
        cookies = [
            {"name": name, "value": value, "url": closed.url}
            for name, value in client.cookies.items()
        ]
    seen = visit_host(closed, at=None)
    seen.page.context.add_cookies(cookies)
    seen.page.goto(closed.url + "/")
    assert send(seen, "red.png", "control")["key"] == "send.done"
    wait_for_value(seen, "control_prompt", "a red fox")
    assert seen.page.evaluate("kanvasPictures.map(url => url.slice(0, 22))") == [
        "data:image/png;base64,"
    ]
    seen.page.evaluate("window.loadFromURL = undefined")
    assert send(seen, "red.png", "control")["key"] == "send.failed"


def test_buttons_at_the_side_show_the_tabs_and_say_which_there_are(
    sdnext: RunningHost, visit_host: Callable[..., Visit]
):
    """ModernUI has them beside gradio's tabs, and hides those of its older tabs."""
    seen = visit_host(sdnext)
    seen.page.evaluate("""() => {
      window.pressed = [];
      for (const tab of ['txt2img', 'img2img', 'extras', 'control']) {
        const button = document.createElement('div');
        button.id = `${tab}_nav`;
        button.onclick = () => pressed.push(tab);
        document.body.append(button);
      }
      document.querySelector('#txt2img_nav').style.display = 'none';
    }""")
    assert seen.frame.evaluate(TARGETS) == ["img2img", "inpaint", "extras", "control"]
    assert send(seen, "red.png", "inpaint")["key"] == "send.done"
    assert send(seen, "red.png", "control")["key"] == "send.done"
    assert seen.page.evaluate("pressed") == ["img2img", "control"]


def test_its_limit_of_requests_and_its_log_spare_ours(sdnext: RunningHost):
    """Each gallery that is shown asks a hundred times a minute whether the index has changed."""
    picture = {"path": str(sdnext.pictures / "00001-42.png"), "t": "1"}
    with asks.client(base_url=sdnext.url) as client:
        for path, query in (
            ("/image-thumbnail", picture),
            ("/file", picture),
            ("/db/changes", {}),
            ("/version", {}),
        ):
            statuses = {client.get(BASE + path, params=query).status_code for _ in range(30)}
            assert statuses == {200}, path
        assert 429 in {client.get("/info").status_code for _ in range(30)}, (
            "what is not ours is counted"
        )
    assert OURS not in "".join(line for line in sdnext.log if line.startswith("API "))


def test_its_folders_are_below_the_base_folder(sdnext: RunningHost, closed: RunningHost):
    """Includes Control and video; the base folder comes first, and the heading among its options is
    no folder.
    """

    def roots(host: RunningHost, **options: object) -> list[str]:
        listed = host.get("/global_setting", **options).json()["roots"]
        return [
            str(Path(root["path"]).relative_to(host.folder)).replace(os.sep, "/") for root in listed
        ]

    below = roots(sdnext)
    assert below[0] == "outputs"
    assert {"outputs/outputs/control", "outputs/outputs/video"} <= set(below)
    plain = roots(closed, auth=("alice", "secret"))
    assert {"outputs/control", "outputs/video", "outputs/grids"} <= set(plain)
    assert not [folder for folder in below + plain if "Folders" in folder]


def test_it_is_not_taken_for_reachable_by_others_and_has_no_flag_for_that(
    sdnext: RunningHost, closed: RunningHost
):
    assert not sdnext.get("/global_setting").json()["enable_access_control"]
    assert closed.get("/global_setting", auth=("alice", "secret")).json()["enable_access_control"]


@pytest.mark.parametrize(
    "pair", [("alice", "secret"), ("bob", "geheim"), ("carol", "x"), ("dave", "y:z")]
)
def test_its_logins_open_our_api_as_they_open_its_own(closed: RunningHost, pair: tuple[str, str]):
    assert closed.get("/version", auth=pair).status_code == 200


@pytest.mark.parametrize("pair", [None, ("alice", "wrong"), ("alice", ""), ("", "secret")])
def test_nobody_else_gets_in(closed: RunningHost, pair: tuple[str, str] | None):
    assert closed.get("/version", auth=pair).status_code == 401


def test_it_serves_itself_below_its_path_and_us_with_it(start_host: Callable[..., RunningHost]):
    """No proxy strips the path in front of this host."""
    host = start_host("--kind", "sdnext", "--subpath", "sd", "--auth", "alice:secret")
    with asks.client(base_url=host.url + "/sd" + BASE, auth=("alice", "secret")) as client:
        assert client.get("/hello").json() == "hello"
        assert client.get("/version").status_code == 200
        picture = client.get(
            "/image-thumbnail", params={"path": str(host.pictures / "00001-42.png"), "t": "1"}
        )
        assert (picture.status_code, picture.headers["content-type"].partition("/")[0]) == (
            200,
            "image",
        )
        assert client.get("/no-such-route").status_code == 404
    stranger = asks.get(host.url + "/sd" + BASE + "/version")
    assert stranger.status_code == 401
