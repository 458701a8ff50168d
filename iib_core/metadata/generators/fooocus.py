"""Fooocus 2.x and its forks (FooocusPlus, Fooocus-MRE, SimpleSDXL): JSON or webui-style text in
``parameters``, ``Comment`` or UserComment.

The keys are snake_case in Fooocus (``base_model``) and words in its log and in FooocusPlus (``Base
Model``); both are accepted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from iib_core.metadata import infotext
from iib_core.metadata.containers.embedded import Embedded, Text
from iib_core.metadata.generators import fooocus_log
from iib_core.metadata.info import GenerationInfo, Lora
from iib_core.metadata.values import (
    as_float,
    as_int,
    as_list,
    as_name,
    as_size,
    as_text,
    clean,
    first,
    first_not_none,
    load_object,
    named,
    others,
    place,
)

_KEYWORDS = frozenset({"parameters", "comment", "usercomment", "sidecar", "text", "log.html"})
_MARKS = (
    "metadata_scheme",
    "adm_guidance",
    "performance",
    "fooocus_v2_expansion",
    "prompt_expansion",
    "fooocus_scheme",
)
_KNOWN = (
    "prompt",
    "negative_prompt",
    "negative",
    "steps",
    "sampler",
    "sampler_name",
    "scheduler",
    "guidance_scale",
    "cfg",
    "cfg_scale",
    "seed",
    "resolution",
    "width",
    "height",
)
_KNOWN_MODELS = ("base_model", "base_model_name", "base_model_hash", "vae", "loras")
_LORA_KEY = re.compile(r"lora(?:_combined)?_\d+\Z")
# Fooocus-MRE writes name and weight under separate keys.
_LORA_NAME_KEY = re.compile(r"(?:l|lora_)(\d{1,2})(?:_model|_name)?\Z")
_LORA_WEIGHT_KEYS = ("w{}", "lora_{}_weight", "l{}_weight")
# RuinedFooocus appends a symbol to the names of LoRAs that have notes.
_ANGLED_LORA = re.compile(r"<([^<>]{1,300}):\s*([+-]?[\d.]{1,12})\s*>")
_NOTE_SIGN = re.compile("[\\s\\u2600-\\u27bf\\ufe0f\\U0001f300-\\U0001faff]{1,20}\\Z")
_FORKS = (
    ("fooocusplus", "FooocusPlus"),
    ("ruinedfooocus", "RuinedFooocus"),
    ("simplesdxl", "SimpleSDXL"),
    ("fooocus", "Fooocus"),
)


def parse(embedded: Embedded) -> GenerationInfo | None:
    """Fooocus's parameters; for its ``log.html``, which describes many pictures, only the source."""
    if embedded.container == "html":
        log = named(embedded, "html")
        if log is None or not fooocus_log.is_log(log.value):
            return None
        return GenerationInfo(source="Fooocus", found_in=place(embedded, log))
    software = named(embedded, "Software")
    fork = _fork(software.value) if software else None
    if fork is None and named(embedded, "fooocus_scheme"):
        fork = "Fooocus"
    for text in embedded.texts:
        if text.keyword.lower() in _KEYWORDS:
            info = _parse_text(text, fork)
            if info:
                return replace(info, found_in=place(embedded, text))
    return None


def _parse_text(text: Text, fork: str | None) -> GenerationInfo | None:
    if text.value.lstrip("\0 \n").startswith("{"):
        if not fork and '"base' not in text.value.lower() and "Fooocus" not in text.value:
            return None
        stated = load_object(text.value)
        return from_values(stated, clean(text.value), fork) if stated else None
    if fork and infotext.looks_like(text.value):
        return replace(infotext.parse(text.value), source=fork)
    return None


def from_values(
    written: Mapping[str, Any], raw: str, fork: str | None = None
) -> GenerationInfo | None:
    """GenerationInfo from Fooocus's keys; None if they are not Fooocus's."""
    stated = {key.lower().replace(" ", "_"): value for key, value in written.items()}
    source = _fork(as_text(first(stated, "version", "software", "user"))) or fork
    if source is None and not ("base_model" in stated and any(mark in stated for mark in _MARKS)):
        return None
    size = as_size(first(stated, "resolution", "size"))
    lora_keys = [key for key in stated if _LORA_KEY.match(key)]
    prompt = as_text(stated.get("prompt"))
    return GenerationInfo(
        prompt=prompt,
        negative_prompt=as_text(first(stated, "negative_prompt", "negative")),
        infotext=raw,
        source=source or "Fooocus",
        steps=as_int(stated.get("steps")),
        sampler=as_name(first(stated, "sampler", "sampler_name")),
        scheduler=as_name(stated.get("scheduler")),
        cfg_scale=as_float(first(stated, "guidance_scale", "cfg", "cfg_scale")),
        seed=as_int(stated.get("seed")),
        width=size[0] if size else as_int(stated.get("width")),
        height=size[1] if size else as_int(stated.get("height")),
        model=as_name(first(stated, "base_model", "base_model_name", "model")),
        model_hash=as_name(stated.get("base_model_hash")),
        vae=as_name(stated.get("vae")),
        loras=tuple(_all_loras(stated, lora_keys)),
        parameters=others(stated, (*_KNOWN, *_KNOWN_MODELS, *lora_keys)),
    )


def _loras_apart(stated: Mapping[str, Any]) -> list[Lora]:
    """The LoRAs from 'l1': 'name', 'w1': 0.5, or from lora_1_model and lora_1_weight."""
    found = []
    for key, value in stated.items():
        numbered = _LORA_NAME_KEY.match(key)
        name = as_name(value) if numbered else None
        if numbered and name:
            weights = (
                as_float(stated.get(pattern.format(numbered[1]))) for pattern in _LORA_WEIGHT_KEYS
            )
            found.append(Lora(name, first_not_none(weights)))
    return found


def _all_loras(stated: Mapping[str, Any], lora_keys: list[str]) -> list[Lora]:
    """The LoRAs, in any form that a fork writes."""
    listed = _loras(as_list(stated.get("loras"))) or _written_loras(as_text(stated.get("loras")))
    return listed or _combined_loras(stated, lora_keys) or _loras_apart(stated)


def _fork(software: str) -> str | None:
    lowered = software.lower()
    return next((name for start, name in _FORKS if start in lowered), None)


def _loras(entries: list[Any]) -> list[Lora]:
    """The LoRAs from [name, weight, hash]. RuinedFooocus writes [hash, "weight - name"], MRE
    objects.
    """
    found: list[Lora] = []
    for entry in entries:
        parts = as_list(entry)
        if isinstance(entry, dict):
            parts = [first(entry, "name", "model"), entry.get("weight")]
        if len(parts) < 2:
            continue
        weight, dash, name = as_text(parts[1]).partition(" - ")
        found.append(
            Lora(name, as_float(weight)) if dash else Lora(as_text(parts[0]), as_float(parts[1]))
        )
    return [lora for lora in found if as_name(lora.name)]


def _written_loras(text: str) -> list[Lora]:
    """The LoRAs from 'Loras:<dir\\a.safetensors:1>,<None:0.5>', the single text of RuinedFooocus."""
    loras: list[Lora] = []
    for name, weight in _ANGLED_LORA.findall(text):
        sign = _NOTE_SIGN.search(name[-20:])
        bare = name[: len(name) - len(sign[0])] if sign else name
        if as_name(bare):
            loras.append(Lora(bare.strip(), as_float(weight)))
    return loras


def _combined_loras(stated: Mapping[str, Any], keys: list[str]) -> list[Lora]:
    """The LoRAs from 'lora_combined_1': 'name : 0.5'. The numbering may have gaps."""
    found = []
    for key in keys:
        name, colon, weight = as_text(stated[key]).rpartition(" : ")
        if colon and as_name(name):
            found.append(Lora(name.strip(), as_float(weight)))
    return found
