"""JSON in pieces, so that a large answer neither holds Python's lock for long nor is in memory as a
whole.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

PIECE_BYTES = 64 << 10
# A piece ends after this time, so that other answers get the thread.
_PIECE_S = 0.05
_MOST_ITEMS = 200
# An object with more keys is a map with many entries; one with fewer may hold long lists, and is
# split.
_FEW_KEYS = 32
_LOOK_DEPTH = 5

_MAX_DEPTH = 100
_MAX_INTEGER = 10**300


@dataclass(frozen=True)
class Entries:
    """A JSON object whose keys and values are produced one by one."""

    pairs: Iterator[tuple[str, Any]]


def encode(content: Any) -> Iterator[bytes]:
    """The content as UTF-8, in pieces of about ``PIECE_BYTES``. Iterators and ``Entries`` in it are
    read as the pieces are.

    Every content can be encoded: text that is no valid Unicode (a lone surrogate) is escaped, and a
    value that JSON lacks (NaN, infinities, a huge integer, lists a hundred deep) becomes null. The
    values of an object are read in its order, one after the other.
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


def _object(
    pairs: Iterable[tuple[Any, Any]], depth: int, *, most: int = _MOST_ITEMS
) -> Iterator[bytes]:
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
    """(items, whether they are the first, a list to which the caller adds the bytes written for
    them): one item at a time while items are large, up to ``most`` while they are small.
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
        return _plainly_dumped(_encodable(content, _MAX_DEPTH))


def _plainly_dumped(content: Any) -> bytes:
    try:
        return json.dumps(
            content, ensure_ascii=False, allow_nan=False, separators=(",", ":")
        ).encode()
    except UnicodeEncodeError:
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode()


def _encodable(value: Any, depth: int) -> Any:
    """The value with null in place of numbers that JSON lacks, and of everything below ``depth``."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        is_finite = isinstance(value, float) and math.isfinite(value)
        return value if is_finite or abs(value) < _MAX_INTEGER else None
    if not isinstance(value, (dict, list, tuple)):
        return value
    if not depth:
        return None
    if isinstance(value, dict):
        return {key: _encodable(item, depth - 1) for key, item in value.items()}
    return [_encodable(item, depth - 1) for item in value]
