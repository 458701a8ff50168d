"""ComfyUI's service nodes: pictures that a remote service made."""

from __future__ import annotations

import json
from typing import Any

import pytest

from iib_core.metadata import GenerationInfo, read_embedded
from iib_core.metadata.containers.embedded import Embedded, Text

from .test_comfyui import base, node, read_graph

SAVE = node("SaveImageAdvanced", images=["s", 0], filename_prefix="x", format="png")
SAVE["inputs"]["format.bit_depth"] = "8-bit"


def service(kind: str, inputs: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"s": {"class_type": kind, "inputs": inputs}, "save": SAVE, **more}


CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "all under the model": (
        service(
            "FoxTextToImageApi",
            {
                "model": "fox 4",
                "model.prompt": "a hill",
                "model.size": "(1K) 864x1152 (3:4)",
                "model.seed": 7,
            },
        ),
        {"prompt": "a hill", "model": "fox 4", "seed": 7, "width": 864, "height": 1152},
    ),
    "prompt apart": (
        service(
            "HillNodeV3",
            {
                "prompt": "a hill",
                "model": "hill pro",
                "model.seed": 8,
                "model.size_preset": "(2K) 2848x1600 (16:9)",
            },
        ),
        {"prompt": "a hill", "model": "hill pro", "seed": 8, "width": 2848, "height": 1600},
    ),
    "a dotted link": (
        service(
            "FoxEditApi",
            {"model": "fox 4", "model.prompt": ["t", 0], "model.seed": 1},
            t=node("PrimitiveStringMultiline", value="a hill at dusk"),
        ),
        {"prompt": "a hill at dusk", "model": "fox 4"},
    ),
    "a choice inside of a choice": (
        service(
            "DeepApi",
            {
                "provider": "p",
                "provider.model": "m 2",
                "provider.model.prompt": "a hill",
                "provider.model.seed": 5,
            },
        ),
        {"prompt": "a hill", "model": "m 2", "seed": 5},
    ),
    "width and height": (
        service(
            "UltraImageNode",
            {
                "prompt": "a hill",
                "width": 640,
                "height": 320,
                "seed": 3,
                "steps": 28,
                "guidance": 3.0,
            },
        ),
        {
            "prompt": "a hill",
            "width": 640,
            "height": 320,
            "steps": 28,
            "parameters": {"Service": "UltraImageNode", "Guidance": "3"},
        },
    ),
    "a video": (
        service(
            "WalkToVideoApi",
            {
                "model": "walk 1.0",
                "model.prompt": "a hill",
                "model.duration": 5,
                "model.resolution": "720P",
                "seed": 3,
            },
        ),
        {
            "prompt": "a hill",
            "seed": 3,
            "parameters": {"Service": "WalkToVideoApi", "Duration": "5", "Resolution": "720P"},
        },
    ),
    "without a seed": (
        service(
            "WalkCameraNode",
            {
                "prompt": "a hill",
                "negative_prompt": "fog",
                "cfg_scale": 0.75,
                "aspect_ratio": "16:9",
                "camera_control": ["c", 0],
            },
        ),
        {
            "prompt": "a hill",
            "seed": None,
            "parameters": {"Service": "WalkCameraNode", "Guidance": "0.75", "Aspect ratio": "16:9"},
        },
    ),
    "a picture of a family of chats": (
        service("GeminiNanoBanana2", {"prompt": "a hill", "model": "nano 2", "seed": 3}),
        {"prompt": "a hill", "model": "nano 2"},
    ),
    "a picture to change": (
        service(
            "FoxEditApi",
            {"prompt": "at night", "seed": 3, "image": ["i", 0]},
            i=node("LoadImage", image="day.png"),
        ),
        {"prompt": "at night", "parameters": {"Service": "FoxEditApi", "Input image": "day.png"}},
    ),
}


@pytest.mark.parametrize(("graph", "wanted"), CASES.values(), ids=CASES.keys())
def test_the_request_to_a_service(graph: dict[str, Any], wanted: dict[str, Any]) -> None:
    info = read_graph(graph)
    assert {name: getattr(info, name) for name in wanted} == wanted
    assert (info.source, info.negative_prompt) == ("ComfyUI", "fog" if "fog" in str(graph) else "")


def _beside_a_sampler(width: int, height: int) -> GenerationInfo:
    """A file of that size with a sampler of 832x1216 and a service in its graph, both saved."""
    graph = base(
        s=node("PaintImage1", prompt="a boat", seed=1), save2=node("SaveImage", images=["s", 0])
    )
    return read_embedded(
        Embedded("png", width, height, texts=(Text("prompt", json.dumps(graph), "tEXt"),))
    )


def test_a_sampler_that_cannot_make_the_picture_is_a_leftover() -> None:
    info = _beside_a_sampler(1024, 1024)
    assert (info.prompt, info.negative_prompt, info.steps, info.model) == ("a boat", "", None, None)


@pytest.mark.parametrize("times", [1, 2])
def test_a_sampler_with_the_size_of_the_picture_made_it(times: int) -> None:
    info = _beside_a_sampler(832 * times, 1216 * times)
    assert (info.prompt, info.steps) == ("a cat", 20)


def test_a_saved_service_has_priority_over_a_previewed_sampler() -> None:
    graph = base(
        save=node("PreviewImage", images=["decode", 0]),
        s=node("PaintImage1", prompt="a boat", seed=1),
        save2=node("SaveImage", images=["s", 0]),
    )
    assert read_graph(graph).prompt == "a boat"


@pytest.mark.parametrize(
    "other",
    [
        node("RegionWiseSampler", seed=5, prompt="ratio between", samples=["latent", 0]),
        node("ImagePromptHelper", seed=5, prompt="a wildcard"),
        node("ChatNode", seed=5, prompt="say a prompt", model="chat 5"),
    ],
)
def test_local_nodes_and_text_writers_are_no_services(other: dict[str, Any]) -> None:
    graph = {
        "latent": node("EmptyLatentImage", width=64, height=64),
        "o": other,
        "save": node("SaveImage", images=["o", 0]),
    }
    assert "Service" not in read_graph(graph).parameters
