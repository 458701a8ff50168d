"""Models of the routes of language models."""

from __future__ import annotations

from typing import Literal, Optional

from pydantic import BaseModel, Field

from iib_core.routes.shared.jobs import JobState
from iib_core.routes.shared.models import MAX_FOLDERS, MAX_READ, Cursor, FileInfo, at_most
from iib_core.routes.shared.scopes import ScopeRequest

_TOP_K = "files on a page, at most 500"
_MIN_SCORE = "lowest cosine similarity, from -1 to 1"


class EmbedRequest(ScopeRequest):
    """Which prompts to embed.

    ``force``: embed again what has a vector; ``background``: answer at once, with a job.
    """

    model: Optional[str] = None
    force: bool = False
    batch_size: int = Field(64, description="texts in one request to a service, at most 512")
    max_chars: int = Field(4000, description="characters of a text that are used")
    recursive: bool = False
    background: bool = False


class Embedded(BaseModel):
    """The vectors of a scope.

    ``count``: files with a prompt; ``unique``: their distinct texts. Of these, ``updated`` were
    embedded now, ``skipped`` had a vector, and ``failed`` have none; ``reasons`` counts why.
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
    """Words to search for by their meaning.

    ``ensure_embed``: embed new prompts first; if that takes longer than a few seconds, a job
    continues.
    """

    query: str
    model: Optional[str] = None
    top_k: int = Field(50, description=_TOP_K)
    min_score: float = Field(0.0, description=_MIN_SCORE)
    cursor: str = ""
    recursive: bool = True
    ensure_embed: bool = True


class SimilarRequest(BaseModel):
    """A file to find similar ones of: by its prompt, by its look (nearly the same picture), or by
    content (what a model sees in it). ``folder_paths``: only in these folders.
    """

    path: str
    by: Literal["prompt", "look", "content"] = "prompt"
    folder_paths: Optional[list[str]] = at_most(MAX_FOLDERS, None)
    model: Optional[str] = None
    top_k: int = Field(50, description=_TOP_K)
    min_score: float = Field(0.0, description=_MIN_SCORE)
    cursor: str = ""
    recursive: bool = True


class Scored(BaseModel):
    """A result, and the cosine similarity of the prompts."""

    id: int
    path: str
    score: float
    sample_prompt: str


class FoundByMeaning(BaseModel):
    """A page of results, most similar first, in two forms.

    ``count``: number of distinct prompts that were compared. ``complete``: false while a job still
    embeds prompts.
    """

    results: list[Scored]
    files: list[FileInfo]
    cursor: Cursor
    count: int
    model: str
    complete: bool
    job_id: str


class FoundByPrompt(FoundByMeaning):
    """The same, with what was asked for; ``folder`` is null if the request had none."""

    query: str
    folder: Optional[str]
    top_k: int


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
    """The message of the answer."""

    role: str
    content: str


class Choice(BaseModel):
    """One answer."""

    index: int
    message: ChatReply
    finish_reason: str


class ChatAnswer(BaseModel):
    """The answer, in the form of OpenAI's API."""

    id: str
    object: str
    created: int
    model: str
    choices: list[Choice]


class AISettings(BaseModel):
    """The settings of language models.

    ``has_key``: whether a key is set; no answer contains the key. ``provider``: local or service.
    """

    provider: str
    has_key: bool
    openai_base_url: str
    embedding_model: str
    ai_model: str
    topic_title_model: str
    prompt_normalize: str


class AISettingsChange(BaseModel):
    """The settings to change. An empty text restores the value of the startup configuration.

    A new address without a key removes the key.
    """

    openai_api_key: Optional[str] = None
    openai_base_url: Optional[str] = None
    embedding_model: Optional[str] = None
    ai_model: Optional[str] = None
    topic_title_model: Optional[str] = None
    prompt_normalize: Optional[str] = None


class TestedService(BaseModel):
    """The model that answered, and how many numbers its vectors have."""

    model: str
    dimensions: int


class SentenceModelState(BaseModel):
    """A sentence model, which runs here.

    ``state``: missing (its files or a package are not installed), downloadable, loading, ready or
    damaged; ``reason`` says why it is not ready. ``path``: of its file; ``folder``: where one may
    be put, under the name ``file``. ``addresses``: where the missing files are downloaded from.
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


class ModelDownload(BaseModel):
    """The download of a sentence model that was started last, in bytes."""

    job_id: str
    name: str
    status: str
    done: int
    total: int
    error: str


class Models(BaseModel):
    """Models that a request may name. ``embedding_model``: the one that searches by meaning by
    default.
    """

    models: list[str]
    embedding_model: str
    sentence_models: list[SentenceModelState]
    download: Optional[ModelDownload]


class ModelRequest(BaseModel):
    """The name of a sentence model."""

    name: str


class DownloadState(JobState):
    """The state of a download, in bytes. ``result``: the folder of the files once it is completed."""

    result: Optional[str]
