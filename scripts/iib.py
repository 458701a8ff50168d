"""The host adapter: the only file that imports gradio and the WebUI's ``modules``.

The host executes it at its start and at every "Reload UI". It turns the host's options into a
Config and a Host, adds the tab, and mounts the API on the host's app. Hosts differ: for a feature
that one lacks, the safe value is assumed, and no error here may break the host's start.
"""

from __future__ import annotations

import asyncio
import base64
import functools
import hmac
import html
import importlib
import inspect
import ipaddress
import json
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import gradio as gr
from modules import script_callbacks, shared

from iib_core import config, sends
from iib_core.environment import find_older
from iib_core.errors import ConfigError, Conflict, IIBError, NotFound
from iib_core.workers import Workers

if TYPE_CHECKING:
    from fastapi import FastAPI, Request
    from starlette.responses import Response

    from iib_core.core import Core

logger = logging.getLogger("iib")

_OUTPUT_FOLDERS = (
    (
        "outdir_samples",
        (
            *("outdir_txt2img_samples", "outdir_img2img_samples", "outdir_extras_samples"),
            *("outdir_control_samples", "outdir_video", "outdir_hires_samples", "outdir_videos"),
        ),
    ),
    ("outdir_grids", ("outdir_txt2img_grids", "outdir_img2img_grids", "outdir_control_grids")),
)
_OTHER_FOLDERS = ("outdir_save", "outdir_init_images")

# An allow list, because any other option of a host or an extension may be a secret.
_SHOWN_OPTIONS = (
    *(name for override, names in _OUTPUT_FOLDERS for name in (override, *names)),
    *_OTHER_FOLDERS,
    "samples_format",
    "samples_filename_pattern",
    "save_to_dirs",
    "grid_format",
    "grid_save_to_dirs",
    "directories_filename_pattern",
    "localization",
)

# Flags that let other machines in, or require a login, which implies that. The last two are
# SD.Next's.
_LET_IN = (
    "listen",
    "share",
    "ngrok",
    "subpath",
    "gradio_auth",
    "gradio_auth_path",
    "api_auth",
    "auth",
    "auth_file",
)
_LOOK_EVERY_S = 0.05
# The folder of this extension as the host sees it, with links not resolved.
_FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Adapter:
    """The extension from a start of the host, or a reload, to the next reload."""

    def __init__(self) -> None:
        self.core: Core | None = None
        self._starting: Workers | None = None
        self.sender = Sender(self._sends)

    def tabs(self) -> list[tuple[gr.Blocks, str, str]]:
        """The tab: an empty element that iib.mjs fills.

        Nothing in it can fail while it renders, because that would break the host's whole page.
        """
        try:
            with gr.Blocks(analytics_enabled=False) as tab:
                # Relative, so that it works with any prefix that a proxy adds.
                gr.HTML(f'<div id="iib-mount" data-src="{config.BASE.lstrip("/")}"></div>')
                self.sender.try_to_build()
        except Exception:
            logger.exception("IIB has no tab, because this gradio could not build it")
            return []
        self.sender.register()
        return [(tab, "IIB", "iib")]

    def add_settings(self) -> None:
        """Add a section to the host's settings page, from our table of settings."""
        try:
            for setting in config.HOST_PAGE:
                component, options = _component(setting)
                default = "" if isinstance(setting.default, tuple) else setting.default
                info = shared.OptionInfo(
                    default, setting.label, component, options, section=("iib", "IIB")
                )
                shared.opts.add_option(
                    f"iib_{setting.name}",
                    getattr(info, "needs_reload_ui", lambda info=info: info)(),
                )
        except (AttributeError, TypeError):
            logger.warning(
                "IIB has no section in this host's settings: use its flags or the environment instead",
                exc_info=True,
            )

    def start(self, demo: gr.Blocks | None, app: FastAPI) -> None:
        """Build the core and serve it on the host's app, which is running already.

        ``demo`` is None if the host runs without its page. The start takes a second; the host does
        not wait for it, but requests to our API do.
        """
        self.stop()
        login, gate = Login(app), Gate(app)
        if _joiner() is not None and getattr(shared.cmd_opts, "subpath", None):
            Below(app, shared.cmd_opts.subpath)
        self._starting = Workers("iib-start", 1)
        try:
            settings = _settings(logger.warning)
            _keep_choice(wants_meaning=settings.install_meaning)
            _hide(demo, settings.data_dir)
        except IIBError as exc:
            logger.error("IIB is off: %s", exc)
            _explain(app, str(exc), login)
            gate.open()
        else:
            self._starting.submit(lambda: self._start(demo, app, settings, login, gate))

    def _start(
        self,
        demo: gr.Blocks | None,
        app: FastAPI,
        settings: config.Config,
        login: Login,
        gate: Gate,
    ) -> None:
        try:
            self.core = _mount(app, settings, demo, login, self.sender.targets)
        except IIBError as exc:
            logger.error("IIB is off: %s", exc)
            _explain(app, str(exc), login)
        except ModuleNotFoundError as exc:
            text = _LACKING.format(exc.name)
            logger.exception("IIB is off: %s", text)
            _explain(app, text, login)
        except Exception as exc:
            logger.exception("IIB is off, because it could not start")
            _explain(
                app, f"{type(exc).__name__}: {exc}. See the host's console for details.", login
            )
        finally:
            gate.open()

    def _sends(self) -> sends.Sends | None:
        return self.core.sends if self.core is not None else None

    def saved(self, params: Any) -> None:
        """Index a picture that the host has saved, under a path relative to its folder.

        The host calls this while it generates, so the work is done in another thread.
        """
        filename = getattr(params, "filename", None)
        if self.core is not None and isinstance(filename, str) and filename:
            self.core.index_saved_picture(os.path.abspath(filename), self._find_roots)

    def _find_roots(self) -> tuple[str, ...]:
        """The roots of the settings as they are now; those of the start if they cannot be read any
        more.
        """
        try:
            return _settings().roots
        except ConfigError as exc:
            logger.warning("IIB goes on with the folders that it knows: %s", exc)
            return self.core.config.roots if self.core is not None else ()

    def stop(self) -> None:
        """End all threads and close all files."""
        if self._starting is not None:
            self._starting.close()
        core, self.core = self.core, None
        if core is not None:
            core.close()


class Gate:
    """A placeholder for our routes: requests that come before these exist wait, instead of getting
    a 404.
    """

    def __init__(self, app: FastAPI) -> None:
        from starlette.routing import Route

        self._app = app
        self._is_open = False
        self._routes = [
            Route(path, self, include_in_schema=False)
            for path in (config.BASE, config.BASE + "/{path:path}")
        ]
        app.router.routes.extend(self._routes)

    def open(self) -> None:
        """Let all requests pass from now on."""
        self._is_open = True
        for route in self._routes:
            self._app.router.routes.remove(route)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        while not self._is_open:
            await asyncio.sleep(_LOOK_EVERY_S)
        await self._app.router(scope, receive, send)


class Below:
    """Serves our routes below the host's ``--subpath`` too: SD.Next serves itself there, and no
    proxy removes that path.
    """

    def __init__(self, app: FastAPI, subpath: str) -> None:
        from starlette.routing import Route

        self._app, self._prefix = app, "/" + subpath.strip("/")
        paths = (self._prefix + config.BASE, self._prefix + config.BASE + "/{path:path}")
        # Before all others, because the host's page has a route for every path there.
        app.router.routes[:0] = [Route(path, self, include_in_schema=False) for path in paths]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        whole = str(scope["path"])
        path = whole[whole.index(config.BASE) :]
        by_router = ("path_params", "endpoint", "route", "router")
        rest = {name: scope[name] for name in scope if name not in by_router}
        await self._app.router({**rest, "path": path, "raw_path": path.encode()}, receive, send)


class Sender:
    """Hidden components of our tab, by which a picture and its infotext go to the host's tabs as
    from any other tab.

    iib.mjs clicks a button, and the host's functions for it are wrapped: they get what the ticket
    of the page stands for, and end with a report. So no picture passes through a component of ours:
    each change of one takes the page of gradio 4 a tenth of a second, and a picture would be
    written as PNG and decoded once more.
    """

    def __init__(self, find_sends: Callable[[], sends.Sends | None]) -> None:
        self._find_sends = find_sends
        self._buttons: list[tuple[Any, str, bool]] = []
        self._host: Any = None
        self._ticket: Any = None
        self._picture: Any = None
        self._infotext: Any = None
        self._report: Any = None
        self._ends: dict[str, _Ends] = {}  # by ticket
        self._events: dict[str, int] = {}  # number of functions that the host runs for a button

    @property
    def targets(self) -> tuple[str, ...]:
        """The host's tabs that accept pictures."""
        return tuple(dict.fromkeys(target for _, target, _ in self._buttons))

    def try_to_build(self) -> None:
        """Add the components to the tab that is being built. Without them, everything else works."""
        try:
            self._build()
        except Exception:
            logger.exception(
                "IIB cannot send pictures to the host's tabs, because this gradio could not build the "
                "components for it"
            )
            self._buttons.clear()

    def _build(self) -> None:
        self._host = _paste_module()
        fields = getattr(self._host, "paste_fields", None) or {}
        targets = [target for target in sends.TABS if target in fields]
        if not targets:
            logger.warning(
                "IIB cannot send pictures to this host's tabs, because none of them declares its fields"
            )
            return
        with gr.Row(visible=False, elem_id="iib-send"):
            self._ticket = gr.Textbox(elem_id="iib-send-ticket", show_label=False)
            self._picture = gr.Image(type="pil", elem_id="iib-send-picture")
            self._infotext = gr.Textbox(elem_id="iib-send-infotext", show_label=False)
            self._report = gr.HTML(elem_id="iib-send-told")
            for target in targets:
                # Two buttons, because the host treats an empty infotext as "use the last
                # generation".
                self._add_button(target, f"iib-send-{target}", with_text=True)
                self._add_button(target, f"iib-send-{target}-picture", with_text=False)
            self._watch_report()

    def _add_button(self, target: str, name: str, *, with_text: bool) -> None:
        button = gr.Button(target, elem_id=name)
        button.click = self._watched(button.click, name, target)
        self._buttons.append((button, target, with_text))

    def register(self) -> None:
        """Register the buttons at the host, which connects them once its page is complete."""
        try:
            _start_empty(self._host.paste_fields)
            for button, target, with_text in self._buttons:
                text = self._infotext if with_text else None
                destination = self._host.paste_fields[target].get("init_img")
                # The page itself hands a picture to a component of another type.
                takes_picture = not isinstance(destination, gr.HTML)
                picture = self._picture if takes_picture else None
                if destination is not None and takes_picture and with_text:
                    self._watch_picture(destination)
                binding = self._host.ParamBinding(
                    paste_button=button,
                    tabname=target,
                    source_text_component=text,
                    source_image_component=picture,
                )
                self._host.register_paste_params_button(binding)
        except (AttributeError, TypeError, KeyError):
            logger.warning(
                "IIB cannot send pictures to this host's tabs, because its interface is unknown",
                exc_info=True,
            )
            self._buttons.clear()

    def _watched(self, add: Callable[..., Any], name: str, target: str) -> Callable[..., Any]:
        """What adds an event to a button, or to an event of it: each function that the host adds
        gets what was sent, and ends with a report to the page.

        iib.mjs calls the scripts that hosts add too: gradio 3 looks at all components for each, and
        a host may name one that its page lacks.
        """
        in_page = {f"switch_to_{target}", f"recalculate_prompts_{target}"}

        def followed(event: Any) -> Any:
            for step in ("then", "success"):
                if hasattr(event, step):
                    setattr(event, step, self._watched(getattr(event, step), name, target))
            return event

        @functools.wraps(add)
        def watched(*args: Any, **given: Any) -> Any:
            read = self._reader(given.get("inputs"))
            if read is None:
                is_called = (given.get("js") or given.get("_js")) in in_page and not given.get("fn")
                return _NoEvent(watched) if is_called else followed(add(*args, **given))
            function, outputs = given.get("fn"), given.get("outputs")
            has_script = any([given.pop("js", None), given.pop("_js", None)])
            is_plain = callable(function) and not inspect.iscoroutinefunction(function)
            if has_script or not is_plain or not isinstance(outputs, list):
                logger.warning("IIB cannot send by %s: its function is of an unknown kind", name)
                function, outputs = _refuse, []
            self._events[name] = self._events.get(name, 0) + 1
            given["fn"] = self._reporting(function, read, len(outputs), name)
            # In the queue each step of it is a message, for which gradio 3 looks at all components.
            given["queue"] = False
            given["inputs"], given["outputs"] = [self._ticket], [*outputs, self._report]
            done = _scripted(add, _TICKET, **given)
            _look_at(done, {"js": _TICKET, "queue": False})
            return followed(done)

        return watched

    def _reader(self, inputs: Any) -> Callable[[str], Any] | None:
        """What reads the value of a function of the host with these inputs; None if it takes
        neither our picture nor our infotext.
        """
        source = inputs[0] if isinstance(inputs, list) and len(inputs) == 1 else inputs
        if source is self._picture:
            return self._read_picture
        return self._read_infotext if source is self._infotext else None

    def _read_picture(self, ticket: str) -> Any:
        kept = self._find_sends()
        picture = kept.picture(ticket) if kept else None
        if picture is None:
            raise NotFound(sends.TOO_LATE)
        picture = picture.convert("RGB")  # as the host's own pictures are handed over
        picture.iib_ticket = ticket  # so that an error of the host can be matched with its ticket
        return picture

    def _read_infotext(self, ticket: str) -> str:
        kept = self._find_sends()
        text = kept.infotext(ticket) if kept else ""
        if not text:
            raise NotFound(sends.TOO_LATE)
        return text

    def _reporting(
        self, function: Callable[..., Any], read: Callable[[str], Any], count: int, name: str
    ) -> Callable[[str], Any]:
        """A function of the host with ``count`` outputs that gets what was sent by its ticket, and
        returns our report as one more output.

        Its error is in the report, which the gallery shows; its outputs stay as they are.
        """

        def run(ticket: str) -> Any:
            try:
                found = function(read(ticket))
            except Exception as exc:
                if not isinstance(exc, IIBError):  # of ours is an unknown ticket, from any stranger
                    logger.warning("the host could not take what was sent", exc_info=True)
                self._keep(ticket, exc)
                found = [gr.update()] * count if count != 1 else gr.update()
            report = json.dumps({"ticket": ticket, "events": self._events[name]})
            if isinstance(found, dict) and "__type__" not in found:  # values by their components
                return {**found, self._report: report}
            values = [*(found if count != 1 else [found]), report]
            return values if len(values) > 1 else report

        return run

    def _watch_picture(self, destination: Any) -> None:
        """Wrap the component of the host that gets a picture. The host stores the pictures that its
        components show, which can fail: then the infotext is sent without the picture, and the
        report has the error. Pictures of others are as before.
        """
        show = destination.postprocess

        def watched(picture: Any, *args: Any, **given: Any) -> Any:
            try:
                return show(picture, *args, **given)
            except Exception as exc:
                ticket = getattr(picture, "iib_ticket", "")
                if not ticket:
                    raise
                logger.warning("the host could not take a picture", exc_info=True)
                self._keep(ticket, exc)
                return show(None, *args, **given)

        destination.postprocess = watched

    def _watch_report(self) -> None:
        """Wrap the report component, which comes after all other outputs: the page gets a report
        when all functions of the host's have ended for its ticket, or one of them has failed. It
        gets none before, because answers may overtake each other.
        """
        show = self._report.postprocess

        def watched(report: Any) -> Any:
            if not isinstance(report, str) or not report:
                return show(report)
            told = json.loads(report)
            ends = self._ends_of(told["ticket"])
            ends.count += 1
            if ends.count < told["events"] and not ends.problem:
                return {"__type__": "update"}  # by which gradio's page changes nothing
            text = json.dumps({"ticket": told["ticket"], "problem": ends.problem})
            return show(html.escape(text, quote=False))

        self._report.postprocess = watched

    def _keep(self, ticket: str, problem: Exception) -> None:
        self._ends_of(ticket).problem = _reason(problem)

    def _ends_of(self, ticket: str) -> _Ends:
        if ticket not in self._ends and len(self._ends) >= _MAX_TICKETS:
            del self._ends[next(iter(self._ends))]
        return self._ends.setdefault(ticket, _Ends())


class _NoEvent:
    """In place of an event: what a host adds to it comes where the event would have been."""

    def __init__(self, add: Callable[..., Any]) -> None:
        self.then = self.success = add


class _Ends:
    """How the host's functions for one ticket ended so far. No dataclass: hosts execute this file
    without an entry in ``sys.modules``, which one needs.
    """

    def __init__(self) -> None:
        self.count = 0
        self.problem = ""


_LACKING = (
    "The package {} is not installed. Start the WebUI once without --skip-install (in SD.Next "
    "--skip-requirements), or run install.py of this extension with the WebUI's Python."
)
_MAX_TICKETS = 100
# iib.mjs has the ticket of the picture that it sends.
_TICKET = "() => [window.iibTicket ?? '']"


def _scripted(add: Callable[..., Any], script: str, **given: Any) -> Any:
    """An event whose script in the page returns its inputs.

    The option for a script has another name in gradio 3. Both names are tried, because hosts
    replace gradio's functions, whatever its version is.
    """
    names = ("js", "_js") if int(gr.__version__.split(".")[0]) >= 4 else ("_js", "js")
    try:
        return add(**given, **{names[0]: script})
    except TypeError:
        return add(**given, **{names[1]: script})


def _look_at(event: Any, asked: dict[str, Any]) -> None:
    """Log the options that an event does not have, as far as that can be seen."""
    lacks = [
        f"{name} is {event[name]!r}"
        for name, value in asked.items()
        if isinstance(event, dict) and name in event and event[name] != value
    ]
    if lacks:
        logger.warning(
            "sending pictures to the host's tabs may fail, because its gradio changed an event of IIB: %s",
            ", ".join(lacks),
        )


def _start_empty(fields: dict[str, Any]) -> None:
    """Let the text fields of the host's tabs start as "" instead of None.

    Neo pastes a value of the type that its field started with, so it leaves those without a value
    as they are: at its first start these are the prompts.
    """
    for tab in fields.values():
        for component, *_ in tab.get("fields") or ():
            if isinstance(component, gr.Textbox) and component.value is None:
                component.value = ""


def _refuse(_sent: Any) -> Any:
    raise Conflict("This WebUI takes pictures in a way that IIB does not know: report it, please.")


def _reason(problem: Exception) -> str:
    if isinstance(problem, IIBError):
        return str(problem)
    return f"{type(problem).__name__}: {problem}" if str(problem) else type(problem).__name__


def _paste_module() -> Any:
    """The host's module for sending between tabs, under its present or its former name; None if
    there is none.
    """
    for name in ("infotext_utils", "generation_parameters_copypaste"):
        try:
            module = importlib.import_module(f"modules.{name}")
        except ImportError:
            continue
        if hasattr(
            module, "paste_fields"
        ):  # the module that exists for old extensions only may be empty
            return module
    return None


class Login:
    """The host's login: if the host requires one, only its users are let in here too."""

    def __init__(self, app: FastAPI) -> None:
        options = shared.cmd_opts
        flags = any(
            getattr(options, name, None)
            for name in ("gradio_auth", "gradio_auth_path", "auth", "auth_file")
        )
        self._asks_at_page = bool(flags or getattr(app, "auth", None))
        self._find_user = _user_endpoint(app) if self._asks_at_page else None
        api_auth = getattr(options, "api_auth", None) or ""
        self._pairs = [*_pairs(api_auth), *_pairs_of_both(options)]
        self.is_asked_for = self._asks_at_page or bool(api_auth)

    @property
    def challenge(self) -> str:
        """The header that makes a browser ask for the API's credentials, if the host has no login
        page.
        """
        return (
            'Basic realm="WebUI API", charset="UTF-8"'
            if self._pairs and self._find_user is None
            else ""
        )

    def has_passed(self, request: Request) -> bool:
        """Whether the request comes from a user who has logged in at the host."""
        return bool(self._page_user(request)) or self._api_user(request) is not None

    def find_user(self, request: Request) -> str:
        """The name under which the user has logged in; "" if there is none."""
        return self._page_user(request) or self._api_user(request) or ""

    def _page_user(self, request: Request) -> str:
        # gradio's own endpoint returns the user's name. Its cookie is not read here, because its
        # name differs between versions.
        user = self._find_user(request) if self._find_user else None
        return user if isinstance(user, str) else ""

    def _api_user(self, request: Request) -> str | None:
        """The name in the API's credentials; None without them."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        try:
            given = (
                base64.b64decode(token.strip(), validate=True) if scheme.lower() == "basic" else b""
            )
        except ValueError:
            return None
        # A list, so that all pairs are compared: the time must not reveal which one matched.
        is_right = any([hmac.compare_digest(given, pair) for pair in self._pairs])  # noqa: C419
        return given.partition(b":")[0].decode() if is_right else None


def _pairs(text: str) -> list[bytes]:
    """The credentials of a flag, each ``user:password``."""
    return [pair.strip().encode() for pair in text.replace("\n", ",").split(",") if ":" in pair]


def _pairs_of_both(options: Any) -> list[bytes]:
    """The credentials that SD.Next accepts at its page and its API, without the quotes that it
    ignores.

    A file that cannot be read has none.
    """
    text, path = getattr(options, "auth", None) or "", getattr(options, "auth_file", None)
    if path:
        try:
            with open(path, encoding="utf-8") as file:
                text += "\n" + file.read()
        except (OSError, ValueError) as exc:
            logger.warning("IIB cannot read the logins in %s: %s", path, exc)
    pairs = [pair.partition(":") for pair in text.replace('"', "").replace("\n", ",").split(",")]
    return [
        f"{user.strip()}:{password.strip()}".encode()
        for user, _, password in pairs
        if user.strip() and password.strip()
    ]


def _user_endpoint(app: FastAPI) -> Callable[[Request], object] | None:
    """The host's endpoint that returns the logged-in user; None if it has none."""
    paths = ("/user", "/gradio_api/user")
    return next(
        (route.endpoint for route in app.routes if getattr(route, "path", "") in paths), None
    )


def _settings(tell: Callable[[str], object] | None = None) -> config.Config:
    """The present settings. ``tell`` is called with a sentence for each that comes from an unusual
    place.
    """
    flags = {
        setting.name: getattr(shared.cmd_opts, "iib_" + setting.name, None)
        for setting in config.SETTINGS
    }
    # With a leading dot: the file route of older gradio does not serve such files, even before
    # ``_hide``.
    data_dir = os.path.join(_data_path(), ".iib")
    settings = config.load(
        flags,
        host=_host_settings(),
        default_data_dir=data_dir,
        beside=[_FOLDER, *find_older(_FOLDER)],
        tell=tell,
    )
    if _contains(settings.data_dir, os.getcwd()):
        raise ConfigError(
            f"The data folder {settings.data_dir} holds the WebUI itself: give IIB a folder of its own "
            "with --iib-data-dir."
        )
    return replace(settings, roots=_distinct((*settings.roots, *_output_folders())))


def _keep_choice(*, wants_meaning: bool) -> None:
    """Keep for install.py, which runs before the host reads its settings, what it shall install."""
    path = os.path.join(_FOLDER, "install-meaning")
    try:
        if wants_meaning:
            with open(path, "wb"):
                pass
        elif os.path.exists(path):
            os.remove(path)
    except OSError as exc:
        logger.warning("IIB cannot keep the choice of packages in %s: %s", path, exc.strerror)


def _host_settings() -> dict[str, Any]:
    """The values of the host's settings page. An empty field has none."""
    found: dict[str, Any] = {}
    for setting in config.HOST_PAGE:
        value = getattr(shared.opts, f"iib_{setting.name}", None)
        if isinstance(setting.default, tuple) and isinstance(value, str):
            value = [line.strip() for line in value.splitlines() if line.strip()]
        if value not in (None, "", []):
            found[setting.name] = value
    return found


def _component(setting: config.Setting) -> tuple[Any, dict[str, Any]]:
    """The component of a setting on the host's page; None lets the host choose one."""
    if setting.choices:
        return gr.Dropdown, {"choices": list(setting.choices)}
    if isinstance(setting.default, tuple):
        return gr.Textbox, {"lines": 3, "placeholder": "one a line"}
    if isinstance(setting.default, int) and not isinstance(setting.default, bool):
        return gr.Number, {"precision": 0}
    return None, {}


def _mount(
    app: FastAPI,
    settings: config.Config,
    demo: gr.Blocks | None,
    login: Login,
    targets: tuple[str, ...],
) -> Core:
    # Imported here: if one of their packages is missing, the tab must exist to show that.
    from iib_core import routes
    from iib_core.core import Core, Host

    host = Host(
        reachable=_is_reachable(demo),
        is_logged_in=login.has_passed if login.is_asked_for else None,
        find_user=login.find_user,
        challenge=login.challenge,
        options=_shown_options(),
        names=_names(demo),
        folders=_short_names(),
        makes=tuple(filter(_is_made_by_host, _output_folders())),
        folder=os.getcwd(),
        targets=targets if demo is not None else (),
        is_generating=_is_generating,
    )
    core = Core(settings, host)
    try:
        routes.mount(app, core, config.BASE)
    except BaseException:
        core.close()
        raise
    _spare_limits(app)
    app.openapi_schema = None  # it may have been requested, and cached, before our routes existed
    return core


def _is_generating() -> bool:
    """Whether the host makes a picture now: while it does, ``state`` names the job."""
    state = getattr(shared, "state", None)
    return bool(getattr(state, "job", "") or getattr(state, "job_count", 0))


def _data_path() -> str:
    try:
        from modules.paths_internal import data_path
    except ImportError:
        return os.getcwd()
    return os.path.abspath(data_path)


def _output_folders() -> tuple[str, ...]:
    """The folders that the host writes to, and existing ones that it wrote to before one folder for
    all was set.
    """
    folders: list[str] = []
    for override, names in _OUTPUT_FOLDERS:
        chosen = _folder(override)
        is_instead = chosen and _joiner() is None
        others = [folder for folder in map(_folder, names) if folder]
        if is_instead:
            others = [folder for folder in others if os.path.isdir(folder)]
        folders += [chosen, *others] if chosen else others
    folders += filter(None, map(_folder, _OTHER_FOLDERS))
    return (*folders, *filter(os.path.isdir, map(_folder, _unknown_folders())))


def _is_made_by_host(folder: str) -> bool:
    """Whether it lies in the host's own folder. Any other may be on a drive that is not connected."""
    return any(_contains(own, folder) for own in (os.getcwd(), _data_path()))


def _unknown_folders() -> list[str]:
    """Unknown options whose names say that they are output folders, as all known ones do."""
    known = {
        *_OTHER_FOLDERS,
        *(name for override, names in _OUTPUT_FOLDERS for name in (override, *names)),
    }
    named = {*getattr(shared.opts, "data", ()), *getattr(shared.opts, "data_labels", ())}
    return sorted(name for name in named - known if name.startswith("outdir_") or "_outdir" in name)


def _joiner() -> Callable[[str, str], str] | None:
    """The function of SD.Next that joins the base folder and the folder of an output.

    None on hosts where the base folder replaces the others.
    """
    try:
        return getattr(importlib.import_module("modules.paths"), "resolve_output_path", None)
    except ImportError:
        return None


def _short_names() -> dict[str, str]:
    """The folders that the host writes to now, by their short names."""
    for_all = _folder("outdir_samples") if _joiner() is None else ""
    kinds = ("txt2img", "img2img", "extras")
    folders = {kind: for_all or _folder(f"outdir_{kind}_samples") for kind in kinds}
    folders["save"] = _folder("outdir_save")
    return {name: folder for name, folder in folders.items() if folder}


def _folder(option: str) -> str:
    """The folder of an option; "" if it is not set."""
    value, join = _text(option), _joiner()
    if value and join is not None and option not in dict(_OUTPUT_FOLDERS):
        value = join(
            _text("outdir_grids" if option.endswith("_grids") else "outdir_samples"), value
        )
    return os.path.abspath(os.path.expanduser(value)) if value else ""


def _text(option: str) -> str:
    value = getattr(shared.opts, option, None)
    return value.strip() if isinstance(value, str) else ""


def _distinct(folders: Iterable[str]) -> tuple[str, ...]:
    """Each folder once, in order; two paths of the same real folder count as one."""
    found: dict[str, str] = {}
    for folder in folders:
        found.setdefault(os.path.normcase(os.path.realpath(folder)), folder)
    return tuple(found.values())


def _contains(folder: str, path: str) -> bool:
    folder, path = os.path.realpath(folder), os.path.realpath(path)
    try:
        return os.path.commonpath((folder, path)) == folder
    except ValueError:  # on different drives
        return False


def _shown_options() -> dict[str, Any]:
    values = {name: getattr(shared.opts, name, None) for name in _SHOWN_OPTIONS}
    return {
        name: value for name, value in values.items() if isinstance(value, (str, int, float, bool))
    }


def _is_reachable(demo: gr.Blocks | None) -> bool:
    """Whether another machine can reach the host; True if that is unknown. Not every host has every
    flag.
    """
    options = shared.cmd_opts
    if any(getattr(options, name, None) for name in _LET_IN):
        return True
    try:
        if demo is None:
            is_shared, bound = options.listen, options.server_name
        else:
            is_shared, bound = demo.share, demo.server_name
    except AttributeError:
        return True
    return is_shared is not False or not _is_loopback(bound or "127.0.0.1")


def _spare_limits(app: FastAPI) -> None:
    """Exempt our routes from SD.Next's limit of requests a minute, and from its log of requests.

    It counts by address, and behind a proxy all clients have one. Its own thumbnails are exempt
    too; wrong passwords are limited by us.
    """
    validate = sys.modules.get("modules.api.validate")
    costs, unlogged = (
        getattr(validate, "request_cost", None),
        getattr(validate, "log_exclude_prefix", None),
    )
    if isinstance(costs, dict):
        paths = [str(getattr(route, "path", "")) for route in app.routes]
        costs.update((path, 0) for path in paths if path.startswith(config.BASE))
    if isinstance(unlogged, list) and config.BASE not in unlogged:
        unlogged.append(config.BASE)


def _is_loopback(name: str) -> bool:
    try:
        return name == "localhost" or ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


def _names(demo: gr.Blocks | None) -> tuple[str, ...]:
    """The host names that the host was started with."""
    shared_at = getattr(demo, "share_url", None) or ""
    given = (
        getattr(shared.cmd_opts, "server_name", None) or "",
        urlsplit(shared_at).hostname or "",
    )
    return tuple(name.lower() for name in given if name)


def _hide(demo: gr.Blocks | None, folder: str) -> None:
    """Block the database and the caches in the host's file route, which serves everything in its
    data folder.
    """
    blocked = getattr(demo, "blocked_paths", None)
    if isinstance(blocked, list):
        blocked.extend(dict.fromkeys((folder, os.path.realpath(folder))))


def _explain(app: FastAPI, reason: str, login: Login) -> None:
    """Serve an error in place of the API, so that the tab shows the reason."""
    from starlette.responses import HTMLResponse, JSONResponse

    def explain(request: Request) -> Response:
        text = reason
        if login.is_asked_for and not login.has_passed(request):
            text = "Log in first: the reason is shown to this server's users only."
        if request.scope["path"].rstrip("/").endswith(config.BASE):
            return HTMLResponse(
                f"<!doctype html><title>IIB</title><p>IIB is off: {html.escape(text)}</p>",
                status_code=503,
            )
        return JSONResponse({"detail": text, "code": "NotStarted"}, status_code=503)

    for path in (config.BASE, config.BASE + "/{path:path}"):
        app.add_route(
            path, explain, methods=["GET", "POST", "PUT", "DELETE"], include_in_schema=False
        )


def _hide_early() -> None:
    """As ``_hide``, for the time between the host's first answer and our start. gradio reads the
    variable since version 4.
    """
    try:
        folder = _settings().data_dir
    except IIBError:
        return  # reported at our start
    known = os.environ.get("GRADIO_BLOCKED_PATHS", "")
    if folder not in known.split(","):
        os.environ["GRADIO_BLOCKED_PATHS"] = ",".join(filter(None, (known, folder)))


def _register(name: str, callback: Callable[..., Any]) -> None:
    """Register a callback. If the host lacks the hook, only the feature that needs it stays off."""
    register = getattr(script_callbacks, f"on_{name}", None)
    if register is None:
        logger.warning(
            "this host has no hook '%s': the feature of IIB that needs it stays off", name
        )
    else:
        register(callback)


def _register_all() -> None:
    _register("ui_settings", adapter.add_settings)
    _register("ui_tabs", adapter.tabs)
    _register("app_started", adapter.start)
    _register("image_saved", adapter.saved)
    _register("script_unloaded", adapter.stop)


adapter = Adapter()
_hide_early()
# At each registration the host looks through all modules for each frame of the stack, which takes
# it a fifth of a second. The stack of a thread is short.
_registration = threading.Thread(target=_register_all, name="iib-register")
_registration.start()
_registration.join()
