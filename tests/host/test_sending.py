"""Sending a picture from our tab to those of the host, in real gradio and a real browser."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from iib_core.config import BASE
from tests import asks
from tests.conftest import write_png
from tests.host.conftest import RunningHost, gradio_version
from tests.host.pages import Visit, playwright

pytestmark = pytest.mark.stack

INFOTEXT = (
    "a {0} fox\nNegative prompt: {0} blur\n"
    "Steps: {1}, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 384x256"
)
SEND = """async ([path, target, generate]) => {
  const { modules } = await import(new URL('main.mjs', document.querySelector('script[type=module]').src));
  const module = modules['browser/host.mjs'];
  const kind = path.endsWith('.png') ? 'image' : 'video';
  return module.sendTo({ path, name: path.split('/').pop(), date: 1, kind }, target, generate);
}"""
TARGETS = (
    "async () => (await import(new URL('main.mjs', document.querySelector('script[type=module]').src)))"
    ".modules['browser/host.mjs'].hostTargets()"
)

# Of two requests with our ticket, the one that is answered first is the last for the page.
OVERTAKING = """
  const ask = window.fetch;
  let release = null;
  window.fetch = async (address, options) => {
    const isOurs = String(address).includes('/run/predict') && window.iibTicket &&
      options.body.includes(window.iibTicket);
    const answer = await ask(address, options);
    if (isOurs && release) setTimeout(release, 300);
    else if (isOurs) await new Promise((resolve) => { release = resolve; });
    return answer;
  };
"""


@pytest.fixture(scope="module")
def full_host(host: RunningHost) -> RunningHost:
    """The usual host, with three pictures to send."""
    for number, (name, colour) in enumerate((("red", "red"), ("blue", "blue"))):
        write_png(
            host.pictures / f"{name}.png", (384, 256), colour, INFOTEXT.format(name, 11 + number)
        )
    write_png(host.pictures / "bare.png", (128, 64), "green", "")
    return host


def config_of(host: RunningHost) -> dict[str, Any]:
    """The configuration that the host's page is built from."""
    return dict(asks.get(host.url + "/config").json())


def ids_by_name(config: dict[str, Any]) -> dict[str, int]:
    """The number of each named component."""
    return {
        component["props"].get("elem_id"): component["id"] for component in config["components"]
    }


def send(seen: Visit, name: str, target: str) -> Any:
    return seen.frame.evaluate(SEND, [str(seen.host.pictures / name), target])


def wait_for_value(seen: Visit, element: str, value: str) -> None:
    seen.page.wait_for_function(
        "([id, value]) => document.querySelector(`#${id} textarea, #${id} input`)?.value === value",
        arg=[element, value],
        timeout=15_000,
    )


def colour_of(seen: Visit, element: str) -> list[int]:
    """The colour in the middle of the picture of a component, once it shows one."""
    seen.page.wait_for_selector(f"#{element} img", state="attached")
    return list(
        seen.page.evaluate(
            """async (id) => {
            const image = document.querySelector(`#${id} img`);
            await image.decode();
            const canvas = Object.assign(document.createElement('canvas'),
              { width: image.naturalWidth, height: image.naturalHeight });
            const context = canvas.getContext('2d');
            context.drawImage(image, 0, 0);
            return [...context.getImageData(canvas.width / 2, canvas.height / 2, 1, 1)
              .data].slice(0, 3).concat(canvas.width, canvas.height);
        }""",
            element,
        )
    )


def wait_for_colour(seen: Visit, element: str, colour: list[int]) -> None:
    deadline = time.monotonic() + 15
    while (found := colour_of(seen, element)) != colour:
        assert time.monotonic() < deadline, found
        seen.page.wait_for_timeout(50)


def test_each_tab_gets_picture_and_infotext_and_is_shown(
    full_host: RunningHost, visit_host: Callable[..., Visit]
):
    seen = visit_host(full_host)
    assert seen.frame.evaluate(TARGETS) == [
        "txt2img",
        "img2img",
        "inpaint",
        "extras",
        "controlnet-txt2img",
        "controlnet-img2img",
        "openoutpaint",
    ]
    assert send(seen, "red.png", "txt2img")["key"] == "send.done"
    wait_for_value(seen, "txt2img_prompt", "a red fox")
    wait_for_value(seen, "txt2img_neg_prompt", "red blur")
    wait_for_value(seen, "txt2img_steps", "11")
    wait_for_value(seen, "txt2img_width", "384")
    assert seen.shown_tab() == "tab_txt2img"
    assert send(seen, "blue.png", "img2img")["key"] == "send.done"
    wait_for_value(seen, "img2img_prompt", "a blue fox")
    assert colour_of(seen, "img2img_image") == [0, 0, 255, 384, 256]
    assert seen.shown_tab() == "tab_img2img"
    assert send(seen, "red.png", "inpaint")["key"] == "send.done"
    assert colour_of(seen, "inpaint_image") == [255, 0, 0, 384, 256]
    wait_for_value(seen, "img2img_prompt", "a red fox")
    assert send(seen, "bare.png", "extras")["key"] == "send.done"
    assert colour_of(seen, "extras_image")[:2] == [0, 128]
    assert seen.shown_tab() == "tab_extras"
    assert send(seen, "bare.png", "txt2img") == {
        "key": "send.no-infotext",
        "values": {"target": "txt2img"},
        "detail": "",
    }
    assert seen.shown_tab() == "tab_iib"
    assert send(seen, "bare.png", "inpaint")["key"] == "send.done"
    wait_for_value(seen, "img2img_width", "128")
    wait_for_value(
        seen, "img2img_prompt", "a red fox"
    )  # the old prompt stays if the picture has no infotext
    assert seen.ours == []


def test_extensions_get_the_picture(full_host: RunningHost, visit_host: Callable[..., Visit]):
    seen = visit_host(full_host)
    part = "#img2img_controlnet"
    if not gradio_version().startswith("3."):
        seen.page.evaluate(
            f"document.querySelector('{part} input[type=file]').onchange = event => "
            f"{{ window.dropped = event.target.files[0].name }}; null"
        )
    assert send(seen, "red.png", "controlnet-img2img")["key"] == "send.done"
    assert seen.shown_tab() == "tab_img2img"
    # The host shows the unit's own picture when it has answered, which a busy one does late.
    playwright.expect(seen.page.locator(f"{part} .cnet-image")).to_be_visible(timeout=15_000)
    playwright.expect(seen.page.locator(f"{part} .cnet-unit-same_img2img input")).to_be_checked(
        timeout=15_000
    )
    if gradio_version().startswith("3."):
        assert colour_of(seen, "img2img_controlnet_ControlNet-0_input_image") == [
            255,
            0,
            0,
            384,
            256,
        ]
        assert (
            send(seen, "blue.png", "controlnet-img2img")["key"] == "send.done"
        )  # in place of the present picture
        wait_for_colour(seen, "img2img_controlnet_ControlNet-0_input_image", [0, 0, 255, 384, 256])
    else:
        assert seen.page.evaluate("window.dropped") == "red.png"
    assert send(seen, "red.png", "openoutpaint")["key"] == "send.done"
    url, name = seen.page.evaluate("window.outpainted")
    assert url.startswith("data:image/png;base64,")
    assert name == "red.png"
    assert seen.shown_tab() == "tab_openOutpaint"


def test_what_is_sent_waits_in_no_queue_and_ends_with_a_report(full_host: RunningHost):
    config = config_of(full_host)
    ids = ids_by_name(config)
    # The host's own functions get our ticket, and end with our report.
    pastes = [d for d in config["dependencies"] if d["inputs"] == [ids["iib-send-ticket"]]]
    assert len(pastes) > 5
    assert {d["outputs"][-1] for d in pastes} == {ids["iib-send-told"]}
    assert {d["queue"] for d in pastes} == {False}
    taken = {ids["iib-send-infotext"], ids["iib-send-picture"], ids["iib-send-told"]}
    assert not any(taken & set(d["inputs"]) for d in config["dependencies"])


def test_two_browsers_that_send_at_once_get_each_their_own(
    full_host: RunningHost, visit_host: Callable[..., Visit]
):
    first, second = visit_host(full_host), visit_host(full_host)
    starts = "args => { window.sent = (" + SEND + ")(args); }"
    frames = [first.frame, second.frame]
    for frame, name in zip(frames, ("red.png", "blue.png")):
        frame.evaluate(starts, [str(full_host.pictures / name), "img2img"])
    for frame in frames:
        assert frame.evaluate("window.sent")["key"] == "send.done"
    for seen, name, colour in ((first, "red", [255, 0, 0]), (second, "blue", [0, 0, 255])):
        wait_for_value(seen, "img2img_prompt", f"a {name} fox")
        assert colour_of(seen, "img2img_image")[:3] == colour


def test_a_window_of_its_own_sends_to_the_tab_that_opened_it(
    full_host: RunningHost, visit_host: Callable[..., Visit]
):
    seen = visit_host(full_host)
    with seen.page.context.expect_page() as opened:
        seen.frame.evaluate("window.open(location.href)")
    opened.value.locator("img[src*='image-thumbnail']").first.wait_for()
    told = opened.value.evaluate(SEND, [str(full_host.pictures / "blue.png"), "txt2img"])
    assert told["key"] == "send.done"
    wait_for_value(seen, "txt2img_prompt", "a blue fox")


def test_the_api_gives_a_ticket_a_request(full_host: RunningHost):
    with asks.client(base_url=full_host.url + BASE) as client:
        tickets = [
            client.post("/send_img_path", params={"path": str(full_host.pictures / name)}).json()
            for name in ("red.png", "blue.png")
        ]
        assert [Path(ticket["path"]).name for ticket in tickets] == ["red.png", "blue.png"]
        assert tickets[0]["id"] != tickets[1]["id"]
        assert (
            client.get("/gen_info_completed", params={"id": tickets[0]["id"]}, timeout=20).json()
            is False
        )
        assert [client.post("/claim_send").json()["send"] for _ in range(3)] == [*tickets, None]
        answer = client.post(
            "/send_img_path",
            params={"path": str(full_host.pictures / "red.png"), "target": "attic"},
        )
        assert answer.status_code == 400


def test_what_the_host_lacks_is_told(poor_host: RunningHost, visit_host: Callable[..., Visit]):
    seen = visit_host(poor_host)
    assert seen.frame.evaluate(TARGETS) == ["txt2img", "img2img", "inpaint"]
    assert send(seen, "00001-42.png", "controlnet-txt2img")["key"] == "send.missing"
    assert send(seen, "00001-42.png", "extras") == {
        "key": "send.missing",
        "values": {"target": "Extras"},
        "detail": "",
    }
    answer = asks.post(
        f"{poor_host.url}{BASE}/send_img_path",
        params={"path": str(poor_host.pictures / "00001-42.png"), "target": "extras"},
    )
    assert answer.status_code == 409
    assert (
        answer.json()["detail"]
        == "This WebUI cannot take pictures in extras: it can in txt2img, img2img, inpaint."
    )
    assert send(seen, "00001-42.png", "txt2img")["key"] == "send.done"
    wait_for_value(seen, "txt2img_prompt", "a red fox in the snow")
    assert seen.ours == []


def test_a_failure_in_the_host_is_told_at_once_and_the_next_picture_goes(
    start_host: Callable[..., RunningHost], visit_host: Callable[..., Visit]
):
    host = start_host("--set-option", "temp_dir=temporary")
    seen = visit_host(host)
    for _ in range(2):
        begun = time.monotonic()
        told = send(seen, "00001-42.png", "img2img")
        assert (
            time.monotonic() - begun < 15
        )  # a fraction of a second on a quiet machine; without the report it takes a minute
        if told["key"] == "send.done":  # a machine that is so busy that the host is late
            seen.frame.locator(".toast", has_text="FileNotFoundError").first.wait_for()
        else:
            assert (told["key"], told["values"]) == ("send.failed", {"target": "img2img"})
            assert "FileNotFoundError" in told["detail"]
        assert seen.shown_tab() == "tab_iib"
    (host.folder / "temporary").mkdir()
    assert send(seen, "00001-42.png", "img2img")["key"] == "send.done"
    wait_for_value(seen, "img2img_prompt", "a red fox in the snow")
    assert seen.ours == []


def test_a_failure_is_told_though_the_picture_was_said_to_be_sent(
    start_host: Callable[..., RunningHost], visit_host: Callable[..., Visit]
):
    seen = visit_host(start_host("--set-option", "temp_dir=temporary"))
    held: list[Any] = []
    # As a host that is busy for longer than we wait.
    seen.page.route("**/run/predict*", lambda route: held.append(route))
    assert send(seen, "00001-42.png", "img2img")["key"] == "send.done"
    assert seen.shown_tab() == "tab_img2img"
    for route in held:
        route.continue_()
    seen.page.unroute("**/run/predict*")
    seen.frame.locator(".toast", has_text="FileNotFoundError").wait_for()
    assert seen.shown_tab() == "tab_iib"


def test_fields_of_a_host_that_starts_for_the_first_time_get_the_infotext(
    start_host: Callable[..., RunningHost], visit_host: Callable[..., Visit]
):
    seen = visit_host(start_host("--kind", "neo"))
    assert send(seen, "00001-42.png", "txt2img")["key"] == "send.done"
    wait_for_value(seen, "txt2img_prompt", "a red fox in the snow")
    wait_for_value(seen, "txt2img_neg_prompt", "blurry")


@pytest.mark.parametrize("kind", ["plain", "neo"])
def test_the_host_counts_its_prompts_when_they_are_there(
    start_host: Callable[..., RunningHost], visit_host: Callable[..., Visit], kind: str
):
    """Neo adds the script for it to its pasting, and like others has none for inpaint."""
    host = start_host("--kind", kind)
    ours = str(config_of(host)["dependencies"])
    assert "recalculate_prompts" not in ours and "switch_to" not in ours
    seen = visit_host(host)
    for target, tab in (("txt2img", "txt2img"), ("inpaint", "img2img")):
        assert send(seen, "00001-42.png", target)["key"] == "send.done"
        seen.page.wait_for_function(
            "(last) => JSON.stringify(counted.at(-1)) === JSON.stringify(last)",
            arg=[tab, "a red fox in the snow"],
        )
    assert seen.page.evaluate("counted.length") == 2
    assert not [text for text in seen.complaints if "recalculate_prompts" in text]


def test_answers_of_the_host_may_overtake_each_other(
    full_host: RunningHost, visit_host: Callable[..., Visit]
):
    """Picture and infotext are two requests: the page knows that both have ended, whichever answer
    comes first.
    """
    seen = visit_host(full_host, at=None)
    seen.page.add_init_script(OVERTAKING)
    seen.page.goto(full_host.url + "/", wait_until="domcontentloaded")
    assert send(seen, "red.png", "img2img")["key"] == "send.done"
    # The page has the host count the prompts once both have ended.
    seen.page.wait_for_function("() => counted.at(-1)?.[1] === 'a red fox'")
    wait_for_colour(seen, "img2img_image", [255, 0, 0, 384, 256])


def test_why_the_hosts_own_code_fails_is_told(
    start_host: Callable[..., RunningHost], visit_host: Callable[..., Visit]
):
    host = start_host("--lacks", "checkpoint")
    seen = visit_host(host)
    # What is to be generated waits for the end, however busy the machine is.
    told = seen.frame.evaluate(SEND, [str(host.pictures / "00001-42.png"), "txt2img", True])
    assert (told["key"], told["detail"]) == (
        "send.failed",
        "TypeError: argument of type 'NoneType' is not iterable",
    )
    assert send(seen, "00001-42.png", "extras")["key"] == "send.done"
    assert "changed an event of IIB:" not in host.text


def test_what_a_host_takes_from_an_event_is_in_the_log(start_host: Callable[..., RunningHost]):
    host = start_host("--lacks", "event_options")
    warning = next(line for line in host.text.splitlines() if "changed an event of IIB:" in line)
    assert "js is None" in warning


@pytest.mark.parametrize(
    ("generate", "waits_ms", "key"), [(False, (1600, 1600), "done"), (True, (61_000,), "timeout")]
)
def test_a_busy_host_takes_a_picture_later_but_generates_none_before(
    full_host: RunningHost,
    visit_host: Callable[..., Visit],
    generate: bool,
    waits_ms: tuple[int, ...],
    key: str,
):
    seen = visit_host(full_host, at=None)
    seen.page.clock.install()
    seen.page.goto(full_host.url + "/", wait_until="domcontentloaded")
    frame = seen.frame
    seen.page.route("**/run/predict*", lambda route: None)  # as a host that generates all the while
    starts = "args => { window.sent = Promise.all(args.map(" + SEND + ")); }"
    orders = [
        [str(full_host.pictures / name), "txt2img", generate] for name in ("red.png", "blue.png")
    ]
    with seen.page.expect_request("**/run/predict*"):
        frame.evaluate(starts, orders)
    for wait_ms in waits_ms:
        seen.page.clock.fast_forward(wait_ms)
    assert [told["key"] for told in frame.evaluate("window.sent")] == [f"send.{key}"] * 2


def test_a_ticket_is_the_only_way_to_a_picture(full_host: RunningHost):
    """The hidden component's function is a route of gradio: it must not open what our routes
    refuse.
    """
    config = config_of(full_host)
    names = ids_by_name(config)
    number, function = next(
        (i, d)
        for i, d in enumerate(config["dependencies"])
        if names["iib-send-ticket"] in d["inputs"]
    )
    body = {
        "data": [str(full_host.pictures / "red.png")],
        "fn_index": function.get("id", number),
        "session_hash": "x",
    }
    answers = [
        asks.post(f"{full_host.url}{path}", json=body) for path in ("/run/predict", "/api/predict")
    ]
    assert 200 in [answer.status_code for answer in answers]
    for answer in answers:
        assert (
            "a red fox" not in answer.text and "this took too long" in answer.text
        ) or answer.status_code != 200
