"""Single files of the trash: restored and deleted permanently, while the others of their deletion
stay.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.conftest import write_png

pytestmark = pytest.mark.stack


@pytest.fixture
def served(serve, library):
    for name in ("one", "two", "three"):
        write_png(library / f"{name}.png")
    (library / "one.txt").write_text("its companion")
    served = serve(library)
    served.core.index.update()
    return served


def delete(served, *files: Path) -> str:
    answer = served.post("/delete_files", {"file_paths": list(map(str, files))}).json()
    assert answer["errors"] == []
    return answer["operation_id"]


def trashed(served) -> dict[str, str]:
    """Path in the trash by name."""
    return {
        os.path.basename(file["path"]): file["trash_path"]
        for file in served.get("/trash").json()["files"]
    }


def restore(served, *trash_paths: str):
    return served.post("/trash/restore", {"trash_paths": trash_paths})


def test_one_file_comes_back_with_its_companion_and_the_others_stay(served, library):
    operation = delete(served, *(library / f"{name}.png" for name in ("one", "two", "three")))
    answer = restore(served, trashed(served)["one.png"])
    assert sorted(answer.json()["restored"]) == [str(library / "one.png"), str(library / "one.txt")]
    assert sorted(trashed(served)) == ["three.png", "two.png"]
    assert {file["operation_id"] for file in served.get("/trash").json()["files"]} == {operation}
    found = served.post("/db/search", {"query": "one"}).json()["files"]
    assert [file["name"] for file in found] == ["one.png"]
    undone = served.post(f"/operations/{operation}/undo", {}).json()
    assert len(undone["restored"]) == 2 and trashed(served) == {}
    assert (library / "two.png").exists() and (library / "three.png").exists()


def test_the_last_file_of_a_deletion_is_that_deletion(served, library):
    operation = delete(served, library / "two.png")
    assert restore(served, trashed(served)["two.png"]).status_code == 200
    (row,) = [
        one for one in served.get("/operations").json()["operations"] if one["id"] == operation
    ]
    assert row["state"] == "undone"


def test_one_file_is_deleted_permanently_and_the_others_come_back(served, library):
    operation = delete(served, library / "two.png", library / "three.png")
    gone = trashed(served)["two.png"]
    emptied = served.post("/trash/empty", {"trash_paths": [gone]}).json()
    assert (emptied["removed"], emptied["errors"]) == (1, []) and not os.path.exists(gone)
    served.post(f"/operations/{operation}/undo", {})
    assert (library / "three.png").exists() and not (library / "two.png").exists()
    assert trashed(served) == {}


def test_files_of_two_deletions_come_back_together(served, library):
    delete(served, library / "one.png", library / "two.png")
    delete(served, library / "three.png", library / "fox.png")
    found = trashed(served)
    assert restore(served, found["two.png"], found["three.png"]).status_code == 200
    assert sorted(trashed(served)) == ["fox.png", "fox.txt", "one.png", "one.txt"] or sorted(
        trashed(served)
    ) == ["fox.png", "one.png", "one.txt"]


def test_a_taken_name_is_refused_and_the_file_stays(served, library):
    delete(served, library / "two.png", library / "three.png")
    found = trashed(served)
    write_png(library / "two.png", colour="blue")
    assert restore(served, found["two.png"]).status_code == 409
    assert os.path.exists(found["two.png"]) and "two.png" in trashed(served)
    os.unlink(library / "two.png")
    assert restore(served, found["two.png"]).status_code == 200


def test_what_is_not_in_the_trash_is_refused(served, library, tmp_path):
    delete(served, library / "two.png", library / "three.png")
    found = trashed(served)
    for paths, status in (
        ([], 400),
        ([os.path.abspath("/etc/passwd")], 404),
        ([str(library / "one.png")], 404),
        ([""], 400),
        (["\0"], 400),
        ([os.path.dirname(found["two.png"])], 404),
        ([found["two.png"], str(tmp_path / "nowhere")], 404),
        ("x", 400),
        (None, 400),
        ([1], 400),
    ):
        answer = served.post("/trash/restore", {"trash_paths": paths})
        assert answer.status_code == status, (paths, answer.text)
    assert served.post("/trash/empty", {"trash_paths": ["nowhere"]}).status_code == 400
    assert served.post("/trash/empty", {"trash_paths": []}).json()["removed"] == 0
    assert trashed(served) == found and (library / "one.png").exists()


def test_an_edit_is_undone_as_a_whole(served, library):
    served.post(
        "/update_exif", {"path": str(library / "fox.png"), "exif": "a wolf\nSteps: 1, Seed: 1"}
    )
    (file,) = served.get("/trash").json()["files"]
    assert file["kind"] == "edit"
    assert restore(served, file["trash_path"]).status_code == 404


def test_a_client_reaches_only_what_it_may_see(serve, library):
    first = serve(library)
    delete(first, library / "fox.png", library / "sea.jpg")
    found = trashed(first)
    first.core.close()
    second = serve(
        library, data_dir=first.core.config.data_dir, allowed_paths=(str(library / "sub"),)
    )
    assert restore(second, found["fox.png"]).status_code == 403
