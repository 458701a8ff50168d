"""One name for a scheduler that programs write in their own ways."""

from __future__ import annotations

import pytest

from iib_core.metadata import schedulers


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("karras", "Karras"),
        ("Karras", "Karras"),
        ("sgm_uniform", "SGM Uniform"),
        ("SGM Uniform", "SGM Uniform"),
        ("ddim_uniform", "DDIM"),
        ("kl_optimal", "KL Optimal"),
        ("align_your_steps", "Align Your Steps"),
        ("normal", "Normal"),
        # One of its own, a part with a gap, or nothing.
        ("beta57", "beta57"),
        ("kar*ras", "kar*ras"),
        ("", ""),
    ],
)
def test_a_scheduler_has_one_name(written: str, name: str) -> None:
    assert schedulers.name_of(written) == name
