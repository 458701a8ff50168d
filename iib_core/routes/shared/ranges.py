"""Files over HTTP: byte ranges and conditional requests as in RFC 9110.

The web frameworks of the hosts ignore Range.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import formatdate, parsedate_to_datetime
from typing import BinaryIO
from urllib.parse import quote

from starlette.responses import Response

from iib_core import mediatypes, times
from iib_core.errors import AccessDenied, Conflict, RangeNotSatisfiable
from iib_core.routes.shared.streamed_body import StreamedBody

CHUNK_BYTES = 1 << 20
_RANGE = re.compile(r"bytes=\s*(?:(\d+)\s*)?-\s*(?:(\d+)\s*)?", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True)
class Validators:
    """The strong entity tag, in quotes, and the modification time in whole seconds, which a cached
    copy is compared with.
    """

    etag: str
    modified_s: int


def file_response(
    file: BinaryIO,
    name: str,
    request_headers: Mapping[str, str],
    *,
    head: bool,
    headers: Mapping[str, str],
    in_host: bool = False,
) -> Response:
    """The open ``file`` as the answer to a GET or HEAD; it is closed when the answer has been sent.

    Status 200, 206 for one satisfiable range, 304 or 412 by the request's conditions. Several
    ranges are answered with the whole file, as the RFC allows. Raises RangeNotSatisfiable for a
    range behind the end, AccessDenied if the file cannot be read. ``in_host``: see
    ``StreamedBody``.
    """
    status = os.fstat(file.fileno())
    validators = Validators(
        f'"{times.mtime_ns(status):x}-{status.st_size:x}"', max(0, int(times.mtime_s(status)))
    )
    common = {
        "etag": validators.etag,
        "last-modified": formatdate(validators.modified_s, usegmt=True),
        "accept-ranges": "bytes",
        **headers,
    }
    outcome = evaluate(request_headers, validators)
    if outcome != 200:
        file.close()
        return Response(status_code=outcome, headers=common)
    try:
        part = parse_range(request_headers, validators, status.st_size)
    except RangeNotSatisfiable:
        file.close()
        raise
    start, end = part or (0, status.st_size)
    common["content-length"] = str(end - start)
    if part:
        common["content-range"] = f"bytes {start}-{end - 1}/{status.st_size}"
    code = 206 if part else 200
    if head:
        file.close()
        return Response(status_code=code, headers=common, media_type=mediatypes.mime_type(name))
    pieces = _read(file, start, end)
    mime_type = mediatypes.mime_type(name)
    return StreamedBody(
        pieces, in_host=in_host, status_code=code, headers=common, media_type=mime_type
    )


def evaluate(headers: Mapping[str, str], validators: Validators) -> int:
    """The status by the request's conditions: 200, 304 or 412, in the order of RFC 9110, 13.2.2."""
    if "if-match" in headers:
        if not _matches(headers["if-match"], validators.etag, weak=False):
            return 412
    elif "if-unmodified-since" in headers and _is_later(
        validators.modified_s, headers["if-unmodified-since"]
    ):
        return 412
    if "if-none-match" in headers:
        return 304 if _matches(headers["if-none-match"], validators.etag, weak=True) else 200
    since = _parse_date(headers.get("if-modified-since", ""))
    return 304 if since is not None and validators.modified_s <= since else 200


def parse_range(
    headers: Mapping[str, str], validators: Validators, size_bytes: int
) -> tuple[int, int] | None:
    """The requested range as (start, end), end exclusive; None if the whole file is to be sent.

    A header that is malformed, of another unit or of several ranges is ignored, and so is one whose
    If-Range does not match. Raises RangeNotSatisfiable.
    """
    match = _RANGE.fullmatch(headers.get("range", ""))
    if (
        match is None
        or not (match[1] or match[2])
        or not _if_range_holds(headers.get("if-range"), validators)
    ):
        return None
    # No file size has more digits; longer numbers would only take time to convert.
    first, last = (int(text[:20]) if text else None for text in match.groups())
    if first is None:
        length = min(last or 0, size_bytes)
        if length == 0:
            raise _not_satisfiable(size_bytes)
        return size_bytes - length, size_bytes
    if last is not None and last < first:
        return None
    if first >= size_bytes:
        raise _not_satisfiable(size_bytes)
    return first, size_bytes if last is None else min(last + 1, size_bytes)


def content_disposition(kind: str, name: str) -> str:
    """The value of Content-Disposition with a file name in any script (RFC 6266).

    ``kind``: inline or attachment.
    """
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\%' else "_" for c in name)
    encoded = quote(name.encode("utf-8", "replace"), safe="")
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{encoded}"


def _if_range_holds(value: str | None, validators: Validators) -> bool:
    if value is None:
        return True
    if value.startswith(('"', "W/")):
        return value == validators.etag
    return _parse_date(value) == validators.modified_s


def _matches(header: str, etag: str, *, weak: bool) -> bool:
    tags = [tag.strip() for tag in header.split(",")]
    if weak:
        tags = [tag.removeprefix("W/") for tag in tags]
    return "*" in tags or etag in tags


def _is_later(modified_s: int, date: str) -> bool:
    limit = _parse_date(date)
    return limit is not None and modified_s > limit


def _parse_date(text: str) -> int | None:
    try:
        return int(parsedate_to_datetime(text).timestamp())
    except (TypeError, ValueError, OverflowError):
        return None


def _not_satisfiable(size_bytes: int) -> RangeNotSatisfiable:
    return RangeNotSatisfiable(
        f"The range starts behind the end of the file, which has {size_bytes} bytes.", size_bytes
    )


def _read(file: BinaryIO, start: int, end: int) -> Iterator[bytes]:
    with file:
        try:
            file.seek(start)
            while start < end:
                chunk = file.read(min(CHUNK_BYTES, end - start))
                if not chunk:
                    raise Conflict(
                        f"The file was cut while it was read: {end - start} bytes are missing."
                    )
                start += len(chunk)
                yield chunk
        except OSError as exc:
            raise AccessDenied(f"The file cannot be read: {exc.strerror or exc}.") from exc
