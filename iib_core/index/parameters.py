"""The parameters that the index stores of a file: those that its generator wrote, its LoRAs with
their weights, the nodes of its workflow, and which kinds of metadata it has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import Any

from iib_core.db.rows import HAS, LORA, NODE, Stated
from iib_core.metadata import GenerationInfo, schedulers
from iib_core.metadata.values import as_name, stem

# Longer texts are cut here: the whole text of a file is searched by words.
TEXT_MAX_CHARS = 200
_NAME_MAX_CHARS = 100
_PARAMETERS_MAX = 200
_NODES_MAX = 10_000

# A number alone, or with one of these units.
_NUMBER = re.compile(
    r"([-+]?\d{1,15}(?:\.\d{0,15})?(?:e[-+]?\d{1,3})?)\s{0,2}(?:fps|px|x|s|%)?", re.I
)


def derive(info: GenerationInfo) -> tuple[Stated, ...]:
    """The parameters of a file, each once."""
    return tuple(
        dict.fromkeys((*islice(_written(info), _PARAMETERS_MAX), *_loras(info), *_has(info)))
    )


@lru_cache(maxsize=4096)
def _stated(name: str, text: str) -> Stated:
    return Stated(name, number_of(text), text)


def number_of(text: str) -> float | None:
    """The number that a text means; None if it is more than a number and its unit."""
    match = _NUMBER.fullmatch(text.strip()) if text[:1] in "+-0123456789 " else None
    number = float(match[1]) if match else None
    return None if number is None or abs(number) > 1e300 else number


def _written(info: GenerationInfo) -> Iterator[Stated]:
    for name, text in info.parameters.items():
        if name[:1] != ":" and len(name) <= _NAME_MAX_CHARS:
            yield _stated(name, text[:TEXT_MAX_CHARS])
    if info.vae:
        yield _stated("VAE", info.vae[:TEXT_MAX_CHARS])
    if info.scheduler:
        yield _stated("Scheduler", schedulers.name_of(info.scheduler[:TEXT_MAX_CHARS]))


def _loras(info: GenerationInfo) -> Iterator[Stated]:
    for lora in info.loras[:_PARAMETERS_MAX]:
        name = stem(lora.name)[:TEXT_MAX_CHARS]
        if lora.weight is None:
            yield Stated(LORA, None, name)
        else:
            weight = f"{lora.weight:g}"
            yield Stated(LORA, float(weight), f"{name}:{weight}")


def _has(info: GenerationInfo) -> Iterator[Stated]:
    known = {"prompt": info.prompt, "negative": info.negative_prompt, "workflow": info.workflow}
    for name, value in known.items():
        if value:
            yield _stated(HAS, name)
    for node in list(dict.fromkeys(_nodes(info.workflow)))[:_PARAMETERS_MAX]:
        yield _stated(NODE, node)


def _nodes(workflow: Any) -> Iterator[str]:
    """The types of the nodes of a ComfyUI graph, in the form of its API or in that of its page."""
    if not isinstance(workflow, dict):
        return
    nodes = workflow.get("nodes")
    entries = nodes if isinstance(nodes, list) else workflow.values()
    for node in islice(entries, _NODES_MAX):
        if isinstance(node, dict):
            name = as_name(node.get("class_type") or node.get("type"))
            if name and len(name) <= TEXT_MAX_CHARS:
                yield name
