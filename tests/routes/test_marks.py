"""Tags, ratings and albums over HTTP."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conftest import write_png

pytestmark = pytest.mark.stack

CJK = "一二三四五六七八九十" * 4


@pytest.fixture
def served(serve, library):
    served = serve(library)
    served.post("/db/update_image_data", None)
    return served


def add_tag(served, name: str) -> int:
    return served.post("/db/add_custom_tag", {"tag_name": name}).json()["id"]


def tag(served, tag_id: int, *files: Path, action: str = "add"):
    answer = served.post(
        "/db/batch_update_image_tag",
        {"img_paths": [str(file) for file in files], "action": action, "tag_id": tag_id},
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def names_of(served, file: Path) -> list[str]:
    return [tag["name"] for tag in served.get("/db/img_selected_custom_tag", path=str(file)).json()]


def counts(served) -> dict[str, int]:
    return {
        tag["name"]: tag["count"]
        for tag in served.get("/db/tags", category="custom").json()["tags"]
    }


def search(served, query: str, **more) -> list[str]:
    answer = served.post("/db/search", {"query": query, **more})
    assert answer.status_code == 200, answer.text
    return [file["name"] for file in answer.json()["files"]]


def test_like_is_there_from_the_start(serve, library):
    (like,) = [
        tag
        for tag in serve(library).get("/db/basic_info").json()["tags"]
        if tag["type"] == "custom"
    ]
    assert {**like, "id": 0} == {
        "id": 0,
        "name": "like",
        "type": "custom",
        "color": "",
        "category": "custom",
        "count": 0,
    }


def test_a_tag_is_toggled_listed_and_searched(served, library):
    fox, sea = library / "fox.png", library / "sea.jpg"
    mine = add_tag(served, "mine")
    assert served.post(
        "/db/toggle_custom_tag_to_img", {"img_path": str(fox), "tag_id": mine}
    ).json() == {"is_remove": False}
    assert names_of(served, fox) == ["mine"] and names_of(served, sea) == []
    assert served.post("/db/get_image_tags", {"paths": [str(fox), str(sea)]}).json() == {
        str(fox): [
            {
                "id": mine,
                "name": "mine",
                "type": "custom",
                "color": "",
                "category": "custom",
                "count": 1,
            }
        ],
        str(sea): [],
    }
    assert search(served, "tag:mine") == ["fox.png"]
    assert served.post(
        "/db/toggle_custom_tag_to_img", {"img_path": str(fox), "tag_id": mine}
    ).json() == {"is_remove": True}
    assert names_of(served, fox) == [] and search(served, "tag:mine") == []


def test_names_of_tags(served):
    for name in (CJK, "ten words " * 5 + "are fine", "x" * 200, " Straße ", "<script>", "🦊"):
        assert served.post("/db/add_custom_tag", {"tag_name": name}).status_code == 200
        assert name.strip() in counts(served)
        assert (
            served.post("/db/add_custom_tag", {"tag_name": name.upper()}).json()["name"]
            == name.strip()
        )
    for name in ("", " \t", "x" * 201, "x" * 10_000, "a\nb", "a\0"):
        assert served.post("/db/add_custom_tag", {"tag_name": name}).status_code == 400, name


def test_a_tag_is_renamed_coloured_and_deleted(served, library):
    one, other = add_tag(served, "one"), add_tag(served, "other")
    tag(served, one, library / "fox.png")
    changed = served.post("/db/update_tag", {"id": one, "color": "#ff0000"}).json()
    assert (changed["name"], changed["color"], changed["count"]) == ("one", "#ff0000", 1)
    assert served.post("/db/update_tag", {"id": one, "name": "One"}).json()["name"] == "One"
    assert served.post("/db/update_tag", {"id": one, "name": "OTHER"}).status_code == 409
    assert (
        served.post("/db/update_tag", {"id": one, "color": "red; background: url(x)"}).status_code
        == 400
    )
    assert served.post("/db/update_tag", {"id": 10**30, "color": ""}).status_code == 404
    assert served.post("/db/remove_custom_tag", {"tag_id": one}).json() == {"success": True}
    assert names_of(served, library / "fox.png") == [] and counts(served) == {"like": 0, "other": 0}
    assert served.post("/db/remove_custom_tag", {"tag_id": one}).status_code == 404
    assert tag(served, other, library / "fox.png")["updated"] == 1


def test_tags_are_merged(served, library):
    one, two, other = (add_tag(served, name) for name in ("one", "two", "other"))
    tag(served, one, library / "fox.png", library / "sea.jpg")
    tag(served, two, library / "sub/deep.png")
    tag(served, other, library / "fox.png")
    merged = served.post(
        "/db/merge_custom_tags", {"tag_ids": [one, two, one], "into_id": other}
    ).json()
    assert (merged["id"], merged["name"], merged["count"]) == (other, "other", 3)
    assert names_of(served, library / "fox.png") == ["other"]
    assert counts(served) == {"like": 0, "other": 3}


def test_a_merge_reaches_marks_that_are_kept(served, library):
    one, two = add_tag(served, "one"), add_tag(served, "two")
    fox = library / "fox.png"
    tag(served, one, fox)
    tag(served, two, fox)
    content, away = fox.read_bytes(), fox.stat()
    fox.unlink()
    served.post("/db/update_image_data", None)
    served.post("/db/forget_missing", {"dry_run": False, "expected_count": 1})
    served.post("/db/merge_custom_tags", {"tag_ids": [one], "into_id": two})
    fox.write_bytes(content)
    os.utime(fox, ns=(away.st_atime_ns, away.st_mtime_ns))
    served.post("/db/update_image_data", None)
    assert names_of(served, fox) == ["two"]
    assert counts(served) == {"like": 0, "two": 1}


def test_what_cannot_be_merged_changes_nothing(served, library):
    one, other = add_tag(served, "one"), add_tag(served, "other")
    best = album(served, "best", library / "fox.png")
    tag(served, one, library / "fox.png")
    (fox,) = served.get("/db/tags", query="fox_v1").json()["tags"]
    for ids, into, status in (
        ([], other, 400),
        ([other], other, 400),
        ([one, other], other, 400),
        ([one], 10**30, 404),
        ([one, 10**30], other, 404),
        ([one, fox["id"]], other, 404),
        ([one], fox["id"], 404),
        ([best], other, 404),
        ([one], best, 404),
        ([one] * 1001, other, 413),
        ("one", other, 400),
        ([one], None, 400),
    ):
        body = {"tag_ids": ids, "into_id": into}
        assert served.post("/db/merge_custom_tags", body).status_code == status, body
    assert counts(served) == {"like": 0, "one": 1, "other": 0}


def test_a_tag_that_follows_from_the_file_cannot_be_given_or_deleted(served, library):
    (fox,) = served.get("/db/tags", query="fox_v1").json()["tags"]
    for route, body in (
        (
            "/db/toggle_custom_tag_to_img",
            {"img_path": str(library / "sea.jpg"), "tag_id": fox["id"]},
        ),
        (
            "/db/batch_update_image_tag",
            {"img_paths": [str(library / "sea.jpg")], "tag_id": fox["id"], "action": "add"},
        ),
        ("/db/remove_custom_tag", {"tag_id": fox["id"]}),
        ("/db/update_tag", {"id": fox["id"], "color": "red"}),
    ):
        assert served.post(route, body).status_code == 404


def test_a_batch_tells_what_it_could_not_do_and_does_the_rest(served, library, tmp_path):
    new, outside = write_png(library / "sub/new.png"), write_png(tmp_path / "outside.png")
    files = [
        library / "fox.png",
        new,
        library / "gone.png",
        library / "fox.txt",
        outside,
        library / "sub",
    ]
    answer = tag(served, add_tag(served, "mine"), *files)
    assert answer["updated"] == 2
    assert {Path(error["path"]).name: error["error"] for error in answer["errors"]} == {
        "gone.png": f"'{library / 'gone.png'}' does not exist.",
        "fox.txt": f"'{library / 'fox.txt'}' is not a picture, video or sound.",
        "outside.png": f"'{outside}' is outside of the library: add its folder first.",
        "sub": f"'{library / 'sub'}' is not a picture, video or sound.",
    }
    assert (
        sorted(search(served, "tag:mine")) == ["fox.png", "new.png"] and counts(served)["mine"] == 2
    )


def test_one_that_cannot_be_done_alone_says_so(served, library):
    like = add_tag(served, "like")
    assert (
        served.post(
            "/db/toggle_custom_tag_to_img", {"img_path": str(library / "gone.png"), "tag_id": like}
        ).status_code
        == 404
    )
    assert (
        served.post(
            "/db/toggle_custom_tag_to_img", {"img_path": str(library / "fox.txt"), "tag_id": like}
        ).status_code
        == 400
    )


def test_a_tag_is_taken_from_a_file_by_path_and_by_id(served, library):
    mine = add_tag(served, "mine")
    tag(served, mine, library / "fox.png", library / "sea.jpg")
    with served.core.db.read() as conn:
        (sea,) = [
            row[0] for row in conn.exec_driver_sql("SELECT id FROM image WHERE name = 'sea.jpg'")
        ]
    assert (
        served.post(
            "/db/remove_custom_tag_from_img", {"img_path": str(library / "fox.png"), "tag_id": mine}
        ).status_code
        == 200
    )
    assert (
        served.post(
            "/db/remove_custom_tag_from_img", {"img_id": sea, "tag_id": str(mine)}
        ).status_code
        == 200
    )
    assert counts(served)["mine"] == 0
    for body in ({"img_id": 10**30, "tag_id": mine}, {"img_id": 999, "tag_id": mine}):
        assert served.post("/db/remove_custom_tag_from_img", body).status_code == 404
    assert served.post("/db/remove_custom_tag_from_img", {"tag_id": mine}).status_code == 400


def test_an_id_leads_to_no_file_that_a_client_may_not_see(serve, library):
    served = serve(library)
    served.post("/db/update_image_data", None)
    mine = add_tag(served, "mine")
    tag(served, mine, library / "fox.png")
    served.core.access.set_roots([str(library / "sub")])
    served.core.access.restricted = True
    with served.core.db.read() as conn:
        (fox,) = [
            row[0] for row in conn.exec_driver_sql("SELECT id FROM image WHERE name = 'fox.png'")
        ]
    assert (
        served.post("/db/remove_custom_tag_from_img", {"img_id": fox, "tag_id": mine}).status_code
        == 403
    )
    assert counts(served)["mine"] == 1


def test_counts_stay_exact_through_moves_deletes_undo_and_rebuilds(served, library):
    mine = add_tag(served, "mine")
    tag(served, mine, library / "fox.png", library / "sea.jpg", library / "sub/deep.png")
    tag(served, mine, library / "fox.png", library / "fox.png")
    assert counts(served)["mine"] == 3
    served.post(
        "/move_files", {"file_paths": [str(library / "fox.png")], "dest": str(library / "sub")}
    )
    served.post(
        "/copy_files", {"file_paths": [str(library / "sea.jpg")], "dest": str(library / "sub")}
    )
    assert counts(served)["mine"] == 4
    deleted = served.post(
        "/delete_files", {"file_paths": [str(library / "sea.jpg"), str(library / "sub/fox.png")]}
    ).json()
    assert counts(served)["mine"] == 2
    served.post("/db/rebuild_index", None)
    assert counts(served)["mine"] == 2
    served.post(f"/operations/{deleted['operation_id']}/undo", {})
    assert counts(served)["mine"] == 4
    os.remove(library / "sea.jpg")
    served.post("/db/update_image_data", None)
    assert counts(served)["mine"] == 3
    tag(served, mine, library / "sub/fox.png", action="remove")
    assert counts(served)["mine"] == 2 and sorted(search(served, "tag:mine")) == [
        "deep.png",
        "sea.jpg",
    ]


def test_counts_stay_exact_while_many_ask_at_once(served, library):
    files = [str(library / name) for name in ("fox.png", "sea.jpg", "sub/deep.png")]
    own = [add_tag(served, f"tag {number}") for number in range(4)]

    def ask(number: int) -> int:
        if number % 5 == 0:
            return served.post("/db/update_image_data", None).status_code
        if number % 2:
            body = {
                "img_paths": files,
                "action": ("add", "remove")[number // 2 % 2],
                "tag_id": own[number % 4],
            }
            return served.post("/db/batch_update_image_tag", body).status_code
        return served.post(
            "/db/toggle_custom_tag_to_img",
            {"img_path": files[number % 3], "tag_id": own[number % 4]},
        ).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, range(60))) == {200}
    for number in range(4):
        assert counts(served)[f"tag {number}"] == len(search(served, f'tag:"tag {number}"'))


def test_all_that_a_search_finds_is_tagged(served, library):
    body = {
        "query": {"query": "name:png"},
        "expected_count": 2,
        "action": "add",
        "tag_id": add_tag(served, "mine"),
    }
    assert served.post("/db/batch_update_image_tag", body).json() == {"updated": 2, "errors": []}
    assert (
        served.post("/db/batch_update_image_tag", {**body, "expected_count": 3}).status_code == 409
    )


def rate(served, rating: object, *files: Path):
    return served.post("/db/rate", {"img_paths": [str(file) for file in files], "rating": rating})


def test_ratings_are_given_searched_sorted_and_cleared(served, library):
    fox, sea = library / "fox.png", library / "sea.jpg"
    failed = {"path": str(library / "no.png"), "error": f"'{library / 'no.png'}' does not exist."}
    assert rate(served, 5, fox, library / "no.png").json() == {"updated": 1, "errors": [failed]}
    rate(served, 3, sea)
    for query, found in {
        "rating:>=4": ["fox.png"],
        "rating:3": ["sea.jpg"],
        "rating:1..5": ["fox.png", "sea.jpg"],
        "rating:0": ["deep.png"],
        "rating:<5": ["deep.png", "sea.jpg"],
        "rating:<=3 -rating:0": ["sea.jpg"],
        "-rating:5": ["deep.png", "sea.jpg"],
        "rating:0..5": ["deep.png", "fox.png", "sea.jpg"],
    }.items():
        assert sorted(search(served, query)) == found, query
    assert search(served, "", sort="rating") == ["fox.png", "sea.jpg", "deep.png"]
    columns = served.post("/db/columns", {"query": "", "sort": "name", "order": "asc"}).json()
    assert columns["rating"] == [0, 5, 3]
    assert search(served, "", sort="rating", order="asc") == ["sea.jpg", "fox.png", "deep.png"]
    assert served.post("/db/marks", {"paths": [str(fox)]}).json() == {
        "marks": {str(fox): {"tags": [], "rating": 5, "albums": []}}
    }
    rate(served, 0, fox)
    assert search(served, "rating:>=1") == ["sea.jpg"]
    assert [rate(served, wrong, fox).status_code for wrong in (-1, 6, "many", 10**30)] == [400] * 4


def test_a_rating_follows_its_file(served, library):
    rate(served, 4, library / "fox.png", library / "sea.jpg")
    served.post(
        "/copy_files", {"file_paths": [str(library / "fox.png")], "dest": str(library / "sub")}
    )
    os.rename(library / "sea.jpg", library / "sub/moved.jpg")
    os.utime(library / "fox.png", (1, 1))
    served.post("/db/update_image_data", None)
    served.post("/db/rebuild_index", None)
    assert sorted(search(served, "rating:4")) == ["fox.png", "fox.png", "moved.jpg"]
    deleted = served.post("/delete_files", {"file_paths": [str(library / "fox.png")]}).json()
    assert sorted(search(served, "rating:4")) == ["fox.png", "moved.jpg"]
    served.post(f"/operations/{deleted['operation_id']}/undo", {})
    assert sorted(search(served, "rating:4")) == ["fox.png", "fox.png", "moved.jpg"]


def album(served, name: str, *files: Path) -> int:
    album_id = served.post("/albums", {"name": name}).json()["id"]
    assert served.post(
        "/albums/add", {"id": album_id, "img_paths": [str(file) for file in files]}
    ).json()["updated"] == len(files)
    return album_id


def test_an_album_is_made_filled_searched_and_deleted(served, library):
    fox, sea, deep = library / "fox.png", library / "sea.jpg", library / "sub/deep.png"
    best = album(served, "Best of 2025", sea, fox)
    (found,) = served.get("/albums").json()["albums"]
    assert {**found, "created_time": 0} == {
        "id": best,
        "name": "Best of 2025",
        "count": 2,
        "cover": str(sea),
        "created_time": 0,
    }
    assert sorted(search(served, 'album:"best of 2025"')) == ["fox.png", "sea.jpg"] and search(
        served, '-album:"best of 2025"'
    ) == ["deep.png"]
    assert search(served, "album:best") == [] and search(served, 'tag:"Best of 2025"') == []
    assert counts(served) == {"like": 0} and names_of(served, fox) == []
    assert served.post("/db/marks", {"paths": [str(deep), str(fox)]}).json()["marks"][str(fox)][
        "albums"
    ] == [{"id": best, "name": "Best of 2025"}]
    assert served.post("/albums", {"name": "BEST OF 2025"}).status_code == 409
    assert served.post("/albums/rename", {"id": best, "name": "best"}).json()["name"] == "best"
    assert served.post("/albums/remove", {"id": best, "img_paths": [str(sea)]}).json() == {
        "updated": 1,
        "errors": [],
    }
    assert search(served, "album:best") == ["fox.png"]
    assert served.post("/albums/delete", {"id": best}).json() == {"success": True}
    assert served.get("/albums").json() == {"albums": []} and fox.exists()
    some: dict[str, object] = {"img_paths": [str(fox)]}
    for route, body in {
        "delete": {},
        "rename": {"name": "x"},
        "add": some,
        "remove": some,
        "reorder": some,
    }.items():
        assert served.post(f"/albums/{route}", {"id": best, **body}).status_code == 404
    assert [
        served.post("/albums", {"name": name}).status_code for name in ("", "x" * 201, "a\tb")
    ] == [400] * 3


def test_an_album_has_an_order_of_its_own(served, library):
    one, two, three, four = files = [
        write_png(library / f"{number}.png") for number in (1, 2, 3, 4)
    ]
    best = album(served, "best", three, one, four)
    served.post("/albums/add", {"id": best, "img_paths": [str(one), str(two)]})
    served.post(
        "/albums/add", {"id": album(served, "other"), "img_paths": [str(file) for file in files]}
    )

    def order(**more) -> str:
        return "".join(
            name[0] for name in search(served, "album:best", sort="album", order="asc", **more)
        )

    def move(*moved: Path, status: int = 200, **more):
        answer = served.post(
            "/albums/reorder", {"id": best, "img_paths": [str(file) for file in moved], **more}
        )
        assert answer.status_code == status
        return answer.json()

    assert (
        order() == "3142" and search(served, "album:best", sort="album", order="desc")[0] == "2.png"
    )
    move(two, four)
    assert order() == "2431"
    move(one, before_path=str(four))
    assert order() == "2143"
    move(two, one, after_path=str(three))
    assert order() == "4321" and order(size=2) == "43"
    assert [error["path"] for error in move(library / "fox.txt", four)["errors"]] == [
        str(library / "fox.txt")
    ]
    move(two, status=409, after_path=str(two))
    move(two, status=409, before_path=str(library / "fox.png"))
    move(two, status=404, before_path=str(library / "no.png"))
    assert order() == "4321"
    served.post("/albums/remove", {"id": best, "img_paths": [str(four)]})
    served.post("/albums/add", {"id": best, "img_paths": [str(four)]})
    assert order() == "3214"
    assert served.post("/db/search", {"query": "fox", "sort": "album"}).status_code == 400
    columns = served.post(
        "/db/columns", {"query": "album:best", "sort": "album", "order": "asc"}
    ).json()
    assert [os.path.basename(path)[0] for path in columns["path"]] == list("3214")


def test_an_album_is_no_tag_and_a_tag_no_album(served, library):
    best, mine = album(served, "best", library / "fox.png"), add_tag(served, "mine")
    assert served.post("/db/remove_custom_tag", {"tag_id": best}).status_code == 404
    assert served.post("/albums/delete", {"id": mine}).status_code == 404
    assert add_tag(served, "best") != best


def test_what_an_album_holds_follows_its_files(served, library):
    fox = library / "fox.png"
    album(served, "best", fox, library / "sea.jpg")
    served.post("/copy_files", {"file_paths": [str(fox)], "dest": str(library / "sub")})
    os.rename(fox, library / "sub/moved.png")
    served.post("/db/update_image_data", None)
    deleted = served.post("/delete_files", {"file_paths": [str(library / "sea.jpg")]}).json()
    assert sorted(search(served, "album:best")) == ["fox.png", "moved.png"]
    assert served.get("/albums").json()["albums"][0]["count"] == 2
    served.post(f"/operations/{deleted['operation_id']}/undo", {})
    assert sorted(search(served, "album:best")) == ["fox.png", "moved.png", "sea.jpg"]


def test_the_cover_is_one_that_a_client_may_see(serve, library):
    served = serve(library, allowed_paths=(str(library / "sub"),))
    served.post("/db/update_image_data", None)
    with served.core.db.write() as conn:
        from iib_core.db import albums, images

        ids = images.find_ids(conn, [str(library / "fox.png"), str(library / "sub/deep.png")])
        albums.add(conn, albums.create(conn, "best").id, ids.values())
    assert served.get("/albums").json()["albums"][0]["cover"] == str(library / "sub/deep.png")


def test_read_only_shows_marks_and_changes_none(serve, library):
    served = serve(library, read_only=True)
    path = Path(served.core.db.path)
    before = hashlib.sha256(path.read_bytes()).digest()
    fox = str(library / "fox.png")
    for route, body in {
        "/db/add_custom_tag": {"tag_name": "x"},
        "/db/update_tag": {"id": 1, "color": "red"},
        "/db/remove_custom_tag": {"tag_id": 1},
        "/db/merge_custom_tags": {"tag_ids": [1], "into_id": 2},
        "/db/toggle_custom_tag_to_img": {"img_path": fox, "tag_id": 1},
        "/db/batch_update_image_tag": {"img_paths": [fox], "tag_id": 1, "action": "add"},
        "/db/rate": {"img_paths": [fox], "rating": 1},
        "/albums": {"name": "x"},
        "/albums/add": {"id": 1, "img_paths": [fox]},
    }.items():
        assert served.post(route, body).status_code == 403, route
    assert names_of(served, Path(fox)) == [] and served.get("/albums").json() == {"albums": []}
    assert served.post("/db/marks", {"paths": [fox]}).json()["marks"][fox]["rating"] == 0
    served.core.close()
    assert hashlib.sha256(path.read_bytes()).digest() == before
