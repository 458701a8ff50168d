"""Names of files: which are allowed, which belong together, which is free.

Purely lexical, the disk is not asked.
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


def check(raw: str, *, windows: bool = sys.platform == "win32") -> str:
    """``raw`` as the name of a file or folder on the disk.

    Raises InvalidRequest for what is none, or is none on Windows and looks like an accident.
    """
    shown = raw[:80]
    if not raw or raw in (".", ".."):
        raise InvalidRequest(
            "The name is empty: give the new name, without a folder."
            if not raw
            else f"'{raw}' is no name: give the new name."
        )
    if "\0" in raw:
        raise InvalidRequest("The name contains a NUL character, which no file name can.")
    if "/" in raw or "\\" in raw:
        raise InvalidRequest(
            f"'{shown}' contains a slash: give a name only, and move the file to change its folder."
        )
    paths.require_storable(raw, "name", ntpath if windows else posixpath)
    name = paths.from_text(raw)
    if _size(name, windows=windows) > MAX_NAME:
        raise InvalidRequest(
            f"The name is too long: at most {MAX_NAME} {'characters' if windows else 'bytes'} are possible."
        )
    if is_reserved(name):  # everywhere: libraries travel between machines
        raise InvalidRequest(f"'{shown}' is the name of a device on Windows: choose another one.")
    if name.casefold() == paths.TRASH:
        raise InvalidRequest(f"'{shown}' is the name of the trash: choose another one.")
    if windows and (_NOT_ON_WINDOWS & set(name) or name[-1] in ". "):
        raise InvalidRequest(f"'{shown}' is no name that Windows can store.")
    return name


def make_portable(name: str) -> str:
    """``name`` as one that each system can store and none takes for a path or a device, with underscores."""
    safe = name.translate(_NOT_EVERYWHERE)
    kept = safe.rstrip(". ")
    safe = kept + "_" * (len(safe) - len(kept)) or "_"
    return "_" + safe if is_reserved(safe) else safe


def is_sidecar(name: str) -> bool:
    """Whether a file of that name may belong to a picture."""
    return companions.base(name) is not None


def stem(name: str) -> str:
    """What a file's name begins with, and those of its companions: ``x`` for ``x.png``, ``x.txt`` and
    ``x.swarm.json``, ``x.png`` for ``x.png.txt``.
    """
    return companions.base(name) or os.path.splitext(name)[0]


def find_sidecars(asked: Iterable[str], present: Iterable[str], *, is_leaving: bool) -> dict[str, list[str]]:
    """Sidecars in ``present``, the names in a folder, that go along with the media among ``asked``,
    by the name they go with.

    ``x.txt`` belongs to every picture ``x.*`` and so, where the pictures are leaving, stays for one
    that remains; ``x.png.txt`` belongs to ``x.png``. Beside a model ``x.safetensors`` it is the
    model's, and stays with it. What was asked for by itself is left out.
    """
    present = list(present)
    if not any(map(is_sidecar, present)):
        return {}
    wanted = set(asked)
    by_stem: dict[str, list[str]] = defaultdict(list)
    for name in present:
        by_stem[stem(name)].append(name)
    found: dict[str, list[str]] = {}
    taken: set[str] = set(wanted)
    for name in wanted:
        if mediatypes.media_type(name) is None:
            continue
        own = [other for other in by_stem.get(name, []) if is_sidecar(other)]
        beside = by_stem.get(os.path.splitext(name)[0], [])
        if not _is_needed(beside, wanted, is_leaving):
            own += [other for other in beside if is_sidecar(other)]
        own = [other for other in own if other not in taken]
        if own:
            taken.update(own)
            found[name] = own
    return found


def _is_needed(beside: Iterable[str], wanted: set[str], is_leaving: bool) -> bool:
    """Whether companions of these files stay: for a model, or for a picture that remains."""
    others = [name for name in beside if name not in wanted]
    return any(map(companions.is_model, others)) or (is_leaving and any(map(mediatypes.media_type, others)))


def group_by_stem(names: Iterable[str], sidecars: Mapping[str, list[str]]) -> Iterable[Sequence[str]]:
    """``names`` and their sidecars in groups that stay together: pictures of one stem that share a
    sidecar, and everything else by itself.
    """
    names = list(dict.fromkeys(names))
    if not sidecars and not any(map(is_sidecar, names)):
        return ((name,) for name in names)
    asked = set(names)
    owners = {os.path.splitext(name)[0] for name in names if mediatypes.media_type(name)}
    stems = {name: _stem_of_owner(name, asked) for name in names}
    shared = {stems[name] for name in names if name in sidecars or is_sidecar(name)} & owners
    groups: dict[str, list[str]] = {}
    for name, own in stems.items():
        groups.setdefault(own if own in shared else "/" + name, []).extend([name, *sidecars.get(name, [])])
    return groups.values()


def _stem_of_owner(name: str, asked: set[str]) -> str:
    """The stem of a picture, and of the picture that a sidecar belongs to: ``x`` for ``x.png``,
    ``x.txt`` and, beside ``x.png``, ``x.png.txt``.
    """
    own = stem(name)
    return os.path.splitext(own)[0] if is_sidecar(name) and own in asked else own


def rename_stem(name: str, old: str, new: str) -> str:
    """``name`` with its stem ``old`` replaced by ``new``: ``a.png``, ``a.txt`` and ``a.png.txt``
    all begin with ``a``.
    """
    return new + name[len(old) :]


def common_stem(group: Iterable[str]) -> str:
    """The stem that the names of a group begin with."""
    return stem(min(group, key=len))


def find_free(group: Iterable[str], is_taken: Callable[[str], bool], *, is_folder: bool = False) -> list[str]:
    """The names of a group with `` (1)``, `` (2)``, ... behind their common stem: the first number
    under which none of them is taken.
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
    longest = max(map(_size, group)) - _size(stem) + len(tail)
    while stem and _size(stem) + longest > MAX_NAME:
        stem = stem[:-1]
    return stem


def _size(name: str, *, windows: bool = sys.platform == "win32") -> int:
    """What of a name is limited: bytes, on Windows UTF-16 units."""
    return paths.length(name) if windows else len(os.fsencode(name))
