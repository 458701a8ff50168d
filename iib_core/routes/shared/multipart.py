"""Bodies of multipart/form-data, taken apart while they arrive. Source: RFC 7578, RFC 2046 section
5.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from iib_core.errors import InvalidRequest

_MAX_HEADER_BYTES = 16 << 10
_MAX_PADDING = 128
_BOUNDARY = re.compile(
    r'multipart/form-data\s*;(?:.*;)?\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))', re.I
)
_NAME = re.compile(r'[;\s]name="((?:[^"\\]|\\.)*)"')
_FILE_NAME = re.compile(r'[;\s]filename="((?:[^"\\]|\\.)*)"')


def describe(file: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a route, for its description: a form with the field ``file`` of this schema."""
    schema = {"type": "object", "properties": {"file": file}, "required": ["file"]}
    return {
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}
    }


@dataclass(frozen=True)
class Part:
    """The beginning of a part. ``filename`` is None for a field that is no file."""

    name: str
    filename: str | None


@dataclass(frozen=True)
class End:
    """The end of a part."""


Event = Part | bytes | End


class Parser:
    """Turns pieces of a body into events: a Part, its bytes, an End, and the next one.

    ``content_type`` is the header of the request. Raises InvalidRequest for what is no such body.
    """

    def __init__(self, content_type: str) -> None:
        match = _BOUNDARY.match(content_type)
        if match is None:
            raise InvalidRequest(
                "Send the files as multipart/form-data with a boundary, as curl -F does."
            )
        self._mark = b"\r\n--" + (match[1] or match[2]).encode()
        # As if there were a line before: the first boundary stands at the very beginning.
        self._waiting = b"\r\n"
        self._read = self._skip_preamble
        self._is_first = True
        self.is_over = False

    def feed(self, piece: bytes) -> Iterator[Event]:
        """The events that a further piece completes."""
        self._waiting += piece
        while not self.is_over:
            before = (len(self._waiting), self._read)
            yield from self._read()
            if before == (len(self._waiting), self._read):
                return

    def finish(self) -> None:
        """Raise InvalidRequest where the body ended too early."""
        if not self.is_over:
            raise InvalidRequest(
                "The body of the request ends in the middle of a file: send it again."
            )

    def _skip_preamble(self) -> Iterator[Event]:
        at = self._waiting.find(self._mark)
        if at < 0:
            self._waiting = self._waiting[-(len(self._mark) - 1) :]
            return
        self._waiting = self._waiting[at + len(self._mark) :]
        self._read = self._read_delimiter
        yield from ()

    def _read_delimiter(self) -> Iterator[Event]:
        if self._waiting[:2] == b"--":
            self.is_over = True
            return
        at = self._waiting.find(b"\r\n")
        if at > _MAX_PADDING or (at < 0 and len(self._waiting) > _MAX_PADDING):
            raise InvalidRequest("The parts of the body are not separated as its header says.")
        if at >= 0:
            if self._waiting[:at].strip(b" \t"):
                raise InvalidRequest("The parts of the body are not separated as its header says.")
            self._waiting = self._waiting[at:]
            self._read = self._read_header
        yield from ()

    def _read_header(self) -> Iterator[Event]:
        at = self._waiting.find(b"\r\n\r\n")
        if at > _MAX_HEADER_BYTES or (at < 0 and len(self._waiting) > _MAX_HEADER_BYTES):
            raise InvalidRequest("The header of a part is too long.")
        if at < 0:
            return
        head, self._waiting = self._waiting[:at], self._waiting[at + 2 :]
        self._read = self._read_content
        # One line break stays in front of the content: it belongs to the boundary of an empty one.
        self._is_first = True
        yield _part_of(head.decode("utf-8", "replace"))

    def _read_content(self) -> Iterator[Event]:
        start = 2 if self._is_first else 0
        at = self._waiting.find(self._mark)
        if at >= 0:
            content = self._waiting[start:at]
            self._waiting = self._waiting[at + len(self._mark) :]
            self._read = self._read_delimiter
            if content:
                yield content
            yield End()
            return
        # What may be the beginning of a boundary waits.
        sure = len(self._waiting) - len(self._mark) + 1
        if sure > start:
            content, self._waiting = self._waiting[start:sure], self._waiting[sure:]
            self._is_first = False
            yield content


def _part_of(head: str) -> Part:
    for line in head.split("\r\n"):
        field, _, value = line.partition(":")
        if field.strip().lower() == "content-disposition":
            name, filename = _NAME.search(value), _FILE_NAME.search(value)
            return Part(_plain(name[1]) if name else "", _plain(filename[1]) if filename else None)
    raise InvalidRequest("A part of the body does not say what it is.")


def _plain(text: str) -> str:
    """A name as it was before a browser (``%22``) or another client (``\\"``) wrote it into a header."""
    return (
        re.sub(r'\\(["\\])', r"\1", text)
        .replace("%22", '"')
        .replace("%0D", "\r")
        .replace("%0A", "\n")
    )
