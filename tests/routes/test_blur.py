"""Files that the page shows blurred, by the terms of the user."""

from __future__ import annotations

import pytest

from iib_core.db import images, machine_tags, scores, tags
from tests.routes.test_search import put, row
from tests.slashes import native

pytestmark = pytest.mark.stack


@pytest.fixture
def served(serve, tmp_path):
    served = serve(tmp_path, watch=False)
    texts = ("a red fox", "a nude statue", "grass", "straße")
    files = [
        row(tmp_path / f"{at}.png", prompt=text, infotext=text) for at, text in enumerate(texts)
    ]
    ids = put(served, *files)
    for path in files:
        open(path.path, "w").close()
    with served.core.db.write() as conn:
        tags.assign(conn, tags.create_custom(conn, "private/beach").id, ids[2:3])
    return served


def set_terms(served, *terms):
    return served.post("/app_fe_setting", {"name": "blur_terms", "value": list(terms)})


def blurred(served, tmp_path):
    """By both ways, which always agree."""
    columns = served.post("/db/columns", {"query": "", "sort": "name", "order": "asc"}).json()
    flags = [path[-5:] for path, flag in zip(columns["path"], columns["blurred"]) if flag]
    asked = served.post("/db/blurred", {"paths": columns["path"]}).json()["blurred"]
    assert [path[-5:] for path in asked] == flags
    first = served.post("/db/timeline", {"query": "", "sort": "name", "order": "asc", "first": 10})
    assert first.json()["first"]["blurred"] == columns["blurred"]
    return flags


@pytest.mark.parametrize(
    ("terms", "names"),
    [
        ((), []),
        (("nude",), ["1.png"]),
        (("NUDE", "fox"), ["0.png", "1.png"]),
        (("tag:private",), ["2.png"]),
        (("private",), ["2.png"]),
        (("re:/\\bass\\b/",), []),
        (("STRASSE",), ["3.png"]),
        (('"red fox"', "-nude"), ["0.png", "2.png", "3.png"]),
        (("nothing",), []),
    ],
)
def test_terms_find_what_is_blurred(served, tmp_path, terms, names):
    assert set_terms(served, *terms).status_code == 200
    assert blurred(served, tmp_path) == names


def test_what_a_judge_finds_is_blurred(served, tmp_path):
    assert set_terms(served, "nsfw:>0.8", "autotag:weapon").status_code == 200
    assert blurred(served, tmp_path) == []
    with served.core.db.write() as conn:
        ids = images.find_ids(conn, [str(tmp_path / f"{at}.png") for at in range(3)])
        first, second, third = (ids[str(tmp_path / f"{at}.png")] for at in range(3))
        scores.store(conn, scores.NSFW, [(first, 0.9), (second, 0.7)])
        machine_tags.store(conn, [(third, [machine_tags.MachineTag("weapon", "general", 0.9)])])
    assert blurred(served, tmp_path) == ["0.png", "2.png"]


def test_terms_count_at_once_and_files_outside_of_the_index_are_clear(served, tmp_path):
    assert blurred(served, tmp_path) == []
    set_terms(served, "fox")
    assert blurred(served, tmp_path) == ["0.png"]
    (tmp_path / "new.png").touch()
    answer = served.post("/db/blurred", {"paths": [str(tmp_path / "new.png")]})
    assert answer.json() == {"blurred": []}


@pytest.mark.parametrize(
    "value", ["fox", [1], [""], ["re:/(/"], ["steps:many"], ["x"] * 101, {}, ["look:fox"]]
)
def test_terms_that_cannot_be_used_are_refused(served, tmp_path, value):
    set_terms(served, "fox")
    answer = served.post("/app_fe_setting", {"name": "blur_terms", "value": value})
    assert answer.status_code == 400
    assert blurred(served, tmp_path) == ["0.png"]


def test_paths_are_checked(served):
    assert served.post("/db/blurred", {"paths": ["relative"]}).status_code == 400
    assert served.post("/db/blurred", {"paths": []}).json() == {"blurred": []}


@pytest.mark.parametrize(
    "term",
    [
        "folder:private -fox",
        'path:"{top}/private"',
        "path:{name}*vate",
        "any:{name}/private -fox",
        "re:/{name}.private/",
        "path:private/8",
    ],
)
def test_the_folder_of_a_term_counts_in_the_trash_too(served, tmp_path, term):
    for folder in ("private", "other"):
        (tmp_path / folder).mkdir()
    files = [tmp_path / "private/8.png", tmp_path / "other/9.png"]
    put(served, *(row(path) for path in files))
    for path in files:
        path.touch()
    if term.startswith("any:"):  # which looks into texts too, as it is written
        term = native(term)
    assert set_terms(served, term.format(top=tmp_path, name=tmp_path.name)).status_code == 200
    served.post("/delete_files", {"file_paths": list(map(str, files))})
    held = [file["trash_path"] for file in served.get("/trash").json()["files"]]
    asked = served.post("/db/blurred", {"paths": held}).json()["blurred"]
    assert [path[-5:] for path in asked] == ["8.png"]
