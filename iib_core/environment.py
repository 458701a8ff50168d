"""Places that name settings: the environment, and ``.env`` files in several folders."""

from __future__ import annotations

import codecs
import io
import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from iib_core import paths
from iib_core.errors import ConfigError

_MAX_BYTES = 32_000  # the parser's time grows with the square of what a file makes up
# What the older extension (infinite-image-browsing) has and ours has not, whatever its folder is called.
_OLDER_NAME = "sd-webui-infinite-image-browsing"
_OLDER_FILES = (os.path.join("scripts", "iib_setup.py"), os.path.join("scripts", "iib", "api.py"))


PREFIX = "IIB_"


@dataclass(frozen=True)
class Place:
    """Values by name, those of ours in capitals. ``path`` of the file that they are from, "" for the environment."""

    values: Mapping[str, str | None]
    path: str = ""

    def origin(self, name: str) -> str:
        """A value of this place as messages call it."""
        return f"{name} in {self.path}" if self.path else name


def place_of(values: Mapping[str, str | None], path: str = "") -> Place:
    """A place of these values; names of ours count in whichever case they are written."""
    ours = {name.upper(): value for name, value in values.items() if name.upper().startswith(PREFIX)}
    return Place({**ours, **values}, path)


def read_folders(folders: Sequence[str], known: Sequence[str] = ()) -> list[Place]:
    """The ``.env`` files of these folders, in order, each once and none of the ``known`` folders'.

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
    """The ``.env`` of a folder; nothing where there is none.

    Raises ConfigError, with one sentence, where it cannot be read.
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
            return ""  # an environment of Python's, which many people call so
        if not stat.S_ISREG(mode):  # to open a pipe would wait for who writes into it
            raise ConfigError(
                f"{path} is {'a folder' if stat.S_ISDIR(mode) else 'no plain file'}: put a text file "
                "there, or remove it."
            )
        with open(path, "rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError) as exc:
        if os.path.islink(path):
            raise ConfigError(f"{path} is a link that leads nowhere: correct or remove it.") from exc
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
        # Windows' PowerShell writes UTF-16, which it marks.
        text = data.decode(
            "utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
        )
    except UnicodeDecodeError as exc:
        raise ConfigError(f"{path} is not UTF-8 (byte {exc.start + 1}): save it as UTF-8 text.") from exc
    if "\0" in text:
        raise ConfigError(f"{path} is not UTF-8 text (it has null bytes): save it as UTF-8 text.")
    return text


def find_older(extension: str) -> list[str]:
    """The folders of the older extension beside ours, ``extension``, which may have been given another name."""
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
