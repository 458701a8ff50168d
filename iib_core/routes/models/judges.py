"""Bodies and answers of the routes of judges."""

from __future__ import annotations

from typing import Optional

from pydantic import BaseModel, Field


class JudgeRequest(BaseModel):
    """A judge by its name: nsfw, tags or aesthetic."""

    name: str


class Judge(BaseModel):
    """A judge. ``state``: off, working, waiting, done or failed. ``reason``: what is missing, or
    why it failed. ``has_results``: it has judged, now or before it was turned off.
    """

    name: str
    on: bool
    state: str
    reason: str
    done: int
    total: int
    rate: float
    seconds_left: Optional[float] = None
    has_results: bool


class Judges(BaseModel):
    """All judges."""

    judges: list[Judge]


class MachineTagOfFile(BaseModel):
    """A tag that a model has given, its category, and how sure the model is, from 0 to 1."""

    name: str
    category: str
    confidence: float


class Judgement(BaseModel):
    """What models think of a file. A score is null where none has judged it."""

    path: str = Field(description="as it was asked for")
    aesthetic: Optional[float] = None
    nsfw: Optional[float] = None
    tags: list[MachineTagOfFile]
