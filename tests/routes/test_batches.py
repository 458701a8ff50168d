"""The maximum number of files in a request, and paths that are named more than once."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.stack

READ = [
    ("/generation_info", "paths", {}),
    ("/image_geninfo_batch", "paths", {}),
    ("/batch_get_files_info", "paths", {}),
    ("/batch_top_4_media_info", "paths", {}),
    ("/check_path_exists", "paths", {}),
    ("/db/get_image_tags", "paths", {}),
    ("/db/marks", "paths", {}),
]
CHANGED = [
    ("/delete_files", "file_paths", {}),
    ("/move_files", "file_paths", {"dest": "/x"}),
    ("/copy_files", "file_paths", {"dest": "/x"}),
    ("/zip", "paths", {}),
    ("/db/batch_update_image_tag", "img_paths", {"action": "add", "tag_id": 1}),
    ("/db/rate", "img_paths", {"rating": 3}),
    ("/albums/add", "img_paths", {"id": 1}),
    ("/albums/remove", "img_paths", {"id": 1}),
    ("/albums/reorder", "img_paths", {"id": 1}),
    ("/db/organize_files_start", "file_paths", {"by": "date"}),
    ("/trash/empty", "operation_ids", {}),
]
ROUTES = [(*case, 10_000) for case in READ] + [(*case, 100_000) for case in CHANGED]


@pytest.fixture(scope="module")
def names():
    return ["/a"] * 100_001


@pytest.mark.parametrize(
    ("route", "field", "others", "most"), ROUTES, ids=[case[0] for case in ROUTES]
)
def test_one_more_than_the_limit_is_refused(serve, library, names, route, field, others, most):
    answer = serve(library).post(route, {field: names[: most + 1], **others})
    assert answer.status_code == 413
    assert answer.json() == {
        "detail": f"{field}: at most {most:,} are possible in one request; send them in parts.",
        "code": "BatchTooLarge",
    }


@pytest.mark.parametrize(("route", "field", "others"), READ, ids=[case[0] for case in READ])
def test_a_path_that_is_named_as_often_as_possible_is_looked_at_once(
    serve, library, route, field, others
):
    path = str(library / "fox.png")
    served = serve(library)
    served.core.index.update()  # which gives files their ids
    once = served.post(route, {field: [path], **others})
    often = served.post(route, {field: [path] * 10_000, **others})
    assert (often.status_code, often.json()) == (200, once.json())


def test_a_missing_path_that_is_named_often_is_told_once(serve, library):
    path = str(library / "none.png")
    answer = serve(library).post("/generation_info", {"paths": [path, path]}).json()
    assert [error["path"] for error in answer["errors"]] == [path]


def test_a_path_that_is_named_often_is_changed_once(serve, library):
    path = str(library / "fox.png")
    served = serve(library)
    served.post("/db/update_image_data", {})
    assert served.post("/db/rate", {"img_paths": [path] * 100_000, "rating": 3}).json() == {
        "updated": 1,
        "errors": [],
    }
    assert served.post("/delete_files", {"file_paths": [path] * 100_000}).json()["deleted"] == [
        path
    ]


def test_a_list_that_is_too_long_is_told_before_other_faults(serve, library, names):
    answer = serve(library).post("/move_files", {"file_paths": names})
    assert (answer.status_code, answer.json()["code"]) == (413, "BatchTooLarge")
