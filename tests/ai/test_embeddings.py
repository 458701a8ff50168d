"""Vectors of prompts: one for each distinct text, stored, resumed after a failure, and always
valid.
"""

from __future__ import annotations

import os
import threading
import time

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from iib_core.ai.local import LocalModel
from iib_core.db import embeddings
from tests.ai.conftest import finished, themed

pytestmark = [pytest.mark.stack, pytest.mark.engine]


def build(served, **body):
    answer = served.post(
        "/db/build_iib_output_embeddings", {"folder_paths": [], "recursive": True, **body}
    )
    return answer.status_code, answer.json()


def remote(serve, service, root, **settings):
    return serve(
        root,
        openai_base_url=service.url,
        openai_api_key="sk-very-secret",
        embedding_model="embed-a",
        ai_model="chat-a",
        watch=False,
        **settings,
    )


@pytest.fixture
def served(serve, service, put, tmp_path):
    started = remote(serve, service, tmp_path / "themed", ai_timeout_s=1)
    put(started, themed(3))
    return started


def stored(served, name="embed-a"):
    model = served.core.embeddings.find_model(name)
    with served.core.db.read() as conn:
        return embeddings.count(conn, model.id) if model else 0


def test_a_distinct_prompt_costs_one_text_and_a_second_time_none(served, service):
    status, answer = build(served)
    assert status == 200
    assert {
        name: answer[name] for name in ("count", "unique", "updated", "skipped", "failed", "model")
    } == {
        "count": 28,
        "unique": 10,
        "updated": 10,
        "skipped": 0,
        "failed": 0,
        "model": "embed-a",
    }
    assert len(service.texts) == len(set(service.texts)) == 10
    assert build(served)[1]["skipped"] == 10
    assert len(service.texts) == 10
    assert build(served, force=True)[1]["updated"] == 10
    assert len(service.texts) == 20


def test_a_file_that_was_touched_keeps_its_id_its_tags_and_its_vector(serve, service, tmp_path):
    root = tmp_path / "one"
    root.mkdir()
    text = PngImagePlugin.PngInfo()
    text.add_text("parameters", "a violin on a chair\nSteps: 20, Seed: 1")
    path = root / "kept.png"
    Image.new("RGB", (8, 8)).save(path, pnginfo=text)
    os.utime(path, (1_700_000_000, 1_700_000_000))
    served = remote(serve, service, root)
    served.core.index.update()
    assert build(served)[1]["updated"] == 1
    tag = served.post("/db/add_custom_tag", {"tag_name": "keep"}).json()
    served.post(
        "/db/batch_update_image_tag",
        {"img_paths": [str(path)], "action": "add", "tag_id": tag["id"]},
    )
    before = served.post("/db/search", {"query": "tag:keep"}).json()["files"]
    os.utime(path, (1_700_000_100, 1_700_000_100))
    served.core.index.update()
    after = served.post("/db/search", {"query": "tag:keep"}).json()["files"]
    assert (
        [file["fullpath"] for file in after] == [file["fullpath"] for file in before] == [str(path)]
    )
    assert after[0]["date"] != before[0]["date"]
    with served.core.db.read() as conn:
        assert conn.exec_driver_sql("SELECT id FROM image").scalars().all() == [1]
    assert build(served)[1]["updated"] == 0
    assert service.texts == ["a violin on a chair"]


def test_what_is_new_is_added_and_max_chars_counts(served, service, put):
    build(served)
    put(served, {"new.png": "a violin on a chair"})
    assert build(served)[1]["updated"] == 1
    assert service.texts[10:] == ["a violin on a chair"]
    assert build(served, max_chars=8)[1]["updated"] == 11
    assert max(map(len, service.texts[11:])) == 8


def test_folders_and_recursion(served, put, tmp_path):
    put(served, {"deep/er/x.png": "a violin on a chair"})
    top = str(tmp_path / "themed")
    assert served.post("/db/build_iib_output_embeddings", {"folder": top}).json()["count"] == 28
    assert (
        served.post(
            "/db/build_iib_output_embeddings", {"folder_paths": [top], "recursive": True}
        ).json()["count"]
        == 29
    )
    assert (
        served.post(
            "/db/build_iib_output_embeddings", {"folder": os.path.join(top, "deep")}
        ).json()["count"]
        == 0
    )


def refuse_first(service, *answers):
    """Let the service answer like this, and then correctly."""
    left = list(answers)
    vectors = service.embed

    def embed(body):
        found = left.pop(0) if left else vectors(body)
        return found(body) if callable(found) else found

    service.embed = embed


def changed(service, change):
    def embed(body):
        answer = service.vectors(body)
        change(answer["data"])
        return answer

    return embed


def test_too_many_requests_and_failures_of_the_moment_are_tried_again(served, service):
    refuse_first(
        service,
        (429, {"error": {"message": "slow down"}}, {"retry-after": "0.01"}),
        (500, {}, {}),
        (503, {}, {"retry-after": "0"}),
    )
    assert build(served)[1]["updated"] == 10


@pytest.mark.parametrize("refuses", [False, True], ids=["ignores it", "refuses it"])
def test_a_service_that_cannot_pack_vectors_sends_numbers(served, service, refuses):
    def embed(body):
        if refuses and body["encoding_format"] == "base64":
            return 400, {"error": {"message": "encoding_format base64 is not supported"}}, {}
        return service.vectors({**body, "encoding_format": "float"})

    service.embed = embed
    assert build(served, batch_size=2)[1]["updated"] == 10
    assert len(service.calls) <= 5 + (
        4 if refuses else 0
    )  # requested once by each of the requests that ran at that time, and not again
    numbers = served.core.embeddings.load("embed-a").vectors
    service.embed = service.vectors
    assert build(served, force=True)[1]["updated"] == 10
    assert np.allclose(served.core.embeddings.load("embed-a").vectors, numbers, atol=1e-6)


def test_a_timeout_is_tried_again(served, service):
    is_over = threading.Event()

    def keep_waiting(body):
        is_over.wait(30)
        return {"data": []}

    refuse_first(service, keep_waiting)
    assert build(served)[1]["updated"] == 10
    is_over.set()


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.pop(),
        lambda data: data[1].update(embedding=[1.0, 2.0]),
        lambda data: data[1].update(embedding=[float("nan")] * 64),
        lambda data: data[1].update(embedding=[0.0] * 64),
        lambda data: data[1].update(embedding=None),
        lambda data: data[1].update(embedding=["x"] * 64),
        lambda data: data[1].update(embedding="not base64!"),
    ],
    ids=["count", "length", "nan", "zero", "none", "words", "text"],
)
def test_of_an_answer_that_cannot_be_used_nothing_is_stored(served, service, change, monkeypatch):
    monkeypatch.setattr("iib_core.ai.openai_client._FIRST_PAUSE_S", 0.001)
    good = service.embed
    service.embed = changed(service, change)
    status, answer = build(served)
    assert (status, answer["code"]) == (502, "ServiceFailed")
    assert stored(served) == 0
    service.embed = good
    assert build(served)[1]["updated"] == 10


def test_another_length_than_before_is_not_mixed_in(served, service, put):
    build(served)
    put(served, {"new.png": "a violin on a chair"})
    service.dim = 32
    answer = build(served)[1]
    assert (answer["updated"], answer["failed"]) == (0, 1) and "force" in next(
        iter(answer["reasons"])
    )
    assert stored(served) == 10


def test_one_text_that_is_refused_does_not_keep_the_others_away(served, service):
    def embed(body):
        return (
            (400, {"error": {"message": "bad input"}}, {})
            if any("strawberries" in text for text in body["input"])
            else service.vectors(body)
        )

    service.embed = embed
    answer = build(served)[1]
    assert (answer["updated"], answer["failed"]) == (9, 1)
    asked = len(service.texts)
    assert build(served)[1]["failed"] == 1  # stored with its reason, and not retried for a while
    assert len(service.texts) == asked
    service.embed = service.vectors
    assert build(served, force=True)[1]["failed"] == 0


def test_what_was_made_before_a_failure_stays_and_the_rest_follows(served, service, monkeypatch):
    monkeypatch.setattr("iib_core.ai.openai_client._FIRST_PAUSE_S", 0.001)
    served.core.ai._configured = served.core.ai.settings
    calls = []

    def embed(body):
        calls.append(1)
        return service.vectors(body) if len(calls) <= 2 else (500, {}, {})

    service.embed = embed
    answer = build(served, batch_size=2)[1]
    assert 0 < answer["updated"] < 10 and answer["updated"] + answer["failed"] == 10
    service.embed = service.vectors
    again = build(served, batch_size=2)[1]
    assert (again["skipped"], again["updated"], again["failed"]) == (
        answer["updated"],
        10 - answer["updated"],
        0,
    )


def test_a_wrong_key_is_told_without_the_key(served, service):
    service.embed = lambda body: (
        401,
        {"error": {"message": "Incorrect API key provided: sk-very-secret"}},
        {},
    )
    status, answer = build(served)
    assert (
        status == 502
        and "OPENAI_API_KEY" in answer["detail"]
        and "sk-very-secret" not in answer["detail"]
    )
    assert len(service.calls) == 1


def test_a_model_that_is_not_there_is_400_with_what_is(served, serve, library):
    status, answer = build(served, model="embed-z")
    assert status == 400 and "embed-a" in answer["detail"] and "local" in answer["detail"]
    assert build(served, model="embed-b")[0] == 200
    status, answer = build(serve(library), model="text-embedding-3-small")
    assert status == 400 and "local" in answer["detail"]


def test_models_do_not_share_vectors(served):
    build(served)
    build(served, model="local")
    build(served, model="embed-b")
    assert [stored(served, name) for name in ("embed-a", "embed-b", "local")] == [10, 10, 10]
    assert (
        served.core.embeddings.load("local").vectors.shape[1]
        != served.core.embeddings.load("embed-a").vectors.shape[1]
    )


def test_the_built_in_model_learns_anew_when_the_library_has_grown_by_a_third(serve, put, tmp_path):
    served = serve(tmp_path / "themed", watch=False)
    put(served, {f"{n}.png": f"thing number{n}, shelf" for n in range(90)})
    assert build(served)[1]["updated"] == 90
    first = served.core.embeddings.find_model("local")
    put(served, {f"b{n}.png": f"thing other{n}, shelf" for n in range(5)})
    assert build(served)[1]["updated"] == 5
    assert served.core.embeddings.find_model("local").id == first.id
    put(served, {f"c{n}.png": f"thing more{n}, shelf" for n in range(30)})
    build(served)
    second = served.core.embeddings.find_model("local")
    assert second.id != first.id and stored(served, "local") == 125
    with served.core.db.read() as conn:
        assert embeddings.count(conn, first.id) == 0
    loaded = served.core.embeddings.load("local")
    assert loaded.vectors.shape[0] == 125 and np.allclose(
        np.linalg.norm(loaded.vectors, axis=1), 1, atol=1e-3
    )


def test_texts_are_made_anew_when_the_rules_change(serve, put, tmp_path):
    served = serve(tmp_path / "themed", watch=False)
    put(served, themed())
    build(served)
    assert served.post("/ai/settings", {"prompt_normalize": "off"}).status_code == 200
    assert build(served)[1]["updated"] == 10


def test_a_changed_prompt_is_another_text(serve, put, tmp_path):
    served = serve(tmp_path / "themed", watch=False)
    put(served, {"a.png": "a fox", "b.png": "a wolf"})
    build(served)
    put(served, {"a.png": "a bear in the woods"})
    found = served.post(
        "/db/search_iib_output_by_prompt", {"folder_paths": [], "query": "bear"}
    ).json()["results"]
    assert [hit["sample_prompt"] for hit in found] == ["a bear in the woods"]


def test_the_built_in_model_is_the_same_in_any_order_and_after_storing():
    texts = [
        f"{colour} {animal} in a {place}"
        for colour in ("red", "blue")
        for animal in ("fox", "wolf", "cat")
        for place in ("forest", "city")
    ]
    one, two = LocalModel.learn(texts), LocalModel.learn(texts[::-1])
    assert np.array_equal(one.embed(texts), two.embed(texts))
    assert np.allclose(
        LocalModel.from_bytes(one.to_bytes()).embed(texts), one.embed(texts), atol=2e-3
    )
    assert not one.embed(["zebra xylophone"]).any()


@pytest.mark.parametrize(
    "texts", [["fox"], ["fox", "wolf"], ["a fox", "fox a"], ["一只红色的狐狸", "红色的城市"]]
)
def test_the_built_in_model_learns_from_very_little(texts):
    vectors = LocalModel.learn(texts).embed(texts)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    if set(texts[0].split()) != set(texts[-1].split()):
        assert vectors[0] @ vectors[-1] < 0.85


def test_many_texts_are_learned_from_apart_and_mean_the_same(monkeypatch):
    colours, animals, places = (
        ("red", "blue", "white"),
        ("fox", "wolf", "cat", "bear"),
        ("forest", "city", "desert"),
    )
    texts = [
        f"{colour} {animal} in a {place}, {place} ground"
        for colour in colours
        for animal in animals
        for place in places
    ]
    few = LocalModel.learn(texts).embed(texts)
    monkeypatch.setattr("iib_core.ai.local._FEW", 2)
    many = LocalModel.learn(texts).embed(texts)
    assert np.allclose(few @ few.T, many @ many.T, atol=0.02)
    with pytest.raises(InterruptedError):
        LocalModel.learn(texts, check=interrupt)


def interrupt():
    raise InterruptedError


def trickle():
    """The service sends an endless answer, so that its connection is never silent for long."""
    while True:
        yield b" "
        time.sleep(0.05)


def test_a_service_that_never_finishes_an_answer_ends_the_job_and_can_be_asked_again(
    serve, put, tmp_path, service
):
    served = serve(
        tmp_path / "themed",
        watch=False,
        openai_base_url=service.url,
        embedding_model="embed-a",
        ai_timeout_s=2.0,
        ai_concurrency=1,
    )
    served.core.ai.silence_s = 1
    put(served, themed())
    service.embed = lambda _body: trickle()
    status, answer = build(served)
    assert (
        status,
        answer["detail"].endswith(
            "has not answered for 4 s: check the service, then start this again."
        ),
    ) == (502, True)
    service.embed = service.vectors
    assert build(served)[1]["updated"] == 10


def test_a_job_that_waits_for_a_service_says_so_and_can_be_ended(serve, put, tmp_path, service):
    served = serve(
        tmp_path / "themed", watch=False, openai_base_url=service.url, embedding_model="embed-a"
    )
    put(served, themed())
    service.embed = lambda _body: trickle()
    served.core.jobs.stall_s = 0.3
    job_id = served.post(
        "/db/build_iib_output_embeddings", {"folder_paths": [], "background": True}
    ).json()["job_id"]
    ends_at = time.monotonic() + 30
    while (
        "it waits for the language model service at"
        not in served.get(f"/jobs/{job_id}").json()["message"]
    ):
        assert time.monotonic() < ends_at
        time.sleep(0.02)
    served.post(f"/jobs/{job_id}/cancel", {})
    assert finished(served, f"/jobs/{job_id}", job_id)["status"] == "cancelled"
