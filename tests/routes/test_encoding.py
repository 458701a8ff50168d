"""JSON in pieces: the same JSON as that of the standard library, and read only as far as it is
sent.
"""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iib_core.routes.shared.encoding import PIECE_BYTES, Entries, encode

pytestmark = pytest.mark.stack

KEYS = st.text(max_size=5)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=40) | st.dictionaries(KEYS, inner, max_size=40),
    max_leaves=60,
)


def encoded(content: object) -> object:
    return json.loads(b"".join(encode(content)))


@given(VALUES)
def test_it_is_the_same_json(value):
    assert encoded(value) == value


@given(st.lists(VALUES, max_size=8), st.dictionaries(KEYS, VALUES, max_size=8))
def test_iterators_are_lists_and_entries_are_objects(items, pairs):
    assert encoded({"list": iter(items), "object": Entries(iter(pairs.items()))}) == {
        "list": items,
        "object": pairs,
    }


@pytest.mark.parametrize("count", [0, 1, 2, 199, 1000, 20_001])
def test_of_any_length(count):
    numbers = list(range(count))
    by_name = {str(number): number for number in numbers}
    assert encoded(iter(numbers)) == numbers
    assert encoded({"a": numbers, "b": by_name}) == {"a": numbers, "b": by_name}


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, -math.inf, 10**5000], ids=["nan", "inf", "-inf", "10**5000"]
)
def test_what_json_cannot_tell_is_null(value):
    assert encoded({"a": value, "b": [1, value], "c": iter([value])}) == {
        "a": None,
        "b": [1, None],
        "c": [None],
    }


def test_text_that_is_no_unicode_and_keys_that_are_no_text():
    assert encoded({1: "\ud800", "\ud800": [None]}) == {"1": "\ud800", "\ud800": [None]}


def test_lists_without_end_are_cut_off():
    deep: list[object] = []
    for _ in range(5000):
        deep = [deep]
    assert json.dumps(encoded(deep)).count("[") < 200


def test_a_piece_is_small_and_reads_no_further():
    taken = 0

    def rows():
        nonlocal taken
        for number in range(100_000):
            taken += 1
            yield {"name": f"image_{number}.png", "bytes": number}

    pieces = encode({"files": rows()})
    first = next(pieces)
    assert taken < 10_000
    sizes = [len(first), *map(len, pieces)]
    assert taken == 100_000
    assert max(sizes) < 2 * PIECE_BYTES
    assert len(sizes) > 30


def test_a_long_list_inside_of_one_item_is_cut_too():
    clusters = [
        {"id": str(at), "files": [{"path": f"/a/{n}"} for n in range(20_000)]} for at in range(3)
    ]
    pieces = list(
        encode({"clusters": clusters, "by_path": {"x" * 10: [{"path": "y" * 100}] * 5000}})
    )
    assert max(map(len, pieces)) < 2 * PIECE_BYTES
