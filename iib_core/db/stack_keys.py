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

# The first letter stands apart, in both cases and before everything else: Python's re jumps to it then,
# which takes a third of the time of the plain pattern. Before it stands no letter.
_VARYING = re.compile(
    r"[vnsirbgdVNSIRBGD](?<!\w[\s\S])(?i:("
    r"(?<=v)ariation[ _]?seeds?|(?<=n)oise[ _]?seeds?|(?<=s)(?:ubs)?eeds?|(?<=i)mage[ _]?seeds?|"
    r"(?<=r)and[ _]?seeds?|(?<=b)atch[ _]pos(?:ition)?|(?<=g)eneration_time|(?<=d)ate)"
    r'\\?"?\s*[:=]\s*(?:\\?"[^"\\]{0,100}\\?"|-?\d{1,20}))'
)


def prompt_key(prompt: str) -> int | None:
    """The key of a prompt; None for one without a character."""
    normal = " ".join(fts.fold(prompt).split())
    return _hash(normal) if normal else None


def run_key(text: str) -> int | None:
    """The key of what a generator wrote into a file; None for nothing."""
    return _hash(_VARYING.sub(_name, text)) if text.strip() else None


def _name(varying: re.Match[str]) -> str:
    """What varies, by its name alone."""
    return varying[0][:1] + varying[1]


def _hash(text: str) -> int:
    """63 bits: of a million texts two share a number with a probability of 1 to 20 million."""
    digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1
