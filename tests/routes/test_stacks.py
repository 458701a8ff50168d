"""Stacks: results that were made from one prompt, in one batch or with one seed, as one tile."""

from __future__ import annotations

import os

import pytest

from iib_core.db import images
from tests.conftest import write_png
from tests.routes.test_search import indexed, put, row

pytestmark = [pytest.mark.stack, pytest.mark.engine]

SECOND = 10**9
NOON = 1_741_953_600 * SECOND  # 2025-03-14, 12:00 UTC


def infotext(prompt, seed, more=""):
    return f"{prompt}\nNegative prompt: blurry\nSteps: 20, Sampler: Euler a, Seed: {seed}{more}"


def picture(folder, name, prompt, seed, second, **values):
    text = values.pop("infotext", infotext(prompt, seed))
    return row(
        folder / name,
        mtime_ns=NOON + second * SECOND,
        prompt=prompt,
        infotext=text,
        seed=seed,
        **values,
    )


def ask(served, stack, **search):
    answer = served.post(
        "/db/timeline", {"tz": "UTC", "first": 100, "stack": stack, "query": "", **search}
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def tiles(answer):
    """Cover and number of files of each tile."""
    first = answer["first"]
    return [
        (os.path.basename(path), count) for path, count in zip(first["path"], first["stack_count"])
    ]


def names_of(served, term, **more):
    answer = served.post("/db/search", {"query": term, **more})
    assert answer.status_code == 200, answer.text
    return sorted(file["name"] for file in answer.json()["files"])


def test_pictures_of_one_prompt_are_one_tile(serve, tmp_path):
    served = serve()
    put(
        served,
        picture(tmp_path, "a1.png", "a red fox", 1, 0),
        picture(tmp_path, "b.png", "a cat", 2, 10),
        picture(tmp_path, "a2.png", "A red\n fox ", 3, 20),
        row(tmp_path / "alone.png", mtime_ns=NOON + 30 * SECOND),
        row(tmp_path / "alone 2.png", mtime_ns=NOON + 40 * SECOND),
    )
    found = ask(served, "prompt")
    assert tiles(found) == [("alone 2.png", 1), ("alone.png", 1), ("a2.png", 2), ("b.png", 1)]
    assert (found["total"], found["files"]) == (4, 5)
    stacks = found["first"]["stack"]
    assert [bool(term) for term in stacks] == [False, False, True, False]
    assert names_of(served, stacks[2]) == ["a1.png", "a2.png"]
    assert tiles(ask(served, "prompt", order="asc"))[0] == ("a1.png", 2)
    assert tiles(ask(served, "prompt", query="-a1")) == [
        *tiles(found)[:2],
        ("a2.png", 1),
        ("b.png", 1),
    ]
    plain = ask(served, "")
    assert plain["total"] == 5 and "files" not in plain and "stack" not in plain["first"]


def test_days_count_tiles_and_files(serve, tmp_path):
    served = serve()
    day = 86_400
    put(
        served,
        picture(tmp_path, "new.png", "a fox", 1, 0),
        picture(tmp_path, "old.png", "a fox", 2, -day),
        picture(tmp_path, "other.png", "a cat", 3, -day),
        picture(tmp_path, "older.png", "a dog", 4, -2 * day),
    )
    assert ask(served, "prompt")["buckets"] == [
        {"day": "2025-03-14", "count": 1, "files": 2},
        {"day": "2025-03-13", "count": 1, "files": 1},
        {"day": "2025-03-12", "count": 1, "files": 1},
    ]
    assert ask(served, "prompt", query="nothing")["buckets"] == []


def test_a_batch_counts_its_seeds_up_in_a_short_time(serve, tmp_path):
    served = serve()
    rows = [picture(tmp_path, f"a{at}.png", "a fox", 100 + at, at * 20) for at in range(4)]
    # The same settings again: another batch, also with the same seeds, later, or far away.
    rows += [picture(tmp_path, f"b{at}.png", "a fox", 100 + at, 100 + at) for at in range(2)]
    rows += [picture(tmp_path, "c.png", "a fox", 900, 110)]
    rows += [picture(tmp_path, "d.png", "a fox", 901, 110 + 601)]
    rows += [picture(tmp_path, "e.png", "a wolf", 902, 720)]
    put(served, *rows)
    found = ask(served, "batch", order="asc")
    assert tiles(found) == [
        ("a0.png", 4), ("b0.png", 2), ("c.png", 1), ("d.png", 1), ("e.png", 1)
    ]  # fmt: skip
    term = found["first"]["stack"][0]
    assert names_of(served, term) == [f"a{at}.png" for at in range(4)]
    # What is deleted leaves the others together, and the name finds them still.
    with served.core.db.write() as conn:
        ids = images.find_ids(conn, [str(tmp_path / "a0.png"), str(tmp_path / "a2.png")])
        images.mark_missing(conn, ids.values())
    assert tiles(ask(served, "batch", order="asc"))[0] == ("a1.png", 2)
    assert names_of(served, term) == ["a1.png", "a3.png"]


@pytest.mark.parametrize(
    "texts",
    [
        [infotext("a fox", 5, f", Batch size: 2, Batch pos: {at}") for at in range(2)],
        [
            infotext("a fox", 5, f", Variation seed: {at}, Variation seed strength: 0.1")
            for at in (7, 8)
        ],
        ['{"3": {"inputs": {"seed": 5, "steps": 20}, "class_type": "KSampler"}}'] * 2,
        [f'{{"noise_seed": {at}, "steps": 20}}' for at in (5, 6)],
        [
            f'{{"sui_image_params": {{"seed": {at}}}, "generation_time": "{at}.1 sec"}}'
            for at in (5, 6)
        ],
    ],
)
def test_a_batch_is_known_by_the_text_of_each_generator(serve, tmp_path, texts):
    served = serve()
    rows = [
        picture(tmp_path, f"{at}.png", "a fox", 5 + at, at, infotext=text)
        for at, text in enumerate(texts)
    ]
    put(served, *rows, picture(tmp_path, "x.png", "a fox", 7, 2, infotext=texts[0] + ", Steps: 9"))
    assert tiles(ask(served, "batch")) == [("x.png", 1), ("1.png", 2)]


def test_pictures_of_one_seed_are_one_tile(serve, tmp_path):
    served = serve()
    huge = 2**64 - 1
    put(
        served,
        picture(tmp_path, "a.png", "a fox", 42, 0),
        picture(tmp_path, "b.png", "a cat", 42, 1),
        picture(tmp_path, "c.png", "a cat", huge, 2),
        picture(tmp_path, "d.png", "a dog", huge, 3),
        picture(tmp_path, "e.png", "a dog", None, 4),
    )
    found = ask(served, "seed")
    assert tiles(found) == [("e.png", 1), ("d.png", 2), ("b.png", 2)]
    assert found["first"]["stack"] == ["", f"stack:seed-{huge}", "stack:seed-42"]
    assert names_of(served, f"stack:seed-{huge}") == ["c.png", "d.png"]


def test_the_cover_is_the_chosen_one_else_the_best(serve, tmp_path):
    served = serve()
    for number in range(3):
        write_png(tmp_path / f"{number}.png", infotext=infotext("a fox", number))
        os.utime(tmp_path / f"{number}.png", (1_700_000_000 + number,) * 2)
    served = indexed(serve, tmp_path)
    path = lambda number: str(tmp_path / f"{number}.png")  # noqa: E731

    def choose(number, chosen=True):
        body = {"path": path(number), "stack": "prompt", "chosen": chosen}
        assert served.post("/db/stack_cover", body).json() == {"success": True}

    def cover(stack="prompt"):
        return tiles(ask(served, stack))[0][0]

    assert cover() == "2.png"
    for number, stars in ((0, 4), (1, 5)):
        assert (
            served.post("/db/rate", {"img_paths": [path(number)], "rating": stars}).status_code
            == 200
        )
    assert cover() == "1.png"
    choose(0)
    choose(2)
    assert cover() == "2.png" and cover("batch") == "1.png"
    choose(2, chosen=False)
    assert cover() == "0.png"
    choose(0, chosen=False)
    assert cover() == "1.png"


def test_positions_of_tiles_are_asked_for_as_those_of_files(serve, tmp_path):
    served = serve()
    put(
        served,
        *(picture(tmp_path, f"{at:02}.png", f"fox {at // 3}", at, -at) for at in range(30)),
    )
    whole = ask(served, "prompt")
    part = served.post(
        "/db/columns",
        {"snapshot": whole["snapshot"], "query": "", "stack": "prompt", "offset": 4, "limit": 3},
    ).json()
    assert (part["snapshot"], part["total"]) == (whole["snapshot"], 10)
    for name in ("path", "stack", "stack_count"):
        assert part[name] == whole["first"][name][4:7]


def test_a_search_gives_pages_of_tiles(serve, tmp_path):
    served = serve()
    put(
        served,
        *(picture(tmp_path, f"{at:02}.png", f"fox {at // 3}", at, -at) for at in range(30)),
    )
    body = {"query": "fox", "stack": "prompt", "size": 4, "total": "exact"}
    names, counts, cursor = [], [], ""
    for _ in range(3):
        page = served.post("/db/search", {**body, "cursor": cursor}).json()
        names += [file["name"] for file in page["files"]]
        counts += page["stack_count"]
        cursor = page["cursor"]["next"]
        assert page["total"] == 10 and all(page["stack"])
    assert names == [f"{at:02}.png" for at in range(0, 30, 3)] and counts == [3] * 10
    assert not page["cursor"]["has_next"] and cursor == ""
    for wrong in ({"cursor": "x"}, {"cursor": "x:-1"}, {"cursor": "x:" + "9" * 30}, {"size": 0}):
        assert served.post("/db/search", {**body, **wrong}).status_code == 400
    assert served.post("/db/search", {**body, "stack": "colour"}).status_code == 400
    assert served.post("/db/search", {**body, "cursor": "gone:999"}).json()["files"] == []


@pytest.mark.parametrize(
    "term",
    ["stack:", "stack:fox", "stack:prompt-12", f"stack:seed-{2**64}", "stack:batch-1-2-3",
     "stack:prompt-f000000000000000", "stack:seed-" + "9" * 40],
)  # fmt: skip
def test_other_names_of_stacks_are_refused(serve, tmp_path, term):
    served = serve(tmp_path)
    status = served.post("/db/search", {"query": term}).status_code
    assert status == (200 if term == "stack:" else 400)
    assert served.post("/db/search", {"query": f"stack:seed-{2**64 - 1}"}).status_code == 200
    extreme = "stack:batch-7fffffffffffffff--9999999999999-9999999999999"
    assert served.post("/db/search", {"query": extreme}).status_code == 200


def test_unknown_kinds_and_files_are_refused(serve, tmp_path):
    served = serve(tmp_path)
    assert served.post("/db/timeline", {"query": "", "stack": "colour"}).status_code == 400
    assert served.post("/db/columns", {"query": "", "stack": "colour"}).status_code == 400
    missing = {"path": str(tmp_path / "no.png"), "stack": "prompt"}
    assert served.post("/db/stack_cover", missing).status_code == 404
    assert served.post("/db/stack_cover", {**missing, "stack": "colour"}).status_code == 400
