"""The graph of topics and keywords."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest

from iib_core.cluster import graph
from tests.ai.conftest import by_theme, cluster, themed

pytestmark = pytest.mark.stack

ANSWER = {
    "groups": [
        {"label": "Animals", "above": "Nature", "tags": []},
        {"label": "Places", "above": "World", "tags": []},
        {"label": "X", "tags": ["unknown"]},
    ]
}


@pytest.fixture
def local(serve, put, tmp_path):
    started = serve(tmp_path / "themed", watch=False)
    put(started, themed())
    return started


def ask(served, **body):
    answer = served.post("/db/cluster_tag_graph", {"folder_paths": [], **body})
    assert answer.status_code == 200, answer.text
    return answer.json()


def check(found):
    """Every link joins nodes of neighbouring layers, and the counts are right."""
    level_of = {node["id"]: layer["level"] for layer in found["layers"] for node in layer["nodes"]}
    assert [layer["level"] for layer in found["layers"]] == list(range(len(found["layers"])))
    assert all(
        level_of[link["target"]] == level_of[link["source"]] + 1 and link["weight"] > 0
        for link in found["links"]
    )
    assert found["stats"]["total_links"] == len(found["links"])
    tags = found["layers"][1]["nodes"]
    assert found["stats"]["selected_tags"] == len(tags) == len({node["id"] for node in tags})


def test_without_a_key_there_are_topics_keywords_and_groups(local):
    found = ask(local)  # if there are no topics, they are found first
    check(found)
    topics = found["layers"][0]["nodes"]
    assert [node["size"] for node in topics] == [6, 6, 6] and len(found["layers"]) >= 3
    assert ask(local) == found
    paths = [
        local.post(
            "/db/cluster_tag_graph_cluster_paths",
            {
                "topic_cluster_cache_key": found["stats"]["topic_cluster_cache_key"],
                "cluster_id": node["metadata"]["cluster_id"],
            },
        ).json()["paths"]
        for node in topics
    ]
    assert {frozenset(map(os.path.basename, each)) for each in paths} == by_theme()


def test_a_chat_model_groups_keywords_once(serve, service, put, tmp_path):
    served = serve(
        tmp_path / "themed",
        openai_base_url=service.url,
        embedding_model="embed-a",
        ai_model="chat-a",
        watch=False,
    )
    put(served, themed())
    cluster(served, threshold=0.5, title_model="local")

    def chat(body):
        tags = body["messages"][1]["content"].removeprefix("Keywords: ").split(", ")
        groups = [
            {**ANSWER["groups"][0], "tags": [*tags[:3], 3, None]},
            {**ANSWER["groups"][1], "tags": tags[2:]},
            ANSWER["groups"][2],
        ]
        return "Here:\n```json\n" + json.dumps({"groups": groups}) + "\n```"

    service.chat = chat
    found = ask(served, lang="ja")
    check(found)
    assert [node["label"] for node in found["layers"][2]["nodes"]] == ["Animals", "Places"]
    asked = len(service.chats)
    assert "Japanese" in service.chats[-1]["messages"][0]["content"]
    assert ask(served, lang="ja") == found and len(service.chats) == asked
    service.chat = lambda body: "no idea"
    other = ask(served, lang="de")
    check(other)
    assert len(other["layers"]) >= 3 and "without groups" in other["stats"]["message"]


def test_what_is_not_there_is_told(local):
    assert (
        local.post(
            "/db/cluster_tag_graph_cluster_paths",
            {"topic_cluster_cache_key": "none", "cluster_id": "c1"},
        ).status_code
        == 404
    )
    assert (
        local.post(
            "/db/cluster_tag_graph_cluster_paths", {"topic_cluster_cache_key": "", "cluster_id": ""}
        ).status_code
        == 400
    )
    local.core.access.permission = "read-only"
    assert local.post("/db/cluster_tag_graph", {"folder_paths": []}).status_code == 404


def test_many_keywords_become_few_groups_and_wider_ones():
    draw = np.random.default_rng(0)
    middles = draw.standard_normal((10, 16))
    vectors = (
        np.concatenate([middles[at // 8] + 0.3 * draw.standard_normal(16) for at in range(80)])
        .reshape(80, 16)
        .astype(np.float32)
    )
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    tags = [f"word{at}" for at in range(80)]
    groups = graph.group_locally(tags, vectors, {tag: 80.0 - at for at, tag in enumerate(tags)})
    assert sorted(tag for group in groups for tag in group.tags) == sorted(tags)
    assert 8 <= len(groups) <= 12
    assert 1 < len({group.above for group in groups}) <= 4
