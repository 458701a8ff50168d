"""Behind a proxy with a prefix of its own, another host name, https, or all of these."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from iib_core.config import BASE
from tests import asks
from tests.conftest import write_png
from tests.host.conftest import Hosts, RunningHost
from tests.host.pages import LAN_NAME, Visit
from tests.host.proxy import Proxy
from tests.host.test_sending import INFOTEXT, send, wait_for_value

pytestmark = pytest.mark.stack

imageio_ffmpeg = pytest.importorskip(
    "imageio_ffmpeg", reason="needs imageio-ffmpeg to write a video"
)

SECRET = "a long secret"


@pytest.fixture(scope="module")
def two_hosts(hosts: Hosts) -> list[RunningHost]:
    """Both know their prefix; one gets requests without it, the other is mounted below it and gets
    whole paths.
    """
    two = hosts.start_all(
        ("--api", "--subpath", "sd"),
        ("--subpath", "sd", "--mounted"),
        environ={"IIB_SECRET_KEY": SECRET},
    )
    for host in two:
        write_png(host.pictures / "red.png", (384, 256), "red", INFOTEXT.format("red", 11))
        write_clip(host.pictures / "clip.webm")
    return two


@pytest.fixture(scope="module")
def proxies(two_hosts: list[RunningHost]) -> Iterator[dict[str, Proxy]]:
    """Named by what they do."""
    stripped, mounted = two_hosts
    made = {
        "strips": Proxy(stripped.url, "/sd"),
        "strips and speaks https": Proxy(stripped.url, "/sd", secure=True),
        "strips and does not tell of https": Proxy(
            stripped.url, "/sd", secure=True, tells_scheme=False
        ),
        "keeps": Proxy(mounted.url, "/sd"),
        "adds": Proxy(mounted.url),
        "keeps what the host does not know": Proxy(stripped.url + "/sd", "/sd"),
    }
    yield made
    for proxy in made.values():
        proxy.close()


def write_clip(path: Path) -> None:
    """Half a minute, with too much data for a browser to read ahead."""
    source = ["-f", "lavfi", "-i", "testsrc=size=320x240:rate=5:duration=30,noise=alls=60:allf=t"]
    coder = ["-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "4M"]
    subprocess.run(
        [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *source, *coder, str(path)],
        check=True,
        timeout=60,
    )


def log_in(gallery: Any) -> None:
    """Log in by our own login page, in the tab or alone."""
    gallery.get_by_label("Password").fill(SECRET)
    gallery.get_by_role("button", name="Log in").click()
    gallery.locator("img[src*='image-thumbnail']").first.wait_for()


def play_and_seek(gallery: Any, answers: list[tuple[int, str]]) -> None:
    """Open the clip, let it play, and go to its end."""
    gallery.locator(".tile.is-video").click()
    video = gallery.locator("video")
    video.wait_for()
    video.evaluate(
        "video => new Promise(done => { video.ontimeupdate = () => { if (video.currentTime > 0.2) done() } })"
    )
    video.evaluate(
        "video => new Promise(done => { video.onseeked = done; video.currentTime = 28 })"
    )
    assert video.evaluate(
        "video => [video.readyState >= 2, video.currentTime >= 28, video.error]"
    ) == [
        True,
        True,
        None,
    ]
    starts = [int(span.split()[1].split("-")[0]) for status, span in answers if status == 206]
    assert max(starts, default=0) > 0, "nothing was sought"


@pytest.mark.parametrize("way", ["strips", "strips and speaks https", "keeps"])
def test_the_tab_shows_pictures_plays_videos_and_sends(
    two_hosts: list[RunningHost],
    proxies: dict[str, Proxy],
    visit_host: Callable[..., Visit],
    way: str,
):
    proxy, host = proxies[way], two_hosts[way == "keeps"]
    seen = visit_host(host, at=proxy.url + "/", ignore_https_errors=True)
    answers: list[tuple[int, str]] = []
    seen.page.on(
        "response",
        lambda answer: (
            answers.append((answer.status, answer.headers.get("content-range", "")))
            if "clip.webm" in answer.url
            else None
        ),
    )
    gallery = seen.open_tab()
    log_in(gallery)
    assert (
        gallery.locator("img[src*='red.png']").evaluate(
            "image => image.decode().then(() => image.naturalWidth)"
        )
        > 0
    )
    play_and_seek(gallery, answers)
    assert send(seen, "red.png", "txt2img")["key"] == "send.done"
    wait_for_value(seen, "txt2img_prompt", "a red fox")
    asked = [url for url in seen.requests if urlsplit(url).hostname == "127.0.0.1"]
    assert {urlsplit(url).scheme for url in asked} == {urlsplit(proxy.url).scheme}
    assert {url.partition(BASE)[0] for url in asked if BASE in url} == {proxy.url}
    assert [path for path in proxy.lost if "infinite_image_browsing" in path] == []
    ours = [cookie for cookie in seen.page.context.cookies() if cookie["name"].startswith("iib-")]
    kinds = {(cookie["secure"], cookie["httpOnly"], cookie["sameSite"]) for cookie in ours}
    assert kinds == {(proxy.url.startswith("https:"), True, "Strict")}
    assert [text for text in seen.ours if "401" not in text] == []  # the login page's own status


@pytest.mark.parametrize(
    "way", ["strips", "strips and speaks https", "strips and does not tell of https"]
)
def test_bytes_and_changes_come_through(
    two_hosts: list[RunningHost], proxies: dict[str, Proxy], way: str
):
    proxy, path = proxies[way], str(two_hosts[0].pictures / "red.png")
    with asks.client(
        base_url=proxy.url + BASE,
        headers={"Authorization": f"Bearer {SECRET}"},
    ) as client:
        part = client.get("/file", params={"path": path}, headers={"Range": "bytes=0-7"})
        assert (part.status_code, part.content) == (206, b"\x89PNG\r\n\x1a\n")
        own = urlsplit(proxy.url)._replace(path="").geturl()
        for origin in (
            {"Origin": own},
            {"Origin": "https://public.example", "Sec-Fetch-Site": "same-origin"},
        ):
            assert client.post(
                "/check_path_exists", json={"paths": [path]}, headers=origin
            ).json() == {path: True}
        for origin in (
            {"Origin": "https://evil.example"},
            {"Origin": own, "Sec-Fetch-Site": "cross-site"},
        ):
            assert (
                client.post(
                    "/check_path_exists", json={"paths": [path]}, headers=origin
                ).status_code
                == 403
            )
        # A client behind a proxy can be anywhere.
        assert client.post("/open_folder", json={"path": path}).status_code == 403


@pytest.mark.parametrize("way", ["strips and does not tell of https", "adds"])
def test_our_page_alone_works_where_the_hosts_page_does_not(
    two_hosts: list[RunningHost],
    proxies: dict[str, Proxy],
    visit_host: Callable[..., Visit],
    way: str,
):
    """Without X-Forwarded-Proto the page of newer gradio uses http, and if the proxy adds the
    prefix, the host's page adds it once more.
    """
    proxy = proxies[way]
    seen = visit_host(two_hosts[way == "adds"], at=None, ignore_https_errors=True)
    seen.page.goto(proxy.url + BASE)
    log_in(seen.page)
    assert {url.partition(BASE)[0] for url in seen.requests} == {proxy.url}
    assert proxy.lost == []
    assert {cookie["secure"] for cookie in seen.page.context.cookies()} == {
        proxy.url.startswith("https:")
    }
    assert [text for text in seen.ours if "401" not in text] == []


def test_somebody_in_another_room_logs_in(
    two_hosts: list[RunningHost], visit_host: Callable[..., Visit]
):
    """Over plain http, except for localhost, browsers send no Sec-Fetch-Site: only the Origin of
    the form remains.
    """
    seen = visit_host(two_hosts[0], at=None)
    seen.page.goto(two_hosts[0].url.replace("127.0.0.1", LAN_NAME) + BASE)
    log_in(seen.page)
    assert {cookie["secure"] for cookie in seen.page.context.cookies()} == {False}


def test_our_page_alone_works_below_a_prefix_that_nobody_told_the_host_of(
    poor_host: RunningHost, visit_host: Callable[..., Visit]
):
    with closing(Proxy(poor_host.url, "/user/ann/proxy/7860")) as proxy:
        seen = visit_host(poor_host, at=None)
        seen.page.goto(proxy.url + BASE)
        seen.page.locator("img[src*='image-thumbnail']").first.wait_for()
        assert proxy.lost == []
        assert seen.ours == []


def test_a_prefix_that_is_kept_leads_nowhere_in_a_host_with_subpath(proxies: dict[str, Proxy]):
    """Both hosts route by the path after the prefix, whatever --subpath is: a proxy must strip it,
    or the host must be mounted below it.
    """
    url = proxies["keeps what the host does not know"].url
    assert {asks.get(url + path).status_code for path in ("/", "/config", BASE)} == {404}
