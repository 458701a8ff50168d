"""Answers in a chat, also by the built-in assistant, which knows this library and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TypeVar

from iib_core.ai.provider import Message

T = TypeVar("T")

_MAX_TEXT = 160


def started(items: Iterator[T]) -> Iterator[T]:
    """The same items; the first is fetched at once, so that what it raises is raised here."""
    first = next(items, None)
    return iter(()) if first is None else chain([first], items)


def last_question(messages: Sequence[Message]) -> str:
    """What the user said last."""
    return next((message["content"] for message in reversed(messages) if message.get("role") == "user"), "")


def compose(question: str, count: int, found: Sequence[tuple[str, float, int]]) -> str:
    """An answer out of the library. found: (prompt, likeness, number of files) of the prompts
    nearest to the question.
    """
    opening = (
        "I am the built-in assistant: no language model service is set, so I can only look things up "
        "in this library."
    )
    if not found:
        return (
            f"{opening} None of its {count} files with a prompt has anything like “{question[:_MAX_TEXT]}”."
        )
    lines = [
        f"- {_short(prompt)} ({number} file{'' if number == 1 else 's'}, likeness {likeness:.2f})"
        for prompt, likeness, number in found
    ]
    return "\n".join(
        [
            f"{opening} Of its {count} files with a prompt these are nearest to “{question[:_MAX_TEXT]}”:",
            *lines,
        ]
    )


def _short(prompt: str) -> str:
    return prompt if len(prompt) <= _MAX_TEXT else prompt[: _MAX_TEXT - 1].rstrip() + "…"
