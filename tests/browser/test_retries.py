"""Pictures that do not come at first: a host limits requests, or the connection was lost.

None of them is given up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import Visit

pytestmark = pytest.mark.console_may_say("429|ERR_CONNECTION|ERR_FAILED|400")


def refuse(seen: Visit, how_many: int, how: Callable[[Any], None]) -> list[str]:
    """Refuse the first requests for thumbnails; the addresses of all that were asked for."""
    asked: list[str] = []

    def answer(route: Any) -> None:
        asked.append(route.request.url)
        if len(asked) <= how_many:
            how(route)
        else:
            route.continue_()

    seen.page.route("**/image-thumbnail?**", answer)
    return asked


@pytest.mark.parametrize(
    "how",
    [
        lambda route: route.fulfill(status=429, json={"detail": "rate limit exceeded"}),
        lambda route: route.abort("connectionrefused"),
    ],
    ids=["too many requests", "nobody there"],
)
def test_all_pictures_come_once_the_server_answers_again(
    visit: Callable[..., Visit], library_url: str, how: Callable[[Any], None]
) -> None:
    seen = visit(library_url)
    asked = refuse(seen, 40, how)
    seen.open().wait_for_all_pictures()
    assert len(asked) > 40
    assert seen.page.locator(".tile.is-broken").count() == 0


def test_a_server_that_has_had_enough_is_asked_for_one_picture_at_a_time(
    visit: Callable[..., Visit], library_url: str
) -> None:
    seen = visit(library_url)
    seen.page.clock.install()
    asked = refuse(seen, 10**6, lambda route: route.fulfill(status=429))
    seen.open()
    seen.page.wait_for_function("() => document.querySelectorAll('.tile').length > 10")
    for _ in range(30):
        seen.page.clock.run_for(2_000)
        seen.page.evaluate(
            "async () => { await fetch(location.href) }"
        )  # so that answers come in between
    again = len(asked) - len(
        set(asked)
    )  # beyond the one time that each picture is asked for when it is drawn
    assert 1 <= again <= 12
    assert seen.page.locator(".tile.is-broken").count() == 0


def test_a_list_comes_as_well(visit: Callable[..., Visit], library_url: str) -> None:
    seen = visit(library_url)
    asked: list[str] = []

    def answer(route: Any) -> None:
        asked.append(route.request.url)
        if len(asked) == 1:
            route.fulfill(status=429, json={"detail": "rate limit exceeded"})
        else:
            route.continue_()

    seen.page.route("**/files/columns?**", answer)
    seen.open().wait_for_pictures()
    assert len(asked) >= 2
