"""Content Credentials (C2PA) and IPTC: the file says that a model made it, and by which program, but not how."""

from __future__ import annotations

import re
from collections.abc import Iterator

from iib_core.metadata.containers.embedded import Embedded
from iib_core.metadata.info import GenerationInfo

SCAN_MAX_BYTES = 4 * 1024 * 1024
FIELDS_MAX = 200

_AI_MARK = re.compile(rb"digitalsourcetype/(?:compositeWith)?trainedAlgorithmicMedia", re.IGNORECASE)
_AI_MARK_XMP = re.compile(r"digitalsourcetype/(?:compositeWith)?trainedAlgorithmicMedia", re.IGNORECASE)
# The claim generator signed the file, the software agent did something to it. Certificates name their
# owners, who are neither.
_FIELD = re.compile(rb"(claim_generator_info|claim_generator|softwareAgent)")
_VALUE_MAX_BYTES = 200
_CONTAINER_HEADERS = frozenset((*range(0x80, 0x9C), 0x9F, *range(0xA0, 0xBC), 0xBF))
_PLAIN_VALUE = re.compile(rb"[\s:=\"'{\[]{0,10}(?:name[\s:=\"']{1,10})?([\x20-\x7e]{1,80})")
# In XMP and EXIF, where a program writes its name.
_PROGRAM_KEYWORDS = frozenset(
    {
        "creatortool",
        "software",
        "softwareagent",
        "credit",
        "claim_generator",
        "aisystemused",
        "aisystemversionused",
        "historysoftwareagent",
        "source",
        "creator",
    }
)
_PROGRAMS = (
    ("Firefly", "Adobe Firefly"),
    ("Sora", "OpenAI Sora"),
    ("DALL", "OpenAI DALL-E"),
    ("ChatGPT", "OpenAI ChatGPT"),
    ("GPT-4o", "OpenAI ChatGPT"),
    ("gpt-image", "OpenAI ChatGPT"),
    ("Bing Image Creator", "Microsoft Designer"),
    ("Microsoft", "Microsoft Designer"),
    ("Stability AI", "Stability AI"),
    ("Midjourney", "Midjourney"),
    ("Leonardo", "Leonardo.Ai"),
    ("Runway", "Runway"),
    ("Ideogram", "Ideogram"),
    ("Recraft", "Recraft"),
    ("Black Forest Labs", "Black Forest Labs"),
    ("ElevenLabs", "ElevenLabs"),
    ("Seedream", "ByteDance"),
    ("ByteDance", "ByteDance"),
    ("Kling", "Kling"),
    ("Luma", "Luma"),
    ("Pika", "Pika"),
    ("xAI", "xAI Grok"),
    ("Grok", "xAI Grok"),
    # Companies, for files that name no program of theirs.
    ("OpenAI", "OpenAI"),
    ("Google", "Google AI"),
)


def parse(embedded: Embedded) -> GenerationInfo | None:
    """The program alone.

    Credentials without the mark of a trained model are a camera's or an editor's, and no business
    of ours.
    """
    store = embedded.c2pa[:SCAN_MAX_BYTES]
    if store and _AI_MARK.search(store):
        return GenerationInfo(source=_program(list(_fields(store))), found_in=f"{embedded.container}:C2PA")
    for text in embedded.texts:
        if "lgorithmicMedia" in text.value and _AI_MARK_XMP.search(text.value):
            told = [
                other.value[:_VALUE_MAX_BYTES]
                for other in embedded.texts
                if other.keyword.lower() in _PROGRAM_KEYWORDS
            ]
            return GenerationInfo(
                source=_program(told), found_in=f"{embedded.container}:{text.where}:{text.keyword}"
            )
    return None


def _program(names: list[str]) -> str:
    """The program that the names tell; of several the one that says most, the first of the table."""
    return next(
        (program for needle, program in _PROGRAMS if any(needle.lower() in name.lower() for name in names)),
        "C2PA",
    )


def _fields(store: bytes) -> Iterator[str]:
    """Names of the programs in the newest manifest that names one that is known, claim generators before
    software agents.
    """
    generators: list[str] = []
    agents: list[str] = []
    found = list(_FIELD.finditer(store))[:FIELDS_MAX]
    for index, field in enumerate(found):
        end = found[index + 1].start() if index + 1 < len(found) else len(store)
        value = store[field.end() : min(end, field.end() + _VALUE_MAX_BYTES)]
        (agents if field[1] == b"softwareAgent" else generators).append(
            _cbor_name(value) or _plain_name(value)
        )
    # A program that only signed, such as an editor, is not known; then what it was made with counts.
    known = [name for name in reversed(generators) if _program([name]) not in ("C2PA", "OpenAI", "Google AI")]
    yield from known[:1] or [*generators, *agents]


def _cbor_name(value: bytes) -> str:
    """The text of a field in CBOR, or that of ``name`` where the field is an object or a list of them; ""
    for anything else.
    """
    position = 0
    for _item in range(6):
        while position < len(value) and value[position] in _CONTAINER_HEADERS:
            position += 1
        text, position = _cbor_text(value, position)
        if text != "name":
            return text
    return ""


def _cbor_text(value: bytes, position: int) -> tuple[str, int]:
    """The CBOR text that starts there, and where it ends; "" where there is none."""
    header = value[position] if position < len(value) else 0
    if 0x60 <= header < 0x78:
        start, length = position + 1, header - 0x60
    elif header == 0x78 and position + 1 < len(value):
        start, length = position + 2, value[position + 1]
    else:
        return "", position
    return value[start : start + length].decode("utf-8", "replace"), start + length


def _plain_name(value: bytes) -> str:
    """The field's value in a store that is JSON or plain text."""
    plain = _PLAIN_VALUE.match(value)
    return plain[1].decode("ascii") if plain else ""
