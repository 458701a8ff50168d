"""Behind a proxy that has a prefix of its own and gives the host another name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from iib_core.config import BASE
from tests.conftest import write_png
from tests.host.conftest import Hosts, RunningHost
from tests.host.pages import Visit
from tests.host.proxy import Proxy
from tests.host.test_sending import INFOTEXT, send, wait_for_value


@pytest.fixture(scope="module")
def below(hosts: Hosts) -> Iterator[tuple[RunningHost, Proxy]]:
    """A host that is told of its prefix, and the proxy that strips it."""
    host = hosts.start("--api", "--subpath", "sd")
    write_png(host.pictures / "red.png", (384, 256), "red", INFOTEXT.format("red", 11))
    proxy = Proxy(f"http://{urlsplit(host.url).netloc}", "/sd")
    yield host, proxy
    proxy.close()


def test_the_tab_shows_pictures_and_sends_them(below: tuple[RunningHost, Proxy], visit_host: Callable[..., Visit]):
    host, proxy = below
    seen = visit_host(host, at=proxy.url + "/")
    picture = seen.open_tab().locator("img[src*='image-thumbnail']").first
    picture.wait_for()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    assert send(seen, "red.png", "txt2img")["key"] == "send.done"
    wait_for_value(seen, "txt2img_prompt", "a red fox")
    ours = [url for url in seen.requests if "infinite_image_browsing" in url]
    assert ours
    assert {url.partition(BASE)[0] for url in ours} == {proxy.url}
    assert [path for path in proxy.lost if "infinite_image_browsing" in path] == []
    assert seen.ours == []


def test_bytes_and_changes_come_through(below: tuple[RunningHost, Proxy]):
    host, proxy = below
    path = str(host.pictures / "red.png")
    with httpx.Client(base_url=proxy.url + BASE, trust_env=False) as client:
        part = client.get("/file", params={"path": path}, headers={"Range": "bytes=0-7"})
        assert (part.status_code, part.content) == (206, b"\x89PNG\r\n\x1a\n")
        own = urlsplit(proxy.url)._replace(path="").geturl()
        for origin in ({"Origin": own}, {"Origin": "https://public.example", "Sec-Fetch-Site": "same-origin"}):
            assert client.post("/check_path_exists", json={"paths": [path]}, headers=origin).json() == {path: True}
        for origin in ({"Origin": "https://evil.example"}, {"Origin": own, "Sec-Fetch-Site": "cross-site"}):
            assert client.post("/check_path_exists", json={"paths": [path]}, headers=origin).status_code == 403
        # Who sits behind a proxy may sit anywhere.
        assert client.post("/open_folder", json={"path": path}).status_code == 403


def test_our_page_alone_works_below_a_prefix_that_nobody_told_the_host_of(poor_host: RunningHost, visit_host: Callable[..., Visit]):
    proxy = Proxy(poor_host.url, "/user/ann/proxy/7860")
    try:
        seen = visit_host(poor_host, at=None)
        seen.page.goto(proxy.url + BASE)
        seen.page.locator("img[src*='image-thumbnail']").first.wait_for()
        assert proxy.lost == []
        assert seen.ours == []
    finally:
        proxy.close()
