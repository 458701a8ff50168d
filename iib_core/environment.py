"""Sources of settings: the environment, and ``.env`` files in several folders."""

from __future__ import annotations

import codecs
import io
import os
import stat
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from iib_core import paths
from iib_core.errors import ConfigError

_MAX_BYTES = 32_000  # the parser's time grows with the square of the size
# The folder name and the files of the older extension (infinite-image-browsing), which ours does
# not have.
_OLDER_NAME = "sd-webui-infinite-image-browsing"
_OLDER_FILES = (os.path.join("scripts", "iib_setup.py"), os.path.join("scripts", "iib", "api.py"))


PREFIX = "IIB_"


@dataclass(frozen=True)
class Place:
    """Values by name, our own names in capitals. ``path``: the file that they come from, "" for the
    environment.
    """

    values: Mapping[str, str | None]
    path: str = ""

    def origin(self, name: str) -> str:
        """The name and the source of a value, for messages."""
        return f"{name} in {self.path}" if self.path else name


def has_display(environ: Mapping[str, str]) -> bool:
    """Whether a program can open a window here."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))


def place_of(values: Mapping[str, str | None], path: str = "") -> Place:
    """A place of these values; names of ours count in whichever case they are written."""
    ours = {
        name.upper(): value for name, value in values.items() if name.upper().startswith(PREFIX)
    }
    return Place({**ours, **values}, path)


def read_folders(folders: Sequence[str], known: Sequence[str] = ()) -> list[Place]:
    """The ``.env`` files of these folders, in order, each once, without those of the ``known``
    folders.

    Raises ConfigError as ``read_dotenv``.
    """
    seen = {paths.real(folder) for folder in known}
    places = []
    for folder in folders:
        real = paths.real(folder)
        if real not in seen:
            seen.add(real)
            places.append(read_dotenv(folder))
    return places


def read_dotenv(folder: str) -> Place:
    """The ``.env`` file of a folder; no values if there is none.

    Raises ConfigError if it cannot be read.
    """
    path = os.path.join(folder, ".env")
    text = _read_text(path)
    if not text:
        return Place({}, path)
    try:
        from dotenv import dotenv_values
    except ImportError as exc:
        raise ConfigError(
            f"{path} cannot be read, because the package python-dotenv is missing: install it."
        ) from exc
    return place_of(dotenv_values(stream=io.StringIO(text)), path)


def _read_text(path: str) -> str:
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISDIR(mode) and os.path.exists(os.path.join(path, "pyvenv.cfg")):
            return ""  # a virtual environment of Python, which many users name so
        if not stat.S_ISREG(mode):  # opening a pipe would wait for a writer
            kind = "a folder" if stat.S_ISDIR(mode) else "no plain file"
            raise ConfigError(f"{path} is {kind}: put a text file there, or remove it.")
        with open(path, "rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError) as exc:
        if os.path.islink(path):
            raise ConfigError(
                f"{path} is a link that leads nowhere: correct or remove it."
            ) from exc
        return ""
    except OSError as exc:
        raise ConfigError(
            f"{path} cannot be read ({exc.strerror or exc}): let this program's user read it, or remove it."
        ) from exc
    if len(data) > _MAX_BYTES:
        raise ConfigError(
            f"{path} is larger than {_MAX_BYTES // 1000} kB: leave only settings in it, one a line."
        )
    try:
        # PowerShell of Windows writes UTF-16 with a byte order mark.
        is_utf_16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        text = data.decode("utf-16" if is_utf_16 else "utf-8-sig")
    except UnicodeDecodeError as exc:
        raise ConfigError(
            f"{path} is not UTF-8 (byte {exc.start + 1}): save it as UTF-8 text."
        ) from exc
    if "\0" in text:
        raise ConfigError(f"{path} is not UTF-8 text (it has null bytes): save it as UTF-8 text.")
    return text


def find_older(extension: str) -> list[str]:
    """The folders of the older extension beside ``extension``, our folder. Users may have renamed
    them.
    """
    parent = os.path.dirname(os.path.abspath(extension))
    try:
        names = sorted(os.listdir(parent))
    except OSError:
        return []
    folders = (os.path.join(parent, name) for name in names)
    return [folder for folder in folders if not _is_same(folder, extension) and _is_older(folder)]


def _is_older(folder: str) -> bool:
    if os.path.basename(folder).lower() == _OLDER_NAME:
        return os.path.isdir(folder)
    return any(os.path.isfile(os.path.join(folder, name)) for name in _OLDER_FILES)


def _is_same(one: str, other: str) -> bool:
    return os.path.normcase(paths.real(one)) == os.path.normcase(paths.real(other))
