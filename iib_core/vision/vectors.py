"""Vectors of pictures on the disk, by image id."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


class Vectors:
    """One vector a key, kept in two files that are written at each change."""

    def __init__(self, folder: Path, dimensions: int) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._rows: dict[int, NDArray[np.float32]] = {}
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / "vectors.npz").exists():
            with np.load(folder / "vectors.npz") as found:
                self._rows = dict(zip(found["keys"].tolist(), found["vectors"]))
        self._dimensions = dimensions

    def add(self, keys: Sequence[int], vectors: NDArray[np.float32]) -> None:
        unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
        with self._lock:
            self._rows.update(zip(map(int, keys), unit.astype(np.float32)))
            self._save()

    def remove(self, keys: Sequence[int]) -> None:
        with self._lock:
            for key in keys:
                self._rows.pop(int(key), None)
            self._save()

    def known(self) -> NDArray[np.int64]:
        return np.array(sorted(self._rows), np.int64)

    def get(self, key: int) -> NDArray[np.float32] | None:
        return self._rows.get(key)

    def nearest(
        self, vector: NDArray[np.float32], count: int, among: NDArray[np.int64] | None = None
    ) -> list[tuple[int, float]]:
        with self._lock:
            wanted = None if among is None else set(among.tolist())
            rows = [
                (k, float(v @ vector)) for k, v in self._rows.items() if not wanted or k in wanted
            ]
        return sorted(rows, key=lambda row: -row[1])[:count]

    def blocks(self) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
        with self._lock:
            yield np.array(list(self._rows), np.int64), np.array(list(self._rows.values()))

    def close(self) -> None:
        pass

    def _save(self) -> None:
        np.savez(
            self._folder / "vectors.npz",
            keys=np.array(list(self._rows), np.int64),
            vectors=np.array(list(self._rows.values()), np.float32).reshape(-1, self._dimensions),
        )
