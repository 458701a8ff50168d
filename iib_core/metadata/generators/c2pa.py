"""Content Credentials (C2PA) and IPTC: they state that a model made the file and with which
program, but not how.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from iib_core.metadata.containers.embedded import Embedded
from iib_core.metadata.info import GenerationInfo

SCAN_MAX_BYTES = 4 * 1024 * 1024
FIELDS_MAX = 200

_AI_MARK = re.compile(
    rb"digitalsourcetype/(?:compositeWith)?trainedAlgorithmicMedia", re.IGNORECASE
)
_AI_MARK_XMP = re.compile(
    r"digitalsourcetype/(?:compositeWith)?trainedAlgorithmicMedia", re.IGNORECASE
)
# The claim generator signed the file, the software agent changed it. The owner of a certificate is
# neither.
_FIELD = re.compile(rb"(claim_generator_info|claim_generator|softwareAgent)")
_VALUE_MAX_BYTES = 200
_CONTAINER_HEADERS = frozenset((*range(0x80, 0x9C), 0x9F, *range(0xA0, 0xBC), 0xBF))
_PLAIN_VALUE = re.compile(rb"[\s:=\"'{\[]{0,10}(?:name[\s:=\"']{1,10})?([\x20-\x7e]{1,80})")
# Keywords of XMP and EXIF texts that hold the name of a program.
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
    # Companies, for files that do not name a program.
    ("OpenAI", "OpenAI"),
    ("Google", "Google AI"),
)


def parse(embedded: Embedded) -> GenerationInfo | None:
    """The program, if the file is marked as made by a trained model.

    Other credentials are from cameras or editors.
    """
    store = embedded.c2pa[:SCAN_MAX_BYTES]
    if store and _AI_MARK.search(store):
        return GenerationInfo(
            source=_program(list(_fields(store))), found_in=f"{embedded.container}:C2PA"
        )
    for text in embedded.texts:
        if "lgorithmicMedia" in text.value and _AI_MARK_XMP.search(text.value):
            names = [
                other.value[:_VALUE_MAX_BYTES]
                for other in embedded.texts
                if other.keyword.lower() in _PROGRAM_KEYWORDS
            ]
            return GenerationInfo(
                source=_program(names), found_in=f"{embedded.container}:{text.where}:{text.keyword}"
            )
    return None


def _program(names: list[str]) -> str:
    """The program that the names mean; of several the first of ``_PROGRAMS``, which is the most
    specific.
    """
    lowered = [name.lower() for name in names]
    for needle, program in _PROGRAMS:
        if any(needle.lower() in name for name in lowered):
            return program
    return "C2PA"


def _fields(store: bytes) -> Iterator[str]:
    """The program name of the newest manifest whose claim generator is known; else all names, claim
    generators before software agents.
    """
    generators: list[str] = []
    agents: list[str] = []
    fields = list(_FIELD.finditer(store))[:FIELDS_MAX]
    for index, field in enumerate(fields):
        end = fields[index + 1].start() if index + 1 < len(fields) else len(store)
        value = store[field.end() : min(end, field.end() + _VALUE_MAX_BYTES)]
        names = agents if field[1] == b"softwareAgent" else generators
        names.append(_cbor_name(value) or _plain_name(value))
    # A program that only signed the file, such as an editor, is not known; then the others count.
    known = [
        name
        for name in reversed(generators)
        if _program([name]) not in ("C2PA", "OpenAI", "Google AI")
    ]
    yield from known[:1] or [*generators, *agents]


def _cbor_name(value: bytes) -> str:
    """The text of a CBOR field, or its ``name`` if it is an object or a list of objects; else ""."""
    position = 0
    for _item in range(6):
        while position < len(value) and value[position] in _CONTAINER_HEADERS:
            position += 1
        text, position = _cbor_text(value, position)
        if text != "name":
            return text
    return ""


def _cbor_text(value: bytes, position: int) -> tuple[str, int]:
    """(CBOR text at ``position``, its end). The text is "" if there is none."""
    header = value[position] if position < len(value) else 0
    if 0x60 <= header < 0x78:
        start, length = position + 1, header - 0x60
    elif header == 0x78 and position + 1 < len(value):
        start, length = position + 2, value[position + 1]
    else:
        return "", position
    return value[start : start + length].decode("utf-8", "replace"), start + length


def _plain_name(value: bytes) -> str:
    """The value of a field in a store that is JSON or plain text."""
    plain = _PLAIN_VALUE.match(value)
    return plain[1].decode("ascii") if plain else ""
