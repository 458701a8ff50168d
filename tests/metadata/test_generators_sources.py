"""Detecting the program that wrote an infotext."""

from __future__ import annotations

import pytest

from iib_core.metadata import read_embedded
from tests.metadata.test_generators import LINE, texts

SOURCES: dict[str, tuple[str, str]] = {
    "plain": ("", "AUTOMATIC1111"),
    "a1111": (", Version: v1.10.1", "AUTOMATIC1111"),
    "forge": (", Version: f2.0.1v1.10.1-previous-313-g8a042934", "Forge"),
    "reforge": (", Version: f1.0.0v2-v1.10.1RC-latest-2498-g5120e679", "Forge"),
    "neo": (", Version: neo", "Forge"),
    "classic": (", Version: classic", "Forge"),
    "forge by keys": (", Distilled CFG Scale: 3.5", "Forge"),
    "sd.next": (", App: SD.Next, Version: 56a8aea", "SD.Next"),
    "old sd.next": (", Version: 0a083c2, Parser: Full parser", "SD.Next"),
    "sd.cpp": (", Version: stable-diffusion.cpp", "stable-diffusion.cpp"),
    "comfyui saver": (", Version: ComfyUI", "ComfyUI"),
    "comfyui by model file": (", Model: a.safetensors", "ComfyUI"),
    "civitai": (', Civitai resources: [{"type":"checkpoint","modelVersionId":1}]', "Civitai"),
    "fooocus": (", Version: Fooocus v2.5.5", "Fooocus"),
}


@pytest.mark.parametrize(("ending", "source"), SOURCES.values(), ids=SOURCES.keys())
def test_source_of_an_infotext(ending: str, source: str) -> None:
    assert read_embedded(texts(("parameters", f"a cat\n{LINE}{ending}"))).source == source
