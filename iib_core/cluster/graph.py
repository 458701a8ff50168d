"""The graph of topics: which keywords topics share, and what the keywords are about, in layers from
the topics up.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from iib_core import paths
from iib_core.access import Access
from iib_core.ai import languages, replies
from iib_core.ai.client import AI
from iib_core.ai.embeddings import Embeddings
from iib_core.ai.provider import LOCAL, ChatOptions, Vectors
from iib_core.cluster import linkage
from iib_core.cluster.topics import KIND as TOPICS
from iib_core.db import ai_cache, images
from iib_core.db.ai_cache import CachedResult
from iib_core.db.engine import Database
from iib_core.errors import NotFound, ServiceFailed
from iib_core.jobs import Progress

logger = logging.getLogger(__name__)

KIND = "graph"
_VERSION = 1
# What a page can draw and a model can read at once; the largest are taken.
MAX_CLUSTERS, MAX_TAGS = 200, 300
_MAX_GROUPS, _MAX_ABOVE = 12, 4
_ENOUGH_FOR_ABOVE = 8
_THRESHOLDS = [at / 50 for at in range(48, 0, -1)]
_SCHEMA = {
    "type": "object",
    "properties": {
        "groups": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "label": {"type": "string"},
                    "above": {"type": "string"},
                    "tags": {"type": "array", "items": {"type": "string"}},
                },
                "required": ["label", "above", "tags"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["groups"],
    "additionalProperties": False,
}


@dataclass(frozen=True)
class Group:
    """Keywords that belong together under a label; ``above``: the label of what groups belong to, or ""."""

    label: str
    tags: tuple[str, ...]
    above: str = ""


class TagGraph:
    """Makes graphs of topics that were found before, and keeps them."""

    def __init__(self, db: Database, access: Access, ai: AI, embeddings: Embeddings) -> None:
        self._db = db
        self._access = access
        self._ai = ai
        self._embeddings = embeddings

    def build(self, progress: Progress, topics: CachedResult, lang: str, model: str) -> dict[str, Any]:
        """The graph of topics.

        ``model``: the chat model that groups keywords, or ``local``; the built-in way is taken too
        where the model fails.
        """
        key = _key(topics, lang, model)
        with self._db.read() as conn:
            cached = ai_cache.find(conn, KIND, key)
        if cached is not None:
            return dict(cached.value)
        clusters = topics.value["clusters"][:MAX_CLUSTERS]
        weights = _weigh(clusters)
        chosen = sorted(weights, key=lambda tag: (-weights[tag], tag))[:MAX_TAGS]
        groups, problem = self._group(progress, chosen, clusters, weights, lang, model)
        graph = _draw(clusters, {tag: weights[tag] for tag in chosen}, groups)
        graph["stats"] |= {
            "total_clusters": len(topics.value["clusters"]),
            "total_tags": len(_weigh(topics.value["clusters"])),
            "topic_cluster_cache_key": topics.key,
            "message": problem,
        }
        if not problem and not self._access.read_only:
            with self._db.write() as conn:
                ai_cache.save(conn, KIND, key, graph)
        return graph

    def paths_of(self, cache_key: str, cluster_id: str) -> list[str]:
        """Files of a topic that are still there and that a client may see. Raises NotFound."""
        with self._db.read() as conn:
            found = ai_cache.find(conn, TOPICS, cache_key)
            cluster = (
                next((cluster for cluster in found.value["clusters"] if cluster["id"] == cluster_id), None)
                if found
                else None
            )
            if cluster is None:
                raise NotFound("There is no such topic any more: find topics again.")
            there = images.find_ids(conn, cluster["paths"])
        visible = (
            None if self._access.visible is None else [paths.to_text(top) for top in self._access.visible]
        )
        return [
            path
            for path in cluster["paths"]
            if path in there and (visible is None or any(paths.is_under(path, top) for top in visible))
        ]

    def _group(
        self,
        progress: Progress,
        tags: Sequence[str],
        clusters: Sequence[dict[str, Any]],
        weights: dict[str, float],
        lang: str,
        model: str,
    ) -> tuple[list[Group], str]:
        problem = ""
        if len(tags) < 4:
            return [], ""
        if model != LOCAL:
            try:
                groups = self._ask(progress, tags, lang, model)
            except ServiceFailed as exc:
                groups, problem = [], str(exc)
            if groups:
                return groups, ""
            problem = problem or (
                "The chat model answered with what are no groups: keywords are grouped by what "
                "prompts they are in."
            )
        return group_locally(tags, self._vectors(tags, clusters), weights), problem

    def _ask(self, progress: Progress, tags: Sequence[str], lang: str, model: str) -> list[Group]:
        messages = [
            {
                "role": "system",
                "content": f"You sort keywords of pictures into 5 to 12 groups, each keyword into exactly one, and groups into 2 to 5 wider ones. Labels in "
                f'{languages.name_of(lang)}. Answer with JSON only: {{"groups": [{{"label": "Animals", "above": "Nature", "tags": ["fox", "cat"]}}]}}',
            },
            {"role": "user", "content": "Keywords: " + ", ".join(tags)},
        ]
        options = ChatOptions(model, temperature=0.0, max_tokens=8000, schema=_SCHEMA)

        def ask(messages: list[dict[str, str]], wait: Callable[[float], None]) -> str:
            return self._ai.chat(messages, options, wait)

        [(_, reply, error)] = self._ai.ask_many(ask, [messages], progress)
        if error is not None:
            raise error
        return _read_groups(replies.find_object(reply or "") or {}, tags)

    def _vectors(self, tags: Sequence[str], clusters: Sequence[dict[str, Any]]) -> Vectors:
        """What keywords mean by the built-in model; before it has learned, by the topics that they are of."""
        try:
            return self._embeddings.embed(LOCAL, tags)
        except NotFound:
            found = np.zeros((len(tags), max(1, len(clusters))), dtype=np.float32)
            for at, cluster in enumerate(clusters):
                own = set(cluster["keywords"])
                found[[place for place, tag in enumerate(tags) if tag in own], at] = 1
            return np.asarray(
                found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9), dtype=np.float32
            )


def group_locally(tags: Sequence[str], vectors: Vectors, weights: dict[str, float]) -> list[Group]:
    """At most a dozen groups by average linkage, labelled by their weightiest keywords; with eight
    or more, wider ones above them.
    """
    known = [at for at in range(len(tags)) if vectors[at].any()]
    groups = _link([[at] for at in known], vectors, _MAX_GROUPS)
    labels = [_label([tags[at] for at in group], weights) for group in groups]
    above = [""] * len(groups)
    if len(groups) >= _ENOUGH_FOR_ABOVE:
        for members in _link(groups, vectors, _MAX_ABOVE, places=True):
            label = _label([tags[at] for place in members for at in groups[place]], weights, number=3)
            for place in members:
                above[place] = label
    return [
        Group(label, tuple(tags[at] for at in group), wide)
        for label, group, wide in zip(labels, groups, above)
    ]


def _link(
    groups: Sequence[Sequence[int]], vectors: Vectors, most: int, *, places: bool = False
) -> list[list[int]]:
    """Join groups of rows until at most ``most`` are left, or nothing is alike; as rows, or as
    places in ``groups``.
    """
    if not groups:
        return []
    middles = np.array([vectors[list(group)].mean(axis=0) for group in groups], dtype=np.float32)
    middles /= np.maximum(np.linalg.norm(middles, axis=1, keepdims=True), 1e-9)
    for threshold in _THRESHOLDS:
        labels = linkage.group(middles, threshold)
        if labels.max() < most:
            break
    sizes = np.bincount(labels)
    # What is like nothing else is one group together, where there are more than can be drawn.
    kept = (
        set(np.argsort(-sizes, kind="stable")[: most - 1].tolist())
        if len(sizes) > most
        else set(range(len(sizes)))
    )
    found: dict[int, list[int]] = {}
    for at, label in enumerate(labels.tolist()):
        found.setdefault(label if label in kept else -1, []).extend([at] if places else groups[at])
    return sorted(found.values(), key=lambda group: (-len(group), group))


def _label(tags: Sequence[str], weights: dict[str, float], number: int = 2) -> str:
    chosen = sorted(tags, key=lambda tag: (-weights[tag], tag))[:number]
    return ", ".join(tag[:1].upper() + tag[1:] for tag in chosen)


def _read_groups(answer: dict[str, Any], tags: Sequence[str]) -> list[Group]:
    """The groups of an answer as far as they can be used: known keywords, each once. Fewer than two are none."""
    left = {tag.casefold(): tag for tag in tags}
    found: list[Group] = []
    for group in answer.get("groups") or [] if isinstance(answer.get("groups"), list) else []:
        if not isinstance(group, dict):
            continue
        label = replies.as_title(group.get("label"), 60)
        own = [
            left.pop(word.casefold())
            for word in replies.as_words(group.get("tags"), MAX_TAGS)
            if word.casefold() in left
        ]
        if label and own:
            found.append(Group(label, tuple(own), replies.as_title(group.get("above"), 60)))
    return found if len(found) > 1 else []


def _weigh(clusters: Sequence[dict[str, Any]]) -> dict[str, float]:
    """How many files are in topics with each keyword."""
    weights: dict[str, float] = {}
    for cluster in clusters:
        for tag in dict.fromkeys(cluster["keywords"]):
            weights[tag] = weights.get(tag, 0.0) + cluster["size"]
    return weights


def _draw(
    clusters: Sequence[dict[str, Any]], weights: dict[str, float], groups: Sequence[Group]
) -> dict[str, Any]:
    topic_nodes = [
        _node(
            f"cluster_{cluster['id']}",
            cluster["title"],
            cluster["size"],
            type="cluster",
            image_count=cluster["size"],
            cluster_id=cluster["id"],
        )
        for cluster in clusters
    ]
    counts: dict[str, int] = {}
    links: list[dict[str, Any]] = []
    for cluster in clusters:
        for tag in dict.fromkeys(cluster["keywords"]):
            if tag in weights:
                counts[tag] = counts.get(tag, 0) + 1
                links.append(
                    {
                        "source": f"cluster_{cluster['id']}",
                        "target": f"tag_{tag}",
                        "weight": float(cluster["size"]),
                    }
                )
    tag_nodes = [
        _node(
            f"tag_{tag}", tag, weight, type="tag", cluster_count=counts.get(tag, 0), image_count=int(weight)
        )
        for tag, weight in weights.items()
    ]
    layers = [
        {"level": 0, "name": "Clusters", "nodes": topic_nodes},
        {"level": 1, "name": "Tags", "nodes": tag_nodes},
    ]
    above: dict[str, float] = {}
    nodes = []
    for number, group in enumerate(groups, 1):
        size = sum(weights[tag] for tag in group.tags)
        nodes.append(_node(f"abstract_l1_{number}", group.label, size, type="abstract", level=1))
        links += [
            {"source": f"tag_{tag}", "target": f"abstract_l1_{number}", "weight": float(weights[tag])}
            for tag in group.tags
        ]
        if group.above:
            above[group.above] = above.get(group.above, 0.0) + size
    if nodes:
        layers.append({"level": 2, "name": "Abstract-1", "nodes": nodes})
    if 1 < len(above) < len(groups):
        ids = {label: f"abstract_l2_{number}" for number, label in enumerate(above, 1)}
        layers.append(
            {
                "level": 3,
                "name": "Abstract-2",
                "nodes": [
                    _node(ids[label], label, size, type="abstract", level=2) for label, size in above.items()
                ],
            }
        )
        links += [
            {"source": node["id"], "target": ids[group.above], "weight": node["size"]}
            for node, group in zip(nodes, groups)
            if group.above
        ]
    stats = {
        "selected_clusters": len(topic_nodes),
        "selected_tags": len(tag_nodes),
        "abstraction_layers": len(layers) - 2,
        "total_links": len(links),
    }
    return {"layers": layers, "links": links, "stats": stats}


def _node(node_id: str, label: str, size: float, **metadata: Any) -> dict[str, Any]:
    return {"id": node_id, "label": label, "size": float(size), "metadata": metadata}


def _key(topics: CachedResult, lang: str, model: str) -> str:
    made = json.dumps([_VERSION, topics.key, topics.time_s, languages.name_of(lang), model])
    return hashlib.blake2b(made.encode(), digest_size=16).hexdigest()
