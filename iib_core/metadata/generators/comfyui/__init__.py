"""ComfyUI: graphs in API or workflow form, under any keyword, traced back from the sampler."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from iib_core.metadata import infotext
from iib_core.metadata.containers.embedded import Embedded, Text
from iib_core.metadata.generators.automatic1111 import find_text
from iib_core.metadata.generators.comfyui import conditioning, details, models, samplers, workflows
from iib_core.metadata.generators.comfyui.graph import Graph, Node, from_prompt, is_prompt
from iib_core.metadata.generators.comfyui.trace import Trace
from iib_core.metadata.info import GenerationInfo
from iib_core.metadata.values import as_dict, clean, load_object, merged_loras, place, stem

PASSES_SHOWN_MAX = 8
ASPECT_MAX_DIFFERENCE = 0.05

_GRAPH_MARKS = ('"class_type"', '"nodes"', '\\"class_type\\"', '\\"nodes\\"')
_PLACEHOLDERS = frozenset({"", "unknown", "none", "undefined"})


def parse(embedded: Embedded) -> GenerationInfo | None:
    """The values of the graph, merged with the infotext that saver nodes write beside it."""
    prompt, workflow = _find_documents(embedded)
    chosen = prompt or workflow
    if chosen is None:
        return None
    text = chosen[1]
    if prompt:
        graph = from_prompt(prompt[0], workflows.shown_texts(workflow[0]) if workflow else {})
    else:
        graph = workflows.from_workflow(chosen[0])
    written = find_text(embedded)
    stated = infotext.parse(written.value) if written else None
    info = replace(
        _trace(graph, stated.seed if stated else None, (embedded.width_px, embedded.height_px)),
        infotext=clean(text.value),
        workflow=(workflow or chosen)[0],
        found_in=place(embedded, text),
    )
    return _with_infotext(info, stated, graph) if stated else info


def read_graph(document: Mapping[str, Any]) -> GenerationInfo:
    """The values of a graph in API form."""
    return replace(_trace(from_prompt(document)), workflow=document)


_Document = tuple[dict[str, Any], Text]


def _find_documents(embedded: Embedded) -> tuple[_Document | None, _Document | None]:
    """(first API graph, first workflow), also from inside a JSON object that holds both."""
    prompt: _Document | None = None
    workflow: _Document | None = None
    for text in embedded.texts:
        if not any(mark in text.value for mark in _GRAPH_MARKS):
            continue
        document = load_object(text.value)
        for inner in (document, *_wrapped(document)) if document else ():
            if is_prompt(inner):
                prompt = prompt or (inner, text)
            elif workflows.is_workflow(inner):
                workflow = workflow or (inner, text)
    return prompt, workflow


def _wrapped(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Graphs inside an object, as objects or as JSON texts."""
    inner = (document.get(key) for key in ("prompt", "workflow", "output", "extra_pnginfo"))
    found = [load_object(value) if isinstance(value, str) else value for value in inner]
    nested = [as_dict(value).get("workflow") for value in found if isinstance(value, dict)]
    return [value for value in (*found, *nested) if isinstance(value, dict)]


def _trace(
    graph: Graph, seed: int | None = None, size_px: tuple[int | None, int | None] = (None, None)
) -> GenerationInfo:
    """The values of the picture's first pass, with the later ones among the parameters.

    ``seed``, ``size_px``: the stated seed and the picture's size, to choose among several outputs.
    """
    trace = Trace(graph)
    found = samplers.find_passes(graph)
    if not found:
        return _trace_loose(trace)
    chosen = _chosen(trace, found, seed, size_px)
    info = _trace_service(trace, chosen) if chosen.service else _trace_passes(trace, chosen)
    if trace.writers:
        return replace(
            info, parameters={**info.parameters, "Prompt written by": ", ".join(trace.writers)}
        )
    return info


def _chosen(
    trace: Trace,
    found: list[samplers.Passes],
    seed: int | None,
    size_px: tuple[int | None, int | None],
) -> samplers.Passes:
    """The output that made the picture: with the stated seed, or else with the picture's size.

    If the graph has a service and no sampler can have made a picture of that size, the service made
    it.
    """
    if len(found) == 1:
        return found[0]
    local = [passes for passes in found if passes.samplers]
    services = [passes for passes in found if passes.service]
    by_seed = [
        passes
        for passes in local
        if seed is not None and seed in (samplers.seed(trace, node) for node in passes.samplers)
    ]
    sizes = [samplers.size(trace, passes.samplers[0]) for passes in local]
    by_size = [passes for passes, size in zip(local, sizes, strict=True) if size == size_px]
    others = (
        services if services and not any(_is_enlarged(size, size_px) for size in sizes) else found
    )
    return (*by_seed, *by_size, *others)[0]


def _is_enlarged(size: tuple[int, int] | None, size_px: tuple[int | None, int | None]) -> bool:
    """Whether the picture may be an upscaled one of ``size``. True if either size is unknown."""
    if not size or not size_px[0] or not size_px[1]:
        return True
    return (
        size_px[0] >= size[0]
        and abs(size_px[0] / size_px[1] - size[0] / size[1]) < ASPECT_MAX_DIFFERENCE
    )


def _trace_passes(trace: Trace, chosen: samplers.Passes) -> GenerationInfo:
    """The values of a picture that samplers made."""
    passes, behind = chosen.samplers, [trace.graph[key] for key in chosen.behind]
    prompts = [(node, conditioning.prompt(trace, node, negative=False)) for node in passes]
    # The sampler of a depth or pose model has no prompt and does not count as a pass.
    first, prompt = next(((node, text) for node, text in prompts if text), prompts[0])
    negative = conditioning.prompt(trace, first, negative=True)
    if not prompt and not negative and not trace.writers:
        prompt, negative = (
            conditioning.loose_prompt(trace, behind, is_negative) for is_negative in (False, True)
        )
    size = samplers.size(trace, first)
    counted = passes[passes.index(first) :]
    found = [models.find_model(trace, node) for node in counted[:PASSES_SHOWN_MAX]]
    names = tuple(dict.fromkeys(name for name, _loras in found if name))
    names = names or tuple(filter(None, [models.loose_model(trace, behind)]))
    return GenerationInfo(
        prompt=prompt,
        # The same text on both sides has no effect as a negative prompt.
        negative_prompt="" if negative == prompt else negative,
        source="ComfyUI",
        steps=samplers.steps(trace, first),
        sampler=samplers.sampler_name(trace, first),
        scheduler=samplers.scheduler(trace, first),
        cfg_scale=samplers.cfg(trace, first),
        seed=samplers.seed(trace, first),
        width=size[0] if size else None,
        height=size[1] if size else None,
        model=found[0][0] or next(iter(names), None),
        models=names,
        vae=models.find_vae(trace, trace.graph, iter(chosen.behind)),
        loras=merged_loras(*(loras for _name, loras in found), models.text_loras(trace, behind)),
        parameters=details.parameters(trace, behind, counted[0]) | _later_passes(trace, counted),
    )


def _trace_service(trace: Trace, chosen: samplers.Passes) -> GenerationInfo:
    """The values of a picture that a service made: the prompt, and what else the node has."""
    node = chosen.service
    assert node is not None
    size = samplers.service_size(trace, node)
    model = trace.first_name(node, "model_name", "model")
    prompts = (
        trace.text(node.inputs[name]) for name in samplers.SERVICE_PROMPTS if name in node.inputs
    )
    return GenerationInfo(
        prompt=next(filter(None, prompts), ""),
        negative_prompt=trace.own_text(node, negative=True, strict=True) or "",
        source="ComfyUI",
        steps=trace.first_int(node, "steps"),
        seed=trace.first_int(node, "seed"),
        width=size[0] if size else None,
        height=size[1] if size else None,
        model=model,
        models=(model,) if model else (),
        parameters={"Service": node.type}
        | details.service_parameters(trace, node, [trace.graph[key] for key in chosen.behind]),
    )


def _trace_loose(trace: Trace) -> GenerationInfo:
    """The values of a graph without a known sampler: the encoded texts and the loaded model."""
    nodes = samplers.behind_outputs(trace.graph)
    prompt, negative = (
        conditioning.loose_prompt(trace, nodes, negative) for negative in (False, True)
    )
    model = models.loose_model(trace, nodes) if prompt or negative else None
    return GenerationInfo(
        source="ComfyUI",
        prompt=prompt,
        negative_prompt="" if negative == prompt else negative,
        model=model,
    )


def _later_passes(trace: Trace, passes: list[Node]) -> dict[str, str]:
    found: dict[str, str] = {}
    for number, node in enumerate(passes[1:PASSES_SHOWN_MAX], 2):
        values = {
            "steps": samplers.steps(trace, node),
            "cfg": samplers.cfg(trace, node),
            "sampler": samplers.sampler_name(trace, node),
        }
        values |= {
            "seed": samplers.seed(trace, node),
            "denoise": trace.first_float(node, "denoise"),
        }
        labelled = [f"{key} {value}" for key, value in values.items() if value is not None]
        found[f"Pass {number}"] = ", ".join([node.type, *labelled])
    return found


def _with_infotext(info: GenerationInfo, written: GenerationInfo, graph: Graph) -> GenerationInfo:
    """The values of graph and infotext, merged.

    The infotext has hashes and resolved wildcards. If its seed is not in the graph, it is stale.
    """
    seeds = samplers.all_seeds(Trace(graph))
    agrees = written.seed is not None and (written.seed in seeds or -1 in seeds)
    info = replace(
        info, infotext=written.infotext, parameters=dict(info.parameters) | dict(written.parameters)
    )
    if not agrees and info.seed is not None:
        return _filled(info, written, _STALE)
    if written.sampler and info.scheduler and info.scheduler in written.sampler.lower():
        info = replace(info, scheduler=written.scheduler)
    merged = _filled(written, info, _ALL)
    return replace(info, **{name: getattr(merged, name) for name in _ALL})


_STALE = ("prompt", "negative_prompt", "steps", "sampler", "scheduler", "cfg_scale", "model", "vae")
_ALL = (*_STALE, "seed", "width", "height", "model_hash", "loras")


def _filled(info: GenerationInfo, other: GenerationInfo, names: tuple[str, ...]) -> GenerationInfo:
    """``info`` with values of ``other`` for those of ``names`` that are missing or 'unknown'."""
    missing = {
        name: getattr(other, name)
        for name in names
        if _is_missing(getattr(info, name)) and not _is_missing(getattr(other, name))
    }
    if (
        info.model_hash is None
        and info.model
        and other.model
        and stem(info.model) == stem(other.model)
    ):
        missing["model_hash"] = other.model_hash
    return replace(info, **missing)


def _is_missing(value: Any) -> bool:
    return (
        value is None
        or value == ()
        or (isinstance(value, str) and value.strip().lower() in _PLACEHOLDERS)
    )
