"""Parses prompts: the words of a prompt and its LoRAs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache

from iib_core.metadata.info import Lora

PROMPT_MAX_CHARS = 400_000
PIECE_MAX_CHARS = 400
LAYERS_MAX = 12
# The same few thousand words repeat throughout a library.
_CACHED_WORDS = 32_768
LORA_KINDS = frozenset({"lora", "lyco", "locon", "loha", "lokr", "dora"})

_ANGLED = re.compile(r"<\s*([A-Za-z][\w-]*)\s*:([^<>]*)>")
_EXTRA_NETWORK = re.compile(
    r"<\s*(?:lora|lyco|locon|loha|lokr|dora|hypernet|embed|embedding|segment|object|preset|random|wildcard)\s*:[^<>]*>",
    re.IGNORECASE,
)
_KEYWORD = re.compile(
    r"(?<![^\s,(\[|])(?:BREAK|AND|ADDCOMM|ADDROW|ADDCOL|ADDBASE)(?::-?\d+(?:\.\d+)?)?(?![^\s,)\]|])"
)
_WEIGHT = re.compile(r":\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)\s*\Z")
_NUMERIC_WEIGHT = re.compile(r"-?(?:\d{1,6}(?:\.\d{1,6})?|\.\d{1,6})::(.*?)(?:::|\Z)", re.DOTALL)
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)\Z")
_INVOKE_WEIGHT = re.compile(r"(?<=[\w)\"'])(?:\+{1,5}|-{2,5})\Z")
_EDITING = re.compile(r"\[([^\[\]:,]*):([^\[\]:,]*):[ \d.]+\]")
_SEPARATOR = re.compile(r"(?<!\\)[,\n\r;，、|]")
_SPACES = re.compile(r"\s+")
_ESCAPED = re.compile(r"\\([()\[\]{}<>\\:|,])")

# Keys of a JSON caption whose values are no description: positions, types, colours.
_NO_SENTENCES = frozenset(
    {"type", "bbox", "color_palette", "aspect_ratio", "id", "seed", "version"}
)
_COLOUR = re.compile(r"#[0-9A-Fa-f]{3,8}\Z")
_DECODER = json.JSONDecoder(parse_int=str, parse_float=str)

_OPEN = frozenset("([{")
_CLOSED = frozenset(")]}")


def loras(prompt: str) -> tuple[Lora, ...]:
    """The LoRAs in a prompt, written ``<lora:name:weight>``, in order, each once.

    The default weight is 1, as in the webui.
    """
    if "<" not in prompt:
        return ()
    found: dict[str, Lora] = {}
    for tag in _ANGLED.finditer(prompt):
        if tag[1].lower() not in LORA_KINDS:
            continue
        name, *weights = (part.strip() for part in tag[2].split(":"))
        if name and name not in found:
            found[name] = Lora(name, _lora_weight(weights))
    return tuple(found.values())


def _lora_weight(parts: list[str]) -> float:
    """The first number of the parts ``weight``, ``te=..``, ``unet=..``."""
    for part in parts:
        number = part.rpartition("=")[2].strip()
        if _NUMBER.match(number):
            return float(number)
    return 1.0


def words(prompt: str) -> Iterator[str]:
    """The words of a prompt without weights, emphasis brackets, LoRA tags, BREAK and AND; with
    repetitions.

    Kept are ``ratio 16:9``, ``a:b:c``, ``My LoRA (v1)`` and escaped brackets.
    """
    text = prompt[:PROMPT_MAX_CHARS]
    if text.lstrip().startswith("{") and text.rstrip().endswith("}"):
        text = ",".join(sentences(text)) or text
    if "<" in text:
        text = _EXTRA_NETWORK.sub(",", text)
    text = _KEYWORD.sub(",", text)
    if "::" in text:
        text = _NUMERIC_WEIGHT.sub(r"\1,", text)
    if "[" in text:
        text = _EDITING.sub(r"\1,\2", text)
    # An escaped comma does not separate words.
    return filter(None, map(_word, _SEPARATOR.split(text)))


def sentences(caption: str) -> list[str]:
    """The sentences of a JSON caption, which Ideogram 4 and FIBO accept as prompt, without
    positions, colours and types; [] for any other text.
    """
    try:
        document = _DECODER.decode(caption.strip())
    except (ValueError, RecursionError):
        return []
    found: list[str] = []
    todo: list[tuple[str, object]] = [("", document)]
    while todo and isinstance(document, dict):
        key, value = todo.pop()
        if isinstance(value, dict):
            todo += reversed(list(value.items()))
        elif isinstance(value, list):
            todo += [(key, item) for item in reversed(value)]
        elif isinstance(value, str) and key not in _NO_SENTENCES and not _COLOUR.match(value):
            found.append(value.rstrip(". "))
    return found


@lru_cache(maxsize=_CACHED_WORDS)
def _word(piece: str) -> str:
    """One word without the emphasis around it, or "".

    ``((a:1.2)`` becomes ``a``, because its brackets belong to a group of words; ``name (v1)`` keeps
    its brackets.
    """
    if len(piece) > PIECE_MAX_CHARS:
        return ""
    word = piece.strip()
    for _layer in range(LAYERS_MAX):
        shorter = _peeled(word) if word else word
        if shorter == word:
            break
        word = shorter
    word = _INVOKE_WEIGHT.sub("", word)
    word = _ESCAPED.sub(r"\1", word)
    return _SPACES.sub(" ", word).strip(" \t\"'.")


def forget() -> None:
    """Empty the cache."""
    _word.cache_clear()


def _peeled(word: str) -> str:
    """The word without its outer layer of emphasis: a pair of brackets, an unmatched bracket at
    either end, or the weight of a bracket.
    """
    if word[0] in _OPEN:
        close = _closing(word)
        if close == len(word) - 1:
            return _without_weight(word[1:-1])
        if close is None:
            return word[1:].strip()
    if word[-1] in _CLOSED and not _is_escaped(word, len(word) - 1) and _unmatched(word):
        return _without_weight(word[:-1])
    return word


def _without_weight(inner: str) -> str:
    return _WEIGHT.sub("", inner).strip()


def _closing(word: str) -> int | None:
    """The index at which the bracket that opens the word is closed, or None."""
    depth = 0
    for index, char in enumerate(word):
        if char in "()[]{}" and not _is_escaped(word, index):
            depth += 1 if char in _OPEN else -1
            if depth == 0:
                return index
    return None


def _unmatched(word: str) -> bool:
    """Whether the word closes a bracket that it did not open."""
    depth = 0
    for index, char in enumerate(word):
        if char in "()[]{}" and not _is_escaped(word, index):
            depth += 1 if char in _OPEN else -1
            if depth < 0:
                return True
    return False


def _is_escaped(word: str, index: int) -> bool:
    return index > 0 and word[index - 1] == "\\"
