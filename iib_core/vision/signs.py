"""Sign bits: one bit for each dimension of a vector, after a rotation that spreads what the vector
says over all of them. Vectors that are similar differ in few bits.

Source: Charikar, Similarity Estimation Techniques from Rounding Algorithms, 2002.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Words = NDArray[np.uint64]

_BITS = 64
# How many words are added byte by byte, so that no byte overflows.
_MOST_WORDS = 31
_ONES, _PAIRS, _FOURS = (np.uint64(0x5555555555555555), np.uint64(0x3333333333333333),
                         np.uint64(0x0F0F0F0F0F0F0F0F))  # fmt: skip
_EVEN_BYTES, _SUM = np.uint64(0x00FF00FF00FF00FF), np.uint64(0x0001000100010001)
_1, _2, _4, _8, _48 = (np.uint64(bits) for bits in (1, 2, 4, 8, 48))


def words_of(dimensions: int) -> int:
    """How many words of 64 bits the signs of a vector take."""
    return -(-dimensions // _BITS)


def rotation(dimensions: int) -> Floats:
    """The matrix by which vectors are rotated: the same one each time, on every machine."""
    # The numbers of RandomState are the same in all versions of numpy, those of a Generator are not.
    numbers = np.random.RandomState(dimensions).standard_normal((dimensions, dimensions))
    turned, triangle = np.linalg.qr(numbers)
    return np.asarray(turned * np.sign(np.diag(triangle)), dtype=np.float32)


def of(vectors: Floats, turn: Floats) -> Words:
    """The signs of vectors, a column for each."""
    bits = np.packbits(vectors @ turn > 0, axis=1, bitorder="little")
    padded = np.zeros((len(vectors), words_of(vectors.shape[1]) * 8), dtype=np.uint8)
    padded[:, : bits.shape[1]] = bits
    return np.ascontiguousarray(padded.view("<u8").T)


def count_differing(block: Words, query: Words, counts: NDArray[np.uint16]) -> None:
    """Write to ``counts`` in how many bits each column of ``block`` differs from ``query``."""
    counts[:] = 0
    if hasattr(np, "bitwise_count"):
        _count_by_word(block, query, counts)
    else:
        _count_by_byte(block, query, counts)


def _count_by_word(block: Words, query: Words, counts: NDArray[np.uint16]) -> None:
    """By the processor's own instruction, which numpy has since version 2: more than twice as fast
    as ``_count_by_byte``.
    """
    words = np.empty(block.shape[1], dtype=np.uint64)
    found = np.empty(block.shape[1], dtype=np.uint8)
    for row, bits in zip(block, query):
        np.bitwise_xor(row, bits, out=words)
        np.bitwise_count(words, out=found)
        counts += found


def _count_by_byte(block: Words, query: Words, counts: NDArray[np.uint16]) -> None:
    """By shifts and masks of whole words, which are three times as fast as a table."""
    words, shifted = (np.empty(block.shape[1], dtype=np.uint64) for _ in range(2))
    for start in range(0, len(block), _MOST_WORDS):
        sums = np.zeros(block.shape[1], dtype=np.uint64)
        for row, bits in zip(block[start : start + _MOST_WORDS], query[start:]):
            np.bitwise_xor(row, bits, out=words)
            _count_in_bytes(words, shifted)
            sums += words
        np.right_shift(sums, _8, out=shifted)
        sums &= _EVEN_BYTES
        shifted &= _EVEN_BYTES
        sums += shifted
        sums *= _SUM
        sums >>= _48
        counts += sums.astype(np.uint16)


def _count_in_bytes(words: Words, shifted: Words) -> None:
    """Replace each byte by the number of its bits. ``shifted``: space for the work."""
    np.right_shift(words, _1, out=shifted)
    shifted &= _ONES
    words -= shifted
    np.right_shift(words, _2, out=shifted)
    shifted &= _PAIRS
    words &= _PAIRS
    words += shifted
    np.right_shift(words, _4, out=shifted)
    words += shifted
    words &= _FOURS
