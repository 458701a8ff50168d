"""AI: which models there are, which one a request means, and how each is asked."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from iib_core.ai import answer
from iib_core.ai.provider import LOCAL, ChatOptions, Message, Settings
from iib_core.ai.sentences import Sentences
from iib_core.ai.service import Service
from iib_core.clock import Stopwatch
from iib_core.db import results
from iib_core.db.engine import Database
from iib_core.errors import InvalidRequest, ServiceFailed
from iib_core.jobs import Progress
from iib_core.workers import in_parallel

# Settings that can be made in the page; made there they win over those of the start.
STORED = (
    "openai_api_key",
    "openai_base_url",
    "embedding_model",
    "ai_model",
    "topic_title_model",
    "prompt_normalize",
)
_MODELS_FOR_S = 300
# A service from which nothing was heard for so long ends the job that waits for it.
SILENCE_S = 300.0

T = TypeVar("T")
Item = TypeVar("Item")


class AI:
    """The language models of this library. ``configured`` are the settings of the start;
    ``sentences`` the sentence models, None where there shall be none.
    """

    def __init__(
        self,
        db: Database,
        configured: Settings,
        *,
        sentences: Sentences | None = None,
        silence_s: float = SILENCE_S,
    ) -> None:
        self.silence_s = silence_s
        self.sentences = sentences
        self._db = db
        self._configured = configured
        self._lock = threading.Lock()
        self._settings: Settings | None = None
        self._service: Service | None = None
        self._models: tuple[float, list[str]] = (0.0, [])

    @property
    def settings(self) -> Settings:
        """What counts now."""
        with self._lock:
            return self._load()

    @property
    def service(self) -> Service | None:
        """The service; None where only the built-in models are used."""
        with self._lock:
            settings = self._load()
            if self._service is None and settings.has_service:
                self._service = Service(settings)
            return self._service

    def get_service(self) -> Service:
        """The service. Raises ServiceFailed where there is none."""
        service = self.service
        if service is None:
            raise ServiceFailed(
                "No language model service is set any more: set one, or use the built-in models.",
                is_lasting=True,
            )
        return service

    def change(self, values: dict[str, str]) -> None:
        """Store settings of ``STORED``; an empty text takes one back.

        A new address without a key forgets the key: it is not meant for others to see.
        """
        if (
            "openai_base_url" in values
            and "openai_api_key" not in values
            and values["openai_base_url"] != self.settings.base_url
        ):
            values = {**values, "openai_api_key": ""}
        with self._db.write() as conn:
            results.save_settings(conn, values)
        with self._lock:
            service, self._service, self._settings, self._models = self._service, None, None, (0.0, [])
        if service is not None:
            service.close()

    def list_models(self) -> list[str]:
        """Every model that a request may ask for: the built-in one, those of the settings, those
        that the service tells.
        """
        settings = self.settings
        own = [*(self.sentences.list_names() if self.sentences else ()), LOCAL]
        if not settings.has_service:
            return own
        known = [settings.embedding_model, settings.ai_model, settings.title_model]
        return list(dict.fromkeys(name for name in (*own, *known, *self._told_models()) if name))

    def embedding_model(self, asked: str | None) -> str:
        """The model that turns texts into vectors: of those that run here the sentence model where it can
        be used. Raises InvalidRequest for one that does not exist.
        """
        settings = self.settings
        if self.sentences is not None:
            wanted = asked or settings.embedding_model
            if wanted in self.sentences.list_names():
                return wanted
            if not asked and not settings.has_service and wanted != LOCAL:
                return self.sentences.find_default() or LOCAL
        return self._choose(asked, settings.embedding_model)

    def chat_model(self, asked: str | None, *, title: bool = False) -> str:
        """The model that answers, or names topics. Raises InvalidRequest for one that does not exist."""
        settings = self.settings
        return self._choose(asked, (settings.title_model if title else "") or settings.ai_model)

    def chat(
        self, messages: Sequence[Message], options: ChatOptions, wait: Callable[[float], None] = time.sleep
    ) -> str:
        """The answer of the service's model."""
        return self.get_service().chat(messages, options, wait)

    def stream(self, messages: Sequence[Message], options: ChatOptions) -> Iterator[str]:
        """The same in pieces; the first is there when this returns, so that a failure is told
        before anything is sent.
        """
        return answer.started(self.get_service().stream(messages, options))

    def ask_many(
        self, ask: Callable[[Item, Callable[[float], None]], T], items: Iterable[Item], progress: Progress
    ) -> Iterator[tuple[Item, T | None, Exception | None]]:
        """(item, what ``ask(item, wait)`` returned, what it raised) as they come, some at the same
        time; the work of a job can be ended meanwhile.

        ``ask`` asks the service and waits by ``wait``. Raises ServiceFailed where no request has
        come to an end for five minutes, or for twice the time that one may take: a service that
        sends a byte now and then would never be too late for the timeout of its connection.
        """
        settings = self.settings
        limit_s = max(self.silence_s, 2 * settings.timeout_s)
        silent = Stopwatch()

        def wait(seconds: float) -> None:
            silent.restart()
            progress.sleep(seconds)
            silent.restart()

        def check() -> None:
            progress.check()
            if silent.read() > limit_s:
                self._cut_off()
                raise ServiceFailed(
                    f"The language model service at {settings.place} has not answered for {limit_s:g} s: "
                    "look after it, then start this again."
                )

        with progress.waiting(f"the language model service at {settings.place}"):
            for found in in_parallel(
                "iib-ai", settings.concurrency, lambda item: ask(item, wait), items, check
            ):
                yield found
                silent.restart()

    def _cut_off(self) -> None:
        """Close connections that are in use, so that the threads that wait for them end; the next
        request opens new ones.
        """
        service = self.service
        if service is not None:
            service.close()

    def close(self) -> None:
        """Close connections."""
        with self._lock:
            service, self._service = self._service, None
        if service is not None:
            service.close()

    def _choose(self, asked: str | None, default: str) -> str:
        settings = self.settings
        if asked == LOCAL or (not asked and not settings.has_service):
            return LOCAL
        if not asked:
            return default
        if settings.has_service and (
            asked in (settings.embedding_model, settings.ai_model, settings.title_model)
            or asked in self._told_models()
        ):
            return asked
        there = self.list_models()
        shown = ", ".join(there[:20]) + (f" and {len(there) - 20} more" if len(there) > 20 else "")
        raise InvalidRequest(
            f"There is no model '{asked[:80]}': use {'one of ' if len(there) > 1 else ''}{shown}."
        )

    def _told_models(self) -> list[str]:
        asked_at, models = self._models
        if time.monotonic() - asked_at < _MODELS_FOR_S and asked_at:
            return models
        try:
            models = self.get_service().list_models()
        except ServiceFailed:  # many servers have no such list; then those of the settings count
            models = []
        self._models = (time.monotonic(), models)
        return models

    def _load(self) -> Settings:
        if self._settings is None:
            with self._db.read() as conn:
                stored = results.load_settings(conn)
            configured = self._configured
            base_url = stored.get("openai_base_url", configured.base_url)
            # The key of the start is for the address of the start: whoever may change settings must
            # not send it elsewhere.
            own_key = configured.api_key if base_url == configured.base_url else ""
            self._settings = replace(
                configured,
                api_key=stored.get("openai_api_key", own_key),
                base_url=base_url,
                embedding_model=stored.get("embedding_model", configured.embedding_model),
                ai_model=stored.get("ai_model", configured.ai_model),
                title_model=stored.get("topic_title_model", configured.title_model),
                normalize=stored.get("prompt_normalize", configured.normalize),
            )
        return self._settings
