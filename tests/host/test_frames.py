"""The host's page in a frame of another site, as notebooks and Hugging Face Spaces show it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.conftest import write_png
from tests.host.conftest import RunningHost
from tests.host.pages import Visit, playwright, tab_button
from tests.host.proxy import Proxy
from tests.host.test_proxies import SECRET, log_in
from tests.host.test_sending import INFOTEXT, SEND

pytestmark = [
    pytest.mark.stack,
    pytest.mark.skipif(playwright is None, reason="playwright is not installed"),
]

ELSEWHERE = "https://elsewhere.test"


def show_elsewhere(seen: Visit, url: str) -> Any:
    """The host's page at ``url`` in a frame of another site; our tab is shown."""
    content = f"<!doctype html><iframe src='{url}' style='width: 1200px; height: 800px'></iframe>"
    seen.page.route(
        ELSEWHERE + "/", lambda route: route.fulfill(content_type="text/html", body=content)
    )
    seen.page.goto(ELSEWHERE + "/")
    around = seen.page.frame_locator("iframe")
    tab_button(around, "IIB").click()
    return around


@pytest.fixture
def secure(host: RunningHost) -> Iterator[str]:
    """The address of the usual host by https: a site that has it would show no other."""
    proxy = Proxy(host.url, secure=True)
    yield proxy.url + "/"
    proxy.close()


def test_the_tab_says_why_it_is_empty_and_how_to_go_on(
    host: RunningHost, secure: str, visit_host: Callable[..., Visit]
):
    write_png(host.pictures / "red.png", (384, 256), "red", INFOTEXT.format("red", 11))
    seen = visit_host(host, at=None, ignore_https_errors=True, locale="de-DE")
    around = show_elsewhere(seen, secure)
    mount = around.locator("#iib-mount")
    mount.get_by_text(f"IIB_FRAME_ORIGINS={ELSEWHERE} in ihrer Umgebung").wait_for()
    assert mount.locator("iframe").count() == 0
    with seen.page.context.expect_page() as opened:
        mount.get_by_role("link").click()
    opened.value.locator("img[src*='image-thumbnail']").first.wait_for()
    assert (
        opened.value.evaluate(SEND, [str(host.pictures / "red.png"), "txt2img"])["key"]
        == "send.done"
    )
    playwright.expect(around.locator("#txt2img_prompt textarea")).to_have_value("a red fox")


def test_a_site_that_is_allowed_shows_it_and_can_be_logged_in_from(
    start_host: Callable[..., RunningHost], visit_host: Callable[..., Visit]
):
    host = start_host("--iib-frame-origins", ELSEWHERE, environ={"IIB_SECRET_KEY": SECRET})
    assert (
        f"frame-ancestors 'self' {ELSEWHERE}"
        in host.get("", headers={"Authorization": f"Bearer {SECRET}"}).headers[
            "content-security-policy"
        ]
    )
    proxy = Proxy(host.url, secure=True)
    try:
        seen = visit_host(host, at=None, ignore_https_errors=True)
        gallery = show_elsewhere(seen, proxy.url + "/").frame_locator("#iib-mount iframe")
        log_in(gallery)
        # A change, which the guard against other origins accepts, because the page in the frame
        # requests it.
        gallery.locator(".tile").first.click()
        with seen.page.expect_response(
            lambda answer: answer.request.method == "POST" and "rat" in answer.url
        ) as rated:
            seen.page.keyboard.press("3")
        assert rated.value.status == 200
    finally:
        proxy.close()
