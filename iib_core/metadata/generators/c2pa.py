"""Content Credentials (C2PA) and IPTC: the file says that a model made it, and by which program, but not how."""

from __future__ import annotations

import re

from iib_core.metadata.containers.embedded import Embedded
from iib_core.metadata.info import GenerationInfo

SCAN_MAX_BYTES = 4 * 1024 * 1024

_AI_MARK = re.compile(rb"digitalsourcetype/(?:compositeWith)?trainedAlgorithmicMedia", re.IGNORECASE)
_AI_MARK_XMP = re.compile(r"digitalsourcetype/(?:compositeWith)?trainedAlgorithmicMedia", re.IGNORECASE)
_PROGRAMS = (
    (b"Adobe Firefly", "Adobe Firefly"),
    (b"Sora", "OpenAI Sora"),
    (b"DALL", "OpenAI DALL-E"),
    (b"ChatGPT", "OpenAI ChatGPT"),
    (b"GPT-4o", "OpenAI ChatGPT"),
    (b"OpenAI", "OpenAI"),
    (b"Google", "Google AI"),
    (b"Bing Image Creator", "Microsoft Designer"),
    (b"Microsoft", "Microsoft Designer"),
    (b"Stability AI", "Stability AI"),
    (b"Midjourney", "Midjourney"),
    (b"Leonardo", "Leonardo.Ai"),
    (b"Runway", "Runway"),
    (b"Ideogram", "Ideogram"),
    (b"Recraft", "Recraft"),
    (b"Black Forest Labs", "Black Forest Labs"),
    (b"ElevenLabs", "ElevenLabs"),
)


def parse(embedded: Embedded) -> GenerationInfo | None:
    """The program alone. Credentials without the mark of a trained model are a camera's or an editor's, and no business of ours."""
    store = embedded.c2pa[:SCAN_MAX_BYTES]
    if store and _AI_MARK.search(store):
        return GenerationInfo(source=_program(store), found_in=f"{embedded.container}:C2PA")
    for text in embedded.texts:
        if "lgorithmicMedia" in text.value and _AI_MARK_XMP.search(text.value):
            told = " ".join(other.value for other in embedded.texts).encode(errors="replace")
            return GenerationInfo(source=_program(told[:SCAN_MAX_BYTES]), found_in=f"{embedded.container}:{text.where}:{text.keyword}")
    return None


def _program(store: bytes) -> str:
    return next((name for needle, name in _PROGRAMS if needle in store), "C2PA")
