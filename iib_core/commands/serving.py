"""``iib serve`` and ``iib demo``."""

from __future__ import annotations

import argparse
import gc
import logging
import os
import signal
import socket
import sys
import threading
import webbrowser
from contextlib import closing, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from iib_core import config, connections, older_flags, windows
from iib_core.announcement import Announcement
from iib_core.commands.options import Commands, existing, load
from iib_core.commands.upkeep import make_thumbnails
from iib_core.environment import has_display
from iib_core.errors import ConfigError
from iib_core.paths import absolute

if TYPE_CHECKING:
    import uvicorn

logger = logging.getLogger(__name__)

_BACKLOG = 512
# So long Windows waits for a program whose window is closed, less a moment.
_CLOSE_S = 4.5
_SERVE_FLAGS = ("host", "port", "data_dir", "base", "access_control")


def add(commands: Commands) -> None:
    """Add the commands that serve."""
    serve = commands.add("serve", "serve folders of pictures to a browser", _serve)
    serve.add_argument(
        "folders",
        nargs="*",
        metavar="FOLDER",
        help="folders of this run, beside those of the settings",
    )
    older_flags.add(serve)
    demo = commands.add("demo", "write a sample library, serve it and show it", _demo)
    demo.add_argument(
        "--no-browser", dest="browser", action="store_false", help="do not open the browser"
    )
    for command in (serve, demo):
        _add_flags(command)


def _add_flags(command: argparse.ArgumentParser) -> None:
    """The settings that make sense as flags; all others are environment variables."""
    by_name = {setting.name: setting for setting in config.SETTINGS}
    for name in _SERVE_FLAGS:
        setting = by_name[name]
        command.add_argument(
            setting.flag,
            dest=name,
            help=f"{setting.help} Default: {setting.default or 'see docs/settings.md'}",
            choices=setting.choices or None,
        )
    for name in ("read_only", "enable_shutdown"):
        command.add_argument(
            by_name[name].flag, dest=name, action="store_const", const=True, help=by_name[name].help
        )
    command.add_argument(
        "--no-watch",
        dest="watch",
        action="store_const",
        const=False,
        help="do not watch the folders for changes",
    )
    command.add_argument(
        "--cors-origin",
        dest="cors_origins",
        action="append",
        metavar="ORIGIN",
        help="origin of another site that may call the API",
    )


def _serve(arguments: argparse.Namespace) -> int:
    webui = older_flags.find_webui(
        arguments.sd_webui_dir,
        arguments.sd_webui_config,
        arguments.sd_webui_path_relative_to_config,
        logger.warning,
    )
    settings = load(arguments, webui.data_dir or None)
    folders = (*existing(arguments.folders), *settings.roots, *webui.roots)
    settings = replace(
        settings,
        roots=tuple(dict.fromkeys(folders)),
        browse_roots=tuple(
            dict.fromkeys((*settings.browse_roots, *map(absolute, arguments.extra_paths or ())))
        ),
    )
    if arguments.allow_cors:
        logger.warning(
            "--allow-cors opens nothing: name each site that may call the API by --cors-origin."
        )
    if arguments.generate_video_cover:
        return make_thumbnails(settings, (), None, only="video")
    if arguments.generate_image_cache:
        size = arguments.generate_image_cache_size or "512x512"
        return make_thumbnails(settings, (), [size], only="image")
    run(settings)
    return 0


def _demo(arguments: argparse.Namespace) -> None:
    from iib_core import demo, offline

    settings = load(arguments)
    folder = os.path.join(settings.data_dir, "demo")
    try:
        marks = demo.write(folder, _say_progress)
    except OSError as exc:
        raise ConfigError(
            f"The sample library cannot be written to {folder} ({exc.strerror}): choose another folder "
            "with --data-dir."
        ) from exc
    if marks:
        offline.import_lines(settings, marks)
    show = arguments.browser and has_display(os.environ)
    run(replace(settings, roots=(folder,)), in_browser=show)


def _say_progress(done: int, total: int) -> None:
    # Scripts read the first line of the output for the address.
    if done % 10 == 0:
        print(
            f"Drawing the sample library: {done} of {total} pictures", file=sys.stderr, flush=True
        )


def run(settings: config.Config, *, in_browser: bool = False) -> None:
    """Serve until SIGINT or SIGTERM, and show the page ``in_browser`` when it is ready.

    Raises ConfigError if the address cannot be had.
    """
    # Nearly all that is made until the server is ready stays: to look for garbage takes a fifth of
    # the start.
    gc.disable()
    connections.raise_file_limit()
    with closing(_listen(settings)) as listener:
        _run(settings, listener, in_browser)


def _run(settings: config.Config, listener: socket.socket, in_browser: bool) -> None:
    import uvicorn

    from iib_core.core import Core
    from iib_core.routes.standalone import build_routes, create_app

    core = Core(settings)
    closed = threading.Event()
    try:
        app = create_app(core)
        build_routes(app)
        # A client can make up what a proxy says of its address, so nothing here relies on that.
        options = uvicorn.Config(
            app,
            http=connections.make_protocol(
                settings.request_timeout_s, connections.count_for_file_limit()
            ),
            backlog=connections.TAKEN_AT_ONCE,
            proxy_headers=False,
            log_level="warning",
            access_log=False,
            ws="none",
            timeout_graceful_shutdown=5,
        )
        server = uvicorn.Server(options)
        core.stop = lambda: setattr(server, "should_exit", True)
        # The server hands these on once it has stopped; the default handlers would end the process
        # before the core is closed.
        for number in filter(
            None, (signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGBREAK", None))
        ):
            signal.signal(number, lambda *_: None)
        windows.when_console_closes(lambda: (core.stop and core.stop(), closed.wait(_CLOSE_S)))
        # What is there now stays: to look through it for garbage again and again would hold
        # Python's lock for a tenth of a second each time.
        gc.collect()
        gc.freeze()
        gc.enable()
        core.prepare()
        announcement = Announcement(
            settings.data_dir, _address(settings, listener, for_itself=True)
        )
        threading.Thread(
            target=_announce,
            args=(server, settings, listener, in_browser),
            name="iib-announce",
            daemon=True,
        ).start()
        try:
            server.run(sockets=[listener])
        finally:
            announcement.close()
    finally:
        core.close()
        closed.set()


def _listen(settings: config.Config) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # The protocol is named because asyncio turns Nagle's delay off only for sockets that name it:
    # without, every small answer takes 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        # On Windows SO_REUSEADDR would let two servers share a port, and without the other any
        # program may take it over.
        listener.setsockopt(
            socket.SOL_SOCKET, getattr(socket, "SO_EXCLUSIVEADDRUSE", socket.SO_REUSEADDR), 1
        )
        listener.bind((settings.host, settings.port))
        listener.listen(_BACKLOG)
    except OSError as exc:
        listener.close()
        reason = exc.strerror or exc
        raise ConfigError(
            f"Cannot listen at {settings.host} port {settings.port} ({reason}): choose another one with "
            "--host and --port."
        ) from exc
    return listener


# Where this machine reaches a server that listens at all of its addresses.
_LOOPBACK = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}


def _announce(
    server: uvicorn.Server, settings: config.Config, listener: socket.socket, in_browser: bool
) -> None:
    while not server.started:
        if server.should_exit:
            return
        threading.Event().wait(0.02)
    listener.listen(
        _BACKLOG
    )  # more may wait than the loop takes at once, which the server has set for both
    with suppress(
        OSError
    ):  # the output is closed, or its disk is full: the server runs all the same
        print(f"IIB is ready at {_address(settings, listener)}", flush=True)
    if in_browser:
        webbrowser.open(_address(settings, listener, for_itself=True))


def _address(settings: config.Config, listener: socket.socket, *, for_itself: bool = False) -> str:
    """Where the server can be reached. ``for_itself``: from this machine."""
    host = _LOOPBACK.get(settings.host, settings.host) if for_itself else settings.host
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{listener.getsockname()[1]}{settings.base}"
