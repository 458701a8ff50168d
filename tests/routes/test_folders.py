"""Folders are found by words of their paths; roots are counted, and read again one by one."""

from __future__ import annotations

import pytest

from tests.conftest import write_png
from tests.routes.test_search import put, row

pytestmark = pytest.mark.stack


@pytest.fixture
def root(tmp_path):
    return tmp_path / "Library"


@pytest.fixture
def served(serve, root):
    for folder in ("2025/red fox", "2025/wolf", "best/Fox", "empty"):
        (root / folder).mkdir(parents=True)
    served = serve(root, watch=False)
    files = [root / "2025/red fox" / f"{at}.png" for at in range(3)]
    files += [root / "best/Fox/1.png", root / "2025/wolf/1.png"]
    put(served, *map(row, files))
    return served


def find(served, query, **more):
    answer = served.get("/db/folders", query=query, **more)
    assert answer.status_code == 200, answer.text
    return [(one["path"], one["count"]) for one in answer.json()["folders"]]


def test_words_of_a_path_find_folders_those_with_most_files_first(served, root):
    fox = (str(root / "2025/red fox"), 3)
    assert find(served, "fox") == [fox, (str(root / "best/Fox"), 1)]
    assert find(served, "FOX 2025") == [fox]
    assert find(served, "red best") == []
    assert find(served, "2025") == [fox, (str(root / "2025/wolf"), 1), (str(root / "2025"), 0)]
    assert find(served, "empty") == [(str(root / "empty"), 0)]
    assert len(find(served, "library")) == len(find(served, "")) == 7
    assert find(served, "library", limit=1) == [fox]
    # What leads to the root says nothing.
    assert find(served, root.parent.name) == []


def test_folders_that_a_client_may_not_see_are_not_found(serve, tmp_path):
    mine, other = tmp_path / "mine", tmp_path / "other"
    for folder in (mine / "shown", mine / "closed", other):
        folder.mkdir(parents=True)
    served = serve(mine, watch=False, allowed_paths=(str(mine / "shown"),), access_control="on")
    put(served, row(mine / "shown/a.png"), row(mine / "closed/b.png"), row(other / "c.png"))
    assert [path for path, _ in find(served, "")] == [str(mine / "shown")]


@pytest.mark.parametrize("params", [{"limit": 0}, {"limit": 51}, {"limit": "x"}])
def test_limits_are_checked(served, params):
    assert served.get("/db/folders", query="x", **params).status_code == 400


def test_roots_within_each_other_count_their_own_files(serve, tmp_path):
    outer, inner = tmp_path / "out", tmp_path / "out" / "in"
    inner.mkdir(parents=True)
    for path in (outer / "a.png", inner / "b.png", inner / "c.png"):
        write_png(path)
    served = serve(outer, inner)
    served.post("/db/update_image_data", None)
    (inner / "c.png").unlink()
    served.post("/db/update_image_data", None)
    roots = {one["path"]: one for one in served.get("/db/roots").json()["roots"]}
    counts = {path: (one["count"], one["missing"]) for path, one in roots.items()}
    assert counts == {str(outer): (2, 1), str(inner): (1, 1)}


def test_one_root_is_read_again(serve, tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        (folder / "sub").mkdir(parents=True)
        write_png(folder / "sub" / "a.png")
    served = serve(one, other)
    served.post("/db/update_image_data", None)
    last = served.get("/db/index_status").json()["last"]
    answer = served.post("/db/rebuild_index", {"folder": str(one)}).json()
    assert (answer["updated"], answer["skipped"], answer["missing"]) == (1, 0, 0)
    write_png(other / "new.png")
    answer = served.post("/db/update_image_data", {"folder": str(one)}).json()
    assert (answer["added"], answer["skipped"]) == (0, 1)
    assert served.post("/db/update_image_data", {"folder": str(other)}).json()["added"] == 1
    assert served.get("/db/index_status").json()["last"] == last
    job = served.post("/db/rebuild_index", {"folder": str(one / "sub"), "background": True}).json()
    assert served.core.jobs.wait(job["job_id"]).result["updated"] == 1


def test_only_folders_of_the_library_are_read_again(serve, tmp_path):
    root, other = tmp_path / "root", tmp_path / "other"
    root.mkdir(), other.mkdir()
    served = serve(root)
    for folder, status in ((other, 400), ("relative", 400)):
        answer = served.post("/db/rebuild_index", {"folder": str(folder)})
        assert answer.status_code == status, answer.text
    assert (
        serve(root, access_control="on")
        .post("/db/rebuild_index", {"folder": str(other)})
        .status_code
        == 403
    )
