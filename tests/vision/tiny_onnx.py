"""A pair of ONNX models of a few hundred bytes: a picture's vector is its mean colour, a text's the
colours that it names. Written without a package, by the wire format of Protocol Buffers.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

DIMENSIONS = 16
EDGE_PX = 32
LENGTH = 8
COLOURS = {"red": (1, 0, 0), "green": (0, 1, 0), "blue": (0, 0, 1), "white": (1, 1, 1)}
_FLOAT, _INT64 = 1, 7
_INT_ATTRIBUTE, _INTS_ATTRIBUTE = 2, 7
# Orthonormal rows: what is near as a colour is near as a vector.
_SPREAD = np.linalg.qr(np.random.default_rng(0).normal(size=(DIMENSIONS, 3)))[0].T


def write(folder: Path, *, dimensions: int = DIMENSIONS, **more: object) -> Path:
    """A model with its description. ``more``: members of the description that differ."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "image.onnx").write_bytes(image_tower())
    (folder / "text.onnx").write_bytes(text_tower())
    (folder / "tokenizer.json").write_text(json.dumps(_tokenizer()))
    told = {
        "title": "Colours",
        "languages": "colours",
        "licence": "MIT",
        "dimensions": dimensions,
        "image": {
            "file": "image.onnx",
            "edge": EDGE_PX,
            "mean": [0, 0, 0],
            "std": [1, 1, 1],
            "output": "image_embeds",
        },
        "text": {"file": "text.onnx", "length": LENGTH, "lower": True, "pad": 0},
    }
    (folder / "model.json").write_text(json.dumps({**told, **more}))
    return folder


def image_tower() -> bytes:
    """pixel_values (n, 3, e, e) -> image_embeds (n, DIMENSIONS)."""
    nodes = [
        _node("GlobalAveragePool", ["pixel_values"], ["mean"]),
        _node("Flatten", ["mean"], ["flat"], axis=1),
        _node("MatMul", ["flat", "spread"], ["image_embeds"]),
    ]
    return _model(
        nodes,
        {"spread": _SPREAD.astype(np.float32)},
        _value("pixel_values", _FLOAT, ["n", 3, "h", "w"]),
        _value("image_embeds", _FLOAT, ["n", DIMENSIONS]),
    )


def text_tower() -> bytes:
    """input_ids (n, l) -> text_embeds (n, DIMENSIONS)."""
    rows = np.array([(0, 0, 0), (0.1, 0.1, 0.1), *COLOURS.values()], np.float32)
    nodes = [
        _node("Gather", ["words", "input_ids"], ["known"], axis=0),
        _node("ReduceMean", ["known"], ["text_embeds"], axes=[1], keepdims=0),
    ]
    return _model(
        nodes,
        {"words": (rows @ _SPREAD).astype(np.float32)},
        _value("input_ids", _INT64, ["n", "l"]),
        _value("text_embeds", _FLOAT, ["n", DIMENSIONS]),
    )


def vector(colour: tuple[int, int, int]) -> np.ndarray:
    """The vector of a picture in one colour, of unit length."""
    made = np.array(colour, np.float32) @ _SPREAD
    return np.asarray(made / np.linalg.norm(made), np.float32)


def tagger() -> bytes:
    """input (n, h, w, 3), blue first, from 0 to 255 -> how much of each colour, from 0 to 1."""
    nodes = [
        _node("ReduceMean", ["input"], ["mean"], axes=[1, 2], keepdims=0),
        _node("Mul", ["mean", "share"], ["output"]),
    ]
    return _model(
        nodes,
        {"share": np.full(3, 1 / 255, np.float32)},
        _value("input", _FLOAT, ["n", "h", "w", 3]),
        _value("output", _FLOAT, ["n", 3]),
    )


def with_output(model: bytes, tensor: str, name: str, dimensions: int) -> bytes:
    """A model with one more output: a tensor inside it, as (n, dimensions). In this format, what
    follows a message is added to it.
    """
    graph = _field(1, _node("Flatten", [tensor], [name], axis=1))
    graph += _field(12, _value(name, _FLOAT, ["n", dimensions]))
    return model + _field(7, graph)


def _tokenizer() -> dict[str, object]:
    words = {"[PAD]": 0, "[UNK]": 1, **{name: at + 2 for at, name in enumerate(COLOURS)}}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": None,
        "pre_tokenizer": {"type": "Whitespace"},
        "post_processor": None,
        "decoder": None,
        "model": {"type": "WordLevel", "vocab": words, "unk_token": "[UNK]"},
    }


def _model(nodes: list[bytes], weights: dict[str, np.ndarray], given: bytes, made: bytes) -> bytes:
    tensors = [_tensor(name, values) for name, values in weights.items()]
    graph = b"".join(_field(1, node) for node in nodes) + _field(2, b"tiny")
    graph += (
        b"".join(_field(5, tensor) for tensor in tensors) + _field(11, given) + _field(12, made)
    )
    opset = _field(1, b"") + _number(2, 13)
    return _number(1, 8) + _field(7, graph) + _field(8, opset)


def _node(kind: str, inputs: list[str], outputs: list[str], **attributes: object) -> bytes:
    made = b"".join(_field(1, name.encode()) for name in inputs)
    made += b"".join(_field(2, name.encode()) for name in outputs) + _field(4, kind.encode())
    for name, value in attributes.items():
        known = _field(1, name.encode())
        if isinstance(value, list):
            known += b"".join(_number(8, each) for each in value) + _number(20, _INTS_ATTRIBUTE)
        else:
            assert isinstance(value, int)
            known += _number(3, value) + _number(20, _INT_ATTRIBUTE)
        made += _field(5, known)
    return made


def _tensor(name: str, values: np.ndarray) -> bytes:
    dims = b"".join(_number(1, size) for size in values.shape)
    return dims + _number(2, _FLOAT) + _field(8, name.encode()) + _field(9, values.tobytes())


def _value(name: str, kind: int, shape: list[object]) -> bytes:
    dims = b"".join(
        _field(1, _number(1, size) if isinstance(size, int) else _field(2, str(size).encode()))
        for size in shape
    )
    tensor = _number(1, kind) + _field(2, dims)
    return _field(1, name.encode()) + _field(2, _field(1, tensor))


def _field(number: int, value: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _number(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _varint(value: int) -> bytes:
    made = bytearray()
    while value > 127:
        made.append(value & 127 | 128)
        value >>= 7
    return bytes([*made, value])
