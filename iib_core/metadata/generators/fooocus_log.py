"""Fooocus's ``log.html``: a table for each picture, with the same values as JSON for its Copy
button (2.1 to 2.5, FooocusPlus).
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from iib_core.metadata import limits
from iib_core.metadata.values import load_object

BLOCKS_MAX = 20_000

_BLOCK = '<div id="'
_IMAGE = re.compile(r"<img src='([^']+)'")
_CLIPBOARD = "to_clipboard('"
_ROW = re.compile(r"<td class='(?:label|key)'>([^<]*)</td><td class='value'>([^<]*)<")


def is_log(page: str) -> bool:
    """Whether a page is a log of Fooocus."""
    return "Fooocus Log" in page[:4096] or "fooocus-log-split" in page


def entries(page: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(file name, values) of each picture of a log, in its order, newest first. Raises
    limits.TooSlow.
    """
    position = page.find(_BLOCK)
    for _block in range(BLOCKS_MAX):
        if position < 0:
            return
        limits.check()
        end = page.find(_BLOCK, position + len(_BLOCK))
        block = page[position : end if end >= 0 else len(page)]
        image = _IMAGE.search(block)
        values = _values(block) if image else None
        if image and values:
            yield unquote(html.unescape(image[1])).rsplit("/", 1)[-1], values
        position = end


def _values(block: str) -> dict[str, Any] | None:
    """The values of the JSON, and of the table if the JSON lacks them: the table has no types, and
    in 2.1 ends at tags.
    """
    rows: dict[str, Any] = {
        key.strip().lower().replace(" ", "_"): html.unescape(value)
        for key, value in _ROW.findall(block)
    }
    start = block.find(_CLIPBOARD)
    end = block.find("')", start)
    if start >= 0 and end > start:
        copied = load_object(unquote(block[start + len(_CLIPBOARD) : end])) or {}
        rows.update({key.lower().replace(" ", "_"): value for key, value in copied.items()})
        _drop_repeated_loras(rows)
    return rows or None


def _drop_repeated_loras(rows: dict[str, Any]) -> None:
    """Remove the LoRAs of the table ('LoRA 1') if the JSON has them too ('lora_combined_1')."""
    if any(key.startswith("lora_combined_") for key in rows):
        for key in [key for key in rows if re.fullmatch(r"lora_\d+", key)]:
            del rows[key]
