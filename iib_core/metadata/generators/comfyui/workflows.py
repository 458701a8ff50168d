"""Converts ComfyUI workflows, as the front end saves them, to graphs: expands subgraphs and group
nodes, removes reroutes and bypassed or muted nodes.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from iib_core.metadata import limits
from iib_core.metadata.generators.comfyui import everywhere
from iib_core.metadata.generators.comfyui.graph import NODES_MAX, SHOWN, Graph, Link, Node, undotted
from iib_core.metadata.generators.comfyui.widgets import widget_values, without_comments
from iib_core.metadata.values import as_dict, as_int, as_list

HOPS_MAX = 200_000  # steps towards the origins of links, of all links of a workflow
VISITS_MAX = 15_000
SCOPE_DEPTH_MAX = 20
_INPUTS_A_VISIT = 32

_MUTED = 2
_BYPASSED = 4
_INPUT_NODE = "-10"
_OUTPUT_NODE = "-20"
_PLAIN_TYPES = frozenset({"STRING", "INT", "FLOAT", "BOOLEAN", "COMBO"})
_WIRE_KEYS = ("id", "origin_id", "origin_slot", "target_id", "target_slot")
_PROMPTS = frozenset(
    {
        "text",
        "prompt",
        "text_g",
        "text_l",
        "clip_l",
        "clip_g",
        "t5xxl",
        "positive",
        "negative",
        "positive_prompt",
        "negative_prompt",
    }
)
_SHOWING_TYPE = re.compile(
    r"(?:show|preview|display|view) ?_?(?:text|any|string|prompt|value|data)", re.IGNORECASE
)
_GROUP_PREFIXES = ("workflow>", "workflow/")
_FRONT_END_ONLY = frozenset(
    {
        "Note",
        "MarkdownNote",
        "Fast Groups Muter (rgthree)",
        "Fast Groups Bypasser (rgthree)",
        "Label (rgthree)",
    }
)


@dataclass(frozen=True)
class _Wire:
    """A link from output ``origin_slot`` of ``origin`` to input ``target_slot`` of ``target``."""

    origin: str
    origin_slot: int
    target: str
    target_slot: int


@dataclass(frozen=True)
class _Sheet:
    """The nodes and links of a workflow or a subgraph. Read once, even if a subgraph is used
    repeatedly.
    """

    nodes: dict[str, dict[str, Any]]
    wires: dict[str, _Wire]
    outputs: dict[int, _Wire]
    setters: dict[str, dict[str, Any]]
    widgets: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass
class _Shared:
    """The state that all scopes of one workflow share. ``visits`` limits the work of nested
    subgraphs, ``hops`` that of all links.
    """

    definitions: Mapping[str, dict[str, Any]]
    sheets: dict[str, _Sheet] = field(default_factory=dict)
    origins: dict[tuple[int, str, int], Any] = field(default_factory=dict)
    visits: limits.Budget = field(default_factory=lambda: limits.Budget(VISITS_MAX))
    hops: limits.Budget = field(default_factory=lambda: limits.Budget(HOPS_MAX))
    scopes: int = 0

    def next_number(self) -> int:
        """The number of a new scope."""
        self.scopes += 1
        return self.scopes


@dataclass
class _Scope:
    """A workflow, or one use of a subgraph inside it.

    ``number`` makes the ids of its nodes unique; it is used because names in the file may be very
    long.
    """

    number: int
    sheet: _Sheet
    shared: _Shared
    nodes: dict[str, dict[str, Any]]
    parent: _Scope | None = None
    instance: dict[str, Any] = field(default_factory=dict)
    depth: int = 0
    inner: dict[str, _Scope] = field(default_factory=dict)
    handed_on: dict[str, list[_Wire | None]] = field(default_factory=dict)

    def key(self, node: str) -> str:
        """The id in the graph of one of its nodes."""
        return f"{self.number}:{node}" if self.number else node

    @cached_property
    def definition(self) -> Mapping[str, Any]:
        """The definition of the subgraph."""
        return self.shared.definitions.get(str(self.instance.get("type")), {})

    @cached_property
    def entries(self) -> list[dict[str, Any]]:
        """The inputs of the node that uses the subgraph."""
        return [as_dict(entry) for entry in as_list(self.instance.get("inputs"))]

    @cached_property
    def entries_by_name(self) -> dict[str, dict[str, Any]]:
        """``entries`` by name; of equal names the first."""
        return {str(entry.get("name")): entry for entry in reversed(self.entries)}

    @cached_property
    def values(self) -> dict[str, Any]:
        """The widget values of that node."""
        return _instance_values(self.instance, as_list(self.definition.get("inputs")))


class _Position(NamedTuple):
    """A position on the way to the origin of a link."""

    scope: _Scope
    wire: _Wire | None


def is_workflow(document: object) -> bool:
    """Whether a JSON document is a workflow of the front end."""
    return (
        isinstance(document, dict)
        and isinstance(document.get("nodes"), list)
        and ("links" in document or "last_node_id" in document)
    )


def from_workflow(workflow: Mapping[str, Any]) -> Graph:
    """The graph of a workflow, in the same form as the graph of an API document."""
    definitions = {
        str(entry.get("id")): entry
        for entry in map(as_dict, as_list(as_dict(workflow.get("definitions")).get("subgraphs")))
    }
    for name, group in as_dict(as_dict(workflow.get("extra")).get("groupNodes")).items():
        for prefix in _GROUP_PREFIXES:
            definitions[f"{prefix}{name}"] = _group_as_subgraph(as_dict(group))
    graph: dict[str, Node] = {}
    sheet = _sheet(everywhere.linked(workflow))
    todo = [_Scope(0, sheet, _Shared(definitions), sheet.nodes)]
    while todo and len(graph) < NODES_MAX:
        scope = todo.pop()
        for key, node in scope.nodes.items():
            if not scope.shared.visits.spend():
                return graph
            inner = _inner(scope, key)
            if inner:
                todo.append(inner)
            elif _is_real(node):
                inputs = undotted(_inputs(scope, key, node))
                graph[scope.key(key)] = Node(scope.key(key), str(node.get("type")), inputs)
                scope.shared.visits.spend(len(inputs) // _INPUTS_A_VISIT)
    return graph


def _is_real(node: Mapping[str, Any]) -> bool:
    """Whether a node is executed: not for display only, a reroute, muted or bypassed."""
    kind = str(node.get("type"))
    if kind in _FRONT_END_ONLY or kind in everywhere.TYPES:
        return False
    if kind.startswith("Reroute") or kind in ("SetNode", "GetNode"):
        return False
    return node.get("mode") not in (_MUTED, _BYPASSED)


def _sheet(document: Mapping[str, Any]) -> _Sheet:
    nodes = {
        str(node.get("id")): node
        for node in as_list(document.get("nodes"))[:NODES_MAX]
        if isinstance(node, dict)
    }
    wires = dict(_wires(document))
    outputs = {
        wire.target_slot: wire for wire in reversed(wires.values()) if wire.target == _OUTPUT_NODE
    }
    setters: dict[str, dict[str, Any]] = {}
    for node in nodes.values():
        values = as_list(node.get("widgets_values"))
        if node.get("type") == "SetNode" and values and isinstance(values[0], str):
            setters.setdefault(values[0], node)
    return _Sheet(nodes, wires, outputs, setters)


def _wires(document: Mapping[str, Any]) -> Iterator[tuple[str, _Wire]]:
    """(id, link) of each link; they are lists in a workflow, objects in a subgraph."""
    links = document.get("links")
    for link in as_list(list(links.values()) if isinstance(links, dict) else links):
        parts = [link.get(name) for name in _WIRE_KEYS] if isinstance(link, dict) else as_list(link)
        if len(parts) >= 5:
            origin_slot, target_slot = (max(as_int(slot) or 0, 0) for slot in (parts[2], parts[4]))
            yield str(parts[0]), _Wire(str(parts[1]), origin_slot, str(parts[3]), target_slot)


def _inner(scope: _Scope, key: str) -> _Scope | None:
    """The scope of a node that uses a subgraph, created once. None for other nodes, and if
    subgraphs are nested too deeply.
    """
    node = scope.nodes[key]
    kind = str(node.get("type"))
    definition = scope.shared.definitions.get(kind)
    if (
        definition is None
        or scope.depth >= SCOPE_DEPTH_MAX
        or node.get("mode") in (_MUTED, _BYPASSED)
    ):
        return None
    if key not in scope.inner:
        if kind not in scope.shared.sheets:
            scope.shared.sheets[kind] = _sheet(definition)
        sheet, nodes = scope.shared.sheets[kind], scope.shared.sheets[kind].nodes
        if "group_widgets" in definition:
            if not scope.shared.visits.spend(len(nodes)):
                return None
            nodes = _with_group_widgets(nodes, node)
        scope.inner[key] = _Scope(
            scope.shared.next_number(), sheet, scope.shared, nodes, scope, node, scope.depth + 1
        )
    return scope.inner[key]


def _inputs(scope: _Scope, key: str, node: Mapping[str, Any]) -> dict[str, Any]:
    """The widgets by name; links replace them."""
    if scope.nodes is scope.sheet.nodes:
        if key not in scope.sheet.widgets:
            scope.sheet.widgets[key] = _widgets(node)
        found = dict(scope.sheet.widgets[key])
    else:
        found = _widgets(node)
    for declared in map(as_dict, as_list(node.get("inputs"))):
        name = declared.get("name")
        if isinstance(name, str) and declared.get("link") is not None:
            value = _origin(scope, str(declared["link"]))
            if value is not None:
                found[name] = value
    return found


def shown_texts(workflow: Mapping[str, Any]) -> dict[str, str]:
    """The texts that nodes displayed, by node id. A text that was made while the graph ran is
    stored only there.
    """
    nodes = (node for node in as_list(workflow.get("nodes"))[:NODES_MAX] if isinstance(node, dict))
    texts = ((str(node.get("id")), _shown_text(node)) for node in nodes)
    return {key: text for key, text in texts if text}


def _shown_text(node: Mapping[str, Any]) -> str:
    """The text that a display node stores; "" for other nodes."""
    if not _SHOWING_TYPE.search(str(node.get("type"))):
        return ""
    values = node.get("widgets_values")
    for value in as_list(list(values.values()) if isinstance(values, dict) else values):
        texts = [
            text for text in as_list(value) or [value] if isinstance(text, str) and text.strip()
        ]
        if texts:
            return "\n".join(texts)
    return ""


def _widgets(node: Mapping[str, Any]) -> dict[str, Any]:
    values = widget_values(node)
    shown = _shown_text(node)
    if shown:
        values[SHOWN] = shown
    return {
        name: without_comments(value) if name in _PROMPTS and isinstance(value, str) else value
        for name, value in values.items()
    }


def _origin(scope: _Scope, wire_id: str) -> Any:
    """The real origin of a link: a Link to an executed node, the value of a subgraph's widget, or
    None.
    """
    # Many links may share a part of the way, which is walked only once: by each step, until the origin
    # is found, None, because it may come by again.
    origins = scope.shared.origins
    passed: list[tuple[int, str, int]] = []
    position: Any = _Position(scope, scope.sheet.wires.get(wire_id))
    while isinstance(position, _Position):
        scope, wire = position
        if wire is None or not scope.shared.hops.spend():
            position = None
            break
        key = (scope.number, wire.origin, wire.origin_slot)
        if key in origins:
            position = origins[key]
        else:
            origins[key] = None
            passed.append(key)
            position = _step(scope, wire)
    origins.update(dict.fromkeys(passed, position))
    return position


def _step(scope: _Scope, wire: _Wire) -> Any:
    """One step towards the origin of a link: the next position, or the result of ``_origin``."""
    if wire.origin == _INPUT_NODE:
        return _outside(scope, wire.origin_slot)
    node = scope.nodes.get(wire.origin)
    if node is None or node.get("mode") == _MUTED:
        return None
    inner = _inner(scope, wire.origin)
    if inner:
        return _Position(inner, inner.sheet.outputs.get(wire.origin_slot))
    if _is_real(node):
        return Link(scope.key(wire.origin), wire.origin_slot)
    return _Position(scope, _passed(scope, wire.origin, wire.origin_slot))


def _outside(scope: _Scope, slot: int) -> Any:
    """The source of input ``slot`` of a subgraph: a position outside, or the value of its widget."""
    declared = as_list(scope.definition.get("inputs"))
    name = str(as_dict(declared[slot]).get("name") if slot < len(declared) else None)
    entry = scope.entries_by_name.get(name, {})
    if "group_widgets" in scope.definition:
        entry = scope.entries[slot] if slot < len(scope.entries) else {}
    if entry.get("link") is not None and scope.parent:
        return _Position(scope.parent, scope.parent.sheet.wires.get(str(entry["link"])))
    return scope.values.get(name)


def _instance_values(instance: Mapping[str, Any], declared: list[Any]) -> dict[str, Any]:
    """The widget values of a node that uses a subgraph: one for each plain input of the definition,
    or those that the node declares.
    """
    values = instance.get("widgets_values")
    names = [
        str(entry.get("name"))
        for entry in map(as_dict, declared)
        if entry.get("type") in _PLAIN_TYPES
    ]
    if isinstance(values, list) and len(values) == len(names):
        return dict(zip(names, values, strict=True))
    return widget_values(instance)


def _passed(scope: _Scope, key: str, slot: int) -> _Wire | None:
    """The link that a reroute, a getter or a bypassed node passes on to output ``slot``."""
    if key not in scope.handed_on:
        entries = _handed_on(scope, scope.nodes[key])
        links = [
            None if entry is None or entry.get("link") is None else str(entry["link"])
            for entry in entries
        ]
        scope.handed_on[key] = [
            None if link is None else scope.sheet.wires.get(link) for link in links
        ]
    wires = scope.handed_on[key]
    return wires[min(slot, len(wires) - 1)]


def _handed_on(scope: _Scope, node: Mapping[str, Any]) -> list[dict[str, Any] | None]:
    """The input that each output of such a node passes on; the last item is for all further
    outputs.
    """
    entries = [as_dict(entry) for entry in as_list(node.get("inputs"))]
    if str(node.get("type")) == "GetNode":
        values = as_list(node.get("widgets_values"))
        setter = (
            scope.sheet.setters.get(values[0]) if values and isinstance(values[0], str) else None
        )
        entries = [as_dict(entry) for entry in as_list(setter.get("inputs"))] if setter else []
    elif node.get("mode") == _BYPASSED:
        return _bypassed(entries, as_list(node.get("outputs")))
    return [next((entry for entry in entries if entry.get("link") is not None), None)]


def _bypassed(entries: list[dict[str, Any]], outputs: list[Any]) -> list[dict[str, Any] | None]:
    """The input that each output of a bypassed node passes on: the one of the same type and the
    same rank among these.
    """
    by_type: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for entry in entries:
        by_type[repr(entry.get("type"))].append(entry)
    ranks: defaultdict[str, int] = defaultdict(int)
    found: list[dict[str, Any] | None] = []
    for output in (*outputs, None):
        output_type = repr(as_dict(output).get("type"))
        same = by_type[output_type]
        found.append(same[min(ranks[output_type], len(same) - 1)] if same else None)
        ranks[output_type] += 1
    return found


def _group_as_subgraph(group: Mapping[str, Any]) -> dict[str, Any]:
    """The definition of a group node as a subgraph. Its inputs and outputs are the slots of the
    inner nodes that are not linked inside.
    """
    nodes = [
        dict(node, id=index) for index, node in enumerate(map(as_dict, as_list(group.get("nodes"))))
    ]
    numbered = (
        [as_int(part) for part in link[:4]] for link in map(as_list, as_list(group.get("links")))
    )
    inside = [tuple(link) for link in numbered if len(link) == 4 and None not in link]
    wires: list[dict[str, Any]] = []
    inputs: list[dict[str, Any]] = []

    def add(
        origin: int | None, origin_slot: int | None, target: int | None, target_slot: int | None
    ) -> int:
        wires.append(
            {
                "id": len(wires),
                "origin_id": origin,
                "origin_slot": origin_slot,
                "target_id": target,
                "target_slot": target_slot,
            }
        )
        return len(wires) - 1

    linked = {(link[2], link[3]): add(*link) for link in inside}
    for node in nodes:
        entries = [dict(as_dict(entry)) for entry in as_list(node.get("inputs"))]
        for slot, entry in enumerate(entries):
            entry["link"] = linked.get((node["id"], slot))
            if entry["link"] is None and "widget" not in entry:
                entry["link"] = add(int(_INPUT_NODE), len(inputs), node["id"], slot)
                inputs.append({"name": entry.get("name")})
        node["inputs"] = entries
    used = {(link[0], link[1]) for link in inside}
    external = {
        (as_int(entry[0]), as_int(entry[1]))
        for entry in map(as_list, as_list(group.get("external")))
        if len(entry) >= 2
    }
    slots = [
        (node["id"], slot) for node in nodes for slot in range(len(as_list(node.get("outputs"))))
    ]
    free = [at for at in slots if at not in used or at in external]
    for index, (key, slot) in enumerate(free):
        add(key, slot, int(_OUTPUT_NODE), index)
    return {"nodes": nodes, "links": wires, "inputs": inputs, "group_widgets": True}


def _with_group_widgets(
    nodes: dict[str, dict[str, Any]], instance: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """The nodes of a group with the widget values that the group node lists, node by node."""
    values = as_list(instance.get("widgets_values"))
    counts = {key: len(as_list(node.get("widgets_values"))) for key, node in nodes.items()}
    if sum(counts.values()) != len(values):
        return nodes
    remaining = iter(values)
    return {
        key: dict(node, widgets_values=[next(remaining) for _ in range(counts[key])])
        for key, node in nodes.items()
    }
