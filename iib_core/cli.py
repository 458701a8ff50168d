"""The command line: ``iib serve``, ``demo``, ``thumbs``, ``restore``, ``import``, ``export``,
``relocate``, ``version``.
"""

from __future__ import annotations

import argparse
import gc
import io
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from iib_core import __version__, config, connections, older_flags, paths, windows
from iib_core.errors import ConfigError, IIBError, of_disk

if TYPE_CHECKING:
    import uvicorn

logger = logging.getLogger(__name__)

_TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_BACKLOG = 512
# So long Windows waits for a program whose window is closed, less a moment.
_CLOSE_S = 4.5
_SERVE_FLAGS = ("host", "port", "data_dir", "base", "access_control")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit status: 0, or 2 with one sentence on stderr."""
    if isinstance(
        sys.stdout, io.TextIOWrapper
    ):  # a code page of Windows cannot show every name: that ends no command
        sys.stdout.reconfigure(errors="backslashreplace")
    arguments = _parser().parse_args(older_flags.spell(sys.argv[1:] if argv is None else argv))
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("iib_core").setLevel(logging.INFO)
    try:
        return int(arguments.run(arguments) or 0)
    except IIBError as exc:
        failure = exc
    except OSError as exc:
        if (disk := of_disk(exc)) is None:
            raise
        failure = disk
    print(f"iib: {failure}", file=sys.stderr)
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="iib", description="The library of AI images.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    serve = commands.add_parser("serve", help="serve folders of pictures to a browser")
    serve.add_argument(
        "folders", nargs="*", metavar="FOLDER", help="folders of this run, beside those of the settings"
    )
    older_flags.add(serve)
    serve.set_defaults(run=_serve)
    demo = commands.add_parser("demo", help="write a sample library and serve it")
    demo.set_defaults(run=_demo)
    for command in (serve, demo):
        _add_flags(command)
    thumbs = commands.add_parser("thumbs", help="make the thumbnails of folders ahead of time")
    thumbs.add_argument(
        "folders",
        nargs="*",
        metavar="FOLDER",
        help="folders, with all that is in them; without one the whole library",
    )
    thumbs.add_argument(
        "--size",
        dest="sizes",
        action="append",
        metavar="WxH",
        help="a size to make, more than once if wanted. Default: 256x256 and 512x512",
    )
    thumbs.add_argument("--data-dir", dest="data_dir", help="the data folder of the server")
    thumbs.set_defaults(run=_thumbs)
    restore = commands.add_parser(
        "restore", help="list the daily copies of the database, or go back to one; stop the server first"
    )
    restore.add_argument(
        "copy", nargs="?", metavar="FILE", help="the copy to go back to; without it they are listed"
    )
    begins = "begin an empty database instead; the one that is there is kept beside it"
    restore.add_argument("--new-database", action="store_true", help=begins)
    restore.add_argument("--data-dir", dest="data_dir", help="the data folder of the server")
    restore.set_defaults(run=_restore)
    bring = commands.add_parser(
        "import",
        help=(
            "take over tags, ratings, albums and folders: from infinite-image-browsing's iib.db, or "
            "from 'iib export'"
        ),
    )
    bring.add_argument("file", metavar="FILE", help="an iib.db, which is only read, or JSON lines")
    bring.set_defaults(run=_import)
    export = commands.add_parser(
        "export", help="write tags, ratings and albums as JSON lines, by path and fingerprint of each file"
    )
    export.add_argument(
        "file", nargs="?", metavar="FILE", help="where to write them; without it they are printed"
    )
    export.set_defaults(run=_export)
    relocate = commands.add_parser(
        "relocate", help="tell the index that the library has moved to another drive, folder or machine"
    )
    relocate.add_argument("old", metavar="OLD", help="where it was, such as D:\\outputs")
    relocate.add_argument("new", metavar="NEW", help="where it is now")
    relocate.add_argument("--dry-run", action="store_true", help="only tell what would change")
    relocate.set_defaults(run=_relocate)
    forget = commands.add_parser(
        "forget",
        help=(
            "count the files that the index knows and the disk has lost; with --yes take them out of "
            "the index"
        ),
    )
    forget.add_argument(
        "folders", nargs="*", metavar="FOLDER", help="only those that were in these folders, or below"
    )
    forget.add_argument("--query", default="", help="only those that this search finds")
    forget.add_argument(
        "--yes",
        action="store_true",
        help="forget them; their tags, stars and albums are kept for 90 days in case a file comes back",
    )
    forget.set_defaults(run=_forget)
    for command in (bring, export, relocate, forget):
        command.add_argument("--data-dir", dest="data_dir", help="the data folder of the server")
    commands.add_parser("version", help="print the version").set_defaults(run=_version)
    return parser


def _add_flags(command: argparse.ArgumentParser) -> None:
    """The settings that make sense as flags; all others are environment variables."""
    by_name = {setting.name: setting for setting in config.SETTINGS}
    for name in _SERVE_FLAGS:
        setting = by_name[name]
        command.add_argument(
            setting.flag,
            dest=name,
            help=f"{setting.help} Default: {setting.default or 'see README'}",
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


def _load(arguments: argparse.Namespace, data_dir: str | None = None) -> config.Config:
    """The settings of this run; a value from a place where it could be overlooked is told.

    ``data_dir``: the data folder where no setting names one.
    """
    flags = {setting.name: getattr(arguments, setting.name, None) for setting in config.SETTINGS}
    return config.load(flags, default_data_dir=data_dir, beside=_folders(), tell=logger.warning)


def _folders() -> list[str]:
    """Where a ``.env`` may lie beside that of the data folder: with the program, unless pip has put
    that among its packages, and where it was started.
    """
    own = [_TOP] if os.path.isfile(os.path.join(_TOP, "install.py")) else []
    with suppress(FileNotFoundError):  # a working directory that was removed
        return [*own, os.getcwd()]
    return own


def _serve(arguments: argparse.Namespace) -> int:
    webui = older_flags.find_webui(
        arguments.sd_webui_dir,
        arguments.sd_webui_config,
        arguments.sd_webui_path_relative_to_config,
        logger.warning,
    )
    settings = _load(arguments, webui.data_dir or None)
    folders = (*_existing(arguments.folders), *settings.roots, *webui.roots)
    shown = (os.path.abspath(os.path.expanduser(folder)) for folder in arguments.extra_paths or ())
    settings = replace(
        settings,
        roots=tuple(dict.fromkeys(folders)),
        browse_roots=tuple(dict.fromkeys((*settings.browse_roots, *shown))),
    )
    if arguments.allow_cors:
        logger.warning("--allow-cors opens nothing: name each site that may call the API by --cors-origin.")
    if arguments.generate_video_cover:
        return _make_thumbnails(settings, (), None, only="video")
    if arguments.generate_image_cache:
        size = arguments.generate_image_cache_size or "512x512"
        return _make_thumbnails(settings, (), [size], only="image")
    run(settings)
    return 0


def _existing(raw: Sequence[str]) -> tuple[str, ...]:
    folders = tuple(os.path.abspath(os.path.expanduser(folder)) for folder in raw)
    for folder in folders:
        if not os.path.isdir(folder):
            raise ConfigError(
                f"{folder} is {'not a folder' if os.path.exists(folder) else 'not there'}: give the "
                "folder that holds the pictures."
            )
    return folders


def _thumbs(arguments: argparse.Namespace) -> int:
    folders = tuple(paths.real(folder) for folder in _existing(arguments.folders))
    return _make_thumbnails(_load(arguments), folders, arguments.sizes)


def _make_thumbnails(
    settings: config.Config, folders: Sequence[str], raw_sizes: list[str] | None, only: str = ""
) -> int:
    from iib_core import offline
    from iib_core.routes.thumbnails import parse_sizes

    sizes = parse_sizes(raw_sizes)
    shown: dict[str, Any] = {}

    def tell(told: Mapping[str, Any]) -> None:
        shown.update(told)
        if sys.stderr.isatty() and shown.get("total"):
            print(f"\r{shown['done']} of {shown['total']}", end="", file=sys.stderr, flush=True)

    result = offline.make_thumbnails(settings, folders, sizes, tell, only)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    for error in result["errors"]:
        print(f"{error['path']}: {error['error']}", file=sys.stderr)
    print(f"{result['made']} made, {result['present']} there already, {result['failed']} failed")
    return 0


def _demo(arguments: argparse.Namespace) -> None:
    from iib_core import demo

    settings = _load(arguments)
    folder = os.path.join(settings.data_dir, "demo")
    try:
        demo.write(folder)
    except OSError as exc:
        raise ConfigError(
            f"The sample library cannot be written to {folder} ({exc.strerror}): choose another folder "
            "with --data-dir."
        ) from exc
    run(replace(settings, roots=(folder,)))


def _restore(arguments: argparse.Namespace) -> None:
    from iib_core import offline

    data_dir = _data_dir(arguments)
    if arguments.new_database:
        aside = offline.begin_anew(data_dir)
        moved = f" The one before was moved to {aside}." if aside else ""
        print(f"The database is a new one, without tags, stars and albums.{moved}")
        return
    if arguments.copy:
        aside = offline.restore_copy(data_dir, arguments.copy)
        print(
            f"The database is that of {arguments.copy} now."
            + (f" The one before was moved to {aside}." if aside else "")
        )
        return
    copies = offline.list_copies(data_dir)
    for copy in copies:
        print(f"{copy.when}  {copy.size_bytes / 2**20:8.1f} MB  {os.path.basename(copy.path)}")
    print(
        "Go back to one with 'iib restore FILE'."
        if copies
        else f"There is no copy in {data_dir} yet: one is made each day while the server runs."
    )


def _import(arguments: argparse.Namespace) -> None:
    from iib_core import offline

    brought = offline.import_marks(_data_dir(arguments), os.path.abspath(os.path.expanduser(arguments.file)))
    print(
        f"Tags: {brought.tags}. Albums: {brought.albums}. Files that have what was theirs: {brought.files}."
    )
    if brought.waiting:
        print(
            f"{brought.waiting} more are not in the index: they get theirs when they are found within 90 "
            "days. 'iib relocate' tells where they are now."
        )
    for folder in brought.folders:
        print(f"Folder: {folder}")
    for folder in brought.skipped_folders:
        print(f"Folder of another system, left out: {folder}")
    for error in brought.errors:
        print(f"Left out: {error}", file=sys.stderr)


def _export(arguments: argparse.Namespace) -> None:
    from iib_core import offline

    lines = offline.export_marks(_data_dir(arguments))
    if not arguments.file:
        sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
        sys.stdout.writelines(lines)
        sys.stdout.flush()
        return
    try:
        _write_new(arguments.file, lines)
    except OSError as exc:
        refused = ConfigError(f"{arguments.file} cannot be written ({exc.strerror}): choose another file.")
        raise of_disk(exc) or refused from exc


def _write_new(path: str, lines: Iterable[str]) -> None:
    """Write a new file with all lines, or leave none."""
    file = open(path, "x", encoding="utf-8", newline="\n")  # noqa: SIM115  closed below, before it is removed
    try:
        with file:
            file.writelines(lines)
    except BaseException:
        os.unlink(path)
        raise


def _relocate(arguments: argparse.Namespace) -> None:
    from iib_core import offline

    found = offline.relocate(_data_dir(arguments), arguments.old, arguments.new, dry_run=arguments.dry_run)
    print(
        f"{'Would change' if arguments.dry_run else 'Changed'}: {found.files} files in {found.folders} "
        f"folders, {found.extra_paths} folders of the library."
    )
    if found.merged:
        print(f"{found.merged} of the files were known at the new place already: they have the tags of both.")
    if found.kept:
        print(f"{found.kept} files that were waited for are waited for at the new place.")


def _forget(arguments: argparse.Namespace) -> None:
    from iib_core import offline

    folders = [os.path.abspath(os.path.expanduser(folder)) for folder in arguments.folders]
    done = offline.forget_missing(_load(arguments), folders, arguments.query, dry_run=not arguments.yes)
    print(
        f"{done['count']} files {'were' if arguments.yes else 'would be'} forgotten; {done['marked']} of "
        "them have tags, stars or albums."
    )
    if done["unreachable"]:
        print(
            f"{done['unreachable']} more are missing and stay, because their drive is not connected or "
            "their folder cannot be read."
        )
    if done["count"] and not arguments.yes:
        print("Forget them with 'iib forget --yes'.")


def _data_dir(arguments: argparse.Namespace) -> str:
    return _load(arguments).data_dir


def _version(_arguments: argparse.Namespace) -> None:
    print(f"iib {__version__}")


def run(settings: config.Config) -> None:
    """Serve until SIGINT or SIGTERM. Raises ConfigError where the address cannot be had."""
    connections.raise_file_limit()
    with closing(_listen(settings)) as listener:
        _run(settings, listener)


def _run(settings: config.Config, listener: socket.socket) -> None:
    import uvicorn

    from iib_core.core import Core
    from iib_core.routes.standalone import build_routes, create_app

    core = Core(settings)
    closed = threading.Event()
    try:
        app = create_app(core)
        build_routes(app)
        # What a proxy tells of a client's address, whoever asks can tell too: nothing here goes by it.
        options = uvicorn.Config(
            app,
            http=connections.make_protocol(settings.request_timeout_s, connections.count_for_file_limit()),
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
        for number in filter(None, (signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGBREAK", None))):
            signal.signal(number, lambda *_: None)
        windows.when_console_closes(lambda: (core.stop and core.stop(), closed.wait(_CLOSE_S)))
        # What is there now stays: to look through it for garbage again and again would hold
        # Python's lock for a tenth of a second each time.
        gc.freeze()
        threading.Thread(
            target=_announce, args=(server, settings, listener), name="iib-announce", daemon=True
        ).start()
        server.run(sockets=[listener])
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
        listener.setsockopt(socket.SOL_SOCKET, getattr(socket, "SO_EXCLUSIVEADDRUSE", socket.SO_REUSEADDR), 1)
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


def _announce(server: uvicorn.Server, settings: config.Config, listener: socket.socket) -> None:
    while not server.started:
        if server.should_exit:
            return
        threading.Event().wait(0.02)
    listener.listen(_BACKLOG)  # more may wait than the loop takes at once, which the server has set for both
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    with suppress(OSError):  # nobody reads it, or its disk is full: the server runs all the same
        print(f"IIB is ready at http://{host}:{listener.getsockname()[1]}{settings.base}", flush=True)
