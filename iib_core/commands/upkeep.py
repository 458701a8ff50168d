"""``iib thumbs``, ``restore``, ``import``, ``export``, ``relocate`` and ``forget``: what is done to
a data folder without a server.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from iib_core import config, paths
from iib_core.commands.options import Commands, add_data_dir, existing, load
from iib_core.errors import ConfigError, of_disk
from iib_core.paths import absolute


def add(commands: Commands) -> None:
    """Add the commands of upkeep."""
    thumbs = commands.add("thumbs", "make the thumbnails of folders ahead of time", _thumbs)
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
    _add_restore(commands)
    bring = commands.add(
        "import",
        "take over tags, ratings, albums and folders from a file",
        _import,
        "Take over tags, ratings, albums and folders: from infinite-image-browsing's iib.db, or from "
        "'iib export'.",
    )
    bring.add_argument("file", metavar="FILE", help="an iib.db, which is only read, or JSON lines")
    export = commands.add(
        "export",
        "write tags, ratings and albums as JSON lines",
        _export,
        "Write tags, ratings and albums as JSON lines, by path and fingerprint of each file.",
    )
    export.add_argument(
        "file", nargs="?", metavar="FILE", help="where to write them; without it they are printed"
    )
    relocate = commands.add(
        "relocate",
        "tell the index that the library has moved elsewhere",
        _relocate,
        "Tell the index that the library has moved to another drive, folder or machine.",
    )
    relocate.add_argument("old", metavar="OLD", help="where it was, such as D:\\outputs")
    relocate.add_argument("new", metavar="NEW", help="where it is now")
    relocate.add_argument("--dry-run", action="store_true", help="only tell what would change")
    forget = _add_forget(commands)
    for command in (thumbs, bring, export, relocate, forget):
        add_data_dir(command)


def _add_restore(commands: Commands) -> None:
    restore = commands.add(
        "restore",
        "list the daily copies of the database, or go back to one",
        _restore,
        "List the daily copies of the database, or go back to one; stop the server first.",
    )
    restore.add_argument(
        "copy", nargs="?", metavar="FILE", help="the copy to go back to; without it they are listed"
    )
    begins = "begin an empty database instead; the one that is there is kept beside it"
    restore.add_argument("--new-database", action="store_true", help=begins)
    add_data_dir(restore)


def _add_forget(commands: Commands) -> argparse.ArgumentParser:
    forget = commands.add(
        "forget",
        "count the files that were deleted elsewhere, or forget them",
        _forget,
        "Count the files that the index knows and the disk has lost; with --yes take them out of the index.",
    )
    forget.add_argument(
        "folders",
        nargs="*",
        metavar="FOLDER",
        help="only those that were in these folders, or below",
    )
    forget.add_argument("--query", default="", help="only those that this search finds")
    forget.add_argument(
        "--yes",
        action="store_true",
        help="forget them; their tags, stars and albums are kept for 90 days in case a file comes back",
    )
    return forget


def _thumbs(arguments: argparse.Namespace) -> int:
    folders = tuple(paths.real(folder) for folder in existing(arguments.folders))
    return make_thumbnails(load(arguments), folders, arguments.sizes)


def make_thumbnails(
    settings: config.Config, folders: Sequence[str], raw_sizes: list[str] | None, only: str = ""
) -> int:
    """Make thumbnails with progress on a terminal, and print their numbers. Returns the exit
    status.

    ``folders``: none for the whole library. ``only``: of one media type.
    """
    from iib_core import offline
    from iib_core.routes.thumbnails import parse_sizes

    sizes = parse_sizes(raw_sizes)
    shown: dict[str, Any] = {}

    def on_progress(fields: Mapping[str, Any]) -> None:
        shown.update(fields)
        if sys.stderr.isatty() and shown.get("total"):
            print(f"\r{shown['done']} of {shown['total']}", end="", file=sys.stderr, flush=True)

    result = offline.make_thumbnails(settings, folders, sizes, on_progress, only)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    for error in result["errors"]:
        print(f"{error['path']}: {error['error']}", file=sys.stderr)
    print(f"{result['made']} made, {result['present']} there already, {result['failed']} failed")
    return 0


def _restore(arguments: argparse.Namespace) -> None:
    from iib_core import offline

    settings = load(arguments)
    if settings.database_url:
        raise ConfigError(
            f"The library is on the server that {config.DATABASE_URL} names: copy and restore its "
            "database with the tools of that server, such as pg_dump."
        )
    data_dir = settings.data_dir
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

    brought = offline.import_marks(load(arguments), absolute(arguments.file))
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

    lines = offline.export_marks(load(arguments))
    if not arguments.file:
        sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
        sys.stdout.writelines(lines)
        sys.stdout.flush()
        return
    try:
        _write_new(arguments.file, lines)
    except OSError as exc:
        refused = ConfigError(
            f"{arguments.file} cannot be written ({exc.strerror}): choose another file."
        )
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

    found = offline.relocate(
        load(arguments), arguments.old, arguments.new, dry_run=arguments.dry_run
    )
    print(
        f"{'Would change' if arguments.dry_run else 'Changed'}: {found.files} files in {found.folders} "
        f"folders, {found.extra_paths} folders of the library."
    )
    if found.merged:
        print(
            f"{found.merged} of the files were known at the new place already: they have the tags of both."
        )
    if found.kept:
        print(f"{found.kept} files that were waited for are waited for at the new place.")


def _forget(arguments: argparse.Namespace) -> None:
    from iib_core import offline

    folders = [absolute(folder) for folder in arguments.folders]
    done = offline.forget_missing(
        load(arguments), folders, arguments.query, dry_run=not arguments.yes
    )
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
