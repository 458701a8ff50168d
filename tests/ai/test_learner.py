"""The process that learns from many prompts: it gets all of them, and waiting for it always ends."""

from __future__ import annotations

import random

import numpy as np
import pytest

from iib_core.ai import learner
from iib_core.ai.local import LocalModel
from iib_core.errors import ServiceFailed
from tests.processes import find_children, kill_children, suspend_children

pytestmark = pytest.mark.stack

# What its process is started with.
LEARNER = "iib_core.ai.learner:answer"

WORDS = [
    first + second
    for first in ("ba", "do", "ki", "lu", "me", "ro", "sa", "ti")
    for second in ("na", "ref", "lis", "mot", "pul", "gar", "ven", "zo")
]


def prompts(count: int, words: int) -> list[str]:
    made = random.Random(1)
    return [f"number{at} " + " ".join(made.choices(WORDS, k=words)) for at in range(count)]


@pytest.mark.parametrize(
    ("count", "words", "least_bytes"),
    [(600, 30, 1 << 16), (2000, 120, 1 << 20)],
    ids=["above 64 KiB", "above 1 MiB"],
)
def test_more_texts_than_a_pipe_holds(count, words, least_bytes):
    texts = prompts(count, words)
    assert sum(map(len, texts)) > least_bytes
    looks: list[None] = []
    model = LocalModel.learn(texts, lambda: looks.append(None))
    assert len(looks) > 1  # several checks while the process runs: a single one would end it
    assert np.allclose(np.linalg.norm(model.embed(texts[:50]), axis=1), 1, atol=1e-3)


@pytest.mark.posix_only("signals")
def test_a_process_that_is_killed_is_told():
    with pytest.raises(
        ServiceFailed, match=r"broke off \(it was ended by signal 9\): if memory is short"
    ):
        LocalModel.learn(prompts(600, 30), lambda: kill_children(LEARNER))


@pytest.mark.posix_only("SIGSTOP")
def test_a_process_that_hangs_is_told_and_can_be_started_again():
    texts = prompts(600, 30)
    with pytest.raises(
        ServiceFailed, match=r"sent no heartbeat for 0\.5 s and was ended: start it again"
    ):
        learner.learn_apart(texts, lambda: suspend_children(LEARNER), silence_s=0.5)
    assert not find_children(LEARNER)
    assert learner.learn_apart(texts, lambda: None)
