"""Every field of every sample in the folders of real files, compared with their manifests."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from iib_core import metadata
from iib_core.metadata import GenerationInfo
from iib_core.metadata.values import stem

FOLDERS = [
    Path(os.environ[name]) for name in ("IIB_SAMPLES", "IIB_SAMPLES_2") if name in os.environ
]
RATE_NEEDED = 0.98
FILE_MAX_S = 0.1
FIELDS = (
    "positive",
    "negative",
    "steps",
    "sampler",
    "scheduler",
    "cfg",
    "seed",
    "size",
    "model",
    "model_hash",
    "loras",
    "source",
)
# A saver node writes this for an input without a connection; the manifests have it like the file.
UNCONNECTED = "unknown"

pytestmark = pytest.mark.skipif(
    not FOLDERS, reason="IIB_SAMPLES and IIB_SAMPLES_2 name no folder of samples"
)


def _entries(folder: Path) -> list[dict[str, Any]]:
    manifest: list[dict[str, Any]] = json.loads(
        (folder / "MANIFEST.json").read_text(encoding="utf-8")
    )["files"]
    return manifest


def _normal(value: Any) -> Any:
    if isinstance(value, str):
        return (
            "\n".join(line.rstrip() for line in value.replace("\r\n", "\n").split("\n")).strip()
            or None
        )
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value) if abs(value) < 2**50 else value
    return None if value == [] else value


def _comparable(field: str, value: Any) -> Any:
    """Models and LoRAs without their folders, as in some manifests."""
    if field == "loras":
        return sorted(
            {
                (
                    stem(lora["name"]),
                    lora["weight"] if lora["weight"] is None else float(lora["weight"]),
                )
                for lora in value or []
            }
        )
    return stem(value) if field == "model" and value else _normal(value)


def _got(info: GenerationInfo) -> dict[str, Any]:
    return {
        "positive": info.prompt,
        "negative": info.negative_prompt,
        "steps": info.steps,
        "sampler": info.sampler,
        "scheduler": info.scheduler,
        "cfg": info.cfg_scale,
        "seed": info.seed,
        "size": f"{info.width}x{info.height}" if info.width else None,
        "model": info.model,
        "model_hash": info.model_hash,
        "loras": [{"name": lora.name, "weight": lora.weight} for lora in info.loras],
        "source": info.source,
    }


def _stated(entry: dict[str, Any]) -> dict[str, Any]:
    """The fields that the file states."""
    expected = entry["expected"] | {"source": entry["generator"]}
    is_unconnected = expected["positive"] == UNCONNECTED
    left_out = ("positive", "negative", "size") if is_unconnected else ()
    return {
        field: expected[field]
        for field in FIELDS
        if _normal(expected[field]) is not None and field not in left_out
    }


def _misses(entry: dict[str, Any], info: GenerationInfo) -> Iterator[str]:
    accepted = entry["accept"] | {"source": entry.get("generator_accept", [])}
    got = _got(info)
    for field, wanted in _stated(entry).items():
        if field == "positive" and entry.get("positive_parts"):
            is_right = all(
                _normal(part) in (_normal(info.prompt) or "") for part in entry["positive_parts"]
            )
        else:
            is_right = _comparable(field, got[field]) in [
                _comparable(field, value) for value in (wanted, *accepted.get(field, []))
            ]
        if not is_right:
            yield f"{field}: {str(got[field])[:120]!r}, wanted {str(wanted)[:120]!r}"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_nearly_all_stated_values_are_returned(folder: Path) -> None:
    entries = _entries(folder)
    missed = {
        entry["file"]: misses
        for entry in entries
        if (misses := list(_misses(entry, metadata.read(folder / entry["file"]))))
    }
    for name, misses in missed.items():
        print(name, *misses, sep="\n    ")
    assert (
        1 - sum(map(len, missed.values())) / sum(len(_stated(entry)) for entry in entries)
        >= RATE_NEEDED
    )


def _all() -> list[Any]:
    return [
        pytest.param(folder, entry, id=f"{folder.name}/{entry['file']}")
        for folder in FOLDERS
        for entry in _entries(folder)
    ]


@pytest.mark.parametrize(
    ("folder", "entry"), [case for case in _all() if case.values[1].get("must_be_empty")]
)
def test_missing_values_stay_empty(folder: Path, entry: dict[str, Any]) -> None:
    got = _got(metadata.read(folder / entry["file"]))
    assert {
        field: got[field] for field in entry["must_be_empty"] if _normal(got[field]) is not None
    } == {}


@pytest.mark.parametrize(
    ("folder", "entry"), [case for case in _all() if case.values[1]["generator"] is None]
)
def test_nothing_is_reported_for_files_of_no_generator(folder: Path, entry: dict[str, Any]) -> None:
    info = metadata.read(folder / entry["file"])
    assert _got(info) == _got(GenerationInfo())
    assert info.infotext == ""


@pytest.mark.timing
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_no_file_takes_long(folder: Path) -> None:
    slow = {}
    for entry in _entries(folder):
        path = folder / entry["file"]
        best = min(_seconds(path) for _round in range(2))
        if best > FILE_MAX_S:
            slow[entry["file"]] = best
    assert slow == {}


def _seconds(path: Path) -> float:
    started = time.thread_time()
    metadata.read(path)
    return time.thread_time() - started
