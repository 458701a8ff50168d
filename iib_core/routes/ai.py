"""Language models: vectors of prompts, search by meaning, chat, and the settings of all that."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any, Union

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from iib_core import paths
from iib_core.ai import addresses, answer, text
from iib_core.ai.embeddings import Request
from iib_core.ai.model_files import SentenceModel
from iib_core.ai.nearest import Limits, Page
from iib_core.ai.provider import LOCAL, ChatOptions
from iib_core.core import Core
from iib_core.db import prompts, search
from iib_core.db.prompts import Scope
from iib_core.errors import Conflict, IIBError, InvalidRequest, ServiceFailed
from iib_core.jobs import Job, Progress
from iib_core.routes.ai_models import (
    AISettings,
    AISettingsChange,
    ChatAnswer,
    ChatRequest,
    DownloadState,
    Embedded,
    EmbedRequest,
    FoundByMeaning,
    ModelRequest,
    Models,
    PromptSearchRequest,
    SimilarRequest,
    resolve_folders,
    resolve_tops,
    said,
)
from iib_core.routes.base import GUARDS, JSON, WRITE_GUARDS, ErrorAnswer, IIBRoute, get_core
from iib_core.routes.bodies import Body
from iib_core.routes.job_models import JobRequest, Started, get_job, state_of
from iib_core.routes.search import describe_files

router = APIRouter(route_class=IIBRoute, dependencies=GUARDS, tags=["ai"])
write_router = APIRouter(route_class=IIBRoute, dependencies=WRITE_GUARDS, tags=["ai"])

EMBED = "embed"
DOWNLOAD = "model_download"
_WAIT_S = 5.0
_MAX_QUERY_CHARS = 8000
_MAX_MESSAGES, _MAX_MESSAGE_CHARS = 1000, 2_000_000
_SERVICE: dict[int | str, dict[str, Any]] = {
    502: {"model": ErrorAnswer, "description": "The language model service failed"}
}
_SAMPLE_CHARS = 200


@write_router.post(
    "/db/build_iib_output_embeddings",
    summary="Make vectors of prompts",
    response_model=Union[Embedded, Started],
    responses=_SERVICE,
)
def build_embeddings(request: EmbedRequest, core: Core = Depends(get_core)) -> Response:
    """One vector for each distinct prompt; those that are there already cost nothing.

    Ends early and goes on next time where the service fails.
    """
    tops = resolve_tops(core, request.folder, request.folder_paths)
    if request.batch_size < 1 or request.max_chars < 1:
        raise InvalidRequest("batch_size and max_chars: give numbers above zero.")
    wanted = Request(
        tops,
        core.ai.embedding_model(request.model),
        request.recursive,
        request.force,
        request.batch_size,
        request.max_chars,
    )
    job = _start(core, wanted)
    if request.background:
        return JSON({"job_id": job.job_id})
    job = core.jobs.wait(job.job_id)
    if job.status == "cancelled":
        raise Conflict("It was cancelled: the vectors that were made until then stay.")
    if job.status == "failed":
        raise core.jobs.failure(job.job_id) or ServiceFailed(job.error)
    return JSON(job.result)


@router.post(
    "/db/search_iib_output_by_prompt",
    summary="Search by meaning",
    response_model=FoundByMeaning,
    responses=_SERVICE,
)
def search_by_prompt(request: PromptSearchRequest, core: Core = Depends(get_core)) -> Response:
    """Files whose prompts mean what the query means, nearest first.

    Only those at all alike: a score of 0 is none.
    """
    tops = resolve_tops(core, request.folder, request.folder_paths)
    query = request.query.strip()
    if not query or len(query) > _MAX_QUERY_CHARS:
        raise InvalidRequest(f"query: give 1 to {_MAX_QUERY_CHARS} characters to look for.")
    model = core.ai.embedding_model(request.model)
    scope = core.embeddings.scope(tops, recursive=request.recursive)
    limits = _limits(request.top_k, request.min_score, request.cursor)
    job_id = (
        _ensure(core, tops, model, scope, request.recursive)
        if request.ensure_embed and not request.cursor
        else ""
    )
    return _found(core, core.nearest.to_words(query, model, scope, limits), model, job_id)


@router.post("/db/similar", summary="Find more like this", response_model=FoundByMeaning, responses=_SERVICE)
def similar(request: SimilarRequest, core: Core = Depends(get_core)) -> Response:
    """Files whose prompts are nearest to that of one file, which is not among them."""
    path = core.access.resolve_file(request.path)
    tops = resolve_folders(core, request.folder_paths or [])
    model = core.ai.embedding_model(request.model)
    scope = core.embeddings.scope(tops, recursive=request.recursive)
    limits = _limits(request.top_k, request.min_score, request.cursor)
    job_id = "" if request.cursor else _ensure(core, tops, model, scope, request.recursive)
    return _found(core, core.nearest.to_file(path, model, scope, limits), model, job_id)


_CHAT: dict[int | str, dict[str, Any]] = {
    200: {
        "description": (
            "The answer; with stream as server-sent events, each with a chunk as OpenAI's API sends "
            "them, the last one [DONE]"
        ),
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    },
    **_SERVICE,
}


@router.post("/ai-chat", summary="Chat with a language model", response_model=ChatAnswer, responses=_CHAT)
def chat(request: ChatRequest, core: Core = Depends(get_core)) -> Response:
    """The service's answer, whole or as server-sent events; without a service the built-in
    assistant looks things up in the library.
    """
    if not request.messages or len(request.messages) > _MAX_MESSAGES:
        raise InvalidRequest(f"messages: give 1 to {_MAX_MESSAGES} messages.")
    if sum(len(message.content) for message in request.messages) > _MAX_MESSAGE_CHARS:
        raise InvalidRequest(f"messages: at most {_MAX_MESSAGE_CHARS} characters in all are possible.")
    if request.temperature is not None and not 0 <= request.temperature <= 2:
        raise InvalidRequest("temperature: give a number from 0 to 2.")
    if request.max_tokens is not None and request.max_tokens < 1:
        raise InvalidRequest("max_tokens: give a number above zero.")
    model = core.ai.chat_model(request.model)
    messages = [{"role": message.role, "content": message.content} for message in request.messages]
    options = ChatOptions(model, request.temperature, request.max_tokens)
    if request.stream:
        pieces = (
            iter([_answer_locally(core, messages)]) if model == LOCAL else core.ai.stream(messages, options)
        )
        headers = {"cache-control": "no-cache", "x-accel-buffering": "no"}
        if core.host is not None:
            headers["content-encoding"] = (
                "identity"  # or the host would compress it, and hold it back to the end
            )
        events = _events(pieces, model)
        return Body(events, in_host=core.host is not None, media_type="text/event-stream", headers=headers)
    content = _answer_locally(core, messages) if model == LOCAL else core.ai.chat(messages, options)
    choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}
    return JSON({**_envelope(model, "chat.completion"), "choices": [choice]})


@router.get("/ai/settings", summary="Get the settings of language models", response_model=AISettings)
def get_settings(core: Core = Depends(get_core)) -> Response:
    """Which models are used; of the key only whether there is one."""
    return JSON(_settings(core))


@write_router.post(
    "/ai/settings", summary="Change the settings of language models", response_model=AISettings
)
def change_settings(request: AISettingsChange, core: Core = Depends(get_core)) -> Response:
    """They count from now on, and win over those of the start."""
    values = {name: str(getattr(request, name) or "").strip() for name in said(request)}
    if not values:
        raise InvalidRequest("The body of the request says nothing to change.")
    if any(len(value) > 1000 or not value.isprintable() for value in values.values()):
        raise InvalidRequest("A setting has more than 1000 characters, or some that cannot be printed.")
    if values.get("prompt_normalize") and values["prompt_normalize"] not in text.MODES:
        raise InvalidRequest(f"prompt_normalize: use one of {', '.join(text.MODES)}.")
    if values.get("openai_base_url"):
        addresses.require_usable(values["openai_base_url"])
    core.ai.change(values)
    return JSON(_settings(core))


@router.get("/ai/models", summary="List the models that can be asked for", response_model=Models)
def list_models(core: Core = Depends(get_core)) -> Response:
    """Those that run here, those of the settings, and those that the service tells."""
    return JSON(
        {
            "models": core.ai.list_models(),
            "embedding_model": core.ai.embedding_model(None),
            "sentence_models": [_describe_model(core, model) for model in core.sentences.files.models],
        }
    )


@write_router.post("/ai/models/download", summary="Download a sentence model", response_model=Started)
def download_model(request: ModelRequest, core: Core = Depends(get_core)) -> Response:
    """Fetches the missing files of one model, checks their sha256, and goes on where it broke off."""
    model = core.sentences.files.get_model(request.name)
    running = core.jobs.find_newest(DOWNLOAD)
    if running is not None and running.is_running:
        raise Conflict("A model is being downloaded: wait for it, or cancel it.")

    def work(progress: Progress) -> str:
        return core.sentences.files.download(progress, model)

    return JSON({"job_id": core.jobs.start(DOWNLOAD, work).job_id})


@router.get("/ai/models/download", summary="Tell how far a download is", response_model=DownloadState)
def download_state(
    job_id: str = Query(..., description="the job"), core: Core = Depends(get_core)
) -> Response:
    """``done`` and ``total`` are bytes."""
    job = get_job(core, job_id, DOWNLOAD)
    return JSON({**state_of(job), "result": job.result})


@write_router.post("/ai/models/download/cancel", summary="Cancel a download", response_model=DownloadState)
def cancel_download(request: JobRequest, core: Core = Depends(get_core)) -> Response:
    """What came so far stays, and is not fetched again."""
    job = get_job(core, request.job_id, DOWNLOAD)
    if job.is_running:
        core.jobs.cancel(job.job_id)
    return JSON({**state_of(job), "result": job.result})


def _describe_model(core: Core, model: SentenceModel) -> dict[str, Any]:
    state = core.sentences.state_of(model)
    weights = model.weights[0]
    return {
        "name": model.name,
        "languages": model.languages,
        "licence": model.licence,
        "state": state.state,
        "reason": state.reason,
        "path": paths.to_text(state.path),
        "folder": paths.to_text(core.sentences.files.folder),
        "file": weights.name,
        "size_bytes": weights.size_bytes,
        "sha256": weights.sha256,
        "addresses": [file.address for file in core.sentences.files.list_missing(model) if file.address],
    }


def _settings(core: Core) -> dict[str, Any]:
    settings = core.ai.settings
    return {
        "provider": "service" if settings.has_service else "local",
        "has_key": bool(settings.api_key),
        "openai_base_url": settings.base_url,
        "embedding_model": settings.embedding_model,
        "ai_model": settings.ai_model,
        "topic_title_model": settings.title_model,
        "prompt_normalize": settings.normalize,
    }


def _start(core: Core, wanted: Request) -> Job:
    def work(progress: Progress) -> dict[str, Any]:
        progress.begin("embedding", 0.0, 1.0)
        return asdict(core.embeddings.build(progress, wanted))

    return core.jobs.start(EMBED, work)


def _ensure(core: Core, tops: tuple[str, ...], model: str, scope: Scope, recursive: bool) -> str:
    """Read prompts that are new, for a few seconds. Returns the job that still does, or ""."""
    if core.access.read_only or not (
        core.embeddings.find_model(model) is None or core.embeddings.is_due(scope)
    ):
        return ""
    job = core.jobs.wait(_start(core, Request(tops, model, recursive)).job_id, _WAIT_S)
    if job.status == "failed":
        raise core.jobs.failure(job.job_id) or ServiceFailed(job.error)
    return job.job_id if job.is_running else ""


def _limits(top_k: int, min_score: float, cursor: str) -> Limits:
    if not -1 <= min_score <= 1:
        raise InvalidRequest("min_score: give a number from -1 to 1.")
    return Limits(top_k, min_score, cursor)


def _found(core: Core, page: Page, model: str, job_id: str) -> Response:
    with core.db.read() as conn:
        hits = {hit.id: hit for hit in search.describe(conn, [hit.image_id for hit in page.hits])}
        texts = prompts.load_texts(conn, {hit.prompt_id for hit in page.hits})
    found = [hit for hit in page.hits if hit.image_id in hits]
    return JSON(
        {
            "results": [
                {
                    "id": hit.image_id,
                    "path": hits[hit.image_id].path,
                    "score": hit.score,
                    "sample_prompt": texts.get(hit.prompt_id, "")[:_SAMPLE_CHARS],
                }
                for hit in found
            ],
            "files": describe_files([hits[hit.image_id] for hit in found], core),
            "cursor": {"has_next": bool(page.next), "next": page.next},
            "count": page.count,
            "model": model,
            "complete": not job_id,
            "job_id": job_id,
        }
    )


def _answer_locally(core: Core, messages: Sequence[dict[str, str]]) -> str:
    question = answer.last_question(messages)
    scope = core.embeddings.scope((), recursive=True)
    _ensure(core, (), LOCAL, scope, recursive=True)
    found = core.nearest.top_prompts(question, LOCAL, scope, 5, 0.05) if question.strip() else []
    with core.db.read() as conn:
        items = prompts.load_items(conn, scope, text.rules(core.embeddings.mode))
    return answer.compose(question, sum(item.prompt_id != prompts.NONE for item in items), found)


def _events(pieces: Iterator[str], model: str) -> Iterator[str]:
    """Chunks as OpenAI's API sends them. A failure on the way is an event too: the status has been sent."""
    envelope = _envelope(model, "chat.completion.chunk")

    def event(delta: dict[str, str], reason: str | None) -> str:
        return _event({**envelope, "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]})

    yield event({"role": "assistant", "content": ""}, None)
    try:
        for piece in pieces:
            yield event({"content": piece}, None)
        yield event({}, "stop")
    except IIBError as exc:
        yield _event({"error": {"message": str(exc), "code": exc.code}})
    yield "data: [DONE]\n\n"


def _event(data: dict[str, Any]) -> str:
    return f"data: {json.dumps(data, separators=(',', ':'))}\n\n"


def _envelope(model: str, kind: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-{uuid.uuid4().hex}", "object": kind, "created": int(time.time()), "model": model}
