"""The language models: which exist, which one a request means, and the service that runs them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from iib_core.ai.assistant import started
from iib_core.ai.openai_client import OpenAIClient
from iib_core.ai.provider import LOCAL, AISettings, ChatOptions, Message
from iib_core.ai.sentences import Sentences
from iib_core.clock import Stopwatch
from iib_core.db import settings as stored_settings
from iib_core.db.engine import Database
from iib_core.errors import InvalidRequest, ServiceFailed
from iib_core.jobs import Progress
from iib_core.workers import in_parallel

# AISettings that the page can change; changed ones override the startup configuration.
STORED = (
    "openai_api_key",
    "openai_base_url",
    "embedding_model",
    "ai_model",
    "topic_title_model",
    "prompt_normalize",
)
_MODELS_FOR_S = 300
# A job that waits for a service fails if no request ends for this long.
SILENCE_S = 300.0

T = TypeVar("T")
Item = TypeVar("Item")


class LanguageModels:
    """The language models of one library. ``configured``: the startup configuration; ``sentences``:
    the sentence models, None if there are none.
    """

    def __init__(
        self,
        db: Database,
        configured: AISettings,
        *,
        sentences: Sentences | None = None,
        silence_s: float = SILENCE_S,
    ) -> None:
        self.silence_s = silence_s
        self.sentences = sentences
        self._db = db
        self._configured = configured
        self._lock = threading.Lock()
        self._settings: AISettings | None = None
        self._service: OpenAIClient | None = None
        self._models: tuple[float, list[str]] = (0.0, [])

    @property
    def settings(self) -> AISettings:
        """The settings in effect."""
        with self._lock:
            return self._load()

    @property
    def service(self) -> OpenAIClient | None:
        """The client of the service; None if only the built-in models are used."""
        with self._lock:
            settings = self._load()
            if self._service is None and settings.has_service:
                self._service = OpenAIClient(settings)
            return self._service

    def get_service(self) -> OpenAIClient:
        """The client of the service. Raises ServiceFailed if no service is set."""
        service = self.service
        if service is None:
            raise ServiceFailed(
                "No language model service is set any more: set one, or use the built-in models.",
                is_lasting=True,
            )
        return service

    def change(self, values: dict[str, str]) -> None:
        """Store settings of ``STORED``. An empty text restores the startup configuration.

        A new address without a key removes the key, so that another service never gets it.
        """
        new_address = (
            values.get("openai_base_url", self.settings.base_url) != self.settings.base_url
        )
        if new_address and "openai_api_key" not in values:
            values = {**values, "openai_api_key": ""}
        with self._db.write() as conn:
            stored_settings.save_ai(conn, values)
        with self._lock:
            service, self._service, self._settings, self._models = (
                self._service,
                None,
                None,
                (0.0, []),
            )
        if service is not None:
            service.close()

    def configure(self, configured: AISettings) -> None:
        """Replace the startup configuration; what the page has stored still overrides it."""
        with self._lock:
            self._configured = configured
            service, self._service, self._settings = self._service, None, None
        if service is not None:
            service.close()

    def list_models(self) -> list[str]:
        """Every model that a request may name: those that run here, those of the settings, and
        those that the service lists.
        """
        settings = self.settings
        local = [*(self.sentences.list_names() if self.sentences else ()), LOCAL]
        if not settings.has_service:
            return local
        known = [settings.embedding_model, settings.ai_model, settings.title_model]
        return list(
            dict.fromkeys(name for name in (*local, *known, *self._listed_models()) if name)
        )

    def embedding_model(self, asked: str | None) -> str:
        """The model that embeds texts; without a service the sentence model if it is usable. Raises
        InvalidRequest if ``asked`` does not exist.
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
        """The model that chats, or with ``title`` names topics. Raises InvalidRequest if ``asked``
        does not exist.
        """
        settings = self.settings
        return self._choose(asked, (settings.title_model if title else "") or settings.ai_model)

    def chat(
        self,
        messages: Sequence[Message],
        options: ChatOptions,
        wait: Callable[[float], None] = time.sleep,
    ) -> str:
        """The answer of the service. Raises ServiceFailed."""
        return self.get_service().chat(messages, options, wait)

    def stream(self, messages: Sequence[Message], options: ChatOptions) -> Iterator[str]:
        """The answer of the service in pieces. The first piece is fetched before this returns, so
        that an error is raised before anything is sent to the client.
        """
        return started(self.get_service().stream(messages, options))

    def ask_many(
        self,
        ask: Callable[[Item, Callable[[float], None]], T],
        items: Iterable[Item],
        progress: Progress,
    ) -> Iterator[tuple[Item, T | None, Exception | None]]:
        """(item, the result of ``ask(item, wait)``, its exception) in the order of completion.
        Several requests run at once; cancelling the job ends them.

        ``ask`` calls the service, and waits by ``wait``. Raises ServiceFailed if no request ends
        for five minutes or for twice the timeout of one: a service that sends a byte now and then
        never reaches the timeout of its connection.
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
                    "check the service, then start this again."
                )

        with progress.waiting(f"the language model service at {settings.place}"):
            for found in in_parallel(
                "iib-ai", settings.concurrency, lambda item: ask(item, wait), items, check
            ):
                yield found
                silent.restart()

    def _cut_off(self) -> None:
        """Close the connections in use, so that the threads that wait for them end. The next
        request opens new ones.
        """
        service = self.service
        if service is not None:
            service.close()

    def close(self) -> None:
        """Close the connections to the service."""
        with self._lock:
            service, self._service = self._service, None
        if service is not None:
            service.close()

    def _choose(self, asked: str | None, default: str) -> str:
        settings = self.settings
        if not asked:
            return default if settings.has_service else LOCAL
        if asked == LOCAL:
            return LOCAL
        if settings.has_service:
            known = (settings.embedding_model, settings.ai_model, settings.title_model)
            if asked in known or asked in self._listed_models():
                return asked
        raise InvalidRequest(f"There is no model '{asked[:80]}': use {_shown(self.list_models())}.")

    def _listed_models(self) -> list[str]:
        asked_at, models = self._models
        if time.monotonic() - asked_at < _MODELS_FOR_S and asked_at:
            return models
        try:
            models = self.get_service().list_models()
        except (
            ServiceFailed
        ):  # many servers have no such list; then only the models of the settings exist
            models = []
        self._models = (time.monotonic(), models)
        return models

    def _load(self) -> AISettings:
        if self._settings is None:
            with self._db.read() as conn:
                stored = stored_settings.load_ai(conn)
            configured = self._configured
            base_url = stored.get("openai_base_url", configured.base_url)
            # The configured key is used with the configured address only: a user who may change
            # settings must not be able to send it to another address.
            configured_key = configured.api_key if base_url == configured.base_url else ""
            self._settings = replace(
                configured,
                api_key=stored.get("openai_api_key", configured_key),
                base_url=base_url,
                embedding_model=stored.get("embedding_model", configured.embedding_model),
                ai_model=stored.get("ai_model", configured.ai_model),
                title_model=stored.get("topic_title_model", configured.title_model),
                normalize=stored.get("prompt_normalize", configured.normalize),
            )
        return self._settings


def _shown(models: Sequence[str]) -> str:
    names = ", ".join(models[:20])
    more = f" and {len(models) - 20} more" if len(models) > 20 else ""
    return f"{'one of ' if len(models) > 1 else ''}{names}{more}"
