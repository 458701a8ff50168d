"""Links that no line shows: the nodes of "Use Everywhere", which give what they get to every input of the
same type that has nothing.

The pack's front end resolves them for the API form; a workflow keeps the nodes, since version 7 also a list
of the links in ``extra``.
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
# A pattern that a file brings is never run: only words with anything around them are understood.
_WORDS = re.compile(r"\^?(?:\.\*)?([\w ]{1,60})(?:\.\*)?\$?\Z")
_ANY = re.compile(r"\^?(?:\.\*)?\$?\Z")


class _Sender(NamedTuple):
    """What one input of such a node gives away: its type, where it comes from, and which inputs take it."""

    type: str
    origin: str
    slot: int
    wanted: str
    pattern: re.Pattern[str] | None


def linked(workflow: Mapping[str, Any]) -> Mapping[str, Any]:
    """The workflow with those links drawn; the same object where it has none."""
    nodes = [node for node in as_list(workflow.get("nodes"))[:NODES_MAX] if isinstance(node, dict)]
    stated = [
        entry for entry in map(as_dict, as_list(as_dict(workflow.get("extra")).get("ue_links"))) if entry
    ]
    if not stated and not any(_kind(node) in TYPES or _kind(node) == _SEED for node in nodes):
        return workflow
    wires = {str(link[0]): link for link in map(as_list, as_list(workflow.get("links"))) if len(link) >= 6}
    # Where the pack lists its links, that list is complete.
    senders = [] if stated else list(_senders(nodes, wires))[:SENDERS_MAX]
    drawn: list[list[Any]] = []
    by_input = {
        (str(entry.get("downstream")), as_int(entry.get("downstream_slot"))): entry for entry in stated
    }
    found = [_drawn(node, senders, by_input, drawn, wires) for node in nodes]
    return {**workflow, "nodes": found, "links": [*as_list(workflow.get("links")), *drawn]}


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
            if link:
                pattern = (
                    (_POSITIVE, _NEGATIVE)[slot]
                    if _kind(node) == "Prompts Everywhere" and count > 1 and slot < 2
                    else None
                )
                origin, output = str(link[1]), max(as_int(link[2]) or 0, 0)
                slots = outputs.get(origin, [])
                # The link itself is often of any type, "*"; the output that it comes from knows.
                kind = as_dict(slots[output]).get("type") if output < len(slots) else None
                yield _Sender(
                    str(kind if isinstance(kind, str) and kind != "*" else link[5]),
                    origin,
                    output,
                    _wanted(node),
                    pattern,
                )


def _wanted(node: Mapping[str, Any]) -> str:
    """The word that an input's name has to contain, "" for all, a NUL for a pattern that is not understood,
    which then takes nothing.
    """
    values = as_list(node.get("widgets_values"))
    if (
        _kind(node) != "Anything Everywhere?"
        or len(values) < 2
        or not isinstance(values[1], str)
        or _ANY.match(values[1])
    ):
        return ""
    words = _WORDS.match(values[1])
    return words[1].lower() if words else "\0"


def _drawn(
    node: dict[str, Any],
    senders: list[_Sender],
    stated: Mapping[tuple[str, int | None], dict[str, Any]],
    drawn: list[list[Any]],
    wires: Mapping[str, list[Any]],
) -> dict[str, Any]:
    """The node with a link at each input that gets one; the links go to ``drawn``. A link that is not listed
    is one that the pack drew itself.
    """
    if _kind(node) in TYPES:
        return node
    entries = []
    for slot, entry in enumerate(map(as_dict, as_list(node.get("inputs")))):
        is_free = entry.get("link") is None or (wires and str(entry["link"]) not in wires)
        origin = _origin(entry, stated.get((str(node.get("id")), slot)), senders) if is_free else None
        if origin:
            drawn.append([_FIRST_LINK + len(drawn), *origin, node.get("id"), slot, entry.get("type")])
            entry = {**entry, "link": drawn[-1][0]}
        entries.append(entry)
    return {**node, "inputs": entries}


def _origin(
    entry: Mapping[str, Any], stated: dict[str, Any] | None, senders: list[_Sender]
) -> tuple[str, int] | None:
    """Where an input without a link gets its value."""
    if stated:
        return str(stated.get("upstream")), as_int(stated.get("upstream_slot")) or 0
    name = str(entry.get("name"))
    fitting = [
        sender for sender in senders if sender.type == entry.get("type") and sender.wanted in name.lower()
    ]
    found = next(
        (sender for sender in fitting if sender.pattern is None or sender.pattern.search(name)), None
    )
    return (found.origin, found.slot) if found else None
