"""Files that replace those that have their names: what goes to the trash, and what one undo brings
back.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from iib_core.errors import IIBError
from iib_core.files.spec import OnFailure
from tests.files.worlds import TRASH, FailingDisk, World
from tests.slashes import below

pytestmark = pytest.mark.windows


@pytest.fixture
def world(tmp_path: Path, engine: str):
    made = World(tmp_path, engine=engine)
    made.put("a/p.png", "a/p.txt", "a/q.png", tag="new")
    made.put("b/p.png", "b/p.json", "b/q.png", tag="old")
    yield made
    made.close()


def text_of(world: World, name: str) -> str:
    return world.files(with_trash=True)[name][0]


def shown(world: World, paths: list[str]) -> set[str]:
    return {below(path, world.root) for path in paths}


def all_of(world: World):
    return world.files(), world.folders(), world.rows()


@pytest.mark.parametrize("delete_mode", ["trash", "system", "permanent"])
@pytest.mark.parametrize("how", ["move", "copy"])
def test_what_is_replaced_goes_to_our_own_trash_with_its_companions(tmp_path, how, delete_mode):
    world = World(tmp_path, delete_mode=delete_mode)
    world.put("a/p.png", "a/p.txt", "a/q.png", tag="new")
    world.put("b/p.png", "b/p.json", "b/q.png", tag="old")
    before = all_of(world)
    act = world.operations.move if how == "move" else world.operations.copy
    result = act(world.paths("a/p.png", "a/q.png"), world.path("b"), on_conflict="replace")
    assert shown(world, result.replaced) == {"b/p.png", "b/p.json", "b/q.png"}
    assert [text_of(world, f"b/{name}") for name in ("p.png", "p.txt", "q.png")] == [
        "this is a/p.png",
        "this is a/p.txt",
        "this is a/q.png",
    ]
    trash = f"{TRASH}/{result.operation_id}/b"
    assert [text_of(world, f"{trash}/{name}") for name in ("p.png", "p.json", "q.png")] == [
        "this is b/p.png",
        "this is b/p.json",
        "this is b/q.png",
    ]
    rows = world.rows()
    assert "new" in rows["b/p.png"][1] and "old" not in rows["b/p.png"][1]
    world.assert_index_is_disk()
    (trashed,) = world.operations.trash.list()
    assert shown(world, [path for path, _, _ in trashed.files]) == {
        "b/p.png",
        "b/p.json",
        "b/q.png",
    }
    world.operations.undo(result.operation_id)
    assert all_of(world) == before
    world.assert_index_is_disk()
    world.close()


def test_only_the_files_that_are_named_replace(world):
    result = world.operations.move(
        world.paths("a/p.png", "a/q.png"),
        world.path("b"),
        on_conflict="rename",
        replace=world.paths("a/q.png"),
    )
    assert shown(world, result.replaced) == {"b/q.png"}
    assert text_of(world, "b/p.png") == "this is b/p.png"
    assert text_of(world, "b/p (1).png") == "this is a/p.png"
    assert text_of(world, "b/q.png") == "this is a/q.png"
    world.assert_index_is_disk()


def test_nothing_is_replaced_that_was_not_asked_for(world):
    before = all_of(world)
    with pytest.raises(IIBError):
        world.operations.move(
            world.paths("a/p.png", "a/q.png"), world.path("b"), replace=world.paths("a/q.png")
        )
    assert all_of(world) == before


def test_a_file_does_not_replace_itself_nor_another_name_of_it(world):
    before = all_of(world)
    same = world.operations.copy(
        world.paths("b/p.png", "b/q.png"), world.path("b"), on_conflict="replace"
    )
    assert (same.operation_id, shown(world, same.skipped)) == (None, {"b/p.png", "b/q.png"})
    os.link(world.path("b/q.png"), world.path("linked.png"))
    (world.root / "c").mkdir()
    os.link(world.path("b/q.png"), world.path("c/linked.png"))
    linked = world.operations.move(
        world.paths("linked.png"), world.path("c"), on_conflict="replace"
    )
    assert linked.operation_id is None and (world.root / "linked.png").exists()
    assert {**world.files()}.items() >= before[0].items()


def test_of_files_of_one_name_the_first_replaces_and_the_others_get_free_names(world):
    world.put("c/p.png")
    result = world.operations.move(
        world.paths("a/p.png", "c/p.png"), world.path("b"), on_conflict="replace"
    )
    assert shown(world, result.replaced) == {"b/p.png", "b/p.json"}
    assert {text_of(world, "b/p.png"), text_of(world, "b/p (1).png")} == {
        "this is a/p.png",
        "this is c/p.png",
    }
    world.assert_index_is_disk()


def test_a_file_that_the_request_names_is_not_replaced(world):
    result = world.operations.move(
        world.paths("a/q.png", "b/q.png"), world.path("b"), on_conflict="replace"
    )
    assert result.replaced == [] and shown(world, result.skipped) == {"b/q.png"}
    assert text_of(world, "b/q (1).png") == "this is a/q.png"


def test_a_companion_that_several_share_goes_when_the_last_of_them_is_replaced(world):
    world.put("c/s.png", "c/s.jpg", "d/s.png", "d/s.jpg", "d/s.txt")
    one = world.operations.move(world.paths("c/s.png"), world.path("d"), on_conflict="replace")
    assert shown(world, one.replaced) == {"d/s.png"}
    world.operations.undo(one.operation_id)
    both = world.operations.move(
        world.paths("c/s.png", "c/s.jpg"), world.path("d"), on_conflict="replace"
    )
    assert shown(world, both.replaced) == {"d/s.png", "d/s.jpg", "d/s.txt"}


def test_folders_are_not_replaced_and_do_not_replace(world):
    (world.root / "b" / "r.png").mkdir()
    world.put("a/r.png", "c/q.png/inside.png")
    result = world.operations.move(
        [*world.paths("a/r.png", "a/p.png"), world.path("c/q.png")],
        world.path("b"),
        on_conflict="replace",
        on_failure=OnFailure.SKIP,
    )
    assert shown(world, [failure.path for failure in result.errors]) == {"a/r.png", "c/q.png"}
    assert all("only files are replaced" in str(failure.error) for failure in result.errors)
    assert shown(world, result.replaced) == {"b/p.png", "b/p.json"}


@pytest.mark.parametrize("on_failure", [OnFailure.UNDO_ALL, OnFailure.SKIP])
def test_where_the_new_file_cannot_come_the_old_one_stays(tmp_path, on_failure):
    disk = FailingDisk(errno.ENOSPC, lambda name, _: name == "write")
    world = World(tmp_path, disk)
    world.put("a/p.png", tag="new")
    world.put("far/p.png", "far/p.txt", tag="old")
    before = all_of(world)
    failed: list[str] = []
    try:
        result = world.operations.move(
            world.paths("a/p.png"),
            world.path("far"),
            on_conflict="replace",
            on_failure=on_failure,
        )
        failed += [str(failure.error) for failure in result.errors]
        assert result.replaced == []
    except IIBError as exc:
        failed.append(str(exc))
    assert len(failed) == 1 and "full" in failed[0]
    assert all_of(world) == before
    world.assert_index_is_disk()
    world.close()


def test_a_plan_tells_what_would_be_replaced_and_changes_nothing(world):
    before = all_of(world)
    plan = world.operations.plan_transfer(
        world.paths("a/q.png"), world.path("b"), on_conflict="replace"
    )
    assert [path for some in plan.replaced.values() for path in some] == world.paths("b/q.png")
    assert all_of(world) == before


def test_an_undo_says_what_keeps_it_from_bringing_both_back(world):
    result = world.operations.move(world.paths("a/q.png"), world.path("b"), on_conflict="replace")
    world.put("a/q.png")
    after = all_of(world)
    with pytest.raises(IIBError, match="taken by another file"):
        world.operations.undo(result.operation_id)
    assert all_of(world) == after


def test_when_the_trash_is_emptied_the_new_file_stays(world):
    result = world.operations.move(world.paths("a/q.png"), world.path("b"), on_conflict="replace")
    world.operations.trash.empty(only=[result.operation_id])
    assert text_of(world, "b/q.png") == "this is a/q.png"
    with pytest.raises(IIBError, match="emptied"):
        world.operations.undo(result.operation_id)
    world.assert_index_is_disk()
