"""Paths as text: containment by component, and names that are no valid Unicode.

Purely lexical, and so testable for Windows on any system: ``flavour`` is ``posixpath`` or ``ntpath``.
"""

from __future__ import annotations

import os
from types import ModuleType

from iib_core.errors import Conflict, InvalidRequest

MAX_PATH_CHARS = 4096
_TRIES = 3
# The folder at the top of a root that keeps what was deleted.
TRASH = ".iib-trash"

# A name on disk may hold bytes that are no UTF-8. Python carries them as lone surrogates (U+DC80-DCFF), which neither JSON clients,
# URLs nor SQLite can take. Outside of Python they therefore travel in the private-use block U+EF80-EFFF, one to one. Any other lone surrogate, which
# only Windows has in a name, becomes a replacement character: such a file is seen, but cannot be asked for.
_BYTES = {0xDC00 + byte: 0xEF00 + byte for byte in range(0x80, 0x100)}
_SURROGATES = dict.fromkeys(range(0xD800, 0xE000), 0xFFFD) | _BYTES
_PRIVATE_USE = {private: surrogate for surrogate, private in _BYTES.items()}


def to_text(path: str) -> str:
    """The path in a form that is valid Unicode, for answers, URLs and the database."""
    return path if path.isascii() else path.translate(_SURROGATES)


def from_text(text: str) -> str:
    """The path on disk for a text from ``to_text`` or typed by a person.

    A name that really holds private-use characters wins over one with undecodable bytes: it is the one that the text spells.
    """
    if text.isascii() or os.path.lexists(text):
        return text
    return text.translate(_PRIVATE_USE)


def check(raw: str, flavour: ModuleType = os.path) -> str:
    """``raw`` as an absolute, normalised path on disk; nothing is looked up but the name itself.

    Raises InvalidRequest for an empty, relative or overlong path, a NUL, or text that no file name can hold.
    """
    if not raw:
        raise InvalidRequest("The path is empty: give the full path of a file or folder.")
    if len(raw) > MAX_PATH_CHARS:
        raise InvalidRequest(f"The path has {len(raw)} characters: at most {MAX_PATH_CHARS} are possible.")
    if "\0" in raw:
        raise InvalidRequest("The path contains a NUL character, which no file name can.")
    try:
        os.fsencode(raw)
        path = from_text(raw)
    except (UnicodeEncodeError, ValueError) as exc:
        raise InvalidRequest("The path contains characters that no file name can.") from exc
    if not is_absolute(path, flavour):
        raise InvalidRequest(f"'{raw[:200]}' is a relative path: give the full path.")
    return str(flavour.normpath(path))


def is_absolute(path: str, flavour: ModuleType = os.path) -> bool:
    """Whether ``path`` is a full path. Python 3.10 itself does not count the root of a Windows share as one: ``\\\\nas\\share``."""
    return bool(flavour.isabs(path) or flavour.splitdrive(path)[0].startswith(("\\\\", "//")))


def real(path: str, flavour: ModuleType = os.path) -> str:
    """The path with every symlink followed; what does not exist stays as it is spelled.

    Raises Conflict where another program replaces a link again and again while it is followed.
    """
    for _ in range(_TRIES):
        try:
            return str(flavour.realpath(path))
        except OSError:  # a link that was one when it was looked at, and none, or gone, when it was read
            continue
    raise Conflict(f"'{to_text(path[:300])}' is being replaced by another program: try again.")


def is_under(path: str, folder: str, flavour: ModuleType = os.path) -> bool:
    """Whether ``path`` is ``folder`` or lies below it, compared by component and, on Windows, without regard to case.

    Both must be absolute and resolved. ``/x/outputs-private`` is not under ``/x/outputs``; everything is under ``/``.
    """
    path, folder = (flavour.normcase(flavour.normpath(p)) for p in (path, folder))
    return bool(path == folder or path.startswith(folder if folder.endswith(flavour.sep) else folder + flavour.sep))


def is_in_trash(path: str) -> bool:
    """Whether a path is a trash of ours, or lies in one."""
    return TRASH in path and TRASH in path.split(os.sep)
