"""Keys that are pressed in our tab stay there; keys that are pressed in the host's page are the
host's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.host.conftest import RunningHost
from tests.host.pages import Visit, playwright, tab_button
from tests.host.test_sending import SEND

pytestmark = pytest.mark.stack

# Those of the host and of its extensions: generate, skip, interrupt, weights and order in the
# prompt, its own viewer, saving.
OF_THE_HOST = (
    "Control+Enter",
    "Alt+Enter",
    "Control+ArrowUp",
    "Alt+ArrowLeft",
    "Alt+ArrowRight",
    "Control+s",
    "Control+Space",
    "s",
    "Escape",
)
OF_OURS = (
    "ArrowRight",
    "Shift+ArrowRight",
    "x",
    "i",
    "?",
    "Escape",
    "z",
    "Control+a",
    "Escape",
    "End",
    "Home",
    "PageDown",
    "v",
    "1",
    "0",
    "g",
    "l",
)
SENDS = "s"
HAS_LEFT = "() => document.activeElement?.tagName !== 'IFRAME'"
STATE = "[location.href, document.querySelectorAll('.is-selected, .is-current, dialog').length]"
HEARS = (
    "window.ourKeys = []; window.addEventListener('keydown', ({ key }) => window.ourKeys.push(key), "
    "true); null"
)


def forget(seen: Visit) -> None:
    seen.page.evaluate("hostKeys.length = 0")
    seen.frame_now.evaluate("window.ourKeys.length = 0")


def heard(seen: Visit) -> tuple[list[Any], list[Any]]:
    """The keys that the host's page and ours have received since the last call, without modifiers."""
    host, ours = seen.page.evaluate("hostKeys"), seen.frame_now.evaluate("window.ourKeys")
    modifiers = ("Control", "Alt", "Shift")
    return [entry for entry in host if entry[0] not in modifiers], [
        key for key in ours if key not in modifiers
    ]


def enter_grid(seen: Visit) -> Any:
    """Our tab, the focus in its grid and a picture the current one."""
    gallery = seen.open_tab()
    gallery.locator(".tile").first.click()
    gallery.locator(".pswp--open").wait_for()
    seen.page.keyboard.press("Escape")
    gallery.locator(".pswp").wait_for(state="detached")
    return gallery


def take_prompt(seen: Visit) -> Any:
    """The host's prompt, cleared after that of a sent picture has arrived through the host's
    server.
    """
    prompt = seen.page.locator("#txt2img_prompt textarea")
    playwright.expect(prompt).not_to_have_value("", timeout=15_000)
    prompt.fill("")
    return prompt


def last(key: str) -> str:
    return key.split("+")[-1].replace("Space", " ")


def test_a_key_is_of_the_page_that_has_the_focus(
    host: RunningHost, visit_host: Callable[..., Visit]
):
    seen = visit_host(host)
    seen.frame.evaluate(HEARS)
    # One key of the host's means something to us too: it sends, and then the host shows another
    # tab, sooner or later.
    enter_grid(seen)
    forget(seen)
    seen.page.keyboard.press(SENDS)
    assert heard(seen) == ([], [SENDS])
    seen.page.wait_for_function(HAS_LEFT, timeout=5000)
    take_prompt(seen)

    # In our tab: no key reaches the host, and its keys have no effect on us.
    gallery = enter_grid(seen)
    forget(seen)
    taken = [key for key in OF_THE_HOST if key != SENDS]
    for key in taken:
        seen.page.keyboard.press(key)
    assert gallery.locator(".pswp--open").count() == 0
    for key in OF_OURS:
        seen.page.keyboard.press(key)
    host_heard, ours_heard = heard(seen)
    assert host_heard == []
    assert ours_heard == [last(key) for key in (*taken, *OF_OURS)]

    # A picture is sent, and the host shows another tab: the focus goes with it.
    assert (
        seen.frame_now.evaluate(SEND, [str(seen.host.pictures / "00001-42.png"), "txt2img"])["key"]
        == "send.done"
    )
    seen.page.wait_for_function(HAS_LEFT, timeout=5000)
    forget(seen)
    for key in ("Control+Enter", "Delete"):
        seen.page.keyboard.press(key)
    host_heard, ours_heard = heard(seen)
    assert [(key, own) for key, own, _ in host_heard] == [("Enter", "generate"), ("Delete", "")]
    assert ours_heard == []
    assert (seen.host.pictures / "00001-42.png").exists()

    # In the host's prompt: all keys reach the host unchanged.
    before = seen.frame_now.evaluate(STATE)
    prompt = take_prompt(seen)
    forget(seen)
    for key in OF_OURS + OF_THE_HOST:
        seen.page.keyboard.press(key)
    host_heard, ours_heard = heard(seen)
    assert ours_heard == []
    assert [(key, prevented) for key, _, prevented in host_heard] == [
        (last(key), False) for key in OF_OURS + OF_THE_HOST
    ]
    assert [own for _, own, _ in host_heard if own] == [
        "interrupt",
        "interrupt",
        "generate",
        "skip",
        "interrupt",
    ]
    assert sorted(prompt.input_value()) == sorted("xi?zv10gls")
    assert seen.frame_now.evaluate(STATE) == before


@pytest.mark.parametrize("how", ["sending", "clicking"])
def test_coming_back_to_the_tab_gives_it_the_keys(
    host: RunningHost, visit_host: Callable[..., Visit], how: str
):
    seen = visit_host(host)
    gallery = seen.open_tab()
    gallery.locator(".tile").first.click()
    gallery.locator(".pswp--open").wait_for()
    if how == "sending":
        seen.frame_now.evaluate(SEND, [str(host.pictures / "00001-42.png"), "txt2img"])
    else:
        tab_button(seen.page, "img2img").click()
    seen.page.wait_for_function(HAS_LEFT)
    seen.page.wait_for_function("() => !document.querySelector('#iib-mount iframe').offsetParent")
    seen.open_tab()
    seen.page.wait_for_function("() => document.activeElement?.tagName === 'IFRAME'")
    seen.page.keyboard.press("Escape")
    gallery.locator(".pswp").wait_for(state="detached")
