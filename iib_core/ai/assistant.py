"""The built-in assistant of the chat, which searches this library and knows nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TypeVar

from iib_core.ai.provider import Message

T = TypeVar("T")

_MAX_TEXT = 160


def started(items: Iterator[T]) -> Iterator[T]:
    """The same items. The first is fetched at once, so that its exception is raised here."""
    first = next(items, None)
    return iter(()) if first is None else chain([first], items)


def last_question(messages: Sequence[Message]) -> str:
    """The last message of the user, "" if there is none."""
    return next(
        (message["content"] for message in reversed(messages) if message.get("role") == "user"), ""
    )


def compose(question: str, count: int, found: Sequence[tuple[str, float, int]]) -> str:
    """An answer about the library.

    ``count``: number of files with a prompt; ``found``: (prompt, similarity, number of files) of
    the prompts most similar to the question.
    """
    opening = (
        "I am the built-in assistant: no language model service is set, so I can only look things up "
        "in this library."
    )
    if not found:
        return f"{opening} None of its {count} files with a prompt is similar to “{question[:_MAX_TEXT]}”."
    lines = [
        f"- {_short(prompt)} ({number} file{'' if number == 1 else 's'}, similarity {similarity:.2f})"
        for prompt, similarity, number in found
    ]
    asked = question[:_MAX_TEXT]
    return "\n".join(
        [
            f"{opening} It has {count} files with a prompt. The most similar to “{asked}” are:",
            *lines,
        ]
    )


def _short(prompt: str) -> str:
    return prompt if len(prompt) <= _MAX_TEXT else prompt[: _MAX_TEXT - 1].rstrip() + "…"
