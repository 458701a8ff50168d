"""The samplers of a graph: which one made the picture, and its parameters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from iib_core.metadata.generators.comfyui.graph import Graph, Link, Node, ancestors
from iib_core.metadata.generators.comfyui.trace import Trace, is_writer
from iib_core.metadata.values import as_name, as_size, first_not_none

OUTPUTS_MAX = 8
SAMPLERS_MAX = 40
SIGMAS_MAX_CHARS = 20_000

_SEEDS = ("seed", "noise_seed", "rand_seed", "noise")
_STEPS = (
    "steps",
    "num_inference_steps",
    "num_steps",
    "sampling_steps",
    "sigmas",
    "sampler_name",
    "steps_total",
)
SERVICE_PROMPTS = ("prompt", "positive_prompt", "prompt_text", "text_prompt", "text")
# A service node has at least one of these; some of Kling's and Luma's have no seed.
_SERVICE_CHOICES = (
    "seed",
    "model",
    "model_name",
    "aspect_ratio",
    "duration",
    "resolution",
    "rendering_speed",
)
# Nodes that make a text; their seed is for wildcards.
_TEXT_KIND = re.compile(r"wildcard|prompt|string|text(?!to|2)")
# Linked inputs of nodes that run a model locally, unlike nodes of a service.
_LOCAL_LINKS = frozenset(
    {
        *(
            "model",
            "vae",
            "clip",
            "samples",
            "latent",
            "latent_image",
            "positive",
            "negative",
            "conditioning",
            "noise",
            "sigmas",
            "guider",
            "sampler",
        ),
        *(
            "pipe",
            "basic_pipe",
            "segs",
            "bbox_detector",
            "mask_mapping",
            "text_encoders",
            "ella",
            "pipeline",
        ),
    }
)
_SAVING = (
    "save",
    "videocombine",
    "imageoutput",
    "output",
    "export",
    "saver",
    "writeimage",
    "websocket",
)
_SHOWING = ("preview", "show", "compare", "display", "viewer")
_PROVIDERS = ("base_sampler", "ksampler", "advanced_sampler", "mask_sampler")
_LATENTS = (
    "latent_image",
    "latent",
    "samples",
    "latents",
    "optional_latent_image",
    "empty_latent",
    "image_embeds",
    "latent_opt",
    "guider",
    "pipe",
    "basic_pipe",
    "pipe_in",
    "context",
    "base_ctx",
    "sdxl_tuple",
    "samples_to",
    "samples1",
    "latent1",
    "destination",
    "samples_from",
    "params",
    "video_latent",
    "av_latent",
    "latent_video",
)
_NOT_LATENTS = frozenset({"pixels", "image", "images", "vae", "model", "mask", "clip"})
_WIDTHS = (
    "width",
    "empty_latent_width",
    "frame_width",
    "target_width",
    "image_width",
    "base_width",
    "generation_width",
)
_HEIGHTS = (
    "height",
    "empty_latent_height",
    "frame_height",
    "target_height",
    "image_height",
    "base_height",
    "generation_height",
)
_PRESETS = (
    "dimensions",
    "resolution",
    "size_preset",
    "size",
    "image_size",
    "preset",
    "aspect_ratio",
    "ratio",
    "resolution_preset",
)
_TURNS = ("swap_dimensions", "swap", "invert", "swap_width_height", "flip")
_SAMPLER_CLASS = re.compile(r"\ASampler_?([A-Z][\w+]*)\Z")
_NUMBER = re.compile(r"\d{1,9}(?:\.\d{0,20})?")
_WORD_START = re.compile(r"(?<=[a-z])(?=[A-Z])")


def is_sampler(node: Node) -> bool:
    """Whether a node turns noise into a picture: it has noise, steps and links, or a guider."""
    if node.kind.startswith("context") or is_service(node):
        return False
    if node.has("guider") and node.has("sigmas", "sampler"):
        return True
    if "loader" in node.kind or not node.links:
        return False
    return node.has(*_SEEDS) and node.has(*_STEPS)


@dataclass(frozen=True)
class Passes:
    """The samplers upstream of one output, first pass first, or the service; and all nodes upstream
    of it with their distance, nearest first.
    """

    samplers: list[Node]
    behind: Mapping[str, int]
    service: Node | None = None


def find_passes(graph: Graph) -> list[Passes]:
    """The passes, or the service, of each output that has some.

    Chains that lead to no output are leftovers, and are used only if there is nothing else.
    """
    seen: set[str] = set()
    found: list[Passes] = []
    for outputs in _outputs(graph):
        for output in outputs:
            behind = ancestors(graph, output, seen)
            if not any(is_sampler(graph[key]) or is_service(graph[key]) for key in behind):
                seen.update(behind)
                continue
            behind = ancestors(graph, output)
            samplers = [graph[key] for key in behind if is_sampler(graph[key])]
            service = (
                None if samplers else next(graph[key] for key in behind if is_service(graph[key]))
            )
            found.append(Passes(_by_dependence(graph, samplers[:SAMPLERS_MAX]), behind, service))
            if len(found) >= OUTPUTS_MAX:
                return found
        if found:
            return found
    return found


def is_service(node: Node) -> bool:
    """Whether a node requests the picture from a service: it has a prompt, a choice of its own, and
    none of the links that a local model needs.
    """
    if not node.has(*SERVICE_PROMPTS) or not node.has(*_SERVICE_CHOICES):
        return False
    if node.has("max_tokens", "temperature"):  # a language model
        return False
    if (
        "encode" in node.kind
        or "loader" in node.kind
        or _TEXT_KIND.search(node.kind)
        or is_writer(node)
    ):
        return False
    return not any(name in _LOCAL_LINKS for name, _link in node.links)


def behind_outputs(graph: Graph) -> list[Node]:
    """The nodes upstream of the first outputs, nearest first; all nodes if there is no output."""
    for outputs in _outputs(graph):
        if outputs:
            keys = dict.fromkeys(
                key for output in outputs[:OUTPUTS_MAX] for key in ancestors(graph, output)
            )
            return [graph[key] for key in keys]
    return list(graph.values())


def all_seeds(trace: Trace) -> set[int]:
    """The seeds of all samplers, including leftovers."""
    seeds = {seed(trace, node) for node in trace.graph.values() if is_sampler(node)}
    return {value for value in seeds if value is not None}


def _outputs(graph: Graph) -> Iterable[list[str]]:
    """Saving nodes, then previews, then nodes whose outputs are unused, then all samplers."""
    kinds = {key: node.kind for key, node in graph.items()}
    used = {link.node for node in graph.values() for _name, link in node.links}
    yield [
        key
        for key, kind in kinds.items()
        if any(word in kind for word in _SAVING) and not is_sampler(graph[key])
    ]
    yield [
        key
        for key, kind in kinds.items()
        if any(word in kind for word in _SHOWING) and not is_sampler(graph[key])
    ]
    yield [key for key in graph if key not in used]
    yield [key for key, node in graph.items() if is_sampler(node)]


def _by_dependence(graph: Graph, samplers: list[Node]) -> list[Node]:
    """Samplers in the order of execution: a sampler that another depends on comes first."""
    keys = {node.id for node in samplers}
    depends = {node.id: len(keys & ancestors(graph, node.id).keys()) for node in samplers}
    return sorted(samplers, key=lambda node: depends[node.id])


def seed(trace: Trace, node: Node) -> int | None:
    """The noise seed, from the node or from its noise node."""
    own = trace.first_int(node, "seed", "noise_seed", "rand_seed")
    noise = trace.node(node.inputs.get("noise")) if own is None else None
    return trace.first_int(noise, "noise_seed", "seed", "value") if noise else own


def steps(trace: Trace, node: Node) -> int | None:
    """The steps, from the node or from the scheduler of its sigmas."""
    own = trace.first_int(
        node, "steps", "num_inference_steps", "num_steps", "sampling_steps", "steps_total"
    )
    if own is not None:
        return own
    return first_not_none(_sigma_steps(trace, other) for other in _sigma_nodes(trace, node))


def _sigma_steps(trace: Trace, node: Node) -> int | None:
    """The number of steps for which a node makes sigmas: stated, or one less than the listed
    sigmas.
    """
    listed = node.inputs.get("sigmas", node.inputs.get("sigmas_string"))
    if isinstance(listed, str):
        return max(len(_NUMBER.findall(listed[:SIGMAS_MAX_CHARS])) - 1, 0) or None
    return trace.first_int(node, "steps", "num_steps")


def scheduler(trace: Trace, node: Node) -> str | None:
    """The scheduler's name, from the node or from the scheduler of its sigmas."""
    own = trace.first_name(node, "scheduler", "scheduler_name", "schedule")
    if own is not None:
        return own
    provider = _provider(trace, node)
    others = (provider,) if provider else _sigma_nodes(trace, node)
    return first_not_none(
        trace.first_name(other, "scheduler", "scheduler_name") for other in others
    )


def _sigma_nodes(trace: Trace, node: Node) -> Iterable[Node]:
    """The nodes through which sigmas pass, nearest first."""
    link = node.inputs.get("sigmas")
    for _step in range(30):
        found = trace.node(link)
        if found is None:
            return
        yield found
        link = trace.passing(found, ("sigmas", "sigmas_1", "sigmas_a"))


def _provider(trace: Trace, node: Node) -> Node | None:
    """The node that provides the sampler of a regional or masked sampler, as in the Impact pack."""
    inputs = (node.inputs.get(name) for name in _PROVIDERS)
    return trace.node(next((value for value in inputs if isinstance(value, Link)), None))


def sampler_name(trace: Trace, node: Node) -> str | None:
    """The sampler's name: of a widget, or of the node that makes the sampler."""
    own = node.inputs.get("sampler_name", node.inputs.get("sampler"))
    if isinstance(own, str):
        return as_name(own)
    provider = _provider(trace, node) if own is None else None
    if provider:
        return trace.first_name(provider, "sampler_name")
    for _step in range(10):
        maker = trace.node(own)
        if maker is None:
            return None
        stated = None
        if not isinstance(maker.inputs.get("sampler"), Link):
            stated = trace.first_name(maker, "sampler_name", "sampler")
        if stated:
            return stated
        built = _SAMPLER_CLASS.match(maker.type)
        if built:
            return _WORD_START.sub("_", built[1]).lower()
        if maker.has("value"):
            return as_name(trace.value(own, "sampler_name"))
        own = trace.passing(maker, ("sampler", "sampler_name"))
    return None


def cfg(trace: Trace, node: Node) -> float | None:
    """The CFG scale, from the node or from its guider; None for a guider without one."""
    own = trace.first_float(
        node, "cfg", "cfg_scale", "true_cfg", "true_cfg_scale", "true_gs", "guidance_scale"
    )
    guider = (
        (trace.node(node.inputs.get("guider")) or _provider(trace, node)) if own is None else None
    )
    return trace.first_float(guider, "cfg", "cfg_conds", "cfg_scale") if guider else own


def _own_size(trace: Trace, node: Node) -> tuple[int, int] | None:
    """The size of the latent that a node makes. A node that encodes a picture has one only for a
    video.
    """
    if "encode" in node.kind and not node.has("length", "num_frames"):
        return None
    width, height = trace.first_int(node, *_WIDTHS), trace.first_int(node, *_HEIGHTS)
    if width and height and not node.has(*_PRESETS):
        return (width, height)
    preset = _preset(trace, node)
    if preset is None:
        preset = first_not_none(
            _linked_preset(trace, node, name) for name in (*_WIDTHS, "dimensions")
        )
    if preset is None and width and height:
        return (width, height)
    return preset


def _linked_preset(trace: Trace, node: Node, name: str) -> tuple[int, int] | None:
    """The size of a node that provides width and height to this one."""
    other = trace.node(node.inputs.get(name))
    return _preset(trace, other) if other else None


def _preset(trace: Trace, node: Node) -> tuple[int, int] | None:
    """A size that is chosen from a list, such as '3:4 portrait 896x1152'; swapped if a switch is
    on.
    """
    for name in _PRESETS:
        found = as_size(trace.value(node.inputs[name], name)) if name in node.inputs else None
        if found:
            is_turned = any(
                str(node.inputs.get(switch)).lower() in ("on", "true") for switch in _TURNS
            )
            return (found[1], found[0]) if is_turned else found
    return None


def service_size(trace: Trace, node: Node) -> tuple[int, int] | None:
    """The size in pixels that was requested from a service."""
    width, height = trace.first_int(node, "width"), trace.first_int(node, "height")
    return (width, height) if width and height else _preset(trace, node)


def size(trace: Trace, node: Node) -> tuple[int, int] | None:
    """The size in pixels of the latent of the first pass; None if it was encoded from a picture."""
    seen: set[str] = set()
    todo: list[Node] = [node]
    while todo:
        current = todo.pop()
        if current.id in seen:
            continue
        seen.add(current.id)
        found = _own_size(trace, current)
        if found:
            return found
        todo += [
            upstream for upstream in map(trace.node, _latent_links(trace, current)) if upstream
        ]
    return None


def _latent_links(trace: Trace, node: Node) -> list[Any]:
    """The inputs of a node that may be its latent, the most likely last."""
    chosen = trace.branch(node)
    if isinstance(chosen, Link):
        return [chosen]
    links = [node.inputs.get(name) for name in reversed(_LATENTS)]
    if any(isinstance(link, Link) for link in links):
        return links
    others = [link for name, link in node.links if name not in _NOT_LATENTS]
    return others if len(others) == 1 else []
