"""Parses values that generators write: JSON, numbers, sizes, texts. All are bounded, and none
raises.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from iib_core.metadata import limits
from iib_core.metadata.containers.embedded import Embedded, Text
from iib_core.metadata.info import Lora

T = TypeVar("T")

JSON_MAX_CHARS = 16 * 1024 * 1024
OTHER_MAX_CHARS = 64 * 1024
INTEGER_MAX_DIGITS = 40
_LONG_CHARS = 64 * 1024

# Escapes of surrogates and of NUL, which JSON can write and UTF-8 or a database cannot store.
_ODD_ESCAPE = re.compile(r"\\u(?:[dD][89a-fA-F]|0000)")
_SIZE = re.compile(r"(\d{1,6})\s*[x×X*,]\s*(\d{1,6})")
_INTEGER = re.compile(r"\s*([+-]?\d{1,40})(?:\.0*)?\s*\Z")
_MODEL_SUFFIX = re.compile(r"\.(?:safetensors|ckpt|pt|pth|bin|gguf|sft)\Z", re.IGNORECASE)


def load_json(text: str) -> Any:
    """The value of a JSON text; None if it is not JSON.

    Raises limits.TooSlow if the time of the file is up before it begins.

    Trailing NULs are ignored. NaN, Infinity and numbers beyond a float (1e999) become None.
    Integers with more than ``INTEGER_MAX_DIGITS`` digits stay texts: Python needs quadratic time to
    read them, and refuses to write the longest.
    """
    stripped = text.strip(" \t\r\n\0\ufeff")
    if len(stripped) > JSON_MAX_CHARS:
        return None
    if len(stripped) > _LONG_CHARS:
        limits.check()
    try:
        value = _DECODER.decode(stripped)
    except (ValueError, RecursionError):
        return None
    return _cleaned(value) if _ODD_ESCAPE.search(stripped) else value


def load_object(text: str | None) -> dict[str, Any] | None:
    """The JSON object of a text; None if it is anything else."""
    if not text or not text.lstrip(" \t\r\n\0\ufeff").startswith("{"):
        return None
    value = load_json(text)
    return value if isinstance(value, dict) else None


def _no_number(_name: str) -> None:
    return None


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= INTEGER_MAX_DIGITS else digits


def _finite(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None


_DECODER = json.JSONDecoder(parse_constant=_no_number, parse_int=_integer, parse_float=_finite)


def _cleaned(value: Any) -> Any:
    """``value`` with all its texts cleaned, in place. Iterative, because JSON may nest deeply."""
    holder = [value]
    todo: list[Any] = [holder]
    while todo:
        item = todo.pop()
        for key, child in list(enumerate(item)) if isinstance(item, list) else list(item.items()):
            if isinstance(key, str):
                del item[key]
                item[clean(key)] = clean(child) if isinstance(child, str) else child
            elif isinstance(child, str):
                item[key] = clean(child)
            if isinstance(child, (dict, list)):
                todo.append(child)
    return holder[0]


def clean(text: str) -> str:
    """The text without NULs and with lone surrogates replaced, so that it can be stored and sent."""
    if "\0" in text:
        text = text.replace("\0", "")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def as_int(value: Any) -> int | None:
    """An integer, or None. Never converted by a float, because seeds have 64 bits."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int):
        return value if abs(value) < 10**INTEGER_MAX_DIGITS else None
    if isinstance(value, float):
        is_integer = math.isfinite(value) and value.is_integer()
        return int(value) if is_integer and abs(value) < 10**INTEGER_MAX_DIGITS else None
    match = _INTEGER.match(value) if isinstance(value, str) else None
    return int(match[1]) if match else None


def as_float(value: Any) -> float | None:
    """A finite float, or None. A 32-bit float with all its digits is rounded: 7.4000000953674316 to
    7.4.
    """
    if isinstance(value, bool) or value is None or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    if not math.isfinite(number):
        return None
    short = float(f"{number:.6g}")
    return short if number != short and abs(number - short) <= abs(number) * 1e-7 else number


def as_text(value: Any) -> str:
    """A readable text: strings unchanged, other values as JSON, None as ''."""
    if isinstance(value, str):
        return clean(value)
    if value is None:
        return ""
    if isinstance(value, (bool, int, float)):
        return str(value)
    try:
        return clean(json.dumps(value, ensure_ascii=False))
    except (ValueError, TypeError, RecursionError):
        return ""


def as_name(value: Any) -> str | None:
    """A non-empty name, or None. Programs write "None", "null" or an empty text for a missing name."""
    if not isinstance(value, str):
        return None
    name = clean(value).strip()
    return name if name and name.lower() not in ("none", "null", "undefined") else None


def as_size(value: Any) -> tuple[int, int] | None:
    """Width and height from '512x768', '1024 x 1024', '(512, 768)' or [512, 768]."""
    if isinstance(value, (list, tuple)) and len(value) == 2:
        width, height = as_int(value[0]), as_int(value[1])
        return (width, height) if width and height else None
    match = _SIZE.search(value) if isinstance(value, str) else None
    return (int(match[1]), int(match[2])) if match else None


def as_dict(value: Any) -> dict[str, Any]:
    """``value`` if it is a dict, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """``value`` if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def first(values: Mapping[str, Any], *keys: str) -> Any:
    """The first value of ``keys`` that is neither None nor ''; else None."""
    for key in keys:
        value = values.get(key)
        if value is not None and value != "":
            return value
    return None


def first_not_none(values: Iterable[T | None]) -> T | None:
    """The first value that is not None; None if there is none."""
    return next((value for value in values if value is not None), None)


def others(values: Mapping[str, Any], known: Iterable[str]) -> dict[str, str]:
    """All values but the ``known`` ones, as texts, without empty ones and without texts longer than
    ``OTHER_MAX_CHARS``, such as pictures in base64.
    """
    skip = frozenset(known)
    result: dict[str, str] = {}
    for key, value in values.items():
        if key in skip:
            continue
        text = as_text(value)
        if text and len(text) <= OTHER_MAX_CHARS:
            result[clean(key)] = text
    return result


def stem(name: str) -> str:
    """A model's name without folder and file type."""
    return _MODEL_SUFFIX.sub("", name.replace("\\", "/").rsplit("/", 1)[-1])


def tag_name(text: str) -> str:
    """The tag of a model that may be named by its file: "sdxl/detail.safetensors" is detail."""
    return stem(text) if _MODEL_SUFFIX.search(text) else text


def merged_loras(*groups: Iterable[Lora]) -> tuple[Lora, ...]:
    """The LoRAs of several groups, each once, with its weight if any group states it."""
    found: dict[str, Lora] = {}
    for group in groups:
        for lora in group:
            key = stem(lora.name)
            if key not in found or (found[key].weight is None and lora.weight is not None):
                found[key] = Lora(found[key].name if key in found else lora.name, lora.weight)
    return tuple(found.values())


def named(embedded: Embedded, *keywords: str) -> Text | None:
    """The first text with one of the keywords, tried in the given order, ignoring case."""
    for keyword in keywords:
        for text in embedded.texts:
            if text.keyword.lower() == keyword.lower():
                return text
    return None


def place(embedded: Embedded, text: Text) -> str:
    """The place of a text, for ``found_in``: 'png:tEXt:parameters'."""
    return f"{embedded.container}:{text.where}:{text.keyword}"
