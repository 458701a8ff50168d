"""Operations on real files with a real index: the state afterwards, and after an undo."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path

import pytest

from iib_core.db import images
from iib_core.errors import AccessDenied, Conflict, IIBError, InvalidRequest, NotFound
from iib_core.files.spec import OnFailure, OperationSpec
from tests.files.worlds import TRASH, FailingDisk, TwoDisks, World
from tests.slashes import below, slashed

pytestmark = [pytest.mark.windows, pytest.mark.engine]


@pytest.fixture
def world(tmp_path, engine):
    made = World(tmp_path, engine=engine)
    made.put("a/p.png", "a/p.txt", "a/q.png", "a/q.jpg", "a/q.txt", "b/other.png", tag="mine")
    yield made
    made.close()


def names_of(world: World) -> list[str]:
    return sorted(world.files())


def all_of(world: World):
    return world.files(), world.folders(), world.rows()


def writing(text: str):
    """A function that writes this text to a new file."""
    return lambda draft: Path(draft).write_text(text)


ACTIONS = {
    "move": lambda w: w.operations.move(
        w.paths("a/p.png", "b/other.png"), w.path("c/d"), create=True
    ),
    "move to another disk": lambda w: w.operations.move(
        w.paths("a/p.png", "a/q.png"), w.path("far"), create=True
    ),
    "move a folder": lambda w: w.operations.move(w.paths("a"), w.path("b")),
    "move a folder to another disk": lambda w: w.operations.move(
        w.paths("a"), w.path("far"), create=True
    ),
    "copy": lambda w: w.operations.copy(w.paths("a/p.png", "a/q.jpg"), w.path("b")),
    "copy a folder": lambda w: w.operations.copy(w.paths("a"), w.path("b")),
    "rename": lambda w: w.operations.rename(w.path("a/p.png"), "r.png"),
    "rename a folder": lambda w: w.operations.rename(w.path("a"), "z"),
    "flatten": lambda w: w.operations.flatten(w.path("")),
    "delete": lambda w: w.operations.delete(w.paths("a/p.png", "a/q.png", "b/other.png")),
    "edit": lambda w: w.operations.edit(w.path("a/p.png"), writing("edited")),
    "mkdirs": lambda w: w.operations.make_folder(w.path("x/y/z")),
    "pairs": lambda w: w.operations.move_pairs(
        OperationSpec("organise"),
        [(w.path("a/p.png"), w.path("t/one")), (w.path("b/other.png"), w.path("t/two"))],
    ),
}


@pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS)
def test_undo_restores_names_times_rows_tags_and_folders(world, action):
    before = all_of(world)
    result = action(world)
    assert all_of(world) != before
    world.assert_index_is_disk()
    world.operations.undo(result.operation_id)
    assert all_of(world) == before
    world.assert_index_is_disk()
    with pytest.raises(Conflict, match="undone before"):
        world.operations.undo(result.operation_id)


def test_a_move_takes_rows_tags_and_companions_along(world):
    before = world.rows()
    result = world.operations.move(world.paths("a/p.png", "a/q.png"), world.path("b"))
    assert names_of(world) == ["a/q.jpg", "a/q.txt", "b/other.png", "b/p.png", "b/p.txt", "b/q.png"]
    assert world.rows()["b/p.png"] == before["a/p.png"]
    assert [below(moved.target, world.root) for moved in result.done] == ["b/p.png", "b/q.png"]


def test_a_copy_has_the_time_and_the_tags_of_the_original(world):
    world.operations.copy(world.paths("a/p.png"), world.path("b"))
    assert world.files()["b/p.png"] == world.files()["a/p.png"]
    assert (
        world.rows()["b/p.png"][1] == world.rows()["a/p.png"][1]
        and world.rows()["b/p.png"][0] != world.rows()["a/p.png"][0]
    )
    world.assert_index_is_disk()


def test_a_renamed_picture_is_found_under_its_new_name(world):
    world.operations.rename(world.path("a/p.png"), "grün.png")
    assert {"a/grün.png", "a/grün.txt"} < set(names_of(world))
    with world.db.read() as conn:
        assert (
            conn.exec_driver_sql(
                "SELECT count(*) FROM image WHERE name = 'grün.png' AND shown = 1"
            ).scalar()
            == 1
        )


def test_a_picture_renamed_to_another_file_type_keeps_its_tags_for_later(world):
    before = all_of(world)
    world.operations.rename(world.path("a/p.png"), "p.bak")
    assert "a/p.bak" in names_of(world)
    world.assert_index_is_disk()
    world.operations.rename(world.path("a/p.bak"), "p.png")
    assert all_of(world) == before


def test_no_operation_shows_the_row_of_a_file_whose_name_is_not_a_picture(world):
    """Its row keeps its tags until the file has a picture's name again, also after moves."""
    world.operations.rename(world.path("a/p.png"), "p.bak")
    for act in (
        lambda: world.operations.move(world.paths("a/p.bak"), world.path("b")),
        lambda: world.operations.undo(world.operations.delete(world.paths("b/p.bak")).operation_id),
        lambda: world.operations.copy(world.paths("b/p.bak"), world.path("far")),
        lambda: world.operations.move(world.paths("b"), world.path("far")),
    ):
        act()
        world.assert_index_is_disk()
    world.operations.rename(world.path("far/b/p.bak"), "p.png")
    assert "mine" in world.rows()["far/b/p.png"][1]
    world.assert_index_is_disk()


@pytest.mark.parametrize(
    ("action", "error"),
    [
        (lambda w: w.operations.move(w.paths("b/clash.png"), w.path("a")), Conflict),
        (lambda w: w.operations.copy(w.paths("b/clash.png"), w.path("a")), Conflict),
        (lambda w: w.operations.move(w.paths("b/other.png", "b/clash.png"), w.path("a")), Conflict),
        (lambda w: w.operations.move(w.paths("b/other.png", "b/gone.png"), w.path("a")), NotFound),
        (lambda w: w.operations.move(w.paths("a/p.png"), w.path("a")), Conflict),
        (lambda w: w.operations.move(w.paths("a/p.png"), w.path("none")), NotFound),
        (lambda w: w.operations.move(w.paths("a/p.png"), w.path("b/other.png")), InvalidRequest),
        (
            lambda w: w.operations.move(w.paths("a/p.png"), w.path("b/other.png/x"), create=True),
            Conflict,
        ),
        (lambda w: w.operations.move(w.paths("a"), w.path("a/sub"), create=True), InvalidRequest),
        (lambda w: w.operations.move(w.paths(""), w.path("b")), InvalidRequest),
        (
            lambda w: w.operations.move(w.paths("a/p.png"), w.path("CON/x"), create=True),
            InvalidRequest,
        ),
        (lambda w: w.operations.move(w.paths("a/p.png"), w.path(TRASH)), InvalidRequest),
        (lambda w: w.operations.rename(w.path("a/p.png"), "q.png"), Conflict),
        (lambda w: w.operations.rename(w.path("b/clash.png"), "side.png"), Conflict),
        (lambda w: w.operations.rename(w.path("a/none.png"), "x.png"), NotFound),
        (lambda w: w.operations.delete(w.paths("a")), Conflict),
        (lambda w: w.operations.delete(w.paths("a/none.png")), NotFound),
        (lambda w: w.operations.flatten(w.path("")), Conflict),
        (lambda w: w.operations.undo("unknown"), NotFound),
        (lambda w: w.operations.edit(w.path("a/none.png"), writing("x")), NotFound),
        (lambda w: w.operations.edit(w.path("a"), writing("x")), InvalidRequest),
    ],
)
def test_an_operation_that_cannot_be_done_completely_does_not_start(world, action, error):
    world.put("b/clash.png", "b/clash.txt", "a/clash.txt", "b/side.txt", "other.png")
    before = all_of(world)
    with pytest.raises(error, match=r"\.$"):
        action(world)
    assert all_of(world) == before and world.operations.list_newest(5) == []


def test_conflicts_are_renamed_or_skipped(world):
    world.put("b/p.txt", "b/q.png")
    skipped = world.operations.move(
        world.paths("a/p.png", "a/q.png", "a/q.jpg"), world.path("b"), on_conflict="skip"
    )
    assert (skipped.operation_id, sorted(skipped.skipped)) == (
        None,
        sorted(world.paths("a/p.png", "a/q.jpg", "a/q.png")),
    )
    renamed = world.operations.move(
        world.paths("a/p.png", "a/q.png"), world.path("b"), on_conflict="rename"
    )
    assert [os.path.basename(moved.target) for moved in renamed.done] == ["p (1).png", "q (1).png"]
    assert {"b/p (1).txt", "b/p.txt", "b/q.png", "a/q.txt"} < set(names_of(world))
    world.assert_index_is_disk()


def test_lenient_moves_report_failures_and_do_the_others(world):
    world.put("b/p.png")
    result = world.operations.move(
        world.paths("a/p.png", "a/none.png", "a/q.png"), world.path("b"), on_failure=OnFailure.SKIP
    )
    assert {os.path.basename(failure.path) for failure in result.errors} == {"p.png", "none.png"}
    assert [os.path.basename(moved.source) for moved in result.done] == ["q.png"]
    world.assert_index_is_disk()


def test_delete_leaves_a_companion_that_is_needed_and_deletes_a_lone_one(world):
    world.operations.delete(world.paths("a/q.png"))
    assert "a/q.txt" in names_of(world)
    world.operations.delete(world.paths("a/p.txt"))
    assert "a/p.txt" not in names_of(world) and "a/p.png" in names_of(world)


def test_deleting_three_files_reports_the_missing_one_and_trashes_the_others(world):
    result = world.operations.delete(world.paths("a/p.png", "a/none.png", "b/other.png"))
    assert len(result.done) == 2 and [
        os.path.basename(failure.path) for failure in result.errors
    ] == ["none.png"]
    (trashed,) = world.operations.trash.list()
    assert sorted(below(path, world.root) for path, _, _ in trashed.files) == [
        "a/p.png",
        "a/p.txt",
        "b/other.png",
    ]
    assert all(os.path.isfile(path) for _, path, _ in trashed.files)


def test_empty_folders_can_be_deleted_and_come_back(world):
    world.operations.make_folder(world.path("empty"))
    result = world.operations.delete(world.paths("empty"))
    assert "empty" not in world.folders()
    world.operations.undo(result.operation_id)
    assert "empty" in world.folders()


@pytest.mark.parametrize("mode", ["permanent", "trash"])
def test_a_permanently_deleted_file_is_gone_from_disk_and_index(tmp_path, mode):
    world = World(tmp_path, delete_mode=mode)
    world.put("a/p.png", "a/p.txt", "b/q.png")
    result = world.operations.delete(world.paths("a/p.png"))
    if mode == "trash":
        assert world.operations.trash.empty(1).files == 0
        assert world.operations.trash.empty().files == 2
    assert sorted(world.files(with_trash=True)) == ["b/q.png"]
    with world.db.read() as conn:
        assert len(list(images.load_known(conn))) == 1
    with pytest.raises(Conflict, match="cannot be undone"):
        world.operations.undo(result.operation_id)
    world.assert_index_is_disk()
    world.close()


def test_an_interrupted_emptying_is_continued(tmp_path):
    def is_second(name, arguments, seen=[]):  # noqa: B006  counts its calls
        seen.append(name == "unlink")
        return sum(seen) == 2 and name == "unlink"

    world = World(tmp_path, FailingDisk(errno.EACCES, is_second))
    world.put("p.png", "q.png")
    result = world.operations.delete(world.paths("p.png", "q.png"))
    emptied = world.operations.trash.empty()
    assert (emptied.files, len(emptied.errors)) == (1, 1)
    with pytest.raises(Conflict, match="emptied"):
        world.operations.undo(result.operation_id)
    assert world.operations.trash.is_due()
    world.operations.trash.expire()
    assert not world.files(with_trash=True) and not world.operations.trash.list()
    world.close()


def test_an_operation_can_be_undone_if_nothing_of_its_trash_could_be_removed(tmp_path):
    world = World(tmp_path, FailingDisk(errno.EACCES, lambda name, arguments: name == "unlink"))
    world.put("p.png", "q.png", tag="mine")
    before, rows = world.files(), world.rows()
    result = world.operations.delete(world.paths("p.png", "q.png"))
    for _ in range(2):
        emptied = world.operations.trash.empty()
        assert (emptied.operations, emptied.files, len(emptied.errors)) == (0, 0, 2)
    found = world.operations.find(result.operation_id)
    assert (found.state, found.undoable) == ("done", True) and not world.operations.trash.is_due()
    world.operations.undo(result.operation_id)
    assert (world.files(), world.rows()) == (before, rows)
    undone = world.operations.list_newest(1)[0]
    assert (undone.kind, undone.undoable) == ("undo", False)
    world.close()


def test_a_step_outside_of_every_trash_removes_nothing_and_keeps_no_other_from_expiring(world):
    """A journal may have such a step if an older version relocated its trash."""
    edited = world.operations.edit(
        world.path("a/p.png"), lambda draft: Path(draft).write_text("new")
    )
    deleted = world.operations.delete(world.paths("a/q.png"))
    kept = next(path for path in (world.root / TRASH).rglob("p.png"))
    with world.db.write() as conn:
        steps = "UPDATE operation_step SET source = ? WHERE operation_id = ? AND kind = 'swap'"
        conn.exec_driver_sql(steps, (os.fsencode(world.path("a/moved.png")), edited.operation_id))
        conn.exec_driver_sql("UPDATE operation SET created_ns = 1")
        conn.exec_driver_sql(
            "UPDATE operation SET state = 'emptying' WHERE id = ?", (edited.operation_id,)
        )
    kept.rename(world.path("a/moved.png"))
    world.operations.trash.expire()
    assert Path(world.path("a/moved.png")).is_file() and "a/q.png" not in world.files()
    assert [world.operations.find(result.operation_id) for result in (edited, deleted)] == [
        None,
        None,
    ]
    assert world.operations.trash.empty().errors == []


def test_undo_refuses_with_the_reason_and_changes_nothing(world):
    moved = world.operations.move(world.paths("a/p.png"), world.path("b"))
    world.put("a/p.txt")
    before = all_of(world)
    with pytest.raises(Conflict, match=r"p\.txt' is taken"):
        world.operations.undo(moved.operation_id)
    assert all_of(world) == before
    os.unlink(world.path("a/p.txt"))
    later = world.operations.rename(world.path("b/p.png"), "z.png")
    with pytest.raises(Conflict, match="no longer there"):
        world.operations.undo(moved.operation_id)
    world.operations.undo(later.operation_id)
    world.operations.undo(moved.operation_id)
    world.assert_index_is_disk()


def test_undo_makes_a_folder_again_that_was_removed_since(world):
    moved = world.operations.move(world.paths("b/other.png"), world.path("a"))
    os.rmdir(world.path("b"))
    world.operations.undo(moved.operation_id)
    assert "b/other.png" in names_of(world)


@pytest.mark.parametrize("action", ["copy", "edit"])
def test_undo_in_a_folder_that_is_gone_says_so(world, action):
    result = ACTIONS[action](world)
    for folder in ("a", "b"):
        os.rename(world.path(folder), world.path("far/" + folder))
    with pytest.raises(Conflict, match=r"no longer|changed, moved"):
        world.operations.undo(result.operation_id)


def test_undo_leaves_a_copy_that_was_changed(world):
    copied = world.operations.copy(world.paths("a/p.png"), world.path("b"))
    (world.root / "b/p.png").write_text("painted over")
    with pytest.raises(Conflict, match="changed or replaced"):
        world.operations.undo(copied.operation_id)
    assert world.files()["b/p.png"][0] == "painted over"


def test_an_edited_file_keeps_its_row_and_its_previous_bytes_in_the_trash(world):
    before = world.rows()
    result = world.operations.edit(world.path("a/p.png"), writing("edited"))
    assert world.files()["a/p.png"][0] == "edited" and world.rows() == before
    (trashed,) = world.operations.trash.list()
    ((path, kept, size),) = trashed.files
    assert (path, Path(kept).read_text(), size) == (
        world.path("a/p.png"),
        "this is a/p.png",
        len("this is a/p.png"),
    )
    second = world.operations.edit(world.path("a/p.png"), writing("edited again"))
    with pytest.raises(Conflict, match="changed, moved or replaced"):
        world.operations.undo(result.operation_id)
    world.operations.undo(second.operation_id)
    world.operations.undo(result.operation_id)
    assert world.files()["a/p.png"][0] == "this is a/p.png"
    assert sorted(
        Path(kept).read_text()
        for trashed in world.operations.trash.list()
        for _, kept, _ in trashed.files
    ) == ["edited", "edited again"]
    assert {path for trashed in world.operations.trash.list() for path, _, _ in trashed.files} == {
        world.path("a/p.png")
    }
    assert world.operations.trash.empty().files == 2 and not [
        name for name in world.files(with_trash=True) if TRASH in name
    ]
    assert not list((world.root / TRASH).iterdir())


def test_an_edit_whose_trash_was_emptied_stays(world):
    result = world.operations.edit(world.path("a/p.png"), writing("edited"))
    world.operations.trash.empty()
    with pytest.raises(Conflict, match="emptied"):
        world.operations.undo(result.operation_id)
    assert world.files(with_trash=True)["a/p.png"][0] == "edited"


def test_an_edit_that_cannot_be_written_changes_nothing(world):
    def fail(draft):
        Path(draft).write_text("half of i")
        raise OSError(errno.ENOSPC, "No space left on device", draft)

    before = all_of(world)
    with pytest.raises(Conflict, match=r"p\.png': the disk is full\. Nothing was changed\."):
        world.operations.edit(world.path("a/p.png"), fail)
    assert all_of(world) == before and not [
        name for name in world.files(with_trash=True) if TRASH in name
    ]


def test_an_edit_on_a_disk_without_hard_links_keeps_a_copy(tmp_path):
    world = World(tmp_path, FailingDisk(errno.EPERM, lambda function, _: function == "link"))
    world.put("a/p.png")
    before = world.files()
    result = world.operations.edit(world.path("a/p.png"), writing("edited"))
    assert sorted(text for text, _ in world.files(with_trash=True).values()) == [
        "edited",
        "this is a/p.png",
    ]
    world.operations.undo(result.operation_id)
    assert world.files() == before
    world.close()


FAILURES = [
    (errno.ENOSPC, "disk is full"),
    (errno.EACCES, "does not permit"),
    (errno.EROFS, "read-only"),
    (errno.EIO, r"error"),
]


@pytest.mark.parametrize(("number", "reason"), FAILURES)
@pytest.mark.parametrize(
    "action",
    [
        "move",
        "move to another disk",
        "copy",
        "copy a folder",
        "move a folder to another disk",
        "flatten",
        "pairs",
        "rename",
        "edit",
    ],
)
def test_a_failing_disk_leaves_nothing_half_done(tmp_path, number, reason, action):
    def fails(function, arguments):
        is_sidecar = any("p.txt" in str(argument) for argument in arguments)
        return (
            function in ("write", "rename_exclusively", "rename", "unlink") and is_sidecar
        ) or function in ("write", "replace")

    world = World(tmp_path, FailingDisk(number, fails))
    world.put("a/p.png", "a/p.txt", "a/q.png", "a/q.jpg", "b/other.png", tag="mine")
    before = all_of(world)
    with pytest.raises(IIBError, match=reason):
        ACTIONS[action](world)
    assert all_of(world) == before
    assert [operation.state for operation in world.operations.list_newest(5)] == ["failed"]
    world.assert_index_is_disk()
    world.close()


def test_a_file_that_fails_stays_with_its_companion(tmp_path):
    world = World(
        tmp_path,
        FailingDisk(
            errno.EACCES,
            lambda _, arguments: any("p.txt" in str(argument) for argument in arguments),
        ),
    )
    world.put("a/p.png", "a/p.txt", "a/q.png")
    result = world.operations.delete(world.paths("a/p.png", "a/q.png"))
    assert [os.path.basename(moved.source) for moved in result.done] == ["q.png"]
    assert "does not permit" in str(result.errors[0].error) and names_of(world) == [
        "a/p.png",
        "a/p.txt",
    ]
    world.operations.undo(result.operation_id)
    assert names_of(world) == ["a/p.png", "a/p.txt", "a/q.png"]
    world.close()


class Vanishing(TwoDisks):
    """A disk from which the folder ``a`` disappears when q.png is about to be moved."""

    def call(self, function, *arguments):
        folder = next(
            (
                os.path.dirname(str(argument))
                for argument in arguments
                if slashed(str(argument)).endswith("a/q.png")
            ),
            "",
        )
        if os.path.isdir(folder):
            os.rename(folder, folder + " gone")
        return super().call(function, *arguments)


@pytest.mark.parametrize("is_lenient", [True, False])
def test_a_folder_that_vanishes_is_reported_for_each_file_and_nothing_is_lost(tmp_path, is_lenient):
    world = World(tmp_path, Vanishing())
    world.put("a/p.png", "a/p.txt", "a/q.png", "b/r.png", tag="mine")
    contents = sorted(text for text, _ in world.files().values())
    asked = world.paths("a/p.png", "a/q.png", "b/r.png")
    if is_lenient:
        result = world.operations.move(
            asked, world.path("c"), create=True, on_failure=OnFailure.SKIP
        )
        assert [os.path.basename(moved.source) for moved in result.done] == ["p.png", "r.png"]
        assert [
            (os.path.basename(failure.path), type(failure.error)) for failure in result.errors
        ] == [("q.png", NotFound)]
    else:
        with pytest.raises(NotFound, match="could not be undone completely"):
            world.operations.move(asked, world.path("c"), create=True)
    assert names_of(world) == [
        "a gone/q.png",
        *(["c/p.png", "c/p.txt", "c/r.png"] if is_lenient else ["b/r.png", "c/p.png", "c/p.txt"]),
    ]
    assert sorted(text for text, _ in world.files().values()) == contents
    assert "mine" in world.rows()["c/p.png"][1]
    world.close()


@pytest.mark.posix_only("permissions of a folder")
@pytest.mark.skipif(
    hasattr(os, "geteuid") and os.geteuid() == 0, reason="needs a user who may not do everything"
)
def test_a_folder_that_cannot_be_written_is_reported_for_each_file(world):
    os.chmod(world.path("a"), 0o500)
    try:
        before = all_of(world)
        with pytest.raises(AccessDenied, match="does not permit"):
            world.operations.move(world.paths("a/p.png", "b/other.png"), world.path("far"))
        assert all_of(world) == before
        result = world.operations.move(
            world.paths("a/p.png", "b/other.png"), world.path("far"), on_failure=OnFailure.SKIP
        )
        assert (
            [os.path.basename(failure.path) for failure in result.errors],
            len(result.done),
        ) == (
            ["p.png"],
            1,
        )
    finally:
        os.chmod(world.path("a"), 0o700)


def test_a_copy_on_a_disk_without_permissions_keeps_its_time(tmp_path):
    world = World(tmp_path, FailingDisk(errno.EPERM, lambda function, _: function == "copystat"))
    world.put("a/p.png", tag="mine")
    world.operations.copy(world.paths("a/p.png"), world.path("far"))
    assert world.files()["far/p.png"] == world.files()["a/p.png"]
    world.assert_index_is_disk()
    world.close()


def test_a_copy_larger_than_the_free_space_does_not_start(tmp_path, monkeypatch):
    world = World(tmp_path)
    monkeypatch.setattr(
        "shutil.disk_usage",
        lambda _: os.terminal_size((0, 0)) and type("Usage", (), {"free": 1000}),
    )
    world.put("a/p.png")
    with pytest.raises(Conflict, match="only 1000 B are free"):
        world.operations.copy(world.paths("a/p.png"), world.path("far"), create=True)
    world.operations.move(world.paths("a/p.png"), world.path("b"), create=True)
    world.close()


def test_a_row_of_a_lost_file_keeps_its_tags_when_another_takes_its_place(world):
    os.unlink(world.path("b/other.png"))
    with world.db.write() as conn:
        lost = images.find_ids(conn, world.paths("b/other.png"))[world.path("b/other.png")]
        images.mark_missing(conn, [lost])
    world.put("a/other.png")
    world.operations.move(world.paths("a/other.png"), world.path("b"))
    world.assert_index_is_disk()
    assert world.rows()["b/other.png"][0] != lost
    with world.db.write() as conn:
        images.move_many(conn, [(lost, world.path("found.png"))])
    assert "mine" in world.rows()["found.png"][1]


def test_a_row_that_the_indexer_made_meanwhile_gives_way(world):
    before = world.rows()["a/p.png"]
    world.put("b/p.png")
    os.unlink(world.path("b/p.png"))
    world.operations.move(world.paths("a/p.png"), world.path("b"))
    assert world.rows()["b/p.png"] == before
    world.assert_index_is_disk()


def test_concurrent_operations_lose_nothing(world):
    world.put(*(f"many/{number}.png" for number in range(40)))
    errors: list[Exception] = []

    def run(dest: str) -> None:
        for number in range(40):
            try:
                world.operations.move(
                    world.paths(f"many/{number}.png"), world.path(dest), create=True
                )
            except IIBError as exc:
                errors.append(exc)

    threads = [threading.Thread(target=run, args=(dest,)) for dest in ("one", "two", "three")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(errors) == 80
    assert len([name for name in names_of(world) if name.startswith(("one", "two", "three"))]) == 40
    world.assert_index_is_disk()


@pytest.mark.needs_links
def test_links_are_moved_as_links_and_their_targets_stay(world):
    (world.root / "link.png").symlink_to(world.root / "a/p.png")
    world.operations.move(world.paths("link.png"), world.path("far"), create=True)
    assert os.path.islink(world.path("far/link.png")) and os.path.samefile(
        world.path("far/link.png"), world.path("a/p.png")
    )
    result = world.operations.delete(world.paths("far/link.png"))
    assert os.path.isfile(world.path("a/p.png")) and not os.path.lexists(world.path("far/link.png"))
    world.operations.undo(result.operation_id)
    assert os.path.islink(world.path("far/link.png"))


@pytest.mark.posix_only("names are bytes")
def test_files_with_invalid_unicode_names_can_be_moved_and_restored(world):
    odd = os.fsencode(world.root) + b"/a/\xff\n#%.png"
    with open(odd, "w") as file:
        file.write("odd")
    result = world.operations.move([os.fsdecode(odd)], world.path("far"), create=True)
    assert not os.path.exists(odd)
    world.operations.undo(result.operation_id)
    assert os.path.exists(odd)


def test_an_undo_is_refused_outside_of_the_library(tmp_path, world):
    from iib_core.access import Access
    from iib_core.files.operations import Operations

    result = world.operations.move(world.paths("a/p.png"), world.path("b"))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    stranger = Operations(world.db, Access([str(elsewhere)], restricted=True), str(tmp_path))
    with pytest.raises(AccessDenied):
        stranger.undo(result.operation_id)
    stranger.close()


def test_after_close_no_operation_starts(world):
    world.operations.close()
    with pytest.raises(Conflict, match="about to end"):
        world.operations.move(world.paths("a/p.png"), world.path("b"))
