"""``iib roots``: the folders of the library, and where those that several machines share are here."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from iib_core.client.answers import Root
from iib_core.commands.options import DONE, PARTLY, Commands, existing, load
from iib_core.commands.printing import Progress, print_json, print_table
from iib_core.commands.session import Session, add_flags, opened
from iib_core.config import Config
from iib_core.errors import ConfigError
from iib_core.paths import absolute, to_text
from iib_core.root_map import MappedRoot

if TYPE_CHECKING:
    from iib_core.offline import Relocated

_MAP_DETAILS = """\
Where a folder that several servers share is on this machine. NAME is the same on all of them; FOLDER is
its path here. The first server that names a folder gives the name to the files that the library knows in
it. Without NAME and FOLDER the folders that are mapped here are listed. Stop the server of this data
folder first."""


def add(commands: Commands) -> None:
    """Add the command with its own."""
    roots = commands.add("roots", "the folders of the library: ls, add, rm, map, unmap", _list)
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
    mapping = actions.add_parser(
        "map", help="say where a shared folder is on this machine", description=_MAP_DETAILS
    )
    mapping.set_defaults(run=_map)
    mapping.add_argument("name", nargs="?", metavar="NAME", help="its name for all servers")
    mapping.add_argument("folder", nargs="?", metavar="FOLDER", help="where it is here")
    unmapping = actions.add_parser("unmap", help="let a shared folder be nowhere on this machine")
    unmapping.set_defaults(run=_unmap)
    unmapping.add_argument("name", metavar="NAME")
    unmapping.add_argument(
        "--for-all",
        action="store_true",
        help="no server uses the name any more: files are known by their path on this machine",
    )
    for action in (mapping, unmapping):
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
                _state(root),
            )
            for root in roots
        ]
        print_table(("FOLDER", "TYPE", "FROM", ""), rows)
    return DONE if roots else PARTLY


def drive_state(root: Root) -> str:
    """What a list says of a root that is not there; "" for one that is."""
    if root["online"]:
        return ""
    return "not made yet" if root.get("not_made") else "offline"


def _state(root: Root) -> str:
    name = root.get("shared_as")
    states = (drive_state(root), f"shared as {name}" if name else "")
    return ", ".join(filter(None, states))


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


def _map(arguments: argparse.Namespace) -> int:
    from iib_core import offline

    config = _load_here(arguments)
    if arguments.name is None:
        return _list_mapped(offline.list_mapped(config), as_json=arguments.json)
    if arguments.folder is None:
        raise ConfigError("Name the folder too: iib roots map NAME FOLDER.")
    (folder,) = existing([arguments.folder])
    joined = offline.map_root(config, arguments.name, folder)
    _tell(
        f"{folder} is '{arguments.name.lower()}' here; start the server again.",
        joined,
        "have that name now",
        as_json=arguments.json,
    )
    return DONE


def _list_mapped(mapped: Sequence[MappedRoot], *, as_json: bool) -> int:
    rows = [(root.name, to_text(root.path)) for root in mapped]
    if as_json:
        print_json({"mapped": [{"name": name, "path": path} for name, path in rows]})
    elif rows:
        print_table(("NAME", "FOLDER"), rows)
    return DONE if rows else PARTLY


def _unmap(arguments: argparse.Namespace) -> int:
    from iib_core import offline

    left = offline.unmap_root(_load_here(arguments), arguments.name, for_all=arguments.for_all)
    _tell(
        f"'{arguments.name.lower()}' is nowhere on this machine now.",
        left,
        "have their path on this machine again",
        as_json=arguments.json,
    )
    return DONE


def _load_here(arguments: argparse.Namespace) -> Config:
    if arguments.url:
        raise ConfigError("Each machine has its own map: run this on the machine of that server.")
    return load(arguments)


def _tell(done: str, moved: Relocated, what: str, *, as_json: bool) -> None:
    if as_json:
        print_json(asdict(moved))
        return
    print(done)
    if moved.files:
        print(f"{moved.files} files in {moved.folders} folders {what}.")
    if moved.merged:
        print(f"{moved.merged} of them were known twice: they have the tags of both.")
