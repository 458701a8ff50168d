"""Meaning over HTTP: sentence models and their state, downloads as jobs, topics with subjects."""

from __future__ import annotations

import time

import numpy as np
import pytest

from iib_core.ai.model_files import MINILM, MULTILINGUAL
from iib_core.db import embeddings, images
from tests.ai.test_sentences import Web, needs_model

pytestmark = pytest.mark.stack

PROMPTS = {
    "cat": [
        "a cat sleeping on a sofa, 8k",
        "a kitten in a basket, octane render",
        "portrait of a cat by wlop",
    ],
    "ship": [
        "a sailing boat at sea",
        "an old ship in the harbour, sunset",
        "a red car in the city",
    ],
    "robot": ["a giant robot", "a rusty android, cinematic", "portrait of a cyborg, artstation"],
}


@pytest.fixture
def served(serve, put):
    made = serve(watch=False, embedding_model="")
    put(
        made,
        {
            f"{name}{at}.png": text
            for name, texts in PROMPTS.items()
            for at, text in enumerate(texts)
        },
    )
    return made


@pytest.fixture
def web():
    server = Web()
    yield server
    server.close()


def finished(served, path, job_id):
    ends_at = time.monotonic() + 60
    while time.monotonic() < ends_at:
        state = served.get(path, job_id=job_id).json()
        if state["status"] != "running":
            return state
        time.sleep(0.05)
    raise AssertionError(state)


def test_the_models_tell_their_state(served):
    answer = served.get("/ai/models").json()
    by_name = {model["name"]: model for model in answer["sentence_models"]}
    assert set(by_name) == {MINILM.name, MULTILINGUAL.name}
    other = by_name[MULTILINGUAL.name]
    assert other["state"] == "downloadable" and other["reason"] and other["licence"] == "MIT"
    assert (
        len(other["sha256"]) == 64 and other["size_bytes"] > 10**8 and len(other["addresses"]) == 2
    )
    is_ready = by_name[MINILM.name]["state"] == "ready"
    assert answer["embedding_model"] == (MINILM.name if is_ready else "local")
    assert answer["download"] is None
    assert "local" in answer["models"] and (MINILM.name in answer["models"]) == is_ready
    assert other["name"] not in answer["models"]


def test_a_download_is_a_job(served, web):
    files = served.core.sentences.files
    files.models = (web.model,)
    job_id = served.post("/ai/models/download", {"name": "m"}).json()["job_id"]
    state = finished(served, "/ai/models/download", job_id)
    assert (state["status"], state["result"], state["done"]) == (
        "completed",
        files.folder,
        state["total"],
    )
    assert files.find(web.model) is not None
    newest = served.get("/ai/models").json()["download"]
    assert (newest["job_id"], newest["name"], newest["status"]) == (job_id, "m", "completed")
    assert newest["done"] == newest["total"] > 0
    assert served.post("/ai/models/download", {"name": "none"}).status_code == 400
    assert served.get("/ai/models/download", job_id="none").status_code == 404
    cancelled = served.post("/ai/models/download/cancel", {"job_id": job_id}).json()
    assert cancelled["status"] == "completed"


def test_a_download_of_another_file_fails_with_a_sentence(served, web):
    web.content = b"x" * len(web.content)
    served.core.sentences.files.models = (web.model,)
    job_id = served.post("/ai/models/download", {"name": "m"}).json()["job_id"]
    state = finished(served, "/ai/models/download", job_id)
    assert state["status"] == "failed" and "another file" in state["error"]


@needs_model
def test_words_that_no_prompt_has_find_a_picture(served):
    body = {"query": "a pet taking a nap", "folder_paths": []}
    found = served.post("/db/search_iib_output_by_prompt", body).json()
    ends_at = time.monotonic() + 60
    while not found["complete"] and time.monotonic() < ends_at:
        time.sleep(0.2)
        found = served.post("/db/search_iib_output_by_prompt", body).json()
    assert found["model"] == MINILM.name and found["files"][0]["name"] == "cat0.png"
    assert 0 < found["results"][0]["score"] <= 1
    path = found["results"][0]["path"]
    near = served.post("/db/similar", {"path": path}).json()
    assert near["model"] == MINILM.name and near["files"][0]["name"] in {"cat1.png", "cat2.png"}


@needs_model
def test_topics_have_the_names_of_what_is_shown(served):
    job_id = served.post("/db/cluster_iib_output_job_start", {"folder_paths": []}).json()["job_id"]
    result = finished(served, "/db/cluster_iib_output_job_status", job_id)["result"]
    titles = {cluster["title"]: cluster for cluster in result["clusters"]}
    assert result["model"] == MINILM.name and result["threshold"] > 0
    assert {"Animals", "Robots and cyborgs"} <= set(titles) or {"Cat", "Robots and cyborgs"} <= set(
        titles
    )
    for cluster in result["clusters"]:
        for subject in cluster["subjects"]:
            assert set(subject["paths"]) <= set(cluster["paths"]) and subject["title"]
    again = served.post("/db/cluster_iib_output_job_start", {"folder_paths": []}).json()["job_id"]
    assert finished(served, "/db/cluster_iib_output_job_status", again)["result"] == result


def count(served, table):
    with served.core.db.read() as conn:
        return conn.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one()


@needs_model
def test_vectors_of_an_older_model_file_and_of_files_that_are_gone_are_removed(served, tmp_path):
    body = {"folder_paths": [], "model": "local"}
    served.post("/db/build_iib_output_embeddings", body)
    assert count(served, "prompt") == 9
    with served.core.db.write() as conn:
        older = embeddings.add_model(
            conn, MINILM.name, "local:another file:1", served.core.embeddings.rules
        )
        embeddings.save(conn, older.id, [(1, 5)], np.ones((1, 4), dtype=np.float32))
        other = embeddings.add_model(
            conn, MINILM.name, "http://service", served.core.embeddings.rules
        )
        embeddings.save(conn, other.id, [(2, 5)], np.ones((1, 4), dtype=np.float32))
        images.remove_many(
            conn, images.find_ids(conn, [str(tmp_path / "themed/cat0.png")]).values()
        )
    made = served.post("/db/build_iib_output_embeddings", {**body, "model": MINILM.name}).json()
    assert made["updated"] == 8 and count(served, "prompt") == 8
    with served.core.db.read() as conn:
        ids = set(conn.exec_driver_sql("SELECT DISTINCT model_id FROM embedding").scalars())
    assert older.id not in ids and other.id in ids


def test_the_same_folders_with_and_without_subfolders_have_topics_of_their_own(
    served, put, tmp_path
):
    put(served, {f"deep/{name}.png": f"a {name} in the snow" for name in ("fox", "wolf", "hare")})
    top = str(tmp_path / "themed")
    bodies = [
        {"folder_paths": [top], "recursive": recursive, "model": "local"}
        for recursive in (False, True)
    ]
    counts = []
    for body in bodies:
        job_id = served.post("/db/cluster_iib_output_job_start", body).json()["job_id"]
        counts.append(
            finished(served, "/db/cluster_iib_output_job_status", job_id)["result"]["count"]
        )
    assert counts == [9, 12]
    cached = [served.post("/db/cluster_iib_output_cached", body).json() for body in bodies]
    assert [(each["cache_hit"], each["stale"], each["result"]["count"]) for each in cached] == [
        (True, False, 9),
        (True, False, 12),
    ]
    assert cached[0]["cache_key"] != cached[1]["cache_key"]
