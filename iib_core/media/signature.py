"""Signatures: what a picture shows, as 64 bytes that hardly change when it is saved in another way.

Two perceptual hashes of 64 bits and a small colour signature, in this order:

- 8 bytes, little-endian: the signs of the 64 lowest frequencies of the brightness (a pHash). The 32 lowest
  of them are the lower 32 bits: these are what is looked for by an index.
- 8 bytes: whether the brightness rises from one cell to the next, across 8 rows of 5 cells and down 8
  columns of 5 (a dHash).
- 48 bytes: the mean colours of 4 x 4 cells, RGB, row by row.

Sources: Zauner, Implementation and Benchmarking of Perceptual Image Hash Functions, 2010 (pHash);
Krawetz, Kind of Like That, 2013 (dHash).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# Of what is computed below. A signature of another version says nothing.
VERSION = 1
BYTES = 64
# A thumbnail must be so large for the signature of its picture.
LEAST_EDGE_PX = 128

Floats = NDArray[np.float32]
Bits = NDArray[np.bool_]

_EDGE = 32
_FREQUENCIES = 12
_HASH_BITS = 64
_GRID = 4
_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)
# Which bits of a video's hashes each of its three frames gives.
_OF_FRAMES = ((0, 22), (22, 43), (43, 64))


def of(image: Image.Image) -> bytes:
    """The signature of a picture in RGB or RGBA; what is transparent counts as white."""
    return _pack(*_look_at(image))


def of_frames(frames: Sequence[Image.Image]) -> bytes:
    """The signature of a video, of three of its frames: each gives a third of both hashes, of the
    lowest frequencies; the colours are their mean.
    """
    parts = [_look_at(frame) for frame in frames]
    lowest = np.concatenate(
        [bits[: end - start] for (bits, _, _), (start, end) in zip(parts, _OF_FRAMES)]
    )
    rises = np.concatenate(
        [rising[start:end] for (_, rising, _), (start, end) in zip(parts, _OF_FRAMES)]
    )
    # Every second bit is of the lower half, so that each frame has its share of what is looked for.
    frequencies = np.concatenate((lowest[0::2], lowest[1::2]))
    return _pack(
        frequencies, rises, np.mean([grid for _, _, grid in parts], axis=0, dtype=np.float32)
    )


def take_apart(
    signatures: NDArray[np.uint8],
) -> tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.uint8]]:
    """The pHashes, the dHashes and the grids of signatures, rows of bytes; the grids are not
    copied.
    """
    hashes = np.ascontiguousarray(signatures[:, :16]).view("<u8").astype(np.uint64, copy=False)
    return hashes[:, 0].copy(), hashes[:, 1].copy(), signatures[:, 16:]


def _look_at(image: Image.Image) -> tuple[Bits, Bits, Floats]:
    """The bits of both hashes, and the grid of colours."""
    cells = _to_cells(image)
    light = cells @ _LUMA
    frequencies = (_COSINES @ light @ _COSINES.T).reshape(-1)[_LOWEST]
    across = _EIGHT @ light @ _FIVE.T
    down = _FIVE @ light @ _EIGHT.T
    rises = np.concatenate(
        ((across[:, 1:] > across[:, :-1]).ravel(), (down[1:] > down[:-1]).ravel())
    )
    rows = (_GRID_CELLS @ cells.reshape(_EDGE, -1)).reshape(_GRID, _EDGE, 3)
    grid = _GRID_CELLS @ rows
    return frequencies > 0, rises, grid.reshape(-1)


def _to_cells(image: Image.Image) -> Floats:
    """A picture as 32 x 32 mean colours."""
    small = np.asarray(image.resize((_EDGE, _EDGE), Image.Resampling.BOX), dtype=np.float32)
    if small.shape[2] == 3:
        return small
    opaque = small[:, :, 3:] / 255
    return np.asarray(small[:, :, :3] * opaque + 255 * (1 - opaque), dtype=np.float32)


def _pack(frequencies: Bits, rises: Bits, grid: Floats) -> bytes:
    hashes = np.packbits(np.concatenate((frequencies, rises)), bitorder="little")
    colours: bytes = (grid + 0.5).astype(np.uint8).tobytes()
    return hashes.tobytes() + colours


def _cosines() -> Floats:
    """Rows of the discrete cosine transform (DCT-II)."""
    rows, columns = np.arange(_FREQUENCIES)[:, None], np.arange(_EDGE)[None, :]
    return np.asarray(np.cos(np.pi * rows * (2 * columns + 1) / (2 * _EDGE)), dtype=np.float32)


def _lowest() -> NDArray[np.int64]:
    """Where the lowest frequencies stand among all, the lowest first, without the mean brightness."""
    rows, columns = np.meshgrid(np.arange(_FREQUENCIES), np.arange(_FREQUENCIES), indexing="ij")
    order = np.argsort((rows**2 + columns**2).ravel(), kind="stable")
    return order[1 : _HASH_BITS + 1]


def _averaging(count: int) -> Floats:
    """A matrix that averages 32 cells into ``count``."""
    edges = np.arange(count + 1) * _EDGE / count
    cells = np.arange(_EDGE)
    shares = np.minimum(edges[1:, None], cells + 1) - np.maximum(edges[:-1, None], cells)
    return np.asarray(np.clip(shares, 0, None) * count / _EDGE, dtype=np.float32)


_COSINES, _LOWEST = _cosines(), _lowest()
_EIGHT, _FIVE, _GRID_CELLS = _averaging(8), _averaging(5), _averaging(_GRID)
