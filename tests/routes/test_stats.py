"""Figures of a search: disk space by folder, and words of prompts."""

from __future__ import annotations

import pytest

from iib_core.search import figures
from tests.routes.test_search import put, row

pytestmark = pytest.mark.stack


@pytest.fixture
def served(serve, tmp_path):
    served = serve(watch=False)
    fox, sea = [("prompt", "fox"), ("prompt", "snow"), ("model", "m")], [("prompt", "sea")]
    put(
        served,
        row(tmp_path / "a/1.png", size_bytes=100, prompt="fox", infotext="fox", tags=fox),
        row(tmp_path / "a/2.png", size_bytes=50, prompt="fox", infotext="fox", tags=fox[:1]),
        row(tmp_path / "b/3.png", size_bytes=900, prompt="sea", infotext="sea", tags=sea),
    )
    return served


def ask(served, query="", **more):
    answer = served.post("/db/stats", {"query": query, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.engine
def test_figures_are_those_of_the_results(served, tmp_path):
    a, b = (str(tmp_path / name) for name in "ab")
    assert ask(served) == {
        "count": 3,
        "size_bytes": 1050,
        "folders": [
            {"path": b, "count": 1, "size_bytes": 900},
            {"path": a, "count": 2, "size_bytes": 150},
        ],
        "words": [
            {"name": "fox", "count": 2},
            {"name": "sea", "count": 1},
            {"name": "snow", "count": 1},
        ],
        "words_are_exact": True,
    }
    found = ask(served, "fox -name:2")
    assert (found["count"], found["size_bytes"]) == (1, 100)
    assert [word["name"] for word in found["words"]] == ["fox", "snow"]
    assert ask(served, "nothing at all")["folders"] == []
    assert ask(served, folder_paths=[b])["size_bytes"] == 900


def test_words_of_many_files_are_estimated(serve, tmp_path):
    served = serve(watch=False)
    number = figures._SAMPLED + 100
    tags = [("prompt", "fox")]
    put(served, *(row(tmp_path / f"{at}.png", tags=tags) for at in range(number)))
    found = ask(served)
    assert found["count"] == number and not found["words_are_exact"]
    assert found["words"] == [{"name": "fox", "count": number}]


def test_what_a_client_may_not_see_is_not_counted(serve, tmp_path):
    mine, other = tmp_path / "mine", tmp_path / "other"
    mine.mkdir(), other.mkdir()
    served = serve(mine, watch=False, access_control="on")
    put(served, row(mine / "a.png"), row(other / "b.png"))
    assert [one["path"] for one in ask(served)["folders"]] == [str(mine)]
    assert served.post("/db/stats", {"query": "", "folder_paths": [str(other)]}).status_code == 403


@pytest.mark.parametrize("query", ["steps:many", "re:/(/", "x" * 10_001])
def test_a_wrong_query_is_refused(served, query):
    assert served.post("/db/stats", {"query": query}).status_code == 400
