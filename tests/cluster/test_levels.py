"""Topics in two levels: how many there are, that nothing but their texts decides, and their names."""

from __future__ import annotations

import numpy as np
import pytest

from iib_core.cluster import levels, names, themes
from iib_core.cluster.levels import Table

pytestmark = pytest.mark.stack

DIM = 64


def unit(rows: np.ndarray) -> np.ndarray:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def library(count: int, around: int, spread: float = 0.9, seed: int = 0) -> np.ndarray:
    """Unit vectors around some means."""
    draw = np.random.default_rng(seed)
    means = unit(draw.standard_normal((around, DIM)))
    rows = means[draw.integers(0, around, count)]
    return unit(rows + draw.standard_normal((count, DIM)) * spread / DIM**0.5)


def table(count: int) -> Table:
    draw = np.random.default_rng(9)
    kinds = [f"kind {at}" for at in range(30)]
    of = [f"theme {at // 2}" for at in range(30)]
    return Table(
        kinds, of, unit(draw.standard_normal((30, DIM))), np.zeros((count, 15), dtype=np.float32)
    )


def groups(found: list[levels.Theme]) -> list[tuple[int, ...]]:
    return sorted(tuple(theme.rows.tolist()) for theme in found)


@pytest.mark.parametrize("with_table", [False, True])
@pytest.mark.parametrize("count", [500, 3000])
def test_there_are_8_to_40_topics_of_all_texts(count: int, with_table: bool):
    found, threshold = levels.find(library(count, 60), table(count) if with_table else None)
    assert 8 <= len(found) <= 40
    assert sorted(row for theme in found for row in theme.rows.tolist()) == list(range(count))
    assert 0 < threshold < 1
    for theme in found:
        inside = [row for subject in theme.subjects for row in subject.rows.tolist()]
        assert set(inside) <= set(theme.rows.tolist()) and len(inside) == len(set(inside))


@pytest.mark.parametrize("with_table", [False, True])
def test_neither_order_nor_a_second_time_changes_them(with_table: bool):
    vectors = library(600, 20)
    order = np.random.default_rng(3).permutation(600)
    first, _ = levels.find(vectors, table(600) if with_table else None)
    second, _ = levels.find(vectors, table(600) if with_table else None)
    assert groups(first) == groups(second)
    mixed, _ = levels.find(vectors[order], table(600) if with_table else None)
    assert groups(first) == sorted(tuple(sorted(order[theme.rows].tolist())) for theme in mixed)


def test_topics_of_a_table_stay_when_texts_come():
    vectors = library(630, 40)
    after, _ = levels.find(vectors, table(630))
    before, _ = levels.find(vectors[:600], table(600))
    after_of = {row: theme.name for theme in after for row in theme.rows.tolist()}
    before_of = {row: theme.name for theme in before for row in theme.rows.tolist()}
    assert sum(after_of[row] == name for row, name in before_of.items()) >= 0.95 * 600


def test_a_theme_that_is_most_of_the_library_is_divided():
    one = table(400)
    around = one.means[0]
    draw = np.random.default_rng(5)
    vectors = unit(around + draw.standard_normal((400, DIM)) * 0.5 / DIM**0.5)
    found, _ = levels.find(vectors, one)
    assert len(found) > 1 and sum(theme.name == "theme 0" for theme in found) == 1


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_few_texts(count: int):
    found, _ = levels.find(library(5, 5)[:count], None)
    assert sum(len(theme.rows) for theme in found) == count


def test_titles_name_the_subject_and_never_an_artist():
    fox = [
        "a red fox in the snow, by greg rutkowski, 8k",
        "red fox, winter forest, art by wlop",
        "red fox on a hill",
    ]
    city = [
        "neon city at night, octane render",
        "a neon city, rain",
        "city with flying cars, trending on artstation",
    ]
    named = names.name_topics([fox, city], ["", ""])
    assert [name.title for name in named] == ["Red fox", "City"]
    words = " ".join(" ".join(name.keywords) for name in named)
    assert "rutkowski" not in words and "wlop" not in words and "render" not in words


def test_the_tables_name_stays_unless_nearly_all_are_one_thing():
    animals = ["a cat", "a big dog", "an owl on a branch", "a bear in the woods"]
    assert names.name_topics([animals], ["Animals"])[0].title == "Animals"
    assert (
        names.name_topics([["a cat", "a cat on a sofa", "a cat in a box"]], ["Animals"])[0].title
        == "Cat"
    )


def test_no_two_titles_are_the_same():
    named = names.name_topics([["a cat"], ["a cat"], ["a cat"]], ["", "", ""])
    assert len({name.title for name in named}) == 3


def test_the_words_of_a_subject_tell_its_theme():
    order = list(themes.THEMES)
    found = themes.evidence(["a red fox in the snow", "portrait of a woman with long hair"])
    found -= themes.evidence(["xyz"])
    assert order[int(found[0].argmax())] == "Animals"
    assert order[int(found[1].argmax())] == "Women and girls"


def test_keywords_say_what_is_shown_and_name_no_artist():
    texts = [
        "a cat asleep on a sofa, saturation, fog",
        "a cat sitting in a box, greg rutkowski, saturation, fog",
        "a dog that waits, art by greg rutkowski, saturation, fog",
    ]
    (name,) = names.name_topics([texts], ["Animals"])
    assert name.keywords == ("cat", "dog")


def test_one_and_many_are_no_two_titles():
    dragons = [["a dragon", "a dragon in fire"], ["an ice dragon", "a wolf"]]
    first, second = names.name_topics(dragons, ["Dragon", "Dragons"])
    assert (first.title, second.title) == ("Dragon", "Dragons: ice dragon")
