"""Names for the widget values of a workflow, which stores them as a bare list.

Newer front ends list the widgets among the inputs; older ones do not, so the orders of the common nodes are known here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from iib_core.metadata.values import as_dict, as_list

_CONTROLS = frozenset({"fixed", "randomize", "increment", "decrement"})
_TEXT_NODE = re.compile(r"text|string|prompt|primitive", re.IGNORECASE)
_LINE_COMMENT = re.compile(r"//.*")
_SIZED_NODE = re.compile(r"latent|tovideo|img2vid", re.IGNORECASE)
# The ending alone: a name of any length in front of it would be looked through from each of its characters on.
_FILE_NAME = re.compile(r"\.[A-Za-z0-9]{2,5}\Z")
_SEED_NAMES = frozenset({"seed", "noise_seed", "rand_seed", "value"})
_CONTROL = "control_after_generate"
_SIZE = ("width", "height", "batch_size")
_VIDEO_SIZE = ("width", "height", "length", "batch_size")

ORDERS: Mapping[str, tuple[str, ...]] = {
    "KSampler": ("seed", _CONTROL, "steps", "cfg", "sampler_name", "scheduler", "denoise"),
    "KSamplerAdvanced": (
        *("add_noise", "noise_seed", _CONTROL, "steps", "cfg", "sampler_name", "scheduler"),
        *("start_at_step", "end_at_step", "return_with_leftover_noise"),
    ),
    "KSampler (Efficient)": ("seed", _CONTROL, "steps", "cfg", "sampler_name", "scheduler", "denoise", "preview_method", "vae_decode"),
    "SamplerCustom": ("add_noise", "noise_seed", _CONTROL, "cfg"),
    "KSamplerSelect": ("sampler_name",),
    "BasicScheduler": ("scheduler", "steps", "denoise"),
    "SDTurboScheduler": ("steps", "denoise"),
    "KarrasScheduler": ("steps", "sigma_max", "sigma_min", "rho"),
    "AlignYourStepsScheduler": ("model_type", "steps", "denoise"),
    "Flux2Scheduler": ("steps", "width", "height"),
    "RandomNoise": ("noise_seed", _CONTROL),
    "CFGGuider": ("cfg",),
    "DualCFGGuider": ("cfg_conds", "cfg_cond2_negative"),
    "LTXVScheduler": ("steps", "max_shift", "base_shift", "stretch", "terminal"),
    "OptimalStepsScheduler": ("model_type", "steps", "denoise"),
    "FluxGuidance": ("guidance",),
    "CLIPTextEncode": ("text",),
    "CLIPTextEncodeSDXL": ("width", "height", "crop_w", "crop_h", "target_width", "target_height", "text_g", "text_l"),
    "CLIPTextEncodeSDXLRefiner": ("ascore", "width", "height", "text"),
    "CLIPTextEncodeFlux": ("clip_l", "t5xxl", "guidance"),
    "CLIPTextEncodeSD3": ("clip_l", "clip_g", "t5xxl", "empty_padding"),
    "TextEncodeQwenImageEdit": ("prompt",),
    "TextEncodeQwenImageEditPlus": ("prompt",),
    "CLIPSetLastLayer": ("stop_at_clip_layer",),
    "CheckpointLoaderSimple": ("ckpt_name",),
    "CheckpointLoader": ("config_name", "ckpt_name"),
    "ImageOnlyCheckpointLoader": ("ckpt_name",),
    "unCLIPCheckpointLoader": ("ckpt_name",),
    "UNETLoader": ("unet_name", "weight_dtype"),
    "UnetLoaderGGUF": ("unet_name",),
    "VAELoader": ("vae_name",),
    "LoraLoader": ("lora_name", "strength_model", "strength_clip"),
    "LoraLoaderModelOnly": ("lora_name", "strength_model"),
    "EmptyLatentImage": _SIZE,
    "EmptySD3LatentImage": _SIZE,
    "EmptyFlux2LatentImage": _SIZE,
    "EmptyQwenImageLayeredLatentImage": _SIZE,
    "EmptyChromaRadianceLatentImage": _SIZE,
    "EmptyHunyuanImageLatent": _SIZE,
    "EmptyHunyuanLatentVideo": _VIDEO_SIZE,
    "EmptyMochiLatentVideo": _VIDEO_SIZE,
    "EmptyLTXVLatentVideo": _VIDEO_SIZE,
    "EmptyCosmosLatentVideo": _VIDEO_SIZE,
    "WanImageToVideo": _VIDEO_SIZE,
    "Wan22ImageToVideoLatent": _VIDEO_SIZE,
    "StableCascade_EmptyLatentImage": ("width", "height", "compression", "batch_size"),
    "LatentUpscale": ("upscale_method", "width", "height", "crop"),
    "ImageScale": ("upscale_method", "width", "height", "crop"),
    "GLIGENTextBoxApply": ("text", "width", "height", "x", "y"),
    "StringReplace": ("string", "find", "replace"),
    "StringConcatenate": ("string_a", "string_b", "delimiter"),
    "PrimitiveNode": ("value",),
    "PrimitiveInt": ("value", _CONTROL),
    "PrimitiveFloat": ("value",),
    "PrimitiveString": ("value",),
    "PrimitiveStringMultiline": ("value",),
    "PrimitiveBoolean": ("value",),
    "ComfySwitchNode": ("switch",),
    "Efficient Loader": (
        *("ckpt_name", "vae_name", "clip_skip", "lora_name", "lora_model_strength", "lora_clip_strength", "positive", "negative"),
        *("token_normalization", "weight_interpretation", "empty_latent_width", "empty_latent_height", "batch_size"),
    ),
}


def widget_values(node: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a node's widgets by name."""
    values = node.get("widgets_values")
    if isinstance(values, dict):
        return dict(values)
    written = as_list(values)
    names = _declared(node, written) or _known(str(node.get("type")), written)
    if names:
        return {name: value for name, value in zip(names, written, strict=False) if name != _CONTROL}
    return _guessed(str(node.get("type")), written)


def without_comments(text: str) -> str:
    """A prompt as the front end sends it: without /* comments */ and what follows // in a line."""
    if "/*" not in text and "//" not in text:
        return text
    return _LINE_COMMENT.sub("", _without_blocks(text))


def _without_blocks(text: str) -> str:
    """The text without /* comments */. Purposely no pattern: one that is never closed would be looked for behind each opening."""
    kept: list[str] = []
    position = 0
    while True:
        start = text.find("/*", position)
        end = text.find("*/", start + 2) if start >= 0 else -1
        if end < 0:
            return "".join((*kept, text[position:]))
        kept.append(text[position:start])
        position = end + 2


def _declared(node: Mapping[str, Any], values: list[Any]) -> list[str] | None:
    """The names that the inputs declare, with room for 'randomize' after a seed; None where they do not account for all values."""
    names: list[str] = []
    for declared in map(as_dict, as_list(node.get("inputs"))):
        name = as_dict(declared.get("widget")).get("name")
        if not isinstance(name, str):
            continue
        names.append(name)
        if name in _SEED_NAMES and len(names) < len(values) and _is_control(values[len(names)]):
            names.append(_CONTROL)
    return names if names and len(names) == len(values) else None


def _known(kind: str, values: list[Any]) -> list[str] | None:
    """The known order of a common node. Very old workflows lack the control value after a seed."""
    order = list(ORDERS.get(kind, ()))
    if _CONTROL in order and (at := order.index(_CONTROL)) < len(values) and not _is_control(values[at]) and not isinstance(values[at], bool):
        order.remove(_CONTROL)
    return order or None


def _is_control(value: Any) -> bool:
    return isinstance(value, str) and value in _CONTROLS


def _is_prose(value: str, *, alone: bool) -> bool:
    """Whether a text may be a prompt and no option or file. A single word may be one where it stands alone in a text node."""
    return not _is_control(value) and not _FILE_NAME.search(value) and (alone or " " in value)


def _guessed(kind: str, values: list[Any]) -> dict[str, Any]:
    """Names told by the values themselves, for nodes that are not known: a number before 'randomize' is a seed, a long text a text."""
    found: dict[str, Any] = {}
    if _SIZED_NODE.search(kind) and len(values) >= 2 and all(isinstance(value, int) and value >= 16 for value in values[:2]):
        found |= {"width": values[0], "height": values[1]}
    for index, value in enumerate(values):
        following = values[index + 1] if index + 1 < len(values) else None
        if isinstance(value, dict) and "lora" in value:
            found[f"lora_{index}"] = value
        elif isinstance(value, int) and not isinstance(value, bool) and _is_control(following):
            found.setdefault("seed", value)
        elif isinstance(value, str) and value.lower().endswith((".safetensors", ".ckpt", ".gguf", ".sft", ".pt")):
            found.setdefault("model_name", value)
        elif isinstance(value, str) and _is_prose(value, alone=len(values) == 1 and bool(_TEXT_NODE.search(kind))):
            found.setdefault("text", value)
        elif isinstance(value, (int, float)) and len(values) == 1:
            found.setdefault("value", value)
    return found
