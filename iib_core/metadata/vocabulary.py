"""Vocabulary: one name for each parameter, whichever program wrote it. It is the table of
docs/metadata.md.

A program's own name for a parameter is replaced by the one of this table; parameters that are not
in the table keep the program's name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

NAME_MAX_CHARS = 300


class Parameter(NamedTuple):
    """One parameter: its name, the group in which the panel shows it, its meaning, and the names
    that programs use.
    """

    name: str
    group: str
    meaning: str
    spellings: tuple[str, ...] = ()


TABLE: tuple[Parameter, ...] = (
    Parameter(
        "Denoising strength",
        "how",
        "Share of the steps that an input picture goes through, 0 to 1.",
        (
            "Denoise",
            "denoising_strength",
            "Denoising",
            "initimagecreativity",
            "image_strength",
            "strength",
        ),
    ),
    Parameter(
        "Guidance",
        "how",
        "Guidance value of a distilled model such as Flux, separate from the CFG scale.",
        (
            "Distilled CFG Scale",
            "Distilled guidance",
            "fluxguidancescale",
            "guidance",
            "embedded_guidance_scale",
            "guidanceEmbed",
        ),
    ),
    Parameter(
        "Shift",
        "how",
        "Shift of the noise schedule towards its noisy end.",
        ("sigmashift", "flow_shift", "shift", "Flow shift", "Distilled shift"),
    ),
    Parameter(
        "Clip skip",
        "how",
        "Last layer of the text encoder that is used, counted from the end.",
        ("CLIP skip", "Clip Skip", "clip_skip", "clipSkip", "CLIP Skip"),
    ),
    Parameter(
        "Text encoder",
        "with",
        "File of a text encoder.",
        (
            "TE",
            "t5xxlmodel",
            "cliplmodel",
            "clipgmodel",
            "qwenmodel",
            "Text Encoder",
            "text_encoder",
            "t5_encoder",
            "clip_embed_model",
        ),
    ),
    Parameter(
        "ControlNet",
        "with",
        "Control model, its strength, and the steps from and to which it works.",
        ("ControlNet 0", "controlnetmodel", "Control model"),
    ),
    Parameter(
        "IP-Adapter",
        "with",
        "Model that uses a picture as prompt, its weight, and the steps from and to which it works.",
        ("IPAdapter", "ipadaptermodel", "ip_adapter"),
    ),
    Parameter(
        "Redux",
        "with",
        "Style model that uses a picture as prompt, and its strength.",
        ("reduxmodel",),
    ),
    Parameter(
        "Input image",
        "with",
        "File name of a picture that was used as input.",
        ("init_img", "Init image", "image_path", "initimage"),
    ),
    Parameter(
        "Upscaler",
        "passes",
        "Model or method that made the picture larger, and its factor.",
        (
            "Postprocess upscaler",
            "SD upscale upscaler",
            "Ultimate SD upscale upscaler",
            "spatial_upsampling",
            "upscaler",
            "Upscale model",
        ),
    ),
    Parameter(
        "Upscale by",
        "passes",
        "Factor by which the picture was made larger.",
        ("Postprocess upscale by", "Ultimate SD upscale scale", "upscale_by"),
    ),
    Parameter(
        "Detailer",
        "passes",
        "Model that detects the areas that are drawn again, such as faces.",
        ("ADetailer model", "After Detailer model", "segmentmodel"),
    ),
    Parameter("Detailer prompt", "passes", "Prompt of the detailer.", ("ADetailer prompt",)),
    Parameter(
        "Detailer negative prompt",
        "passes",
        "Negative prompt of the detailer.",
        ("ADetailer negative prompt",),
    ),
    Parameter(
        "Hires upscaler",
        "passes",
        "Model or method of the second, larger pass.",
        ("Hires Upscaler", "refinerupscalemethod", "hrf_method"),
    ),
    Parameter(
        "Hires upscale",
        "passes",
        "Factor of the second, larger pass.",
        ("refinerupscale", "Hires scale"),
    ),
    Parameter(
        "Refiner",
        "passes",
        "Model that takes over in the last steps.",
        ("refiner_model", "refinermodel", "Refiner Model", "Refiner model"),
    ),
    Parameter(
        "Refiner switch at",
        "passes",
        "Share of the steps after which the refiner takes over.",
        ("refiner_switch", "Refiner Switch", "refiner_start"),
    ),
    Parameter(
        "Frames",
        "video",
        "Number of frames.",
        (
            "videoframes",
            "video_length",
            "video_frames",
            "numFrames",
            "num_frames",
            "text2videoframes",
            "frame_count",
            "Video frames",
        ),
    ),
    Parameter(
        "FPS",
        "video",
        "Frames a second.",
        ("videofps", "fps", "force_fps", "text2videofps", "frame_rate", "Video FPS"),
    ),
    Parameter("Duration", "video", "Length in seconds."),
    Parameter(
        "Prompt written by", "what", "Node or program by which a model wrote or changed the prompt."
    ),
    Parameter("Service", "with", "Node that requested the picture from a service."),
)

GROUPS = ("what", "how", "with", "video", "passes")
_NAMES: Mapping[str, str] = {
    spelling: parameter.name for parameter in TABLE for spelling in parameter.spellings
}
_SPELLED = frozenset(_NAMES)
_FOLDER_STARTS = frozenset("/~\\")
_DRIVE_STARTS = frozenset({":\\", ":/"})
_LOCAL_ROOTS = (
    "home|Users|root|mnt|media|workspace|content|kaggle|data|tmp|opt|srv|var|Volumes|storage|"
    "notebooks"
)
_LOCAL_FOLDER = re.compile(
    rf'(?:[A-Za-z]:[\\/]|/(?:{_LOCAL_ROOTS})/|\\\\|~/)[^\n:*?"<>|]{{0,400}}\Z'
)


def unified(parameters: Mapping[str, str]) -> Mapping[str, str]:
    """The parameters under the names of the table, and without the folders of files of the author's
    machine. The same object if nothing changes.

    If two spellings of one parameter occur, the first is renamed and the other keeps its name.
    """
    if _SPELLED.isdisjoint(parameters) and not any(map(is_local, parameters.values())):
        return parameters
    result: dict[str, str] = {}
    for name, value in parameters.items():
        unified_name = _NAMES.get(name, name)
        is_taken = unified_name in result or (unified_name != name and unified_name in parameters)
        result[name if is_taken else unified_name] = bare(value)
    return result


def number(value: float) -> str:
    """A number without trailing zeros: 7, 3.5, 0.25."""
    return f"{value:.6g}" if abs(value) < 1e6 else f"{value:.0f}"


def numbered(name: str, values: Iterable[str]) -> dict[str, str]:
    """One parameter for each value: "ControlNet", "ControlNet 2", "ControlNet 3"."""
    return {
        name if index == 1 else f"{name} {index}": value for index, value in enumerate(values, 1)
    }


def weighted(
    name: str, strength: float | None = None, start: float | None = None, end: float | None = None
) -> str:
    """A file name with its numbers: "canny.safetensors, strength 0.8, from 0, to 0.5"."""
    parts = {"strength": strength, "from": start, "to": end}
    labelled = [f"{label} {number(value)}" for label, value in parts.items() if value is not None]
    return ", ".join([name, *labelled])


def upscaled(name: str, factor: float | None) -> str:
    """An upscaler with its factor: "4x-UltraSharp.pth, by 2"."""
    return f"{name}, by {number(factor)}" if factor else name


def is_local(name: str) -> bool:
    """Whether a name begins like an absolute path."""
    return name[:1] in _FOLDER_STARTS or name[1:3] in _DRIVE_STARTS


def bare(name: str) -> str:
    """The file name without the folders of its author's machine; other names unchanged."""
    return name.replace("\\", "/").rsplit("/", 1)[-1] if _LOCAL_FOLDER.match(name) else name
