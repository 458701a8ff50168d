"""Topics: files grouped by what their prompts mean."""

from __future__ import annotations

from typing import Any, Optional

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from iib_core.cluster.topics import Wanted
from iib_core.core import Core
from iib_core.jobs import Job, Progress
from iib_core.routes.ai_models import ScopeRequest, resolve_tops
from iib_core.routes.base import GUARDS, JSON, WRITE_GUARDS, IIBRoute, get_core
from iib_core.routes.job_models import JobRequest, JobState, Started, get_job, state_of

router = APIRouter(route_class=IIBRoute, dependencies=GUARDS, tags=["topics"])
write_router = APIRouter(route_class=IIBRoute, dependencies=WRITE_GUARDS, tags=["topics"])

KIND = "topics"


class ClusterRequest(ScopeRequest):
    """How to group.

    ``threshold``: least mean cosine of what is one topic, without it there are some 8 to 40 topics
    with subjects in each; ``min_cluster_size``: files that make a topic.
    """

    model: Optional[str] = None
    threshold: Optional[float] = None
    min_cluster_size: Optional[int] = None
    assign_noise_threshold: Optional[float] = Field(
        None, description="likeness from which a file in no topic joins the nearest"
    )
    title_model: Optional[str] = Field(None, description="local for titles of distinctive terms")
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
    """One topic. ``title_source``: chat or local; ``score``: how close its prompts are to their middle."""

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
    """Topics, largest first, and the files in none.

    ``failed``: prompts without a vector; ``message``: what a service did not do, or "".
    """

    cache_key: str
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
    """How far the job is; ``result`` once it is completed."""

    result: Optional[Clusters]


class CachedClusters(BaseModel):
    """What was found last for the same request.

    ``stale``: it may be out of date, for ``stale_reason``. ``cached_at``: epoch seconds.
    """

    cache_key: str
    cache_hit: bool
    cached_at: float
    stale: bool
    stale_reason: str
    result: Optional[Clusters]


class Cancelled(BaseModel):
    """Whether there was something to end."""

    cancelled: bool


@write_router.post("/db/cluster_iib_output_job_start", summary="Find topics", response_model=Started)
def start(request: ClusterRequest, core: Core = Depends(get_core)) -> Response:
    """Makes the vectors that are missing, groups, and gives titles, in the background."""
    return JSON({"job_id": begin(core, _wanted(core, request)).job_id})


@router.get(
    "/db/cluster_iib_output_job_status", summary="Tell how far the topics are", response_model=ClusterState
)
def status(job_id: str = Query(..., description="the job"), core: Core = Depends(get_core)) -> Response:
    """Stages are embedding, clustering and titling."""
    job = get_job(core, job_id, KIND)
    return JSON({**state_of(job), "result": job.result})


@write_router.post(
    "/db/cluster_iib_output_job_cancel", summary="End a search for topics", response_model=Cancelled
)
def cancel(request: JobRequest, core: Core = Depends(get_core)) -> Response:
    """The vectors and titles that were made stay."""
    job = get_job(core, request.job_id, KIND)
    return JSON({"cancelled": job.is_running and core.jobs.cancel(job.job_id) is not None})


@router.post(
    "/db/cluster_iib_output_cached", summary="Get the topics found last", response_model=CachedClusters
)
def cached(request: ClusterRequest, core: Core = Depends(get_core)) -> Response:
    """For the same request; starts nothing."""
    wanted = _wanted(core, request)
    found, reason = core.topics.cached(wanted)
    return JSON(
        {
            "cache_key": core.topics.key(wanted),
            "cache_hit": found is not None,
            "cached_at": found.time_s if found else 0.0,
            "stale": bool(reason),
            "stale_reason": reason,
            "result": found.value if found else None,
        }
    )


def begin(core: Core, wanted: Wanted) -> Job:
    """Start the job that finds topics."""

    def work(progress: Progress) -> dict[str, Any]:
        return core.topics.find(progress, wanted)

    return core.jobs.start(KIND, work)


def _wanted(core: Core, request: ClusterRequest) -> Wanted:
    wanted = Wanted(
        tops=resolve_tops(core, request.folder, request.folder_paths),
        recursive=request.recursive,
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
    wanted.check()
    return wanted
