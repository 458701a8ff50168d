"""Root map: where the folders that several servers share lie on this machine.

A folder of the library that is ``/mnt/a`` on one machine and ``Z:\\a`` on another has one name in the
database, as ``studio:``; a file in it is ``studio:/2024/fox.png`` there. Each server has a map of its
own, a file of its data folder. Paths outside of mapped folders are stored as they are.

A stored path that this machine does not have gets the form ``elsewhere:studio:/2024/fox.png``, which
is no path of any system.
"""

from __future__ import annotations

import json
import ntpath
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import ModuleType
from typing import Any

from iib_core import paths, windows
from iib_core.errors import ConfigError, InvalidRequest
from iib_core.paths import ELSEWHERE

FILE = "roots.json"
# Two characters at least, so that no drive of Windows is taken for a name.
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,62}")
_NAMED = re.compile(rf"({_NAME.pattern}):(?:/|\Z)")
# Paths of Windows: on a drive, or on a share.
_OF_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\")
# They begin folders in the database that are not on the disk.
_TAKEN = {"trash", "gone", ELSEWHERE[:-1]}
_NOT_ON_WINDOWS = re.compile(r'[\x00-\x1f\\:*?"<>|]|[. ]\Z')
# How a path of another system keeps apart, on Windows, what is a separator and what is not.
_ESCAPED = str.maketrans({"|": "||", "\\": "|-"})
_MEANT = {"||": "|", "|-": "\\", "|=": "//"}
_TWO_SLASHES = "|="
_REMEMBERED = 1 << 16


@dataclass(frozen=True)
class MappedRoot:
    """A folder of this machine under the name that the library has for it. ``path``: as the user
    wrote it; ``real``: resolved.
    """

    name: str
    path: str
    real: str


class RootMap:
    """Turns the paths of the database into those of this machine, and back. Of mapped folders in each
    other the innermost counts.

    ``path_module``: ``posixpath`` or ``ntpath``, so that both can be tested on any system.
    """

    def __init__(self, roots: Iterable[MappedRoot] = (), path_module: ModuleType = os.path) -> None:
        self.roots = tuple(roots)
        self._path_module = path_module
        self._is_windows = path_module is ntpath
        self._by_name = {root.name: root for root in self.roots}
        # Longest first.
        prefixes = {prefix: root.name for root in self.roots for prefix in (root.path, root.real)}
        self._prefixes = sorted(prefixes.items(), key=lambda item: len(item[0]), reverse=True)
        self.local = lru_cache(_REMEMBERED)(self._local)
        self.stored = lru_cache(_REMEMBERED)(self._stored)

    def _local(self, stored: str) -> str:
        """The path on this machine of a path of the database; one that begins with ELSEWHERE if this
        machine has none.
        """
        found = _NAMED.match(stored)
        if found:
            root = self._by_name.get(found[1])
            rest = stored[found.end() :]
            if root is None or not self._can_have(rest):
                return self._as_elsewhere(stored)
            local = _joined(root.real, rest.replace("/", self._sep), self._sep)
            # Also within it a folder may be mapped that has a name of its own.
            return local if self._find(local) == root.name else self._as_elsewhere(stored)
        is_own = paths.is_absolute(stored, self._path_module) and not self._find(stored)
        # What is a path of no system stays as it is: nothing takes it for one.
        return stored if is_own or not is_path(stored) else self._as_elsewhere(stored)

    def _stored(self, local: str) -> str:
        """The path of the database for a path of this machine."""
        if paths.is_elsewhere(local):
            return self._from_elsewhere(local[len(ELSEWHERE) :])
        name = self._find(local)
        if not name:
            return local
        prefix = next(prefix for prefix, _ in self._prefixes if self._is_under(local, prefix))
        rest = local[len(prefix) :].replace(self._sep, "/").lstrip("/")
        return f"{name}:/{rest}" if rest else f"{name}:"

    def is_plain(self, name: str) -> bool:
        """Whether a file or folder of this machine can have this name."""
        return not self._is_windows or not (_NOT_ON_WINDOWS.search(name) or paths.is_reserved(name))

    def escaped(self, name: str) -> str:
        """A name that this machine cannot have, without what would be a separator here."""
        return name.translate(_ESCAPED)

    @property
    def _sep(self) -> str:
        return str(self._path_module.sep)

    def _find(self, local: str) -> str:
        """The name of the innermost mapped folder that a path of this machine is in; "" if there is
        none.
        """
        return next((name for prefix, name in self._prefixes if self._is_under(local, prefix)), "")

    def _is_under(self, path: str, folder: str) -> bool:
        """As ``paths.is_under``, for paths that are normal already: each path that is read passes here."""
        if self._is_windows:
            path, folder = path.lower(), folder.lower()
        return path.startswith(folder) and (
            len(path) == len(folder) or folder.endswith(self._sep) or path[len(folder)] == self._sep
        )

    def _can_have(self, rest: str) -> bool:
        return not self._is_windows or not rest or all(map(self.is_plain, rest.split("/")))

    def _as_elsewhere(self, stored: str) -> str:
        """With the separators of this machine, so that folder and name can be told apart."""
        is_other = bool(_OF_WINDOWS.match(stored)) != self._is_windows
        if not is_other:
            return ELSEWHERE + stored
        if not self._is_windows:
            return ELSEWHERE + stored[:2] + stored[2:].replace("\\", "/")
        start = _TWO_SLASHES if stored.startswith("//") else ""
        return ELSEWHERE + start + self.escaped(stored[2 if start else 0 :]).replace("/", "\\")

    def _from_elsewhere(self, text: str) -> str:
        is_of_windows = bool(_OF_WINDOWS.match(text))
        if is_of_windows == self._is_windows:
            return text
        if is_of_windows:
            return text.replace("/", "\\")
        meant = {**_MEANT, "\\": "/"}
        return re.sub(r"\|[|=-]|\\", lambda found: meant[found[0]], text)


def _joined(top: str, rest: str, sep: str) -> str:
    if not rest:
        return top
    return top + rest if top.endswith(sep) else top + sep + rest


def separator_of(stored: str) -> str:
    """The separator in a path of the database."""
    return "\\" if _OF_WINDOWS.match(stored) else "/"


def is_path(text: str) -> bool:
    """Whether a text looks like a full path of any system, or of the database."""
    return text.startswith(("/", ELSEWHERE)) or bool(_OF_WINDOWS.match(text) or _NAMED.match(text))


def name_of(stored: str) -> str:
    """The name of the mapped folder that a path of the database is in; "" if it is in none."""
    found = _NAMED.match(stored)
    return found[1] if found and found[1] not in _TAKEN else ""


def name_at(real: str, roots: Iterable[MappedRoot]) -> str:
    """The name of the shared folder at a resolved path; "" if there is none."""
    if paths.is_elsewhere(real):
        return name_of(real[len(ELSEWHERE) :].replace("\\", "/"))
    same = (root.name for root in roots if os.path.normcase(root.real) == os.path.normcase(real))
    return next(same, "")


def check_name(raw: str) -> str:
    """A name for a folder. Raises InvalidRequest for a text that is none."""
    name = raw.strip().lower().removesuffix(":")
    if not _NAME.fullmatch(name) or name in _TAKEN:
        raise InvalidRequest(
            f"'{raw[:80]}' is no name for a folder: take 2 to 63 of the letters a to z, digits, '-', "
            "'_' and '.'."
        )
    return name


def load(data_dir: str) -> tuple[MappedRoot, ...]:
    """The mapped folders of this machine, each resolved again if it is there.

    Raises ConfigError for a file that cannot be read: without it, files of other folders would be
    taken for those of the library.
    """
    file = os.path.join(data_dir, FILE)
    try:
        with open(file, encoding="utf-8") as text:
            entries = json.load(text)
        stored = tuple(_root(entry) for entry in entries)
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, TypeError, KeyError) as exc:
        raise ConfigError(
            f"{file}, which says where shared folders are on this machine, cannot be read ({exc}): "
            "repair it, or remove it and map them again with 'iib roots map'."
        ) from exc
    return tuple(_resolved(root) for root in stored)


def _root(entry: Mapping[str, str]) -> MappedRoot:
    texts = (entry["path"], entry["real"])
    return MappedRoot(check_name(entry["name"]), *map(paths.from_text, texts))


def _resolved(root: MappedRoot) -> MappedRoot:
    """A link may lead to another folder now, and a drive of Windows to another share."""
    real = paths.real_or_given(root.path)
    return MappedRoot(root.name, root.path, real) if os.path.isdir(real) else root


def save(data_dir: str, roots: Iterable[MappedRoot]) -> None:
    """Store the mapped folders of this machine. Raises ConfigError if they cannot be."""
    file = os.path.join(data_dir, FILE)
    part = f"{file}.{os.getpid()}.part"
    entries: list[dict[str, Any]] = [
        {"name": root.name, "path": paths.to_text(root.path), "real": paths.to_text(root.real)}
        for root in roots
    ]
    try:
        os.makedirs(data_dir, mode=0o700, exist_ok=True)
        with open(part, "w", encoding="utf-8") as text:
            json.dump(entries, text, indent=1)
        windows.replace(part, file)
    except OSError as exc:
        raise ConfigError(
            f"{file} cannot be written ({exc.strerror}): let this user write there, then try again."
        ) from exc
