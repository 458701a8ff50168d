"""Paths as text: containment by component, and names that are no valid Unicode.

Purely lexical, and so testable for Windows on any system: ``path_module`` is ``posixpath`` or ``ntpath``.
"""

from __future__ import annotations

import ntpath
import os
import re
from types import ModuleType
from typing import NewType

from iib_core.errors import Conflict, InvalidRequest

# A path as the system names the file. Some of its characters may be no valid Unicode.
DiskPath = NewType("DiskPath", str)
# The same path in the form of ``to_text``: for answers, URLs and the database.
PathText = NewType("PathText", str)

MAX_PATH_CHARS = 4096
_TRIES = 3
# Spellings by which Windows takes a path as it stands.
_EXTENDED = re.compile(r"[\\/][\\/?]\?[\\/](?:(?P<share>UNC[\\/])|(?P<drive>[A-Za-z]:[\\/]))", re.IGNORECASE)
_DEVICES = ("\\\\?\\", "\\\\.\\", "\\\\\\")
# Names of devices on Windows, whatever extension follows.
_RESERVED = {"con", "prn", "aux", "nul", "conin$", "conout$"} | {
    f"{port}{number}" for port in ("com", "lpt") for number in "123456789\u00b9\u00b2\u00b3"
}
# The folder at the top of a root that keeps what was deleted.
TRASH = ".iib-trash"

# A name on disk may hold bytes that are no UTF-8. Python carries them as lone surrogates
# (U+DC80-DCFF), which neither JSON clients, URLs nor SQLite can take. Outside of Python they
# therefore travel in the private-use block U+EF80-EFFF, one to one. Any other lone surrogate, which
# only Windows has in a name, becomes a replacement character: such a file is seen, but cannot be
# asked for.
_BYTES = {0xDC00 + byte: 0xEF00 + byte for byte in range(0x80, 0x100)}
_SURROGATES = dict.fromkeys(range(0xD800, 0xE000), 0xFFFD) | _BYTES
_PRIVATE_USE = {private: surrogate for surrogate, private in _BYTES.items()}


def to_text(path: str) -> PathText:
    """The path in a form that is valid Unicode, for answers, URLs and the database."""
    return PathText(path if path.isascii() else path.translate(_SURROGATES))


def quoted(path: str) -> str:
    """The path for a message: valid Unicode, in quotes, in one line, and not too long."""
    return "'" + to_text(path[:300]).replace("\n", " ") + "'"


def from_text(text: str) -> DiskPath:
    """The path on disk for a text from ``to_text`` or typed by a person.

    A name that really holds private-use characters wins over one with undecodable bytes: it is the
    one that the text spells.
    """
    if text.isascii():
        return DiskPath(text)
    spelled = text.translate(_PRIVATE_USE)
    # A network share is another machine, which is not asked before a client may go there.
    return DiskPath(text if spelled == text or is_share(text) or os.path.lexists(text) else spelled)


def check(raw: str, path_module: ModuleType = os.path) -> DiskPath:
    """``raw`` as an absolute, normalised path on disk; nothing is looked up but the name itself.

    Raises InvalidRequest for an empty, relative or overlong path, a NUL, or text that no file name
    can hold; on Windows also for devices and streams.
    """
    if not raw:
        raise InvalidRequest("The path is empty: give the full path of a file or folder.")
    if len(raw) > MAX_PATH_CHARS:
        raise InvalidRequest(f"The path has {len(raw)} characters: at most {MAX_PATH_CHARS} are possible.")
    if "\0" in raw:
        raise InvalidRequest("The path contains a NUL character, which no file name can.")
    require_storable(raw, "path", path_module)
    path = without_prefix(from_text(raw), path_module)
    if not is_absolute(path, path_module):
        raise InvalidRequest(f"'{to_text(raw[:200])}' is a relative path: give the full path.")
    if path_module is ntpath:
        _require_no_device(path)
    return DiskPath(str(path_module.normpath(path)))


def require_storable(text: str, what: str, path_module: ModuleType = os.path) -> None:
    """Raise InvalidRequest for half of a surrogate pair.

    Where names are bytes, some of these stand for a byte that is no UTF-8.
    """
    try:
        text.encode("utf-8", "strict" if path_module is ntpath else "surrogateescape")
    except UnicodeEncodeError as exc:
        raise InvalidRequest(f"The {what} contains characters that no file name can.") from exc


def length(text: str) -> int:
    """UTF-16 units, by which Windows measures names and paths."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def is_absolute(path: str, path_module: ModuleType = os.path) -> bool:
    """Whether ``path`` is a full path.

    On Windows that takes a drive or a share, which Python asks for since 3.13 only, and 3.10 not
    the root of a share.
    """
    if path_module is not ntpath:
        return bool(path_module.isabs(path))
    drive = path_module.splitdrive(path)[0].replace("/", "\\")
    return (
        "\\" in drive[2:].strip("\\")
        if is_share(path, path_module)
        else bool(drive and path_module.isabs(path))
    )


def is_share(path: str, path_module: ModuleType = os.path) -> bool:
    """Whether ``path`` is on a share of the network, as ``\\\\nas\\share\\x``: to look at it is to
    log in at that machine.
    """
    return path_module is ntpath and path_module.splitdrive(path)[0].startswith(("\\\\", "//"))


def share_of(path: str, path_module: ModuleType = os.path) -> str:
    """The machine and its share, to be compared; "" where the path is on none."""
    return str(path_module.normcase(path_module.splitdrive(path)[0])) if is_share(path, path_module) else ""


def without_prefix(path: str, path_module: ModuleType = os.path) -> str:
    """The common spelling of ``\\\\?\\C:\\x`` and ``\\\\?\\UNC\\nas\\share\\x`` (Windows); any
    other path as it is.
    """
    if path_module is not ntpath:
        return path
    found = _EXTENDED.match(path)
    if found is None:
        return path
    return "\\\\" + path[found.end() :] if found["share"] else path[found.start("drive") :]


def _require_no_device(path: str) -> None:
    """Raise InvalidRequest for what Windows takes for something else than a file: devices, and
    streams beside a file's content.
    """
    path = path.replace("/", "\\")
    below = ntpath.splitdrive(path)[1]
    if path.startswith(_DEVICES) or any(map(is_reserved, below.split("\\"))):
        raise InvalidRequest(f"'{to_text(path[:200])}' is the name of a device on Windows, not of a file.")
    if ":" in below:
        raise InvalidRequest(f"'{to_text(path[:200])}' contains a colon, which no file name can on Windows.")


def is_reserved(name: str) -> bool:
    """Whether Windows takes a name for a device."""
    return name.split(".", 1)[0].rstrip(" ").casefold() in _RESERVED


def real(path: str, path_module: ModuleType = os.path) -> DiskPath:
    """The path with every symlink followed; what does not exist stays as it is spelled.

    Raises Conflict where another program replaces a link again and again while it is followed, and,
    on Windows, for a drive or a machine that cannot be
    asked: it does not answer, or wants another password.
    """
    for _ in range(_TRIES):
        try:
            return DiskPath(without_prefix(str(path_module.realpath(path)), path_module))
        except (
            OSError
        ) as exc:  # a link that was one when it was looked at, and none, or gone, when it was read
            if getattr(exc, "winerror", None):
                raise Conflict(f"'{to_text(path[:300])}' cannot be reached now ({exc.strerror}).") from exc
    raise Conflict(f"'{to_text(path[:300])}' is being replaced by another program: try again.")


def real_or_given(path: str, path_module: ModuleType = os.path) -> DiskPath:
    """As ``real``; of what cannot be reached the path as it is given."""
    try:
        return real(path, path_module)
    except Conflict:
        return DiskPath(str(path_module.normpath(path)))


def is_under(path: str, folder: str, path_module: ModuleType = os.path) -> bool:
    """Whether ``path`` is ``folder`` or lies below it, compared by component and, on Windows,
    without regard to case.

    Both must be absolute and resolved. ``/x/outputs-private`` is not under ``/x/outputs``;
    everything is under ``/``.
    """
    path, folder = (path_module.normcase(path_module.normpath(p)) for p in (path, folder))
    return bool(
        path == folder
        or path.startswith(folder if folder.endswith(path_module.sep) else folder + path_module.sep)
    )


def is_in_trash(path: str) -> bool:
    """Whether a path is a trash of ours, or lies in one."""
    return TRASH in path and TRASH in path.split(os.sep)
