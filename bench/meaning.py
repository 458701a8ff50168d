"""How well meaning is found in real prompts, beside the limits and what was seen before.

``python -m bench meaning [--only nearest,queries,topics,titles,stable,speed,large]``.
``IIB_PROMPTS`` names the folder of the prompts. Without a sentence model only the built-in one is
measured.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from bench import machine
from bench.meaning_data import (
    Prompt,
    Query,
    check,
    load_prompts,
    load_queries,
    load_synonyms,
    names_most,
)
from iib_core.ai import prompt_text, subjects
from iib_core.ai.local import LocalModel
from iib_core.ai.model_files import ModelFiles
from iib_core.ai.sentences import Sentences
from iib_core.cluster import levels, names, themes

_NEAREST, _MEASURE, _TITLED, _FOUND, _BUILT_IN_FOUND = 0.33, 0.28, 0.7, 18, 5
_ARI, _KEPT_TITLES, _SLOWER = 0.9, 0.9, 1.15
_LARGE, _LARGE_S, _SEARCH_S = 100_000, 90.0, 0.1
_SEEN = (
    "README: built in 0.21, all-MiniLM-L6-v2 0.33, first clause and whole joined 0.35, chance 0.13"
)
_LEAST_TITLED = 5
_TRIALS = 5


def main(arguments: Sequence[str]) -> int:
    """Print the figures. Returns 1 where a limit is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench meaning", description=__doc__)
    parser.add_argument("--only", default="", help="parts by comma; all without it")
    parser.add_argument("--show", action="store_true", help="print the topics")
    options = parser.parse_args(arguments)
    prompts, queries = load_prompts(), load_queries()
    texts = [prompt_text.normalise(prompt.text) for prompt in prompts]
    built_in = LocalModel.learn(texts)
    with tempfile.TemporaryDirectory(prefix="iib-bench-") as folder:
        sentences = Sentences(ModelFiles(folder))
        try:
            return _measure(options, prompts, queries, texts, built_in, sentences)
        finally:
            sentences.close()


def _measure(
    options: argparse.Namespace,
    prompts: Sequence[Prompt],
    queries: Sequence[Query],
    texts: Sequence[str],
    built_in: LocalModel,
    sentences: Sentences,
) -> int:
    name = sentences.find_default()
    print(f"{len(prompts)} prompts; model {name or 'local'}; load {machine.load()}")
    vectors = sentences.embed(name, texts) if name else built_in.embed(texts)
    table = table_of(sentences, name, texts) if name else None
    wanted = [query.text for query in queries]
    asked = sentences.embed(name, wanted) if name else built_in.embed(wanted)
    parts: dict[str, Any] = {
        "nearest": lambda: _print_nearest(prompts, vectors, built_in.embed(texts)),
        "queries": lambda: _print_queries(prompts, queries, vectors, asked, built_in, texts),
        "topics": lambda: _print_topics(prompts, vectors, built_in.embed(texts), table),
        "titles": lambda: _print_titles(prompts, texts, vectors, table, show=options.show),
        "stable": lambda: _print_stable(texts, vectors, table),
        "speed": lambda: bool(name) and _print_speed(sentences, name, texts),
        "large": lambda: _print_large(vectors, table),
    }
    chosen = options.only.split(",") if options.only else list(parts)
    missed = [part for part in chosen if parts[part]()]
    print(f"missed: {', '.join(missed)}" if missed else "all limits kept")
    return int(bool(missed))


def table_of(sentences: Sentences, name: str, texts: Sequence[str]) -> levels.Table:
    """The table of themes by a sentence model, for these texts."""
    means = themes.means(lambda phrases: sentences.embed_phrases(name, phrases))
    return levels.Table(themes.KINDS, themes.THEME_OF, means, themes.evidence(texts))


def _line(what: str, value: float, limit: float, note: str = "", *, at_most: bool = False) -> bool:
    missed = value > limit if at_most else value < limit
    bound = "at most" if at_most else "at least"
    word = "MISSED" if missed else "ok    "
    print(f"{word} {what}: {value:.3g} ({bound} {limit:g}){f'; {note}' if note else ''}")
    return missed


def nearest_share(prompts: Sequence[Prompt], vectors: Any) -> float:
    """The share of the five nearest that have the same theme."""
    found = np.array([prompt.theme for prompt in prompts])
    product = vectors @ vectors.T
    np.fill_diagonal(product, -9)
    best = np.argsort(-product, axis=1)[:, :5]
    return float((found[best] == found[:, None]).mean())


def _print_nearest(prompts: Sequence[Prompt], vectors: Any, built_in: Any) -> bool:
    note = f"built in {nearest_share(prompts, built_in):.2f}; {_SEEN}"
    return _line("same theme among the 5 nearest", nearest_share(prompts, vectors), _NEAREST, note)


def right_queries(
    prompts: Sequence[Prompt], queries: Sequence[Query], vectors: Any, asked: Any
) -> list[bool]:
    """Of each query whether one of the first three prompts is right."""
    found = []
    for query, vector in zip(queries, asked):
        best = np.argsort(-(vectors @ vector), kind="stable")[:3]
        found.append(any(prompts[at].subject in query.subjects for at in best))
    return found


def _print_queries(
    prompts: Sequence[Prompt],
    queries: Sequence[Query],
    vectors: Any,
    asked: Any,
    built_in: LocalModel,
    texts: Sequence[str],
) -> bool:
    problems = check(prompts, queries)
    print("\n".join(problems) or "       no query shares a word stem with its right prompts")
    right = right_queries(prompts, queries, vectors, asked)
    wrong = [query.text for query, is_right in zip(queries, right) if not is_right]
    own = built_in.embed([prompt_text.normalise(query.text) for query in queries])
    local = sum(right_queries(prompts, queries, built_in.embed(texts), own))
    missed = _line(f"queries of {len(queries)} right in the first three", sum(right), _FOUND)
    print(f"       not found: {'; '.join(wrong)}")
    return (
        _line("the same by the built-in model", local, _BUILT_IN_FOUND, at_most=True)
        or missed
        or bool(problems)
    )


def labels_of(found: Sequence[levels.Theme], count: int) -> Any:
    """The number of each text's theme."""
    labels = np.zeros(count, dtype=np.int64)
    for number, theme in enumerate(found):
        labels[theme.rows] = number
    return labels


def _print_topics(prompts: Sequence[Prompt], vectors: Any, built_in: Any, table: Any) -> bool:
    from sklearn.cluster import KMeans
    from sklearn.metrics import v_measure_score

    truth = [prompt.theme for prompt in prompts]
    found, threshold = levels.find(vectors, table)
    value = v_measure_score(truth, labels_of(found, len(prompts)))
    local, _ = levels.find(built_in, None)
    own = v_measure_score(truth, labels_of(local, len(prompts)))
    peer = v_measure_score(truth, KMeans(30, n_init=3, random_state=0).fit_predict(vectors))
    note = f"built in {own:.2f} with {len(local)} topics, k-means with 30 groups {peer:.2f}"
    missed = _line("V-measure of the first level against theme", value, _MEASURE, note)
    missed |= _line("topics of the first level", len(found), levels.FEWEST)
    missed |= _line("topics of the first level", len(found), levels.MOST, at_most=True)
    print(f"       {sum(len(theme.subjects) for theme in found)} subjects at {threshold}")
    return missed


def _print_titles(
    prompts: Sequence[Prompt], texts: Sequence[str], vectors: Any, table: Any, *, show: bool
) -> bool:
    found, _ = levels.find(vectors, table)
    synonyms = load_synonyms()
    named = names.name_topics(
        [_of(texts, theme.rows) for theme in found], [theme.name for theme in found]
    )
    rows = [(name.title, theme.rows) for name, theme in zip(named, found)]
    inner = []
    for theme in found:
        own = _named_inside(texts, theme)
        inner += [(name.title, subject.rows) for name, subject in zip(own, theme.subjects)]
    missed = False
    for level, listed in (
        ("first level", rows),
        ("second level", inner),
        ("both levels", rows + inner),
    ):
        judged = [(title, _of(prompts, own)) for title, own in listed if len(own) >= _LEAST_TITLED]
        good = [names_most(title, members, synonyms) for title, members in judged]
        share = sum(good) / max(1, len(good))
        missed |= _line(
            f"titles that name most members, {level} ({len(good)} topics)", share, _TITLED
        )
        for (title, members), is_good in zip(judged, good):
            if not is_good and level != "both levels":
                print(
                    f"       '{title}' of {len(members)}: {Counter(m.theme for m in members).most_common(3)}"
                )
    if show:
        for theme, name in zip(found, named):
            own = zip(_named_inside(texts, theme), theme.subjects)
            print(f"  {name.title} ({len(theme.rows)}): {', '.join(name.keywords)}")
            print(
                f"      {'; '.join(f'{each.title} ({len(subject.rows)})' for each, subject in own)}"
            )
    return missed


def _of(values: Sequence[Any], rows: Any) -> list[Any]:
    return [values[at] for at in rows.tolist()]


def _print_stable(texts: Sequence[str], vectors: Any, table: Any) -> bool:
    """A part of the prompts, and then 5 % more: what becomes of the part's topics."""
    from sklearn.metrics import adjusted_rand_score

    draw = np.random.default_rng(0)
    after, _ = levels.find(vectors, table)
    titles = {name.title for name in _named(texts, after)}
    labels = labels_of(after, len(texts))
    rand, kept = [], []
    for _ in range(_TRIALS):
        old = np.sort(draw.permutation(len(texts))[: round(len(texts) / 1.05)])
        before, _ = levels.find(vectors[old], _part_of(table, old))
        rand.append(adjusted_rand_score(labels_of(before, len(old)), labels[old]))
        own = [name.title for name in _named(_of(texts, old), before)]
        kept.append(sum(title in titles for title in own) / len(own))
    missed = _line("adjusted Rand index with 5 % more files, least of some trials", min(rand), _ARI)
    return _line("titles that stay, least of some trials", min(kept), _KEPT_TITLES) or missed


def _part_of(table: Any, rows: Any) -> Any:
    """The table for some of the texts."""
    return None if table is None else replace(table, evidence=table.evidence[rows])


def _named(texts: Sequence[str], found: Sequence[levels.Theme]) -> list[Any]:
    return names.name_topics(
        [_of(texts, theme.rows) for theme in found], [theme.name for theme in found]
    )


def _print_speed(sentences: Sentences, name: str, texts: Sequence[str]) -> bool:
    """Our embedding of prompts beside a bare loop over the same texts in batches of 32, sorted by
    length.
    """
    wanted = [
        each for made in texts for each in (subjects.find(made).subject, subjects.find(made).whole)
    ]
    model = sentences.files.get_model(name)
    found = sentences.files.find(model)
    assert found is not None
    sentences.embed(name, ["warm"])
    bare = min(_time_bare(found, wanted, model.max_tokens) for _ in range(2))
    began = time.perf_counter()
    sentences.embed(name, texts)
    ours = time.perf_counter() - began
    count = len(set(wanted))
    note = f"{count / ours:.0f} texts/s, bare {count / bare:.0f}; {len(texts) / ours:.0f} prompts/s"
    return _line("time of embedding beside a bare loop", ours / bare, _SLOWER, note, at_most=True)


def _time_bare(found: Any, wanted: Sequence[str], max_tokens: int) -> float:
    import onnxruntime
    from tokenizers import Tokenizer

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = os.cpu_count() or 1
    session = onnxruntime.InferenceSession(found.weights, options)
    tokenizer = Tokenizer.from_file(found.tokenizer)
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    began = time.perf_counter()
    tokens = sorted(
        (made.ids for made in tokenizer.encode_batch(list(dict.fromkeys(wanted)))), key=len
    )
    for start in range(0, len(tokens), 32):
        batch = tokens[start : start + 32]
        ids = np.zeros((len(batch), len(batch[-1])), dtype=np.int64)
        for row, own in enumerate(batch):
            ids[row, : len(own)] = own
        feeds = {
            "input_ids": ids,
            "attention_mask": (ids != 0).astype(np.int64),
            "token_type_ids": ids * 0,
        }
        session.run(None, {given.name: feeds[given.name] for given in session.get_inputs()})
    return time.perf_counter() - began


def _print_large(vectors: Any, table: Any) -> bool:
    """Topics of, and searches in, 100,000 vectors that lie around those of the prompts."""
    draw = np.random.default_rng(1)
    chosen = draw.integers(0, len(vectors), _LARGE)
    many = vectors[chosen].astype(np.float32)
    for start in range(0, _LARGE, 4096):
        part = many[start : start + 4096]
        part += draw.standard_normal(part.shape, dtype=np.float32) * np.float32(
            0.8 / part.shape[1] ** 0.5
        )
        part /= np.linalg.norm(part, axis=1, keepdims=True)
    began = time.perf_counter()
    found, _ = levels.find(many, _part_of(table, chosen))
    seconds = time.perf_counter() - began
    times = []
    for query in many[:60]:
        started = time.perf_counter()
        scores = many @ query
        np.argpartition(-scores, 50)
        times.append(time.perf_counter() - started)
    missed = _line(
        f"seconds for topics of {_LARGE:,} vectors",
        seconds,
        _LARGE_S,
        f"{len(found)} topics",
        at_most=True,
    )
    p95 = statistics.quantiles(times[5:], n=20)[-1]
    return _line("seconds for the nearest 50, p95", p95, _SEARCH_S, at_most=True) or missed


def _named_inside(texts: Sequence[str], theme: levels.Theme) -> list[Any]:
    groups = [_of(texts, subject.rows) for subject in theme.subjects]
    return names.name_topics(groups, [subject.kind for subject in theme.subjects])
