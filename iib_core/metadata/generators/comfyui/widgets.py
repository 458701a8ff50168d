"""Names the widget values of a workflow, which are stored as a list without names.

Newer front ends list the widgets among the inputs. Older ones do not, so the widget orders of
common nodes are listed here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from iib_core.metadata.values import as_dict, as_list

_MODEL_ENDINGS = (".safetensors", ".ckpt", ".gguf", ".sft", ".pt")
_CONTROLS = frozenset({"fixed", "randomize", "increment", "decrement"})
_TEXT_NODE = re.compile(r"text|string|prompt|primitive", re.IGNORECASE)
_LINE_COMMENT = re.compile(r"//.*")
_SIZED_NODE = re.compile(r"latent|tovideo|img2vid", re.IGNORECASE)
# Matches the ending only: a pattern with a name before it would take quadratic time.
_FILE_NAME = re.compile(r"\.[A-Za-z0-9]{2,5}\Z")
_SEED_NAMES = frozenset({"seed", "noise_seed", "rand_seed", "value"})
_CONTROL = "control_after_generate"
# Prefixes of the sampler names of ComfyUI and its packs, such as euler_ancestral_cfg_pp and
# dpmpp_2m_sde_gpu.
_SAMPLERS = (
    *(
        "euler",
        "heun",
        "dpm_",
        "dpmpp_",
        "lms",
        "ddim",
        "ddpm",
        "uni_pc",
        "ipndm",
        "deis",
        "lcm",
        "res_",
        "res2",
        "gradient_estimation",
        "er_sde",
    ),
    *(
        "seeds_2",
        "seeds_3",
        "sa_solver",
        "exp_heun",
        "tcd",
        "rk",
        "bogacki",
        "dormand",
        "ralston",
        "restart",
        "unipc",
        "ttm",
        "clyb",
        "multistep/",
        "linear/",
    ),
    *("exponential/", "fully_implicit/", "diag_implicit/", "hybrid/", "use_"),
)
_SCHEDULERS = frozenset(
    {
        *(
            "normal",
            "karras",
            "exponential",
            "sgm_uniform",
            "simple",
            "ddim_uniform",
            "beta",
            "linear_quadratic",
            "kl_optimal",
            "polyexponential",
        ),
        *(
            "beta57",
            "bong_tangent",
            "turbo",
            "align_your_steps",
            "gits",
            "ays",
            "laplace",
            "vp",
            "tan",
            "constant",
            "beta_lowres",
            "tangent",
            "discrete",
        ),
        *(
            "AYS SD1",
            "AYS SDXL",
            "AYS SVD",
            "GITS[coeff=1.2]",
            "OSS FLUX",
            "OSS Wan",
            "LTXV[default]",
            "AYS 30",
            "AYS 30+",
            "SD Turbo",
        ),
    }
)
# Options of encoding nodes, whose values follow the text.
_OPTIONS = frozenset(
    {
        *(
            "default",
            "mask bounds",
            "none",
            "mean",
            "length",
            "comfy",
            "a1111",
            "compel",
            "comfy++",
            "down_weight",
        ),
        *("true", "false", "enable", "disable"),
    }
)
_LORA_LISTS = frozenset({"LoadLoraModel", "LoadLoraTextEncoder"})
_SIZE_TEXT = re.compile(
    r"\s*(?:\([^()]{0,40}\)\s*)?(?:[A-Za-z0-9:. -]{0,40}\s)?\d{3,5}\s?[x×*]\s?\d{3,5}(?:[\s(].{0,40})?\Z"
)
_SIZE = ("width", "height", "batch_size")
_VIDEO_SIZE = ("width", "height", "length", "batch_size")
_EASY_LORA = ("lora_name", "lora_model_strength", "lora_clip_strength")
_EASY_SIZE = ("resolution", "empty_latent_width", "empty_latent_height")
_EASY_LOADER = (
    *("ckpt_name", "vae_name", "clip_skip", *_EASY_LORA, *_EASY_SIZE),
    *("positive", "negative", "batch_size"),
)
_SECOND_SEED = ("seed_2nd", "seed_2nd_mode")
_TEXT_WAYS = ("token_normalization", "weight_interpretation")

ORDERS: Mapping[str, tuple[str, ...]] = {
    "KSampler": ("seed", _CONTROL, "steps", "cfg", "sampler_name", "scheduler", "denoise"),
    "KSamplerAdvanced": (
        *("add_noise", "noise_seed", _CONTROL, "steps", "cfg", "sampler_name", "scheduler"),
        *("start_at_step", "end_at_step", "return_with_leftover_noise"),
    ),
    "KSampler (Efficient)": (
        "seed",
        _CONTROL,
        "steps",
        "cfg",
        "sampler_name",
        "scheduler",
        "denoise",
        "preview_method",
        "vae_decode",
    ),
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
    "ManualSigmas": ("sigmas",),
    "EmptyImage": ("width", "height", "batch_size", "color"),
    "CLIPTextEncode": ("text",),
    "CLIPTextEncodeSDXL": (
        "width",
        "height",
        "crop_w",
        "crop_h",
        "target_width",
        "target_height",
        "text_g",
        "text_l",
    ),
    "CLIPTextEncodeSDXLRefiner": ("ascore", "width", "height", "text"),
    "CLIPTextEncodeFlux": ("clip_l", "t5xxl", "guidance"),
    "CLIPTextEncodeLumina2": ("system_prompt", "user_prompt"),
    "CLIPTextEncodeHiDream": ("clip_l", "clip_g", "t5xxl", "llama"),
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
    "CLIPLoader": ("clip_name", "type", "device"),
    "DualCLIPLoader": ("clip_name1", "clip_name2", "type", "device"),
    "TripleCLIPLoader": ("clip_name1", "clip_name2", "clip_name3"),
    "QuadrupleCLIPLoader": ("clip_name1", "clip_name2", "clip_name3", "clip_name4"),
    "ControlNetLoader": ("control_net_name",),
    "ControlNetApply": ("strength",),
    "ControlNetApplyAdvanced": ("strength", "start_percent", "end_percent"),
    "ACN_AdvancedControlNetApply": ("strength", "start_percent", "end_percent"),
    "ModelSamplingSD3": ("shift",),
    "ModelSamplingAuraFlow": ("shift",),
    "IPAdapterModelLoader": ("ipadapter_file",),
    "IPAdapterUnifiedLoader": ("preset",),
    "StyleModelLoader": ("style_model_name",),
    "StyleModelApply": ("strength", "strength_type"),
    "UpscaleModelLoader": ("model_name",),
    "LatentUpscaleBy": ("upscale_method", "scale_by"),
    "ImageScaleBy": ("upscale_method", "scale_by"),
    "UltimateSDUpscale": (
        "upscale_by",
        "seed",
        _CONTROL,
        "steps",
        "cfg",
        "sampler_name",
        "scheduler",
        "denoise",
    ),
    "LoadImage": ("image", "upload"),
    "CreateVideo": ("fps",),
    "SaveAnimatedWEBP": ("filename_prefix", "fps", "lossless", "quality", "method"),
    "ImpactWildcardEncode": ("wildcard_text", "populated_text", "mode"),
    "ImpactWildcardProcessor": ("wildcard_text", "populated_text", "mode"),
    "WanVideoSampler": (
        *(
            "steps",
            "cfg",
            "shift",
            "seed",
            _CONTROL,
            "force_offload",
            "scheduler",
            "riflex_freq_index",
            "denoise_strength",
        ),
    ),
    "WanVideoModelLoader": (
        "model",
        "base_precision",
        "quantization",
        "load_device",
        "attention_mode",
    ),
    "WanVideoTextEncode": ("positive_prompt", "negative_prompt", "force_offload"),
    "WanVideoEmptyEmbeds": ("width", "height", "num_frames"),
    "WanVideoImageClipEncode": ("generation_width", "generation_height", "num_frames"),
    "WanVideoImageToVideoEncode": ("width", "height", "num_frames"),
    "WanVideoVAELoader": ("model_name", "precision"),
    "WanVideoLoraSelect": ("lora", "strength", "low_mem_load"),
    "LoadWanVideoT5TextEncoder": ("model_name", "precision"),
    "HyVideoSampler": (
        "width",
        "height",
        "num_frames",
        "steps",
        "embedded_guidance_scale",
        "flow_shift",
        "seed",
        _CONTROL,
        "force_offload",
    ),
    "HyVideoTextEncode": ("prompt", "force_offload"),
    "HyVideoModelLoader": ("model", "base_precision", "quantization", "load_device"),
    "HyVideoLoraSelect": ("lora", "strength"),
    "KSamplerAdvancedProvider": ("cfg", "sampler_name", "scheduler", "sigma_factor"),
    "RegionalSampler": (
        "seed",
        _CONTROL,
        *_SECOND_SEED,
        "steps",
        "base_only_steps",
        "denoise",
        "overlap_factor",
        "restore_latent",
    ),
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
        *(
            "ckpt_name",
            "vae_name",
            "clip_skip",
            "lora_name",
            "lora_model_strength",
            "lora_clip_strength",
            "positive",
            "negative",
        ),
        *(*_TEXT_WAYS, "empty_latent_width", "empty_latent_height", "batch_size"),
    ),
    "Eff. Loader SDXL": (
        *(
            "base_ckpt_name",
            "clip_skip",
            "refiner_ckpt_name",
            "refiner_clip_skip",
            "positive_ascore",
            "negative_ascore",
            "vae_name",
        ),
        *(
            "positive",
            "negative",
            *_TEXT_WAYS,
            "empty_latent_width",
            "empty_latent_height",
            "batch_size",
        ),
    ),
    "easy fullLoader": (
        *("ckpt_name", "config_name", "vae_name", "clip_skip", *_EASY_LORA, *_EASY_SIZE),
        *(
            "positive",
            *_TEXT_WAYS,
            "negative",
            "negative_token_normalization",
            "negative_weight_interpretation",
            "batch_size",
        ),
    ),
    "easy a1111Loader": _EASY_LOADER,
    "easy comfyLoader": _EASY_LOADER,
    "easy fluxLoader": (
        "ckpt_name",
        "vae_name",
        *_EASY_LORA,
        *_EASY_SIZE,
        "positive",
        "batch_size",
    ),
}


def widget_values(node: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a node's widgets by name."""
    values = node.get("widgets_values")
    if isinstance(values, dict):
        return dict(values)
    written = as_list(values)
    kind = str(node.get("type"))
    names = _declared(node, written) or _known(kind, written)
    sampling = _sampling(written)
    if names:
        named = {
            name: value for name, value in zip(names, written, strict=False) if name != _CONTROL
        }
        return named | sampling if _is_shifted(named, sampling) else named
    if kind in _LORA_LISTS:
        return _lora_rows(written)
    found = _guessed(kind, written) | sampling
    inputs = [as_dict(entry).get("name") for entry in as_list(node.get("inputs"))]
    if "text" not in found and "clip" in inputs:
        found |= _first_word(written)
    return found


def _first_word(values: list[Any]) -> dict[str, str]:
    """The text of an encoding node: the first value that is not an option, even a single word."""
    words = (
        value
        for value in values
        if isinstance(value, str)
        and value.strip()
        and not value.startswith("#")
        and _is_prose(value, alone=True)
    )
    word = next((value for value in words if value.strip().lower() not in _OPTIONS), None)
    return {"text": word} if word else {}


def _sampling(values: list[Any]) -> dict[str, Any]:
    """The parameters of a sampler, found by the names of sampler and scheduler, which are adjacent.

    The order is seed, control, steps, cfg, sampler, scheduler, denoise. Front ends and packs have
    other widgets before and after these.
    """
    index = _find_sampler(values)
    if index is None or not _is_number(values[index - 1]) or not isinstance(values[index - 2], int):
        return {}
    found = {
        "steps": values[index - 2],
        "cfg": values[index - 1],
        "sampler_name": values[index],
        "scheduler": values[index + 1],
    }
    for previous in values[max(index - 4, 0) : max(index - 2, 0)][::-1]:
        if isinstance(previous, int) and not isinstance(previous, bool):
            found["seed"] = previous
            break
    following = values[index + 2] if index + 2 < len(values) else 0
    if _is_number(following) and 0 < following <= 1:
        found["denoise"] = following
    return found


def _find_sampler(values: list[Any]) -> int | None:
    """The index of a sampler name that a scheduler name follows."""
    for index in range(2, len(values) - 1):
        if _is_sampler(values[index]) and _is_scheduler(values[index + 1]):
            return index
    return None


def _is_shifted(named: Mapping[str, Any], sampling: Mapping[str, Any]) -> bool:
    """Whether names were assigned to the wrong values, because the node's version has more or fewer
    widgets.
    """
    if not sampling:
        return False
    return not _is_sampler(named.get("sampler_name")) or named.get("steps") != sampling["steps"]


def _is_sampler(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(_SAMPLERS)


def _is_scheduler(value: Any) -> bool:
    return isinstance(value, str) and (
        value in _SCHEDULERS or value.split("[")[0].strip() in _SCHEDULERS
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _lora_rows(values: list[Any]) -> dict[str, Any]:
    """The rows of ComfyUI's own LoRA lists under the names of the API: file, strength, enabled."""
    found: dict[str, Any] = {}
    row = -1
    for value in values:
        name = "strength"
        if isinstance(value, str):
            row += 1
            name = "lora_name"
        elif isinstance(value, bool):
            name = "enabled"
        found.setdefault(f"loras.{max(row, 0)}.{name}", value)
    return found


def without_comments(text: str) -> str:
    """A prompt without its comments, as the front end sends it: /* comment */ and // comment."""
    if "/*" not in text and "//" not in text:
        return text
    return _LINE_COMMENT.sub("", _without_blocks(text))


def _without_blocks(text: str) -> str:
    """The text without /* comments */.

    Purposely without a pattern, which would take quadratic time for comments that are never closed.
    """
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
    """The names that the inputs declare, with the control value ('randomize') after a seed. None if
    their number differs from that of the values.
    """
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
    """The known order of a common node, without the widgets that its version lacks; None if
    unknown.
    """
    order = list(ORDERS.get(kind, ()))
    # Very old workflows lack the control value after a seed. Efficiency's nodes, which have buttons
    # instead, write null.
    control = _value_of(_CONTROL, order, values)
    if control is not None and not _is_control(control) and not isinstance(control, bool):
        order.remove(_CONTROL)
    # Older versions of Efficiency's loaders lack the options of the text encoding.
    if isinstance(_value_of(_TEXT_WAYS[0], order, values), int):
        order = [name for name in order if name not in _TEXT_WAYS]
    second_seed = _SECOND_SEED[1]
    has_value = second_seed in order and order.index(second_seed) < len(values)
    if has_value and not isinstance(_value_of(second_seed, order, values), str):
        order = [name for name in order if name not in _SECOND_SEED]
    return order or None


def _value_of(name: str, order: list[str], values: list[Any]) -> Any:
    """The value of a widget according to ``order``; None if there is none."""
    index = order.index(name) if name in order else len(values)
    return values[index] if index < len(values) else None


def _is_control(value: Any) -> bool:
    return isinstance(value, str) and value in _CONTROLS


def _is_prose(value: str, *, alone: bool) -> bool:
    """Whether a text may be a prompt, not an option or a file.

    ``alone``: it is the only value of a text node, so a single word counts too.
    """
    return not _is_control(value) and not _FILE_NAME.search(value) and (alone or " " in value)


def _guessed(kind: str, values: list[Any]) -> dict[str, Any]:
    """Names guessed from the values, for unknown nodes: a number before 'randomize' is a seed, a
    long text is a text.
    """
    found: dict[str, Any] = {}
    is_alone = len(values) == 1 and bool(_TEXT_NODE.search(kind))
    has_size = len(values) >= 2 and all(
        isinstance(value, int) and value >= 16 for value in values[:2]
    )
    if has_size and _SIZED_NODE.search(kind):
        found |= {"width": values[0], "height": values[1]}
    for index, value in enumerate(values):
        following = values[index + 1] if index + 1 < len(values) else None
        if isinstance(value, dict) and "lora" in value:
            found[f"lora_{index}"] = value
        elif isinstance(value, int) and not isinstance(value, bool) and _is_control(following):
            found.setdefault("seed", value)
        elif isinstance(value, str) and value.lower().endswith(_MODEL_ENDINGS):
            found.setdefault("model_name", value)
        elif "sampler" in kind.lower() and _is_sampler(value):
            found.setdefault("sampler_name", value)
        elif isinstance(value, str) and _SIZE_TEXT.match(value):
            found.setdefault("dimensions", value)
        elif isinstance(value, str) and _is_prose(value, alone=is_alone):
            found.setdefault("text", value)
        elif isinstance(value, (int, float)) and len(values) == 1:
            found.setdefault("value", value)
    return found | _both_sides(values) if "model_name" in found else found


def _both_sides(values: list[Any]) -> dict[str, str]:
    """The prompts of a loader that has both; they follow the model's file one after the other."""
    texts = [value for value in values if isinstance(value, str) and _is_prose(value, alone=False)]
    return {"positive": texts[0], "negative": texts[1]} if len(texts) == 2 else {}
