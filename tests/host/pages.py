"""The host's page in a real browser."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from tests.browsers import find_chromium
from tests.host.conftest import RunningHost

try:
    import playwright.sync_api as playwright
except ImportError:
    playwright = None  # type: ignore[assignment]

CHROMIUM = find_chromium()
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# A name of this machine that no browser treats as local: headers that a browser sends only over
# https or to localhost are missing here.
LAN_NAME = "webui.test"
FLAGS.append(f"--host-resolver-rules=MAP {LAN_NAME} 127.0.0.1")
# A test's other site is no page of this machine, and may show one all the same.
FLAGS.append("--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests")
PATIENCE_MS = 30_000


def tab_button(page: Any, label: str) -> Any:
    """The button above a tab; on classic it has no role."""
    return page.locator("#tabs button").filter(has_text=label).first


class Visit:
    """A page of the host, its log and its requests."""

    def __init__(self, page: Any, host: RunningHost) -> None:
        self.page, self.host = page, host
        self.complaints: list[str] = []
        self.requests: list[str] = []
        page.route(
            lambda url: urlsplit(url).hostname not in ("127.0.0.1", LAN_NAME),
            lambda route: route.abort(),
        )  # the host's own fonts
        page.on(
            "console",
            lambda message: (
                self.complaints.append(f"{message.text} ({message.location})")
                if message.type in {"error", "warning"}
                else None
            ),
        )
        page.on("pageerror", lambda error: self.complaints.append(f"{error.message} {error.stack}"))
        page.on("request", lambda request: self.requests.append(request.url))

    def open_tab(self) -> Any:
        """Show our tab, which opens on the pictures that the host has written."""
        tab_button(self.page, "IIB").click()
        return self.page.frame_locator("#iib-mount iframe")

    @property
    def frame(self) -> Any:
        """The gallery's own frame, to look into."""
        self.open_tab().locator("img[src*='image-thumbnail']").first.wait_for()
        return self.frame_now

    @property
    def frame_now(self) -> Any:
        """As ``frame``, whether its tab is shown or not."""
        return next(frame for frame in self.page.frames if "infinite_image_browsing" in frame.url)

    @property
    def ours(self) -> list[str]:
        """Console messages about our files."""
        return [
            text for text in self.complaints if "iib" in text or "infinite_image_browsing" in text
        ]

    def shown_tab(self) -> str:
        """The id of the host's tab that is shown."""
        return str(
            self.page.evaluate(
                "[...document.querySelectorAll('[id^=tab_]:not(button)')].find(tab => tab.offsetParent "
                "!== null)?.id ?? ''"
            )
        )
