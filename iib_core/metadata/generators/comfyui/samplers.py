"""The samplers of a graph: which one made the picture, and its numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from iib_core.metadata.generators.comfyui.graph import Graph, Link, Node, ancestors
from iib_core.metadata.generators.comfyui.trace import Trace, is_writer
from iib_core.metadata.values import as_name, as_size

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
# Of these a service is given at least one; a few of Kling's and Luma's take no seed.
_SERVICE_CHOICES = (
    "seed",
    "model",
    "model_name",
    "aspect_ratio",
    "duration",
    "resolution",
    "rendering_speed",
)
# Nodes that make a text, which have a seed for their wildcards.
_TEXT_KIND = re.compile(r"wildcard|prompt|string|text(?!to|2)")
# What a node that runs a model here takes from others, and one that asks a service does not.
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
        *("pipe", "basic_pipe", "segs", "bbox_detector", "mask_mapping", "text_encoders", "ella", "pipeline"),
    }
)
_SAVING = ("save", "videocombine", "imageoutput", "output", "export", "saver", "writeimage", "websocket")
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
    """Whether a node turns noise into a picture: it has noise, steps and something from other
    nodes, or a guider.
    """
    if node.kind.startswith("context") or is_service(node):
        return False
    if node.has("guider") and node.has("sigmas", "sampler"):
        return True
    if "loader" in node.kind or not node.links:
        return False
    return node.has(*_SEEDS) and node.has(*_STEPS)


@dataclass(frozen=True)
class Passes:
    """The samplers behind one output, first pass first, or the service that was asked, and all nodes behind
    the output, nearest first.
    """

    samplers: list[Node]
    behind: Mapping[str, int]
    service: Node | None = None


def find_passes(graph: Graph) -> list[Passes]:
    """The passes, or the service, of each output that has any. Chains that no output reaches are left-overs:
    they count only where nothing else is there.
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
            service = None if samplers else next(graph[key] for key in behind if is_service(graph[key]))
            found.append(Passes(_by_dependence(graph, samplers[:SAMPLERS_MAX]), behind, service))
            if len(found) >= OUTPUTS_MAX:
                return found
        if found:
            return found
    return found


def is_service(node: Node) -> bool:
    """Whether a node asks a service for the picture: it has a prompt, a choice of its own, and nothing of
    what a model that runs here needs.
    """
    if (
        not node.has(*SERVICE_PROMPTS)
        or not node.has(*_SERVICE_CHOICES)
        or node.has("max_tokens", "temperature")
    ):
        return False
    if "encode" in node.kind or "loader" in node.kind or _TEXT_KIND.search(node.kind) or is_writer(node):
        return False
    return not any(name in _LOCAL_LINKS for name, _link in node.links)


def behind_outputs(graph: Graph) -> list[Node]:
    """The nodes behind the first outputs, nearest first; all nodes where there is no output."""
    for outputs in _outputs(graph):
        if outputs:
            keys = dict.fromkeys(key for output in outputs[:OUTPUTS_MAX] for key in ancestors(graph, output))
            return [graph[key] for key in keys]
    return list(graph.values())


def all_seeds(trace: Trace) -> set[int]:
    """The seeds of all samplers, left-over ones too."""
    return {
        found
        for node in trace.graph.values()
        if is_sampler(node) and (found := seed(trace, node)) is not None
    }


def _outputs(graph: Graph) -> Iterable[list[str]]:
    """Saving nodes, then showing ones, then any node that nothing follows, then all samplers."""
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
    """Samplers in the order in which they ran: one that another depends on comes first."""
    keys = {node.id for node in samplers}
    depends = {node.id: len(keys & ancestors(graph, node.id).keys()) for node in samplers}
    return sorted(samplers, key=lambda node: depends[node.id])


def seed(trace: Trace, node: Node) -> int | None:
    """The noise seed, in the node or in its noise node."""
    own = trace.first_int(node, "seed", "noise_seed", "rand_seed")
    noise = trace.node(node.inputs.get("noise")) if own is None else None
    return trace.first_int(noise, "noise_seed", "seed", "value") if noise else own


def steps(trace: Trace, node: Node) -> int | None:
    """The steps, in the node or in the scheduler that makes its sigmas."""
    own = trace.first_int(node, "steps", "num_inference_steps", "num_steps", "sampling_steps", "steps_total")
    if own is not None:
        return own
    return next(
        (found for other in _sigma_nodes(trace, node) if (found := _sigma_steps(trace, other)) is not None),
        None,
    )


def _sigma_steps(trace: Trace, node: Node) -> int | None:
    """The steps that a node makes sigmas for: a number, or the way between those that it lists."""
    listed = node.inputs.get("sigmas", node.inputs.get("sigmas_string"))
    if isinstance(listed, str):
        return max(len(_NUMBER.findall(listed[:SIGMAS_MAX_CHARS])) - 1, 0) or None
    return trace.first_int(node, "steps", "num_steps")


def scheduler(trace: Trace, node: Node) -> str | None:
    """The scheduler's name, in the node or in the scheduler that makes its sigmas."""
    own = trace.first_name(node, "scheduler", "scheduler_name", "schedule")
    provider = _provider(trace, node) if own is None else None
    others = (provider,) if provider else _sigma_nodes(trace, node)
    return own or next(
        (found for other in others if (found := trace.first_name(other, "scheduler", "scheduler_name"))), None
    )


def _sigma_nodes(trace: Trace, node: Node) -> Iterable[Node]:
    """The nodes that sigmas pass through, nearest first."""
    link = node.inputs.get("sigmas")
    for _step in range(30):
        found = trace.node(link)
        if found is None:
            return
        yield found
        link = trace.passing(found, ("sigmas", "sigmas_1", "sigmas_a"))


def _provider(trace: Trace, node: Node) -> Node | None:
    """The node that a sampler of regions or masks has its own sampler from, as the Impact pack has them."""
    return trace.node(
        next((node.inputs[name] for name in _PROVIDERS if isinstance(node.inputs.get(name), Link)), None)
    )


def sampler_name(trace: Trace, node: Node) -> str | None:
    """The sampler's name: a widget, or that of the node which makes the sampler."""
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
        stated = (
            trace.first_name(maker, "sampler_name", "sampler")
            if not isinstance(maker.inputs.get("sampler"), Link)
            else None
        )
        built = _SAMPLER_CLASS.match(maker.type)
        if stated or built:
            return stated or _WORD_START.sub("_", built[1] if built else "").lower()
        if maker.has("value"):
            return as_name(trace.value(own, "sampler_name"))
        own = trace.passing(maker, ("sampler", "sampler_name"))
    return None


def cfg(trace: Trace, node: Node) -> float | None:
    """The guidance scale, in the node or in its guider; none for a guider without one."""
    own = trace.first_float(
        node, "cfg", "cfg_scale", "true_cfg", "true_cfg_scale", "true_gs", "guidance_scale"
    )
    guider = (trace.node(node.inputs.get("guider")) or _provider(trace, node)) if own is None else None
    return trace.first_float(guider, "cfg", "cfg_conds", "cfg_scale") if guider else own


def guidance(trace: Trace, nodes: Iterable[Node]) -> float | None:
    """Flux's distilled guidance, wherever it stands before the sampler."""
    return next(
        (
            found
            for node in nodes
            if (found := trace.first_float(node, "guidance", "embedded_guidance_scale")) is not None
        ),
        None,
    )


def _own_size(trace: Trace, node: Node) -> tuple[int, int] | None:
    """The size that a node gives a latent; one that encodes a picture gives it only to a video."""
    if "encode" in node.kind and not node.has("length", "num_frames"):
        return None
    width, height = trace.first_int(node, *_WIDTHS), trace.first_int(node, *_HEIGHTS)
    if width and height and not node.has(*_PRESETS):
        return (width, height)
    preset = _preset(trace, node) or next(
        (found for name in (*_WIDTHS, "dimensions") if (found := _linked_preset(trace, node, name))), None
    )
    return preset or ((width, height) if width and height else None)


def _linked_preset(trace: Trace, node: Node, name: str) -> tuple[int, int] | None:
    """The size of a node that gives width and height to this one."""
    other = trace.node(node.inputs.get(name))
    return _preset(trace, other) if other else None


def _preset(trace: Trace, node: Node) -> tuple[int, int] | None:
    """A size that is chosen from a list, such as '3:4 portrait 896x1152', turned where a switch says so."""
    for name in _PRESETS:
        found = as_size(trace.value(node.inputs[name], name)) if name in node.inputs else None
        if found:
            is_turned = any(str(node.inputs.get(switch)).lower() in ("on", "true") for switch in _TURNS)
            return (found[1], found[0]) if is_turned else found
    return None


def service_size(trace: Trace, node: Node) -> tuple[int, int] | None:
    """The pixels that a service was asked for."""
    width, height = trace.first_int(node, "width"), trace.first_int(node, "height")
    return (width, height) if width and height else _preset(trace, node)


def size(trace: Trace, node: Node) -> tuple[int, int] | None:
    """The pixels of the latent that the first pass starts from; None where it was made of a picture."""
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
        chosen = trace.branch(current)
        links = (
            [chosen]
            if isinstance(chosen, Link)
            else [current.inputs.get(name) for name in reversed(_LATENTS)]
        )
        if not any(isinstance(link, Link) for link in links):
            only = [link for name, link in current.links if name not in _NOT_LATENTS]
            links = [only[0]] if len(only) == 1 else []
        todo += [upstream for link in links if (upstream := trace.node(link))]
    return None
