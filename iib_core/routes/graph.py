"""The graph of topics and their keywords."""

from __future__ import annotations

from typing import Any, Optional

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from starlette.responses import Response

from iib_core.cluster.topics import Wanted
from iib_core.core import Core
from iib_core.db.ai_cache import CachedResult
from iib_core.errors import Conflict, InvalidRequest, NotFound, ServiceFailed
from iib_core.jobs import Progress
from iib_core.routes import topics
from iib_core.routes.ai_models import resolve_folders
from iib_core.routes.base import ERRORS, GUARDS, JSON, ErrorAnswer, IIBRoute, get_core
from iib_core.routes.models import MAX_FOLDERS, at_most

router = APIRouter(route_class=IIBRoute, dependencies=GUARDS, tags=["topics"])

KIND = "tag_graph"
_WAIT_S = 60.0


class GraphRequest(BaseModel):
    """Folders whose topics were found before; an empty list is the whole library.

    ``title_model``: who groups keywords, ``local`` for nobody.
    """

    folder_paths: list[str] = at_most(MAX_FOLDERS)
    lang: str = "en"
    title_model: Optional[str] = None


class Node(BaseModel):
    """A topic, keyword or group. ``size``: files. ``metadata`` tells its ``type``: cluster, tag or abstract."""

    id: str
    label: str
    size: float
    metadata: dict[str, Any]


class Layer(BaseModel):
    """Nodes of one kind: 0 topics (Clusters), 1 keywords (Tags), 2 groups (Abstract-1), 3 wider
    groups (Abstract-2).
    """

    level: int
    name: str
    nodes: list[Node]


class Link(BaseModel):
    """From a node to one in the layer above. ``weight``: files."""

    source: str
    target: str
    weight: float


class Stats(BaseModel):
    """How much there is and how much of it is in the graph."""

    total_clusters: int
    selected_clusters: int
    total_tags: int
    selected_tags: int
    abstraction_layers: int
    total_links: int
    topic_cluster_cache_key: str
    message: str


class Graph(BaseModel):
    """Layers from the topics up, and the links between neighbours."""

    layers: list[Layer]
    links: list[Link]
    stats: Stats


class ClusterPathsRequest(BaseModel):
    """A topic of a graph; both are in the graph's answer."""

    topic_cluster_cache_key: str = Field(..., description="of the graph's stats")
    cluster_id: str = Field(..., description="of a node's metadata")


class ClusterPaths(BaseModel):
    """Its files, those that are still there."""

    paths: list[str]


_CONFLICT: dict[int | str, dict[str, Any]] = {
    409: {"model": ErrorAnswer, "description": "Topics are still being found"}
}


@router.post(
    "/db/cluster_tag_graph",
    summary="Get the graph of topics",
    response_model=Graph,
    responses={**_CONFLICT, **ERRORS},
)
def tag_graph(request: GraphRequest, core: Core = Depends(get_core)) -> Response:
    """Of the topics found last for these folders; where there are none they are found first, which
    a 409 tells where it takes long.
    """
    tops = resolve_folders(core, request.folder_paths)
    model = core.ai.chat_model(request.title_model, title=True)
    found = core.topics.find_last(tops) or _find_topics(core, tops)
    lang = request.lang[:20]

    def work(progress: Progress) -> dict[str, Any]:
        return core.tag_graph.build(progress, found, lang, model)

    job = core.jobs.wait(core.jobs.start(KIND, work).job_id, _WAIT_S)
    if job.is_running:
        raise Conflict("The graph is still being made: ask again in a minute.")
    if job.status != "completed":
        raise core.jobs.failure(job.job_id) or ServiceFailed(job.error or "The graph was cancelled.")
    return JSON(job.result)


@router.post(
    "/db/cluster_tag_graph_cluster_paths", summary="Get the files of a topic", response_model=ClusterPaths
)
def cluster_paths(request: ClusterPathsRequest, core: Core = Depends(get_core)) -> Response:
    """Of a node of the graph."""
    if not request.topic_cluster_cache_key or not request.cluster_id:
        raise InvalidRequest("topic_cluster_cache_key and cluster_id: give those of the graph.")
    return JSON({"paths": core.tag_graph.paths_of(request.topic_cluster_cache_key, request.cluster_id)})


def _find_topics(core: Core, tops: tuple[str, ...]) -> CachedResult:
    if core.access.read_only:
        raise NotFound("No topics were found for these folders yet, and this server may not change anything.")
    wanted = Wanted(
        tops,
        recursive=True,
        model=core.ai.embedding_model(None),
        title_model=core.ai.chat_model(None, title=True),
    )
    job = core.jobs.wait(topics.begin(core, wanted).job_id, _WAIT_S)
    if job.is_running:
        raise Conflict("The topics of these folders are still being found: ask again in a minute.")
    found = core.topics.find_last(tops)
    if found is None:
        raise core.jobs.failure(job.job_id) or ServiceFailed(
            job.error or "The search for topics was cancelled."
        )
    return found
