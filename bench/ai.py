"""Topics and search by meaning: how long, how much memory, how many texts a service is asked for,
and how well themes are found.

``python -m bench ai [--sizes 2000,20000,100000] [--quick]``. The service is our own on loopback;
vectors have 1536 dimensions and follow from the words.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import psutil

from bench import machine, themes
from bench.openai_server import DIM, OpenAIServer, vector_of
from iib_core.ai import prompt_text
from iib_core.ai.local import LocalModel
from iib_core.ai.nearest import SimilarLimits
from iib_core.ai.scope import Scope
from iib_core.cluster import linkage, organise
from iib_core.cluster.organise_options import OrganiseOptions
from iib_core.cluster.topic_options import TopicOptions
from iib_core.config import BASE, Config
from iib_core.core import Core
from iib_core.db import images
from iib_core.paths import DiskPath

_LIMIT_S = {2_000: 1.0, 20_000: 10.0, 100_000: 90.0}
_LIMIT_GB, _LIMIT_SEARCH_S, _LIMIT_HELLO_S = 3.0, 0.1, 0.1
# What belongs together in the service's vectors; the built-in model is made to fit the threshold
# that clients send unless told otherwise.
_REMOTE, _LOCAL = 0.4, 0.85
_LIMIT_PLAN_S, _REST_S = 2.0, 3.0
_COMPARED, _THEMES = 1_500, 60
# The best of each counts, on either side.
_ROUNDS = 4


def main(arguments: Sequence[str]) -> int:
    """Print the figures. Returns 1 where a limit of the project is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench ai", description=__doc__)
    parser.add_argument(
        "--sizes", default="2000,20000,100000", help="vectors of the groupings that are timed"
    )
    parser.add_argument("--files", type=int, default=20_000, help="files of the whole job")
    parser.add_argument(
        "--prompts", type=int, default=2_000, help="distinct prompts of the whole job"
    )
    parser.add_argument("--search", type=int, default=100_000, help="vectors of the search")
    parser.add_argument(
        "--only", default="", help="grouping, quality, search, job or organise; all without it"
    )
    parser.add_argument(
        "--organise", type=int, default=10_000, help="files that are sorted into folders"
    )
    options = parser.parse_args(arguments)
    parts: dict[str, Callable[[], bool]] = {
        "grouping": lambda: max(list(map(_time_grouping, map(int, options.sizes.split(","))))),
        "quality": _measure_quality,
        "search": lambda: _time_search(options.search),
        "job": lambda: _time_job(options.files, options.prompts),
        "organise": lambda: _time_organise(options.organise),
    }
    print(f"load {machine.load()} on {os.cpu_count()} processors")
    missed = [name for name, part in parts.items() if options.only in ("", name) and part()]
    print(f"missed: {', '.join(missed)}" if missed else "all limits kept")
    return int(bool(missed))


def _time_grouping(count: int) -> bool:
    vectors, truth = _made_vectors(count)
    with _peak_memory() as peak:
        began, used = time.perf_counter(), time.process_time()
        labels = linkage.group(vectors, 0.7)
        seconds, used = time.perf_counter() - began, time.process_time() - used
    limit = _LIMIT_S.get(count, float("inf"))
    gigabytes = peak() / 2**30
    print(
        f"grouping {count:,} vectors of {DIM}: {seconds:.1f} s (limit {limit:g}), {used / 2:.1f} s if two "
        "processors were ours, "
        f"{gigabytes:.2f} GB above the vectors (limit {_LIMIT_GB:g}), {labels.max() + 1:,} groups, "
        f"adjusted Rand index {_rand(labels, truth):.3f}"
    )
    return seconds > limit or gigabytes > _LIMIT_GB


def _made_vectors(count: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Unit vectors around a middle for each fifty of them, and which middle."""
    draw = np.random.default_rng(0)
    middles = draw.standard_normal((count // 50, DIM), dtype=np.float32)
    middles /= np.linalg.norm(middles, axis=1, keepdims=True)
    truth = draw.integers(0, len(middles), count)
    vectors = middles[truth]
    for start in range(0, count, 4096):
        part = vectors[start : start + 4096]
        part += draw.standard_normal(part.shape, dtype=np.float32) * np.float32(0.5 / DIM**0.5)
        part /= np.linalg.norm(part, axis=1, keepdims=True)
    return vectors, truth


def _measure_quality() -> bool:
    """Our groups against the themes that the corpus was made of, beside two of scikit-learn's on
    the same vectors.
    """
    corpus = themes.prompts(_COMPARED, _THEMES)
    truth = np.array([prompt.theme for prompt in corpus])
    texts = [prompt_text.normalise(prompt.text) for prompt in corpus]
    remote = np.array([vector_of(made) for made in texts], dtype=np.float32)
    missed = False
    for name, vectors, threshold, limit in (
        ("service", remote, _REMOTE, 0.9),
        ("built-in", LocalModel.learn(texts).embed(texts), _LOCAL, 0.7),
    ):
        ours = _rand(linkage.group(vectors, threshold), truth)
        hdbscan, agglomerative = _peers(vectors, threshold)
        print(
            f"themes of {_COMPARED:,} prompts by the {name} vectors at {threshold}: adjusted Rand index "
            f"{ours:.3f} (limit {limit}); "
            f"scikit-learn's agglomerative {_rand(agglomerative, truth):.3f}, HDBSCAN "
            f"{_rand(hdbscan, truth):.3f}"
        )
        missed |= ours < limit
    return missed


def _peers(
    vectors: np.ndarray[Any, Any], threshold: float
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    from sklearn.cluster import HDBSCAN, AgglomerativeClustering

    hdbscan = HDBSCAN(min_cluster_size=3, metric="euclidean", copy=True).fit_predict(vectors)
    # What HDBSCAN calls noise is a group of its own each time, as with the others.
    alone = np.flatnonzero(hdbscan < 0)
    hdbscan[alone] = hdbscan.max() + 1 + np.arange(len(alone))
    distances = np.clip(1 - vectors @ vectors.T, 0, 2)
    solver = AgglomerativeClustering(
        n_clusters=None, metric="precomputed", linkage="average", distance_threshold=1 - threshold
    )
    return hdbscan, solver.fit_predict(distances)


def _rand(labels: np.ndarray[Any, Any], truth: np.ndarray[Any, Any]) -> float:
    from sklearn.metrics import adjusted_rand_score

    return float(adjusted_rand_score(truth, labels))


def _time_search(count: int) -> bool:
    """Warm searches for the nearest 50, the query's vector included."""
    with (
        tempfile.TemporaryDirectory(prefix="iib-bench-") as folder,
        _core(folder, "http://127.0.0.1:9/v1") as core,
    ):
        _store_vectors(core, count)
        rng = np.random.default_rng(1)
        queries = [rng.standard_normal(DIM).astype(np.float32) for _ in range(60)]
        loaded = core.embeddings.load("bench")
        assert loaded is not None
        times, used = [], time.process_time()
        for query in queries:
            began = time.perf_counter()
            page = core.nearest._find(
                loaded, query / np.linalg.norm(query), Scope(), SimilarLimits(50, -1.0)
            )
            core.embeddings.load("bench")  # checks that the vectors have not changed
            times.append(time.perf_counter() - began)
            assert len(page.files) == 50
        used = (time.process_time() - used) / len(times)
        p95 = statistics.quantiles(times[5:], n=20)[-1]
    print(
        f"nearest 50 of {count:,} vectors: median {statistics.median(times) * 1e3:.0f} ms, p95 "
        f"{p95 * 1e3:.0f} ms warm "
        f"(limit {_LIMIT_SEARCH_S * 1e3:.0f}), {used * 1e3:.0f} ms of processor time"
    )
    return p95 > _LIMIT_SEARCH_S


def _store_vectors(core: Core, count: int) -> None:
    from iib_core.db import embeddings, prompts

    rules = prompt_text.rules(core.embeddings.mode)
    rng = np.random.default_rng(2)
    for start in range(0, count, 4000):
        size = min(4000, count - start)
        rows = [
            images.ImageRow(f"/bench/{at % 200}/{at}.png", "image", at, 1, 0, prompt=f"p{at}")
            for at in range(start, start + size)
        ]
        vectors = rng.standard_normal((size, DIM), dtype=np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        with core.db.write() as conn:
            ids = images.upsert_many(conn, rows, now_ns=1)
            prompts.assign(
                conn, [(image_id, 1, f"d{image_id}", f"p{image_id}") for image_id in ids], rules
            )
            found = prompts.find_ids(conn, [f"d{image_id}" for image_id in ids])
            model = embeddings.find_model(
                conn, "bench", "http://127.0.0.1:9/v1", rules
            ) or embeddings.add_model(conn, "bench", "http://127.0.0.1:9/v1", rules)
            embeddings.save(
                conn, model.id, [(prompt_id, 1) for prompt_id in found.values()], vectors
            )


@contextmanager
def _core(folder: str, url: str) -> Iterator[Core]:
    core = Core(Config(data_dir=folder, watch=False, openai_base_url=url, embedding_model="bench"))
    try:
        yield core
    finally:
        core.close()


def _time_job(files: int, distinct: int) -> bool:
    """The whole of it, over HTTP against a server in a process of its own: texts asked for, and its
    slowest answer to /hello meanwhile.
    """
    service = OpenAIServer()
    try:
        with tempfile.TemporaryDirectory(prefix="iib-bench-") as folder:
            _write_index(folder, files, distinct)
            environ = {
                "OPENAI_BASE_URL": service.url,
                "EMBEDDING_MODEL": "embed-a",
                "AI_MODEL": "chat-a",
                "OPENAI_API_KEY": "",
            }
            missed = _run_job(folder, environ, "service", _REMOTE)
            asked = len(service.texts)
            print(
                f"  the service was asked for {asked:,} texts of {files:,} files with {distinct:,} "
                f"distinct prompts, and for {len(service.chats)} titles"
            )
            missed |= asked != distinct
            return (
                _run_job(folder, {"OPENAI_BASE_URL": "", "OPENAI_API_KEY": ""}, "built-in", _LOCAL)
                or missed
            )
    finally:
        service.close()


def _time_organise(count: int) -> bool:
    """A rule sorts files into folders: the plan once it is known what belongs where, and the moving
    beside a bare loop of renames.
    """
    with tempfile.TemporaryDirectory(prefix="iib-bench-") as folder:
        top = os.path.join(folder, "library")
        core = Core(Config(data_dir=os.path.join(folder, "data"), roots=(top,), watch=False))
        try:
            _write_files(core, top, count)
            request = OrganiseOptions(
                TopicOptions(Scope((DiskPath(os.path.join(top, "in")),), recursive=False)),
                os.path.join(top, "out"),
                by="date",
                pattern="{date:%Y-%m-%d}",
            )
            rounds = [
                (_rename_bare(top, count), *_sort_files(core, request, count))
                for _ in range(_ROUNDS)
            ]
        finally:
            core.close()
    bare, planned, seconds = (min(figures) for figures in zip(*rounds))
    print(
        f"organise {count:,} files: planned in {planned:.2f} s (limit {_LIMIT_PLAN_S:g}), moved in "
        f"{seconds:.2f} s, "
        f"bare renames {bare:.2f} s, ratio {seconds / bare:.2f} (limit 3)"
    )
    return planned > _LIMIT_PLAN_S or seconds > 3 * bare


def _sort_files(core: Core, request: OrganiseOptions, count: int) -> tuple[float, float]:
    """Seconds of the plan and of the moving; the files are put back afterwards."""
    began = time.perf_counter()
    job = core.jobs.wait(
        core.jobs.start(
            organise.PLAN, lambda progress: core.organiser.plan(progress, request)
        ).job_id
    )
    planned = time.perf_counter() - began
    began = time.perf_counter()
    moved = core.jobs.wait(core.organiser.confirm(job.job_id, {}, []))
    seconds = time.perf_counter() - began
    assert moved.result["moved_count"] == count, (moved.error, moved.result)
    core.operations.undo(moved.result["operation_id"])
    return planned, seconds


def _write_files(core: Core, top: str, count: int) -> None:
    os.makedirs(os.path.join(top, "in"))
    rows = []
    for at in range(count):
        path = os.path.join(top, "in", f"{at:05d}.png")
        with open(path, "w") as file:
            file.write(str(at))
        os.utime(path, (1_700_000_000 + at % 60 * 86_400,) * 2)
        status = os.stat(path)
        rows.append(
            images.ImageRow(
                path,
                "image",
                status.st_mtime_ns,
                status.st_size,
                0,
                prompt=f"a fox {at}, snow",
                tags=[("prompt", "fox")],
            )
        )
    with core.db.write() as conn:
        images.upsert_many(conn, rows)


def _rename_bare(top: str, count: int) -> float:
    """Seconds of a loop that moves the files into sixty folders and updates a row of a table for
    each; they are put back afterwards.
    """
    bare = os.path.join(top, "bare")
    for day in range(60):
        os.makedirs(os.path.join(bare, f"{day:02d}"))
    pairs = [
        (
            os.path.join(top, "in", f"{at:05d}.png"),
            os.path.join(bare, f"{at % 60:02d}", f"{at:05d}.png"),
        )
        for at in range(count)
    ]
    connection = sqlite3.connect(os.path.join(os.path.dirname(top), "bare.db"))
    connection.execute("DROP TABLE IF EXISTS file")
    connection.execute("CREATE TABLE file (path TEXT PRIMARY KEY, text TEXT)")
    connection.executemany(
        "INSERT INTO file VALUES (?, 'a fox in the snow')", [(source,) for source, _ in pairs]
    )
    connection.commit()
    began = time.perf_counter()
    for source, target in pairs:
        os.rename(source, target)
    with connection:
        connection.executemany(
            "UPDATE file SET path = ? WHERE path = ?",
            [(target, source) for source, target in pairs],
        )
    seconds = time.perf_counter() - began
    connection.close()
    for source, target in pairs:
        os.rename(target, source)
    shutil.rmtree(bare)
    return seconds


def _write_index(folder: str, files: int, distinct: int) -> None:
    core = Core(Config(data_dir=folder, watch=False))
    corpus = themes.prompts(distinct, max(2, distinct // 25))
    try:
        for start in range(0, files, 4000):
            rows = [
                images.ImageRow(
                    f"/bench/{at % 50}/{at}.png",
                    "image",
                    at,
                    1,
                    0,
                    prompt=corpus[at % distinct].text,
                )
                for at in range(start, min(files, start + 4000))
            ]
            with core.db.write() as conn:
                images.upsert_many(conn, rows)
    finally:
        core.close()


def _run_job(folder: str, environ: dict[str, str], name: str, threshold: float) -> bool:
    command = [
        sys.executable,
        "-m",
        "iib_core",
        "serve",
        "--data-dir",
        folder,
        "--port",
        "0",
        "--no-watch",
    ]
    server = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, **environ},
    )
    try:
        assert server.stdout is not None
        url = server.stdout.readline().split(" at ")[1].strip().removesuffix(BASE) + BASE
        ended, waits = threading.Event(), [0.0]
        asking = threading.Thread(target=_ask_hello, args=(url + "/hello", ended, waits))
        asking.start()
        time.sleep(_REST_S)
        rest = len(waits)
        began = time.perf_counter()
        job_id = _call(
            url + "/db/cluster_iib_output_job_start", {"folder_paths": [], "threshold": threshold}
        )["job_id"]
        state: dict[str, Any] = {"status": "running"}
        while state["status"] == "running":
            time.sleep(0.2)
            state = _call(f"{url}/db/cluster_iib_output_job_status?job_id={job_id}")
        seconds = time.perf_counter() - began
        ended.set()
        asking.join()
        assert state["status"] == "completed", state["error"]
    finally:
        server.terminate()
        server.wait()
    found = state["result"]
    print(
        f"the whole job by the {name} vectors: {seconds:.1f} s, {len(found['clusters'])} topics, "
        f"{len(found['noise'])} files in none; "
        f"slowest /hello {max(waits[rest:]) * 1e3:.0f} ms (limit {_LIMIT_HELLO_S * 1e3:.0f}; with nothing "
        f"to do {max(waits[:rest]) * 1e3:.0f} ms)"
    )
    return max(waits[rest:]) > _LIMIT_HELLO_S


def _ask_hello(url: str, ended: threading.Event, waits: list[float]) -> None:
    while not ended.wait(0.02):
        began = time.perf_counter()
        urllib.request.urlopen(url, timeout=10).read()
        waits.append(time.perf_counter() - began)


def _call(url: str, body: dict[str, Any] | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    return json.load(
        urllib.request.urlopen(
            urllib.request.Request(url, data, {"content-type": "application/json"}), timeout=60
        )
    )


@contextmanager
def _peak_memory() -> Iterator[Callable[[], int]]:
    """A function that tells how many bytes more than at the beginning were resident at most."""
    process = psutil.Process()
    before = process.memory_info().rss
    ended = threading.Event()
    peak = [before]

    def watch() -> None:
        while not ended.wait(0.05):
            peak[0] = max(peak[0], process.memory_info().rss)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield lambda: peak[0] - before
    finally:
        ended.set()
        thread.join()
