"""JSON in pieces, so that a large answer neither holds Python's lock for long nor lies in memory as a whole."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

PIECE_BYTES = 64 << 10
# A piece ends where it has taken so long, so that whoever else waits for the thread gets it.
_PIECE_S = 0.05
_MOST_ITEMS = 200
# An object with more keys is a map of many things; one with fewer is looked into for lists that are long.
_FEW_KEYS = 32
_LOOK_DEPTH = 5

_MAX_DEPTH = 100
_MAX_INTEGER = 10**300


@dataclass(frozen=True)
class Entries:
    """An object whose keys and values come one by one."""

    pairs: Iterator[tuple[str, Any]]


def encode(content: Any) -> Iterator[bytes]:
    """The content as UTF-8, in pieces of about ``PIECE_BYTES``; what is an iterator or ``Entries``
    is read only as far as the pieces are.

    Whatever somebody's metadata holds can be told: text that is no valid Unicode (a lone surrogate)
    is escaped, and what JSON cannot tell (NaN, infinities, an endless integer, lists a hundred
    deep) is null. Values of an object come in its order, one after the other.
    """
    gathered = bytearray()
    end_s = time.monotonic() + _PIECE_S
    for part in _value(content, 0):
        gathered += part
        if gathered and (len(gathered) >= PIECE_BYTES or time.monotonic() >= end_s):
            yield bytes(gathered)
            gathered.clear()
            end_s = time.monotonic() + _PIECE_S
    if gathered:
        yield bytes(gathered)


def _value(value: Any, depth: int) -> Iterator[bytes]:
    if isinstance(value, Entries):
        yield from _object(value.pairs, depth)
    elif isinstance(value, Iterator):
        yield from _list(value, depth)
    elif depth >= _LOOK_DEPTH or not isinstance(value, (dict, list, tuple)):
        yield _dumped(value)
    elif isinstance(value, dict):
        yield from _object(value.items(), depth, most=1 if len(value) <= _FEW_KEYS else _MOST_ITEMS)
    else:
        yield from _list(value, depth)


def _list(items: Iterable[Any], depth: int) -> Iterator[bytes]:
    yield b"["
    for chunk, is_first, written in _chunks(items, _MOST_ITEMS):
        yield b"" if is_first else b","
        parts = _value(chunk[0], depth + 1) if len(chunk) == 1 else [_dumped(chunk)[1:-1]]
        for part in parts:
            written.append(len(part))
            yield part
    yield b"]"


def _object(pairs: Iterable[tuple[Any, Any]], depth: int, *, most: int = _MOST_ITEMS) -> Iterator[bytes]:
    yield b"{"
    for chunk, is_first, written in _chunks(pairs, most):
        yield b"" if is_first else b","
        if len(chunk) == 1:
            key, value = chunk[0]
            yield _dumped({key: 0})[1:-2]
            parts: Iterable[bytes] = _value(value, depth + 1)
        else:
            parts = [_dumped(dict(chunk))[1:-1]]
        for part in parts:
            written.append(len(part))
            yield part
    yield b"}"


def _chunks(items: Iterable[Any], most: int) -> Iterator[tuple[list[Any], bool, list[int]]]:
    """(items, whether they are the first, where to tell the bytes written for them): one by one
    while items are large, up to ``most`` while small.
    """
    waiting = iter(items)
    size = 1
    is_first = True
    while chunk := list(islice(waiting, size)):
        written: list[int] = []
        yield chunk, is_first, written
        is_first = False
        size = max(1, min(4 * size, most, PIECE_BYTES * size // max(1, sum(written))))


def _dumped(content: Any) -> bytes:
    try:
        return _plainly_dumped(content)
    except (ValueError, RecursionError):
        return _plainly_dumped(_tellable(content, _MAX_DEPTH))


def _plainly_dumped(content: Any) -> bytes:
    try:
        return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode()


def _tellable(value: Any, depth: int) -> Any:
    """The value with null for what JSON cannot tell, and for what lies deeper than that."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return (
            value
            if abs(value) < _MAX_INTEGER or (isinstance(value, float) and math.isfinite(value))
            else None
        )
    if not isinstance(value, (dict, list, tuple)):
        return value
    if not depth:
        return None
    if isinstance(value, dict):
        return {key: _tellable(item, depth - 1) for key, item in value.items()}
    return [_tellable(item, depth - 1) for item in value]
