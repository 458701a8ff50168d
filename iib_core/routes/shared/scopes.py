"""The scope of a request: folders, or the whole library."""

from __future__ import annotations

from typing import Optional

from pydantic import BaseModel

from iib_core.ai.scope import Scope
from iib_core.core import Core
from iib_core.errors import InvalidRequest
from iib_core.routes.shared.folders import resolve_folders
from iib_core.routes.shared.models import MAX_FOLDERS, at_most


class ScopeRequest(BaseModel):
    """Folders: ``folder_paths``, ``folder`` or both. An empty list is the whole library."""

    folder: Optional[str] = None
    folder_paths: Optional[list[str]] = at_most(MAX_FOLDERS, None)


def scope_of(core: Core, request: ScopeRequest, *, recursive: bool) -> Scope:
    """The scope that a body names.

    Raises InvalidRequest if it names neither a folder nor a list, and what ``resolve_folders``
    raises.
    """
    if request.folder is None and request.folder_paths is None:
        raise InvalidRequest(
            "folder_paths: name the folders, or send an empty list for the whole library."
        )
    raw = [*(request.folder_paths or ())]
    if request.folder is not None:
        raw.append(request.folder)
    return Scope(resolve_folders(core, raw), recursive)
