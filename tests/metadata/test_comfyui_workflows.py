"""Workflows of ComfyUI's front end, converted to graphs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from iib_core.metadata import GenerationInfo, Lora, read_embedded
from iib_core.metadata.containers.embedded import Embedded, Text

Node = dict[str, Any]
KSAMPLER = [11, "randomize", 20, 7.0, "euler", "karras", 1.0]


class Canvas:
    """Builds a workflow: nodes with inputs by name, linked as (node id, slot)."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.links: list[list[Any]] = []

    def add(
        self,
        key: int,
        kind: str,
        widgets: Any = (),
        mode: int = 0,
        outputs: tuple[str, ...] = ("X",),
        **inputs: tuple[int, int] | None,
    ) -> Canvas:
        declared = []
        for slot, (name, origin) in enumerate(inputs.items()):
            link = self.link(*origin, key, slot) if origin else None
            declared.append({"name": name, "type": name.rstrip("0123456789").upper(), "link": link})
        values = widgets if isinstance(widgets, dict) else list(widgets)
        self.nodes.append(
            {
                "id": key,
                "type": kind,
                "mode": mode,
                "widgets_values": values,
                "inputs": declared,
                "outputs": [{"type": kind} for kind in outputs],
            }
        )
        return self

    def link(self, origin: int, slot: int, target: int, target_slot: int) -> int:
        self.links.append([len(self.links) + 1, origin, slot, target, target_slot, "*"])
        return len(self.links)

    def document(self, **more: Any) -> dict[str, Any]:
        return {"nodes": self.nodes, "links": self.links, "version": 0.4, **more}


def canvas(
    *,
    model: tuple[int, int] = (1, 0),
    positive: tuple[int, int] = (2, 0),
    latent: tuple[int, int] = (4, 0),
) -> Canvas:
    built = Canvas().add(
        1, "CheckpointLoaderSimple", ["sdxl.safetensors"], outputs=("MODEL", "CLIP", "VAE")
    )
    built.add(2, "CLIPTextEncode", ["a cat"], clip=(1, 1)).add(
        3, "CLIPTextEncode", ["bad"], clip=(1, 1)
    ).add(4, "EmptyLatentImage", [832, 1216, 1])
    built.add(
        5,
        "KSampler",
        KSAMPLER,
        model=model,
        positive=positive,
        negative=(3, 0),
        latent_image=latent,
    )
    return built.add(6, "VAEDecode", samples=(5, 0), vae=(1, 2)).add(
        7, "SaveImage", ["x"], images=(6, 0)
    )


def read_workflow(document: dict[str, Any]) -> GenerationInfo:
    return read_embedded(Embedded("png", texts=(Text("workflow", json.dumps(document), "tEXt"),)))


CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "plain": (
        canvas().document(),
        {
            "prompt": "a cat",
            "negative_prompt": "bad",
            "seed": 11,
            "steps": 20,
            "cfg_scale": 7.0,
            "sampler": "euler",
            "scheduler": "karras",
            "width": 832,
        },
    ),
    "reroute": (
        canvas(positive=(9, 0))
        .add(8, "Reroute", **{"": (2, 0)})
        .add(9, "Reroute", **{"": (8, 0)})
        .document(),
        {"prompt": "a cat"},
    ),
    "bypassed": (
        canvas(model=(9, 0))
        .add(
            9,
            "LoraLoader",
            ["off.pt", 1, 1],
            mode=4,
            outputs=("MODEL", "CLIP"),
            model=(1, 0),
            clip=(1, 1),
        )
        .document(),
        {"loras": (), "model": "sdxl.safetensors"},
    ),
    "lora": (
        canvas(model=(9, 0))
        .add(
            9, "LoraLoader", ["on.pt", 0.6, 1], outputs=("MODEL", "CLIP"), model=(1, 0), clip=(1, 1)
        )
        .document(),
        {"loras": (Lora("on.pt", 0.6),)},
    ),
    "muted sampler": (
        canvas()
        .add(
            9,
            "KSampler",
            [99, "fixed", *KSAMPLER[2:]],
            mode=2,
            model=(1, 0),
            positive=(3, 0),
            negative=(2, 0),
            latent_image=(4, 0),
        )
        .document(),
        {"seed": 11, "prompt": "a cat"},
    ),
    "setter and getter": (
        canvas(positive=(9, 0))
        .add(8, "SetNode", ["P"], CONDITIONING=(2, 0))
        .add(9, "GetNode", ["P"])
        .document(),
        {"prompt": "a cat"},
    ),
    "primitive": (
        canvas(positive=(8, 0))
        .add(8, "CLIPTextEncode", ["old"], clip=(1, 1), text=(9, 0))
        .add(9, "PrimitiveNode", ["new words", "fixed"])
        .document(),
        {"prompt": "new words"},
    ),
    "comments": (
        canvas(positive=(8, 0))
        .add(8, "CLIPTextEncode", ["a /* not\nthis */ cat // nor this\nhere"], clip=(1, 1))
        .document(),
        {"prompt": "a  cat \nhere"},
    ),
    "named widgets": (
        canvas(positive=(8, 0))
        .add(8, "Odd Encoder", {"text": "by name", "other": 3}, clip=(1, 1))
        .document(),
        {"prompt": "by name"},
    ),
    "guessed widgets": (
        canvas(positive=(8, 0))
        .add(8, "Odd Encoder", ["normal", "some odd text"], clip=(1, 1))
        .document(),
        {"prompt": "some odd text"},
    ),
    "link to nowhere": (
        canvas(positive=(44, 0)).document(),
        {"prompt": "", "negative_prompt": "bad"},
    ),
}


@pytest.mark.parametrize(("document", "wanted"), CASES.values(), ids=CASES.keys())
def test_workflow(document: dict[str, Any], wanted: dict[str, Any]) -> None:
    info = read_workflow(document)
    assert {name: getattr(info, name) for name in wanted} == wanted
    assert (info.source, info.workflow) == ("ComfyUI", document)


def test_any_number_of_reroutes_leads_to_the_origin() -> None:
    built = canvas(positive=(1000, 0)).add(100, "Reroute", **{"": (2, 0)})
    for key in range(101, 1001):
        built.add(key, "Reroute", **{"": (key - 1, 0)})
    assert read_workflow(built.document()).prompt == "a cat"


def test_reroutes_in_a_circle_lead_nowhere() -> None:
    built = canvas(positive=(9, 0)).add(8, "Reroute", **{"": (9, 0)})
    info = read_workflow(built.add(9, "Reroute", **{"": (8, 0)}).document())
    assert (info.negative_prompt, info.seed) == ("bad", 11)


def test_widgets_are_named_by_the_inputs_that_declare_them() -> None:
    built = canvas(latent=(8, 0)).add(8, "Odd Latent", [640, 448, 9, "fixed", 5])
    built.nodes[-1]["inputs"] = [
        {"name": name, "link": None, "widget": {"name": name}}
        for name in ("width", "height", "seed", "frames")
    ]
    info = read_workflow(built.document())
    assert (info.width, info.height) == (640, 448)


def _subgraph() -> dict[str, Any]:
    """A subgraph that encodes: inputs clip and text, output conditioning."""
    inner = {
        "id": 1,
        "type": "CLIPTextEncode",
        "mode": 0,
        "widgets_values": ["inside"],
        "outputs": [{"type": "CONDITIONING"}],
    }
    inner["inputs"] = [
        {"name": "clip", "link": 1},
        {"name": "text", "link": 2, "widget": {"name": "text"}},
    ]
    links = [
        {"id": 1, "origin_id": -10, "origin_slot": 0, "target_id": 1, "target_slot": 0},
        {"id": 2, "origin_id": -10, "origin_slot": 1, "target_id": 1, "target_slot": 1},
        {"id": 3, "origin_id": 1, "origin_slot": 0, "target_id": -20, "target_slot": 0},
    ]
    return {
        "id": "sub",
        "nodes": [inner],
        "links": links,
        "inputs": [{"name": "clip"}, {"name": "text"}],
        "outputs": [{"name": "CONDITIONING"}],
    }


def test_a_subgraph_is_expanded_with_the_text_of_its_widget() -> None:
    built = canvas(positive=(8, 0)).add(8, "sub", ["from outside"], clip=(1, 1), text=None)
    built.nodes[-1]["inputs"][1]["widget"] = {"name": "text"}
    assert (
        read_workflow(built.document(definitions={"subgraphs": [_subgraph()]})).prompt
        == "from outside"
    )


def test_a_subgraph_lists_one_value_for_each_plain_input_of_its_definition() -> None:
    definition = _subgraph()
    definition["inputs"] = [
        {"name": "clip", "type": "CLIP"},
        {"name": "text", "type": "STRING"},
        {"name": "steps", "type": "INT"},
    ]
    built = canvas(positive=(8, 0)).add(8, "sub", ["listed", 9], clip=(1, 1))
    assert read_workflow(built.document(definitions={"subgraphs": [definition]})).prompt == "listed"


def test_a_widget_that_a_subgraph_does_not_expose_keeps_its_value() -> None:
    built = (
        canvas(positive=(8, 0))
        .add(8, "sub", clip=(1, 1), other=(9, 0))
        .add(9, "PrimitiveNode", ["not the text"])
    )
    assert (
        read_workflow(built.document(definitions={"subgraphs": [_subgraph()]})).prompt == "inside"
    )


def test_a_link_into_a_subgraph_is_followed_outside() -> None:
    built = (
        canvas(positive=(8, 0))
        .add(8, "sub", clip=(1, 1), text=(9, 0))
        .add(9, "PrimitiveNode", ["linked words"])
    )
    assert (
        read_workflow(built.document(definitions={"subgraphs": [_subgraph()]})).prompt
        == "linked words"
    )


def test_a_subgraph_that_contains_itself_ends() -> None:
    endless = _subgraph()
    endless["nodes"].append({"id": 2, "type": "sub", "inputs": [{"name": "clip", "link": 1}]})
    built = canvas(positive=(8, 0)).add(8, "sub", clip=(1, 1), text=None)
    assert read_workflow(built.document(definitions={"subgraphs": [endless]})).seed == 11


def test_a_group_node_is_expanded() -> None:
    """A group of two encoders; its widgets are those of the inner nodes, node by node."""
    encoder = {
        "type": "CLIPTextEncode",
        "widgets_values": ["old"],
        "inputs": [{"name": "clip", "link": None}],
        "outputs": [{"type": "CONDITIONING"}],
    }
    group = {"nodes": [dict(encoder, index=0), dict(encoder, index=1)], "links": [], "external": []}
    built = canvas().add(8, "workflow>pair", ["group cat", "group bad"], clip=(1, 1), clip2=(1, 1))
    built.nodes[4]["inputs"][1]["link"] = built.link(8, 0, 5, 1)
    built.nodes[4]["inputs"][2]["link"] = built.link(8, 1, 5, 2)
    info = read_workflow(built.document(extra={"groupNodes": {"pair": group}}))
    assert (info.prompt, info.negative_prompt) == ("group cat", "group bad")


@pytest.mark.parametrize(
    "document",
    [
        {
            "nodes": [
                {"id": 1, "mode": 4, "outputs": []},
                {"id": 2, "inputs": [{"name": "a", "link": 1}]},
            ],
            "links": [[1, 1, -5, 2, -5]],
        },
        {"nodes": [None, 5, {}], "links": [None, [1], {"id": 3}]},
        {
            "nodes": [
                {
                    "id": 1,
                    "type": "X",
                    "widgets_values": [[1], {"a": 1}],
                    "inputs": [None, {"name": 4, "link": 1}],
                }
            ],
            "links": [],
        },
        {"nodes": [{"id": [1], "type": {"a": 1}, "mode": "x"}], "links": {"1": {"id": 1}}},
        {
            "nodes": [{"id": 1, "type": "SetNode", "widgets_values": [[]]}],
            "links": [[1, 1, 0, 1, 0]],
            "definitions": {"subgraphs": [5, {"id": None}]},
        },
        {
            "nodes": [{"id": 1, "type": "workflow>a"}],
            "links": [],
            "extra": {
                "groupNodes": {
                    "a": {
                        "nodes": [5, {"inputs": 3}],
                        "links": [[1, 2, {}, 3]],
                        "external": [[{}, []]],
                    }
                }
            },
        },
    ],
)
def test_broken_workflows_raise_nothing(document: dict[str, Any]) -> None:
    read_workflow(document)
