"""ComfyUI workflows, as the front end saves them, turned into graphs: subgraphs and group nodes opened, reroutes, bypassed and muted nodes gone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from iib_core.metadata.generators.comfyui.graph import NODES_MAX, Graph, Link, Node
from iib_core.metadata.generators.comfyui.widgets import widget_values, without_comments
from iib_core.metadata.values import as_dict, as_int, as_list

HOPS_MAX = 200
VISITS_MAX = 15_000
SCOPE_DEPTH_MAX = 20

_MUTED = 2
_BYPASSED = 4
_INPUT_NODE = "-10"
_OUTPUT_NODE = "-20"
_PLAIN_TYPES = frozenset({"STRING", "INT", "FLOAT", "BOOLEAN", "COMBO"})
_WIRE_KEYS = ("id", "origin_id", "origin_slot", "target_id", "target_slot")
_PROMPTS = frozenset({"text", "prompt", "text_g", "text_l", "clip_l", "clip_g", "t5xxl", "positive", "negative", "positive_prompt", "negative_prompt"})
_GROUP_PREFIXES = ("workflow>", "workflow/")
_FRONT_END_ONLY = frozenset({"Note", "MarkdownNote", "Fast Groups Muter (rgthree)", "Fast Groups Bypasser (rgthree)", "Label (rgthree)"})


@dataclass(frozen=True)
class _Wire:
    """A link: output ``origin_slot`` of ``origin`` feeds input ``target_slot`` of ``target``."""

    origin: str
    origin_slot: int
    target: str
    target_slot: int


@dataclass(frozen=True)
class _Sheet:
    """The nodes and links that a workflow or a subgraph lists; read once, however often a subgraph is used."""

    nodes: dict[str, dict[str, Any]]
    wires: dict[str, _Wire]
    outputs: dict[int, _Wire]
    setters: dict[str, dict[str, Any]]


@dataclass
class _Shared:
    """What all scopes of one workflow share; ``visits`` bounds the work that subgraphs inside subgraphs can cause."""

    definitions: Mapping[str, dict[str, Any]]
    sheets: dict[str, _Sheet] = field(default_factory=dict)
    visits: int = VISITS_MAX


@dataclass
class _Scope:
    """A workflow, or one use of a subgraph inside it."""

    prefix: str
    sheet: _Sheet
    shared: _Shared
    nodes: dict[str, dict[str, Any]]
    parent: _Scope | None = None
    instance: dict[str, Any] = field(default_factory=dict)
    depth: int = 0
    inner: dict[str, _Scope] = field(default_factory=dict)


def is_workflow(document: object) -> bool:
    """Whether a JSON document is a workflow of the front end."""
    return isinstance(document, dict) and isinstance(document.get("nodes"), list) and ("links" in document or "last_node_id" in document)


def from_workflow(workflow: Mapping[str, Any]) -> Graph:
    """The graph of a workflow, in the same form as that of an API document."""
    definitions = {str(entry.get("id")): entry for entry in map(as_dict, as_list(as_dict(workflow.get("definitions")).get("subgraphs")))}
    for name, group in as_dict(as_dict(workflow.get("extra")).get("groupNodes")).items():
        for prefix in _GROUP_PREFIXES:
            definitions[f"{prefix}{name}"] = _group_as_subgraph(as_dict(group))
    graph: dict[str, Node] = {}
    sheet = _sheet(workflow)
    todo = [_Scope("", sheet, _Shared(definitions), sheet.nodes)]
    while todo and len(graph) < NODES_MAX:
        scope = todo.pop()
        for key, node in scope.nodes.items():
            scope.shared.visits -= 1
            if scope.shared.visits <= 0:
                return graph
            inner = _inner(scope, key)
            if inner:
                todo.append(inner)
            elif _is_real(node):
                graph[scope.prefix + key] = Node(scope.prefix + key, str(node.get("type")), _inputs(scope, node))
    return graph


def _is_real(node: Mapping[str, Any]) -> bool:
    kind = str(node.get("type"))
    return node.get("mode") not in (_MUTED, _BYPASSED) and kind not in _FRONT_END_ONLY and not kind.startswith("Reroute") and kind not in ("SetNode", "GetNode")


def _sheet(document: Mapping[str, Any]) -> _Sheet:
    nodes = {str(node.get("id")): node for node in as_list(document.get("nodes"))[:NODES_MAX] if isinstance(node, dict)}
    wires = dict(_wires(document))
    outputs = {wire.target_slot: wire for wire in reversed(wires.values()) if wire.target == _OUTPUT_NODE}
    setters: dict[str, dict[str, Any]] = {}
    for node in nodes.values():
        values = as_list(node.get("widgets_values"))
        if node.get("type") == "SetNode" and values and isinstance(values[0], str):
            setters.setdefault(values[0], node)
    return _Sheet(nodes, wires, outputs, setters)


def _wires(document: Mapping[str, Any]) -> Iterator[tuple[str, _Wire]]:
    """The links: lists in a workflow, objects in a subgraph."""
    links = document.get("links")
    for link in as_list(list(links.values()) if isinstance(links, dict) else links):
        parts = [link.get(name) for name in _WIRE_KEYS] if isinstance(link, dict) else as_list(link)
        if len(parts) >= 5:
            yield str(parts[0]), _Wire(str(parts[1]), max(as_int(parts[2]) or 0, 0), str(parts[3]), max(as_int(parts[4]) or 0, 0))


def _inner(scope: _Scope, key: str) -> _Scope | None:
    """The scope inside a node that stands for a subgraph, made once; None for other nodes and where subgraphs nest too deeply."""
    node = scope.nodes[key]
    kind = str(node.get("type"))
    definition = scope.shared.definitions.get(kind)
    if definition is None or scope.depth >= SCOPE_DEPTH_MAX or node.get("mode") in (_MUTED, _BYPASSED):
        return None
    if key not in scope.inner:
        if kind not in scope.shared.sheets:
            scope.shared.sheets[kind] = _sheet(definition)
        sheet = scope.shared.sheets[kind]
        nodes = _with_group_widgets(sheet.nodes, node) if "group_widgets" in definition else sheet.nodes
        scope.inner[key] = _Scope(f"{scope.prefix}{key}:", sheet, scope.shared, nodes, scope, node, scope.depth + 1)
    return scope.inner[key]


def _inputs(scope: _Scope, node: Mapping[str, Any]) -> dict[str, Any]:
    """Widgets by name, over which the links go."""
    found = {name: without_comments(value) if name in _PROMPTS and isinstance(value, str) else value for name, value in widget_values(node).items()}
    for declared in map(as_dict, as_list(node.get("inputs"))):
        name = declared.get("name")
        if isinstance(name, str) and declared.get("link") is not None:
            value = _origin(scope, str(declared["link"]))
            if value is not None:
                found[name] = value
    return found


def _origin(scope: _Scope, wire_id: str) -> Any:
    """Where a link really comes from: a Link to a node that runs, a plain value of a subgraph's widget, or None."""
    current: _Scope = scope
    wire = current.sheet.wires.get(wire_id)
    for _hop in range(HOPS_MAX):
        if wire is None:
            return None
        if wire.origin == _INPUT_NODE:
            step = _outside(current, wire.origin_slot)
            if not isinstance(step, tuple):
                return step
            current, wire = step
            continue
        node = current.nodes.get(wire.origin)
        if node is None or node.get("mode") == _MUTED:
            return None
        inner = _inner(current, wire.origin)
        if inner:
            current, wire = inner, inner.sheet.outputs.get(wire.origin_slot)
            continue
        if _is_real(node):
            return Link(current.prefix + wire.origin, wire.origin_slot)
        wire = _passed(current, node, wire.origin_slot)
    return None


def _outside(scope: _Scope, slot: int) -> Any:
    """What feeds input ``slot`` of a subgraph: scope and wire outside, or the value that its widget shows."""
    definition = scope.shared.definitions.get(str(scope.instance.get("type")), {})
    declared = as_list(definition.get("inputs"))
    name = as_dict(declared[slot]).get("name") if slot < len(declared) else None
    entries = [as_dict(entry) for entry in as_list(scope.instance.get("inputs"))]
    if "group_widgets" in definition:
        entry = entries[slot] if slot < len(entries) else {}
    else:
        entry = next((entry for entry in entries if entry.get("name") == name), {})
    if entry.get("link") is not None and scope.parent:
        return scope.parent, scope.parent.sheet.wires.get(str(entry["link"]))
    return _instance_values(scope.instance, declared).get(str(name))


def _instance_values(instance: Mapping[str, Any], declared: list[Any]) -> dict[str, Any]:
    """The widgets of a node that stands for a subgraph: one for each plain input of the definition, or those that the node declares."""
    values = instance.get("widgets_values")
    names = [str(entry.get("name")) for entry in map(as_dict, declared) if entry.get("type") in _PLAIN_TYPES]
    if isinstance(values, list) and len(values) == len(names):
        return dict(zip(names, values, strict=True))
    return widget_values(instance)


def _passed(scope: _Scope, node: Mapping[str, Any], slot: int) -> _Wire | None:
    """The link that a reroute, a getter or a bypassed node hands on: of the type that its output has."""
    entries = [as_dict(entry) for entry in as_list(node.get("inputs"))]
    kind = str(node.get("type"))
    if kind == "GetNode":
        values = as_list(node.get("widgets_values"))
        setter = scope.sheet.setters.get(values[0]) if values and isinstance(values[0], str) else None
        entries = [as_dict(entry) for entry in as_list(setter.get("inputs"))] if setter else []
    elif node.get("mode") == _BYPASSED:
        outputs = as_list(node.get("outputs"))
        wanted = as_dict(outputs[slot]).get("type") if slot < len(outputs) else None
        same = [entry for entry in entries if entry.get("type") == wanted]
        entries = [same[min(_rank(outputs, slot, wanted), len(same) - 1)]] if same else []
    linked = next((entry for entry in entries if entry.get("link") is not None), None)
    return scope.sheet.wires.get(str(linked["link"])) if linked else None


def _rank(outputs: list[Any], slot: int, wanted: Any) -> int:
    """How many outputs of the same type stand before this one: the second conditioning passes the second one on."""
    return sum(1 for output in outputs[:slot] if as_dict(output).get("type") == wanted)


def _group_as_subgraph(group: Mapping[str, Any]) -> dict[str, Any]:
    """A group node's definition with the inputs and outputs of a subgraph: those slots inside that nothing inside is linked to."""
    nodes = [dict(node, id=index) for index, node in enumerate(map(as_dict, as_list(group.get("nodes"))))]
    numbered = ([as_int(part) for part in link[:4]] for link in map(as_list, as_list(group.get("links"))))
    inside = [tuple(link) for link in numbered if len(link) == 4 and None not in link]
    wires: list[dict[str, Any]] = []
    inputs: list[dict[str, Any]] = []

    def add(origin: int | None, origin_slot: int | None, target: int | None, target_slot: int | None) -> int:
        wires.append({"id": len(wires), "origin_id": origin, "origin_slot": origin_slot, "target_id": target, "target_slot": target_slot})
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
    external = {(as_int(entry[0]), as_int(entry[1])) for entry in map(as_list, as_list(group.get("external"))) if len(entry) >= 2}
    slots = [(node["id"], slot) for node in nodes for slot in range(len(as_list(node.get("outputs"))))]
    free = [at for at in slots if at not in used or at in external]
    for index, (key, slot) in enumerate(free):
        add(key, slot, int(_OUTPUT_NODE), index)
    return {"nodes": nodes, "links": wires, "inputs": inputs, "group_widgets": True}


def _with_group_widgets(nodes: dict[str, dict[str, Any]], instance: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The nodes inside a group with the widget values that the group node lists, one node's after the other's."""
    values = as_list(instance.get("widgets_values"))
    counts = {key: len(as_list(node.get("widgets_values"))) for key, node in nodes.items()}
    if sum(counts.values()) != len(values):
        return nodes
    remaining = iter(values)
    return {key: dict(node, widgets_values=[next(remaining) for _ in range(counts[key])]) for key, node in nodes.items()}
