"""The places of ComfyUI graphs in files, and the texts beside them."""

from __future__ import annotations

import json

import pytest

from iib_core.metadata import read_embedded
from iib_core.metadata.containers.embedded import Embedded, Text
from tests.metadata.test_comfyui import Graph, base, node, read_graph, sampler

WRITTEN = (
    "a dog\nNegative prompt: worse\nSteps: 20, Sampler: euler_karras, CFG scale: 7.0, Seed: {seed}, "
    "Size: 64x64, Model hash: ab12, Model: {model}"
)


def test_an_infotext_with_the_same_seed_has_priority() -> None:
    info = read_graph(base(), parameters=WRITTEN.format(seed=11, model="sdxl"))
    assert (info.prompt, info.model_hash, info.sampler, info.scheduler) == (
        "a dog",
        "ab12",
        "euler_karras",
        None,
    )


def _two_outputs() -> Graph:
    return base(
        latent2=node("EmptyLatentImage", width=512, height=512, batch_size=1),
        pos2=node("CLIPTextEncode", text="second", clip=["model", 1]),
        k2=node("KSampler", **sampler(seed=22, positive=["pos2", 0], latent_image=["latent2", 0])),
        save2=node("SaveImage", images=["k2", 0]),
    )


def test_the_output_with_the_stated_seed_is_chosen() -> None:
    info = read_graph(_two_outputs(), parameters="Steps: 20, Seed: 22, Sampler: Euler")
    assert (info.prompt, info.width, info.seed) == ("second", 512, 22)


def test_the_output_with_the_size_of_the_picture_is_chosen() -> None:
    text = Text("prompt", json.dumps(_two_outputs()), "tEXt")
    assert read_embedded(Embedded("png", 512, 512, texts=(text,))).prompt == "second"
    assert read_embedded(Embedded("png", 832, 1216, texts=(text,))).prompt == "a cat"
    assert read_embedded(Embedded("png", 99, 99, texts=(text,))).prompt == "a cat"


def test_an_infotext_with_another_seed_is_stale() -> None:
    info = read_graph(base(), parameters=WRITTEN.format(seed=0, model="other"))
    assert (
        info.prompt,
        info.negative_prompt,
        info.seed,
        info.width,
        info.model,
        info.model_hash,
    ) == (
        "a cat",
        "bad",
        11,
        832,
        "sdxl.safetensors",
        None,
    )


def test_an_infotext_replaces_a_graph_without_sampler() -> None:
    info = read_graph(
        {"0": node("EmptyLatentImage", width=8, height=8)},
        parameters=WRITTEN.format(seed=3, model="m"),
    )
    assert (info.prompt, info.seed, info.source) == ("a dog", 3, "ComfyUI")


@pytest.mark.parametrize(
    ("keyword", "where", "written"),
    [
        ("PROMPT", "mkv:Tag", "{graph}"),
        ("Make", "Exif:IFD0", "Prompt: {graph}"),
        ("Model", "Exif:IFD0", "prompt:{graph}"),
        (
            "UserComment",
            "Exif:ExifIFD",
            '{{"prompt": {graph}, "workflow": {{"nodes": [], "links": []}}}}',
        ),
        ("metadata", "svg", '{{"prompt": {graph}}}'),
        (
            "XMP",
            "XMP",
            "<x:xmpmeta><rdf:RDF><rdf:Description><comfy:prompt>{graph}</comfy:prompt></rdf:Description></rdf:RDF></x:xmpmeta>",
        ),
        ("prompt", "tEXt", "{graph}\0"),
    ],
)
def test_a_graph_is_found_under_any_keyword(keyword: str, where: str, written: str) -> None:
    text = Text(keyword, written.format(graph=json.dumps(base())), where)
    assert read_embedded(Embedded("png", texts=(text,))).seed == 11


def test_a_comment_with_the_graph_as_text() -> None:
    text = Text("comment", json.dumps({"prompt": json.dumps(base()), "workflow": "{}"}), "mp4:ilst")
    assert read_embedded(Embedded("mp4", texts=(text,))).prompt == "a cat"
