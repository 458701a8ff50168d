"""Models that the user describes: a folder with ONNX files and ``model.json``.

docs/vision.md has an example. The files are tied to what was made by them by their hashes, which
are computed here.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from typing import Any

from iib_core import reading
from iib_core.ai.file_store import FileStore, ModelFile
from iib_core.errors import InvalidRequest
from iib_core.vision.model_table import ImageRule, TextRule, VisionModel

DESCRIPTION = "model.json"
_MAX_BYTES = 64 << 10
_MAX_MODELS = 20
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")
_MAX_EDGE_PX, _MAX_LENGTH, _MAX_DIMENSIONS = 1024, 1024, 8192


def list_folders(store: FileStore) -> list[str]:
    """The names of folders that hold a description."""
    try:
        names = sorted(os.listdir(store.folder))
    except OSError:
        return []
    described = (
        name
        for name in names
        if _NAME.fullmatch(name) and os.path.isfile(os.path.join(store.folder, name, DESCRIPTION))
    )
    return [name for name, _ in zip(described, range(_MAX_MODELS))]


def read(store: FileStore, name: str) -> VisionModel:
    """The model that the folder ``name`` describes. Raises InvalidRequest, which says what is wrong
    with the description.
    """
    path = os.path.join(store.folder, name, DESCRIPTION)
    try:
        with reading.open_file(path) as file:
            told = json.loads(file.read(_MAX_BYTES))
        return _model(store, name, _Told(told))
    except (OSError, ValueError, RecursionError, _Wrong) as exc:
        raise InvalidRequest(f"{path}: {exc}.") from exc


class _Wrong(Exception):
    """Something in a description is wrong; the message says what."""


class _Told:
    """An object of a description, whose values are read by name and type."""

    def __init__(self, values: Any, where: str = "") -> None:
        if not isinstance(values, Mapping):
            raise _Wrong(f"{where or 'it'} is no JSON object")
        self._values = values
        self._where = f"{where}." if where else ""

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def text(self, name: str, otherwise: str | None = None) -> str:
        value = self._values.get(name, otherwise)
        if not isinstance(value, str) or len(value) > 200:
            raise _Wrong(f"{self._where}{name} must be a text")
        return value

    def number(self, name: str, most: int, least: int = 1) -> int:
        value = self._values.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise _Wrong(f"{self._where}{name} must be a number from {least} to {most}")
        return value

    def flag(self, name: str) -> bool:
        value = self._values.get(name, False)
        if not isinstance(value, bool):
            raise _Wrong(f"{self._where}{name} must be true or false")
        return value

    def channels(self, name: str) -> tuple[float, float, float]:
        value = self._values.get(name, [0.5, 0.5, 0.5])
        if not isinstance(value, list) or len(value) != 3 or not all(map(_is_number, value)):
            raise _Wrong(f"{self._where}{name} must be three numbers")
        red, green, blue = map(float, value)
        return red, green, blue

    def part(self, name: str) -> _Told:
        return _Told(self._values.get(name), f"{self._where}{name}")


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e6


def _model(store: FileStore, name: str, told: _Told) -> VisionModel:
    image, has_text = told.part("image"), "text" in told
    text = told.part("text") if has_text else None
    return VisionModel(
        name,
        told.text("title", name),
        told.text("languages", "") if has_text else "",
        told.text("licence", ""),
        told.number("dimensions", _MAX_DIMENSIONS),
        _file(store, name, image.text("file")),
        _image_rule(image),
        _file(store, name, text.text("file")) if text else None,
        _file(store, name, text.text("tokenizer", "tokenizer.json")) if text else None,
        _text_rule(text) if text else None,
        is_own=True,
    )


def _image_rule(told: _Told) -> ImageRule:
    resample = told.text("resample", "bilinear")
    if resample not in ("bilinear", "bicubic"):
        raise _Wrong("image.resample must be bilinear or bicubic")
    layout = told.text("layout", "rgb-first")
    if layout not in ("rgb-first", "bgr-last"):
        raise _Wrong("image.layout must be rgb-first or bgr-last")
    std = told.channels("std")
    if not all(std):
        raise _Wrong("image.std must not be 0")
    return ImageRule(
        told.number("edge", _MAX_EDGE_PX, 16),
        told.flag("crop"),
        resample,
        told.channels("mean"),
        std,
        told.text("input", "pixel_values"),
        told.text("output", ""),
        layout,
    )


def _text_rule(told: _Told) -> TextRule:
    return TextRule(
        told.number("length", _MAX_LENGTH),
        told.flag("lower"),
        told.number("pad", 1 << 30, 0),
        told.text("output", ""),
    )


def _file(store: FileStore, folder: str, name: str) -> ModelFile:
    """A file of the folder itself, as it is now."""
    if not _NAME.fullmatch(name):
        raise _Wrong(f"'{name[:80]}' is no name of a file in the same folder")
    known = f"{folder}/{name}"
    path = os.path.join(store.folder, folder, name)
    if not os.path.isfile(path):
        raise _Wrong(f"{name} is not there")
    return ModelFile(known, store.hash_of(path), os.path.getsize(path))
