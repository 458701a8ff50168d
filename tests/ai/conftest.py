"""A language model service on loopback, and a library with themes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.openai_server import OpenAIServer
from iib_core.db import images
from iib_core.index import reader
from tests.conftest import Served

THEMES = {
    "fox": [
        "a red fox in the snow, winter forest, fluffy tail",
        "a red fox in the snow, winter forest, sharp eyes",
        "red fox, winter forest, snow, bushes",
    ],
    "city": [
        "neon city at night, skyscrapers, wet streets",
        "neon city at night, skyscrapers, flying cars",
        "city at night, neon, skyscrapers, rain",
    ],
    "sea": [
        "ocean waves under a full moon, calm sea",
        "ocean waves, full moon, calm sea, reflections",
        "calm sea, ocean waves, moon",
    ],
}


@pytest.fixture
def service() -> Iterator[OpenAIServer]:
    server = OpenAIServer(dim=64)
    yield server
    server.close()


@pytest.fixture
def put(tmp_path: Path) -> Callable[..., Path]:
    """A function that adds files with these prompts to a library, on its disk and in its index.

    Its argument is a prompt by name.
    """
    root = tmp_path / "themed"

    def write(served: Served, prompts: dict[str, str]) -> Path:
        # The first update has ended, so it does not read the files as they are on the disk.
        served.core.index.update()
        rows = []
        for at, (name, prompt) in enumerate(prompts.items()):
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"this is {name}")
            os.utime(path, (1_700_000_000 + at, 1_700_000_000 + at))
            status = path.stat()
            tags = [
                ("model", "fox_v1" if at % 2 else "sea_v2"),
                ("source", "Forge"),
                ("media", "image"),
            ]
            infotext = f"{prompt}\nSteps: 20, Seed: {at}"
            rows.append(
                images.ImageRow(
                    str(path),
                    "image",
                    status.st_mtime_ns,
                    status.st_size,
                    0,
                    reader=reader.VERSION,
                    prompt=prompt,
                    infotext=infotext,
                    model=tags[0][1],
                    source="Forge",
                    tags=tags,
                )
            )
        with served.core.db.write() as conn:
            images.upsert_many(conn, rows)
        return root

    (root / "x").mkdir(parents=True)
    (root / "x").rmdir()
    return write


def themed(copies: int = 2) -> dict[str, str]:
    """Names and prompts: three themes of three prompts with several seeds each, and one other file."""
    found = {
        f"{theme}-{at}-{seed}.png": prompt
        for theme, prompts in THEMES.items()
        for at, prompt in enumerate(prompts)
        for seed in range(copies)
    }
    return {**found, "alone.png": "a bowl of strawberries on a wooden table"}


def finished(served: Served, route: str, job_id: str) -> dict[str, Any]:
    """The state of a job when it has ended."""
    ends_at = time.monotonic() + 60
    while time.monotonic() < ends_at:
        state = served.get(route, job_id=job_id).json()
        if state["status"] != "running":
            return state
        time.sleep(0.02)
    raise AssertionError("the job does not end")


def cluster(served: Served, **body: Any) -> dict[str, Any]:
    """The state of a finished search for topics."""
    answer = served.post("/db/cluster_iib_output_job_start", {"folder_paths": [], **body})
    assert answer.status_code == 200, answer.text
    return finished(served, "/db/cluster_iib_output_job_status", answer.json()["job_id"])


def groups(result: dict[str, Any]) -> set[frozenset[str]]:
    """The topics as sets of file names."""
    return {
        frozenset(os.path.basename(path) for path in found["paths"]) for found in result["clusters"]
    }


def by_theme(copies: int = 2) -> set[frozenset[str]]:
    """The expected topics of ``themed``."""
    return {
        frozenset(name for name in themed(copies) if name.startswith(theme)) for theme in THEMES
    }
