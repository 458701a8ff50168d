"""Keys of stacks: numbers that files share if they were made from one prompt, or by one run of a
generator.

- ``prompt_key``: the same prompt, without regard to case and white space.
- ``run_key``: the same text in all but what differs between the pictures of one run: seeds, the
  position in a batch, times. A1111, Forge and SD.Next write ``Seed: 5``, ``Variation seed: 7`` and
  ``Batch pos: 1``; ComfyUI, InvokeAI and others JSON with ``"seed": 5`` or ``"noise_seed": 5``;
  SwarmUI also ``"generation_time"``. Which files of one key are one batch is decided when stacks
  are read (``db/search/stack_links.py``).
"""

from __future__ import annotations

import hashlib
import re

from iib_core.db import fts

_SPACES = re.compile(r"\s+")
_VARYING = re.compile(
    r"\b((?:variation[ _]?|noise[ _]?|sub|image[ _]?|rand[ _]?)?seeds?|batch[ _]pos(?:ition)?|"
    r'generation_time|date)\\?"?\s*[:=]\s*(?:\\?"[^"\\]{0,100}\\?"|-?\d{1,20})',
    re.I,
)


def prompt_key(prompt: str) -> int | None:
    """The key of a prompt; None for one without a character."""
    normal = _SPACES.sub(" ", fts.fold(prompt)).strip()
    return _hash(normal) if normal else None


def run_key(text: str) -> int | None:
    """The key of what a generator wrote into a file; None for nothing."""
    return _hash(_VARYING.sub(r"\1", text)) if text.strip() else None


def _hash(text: str) -> int:
    """63 bits: of a million texts two share a number with a probability of 1 to 20 million."""
    digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1
