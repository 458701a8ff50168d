"""The folders of a request."""

from __future__ import annotations

from collections.abc import Iterable

from iib_core.core import Core
from iib_core.paths import DiskPath


def resolve_folders(
    core: Core, raw: Iterable[str], *, must_exist: bool = True
) -> tuple[DiskPath, ...]:
    """The resolved folders of a request, each once.

    All are checked before any is looked up: one that is not permitted refuses the request, whatever
    the others are. Raises what ``Access.resolve`` raises, and with ``must_exist`` what
    ``Access.resolve_folder`` raises.
    """
    raw = list(raw)
    resolved = [core.access.resolve(path) for path in raw]
    if must_exist:
        resolved = [core.access.resolve_folder(path) for path in raw]
    return tuple(dict.fromkeys(resolved))
