"""An aesthetic head: one linear layer over the vectors of a model, in a file that the user puts beside
the model's own.

The file is of the form of safetensors: the length of a head in JSON, that head, and the numbers. It
holds one tensor with a number for each dimension, and may hold one with a single number that is
added.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iib_core import reading
from iib_core.errors import InvalidRequest

NAME = "aesthetic.safetensors"
_MAX_BYTES = 1 << 20
_TYPES = {"F32": "<f4", "F16": "<f2", "F64": "<f8"}


@dataclass(frozen=True)
class Head:
    """A linear layer: the score of a vector is its product with ``weights``, and ``bias``."""

    weights: NDArray[np.float32]
    bias: float

    def score(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """The scores of vectors of unit length, row by row."""
        return np.asarray(vectors @ self.weights + self.bias, dtype=np.float32)


def read(path: str, dimensions: int) -> Head:
    """The head of a file. Raises InvalidRequest, which says what is wrong with it, and OSError."""
    if os.path.getsize(path) > _MAX_BYTES:
        raise InvalidRequest(f"{path} is too large for one linear layer.")
    with reading.open_file(path) as file:
        data = file.read(_MAX_BYTES + 1)
    try:
        tensors = _tensors(data)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as exc:
        raise InvalidRequest(f"{path} is no file of safetensors: {exc}.") from exc
    weights = [one for one in tensors if one.size == dimensions]
    others = [one for one in tensors if one.size != dimensions]
    if len(weights) != 1 or any(one.size != 1 for one in others) or len(others) > 1:
        raise InvalidRequest(
            f"{path} is no single linear layer over {dimensions} numbers: use one that was made for this "
            "model."
        )
    if not all(np.isfinite(one).all() for one in tensors):
        raise InvalidRequest(f"{path} holds numbers that are not finite.")
    return Head(weights[0], float(others[0][0]) if others else 0.0)


def _tensors(data: bytes) -> list[NDArray[np.float32]]:
    length = int.from_bytes(data[:8], "little")
    told = json.loads(data[8 : 8 + length])
    body = data[8 + length :]
    return [_tensor(body, one) for name, one in told.items() if name != "__metadata__"]


def _tensor(body: bytes, told: dict[str, Any]) -> NDArray[np.float32]:
    start, end = told["data_offsets"]
    numbers = np.frombuffer(body[start:end], dtype=_TYPES[told["dtype"]])
    return np.asarray(numbers, dtype=np.float32)
