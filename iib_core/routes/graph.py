"""The graph of topics and their keywords."""

from __future__ import annotations

from typing import Any, Optional

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from starlette.responses import Response

from iib_core.ai.scope import Scope
from iib_core.cluster.topic_options import TopicOptions
from iib_core.core import Core
from iib_core.db.ai_cache import CachedResult
from iib_core.errors import Conflict, InvalidRequest, NotFound, ServiceFailed
from iib_core.jobs import Progress
from iib_core.paths import DiskPath
from iib_core.routes import topics
from iib_core.routes.shared.current_core import get_core
from iib_core.routes.shared.errors import ERRORS, ErrorAnswer
from iib_core.routes.shared.folders import resolve_folders
from iib_core.routes.shared.guards import GUARDS
from iib_core.routes.shared.jobs import failure_of
from iib_core.routes.shared.json import JSON
from iib_core.routes.shared.models import MAX_FOLDERS, at_most
from iib_core.routes.shared.route import IIBRoute

router = APIRouter(route_class=IIBRoute, dependencies=GUARDS, tags=["topics"])

KIND = "tag_graph"
_WAIT_S = 60.0


class GraphRequest(BaseModel):
    """Folders whose topics were found before; an empty list is the whole library.

    ``title_model``: the model that groups keywords; ``local`` groups them without a service.
    """

    folder_paths: list[str] = at_most(MAX_FOLDERS)
    lang: str = "en"
    title_model: Optional[str] = None


class Node(BaseModel):
    """A topic, keyword or group. ``size``: number of files. ``metadata`` has its ``type``: cluster,
    tag or abstract.
    """

    id: str
    label: str
    size: float
    metadata: dict[str, Any]


class Layer(BaseModel):
    """Nodes of one kind: 0 topics (Clusters), 1 keywords (Tags), 2 groups (Abstract-1), 3 groups of
    groups (Abstract-2).
    """

    level: int
    name: str
    nodes: list[Node]


class Link(BaseModel):
    """A link from a node to one in the layer above. ``weight``: number of files."""

    source: str
    target: str
    weight: float


class Stats(BaseModel):
    """How many topics and keywords exist, and how many of them are in the graph."""

    total_clusters: int
    selected_clusters: int
    total_tags: int
    selected_tags: int
    abstraction_layers: int
    total_links: int
    topic_cluster_cache_key: str
    message: str


class Graph(BaseModel):
    """Layers, topics first, and the links between neighbouring layers."""

    layers: list[Layer]
    links: list[Link]
    stats: Stats


class ClusterPathsRequest(BaseModel):
    """A topic of a graph. Both values are in the graph."""

    topic_cluster_cache_key: str = Field(..., description="from the stats of the graph")
    cluster_id: str = Field(..., description="from the metadata of a node")


class ClusterPaths(BaseModel):
    """The files of a topic that still exist."""

    paths: list[str]


_CONFLICT: dict[int | str, dict[str, Any]] = {
    409: {"model": ErrorAnswer, "description": "The topics or the graph are still being made"}
}


@router.post(
    "/db/cluster_tag_graph",
    summary="Get the graph of topics",
    response_model=Graph,
    responses={**_CONFLICT, **ERRORS},
)
def tag_graph(request: GraphRequest, core: Core = Depends(get_core)) -> Response:
    """Made of the topics found last for these folders. If there are none, they are found first; if
    that takes longer than a minute, the answer is a 409.
    """
    folders = resolve_folders(core, request.folder_paths)
    model = core.ai.chat_model(request.title_model, title=True)
    found = core.topics.find_last(folders) or _find_topics(core, folders)
    lang = request.lang[:20]

    def work(progress: Progress) -> dict[str, Any]:
        return core.tag_graph.build(progress, found, lang, model)

    job = core.jobs.wait(core.jobs.start(KIND, work).job_id, _WAIT_S)
    if job.is_running:
        raise Conflict("The graph is still being made: ask again in a minute.")
    if job.status != "completed":
        raise failure_of(core, job, ServiceFailed, "The graph was cancelled.")
    return JSON(job.result)


@router.post(
    "/db/cluster_tag_graph_cluster_paths",
    summary="Get the files of a topic",
    response_model=ClusterPaths,
)
def cluster_paths(request: ClusterPathsRequest, core: Core = Depends(get_core)) -> Response:
    """The files of a topic that is a node of the graph."""
    if not request.topic_cluster_cache_key or not request.cluster_id:
        raise InvalidRequest("topic_cluster_cache_key and cluster_id: give those of the graph.")
    return JSON(
        {"paths": core.tag_graph.paths_of(request.topic_cluster_cache_key, request.cluster_id)}
    )


def _find_topics(core: Core, folders: tuple[DiskPath, ...]) -> CachedResult:
    if core.access.read_only:
        raise NotFound(
            "No topics were found for these folders yet, and this server may not change anything."
        )
    options = TopicOptions(
        Scope(folders),
        model=core.ai.embedding_model(None),
        title_model=core.ai.chat_model(None, title=True),
    )
    job = core.jobs.wait(topics.begin(core, options).job_id, _WAIT_S)
    if job.is_running:
        raise Conflict("The topics of these folders are still being found: ask again in a minute.")
    found = core.topics.find_last(folders)
    if found is None:
        raise failure_of(core, job, ServiceFailed, "The search for topics was cancelled.")
    return found
