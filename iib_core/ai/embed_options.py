"""The options and the result of embedding."""

from __future__ import annotations

from dataclasses import dataclass, field

from iib_core.ai.provider import LOCAL
from iib_core.ai.scope import Scope

MAX_CHARS = 4000
BATCH_SIZE = 64


@dataclass(frozen=True)
class EmbedOptions:
    """Which prompts to embed, and how. ``force``: embed again what has a vector."""

    scope: Scope = field(default_factory=Scope)
    model: str = LOCAL
    force: bool = False
    batch_size: int = BATCH_SIZE
    max_chars: int = MAX_CHARS


@dataclass
class EmbedResult:
    """What was embedded.

    ``count``: files with a prompt; ``unique``: their distinct texts. Of these, ``updated`` were
    embedded now, ``skipped`` had a vector, and ``failed`` have none; ``reasons`` counts why.
    """

    model: str
    count: int = 0
    unique: int = 0
    updated: int = 0
    skipped: int = 0
    failed: int = 0
    seconds: float = 0.0
    reasons: dict[str, int] = field(default_factory=dict)
