"""Language models: vectors of prompts, search by meaning, chat, and their settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Union

from fastapi import APIRouter, Depends
from starlette.responses import Response

from iib_core.ai import addresses, assistant, chat_format, prompt_text
from iib_core.ai.embed_options import EmbedOptions
from iib_core.ai.nearest import SimilarFiles, SimilarLimits
from iib_core.ai.openai_client import no_wait
from iib_core.ai.provider import LOCAL, ChatOptions
from iib_core.ai.scope import Scope
from iib_core.core import Core
from iib_core.db import prompts
from iib_core.db.search import pages
from iib_core.errors import InvalidRequest, ServiceFailed
from iib_core.jobs import Job, Progress
from iib_core.paths import DiskPath
from iib_core.routes.models.ai import (
    AISettings,
    AISettingsChange,
    ChatAnswer,
    ChatRequest,
    Embedded,
    EmbedRequest,
    FoundByMeaning,
    FoundByPrompt,
    PromptSearchRequest,
    SimilarRequest,
    TestedService,
)
from iib_core.routes.shared.contents import content_limits, found_by_content
from iib_core.routes.shared.current_core import get_core
from iib_core.routes.shared.errors import ErrorAnswer
from iib_core.routes.shared.folders import resolve_folders
from iib_core.routes.shared.guards import GUARDS, WRITE_GUARDS
from iib_core.routes.shared.jobs import Started, failure_of, wait_or_return
from iib_core.routes.shared.json import JSON
from iib_core.routes.shared.models import given_fields
from iib_core.routes.shared.route import IIBRoute
from iib_core.routes.shared.scopes import scope_of
from iib_core.routes.shared.searches import describe_files
from iib_core.routes.shared.streamed_body import StreamedBody, uncompressed
from iib_core.search import library
from iib_core.search.criteria import And

router = APIRouter(route_class=IIBRoute, dependencies=GUARDS, tags=["ai"])
write_router = APIRouter(route_class=IIBRoute, dependencies=WRITE_GUARDS, tags=["ai"])

EMBED = "embed"
_WAIT_S = 5.0
_MAX_QUERY_CHARS = 8000
_MAX_MESSAGES, _MAX_MESSAGE_CHARS = 1000, 2_000_000
_MAX_SETTING_CHARS = 1000
_SERVICE: dict[int | str, dict[str, Any]] = {
    502: {"model": ErrorAnswer, "description": "The language model service failed"}
}
_SAMPLE_CHARS = 200


@write_router.post(
    "/db/build_iib_output_embeddings",
    summary="Embed prompts",
    response_model=Union[Embedded, Started],
    responses=_SERVICE,
)
def build_embeddings(request: EmbedRequest, core: Core = Depends(get_core)) -> Response:
    """Computes one vector for each distinct prompt. Prompts that have one are skipped.

    If the service fails, it ends early and continues with the next call.
    """
    scope = scope_of(core, request, recursive=request.recursive)
    if request.batch_size < 1 or request.max_chars < 1:
        raise InvalidRequest("batch_size and max_chars: give numbers above zero.")
    model = core.ai.embedding_model(request.model)
    job = _start(
        core, EmbedOptions(scope, model, request.force, request.batch_size, request.max_chars)
    )
    cancelled = "It was cancelled: the vectors that were computed until then are kept."
    return wait_or_return(
        core, job, background=request.background, cancelled=cancelled, failed=ServiceFailed
    )


@router.post(
    "/db/search_iib_output_by_prompt",
    summary="Search by meaning",
    response_model=FoundByPrompt,
    responses=_SERVICE,
)
def search_by_prompt(request: PromptSearchRequest, core: Core = Depends(get_core)) -> Response:
    """Files whose prompts mean the same as the query, most similar first.

    Files with a score of 0 have nothing in common with the query, and are left out.
    """
    scope = scope_of(core, request, recursive=request.recursive)
    query = request.query.strip()
    if not query or len(query) > _MAX_QUERY_CHARS:
        raise InvalidRequest(f"query: give 1 to {_MAX_QUERY_CHARS} characters to search for.")
    model = core.ai.embedding_model(request.model)
    limits = _limits(request.top_k, request.min_score, request.cursor)
    job_id = ""
    if request.ensure_embed and not request.cursor:
        job_id = _embed_new(core, model, scope)
    found = _found(core, core.nearest.to_words(query, model, scope, limits), model, job_id)
    return JSON({**found, "query": request.query, "folder": request.folder, "top_k": request.top_k})


@router.post(
    "/db/similar", summary="Find similar files", response_model=FoundByMeaning, responses=_SERVICE
)
def similar(request: SimilarRequest, core: Core = Depends(get_core)) -> Response:
    """Other files with the most similar prompts; by look, those that show nearly the same; by
    content, those in which a model sees the same.
    """
    path = core.access.resolve_file_entry(request.path)
    folders = resolve_folders(core, request.folder_paths or [])
    if request.by == "look":
        return _found_by_look(core, path, folders, request)
    if request.by == "content":
        limited = request.top_k, request.min_score, request.cursor
        return found_by_content(
            core, core.contents.to_file(path, content_limits(core, folders, *limited))
        )
    scope = Scope(folders, request.recursive)
    model = core.ai.embedding_model(request.model)
    limits = _limits(request.top_k, request.min_score, request.cursor)
    job_id = "" if request.cursor else _embed_new(core, model, scope)
    return JSON(_found(core, core.nearest.to_file(path, model, scope, limits), model, job_id))


_CHAT: dict[int | str, dict[str, Any]] = {
    200: {
        "description": (
            "The answer. With stream it comes as server-sent events; each carries a chunk in the form of "
            "OpenAI's API, and the last one is [DONE]"
        ),
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    },
    **_SERVICE,
}


@router.post(
    "/ai-chat", summary="Chat with a language model", response_model=ChatAnswer, responses=_CHAT
)
def chat(request: ChatRequest, core: Core = Depends(get_core)) -> Response:
    """The answer of the service, as a whole or as server-sent events. Without a service, the
    built-in assistant searches the library for an answer.
    """
    _check_chat(request)
    model = core.ai.chat_model(request.model)
    messages = [{"role": message.role, "content": message.content} for message in request.messages]
    options = ChatOptions(model, request.temperature, request.max_tokens)
    is_local = model == LOCAL
    if not request.stream:
        content = _answer_locally(core, messages) if is_local else core.ai.chat(messages, options)
        return JSON(chat_format.completion(model, content))
    pieces = (
        iter([_answer_locally(core, messages)]) if is_local else core.ai.stream(messages, options)
    )
    return StreamedBody(
        chat_format.events(model, pieces),
        in_host=core.host is not None,
        media_type="text/event-stream",
        headers={"cache-control": "no-cache", "x-accel-buffering": "no", **uncompressed(core)},
    )


@router.get(
    "/ai/settings", summary="Get the settings of language models", response_model=AISettings
)
def get_settings(core: Core = Depends(get_core)) -> Response:
    """The models that are used. The key itself is not in the answer."""
    return JSON(_settings(core))


@write_router.post(
    "/ai/settings", summary="Change the settings of language models", response_model=AISettings
)
def change_settings(request: AISettingsChange, core: Core = Depends(get_core)) -> Response:
    """The changes take effect immediately, and override the startup configuration."""
    values = {name: str(getattr(request, name) or "").strip() for name in given_fields(request)}
    if not values:
        raise InvalidRequest("The body of the request is empty: give a setting to change.")
    if any(len(value) > _MAX_SETTING_CHARS or not value.isprintable() for value in values.values()):
        raise InvalidRequest(
            f"A setting has more than {_MAX_SETTING_CHARS} characters, or some that cannot be printed."
        )
    if values.get("prompt_normalize") and values["prompt_normalize"] not in prompt_text.MODES:
        raise InvalidRequest(f"prompt_normalize: use one of {', '.join(prompt_text.MODES)}.")
    if values.get("openai_base_url"):
        addresses.require_usable(values["openai_base_url"])
    core.ai.change(values)
    return JSON(_settings(core))


@write_router.post(
    "/ai/test", summary="Test the service of language models", response_model=TestedService
)
def test_service(core: Core = Depends(get_core)) -> Response:
    """Embeds a word with the service that is set. A 502 says what is wrong with it."""
    if not core.ai.settings.has_service:
        raise InvalidRequest(
            "No service is set, so the built-in models are used: give an address or a key."
        )
    model = core.ai.settings.embedding_model
    vectors = core.ai.get_service().embed(["test"], model, no_wait)
    return JSON({"model": model, "dimensions": int(vectors.shape[1])})


def _check_chat(request: ChatRequest) -> None:
    if not request.messages or len(request.messages) > _MAX_MESSAGES:
        raise InvalidRequest(f"messages: give 1 to {_MAX_MESSAGES} messages.")
    if sum(len(message.content) for message in request.messages) > _MAX_MESSAGE_CHARS:
        raise InvalidRequest(
            f"messages: at most {_MAX_MESSAGE_CHARS} characters in all are possible."
        )
    if request.temperature is not None and not 0 <= request.temperature <= 2:
        raise InvalidRequest("temperature: give a number from 0 to 2.")
    if request.max_tokens is not None and request.max_tokens < 1:
        raise InvalidRequest("max_tokens: give a number above zero.")


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


def _start(core: Core, options: EmbedOptions) -> Job:
    def work(progress: Progress) -> dict[str, Any]:
        progress.begin("embedding", 0.0, 1.0)
        return asdict(core.embeddings.build(progress, options))

    return core.jobs.start(EMBED, work)


def _embed_new(core: Core, model: str, scope: Scope) -> str:
    """Embed new prompts, for a few seconds. Returns the id of the job if one still runs, otherwise
    "".
    """
    if core.access.read_only:
        return ""
    job = core.jobs.find_newest(EMBED)
    if job is None or not job.is_running:
        if core.embeddings.is_built(model, scope) and not core.embeddings.is_due(scope):
            return ""
        job = _start(core, EmbedOptions(scope, model))
    job = core.jobs.wait(job.job_id, _WAIT_S)
    if job.status == "failed":
        raise failure_of(core, job, ServiceFailed)
    return job.job_id if job.is_running else ""


def _limits(top_k: int, min_score: float, cursor: str) -> SimilarLimits:
    if not -1 <= min_score <= 1:
        raise InvalidRequest("min_score: give a number from -1 to 1.")
    return SimilarLimits(top_k, min_score, cursor)


def _found(core: Core, page: SimilarFiles, model: str, job_id: str) -> dict[str, Any]:
    with core.db.read() as conn:
        hits = {hit.id: hit for hit in pages.describe(conn, [file.image_id for file in page.files])}
        texts = prompts.load_texts(conn, {file.prompt_id for file in page.files})
    found = [file for file in page.files if file.image_id in hits]
    return {
        "results": [
            {
                "id": file.image_id,
                "path": hits[file.image_id].path,
                "score": file.score,
                "sample_prompt": texts.get(file.prompt_id, "")[:_SAMPLE_CHARS],
            }
            for file in found
        ],
        "files": describe_files([hits[file.image_id] for file in found], core),
        "cursor": {"has_next": bool(page.next), "next": page.next},
        "count": page.count,
        "model": model,
        "complete": not job_id,
        "job_id": job_id,
    }


def _found_by_look(
    core: Core, path: str, folders: Sequence[DiskPath], request: SimilarRequest
) -> Response:
    limits = _limits(request.top_k, request.min_score, request.cursor)
    scope = library.scoped(And(), core.access, folders)
    page = core.similar.to_file(path, scope, limits.size, limits.min_score, limits.cursor)
    with core.db.read() as conn:
        hits = {hit.id: hit for hit in pages.describe(conn, [hit.image_id for hit in page.hits])}
    found = [hit for hit in page.hits if hit.image_id in hits]
    state = core.looks.how_far()
    return JSON(
        {
            "results": [
                {
                    "id": hit.image_id,
                    "path": hits[hit.image_id].path,
                    "score": hit.score,
                    "sample_prompt": "",
                    "distance": hit.distance,
                }
                for hit in found
            ],
            "files": describe_files([hits[hit.image_id] for hit in found], core),
            "cursor": {"has_next": bool(page.next), "next": page.next},
            "count": page.count,
            "model": "look",
            "complete": state.done == state.total,
            "job_id": "",
        }
    )


def _answer_locally(core: Core, messages: Sequence[dict[str, str]]) -> str:
    question = assistant.last_question(messages)
    everywhere = Scope()
    _embed_new(core, LOCAL, everywhere)
    found = (
        core.nearest.top_prompts(question, LOCAL, everywhere, 5, 0.05) if question.strip() else []
    )
    return assistant.compose(question, core.embeddings.count_files(everywhere), found)
