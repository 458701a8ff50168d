"""The table of criteria is complete."""

from __future__ import annotations

from typing import get_args

from iib_core.db.search.leaves import LEAVES
from iib_core.search.criteria import Leaf


def test_every_criterion_has_an_entry():
    assert set(LEAVES) == set(get_args(Leaf))
