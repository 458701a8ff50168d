"""Infotext: the text that AUTOMATIC1111's webui and programs like it write into or beside a
picture.

    <prompt, any number of lines> Negative prompt: <negative, any number of lines>
    Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 512x512, Some key: "a, quoted: value",
    Hashes: {"model": "ab"}

Written by AUTOMATIC1111 1.0 to 1.10 (``modules/processing.py``), Forge, reForge, SD.Next, Fooocus
("a1111" scheme), stable-diffusion.cpp, Civitai, ComfyUI saver nodes and others; they differ in the
names and the order of the keys.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from iib_core.metadata import prompts
from iib_core.metadata.info import GenerationInfo, Lora
from iib_core.metadata.values import (
    as_float,
    as_int,
    as_list,
    as_name,
    as_size,
    clean,
    load_json,
    load_object,
    merged_loras,
)

PAIRS_MAX = 500
REGION_MAX_CHARS = 512 * 1024

_NEGATIVE = "Negative prompt:"
_NAME = r"[^\W_][\w \-/.()+#&']{0,60}"
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"(?=[ \t]*(?:,|\n|\Z))', re.DOTALL)
_PLAIN = rf"[^,\n]*(?:,(?!\s?{_NAME}:(?:[ \t]|\n|\Z))[^,\n]*)*"
_VALUE = re.compile(_PLAIN)
_PAIR = re.compile(rf"[\s,]{{0,100}}({_NAME}):(?:[ \t]+|(?=\n)|\Z)(?:(?=[\"{{\[])|({_PLAIN}))")
_TEMPLATE = re.compile(r"\n(Template|Negative Template|Negative template):")
# SD.Next writes the templates of a wildcard prompt between the negative prompt and the parameters.
_TEMPLATE_BEFORE = re.compile(r"\n(Template|Negative [Tt]emplate):[ \t]*")
_NEXT_NAME = re.compile(rf"[,\n][ \t]?(?={_NAME}:[ \t])")
_STEPS_LINE = re.compile(r"[ \t]*[Ss]teps: ?\d+[ \t]*(?:,[ \t]*\w|\n|\Z)")
_FLAT_STEPS = re.compile(
    r"[\s.,;]Steps: ?\d+, ?(?=(?:Sampler|Size|CFG|Seed|Schedule|Model|Guidance|Scheduler)[\w ]*:)"
)
_KNOWN_KEYS = re.compile(
    r"(?:^|, ?)(?:Sampler|Seed|CFG scale|Size|Model hash|Model|Version|Schedule type|Clip skip|Denoising "
    r"strength): ?[^,]",
    re.IGNORECASE,
)
# Used only to find the end of a value, so numbers are not converted.
_DECODER = json.JSONDecoder(parse_int=str, parse_float=str)
_ENCLOSERS = frozenset('"{[\n\t')
_IS_SIMPLE_NAME = re.compile(r"[A-Za-z](?:[\w-]| (?! |\Z)){0,60}\Z").match

_FIELDS = {
    "Steps": "steps",
    "Sampler": "sampler",
    "Schedule type": "scheduler",
    "Scheduler": "scheduler",
    "CFG scale": "cfg_scale",
    "Guidance Scale": "cfg_scale",
    "Seed": "seed",
    "Size": "size",
    "Model": "model",
    "Model hash": "model_hash",
    "VAE": "vae",
}
_FIELDS_LOWER = {key.lower(): field for key, field in _FIELDS.items()}
# Parameters whose value never continues in the next line.
_ONE_LINE = frozenset(
    {
        *_FIELDS,
        "Version",
        "App",
        "Clip skip",
        "Denoising strength",
        "Hashes",
        "RNG",
        "Module 1",
        "Time taken",
    }
)
# ComfyUI saver nodes write this for an input without a connection.
_UNCONNECTED = "unknown"


def looks_like(text: str) -> bool:
    """Whether the text is an infotext: it has a line of parameters, or a line that starts the
    negative prompt.
    """
    return has_parameters(text) or text.startswith(_NEGATIVE) or f"\n{_NEGATIVE}" in text


def has_parameters(text: str) -> bool:
    """Whether the text has a line of parameters, unlike ordinary comments and captions."""
    return _parameters_start(text)[0] >= 0


def parse(text: str) -> GenerationInfo:
    """The parsed infotext. Without a line of parameters, the whole text is the prompt. Never
    raises.
    """
    return GenerationInfo(**read_fields(text))


def read_fields(text: str) -> dict[str, Any]:
    """``parse`` as keyword arguments of GenerationInfo. A caller that changes them makes one object
    instead of two, which matters on this hot path.
    """
    infotext = clean(text)
    body = infotext.replace("\r\n", "\n").replace("\r", "\n") if "\r" in infotext else infotext
    start, flat = _parameters_start(body)
    head = body if start < 0 else body[:start]
    fields = {} if start < 0 else _pairs(body[start : start + REGION_MAX_CHARS])
    head, templates = _without_templates(head, fields) if "emplate:" in head else (head, {})
    prompt, negative = _split_negative(head, flat)
    return _fields(prompt, negative, templates | fields if templates else fields, infotext)


def _without_templates(head: str, fields: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """(text without templates, templates by name). ``head`` is the text before the parameters.

    Without a negative prompt, templates are recognised in infotexts of SD.Next only.
    """
    is_sdnext = "SD.Next" in fields.get("App", "") or "Operations" in fields
    negative = head.find(_NEGATIVE) if head.startswith(_NEGATIVE) else head.find(f"\n{_NEGATIVE}")
    if negative < 0 and not is_sdnext:
        return head, {}
    match = _TEMPLATE_BEFORE.search(head, max(negative, 0))
    if not match:
        return head, {}
    parts = _TEMPLATE_BEFORE.split(head[match.start() :])
    pairs = zip(parts[1::2], parts[2::2], strict=False)
    return head[: match.start()], {name: value.strip() for name, value in pairs if value.strip()}


def parameters(line: str) -> dict[str, str]:
    """The parameters of a line without a prompt, as the webui's Extras tab writes it."""
    return _pairs(line[:REGION_MAX_CHARS])


def compose(info: GenerationInfo) -> str:
    """``info`` as an infotext for the webui: the file's own if it is one, else composed from the
    known values; "" if nothing is known.

    A composed one leaves out the model, and sampler names of other programs, which the webui does
    not have.
    """
    if looks_like(info.infotext):
        return info.infotext
    sampler = info.sampler if info.sampler and info.sampler != info.sampler.lower() else None
    size = f"{info.width}x{info.height}" if info.width and info.height else None
    stated = {
        "Steps": info.steps,
        "Sampler": sampler,
        "CFG scale": info.cfg_scale,
        "Seed": info.seed,
        "Size": size,
    }
    line = ", ".join(
        f"{name}: {value:g}" if isinstance(value, float) else f"{name}: {value}"
        for name, value in stated.items()
        if value is not None
    )
    negative = f"{_NEGATIVE} {info.whole_negative_prompt}" if info.whole_negative_prompt else ""
    return "\n".join(filter(None, (info.whole_prompt, negative, line)))


def _parameters_start(text: str) -> tuple[int, bool]:
    """(start of the parameters or -1, whether the whole text is one line).

    The last matching line counts, because a prompt may hold the whole infotext of another picture.
    """
    end = len(text)
    for _attempt in range(50):
        newline = text.rfind("\nSteps:", 0, end)
        if newline < 0:
            break
        if _STEPS_LINE.match(text, newline + 1):
            return newline + 1, False
        end = newline
    if _STEPS_LINE.match(text):
        return 0, False
    return _odd_parameters_start(text)


def _odd_parameters_start(text: str) -> tuple[int, bool]:
    """``_parameters_start`` for parameters that do not begin a line or do not begin with Steps."""
    tail_start = max(0, len(text) - 65536)
    tail = text[tail_start:]
    position = len(tail)
    for _line in range(20):
        newline = tail.rfind("\n", 0, position)
        line = tail[newline + 1 : position]
        if line.startswith("Postprocess ") or (line.count(":") >= 3 and _is_parameters_line(line)):
            line_start = tail_start + newline + 1
            flat = list(_FLAT_STEPS.finditer(line))
            return (line_start + flat[-1].start() + 1, True) if flat else (line_start, False)
        if newline < 0:
            break
        position = newline
    return -1, False


def _is_parameters_line(line: str) -> bool:
    return bool(_STEPS_LINE.match(line)) or len(_KNOWN_KEYS.findall(line)) >= 3


def _split_negative(head: str, flat: bool) -> tuple[str, str]:
    """(prompt, negative prompt). As in the webui, the first line that starts a negative prompt
    counts, unless it belongs to an infotext inside the prompt.
    """
    if flat:
        before, found, after = head.partition(_NEGATIVE)
        return (before.strip(), after.strip()) if found else (before.strip(), "")
    if head.startswith(_NEGATIVE):
        head = f"\n{head}"
    inner = head.rfind("\nSteps:")
    newline = head.find(f"\n{_NEGATIVE}", max(inner, 0))
    if newline < 0 and inner >= 0:
        newline = head.rfind(f"\n{_NEGATIVE}")
    if newline < 0:
        return head.strip(), ""
    negative = head[newline + 1 + len(_NEGATIVE) :]
    return head[:newline].strip(), negative.replace(f"\n{_NEGATIVE}", "\n").strip()


def _pairs(region: str) -> dict[str, str]:
    """The value of each parameter, by name. If a name occurs twice, the first counts.

    Values with commas are quoted, are JSON, or end before the next name.
    """
    found: dict[str, str] = {}
    template = _TEMPLATE.search(region)
    if template:
        found.update(_templates(region, template.start()))
        region = region[: template.start()]
    if not found and (simple := _simple_pairs(region)):
        return simple
    position, end = 0, len(region)
    latest = ""
    longer: dict[str, list[str]] = {}
    for _pair in range(PAIRS_MAX):
        pair = _PAIR.match(region, position)
        if pair:
            latest, plain = pair[1].rstrip(), pair[2]
            if plain is not None:
                value, position = plain.rstrip(), pair.end()
            else:
                value, position = _enclosed(region, pair.end())
            found.setdefault(latest, value)
        else:
            rest, position = _next_line(region, position)
            if rest and latest in found and latest not in _ONE_LINE:
                longer.setdefault(latest, [found[latest]]).append(rest)
        if position >= end:
            break
    return found | {name: "\n".join(lines).strip() for name, lines in longer.items()}


def _next_line(region: str, position: int) -> tuple[str, int]:
    """(text before the next name, start of that name). The text continues the value of the line
    before.
    """
    following = _NEXT_NAME.search(region, position + 1)
    end = following.start() if following else len(region)
    return region[position:end].strip(" \t\n,"), end


def _simple_pairs(region: str) -> dict[str, str] | None:
    """``_pairs`` for a single line without quotes, brackets and commas in values; None for any
    other.

    Most infotexts are like that, and this is four times as fast.
    """
    if not _ENCLOSERS.isdisjoint(region):
        return None
    found: dict[str, str] = {}
    for part in region.rstrip().split(", "):
        name, colon, value = part.partition(": ")
        if not colon or "," in value or not _IS_SIMPLE_NAME(name):
            return None
        found.setdefault(name, value.strip(" "))
    return found


def _enclosed(region: str, start: int) -> tuple[str, int]:
    """(value, end) of a value in quotes or brackets. If they are not closed, it is read as plain
    text.
    """
    if region[start] == '"' and (quoted := _QUOTED.match(region, start)):
        return _unquoted(quoted), quoted.end()
    if region[start] != '"':
        try:
            _document, end = _DECODER.raw_decode(region, start)
        except (ValueError, RecursionError):
            pass
        else:
            return region[start:end], end
    plain = _VALUE.match(region, start)
    end = plain.end() if plain else start
    return region[start:end].strip(), end


def _unquoted(quoted: re.Match[str]) -> str:
    if "\\" not in quoted[1]:
        return quoted[1]
    value = load_json(quoted[0])
    return value if isinstance(value, str) else quoted[1]


def _templates(region: str, start: int) -> Iterator[tuple[str, str]]:
    """The templates that sd-dynamic-prompts writes after the parameters. They may have commas,
    colons and several lines.
    """
    parts = _TEMPLATE.split(region[start:])
    for name, value in zip(parts[1::2], parts[2::2], strict=False):
        yield name, value.strip()


def _fields(prompt: str, negative: str, fields: dict[str, str], infotext: str) -> dict[str, Any]:
    stated: dict[str, str] = {}
    parameters: dict[str, str] = {}
    for name, value in fields.items():
        field = _FIELDS.get(name) or _FIELDS_LOWER.get(name.lower())
        if field and field not in stated:
            stated[field] = value
        else:
            parameters[name] = value
    size = as_size(stated.get("size"))
    hashes = load_object(parameters.get("Hashes")) or {}
    if len(prompt) <= len(_UNCONNECTED) + 2 and prompt.rstrip(" .").lower() == _UNCONNECTED:
        prompt, size = "", None  # such a saver writes its default as size
    if negative.rstrip(" .").lower() == _UNCONNECTED:
        negative = ""
    model = _known_name(stated.get("model"))
    if model is None and "Civitai resources" in parameters:
        model = _civitai_model(parameters["Civitai resources"])
    return {
        "prompt": prompt,
        "negative_prompt": negative,
        "infotext": infotext.strip("\n"),
        "steps": as_int(stated.get("steps")),
        "sampler": stated.get("sampler") or None,
        "scheduler": stated.get("scheduler") or None,
        "cfg_scale": as_float(stated.get("cfg_scale")),
        "seed": as_int(stated.get("seed")),
        "width": size[0] if size else None,
        "height": size[1] if size else None,
        "model": model,
        "models": (model,) if model else (),
        "model_hash": _known_name(stated.get("model_hash")) or as_name(hashes.get("model")),
        "vae": as_name(stated.get("vae")),
        "loras": _loras(prompt, parameters, hashes),
        "parameters": parameters,
    }


def _known_name(value: str | None) -> str | None:
    """A name, or None. Saver nodes and Krita's plug-in write "unknown" if they do not know it."""
    return as_name(value) if value and value.lower() != _UNCONNECTED else None


def _loras(
    prompt: str, parameters: Mapping[str, str], hashes: Mapping[str, object]
) -> tuple[Lora, ...]:
    """The LoRAs in the prompt, then those that only the parameters name."""
    called = prompts.loras(prompt)
    stated: list[Lora] = []
    for name, value in parameters.items():
        if "ora" in name or name.startswith("AddNet Model"):
            stated += _stated_loras(name, value, parameters)
    stated += [Lora(key[5:]) for key in hashes if key.startswith("lora:")]
    if not called and not stated and "Civitai resources" in parameters:
        stated = _civitai_loras(parameters["Civitai resources"])
    return merged_loras(called, stated) if stated else called


def _stated_loras(name: str, value: str, parameters: Mapping[str, str]) -> list[Lora]:
    """The LoRAs in one parameter, as the webui, Fooocus, ComfyUI's metadata saver or the AddNet
    extension write them.
    """
    if name in ("Lora hashes", "Lora weights"):
        items = (part.rpartition(":") for part in value.split(","))
        weighted = name == "Lora weights"
        return [
            Lora(key.strip(), as_float(number) if weighted else None)
            for key, _colon, number in items
            if key.strip()
        ]
    if name.startswith("Lora_") and name.endswith("Model name"):
        return [Lora(value, as_float(parameters.get(name.replace("Model name", "Strength model"))))]
    if name.startswith("AddNet Model"):
        number = name.rpartition(" ")[2]
        weight = parameters.get(
            f"AddNet Weight A {number}", parameters.get(f"AddNet Weight {number}")
        )
        return [Lora(value.partition("(")[0], as_float(weight))] if as_name(value) else []
    return []


def _civitai_model(resources: str) -> str | None:
    """The checkpoint in the resources of Civitai's own generator, which writes no Model."""
    for entry in _civitai_entries(resources):
        if str(entry.get("type")).lower() in ("checkpoint", "model"):
            return as_name(entry.get("modelName"))
    return None


def _civitai_loras(resources: str) -> list[Lora]:
    return [
        Lora(str(entry["modelName"]), as_float(entry.get("weight")))
        for entry in _civitai_entries(resources)
        if str(entry.get("type")).lower() in prompts.LORA_KINDS and as_name(entry.get("modelName"))
    ]


def _civitai_entries(resources: str) -> list[dict[str, Any]]:
    return [entry for entry in as_list(load_json(resources)) if isinstance(entry, dict)]
