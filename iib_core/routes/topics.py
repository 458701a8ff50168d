"""Topics: groups of files with similar prompts."""

from __future__ import annotations

from typing import Any, Optional

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from iib_core.cluster.topic_options import TopicOptions
from iib_core.core import Core
from iib_core.jobs import Job, Progress
from iib_core.routes.shared.current_core import get_core
from iib_core.routes.shared.guards import GUARDS, WRITE_GUARDS
from iib_core.routes.shared.jobs import Cancelled, JobRequest, JobState, Started, get_job, state_of
from iib_core.routes.shared.json import JSON
from iib_core.routes.shared.route import IIBRoute
from iib_core.routes.shared.scopes import ScopeRequest, scope_of

router = APIRouter(route_class=IIBRoute, dependencies=GUARDS, tags=["topics"])
write_router = APIRouter(route_class=IIBRoute, dependencies=WRITE_GUARDS, tags=["topics"])

KIND = "topics"


class ClusterRequest(ScopeRequest):
    """How to find topics.

    ``threshold``: lowest mean cosine similarity within a topic; without it there are some 8 to 40
    topics with subjects in each. ``min_cluster_size``: smallest number of files in a topic.
    """

    model: Optional[str] = None
    threshold: Optional[float] = None
    min_cluster_size: Optional[int] = None
    assign_noise_threshold: Optional[float] = Field(
        None, description="similarity from which on a file in no topic joins the most similar one"
    )
    title_model: Optional[str] = Field(
        None, description="model that makes the titles; local for titles of distinctive terms"
    )
    lang: str = "en"
    recursive: bool = False
    force_embed: bool = False
    force_title: bool = False
    use_title_cache: bool = True
    batch_size: int = 64
    max_chars: int = 4000


class Subject(BaseModel):
    """A part of a topic: some of its files, of one subject."""

    id: str
    title: str
    title_source: str
    size: int
    keywords: list[str]
    sample_prompt: str
    score: float
    paths: list[str]


class Cluster(BaseModel):
    """One topic. ``title_source``: chat or local; ``score``: mean similarity of its prompts to
    their mean.
    """

    id: str
    title: str
    title_source: str
    size: int
    keywords: list[str]
    sample_prompt: str
    score: float
    paths: list[str]
    subjects: list[Subject]


class Clusters(BaseModel):
    """Topics, largest first, and the files that are in none.

    ``folder``: the first of ``folders``, "" if there is none. ``failed``: number of prompts without
    a vector; ``message``: a sentence about failures of a service, or "".
    """

    cache_key: str
    folder: str
    folders: list[str]
    model: str
    title_model: str
    threshold: float
    min_cluster_size: int
    assign_noise_threshold: float
    lang: str
    count: int
    clusters: list[Cluster]
    noise: list[str]
    failed: int
    message: str


class ClusterState(JobState):
    """The state of the job. ``result`` is null until it is completed."""

    result: Optional[Clusters]


class CachedClusters(BaseModel):
    """The topics found last for the same request.

    ``stale``: whether they may be out of date, for ``stale_reason``. ``cached_at``: epoch seconds.
    """

    cache_key: str
    cache_hit: bool
    cached_at: float
    stale: bool
    stale_reason: str
    result: Optional[Clusters]


@write_router.post(
    "/db/cluster_iib_output_job_start", summary="Find topics", response_model=Started
)
def start(request: ClusterRequest, core: Core = Depends(get_core)) -> Response:
    """Starts a job that embeds new prompts, groups the files, and makes titles."""
    return JSON({"job_id": begin(core, _options(core, request)).job_id})


@router.get(
    "/db/cluster_iib_output_job_status",
    summary="Get the state of a search for topics",
    response_model=ClusterState,
)
def status(
    job_id: str = Query(..., description="Id of the job"), core: Core = Depends(get_core)
) -> Response:
    """Its stages are embedding, clustering and titling."""
    job = get_job(core, job_id, KIND)
    return JSON({**state_of(job), "result": _answer(job.result)})


@write_router.post(
    "/db/cluster_iib_output_job_cancel",
    summary="Cancel a search for topics",
    response_model=Cancelled,
)
def cancel(request: JobRequest, core: Core = Depends(get_core)) -> Response:
    """Vectors and titles that were made until then are kept."""
    job = get_job(core, request.job_id, KIND)
    return JSON({"cancelled": job.is_running and core.jobs.cancel(job.job_id) is not None})


@router.post(
    "/db/cluster_iib_output_cached",
    summary="Get the topics found last",
    response_model=CachedClusters,
)
def cached(request: ClusterRequest, core: Core = Depends(get_core)) -> Response:
    """For the same request. Starts no job."""
    options = _options(core, request)
    found, reason = core.topics.cached(options)
    answer = {"cache_key": core.topics.key(options), "stale": bool(reason), "stale_reason": reason}
    if found is None:
        return JSON({**answer, "cache_hit": False, "cached_at": 0.0, "result": None})
    return JSON(
        {**answer, "cache_hit": True, "cached_at": found.time_s, "result": _answer(found.value)}
    )


def begin(core: Core, options: TopicOptions) -> Job:
    """Start the job that finds topics."""

    def work(progress: Progress) -> dict[str, Any]:
        return core.topics.find(progress, options)

    return core.jobs.start(KIND, work)


def _answer(result: dict[str, Any] | None) -> dict[str, Any] | None:
    """The topics as clients get them."""
    return result and {**result, "folder": next(iter(result["folders"]), "")}


def _options(core: Core, request: ClusterRequest) -> TopicOptions:
    options = TopicOptions(
        scope=scope_of(core, request, recursive=request.recursive),
        model=core.ai.embedding_model(request.model),
        threshold=request.threshold,
        min_cluster_size=request.min_cluster_size,
        assign_noise_threshold=request.assign_noise_threshold,
        title_model=core.ai.chat_model(request.title_model, title=True),
        lang=request.lang[:20],
        force_embed=request.force_embed,
        force_title=request.force_title,
        use_title_cache=request.use_title_cache,
        batch_size=max(1, request.batch_size),
        max_chars=max(1, request.max_chars),
    )
    options.validate()
    return options
