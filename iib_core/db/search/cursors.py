"""Cursors: the end of a page as an opaque text."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from dataclasses import dataclass

from iib_core.errors import InvalidRequest

_VERSION = 1
Key = tuple[object, int]  # value of the sorted field (None where a file has none) and image id


@dataclass(frozen=True)
class Cursor:
    """The position after the file with ``key``.

    ``seed`` and ``bits`` define the random order, and are 0 for any other.
    """

    sort: str
    descending: bool
    key: Key
    seed: int = 0
    bits: int = 0


def encode(cursor: Cursor) -> str:
    """The cursor as URL-safe text."""
    body = json.dumps(
        [_VERSION, cursor.sort, cursor.descending, *cursor.key, cursor.seed, cursor.bits],
        separators=(",", ":"),
    ).encode()
    return base64.urlsafe_b64encode(zlib.crc32(body).to_bytes(4, "big") + body).decode().rstrip("=")


def decode(text: str, sort: str, descending: bool) -> Cursor | None:
    """The cursor of a text from ``encode``; None for an empty one, which is the first page.

    Raises InvalidRequest for a broken text and for the cursor of another order.
    """
    if not text:
        return None
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        if zlib.crc32(data[4:]).to_bytes(4, "big") != data[:4]:
            raise ValueError
        version, found_sort, found_descending, value, image_id, seed, bits = json.loads(data[4:])
        cursor = Cursor(found_sort, found_descending, (value, int(image_id)), int(seed), int(bits))
    except (binascii.Error, ValueError, TypeError) as exc:
        raise InvalidRequest("The cursor is broken: start again without one.") from exc
    numbers = [
        image_id,
        seed,
        bits,
        *([value] if isinstance(value, int) or sort == "random" else []),
    ]
    if (
        not all(isinstance(number, int) and -(2**63) <= number < 2**63 for number in numbers)
        or not 0 <= bits <= 40
    ):
        raise InvalidRequest("The cursor is broken: start again without one.")
    if (version, cursor.sort, cursor.descending) != (_VERSION, sort, descending) or isinstance(
        value, (list, dict)
    ):
        raise InvalidRequest("The cursor belongs to another search: start again without one.")
    return cursor
