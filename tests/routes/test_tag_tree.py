"""Custom tags as a tree: ``character/miku`` is below ``character``."""

from __future__ import annotations

import os

import pytest

from iib_core.db import marks, tags
from tests.routes.test_facets import facet
from tests.routes.test_search import put, row

pytestmark = [pytest.mark.engine, pytest.mark.stack]

GIVEN = {
    "character/miku": (0, 1),
    "character/miku/school": (1, 2),
    "Character/Rin": (2,),
    "scene": (3,),
}


# As few that rows are counted, and so many that arrays are.
@pytest.fixture(params=[0, 2400])
def served(serve, tmp_path, request):
    served = serve(watch=False)
    number = 5 + request.param
    ids = put(
        served, *(row(tmp_path / f"{at}.png", prompt="fox", infotext="fox") for at in range(number))
    )
    with served.core.db.write() as conn:
        for name, given in GIVEN.items():
            tags.assign(conn, tags.create_custom(conn, name).id, [ids[at] for at in given])
    return served


def found(served, query):
    answer = served.post("/db/search", {"query": query})
    assert answer.status_code == 200, answer.text
    return sorted(file["name"] for file in answer.json()["files"])


def tree(served):
    return {one["name"]: one for one in served.get("/db/tag_tree").json()["tags"]}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("tag:character", ["0.png", "1.png", "2.png"]),
        ("tag:CHARACTER/miku", ["0.png", "1.png", "2.png"]),
        ("tag:=character/miku", ["0.png", "1.png"]),
        ("tag:=character", []),
        ("tag:char*er", ["0.png", "1.png", "2.png"]),
        ("tag:char", []),
        ("tag:character -tag:character/rin", ["0.png", "1.png"]),
        ("tag:scene", ["3.png"]),
        ('tag:="character/miku/school"', ["1.png", "2.png"]),
    ],
)
def test_a_tag_finds_what_is_below_it(served, query, names):
    assert found(served, query) == names


def test_counts_of_facets_and_of_the_tree_roll_up(served):
    wanted = {
        "Character": 3,
        "character/miku": 3,
        "character/miku/school": 2,
        "Character/Rin": 1,
        "scene": 1,
    }
    by_name = {name.lower(): count for name, count in wanted.items()}
    for query in ("", "fox", "-nothing"):
        counted = facet(served, "tag", query)
        assert {name.lower(): count for name, count in counted.items()} == by_name
    nodes = tree(served)
    assert {name.lower(): node["total"] for name, node in nodes.items()} == {**by_name, "like": 0}
    assert nodes["character"]["id"] is None and nodes["character"]["count"] == 0
    assert (nodes["character/miku"]["count"], nodes["character/miku"]["total"]) == (2, 3)


def test_a_parent_is_renamed_with_what_is_below_it(served):
    before = [node for node in tree(served).values() if node["id"]]
    below = [node for node in before if node["name"].lower().startswith("character/")]
    moved = [{"id": one["id"], "name": "person" + one["name"][9:]} for one in below]
    assert served.post("/db/rename_custom_tags", {"tags": moved}).status_code == 200
    assert found(served, "tag:person") == ["0.png", "1.png", "2.png"]
    assert found(served, "tag:character") == []
    back = [{"id": one["id"], "name": one["name"]} for one in below]
    assert served.post("/db/rename_custom_tags", {"tags": back}).status_code == 200
    assert [node for node in tree(served).values() if node["id"]] == before


def test_tags_may_get_each_others_names_and_kept_marks_follow(served, tmp_path):
    with served.core.db.write() as conn:
        marks.keep(conn, [marks.Marks(str(tmp_path / "gone.png"), tags=("scene",))])
    scene = tree(served)["scene"]["id"]
    deeper = served.post("/db/add_custom_tag", {"tag_name": "scene/x"}).json()["id"]
    body = {"tags": [{"id": scene, "name": "scene/x"}, {"id": deeper, "name": "scene/x/x"}]}
    assert served.post("/db/rename_custom_tags", body).status_code == 200
    assert {"scene/x", "scene/x/x"} < tree(served).keys()
    with served.core.db.read() as conn:
        assert [one.tags for one in marks.list_kept(conn)] == [("scene/x",)]


def test_a_taken_or_unusable_name_changes_nothing(served):
    ids = {name: node["id"] for name, node in tree(served).items()}
    for name, status in (("SCENE", 409), ("", 400), ("a\nb", 400), ("x" * 201, 400)):
        renames = [{"id": ids["character/miku"], "name": "other"}]
        renames.append({"id": ids["Character/Rin"], "name": name})
        answer = served.post("/db/rename_custom_tags", {"tags": renames})
        assert answer.status_code == status
    twice = [{"id": ids["scene"], "name": "x"}, {"id": ids["Character/Rin"], "name": "X"}]
    assert served.post("/db/rename_custom_tags", {"tags": twice}).status_code == 409
    unknown = [{"id": 2**70, "name": "x"}]
    assert served.post("/db/rename_custom_tags", {"tags": unknown}).status_code == 404
    assert {name: node["id"] for name, node in tree(served).items()} == ids


def test_a_name_that_begins_as_a_whole_name_does_is_found(served):
    tag = served.post("/db/add_custom_tag", {"tag_name": "=_="}).json()["id"]
    path = served.post("/db/search", {"query": "tag:scene"}).json()["files"][0]["fullpath"]
    with served.core.db.write() as conn:
        image_id = served.post("/db/search", {"query": "tag:scene"}).json()["files"][0]["id"]
        tags.assign(conn, tag, [image_id])
    (one,) = [
        value
        for value in served.post("/db/facets", {"query": "", "facets": ["tag"]}).json()["facets"][
            0
        ]["values"]
        if value["value"] == "=_="
    ]
    assert found(served, one["term"]) == [os.path.basename(path)]
