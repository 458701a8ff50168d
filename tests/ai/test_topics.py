"""Topics: their files, their titles, the effects of a failing service, and the cache."""

from __future__ import annotations

import os
import threading
import time

import pytest

from iib_core.jobs import INTERRUPTED
from tests.ai.conftest import by_theme, cluster, finished, groups, themed

pytestmark = pytest.mark.stack


@pytest.fixture
def served(serve, service, put, tmp_path):
    started = serve(
        tmp_path / "themed",
        openai_base_url=service.url,
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


LOW = {"threshold": 0.5}


def test_without_a_key_topics_are_found_and_titled(local):
    state = cluster(local)
    assert (state["status"], state["progress"]) == ("completed", 1.0)
    result = state["result"]
    assert groups(result) == by_theme()
    assert [os.path.basename(path) for path in result["noise"]] == ["alone.png"]
    for found in result["clusters"]:
        assert found["size"] == len(found["paths"]) == 6
        assert (
            found["title"]
            and found["title_source"] == "local"
            and found["keywords"]
            and found["sample_prompt"]
            and 0 < found["score"] <= 1
        )
    assert any("fox" in found["title"].lower() for found in result["clusters"])
    assert (result["message"], result["failed"], result["count"]) == ("", 0, 19)


def test_titles_by_the_chat_model_are_asked_for_once(served, service):
    service.chat = lambda body: (
        '{"title": "%s", "keywords": ["k1", "k2"]}'
        % ("Foxes" if "fox" in body["messages"][1]["content"] else "Others")
    )
    result = cluster(served, **LOW, lang="de")["result"]
    assert groups(result) == by_theme()
    assert sorted(found["title"] for found in result["clusters"]) == ["Foxes", "Others", "Others"]
    assert all(
        found["title_source"] == "chat" and found["keywords"] == ["k1", "k2"]
        for found in result["clusters"]
    )
    assert len(service.chats) == 3
    assert "German" in service.chats[0]["messages"][0]["content"]
    assert service.chats[0]["response_format"]["type"] == "json_schema"
    calls = len(service.calls)
    assert cluster(served, **LOW, lang="de")["result"] == result  # everything comes from the cache
    assert len(service.calls) == calls
    cluster(
        served, threshold=0.51, lang="de"
    )  # the topics have other names but the same prompts, so their titles are cached
    assert len(service.calls) == calls
    cluster(served, **LOW, lang="de", force_title=True)
    assert len(service.calls) == calls + 3


def test_a_chat_model_that_is_down_costs_the_titles_only(served, service, monkeypatch):
    monkeypatch.setattr("iib_core.ai.openai_client._FIRST_PAUSE_S", 0.001)
    service.chat = lambda body: (500, {}, {})
    result = cluster(served, **LOW)["result"]
    assert groups(result) == by_theme()
    assert all(found["title_source"] == "local" and found["title"] for found in result["clusters"])
    assert "500" in result["message"] and "titles of their own words" in result["message"]
    service.chat = lambda body: '{"title": "Back", "keywords": []}'
    assert {found["title"] for found in cluster(served, **LOW)["result"]["clusters"]} == {"Back"}


@pytest.mark.parametrize("reply", ["", "I cannot do that", '{"title": 7}', '{"title": ""}', "[]"])
def test_an_answer_that_is_no_title_leaves_the_local_one(served, service, reply):
    service.chat = lambda body: reply
    result = cluster(served, **LOW)["result"]
    assert groups(result) == by_theme() and all(
        found["title_source"] == "local" for found in result["clusters"]
    )
    assert "without a title" in result["message"]


def test_a_service_that_takes_no_schema_is_asked_without(served, service):
    def chat(body):
        refuses = "response_format" in body
        return (
            (400, {"error": {"message": "response_format is not supported"}}, {})
            if refuses
            else '```json\n{"title": "Fine", "keywords": ["x"]}\n```'
        )

    service.chat = chat
    assert {found["title"] for found in cluster(served, **LOW)["result"]["clusters"]} == {"Fine"}


def test_embeddings_that_fail_are_told(served, service, monkeypatch):
    monkeypatch.setattr("iib_core.ai.openai_client._FIRST_PAUSE_S", 0.001)
    service.embed = lambda body: (503, {}, {})
    state = cluster(served, **LOW)
    assert state["status"] == "failed" and "503" in state["error"] and state["result"] is None
    service.embed = lambda body: (
        (400, {"error": {"message": "no"}}, {})
        if "snow" in body["input"][0] or len(body["input"]) > 1
        else service.vectors(body)
    )
    result = cluster(served, **LOW)["result"]
    assert (
        result["failed"] == 3
        and "no vector yet" in result["message"]
        and len(result["clusters"]) == 2
    )


def test_the_order_of_files_changes_nothing_and_the_second_time_costs_nothing(
    serve, put, tmp_path, service
):
    def run(prompts):
        served = serve(
            tmp_path / "themed",
            openai_base_url=service.url,
            embedding_model="embed-a",
            ai_model="chat-a",
            watch=False,
        )
        for name, prompt in prompts:
            put(served, {name: prompt})
        return served, cluster(served, **LOW)["result"]

    files = list(themed().items())
    _, first = run(files)
    again, second = run(files[::-1])
    assert first["clusters"] == second["clusters"] and first["noise"] == second["noise"]
    calls = len(service.calls)
    assert cluster(again, **LOW)["result"] == second and len(service.calls) == calls


def test_cached_topics_are_told_with_what_changed_since(local, put):
    body = {"folder_paths": []}
    answer = local.post("/db/cluster_iib_output_cached", body).json()
    assert (answer["cache_hit"], answer["stale"], answer["result"]) == (False, True, None)
    result = cluster(local)["result"]
    answer = local.post("/db/cluster_iib_output_cached", body).json()
    assert (answer["cache_hit"], answer["stale"], answer["result"]) == (True, False, result)
    assert answer["cache_key"] == result["cache_key"] and time.time() - answer["cached_at"] < 60
    put(local, {"new.png": "a violin"})
    answer = local.post("/db/cluster_iib_output_cached", body).json()
    assert (answer["cache_hit"], answer["stale"]) == (True, True) and answer["stale_reason"]
    assert cluster(local)["result"]["count"] == 20


def test_what_happens_in_other_folders_does_not_matter(served, put, tmp_path):
    here = {"folder_paths": [str(tmp_path / "themed")], **LOW, "title_model": "local"}
    result = cluster(served, **here)["result"]
    put(served, {"elsewhere/other.png": "a violin"})
    cluster(served, **{**here, "folder_paths": [str(tmp_path / "themed/elsewhere")]})
    answer = served.post("/db/cluster_iib_output_cached", here).json()
    assert (answer["stale"], answer["stale_reason"], answer["result"]) == (False, "", result)


def test_threshold_size_and_scope_are_honoured(local, tmp_path, put):
    assert cluster(local, min_cluster_size=7)["result"]["clusters"] == []
    assert len(cluster(local, min_cluster_size=1)["result"]["clusters"]) == 4
    strict = cluster(local, threshold=1.0, min_cluster_size=2, assign_noise_threshold=1.0)["result"]
    assert len(strict["clusters"]) == 9 and {found["size"] for found in strict["clusters"]} == {
        2
    }  # files of one prompt are always one topic
    put(
        local,
        {f"deep/{name}": prompt for name, prompt in themed().items() if name.startswith("fox")},
    )
    top = str(tmp_path / "themed")
    assert cluster(local, folder_paths=[top])["result"]["count"] == 19
    assert cluster(local, folder_paths=[top], recursive=True)["result"]["count"] == 25
    assert (
        len(cluster(local, folder_paths=[], folder=os.path.join(top, "deep"))["result"]["clusters"])
        == 1
    )


@pytest.mark.parametrize(
    "body",
    [
        {"threshold": 0},
        {"threshold": 1.5},
        {"min_cluster_size": 0},
        {"model": "none"},
        {"title_model": "none"},
        {"threshold": "x"},
    ],
)
def test_what_means_nothing_is_400(local, body):
    assert (
        local.post("/db/cluster_iib_output_job_start", {"folder_paths": [], **body}).status_code
        == 400
    )


def test_a_search_for_topics_can_be_cancelled_and_started_again(served, service):
    is_cancelled = threading.Event()

    def embed(body):
        is_cancelled.wait(30)
        return service.vectors(body)

    service.embed = embed
    job_id = served.post(
        "/db/cluster_iib_output_job_start", {"folder_paths": [], "batch_size": 1, **LOW}
    ).json()["job_id"]
    assert served.post("/db/cluster_iib_output_job_cancel", {"job_id": job_id}).json() == {
        "cancelled": True
    }
    is_cancelled.set()
    assert finished(served, "/db/cluster_iib_output_job_status", job_id)["status"] == "cancelled"
    service.embed = service.vectors
    assert groups(cluster(served, **LOW)["result"]) == by_theme()
    assert served.post("/db/cluster_iib_output_job_cancel", {"job_id": job_id}).json() == {
        "cancelled": False
    }
    assert served.get("/db/cluster_iib_output_job_status", job_id="none").status_code == 404


def test_a_restart_interrupts_it_and_loses_nothing(
    served, service, serve, tmp_path, empty_database
):
    def embed(body):
        time.sleep(0.2)
        return service.vectors(body)

    service.embed = embed
    job_id = served.post(
        "/db/cluster_iib_output_job_start", {"folder_paths": [], "batch_size": 2, **LOW}
    ).json()["job_id"]
    ends_at = time.monotonic() + 20
    while len(service.calls) < 5 and time.monotonic() < ends_at:
        time.sleep(0.02)
    served.core.jobs.close()  # as at the end of the program
    state = served.get("/db/cluster_iib_output_job_status", job_id=job_id).json()
    assert (state["status"], state["error"]) == ("failed", INTERRUPTED)
    loaded = served.core.embeddings.load("embed-a")
    assert loaded is not None and 0 < len(loaded.ids) <= 10
