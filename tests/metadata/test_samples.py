"""Every field of every sample of a folder of real files, against its manifest."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from iib_core import metadata
from iib_core.metadata import GenerationInfo

SAMPLES = Path(os.environ["IIB_SAMPLES"]) if "IIB_SAMPLES" in os.environ else None
RATE_NEEDED = 0.98
FIELDS = ("positive", "negative", "steps", "sampler", "scheduler", "cfg", "seed", "size", "model", "model_hash", "loras", "source")

pytestmark = pytest.mark.skipif(SAMPLES is None, reason="IIB_SAMPLES names no folder of samples")


def _entries() -> list[dict[str, Any]]:
    if SAMPLES is None:
        return []
    manifest: list[dict[str, Any]] = json.loads((SAMPLES / "MANIFEST.json").read_text(encoding="utf-8"))["files"]
    return manifest


def _normal(value: Any) -> Any:
    if isinstance(value, str):
        return "\n".join(line.rstrip() for line in value.replace("\r\n", "\n").split("\n")).strip() or None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value) if abs(value) < 2**50 else value
    return None if value == [] else value


def _loras(value: Any) -> Any:
    return sorted((lora["name"], lora["weight"] if lora["weight"] is None else float(lora["weight"])) for lora in value or [])


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


def _misses(entry: dict[str, Any], info: GenerationInfo) -> list[str]:
    expected = entry["expected"] | {"source": entry["generator"]}
    accepted = entry["accept"] | {"source": entry.get("generator_accept", [])}
    misses = []
    for field, got in _got(info).items():
        if field == "loras":
            right = _loras(got) == _loras(expected[field])
        else:
            right = _normal(got) in [_normal(value) for value in (expected[field], *accepted.get(field, []))]
        if not right:
            misses.append(f"{field}: {str(got)[:120]!r}, wanted {str(expected[field])[:120]!r}")
    return misses


def test_nearly_all_stated_values_are_returned() -> None:
    missed: dict[str, list[str]] = {}
    entries = _entries()
    assert SAMPLES is not None
    for entry in entries:
        misses = _misses(entry, metadata.read(SAMPLES / entry["file"]))
        if misses:
            missed[entry["file"]] = misses
    for name, misses in missed.items():
        print(name, *misses, sep="\n    ")
    count = sum(len(misses) for misses in missed.values())
    assert 1 - count / (len(entries) * len(FIELDS)) >= RATE_NEEDED


@pytest.mark.parametrize("entry", [entry for entry in _entries() if entry["generator"] is None], ids=lambda entry: entry["file"])
def test_nothing_is_reported_for_files_of_no_generator(entry: dict[str, Any]) -> None:
    assert SAMPLES is not None
    info = metadata.read(SAMPLES / entry["file"])
    assert _got(info) == _got(GenerationInfo())
    assert info.infotext == ""
