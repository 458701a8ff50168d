"""The flags of the older extension's own command (infinite-image-browsing, ``app.py``), which mean
here what they mean there.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from iib_core import paths
from iib_core.errors import ConfigError

_FOLDER_OPTION = ("outdir_", "_outdir")
# Where our extension keeps its data inside a WebUI, see the host adapter.
_DATA_FOLDER = ".iib"
_IGNORED = ("gen_cache_verbose", "export_fe_fn")


def spell(arguments: Sequence[str]) -> list[str]:
    """Arguments with each flag as our parser knows it: ``--extra_paths`` is ``--extra-paths``."""
    spelt: list[str] = []
    for place, argument in enumerate(arguments):
        if argument == "--":
            return [*spelt, *arguments[place:]]
        name, equals, value = argument.partition("=")
        is_flag = argument.startswith("--")
        spelt.append(name.replace("_", "-") + equals + value if is_flag else argument)
    return spelt


def add(parser: argparse.ArgumentParser) -> None:
    """Add these flags to the parser of ``iib serve``."""
    group = parser.add_argument_group("flags of infinite-image-browsing")
    group.add_argument(
        "--sd-webui-dir", metavar="FOLDER", help="a WebUI, whose output folders are shown"
    )
    group.add_argument("--sd-webui-config", metavar="FILE", help="the config.json of a WebUI")
    group.add_argument(
        "--sd-webui-path-relative-to-config",
        action="store_true",
        help="folders in that file are relative to it, and not to where this is started",
    )
    group.add_argument(
        "--extra-paths", nargs="+", metavar="FOLDER", help="folders to show without an index"
    )
    group.add_argument("--update-image-index", action="store_true", help="is done at every start")
    group.add_argument(
        "--generate-image-cache",
        action="store_true",
        help="make all thumbnails and end, as 'iib thumbs'",
    )
    group.add_argument(
        "--generate-image-cache-size", metavar="WxH", help="their size; 512x512 without it"
    )
    group.add_argument(
        "--generate-video-cover", action="store_true", help="make the thumbnails of videos and end"
    )
    group.add_argument(
        "--allow-cors", action="store_true", help="opens nothing: name sites by --cors-origin"
    )
    for name in _IGNORED:
        group.add_argument(
            f"--{name.replace('_', '-')}", action="store_true", help=argparse.SUPPRESS
        )


@dataclass(frozen=True)
class WebUI:
    """What the flags say of a WebUI: its output folders, and the data folder inside it, "" where
    none is known.
    """

    roots: tuple[str, ...] = ()
    data_dir: str = ""


def find_webui(
    folder: str | None, config: str | None, is_relative: bool, tell: Callable[[str], object]
) -> WebUI:
    """The WebUI that ``--sd-webui-dir`` or ``--sd-webui-config`` names.

    ``tell`` gets a sentence for each output folder that is not there. Raises ConfigError where the
    file cannot be read.
    """
    if not folder and not config:
        return WebUI()
    path = paths.absolute(config or os.path.join(folder or "", "config.json"))
    base = os.path.dirname(path) if folder or is_relative else os.getcwd()
    roots = []
    for name, value in sorted(_read(path).items()):
        if not _names_folder(name, value):
            continue
        root = os.path.normpath(os.path.join(base, os.path.expanduser(value)))
        if os.path.isdir(root):
            roots.append(root)
        else:
            tell(f"{name} in {path} names {root}, which is not there: it is left out.")
    data_dir = os.path.join(paths.absolute(folder), _DATA_FOLDER) if folder else ""
    return WebUI(tuple(dict.fromkeys(roots)), data_dir)


def _names_folder(name: str, value: Any) -> bool:
    is_output = name.startswith(_FOLDER_OPTION[0]) or _FOLDER_OPTION[1] in name
    return is_output and isinstance(value, str) and bool(value.strip())


def _read(path: str) -> Mapping[str, Any]:
    try:
        with open(path, encoding="utf-8-sig") as file:
            settings = json.load(file)
    except (OSError, ValueError, RecursionError) as exc:
        reason = getattr(exc, "strerror", None) or "it is no JSON"
        raise ConfigError(
            f"{path} cannot be read ({reason}): name the config.json of the WebUI."
        ) from exc
    if not isinstance(settings, dict):
        raise ConfigError(f"{path} holds no settings: name the config.json of the WebUI.")
    return settings
