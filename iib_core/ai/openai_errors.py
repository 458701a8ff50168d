"""Turns the exceptions of the package ``openai`` into ours."""

from __future__ import annotations

import contextlib
from typing import Any

from iib_core.ai.provider import AISettings
from iib_core.errors import ServiceFailed


class translated:
    """Turns the exceptions of the package into ServiceFailed, with messages that contain no key."""

    def __init__(self, settings: AISettings) -> None:
        self._settings = settings

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, exc: BaseException | None, _traceback: object) -> None:
        if (
            exc is None
            or isinstance(exc, (ServiceFailed, GeneratorExit))
            or not isinstance(exc, Exception)
        ):
            return
        import openai

        if isinstance(exc, (openai.OpenAIError, ValueError, TypeError, AttributeError)):
            raise _failure(exc, self._settings) from exc


def _failure(exc: Exception, settings: AISettings) -> ServiceFailed:
    import openai

    if isinstance(exc.__cause__, ServiceFailed):  # raised by a hook of ours
        return exc.__cause__
    where = settings.place
    if isinstance(exc, openai.APITimeoutError):
        return ServiceFailed(
            f"The language model service at {where} did not answer within {settings.timeout_s:g} s."
        )
    if isinstance(exc, openai.APIConnectionError):
        return ServiceFailed(
            f"The language model service at {where} cannot be reached: check its address and whether it runs."
        )
    if isinstance(exc, openai.APIStatusError):
        return _refusal(exc, where, settings.api_key)
    return ServiceFailed(
        f"The language model service at {where} sent an answer that cannot be read ({type(exc).__name__})."
    )


def _refusal(exc: Any, where: str, key: str) -> ServiceFailed:
    status = int(exc.status_code)
    if status in (401, 403):
        return ServiceFailed(
            f"The language model service at {where} refuses the key: set a valid OPENAI_API_KEY.",
            is_lasting=True,
        )
    if 300 <= status < 400:
        return ServiceFailed(
            f"The address {where} redirects to another one, which is not followed: set that address instead.",
            is_lasting=True,
        )
    text = _message_of(exc.response)
    if key:
        text = text.replace(key, "***")
    failed = ServiceFailed(
        f"The language model service at {where} answered with status {status}{f': {text}' if text else '.'}",
        is_lasting=status not in (408, 409, 429) and status < 500,
    )
    with contextlib.suppress(ValueError):
        failed.wait_s = float(exc.response.headers.get("retry-after", ""))
    return failed


def _message_of(response: Any) -> str:
    """The message of a service's error, at most 300 characters; "" for an answer of another form."""
    try:
        answer = response.json()
    except ValueError:
        return ""
    error: Any = ""
    if isinstance(answer, dict):
        error = next(
            (answer[name] for name in ("error", "message", "detail") if answer.get(name)), ""
        )
    text = error.get("message") if isinstance(error, dict) else error
    return " ".join(text.split())[:300] if isinstance(text, str) else ""
