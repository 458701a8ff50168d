"""``iib tag``, ``rate``, ``mv``, ``rm`` and ``undo``."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Mapping
from typing import Any

from iib_core.client import Client
from iib_core.client.answers import Moved, Updated
from iib_core.commands.naming import files_of
from iib_core.commands.options import DONE, PARTLY, Commands
from iib_core.commands.printing import day, print_json, print_table, warn
from iib_core.commands.session import add_flags, opened
from iib_core.errors import InvalidRequest, NotFound
from iib_core.paths import absolute

_FILES = "files, or - to read their paths from the input"
_LISTED = 20


def add(commands: Commands) -> None:
    """Add the commands that change something."""
    tag = commands.add("tag", "give files a tag, or take it away; alone, list the tags", _tag)
    tag.add_argument("name", nargs="?", metavar="TAG", help="its name; one that is new is made")
    tag.add_argument("files", nargs="*", metavar="FILE", help=_FILES)
    tag.add_argument("--remove", action="store_true", help="take it away")
    rate = commands.add("rate", "give files 1 to 5 stars, 0 for none", _rate)
    rate.add_argument("stars", type=int, metavar="STARS", help="1 to 5, 0 takes them away")
    rate.add_argument("files", nargs="+", metavar="FILE", help=_FILES)
    move = commands.add(
        "mv",
        "move files into a folder, or rename one",
        _move,
        "Move files and folders into a folder, or give one another name in its folder. The texts beside a "
        "picture go with it, tags and stars too; nothing is ever overwritten.",
    )
    move.add_argument("files", nargs="+", metavar="FILE", help=_FILES)
    move.add_argument("dest", metavar="FOLDER", help="where to; or the new name of one file")
    move.add_argument("--create", action="store_true", help="make the folder where it is missing")
    move.add_argument("--dry-run", action="store_true", help="only tell what would be moved")
    move.add_argument(
        "--on-conflict",
        choices=("error", "rename", "skip", "replace"),
        default="error",
        help="what becomes of a file whose name is taken; replace puts the other one into the "
        "trash. Default: error, which moves nothing",
    )
    remove = commands.add("rm", "delete files and empty folders, to the trash", _remove)
    remove.add_argument("files", nargs="+", metavar="FILE", help=_FILES)
    undo = commands.add("undo", "reverse the last change of files, or a named one", _undo)
    undo.add_argument(
        "operation", nargs="?", metavar="OPERATION", help="its id, as 'iib undo --list' has it"
    )
    undo.add_argument("--list", dest="is_list", action="store_true", help="list the last changes")
    for command in (tag, rate, move, remove, undo):
        add_flags(command)


def _tag(arguments: argparse.Namespace) -> int:
    with opened(arguments) as session:
        if arguments.name is None:
            return _list_tags(session.client, arguments)
        files = files_of(arguments.files)
        if arguments.remove:
            done = session.client.untag(files, _tag_id(session.client, arguments.name))
        else:
            done = session.client.tag(files, session.client.create_tag(arguments.name)["id"])
    return _print_updated(done, arguments)


def _tag_id(client: Client, name: str) -> int:
    wanted = name.casefold()
    for tag in client.tags(name):
        if tag["name"].casefold() == wanted:
            return tag["id"]
    raise NotFound(f"There is no tag '{name}'.")


def _list_tags(client: Client, arguments: argparse.Namespace) -> int:
    tags = client.tags()
    if arguments.json:
        print_json({"tags": tags})
    elif tags:
        print_table(("FILES", "TAG"), [(tag["count"], tag["name"]) for tag in tags])
    return DONE if tags else PARTLY


def _rate(arguments: argparse.Namespace) -> int:
    files = files_of(arguments.files)
    with opened(arguments) as session:
        done = session.client.rate(files, arguments.stars)
    return _print_updated(done, arguments)


def _print_updated(done: Updated, arguments: argparse.Namespace) -> int:
    if arguments.json:
        print_json(done)
    else:
        print(f"{_files(done['updated'])} changed.")
    return _warn_of(done["errors"])


def _move(arguments: argparse.Namespace) -> int:
    files, dest = files_of(arguments.files), absolute(arguments.dest)
    with opened(arguments) as session:
        if _is_renaming(files, dest, arguments):
            renamed = session.client.rename(files[0], os.path.basename(dest))
            return _print_renamed(renamed, files[0], arguments)
        done = session.client.move(
            files,
            dest,
            create=arguments.create,
            on_conflict=arguments.on_conflict,
            dry_run=arguments.dry_run,
        )
    return _print_moved(done, arguments)


def _is_renaming(files: list[str], dest: str, arguments: argparse.Namespace) -> bool:
    """Whether the last argument is a new name: of one file, in its folder, and with an extension
    where the file has one, because else it is rather a folder that was misspelled.
    """
    if len(files) != 1 or arguments.create or arguments.dry_run or os.path.isdir(dest):
        return False
    is_name = bool(os.path.splitext(dest)[1]) or not os.path.splitext(files[0])[1]
    return is_name and os.path.dirname(files[0]) == os.path.dirname(dest)


def _print_renamed(renamed: Mapping[str, Any], before: str, arguments: argparse.Namespace) -> int:
    if arguments.json:
        print_json(renamed)
    else:
        print_table(("FROM", "TO"), [(before, renamed["new_path"])])
        _print_undo(renamed["operation_id"])
    return DONE


def _print_moved(done: Moved, arguments: argparse.Namespace) -> int:
    if arguments.json:
        print_json(done)
    else:
        if done["moved"]:
            rows = [(move["src_path"], move["dest_path"]) for move in done["moved"]]
            print_table(("FROM", "TO"), rows)
        verb = "would be moved" if done["dry_run"] else "moved"
        skipped = f", {len(done['skipped'])} skipped" if done["skipped"] else ""
        print(f"{_files(len(done['moved']))} {verb}{skipped}.")
        _print_undo(done["operation_id"])
    return _warn_of(done["errors"])


def _remove(arguments: argparse.Namespace) -> int:
    files = files_of(arguments.files)
    with opened(arguments) as session:
        done = session.client.delete(files)
    if arguments.json:
        print_json(done)
    else:
        print(f"{_files(len(done['deleted']))} deleted.")
        _print_undo(done["operation_id"])
    return _warn_of(done["errors"])


def _undo(arguments: argparse.Namespace) -> int:
    with opened(arguments) as session:
        if arguments.is_list:
            return _list_operations(session.client, arguments)
        undone = session.client.undo(arguments.operation or _find_newest(session.client))
    if arguments.json:
        print_json(undone)
    else:
        print(f"{_files(len(undone['restored']))} restored.")
    return DONE


def _find_newest(client: Client) -> str:
    for operation in client.operations(1000):
        if operation["undoable"]:
            return operation["id"]
    raise InvalidRequest("There is nothing to undo.")


def _list_operations(client: Client, arguments: argparse.Namespace) -> int:
    listed = client.operations(_LISTED)
    if arguments.json:
        print_json({"operations": listed})
    elif listed:
        rows = [
            (operation["id"], day(operation["time"]), operation["state"], operation["summary"])
            for operation in listed
        ]
        print_table(("OPERATION", "TIME", "STATE", "WHAT"), rows)
    return DONE if listed else PARTLY


def _print_undo(operation_id: str | None) -> None:
    if operation_id:
        print(f"Undo it with 'iib undo {operation_id}'.")


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"


def _warn_of(errors: Iterable[Mapping[str, Any]]) -> int:
    status = DONE
    for error in errors:
        warn(error["path"], error["error"])
        status = PARTLY
    return status
