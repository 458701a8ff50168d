"""Which files belong into which folder: by topic, or by a rule. Pure: asks neither database nor
disk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from iib_core.cluster import foldernames
from iib_core.cluster.folder_pattern import FolderPattern, has_value
from iib_core.db.organise_plans import Facts

NAMINGS = ("title", "keywords", "id")
NOISE_ID = "noise"
_MAX_KEYWORDS = 4


@dataclass(frozen=True)
class FolderGroup:
    """Files that go into one folder. ``folder``: names of nested folders below the destination.

    Paths in the form of ``paths.to_text``.
    """

    id: str
    folder: tuple[str, ...]
    title: str
    files: Sequence[str]
    keywords: Sequence[str] = ()


@dataclass(frozen=True)
class Grouping:
    """All groups, and the files that are in none."""

    groups: list[FolderGroup] = field(default_factory=list)
    noise: list[str] = field(default_factory=list)


def by_topic(
    topics: Iterable[Mapping[str, Any]], noise: Sequence[str], naming: str, max_chars: int
) -> Grouping:
    """A group for each topic, named by its title, keywords or id.

    Topics whose names give the same folder become one group.
    """
    found: dict[str, FolderGroup] = {}
    for topic in topics:
        name = foldernames.clean(_name(topic, naming), max_chars) or foldernames.clean(
            str(topic["id"])
        )
        key = foldernames.key(name)
        known = found.get(key)
        if known is None:
            found[key] = FolderGroup(
                topic["id"], (name,), topic["title"], topic["paths"], topic["keywords"]
            )
        else:
            keywords = list(dict.fromkeys([*known.keywords, *topic["keywords"]]))
            found[key] = replace(known, files=[*known.files, *topic["paths"]], keywords=keywords)
    return Grouping(list(found.values()), list(noise))


def by_rule(facts: Iterable[Facts], field_name: str, pattern: FolderPattern) -> Grouping:
    """A group for each folder that the pattern gives, by name.

    Files without a value in ``field_name`` are noise.
    """
    found: dict[str, tuple[tuple[str, ...], list[str]]] = {}
    noise: list[str] = []
    for each in facts:
        if not has_value(field_name, each):
            noise.append(each.path)
            continue
        folder = pattern.folder(each)
        key = "/".join(map(foldernames.key, folder))
        found.setdefault(key, (folder, []))[1].append(each.path)
    groups = [
        FolderGroup(f"r{number}", folder, "/".join(folder), files)
        for number, (_, (folder, files)) in enumerate(sorted(found.items()), 1)
    ]
    return Grouping(groups, noise)


def reuse_folders(grouping: Grouping, find: Callable[[str], str]) -> Grouping:
    """The same groups, with the spelling of existing folders.

    ``find(name)`` gives that spelling for a folder directly below the destination.
    """
    groups = [
        replace(group, folder=(find(group.folder[0]), *group.folder[1:]))
        for group in grouping.groups
    ]
    return Grouping(groups, grouping.noise)


def _name(topic: Mapping[str, Any], naming: str) -> str:
    if naming == "id":
        return str(topic["id"])
    if naming == "keywords":
        return ", ".join(topic["keywords"][:_MAX_KEYWORDS]) or str(topic["title"])
    return str(topic["title"])
