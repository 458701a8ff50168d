"""Looks: what a signature costs beside its thumbnail, how long grouping takes, and what is found
and what is taken for one another in a set of pictures that is hard to tell apart; and how fast and
how well the nearest of a million vectors are found.
"""

from __future__ import annotations

import argparse
import io
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import islice

import numpy as np
from PIL import Image

from bench import look_pictures, look_vectors
from iib_core.db.looks import Looks
from iib_core.look import groups, neighbours
from iib_core.look.groups import Candidates
from iib_core.look.neighbours import DEFAULT_DISTANCE, Codes
from iib_core.media import decode, signature
from iib_core.vision import inputs, library_pass, model_table
from iib_core.vision.model_table import ImageRule

_BOX_PX = 256
_ROUNDS = 15
_PART = 500
# What must hold: name -> (smallest or largest value, whether it is the largest, unit).
LIMITS = {
    "signature of a thumbnail of a PNG": (5.0, True, "%"),
    "signature of a thumbnail of a JPEG": (5.0, True, "%"),
    "100,000 grouped": (5.0, True, "s"),
    "1,000,000 grouped": (60.0, True, "s"),
    "memory for 1,000,000": (300.0, True, "MiB"),
    "found again: recompressed": (98.0, False, "%"),
    "found again: resized": (98.0, False, "%"),
    "found again: cropped by 3 %": (98.0, False, "%"),
    "false groups": (0.1, True, "%"),
    "nearest 50 of 1,000,000 at 512, by pictures": (100.0, True, "ms"),
    "nearest 50 of 1,000,000 at 512, by words": (100.0, True, "ms"),
    "nearest 50 of 1,000,000 at 768, by pictures": (100.0, True, "ms"),
    "nearest 50 of 1,000,000 at 768, by words": (100.0, True, "ms"),
    "recall at 512, by pictures": (95.0, False, "%"),
    "recall at 512, by words": (95.0, False, "%"),
    "recall at 768, by pictures": (95.0, False, "%"),
    "recall at 768, by words": (95.0, False, "%"),
    "sign bits of 1,000,000 at 768": (98.0, True, "MB"),
}


def main(arguments: Sequence[str]) -> int:
    """Print the figures. Returns 1 where one is not what it must be."""
    parser = argparse.ArgumentParser(prog="python -m bench look", description=__doc__)
    parser.add_argument("--pictures", type=int, default=20_000)
    parser.add_argument(
        "--every", type=int, default=10, help="of these, which are changed to be found again"
    )
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--only", choices=("cost", "grouping", "set", "vectors"))
    parser.add_argument("--vectors", type=int, default=1_000_000)
    parser.add_argument("--queries", type=int, default=100)
    parser.add_argument("--group", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.group:
        print(json.dumps(_group(options.group)))
        return 0
    figures: dict[str, float] = {}
    if options.only in (None, "cost"):
        figures |= _measure_cost()
    if options.only in (None, "grouping"):
        figures |= _measure_grouping()
    if options.only in (None, "set"):
        figures |= _measure_set(options.pictures, options.every, options.processes)
    if options.only in (None, "vectors"):
        figures |= _measure_vectors(options.vectors, options.queries)
    return _report(figures)


def _report(figures: dict[str, float]) -> int:
    failed = 0
    for name, value in figures.items():
        if name not in LIMITS:
            print(f"{name}: {value:.2f}")
            continue
        limit, is_largest, unit = LIMITS[name]
        is_good = value <= limit if is_largest else value >= limit
        failed += not is_good
        bound = "at most" if is_largest else "at least"
        print(f"{'ok ' if is_good else 'NOT'} {name}: {value:.2f} {unit}, {bound} {limit:g}")
    return int(failed > 0)


def _measure_cost() -> dict[str, float]:
    """Processor time of a signature, in percent of that of the thumbnail."""
    image = look_pictures.figure(np.random.default_rng(5)).resize((1024, 1536))
    found = {}
    for kind in ("PNG", "JPEG"):
        out = io.BytesIO()
        image.save(out, kind)
        made = decode.shrink(io.BytesIO(out.getvalue()), _BOX_PX, _BOX_PX, max_pixels=10**8)

        def make(data: bytes = out.getvalue()) -> None:
            decode.shrink(io.BytesIO(data), _BOX_PX, _BOX_PX, max_pixels=10**8).to_webp()

        def look(small: decode.Small = made) -> None:
            signature.of(small.image)

        whole, part = _processor_s(make), _processor_s(look)
        print(f"{kind}: thumbnail {whole * 1e3:.2f} ms, signature {part * 1e3:.3f} ms of processor")
        found[f"signature of a thumbnail of a {kind}"] = part / whole * 100
    return found | _measure_input(image)


def _measure_input(image: Image.Image) -> dict[str, float]:
    """Milliseconds of processor time that a cached thumbnail takes on its way into a model."""
    out = io.BytesIO()
    image.save(out, "PNG")
    edge_px = library_pass.EDGE_PX
    made = decode.shrink(out, edge_px, edge_px, max_pixels=10**8).to_webp()
    found = {}
    for model in model_table.MODELS:

        def feed(rule: ImageRule = model.image_rule) -> None:
            small = decode.shrink(io.BytesIO(made), edge_px, edge_px, max_pixels=10**8)
            inputs.pixels_of(small.image, rule)

        found[f"input of {model.name}, ms"] = _processor_s(feed) * 1e3
    return found


def _processor_s(work: Callable[[], None]) -> float:
    """Processor time of the fastest of some rounds."""
    times = []
    for _ in range(_ROUNDS):
        began = time.process_time()
        for _ in range(5):
            work()
        times.append((time.process_time() - began) / 5)
    return min(times)


def _measure_grouping() -> dict[str, float]:
    """Seconds and memory of grouping, each in a process of its own."""
    found = {}
    for count in (100_000, 1_000_000):
        command = (sys.executable, "-m", "bench", "look", "--group", str(count))
        done = json.loads(
            subprocess.run(command, capture_output=True, check=True, text=True).stdout
        )
        print(f"{count:,}: {json.dumps(done)}")
        found[f"{count:,} grouped"] = done["seconds"]
    found["memory for 1,000,000"] = done["mib"]
    return found


def _group(count: int) -> dict[str, float]:
    """Group signatures of which a tenth are near another one."""
    looks = make_looks(count)
    began, processor = time.perf_counter(), time.process_time()
    codes = Codes.of(looks)
    roots = neighbours.find_components(codes, DEFAULT_DISTANCE, lambda _share: None)
    shared = np.flatnonzero(np.bincount(roots, minlength=len(roots))[roots] > 1)
    found = groups.split(_candidates(codes.pick(shared)), roots[shared], DEFAULT_DISTANCE, ())
    return {
        "groups": len(found),
        "seconds": time.perf_counter() - began,
        "processor_s": time.process_time() - processor,
        "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def make_looks(count: int, seed: int = 3) -> Looks:
    """Signatures as of a library: nine tenths differ, a tenth are near one of these."""
    signatures = np.empty((count, signature.BYTES), dtype=np.uint8)
    numbers = np.random.default_rng(seed)
    first = count * 9 // 10
    for start in range(0, first, 50_000):
        part = signatures[start : min(start + 50_000, first)]
        part[:, :16] = numbers.integers(0, 256, (len(part), 16), dtype=np.uint8)
        light = numbers.normal(115, 45, (len(part), 1)).astype(np.float32)
        cells = light + numbers.normal(0, 35, (len(part), 48)).astype(np.float32)
        part[:] = np.concatenate((part[:, :16], np.clip(cells, 0, 255).astype(np.uint8)), axis=1)
    signatures[first:] = signatures[numbers.integers(0, first, count - first)]
    rows = np.arange(first, count)
    for _ in range(3):
        signatures[rows, numbers.integers(0, 8, len(rows))] ^= np.uint8(1) << numbers.integers(
            0, 8, len(rows), dtype=np.uint8
        )
    return Looks(np.arange(count), signatures, np.zeros(count, dtype=np.float32))


def _candidates(codes: Codes) -> Candidates:
    """Files of which nothing is known but what they show."""
    count = len(codes)
    return Candidates(
        np.arange(count),
        codes,
        np.ones(count, dtype=bool),
        np.full(count, -1, dtype=np.int64),
        np.zeros((count, 7), dtype=np.int64),
    )


def _measure_set(pictures: int, every: int, processes: int) -> dict[str, float]:
    """How many changed pictures are near their original, and how many groups hold two origins, in
    percent.
    """
    starts = range(0, pictures, _PART)
    with ProcessPoolExecutor(processes) as pool:
        parts = list(
            pool.map(_look_at_part, starts, [pictures] * len(starts), [every] * len(starts))
        )
    originals = np.concatenate([part[0] for part in parts])
    changed = {
        name: np.concatenate([part[1][name] for part in parts]) for name in look_pictures.CHANGES
    }
    chosen = np.arange(0, pictures, every)
    found = {}
    for name, signatures in changed.items():
        codes = _codes(np.concatenate((originals[chosen], signatures)))
        places = np.arange(len(chosen))
        near = neighbours.are_near(codes, places, places + len(chosen), DEFAULT_DISTANCE)
        found[f"found again: {name}"] = float(near.mean() * 100)
    kept = ("recompressed", "resized", "cropped by 3 %")
    origins = np.concatenate((np.arange(pictures), *([chosen] * len(kept))))
    codes = _codes(np.concatenate((originals, *(changed[name] for name in kept))))
    roots = neighbours.find_components(codes, DEFAULT_DISTANCE, lambda _share: None)
    made = groups.split(_candidates(codes), roots, DEFAULT_DISTANCE, ())
    false = sum(
        len({int(origins[group.keeper]), *(int(origins[one.image_id]) for one in group.others)}) > 1
        for group in made.page(0, len(made))
    )
    print(
        f"{pictures:,} pictures: {len(made):,} groups, of which {false} hold pictures of two origins"
    )
    return found | {"false groups": false / max(1, len(made)) * 100}


def _measure_vectors(count: int, queries: int) -> dict[str, float]:
    """How fast and how well the nearest vectors are found, for two lengths of vectors."""
    found = {}
    for dimensions in (512, 768):
        figures = look_vectors.measure(dimensions, count, queries)
        print(f"{count:,} of {dimensions}: {json.dumps(figures)}")
        for name in ("pictures", "words"):
            nearest = f"nearest 50 of {count:,} at {dimensions}, by {name}"
            found[nearest] = figures[f"p95 by {name}, ms"]
            found[f"recall at {dimensions}, by {name}"] = figures[f"recall by {name}, %"]
        found[f"sign bits of {count:,} at {dimensions}"] = figures["sign bits, MB"]
    return found


def _codes(signatures: np.ndarray) -> Codes:
    return Codes.of(
        Looks(np.arange(len(signatures)), signatures, np.zeros(len(signatures), np.float32))
    )


def _look_at_part(
    start: int, pictures: int, every: int
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Signatures of some of the pictures, and of what becomes of every so-many-th."""
    originals: list[bytes] = []
    changed: dict[str, list[bytes]] = {name: [] for name in look_pictures.CHANGES}
    for number, image in _draw(start, min(start + _PART, pictures), pictures):
        originals.append(_look_at(image))
        if number % every == 0:
            numbers = np.random.default_rng(number)
            for name, change in look_pictures.CHANGES.items():
                changed[name].append(_look_at(change(image, numbers)))
    return _rows(originals), {name: _rows(found) for name, found in changed.items()}


def _draw(start: int, end: int, pictures: int) -> Iterator[tuple[int, Image.Image]]:
    return zip(range(start, end), islice(look_pictures.draw(pictures, first=start), end - start))


def _look_at(image: Image.Image) -> bytes:
    return signature.of(decode.shrink_frame(image).within(_BOX_PX, _BOX_PX).image)


def _rows(signatures: Sequence[bytes]) -> np.ndarray:
    return np.frombuffer(b"".join(signatures), np.uint8).reshape(-1, signature.BYTES)
