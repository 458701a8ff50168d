"""The host adapter: the only file that knows gradio and the WebUI's ``modules``.

The host executes it at its start and again at every "Reload UI". It turns the host's options into a
Config and a Host, adds the tab, and hangs the API on the host's app. Hosts differ: what one of them
lacks is read as the safe answer, and nothing here may break the host's start.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
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
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import gradio as gr
from modules import script_callbacks, shared

from iib_core import config, sends
from iib_core.environment import find_older
from iib_core.errors import ConfigError, IIBError
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

# A list of what a client may know, not of what it may not: the next option of the next extension
# may be a secret.
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


# What lets others than this machine in, or asks them for a login, which has no other reason; the
# last two are SD.Next's.
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
# Where the host sees this extension: of a link not what it leads to.
_FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Adapter:
    """One life of the extension: from the host's start, or a reload, to the next reload."""

    def __init__(self) -> None:
        self.core: Core | None = None
        self._starting: Workers | None = None
        self.sender = Sender(self.deliver)

    def tabs(self) -> list[tuple[gr.Blocks, str, str]]:
        """The tab: an empty place that iib.mjs fills.

        Nothing in it can fail while it renders, which would end the host's whole page.
        """
        try:
            with gr.Blocks(analytics_enabled=False) as tab:
                # Relative, so that it leads to us under whatever prefix a proxy serves the host.
                gr.HTML(f'<div id="iib-mount" data-src="{config.BASE.lstrip("/")}"></div>')
                self.sender.try_to_build()
        except Exception:
            logger.exception("IIB has no tab, because this gradio could not build it")
            return []
        self.sender.register()
        return [(tab, "IIB", "iib")]

    def add_settings(self) -> None:
        """A section of the host's own settings page, from our table of settings."""
        try:
            for setting in config.HOST_PAGE:
                component, options = _component(setting)
                default = "" if isinstance(setting.default, tuple) else setting.default
                info = shared.OptionInfo(default, setting.label, component, options, section=("iib", "IIB"))
                shared.opts.add_option(
                    f"iib_{setting.name}", getattr(info, "needs_reload_ui", lambda info=info: info)()
                )
        except (AttributeError, TypeError):
            logger.warning(
                "IIB has no section in this host's settings: use its flags or the environment instead",
                exc_info=True,
            )

    def start(self, demo: gr.Blocks | None, app: FastAPI) -> None:
        """Build the core and serve it on the host's app, which is answering already.

        ``demo`` is None where the host runs without its page.

        That takes a second, which the host does not wait for: requests to us do.
        """
        self.stop()
        login, gate = Login(app), Gate(app)
        if _joiner() is not None and getattr(shared.cmd_opts, "subpath", None):
            Below(app, shared.cmd_opts.subpath)
        self._starting = Workers("iib-start", 1)
        try:
            settings = _settings(logger.warning)
            _hide(demo, settings.data_dir)
        except IIBError as exc:
            logger.error("IIB is off: %s", exc)
            _explain(app, str(exc), login)
            gate.open()
        else:
            self._starting.submit(lambda: self._start(demo, app, settings, login, gate))

    def _start(
        self, demo: gr.Blocks | None, app: FastAPI, settings: config.Config, login: Login, gate: Gate
    ) -> None:
        try:
            self.core = _mount(app, settings, demo, login, self.sender.targets)
        except IIBError as exc:
            logger.error("IIB is off: %s", exc)
            _explain(app, str(exc), login)
        except Exception as exc:
            logger.exception("IIB is off, because it could not start")
            _explain(app, f"{type(exc).__name__}: {exc}. The host's console tells more.", login)
        finally:
            gate.open()

    def redeem_send(self, ticket: str) -> tuple[Any, str, str]:
        """Picture and infotext for the hidden components, and what the page is told of them."""
        if self.core is None:
            return (
                None,
                "",
                json.dumps(
                    {"ticket": ticket, "problem": "IIB is not running: look into the host's console."}
                ),
            )
        found = self.core.redeem_send(ticket)
        if found.picture is not None:
            found.picture.iib_ticket = ticket  # by which a failure with it is told
        told = {
            "ticket": ticket,
            "problem": found.problem,
            "picture": found.picture is not None,
            "infotext": bool(found.infotext),
        }
        return found.picture, found.infotext, json.dumps({**told, "events": self.sender.events})

    def saved(self, params: Any) -> None:
        """The host has saved a picture, by a path relative to its folder.

        This runs while it generates, so everything else happens elsewhere.
        """
        filename = getattr(params, "filename", None)
        if self.core is not None and isinstance(filename, str) and filename:
            self.core.index_saved_picture(os.path.abspath(filename), self._find_roots)

    def _find_roots(self) -> tuple[str, ...]:
        """The folders of the settings as they are now; as they were at the start where those cannot
        be read any longer.
        """
        try:
            return _settings().roots
        except ConfigError as exc:
            logger.warning("IIB goes on with the folders that it knows: %s", exc)
            return self.core.config.roots if self.core is not None else ()

    def stop(self) -> None:
        """End every thread and close every file of this life."""
        if self._starting is not None:
            self._starting.close()
        core, self.core = self.core, None
        if core is not None:
            core.close()


class Gate:
    """Stands where our routes will be: what is asked before they are there waits for them, instead
    of being told that there are none.
    """

    def __init__(self, app: FastAPI) -> None:
        from starlette.routing import Route

        self._app = app
        self._is_open = False
        self._routes = [
            Route(path, self, include_in_schema=False) for path in (config.BASE, config.BASE + "/{path:path}")
        ]
        app.router.routes.extend(self._routes)

    def open(self) -> None:
        """Let all through from now on."""
        self._is_open = True
        for route in self._routes:
            self._app.router.routes.remove(route)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        while not self._is_open:
            await asyncio.sleep(_LOOK_EVERY_S)
        await self._app.router(scope, receive, send)


class Below:
    """Our routes below the host's ``--subpath`` too: SD.Next serves itself there, and no proxy
    takes the path away before we see it.
    """

    def __init__(self, app: FastAPI, subpath: str) -> None:
        from starlette.routing import Route

        self._app, self._prefix = app, "/" + subpath.strip("/")
        paths = (self._prefix + config.BASE, self._prefix + config.BASE + "/{path:path}")
        # First: the host's page has all the rest below that path.
        app.router.routes[:0] = [Route(path, self, include_in_schema=False) for path in paths]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        whole = str(scope["path"])
        path = whole[whole.index(config.BASE) :]
        below = {
            name: scope[name] for name in scope if name not in ("path_params", "endpoint", "route", "router")
        }
        await self._app.router({**below, "path": path, "raw_path": path.encode()}, receive, send)


class Sender:
    """Hidden components of our tab through which a picture and its infotext go to the host's tabs,
    as from any other tab of its own.

    iib.mjs writes a ticket into one of them and presses a button; what they hold belongs to one
    browser, so that nobody gets another's picture. At the end of each event the page is told how it
    went: the host's own functions for our buttons are watched for that.
    """

    def __init__(self, deliver: Callable[[str], tuple[Any, str, str]]) -> None:
        self._deliver = deliver
        self._buttons: list[tuple[Any, str, bool]] = []
        self._host: Any = None
        self._ticket: Any = None
        self._picture: Any = None
        self._infotext: Any = None
        self._told: Any = None
        self._problems: dict[str, str] = {}
        self.events: dict[str, int] = {}  # how many functions the host runs for a button

    @property
    def targets(self) -> tuple[str, ...]:
        """The host's tabs that take pictures."""
        return tuple(dict.fromkeys(target for _, target, _ in self._buttons))

    def try_to_build(self) -> None:
        """Add the components to the tab that is being built; without them it has everything but this."""
        try:
            self._build()
        except Exception:
            logger.exception(
                "IIB cannot send pictures to the host's tabs, because this gradio could not build what "
                "that needs"
            )
            self._buttons.clear()

    def _build(self) -> None:
        self._host = _paste_module()
        fields = getattr(self._host, "paste_fields", None) or {}
        targets = [target for target in sends.TABS if target in fields]
        if not targets:
            logger.warning(
                "IIB cannot send pictures to this host's tabs, because none of them says what it takes"
            )
            return
        with gr.Row(visible=False, elem_id="iib-send"):
            self._ticket = gr.Textbox(elem_id="iib-send-ticket", show_label=False)
            load = gr.Button("load", elem_id="iib-send-load")
            # As PNG: a lossy copy would be what the host goes on with.
            lossless = {"format": "png"} if _takes(gr.Image, "format", since=4) else {}
            self._picture = gr.Image(type="pil", elem_id="iib-send-picture", **lossless)
            self._infotext = gr.Textbox(elem_id="iib-send-infotext", show_label=False)
            self._told = gr.Textbox(elem_id="iib-send-told", show_label=False)
            for target in targets:
                # Two: a host takes an empty infotext for the wish to get the last generation's.
                self._add_button(target, f"iib-send-{target}", with_text=True)
                self._add_button(target, f"iib-send-{target}-picture", with_text=False)
            self._watch_picture()
            outputs = [self._picture, self._infotext, self._told]
            loaded = _event(load.click, fn=self._deliver, inputs=[self._ticket], outputs=outputs)
            self._then_tell(loaded, self._how_loading_went)

    def _add_button(self, target: str, name: str, *, with_text: bool) -> None:
        button = gr.Button(target, elem_id=name)
        self._watch(button, name)
        self._buttons.append((button, target, with_text))

    def register(self) -> None:
        """Tell the host of the buttons; it connects them when all of its page is there."""
        try:
            for button, target, with_text in self._buttons:
                text = self._infotext if with_text else None
                # A picture for what is no component of pictures is handed over by the page.
                takes_picture = not isinstance(self._host.paste_fields[target].get("init_img"), gr.HTML)
                picture = self._picture if takes_picture else None
                binding = self._host.ParamBinding(
                    paste_button=button,
                    tabname=target,
                    source_text_component=text,
                    source_image_component=picture,
                )
                self._host.register_paste_params_button(binding)
        except (AttributeError, TypeError, KeyError):
            logger.warning(
                "IIB cannot send pictures to this host's tabs, because it does not know how", exc_info=True
            )
            self._buttons.clear()

    def _watch(self, button: Any, name: str) -> None:
        """Have each function that the host is going to run for a button end with a word to the page."""
        click = button.click

        @functools.wraps(click)
        def watched(*args: Any, **given: Any) -> Any:
            function, inputs = given.get("fn"), given.get("inputs")
            in_page = given.get("js") or given.get(
                "_js"
            )  # such a script answers as many values as it knows of
            if (
                args
                or function is None
                or in_page
                or inspect.iscoroutinefunction(function)
                or not isinstance(inputs, list)
            ):
                return click(*args, **given)
            done = click(**{**given, "fn": self._noticing(function), "inputs": [*inputs, self._ticket]})
            with contextlib.suppress(TypeError, AttributeError):  # without it all is sent just the same
                self._then_tell(done, self._how_pasting_went)
                self.events[name] = self.events.get(name, 0) + 1
            return done

        button.click = watched

    def _noticing(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A function of the host's that gets our ticket as well.

        Where it fails, the host's page shows why, and ours is told at its end.
        """

        def run(*values: Any) -> Any:
            try:
                return function(*values[:-1])
            except Exception as exc:
                self._keep(values[-1], exc)
                raise gr.Error(_reason(exc)) from exc

        return run

    def _watch_picture(self) -> None:
        """A host keeps the pictures that components show in a folder of its own, which can fail:
        then the others arrive without it, and say why.
        """
        show = self._picture.postprocess

        def watched(picture: Any) -> Any:
            try:
                return show(picture)
            except Exception as exc:
                logger.warning("the host could not take a picture", exc_info=True)
                self._keep(getattr(picture, "iib_ticket", ""), exc)
                return show(None)

        self._picture.postprocess = watched

    def _keep(self, ticket: str, problem: Exception) -> None:
        while len(self._problems) >= _MAX_PROBLEMS:  # of windows that were closed meanwhile
            self._problems.pop(next(iter(self._problems)))
        self._problems[ticket] = _reason(problem)

    def _then_tell(self, event: Any, how_it_went: Callable[[str, str], str]) -> None:
        answered = _event(event.then, fn=how_it_went, inputs=[self._ticket, self._told], outputs=[self._told])
        _event(answered.then, script=_TELL, fn=None, inputs=[self._told], outputs=[])

    def _how_loading_went(self, ticket: str, told: str) -> str:
        """What ``deliver`` told, where the components hold it; otherwise why they do not. gradio
        leaves them as they were when it fails.
        """
        problem = self._problems.pop(ticket, "")
        if problem or f'"{ticket}"' not in (told or ""):
            return json.dumps({"ticket": ticket, "problem": problem or "failed"})
        return told

    def _how_pasting_went(self, ticket: str, _told: str) -> str:
        return json.dumps({"ticket": ticket, "problem": self._problems.pop(ticket, ""), "pasted": True})


_MAX_PROBLEMS = 100
_TELL = "(told) => { window.dispatchEvent(new CustomEvent('iib-told', { detail: told })); return []; }"
# Not in the queue of what is generated, and no part of the host's API.
_HIDDEN = {"queue": False, "show_progress": "hidden", "api_name": False}


def _event(add: Callable[..., Any], *, script: str = "", **given: Any) -> Any:
    """What gradio made of an event, which runs ``script`` in the page; a warning in the log where
    it is not what was asked for.

    The option for a script has another name in gradio 3. The version tells which, but hosts replace
    gradio's functions: so both are tried.
    """
    names = ("js", "_js") if int(gr.__version__.split(".")[0]) >= 4 else ("_js", "js")
    for name in names if script else ("",):
        try:
            event = add(**given, **_HIDDEN, **({name: script} if script else {}))
        except TypeError:
            if name in ("", names[-1]):
                raise
        else:
            break
    _look_at(event, {**_HIDDEN, "js": script or None})
    return event


def _look_at(event: Any, asked: dict[str, Any]) -> None:
    """Say in the log what of its options an event did not get, as far as it shows."""
    lacks = [
        f"{name} is {event[name]!r}"
        for name, value in asked.items()
        if isinstance(event, dict) and name in event and event[name] != value
    ]
    if lacks:
        logger.warning(
            "sending pictures to the host's tabs may fail, because its gradio changed an event of IIB's: %s",
            ", ".join(lacks),
        )


def _reason(problem: Exception) -> str:
    return f"{type(problem).__name__}: {problem}" if str(problem) else type(problem).__name__


def _paste_module() -> Any:
    """The host's module for sending between tabs, under its name of today or of before; None where
    neither has what that needs.
    """
    for name in ("infotext_utils", "generation_parameters_copypaste"):
        try:
            module = importlib.import_module(f"modules.{name}")
        except ImportError:
            continue
        if hasattr(
            module, "paste_fields"
        ):  # the one of the two that is kept for old extensions only may be empty
            return module
    return None


def _takes(function: Callable[..., Any], option: str, *, since: int) -> bool:
    """Whether a function of gradio's takes an option, which it has had since a major version.

    The version decides where the signature does not tell: hosts replace functions of gradio's by
    wrappers that take ``**kwargs`` and hand them on.
    """
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        parameters = {}
    if option in parameters:
        return True
    tells = parameters and all(
        parameter.kind is not parameter.VAR_KEYWORD for parameter in parameters.values()
    )
    return not tells and int(gr.__version__.split(".")[0]) >= since


class Login:
    """The host's own login: whoever it has let in is let in here, and nobody else where it asks for one."""

    def __init__(self, app: FastAPI) -> None:
        options = shared.cmd_opts
        flags = any(
            getattr(options, name, None) for name in ("gradio_auth", "gradio_auth_path", "auth", "auth_file")
        )
        self._asks_at_page = bool(flags or getattr(app, "auth", None))
        self._find_user = _user_endpoint(app) if self._asks_at_page else None
        api_auth = getattr(options, "api_auth", None) or ""
        self._pairs = [*_pairs(api_auth), *_pairs_of_both(options)]
        self.is_asked_for = self._asks_at_page or bool(api_auth)

    @property
    def challenge(self) -> str:
        """What makes a browser ask for the API's credentials, where the host has no login page to
        send people to.
        """
        return 'Basic realm="WebUI API", charset="UTF-8"' if self._pairs and self._find_user is None else ""

    def has_passed(self, request: Request) -> bool:
        """Whether the request is one of somebody who has logged in."""
        # gradio answers with the user's name. Its cookie has another name in each version, so it is
        # never read here.
        user = self._find_user(request) if self._find_user else None
        return (isinstance(user, str) and bool(user)) or self._has_api_credentials(request)

    def _has_api_credentials(self, request: Request) -> bool:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        try:
            given = base64.b64decode(token.strip(), validate=True) if scheme.lower() == "basic" else b""
        except ValueError:
            return False
        return any([hmac.compare_digest(given, pair) for pair in self._pairs])  # noqa: C419  all of them, so that the time tells nothing


def _pairs(text: str) -> list[bytes]:
    """The credentials in a flag or a file, each ``user:password``."""
    return [pair.strip().encode() for pair in text.replace("\n", ",").split(",") if ":" in pair]


def _pairs_of_both(options: Any) -> list[bytes]:
    """The credentials that SD.Next takes at its page and at its API, without the quotes that it ignores.

    Of a file that cannot be read, none.
    """
    text, path = getattr(options, "auth", None) or "", getattr(options, "auth_file", None)
    if path:
        try:
            with open(path, encoding="utf-8") as file:
                text += "\n" + file.read()
        except (OSError, ValueError) as exc:
            logger.warning("the logins in %s are not let in by IIB: %s", path, exc)
    pairs = [pair.partition(":") for pair in text.replace('"', "").replace("\n", ",").split(",")]
    return [
        f"{user.strip()}:{password.strip()}".encode()
        for user, _, password in pairs
        if user.strip() and password.strip()
    ]


def _user_endpoint(app: FastAPI) -> Callable[[Request], object] | None:
    """The host's own answer to who is asking. None where there is none: then nobody is logged in."""
    return next(
        (
            route.endpoint
            for route in app.routes
            if getattr(route, "path", "") in ("/user", "/gradio_api/user")
        ),
        None,
    )


def _settings(tell: Callable[[str], object] | None = None) -> config.Config:
    """The settings as they are now. ``tell`` gets a sentence for each that could be overlooked where it is."""
    flags = {
        setting.name: getattr(shared.cmd_opts, "iib_" + setting.name, None) for setting in config.SETTINGS
    }
    # With a dot in front: the older gradio serves no such file by its own file route, not even
    # before it is told to keep away from ours.
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


def _host_settings() -> dict[str, Any]:
    """What the host's settings page says; a field that is empty says nothing."""
    found: dict[str, Any] = {}
    for setting in config.HOST_PAGE:
        value = getattr(shared.opts, f"iib_{setting.name}", None)
        if isinstance(setting.default, tuple) and isinstance(value, str):
            value = [line.strip() for line in value.splitlines() if line.strip()]
        if value not in (None, "", []):
            found[setting.name] = value
    return found


def _component(setting: config.Setting) -> tuple[Any, dict[str, Any]]:
    """The component of a setting on the host's page; None for what the host chooses by itself."""
    if setting.choices:
        return gr.Dropdown, {"choices": list(setting.choices)}
    if isinstance(setting.default, tuple):
        return gr.Textbox, {"lines": 3, "placeholder": "one a line"}
    if isinstance(setting.default, int) and not isinstance(setting.default, bool):
        return gr.Number, {"precision": 0}
    return None, {}


def _mount(
    app: FastAPI, settings: config.Config, demo: gr.Blocks | None, login: Login, targets: tuple[str, ...]
) -> Core:
    # Imported here and not above: where one of their packages is missing, the tab must be there to tell so.
    from iib_core import routes
    from iib_core.core import Core, Host

    host = Host(
        reachable=_is_reachable(demo),
        is_logged_in=login.has_passed if login.is_asked_for else None,
        challenge=login.challenge,
        options=_shown_options(),
        names=_names(demo),
        folders=_short_names(),
        folder=os.getcwd(),
        targets=targets if demo is not None else (),
    )
    core = Core(settings, host)
    try:
        routes.mount(app, core, config.BASE)
    except BaseException:
        core.close()
        raise
    _spare_limits(app)
    app.openapi_schema = None  # somebody may have asked for it already, and it is kept
    return core


def _data_path() -> str:
    try:
        from modules.paths_internal import data_path
    except ImportError:
        return os.getcwd()
    return os.path.abspath(data_path)


def _output_folders() -> tuple[str, ...]:
    """Where the host writes pictures, and where it wrote them before one folder for all was set, as
    long as that is there.
    """
    folders: list[str] = []
    for override, names in _OUTPUT_FOLDERS:
        chosen = _folder(override)
        is_instead = chosen and _joiner() is None
        others = [
            folder for folder in map(_folder, names) if folder and (not is_instead or os.path.isdir(folder))
        ]
        folders += [chosen, *others] if chosen else others
    folders += [folder for folder in map(_folder, _OTHER_FOLDERS) if folder]
    return (*folders, *filter(os.path.isdir, map(_folder, _unknown_folders())))


def _unknown_folders() -> list[str]:
    """Options of hosts and extensions to come that name a folder for outputs, as all do that are known."""
    known = {*_OTHER_FOLDERS, *(name for override, names in _OUTPUT_FOLDERS for name in (override, *names))}
    named = {*getattr(shared.opts, "data", ()), *getattr(shared.opts, "data_labels", ())}
    return sorted(name for name in named - known if name.startswith("outdir_") or "_outdir" in name)


def _joiner() -> Callable[[str, str], str] | None:
    """How SD.Next makes an output's folder from the base folder and its own.

    None where the base folder takes the place of the others.
    """
    try:
        return getattr(importlib.import_module("modules.paths"), "resolve_output_path", None)
    except ImportError:
        return None


def _short_names() -> dict[str, str]:
    """The folders that the host writes to now, by the names that people use for them."""
    for_all = _folder("outdir_samples") if _joiner() is None else ""
    folders = {
        kind: for_all or _folder(f"outdir_{kind}_samples") for kind in ("txt2img", "img2img", "extras")
    } | {"save": _folder("outdir_save")}
    return {name: folder for name, folder in folders.items() if folder}


def _folder(option: str) -> str:
    """The folder of an option, "" where it names none."""
    value, join = _text(option), _joiner()
    if value and join is not None and option not in dict(_OUTPUT_FOLDERS):
        value = join(_text("outdir_grids" if option.endswith("_grids") else "outdir_samples"), value)
    return os.path.abspath(os.path.expanduser(value)) if value else ""


def _text(option: str) -> str:
    value = getattr(shared.opts, option, None)
    return value.strip() if isinstance(value, str) else ""


def _distinct(folders: Iterable[str]) -> tuple[str, ...]:
    """Each folder once, in order, by where it really is."""
    found: dict[str, str] = {}
    for folder in folders:
        found.setdefault(os.path.normcase(os.path.realpath(folder)), folder)
    return tuple(found.values())


def _contains(folder: str, path: str) -> bool:
    folder, path = os.path.realpath(folder), os.path.realpath(path)
    try:
        return os.path.commonpath((folder, path)) == folder
    except ValueError:  # two drives
        return False


def _shown_options() -> dict[str, Any]:
    values = {name: getattr(shared.opts, name, None) for name in _SHOWN_OPTIONS}
    return {name: value for name, value in values.items() if isinstance(value, (str, int, float, bool))}


def _is_reachable(demo: gr.Blocks | None) -> bool:
    """Whether another machine may reach the host; True where that cannot be told.

    A host need not have every flag of another's.
    """
    options = shared.cmd_opts
    if any(getattr(options, name, None) for name in _LET_IN):
        return True
    try:
        is_shared, bound = (
            (options.listen, options.server_name) if demo is None else (demo.share, demo.server_name)
        )
    except AttributeError:
        return True
    return is_shared is not False or not _is_loopback(bound or "127.0.0.1")


def _spare_limits(app: FastAPI) -> None:
    """SD.Next answers so many requests a minute for each path and client, and logs each.

    Its own thumbnails cost nothing: neither do our pictures.
    """
    validate = sys.modules.get("modules.api.validate")
    costs, unlogged = getattr(validate, "request_cost", None), getattr(validate, "log_exclude_prefix", None)
    if isinstance(costs, dict):
        ours = [route for route in app.routes if str(getattr(route, "path", "")).startswith(config.BASE)]
        costs.update((route.path, 0) for route in ours if "media" in getattr(route, "tags", ()))
    if isinstance(unlogged, list) and config.BASE not in unlogged:
        unlogged.append(config.BASE)


def _is_loopback(name: str) -> bool:
    try:
        return name == "localhost" or ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


def _names(demo: gr.Blocks | None) -> tuple[str, ...]:
    """The host names that the host itself gave out."""
    shared_at = getattr(demo, "share_url", None) or ""
    given = (getattr(shared.cmd_opts, "server_name", None) or "", urlsplit(shared_at).hostname or "")
    return tuple(name.lower() for name in given if name)


def _hide(demo: gr.Blocks | None, folder: str) -> None:
    """Keep the database and the caches from the host's own file route, which serves all that lies
    under its data folder.
    """
    blocked = getattr(demo, "blocked_paths", None)
    if isinstance(blocked, list):
        blocked.extend(dict.fromkeys((folder, os.path.realpath(folder))))


def _explain(app: FastAPI, reason: str, login: Login) -> None:
    """Answer in place of the API why it is not there, so that the tab shows it."""
    from starlette.responses import HTMLResponse, JSONResponse

    def explain(request: Request) -> Response:
        text = (
            reason
            if not login.is_asked_for or login.has_passed(request)
            else "Log in first: the reason is shown to this server's users only."
        )
        if request.scope["path"].rstrip("/").endswith(config.BASE):
            return HTMLResponse(
                f"<!doctype html><title>IIB</title><p>IIB is off: {html.escape(text)}</p>", status_code=503
            )
        return JSONResponse({"detail": text, "code": "NotStarted"}, status_code=503)

    for path in (config.BASE, config.BASE + "/{path:path}"):
        app.add_route(path, explain, methods=["GET", "POST", "PUT", "DELETE"], include_in_schema=False)


def _hide_early() -> None:
    """As ``_hide``, for the moment between the host's first answer and our start; gradio reads it
    since version 4.
    """
    try:
        folder = _settings().data_dir
    except IIBError:
        return  # told when we start
    known = os.environ.get("GRADIO_BLOCKED_PATHS", "")
    if folder not in known.split(","):
        os.environ["GRADIO_BLOCKED_PATHS"] = ",".join(filter(None, (known, folder)))


def _register(name: str, callback: Callable[..., Any]) -> None:
    """A host may lack a hook: that costs what hangs on it and nothing else."""
    register = getattr(script_callbacks, f"on_{name}", None)
    if register is None:
        logger.warning("this host has no hook '%s': what IIB needs it for stays off", name)
    else:
        register(callback)


adapter = Adapter()
_hide_early()
_register("ui_settings", adapter.add_settings)
_register("ui_tabs", adapter.tabs)
_register("app_started", adapter.start)
_register("image_saved", adapter.saved)
_register("script_unloaded", adapter.stop)
