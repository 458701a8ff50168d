"""Which files belong into which folder: by topics, or by a rule. Pure: neither database nor disk is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from iib_core.cluster import foldernames, rules
from iib_core.db.organise_plans import Facts

NAMINGS = ("title", "keywords", "id")
NOISE_ID = "noise"
_MAX_KEYWORDS = 4


@dataclass(frozen=True)
class Heap:
    """Files that go into one folder: ``folder`` are the names of folders below the destination.

    Paths in the form of ``paths.to_text``.
    """

    id: str
    folder: tuple[str, ...]
    title: str
    files: Sequence[str]
    keywords: Sequence[str] = ()


@dataclass(frozen=True)
class Heaps:
    """All heaps, and the files that belong into none."""

    heaps: list[Heap] = field(default_factory=list)
    rest: list[str] = field(default_factory=list)


def by_topic(
    clusters: Iterable[Mapping[str, Any]], noise: Sequence[str], naming: str, max_chars: int
) -> Heaps:
    """A heap for each topic, named by its title, keywords or id.

    Topics whose names lead to one folder are one heap.
    """
    found: dict[str, Heap] = {}
    for cluster in clusters:
        name = foldernames.clean(_name(cluster, naming), max_chars) or foldernames.clean(str(cluster["id"]))
        known = found.get(foldernames.key(name))
        if known is None:
            found[foldernames.key(name)] = Heap(
                cluster["id"], (name,), cluster["title"], cluster["paths"], cluster["keywords"]
            )
        else:
            keywords = list(dict.fromkeys([*known.keywords, *cluster["keywords"]]))
            found[foldernames.key(name)] = Heap(
                known.id, known.folder, known.title, [*known.files, *cluster["paths"]], keywords
            )
    return Heaps(list(found.values()), list(noise))


def by_rule(facts: Iterable[Facts], field_name: str, pattern: rules.Pattern) -> Heaps:
    """A heap for each folder that the pattern gives, by name; what lacks the field that is sorted
    by is the rest.
    """
    found: dict[str, tuple[tuple[str, ...], list[str]]] = {}
    rest: list[str] = []
    for each in facts:
        if not rules.has_value(field_name, each):
            rest.append(each.path)
            continue
        folder = pattern.folder(each)
        found.setdefault("/".join(map(foldernames.key, folder)), (folder, []))[1].append(each.path)
    heaps = [
        Heap(f"r{number}", folder, "/".join(folder), files)
        for number, (_, (folder, files)) in enumerate(sorted(found.items()), 1)
    ]
    return Heaps(heaps, rest)


def reuse_folders(heaps: Heaps, find: Callable[[str], str]) -> Heaps:
    """The same with the spelling of folders that are there; ``find(name)`` gives it for a folder
    right below the destination.
    """
    return Heaps(
        [
            Heap(heap.id, (find(heap.folder[0]), *heap.folder[1:]), heap.title, heap.files, heap.keywords)
            for heap in heaps.heaps
        ],
        heaps.rest,
    )


def _name(cluster: Mapping[str, Any], naming: str) -> str:
    if naming == "id":
        return str(cluster["id"])
    if naming == "keywords":
        return ", ".join(cluster["keywords"][:_MAX_KEYWORDS]) or str(cluster["title"])
    return str(cluster["title"])
