"""The interfaces of models that embed and chat, and the settings of the service."""

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
class AISettings:
    """The address of the service and the models that are used.

    Without key and address there is no service, and the built-in models are used.
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
        """Whether a service is set."""
        return bool(self.api_key or self.base_url)

    @property
    def by_name(self) -> dict[str, str]:
        """What the page can change, by the name of the setting."""
        return {
            "openai_api_key": self.api_key,
            "openai_base_url": self.base_url,
            "embedding_model": self.embedding_model,
            "ai_model": self.ai_model,
            "topic_title_model": self.title_model,
            "prompt_normalize": self.normalize,
        }

    @property
    def place(self) -> str:
        """The address of the service in messages."""
        return self.base_url or "OpenAI"


@dataclass(frozen=True)
class ChatOptions:
    """Options of a chat request. ``schema``: the JSON schema of the answer, which weak models may
    ignore.
    """

    model: str = ""
    temperature: float | None = None
    max_tokens: int | None = None
    schema: Mapping[str, Any] | None = None


class Embedder(Protocol):
    """Turns texts into vectors."""

    def embed(self, texts: Sequence[str], wait: Callable[[float], None]) -> Vectors:
        """(n, d) float32, rows of unit length, in the order of ``texts``; a row of zeros for a text
        without any word that the model knows.

        ``wait(seconds)`` is called before a retry. Raises ServiceFailed.
        """


class Talker(Protocol):
    """Answers messages."""

    def chat(
        self, messages: Sequence[Message], options: ChatOptions, wait: Callable[[float], None]
    ) -> str:
        """The answer to ``messages``, each with ``role`` and ``content``. Raises ServiceFailed."""

    def stream(self, messages: Sequence[Message], options: ChatOptions) -> Iterator[str]:
        """The answer in pieces, as they arrive. Raises ServiceFailed."""
