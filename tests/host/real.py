"""A walk through a real WebUI that runs already, on this machine and with this extension.

Not collected by pytest.

    python -m tests.host.real http://127.0.0.1:7860 [--login USER:PASSWORD [--basic]] [--pid PID]
        [--only STEP ...]

It puts three pictures into a folder ``iib-real`` of the first folder that the host writes to, and
takes them away at the end. A line a check, ``ok`` or ``FAIL``; what a host does not have is
``none``. docs/development.md tells how to start each host without a model and without a graphics
card.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from playwright.sync_api import Error, sync_playwright

from iib_core.config import BASE
from tests.host.pages import CHROMIUM, FLAGS
from tests.host.test_sending import SEND, TARGETS

SEND_S = 2.0
FIRST_S = 1.0
QUIET_S = 2.0
# Whether the page did what was due at once, for so long. It gives up after a minute.
QUIET = """(long_ms) => new Promise((resolve) => {
  const end = performance.now() + 60_000;
  let last = performance.now();
  let quiet = last;
  const timer = setInterval(() => {
    const now = performance.now();
    if (now - last > 100) quiet = now;
    last = now;
    if (now - quiet > long_ms || now > end) { clearInterval(timer); resolve(); }
  }, 30);
})"""
PLAIN = (512, 768)
HIRES = (768, 1152)
TEXT = (
    'a {0} fox, "quoted" <b>äöü</b> 狐\nNegative prompt: {0} blur\nSteps: {1}, Sampler: DPM++ 2M, CFG '
    "scale: 5.5, Seed: {2}, Size: 512x768, "
    "Denoising strength: 0.45"
)
TEXTS = {
    "plain": TEXT.format("plain", 31, 1001),
    "hires": TEXT.format("hires", 33, 1002)
    + ", Hires upscale: 1.5, Hires steps: 12, Hires upscaler: Latent",
    "bare": "",
}
# What a field of a tab shows, by the end of its id in most hosts.
FIELDS = {
    "prompt": "fox",
    "neg_prompt": "blur",
    "steps": "",
    "cfg_scale": "5.5",
    "seed": "",
    "width": "512",
    "height": "768",
}
VALUES = """([tab, names]) => names.map(name => {
  const ids = { cfg_scale: ['cfg_scale', 'guidance_scale'],
    neg_prompt: ['neg_prompt', 'negative_prompt'] }[name] ?? [name];
  for (const id of ids) {
    const field = document.querySelector(
      `#${tab}_${id} textarea, #${tab}_${id} input[type=number], #${tab}_${id} input`);
    if (field) return field.value;
  }
  return null;
})"""
# gradio 3 draws a picture that can be painted on. Hosts name what belongs to ControlNet so.
PICTURE = """([tab, part, width]) => {
  // ModernUI of SD.Next takes what is in a tab out of it, and SD.Next calls Extras "Process".
  const places = tab === 'extras' ? '#extras_image' : `#tab_${tab}${part}, #${tab}_tabitem${part}`;
  return [...document.querySelectorAll(places)].some((place) =>
    [...place.querySelectorAll('img, canvas')].some((picture) =>
      (picture.naturalWidth ?? picture.width) === width && picture.offsetParent));
}"""


class Walk:
    """One host, its page, and what was found there."""

    def __init__(
        self, url: str, login: tuple[str, str] | None, pid: int | None, *, is_basic: bool = False
    ) -> None:
        self.url, self.login, self.pid = url.rstrip("/"), login, pid
        self.failures = 0
        self.step = ""
        self.complaints: list[str] = []
        self.client = httpx.Client(
            base_url=self.url, trust_env=False, timeout=100, follow_redirects=True
        )
        self.context: dict[str, Any] = {}
        if login and is_basic:
            self.client.auth = login
            self.context = {"http_credentials": {"username": login[0], "password": login[1]}}
        elif login:
            self.client.post("/login", data={"username": login[0], "password": login[1]})
        settings = self.client.get(BASE + "/global_setting").json()
        self.folder = Path(settings["roots"][0]["path"]) / "iib-real"
        self.page: Any = None

    def say(self, what: str, fine: bool | None, detail: str = "") -> None:
        """A line of the result; ``fine`` None is what the host has not."""
        self.failures += fine is False
        self.step = what
        print(
            f"{ {True: 'ok  ', False: 'FAIL', None: 'none'}[fine] } {what}{': ' + detail if detail else ''}",
            flush=True,
        )

    def write_pictures(self) -> None:
        for number, (name, text) in enumerate(TEXTS.items()):
            info = PngInfo()
            if text:
                info.add_text("parameters", text)
            self.folder.mkdir(parents=True, exist_ok=True)
            Image.new(
                "RGB", HIRES if name == "hires" else PLAIN, ("red", "blue", "green")[number]
            ).save(self.folder / f"{name}.png", pnginfo=info)

    def open(self, browser: Any, width: int = 1440, height: int = 900) -> Any:
        """The host's page in a window of its own, logged in; the one before is closed."""
        if self.page is not None:
            self.page.context.close()
        context = browser.new_context(viewport={"width": width, "height": height}, **self.context)
        context.set_default_timeout(60_000)
        context.add_cookies(
            [
                {"name": name, "value": value, "url": self.url}
                for name, value in self.client.cookies.items()
            ]
        )
        self.page = context.new_page()
        self.page.on("pageerror", self.hear)
        self.page.goto(self.url + "/", wait_until="domcontentloaded")
        self.tab_button("IIB").wait_for(timeout=180_000)
        self.wait_until_quiet()  # a host goes on building its page for a while
        return self.page

    def hear(self, error: Error) -> None:
        """Keep what the host's page complains about: after which check, and where in its code."""
        where = (error.stack or "").replace(error.message, "").split("\n")
        at = next((line.strip() for line in where if line.strip().startswith("at ")), "")
        self.complaints.append(f"{error.message[:200]} {at} (after {self.step!r})")

    def wait_until_quiet(self) -> None:
        """Until the host's page has drawn all that it began to draw: it could answer no click
        before.
        """
        try:
            self.page.evaluate(QUIET, QUIET_S * 1000)
        except Error:  # Neo opens its page a second time, with its theme in the address
            self.tab_button("IIB").wait_for()
            self.page.evaluate(QUIET, QUIET_S * 1000)

    def tab_button(self, label: str) -> Any:
        """The button above a tab; SD.Next's ModernUI hides it, and has one at the side."""
        name = re.compile(rf"^\s*{label}\s*$", re.IGNORECASE)
        above = self.page.locator("#tabs button").filter(has_text=name)
        aside = self.page.locator(".xtabs-tab").filter(
            has=self.page.locator("span").filter(has_text=name)
        )
        return above.or_(aside).locator("visible=true").first

    def open_tab(self) -> Any:
        # By the page: on a phone a panel of ModernUI may lie over its buttons.
        self.tab_button("IIB").evaluate("button => button.click()")
        return self.page.frame_locator("#iib-mount iframe")

    @property
    def frame(self) -> Any:
        return next(frame for frame in self.page.frames if BASE in frame.url)


def seconds(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def until(holds: Callable[[], bool], limit_s: float = 10.0) -> bool:
    """Whether it holds before the time is over."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.05)
    return holds()


def first_thumbnail(walk: Walk, browser: Any) -> None:
    walk.open(browser)
    taken = seconds(lambda: walk.open_tab().locator("img[src*='image-thumbnail']").first.wait_for())
    walk.say(
        "first thumbnail after the click",
        taken < FIRST_S,
        f"{taken:.2f} s (limit {FIRST_S} s on a quiet machine)",
    )


def sends(walk: Walk, browser: Any) -> None:
    walk.open(browser)
    walk.open_tab().locator("img[src*='image-thumbnail']").first.wait_for()
    targets = walk.frame.evaluate(TARGETS)
    walk.say("targets", bool(targets), ", ".join(targets))
    for target in targets:
        for name in TEXTS:
            send_one(walk, target, name)


def send_one(walk: Walk, target: str, name: str) -> None:
    begun = time.perf_counter()
    told = walk.frame.evaluate(SEND, [str(walk.folder / f"{name}.png"), target])
    tab = {"inpaint": "img2img"}.get(target, target.removeprefix("controlnet-"))
    if name == "bare" and target == "txt2img":
        walk.say(f"{target} {name}", told["key"] == "send.no-infotext", told["key"])
        return
    wrong = [] if told["key"] == "send.done" else [f"{told['key']} {told['detail']}"]
    if not wrong and TEXTS[name] and target in ("txt2img", "img2img", "inpaint", "control"):
        wrong += wrong_fields(walk, tab, name)
    arrived = time.perf_counter() - begun
    if not wrong and target != "txt2img":
        width = HIRES[0] if name == "hires" else PLAIN[0]
        part = " [id*=controlnet]" if target.startswith("controlnet") else ""
        if not until(lambda: bool(walk.page.evaluate(PICTURE, [tab, part, width]))):
            wrong.append("no picture")
        arrived = time.perf_counter() - begun
    walk.say(
        f"{target} {name}",
        not wrong and arrived < SEND_S,
        f"{arrived:.2f} s" + "".join(f"; {one}" for one in wrong),
    )
    walk.open_tab()
    walk.wait_until_quiet()


def wrong_fields(walk: Walk, tab: str, name: str) -> list[str]:
    """Fields of a tab that do not show what the picture says, once they have had some seconds."""
    wanted = {
        **FIELDS,
        "steps": TEXTS[name].split("Steps: ")[1].split(",")[0],
        "seed": TEXTS[name].split("Seed: ")[1].split(",")[0],
    }
    if tab == "img2img":
        wanted = {
            field: value for field, value in wanted.items() if field not in ("width", "height")
        }  # the picture's own
    wrong: dict[str, str | None] = {}

    def look() -> bool:
        # In one call: a busy page lets each of them wait.
        shown = dict(zip(wanted, walk.page.evaluate(VALUES, [tab, list(wanted)]), strict=True))
        wrong.clear()
        wrong.update(
            (field, found)
            for field, found in shown.items()
            if found is not None and wanted[field] not in found
        )
        return not wrong and name in (shown["prompt"] or "")

    until(look)
    if tab == "txt2img" and name == "hires":
        [scale] = walk.page.evaluate(VALUES, ["txt2img", ["hr_scale"]])
        if scale is not None and not scale.startswith("1.5"):
            wrong["hires"] = scale
    return [f"{field} is {found!r}" for field, found in wrong.items()]


def live(walk: Walk, browser: Any) -> None:
    """What the host saves by its Extras tab is in the open gallery."""
    walk.open(browser)
    walk.open_tab().locator("img[src*='image-thumbnail']").first.wait_for()
    button = walk.page.locator("#extras_generate, #extras_postprocess").first
    if (
        not button.count()
        or walk.frame.evaluate(SEND, [str(walk.folder / "plain.png"), "extras"])["key"]
        != "send.done"
    ):
        walk.say("live picture", None)
        return
    before = newest(walk)
    walk.page.wait_for_timeout(1000)
    button.click()
    came = until(lambda: newest(walk) != before, 60)
    path = newest(walk)
    gallery = walk.open_tab()
    begun = os.stat(path).st_mtime if came else time.time()
    if came:
        gallery.locator(f"img[src*='{os.path.basename(path)}']").first.wait_for()
    walk.say("live picture", came, f"{time.time() - begun:.2f} s after it was saved")


def newest(walk: Walk) -> str:
    """The picture that the index knows as the newest; "" where it knows none."""
    files = walk.client.post(BASE + "/db/search", json={"query": "", "size": 1}).json()["files"]
    return str(files[0]["fullpath"]) if files else ""


def layout(walk: Walk, browser: Any) -> None:
    for width, height in ((1440, 900), (1024, 768), (1000, 600)):
        page = walk.open(browser, width, height)
        walk.open_tab().locator("img[src*='image-thumbnail']").first.wait_for()
        fits = until(
            lambda page=page: bool(
                page.evaluate("document.documentElement.scrollHeight <= innerHeight")
            ),
            3,
        )
        walk.say(
            f"no second scroll bar at {width}x{height}",
            fits,
            f"document {page.evaluate('document.documentElement.scrollHeight')}",
        )
    page = walk.open(browser, 390, 844)
    gallery = walk.open_tab()
    gallery.locator("img[src*='image-thumbnail']").first.wait_for()
    until(lambda: abs(page.locator("#iib-mount iframe").bounding_box()["y"]) < 2, 3)
    box, bar = (
        page.locator("#iib-mount iframe").bounding_box(),
        gallery.locator(".rail").bounding_box(),
    )
    fits = [round(box[side]) for side in ("x", "width", "height")] == [0, 390, 844] and abs(
        box["y"]
    ) < 2
    walk.say("phone: the frame is the window", fits, str(box))
    walk.say(
        "phone: the bottom bar is on the screen",
        bar["y"] + bar["height"] <= 846,
        f"ends at {bar['y'] + bar['height']:.0f}",
    )


def keys(walk: Walk, browser: Any) -> None:
    page = walk.open(browser)
    gallery = walk.open_tab()
    gallery.locator(".tile img").first.wait_for()
    gallery.locator(".tile").first.click()
    gallery.locator(".pswp--open").wait_for()
    page.locator("#tabs button, #control_nav").locator("visible=true").first.click()
    page.wait_for_timeout(500)
    walk.open_tab()
    page.wait_for_timeout(500)
    page.keyboard.press("Escape")
    closed = until(lambda: gallery.locator(".pswp").count() == 0, 3)
    walk.say("coming back to the tab gives it the keys", closed)


def settings(walk: Walk, browser: Any) -> None:
    components = walk.client.get("/config").json()["components"]
    labels = [
        str(part["props"].get("label"))
        for part in components
        if str(part["props"].get("elem_id")).startswith("setting_iib_")
    ]
    walk.say("settings", bool(labels), "; ".join(labels))


def reloads(walk: Walk, browser: Any) -> None:
    """Reload UI five times: threads and descriptors of the host are as before."""
    page = walk.open(browser)
    walk.open_tab().locator("img[src*='image-thumbnail']").first.wait_for()
    if not page.evaluate("Boolean(document.querySelector('#settings_restart_gradio'))"):
        walk.say("Reload UI", None)
        return
    held = [counts(walk.pid)]
    for _ in range(5):
        page.evaluate("document.querySelector('#settings_restart_gradio').click()")
        page.wait_for_timeout(3000)
        until(lambda: answers(walk), 120)
        page = walk.open(browser)
        walk.open_tab().locator("img[src*='image-thumbnail']").first.wait_for()
        held.append(counts(walk.pid))
    same = all(
        after <= max(first, second) + 3 for first, second, after in zip(held[0], held[1], held[-1])
    )
    walk.say(
        "Reload UI five times",
        same,
        " -> ".join("threads {} files {} of ours {}".format(*one) for one in held),
    )


def answers(walk: Walk) -> bool:
    try:
        return walk.client.get(BASE + "/hello").status_code == 200
    except httpx.HTTPError:
        return False


def counts(pid: int | None) -> tuple[int, int, int]:
    """Threads, open files, and open files of ours of the host's process."""
    if pid is None:
        return 0, 0, 0
    files = []
    for number in os.listdir(f"/proc/{pid}/fd"):
        try:
            files.append(os.readlink(f"/proc/{pid}/fd/{number}"))
        except OSError:
            continue
    return len(os.listdir(f"/proc/{pid}/task")), len(files), sum("/.iib/" in name for name in files)


def access(walk: Walk, browser: Any) -> None:
    """What is closed to strangers: everything of ours where the host asks for a login, and our data
    folder always.
    """
    stranger = httpx.Client(base_url=walk.url, trust_env=False, timeout=100)
    status = stranger.get(BASE + "/version").status_code
    walk.say("a stranger", status == (401 if walk.login else 200), str(status))
    data = walk.client.get("/file=.iib/iib.db").status_code
    walk.say("our data by the host's file route", data in (401, 403, 404), str(data))


STEPS = {
    step.__name__: step
    for step in (first_thumbnail, sends, live, layout, keys, settings, access, reloads)
}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("url", nargs="?")
    parser.add_argument("--login")
    parser.add_argument(
        "--basic", action="store_true", help="the login is that of --api-auth alone"
    )
    parser.add_argument("--pid", type=int, help="of the host: its threads and files are counted")
    parser.add_argument("--only", nargs="*", choices=list(STEPS), default=list(STEPS))
    given = parser.parse_args(arguments)
    if not given.url:
        print("skipped: give the address of a WebUI that runs")
        return 0
    user, _, password = (given.login or "").partition(":")
    walk = Walk(given.url, (user, password) if user else None, given.pid, is_basic=given.basic)
    walk.write_pictures()
    try:
        with sync_playwright() as started:
            browser = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            for name in given.only:
                try:
                    STEPS[name](walk, browser)
                except (Error, httpx.HTTPError, KeyError, OSError) as exc:
                    walk.say(name, False, f"{type(exc).__name__}: {str(exc)[:300]}")
            browser.close()
    finally:
        shutil.rmtree(walk.folder, ignore_errors=True)
    for complaint in dict.fromkeys(walk.complaints):
        print(f"page error: {complaint}")
    return min(walk.failures, 1)


if __name__ == "__main__":
    sys.exit(main())
