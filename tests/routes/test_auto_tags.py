"""Autotag rules over HTTP: a preview, applying them to the library, and undoing that."""

from __future__ import annotations

import pytest

from tests.conftest import write_png

pytestmark = [pytest.mark.stack, pytest.mark.engine]

FOX = {"tag": "foxes", "match": {"prompt": "red fox"}}


@pytest.fixture
def served(serve, tmp_path):
    root = tmp_path / "out"
    root.mkdir()
    for name, prompt in (("a", "a red fox"), ("b", "red fox in snow"), ("c", "a whale")):
        write_png(
            root / f"{name}.png", infotext=f"{prompt}\nNegative prompt: bad\nSteps: 20, Seed: 1"
        )
    served = serve(root)
    served.post("/db/update_image_data", None)
    return served


def preview(served, match) -> dict:
    return served.post("/db/auto_tags/preview", {"rule": {"tag": "x", "match": match}}).json()


def found(served, query: str) -> list[str]:
    return sorted(
        file["name"] for file in served.post("/db/search", {"query": query}).json()["files"]
    )


def test_a_preview_counts_and_shows_what_a_rule_matches(served):
    answer = preview(served, {"prompt": "fox"})
    assert (answer["count"], answer["tested"], answer["complete"]) == (2, 3, True)
    assert sorted(path[-5:] for path in answer["samples"]) == ["a.png", "b.png"]
    assert preview(served, {"prompt": "re:/fox( in)?$/"})["count"] == 1
    assert preview(served, {"prompt": ["*snow", "whale"], "negative": "bad"})["count"] == 2
    assert preview(served, {"path": "c.png"})["count"] == 1
    assert found(served, "tag:x") == []


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"tag": "x"},
        {"tag": "", "match": {"prompt": "fox"}},
        {"tag": "x", "match": {"prompt": "re:/(/"}},
        {"tag": "x", "match": {"prompt": "re:/(a+)+b/"}},
        {"tag": "x", "match": {"width": "wide"}},
        {"tag": "x", "match": {"prompt": "fox"}, "enabled": "no"},
    ],
)
def test_a_wrong_rule_is_refused_by_one_sentence(served, rule):
    for route in ("preview", "apply"):
        answer = served.post(f"/db/auto_tags/{route}", {"rule": rule})
        assert answer.status_code == 400
        assert answer.json()["detail"].startswith("Autotag rule 1")
        assert "\n" not in answer.json()["detail"]


def test_rules_are_applied_and_undone(served):
    tag_id = served.post("/db/add_custom_tag", {"tag_name": "foxes"}).json()["id"]
    first = served.post("/db/search", {"query": "prompt:snow"}).json()["files"][0]["fullpath"]
    served.post(
        "/db/batch_update_image_tag", {"img_paths": [first], "action": "add", "tag_id": tag_id}
    )
    rules = [FOX, {"tag": "sea", "match": {"prompt": "whale"}, "enabled": False}]
    served.post("/app_fe_setting", {"name": "autotag_rules", "value": rules})
    assert served.post("/db/auto_tags/apply", None).json() == {"given": 1}
    assert found(served, "tag:foxes") == ["a.png", "b.png"] and found(served, "tag:sea") == []
    listed = served.get("/db/auto_tags").json()
    assert listed["rules"] == rules and [run["count"] for run in listed["runs"]] == [1]
    run = listed["runs"][0]["id"]
    assert served.post("/db/auto_tags/undo", {"id": run}).json() == {"removed": 1}
    assert found(served, "tag:foxes") == ["b.png"]  # it had the tag before
    assert served.get("/db/auto_tags").json()["runs"] == []
    assert served.post("/db/auto_tags/undo", {"id": run}).status_code == 404


def test_one_rule_is_applied_alone_by_a_job(served):
    job = served.post("/db/auto_tags/apply", {"rule": FOX, "background": True}).json()["job_id"]
    served.core.jobs.wait(job)
    assert found(served, "tag:foxes") == ["a.png", "b.png"]
    assert [run["id"] for run in served.get("/db/auto_tags").json()["runs"]] == [job]


def test_without_a_rule_that_is_on_nothing_is_applied(served):
    assert served.post("/db/auto_tags/apply", None).status_code == 400
    off = {**FOX, "enabled": False}
    assert served.post("/db/auto_tags/apply", {"rule": off}).status_code == 400


def test_what_a_deleted_tag_was_given_to_is_forgotten(served):
    served.post("/db/auto_tags/apply", {"rule": FOX})
    (tag,) = served.get("/db/tags", category="custom", query="foxes").json()["tags"]
    served.post("/db/remove_custom_tag", {"tag_id": tag["id"]})
    assert served.get("/db/auto_tags").json()["runs"] == []


def test_a_read_only_server_applies_nothing(serve, tmp_path):
    served = serve(tmp_path, read_only=True)
    assert served.post("/db/auto_tags/apply", {"rule": FOX}).status_code == 403
    assert served.post("/db/auto_tags/preview", {"rule": FOX}).status_code == 200
