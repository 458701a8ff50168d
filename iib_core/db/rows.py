"""A file as the indexer read it: what the processes that read files make, without the packages that
write it to the database.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

# Names of ours, which no file can state: what a file has, its LoRAs with their weights, and its
# nodes.
HAS, LORA, NODE = ":has", ":lora", ":node"
OWN = frozenset({HAS, LORA, NODE})


class Stated(NamedTuple):
    """A parameter of a file. ``number``: what the text means as a number, None where it means none;
    the same text always means the same.
    """

    name: str
    number: float | None
    text: str


@dataclass(frozen=True)
class ImageRow:
    """A file as the indexer read it.

    ``prompt`` and ``negative_prompt`` take no space if ``infotext`` contains them. ``reader``: the
    version of the code that read it, so that a better one can read it again. ``error``: why only a
    part could be read. ``birth_ns``: the time of creation, where the system has it. Width and
    height are the picture's own pixels.
    """

    path: str
    media: str
    mtime_ns: int
    size_bytes: int
    birth_ns: int
    width_px: int | None = None
    height_px: int | None = None
    duration_s: float | None = None
    fingerprint: bytes | None = None
    prompt: str = ""
    negative_prompt: str = ""
    infotext: str = ""
    source: str | None = None
    model: str | None = None
    model_hash: str | None = None
    vae: str | None = None
    sampler: str | None = None
    scheduler: str | None = None
    steps: int | None = None
    cfg_scale: float | None = None
    seed: int | None = None
    tags: Sequence[tuple[str, str]] = ()
    parameters: Sequence[Stated] = ()
    reader: int = 1
    error: str = ""
