"""Bodies and answers of the routes of language models. Plain fields, for pydantic 1 and 2."""

from __future__ import annotations

from typing import Literal, Optional

from pydantic import BaseModel, Field

from iib_core.core import Core
from iib_core.errors import InvalidRequest
from iib_core.routes.job_models import JobState
from iib_core.routes.models import MAX_FOLDERS, MAX_READ, FileInfo, at_most
from iib_core.routes.search import Cursor


class ScopeRequest(BaseModel):
    """Folders: ``folder_paths``, ``folder`` or both; an empty list means the whole library."""

    folder: Optional[str] = None
    folder_paths: Optional[list[str]] = at_most(MAX_FOLDERS, None)


class EmbedRequest(ScopeRequest):
    """What to bring up to date.

    ``force``: vectors that are there are made anew; ``background`` answers at once with a job.
    """

    model: Optional[str] = None
    force: bool = False
    batch_size: int = Field(64, description="texts in a request to a service, at most 512")
    max_chars: int = Field(4000, description="how much of a text is used, in characters")
    recursive: bool = False
    background: bool = False


class Embedded(BaseModel):
    """``count``: files with a prompt; ``unique``: distinct texts of theirs, of which ``updated``
    were embedded now, ``skipped`` are as they were and ``failed`` could not be; ``reasons`` counts
    why.
    """

    count: int
    unique: int
    updated: int
    skipped: int
    failed: int
    model: str
    seconds: float
    reasons: dict[str, int]


class PromptSearchRequest(ScopeRequest):
    """Words to look for by their meaning.

    ``ensure_embed``: read new prompts first; what takes longer than a few seconds goes on as a job.
    """

    query: str
    model: Optional[str] = None
    top_k: int = Field(50, description="files on a page, at most 500")
    min_score: float = Field(0.0, description="least cosine, from -1 to 1")
    cursor: str = ""
    recursive: bool = True
    ensure_embed: bool = True


class SimilarRequest(BaseModel):
    """A file whose like to look for; ``folder_paths``: only in these."""

    path: str
    folder_paths: Optional[list[str]] = at_most(MAX_FOLDERS, None)
    model: Optional[str] = None
    top_k: int = Field(50, description="files on a page, at most 500")
    min_score: float = Field(0.0, description="least cosine, from -1 to 1")
    cursor: str = ""
    recursive: bool = True


class Scored(BaseModel):
    """A file that was found, and the cosine of the prompts."""

    id: int
    path: str
    score: float
    sample_prompt: str


class FoundByMeaning(BaseModel):
    """A page of files, nearest first, in two forms.

    ``count``: distinct prompts compared. ``complete`` false: a job still reads prompts.
    """

    results: list[Scored]
    files: list[FileInfo]
    cursor: Cursor
    count: int
    model: str
    complete: bool
    job_id: str


class ChatMessage(BaseModel):
    """One message."""

    role: Literal["system", "user", "assistant", "developer"]
    content: str


class ChatRequest(BaseModel):
    """Messages, oldest first."""

    messages: list[ChatMessage] = at_most(MAX_READ)
    model: Optional[str] = None
    temperature: Optional[float] = None
    max_tokens: Optional[int] = None
    stream: bool = False


class ChatReply(BaseModel):
    """The message that answers."""

    role: str
    content: str


class Choice(BaseModel):
    """One answer."""

    index: int
    message: ChatReply
    finish_reason: str


class ChatAnswer(BaseModel):
    """The answer, as OpenAI's API gives it."""

    id: str
    object: str
    created: int
    model: str
    choices: list[Choice]


class AISettings(BaseModel):
    """How language models are used.

    ``has_key`` tells that there is one; the key itself is in no answer. ``provider``: local or
    service.
    """

    provider: str
    has_key: bool
    openai_base_url: str
    embedding_model: str
    ai_model: str
    topic_title_model: str
    prompt_normalize: str


class AISettingsChange(BaseModel):
    """What is to change; an empty text takes a setting back to that of the start.

    A new address without a key forgets the key.
    """

    openai_api_key: Optional[str] = None
    openai_base_url: Optional[str] = None
    embedding_model: Optional[str] = None
    ai_model: Optional[str] = None
    topic_title_model: Optional[str] = None
    prompt_normalize: Optional[str] = None


class SentenceModelState(BaseModel):
    """A sentence model, which runs here.

    ``state``: missing (its files or a package are not there), downloadable, loading, ready or damaged;
    ``reason`` says why it is not ready. ``path``: where its file is; ``folder``: where one may be put,
    under the name ``file``. ``addresses``: where the missing files are downloaded from.
    """

    name: str
    languages: str
    licence: str
    state: str
    reason: str
    path: str
    folder: str
    file: str
    size_bytes: int
    sha256: str
    addresses: list[str]


class Models(BaseModel):
    """Models that a request may ask for. ``embedding_model``: the one that finds by meaning unless asked
    otherwise.
    """

    models: list[str]
    embedding_model: str
    sentence_models: list[SentenceModelState]


class ModelRequest(BaseModel):
    """A sentence model by its name."""

    name: str


class DownloadState(JobState):
    """How far a download is, in bytes. ``result``: the folder of the files once it is completed."""

    result: Optional[str]


def said(request: BaseModel) -> set[str]:
    """Names of the fields that a body holds."""
    fields = getattr(request, "model_fields_set", None)
    return set(request.__fields_set__ if fields is None else fields)


def resolve_tops(core: Core, folder: str | None, folder_paths: list[str] | None) -> tuple[str, ...]:
    """The resolved folders of a request, each once; none for an empty list, which is the whole library.

    Raises InvalidRequest where it names none.
    """
    if folder is None and folder_paths is None:
        raise InvalidRequest("folder_paths: name the folders, or send an empty list for the whole library.")
    raw = [*(folder_paths or ()), *([folder] if folder is not None else [])]
    return resolve_folders(core, raw)


def resolve_folders(core: Core, raw: list[str]) -> tuple[str, ...]:
    """Folders, each once. One outside refuses all, whatever the others are."""
    for path in raw:
        core.access.resolve(path)
    return tuple(dict.fromkeys(core.access.resolve_folder(path) for path in raw))
