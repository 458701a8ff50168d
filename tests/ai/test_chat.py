"""Chat, search by meaning, and the settings of language models."""

from __future__ import annotations

import json
import os
import sqlite3

import pytest

from tests.ai.conftest import themed

pytestmark = pytest.mark.stack

ASK = {
    "messages": [
        {"role": "system", "content": "Be short."},
        {"role": "user", "content": "Where is the red fox?"},
    ]
}


@pytest.fixture
def served(serve, service, put, tmp_path):
    started = serve(
        tmp_path / "themed",
        openai_base_url=service.url,
        openai_api_key="sk-very-secret",
        embedding_model="embed-a",
        ai_model="chat-a",
        watch=False,
    )
    put(started, themed())
    return started


@pytest.fixture
def local(serve, put, tmp_path):
    started = serve(tmp_path / "themed", watch=False)
    put(started, themed())
    return started


def events(answer):
    assert answer.status_code == 200 and answer.headers["content-type"].startswith(
        "text/event-stream"
    )
    found = [line.removeprefix("data: ") for line in answer.text.split("\n\n") if line]
    assert found.pop() == "[DONE]"
    return [json.loads(line) for line in found]


def said(chunks):
    return "".join(
        chunk["choices"][0]["delta"].get("content", "") for chunk in chunks if "choices" in chunk
    )


def test_chat_answers_as_openai_does(served, service):
    service.chat = lambda body: "In the snow."
    answer = served.post("/ai-chat", {**ASK, "temperature": 0.2, "max_tokens": 20}).json()
    assert (answer["object"], answer["model"]) == ("chat.completion", "chat-a")
    assert answer["choices"] == [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "In the snow."},
            "finish_reason": "stop",
        }
    ]
    (asked,) = service.chats
    assert (asked["messages"], asked["temperature"], asked["max_tokens"]) == (
        ASK["messages"],
        0.2,
        20,
    )
    assert service.headers[0]["Authorization"] == "Bearer sk-very-secret"


def test_a_streamed_answer_comes_as_server_sent_events(served, service):
    service.chat = lambda body: "It is in the snow."
    chunks = events(served.post("/ai-chat", {**ASK, "stream": True}))
    assert said(chunks) == "It is in the snow." and len(chunks) > 4
    assert (
        chunks[0]["object"] == "chat.completion.chunk"
        and chunks[-1]["choices"][0]["finish_reason"] == "stop"
    )


def test_a_service_that_fails_is_a_502_before_and_an_event_after_the_first_word(
    served, service, monkeypatch
):
    monkeypatch.setattr("iib_core.ai.openai_client._FIRST_PAUSE_S", 0.001)
    service.chat = lambda body: (500, {"error": {"message": "boom sk-very-secret"}}, {})
    for stream in (False, True):
        answer = served.post("/ai-chat", {**ASK, "stream": stream})
        assert (answer.status_code, answer.json()["code"]) == (502, "ServiceFailed")
        assert "sk-very-secret" not in answer.text


def test_without_a_service_the_assistant_knows_the_library(local):
    answer = local.post("/ai-chat", ASK).json()
    content = answer["choices"][0]["message"]["content"]
    assert (
        answer["model"] == "local"
        and "a red fox in the snow" in content
        and "19 files" in content
        and "strawberries" not in content
    )
    assert said(events(local.post("/ai-chat", {**ASK, "stream": True}))) == content


@pytest.mark.parametrize(
    "body",
    [
        {"messages": []},
        {"messages": [{"role": "nobody", "content": "x"}]},
        {"messages": "x"},
        {**ASK, "temperature": 9},
        {**ASK, "max_tokens": 0},
        {**ASK, "model": "none"},
    ],
)
def test_a_chat_that_cannot_be_is_400(local, body):
    assert local.post("/ai-chat", body).status_code == 400


def find(served, query, **body):
    answer = served.post(
        "/db/search_iib_output_by_prompt", {"folder_paths": [], "query": query, **body}
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("kind", ["local", "served"])
def test_search_by_meaning_finds_the_nearest_first(kind, request):
    served = request.getfixturevalue(kind)
    answer = find(served, "red fox in snow", top_k=6)
    assert [os.path.basename(hit["path"])[:3] for hit in answer["results"]] == ["fox"] * 6
    assert [file["fullpath"] for file in answer["files"]] == [
        hit["path"] for hit in answer["results"]
    ]
    scores = [hit["score"] for hit in answer["results"]]
    assert scores == sorted(scores, reverse=True) and 0 < scores[-1] <= scores[0] <= 1
    assert (answer["complete"], answer["count"]) == (True, 10)


def test_every_page_goes_on_where_the_last_one_ended(served):
    whole = [
        hit["path"] for hit in find(served, "fox city sea", top_k=500, min_score=-1)["results"]
    ]
    assert len(whole) == len(set(whole)) == 19
    found, cursor = [], ""
    while True:
        page = find(served, "fox city sea", top_k=4, min_score=-1, cursor=cursor)
        found += [hit["path"] for hit in page["results"]]
        cursor = page["cursor"]["next"]
        assert bool(cursor) == page["cursor"]["has_next"]
        if not cursor:
            break
    assert found == whole
    least = find(served, "red fox, winter forest, snow", top_k=500, min_score=0.3)["results"]
    assert 0 < len(least) < 19 and all(hit["score"] >= 0.3 for hit in least)


def test_search_stays_in_its_folders(local, put, tmp_path):
    put(local, {"deep/one.png": "a red fox in the snow"})
    top, deep = str(tmp_path / "themed"), str(tmp_path / "themed/deep")
    assert [hit["path"] for hit in find(local, "fox", folder_paths=[deep])["results"]] == [
        os.path.join(deep, "one.png")
    ]
    assert all(
        os.path.dirname(hit["path"]) != deep
        for hit in find(local, "fox", folder_paths=[top], recursive=False)["results"]
    )
    assert find(local, "xylophone zebra")["results"] == []


def test_more_like_this_is_what_has_such_a_prompt(local, tmp_path, library):
    path = str(tmp_path / "themed/fox-0-0.png")
    answer = local.post("/db/similar", {"path": path, "top_k": 5}).json()
    names = [os.path.basename(hit["path"]) for hit in answer["results"]]
    assert (
        names[0] == "fox-0-1.png"
        and "fox-0-0.png" not in names
        and all(name.startswith("fox") for name in names)
    )
    outside = local.post(
        "/db/similar", {"path": str(library / "fox.png"), "top_k": 1}
    ).json()  # the metadata of a file that is not indexed are read from the file
    assert os.path.basename(outside["results"][0]["path"]).startswith("fox")
    assert local.post("/db/similar", {"path": str(library / "sea.jpg")}).status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        {"query": " "},
        {"query": "x", "top_k": 0},
        {"query": "x", "top_k": 501},
        {"query": "x", "min_score": 2},
        {"query": "fox", "cursor": "!"},
    ],
)
def test_a_search_that_means_nothing_is_400(local, body):
    find(local, "fox")
    assert (
        local.post("/db/search_iib_output_by_prompt", {"folder_paths": [], **body}).status_code
        == 400
    )


def test_a_key_goes_in_and_never_comes_out(local, service):
    assert local.get("/ai/settings").json()["provider"] == "local"
    answer = local.post(
        "/ai/settings",
        {"openai_api_key": "sk-page-secret", "openai_base_url": service.url, "ai_model": "chat-a"},
    )
    assert (
        answer.json()
        | {
            "provider": "service",
            "has_key": True,
            "openai_base_url": service.url,
            "ai_model": "chat-a",
        }
        == answer.json()
    )
    service.chat = lambda body: "Hello."
    assert local.post("/ai-chat", ASK).json()["choices"][0]["message"]["content"] == "Hello."
    assert service.headers[-1]["Authorization"] == "Bearer sk-page-secret"
    assert set(local.get("/ai/models").json()["models"]) >= {
        "local",
        "embed-a",
        "embed-b",
        "chat-a",
    }
    everything = [
        local.get(route).text
        for route in ("/ai/settings", "/ai/models", "/global_setting", "/db/basic_info", "/version")
    ]
    assert not any("sk-page-secret" in text for text in [*everything, answer.text])
    assert (
        local.post("/ai/settings", {"openai_api_key": "", "openai_base_url": ""}).json()["provider"]
        == "local"
    )
    with sqlite3.connect(local.core.db.path) as connection:
        assert "sk-page-secret" not in str(
            connection.execute("SELECT * FROM ai_setting").fetchall()
        )
    connection.close()


def test_a_key_is_not_sent_to_another_address_than_its_own(served, service):
    """Otherwise a user who may change settings could read the key at an address of their own."""
    from bench.openai_server import OpenAIServer

    other = OpenAIServer(dim=8)
    try:
        assert (
            served.post("/ai/settings", {"openai_base_url": other.url}).json()["has_key"] is False
        )
        served.post("/ai-chat", ASK)
        assert other.headers and "sk-very-secret" not in str(other.headers)
        served.post("/ai/settings", {"openai_api_key": "sk-page-secret"})
        served.post("/ai/settings", {"openai_base_url": other.url + "/"})
        served.post("/ai-chat", ASK)
        assert "sk-page-secret" not in str(other.headers[-1])
    finally:
        other.close()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"prompt_normalize": "some"},
        {"openai_base_url": "file:///etc/passwd"},
        {"openai_base_url": "x"},
        {"ai_model": "a\nb"},
    ],
)
def test_settings_that_cannot_be_are_400(local, body):
    assert local.post("/ai/settings", body).status_code == 400


def test_read_only_shows_what_is_there_and_changes_nothing(serve, put, tmp_path):
    served = serve(tmp_path / "themed", watch=False)
    put(served, themed())
    find(served, "fox")
    served.core.access.permission = "read-only"
    assert find(served, "fox")["results"]
    assert served.post("/ai/settings", {"ai_model": "x"}).status_code == 403
    assert served.post("/db/build_iib_output_embeddings", {"folder_paths": []}).status_code == 403
    assert served.post("/db/cluster_iib_output_job_start", {"folder_paths": []}).status_code == 403
    assert served.post("/db/cluster_iib_output_cached", {"folder_paths": []}).status_code == 200


@pytest.mark.parametrize("package", ["openai", "sklearn"])
def test_a_missing_package_costs_its_feature_in_one_sentence(
    package, serve, put, tmp_path, monkeypatch, service
):
    import sys

    monkeypatch.setitem(sys.modules, package, None)
    settings = {"openai_base_url": service.url} if package == "openai" else {}
    served = serve(tmp_path / "themed", watch=False, **settings)
    monkeypatch.setattr("iib_core.ai.local._FEW", 2)
    put(served, themed())
    answer = served.post("/db/build_iib_output_embeddings", {"folder_paths": []})
    assert (
        answer.status_code == 502
        and {"openai": "openai", "sklearn": "scikit-learn"}[package] in answer.json()["detail"]
    )
    assert served.get("/hello").json() == "hello"
