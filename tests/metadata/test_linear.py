"""The time for one file is at most proportional to its length: texts, lists, nesting and numbers of
nodes grow by a factor of 16.
"""

from __future__ import annotations

import io
import json
import os
import struct
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from iib_core.metadata import containers, derive_tags, limits, read_embedded, tags
from iib_core.metadata.containers.embedded import Embedded, Text
from iib_core.metadata.exif import describe

from . import test_comfyui, test_comfyui_limits, test_comfyui_workflows, test_generators
from .conftest import (
    INFOTEXT,
    box,
    chunk,
    element,
    png,
    riff,
    samples_folder,
    segment,
    text_chunk,
    tiff,
    user_comment,
)
from .growth import FACTOR, assert_linear
from .test_comfyui import base, node, sampler

# The total length of a file's texts at the smaller size.
_CHARS = 8_000


@pytest.fixture(autouse=True)
def _nothing_is_cached(monkeypatch) -> None:
    """Only the words of short prompts are kept, which would take no time at the smaller size."""
    monkeypatch.setattr(tags, "_CACHED_CHARS", 0)


def _read(embedded: Embedded) -> None:
    info = read_embedded(embedded)
    assert limits.REASON not in info.error
    derive_tags(info, width_px=None, height_px=None, media="image")
    describe(embedded)


def _workflow(*nodes: dict[str, Any], links: Any = (), **more: Any) -> Embedded:
    document = {
        "nodes": [{"id": number, **node} for number, node in enumerate(nodes)],
        "links": list(links),
        "last_node_id": len(nodes),
        **more,
    }
    return Embedded("png", texts=(Text("workflow", json.dumps(document), "tEXt"),))


@pytest.mark.parametrize("letters", ["A", "a.", "/", "*/", "1"])
@pytest.mark.parametrize("kind", ["LoadImage //Inspire", "Show text", "CLIPTextEncode"])
def test_a_widget_text_without_a_blank(kind: str, letters: str) -> None:
    """Nodes that load a picture store it as base64 in one widget: 1.3 million letters without a
    blank.
    """
    assert_linear(
        _read,
        lambda size: _workflow({"type": kind, "widgets_values": [letters * size, "image"]}),
        4000,
    )


def _longer(text: str, times: int) -> str:
    return text * times


def _spaced(text: str, times: int) -> str:
    return f"{text} " * times


def _lined(text: str, times: int) -> str:
    return f"{text},\n" * times


def _run_in_front(text: str, times: int) -> str:
    return text[:1] * (len(text) * times) + text


TEXTS: tuple[Callable[[str, int], str], ...] = (_longer, _spaced, _lined, _run_in_front)


def _with_texts(value: Any, times: int, longer: Callable[[str, int], str]) -> Any:
    """A JSON value with every text in it ``times`` as long."""
    if isinstance(value, dict):
        return {key: _with_texts(item, times, longer) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_texts(item, times, longer) for item in value]
    return longer(value, times) if isinstance(value, str) and value else value


def _with_lists(value: Any, times: int) -> Any:
    """Every outermost list repeated."""
    if isinstance(value, dict):
        return {key: _with_lists(item, times) for key, item in value.items()}
    return value * times if isinstance(value, list) else value


def _with_inner_lists(value: Any, times: int) -> Any:
    """Every list without lists in it repeated; links between nodes are left as they are."""
    if isinstance(value, dict):
        return {key: _with_inner_lists(item, times) for key, item in value.items()}
    if not isinstance(value, list):
        return value
    if any(isinstance(item, (list, dict)) for item in value):
        return [_with_inner_lists(item, times) for item in value]
    return value if len(value) in (2, 6) else value * times


def _with_keys(value: Any, times: int) -> Any:
    """Every entry of the outermost object, such as the nodes of a graph, repeated under other
    names; links of the copies lead to copies.
    """
    if not isinstance(value, dict):
        return value
    return {
        f"{key}{number or ''}": _renamed(item, value, number)
        for number in range(times)
        for key, item in value.items()
    }


def _renamed(item: Any, names: dict[str, Any], number: int) -> Any:
    if isinstance(item, dict):
        return {key: _renamed(inner, names, number) for key, inner in item.items()}
    is_link = isinstance(item, list) and len(item) == 2 and str(item[0]) in names
    return [f"{item[0]}{number or ''}", item[1]] if is_link else item


def _with_inner_keys(value: Any, times: int, depth: int = 0) -> Any:
    """Every entry of the inner objects, such as the inputs of a node, repeated under other names."""
    if isinstance(value, list):
        return [_with_inner_keys(item, times, depth + 1) for item in value]
    if not isinstance(value, dict):
        return value
    if depth and not any(isinstance(item, dict) for item in value.values()):
        return value | {
            f"{key}_{number}": item for number in range(1, times) for key, item in value.items()
        }
    return {key: _with_inner_keys(item, times, depth + 1) for key, item in value.items()}


def _nested(value: Any, times: int) -> Any:
    """Every text and number inside nested lists, up to the limit of the JSON parser."""
    if isinstance(value, dict):
        return {key: _nested(item, times) for key, item in value.items()}
    if isinstance(value, list):
        return [_nested(item, times) for item in value]
    for _ in range(min(times, 400)):
        value = [value]
    return value


def _in_json(grow: Callable[[Any, int], Any]) -> Callable[[str, int], str]:
    """``grow`` applied to the JSON document of a text; a text that is not JSON is repeated."""

    def grown(text: str, times: int) -> str:
        try:
            document = json.loads(text.strip("\0 \n"))
        except ValueError:
            return text * times
        return json.dumps(grow(document, times))

    return grown


WAYS: dict[str, Callable[[str, int], str]] = {
    **{
        f"texts {longer.__name__.strip('_')}": _in_json(
            lambda value, times, longer=longer: _with_texts(value, times, longer)
        )
        for longer in TEXTS
    },
    **{f"raw {longer.__name__.strip('_')}": longer for longer in TEXTS},
    **{
        way.__name__.strip("_"): _in_json(way)
        for way in (_with_lists, _with_inner_lists, _with_keys, _with_inner_keys, _nested)
    },
}


def _embedded_by_name() -> Iterator[tuple[str, Embedded]]:
    """The content of the synthetic files of the other tests, and of the largest real file of each
    type, if there are any.
    """
    yield from ((name, case[0]) for name, case in test_generators.CASES.items())
    yield from ((name, _of("prompt", case[0])) for name, case in test_comfyui.CASES.items())
    yield from (
        (name, _of("workflow", case[0])) for name, case in test_comfyui_workflows.CASES.items()
    )
    found: dict[Any, tuple[str, Embedded]] = {}
    for folder in filter(None, (samples_folder(), os.environ.get("IIB_SAMPLES_2"))):
        for path in sorted(Path(folder).glob("*/*")):
            embedded = containers.read(path)
            kind = (
                path.parent.name,
                embedded.container,
                tuple(sorted({text.keyword for text in embedded.texts})),
            )
            if embedded.texts and (
                kind not in found or _chars(found[kind][1]) < _chars(embedded) < _CHARS * FACTOR
            ):
                found[kind] = (path.name, embedded)
    yield from found.values()


def _of(keyword: str, document: Any) -> Embedded:
    return Embedded("png", texts=(Text(keyword, json.dumps(document), "tEXt"),))


def _chars(embedded: Embedded) -> int:
    return sum(len(text.value) for text in embedded.texts)


EMBEDDED = list(_embedded_by_name())


@pytest.mark.parametrize("way", WAYS)
def test_texts_of_all_generators_grow(way: str) -> None:
    for name, embedded in EMBEDDED:
        step = max(1, _CHARS // max(1, _chars(embedded)))

        def make(times: int, embedded: Embedded = embedded) -> Embedded:
            return replace(
                embedded,
                texts=tuple(
                    replace(text, value=WAYS[way](text.value, times)) for text in embedded.texts
                ),
            )

        assert_linear(_read, make, step, f"{name}, {way}")


def test_numbers_of_texts_grow() -> None:
    for name, embedded in EMBEDDED:
        few = replace(
            embedded, texts=tuple(replace(text, value=text.value[:300]) for text in embedded.texts)
        )

        def alike(times: int, few: Embedded = few) -> Embedded:
            return replace(few, texts=few.texts * times)

        def different(times: int, few: Embedded = few) -> Embedded:
            return replace(
                few,
                texts=tuple(
                    replace(text, value=f"{text.value}{number}")
                    for number in range(times)
                    for text in few.texts
                ),
            )

        for make in (alike, different):
            assert_linear(_read, make, 50, name)


def _diamonds(size: int) -> dict[str, Any]:
    """Each node uses the previous one twice, so each node doubles the number of paths."""
    chain = {
        f"t{index}": node("Switch any", input1=[f"t{index + 1}", 0], input2=[f"t{index + 1}", 0])
        for index in range(size)
    }
    return base(
        pos=node("CLIPTextEncode", text=["t0", 0], clip=["model", 1]),
        **chain,
        **{f"t{size}": node("PrimitiveString", value="a cat")},
    )


def _wide(kind: str, target: dict[str, Any]) -> Callable[[int], dict[str, Any]]:
    """One node with many links to one large node."""

    def make(size: int) -> dict[str, Any]:
        wide = node(
            kind, **{f"text{index}": ["t", 0] for index in range(size)}, delimiter="x" * size
        )
        return base(
            pos=node("CLIPTextEncode", text=["wide", 0], clip=["model", 1]),
            wide=wide,
            t=_sized(target, size),
        )

    return make


def _sized(target: dict[str, Any], size: int) -> dict[str, Any]:
    inputs = {
        key: value * size if isinstance(value, str) else value
        for key, value in target["inputs"].items()
    }
    many = {f"other{index}": index for index in range(size)} if inputs.pop("many", False) else {}
    return {
        "class_type": target["class_type"] * (size if inputs.pop("named", False) else 1),
        "inputs": inputs | many,
    }


def _chained_samplers(size: int) -> dict[str, Any]:
    passes = {
        f"p{index}": node(
            "KSampler", **sampler(latent_image=[f"p{index - 1}" if index else "latent", 0])
        )
        for index in range(size)
    }
    return base(**passes, decode=node("VAEDecode", samples=[f"p{size - 1}", 0], vae=["model", 2]))


def _shared_stack(size: int) -> dict[str, Any]:
    """A chain of loaders that all take the same long stack of LoRAs."""
    chain = {
        f"m{index}": node(
            "LoraLoader",
            model=[f"m{index + 1}" if index < size - 1 else "model", 0],
            lora_stack=["s0", 0],
        )
        for index in range(size)
    }
    stack = {
        f"s{index}": node("LoRA Stack", lora_name_1=f"l{index}", lora_stack=[f"s{index + 1}", 0])
        for index in range(size)
    }
    return base(k=node("KSampler", **sampler(model=["m0", 0])), **chain, **stack)


GRAPHS: dict[str, tuple[Callable[[int], dict[str, Any]], int]] = {
    "chain": (test_comfyui_limits._chain, 100),
    "diamonds": (_diamonds, 100),
    "joined large text": (_wide("StringConcatenate", node("PrimitiveString", value="a b ")), 300),
    "joined large node": (
        _wide("StringConcatenate", node("Text", many=True, text=["neg", 0])),
        300,
    ),
    "joined long kind": (_wide("StringConcatenate", node("Text", named=True, text="a")), 300),
    "switched large node": (_wide("Switch any", node("Text Switch", many=True)), 300),
    "combined": (_wide("ConditioningCombine", node("CLIPTextEncode", text="a ", many=True)), 300),
    "digits in names": (
        lambda size: base(
            pos=node("CLIPTextEncode", text=["s", 0]),
            s=node("Switch", **{"1" * size + "x": 1, "input" + "1" * size: 2}),
        ),
        5000,
    ),
    "samplers": (_chained_samplers, 60),
    "shared stack": (_shared_stack, 60),
    "swarm models": (
        lambda size: {
            "sui_image_params": {"model": "a/" * size},
            "sui_models": [{"name": "b", "param": "x"}] * size,
        },
        1000,
    ),
}


@pytest.mark.parametrize("shape", GRAPHS)
def test_graphs_grow(shape: str) -> None:
    make, size = GRAPHS[shape]
    assert_linear(_read, lambda count: _of("prompt", make(count)), size)


def _reroutes(size: int) -> Embedded:
    nodes = [{"type": "Reroute", "inputs": [{"name": "", "link": index}]} for index in range(size)]
    links = [[index, index + 1, 0, index, 0, "*"] for index in range(size)]
    return _workflow(
        *nodes,
        {"type": "X"},
        {"type": "Y", "inputs": [{"name": f"a{index}", "link": index} for index in range(size)]},
        links=links,
    )


def _bypassed(size: int) -> Embedded:
    sides = {
        "inputs": [{"name": f"i{index}", "type": "A", "link": 0} for index in range(size)],
        "outputs": [{"type": "A"}] * size,
    }
    links = [[index, 0, index, 1, index, "A"] for index in range(size)]
    taker = {"type": "Y", "inputs": [{"name": f"a{index}", "link": index} for index in range(size)]}
    return _workflow({"type": "B", "mode": 4, **sides}, taker, links=links)


def _subgraph(size: int, name: str = "in") -> Embedded:
    """A subgraph with many inputs, all used inside."""
    given = [{"name": f"{name}{index}", "type": "STRING", "link": None} for index in range(size)]
    inner = {
        "id": 1,
        "type": "Y",
        "inputs": [{"name": f"a{index}", "link": index} for index in range(size)],
    }
    links = [
        {"id": index, "origin_id": -10, "origin_slot": index, "target_id": 1, "target_slot": index}
        for index in range(size)
    ]
    subgraph = {"id": "s", "nodes": [inner], "links": links, "inputs": given}
    return _workflow(
        {"type": "s", "inputs": given, "widgets_values": ["v"] * size},
        definitions={"subgraphs": [subgraph]},
    )


def _long_ids(size: int) -> Embedded:
    """A subgraph whose node has a long name, with many nodes inside."""
    subgraph = {
        "id": "s",
        "nodes": [{"id": index, "type": "Y"} for index in range(size)],
        "links": [],
    }
    return _workflow({"id": "x" * size * 50, "type": "s"}, definitions={"subgraphs": [subgraph]})


def _used_often(size: int) -> Embedded:
    """A subgraph with a long text, used many times."""
    subgraph = {
        "id": "s",
        "nodes": [{"id": 1, "type": "CLIPTextEncode", "widgets_values": ["a // b\n" * size]}],
        "links": [],
    }
    return _workflow(*[{"type": "s"}] * size, definitions={"subgraphs": [subgraph]})


def _groups(size: int) -> Embedded:
    """A large group node, used many times."""
    group = {"nodes": [{"type": "X", "widgets_values": [1]}] * size, "links": []}
    return _workflow(
        *[{"type": "workflow>g", "widgets_values": [1] * size}] * 20,
        *[{"type": "workflow>g"}] * size,
        extra={"groupNodes": {"g": group}},
    )


@pytest.mark.parametrize(
    "make",
    [_reroutes, _bypassed, _subgraph, _long_ids, _used_often, _groups],
    ids=lambda make: make.__name__.strip("_"),
)
def test_workflows_grow(make: Callable[[int], Embedded]) -> None:
    assert_linear(_read, make, 300)


def _ifd(entries: bytes, count: int, body: bytes = b"") -> bytes:
    return b"II*\0\x08\0\0\0" + struct.pack("<H", count) + entries + bytes(4) + body


def _many_directories(size: int) -> bytes:
    """At every second byte begins a directory that points to many others."""
    pointers = b"".join(struct.pack("<HHII", 0x8769, 4, 1, 20 + 2 * index) for index in range(size))
    return _ifd(pointers, min(size, 999))


_WEBM_TAG = element(0x7373, element(0x67C8, element(0x45A3, b"A")))

BYTES: dict[str, Callable[[int], bytes]] = {
    "png texts": lambda size: png(*[text_chunk("Comment", str(index)) for index in range(size)]),
    "png raw profile": lambda size: png(
        text_chunk("Raw profile type exif", f"\nexif\n  {size * 40}\n" + "4949\n" * size * 10)
    ),
    "png chunks": lambda size: png(*[chunk(b"teXt", b"")] * size),
    "png EXIF directories": lambda size: png(chunk(b"eXIf", _many_directories(size))),
    "png EXIF values": lambda size: png(
        chunk(b"eXIf", tiff({0xC000: (3, b"ab" * size * 20), 0xC001: (1, b"a" * size * 40)}))
    ),
    "jpeg fill": lambda size: b"\xff\xd8\xff" + b"\xff" * size * 20,
    "jpeg garbage": lambda size: b"\xff\xd8\xff" + b"\xe1\0" * size * 10,
    "jpeg short segments": lambda size: b"\xff\xd8" + b"\xff\xe0\0\2\0" * size * 4,
    "jpeg XMP in pieces": lambda size: (
        b"\xff\xd8"
        + segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + b"a" * 32 + bytes(8) + b"x")
        * size
    ),
    "jpeg EXIF": lambda size: (
        b"\xff\xd8"
        + segment(
            0xE1, b"Exif\0\0" + tiff({0x010F: (2, b"a\0")}, {0x9286: (7, user_comment(INFOTEXT))})
        )
        * size
    ),
    "webp chunks": lambda size: riff(*[(b"ICCP", b"a")] * size),
    "gif pieces": lambda size: b"GIF89a\1\0\1\0\0\0\0\x21\xfe" + b"\1a" * size * 10 + b"\0;",
    "gif comments": lambda size: b"GIF89a\1\0\1\0\0\0\0" + b"\x21\xfe\1a\0" * size + b";",
    "mp4 boxes": lambda size: (
        box(b"ftyp", b"isom\0\0\0\0")
        + box(b"moov", box(b"udta", box(b"\xa9cmt", b"abcdef") * size))
    ),
    "mp4 nested": lambda size: (
        box(b"ftyp", b"isom\0\0\0\0")
        + box(b"moov", box(b"trak", box(b"free", b"") * 20) * (size // 20))
    ),
    "webm tags": lambda size: (
        element(0x1A45DFA3, b"") + element(0x18538067, element(0x1254C367, _WEBM_TAG * size))
    ),
    "mp3 frame": lambda size: (
        b"ID3\4\0\0\0\x7f\x7f\x7f"
        + b"TXXX"
        + struct.pack(">I", 0x007F7F7F)
        + b"\0\0\1"
        + b"a\0\0" * size * 10
    ),
    "flac comments": lambda size: (
        b"fLaC\x84"
        + (size * 8 + 8).to_bytes(3, "big")
        + bytes(4)
        + struct.pack("<I", size)
        + struct.pack("<I4s", 4, b"a=b!") * size
    ),
    "ogg pages": lambda size: (
        (b"OggS" + bytes(22) + b"\xff" + b"\xff" * 255 + b"a" * 255) * (size // 20)
    ),
    "wav chunks": lambda size: b"RIFF\0\0\0\0WAVE" + b"abcd\0\0\0\0" * size,
    "svg metadata": lambda size: b"<svg>" + b"<metadata>" * size,
    "XMP attributes": lambda size: png(
        text_chunk("XML:com.adobe.xmp", "<rdf:Description " + "a" * size * 10 + ">")
    ),
    "XMP elements": lambda size: png(text_chunk("XML:com.adobe.xmp", "<a:b>" * size)),
    "XMP lists": lambda size: png(
        text_chunk(
            "XML:com.adobe.xmp",
            "<dc:description>" + "<rdf:li>x</rdf:li>" * size + "</dc:description>",
        )
    ),
    "log of Fooocus": lambda size: (
        b"<html>Fooocus Log"
        + b"<div id=\"a\"><img src='a.png'><td class='label'>a</td><td class='value'>b<" * size
    ),
}


def _read_bytes(data: bytes) -> None:
    embedded = containers.read_file(io.BytesIO(data))
    assert limits.REASON not in embedded.error
    _read(embedded)


@pytest.mark.parametrize("shape", BYTES)
def test_containers_grow(shape: str) -> None:
    assert_linear(_read_bytes, BYTES[shape], 1000)
