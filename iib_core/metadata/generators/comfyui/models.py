"""The model of a sampler: checkpoint or diffusion model, LoRAs in the order of their use, VAE."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from iib_core.metadata import prompts
from iib_core.metadata.generators.comfyui.graph import Graph, Link, Node
from iib_core.metadata.generators.comfyui.trace import Trace
from iib_core.metadata.info import Lora
from iib_core.metadata.values import (
    as_dict,
    as_float,
    as_int,
    as_list,
    as_name,
    clean,
    first_not_none,
    merged_loras,
)

CHAIN_MAX = 2000

_MODEL_LINKS = (
    "model",
    "unet",
    "guider",
    "model1",
    "model_a",
    "base_model",
    "diffusion_model",
    "transformer",
    "pipeline",
    "pipe",
    "basic_pipe",
    "pipe_in",
    "MODEL",
    "models",
    "context",
    "base_ctx",
    "sdxl_tuple",
    "cogvideo_pipe",
    "model_high_noise",
    "model_high",
    "base_basic_pipe",
    "params",
    "sigmas",
    "base_sampler",
    "ksampler",
    "advanced_sampler",
)
_MODEL_NAMES = (
    "ckpt_name",
    "unet_name",
    "base_ckpt_name",
    "model_name",
    "diffusion_model",
    "diffusion_model_name",
    "checkpoint",
    "ckpt",
    "gguf_name",
    "unet",
    "model",
    "model_path",
    "base_model",
    "repo_id",
    "transformer",
    "high_noise_model",
    "checkpoint_name",
    "model_file",
)
# A node with one of these inputs linked changes a model; a file that it names is a motion module or
# an adapter.
_PATCHED = ("model", "unet", "MODEL", "model1", "diffusion_model", "transformer")
_LOADED_NAMES = (
    "ckpt_name",
    "unet_name",
    "base_ckpt_name",
    "base_checkpoint",
    "checkpoint",
    "gguf_name",
    "diffusion_model",
)
_LORA_ROW = re.compile(r"(\w{1,40})\.(\d{1,3})\.(\w{1,40})\Z")
_STACK_LINKS = (
    "lora_stack",
    "optional_lora_stack",
    "lora",
    "prev_lora",
    "loras",
    "lora_chain",
    "optional_lora_chain",
    "LORA_STACK",
)
_LORA_NAME = re.compile(r"lora(?:_?name)?_?(\d*)(?:_name)?\Z", re.IGNORECASE)
_WEIGHT_NAMES = (
    "strength_model",
    "lora_model_strength",
    "model_strength",
    "strength",
    "lora_strength",
    "weight",
    "lora_weight",
)
_NUMBERED_WEIGHTS = (
    "model_str_{}",
    "model_weight_{}",
    "strength_model_{}",
    "lora_wt_{}",
    "strength_{}",
    "lora_{}_strength",
    "lora_strength_{}",
    "weight_{}",
    "lora_{}_model_strength",
)
_NUMBERED_SWITCHES = ("switch_{}", "enabled_{}", "enable_{}", "lora_{}_enabled", "on_{}")
_SWITCHES = ("toggle", "enabled", "switch")
_LORA_TEXTS = frozenset(
    {"text", "lora_syntax", "lora_text", "populated_text", "prompt", "loras_text"}
)
_OFF = frozenset({"off", "false", "disabled", "none", "0", "no"})


def find_model(trace: Trace, sampler: Node) -> tuple[str | None, tuple[Lora, ...]]:
    """(name of the model as in its loader, LoRAs between the loader and the sampler)."""
    chain = list(_chain(trace, sampler))
    loaded = (_loaded(trace, node) for node in (*chain[1:], sampler))
    name = next(filter(None, loaded), None)
    groups = [_node_loras(trace, node) for node in reversed(chain)]
    return name, merged_loras(*groups)


def loose_model(trace: Trace, nodes: Iterable[Node]) -> str | None:
    """The first model that any of these nodes loads, for a graph without a known sampler."""
    names = (trace.first_name(node, *_LOADED_NAMES) for node in nodes)
    return next((name for name in names if name and not name.startswith("{")), None)


def text_loras(trace: Trace, nodes: Iterable[Node]) -> list[Lora]:
    """LoRAs that are applied to a text encoder only."""
    alone = [
        node
        for node in nodes
        if "lora" in node.kind
        and isinstance(node.inputs.get("clip"), Link)
        and not isinstance(node.inputs.get("model"), Link)
    ]
    return [lora for node in reversed(alone) for lora in _node_loras(trace, node)]


def _chain(trace: Trace, sampler: Node) -> Iterator[Node]:
    """The nodes along the model, from the sampler to the loader."""
    seen = {sampler.id}
    node: Node | None = sampler
    for _step in range(CHAIN_MAX):
        if node is None:
            return
        yield node
        if node is not sampler and _loaded(trace, node):
            return
        node = trace.node(trace.passing(node, _MODEL_LINKS))
        if node is None or node.id in seen:
            return
        seen.add(node.id)


def _loaded(trace: Trace, node: Node) -> str | None:
    """The model that a node loads, if it is a loader. The name is in the node or comes from a
    primitive.
    """
    if any(isinstance(node.inputs.get(name), Link) for name in _PATCHED):
        return None
    for name in _MODEL_NAMES:
        value = node.inputs.get(name)
        if isinstance(value, Link) and name in _MODEL_LINKS:
            continue
        found = trace.value(value, name) if value is not None else None
        if isinstance(found, dict):
            found = found.get(name)
        if as_name(found):
            return clean(str(found))
    return None


def _node_loras(trace: Trace, node: Node) -> list[Lora]:
    """The LoRAs that a node applies, those of its stacks first."""
    found: list[Lora] = []
    for entry in reversed(list(_stack(trace, node))):
        found += _own_loras(trace, entry)
    return found + _own_loras(trace, node)


def _stack(trace: Trace, node: Node) -> Iterator[Node]:
    """The nodes upstream of a LoRA stack input, nearest first."""
    seen: set[str] = {node.id}
    todo = [link for name, link in node.links if name in _STACK_LINKS]
    while todo:
        entry = trace.node(todo.pop())
        if entry is None or entry.id in seen:
            continue
        seen.add(entry.id)
        yield entry
        chosen = trace.branch(entry)
        if isinstance(chosen, Link):
            todo.append(chosen)
        else:
            todo += [
                link for name, link in entry.links if name in _STACK_LINKS or "lora" in name.lower()
            ]


def _own_loras(trace: Trace, node: Node) -> list[Lora]:
    """The LoRAs that one node names, without those that are disabled or have weight 0."""
    found: list[Lora] = _rows(trace, node)
    count = trace.first_int(node, "lora_count", "num_loras")
    for name, value in node.inputs.items():
        if isinstance(value, dict) and "lora" in value:
            found += _toggled(value)
        elif name == "loras" or (isinstance(value, (list, dict)) and "lora" in node.kind):
            found += _listed(value)
        else:
            lora = _named_lora(trace, name, value)
            if lora:
                found += _numbered_lora(trace, node, name, lora, count)
            elif name in _LORA_TEXTS and _has_lora_text(node):
                found += prompts.loras(trace.text(value) or "")
    return [lora for lora in found if lora.weight != 0]


def _named_lora(trace: Trace, name: str, value: Any) -> str | None:
    """The LoRA in an input such as ``lora_name`` or ``lora_2``; None for other inputs."""
    if not _LORA_NAME.match(name) or _is_stack(name, value):
        return None
    return as_name(trace.value(value, name))


def _numbered_lora(trace: Trace, node: Node, name: str, lora: str, count: int | None) -> list[Lora]:
    """The LoRA of an input with its weight, unless it is disabled or beyond the node's ``count``."""
    match = _LORA_NAME.match(name)
    number = match[1] if match else ""
    is_beyond = count is not None and bool(number) and (as_int(number) or 0) > count
    if is_beyond or _is_off(trace, node, number):
        return []
    return [Lora(lora, _weight(trace, node, number))]


def _has_lora_text(node: Node) -> bool:
    return "loras" not in node.inputs and ("lora" in node.kind or "wildcard" in node.kind)


def _rows(trace: Trace, node: Node) -> list[Lora]:
    """The LoRAs of ComfyUI's own lists: ``loras.0.lora_name``, ``loras.0.strength``,
    ``loras.0.enabled``.
    """
    rows: dict[int, dict[str, Any]] = {}
    for name, value in node.inputs.items():
        row = _LORA_ROW.match(name)
        if row:
            rows.setdefault(int(row[2]), {})[row[3]] = trace.value(value, row[3])
    return _listed([rows[number] for number in sorted(rows)])


def _is_stack(name: str, value: Any) -> bool:
    return isinstance(value, Link) and name in _STACK_LINKS


def _toggled(value: dict[str, Any]) -> list[Lora]:
    """The LoRA of rgthree's Power Lora Loader: {"on": true, "lora": "x.safetensors", "strength":
    0.8}.
    """
    name = as_name(value.get("lora"))
    if not name or value.get("on", True) is False:
        return []
    return [Lora(name, as_float(value.get("strength")))]


def _listed(value: Any) -> list[Lora]:
    """The LoRAs of a list of objects, as the LoRA manager has: {"__value__": [{"name": "x",
    "strength": 1, "active": true}]}.
    """
    entries = as_list(value.get("__value__")) if isinstance(value, dict) else as_list(value)
    found: list[Lora] = []
    for entry in map(as_dict, entries):
        name = as_name(entry.get("name") or entry.get("lora") or entry.get("lora_name"))
        is_enabled = all(entry.get(key, True) is not False for key in ("active", "on", "enabled"))
        if name and is_enabled:
            weights = (entry.get(key) for key in ("strength", "weight", "strength_model"))
            found.append(Lora(name, as_float(first_not_none(weights))))
    return found


def _is_off(trace: Trace, node: Node, number: str) -> bool:
    """Whether the switch of a LoRA is off: CR LoRA Stack, Easy-Use's stack, enable flags."""
    for pattern in _NUMBERED_SWITCHES if number else _SWITCHES:
        name = pattern.format(number)
        if name in node.inputs:
            state = trace.value(node.inputs[name], name)
            return str(state).strip().lower() in _OFF
    return False


def _weight(trace: Trace, node: Node, number: str) -> float | None:
    if number:
        simple = str(node.inputs.get("input_mode", "")).lower() == "simple"
        names = (
            ["lora_wt_{}"]
            if simple and f"lora_wt_{number}" in node.inputs
            else list(_NUMBERED_WEIGHTS)
        )
        found = trace.first_float(node, *(name.format(number) for name in names))
        if found is not None:
            return found
    return trace.first_float(node, *_WEIGHT_NAMES)


def find_vae(trace: Trace, graph: Graph, nodes: Iterator[str]) -> str | None:
    """The name of the VAE that decoded the picture; None if it is part of the checkpoint."""
    for key in nodes:
        node = graph[key]
        link = node.inputs.get("vae")
        if "decode" not in node.kind or not isinstance(link, Link):
            continue
        for _step in range(50):
            loader = trace.node(link)
            if loader is None:
                return None
            name = trace.first_name(loader, "vae_name")
            if name is None and "vae" in loader.kind:
                name = trace.first_name(loader, "model_name")
            if name:
                return name
            link = trace.passing(loader, ("vae", "pipe", "basic_pipe"))
        return None
    return None
