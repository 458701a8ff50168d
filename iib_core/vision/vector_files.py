"""The files of one generation of vectors. They only grow; a compaction writes the next generation.

``N.centre`` is what all vectors have in common, and of how many it was learned. ``N.rows`` holds a
record for each vector: what it has beyond the centre, as int8 and a scale. ``N.signs`` holds the
sign bits of the same rows, in blocks, so that those of one word of all vectors stand together.
``N.keys`` is written last: a row counts once its key is there. A key that comes again counts where
it came last, and one that was removed is overwritten by ``NO_KEY``. ``N.ready`` says that all of
these are there, so that a generation that was not finished is none.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from iib_core.vision import signs
from iib_core.vision.signs import Floats, Words

Keys = NDArray[np.int64]
Rows = NDArray[np.int64]

# Rows of a block; the files grow by whole blocks.
BLOCK = 1 << 14
NO_KEY = np.iinfo(np.int64).min
_KEY_BYTES, _WORD_BYTES = 8, 8
_PARTS = ("centre", "rows", "signs", "keys")


class Generation:
    """Open files of one generation. One thread writes, any may read what was mapped."""

    def __init__(self, folder: Path, number: int, turn: Floats) -> None:
        """Open what ``create`` made. Raises OSError and ValueError where it cannot be read."""
        self.number = number
        self._folder, self._turn = folder, turn
        self._record = _record(len(turn))
        first = np.fromfile(self._path("centre"), dtype=_first(len(turn)), count=1)
        if len(first) != 1 or os.path.getsize(self._path("centre")) != first.itemsize:
            raise ValueError("the vectors have another length")
        self.centre: Floats = first["centre"][0]
        self.learned_from = int(first["learned_from"][0])
        self.map()

    @classmethod
    def create(
        cls, folder: Path, number: int, turn: Floats, centre: Floats, learned_from: int
    ) -> Generation:
        """A generation without rows. It is not there for ``newest`` before ``commit``."""
        first = np.zeros(1, dtype=_first(len(turn)))
        first["centre"], first["learned_from"] = centre, learned_from
        first.tofile(folder / f"{number}.centre")
        for part in _PARTS[1:]:
            (folder / _name(number, part)).write_bytes(b"")
        return cls(folder, number, turn)

    def commit(self) -> None:
        """Make it the one that is opened the next time, whatever was there before."""
        for part in _PARTS:
            with self._open(part):
                pass
        (self._folder / f"{self.number}.ready").touch()

    def map(self) -> None:
        """Map the files as long as they are now."""
        records = os.path.getsize(self._path("rows")) // self._record.itemsize
        words = signs.words_of(len(self._turn))
        blocks = os.path.getsize(self._path("signs")) // (words * _WORD_BYTES * BLOCK)
        capacity = min(records // BLOCK, blocks) * BLOCK
        self.rows = _mapped(self._path("rows"), self._record, (capacity,))
        self.signs: Words = _mapped(
            self._path("signs"), np.dtype("<u8"), (capacity // BLOCK, words, BLOCK)
        )

    def read_keys(self) -> Keys:
        """The keys of all rows that count."""
        keys = np.fromfile(
            self._path("keys"),
            dtype="<i8",
            count=os.path.getsize(self._path("keys")) // _KEY_BYTES,
        )
        return np.asarray(keys[: len(self.rows)], dtype=np.int64)

    def append(self, count: int, keys: Keys, vectors: Floats) -> None:
        """Write rows behind the first ``count``, and what they hold before their keys.

        Not through the map: a full disk is an OSError here, and would end the process there.
        """
        self._grow(count + len(keys))
        with self._open("rows") as file:
            file.seek(count * self._record.itemsize)
            file.write(self._encode(vectors).tobytes())
        with self._open("signs") as file:
            self._write_signs(file, count, signs.of(vectors - self.centre, self._turn))
        with self._open("keys") as file:
            file.seek(count * _KEY_BYTES)
            file.write(keys.astype("<i8").tobytes())

    def blank(self, rows: Rows) -> None:
        """Take the keys of rows away."""
        with self._open("keys") as file:
            for row in rows:
                file.seek(int(row) * _KEY_BYTES)
                file.write(np.array([NO_KEY], dtype="<i8").tobytes())

    @contextlib.contextmanager
    def _open(self, part: str) -> Iterator[IO[bytes]]:
        """A file to be written, which is on the disk afterwards."""
        with open(self._path(part), "r+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())

    def _path(self, part: str) -> Path:
        return self._folder / _name(self.number, part)

    def _encode(self, vectors: Floats) -> NDArray[np.void]:
        beyond = vectors - self.centre
        scales = np.maximum(np.abs(beyond).max(axis=1), np.finfo(np.float32).tiny) / 127
        records = np.zeros(len(vectors), dtype=self._record)
        records["codes"] = np.rint(beyond / scales[:, None])
        records["scale"] = scales
        return records

    def _grow(self, count: int) -> None:
        if count <= len(self.rows):
            return
        blocks = -(-count // BLOCK)
        words = signs.words_of(len(self._turn))
        for part, size in (("rows", self._record.itemsize), ("signs", words * _WORD_BYTES)):
            os.truncate(self._path(part), blocks * BLOCK * size)
        self.map()

    def _write_signs(self, file: IO[bytes], start: int, columns: Words) -> None:
        words = len(columns)
        for first, last in _parts_of_blocks(start, start + columns.shape[1]):
            block, place = divmod(first, BLOCK)
            for word in range(words):
                file.seek(((block * words + word) * BLOCK + place) * _WORD_BYTES)
                file.write(columns[word, first - start : last - start].astype("<u8").tobytes())


def decode(records: NDArray[np.void], centre: Floats) -> Floats:
    """The vectors of records, of unit length."""
    vectors = records["codes"].astype(np.float32)
    vectors *= records["scale"][:, None]
    vectors += centre
    return unit(vectors)


def unit(vectors: Floats) -> Floats:
    """Vectors with length 1; those without a length stay as they are."""
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1)[:, None], dtype=np.float32)


def newest(folder: Path) -> int:
    """The number of the last generation that is whole; 0 where there is none."""
    return max((_number(path) for path in folder.glob("*.ready")), default=0)


def remove_before(folder: Path, number: int) -> None:
    """Remove the files of earlier generations. A later one that is not whole is being written by
    another program, or is written over by the next compaction.
    """
    for part in ("ready", *_PARTS):
        for path in folder.glob(f"*.{part}"):
            if _number(path) < number:
                # Windows keeps what a reader still has mapped; the next compaction tries again.
                with contextlib.suppress(OSError):
                    path.unlink()


def _number(path: Path) -> int:
    return int(path.stem) if path.stem.isdecimal() else 0


def _name(number: int, part: str) -> str:
    return f"{number}.{part}"


def _record(dimensions: int) -> np.dtype[np.void]:
    return np.dtype([("codes", "i1", (dimensions,)), ("scale", "<f4")])


def _first(dimensions: int) -> np.dtype[np.void]:
    return np.dtype([("learned_from", "<i8"), ("centre", "<f4", (dimensions,))])


def _mapped(path: Path, dtype: np.dtype[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    if not shape[0]:
        return np.empty(shape, dtype=dtype)
    return np.memmap(path, dtype=dtype, mode="r", shape=shape)


def _parts_of_blocks(start: int, end: int) -> Iterator[tuple[int, int]]:
    """The range in pieces that do not cross the edge of a block."""
    while start < end:
        last = min(end, (start // BLOCK + 1) * BLOCK)
        yield start, last
        start = last
