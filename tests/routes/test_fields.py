"""Fields about parameters, numbers and files: from the file on the disk to the answer."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from iib_core.db import images, marks, tags
from iib_core.search.fields import FIELDS
from tests.conftest import write_png

pytestmark = pytest.mark.stack

DOCS = (Path(__file__).parents[2] / "docs" / "search.md").read_text("utf-8")
EXAMPLES = [
    match.replace("\\|", "|")
    for match in re.findall(r"^\| `\w+` \| `([^`]+)` \|", DOCS, flags=re.M)
]
INFO = "{}\nNegative prompt: bad\nSteps: {}, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 64x48, Model: m{}"
GRAPH = {
    "3": {
        "class_type": "KSampler",
        "inputs": {
            "seed": 5,
            "steps": 20,
            "cfg": 7,
            "denoise": 0.55,
            "scheduler": "sgm_uniform",
            "positive": ["6", 0],
            "model": ["9", 0],
        },
    },
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a wolf"}},
    "7": {"class_type": "PreviewAny", "inputs": {}},
}
FILES = {
    "hires.png": (
        INFO.format(
            "a fox <lora:detail:0.8>",
            20,
            ", Denoising strength: 0.6, Clip skip: 2, Hires upscale: 2",
        )
        + ", Hires upscaler: 4x-UltraSharp, aesthetic_score: 7.5, Version: v1.10.1, VAE: ft-mse.safetensors, "
        "Schedule type: Karras",
        (1200, 2133),
    ),
    "plain.jpeg.png": (
        INFO.format("a fox <lora:detail:0.3>", 30, ", Denoising strength: 0.45"),
        (64, 48),
    ),
    "odd.png": (INFO.format("snow", 31, ", Odd: 2.5x, Mode: Tile 猫"), (48, 48)),
    "bare.png": ("", (90, 160)),
}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("fields") / "library"
    (root / "txt2img").mkdir(parents=True)
    for number, (name, (infotext, size)) in enumerate(FILES.items()):
        write_png(root / "txt2img" / name, size=size, infotext=infotext)
        os.utime(root / "txt2img" / name, (1_700_000_000 + number,) * 2)
    info = PngInfo()
    info.add_text("prompt", json.dumps(GRAPH))
    Image.new("RGB", (64, 64)).save(root / "graph.png", pnginfo=info)
    Image.new("RGB", (64, 64)).save(root / "photo.JPG")
    shutil.copy(root / "photo.JPG", root / "photo copy.jpeg")
    for name in ("graph.png", "photo.JPG", "photo copy.jpeg"):
        os.utime(root / name, (1_600_000_000,) * 2)
    return root


@pytest.fixture
def served(serve, root):
    served = serve(root)
    assert served.post("/db/update_image_data", {}).status_code == 200
    with served.core.db.write() as conn:
        ids = images.find_ids(conn, [str(root / "photo.JPG"), str(root / "txt2img" / "odd.png")])
        tags.assign(conn, tags.create_custom(conn, "best").id, ids.values())
        marks.rate(conn, ids.values(), 4)
    return served


def find(served, query, **more):
    answer = served.post("/db/search", {"query": query, **more})
    assert answer.status_code == 200, answer.text
    return [file["name"] for file in answer.json()["files"]]


CASES = {
    'param:"Denoising strength">0.5': {"hires.png", "graph.png"},
    'param:"denoising_strength":0.4..0.5': {"plain.jpeg.png"},
    "param:Denoising-Strength<=0.45": {"plain.jpeg.png"},
    "denoise:0.3-0.5": {"plain.jpeg.png"},
    "denoise:≥0.55": {"hires.png", "graph.png"},
    'param:"Clip skip"': {"hires.png"},
    'param:"Clip skip":2': {"hires.png"},
    'param:"Clip skip":>2': set(),
    "clip:2": {"hires.png"},
    "score:>7": {"hires.png"},
    "param:Odd:2.5": {"odd.png"},
    "param:mode:猫": {"odd.png"},
    'param:Mode:="tile 猫"': {"odd.png"},
    "param:Mode:=tile": set(),
    "param:version:v1.10": {"hires.png"},
    'param:"Hires upscaler":"ultrasharp"': {"hires.png"},
    "vae:MSE": {"hires.png"},
    "scheduler:karras": {"hires.png"},
    "scheduler:KARRAS": {"hires.png"},
    "scheduler:sgm_uniform": {"graph.png"},
    'scheduler:"SGM Uniform"': {"graph.png"},
    "lora:detail": {"hires.png", "plain.jpeg.png"},
    "lora:detail>0.6": {"hires.png"},
    "lora:detail:0.3": {"plain.jpeg.png"},
    'lora:"detail"<=0.3': {"plain.jpeg.png"},
    "node:ksampler": {"graph.png"},
    "node:PreviewAny": {"graph.png"},
    "node:upscale": set(),
    "has:workflow": {"graph.png"},
    "has:prompt": {"hires.png", "plain.jpeg.png", "odd.png", "graph.png"},
    "-has:prompt": {"bare.png", "photo.JPG", "photo copy.jpeg"},
    "has:tags": {"photo.JPG", "odd.png"},
    "has:lora": {"hires.png", "plain.jpeg.png"},
    "rated:4..5": {"photo.JPG", "odd.png"},
    "folder:TXT2IMG": {"hires.png", "plain.jpeg.png", "odd.png", "bare.png"},
    "folder:hires": set(),
    "name:photo": {"photo.JPG", "photo copy.jpeg"},
    "ext:jpg": {"photo.JPG", "photo copy.jpeg"},
    "ext:.jpeg|webp": {"photo.JPG", "photo copy.jpeg"},
    "aspect:9:16": {"hires.png", "bare.png"},
    "aspect:square|4:3": {"plain.jpeg.png", "odd.png", "graph.png", "photo.JPG", "photo copy.jpeg"},
    "mp:>2": {"hires.png"},
    "mp:2.5": {"hires.png"},
    "steps:20-30": {"hires.png", "plain.jpeg.png", "graph.png"},
    "steps:>30.5": {"odd.png"},
    "steps:≤20": {"hires.png", "graph.png"},
}


def test_files_are_found_by_what_they_state(served):
    wrong = {}
    for query, names in CASES.items():
        found = find(served, query)
        if set(found) != names or len(found) != len(names):
            wrong[query] = found
    assert wrong == {}


def test_exact_copies_are_found_once_they_were_compared(served):
    assert find(served, "dup:yes") == []
    assert served.post("/db/duplicates", {"exact": True}).status_code == 200
    assert (
        set(find(served, "dup:yes"))
        == {"photo.JPG", "photo copy.jpeg"}
        == set(find(served, "dup:exact"))
    )
    assert len(find(served, "dup:no")) == 5


@pytest.mark.parametrize(
    "sort", ["denoise", "param:Denoising strength", "param:denoising_strength"]
)
def test_files_are_sorted_by_a_parameter_and_those_without_come_last(served, sort):
    for order, first in (("asc", ["plain.jpeg.png", "graph.png", "hires.png"]), ("desc", None)):
        found = find(served, "", sort=sort, order=order)
        assert (
            found[:3] == (first or ["hires.png", "graph.png", "plain.jpeg.png"]) and len(found) == 7
        )
        paged = find_all(served, sort, order)
        assert paged == found


def find_all(served, sort, order):
    names, cursor = [], ""
    while True:
        body = {"query": "", "sort": sort, "order": order, "size": 2, "cursor": cursor}
        answer = served.post("/db/search", body).json()
        names += [file["name"] for file in answer["files"]]
        cursor = answer["cursor"]["next"]
        if not cursor:
            return names


@pytest.mark.parametrize(
    "sort", ["score", "clip", "guidance", "fps", "frames", "mp", "aspect", "folder"]
)
def test_each_number_is_an_order(served, sort):
    assert len(find(served, "", sort=sort)) == 7


def test_a_parameter_without_a_name_is_no_order(served):
    answer = served.post("/db/search", {"query": "", "sort": "param:"})
    assert answer.status_code == 400 and "param:Shift" in answer.json()["detail"]


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_of_the_documentation_runs(served, example):
    if example.startswith("look:"):
        answer = served.post("/db/search", {"query": example})
        assert answer.status_code == 400 and answer.json()["detail"].startswith("look: ")
    else:
        find(served, example)


def test_the_documentation_names_each_field_of_the_table():
    documented = set(re.findall(r"^\| `(\w+)` \| `", DOCS, flags=re.M))
    assert documented <= FIELDS.keys()
    assert {example.partition(":")[0] for example in EXAMPLES} <= documented and len(EXAMPLES) >= 20


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("has:cheese", "workflow"),
        ("dup:maybe", "dup:yes"),
        ("ext:猫", "ext:png"),
        ("param:x>abc", "number"),
        ("score:high", "number"),
        ("duration:long", "duration"),
        ("aspect:wide", "number"),
    ],
)
def test_what_a_field_cannot_mean_is_told(served, query, word):
    answer = served.post("/db/search", {"query": query})
    assert answer.status_code == 400 and word in answer.json()["detail"]
