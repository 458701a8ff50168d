"""The roots that users add, as opposed to those of the settings."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel
from starlette.responses import Response

from iib_core import paths
from iib_core.core import Core
from iib_core.db.extra_paths import ExtraPath
from iib_core.errors import AccessDenied
from iib_core.index import folder_search, import_export, suggested_roots
from iib_core.jobs import Progress
from iib_core.routes.shared.current_core import get_core
from iib_core.routes.shared.guards import GUARDS, WRITE_GUARDS
from iib_core.routes.shared.jobs import Started
from iib_core.routes.shared.json import JSON
from iib_core.routes.shared.models import MAX_FOLDERS, Done, at_most
from iib_core.routes.shared.route import IIBRoute
from iib_core.routes.system import RootInfo, describe_root
from iib_core.search import library

router = APIRouter(route_class=IIBRoute, dependencies=GUARDS, tags=["roots"])
write_router = APIRouter(route_class=IIBRoute, dependencies=WRITE_GUARDS, tags=["roots"])

# Most folders are removed from the index within this time; otherwise a job continues in the
# background.
_WAIT_S = 3.0


class ExtraPathRequest(BaseModel):
    """A folder and its types: ``scan`` (indexed), ``scan-fixed`` (indexed and pinned), ``walk``
    (browsed only). No type means ``scan`` when a folder is added, and all when it is removed.
    """

    path: str
    types: list[str] = at_most(MAX_FOLDERS, [])


class AliasRequest(BaseModel):
    """A folder, and its display name; empty for none."""

    path: str
    alias: str


class ExtraPathInfo(BaseModel):
    """An added folder. ``online`` is false while its drive is not connected."""

    path: str
    types: list[str]
    alias: str
    online: bool
    added_time: float


class CountedRoot(RootInfo):
    """A root, with the number of its files. ``missing``: files of the index that are not shown
    because they are gone from the disk, or because the root's drive is not connected.
    """

    count: int
    missing: int


class RootList(BaseModel):
    """The roots of the library, in the user's order."""

    roots: list[CountedRoot]


class FolderOfLibrary(BaseModel):
    """A folder, and the number of files directly in it."""

    path: str
    name: str
    count: int


class FoldersRequest(BaseModel):
    """Paths of folders, at most 1,000."""

    paths: list[str] = at_most(MAX_FOLDERS)


class FoundFolders(BaseModel):
    """Folders whose paths contain the words, at most 50."""

    folders: list[FolderOfLibrary]


class SuggestedRoot(BaseModel):
    """A folder, and the program that writes its pictures there; "" for the user's own pictures."""

    path: str
    program: str


class SuggestedRoots(BaseModel):
    """Folders that may be wanted as roots, and ``places`` where one begins to look for others.

    ``sample``: whether the sample library can be added.
    """

    folders: list[SuggestedRoot]
    places: list[str]
    sample: bool


@router.get("/db/roots", summary="List the folders of the library", response_model=RootList)
def list_roots(core: Core = Depends(get_core)) -> Response:
    """All roots, with the number of their files, and whether their drives are connected."""
    roots = core.access.roots
    counts = folder_search.count_roots(core.db, core.access, roots)
    described = [{**describe_root(core, root), **asdict(own)} for root, own in zip(roots, counts)]
    for root in described:  # one that had files was made before
        root["not_made"] = root["not_made"] and not root["missing"]
    return JSON({"roots": described})


@router.get("/db/folders", summary="Find folders of the library", response_model=FoundFolders)
def find_folders(
    query: str = Query("", description="Words that a path contains; case does not matter"),
    limit: int = Query(folder_search.MOST_FOUND, ge=1, le=folder_search.MOST_FOUND),
    core: Core = Depends(get_core),
) -> Response:
    """Those with the most files first, of the index and of the disk. Folders of drives that are not
    connected are left out; in a very large tree those that the index does not have may be, too.
    """
    found = folder_search.find_folders(core.db, core.access, query, limit)
    return JSON({"folders": [asdict(folder) for folder in found]})


@router.post(
    "/db/folder_counts", summary="Count the files of folders", response_model=dict[str, int]
)
def count_folders(request: FoldersRequest, core: Core = Depends(get_core)) -> Response:
    """Files of the index in and below each folder, by path; 0 where the index has none."""
    resolved = core.access.resolve_each(request.paths)
    counts = library.count_each(core.db, core.access, set(resolved.values()))
    return JSON({raw: counts[real] for raw, real in resolved.items()})


@router.get(
    "/db/suggested_roots",
    summary="Suggest folders to add to the library",
    response_model=SuggestedRoots,
)
def suggest_roots(core: Core = Depends(get_core)) -> Response:
    """The user's pictures, and outputs of WebUIs, ComfyUI, SwarmUI, InvokeAI and Fooocus on this
    machine.

    Nothing where others can reach the server, or where nothing can be changed.
    """
    if core.access.restricted or core.access.read_only:
        return JSON({"folders": [], "places": [], "sample": False})
    found = [
        {"path": paths.to_text(one.path), "program": one.program}
        for one in suggested_roots.find(core.access)
    ]
    places = list(map(paths.to_text, suggested_roots.places()))
    is_there = core.access.is_under_root(paths.real(_sample_folder(core)))
    return JSON({"folders": found, "places": places, "sample": not is_there})


@write_router.post("/db/sample_library", summary="Add the sample library", response_model=Started)
def add_sample_library(core: Core = Depends(get_core)) -> Response:
    """Writes some ninety pictures into the data folder and adds them to the library, by a job."""
    if core.access.restricted:
        raise AccessDenied("Others can reach this server: add the sample library with 'iib demo'.")
    folder = _sample_folder(core)

    def work(progress: Progress) -> dict[str, str]:
        from iib_core import demo  # it needs numpy, whose import takes longer than a start

        def report(done: int, total: int) -> None:
            progress.check()
            progress.update(done=done, total=total)

        marks = demo.write(folder, report)
        if marks:
            import_export.import_lines(core.db, core.access, marks)
        return {"path": core.roots.add_own(folder).path}

    return JSON({"job_id": core.jobs.start("sample_library", work).job_id})


def _sample_folder(core: Core) -> str:
    return os.path.join(core.config.data_dir, "demo")


@router.get(
    "/db/extra_paths",
    summary="List the folders that were added to the library",
    response_model=list[ExtraPathInfo],
)
def list_extra_paths(core: Core = Depends(get_core)) -> Response:
    """In the order of adding. ``GET /global_setting`` lists the folders of the settings too."""
    return JSON([describe(extra) for extra in core.roots.list_added()])


@write_router.post(
    "/db/extra_paths", summary="Add a folder to the library", response_model=ExtraPathInfo
)
def add_extra_path(request: ExtraPathRequest, core: Core = Depends(get_core)) -> Response:
    """Its files are indexed in the background. If the folder was added before, it gets these types
    too.
    """
    return JSON(describe(core.roots.add(request.path, request.types)))


@write_router.delete(
    "/db/extra_paths", summary="Remove a folder from the library", response_model=Done
)
def remove_extra_path(request: ExtraPathRequest, core: Core = Depends(get_core)) -> Response:
    """Its files stay on the disk and are removed from the index. Their marks are kept for 90 days,
    in case the folder is added again.
    """
    core.access.resolve(request.path)
    job = core.roots.remove(request.path, request.types)
    if job is not None:
        core.jobs.wait(job.job_id, _WAIT_S)
    return JSON({"success": True})


@write_router.post(
    "/db/alias_extra_path", summary="Name an added folder", response_model=ExtraPathInfo
)
def alias_extra_path(request: AliasRequest, core: Core = Depends(get_core)) -> Response:
    """Sets its display name. Nothing on the disk changes."""
    core.access.resolve(request.path)
    return JSON(describe(core.roots.set_alias(request.path, request.alias)))


def describe(extra: ExtraPath) -> dict[str, Any]:
    """The fields of ``ExtraPathInfo``."""
    is_here = not paths.is_elsewhere(extra.path)
    online = is_here and os.path.isdir(paths.from_text(extra.path))
    return {
        "path": extra.path,
        "types": list(extra.types),
        "alias": extra.alias,
        "online": online,
        "added_time": extra.added_ns / 1e9,
    }
