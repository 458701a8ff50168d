"""The nodes of "Use Everywhere", which send their inputs, without visible links, to every
unconnected input of the same type.

The front end of the pack resolves them for the API form. A workflow has the nodes, and since
version 7 also a list of the links in ``extra``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from iib_core.metadata.generators.comfyui.graph import NODES_MAX
from iib_core.metadata.values import as_dict, as_int, as_list

TYPES = frozenset(
    {"Anything Everywhere", "Anything Everywhere?", "Anything Everywhere3", "Prompts Everywhere"}
)
_SEED = "Seed Everywhere"
SENDERS_MAX = 200
_FIRST_LINK = 1_000_000_000
_POSITIVE = re.compile(r"(?:^|[_.\W])pos(?:itive|[_.\W]|$)|^prompt", re.IGNORECASE)
_NEGATIVE = re.compile(r"(?:^|[_.\W])neg(?:ative|[_.\W]|$)", re.IGNORECASE)
# Patterns from a file are never executed: only plain words are supported.
_WORDS = re.compile(r"\^?(?:\.\*)?([\w ]{1,60})(?:\.\*)?\$?\Z")
_ANY = re.compile(r"\^?(?:\.\*)?\$?\Z")


class _Sender(NamedTuple):
    """One input of such a node: its type, its origin, and which inputs receive it."""

    type: str
    origin: str
    slot: int
    word: str
    pattern: re.Pattern[str] | None


def linked(workflow: Mapping[str, Any]) -> Mapping[str, Any]:
    """The workflow with these links added; the same object if it has none."""
    nodes = [node for node in as_list(workflow.get("nodes"))[:NODES_MAX] if isinstance(node, dict)]
    stated = [
        entry
        for entry in map(as_dict, as_list(as_dict(workflow.get("extra")).get("ue_links")))
        if entry
    ]
    if not stated and not any(_kind(node) in TYPES or _kind(node) == _SEED for node in nodes):
        return workflow
    wires = {
        str(link[0]): link
        for link in map(as_list, as_list(workflow.get("links")))
        if len(link) >= 6
    }
    # If the pack lists its links, the list is complete.
    senders = [] if stated else list(_senders(nodes, wires))[:SENDERS_MAX]
    added: list[list[Any]] = []
    by_input = {
        (str(entry.get("downstream")), as_int(entry.get("downstream_slot"))): entry
        for entry in stated
    }
    connected = [_connect(node, senders, by_input, added, wires) for node in nodes]
    return {**workflow, "nodes": connected, "links": [*as_list(workflow.get("links")), *added]}


def _kind(node: Mapping[str, Any]) -> str:
    return str(node.get("type"))


def _senders(nodes: list[dict[str, Any]], wires: Mapping[str, list[Any]]) -> Iterator[_Sender]:
    outputs = {str(node.get("id")): as_list(node.get("outputs")) for node in nodes}
    for node in nodes:
        if node.get("mode") in (2, 4):
            continue
        if _kind(node) == _SEED:
            yield _Sender("INT", str(node.get("id")), 0, "seed", None)
        if _kind(node) not in TYPES:
            continue
        entries = [as_dict(entry) for entry in as_list(node.get("inputs"))]
        count = sum(entry.get("link") is not None for entry in entries)
        for slot, entry in enumerate(entries):
            link = wires.get(str(entry.get("link")))
            if not link:
                continue
            pattern = None
            if _kind(node) == "Prompts Everywhere" and count > 1 and slot < 2:
                pattern = (_POSITIVE, _NEGATIVE)[slot]
            origin, output = str(link[1]), max(as_int(link[2]) or 0, 0)
            kind = _output_type(outputs.get(origin, []), output) or str(link[5])
            yield _Sender(kind, origin, output, _receiver_word(node), pattern)


def _output_type(slots: list[Any], output: int) -> str | None:
    """The type of an output. That of the link is often "*", any type."""
    kind = as_dict(slots[output]).get("type") if output < len(slots) else None
    return kind if isinstance(kind, str) and kind != "*" else None


def _receiver_word(node: Mapping[str, Any]) -> str:
    """The word that the name of a receiving input must contain: "" for all inputs, a NUL, which
    matches none, for an unsupported pattern.
    """
    values = as_list(node.get("widgets_values"))
    if _kind(node) != "Anything Everywhere?" or len(values) < 2:
        return ""
    pattern = values[1]
    if not isinstance(pattern, str) or _ANY.match(pattern):
        return ""
    words = _WORDS.match(pattern)
    return words[1].lower() if words else "\0"


def _connect(
    node: dict[str, Any],
    senders: list[_Sender],
    stated: Mapping[tuple[str, int | None], dict[str, Any]],
    added: list[list[Any]],
    wires: Mapping[str, list[Any]],
) -> dict[str, Any]:
    """The node with a link at each input that receives one; the links are appended to ``added``.

    An input whose link is not in ``wires`` was connected by the pack, and counts as free.
    """
    if _kind(node) in TYPES:
        return node
    entries = []
    for slot, entry in enumerate(map(as_dict, as_list(node.get("inputs")))):
        is_free = entry.get("link") is None or (wires and str(entry["link"]) not in wires)
        origin = (
            _origin(entry, stated.get((str(node.get("id")), slot)), senders) if is_free else None
        )
        if origin:
            added.append(
                [_FIRST_LINK + len(added), *origin, node.get("id"), slot, entry.get("type")]
            )
            entry = {**entry, "link": added[-1][0]}
        entries.append(entry)
    return {**node, "inputs": entries}


def _origin(
    entry: Mapping[str, Any], stated: dict[str, Any] | None, senders: list[_Sender]
) -> tuple[str, int] | None:
    """(node, output) from which an unconnected input receives its value; None if there is none."""
    if stated:
        return str(stated.get("upstream")), as_int(stated.get("upstream_slot")) or 0
    name = str(entry.get("name"))
    for sender in senders:
        is_receiver = sender.type == entry.get("type") and sender.word in name.lower()
        if is_receiver and (sender.pattern is None or sender.pattern.search(name)):
            return sender.origin, sender.slot
    return None
