"""Prompts that a language model wrote: its instructions are never the prompt."""

from __future__ import annotations

import json
from typing import Any

import pytest

from iib_core.metadata import GenerationInfo, read_embedded
from iib_core.metadata.containers.embedded import Embedded, Text

from .test_comfyui import base, node, read_graph

ORDER = "You are an expert. Expand this idea into a detailed prompt and never ask questions."
WROTE = "A fox of copper and dew stands on a hill at dawn"


def written(**nodes: Any) -> dict[str, Any]:
    """A graph whose positive text comes from node 'w' or its inputs."""
    return base(pos=node("CLIPTextEncode", text=["w", 0], clip=["model", 1]), **nodes)


CASES: dict[str, tuple[dict[str, Any], str]] = {
    "an order alone": (
        written(w=node("TextGenerate", prompt=ORDER, clip=["model", 1], max_length=99)),
        "",
    ),
    "an idea alone": (
        written(w=node("TextGenerate", prompt="a fox on a hill", clip=["model", 1])),
        "a fox on a hill",
    ),
    "an order before the idea": (
        written(
            w=node("TextGenerate", prompt=["j", 0], clip=["model", 1]),
            j=node("StringConcatenate", string_a=ORDER, string_b=["i", 0], delimiter="\n"),
            i=node("PrimitiveStringMultiline", value="a fox on a hill"),
        ),
        "a fox on a hill",
    ),
    "the order in an input of its own": (
        written(w=node("OllamaGenerateV2", system=ORDER, prompt="a fox on a hill", model="x")),
        "a fox on a hill",
    ),
    "what it wrote, shown": (
        written(
            w=node("ShowText|pack", text=["g", 0], text_0=WROTE),
            g=node("TextGenerate", prompt=ORDER, clip=["model", 1]),
        ),
        WROTE,
    ),
    "what it wrote, kept in the node": (
        written(w=node("LLMChat", prompt=ORDER, response=WROTE)),
        WROTE,
    ),
    "an order among the values, the idea by a link": (
        written(
            w=node(
                "GemmaEnhancePrompt",
                prompt=["i", 0],
                system_prompt=ORDER,
                text=ORDER,
                clip=["model", 1],
            ),
            i=node("PrimitiveStringMultiline", value="a fox on a hill"),
        ),
        "a fox on a hill",
    ),
    "a caption of a picture": (
        written(
            w=node("Florence2Run", image=["i", 0], task="caption", text_input=""),
            i=node("LoadImage", image="a.png"),
        ),
        "",
    ),
    "shown, but not a model's": (
        written(
            w=node("ShowText|pack", text=["i", 0], text_0="of the run before"),
            i=node("PrimitiveString", value="a hill"),
        ),
        "a hill",
    ),
}


@pytest.mark.parametrize(("graph", "prompt"), CASES.values(), ids=CASES.keys())
def test_the_prompt_is_the_written_text_or_the_idea(graph: dict[str, Any], prompt: str) -> None:
    info = read_graph(graph)
    assert info.prompt == prompt
    assert ("Prompt written by" in info.parameters) == (
        "ShowText" not in json.dumps(graph) or prompt == WROTE
    )
    assert info.negative_prompt == "bad"


@pytest.mark.parametrize("kind", ["ShowText|pack", "PreviewAny", "easy showAnything"])
@pytest.mark.parametrize("values", [[WROTE], [[WROTE]], {"text": WROTE}])
def test_a_text_that_only_the_workflow_stores_is_found(kind: str, values: Any) -> None:
    name = {"ShowText|pack": "text", "PreviewAny": "source", "easy showAnything": "anything"}[kind]
    graph = written(
        w=node(kind, **{name: ["g", 0]}), g=node("TextGenerate", prompt=ORDER, clip=["model", 1])
    )
    workflow = {
        "nodes": [{"id": "w", "type": kind, "widgets_values": values}],
        "links": [],
        "last_node_id": 9,
    }
    assert read_graph(graph, workflow=json.dumps(workflow)).prompt == WROTE


def test_a_text_shown_in_a_workflow_alone() -> None:
    nodes = [
        {
            "id": 1,
            "type": "TextGenerate",
            "widgets_values": [ORDER, 256],
            "inputs": [{"name": "clip", "type": "CLIP", "link": None}],
        },
        {
            "id": 2,
            "type": "PreviewAny",
            "widgets_values": [WROTE],
            "inputs": [{"name": "source", "type": "*", "link": 1}],
        },
        {
            "id": 3,
            "type": "CLIPTextEncode",
            "widgets_values": [""],
            "inputs": [{"name": "text", "type": "STRING", "link": 2, "widget": {"name": "text"}}],
        },
        {
            "id": 4,
            "type": "KSampler",
            "widgets_values": [1, "fixed", 9, 3.0, "euler", "simple", 1.0],
            "inputs": [{"name": "positive", "link": 3}],
        },
        {
            "id": 5,
            "type": "SaveImage",
            "widgets_values": ["x"],
            "inputs": [{"name": "images", "link": 4}],
        },
    ]
    links = [
        [1, 1, 0, 2, 0, "STRING"],
        [2, 2, 0, 3, 0, "STRING"],
        [3, 3, 0, 4, 0, "CONDITIONING"],
        [4, 4, 0, 5, 0, "IMAGE"],
    ]
    assert _read_workflow({"nodes": nodes, "links": links, "last_node_id": 5}).prompt == WROTE


def _read_workflow(document: dict[str, Any]) -> GenerationInfo:
    return read_embedded(Embedded("png", texts=(Text("workflow", json.dumps(document), "tEXt"),)))


@pytest.mark.parametrize(
    ("index", "prompt"), [(0, "红色的狐狸"), (1, "café au lait"), (7, "红色的狐狸")]
)
def test_a_text_is_selected_from_a_list_by_index(index: int, prompt: str) -> None:
    graph = written(
        w=node("SwitchByIndex", A=["j", 0], index=index),
        j=node(
            "JoinStringMulti",
            inputcount=2,
            string_1=["a", 0],
            string_2=["b", 0],
            delimiter="|",
            return_list=True,
        ),
        a=node("PrimitiveString", value="红色的狐狸"),
        b=node("PrimitiveString", value="café au lait"),
    )
    assert read_graph(graph).prompt == prompt


def test_an_input_is_selected_by_letter() -> None:
    graph = written(
        w=node("SwitchByIndex", A=["a", 0], B=["b", 0], index=1),
        a=node("PrimitiveString", value="one"),
        b=node("PrimitiveString", value="two"),
    )
    assert read_graph(graph).prompt == "two"
