"""Paths: containment by component, links, and names that are no valid Unicode.

``path_module`` is ``posixpath`` or ``ntpath``, so that the rules of Windows can be tested on any
system.
"""

from __future__ import annotations

import ntpath
import os
import re
from types import ModuleType
from typing import NewType
from urllib.parse import unquote

from iib_core.errors import Conflict, InvalidRequest, RootElsewhere

# A path as the system names the file. Some of its characters may be no valid Unicode.
DiskPath = NewType("DiskPath", str)
# The same path in the form of ``to_text``: for answers, URLs and the database.
PathText = NewType("PathText", str)

MAX_PATH_CHARS = 4096
_TRIES = 3
# Prefixes that make Windows use a path as it is written.
_EXTENDED = re.compile(
    r"[\\/][\\/?]\?[\\/](?:(?P<share>UNC[\\/])|(?P<drive>[A-Za-z]:[\\/]))", re.IGNORECASE
)
_DEVICES = ("\\\\?\\", "\\\\.\\", "\\\\\\")
# Names of devices on Windows, whatever extension follows.
_RESERVED = {"con", "prn", "aux", "nul", "conin$", "conout$"} | {
    f"{port}{number}" for port in ("com", "lpt") for number in "123456789\u00b9\u00b2\u00b3"
}
# Quotes that surround a path where it was copied: "Copy as path" of Windows, and those that phones
# make.
_QUOTES = {('"', '"'), ("'", "'"), ("\u201c", "\u201d"), ("\u201e", "\u201c"), ("\u00ab", "\u00bb")}
# The folder at the top of a root that keeps what was deleted.
TRASH = ".iib-trash"
# Begins the path of a file that only other servers see (``root_map``). No real path begins so.
ELSEWHERE = "elsewhere:"

# A name on disk may contain bytes that are no UTF-8. Python represents them as lone surrogates
# (U+DC80-DCFF), which JSON clients, URLs and SQLite reject. In text they become characters of the
# private-use block U+EF80-EFFF, one to one. Any other lone surrogate, which only Windows allows in
# a name, becomes a replacement character: such a file is listed, but cannot be requested.
_BYTES = {0xDC00 + byte: 0xEF00 + byte for byte in range(0x80, 0x100)}
_SURROGATES = dict.fromkeys(range(0xD800, 0xE000), 0xFFFD) | _BYTES
_PRIVATE_USE = {private: surrogate for surrogate, private in _BYTES.items()}


def is_elsewhere(path: str) -> bool:
    """Whether only other servers see what is at this path."""
    return path.startswith(ELSEWHERE)


def require_here(path: str) -> None:
    """Raise RootElsewhere for a path that only other servers see."""
    if is_elsewhere(path):
        raise not_here(path)


def not_here(path: str) -> RootElsewhere:
    """What is wrong with a path that only other servers see."""
    return RootElsewhere(
        f"{quoted(path[len(ELSEWHERE) :])} is in a folder that this server does not see: do that "
        "through a server that does, or map the folder here with 'iib roots map'."
    )


def to_text(path: str) -> PathText:
    """The path in valid Unicode, for answers, URLs and the database."""
    return PathText(path if path.isascii() else path.translate(_SURROGATES))


def quoted(path: str) -> str:
    """The path for a message: valid Unicode, in quotes, in one line, and not too long."""
    return "'" + to_text(path[:300]).replace("\n", " ") + "'"


def from_text(text: str) -> DiskPath:
    """The path on disk for a text from ``to_text``, or one that a user typed.

    If a file exists whose name really contains private-use characters, that one is meant.
    """
    if text.isascii():
        return DiskPath(text)
    spelled = text.translate(_PRIVATE_USE)
    # A network share is not looked up before access to it was checked.
    is_meant = spelled == text or is_share(text) or is_elsewhere(text) or os.path.lexists(text)
    return DiskPath(text if is_meant else spelled)


def check(raw: str, path_module: ModuleType = os.path) -> DiskPath:
    """``raw`` as an absolute, normalised path on disk. Links are not followed.

    Raises InvalidRequest for an empty, relative or overlong path, a NUL, or characters that no file
    name can contain; on Windows also for devices and streams.
    """
    if not raw:
        raise InvalidRequest("The path is empty: give the full path of a file or folder.")
    if len(raw) > MAX_PATH_CHARS:
        raise InvalidRequest(
            f"The path has {len(raw)} characters: at most {MAX_PATH_CHARS} are possible."
        )
    if "\0" in raw:
        raise InvalidRequest("The path contains a NUL character, which no file name can.")
    require_storable(raw, "path", path_module)
    if is_elsewhere(raw):
        return DiskPath(str(path_module.normpath(raw)))
    path = without_prefix(from_text(raw), path_module)
    if not is_absolute(path, path_module):
        raise InvalidRequest(f"{quoted(raw[:200])} is a relative path: give the full path.")
    if path_module is ntpath:
        _require_no_device(path)
    return DiskPath(str(path_module.normpath(path)))


def require_storable(text: str, what: str, path_module: ModuleType = os.path) -> None:
    """Raise InvalidRequest for a lone surrogate, except those that stand for a byte on POSIX
    systems.
    """
    try:
        text.encode("utf-8", "strict" if path_module is ntpath else "surrogateescape")
    except UnicodeEncodeError as exc:
        raise InvalidRequest(f"The {what} contains characters that no file name can.") from exc


def length(text: str) -> int:
    """The length in UTF-16 units, in which Windows measures names and paths."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def is_absolute(path: str, path_module: ModuleType = os.path) -> bool:
    """Whether ``path`` is a full path.

    On Windows it needs a drive or a share. ``isabs`` requires them since Python 3.13 only, and in
    3.10 it rejects the root of a share.
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
    """Whether ``path`` is on a network share, such as ``\\\\nas\\share\\x``. Looking it up is a login at
    that machine.
    """
    return path_module is ntpath and path_module.splitdrive(path)[0].startswith(("\\\\", "//"))


def share_of(path: str, path_module: ModuleType = os.path) -> str:
    """The machine and its share, for comparison; "" if the path is on no share."""
    return (
        str(path_module.normcase(path_module.splitdrive(path)[0]))
        if is_share(path, path_module)
        else ""
    )


def without_prefix(path: str, path_module: ModuleType = os.path) -> str:
    """The usual spelling of ``\\\\?\\C:\\x`` and ``\\\\?\\UNC\\nas\\share\\x`` (Windows); any other
    path as it is.
    """
    if path_module is not ntpath:
        return path
    found = _EXTENDED.match(path)
    if found is None:
        return path
    return "\\\\" + path[found.end() :] if found["share"] else path[found.start("drive") :]


def _require_no_device(path: str) -> None:
    """Raise InvalidRequest for paths that are no file on Windows: devices, and alternate data
    streams.
    """
    path = path.replace("/", "\\")
    below = ntpath.splitdrive(path)[1]
    if path.startswith(_DEVICES) or any(map(is_reserved, below.split("\\"))):
        raise InvalidRequest(
            f"{quoted(path[:200])} is the name of a device on Windows, not of a file."
        )
    if ":" in below:
        raise InvalidRequest(
            f"{quoted(path[:200])} contains a colon, which no file name can on Windows."
        )


def is_reserved(name: str) -> bool:
    """Whether a name means a device on Windows."""
    return name.split(".", 1)[0].rstrip(" ").casefold() in _RESERVED


def real(path: str, path_module: ModuleType = os.path) -> DiskPath:
    """The resolved path. Parts that do not exist are kept as they are, and so is a path that only
    other servers see.

    Raises Conflict if another program keeps replacing a link while it is followed and, on Windows,
    if a drive or a machine does not answer or refuses the login.
    """
    if is_elsewhere(path):
        return DiskPath(path)
    for _ in range(_TRIES):
        try:
            return DiskPath(without_prefix(str(path_module.realpath(path)), path_module))
        except OSError as exc:  # a link was replaced between the look at it and its reading
            if getattr(exc, "winerror", None):
                raise Conflict(f"{quoted(path)} cannot be reached now ({exc.strerror}).") from exc
    raise Conflict(f"{quoted(path)} is being replaced by another program: try again.")


def real_or_given(path: str, path_module: ModuleType = os.path) -> DiskPath:
    """As ``real``; the path itself if it cannot be reached."""
    try:
        return real(path, path_module)
    except Conflict:
        return DiskPath(str(path_module.normpath(path)))


def pasted(text: str) -> str:
    """The path that a user means who pasted ``text``: without blanks, line breaks and quotes around
    it, with ``~`` for their home, and of a ``file://`` address its path. A folder of exactly this
    name is meant first.
    """
    if (
        "\0" in text
        or len(text) > MAX_PATH_CHARS
        or (not is_share(text) and os.path.isdir(from_text(text)))
    ):
        return text
    plain = text.strip()
    if len(plain) > 1 and (plain[0], plain[-1]) in _QUOTES:
        plain = plain[1:-1].strip()
    if plain[:7].lower() == "file://":
        plain = _path_of_address(plain)
    return os.path.expanduser(plain) if plain == "~" or plain[:2] in ("~/", "~\\") else plain


def _path_of_address(address: str) -> str:
    """The path of ``file:///C:/x``, ``file://nas/share/x`` or ``file:///x%20y``."""
    host, slash, path = address[7:].partition("/")
    path = unquote(slash + path, errors="surrogateescape")
    is_drive = os.name == "nt" and path[2:3] == ":"
    if host.lower() in ("", "localhost"):
        return path[1:] if is_drive else path
    return f"//{host}{path}" if os.name == "nt" else address


def absolute(path: str) -> str:
    """A path as its user means it: from the working directory, with ``~`` for their home."""
    return os.path.abspath(os.path.expanduser(path))


def is_under(path: str, folder: str, path_module: ModuleType = os.path) -> bool:
    """Whether ``path`` is ``folder`` or is below it, by component; on Windows, case does not
    matter.

    Both must be absolute and resolved. ``/x/outputs-private`` is not under ``/x/outputs``;
    everything is under ``/``.
    """
    path, folder = (path_module.normcase(path_module.normpath(each)) for each in (path, folder))
    prefix = folder if folder.endswith(path_module.sep) else folder + path_module.sep
    return bool(path == folder or path.startswith(prefix))


def before_trash(path: str) -> str:
    """Where a file in the trash was: ``top/.iib-trash/OPERATION/sub/name`` was ``top/sub/name``."""
    top, _, inside = path.partition(f"{os.sep}{TRASH}{os.sep}")
    return os.path.join(top, inside.partition(os.sep)[2])


def is_in_trash(path: str) -> bool:
    """Whether a path is a trash folder, or is in one."""
    return TRASH in path and TRASH in path.split(os.sep)
