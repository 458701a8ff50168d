"""ComfyUI: graphs in API or workflow form, wherever a saver put them, followed from the sampler back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from iib_core.metadata import infotext
from iib_core.metadata.containers.embedded import Embedded, Text
from iib_core.metadata.generators.automatic1111 import find_text
from iib_core.metadata.generators.comfyui import conditioning, models, samplers, workflows
from iib_core.metadata.generators.comfyui.graph import Graph, from_prompt, is_prompt
from iib_core.metadata.generators.comfyui.trace import Trace
from iib_core.metadata.info import GenerationInfo
from iib_core.metadata.values import as_dict, clean, load_object, place, stem

PASSES_SHOWN_MAX = 8

_GRAPH_MARKS = ('"class_type"', '"nodes"', '\\"class_type\\"', '\\"nodes\\"')
_PLACEHOLDERS = frozenset({"", "unknown", "none", "undefined"})


def parse(embedded: Embedded) -> GenerationInfo | None:
    """What the graph states, with the infotext that saver nodes write beside it."""
    found = _documents(embedded)
    if not found:
        return None
    prompt, workflow = found.get("prompt"), found.get("workflow")
    graph = from_prompt(prompt[0]) if prompt else workflows.from_workflow(workflow[0]) if workflow else {}
    text = (prompt or workflow or ({}, Text("", "", "")))[1]
    written = find_text(embedded)
    told = infotext.parse(written.value) if written else None
    info = replace(
        _trace(graph, told.seed if told else None, (embedded.width_px, embedded.height_px)),
        infotext=clean(text.value),
        workflow=workflow[0] if workflow else prompt[0] if prompt else None,
        found_in=place(embedded, text),
    )
    return _with_infotext(info, told, graph) if told else info


def read_graph(document: Mapping[str, Any]) -> GenerationInfo:
    """What a graph in API form states."""
    return replace(_trace(from_prompt(document)), workflow=document)


def _documents(embedded: Embedded) -> dict[str, tuple[dict[str, Any], Text]]:
    """The first API graph and the first workflow, also from inside a JSON object that holds both."""
    found: dict[str, tuple[dict[str, Any], Text]] = {}
    for text in embedded.texts:
        if not any(mark in text.value for mark in _GRAPH_MARKS):
            continue
        document = load_object(text.value)
        for inner in (document, *_wrapped(document)) if document else ():
            kind = "prompt" if is_prompt(inner) else "workflow" if workflows.is_workflow(inner) else None
            if kind and kind not in found:
                found[kind] = (inner, text)
    return found


def _wrapped(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Graphs inside an object, as objects or as JSON texts."""
    inner = (document.get(key) for key in ("prompt", "workflow", "output", "extra_pnginfo"))
    found = [load_object(value) if isinstance(value, str) else value for value in inner]
    nested = [as_dict(value).get("workflow") for value in found if isinstance(value, dict)]
    return [value for value in (*found, *nested) if isinstance(value, dict)]


def _trace(graph: Graph, seed: int | None = None, size_px: tuple[int | None, int | None] = (None, None)) -> GenerationInfo:
    """The picture's first pass; later ones are told in the parameters. Of several outputs, that of the stated seed or of the picture's size counts."""
    found = samplers.find_passes(graph)
    trace = Trace(graph)
    if not found:
        return _trace_service(trace)
    chosen = found[0]
    if len(found) > 1:
        by_seed = [passes for passes in found if seed is not None and seed in (samplers.seed(trace, node) for node in passes.samplers)]
        by_size = [passes for passes in found if samplers.size(trace, passes.samplers[0]) == size_px]
        chosen = (*by_seed, *by_size, chosen)[0]
    passes, behind = chosen.samplers, chosen.behind
    prompts = [(node, conditioning.prompt(trace, node, negative=False)) for node in passes]
    first, prompt = next(((node, text) for node, text in prompts if text), prompts[0])  # a depth or pose model's sampler has no prompt, and is no pass
    negative = conditioning.prompt(trace, first, negative=True)
    size = samplers.size(trace, first)
    model, loras = models.find_model(trace, first)
    return GenerationInfo(
        prompt=prompt,
        negative_prompt="" if negative == prompt else negative,  # one text on both sides steers away from nothing
        source="ComfyUI",
        steps=samplers.steps(trace, first),
        sampler=samplers.sampler_name(trace, first),
        scheduler=samplers.scheduler(trace, first),
        cfg_scale=samplers.cfg(trace, first),
        seed=samplers.seed(trace, first),
        width=size[0] if size else None,
        height=size[1] if size else None,
        model=model,
        vae=models.find_vae(trace, graph, iter(behind)),
        loras=loras,
        parameters=_parameters(trace, graph, passes[passes.index(first) :], behind),
    )


def _trace_service(trace: Trace) -> GenerationInfo:
    """A picture that a service made for the graph: the prompt, and what else the node says."""
    node = samplers.find_service(trace)
    if node is None:
        return GenerationInfo(source="ComfyUI")
    prompt = next((text for name in samplers.SERVICE_PROMPTS if name in node.inputs and (text := trace.text(node.inputs[name]))), "")
    return GenerationInfo(
        prompt=prompt,
        negative_prompt=trace.own_text(node, negative=True, strict=True) or "",
        source="ComfyUI",
        seed=trace.first_int(node, "seed"),
        model=trace.first_name(node, "model_name", "model"),
        parameters={"Service": node.type},
    )


def _parameters(trace: Trace, graph: Graph, passes: list[Any], behind: Mapping[str, int]) -> dict[str, str]:
    found: dict[str, str] = {}
    denoise = trace.first_float(passes[0], "denoise")
    if denoise is not None and denoise < 1:
        found["Denoise"] = str(denoise)
    guidance = samplers.guidance(trace, (graph[key] for key in behind))
    if guidance is not None:
        found["Guidance"] = str(guidance)
    for number, node in enumerate(passes[1:PASSES_SHOWN_MAX], 2):
        values = {"steps": samplers.steps(trace, node), "cfg": samplers.cfg(trace, node), "sampler": samplers.sampler_name(trace, node)}
        values |= {"seed": samplers.seed(trace, node), "denoise": trace.first_float(node, "denoise")}
        found[f"Pass {number}"] = ", ".join([node.type, *(f"{key} {value}" for key, value in values.items() if value is not None)])
    return found


def _with_infotext(info: GenerationInfo, written: GenerationInfo, graph: Graph) -> GenerationInfo:
    """Graph and infotext as one. The infotext knows hashes and resolved wildcards; where its seed is not the graph's, it is stale."""
    seeds = samplers.all_seeds(Trace(graph))
    agrees = written.seed is not None and (written.seed in seeds or -1 in seeds)
    info = replace(info, infotext=written.infotext, parameters=dict(info.parameters) | dict(written.parameters))
    if not agrees and info.seed is not None:
        return _filled(info, written, _STALE)
    if written.sampler and info.scheduler and info.scheduler in written.sampler.lower():
        info = replace(info, scheduler=written.scheduler)
    merged = _filled(written, info, _ALL)
    return replace(info, **{name: getattr(merged, name) for name in _ALL})


_STALE = ("prompt", "negative_prompt", "steps", "sampler", "scheduler", "cfg_scale", "model", "vae")
_ALL = (*_STALE, "seed", "width", "height", "model_hash", "loras")


def _filled(info: GenerationInfo, other: GenerationInfo, names: tuple[str, ...]) -> GenerationInfo:
    """The first with the other's values where it has none, or only the word 'unknown'."""
    missing = {name: getattr(other, name) for name in names if _is_missing(getattr(info, name)) and not _is_missing(getattr(other, name))}
    if info.model_hash is None and info.model and other.model and stem(info.model) == stem(other.model):
        missing["model_hash"] = other.model_hash
    return replace(info, **missing)


def _is_missing(value: Any) -> bool:
    return value is None or value == () or (isinstance(value, str) and value.strip().lower() in _PLACEHOLDERS)
