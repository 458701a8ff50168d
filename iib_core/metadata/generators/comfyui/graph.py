"""ComfyUI graphs in one form: nodes by id, whose inputs are plain values or links to other nodes' outputs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

from iib_core.metadata.values import as_dict

NODES_MAX = 10_000
LINKS_MAX = 50_000
# The input under which a text that a node showed is kept.
SHOWN = "shown_text"
_INPUTS_A_VISIT = 32
_CHARS_A_VISIT = 4096
_DIGITS = "0123456789"
_NUMBER_MAX_DIGITS = 9


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

    @cached_property
    def links(self) -> tuple[tuple[str, Link], ...]:
        """The inputs that come from other nodes, in their order."""
        return tuple((name, value) for name, value in self.inputs.items() if isinstance(value, Link))

    def has(self, *names: str) -> bool:
        """Whether any of these inputs exists."""
        return any(name in self.inputs for name in names)

    @cached_property
    def lowered(self) -> Mapping[str, Any]:
        """The inputs by their names in lower case."""
        return {name.lower(): value for name, value in self.inputs.items()}

    @cached_property
    def numbered(self) -> Mapping[int, Any]:
        """The inputs whose names end in a number, by that, in their order; of each number the first
        that has a value.
        """
        found: dict[int, Any] = {}
        for name, value in self.lowered.items():
            digits = name[len(name.rstrip(_DIGITS)) :]
            if digits and value is not None and len(digits) <= _NUMBER_MAX_DIGITS:
                found.setdefault(int(digits), value)
        return found

    @cached_property
    def kind(self) -> str:
        """The class name in lower case without spaces and signs, for looking words up in it."""
        return "".join(filter(str.isalnum, self.type.lower()))

    @cached_property
    def weight(self) -> int:
        """What a visit of this node costs: 1, and more where it is large, so that no number of
        visits of large nodes is more than bounded work.
        """
        chars = len(self.type) + sum(
            len(name) + (len(value) if isinstance(value, str) else 0) for name, value in self.inputs.items()
        )
        return 1 + len(self.inputs) // _INPUTS_A_VISIT + chars // _CHARS_A_VISIT


Graph = Mapping[str, Node]


def is_prompt(document: object) -> bool:
    """Whether a JSON document is a graph as it is sent to ComfyUI's API."""
    return isinstance(document, dict) and any(
        isinstance(node, dict) and isinstance(node.get("class_type"), str) for node in document.values()
    )


def from_prompt(document: Mapping[str, Any], shown: Mapping[str, str] | None = None) -> Graph:
    """The graph of an API document; entries that are no nodes are left out. ``shown``: texts that nodes
    showed, by node.
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
    return {key: Node(key, node["class_type"], undotted(found[key])) for key, node in entries.items()}


def _links(entries: Mapping[str, Any]) -> Iterator[tuple[str, str, Link]]:
    """Node, input and link of every input that is one: [id of another node, number of its output]."""
    for key, node in entries.items():
        for name, value in as_dict(node.get("inputs")).items():
            if (
                isinstance(value, list)
                and len(value) == 2
                and isinstance(value[0], (str, int))
                and isinstance(value[1], int)
                and str(value[0]) in entries
            ):
                yield key, name, Link(str(value[0]), value[1])


def undotted(inputs: dict[str, Any]) -> dict[str, Any]:
    """The inputs, with those of a choice under their own names too: ``model.seed`` of ComfyUI's service
    nodes is also ``seed``.

    Those of rows, such as ``loras.0.strength``, belong to their row alone.
    """
    dotted = [name for name in inputs if "." in name]
    for name in dotted:
        *outer, last = name.split(".")
        if last and not any(part.isdecimal() for part in outer):
            inputs.setdefault(last, inputs[name])
    return inputs


def ancestors(graph: Graph, start: str, without: Collection[str] = ()) -> dict[str, int]:
    """Every node that a node depends on, itself included, with its distance; nearest first.

    What is in ``without`` is not gone into.
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
