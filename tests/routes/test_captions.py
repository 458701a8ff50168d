"""Captions of files: the start of the prompt, the model and the seed."""

from __future__ import annotations

import pytest

from tests.routes.test_search import put, row

pytestmark = pytest.mark.stack


@pytest.fixture
def served(serve, tmp_path):
    return serve(tmp_path, watch=False)


def captions(served, *files):
    return served.post("/db/captions", {"paths": [str(file) for file in files]}).json()["captions"]


def add(served, path, **values):
    put(served, row(path, **values))
    path.touch()


def test_a_caption_has_prompt_model_and_seed(served, tmp_path):
    path = tmp_path / "a.png"
    prompt = "a red fox,\n  seed 1234567 of it"
    infotext = f"{prompt}\nSteps: 20, Seed: 1234567"
    add(served, path, prompt=prompt, infotext=infotext, model="dream_v1", seed=1234567)
    assert captions(served, path) == {
        str(path): {
            "prompt": "a red fox, seed 1234567 of it",
            "model": "dream_v1",
            "seed": 1234567,
        }
    }


def test_only_the_start_of_a_long_prompt_is_told(served, tmp_path):
    path = tmp_path / "a.png"
    add(served, path, prompt="fox " * 1000, infotext="fox " * 1000)
    assert captions(served, path)[str(path)]["prompt"] == ("fox " * 60).strip()


def test_the_largest_seed_is_exact(served, tmp_path):
    path = tmp_path / "a.png"
    add(served, path, seed=2**64 - 1)
    caption = {"prompt": "", "model": "", "seed": 2**64 - 1}
    assert captions(served, path) == {str(path): caption}


def test_a_file_without_generation_data_has_an_empty_caption(served, tmp_path):
    path = tmp_path / "a.png"
    add(served, path)
    assert captions(served, path) == {str(path): {"prompt": "", "model": "", "seed": None}}


def test_a_file_that_is_not_indexed_has_none(served, tmp_path):
    path = tmp_path / "a.png"
    path.touch()
    assert captions(served, path) == {}
