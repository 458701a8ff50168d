"""Generation data over HTTP."""

from __future__ import annotations

import json

import pytest
from PIL import Image

from iib_core import metadata
from iib_core.errors import AccessDenied
from iib_core.metadata import exif
from iib_core.routes.metadata import _read
from tests.conftest import INFOTEXT, write_png

pytestmark = pytest.mark.stack


def test_the_infotext_comes_as_the_generator_wrote_it(serve, library):
    served = serve(library)
    assert served.get("/image_geninfo", path=str(library / "fox.png")).json() == INFOTEXT
    assert served.get("/image_geninfo", path=str(library / "sub/deep.png")).json() == ""


def test_a_batch_answers_for_each_path_also_for_a_missing_one(serve, library):
    asked = [str(library / name) for name in ("fox.png", "none.png")]
    assert serve(library).post("/image_geninfo_batch", {"paths": asked}).json() == {
        asked[0]: INFOTEXT,
        asked[1]: "",
    }


def test_the_structured_form_has_numbers_as_numbers(serve, library):
    asked = [str(library / name) for name in ("fox.png", "none.png")]
    answer = serve(library).post("/generation_info", {"paths": asked}).json()
    info = answer["infos"][asked[0]]
    assert (
        info["prompt"],
        info["negative_prompt"],
        info["steps"],
        info["seed"],
        info["model"],
    ) == (
        "a red fox in the snow",
        "blurry",
        20,
        42,
        "fox_v1",
    )
    assert [failure["path"] for failure in answer["errors"]] == [asked[1]]


def test_exif_is_an_object_of_tags(serve, library):
    answer = serve(library).get("/image_exif", path=str(library / "fox.png")).json()
    assert isinstance(answer, dict) and INFOTEXT in answer.values()


def test_an_edited_infotext_is_in_the_file_and_the_index_and_can_be_taken_back(serve, library):
    served = serve(library, watch=False)
    served.post("/db/update_image_data", {})
    pixels, before = Image.open(library / "fox.png").tobytes(), (library / "fox.png").read_bytes()
    text = INFOTEXT.replace("a red fox", "eine rote Füchsin 猫")

    def found(needle: str) -> list[str]:
        return [
            file["name"]
            for file in served.post("/db/search_by_substr", {"surstr": needle}).json()["files"]
        ]

    answer = served.post("/update_exif", {"path": str(library / "fox.png"), "exif": text})
    assert (answer.status_code, answer.json()["success"]) == (200, True)
    assert served.get("/image_geninfo", path=str(library / "fox.png")).json() == text
    assert Image.open(library / "fox.png").tobytes() == pixels
    assert (found("Füchsin"), found("red fox")) == (["fox.png"], [])
    (operation,) = served.get("/operations").json()["operations"]
    assert (operation["id"], operation["kind"], operation["undoable"]) == (
        answer.json()["operation_id"],
        "edit",
        True,
    )
    assert served.client.post(f"/operations/{operation['id']}/undo").status_code == 200
    assert (library / "fox.png").read_bytes() == before
    assert (found("Füchsin"), found("red fox")) == ([], ["fox.png"])


def test_an_infotext_is_not_written_read_only_or_outside_or_into_a_text(serve, library, tmp_path):
    before = (library / "fox.png").read_bytes()
    body = {"path": str(library / "fox.png"), "exif": "new"}
    assert serve(library, read_only=True).post("/update_exif", body).status_code == 403
    assert (
        serve(tmp_path / "other", access_control="on").post("/update_exif", body).status_code == 403
    )
    assert (
        serve(library)
        .post("/update_exif", {"path": str(library / "fox.txt"), "exif": "new"})
        .status_code
        == 400
    )
    assert (library / "fox.png").read_bytes() == before and (
        library / "fox.txt"
    ).read_text() == "a sidecar"


@pytest.mark.needs_links
def test_a_text_beside_a_picture_that_leads_out_of_the_library_is_not_read(
    serve, library, tmp_path
):
    (tmp_path / "outside.txt").write_text("a secret prompt\nSteps: 20, Sampler: Euler a, Seed: 1")
    (tmp_path / "log.html").write_text("a secret log")
    (library / "sub/deep.txt").symlink_to(tmp_path / "outside.txt")
    (library / "sub/deep.png.json").symlink_to(tmp_path / "outside.txt")
    (library / "sub/log.html").symlink_to(tmp_path / "log.html")
    served = serve(library, access_control="on")
    path = str(library / "sub/deep.png")
    assert served.get("/image_geninfo", path=path).json() == ""
    assert "secret" not in served.post("/generation_info", {"paths": [path]}).text
    served.post("/db/update_image_data", {})
    assert served.post("/db/search_by_substr", {"surstr": "secret"}).json()["files"] == []


@pytest.mark.needs_links
@pytest.mark.parametrize("reader", [metadata.read, exif.read_tags])
def test_a_picture_that_becomes_a_link_after_the_check_is_not_read(library, tmp_path, reader):
    write_png(tmp_path / "outside.png")
    real = str(library / "fox.png")
    (library / "fox.png").unlink()
    (library / "fox.png").symlink_to(tmp_path / "outside.png")
    with pytest.raises(AccessDenied):
        _read(reader, real)


HOSTILE = {
    "infinite": (
        '{"3": {"class_type": "KSampler", "inputs": {"seed": 1, "steps": 20, "cfg": 1e999, "model": '
        '["4", 0]}}, "4": {"class_type": "X"}}'
    ),
    "endless": '{"3": {"class_type": "X", "inputs": {"a": ' + "9" * 6000 + "}}}",
    "deep": '{"3": {"class_type": "X", "inputs": {"a": ' + "[" * 900 + "1" + "]" * 900 + "}}}",
    "half": '{"3": {"class_type": "X", "inputs": {"a": "\\ud800"}}}',
    "broken": '{"nodes": [' + "[" * 100_000,
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_file_with_numbers_that_nobody_can_tell_fails_neither_itself_nor_the_batch(
    serve, library, what
):
    write_png(library / "hostile.png", infotext=HOSTILE[what])
    paths = [str(library / name) for name in ("hostile.png", "fox.png", "none.png")]
    served = serve(library)
    answer = served.post("/generation_info", {"paths": paths})
    assert answer.status_code == 200
    found = answer.json()
    assert (
        list(found["infos"]) == paths[:2]
        and [failure["path"] for failure in found["errors"]] == paths[2:]
    )
    assert found["infos"][paths[1]]["prompt"] == "a red fox in the snow"
    assert served.get("/image_exif", path=paths[0]).status_code == 200
    assert served.post("/image_geninfo_batch", {"paths": paths}).status_code == 200


def test_a_file_that_takes_too_long_says_so_and_is_indexed(serve, library):
    marks = (
        "nodes",
        "uc",
        "c",
        "airs",
        "guidance_scale",
        "base",
        "stable_diffusion_model",
        "prompt",
        "Comment",
        "Software",
    )
    text = json.dumps(dict.fromkeys(marks, 1) | {"x": [1] * 5_000_000})
    write_png(library / "slow.png", infotext=text)
    served = serve(library, watch=False)
    served.client.timeout = 100
    paths = [str(library / name) for name in ("slow.png", "fox.png")]
    infos = served.post("/generation_info", {"paths": paths}).json()["infos"]
    assert "more than 1 s" in infos[paths[0]]["error"] and text.startswith(
        infos[paths[0]]["infotext"][:1000]
    )
    assert (infos[paths[1]]["error"], infos[paths[1]]["steps"]) == ("", 20)
    found = served.post("/db/rebuild_index", {}).json()
    assert found["errors"] == 1
    names = {
        file["name"] for file in served.post("/db/search_by_substr", {"surstr": ""}).json()["files"]
    }
    assert {"slow.png", "fox.png"} <= names
