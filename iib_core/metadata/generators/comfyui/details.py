"""Further parameters of a graph, under the names of docs/metadata.md: video, guidance, text
encoders, ControlNets, upscalers, detailers, input pictures.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from iib_core.metadata import vocabulary
from iib_core.metadata.generators.comfyui.graph import Link, Node
from iib_core.metadata.generators.comfyui.trace import Trace
from iib_core.metadata.values import as_int, first_not_none

EACH_MAX = 8

_LOADS_ENCODER = re.compile(r"(?:clip|t5|text)\w{0,40}loader|load\w{0,40}(?:textencoder|t5|clip)")
_FRAMES = (
    "length",
    "num_frames",
    "frames_number",
    "video_frames",
    "video_length",
    "frame_count",
    "frames",
)
_FPS = ("frame_rate", "fps", "frames_per_second")
_SHIFTS = ("shift", "max_shift", "flow_shift")
_GUIDANCES = ("guidance", "embedded_guidance_scale", "distilled_guidance", "flux_guidance")
_STRENGTHS = (
    "strength",
    "weight",
    "controlnet_strength",
    "control_net_strength",
    "conditioning_scale",
    "strength_model",
)
_STARTS = ("start_percent", "start_at", "start", "start_step_percent")
_ENDS = ("end_percent", "end_at", "end", "end_step_percent")
_SERVICE_VALUES = (
    "resolution",
    "aspect_ratio",
    "quality",
    "style",
    "mode",
    "rendering_speed",
    "style_preset",
    "magic_prompt_option",
)


def parameters(trace: Trace, nodes: Iterable[Node], sampler: Node) -> dict[str, str]:
    """The parameters of a picture. ``nodes``: those that made it, nearest to the output first."""
    nodes = list(nodes)
    found: dict[str, str] = {}
    denoise = _denoise(trace, sampler)
    if denoise is not None and denoise < 1:
        found["Denoising strength"] = vocabulary.number(denoise)
    _put(found, "Guidance", _first_float(trace, nodes, _GUIDANCES))
    shifting = (node for node in nodes if "sampling" in node.kind or "shift" in node.inputs)
    _put(found, "Shift", _first_float(trace, shifting, _SHIFTS))
    _put(found, "Clip skip", _clip_skip(trace, nodes))
    found |= _video(trace, nodes)
    for name, values in _files(trace, nodes).items():
        found |= vocabulary.numbered(name, values)
    return found | _detailers(trace, nodes)


def service_parameters(trace: Trace, node: Node, nodes: list[Node]) -> dict[str, str]:
    """The parameters of a service but for prompt, seed and size."""
    found: dict[str, str] = {}
    _put(found, "Duration", trace.first_float(node, "duration", "duration_seconds", "duration_s"))
    _put(found, "Guidance", trace.first_float(node, "guidance", "guidance_scale", "cfg_scale"))
    found |= _video(trace, nodes)
    for name in _SERVICE_VALUES:
        value = trace.first_name(node, name)
        if value and value.lower() not in ("auto", "default"):
            found[name.replace("_", " ").capitalize()] = value
    return found | vocabulary.numbered("Input image", _pictures(trace, nodes))


def _put(found: dict[str, str], name: str, value: float | None) -> None:
    if value is not None:
        found[name] = vocabulary.number(value)


def _first_float(trace: Trace, nodes: Iterable[Node], names: tuple[str, ...]) -> float | None:
    return first_not_none(trace.first_float(node, *names) for node in nodes)


def _denoise(trace: Trace, sampler: Node) -> float | None:
    """The denoise of a sampler, or of the scheduler of its sigmas."""
    scheduler = trace.node(sampler.inputs.get("sigmas"))
    own = trace.first_float(sampler, "denoise", "denoise_strength")
    if own is not None or scheduler is None:
        return own
    return trace.first_float(scheduler, "denoise")


def _clip_skip(trace: Trace, nodes: Iterable[Node]) -> int | None:
    """The layer counted from the end, from 2 on; None for the last layer (1), which is no skip."""
    layers = (trace.first_int(node, "stop_at_clip_layer", "clip_skip") for node in nodes)
    layer = next(filter(None, layers), None)
    return abs(layer) if layer and abs(layer) > 1 else None


def _video(trace: Trace, nodes: list[Node]) -> dict[str, str]:
    """Frames, frames a second, and seconds if both are known."""
    found: dict[str, str] = {}
    sized = (
        node
        for node in nodes
        if node.has("width", "height", "num_frames", "video_frames", "frames_number")
        and not node.has("filename_prefix")
    )
    frames = next(filter(None, (trace.first_int(node, *_FRAMES) for node in sized)), None)
    fps = next(filter(None, (trace.first_float(node, *_FPS) for node in nodes)), None)
    if frames is None or frames <= 1:
        return {}
    _put(found, "Frames", frames)
    _put(found, "FPS", fps)
    _put(found, "Duration", round(frames / fps, 2) if fps else None)
    return found


def _files(trace: Trace, nodes: list[Node]) -> dict[str, list[str]]:
    """The files with their numbers, by the name of the parameter; those nearest to the loaders
    first.
    """
    backwards = nodes[::-1]
    found: dict[str, list[str]] = {}
    for name, find in _FINDERS.items():
        texts = dict.fromkeys(text for node in backwards for text in find(trace, node))
        found[name] = list(texts)[:EACH_MAX]
    return found | {"Input image": _pictures(trace, nodes)}


def _text_encoders(trace: Trace, node: Node) -> Iterator[str]:
    """The files of text encoders: CLIPLoader, DualCLIPLoader, LoadWanVideoT5TextEncoder."""
    if not _LOADS_ENCODER.search(node.kind) or "vision" in node.kind:
        return
    for name, value in node.inputs.items():
        if name.startswith(("clip_name", "text_encoder", "t5_name")) or (
            name == "model_name" and ("t5" in node.kind or "text" in node.kind)
        ):
            text = trace.value(value, name)
            if isinstance(text, str) and "." in text:
                yield text


def _controls(trace: Trace, node: Node) -> Iterator[str]:
    """ControlNets with strength, start and end."""
    inputs = (node.inputs.get(name) for name in ("control_net", "controlnet", "model_patch"))
    link = next((value for value in inputs if isinstance(value, Link)), None)
    loader = _loader(
        trace,
        link,
        (
            "control_net_name",
            "controlnet_name",
            "control_net",
            "controlnet",
            "name",
            "model_name",
            "model",
        ),
    )
    # A node that only passes a ControlNet on, such as a selector of its type, has none of these
    # inputs.
    if loader and (node.has(*_STRENGTHS) or node.has("positive", "conditioning")):
        yield vocabulary.weighted(
            loader,
            trace.first_float(node, *_STRENGTHS),
            trace.first_float(node, *_STARTS),
            trace.first_float(node, *_ENDS),
        )


def _adapters(trace: Trace, node: Node) -> Iterator[str]:
    """IP-Adapters with their weight."""
    if "ipadapter" not in node.kind or "loader" in node.kind:
        return
    name = _loader(
        trace,
        node.inputs.get("ipadapter"),
        ("ipadapter_file", "ipadapter_name", "preset", "model_name"),
    )
    name = name or trace.first_name(node, "ipadapter_file", "preset", "model_name", "ipadapter")
    if name or isinstance(node.inputs.get("image"), Link):
        weight = trace.first_float(node, "weight", "strength")
        yield vocabulary.weighted(
            name or node.type,
            weight,
            trace.first_float(node, *_STARTS),
            trace.first_float(node, *_ENDS),
        )


def _redux(trace: Trace, node: Node) -> Iterator[str]:
    """Style models, such as Flux Redux, with their strength."""
    name = _loader(trace, node.inputs.get("style_model"), ("style_model_name", "model_name"))
    if name:
        yield vocabulary.weighted(
            name, trace.first_float(node, "strength", "image_strength", "weight")
        )


def _upscalers(trace: Trace, node: Node) -> Iterator[str]:
    """Upscale models, and methods by which a latent or a picture is scaled by a factor."""
    name = _loader(trace, node.inputs.get("upscale_model"), ("model_name", "upscale_model"))
    is_scaling = "upscale" in node.kind or "scaleby" in node.kind
    factor = method = None
    if name or is_scaling:
        factor = trace.first_float(node, "upscale_by", "scale_by", "rescale_factor", "factor")
    if is_scaling:
        method = trace.first_name(node, "upscale_method", "upscale_model_name")
    if name or (method and factor):
        yield vocabulary.upscaled(name or method or "", factor)


def _loader(trace: Trace, link: object, names: tuple[str, ...]) -> str | None:
    """The file that the loader upstream of a link loads."""
    for _step in range(10):
        node = trace.node(link)
        if node is None:
            return None
        name = trace.first_name(node, *names)
        if name:
            return name
        link = next((found for _name, found in node.links), None)
    return None


_FINDERS: dict[str, Callable[[Trace, Node], Iterator[str]]] = {
    "Text encoder": _text_encoders,
    "ControlNet": _controls,
    "IP-Adapter": _adapters,
    "Redux": _redux,
    "Upscaler": _upscalers,
}


def _pictures(trace: Trace, nodes: list[Node]) -> list[str]:
    """The names of the input pictures."""
    loading = (
        node
        for node in nodes[::-1]
        if ("loadimage" in node.kind or "loadvideo" in node.kind) and "output" not in node.kind
    )
    names = (trace.first_name(node, "image", "video", "image_path") for node in loading)
    unique = dict.fromkeys(name for name in names if name and len(name) < vocabulary.NAME_MAX_CHARS)
    return list(unique)[:EACH_MAX]


def _detailers(trace: Trace, nodes: list[Node]) -> dict[str, str]:
    """Detailers: the models that detect, and their own prompts."""
    found: list[str] = []
    prompts: list[str] = []
    for node in nodes[::-1]:
        if "detailer" not in node.kind or not node.has("steps", "guide_size"):
            continue
        detector = _loader(trace, node.inputs.get("bbox_detector"), ("model_name",)) or node.type
        denoise = trace.first_float(node, "denoise")
        found.append(
            f"{detector}, denoise {vocabulary.number(denoise)}" if denoise is not None else detector
        )
        own = node.inputs.get("wildcard")
        if isinstance(own, str) and own.strip() and as_int(own) is None:
            prompts.append(own.strip())
    detectors, own_prompts = (list(dict.fromkeys(texts))[:EACH_MAX] for texts in (found, prompts))
    return vocabulary.numbered("Detailer", detectors) | vocabulary.numbered(
        "Detailer prompt", own_prompts
    )
