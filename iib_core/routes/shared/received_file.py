"""The one file of a form, written to a folder of its own until it has been read."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable
from typing import BinaryIO

import anyio
from fastapi import Request

from iib_core.errors import BodyTooLarge, InvalidRequest
from iib_core.routes.shared import multipart, request_bodies

# The body in the description of a route.
BODY = multipart.describe({"type": "string", "format": "binary"})
# What is around the file: the header of its part, and boundaries.
_AROUND_BYTES = 64 << 10


async def receive(request: Request, *, timeout_s: float, max_bytes: int) -> str:
    """The path of the file. Its folder, which holds nothing else, is the caller's to remove.

    Raises InvalidRequest unless the form has one file, BodyTooLarge, BodyTooSlow.
    """
    parser = multipart.Parser(request.headers.get("content-type", ""))
    folder = await anyio.to_thread.run_sync(tempfile.mkdtemp)
    path = os.path.join(folder, "upload")
    try:
        with open(path, "wb") as file:
            await _write(
                request_bodies.Pieces(request, timeout_s=timeout_s), parser, file, max_bytes
            )
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return path


async def _write(
    body: request_bodies.Pieces, parser: multipart.Parser, file: BinaryIO, max_bytes: int
) -> None:
    size_bytes = files = 0
    while not parser.is_over and (piece := await body.read()):
        size_bytes += len(piece)
        if size_bytes > max_bytes + _AROUND_BYTES:
            raise BodyTooLarge(f"The file is larger than {max_bytes >> 20} MiB.")
        events = list(parser.feed(piece))
        files += sum(isinstance(event, multipart.Part) for event in events)
        if files > 1:
            break
        await anyio.to_thread.run_sync(_put, file, events)
    if files != 1:
        raise InvalidRequest("Send one file.")
    parser.finish()


def _put(file: BinaryIO, events: Iterable[multipart.Event]) -> None:
    file.writelines(event for event in events if isinstance(event, bytes))
