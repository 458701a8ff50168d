"""``iib roots``: the folders of the library."""

from __future__ import annotations

import argparse

from iib_core.commands.options import DONE, PARTLY, Commands
from iib_core.commands.printing import Progress, print_json, print_table
from iib_core.commands.session import Session, add_flags, opened
from iib_core.paths import absolute


def add(commands: Commands) -> None:
    """Add the command with its own three."""
    roots = commands.add(
        "roots", "list, add or remove the folders of the library: ls, add, rm", _list
    )
    add_flags(roots)
    actions = roots.add_subparsers(metavar="ACTION", title="actions")
    listing = actions.add_parser("ls", help="list them, as without an action")
    listing.set_defaults(run=_list)
    adding = actions.add_parser("add", help="add a folder and read what is in it")
    adding.set_defaults(run=_add)
    adding.add_argument("folder", metavar="FOLDER")
    adding.add_argument(
        "--walk", action="store_true", help="only browse it: its files are not indexed"
    )
    removing = actions.add_parser(
        "rm", help="take a folder out of the library; its files stay on the disk"
    )
    removing.set_defaults(run=_remove)
    removing.add_argument("folder", metavar="FOLDER")
    for action in (listing, adding, removing):
        add_flags(action, is_nested=True)


def _list(arguments: argparse.Namespace) -> int:
    with opened(arguments) as session:
        roots = session.client.settings()["roots"]
    if arguments.json:
        print_json({"roots": roots})
    elif roots:
        rows = [
            (
                root["path"],
                root["type"],
                "settings" if root["fixed"] else "added",
                "" if root["online"] else "offline",
            )
            for root in roots
        ]
        print_table(("FOLDER", "TYPE", "FROM", ""), rows)
    return DONE if roots else PARTLY


def _add(arguments: argparse.Namespace) -> int:
    with opened(arguments, makes_library=True) as session:
        added = session.client.add_root(
            absolute(arguments.folder), "walk" if arguments.walk else "scan"
        )
        # A server reads the folder in the background; without one this command has to.
        if not session.url and not arguments.walk:
            _read(session)
    if arguments.json:
        print_json(added)
    else:
        print(f"{added['path']} is in the library.")
    return DONE


def _read(session: Session) -> None:
    with Progress() as progress:
        session.client.update_index(progress)


def _remove(arguments: argparse.Namespace) -> int:
    folder = absolute(arguments.folder)
    with opened(arguments) as session:
        done = session.client.remove_root(folder)
    if arguments.json:
        print_json(done)
    else:
        print(f"{folder} is no longer in the library; its files are still there.")
    return DONE
