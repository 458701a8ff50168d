"""Infotext of AUTOMATIC1111's webui and of programs that write the same format, which are detected
by their keys and versions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from iib_core.metadata import infotext
from iib_core.metadata.containers.embedded import Embedded, Text
from iib_core.metadata.generators import sdcpp, webui_controls
from iib_core.metadata.info import GenerationInfo
from iib_core.metadata.values import clean, load_json, named, place

_KEYWORDS = frozenset(
    {
        "parameters",
        "usercomment",
        "comment",
        "description",
        "imagedescription",
        "xpcomment",
        "text",
        "sidecar",
        "title",
        "caption",
        "metadata",
    }
)
_TRUSTED = frozenset({"parameters", "usercomment", "sidecar", "text"})

_FORGE_VERSION = re.compile(r"f\d+\.\d|classic\b|neo\b|.*forge", re.IGNORECASE)
_COMFY_SAMPLER = re.compile(r"(?!k_)[a-z0-9]+(?:_[a-z0-9]+)+(?: |\Z)")
_MODEL_FILE = re.compile(r".+\.(?:safetensors|ckpt|gguf|sft|pt|pth)\Z", re.IGNORECASE)
# Krita's plug-in never knows the hash, and writes this.
_KRITA_HASH = ", Model hash: unknown, Model: "
_TAIL_CHARS = 4000
_FORGE_KEYS = frozenset(
    {
        "Module 1",
        "Diffusion in Low Bits",
        "Distilled CFG Scale",
        "Beta schedule alpha",
        "Ideogram preset",
    }
)
_COMFY_KEYS = frozenset(
    {"Metadata generator version", "Lora_0 Model name", "CLIP_1 Model name", "Weight dtype"}
)


def parse(embedded: Embedded) -> GenerationInfo | None:
    """The infotext of a file, under any of the keywords that programs use for it."""
    text = find_text(embedded)
    extras = named(embedded, "postprocessing", "extras")
    if text is None:
        return _extras_alone(embedded, extras) if extras else None
    fields = infotext.read_fields(text.value)
    if extras:
        fields["parameters"] = infotext.parameters(extras.value) | fields["parameters"]
    sdcpp.complete(fields)
    controls = webui_controls.read(fields["parameters"])
    if controls:
        fields["parameters"] = controls
    software = named(embedded, "Software")
    source = source_of(fields, software.value if software else "")
    if "Version" not in fields["parameters"] and _KRITA_HASH in text.value[-_TAIL_CHARS:]:
        source = "Krita AI Diffusion"
    return GenerationInfo(**fields, source=source, found_in=place(embedded, text))


def _extras_alone(embedded: Embedded, extras: Text) -> GenerationInfo:
    """The info of a picture from the webui's Extras tab: upscaled or restored, not generated."""
    return GenerationInfo(
        infotext=clean(extras.value),
        source="AUTOMATIC1111",
        parameters=infotext.parameters(extras.value),
        found_in=place(embedded, extras),
    )


def is_plain(text: Text) -> bool:
    """Whether a text is certainly the webui's: a line of parameters under the keyword
    ``parameters``.
    """
    return (
        text.keyword == "parameters"
        and not text.value.startswith("{")
        and "\nSteps: " in text.value
    )


def find_text(embedded: Embedded) -> Text | None:
    """The text that is an infotext, or None.

    Under ``parameters`` any plain text counts (it may be a prompt only); elsewhere it must look
    like an infotext.
    """
    for text in embedded.texts:
        keyword = text.keyword.lower()
        if keyword not in _KEYWORDS or _is_json(text.value):
            continue
        if keyword == "parameters":
            if text.value.strip(" \t\r\n\0"):
                return text
        elif infotext.looks_like(text.value) and (
            keyword in _TRUSTED or infotext.has_parameters(text.value)
        ):
            return text
    return None


def _is_json(text: str) -> bool:
    """Whether a text is JSON, and not a prompt that starts with a bracket, such as '[dog:cat:0.5]'
    or '{red|blue} car'.
    """
    if not text.lstrip(" \t\r\n\0\ufeff").startswith(("{", "[")):
        return False
    return "\nSteps: " not in text or load_json(text) is not None


def source_of(fields: Mapping[str, Any], software: str = "") -> str:
    """The program that wrote an infotext; AUTOMATIC1111, the origin of the format, by default."""
    stated = fields["parameters"]
    version = stated.get("Version", "")
    return _named_source(stated, version, software) or _likely_source(fields, version)


def _named_source(stated: Mapping[str, str], version: str, software: str) -> str | None:
    """The program that the file names."""
    if stated.get("App", "").startswith("SD.Next"):
        return "SD.Next"
    for name in (version, software):
        known = _NAMED.match(name) if name else None
        if known:
            return _NAMES[known[0].lower()]
    if "horde" in software.lower():
        return "AI Horde"
    if "Civitai resources" in stated or "Civitai metadata" in stated:
        return "Civitai"
    return "Forge" if _FORGE_VERSION.match(version) else None


_NAMES = {
    "stable-diffusion.cpp": "stable-diffusion.cpp",
    "comfyui": "ComfyUI",
    "fooocusplus": "FooocusPlus",
    "ruinedfooocus": "RuinedFooocus",
    "fooocus": "Fooocus",
    "artbot": "AI Horde (ArtBot)",
    "draw things": "Draw Things",
    "invokeai": "InvokeAI",
    "novelai": "NovelAI",
    "stabilitymatrix": "StabilityMatrix",
}


_NAMED = re.compile("|".join(map(re.escape, _NAMES)), re.IGNORECASE)


def _likely_source(fields: Mapping[str, Any], version: str) -> str:
    """The program according to keys and spellings that only one program uses."""
    stated = fields["parameters"]
    if (
        "Parser" in stated
        or "Backend" in stated
        or ("Pipeline" in stated and "Operations" in stated)
    ):
        return "SD.Next"
    if "Seed Mode" in stated:
        return "Draw Things"
    if not version:
        has_comfy_names = _COMFY_SAMPLER.match(fields["sampler"] or "") or _MODEL_FILE.match(
            fields["model"] or ""
        )
        if has_comfy_names or not _COMFY_KEYS.isdisjoint(stated):
            return "ComfyUI"
        if (fields["sampler"] or "").startswith("k_"):
            return "AI Horde"
    return "AUTOMATIC1111" if _FORGE_KEYS.isdisjoint(stated) else "Forge"
