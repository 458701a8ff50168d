"""Text files: SVG, HTML and plain text."""

from __future__ import annotations

import html
import re

from .source import MAX_TEXT_BYTES, Draft, Source
from .text import decode_plain

_SNIFF_BYTES = 1024
_METADATA = re.compile(r"<((?:\w{1,20}:)?metadata)\b[^<>]*>")
_LENGTH = re.compile(r"\b(width|height|viewBox)\s*=\s*[\"']\s*([^\"']{1,100})[\"']")


def walk(source: Source, draft: Draft) -> bool:
    """Fill ``draft`` from a text file; False if the file is not text."""
    head = source.head[:_SNIFF_BYTES]
    if decode_plain(head) is None:
        return False
    if source.size > MAX_TEXT_BYTES:
        draft.note(f"only the first {MAX_TEXT_BYTES // 2**20} MB were read")
    value = decode_plain(source.at(0, min(source.size, MAX_TEXT_BYTES)))
    if value is None:
        return False
    start = value[:_SNIFF_BYTES].lstrip().lower()
    if "<svg" in start:
        draft.container = "svg"
        _read_svg(value, draft)
    elif start.startswith(("<!doctype html", "<html", "<head", "<body")):
        draft.container = "html"
        draft.add("html", value, "html")
    else:
        draft.container = "text"
        draft.add("text", value, "text")
    return True


def _read_svg(value: str, draft: Draft) -> None:
    """Read the text of each ``<metadata>``, and the size in the first tag.

    Without an XML parser, because entities of a hostile file could grow without limit.
    """
    opening = _METADATA.search(value)
    while opening:
        end = value.find(f"</{opening.group(1)}", opening.end())
        end = end if end >= 0 else len(value)
        content = value[opening.end() : end].strip()
        if content.startswith("<![CDATA["):
            content = content[9:].partition("]]>")[0].strip()
        elif "<" not in content:
            content = html.unescape(content)
        draft.add("metadata", content, "svg:metadata")
        # Continue after the closing tag, so that nested tags do not repeat characters.
        opening = _METADATA.search(value, end)
    first = value[value.find("<svg") :][:4096].partition(">")[0]
    lengths = dict(_LENGTH.findall(first))
    view = lengths.get("viewBox", "").replace(",", " ").split()
    draft.width_px = _pixels(lengths.get("width", "")) or (
        _pixels(view[2]) if len(view) == 4 else None
    )
    draft.height_px = _pixels(lengths.get("height", "")) or (
        _pixels(view[3]) if len(view) == 4 else None
    )


def _pixels(length: str) -> int | None:
    match = re.fullmatch(r"(\d{1,6})(?:\.\d*)?(?:px)?", length.strip())
    return int(match.group(1)) if match else None
