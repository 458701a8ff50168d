"""Folders that are added to the library and removed from it, over HTTP."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from iib_core.config import Config
from iib_core.core import Core
from iib_core.db import marks
from tests.conftest import write_png

pytestmark = [pytest.mark.stack, pytest.mark.windows]


@pytest.fixture
def more(tmp_path: Path) -> Path:
    """A second folder, with a subfolder."""
    folder = tmp_path / "more"
    (folder / "sub").mkdir(parents=True)
    write_png(folder / "one.png", infotext="a heron")
    write_png(folder / "sub/two.png", infotext="a heron")
    return folder


@pytest.fixture
def served(serve, library):
    served = serve(library)
    settle(served)
    return served


def settle(served) -> None:
    """Wait until the index is up to date."""
    served.core.index.update()


def remove(served, folder, **more):
    return served.client.request("DELETE", "/db/extra_paths", json={"path": str(folder), **more})


def found(served, query: str) -> list[str]:
    return sorted(
        file["name"] for file in served.post("/db/search", {"query": query}).json()["files"]
    )


def wait_for(condition) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def listed(served) -> list[tuple[str, list[str], str, bool]]:
    return [
        (extra["path"], extra["types"], extra["alias"], extra["online"])
        for extra in served.get("/db/extra_paths").json()
    ]


def test_a_folder_is_added_named_indexed_and_removed(served, more):
    assert listed(served) == []
    answer = served.post("/db/extra_paths", {"path": str(more), "types": ["scan"]})
    assert (answer.status_code, answer.json()["path"]) == (200, str(more))
    wait_for(lambda: found(served, "heron") == ["one.png", "two.png"])
    assert (
        served.post("/db/alias_extra_path", {"path": str(more), "alias": "Birds"}).json()["alias"]
        == "Birds"
    )
    assert listed(served) == [(str(more), ["scan"], "Birds", True)]
    roots = served.get("/global_setting").json()["roots"]
    assert [(root["path"], root["name"], root["type"], root["fixed"]) for root in roots][1:] == [
        (str(more), "Birds", "scan", False)
    ]
    assert remove(served, more, types=["scan"]).json() == {"success": True}
    assert listed(served) == [] and found(served, "heron") == [] and (more / "one.png").exists()
    assert served.get("/db/basic_info").json()["img_count"] == 3


def test_a_removed_folder_that_comes_back_has_its_tags_ratings_and_albums(served, more):
    one, two = more / "one.png", more / "sub/two.png"
    served.post("/db/extra_paths", {"path": str(more)})
    settle(served)
    like = served.post("/db/add_custom_tag", {"tag_name": "like"}).json()["id"]
    album = served.post("/albums", {"name": "birds"}).json()["id"]
    served.post(
        "/db/batch_update_image_tag", {"img_paths": [str(one)], "tag_id": like, "action": "add"}
    )
    served.post("/db/rate", {"img_paths": [str(two)], "rating": 4})
    served.post("/albums/add", {"id": album, "img_paths": [str(two), str(one)]})
    remove(served, more)
    assert served.get("/albums").json()["albums"][0]["count"] == 0 and found(
        served, "rating:4"
    ) == [] == found(served, "tag:like")
    os.rename(two, more / "moved.png")
    served.post("/db/extra_paths", {"path": str(more), "types": ["scanned"]})
    settle(served)
    assert (found(served, "tag:like"), found(served, "rating:4"), found(served, "album:birds")) == (
        ["one.png"],
        ["moved.png"],
        ["moved.png", "one.png"],
    )
    ordered = served.post(
        "/db/search", {"query": "album:birds", "sort": "album", "order": "asc"}
    ).json()["files"]
    assert [file["name"] for file in ordered] == ["moved.png", "one.png"]
    (tag,) = [
        tag
        for tag in served.get("/db/tags", category="custom").json()["tags"]
        if tag["name"] == "like"
    ]
    assert tag["count"] == 1


def test_what_is_kept_is_forgotten_after_90_days(served, more):
    served.post("/db/extra_paths", {"path": str(more)})
    settle(served)
    served.post("/db/rate", {"img_paths": [str(more / "one.png")], "rating": 4})
    remove(served, more)
    day_ns = 24 * 3600 * 10**9
    with served.core.db.write() as conn:
        marks.forget_old(conn, time.time_ns() + 89 * day_ns)
        assert [kept.path for kept in marks.list_kept(conn)] == [str(more / "one.png")]
        marks.forget_old(conn, time.time_ns() + 91 * day_ns)
        assert list(marks.list_kept(conn)) == []


def test_types_are_added_and_taken_away_one_by_one(served, more):
    served.post("/db/extra_paths", {"path": str(more), "types": ["walk"]})
    settle(served)
    assert found(served, "heron") == []
    served.post("/db/extra_paths", {"path": str(more / "sub" / ".."), "types": ["scanned-fixed"]})
    settle(served)
    assert found(served, "heron") == ["one.png", "two.png"]
    assert listed(served) == [(str(more), ["walk", "scanned-fixed"], "", True)]
    assert [root["type"] for root in served.get("/global_setting").json()["roots"]] == [
        "scan",
        "scan-fixed",
    ]
    remove(served, more, types=["scan-fixed"])
    assert listed(served) == [(str(more), ["walk"], "", True)] and found(served, "heron") == []
    remove(served, more, types=["walk"])
    assert listed(served) == []


def test_of_nested_folders_the_rest_stays(served, more):
    for folder in (more, more / "sub"):
        served.post("/db/extra_paths", {"path": str(folder)})
    settle(served)
    assert found(served, "heron") == ["one.png", "two.png"]
    remove(served, more)
    assert found(served, "heron") == ["two.png"]
    served.post("/db/extra_paths", {"path": str(more)})
    settle(served)
    remove(served, more / "sub")
    assert found(served, "heron") == ["one.png", "two.png"]


@pytest.mark.needs_links
def test_a_folder_that_is_a_link_works_by_either_path(served, more, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(more)
    served.post("/db/extra_paths", {"path": str(link)})
    settle(served)
    assert listed(served) == [(str(link), ["scan"], "", True)]
    served.post("/db/rate", {"img_paths": [str(link / "one.png")], "rating": 2})
    assert found(served, "rating:2") == ["one.png"]
    served.post("/db/extra_paths", {"path": str(more), "types": ["walk"]})
    assert listed(served) == [(str(link), ["scan", "walk"], "", True)]
    remove(served, more)
    assert listed(served) == [] and found(served, "heron") == []


def test_a_folder_that_is_away_is_kept_and_marked(served, more, tmp_path):
    served.post("/db/extra_paths", {"path": str(more)})
    settle(served)
    os.rename(more, tmp_path / "unplugged")
    assert listed(served) == [(str(more), ["scan"], "", False)]
    assert [root["online"] for root in served.get("/global_setting").json()["roots"]] == [
        True,
        False,
    ]
    settle(served)
    assert found(served, "heron") == [] and found(served, "heron missing:yes") == [
        "one.png",
        "two.png",
    ]
    core = Core(
        Config(data_dir=served.core.config.data_dir, roots=served.core.config.roots, watch=False)
    )
    assert [(root.path, root.online) for root in core.access.roots][1:] == [(str(more), False)]
    core.close()
    os.rename(tmp_path / "unplugged", more)
    settle(served)
    assert found(served, "heron") == ["one.png", "two.png"]


def test_a_folder_of_the_settings_that_is_away_is_kept_and_marked(serve, library, tmp_path):
    os.rename(library, tmp_path / "unplugged")
    served = serve(library)
    assert [
        (root["path"], root["online"]) for root in served.get("/global_setting").json()["roots"]
    ] == [(str(library), False)]
    os.rename(tmp_path / "unplugged", library)
    assert [root["online"] for root in served.get("/global_setting").json()["roots"]] == [True]


def test_what_cannot_be_added_or_removed_says_so(served, library, more):
    assert served.post("/db/extra_paths", {"path": str(more / "one.png")}).status_code == 400
    assert served.post("/db/extra_paths", {"path": str(more / "missing")}).status_code == 404
    assert (
        served.post("/db/extra_paths", {"path": str(more), "types": ["everything"]}).status_code
        == 400
    )
    assert remove(served, more).status_code == 404
    assert remove(served, library).status_code == 409
    assert served.post("/db/alias_extra_path", {"path": str(more), "alias": "x"}).status_code == 404
    served.post("/db/extra_paths", {"path": str(more)})
    for alias in ("x" * 201, "a\nb"):
        assert (
            served.post("/db/alias_extra_path", {"path": str(more), "alias": alias}).status_code
            == 400
        )
    assert listed(served) == [(str(more), ["scan"], "", True)]


def test_behind_access_control_no_folder_of_elsewhere_can_be_added(serve, library, more):
    served = serve(library, access_control="on")
    answer = served.post("/db/extra_paths", {"path": str(more)})
    assert answer.status_code == 403 and "IIB_ROOTS" in answer.json()["detail"]
    assert (
        served.post(
            "/db/extra_paths", {"path": str(library / "sub"), "types": ["scan-fixed"]}
        ).status_code
        == 200
    )
    assert served.get("/file", path=str(more / "one.png")).status_code == 403
    settle(served)
    assert remove(served, library / "sub").status_code == 200
    assert found(served, "name:deep") == ["deep.png"]


def test_a_removal_that_was_interrupted_is_finished_at_the_next_start(served, more):
    served.post("/db/extra_paths", {"path": str(more)})
    settle(served)
    with served.core.db.write() as conn:
        conn.exec_driver_sql("UPDATE extra_path SET removed_ns = 1")
    core = Core(
        Config(data_dir=served.core.config.data_dir, roots=served.core.config.roots, watch=False)
    )
    wait_for(lambda: found(served, "heron") == [])
    core.close()
    assert listed(served) == []


def test_a_folder_is_removed_while_it_is_being_indexed(served, library, more):
    for number in range(150):
        write_png(more / f"{number}.png", infotext="a heron")
    write_png(library / "new.png", infotext="an owl")
    served.post("/db/extra_paths", {"path": str(more)})
    assert remove(served, more).status_code == 200
    wait_for(lambda: not found(served, "heron") and found(served, "owl") == ["new.png"])
    settle(served)
    assert served.get("/db/basic_info").json()["img_count"] == 4


def test_a_folder_is_watched_as_soon_as_it_is_added(serve, library, more):
    served = serve(library, watch=True)
    served.post("/db/extra_paths", {"path": str(more)})
    wait_for(lambda: str(more) in served.get("/db/index_status").json()["watched"])
    shutil.copy(more / "one.png", more / "new.png")
    wait_for(lambda: "new.png" in found(served, "heron"))


@pytest.mark.parametrize(
    "text",
    [
        '"{path}"',
        " {path}\n",
        "'{path}'",
        "{path}/",
        "\u201c{path}\u201d",
        "file://{path}",
        "file://localhost{path}",
        '"file://{quoted}"',
    ],
)
@pytest.mark.posix_only("paths with a slash in front")
def test_a_pasted_path_is_the_folder_that_is_meant(served, tmp_path, text):
    folder = tmp_path / "lib x"
    folder.mkdir()
    pasted = text.format(path=folder, quoted=str(folder).replace(" ", "%20"))
    answer = served.post("/db/extra_paths", {"path": pasted})
    assert answer.status_code == 200, answer.text
    assert answer.json()["path"] == str(folder)


@pytest.mark.posix_only("HOME")
def test_a_pasted_path_may_begin_at_home(served, tmp_path, monkeypatch):
    (tmp_path / "pics").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    answer = served.post("/db/extra_paths", {"path": "~/pics"})
    assert answer.status_code == 200 and answer.json()["path"] == str(tmp_path / "pics")


@pytest.mark.posix_only("names with quotes")
def test_a_folder_whose_name_has_quotes_is_meant_as_it_is(served, tmp_path):
    folder = tmp_path / '"quoted" '
    folder.mkdir()
    answer = served.post("/db/extra_paths", {"path": str(folder)})
    assert answer.status_code == 200 and answer.json()["path"] == str(folder)


@pytest.mark.parametrize("text", ["pics/x", "file://elsewhere/pics", "~nobody-such/x", '""'])
def test_what_is_no_path_is_told(served, text):
    answer = served.post("/db/extra_paths", {"path": text})
    assert answer.status_code in (400, 404) and answer.json()["detail"]


def test_the_files_of_folders_are_counted(serve, library, more):
    served = serve(library, more, access_control="on")
    settle(served)
    paths = [str(library), str(library / "sub"), str(more), str(more / "nothing")]
    counted = served.post("/db/folder_counts", {"paths": paths})
    assert counted.json() == dict(zip(paths, [3, 1, 2, 0]))
    outside = served.post("/db/folder_counts", {"paths": [str(library), str(library.parent)]})
    assert (outside.status_code, outside.json()["code"]) == (403, "AccessDenied")
