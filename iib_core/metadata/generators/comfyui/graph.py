"""ComfyUI graphs: nodes by id, whose inputs are plain values or links to outputs of other nodes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

from iib_core.metadata.values import as_dict

NODES_MAX = 10_000
LINKS_MAX = 50_000
# The input that holds a text that a node displayed.
SHOWN = "shown_text"
_INPUTS_A_VISIT = 32
_CHARS_A_VISIT = 4096
_DIGITS = "0123456789"
_NUMBER_MAX_DIGITS = 9


@dataclass(frozen=True)
class Link:
    """An input that is connected to output ``slot`` of node ``node``."""

    node: str
    slot: int


@dataclass(frozen=True)
class Node:
    """A node. ``inputs``: plain JSON values and Links by name, including widgets."""

    id: str
    type: str
    inputs: Mapping[str, Any]

    @cached_property
    def links(self) -> tuple[tuple[str, Link], ...]:
        """The inputs that are connected to other nodes, in their order."""
        return tuple(
            (name, value) for name, value in self.inputs.items() if isinstance(value, Link)
        )

    def has(self, *names: str) -> bool:
        """Whether any of these inputs exists."""
        return any(name in self.inputs for name in names)

    @cached_property
    def lowered(self) -> Mapping[str, Any]:
        """The inputs by name in lower case."""
        return {name.lower(): value for name, value in self.inputs.items()}

    @cached_property
    def numbered(self) -> Mapping[int, Any]:
        """The inputs whose names end in a number, by that number; if several do, the first with a
        value.
        """
        found: dict[int, Any] = {}
        for name, value in self.lowered.items():
            digits = name[len(name.rstrip(_DIGITS)) :]
            if digits and value is not None and len(digits) <= _NUMBER_MAX_DIGITS:
                found.setdefault(int(digits), value)
        return found

    @cached_property
    def kind(self) -> str:
        """The class name in lower case, letters and digits only, to search for words in it."""
        return "".join(filter(str.isalnum, self.type.lower()))

    @cached_property
    def weight(self) -> int:
        """The cost of a visit of this node: 1, and more for a large node, so that the work of a
        limited number of visits is limited.
        """
        chars = len(self.type)
        for name, value in self.inputs.items():
            chars += len(name) + (len(value) if isinstance(value, str) else 0)
        return 1 + len(self.inputs) // _INPUTS_A_VISIT + chars // _CHARS_A_VISIT


Graph = Mapping[str, Node]


def is_prompt(document: object) -> bool:
    """Whether a JSON document is a graph in the form of ComfyUI's API."""
    return isinstance(document, dict) and any(
        isinstance(node, dict) and isinstance(node.get("class_type"), str)
        for node in document.values()
    )


def from_prompt(document: Mapping[str, Any], shown: Mapping[str, str] | None = None) -> Graph:
    """The graph of an API document. Entries that are not nodes are left out.

    ``shown``: texts that nodes displayed, by node id.
    """
    entries = {
        key: node
        for key, node in list(document.items())[:NODES_MAX]
        if isinstance(node, dict) and isinstance(node.get("class_type"), str)
    }
    links = islice(_links(entries), LINKS_MAX)
    found: dict[str, dict[str, Any]] = {
        key: dict(as_dict(node.get("inputs"))) for key, node in entries.items()
    }
    for key, name, link in links:
        found[key][name] = link
    for key, text in (shown or {}).items():
        if key in found:
            found[key].setdefault(SHOWN, text)
    return {
        key: Node(key, node["class_type"], undotted(found[key])) for key, node in entries.items()
    }


def _links(entries: Mapping[str, Any]) -> Iterator[tuple[str, str, Link]]:
    """(node, input, link) of every input that is a link: [id of another node, number of its
    output].
    """
    for key, node in entries.items():
        for name, value in as_dict(node.get("inputs")).items():
            if not isinstance(value, list) or len(value) != 2:
                continue
            origin, slot = value
            if isinstance(origin, (str, int)) and isinstance(slot, int) and str(origin) in entries:
                yield key, name, Link(str(origin), slot)


def undotted(inputs: dict[str, Any]) -> dict[str, Any]:
    """The inputs, with nested ones also under their last name: ``model.seed`` of ComfyUI's service
    nodes becomes ``seed`` too.

    Inputs of rows, such as ``loras.0.strength``, are not added, because they belong to their row.
    """
    dotted = [name for name in inputs if "." in name]
    for name in dotted:
        *outer, last = name.split(".")
        if last and not any(part.isdecimal() for part in outer):
            inputs.setdefault(last, inputs[name])
    return inputs


def ancestors(graph: Graph, start: str, without: Collection[str] = ()) -> dict[str, int]:
    """The distances of all nodes that a node depends on, including itself; nearest first.

    Nodes in ``without`` are not followed.
    """
    found = {start: 0}
    queue = [start]
    for key in queue:
        node = graph.get(key)
        for _name, link in node.links if node else ():
            if link.node in graph and link.node not in found and link.node not in without:
                found[link.node] = found[key] + 1
                queue.append(link.node)
    return found
