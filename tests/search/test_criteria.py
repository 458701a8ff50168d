"""Criteria are interpreted without a database."""

from __future__ import annotations

import pytest

from iib_core.search.criteria import (
    And,
    HasTag,
    HasText,
    InFolder,
    Not,
    Or,
    conjuncts,
    interpret,
    leaves,
)

FOX, CAT, TAG, FOLDER = HasText("fox"), HasText("cat"), HasTag((3,)), InFolder(("/lib",))


class Words:
    """The algebra of sentences."""

    def leaf(self, leaf):
        return leaf.needle if isinstance(leaf, HasText) else "other"

    def all_of(self, items):
        return f"all({' '.join(items)})"

    def any_of(self, items):
        return f"any({' '.join(items)})"

    def negate(self, item):
        return f"not({item})"


@pytest.mark.parametrize(
    ("criterion", "words"),
    [
        (FOX, "fox"),
        (And(), "all()"),
        (And((FOX, Or((CAT, TAG)))), "all(fox any(cat other))"),
        (Not(And((FOX, Not(CAT)))), "not(all(fox not(cat)))"),
    ],
    ids=str,
)
def test_a_criterion_is_interpreted_from_its_leaves_upwards(criterion, words):
    assert interpret(criterion, Words()) == words


def test_leaves_and_conjuncts_of_a_criterion():
    criterion = And((FOX, And((TAG, Or((CAT, Not(FOLDER)))))))
    assert list(leaves(criterion)) == [FOX, TAG, CAT, FOLDER]
    assert list(conjuncts(criterion)) == [FOX, TAG, Or((CAT, Not(FOLDER)))]
