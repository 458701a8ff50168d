"""What the features of language models need of a provider, and what they can be told about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Message = Mapping[str, str]

LOCAL = "local"


@dataclass(frozen=True)
class Settings:
    """How the service is reached and which of its models are used.

    Without key and address there is none, and the built-in models are used.
    """

    api_key: str = field(default="", repr=False)
    base_url: str = ""
    embedding_model: str = ""
    ai_model: str = ""
    title_model: str = ""
    timeout_s: float = 60
    concurrency: int = 4
    normalize: str = "balanced"

    @property
    def has_service(self) -> bool:
        """Whether there is a service to ask."""
        return bool(self.api_key or self.base_url)

    @property
    def place(self) -> str:
        """Where the service is, for people."""
        return self.base_url or "OpenAI"


@dataclass(frozen=True)
class ChatOptions:
    """How an answer is to be. ``schema``: a JSON schema that it shall follow, which weak models may not."""

    model: str = ""
    temperature: float | None = None
    max_tokens: int | None = None
    schema: Mapping[str, Any] | None = None


class Embedder(Protocol):
    """Turns texts into vectors."""

    def embed(self, texts: Sequence[str], wait: Callable[[float], None]) -> Vectors:
        """(n, d) float32, rows of unit length, in the order of ``texts``; a row of zeros for a text
        that the model knows nothing of.

        ``wait`` is called with seconds before another try. Raises ServiceFailed.
        """


class Talker(Protocol):
    """Answers messages."""

    def chat(self, messages: Sequence[Message], options: ChatOptions, wait: Callable[[float], None]) -> str:
        """The answer to ``messages``, each with ``role`` and ``content``. Raises ServiceFailed."""

    def stream(self, messages: Sequence[Message], options: ChatOptions) -> Iterator[str]:
        """The same in pieces, as they come."""
