"""The graph of topics, in layers: topics, their keywords, groups of keywords, and groups of groups."""

from __future__ import annotations

import hashlib
import json
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from iib_core import paths
from iib_core.access import Access
from iib_core.ai import json_replies, languages
from iib_core.ai.embeddings import Embeddings
from iib_core.ai.models import LanguageModels
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
# What a page can draw and a model can read at once; the largest ones are used.
MAX_TOPICS, MAX_TAGS = 200, 300
_MAX_GROUPS, _MAX_ABOVE = 12, 4
_ENOUGH_FOR_ABOVE = 8
_FEWEST_TAGS = 4
_THRESHOLDS = [step / 50 for step in range(48, 0, -1)]
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
class KeywordGroup:
    """Keywords with a common label. ``above``: the label of a wider group, "" if there is none."""

    label: str
    tags: tuple[str, ...]
    above: str = ""


class TagGraph:
    """Makes graphs of topics that were found before, and caches them."""

    def __init__(
        self, db: Database, access: Access, ai: LanguageModels, embeddings: Embeddings
    ) -> None:
        self._db = db
        self._access = access
        self._ai = ai
        self._embeddings = embeddings

    def build(
        self, progress: Progress, found: CachedResult, lang: str, model: str
    ) -> dict[str, Any]:
        """The graph of topics.

        ``model``: the chat model that groups keywords, or ``local``. If the model fails, they are
        grouped locally too.
        """
        key = _key(found, lang, model)
        with self._db.read() as conn:
            cached = ai_cache.find(conn, KIND, key)
        if cached is not None:
            return dict(cached.value)
        topics = found.value["clusters"][:MAX_TOPICS]
        weights = _weigh(topics)
        chosen = sorted(weights, key=lambda tag: (-weights[tag], tag))[:MAX_TAGS]
        groups, problem = self._group(progress, chosen, topics, weights, lang, model)
        graph = _draw(topics, {tag: weights[tag] for tag in chosen}, groups)
        graph["stats"] |= {
            "total_clusters": len(found.value["clusters"]),
            "total_tags": len(_weigh(found.value["clusters"])),
            "topic_cluster_cache_key": found.key,
            "message": problem,
        }
        if not problem and not self._access.read_only:
            with self._db.write() as conn:
                ai_cache.save(conn, KIND, key, graph)
        return graph

    def paths_of(self, cache_key: str, topic_id: str) -> list[str]:
        """Files of a topic that still exist and that a client may see. Raises NotFound."""
        with self._db.read() as conn:
            found = ai_cache.find(conn, TOPICS, cache_key)
            topics = found.value["clusters"] if found else []
            topic = next((topic for topic in topics if topic["id"] == topic_id), None)
            if topic is None:
                raise NotFound("There is no such topic any more: find topics again.")
            there = images.find_ids(conn, topic["paths"])
        existing = [path for path in topic["paths"] if path in there]
        if self._access.visible is None:
            return existing
        visible = [paths.to_text(folder) for folder in self._access.visible]
        return [
            path for path in existing if any(paths.is_under(path, folder) for folder in visible)
        ]

    def _group(
        self,
        progress: Progress,
        tags: Sequence[str],
        topics: Sequence[dict[str, Any]],
        weights: dict[str, float],
        lang: str,
        model: str,
    ) -> tuple[list[KeywordGroup], str]:
        """(groups of the keywords, a sentence about a failure of the model or "")."""
        problem = ""
        if len(tags) < _FEWEST_TAGS:
            return [], ""
        if model != LOCAL:
            try:
                groups = self._ask(progress, tags, lang, model)
            except ServiceFailed as exc:
                groups, problem = [], str(exc)
            if groups:
                return groups, ""
            problem = problem or (
                "The chat model answered without groups: keywords are grouped by the prompts that have them."
            )
        return group_locally(tags, self._vectors(tags, topics), weights), problem

    def _ask(
        self, progress: Progress, tags: Sequence[str], lang: str, model: str
    ) -> list[KeywordGroup]:
        messages = [
            {
                "role": "system",
                "content": "You sort keywords of pictures into 5 to 12 groups, each keyword into exactly "
                f"one, and groups into 2 to 5 wider ones. Labels in {languages.name_of(lang)}. Answer with "
                'JSON only: {"groups": [{"label": "Animals", "above": "Nature", "tags": ["fox", "cat"]}]}',
            },
            {"role": "user", "content": "Keywords: " + ", ".join(tags)},
        ]
        options = ChatOptions(model, temperature=0.0, max_tokens=8000, schema=_SCHEMA)

        def ask(messages: list[dict[str, str]], wait: Callable[[float], None]) -> str:
            return self._ai.chat(messages, options, wait)

        [(_, reply, error)] = self._ai.ask_many(ask, [messages], progress)
        if error is not None:
            raise error
        return _read_groups(json_replies.find_object(reply or "") or {}, tags)

    def _vectors(self, tags: Sequence[str], topics: Sequence[dict[str, Any]]) -> Vectors:
        """(tags, d) vectors by the built-in model; before it has learned, by the topics with each
        keyword.
        """
        try:
            return self._embeddings.embed(LOCAL, tags)
        except NotFound:
            found = np.zeros((len(tags), max(1, len(topics))), dtype=np.float32)
            for column, topic in enumerate(topics):
                keywords = set(topic["keywords"])
                found[[row for row, tag in enumerate(tags) if tag in keywords], column] = 1
            norms = np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9)
            return np.asarray(found / norms, dtype=np.float32)


def group_locally(
    tags: Sequence[str], vectors: Vectors, weights: dict[str, float]
) -> list[KeywordGroup]:
    """At most a dozen groups by average linkage, labelled by their heaviest keywords. Eight or more
    groups get wider ones above them.
    """
    known = [row for row in range(len(tags)) if vectors[row].any()]
    linked = _link([[row] for row in known], vectors, _MAX_GROUPS)
    groups = [[known[position] for position in positions] for positions in linked]
    labels = [_label([tags[row] for row in group], weights) for group in groups]
    above = [""] * len(groups)
    if len(groups) >= _ENOUGH_FOR_ABOVE:
        for positions in _link(groups, vectors, _MAX_ABOVE):
            members = [tags[row] for position in positions for row in groups[position]]
            label = _label(members, weights, number=3)
            for position in positions:
                above[position] = label
    return [
        KeywordGroup(label, tuple(tags[row] for row in group), wide)
        for label, group, wide in zip(labels, groups, above)
    ]


def _link(groups: Sequence[Sequence[int]], vectors: Vectors, most: int) -> list[list[int]]:
    """Join groups of rows until at most ``most`` are left, or none are similar.

    Returns the positions of the joined groups, largest first.
    """
    if not groups:
        return []
    means = np.array([vectors[list(group)].mean(axis=0) for group in groups], dtype=np.float32)
    means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-9)
    for threshold in _THRESHOLDS:
        labels = linkage.group(means, threshold)
        if labels.max() < most:
            break
    sizes = np.bincount(labels)
    kept = set(range(len(sizes)))
    if len(sizes) > most:  # the smallest ones, which are similar to nothing, become one group
        kept = set(np.argsort(-sizes, kind="stable")[: most - 1].tolist())
    found: dict[int, list[int]] = {}
    for position, label in enumerate(labels.tolist()):
        found.setdefault(label if label in kept else -1, []).append(position)
    return sorted(found.values(), key=lambda positions: (-len(positions), positions))


def _label(tags: Sequence[str], weights: dict[str, float], number: int = 2) -> str:
    chosen = sorted(tags, key=lambda tag: (-weights[tag], tag))[:number]
    return ", ".join(tag[:1].upper() + tag[1:] for tag in chosen)


def _read_groups(answer: dict[str, Any], tags: Sequence[str]) -> list[KeywordGroup]:
    """The usable groups of a reply: known keywords, each once. No group if there are fewer than
    two.
    """
    left = {tag.casefold(): tag for tag in tags}
    found: list[KeywordGroup] = []
    groups = answer.get("groups")
    for group in groups if isinstance(groups, list) else []:
        if not isinstance(group, dict):
            continue
        label = json_replies.as_title(group.get("label"), 60)
        words = [word.casefold() for word in json_replies.as_words(group.get("tags"), MAX_TAGS)]
        keywords = [left.pop(word) for word in words if word in left]
        if label and keywords:
            above = json_replies.as_title(group.get("above"), 60)
            found.append(KeywordGroup(label, tuple(keywords), above))
    return found if len(found) > 1 else []


def _weigh(topics: Sequence[dict[str, Any]]) -> dict[str, float]:
    """The number of files in topics with each keyword."""
    weights: dict[str, float] = {}
    for topic in topics:
        for tag in dict.fromkeys(topic["keywords"]):
            weights[tag] = weights.get(tag, 0.0) + topic["size"]
    return weights


def _draw(
    topics: Sequence[dict[str, Any]], weights: dict[str, float], groups: Sequence[KeywordGroup]
) -> dict[str, Any]:
    """The graph in the form of the API. ``weights``: the keywords to draw, with their number of
    files.
    """
    nodes_of_topics, topic_links = _draw_topics(topics, weights)
    nodes, links = _draw_groups(groups, weights)
    wide_nodes, wide_links = _draw_wide_groups(groups, nodes)
    layers = [
        {"level": 0, "name": "Clusters", "nodes": nodes_of_topics},
        {"level": 1, "name": "Tags", "nodes": _draw_tags(topics, weights)},
    ]
    if nodes:
        layers.append({"level": 2, "name": "Abstract-1", "nodes": nodes})
    if wide_nodes:
        layers.append({"level": 3, "name": "Abstract-2", "nodes": wide_nodes})
    all_links = [*topic_links, *links, *wide_links]
    stats = {
        "selected_clusters": len(nodes_of_topics),
        "selected_tags": len(weights),
        "abstraction_layers": len(layers) - 2,
        "total_links": len(all_links),
    }
    return {"layers": layers, "links": all_links, "stats": stats}


def _draw_topics(
    topics: Sequence[dict[str, Any]], weights: dict[str, float]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(a node for each topic, links to its keywords)."""
    nodes = []
    links = []
    for topic in topics:
        name, size = f"cluster_{topic['id']}", topic["size"]
        details = {"image_count": size, "cluster_id": topic["id"]}
        nodes.append(_node(name, topic["title"], size, type="cluster", **details))
        keywords = [tag for tag in dict.fromkeys(topic["keywords"]) if tag in weights]
        links += [_link_to(name, f"tag_{tag}", size) for tag in keywords]
    return nodes, links


def _draw_tags(topics: Sequence[dict[str, Any]], weights: dict[str, float]) -> list[dict[str, Any]]:
    counts = Counter(tag for topic in topics for tag in set(topic["keywords"]))
    return [
        _node(
            f"tag_{tag}",
            tag,
            weight,
            type="tag",
            cluster_count=counts[tag],
            image_count=int(weight),
        )
        for tag, weight in weights.items()
    ]


def _draw_groups(
    groups: Sequence[KeywordGroup], weights: dict[str, float]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(a node for each group of keywords, links from its keywords)."""
    nodes = []
    links = []
    for number, group in enumerate(groups, 1):
        name = f"abstract_l1_{number}"
        size = sum(weights[tag] for tag in group.tags)
        nodes.append(_node(name, group.label, size, type="abstract", level=1))
        links += [_link_to(f"tag_{tag}", name, weights[tag]) for tag in group.tags]
    return nodes, links


def _draw_wide_groups(
    groups: Sequence[KeywordGroup], nodes: Sequence[dict[str, Any]]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(a node for each wide group, links from the nodes of its groups); nothing if they add no
    structure.
    """
    sizes: dict[str, float] = {}
    for group, node in zip(groups, nodes):
        if group.above:
            sizes[group.above] = sizes.get(group.above, 0.0) + node["size"]
    if not 1 < len(sizes) < len(groups):
        return [], []
    names = {label: f"abstract_l2_{number}" for number, label in enumerate(sizes, 1)}
    wide = [
        _node(names[label], label, size, type="abstract", level=2) for label, size in sizes.items()
    ]
    links = [
        _link_to(node["id"], names[group.above], node["size"])
        for node, group in zip(nodes, groups)
        if group.above
    ]
    return wide, links


def _link_to(source: str, target: str, weight: float) -> dict[str, Any]:
    return {"source": source, "target": target, "weight": float(weight)}


def _node(node_id: str, label: str, size: float, **metadata: Any) -> dict[str, Any]:
    return {"id": node_id, "label": label, "size": float(size), "metadata": metadata}


def _key(found: CachedResult, lang: str, model: str) -> str:
    made = json.dumps([_VERSION, found.key, found.time_s, languages.name_of(lang), model])
    return hashlib.blake2b(made.encode(), digest_size=16).hexdigest()
