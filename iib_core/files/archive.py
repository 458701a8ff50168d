"""Archives: ZIP files that are made while they are sent, so their size does not matter for memory."""

from __future__ import annotations

import contextlib
import io
import os
import secrets
import stat
import time
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from iib_core import times
from iib_core.access import Access
from iib_core.errors import Conflict, IIBError, of_disk
from iib_core.files import bundles, disk_lookup, names
from iib_core.files.disk import Disk
from iib_core.jobs import Progress
from iib_core.metadata.bare import without_metadata
from iib_core.paths import to_text

_ZIP64 = 45  # the version of the ZIP format that a reader needs for it, times ten
_CHUNK_BYTES = 256 * 1024
ERRORS_NAME = "errors.txt"
FOLDER = "archives"
# ZIP stores years from 1980 to 2107 in local time: one day more at either end covers every time
# zone.
_DOS_FIRST_S, _DOS_LAST_S = 315_532_800 - 86_400, 4_354_819_200 + 86_400


@dataclass(frozen=True)
class Member:
    """A file, and its name in the archive."""

    path: str
    name: str


# (path, preferred name) of files that belong together, the picture first.
Group = list[tuple[str, str]]


@dataclass(frozen=True)
class Packed:
    """An archive that was written to the data folder. ``errors``: one line a file that could not be
    read.
    """

    path: str
    size_bytes: int
    count: int
    errors: list[str]


def plan(
    entries: Iterable[str], disk: Disk, access: Access, *, has_companions: bool = True
) -> list[Member]:
    """The members of an archive: files with their companions, and all files below folders, under
    unique names.

    Links that lead to where the client has no access are left out. ``has_companions``: those of
    files that were asked for come along.
    """
    groups: list[Group] = []
    asked = list(dict.fromkeys(entries))
    companions = _companions(asked, access) if has_companions else {}
    added = set(asked)
    for path in asked:
        entry = disk_lookup.get_entry(disk, access, path)
        name = os.path.basename(path)
        if not entry.is_folder:
            own = [other for other in companions.get(path, []) if other not in added]
            added.update(own)
            groups.append([(path, name), *((other, os.path.basename(other)) for other in own)])
            continue
        files = (
            below.path for below in disk_lookup.walk(disk, access, path) if not below.is_folder
        )
        groups.extend(
            [(file, os.path.join(name, os.path.relpath(file, path)))]
            for file in files
            if access.allows_link(file)
        )
    return _with_unique_names(groups)


def _companions(asked: Iterable[str], access: Access) -> dict[str, list[str]]:
    """The paths of the companions of each file, such as ``x.txt`` of ``x.png``."""
    by_folder: dict[str, list[str]] = {}
    for path in asked:
        by_folder.setdefault(os.path.dirname(path), []).append(os.path.basename(path))
    result: dict[str, list[str]] = {}
    for folder, members in by_folder.items():
        for owner, companions in bundles.find_companions(folder, members, is_leaving=False).items():
            paths = [os.path.join(folder, name) for name in companions]
            result[os.path.join(folder, owner)] = [
                path for path in paths if os.path.isfile(path) and access.allows_link(path)
            ]
    return result


def _with_unique_names(groups: Iterable[Group]) -> list[Member]:
    """Members with names that every system can store and that differ in more than case, because the
    archive may be unpacked anywhere.

    Files of one group get the same number. ``ERRORS_NAME`` is never used.
    """
    taken = {ERRORS_NAME}
    members: list[Member] = []
    for group in groups:
        portable = [
            "/".join(names.make_portable(part) for part in to_text(raw).split(os.sep) if part)
            for _path, raw in group
        ]
        unique, number = portable, 1
        while any(name.casefold() in taken for name in unique):
            unique = [_numbered(name, portable[0], number) for name in portable]
            number += 1
        taken.update(name.casefold() for name in unique)
        members += [Member(path, name) for (path, _raw), name in zip(group, unique, strict=True)]
    return members


def _numbered(name: str, first: str, number: int) -> str:
    """``name`` with a number after the stem of the ``first`` name of its group."""
    stem, extension = os.path.splitext(
        first if name.startswith(os.path.splitext(first)[0]) else name
    )
    rest = name[len(stem) :] if name.startswith(stem) else extension
    return f"{stem} ({number}){rest}"


def stream(
    members: Iterable[Member],
    access: Access,
    *,
    compress: bool,
    strip_metadata: bool = False,
    errors: list[str] | None = None,
) -> Iterator[bytes]:
    """The bytes of the archive. ``strip_metadata``: pictures without what says how they were made;
    what cannot be freed of it is left out, and listed.

    Files that cannot be read completely are listed in the last entry, ``errors.txt``, and appended
    to ``errors``.
    """
    failed: list[str] = [] if errors is None else errors
    sink = _Sink()
    compression = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
    with zipfile.ZipFile(sink, "w", compression, allowZip64=True) as archive:
        for member in members:
            try:
                yield from _write(archive, sink, member, access, strip_metadata=strip_metadata)
            except (OSError, IIBError) as exc:
                failed.append(f"{member.name}: {getattr(exc, 'strerror', None) or exc}")
        if failed:
            lines = "".join(f"{line}\n" for line in failed)
            archive.writestr(
                ERRORS_NAME, "These files could not be read, or only in part:\n" + lines
            )
    yield sink.take()


def _write(
    archive: zipfile.ZipFile, sink: _Sink, member: Member, access: Access, *, strip_metadata: bool
) -> Iterator[bytes]:
    with access.open(member.path) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise Conflict("it is not a file")
        info = zipfile.ZipInfo(member.name, _dos_time(times.mtime_s(status)))
        info.external_attr = (stat.S_IFREG | 0o644) << 16
        info.compress_type = archive.compression
        # The sink cannot seek, so the sizes follow the bytes, and their width is declared before.
        is_wide = status.st_size > 2**31
        if is_wide:  # Python 3.10 does not write the version into a header before the bytes
            info.extract_version = _ZIP64
        bare = without_metadata(file, member.path) if strip_metadata else None
        with archive.open(info, "w", force_zip64=is_wide) as entry:
            left = 0 if bare else status.st_size
            for piece in bare.pieces if bare else ():
                entry.write(piece)
                yield sink.take()
            while left and (chunk := file.read(min(_CHUNK_BYTES, left))):
                left -= len(chunk)
                entry.write(chunk)
                if sink.size >= _CHUNK_BYTES:
                    yield sink.take()
        if left:
            raise Conflict(f"it became {left} bytes shorter while it was read")


class _Sink(io.RawIOBase):
    """Buffers what an archive writes until it is sent.

    It cannot seek, so that the archive writes each part once.
    """

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, data) -> int:  # type: ignore[no-untyped-def]
        part = bytes(data)
        self._parts.append(part)
        self.size += len(part)
        return len(part)

    def take(self) -> bytes:
        """The bytes written since the last call."""
        taken = b"".join(self._parts)
        self._parts, self.size = [], 0
        return taken


def pack(
    members: list[Member],
    access: Access,
    data_dir: str,
    *,
    compress: bool,
    strip_metadata: bool = False,
    progress: Progress | None = None,
) -> Packed:
    """Write the archive into the data folder. ``progress`` counts bytes.

    Raises Conflict if it cannot be written, and Cancelled; no partial archive remains.
    """
    folder = os.path.join(data_dir, FOLDER)
    name = time.strftime("iib-%Y%m%d-%H%M%S-") + secrets.token_hex(3)
    part, path = os.path.join(folder, f".{name}.part"), os.path.join(folder, name + ".zip")
    errors: list[str] = []
    try:
        os.makedirs(folder, exist_ok=True)
        _remove_leftovers(folder)
        with open(part, "xb") as file:
            if progress is not None:
                progress.begin("packing", 0.0, 1.0, sum(map(_size_of, members)))
            chunks = stream(
                members, access, compress=compress, strip_metadata=strip_metadata, errors=errors
            )
            for chunk in chunks:
                file.write(chunk)
                if progress is not None:
                    progress.update(done=file.tell())
                    progress.check()
        os.rename(part, path)
    except OSError as exc:
        refused = Conflict(
            f"The archive cannot be written to the data folder: {exc.strerror or exc}."
        )
        raise of_disk(exc) or refused from exc
    finally:
        if os.path.lexists(part):
            os.unlink(part)
    return Packed(path, os.path.getsize(path), len(members) - len(errors), errors)


def _size_of(member: Member) -> int:
    try:
        return os.stat(member.path).st_size
    except OSError:  # ``stream`` lists it among the errors
        return 0


def _remove_leftovers(folder: str) -> None:
    """Remove partial archives that are more than a day old: the program was killed while it wrote
    them.
    """
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        with contextlib.suppress(FileNotFoundError):  # another archive has just been finished
            if name.endswith(".part") and time.time() - times.mtime_s(os.stat(path)) > 86_400:
                os.unlink(path)


def _dos_time(mtime: float) -> tuple[int, int, int, int, int, int]:
    """``mtime`` as ZIP stores it: local time, at least 1980 and at most 2107."""
    local = time.localtime(min(max(mtime, _DOS_FIRST_S), _DOS_LAST_S))[:6]
    return max((1980, 1, 1, 0, 0, 0), min(local, (2107, 12, 31, 23, 59, 58)))
