"""Plans, made without a disk."""

from __future__ import annotations

import os
import stat

import pytest

from iib_core.db.journal import Step
from iib_core.files import plan
from iib_core.files.disk import Entry
from iib_core.files.plan import CLEAR, COPY, MAKE, MOVE, TREE, Bundle, Plan
from tests.slashes import slashed

pytestmark = pytest.mark.windows


class Taken(set):
    def is_taken(self, path: str, mover: str) -> bool:
        return slashed(path) in self

    def claim(self, path: str) -> None:
        self.add(slashed(path))


def entry(path: str, mode: int = stat.S_IFREG) -> Entry:
    return Entry(path, mode, 10, 20, 30)


def bundle(*paths: str, dest: str = "/d", asked: int = 1) -> Bundle:
    return Bundle(
        [entry(path) for path in paths],
        [os.path.basename(path) for path in paths],
        dest,
        frozenset(paths[:asked]),
    )


def place(bundles, taken, on_conflict, is_move=True):
    made = Plan()
    plan.add_bundles(
        made,
        bundles,
        Taken(taken),
        on_conflict,
        lambda p, e, target, group: p.add(MOVE, e, target, group),
        is_move=is_move,
    )
    return made


def targets(made):
    return [(step.source, slashed(step.target), step.group) for step in made.steps]


def groups_of(made):
    return {
        group: [(source, slashed(target)) for source, target in files]
        for group, files in made.groups.items()
    }


def test_a_bundle_moves_completely_and_reports_only_the_requested_files():
    made = place([bundle("/s/a.png", "/s/a.txt"), bundle("/s/b.png")], set(), "error")
    assert targets(made) == [
        ("/s/a.png", "/d/a.png", 1),
        ("/s/a.txt", "/d/a.txt", 1),
        ("/s/b.png", "/d/b.png", 2),
    ]
    assert groups_of(made) == {1: [("/s/a.png", "/d/a.png")], 2: [("/s/b.png", "/d/b.png")]}


def test_a_conflict_of_a_companion_keeps_the_whole_bundle():
    made = place([bundle("/s/a.png", "/s/a.txt"), bundle("/s/b.png")], {"/d/a.txt"}, "error")
    assert [(problem.path, slashed(problem.target)) for problem in made.problems] == [
        ("/s/a.png", "/d/a.png")
    ]
    assert targets(made) == [("/s/b.png", "/d/b.png", 1)]


def test_conflicts_within_the_plan_are_found():
    made = place([bundle("/s/a.png"), bundle("/t/a.png")], set(), "error")
    assert len(made.steps) == 1 and [problem.path for problem in made.problems] == ["/t/a.png"]


def test_colliding_files_get_free_names_or_are_skipped():
    made = place([bundle("/s/a.png", "/s/a.txt"), bundle("/t/a.png")], {"/d/a.txt"}, "rename")
    assert [slashed(step.target) for step in made.steps] == [
        "/d/a (1).png",
        "/d/a (1).txt",
        "/d/a.png",
    ]
    assert place([bundle("/s/a.png")], {"/d/a.png"}, "skip").skipped == ["/s/a.png"]


@pytest.mark.parametrize(
    ("on_conflict", "is_move", "outcome"),
    [("error", True, "problem"), ("rename", True, "skipped"), ("rename", False, "/d/a (1).png")],
)
def test_a_file_that_is_there_already(on_conflict, is_move, outcome):
    there = "/d" + os.sep + "a.png"
    made = place([bundle(there)], {"/d/a.png", there}, on_conflict, is_move)
    assert (
        "problem" if made.problems else "skipped" if made.skipped else slashed(made.steps[0].target)
    ) == outcome


def test_missing_folders_are_listed_from_the_top_down():
    assert plan.missing_folders("/a/b/c/d", {"/", "/a"}.__contains__) == [
        "/a/b",
        "/a/b/c",
        "/a/b/c/d",
    ]
    assert plan.missing_folders("/a", {"/a"}.__contains__) == []


def test_steps_are_undone_in_reverse_order():
    steps = [Step(kind, source, target, 0, 0, 0, 1) for kind, source, target in _STEPS]
    assert list(plan.reverse(steps, lambda step: "/trash" + step.target)) == [
        (MAKE, "", "/s"),
        (MOVE, "/n/c.png", "/trash/n/c.png"),
        (TREE, "/n/t", "/s/t"),
        (MOVE, "/n/a.png", "/s/a.png"),
        (CLEAR, "/n", ""),
    ]


_STEPS = [
    (MAKE, "", "/n"),
    (MOVE, "/s/a.png", "/n/a.png"),
    (TREE, "/s/t", "/n/t"),
    (COPY, "/s/c.png", "/n/c.png"),
    (CLEAR, "/s", ""),
]


def test_paths_in_a_chosen_folder_are_not_chosen_twice():
    folders = {"/a", "/b"}
    assert plan.without_nested(
        ["/a/x.png", "/a", "/ab/x.png", "/a", "/b/c/d.png", "/b"], folders.__contains__
    ) == ["/a", "/ab/x.png", "/b"]
