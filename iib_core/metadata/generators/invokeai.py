"""InvokeAI in its three formats: ``Dream`` command lines (1.x), ``sd-metadata`` JSON (1.11 to 2.3),
``invokeai_metadata`` JSON (3.0 on).
"""

from __future__ import annotations

import re
from typing import Any

from iib_core.metadata.containers.embedded import Embedded, Text
from iib_core.metadata.generators import invokeai_canvas
from iib_core.metadata.info import GenerationInfo, Lora
from iib_core.metadata.values import (
    as_dict,
    as_float,
    as_int,
    as_list,
    as_name,
    as_text,
    clean,
    first,
    load_object,
    named,
    others,
    place,
)

_KNOWN = (
    "positive_prompt",
    "negative_prompt",
    "steps",
    "scheduler",
    "cfg_scale",
    "seed",
    "width",
    "height",
    "model",
    "vae",
    "loras",
)
_KNOWN_IMAGE = ("prompt", "steps", "sampler", "cfg_scale", "seed", "width", "height")
_FAMILIES = frozenset({"stable diffusion", "stable-diffusion"})
_NEGATIVE = re.compile(r"\[([^\[\]]*)\]")
_WITH_LORA = re.compile(r"withLora\(([^(),]{1,300})(?:,\s*([\d.+-]+)\s*)?\)", re.IGNORECASE)
_QUOTED_COMMAND = re.compile(r'\s*"((?:[^"\\]|\\.)*)"\s*(.*)', re.DOTALL)
_FLAG = re.compile(r"(?:\A|\s)(--[A-Za-z_]+|-[A-Za-z])[ =]?([^\s-][^\s]*|-\d[^\s]*)?")
_FLAGS = {
    "-s": "steps",
    "--steps": "steps",
    "-S": "seed",
    "--seed": "seed",
    "-W": "width",
    "--width": "width",
    "-H": "height",
    "--height": "height",
}
_FLAGS |= {
    "-C": "cfg_scale",
    "--cfg_scale": "cfg_scale",
    "-A": "sampler",
    "-m": "sampler",
    "--sampler": "sampler",
}


def parse(embedded: Embedded) -> GenerationInfo | None:
    """The newest of the formats in the file."""
    text = named(embedded, "invokeai_metadata")
    stated = load_object(text.value) if text else None
    if text and stated:
        return _metadata(embedded, text, stated)
    text = named(embedded, "sd-metadata")
    stated = load_object(text.value) if text else None
    if text and stated:
        return _sd_metadata(embedded, text, stated)
    text = named(embedded, "Dream")
    if text:
        return _dream(embedded, text)
    text = named(embedded, "invokeai_workflow", "invokeai_graph")
    if text:
        return GenerationInfo(
            source="InvokeAI",
            infotext="",
            workflow=load_object(text.value),
            found_in=place(embedded, text),
        )
    return None


def _metadata(embedded: Embedded, text: Text, stated: dict[str, Any]) -> GenerationInfo:
    """Read the format of 3.0 on. Its ``scheduler`` is the sampler of other programs."""
    workflow = named(embedded, "invokeai_workflow", "invokeai_graph")
    model = as_dict(stated.get("model"))
    canvas = as_dict(stated.pop("canvas_v2_metadata", None))
    return GenerationInfo(
        prompt=invokeai_canvas.prompt(stated, canvas, "positive"),
        negative_prompt=invokeai_canvas.prompt(stated, canvas, "negative"),
        # The canvas is left out: it has every brush stroke, megabytes without searchable words.
        infotext=as_text(stated) if canvas else clean(text.value),
        source="InvokeAI",
        steps=as_int(stated.get("steps")),
        sampler=as_name(stated.get("scheduler")),
        cfg_scale=as_float(stated.get("cfg_scale")),
        seed=as_int(stated.get("seed")),
        width=as_int(stated.get("width")),
        height=as_int(stated.get("height")),
        model=_model_name(stated.get("model")),
        model_hash=as_name(first(model, "hash", "model_hash")),
        vae=_model_name(stated.get("vae")),
        loras=tuple(_loras(as_list(stated.get("loras")))),
        parameters=others(stated, (*_KNOWN, *invokeai_canvas.KNOWN))
        | invokeai_canvas.details(stated, canvas),
        workflow=load_object(workflow.value) if workflow else None,
        found_in=place(embedded, text),
    )


def _model_name(value: Any) -> str | None:
    if isinstance(value, dict):
        return as_name(first(value, "name", "model_name"))
    return as_name(value)


def _loras(entries: list[Any]) -> list[Lora]:
    found: list[Lora] = []
    for entry in map(as_dict, entries):
        name = _model_name(first(entry, "model", "lora", "name"))
        if name:
            found.append(Lora(name, as_float(entry.get("weight"))))
    return found


def _sd_metadata(embedded: Embedded, text: Text, stated: dict[str, Any]) -> GenerationInfo:
    """Read the format of 1.11 to 2.3. ``model`` is only the family; brackets in the prompt hold the
    negative prompt.
    """
    image = as_dict(stated.get("image"))
    if not image and isinstance(stated.get("images"), list) and stated["images"]:
        image = as_dict(stated["images"][0])
    prompt, negative = _split_prompt(_weighted_prompt(image.get("prompt")))
    names = (as_name(stated.get(key)) for key in ("model_weights", "model_id", "model"))
    return GenerationInfo(
        prompt=prompt,
        negative_prompt=negative,
        infotext=clean(text.value),
        source="InvokeAI",
        steps=as_int(image.get("steps")),
        sampler=as_name(image.get("sampler")),
        cfg_scale=as_float(image.get("cfg_scale")),
        seed=as_int(image.get("seed")),
        width=as_int(image.get("width")),
        height=as_int(image.get("height")),
        model=next((name for name in names if name and name.lower() not in _FAMILIES), None),
        model_hash=as_name(stated.get("model_hash")),
        loras=_prompt_loras(prompt),
        parameters=others(image, _KNOWN_IMAGE)
        | others(stated, ("image", "images", "model", "model_weights", "model_id", "model_hash")),
        found_in=place(embedded, text),
    )


def _weighted_prompt(value: Any) -> str:
    """The text of a prompt that may be a list of weighted parts."""
    if isinstance(value, list):
        return " ".join(
            as_text(as_dict(part).get("prompt") if isinstance(part, dict) else part)
            for part in value
        )
    return as_text(value)


def _split_prompt(prompt: str) -> tuple[str, str]:
    negative = ", ".join(part.strip() for part in _NEGATIVE.findall(prompt))
    return (_NEGATIVE.sub("", prompt).strip(), negative) if negative else (prompt, "")


def _prompt_loras(prompt: str) -> tuple[Lora, ...]:
    found = (
        (written.strip(), as_float(weight) if weight else 1.0)
        for written, weight in _WITH_LORA.findall(prompt)
    )
    return tuple(Lora(name, weight) for name, weight in found if name)


def _split_command(command: str) -> tuple[str, str]:
    """(prompt, flags) of a command line."""
    quoted = _QUOTED_COMMAND.match(command)
    if quoted:
        return quoted[1].replace('\\"', '"'), quoted[2]
    start = re.search(r"\s-{1,2}[A-Za-z]", command)
    return (command[: start.start()], command[start.start() :]) if start else (command, "")


def _parse_flags(flags: str) -> tuple[dict[str, str], dict[str, str]]:
    """(values by field, other flags by name)."""
    stated: dict[str, str] = {}
    others: dict[str, str] = {}
    for flag, value in _FLAG.findall(flags):
        field = _FLAGS.get(flag)
        if field and (field == "sampler" or as_float(value) is not None):
            stated.setdefault(field, value)
        else:
            others[flag] = value or "true"
    return stated, others


def _dream(embedded: Embedded, text: Text) -> GenerationInfo:
    """Read the format of 1.x: a command line; the prompt is in quotes, or ends at the first flag."""
    command = clean(text.value)
    if command.lstrip().startswith("!"):
        # A command such as !mask or !fix, which changes an existing picture.
        return GenerationInfo(
            infotext=command,
            source="InvokeAI",
            parameters={"Command": command.split(maxsplit=1)[0]},
            found_in=place(embedded, text),
        )
    prompt, flags = _split_command(command)
    stated, parameters = _parse_flags(flags)
    positive, negative = _split_prompt(prompt.strip())
    return GenerationInfo(
        prompt=positive,
        negative_prompt=negative,
        infotext=command,
        source="InvokeAI",
        steps=as_int(stated.get("steps")),
        sampler=as_name(stated.get("sampler")),
        cfg_scale=as_float(stated.get("cfg_scale")),
        seed=as_int(stated.get("seed")),
        width=as_int(stated.get("width")),
        height=as_int(stated.get("height")),
        loras=_prompt_loras(positive),
        parameters=parameters,
        found_in=place(embedded, text),
    )
