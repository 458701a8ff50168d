"""Reader: turns a file on the disk into its row of the index."""

from __future__ import annotations

import errno
import io
import os
import stat
import time
from collections.abc import Callable
from pathlib import Path

from iib_core import mediatypes, metadata, paths, reading, times, windows
from iib_core.db.rows import ImageRow
from iib_core.index import fingerprint, parameters
from iib_core.metadata import containers, limits, samplers, schedulers, searchable

# Increase it when the reader's results change, so that all files are read again.
VERSION = 5

# A file that was changed within this time and is empty or truncated is probably still being
# written.
_FRESH_S = 3.0

_SMALL_BYTES = 64 * 1024


class StillWritten(Exception):
    """The file changed while it was read, or is probably still being written."""


def no_link(path: str) -> None:
    """Follow no link."""


@limits.one_file()
def read(path: str, follow: Callable[[str], str | None] = no_link) -> ImageRow:
    """The row of the file at a path of the library. ``follow(link)`` is the real path that a link
    may be followed to, or None.

    Raises OSError if it cannot be read, StillWritten if it is not finished.
    """
    try:
        status, birth_ns, embedded, fingerprint_bytes = _read_bytes(path, follow)
    except OSError as exc:
        if getattr(exc, "winerror", 0) in (windows.SHARING_VIOLATION, windows.LOCK_VIOLATION):
            raise StillWritten(path) from exc  # the program that writes it has locked it
        raise
    info = metadata.read_embedded(embedded, Path(path))
    _require_finished(path, status, bool(embedded.error) or not status.st_size)
    return _make_row(path, status, birth_ns, embedded, info, fingerprint_bytes)


def _make_row(
    path: str,
    status: os.stat_result,
    birth_ns: int,
    embedded: containers.Embedded,
    info: metadata.GenerationInfo,
    fingerprint_bytes: bytes,
) -> ImageRow:
    media = mediatypes.media_type(path) or "image"
    derived = metadata.derive_tags(
        info, width_px=embedded.width_px, height_px=embedded.height_px, media=media
    )
    return ImageRow(
        path=paths.to_text(path),
        media=media,
        mtime_ns=times.mtime_ns(status),
        size_bytes=status.st_size,
        birth_ns=birth_ns,
        width_px=embedded.width_px,
        height_px=embedded.height_px,
        duration_s=embedded.duration_s,
        fingerprint=fingerprint_bytes,
        prompt=info.whole_prompt,
        negative_prompt=info.whole_negative_prompt,
        infotext=searchable.decoded(info.infotext),
        source=info.source,
        model=info.model,
        model_hash=info.model_hash,
        vae=info.vae,
        sampler=info.sampler and samplers.name_of(info.sampler),
        scheduler=info.scheduler and schedulers.name_of(info.scheduler),
        steps=info.steps,
        cfg_scale=info.cfg_scale,
        seed=info.seed,
        tags=derived,
        parameters=parameters.derive(info),
        reader=VERSION,
        error=info.error,
    )


def _read_bytes(
    path: str, follow: Callable[[str], str | None]
) -> tuple[os.stat_result, int, containers.Embedded, bytes]:
    """(status, time of creation, texts, fingerprint) of a file.

    A small file is read with one system call, because each call releases the GIL to other threads.
    """
    descriptor = _open(path, follow)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "Not a regular file", path)
        birth_ns = times.birth_ns(status, descriptor)
        if status.st_size <= _SMALL_BYTES:
            small = io.BytesIO(os.read(descriptor, _SMALL_BYTES))
            return (
                status,
                birth_ns,
                containers.read_file(small),
                fingerprint.of(small, status.st_size),
            )
        with open(descriptor, "rb", buffering=0, closefd=False) as file:
            return (
                status,
                birth_ns,
                containers.read_file(file),
                fingerprint.of(file, status.st_size),
            )
    finally:
        os.close(descriptor)


def _open(path: str, follow: Callable[[str], str | None]) -> int:
    """The descriptor of a file. A link is followed only to where it may lead, also if it replaced
    the file after the folder was listed.
    """
    try:
        return reading.open_number(path, follow=False)
    except OSError as exc:
        real = follow(path) if exc.errno == errno.ELOOP else None
        if real is None:
            raise
        return reading.open_number(real, follow=False)


def _require_finished(path: str, before: os.stat_result, is_broken: bool) -> None:
    """Raise StillWritten if the file changed since ``before``, or is new and broken."""
    after = os.stat(path)
    if (after.st_size, times.mtime_ns(after)) != (before.st_size, times.mtime_ns(before)):
        raise StillWritten(path)
    if is_broken and 0 <= time.time() - times.mtime_s(after) < _FRESH_S:
        raise StillWritten(path)
