"""Names of files: which are allowed, which belong together, which are free.

Works on text only and never reads the disk.
"""

from __future__ import annotations

import ntpath
import os
import posixpath
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from iib_core import companions, mediatypes, paths
from iib_core.errors import InvalidRequest
from iib_core.paths import is_reserved

MAX_NAME = 255
_NOT_ON_WINDOWS = frozenset('<>:"|?*') | {chr(code) for code in range(32)}
_NOT_EVERYWHERE = dict.fromkeys((*map(ord, _NOT_ON_WINDOWS | {"/", "\\"}), *range(0x7F, 0xA0)), "_")


def validate(raw: str, *, windows: bool = sys.platform == "win32") -> str:
    """``raw`` as the name of a file or folder on the disk.

    Raises InvalidRequest if it is not a name, or not a name that Windows can store.
    """
    shown = raw[:80]
    _require_plain(raw)
    paths.require_storable(raw, "name", ntpath if windows else posixpath)
    name = paths.from_text(raw)
    if _length(name, windows=windows) > MAX_NAME:
        unit = "characters" if windows else "bytes"
        raise InvalidRequest(f"The name is too long: at most {MAX_NAME} {unit} are possible.")
    if is_reserved(name):  # on every system, because libraries move between machines
        raise InvalidRequest(f"'{shown}' is the name of a device on Windows: choose another one.")
    if name.casefold() == paths.TRASH:
        raise InvalidRequest(f"'{shown}' is the name of the trash: choose another one.")
    if windows and (_NOT_ON_WINDOWS & set(name) or name[-1] in ". "):
        raise InvalidRequest(f"'{shown}' cannot be a name on Windows: choose another one.")
    return name


def _require_plain(raw: str) -> None:
    if not raw:
        raise InvalidRequest("The name is empty: give the new name, without a folder.")
    if raw in (".", ".."):
        raise InvalidRequest(f"'{raw}' is not a name: give the new name.")
    if "\0" in raw:
        raise InvalidRequest("The name contains a NUL character, which no file name can.")
    if "/" in raw or "\\" in raw:
        raise InvalidRequest(
            f"'{raw[:80]}' contains a slash: give a name only, and move the file to change its folder."
        )


def make_portable(name: str) -> str:
    """``name`` with underscores in place of what some system cannot store or reads as a path or a
    device.
    """
    safe = name.translate(_NOT_EVERYWHERE)
    stripped = safe.rstrip(". ")
    safe = stripped + "_" * (len(safe) - len(stripped)) or "_"
    return "_" + safe if is_reserved(safe) else safe


def is_companion(name: str) -> bool:
    """Whether a file of that name may be a companion of a picture."""
    return companions.base(name) is not None


def stem(name: str) -> str:
    """The part of a name that a file shares with its companions: ``x`` for ``x.png``, ``x.txt`` and
    ``x.swarm.json``, ``x.png`` for ``x.png.txt``.
    """
    return companions.base(name) or os.path.splitext(name)[0]


def find_companions(
    asked: Iterable[str], present: Iterable[str], *, is_leaving: bool
) -> dict[str, list[str]]:
    """The companions among ``present``, the names in a folder, that go along with the media among
    ``asked``, by the name of the media file.

    ``x.txt`` belongs to every picture ``x.*``; if pictures leave (``is_leaving``) and another
    ``x.*`` remains, ``x.txt`` remains with it. ``x.png.txt`` belongs to ``x.png``. A companion of a
    model ``x.safetensors`` stays with the model. Names in ``asked`` are not listed as companions.
    """
    present = list(present)
    if not any(map(is_companion, present)):
        return {}
    asked_names = set(asked)
    by_stem: dict[str, list[str]] = defaultdict(list)
    for name in present:
        by_stem[stem(name)].append(name)
    result: dict[str, list[str]] = {}
    taken: set[str] = set(asked_names)
    for name in asked_names:
        if mediatypes.media_type(name) is None:
            continue
        candidates = by_stem.get(name, [])
        same_stem = by_stem.get(os.path.splitext(name)[0], [])
        if not _is_needed(same_stem, asked_names, is_leaving):
            candidates = candidates + same_stem
        own = [other for other in candidates if is_companion(other) and other not in taken]
        if own:
            taken.update(own)
            result[name] = own
    return result


def _is_needed(same_stem: Iterable[str], asked: set[str], is_leaving: bool) -> bool:
    """Whether the companions of these files must stay, for a model or for a picture that remains."""
    others = [name for name in same_stem if name not in asked]
    return any(map(companions.is_model, others)) or (
        is_leaving and any(map(mediatypes.media_type, others))
    )


def group_by_stem(
    names: Iterable[str], companions_of: Mapping[str, list[str]]
) -> Iterable[Sequence[str]]:
    """``names`` and their companions in groups that stay together: pictures of one stem that share
    a companion, and every other file alone.
    """
    names = list(dict.fromkeys(names))
    if not companions_of and not any(map(is_companion, names)):
        return ((name,) for name in names)
    asked = set(names)
    owners = {os.path.splitext(name)[0] for name in names if mediatypes.media_type(name)}
    stems = {name: _stem_of_owner(name, asked) for name in names}
    shared = {stems[name] for name in names if name in companions_of or is_companion(name)} & owners
    groups: dict[str, list[str]] = {}
    for name, own in stems.items():
        key = own if own in shared else "/" + name
        groups.setdefault(key, []).extend([name, *companions_of.get(name, [])])
    return groups.values()


def _stem_of_owner(name: str, asked: set[str]) -> str:
    """The stem of a picture, or of the picture that a companion belongs to: ``x`` for ``x.png``,
    ``x.txt`` and, beside ``x.png``, ``x.png.txt``.
    """
    own = stem(name)
    return os.path.splitext(own)[0] if is_companion(name) and own in asked else own


def rename_stem(name: str, old: str, new: str) -> str:
    """``name`` with its stem ``old`` replaced by ``new``. ``a.png``, ``a.txt`` and ``a.png.txt``
    all have the stem ``a``.
    """
    return new + name[len(old) :]


def common_stem(group: Iterable[str]) -> str:
    """The stem of the names of a group."""
    return stem(min(group, key=len))


def find_free(
    group: Iterable[str], is_taken: Callable[[str], bool], *, is_folder: bool = False
) -> list[str]:
    """The names of a group with `` (1)``, `` (2)`` ... after their common stem. The first number is
    used with which none of them is taken.
    """
    group = list(group)
    old = group[0] if is_folder else common_stem(group)
    for number in range(1, 1_000_000):
        tail = f" ({number})"
        renamed = [rename_stem(name, old, _shorten(old, tail, group) + tail) for name in group]
        if not any(map(is_taken, renamed)):
            return renamed
    raise InvalidRequest(f"There is no free name like '{paths.to_text(old[:80])}'.")


def _shorten(stem: str, tail: str, group: list[str]) -> str:
    """``stem`` cut so that the longest name of the group still fits."""
    longest = max(map(_length, group)) - _length(stem) + len(tail)
    while stem and _length(stem) + longest > MAX_NAME:
        stem = stem[:-1]
    return stem


def _length(name: str, *, windows: bool = sys.platform == "win32") -> int:
    """The length of a name as the system limits it: in bytes, on Windows in UTF-16 units."""
    return paths.length(name) if windows else len(os.fsencode(name))
