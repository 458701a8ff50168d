"""How fast metadata is read: headers alone, the containers' reader, and the whole with parsing.

One thread, files in the system's cache.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import random
import struct
import tempfile
import time
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

_WORDS = (
    "masterpiece",
    "best quality",
    "1girl",
    "solo",
    "long hair",
    "blue eyes",
    "forest",
    "river",
    "sunset",
    "detailed",
    "smile",
    "dress",
    "sea",
    "cat",
    "(hat:1.2)",
)
_ROUNDS = 5
_LARGE_BYTES = 20 << 20
_SAMPLES_RATE = 700


def main(arguments: list[str]) -> int:
    """Write a corpus, measure, print; 1 where a limit of the project is missed."""
    options = argparse.ArgumentParser(prog="python -m bench metadata", description=__doc__)
    options.add_argument("--files", type=int, default=5000, help="number of small PNGs")
    count = options.parse_args(arguments).files
    with tempfile.TemporaryDirectory(prefix="iib-bench-") as name:
        folder = Path(name)
        paths = [_write(folder / f"{n:05}.png", n, 64) for n in range(count)]
        missed = _compare_readers(paths)
        _compare_sizes(folder)
    missed |= _measure_samples()
    return 1 if missed else 0


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def infotext(number: int) -> str:
    """A text as AUTOMATIC1111 writes it, another one for each number."""
    chance = random.Random(number)
    prompt, negative = (", ".join(chance.sample(_WORDS, 14)) for _ in range(2))
    lora = f"<lora:style_{number % 7}:0.8>"
    return (
        f"{prompt}, {lora}\nNegative prompt: {negative}\nSteps: 20, Sampler: DPM++ 2M, Schedule type: "
        f"Karras, CFG scale: 7, Seed: {chance.getrandbits(32)}, "
        "Size: 512x768, Model hash: 6ce0161689, Model: v1-5-pruned, Denoising strength: 0.4, Lora "
        f'hashes: "style_{number % 7}: a1b2c3d4e5f6", Version: v1.10.1'
    )


def _write(path: Path, number: int, edge_px: int) -> str:
    """A PNG of noise with an infotext, its pixels in pieces of 8 kB as libpng cuts them. Returns
    its path.
    """
    rows = b"".join(
        b"\0" + random.Random(number * 10_000 + y).randbytes(edge_px * 3) for y in range(edge_px)
    )
    pixels = zlib.compress(rows, 1)
    header = struct.pack(">IIBBBBB", edge_px, edge_px, 8, 2, 0, 0, 0)
    pieces = b"".join(_chunk(b"IDAT", pixels[at : at + 8192]) for at in range(0, len(pixels), 8192))
    text = _chunk(b"tEXt", b"parameters\0" + infotext(number).encode("latin-1"))
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + text + pieces + _chunk(b"IEND", b"")
    )
    return str(path)


def read_bare(path: str) -> list[bytes]:
    """The measure of all: open, go from chunk to chunk, take the text chunks; nothing is decoded
    and nothing is checked.
    """
    texts = []
    with open(path, "rb") as file:
        file.seek(8)
        while len(header := file.read(8)) == 8:
            size, kind = struct.unpack(">I4s", header)
            if kind in (b"tEXt", b"iTXt", b"zTXt"):
                texts.append(file.read(size))
                file.seek(4, 1)
            else:
                file.seek(size + 4, 1)
    return texts


def _pass_s(reader: Callable[[str], object], paths: Sequence[str], threads: int = 1) -> float:
    """Seconds of one pass over all paths; with one thread of processor time, which other programs
    do not take away.
    """
    if threads == 1:
        worked = time.process_time()
        for path in paths:
            reader(path)
        return time.process_time() - worked
    started = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        list(
            pool.map(
                lambda part: [reader(path) for path in part],
                [paths[n::threads] for n in range(threads)],
            )
        )
    return time.perf_counter() - started


def _compare_readers(paths: Sequence[str]) -> bool:
    """Print files/s of each reader; whether one is too slow.

    Rounds are interleaved: other load then hits all readers alike.
    """
    readers: dict[str, Callable[[str], object]] = {
        "headers, no parsing": read_bare,
        "containers.read": importlib.import_module("iib_core.metadata.containers").read,
    }
    whole = getattr(importlib.import_module("iib_core.metadata"), "read", None)
    if whole:
        readers["metadata.read"] = whole
    best = dict.fromkeys(readers, float("inf"))
    for _ in range(_ROUNDS):
        for name, reader in readers.items():
            best[name] = min(best[name], _pass_s(reader, paths))
    base = best["headers, no parsing"]
    print(f"{len(paths)} small PNGs, one thread, best of {_ROUNDS} rounds")
    for name, seconds in best.items():
        print(
            f"  {name:<22}{len(paths) / seconds:>10,.0f} files/s   {base / seconds:5.2f} of the bare headers"
        )
    if not whole:
        return False
    rate, ratio = len(paths) / best["metadata.read"], base / best["metadata.read"]
    two = len(paths) / min(_pass_s(whole, paths, threads=2) for _ in range(_ROUNDS))
    print(f"  {'with two threads':<22}{two:>10,.0f} files/s")
    print(
        f"limits: a quarter of the bare headers ({'kept' if ratio >= 0.25 else 'MISSED'}), 4,000 files/s "
        f"({'kept' if rate >= 4000 else 'MISSED'})"
    )
    return ratio < 0.25 or rate < 4000


def _measure_samples() -> bool:
    """Print how many real files a second are read, where the environment names a folder of them;
    whether that is too few. Processor time.
    """
    folder = os.environ.get("IIB_SAMPLES_2")
    if not folder:
        return False
    read = importlib.import_module("iib_core.metadata").read
    entries = json.loads((Path(folder) / "MANIFEST.json").read_text(encoding="utf-8"))["files"]
    paths = [str(Path(folder) / entry["file"]) for entry in entries]
    best = float("inf")
    for _round in range(_ROUNDS):
        started = time.process_time()
        for path in paths:
            read(path)
        best = min(best, time.process_time() - started)
    rate = len(paths) / best
    print(
        f"{len(paths)} real files, processor time: {rate:,.0f} files/s; limit: {_SAMPLES_RATE} files/s "
        f"({'kept' if rate >= _SAMPLES_RATE else 'MISSED'})"
    )
    return rate < _SAMPLES_RATE


def _compare_sizes(folder: Path) -> None:
    """Print what a file of 20 MB costs compared to a small one."""
    read = importlib.import_module("iib_core.metadata.containers").read
    large = _write(folder / "large.png", 1, int((_LARGE_BYTES / 3) ** 0.5))
    small = _write(folder / "small.png", 1, 64)
    seconds = {
        path: min(_pass_s(read, [path] * 50) for _ in range(_ROUNDS)) / 50
        for path in (small, large)
    }
    size_mb, ratio = Path(large).stat().st_size / 2**20, seconds[large] / seconds[small]
    print(
        f"a PNG of {size_mb:.0f} MB costs {seconds[large] * 1e6:.0f} us, {ratio:.1f} times a small one "
        f"({seconds[small] * 1e6:.0f} us)"
    )
