"""Search over HTTP: the results are exact."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import time

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from iib_core.db import albums, images, tags
from iib_core.db.rows import ImageRow
from tests.conftest import write_png

pytestmark = [pytest.mark.engine, pytest.mark.stack]

INFO = (
    "{}\nNegative prompt: blurry\nSteps: {}, Sampler: Euler a, CFG scale: 7, Seed: {}, Size: 64x48, "
    "Model: fox_v1"
)
PROMPTS = {
    "50% off.png": "50% discount",
    "500 off.png": "500 discounts",
    "a_b.png": "under_score",
    "axb.png": "underXscore",
    "quote.png": 'it\'s "quoted"',
    "back.png": "a\\b",
    "russian.png": "рыжий КОТ",
    "german.png": "eine lange straße",
    "chinese.png": "一只猫在雪地",
    "17-42.png": "a plain one",
}


@pytest.fixture
def library(tmp_path):
    root = tmp_path / "library"
    root.mkdir()
    for number, (name, prompt) in enumerate(PROMPTS.items()):
        write_png(root / name, infotext=INFO.format(prompt, 20 + number, number))
        os.utime(root / name, (1_700_000_000 + number,) * 2)
    return root


def indexed(serve, *roots, **settings):
    served = serve(*roots, **settings)
    assert served.post("/db/update_image_data", {}).status_code == 200
    return served


def names(answer):
    assert answer.status_code == 200, answer.text
    return {file["name"] for file in answer.json()["files"]}


def substr(served, text, **more):
    return names(served.post("/db/search_by_substr", {"surstr": text, **more}))


def put(served, *rows):
    """Rows as of files that were indexed. The update of the start has ended: it would see that they
    are not on the disk.
    """
    core = served.core
    while core.config.roots and not core.access.read_only and core.index.last is None:
        time.sleep(0.01)
    with served.core.db.write() as conn:
        return images.upsert_many(conn, rows)


def row(path, **values):
    return ImageRow(
        **{
            "path": str(path),
            "media": "image",
            "mtime_ns": 10**18,
            "size_bytes": 1,
            "birth_ns": 1,
            **values,
        }
    )


def pages(served, route, body, size):
    found, cursor = [], ""
    while True:
        answer = served.post(route, {**body, "size": size, "cursor": cursor}).json()
        found += [file["fullpath"] for file in answer["files"]]
        cursor = answer["cursor"]["next"]
        assert answer["cursor"]["has_next"] == bool(cursor)
        if not cursor:
            return found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("50%", {"50% off.png"}),
        ("a_b", {"a_b.png"}),
        ("under_score", {"a_b.png"}),
        ("it's", {"quote.png"}),
        ('"quoted"', {"quote.png"}),
        ("a\\b", {"back.png"}),
        ("КОТ", {"russian.png"}),
        ("кот", {"russian.png"}),
        ("STRASSE", {"german.png"}),
        ("straße", {"german.png"}),
        ("猫", {"chinese.png"}),
        ("雪地", {"chinese.png"}),
        ("狗", set()),
        ("", set(PROMPTS)),
        ("steps: 2", set(PROMPTS)),
    ],
)
def test_signs_are_literal_and_case_does_not_matter(serve, library, text, found):
    assert substr(indexed(serve, library), text) == found


def test_every_name_and_prompt_is_found_by_each_of_its_parts(serve, library):
    served = indexed(serve, library)
    for name, prompt in PROMPTS.items():
        for text in (name, prompt, prompt[1:], prompt[:2], prompt[-1:], name.upper()):
            assert name in substr(served, text), text


def test_a_folder_is_a_scope_by_its_components(serve, tmp_path):
    root = tmp_path / "O"
    for folder in ("a_b", "axb", "ab", "abc", "a_b/deep"):
        (root / folder).mkdir(parents=True)
        write_png(root / folder / f"{folder.replace('/', '-')}.png")
    served = indexed(serve, root)
    for scope, found in [
        ("a_b", {"a_b.png", "a_b-deep.png"}),
        ("ab", {"ab.png"}),
        ("ab/", {"ab.png"}),
        ("a", set()),
        ("a_b/deep/", {"a_b-deep.png"}),
    ]:
        assert substr(served, "", folder_paths=[f"{root}/{scope}"]) == found
        assert (
            names(served.post("/db/match_images_by_tags", {"folder_paths": [f"{root}/{scope}"]}))
            == found
        )
        assert (
            names(served.post("/db/search", {"query": "fox", "folder_paths": [f"{root}/{scope}"]}))
            == found
        )
    assert substr(served, "", folder_paths=[str(root / "ab"), str(root / "axb")]) == {
        "ab.png",
        "axb.png",
    }


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("image", {"a.png", "b.webp"}),
        ("video", {"c.mp4"}),
        ("audio", {"d.mp3"}),
        ("all", {"a.png", "b.webp", "c.mp4", "d.mp3"}),
    ],
)
def test_media_types_are_told_apart(serve, tmp_path, kind, found):
    served = serve()
    media = {"a.png": "image", "b.webp": "image", "c.mp4": "video", "d.mp3": "audio"}
    put(served, *(row(tmp_path / name, media=kind) for name, kind in media.items()))
    assert substr(served, "", media_type=kind) == found


def test_a_random_order_holds_over_all_pages(serve, tmp_path):
    served = serve()
    paths = [str(tmp_path / f"{number}.png") for number in range(120)]
    put(served, *(row(path, tags=[("prompt", "fox")]) for path in paths))
    (fox,) = served.get("/db/tags", query="fox").json()["tags"]
    for body in (
        {"random_sort": True, "and_tags": []},
        {"random_sort": True, "and_tags": [fox["id"]]},
    ):
        found = pages(served, "/db/match_images_by_tags", body, 17)
        assert (
            sorted(found) == sorted(paths)
            and found != sorted(paths)
            and found != pages(served, "/db/match_images_by_tags", body, 17)
        )


def test_a_file_added_within_the_same_second_is_found(serve, library):
    served = indexed(serve, library)
    write_png(library / "late.png", infotext=INFO.format("latecomer", 1, 1))
    os.utime(library / "late.png", (1_700_000_000,) * 2)
    served.post("/db/update_image_data", {})
    assert substr(served, "latecomer") == {"late.png"}


def test_a_file_overwritten_in_place_is_found_by_its_new_prompt(serve, library):
    served = indexed(serve, library)
    write_png(
        library / "a_b.png", infotext=INFO.format("something else entirely", 1, 1), size=(80, 80)
    )
    served.post("/db/update_image_data", {})
    assert substr(served, "under_score") == set()
    (file,) = served.post("/db/search_by_substr", {"surstr": "else entirely"}).json()["files"]
    status = (library / "a_b.png").stat()
    assert (file["bytes"], file["date"]) == (status.st_size, status.st_mtime)


@pytest.mark.parametrize("size", [100, 7])
def test_300_files_of_one_date_are_300(serve, tmp_path, size):
    served = serve()
    put(served, *(row(str(tmp_path / f"{number}.png")) for number in range(300)))
    found = pages(served, "/db/search_by_substr", {"surstr": ""}, size)
    assert len(found) == len(set(found)) == 300


def test_10000_words_are_tags_that_can_be_found(serve, tmp_path):
    served = serve()
    put(
        served,
        *(
            row(
                str(tmp_path / f"{at}.png"),
                tags=[("prompt", f"word-{at * 100 + word}") for word in range(100)],
            )
            for at in range(100)
        ),
    )
    for number in (0, 5000, 9999):
        found = served.get("/db/tags", query=f"word-{number}", limit=1).json()["tags"]
        assert [(tag["name"], tag["type"], tag["category"], tag["count"]) for tag in found] == [
            (f"word-{number}", "auto", "prompt", 1)
        ]
        assert names(served.post("/db/match_images_by_tags", {"and_tags": [found[0]["id"]]})) == {
            f"{number // 100}.png"
        }
    info = served.get("/db/basic_info").json()
    assert info["img_count"] == 100 and info["tags_truncated"] is True
    assert [tag["name"] for tag in info["tags"] if tag["type"] == "custom"] == ["like"] and len(
        info["tags"]
    ) == 1001


@pytest.mark.parametrize(("size", "status"), [(0, 400), (-1, 400), (100_000, 200), (1, 200)])
def test_the_size_of_a_page_has_bounds(serve, tmp_path, size, status):
    served = serve()
    put(served, *(row(str(tmp_path / f"{number}.png")) for number in range(1100)))
    for route, body in (
        ("/db/search_by_substr", {"surstr": ""}),
        ("/db/match_images_by_tags", {"and_tags": []}),
        ("/db/search", {"query": ""}),
    ):
        answer = served.post(route, {**body, "size": size})
        assert answer.status_code == status
        if status == 200:
            assert len(answer.json()["files"]) == min(size, 1000)


def test_the_last_page_says_so(serve, tmp_path):
    served = serve()
    put(served, *(row(str(tmp_path / f"{number}.png")) for number in range(20)))
    first = served.post("/db/search_by_substr", {"surstr": "", "size": 10}).json()["cursor"]
    assert first["has_next"] is True
    assert served.post(
        "/db/search_by_substr", {"surstr": "", "size": 10, "cursor": first["next"]}
    ).json()["cursor"] == {"has_next": False, "next": ""}
    assert (
        served.post(
            "/db/search_by_substr", {"surstr": "", "size": 10, "cursor": first["next"][:-3] + "abc"}
        ).status_code
        == 400
    )


def test_hidden_and_missing_files_leave_no_gap_in_a_page(serve, tmp_path):
    served = serve()
    ids = put(
        served,
        *(
            row(str(tmp_path / f"{'.' if number % 3 == 0 else ''}{number}.png"), infotext="fox")
            for number in range(60)
        ),
    )
    with served.core.db.write() as conn:
        images.mark_missing(conn, ids[1::3])
    for body in ({"surstr": ""}, {"surstr": "fox"}):
        first = served.post("/db/search_by_substr", {**body, "size": 10}).json()
        assert len(first["files"]) == 10
        second = served.post(
            "/db/search_by_substr", {**body, "size": 10, "cursor": first["cursor"]["next"]}
        ).json()
        assert len(second["files"]) == 10 and second["cursor"] == {"has_next": False, "next": ""}


@pytest.mark.parametrize("pattern", ["^(a+)+$", "(", "(?P<", "a{2,1}", "(.*?,){25}x"])
def test_a_hostile_or_invalid_expression_is_400_and_the_server_stays_responsive(
    serve, tmp_path, pattern
):
    served = serve()
    put(
        served,
        row(tmp_path / "a.png", infotext="a" * 40),
        row(tmp_path / "b.png", infotext="a" * 40 + "!" + "a," * 100),
    )
    started = time.monotonic()
    answer = served.post("/db/search_by_substr", {"surstr": "", "regexp": pattern})
    assert (answer.status_code, answer.json()["code"]) == (400, "InvalidRequest")
    assert time.monotonic() - started < 30  # would take years without a limit
    started = time.monotonic()
    assert served.get("/hello").status_code == 200 and time.monotonic() - started < 10


@pytest.mark.parametrize(
    ("pattern", "more", "found"),
    [
        (r"^\d+.*\.png$", {}, {"50% off.png", "500 off.png", "17-42.png"}),
        (r"^\d+-\d+\.png$", {"path_only": True}, {"17-42.png"}),
        ("(?i)plain ONE", {}, {"17-42.png"}),
        ("plain one", {"path_only": True}, set()),
        (r"under.score", {}, {"a_b.png", "axb.png"}),
        (r"under.score", {"surstr": "under_"}, {"a_b.png"}),
        (rf"{re.escape(os.sep)}library{re.escape(os.sep)}a.b\.png$", {}, {"a_b.png", "axb.png"}),
    ],
)
def test_an_expression_is_tried_on_name_path_and_text(serve, library, pattern, more, found):
    text = more.get("surstr", "")
    options = {name: value for name, value in more.items() if name != "surstr"}
    assert substr(indexed(serve, library), text, regexp=pattern, **options) == found


@pytest.mark.parametrize(
    "text",
    [
        "a\0b",
        "\ud800",
        "x" * 10_000,
        " ".join("abcdefgh" for _ in range(190)),
        " OR ".join(f"w{n}" for n in range(99)),
        '"',
        "'",
        "*",
        "^",
        "\n",
        "(",
        "NEAR",
        "\x01\x02\x01",
    ],
)
def test_any_text_can_be_searched(serve, library, text):
    served = indexed(serve, library)
    for route, body in (
        ("/db/search_by_substr", {"surstr": text}),
        ("/db/search", {"query": text}),
        ("/db/search", {"query": f"re:/{text[:50].replace('/', '')}/"}),
    ):
        answer = served.client.post(
            route, content=json.dumps(body), headers={"content-type": "application/json"}
        )
        assert answer.status_code in (200, 400), answer.text
        assert route != "/db/search_by_substr" or answer.status_code == 200


@pytest.mark.parametrize(
    ("route", "body"),
    [
        ("/db/search_by_substr", {"surstr": "x" * 10_001}),
        ("/db/search", {"query": "a " * 300}),
        ("/db/match_images_by_tags", {"and_tags": list(range(300))}),
        ("/db/search_by_substr", {"surstr": "", "media_type": "text"}),
        ("/db/search_by_substr", {}),
    ],
)
def test_what_is_too_much_is_400(serve, tmp_path, route, body):
    assert serve().post(route, body).status_code == 400


def test_path_only_leaves_the_text_out(serve, library):
    served = indexed(serve, library)
    assert substr(served, "discount", path_only=True) == set() and substr(
        served, "off", path_only=True
    ) == {
        "50% off.png",
        "500 off.png",
    }


def test_tags_are_combined_by_and_or_not(serve, tmp_path):
    served = serve()
    sets = {"1.png": "ab", "2.png": "bc", "3.png": "c", "4.png": ""}
    put(
        served,
        *(
            row(tmp_path / name, tags=[("prompt", letter) for letter in letters])
            for name, letters in sets.items()
        ),
    )
    ids = {tag["name"]: tag["id"] for tag in served.get("/db/tags").json()["tags"]}
    for spelled, found in [
        ("a", "1"),
        ("ab", "1"),
        ("ac", ""),
        ("|ac", "123"),
        ("b|ac", "12"),
        ("-b", "34"),
        ("|bc-a", "23"),
        ("b-ac", ""),
    ]:
        head, _, without = spelled.partition("-")
        every, _, some = head.partition("|")
        body = {
            "and_tags": [ids[x] for x in every],
            "or_tags": [ids[x] for x in some],
            "not_tags": [ids[x] for x in without],
        }
        assert names(served.post("/db/match_images_by_tags", body)) == {
            f"{x}.png" for x in found
        }, spelled
    assert names(served.post("/db/match_images_by_tags", {"and_tags": [999]})) == set()
    assert names(served.post("/db/match_images_by_tags", {"not_tags": [999]})) == set(sets)
    many = list(range(10_000, 12_000))
    for field, found in (("or_tags", {"1.png"}), ("not_tags", {"2.png", "3.png", "4.png"})):
        body = {field: [*many, ids["a"]]}
        assert names(served.post("/db/match_images_by_tags", body)) == found, field


def test_files_come_as_a_listing_has_them(serve, library):
    served = indexed(serve, library)
    listed = {
        file["fullpath"]: file
        for file in served.get("/files", folder_path=str(library)).json()["files"]
    }
    for file in served.post("/db/search_by_substr", {"surstr": ""}).json()["files"]:
        assert {**file, "created_time": 0} == {**listed[file["fullpath"]], "created_time": 0}


def test_results_outside_of_the_roots_do_not_exist_for_a_held_client(serve, tmp_path):
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir(), outside.mkdir()
    write_png(inside / "a.png")
    served = indexed(serve, inside, access_control="on")
    put(served, row(outside / "b.png", infotext="fox"))
    for route, body in (
        ("/db/search_by_substr", {"surstr": "fox"}),
        ("/db/search", {"query": ""}),
        ("/db/match_images_by_tags", {"not_tags": [9]}),
    ):
        assert names(served.post(route, body)) == {"a.png"}
    assert [file["name"] for file in served.get("/db/random_images").json()] == ["a.png"]
    assert served.get("/db/basic_info").json()["img_count"] == 1
    assert served.get("/db/stats/trend").json()["count"] == 1
    for query in ("", "fox"):
        answer = served.post("/db/search", {"query": query, "total": "exact"}).json()
        assert (answer["total"], answer["total_is_exact"]) == (1, True)


def test_the_exact_total_of_a_text_follows_the_library(serve, library):
    served = indexed(serve, library)

    def total(query):
        answer = served.post("/db/search", {"query": query, "total": "exact"}).json()
        assert answer["total_is_exact"] and answer["total"] == len(answer["files"])
        return answer["total"]

    before = total("name:b")
    assert before == total("name:b") > 0
    (library / "axb.png").unlink()
    served.post("/db/update_image_data", {})
    assert total("name:b") == before - 1
    assert total("-name:b") > 0 == total("name:qqq")


def test_the_language_of_the_search_field(serve, library):
    served = indexed(serve, library)

    def find(query, **more):
        return names(served.post("/db/search", {"query": query, **more}))

    assert find("discount -500") == {"50% off.png"}
    assert find("under_score OR кот") == {"a_b.png", "russian.png"}
    assert find("steps:20..22") == {"50% off.png", "500 off.png", "a_b.png"}
    assert find("-steps:>20") == {"50% off.png"}
    assert find("model:FOX seed:9") == {"17-42.png"}
    assert find("negative:blurry prompt:plain") == {"17-42.png"}
    assert find("re:/under.score/ -name:a_b") == {"axb.png"}
    assert find("size:64x48 date:2023-11 type:image") == set(PROMPTS)
    assert find("bytes:>1MB") == set() == find("missing:yes")
    (library / "axb.png").unlink()
    served.post("/db/update_image_data", {})
    assert find("missing:yes") == {"axb.png"}
    answer = served.post("/db/search", {"query": "colour:red"})
    assert names(answer) == set()
    (hint,) = answer.json()["hints"]
    assert (hint["code"], hint["name"]) == (
        "unknown_field",
        "colour",
    ) and "prompt:, negative:" in hint["message"]


PARAMETER = ('param:"Clip skip":1..2', 'param:"Clip skip":1..2')
A = INFO.format("cat, garden", 20, 1).replace("blurry", "monochrome, blurry")
B = INFO.format("cat, monochrome", 20, 2)


def node(kind, **inputs):
    return {"class_type": kind, "inputs": inputs}


GRAPH = {
    "1": node("CheckpointLoaderSimple", ckpt_name="dreamy_v3.safetensors"),
    "2": node("CLIPTextEncode", text="a red dog", clip=["1", 1]),
    "3": node("CLIPTextEncode", text="ugly", clip=["1", 1]),
    "4": node("CLIPTextEncode", text="monochrome", clip=["1", 1]),
    "5": node(
        "KSampler",
        model=["1", 0],
        positive=["2", 0],
        negative=["3", 0],
        latent_image=["6", 0],
        seed=5,
        steps=20,
        cfg=7,
        sampler_name="euler",
        scheduler="normal",
        denoise=1,
    ),
    "6": node("EmptyLatentImage", width=64, height=48, batch_size=1),
    "7": node("SaveImage", images=["5", 0]),
}


def write_graph(path, graph):
    info = PngInfo()
    info.add_text("prompt", json.dumps(graph))
    Image.new("RGB", (64, 48)).save(path, pnginfo=info)


@pytest.fixture
def looked_at(serve, tmp_path):
    root = tmp_path / "library"
    root.mkdir()
    write_png(root / "a.png", infotext=A)
    write_png(root / "b.png", infotext=B)
    write_graph(root / "c.png", GRAPH)
    write_graph(root / "d.png", {"9": node("Unknown", note="lonely ksampler")})
    return indexed(serve, root)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("cat -monochrome", "a"),
        ("monochrome", "b"),
        ("cat -blurry", "ab"),
        ("ksampler", "d"),
        ("workflow:ksampler", "cd"),
        ("negative:blurry", "ab"),
        ("any:monochrome", "abc"),
        ("dreamy", "c"),
        ("fox_v1", "ab"),
        ("euler", ""),
        ("c.png", "c"),
        ("monochrome, cat", "b"),
        ("(garden OR dog) -monochrome", "ac"),
        ("gard*", "a"),
        ("r*dog", "c"),
        ("cat*monochrome", ""),
        ("*.png", "abcd"),
        ("Seed: 2", "b"),
        ("model：FOX", "ab"),
        ("“red dog”", "c"),
        ("cat –garden", "b"),
        ("cat,", "ab"),
        ("garden)", "a"),
        ("printed", "c"),
        ("shelf", "d"),
    ],
)
def test_words_are_looked_for_where_people_look(looked_at, query, found):
    with looked_at.core.db.write() as conn:
        ids = {path[-5]: image_id for image_id, path in images.find_paths(conn, range(9)).items()}
        tags.assign(conn, tags.create_custom(conn, "to be printed").id, [ids["c"]])
        albums.add(conn, albums.create(conn, "My shelf").id, [ids["d"]])
    assert names(looked_at.post("/db/search", {"query": query})) == {
        f"{name}.png" for name in found
    }


@pytest.mark.parametrize(
    "query", ["NieR:Automata", "Re:Zero", "C:\\AI\\outputs", "https://civitai.com/x", "fox:1.2"]
)
def test_a_title_or_a_path_with_a_colon_is_text(serve, tmp_path, query):
    served = serve()
    put(
        served,
        row(tmp_path / "a.png", prompt=f"art of {query}"),
        row(tmp_path / "b.png", prompt="other"),
    )
    assert names(served.post("/db/search", {"query": query})) == {"a.png"}


def test_what_is_found_only_elsewhere_is_offered(looked_at):
    for route in ("/db/search", "/db/timeline"):
        answer = looked_at.post(route, {"query": "ugly -cat"}).json()
        assert answer["elsewhere"] == {"query": "any:ugly -cat", "count": 1, "count_is_exact": True}
        assert "elsewhere" not in looked_at.post(route, {"query": "any:ugly -cat"}).json()
        assert "elsewhere" not in looked_at.post(route, {"query": "cat"}).json()
        assert "elsewhere" not in looked_at.post(route, {"query": "nowhere"}).json()
    hints = looked_at.post("/db/timeline", {"query": "modle:x"}).json()["hints"]
    assert [(hint["name"], hint["nearest"]) for hint in hints] == [("modle", "model")]
    assert "hints" not in looked_at.post("/db/timeline", {"query": "model:x"}).json()


@pytest.mark.parametrize(
    ("query", "code", "name", "nearest", "meant"),
    [
        ("cat seed:5..1", "empty_range", "seed:5..1", "seed:1..5", "cat seed:1..5"),
        ("-steps:30-20", "empty_range", "steps:30-20", "steps:20..30", "-steps:20..30"),
        ("(cat cfg:8..7) OR dog", "empty_range", "cfg:8..7", "cfg:7..8", ""),
        ("date:2025..2024", "empty_range", "date:2025..2024", "date:2024..2025", "date:2024..2025"),
        ("bytes:5MB..1MB", "empty_range", "bytes:5MB..1MB", "bytes:1MB..5MB", "bytes:1MB..5MB"),
        ("ratio:2:1..1:1", "empty_range", "ratio:2:1..1:1", "ratio:1:1..2:1", "ratio:1:1..2:1"),
        ("lora:a:2..1 cat", "empty_range", "lora:a:2..1", "lora:a:1..2", "lora:a:1..2 cat"),
        ('param:"Clip skip":2..1', *("empty_range", 'param:"Clip skip":2..1'), *PARAMETER),
        ("score:9..1", "empty_range", "score:9..1", "score:1..9", "score:1..9"),
        ("rating:9", "out_of_range", "rating:9", "0..5", ""),
        ("rated:>5", "out_of_range", "rated:>5", "0..5", ""),
        ("rating:<0", "out_of_range", "rating:<0", "0..5", ""),
        ("nsfw:80", "out_of_range", "nsfw:80", "0..1", ""),
        ("width:<0", "out_of_range", "width:<0", "0..", ""),
        ("cat AND dog", "and_is_a_word", "AND", "", "cat dog"),
        ("cat | dog", "or_is_a_word", "|", "OR", "cat OR dog"),
        ('NOT "a cat"', "not_is_a_word", "NOT", '-"a cat"', '-"a cat"'),
        ("modle:x cat", "unknown_field", "modle", "model", "model:x cat"),
    ],
)
def test_what_may_have_been_meant_is_told(looked_at, query, code, name, nearest, meant):
    """What is found stays what was asked for: a program may not mean anything else."""
    for route in ("/db/search", "/db/timeline"):
        (hint,) = looked_at.post(route, {"query": query}).json()["hints"]
        assert hint.pop("message")
        assert hint == {"code": code, "name": name, "nearest": nearest, "query": meant}


def test_operators_are_replaced_together(looked_at):
    hints = looked_at.post("/db/timeline", {"query": "cat AND NOT dog"}).json()["hints"]
    assert [hint["name"] for hint in hints] == ["AND", "NOT"]
    assert {hint["query"] for hint in hints} == {"cat -dog"}


@pytest.mark.parametrize(
    "query",
    [
        *("AND", "cat AND", "AND cat", "cat NOT", '"AND" cat', "and cat not dog", "NOT -cat"),
        *("rating:0..9", "rating:>=5", "seed:5..5", "seed:1..5", "aspect:2:1..1:1|portrait"),
        *("size:5x1", "date:2024..2025", "ratio:portrait", "seed:", "lora:a>2"),
    ],
)
def test_nothing_is_told_of_what_may_well_be_meant(looked_at, query):
    assert "hints" not in looked_at.post("/db/timeline", {"query": query}).json()


def test_no_file_has_fewer_stars_than_none(looked_at):
    assert names(looked_at.post("/db/search", {"query": "rating:<0"})) == set()
    assert names(looked_at.post("/db/search", {"query": "rating:<1"})) != set()


def test_a_substring_is_looked_for_everywhere(looked_at):
    assert substr(looked_at, "monochrome") == {"a.png", "b.png", "c.png"}
    assert substr(looked_at, "garden\nNegative prompt: mono") == {"a.png"}


def test_any_field_sorts_both_ways_and_totals_are_told(serve, library):
    served = indexed(serve, library)
    for field, key in (
        ("name", lambda file: file["name"].lower()),
        ("bytes", lambda file: file["bytes"]),
        ("date", lambda file: file["date"]),
    ):
        for order in ("asc", "desc"):
            found = []
            cursor = ""
            while True:
                answer = served.post(
                    "/db/search",
                    {
                        "query": "",
                        "sort": field,
                        "order": order,
                        "size": 3,
                        "cursor": cursor,
                        "total": "bounded",
                    },
                ).json()
                assert (answer["total"], answer["total_is_exact"]) == (len(PROMPTS), True)
                found += answer["files"]
                cursor = answer["cursor"]["next"]
                if not cursor:
                    break
            assert [key(file) for file in found] == sorted(
                map(key, found), reverse=order == "desc"
            ) and len(found) == len(PROMPTS)
    assert served.post("/db/search", {"query": "", "sort": "beauty"}).status_code == 400
    assert served.post("/db/search", {"query": "", "order": "up"}).status_code == 400
    assert served.post("/db/search", {"query": "", "total": "roughly"}).status_code == 400


def content(served) -> dict[str, list]:
    """The rows of every table.

    Not the bytes of the file, because the end of a job may still be stored in another table.
    """
    connection = sqlite3.connect(served.core.db.path)
    try:
        tables = [
            name
            for (name,) in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"
            )
        ]
        return {
            name: connection.execute(f"SELECT * FROM {name}").fetchall()
            for name in tables
            if name != "job"
        }
    finally:
        connection.close()


def test_a_search_writes_nothing_even_while_files_are_missing(serve, library, tmp_path):
    served = indexed(serve, library)
    shutil.rmtree(library)
    before = content(served)
    for route, body in (
        ("/db/search_by_substr", {"surstr": "a"}),
        ("/db/search", {"query": "discount"}),
        ("/db/match_images_by_tags", {"and_tags": []}),
    ):
        served.post(route, body)
    assert content(served) == before


def test_random_images_are_128_different_ones(serve, tmp_path):
    served = serve()
    put(served, *(row(str(tmp_path / f"{number}.png")) for number in range(3000)))
    one, two = (
        [file["fullpath"] for file in served.get("/db/random_images").json()] for _ in range(2)
    )
    assert len(set(one)) == len(set(two)) == 128 and one != two


KINDS = [
    ("model", "fox"),
    ("sampler", "Euler a"),
    ("lora", "snow"),
    ("lora", "ice"),
    ("source", "Forge"),
]


def test_figures_of_the_library(serve, tmp_path):
    served = serve()
    day = 86_400 * 10**9
    noon = 19_800 * day + day // 2
    put(
        served,
        *(
            row(
                str(tmp_path / f"{at}.png"), mtime_ns=noon + at % 2 * day, size_bytes=10, tags=KINDS
            )
            for at in range(10)
        ),
    )
    figures = served.get("/db/stats/trend").json()
    assert (figures["count"], figures["size_bytes"]) == (10, 100)
    assert [(bucket["count"], bucket["size_bytes"]) for bucket in figures["days"]] == [
        (5, 50),
        (5, 50),
    ]
    assert figures["models"] == [{"name": "fox", "count": 10, "size_bytes": 0}] and figures[
        "media"
    ] == [{"name": "image", "count": 10, "size_bytes": 100}]
    assert [bucket["name"] for bucket in figures["loras"]] == ["ice", "snow"]
    # Under the names that older clients use.
    assert (figures["total_images"], figures["total_disk_usage"]) == (10, 100)
    assert figures["daily_contributions"] == [
        {"date": day["name"], "count": 5} for day in figures["days"]
    ]
    assert figures["monthly_trends"] == [
        {"month": month["name"], "count": month["count"]} for month in figures["months"]
    ]
    assert figures["top_models"] == [{"name": "fox", "count": 10}]
    assert figures["top_samplers"] == [{"name": "Euler a", "count": 10}]
    assert figures["top_source"] == [{"name": "Forge", "count": 10}]
    assert figures["top_lora"] == [{"name": "ice", "count": 10}, {"name": "snow", "count": 10}]


def test_custom_tags_stand_among_the_tags(serve, tmp_path):
    served = serve()
    (image_id,) = put(served, row(tmp_path / "a.png"))
    with served.core.db.write() as conn:
        tags.assign(conn, tags.create_custom(conn, "liked", "#ff0000").id, [image_id])
    like, tag = served.get("/db/basic_info").json()["tags"]
    assert (like["name"], like["count"]) == ("like", 0)  # it exists from the start
    assert {**tag, "id": 0} == {
        "id": 0,
        "name": "liked",
        "type": "custom",
        "color": "#ff0000",
        "category": "custom",
        "count": 1,
    }
    assert served.get("/db/tags", query="LIKED", category="custom").json()["tags"] == [tag]
    assert served.get("/db/tags", limit=0).status_code == 400
