"""The client of a language model service with OpenAI's API, by the package ``openai``."""

from __future__ import annotations

import base64
import contextlib
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np

from iib_core.ai import addresses
from iib_core.ai.openai_errors import translated
from iib_core.ai.provider import AISettings, ChatOptions, Message, Vectors
from iib_core.errors import InvalidRequest, ServiceFailed

logger = logging.getLogger(__name__)

T = TypeVar("T")

_TRIES = 4
_FIRST_PAUSE_S, _MAX_PAUSE_S = 0.5, 60.0
_MAX_MODELS = 2000
# Parameters that some services or models refuse; they are left out then.
_PACKED = "encoding_format"
_OPTIONAL = ("response_format", "temperature", "max_tokens")


class OpenAIClient:
    """The client of one service.

    Limits the number and the time of its requests. A temporary failure is retried, after the time
    that the service asks for.
    """

    def __init__(self, settings: AISettings) -> None:
        self.settings = settings
        self._free = threading.BoundedSemaphore(settings.concurrency)
        self._lock = threading.Lock()
        self._client: Any = None
        self._refused: set[tuple[str, str]] = set()

    @property
    def endpoint(self) -> str:
        """Identifies the service: the same model name may mean another model elsewhere."""
        return self.settings.base_url or "openai"

    def list_models(self) -> list[str]:
        """Names of the models that the service lists. Raises ServiceFailed."""

        def ask() -> list[str]:
            return sorted({str(model.id) for model in self._open().models.list().data})

        return self._ask(ask, no_wait, tries=1)[:_MAX_MODELS]

    def embed(self, texts: Sequence[str], model: str, wait: Callable[[float], None]) -> Vectors:
        """See ``provider.Embedder``. Raises ServiceFailed if the vectors have different lengths."""

        def ask() -> Vectors:
            # Decimal numbers are four times as long, and parsing them holds Python's lock; but some
            # services send nothing else.
            form = "float" if (model, _PACKED) in self._refused else "base64"
            create = self._open().embeddings.create
            answer = self._create(create, model=model, input=list(texts), encoding_format=form)
            return _unit_rows(answer, len(texts))

        return self._ask(ask, wait)

    def chat(
        self, messages: Sequence[Message], options: ChatOptions, wait: Callable[[float], None]
    ) -> str:
        """See ``provider.Talker``."""

        def ask() -> str:
            create = self._open().chat.completions.create
            answer = self._create(create, messages=list(messages), **self._options(options))
            choices = getattr(answer, "choices", None)
            return (choices[0].message.content or "") if choices and choices[0].message else ""

        return self._ask(ask, wait)

    def stream(self, messages: Sequence[Message], options: ChatOptions) -> Iterator[str]:
        """See ``provider.Talker``."""
        create = self._open().chat.completions.create
        with (
            self._turn(),
            translated(self.settings),
            self._create(
                create, messages=list(messages), stream=True, **self._options(options)
            ) as chunks,
        ):
            for chunk in chunks:
                text = (
                    chunk.choices[0].delta.content
                    if chunk.choices and chunk.choices[0].delta
                    else None
                )
                if text:
                    yield text

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        """One of the requests that may run at the same time.

        Raises ServiceFailed if there is no turn within the timeout of a request.
        """
        if not self._free.acquire(timeout=self.settings.timeout_s):
            raise ServiceFailed(
                f"The language model service at {self.settings.place} is busy with other requests of this "
                "program: try again later."
            )
        try:
            yield
        finally:
            self._free.release()

    def _options(self, options: ChatOptions) -> dict[str, Any]:
        found: dict[str, Any] = {"model": options.model}
        if options.temperature is not None:
            found["temperature"] = options.temperature
        if options.max_tokens is not None:
            found["max_tokens"] = options.max_tokens
        if options.schema is not None:
            found["response_format"] = {
                "type": "json_schema",
                "json_schema": {"name": "answer", "schema": dict(options.schema)},
            }
        return found

    def _create(self, create: Callable[..., Any], **parameters: Any) -> Any:
        """Call the service. An optional parameter that its model refuses is left out from then on."""
        import openai

        model = str(parameters["model"])
        while True:
            refused_names = {name for name in _OPTIONAL if (model, name) in self._refused}
            given = {name: value for name, value in parameters.items() if name not in refused_names}
            try:
                return create(**given)
            except (openai.BadRequestError, openai.UnprocessableEntityError) as exc:
                is_packed = parameters.get(_PACKED) == "base64"
                if is_packed and ("base64" in str(exc) or _PACKED in str(exc)):
                    self._refused.add((model, _PACKED))
                    parameters[_PACKED] = "float"
                    continue
                refused = next(
                    (name for name in _OPTIONAL if name in given and name in str(exc)), None
                )
                if refused is None:
                    raise
                logger.info(
                    "the model %s refuses %s, which is left out from now on", model, refused
                )
                self._refused.add((model, refused))

    def _ask(self, ask: Callable[[], T], wait: Callable[[float], None], tries: int = _TRIES) -> T:
        """The result of ``ask``, which is retried. Raises ServiceFailed after the last try."""
        for number in range(1, tries + 1):
            try:
                with self._turn(), translated(self.settings):
                    return ask()
            except ServiceFailed as exc:
                if exc.is_lasting or number == tries:
                    raise
                pause_s = _pause_s(exc, number)
                logger.info(
                    "the request to the language model service is retried in %.1f s: %s",
                    pause_s,
                    exc,
                )
            wait(pause_s)
        raise AssertionError

    def _open(self) -> Any:
        with self._lock:
            if self._client is None:
                try:
                    import openai
                except Exception as exc:
                    raise ServiceFailed(
                        f"The package openai cannot be used ({type(exc).__name__}: {exc}): install it, or "
                        "use the built-in models.",
                        is_lasting=True,
                    ) from exc
                self._client = self._connect(openai)
            return self._client

    def _connect(self, openai: Any) -> Any:
        settings = self.settings
        if settings.base_url:
            _lasting(addresses.require_usable, settings.base_url)
        # No redirects: the service could name any address, whose content would be taken for its
        # answer.
        hooks = {"request": [_before_request], "response": [_after_request]}
        http = openai.DefaultHttpxClient(
            follow_redirects=False, event_hooks=hooks, verify=_certificates()
        )
        options = {"timeout": settings.timeout_s, "max_retries": 0, "http_client": http}
        return openai.OpenAI(
            api_key=settings.api_key or "none", base_url=settings.base_url or None, **options
        )


@lru_cache(maxsize=1)
def _certificates() -> Any:
    """Those that this system trusts. They take longer to read than most answers to come."""
    import httpx

    return httpx.create_ssl_context()


def _before_request(request: Any) -> None:
    """Checks the address of the host name before each request, because it may change."""
    _lasting(addresses.require_allowed_host, request.url.host)


def _after_request(response: Any) -> None:
    """Checks the address that was used, because the name was resolved again for the connection."""
    stream = response.extensions.get("network_stream")
    server = stream.get_extra_info("server_addr") if stream is not None else None
    if server:
        _lasting(addresses.require_allowed, server[0])


def _lasting(check: Callable[[str], None], value: str) -> None:
    try:
        check(value)
    except InvalidRequest as exc:
        raise ServiceFailed(str(exc), is_lasting=True) from exc


def _pause_s(exc: ServiceFailed, number: int) -> float:
    pause_s = _FIRST_PAUSE_S * 2 ** (number - 1) if exc.wait_s is None else max(0.0, exc.wait_s)
    return min(pause_s, _MAX_PAUSE_S)


def _unit_rows(answer: Any, count: int) -> Vectors:
    """The vectors of an answer, as (count, d) rows of unit length.

    Raises ServiceFailed if one is missing, of another length, not finite or zero.
    """
    data = sorted(
        answer.data or [], key=lambda item: item.index if isinstance(item.index, int) else 0
    )
    if len(data) != count:
        raise ServiceFailed(
            f"The language model service answered with {len(data)} vectors for {count} texts: none of "
            "them was stored."
        )
    rows = [_unpacked(item.embedding) for item in data]
    lengths = {len(row) for row in rows}
    if len(lengths) != 1 or 0 in lengths:
        raise ServiceFailed(
            "The language model service answered with vectors of different lengths: none of them was stored."
        )
    vectors = np.array(rows, dtype=np.float32)
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not np.isfinite(norms).all() or (norms == 0).any():
        raise ServiceFailed(
            "The language model service answered with vectors that are no numbers: none of them was stored."
        )
    return np.asarray(vectors / norms, dtype=np.float32)


def _unpacked(row: Any) -> Any:
    """The numbers of a vector, which comes in base64 or as a list."""
    if isinstance(row, str):
        return np.frombuffer(base64.b64decode(row, validate=True), dtype="<f4")
    return row


def no_wait(_seconds: float) -> None:
    """No pause between tries: for requests whose user looks on."""
