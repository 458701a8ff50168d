"""Broken, hostile and random ComfyUI graphs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iib_core.metadata import read_embedded
from iib_core.metadata.containers.embedded import Embedded, Text
from tests.metadata.growth import assert_takes_at_most
from tests.metadata.test_comfyui import Graph, base, node, read_graph, sampler
from tests.searches import rounds


def test_not_a_number_is_tolerated() -> None:
    text = json.dumps(base()).replace('"cfg": 7.0', '"cfg": NaN')
    info = read_embedded(Embedded("png", texts=(Text("prompt", text, "tEXt"),)))
    assert (info.cfg_scale, info.steps) == (None, 20)


def test_half_surrogates_are_replaced() -> None:
    text = json.dumps(base(pos=node("CLIPTextEncode", text="a \ud83d cat", clip=["model", 1])))
    info = read_embedded(Embedded("png", texts=(Text("prompt", text, "tEXt"),)))
    info.prompt.encode()
    json.dumps(info.workflow, ensure_ascii=False).encode()


PATIENCE_S = 4  # of processor time; without the limits it would be hours


def _chain(length: int) -> Graph:
    chain = {
        f"c{index}": node("ConditioningSetMask", conditioning=[f"c{index + 1}", 0])
        for index in range(length)
    }
    chain |= {
        f"m{index}": node(
            "LoraLoaderModelOnly",
            model=[f"m{index + 1}", 0],
            lora_name=f"l{index}",
            strength_model=1,
        )
        for index in range(length)
    }
    chain |= {
        f"t{index}": node(
            "StringConcatenate",
            string_a=[f"t{index + 1}", 0],
            string_b=[f"t{index + 1}", 0],
            delimiter="",
        )
        for index in range(length)
    }
    chain |= {
        f"c{length}": node("CLIPTextEncode", text=["t0", 0], clip=["model", 1]),
        f"t{length}": node("String Literal", string="x"),
    }
    return base(k=node("KSampler", **sampler(positive=["c0", 0], model=["m0", 0])), **chain)


def _dense(count: int) -> Graph:
    return {
        str(index): node(
            "KSampler", **{f"in{other}": [str(other), 0] for other in range(count)}, seed=1, steps=2
        )
        for index in range(count)
    }


def _growing(length: int) -> Graph:
    """Each node replaces every letter of the text by all of it."""
    chain = {
        f"t{index}": node(
            "StringReplace", string=[f"t{index + 1}", 0], find="x", replace=[f"t{index + 1}", 0]
        )
        for index in range(length)
    }
    return base(
        pos=node("CLIPTextEncode", text=["t0", 0], clip=["model", 1]),
        **chain,
        **{f"t{length}": node("PrimitiveString", value="x" * 1000)},
    )


@pytest.mark.parametrize(
    "graph",
    [_growing(12), _chain(30), _chain(3000), _dense(150)],
    ids=["growing", "doubling", "long", "dense"],
)
def test_hostile_graphs_are_fast(graph: Graph) -> None:
    assert_takes_at_most(PATIENCE_S, read_graph, graph)


@pytest.mark.parametrize(
    "text",
    [
        '{"nodes": ' + "[" * 100_000,
        '{"a": {"class_type": 5}}',
        '{"nodes": [], "links": {}}',
        '{"1": {"class_type": "KSampler", "inputs": []}}',
    ],
)
def test_broken_graphs_raise_nothing(text: str) -> None:
    read_embedded(
        Embedded("png", texts=(Text("prompt", text, "tEXt"), Text("workflow", text, "tEXt")))
    )


_KINDS = st.sampled_from(
    [
        "KSampler",
        "SaveImage",
        "CLIPTextEncode",
        "Switch any",
        "ConditioningCombine",
        "StringConcatenate",
        "LoraLoader",
        "SamplerCustomAdvanced",
    ]
)
_NAMES = st.sampled_from(
    [
        "model",
        "positive",
        "negative",
        "text",
        "latent_image",
        "seed",
        "steps",
        "guider",
        "sigmas",
        "sampler",
        "images",
        "select",
        "input1",
        "on_true",
        "lora_1",
    ]
)
_VALUES = st.one_of(
    st.integers(),
    st.text(max_size=5),
    st.booleans(),
    st.none(),
    st.floats(),
    st.tuples(st.sampled_from("abcdef"), st.integers(0, 2)).map(list),
    st.dictionaries(st.text(max_size=3), st.integers()),
)


@given(
    st.dictionaries(
        st.sampled_from("abcdef"),
        st.builds(
            lambda kind, inputs: {"class_type": kind, "inputs": inputs},
            _KINDS,
            st.dictionaries(_NAMES, _VALUES),
        ),
        min_size=1,
    )
)
@settings(max_examples=rounds(100), deadline=None)
def test_any_graph_gives_a_result(graph: Graph) -> None:
    info = read_graph(graph)
    assert info.seed is None or isinstance(info.seed, int)
    assert info.sampler is None or isinstance(info.sampler, str)
    assert isinstance(info.prompt, str)
    assert all(isinstance(value, str) for value in info.parameters.values())


def _nested_subgraphs(depth: int, width: int) -> dict[str, Any]:
    """Subgraphs that each hold ``width`` of the next one."""
    subgraphs = [
        {
            "id": f"s{level}",
            "nodes": [{"id": index, "type": f"s{level + 1}"} for index in range(width)],
            "links": [],
            "inputs": [],
        }
        for level in range(depth)
    ]
    return {
        "nodes": [{"id": 1, "type": "s0"}],
        "links": [],
        "definitions": {"subgraphs": subgraphs},
    }


def _reused_subgraph(uses: int) -> dict[str, Any]:
    """One large subgraph, used many times."""
    links = [
        {"id": index, "origin_id": 1, "origin_slot": 0, "target_id": -20, "target_slot": index}
        for index in range(20_000)
    ]
    subgraph = {
        "id": "s",
        "nodes": [{"id": index, "type": "X", "mode": 2} for index in range(2000)],
        "links": links,
    }
    nodes = [
        {"id": index, "type": "s", "inputs": [{"name": "a", "link": index}]}
        for index in range(uses)
    ]
    return {
        "nodes": nodes,
        "links": [[index, index, 19_999, index, 0, "*"] for index in range(uses)],
        "definitions": {"subgraphs": [subgraph]},
    }


@pytest.mark.parametrize(
    "workflow",
    [_nested_subgraphs(19, 3), _nested_subgraphs(2, 3000), _reused_subgraph(3000)],
    ids=["nested", "wide", "reused"],
)
def test_hostile_workflows_are_fast(workflow: dict[str, Any]) -> None:
    embedded = Embedded("png", texts=(Text("workflow", json.dumps(workflow), "tEXt"),))
    assert_takes_at_most(PATIENCE_S, read_embedded, embedded)


def test_many_outputs_over_one_large_graph() -> None:
    graph = {
        f"n{index}": node("Mix", **{f"in{other}": [f"n{other}", 0] for other in range(index % 90)})
        for index in range(1500)
    }
    graph |= {f"o{index}": node("SaveImage", images=[f"n{index}", 0]) for index in range(1500)}
    assert_takes_at_most(PATIENCE_S, read_graph, graph)
