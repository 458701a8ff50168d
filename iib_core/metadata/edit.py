"""Edits the infotext in a picture. The bytes of the pixels and all other metadata are unchanged."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import struct
from collections.abc import Callable
from typing import IO, BinaryIO

from iib_core import reading, times
from iib_core.errors import Conflict, InvalidRequest, TooLarge, UnreadableMedia

from . import containers
from .containers import rewrite
from .containers.source import Source

_COPY_BYTES = 1 << 20
_PLANS = {
    "png": (rewrite.png, "parameters"),
    "jpeg": (rewrite.jpeg, "UserComment"),
    "webp": (rewrite.webp, "UserComment"),
}


def write_infotext(
    path: str | os.PathLike[str],
    infotext: str,
    draft: str,
    open_file: Callable[[str], BinaryIO] = reading.open_file,
) -> None:
    """Write a copy of a PNG, JPEG or WebP with another infotext ("" removes it) to the new file
    ``draft``, with the same permissions.

    The draft is complete and flushed to the disk, or is removed on failure. The file at ``path``,
    which ``open_file`` opens, is unchanged.

    Raises OSError if it cannot be read or written, UnreadableMedia for other or damaged files,
    TooLarge if the format has no room, InvalidRequest if the text cannot be stored, Conflict if
    another program changed the file meanwhile.
    """
    _require_storable(infotext)
    target = os.fspath(path)
    with open_file(target) as picture:
        before = os.fstat(picture.fileno())
        if not stat.S_ISREG(before.st_mode):
            raise UnreadableMedia(f"{os.path.basename(target)} is not a file")
        container = containers.read_file(picture).container
        if container not in _PLANS:
            raise UnreadableMedia(
                f"{os.path.basename(target)}: an infotext can be written into PNG, JPEG and WebP only"
            )
        try:
            _write_draft(Source(file=picture), container, infotext, target, draft)
            _keep_owner(draft, before)
            if not _is_unchanged(target, before):
                raise Conflict(
                    f"{os.path.basename(target)} was changed by another program meanwhile; try again"
                )
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(draft)
            raise


def _is_unchanged(path: str, before: os.stat_result) -> bool:
    now = os.stat(path)
    return (
        os.path.samestat(now, before)
        and times.mtime_ns(now) == times.mtime_ns(before)
        and now.st_size == before.st_size
    )


def _write_draft(source: Source, container: str, infotext: str, target: str, draft: str) -> None:
    make_plan, keyword = _PLANS[container]
    with open(draft, "xb") as file:
        _write(source, _plan(source, make_plan, infotext, target), file)
    if (containers.read(draft).text(keyword) or "") != infotext:
        raise UnreadableMedia(
            f"{os.path.basename(target)}: the new text could not be read back, so the file is left as it is"
        )


def _plan(
    source: Source, make_plan: Callable[[Source, str], rewrite.Plan], infotext: str, target: str
) -> rewrite.Plan:
    """The plan, with errors that name the file."""
    try:
        return make_plan(source, infotext)
    except (UnreadableMedia, TooLarge) as exc:
        raise type(exc)(f"{os.path.basename(target)}: {exc}") from exc
    except struct.error as exc:
        raise UnreadableMedia(
            f"{os.path.basename(target)}: its headers are damaged, so it is left as it is"
        ) from exc


def _write(source: Source, plan: rewrite.Plan, file: IO[bytes]) -> None:
    for piece in plan:
        if isinstance(piece, bytes):
            file.write(piece)
            continue
        for start in range(piece[0], piece[1], _COPY_BYTES):
            size = min(_COPY_BYTES, piece[1] - start)
            data = source.at(start, size)
            if len(data) < size:
                raise OSError(errno.EIO, "the file was truncated while it was read")
            file.write(data)
    file.flush()
    os.fsync(file.fileno())


def _keep_owner(draft: str, before: os.stat_result) -> None:
    os.chmod(draft, stat.S_IMODE(before.st_mode))
    if hasattr(os, "chown") and (before.st_uid, before.st_gid) != (os.geteuid(), os.getegid()):
        # Only root may change the owner; otherwise the file belongs to this user, as after any
        # edit.
        with contextlib.suppress(OSError):
            os.chown(draft, before.st_uid, before.st_gid)


def _require_storable(infotext: str) -> None:
    if "\0" in infotext:
        raise InvalidRequest("an infotext cannot contain a NUL character")
    try:
        infotext.encode("utf-8")
    except UnicodeEncodeError as exc:
        raise InvalidRequest(
            "the infotext contains half of a surrogate pair, which cannot be stored"
        ) from exc
