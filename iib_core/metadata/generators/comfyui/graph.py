"""ComfyUI graphs in one form: nodes by id, whose inputs are plain values or links to other nodes' outputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

NODES_MAX = 20_000


@dataclass(frozen=True)
class Link:
    """An input that comes from output ``slot`` of node ``node``."""

    node: str
    slot: int


@dataclass(frozen=True)
class Node:
    """A node. ``inputs`` holds plain JSON values and Links by name, widgets included."""

    id: str
    type: str
    inputs: Mapping[str, Any]

    def links(self) -> Iterator[tuple[str, Link]]:
        """The inputs that come from other nodes, in their order."""
        for name, value in self.inputs.items():
            if isinstance(value, Link):
                yield name, value

    def has(self, *names: str) -> bool:
        """Whether any of these inputs exists."""
        return any(name in self.inputs for name in names)

    def kind(self) -> str:
        """The class name in lower case without spaces and signs, for looking words up in it."""
        return "".join(char for char in self.type.lower() if char.isalnum())


Graph = Mapping[str, Node]


def is_prompt(document: object) -> bool:
    """Whether a JSON document is a graph as it is sent to ComfyUI's API."""
    return isinstance(document, dict) and any(isinstance(node, dict) and isinstance(node.get("class_type"), str) for node in document.values())


def from_prompt(document: Mapping[str, Any]) -> Graph:
    """The graph of an API document; entries that are no nodes are left out."""
    entries = {key: node for key, node in list(document.items())[:NODES_MAX] if isinstance(node, dict) and isinstance(node.get("class_type"), str)}
    return {key: Node(key, node["class_type"], _inputs(node.get("inputs"), entries)) for key, node in entries.items()}


def _inputs(written: object, entries: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(written, dict):
        return {}
    return {name: _link_or_value(value, entries) for name, value in written.items()}


def _link_or_value(value: Any, entries: Mapping[str, Any]) -> Any:
    if isinstance(value, list) and len(value) == 2 and isinstance(value[0], (str, int)) and isinstance(value[1], int) and str(value[0]) in entries:
        return Link(str(value[0]), value[1])
    return value


def ancestors(graph: Graph, start: str) -> dict[str, int]:
    """Every node that a node depends on, itself included, with its distance; nearest first."""
    found = {start: 0}
    queue = [start]
    for key in queue:
        node = graph.get(key)
        for _name, link in node.links() if node else ():
            if link.node in graph and link.node not in found:
                found[link.node] = found[key] + 1
                queue.append(link.node)
    return found
