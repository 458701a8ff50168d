"""Plain values out of what generators write: JSON, numbers, sizes, texts, all bounded and none raising."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from iib_core.metadata import limits
from iib_core.metadata.containers.embedded import Embedded, Text
from iib_core.metadata.info import Lora

JSON_MAX_CHARS = 16 * 1024 * 1024
OTHER_MAX_CHARS = 64 * 1024
INTEGER_MAX_DIGITS = 40
_LONG_CHARS = 64 * 1024

_ODD_ESCAPE = re.compile(
    r"\\u(?:[dD][89a-fA-F]|0000)"
)  # surrogates and NUL: JSON can spell what UTF-8 and databases cannot hold
_SIZE = re.compile(r"(\d{1,6})\s*[x×X*,]\s*(\d{1,6})")
_INTEGER = re.compile(r"\s*([+-]?\d{1,40})(?:\.0*)?\s*\Z")
_MODEL_SUFFIX = re.compile(r"\.(?:safetensors|ckpt|pt|pth|bin|gguf|sft)\Z", re.IGNORECASE)


def load_json(text: str) -> Any:
    """The value of a JSON text, or None where it is not JSON.

    Raises limits.TooSlow where the file's time is up before it begins.

    Trailing NULs are ignored. Numbers that are none, or that no float holds (NaN, Infinity, 1e999),
    become None; integers that no program counts with (``INTEGER_MAX_DIGITS``) stay texts: Python
    takes time by the square of their length to read them, and refuses to write the longest.
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
    """The JSON object of a text, or None where it is anything else."""
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
    """The value with every text in it cleaned, in place. Iterative: JSON may nest deeply."""
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
    """The text without NULs and with half surrogate pairs replaced: what can be stored and sent."""
    if "\0" in text:
        text = text.replace("\0", "")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def as_int(value: Any) -> int | None:
    """An integer, never by way of a float: seeds have 64 bits."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int):
        return value if abs(value) < 10**INTEGER_MAX_DIGITS else None
    if isinstance(value, float):
        return (
            int(value)
            if math.isfinite(value) and value.is_integer() and abs(value) < 10**INTEGER_MAX_DIGITS
            else None
        )
    if isinstance(value, str) and (found := _INTEGER.match(value)):
        return int(found[1])
    return None


def as_float(value: Any) -> float | None:
    """A finite float, rounded where a 32-bit float was printed in full (7.4000000953674316 was 7.4)."""
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
    """A text as a person would read it: strings as they are, other values as JSON writes them, None as ''."""
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
    """A non-empty name, else None. Programs write None, null or an empty text where there is no such thing."""
    if not isinstance(value, str):
        return None
    name = clean(value).strip()
    return name if name and name.lower() not in ("none", "null", "undefined") else None


def as_size(value: Any) -> tuple[int, int] | None:
    """Width and height from '512x768', '1024 x 1024', '(512, 768)' or [512, 768]."""
    if isinstance(value, (list, tuple)) and len(value) == 2:
        width, height = as_int(value[0]), as_int(value[1])
        return (width, height) if width and height else None
    found = _SIZE.search(value) if isinstance(value, str) else None
    return (int(found[1]), int(found[2])) if found else None


def as_dict(value: Any) -> dict[str, Any]:
    """The dict itself, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """The list itself, else an empty one."""
    return value if isinstance(value, list) else []


def first(values: Mapping[str, Any], *keys: str) -> Any:
    """The first value among the keys that is neither None nor ''."""
    for key in keys:
        value = values.get(key)
        if value is not None and value != "":
            return value
    return None


def others(values: Mapping[str, Any], known: Iterable[str]) -> dict[str, str]:
    """All values but the known ones, as texts, without the empty ones and without pictures or
    canvases written as text.
    """
    skip = frozenset(known)
    return {
        clean(key): text
        for key, value in values.items()
        if key not in skip and (text := as_text(value)) and len(text) <= OTHER_MAX_CHARS
    }


def stem(name: str) -> str:
    """A model's name without folder and file type."""
    return _MODEL_SUFFIX.sub("", name.replace("\\", "/").rsplit("/", 1)[-1])


def merged_loras(*groups: Iterable[Lora]) -> tuple[Lora, ...]:
    """LoRAs of several places, each once; a weight stated anywhere is kept."""
    found: dict[str, Lora] = {}
    for group in groups:
        for lora in group:
            key = stem(lora.name)
            if key not in found or (found[key].weight is None and lora.weight is not None):
                found[key] = Lora(found[key].name if key in found else lora.name, lora.weight)
    return tuple(found.values())


def named(embedded: Embedded, *keywords: str) -> Text | None:
    """The first text with one of the keywords, tried in the order given, upper and lower case alike."""
    for keyword in keywords:
        for text in embedded.texts:
            if text.keyword.lower() == keyword.lower():
                return text
    return None


def place(embedded: Embedded, text: Text) -> str:
    """Where a text was found, for a person: 'png:tEXt:parameters'."""
    return f"{embedded.container}:{text.where}:{text.keyword}"
