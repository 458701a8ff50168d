"""Folders and file facts over HTTP."""

from __future__ import annotations

import os

import pytest

from tests.conftest import write_png

pytestmark = [pytest.mark.stack, pytest.mark.windows]


def test_a_folder_lists_its_entries(serve, library):
    answer = serve(library).get("/files", folder_path=str(library)).json()
    assert sorted(entry["name"] for entry in answer["files"]) == [
        "fox.png",
        "fox.txt",
        "sea.jpg",
        "sub",
    ]
    assert set(answer["files"][0]) == {
        "type",
        "date",
        "created_time",
        "size",
        "bytes",
        "name",
        "fullpath",
        "is_under_scanned_path",
        "id",
    }


def by_name(columns):
    keys = [key for key in ("date", "bytes", "width", "height") if columns[key] is not None]
    return {
        name: tuple(columns[key][at] for key in keys) for at, name in enumerate(columns["name"])
    }


def test_a_folder_by_column_tells_the_same(serve, library):
    served = serve(library)
    entries = served.get("/files", folder_path=str(library)).json()["files"]
    columns = served.get("/files/columns", folder_path=str(library)).json()
    assert by_name(columns) == {entry["name"]: (entry["date"], entry["bytes"]) for entry in entries}
    assert [columns["name"][at] for at in columns["folders"]] == ["sub"]
    assert {columns["prefix"] + name for name in columns["name"]} == {
        entry["fullpath"] for entry in entries
    }
    assert columns["width"] is columns["height"] is None
    for path, status in (
        ("", 400),
        (str(library / "missing"), 404),
        (str(library / "fox.png"), 400),
        ("nul\0", 400),
        ("x" * 5000, 400),
    ):
        assert served.get("/files/columns", folder_path=path).status_code == status, path


@pytest.mark.needs_links
def test_a_folder_tells_the_sizes_of_pictures_that_the_index_knows(serve, library, tmp_path):
    (tmp_path / "link").symlink_to(library)
    served = serve(tmp_path / "link", access_control="on")
    served.post("/db/update_image_data", {})
    write_png(library / "later.png", (30, 20))
    listed = served.get("/files/columns", folder_path=str(tmp_path / "link"), sizes=True).json()
    sizes = {name: sides[2:] for name, sides in by_name(listed).items()}
    assert sizes == {
        "fox.png": (64, 48),
        "sea.jpg": (80, 60),
        "fox.txt": (0, 0),
        "sub": (0, 0),
        "later.png": (0, 0),
    }
    assert listed["prefix"] == f"{tmp_path / 'link'}{os.sep}"


def test_no_folder_lists_the_roots_that_are_online(serve, library, tmp_path):
    served = serve(library, tmp_path / "unplugged")
    assert [entry["fullpath"] for entry in served.get("/files").json()["files"]] == [str(library)]
    assert [
        (root["path"], root["online"]) for root in served.get("/global_setting").json()["roots"]
    ] == [
        (str(library), True),
        (str(tmp_path / "unplugged"), False),
    ]


@pytest.mark.needs_links
def test_a_linked_root_keeps_the_name_the_user_knows(serve, library, tmp_path):
    (tmp_path / "link").symlink_to(library)
    served = serve(tmp_path / "link", access_control="on")
    listed = served.get("/files", folder_path=str(tmp_path / "link")).json()["files"]
    assert {entry["fullpath"] for entry in listed} == {
        str(tmp_path / "link" / name) for name in ("fox.png", "fox.txt", "sea.jpg", "sub")
    }
    assert (
        served.get("/file", path=str(tmp_path / "link/fox.png")).content
        == (library / "fox.png").read_bytes()
    )


def test_facts_come_by_path_and_null_for_the_missing(serve, library):
    served = serve(library)
    asked = [str(library / "fox.png"), str(library / "none.png"), str(library / "sub")]
    answer = served.post("/batch_get_files_info", {"paths": asked}).json()
    assert [answer[path] and answer[path]["type"] for path in asked] == ["file", None, "dir"]
    assert served.post("/check_path_exists", {"paths": asked}).json() == dict(
        zip(asked, (True, False, True))
    )


ODD_NAMES = ["a#b.png", "100%.png", "a+b c.png", "\U0001f98a.png", "猫 こ.png", "&lt;.png"]
POSIX_NAMES = ["what?.png", "\"quoted'.png", "line\nbreak.png", "back\\slash.png"]


@pytest.mark.parametrize(
    "name",
    [
        *ODD_NAMES,
        *(
            pytest.param(name, marks=pytest.mark.posix_only("names that Windows does not have"))
            for name in POSIX_NAMES
        ),
    ],
)
def test_odd_names_are_listed_served_and_downloaded(serve, library, name):
    (library / "fox.png").rename(library / name)
    served = serve(library, access_control="on")
    entry = next(
        e
        for e in served.get("/files", folder_path=str(library)).json()["files"]
        if e["name"] == name
    )
    answer = served.get("/file", path=entry["fullpath"], disposition=name)
    assert answer.content == (library / name).read_bytes()
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    assert (
        served.get("/image-thumbnail", path=entry["fullpath"]).headers["content-type"]
        == "image/webp"
    )


@pytest.mark.posix_only("names are bytes")
def test_a_name_that_is_no_utf8_is_listed_served_and_described(serve, library):
    os.rename(library / "fox.png", os.fsencode(library) + b"/\xff\xfe.png")
    served = serve(library, access_control="on")
    path = next(
        e["fullpath"]
        for e in served.get("/files", folder_path=str(library)).json()["files"]
        if e["name"].endswith("\uefff\ueffe.png")
    )
    assert served.get("/file", path=path, disposition="x").status_code == 200
    assert served.get("/image_geninfo", path=path).json().startswith("a red fox")
    assert served.post("/batch_get_files_info", {"paths": [path]}).json()[path]["fullpath"] == path


def test_a_folder_is_shown_by_its_newest_pictures_or_those_below_it(serve, library):
    (library / "empty").mkdir()
    (library / "nested" / "deeper").mkdir(parents=True)
    (library / "nested" / "deeper" / "only.png").write_bytes((library / "fox.png").read_bytes())
    served = serve(library, access_control="on")
    asked = {
        name: str(library / name) for name in ("", "sub", "nested", "empty", "fox.png", "none")
    }
    answer = served.post("/batch_top_4_media_info", {"paths": list(asked.values())}).json()
    found = {name: [info["name"] for info in answer[path]] for name, path in asked.items()}
    assert found == {
        "": ["sea.jpg", "fox.png"],
        "sub": ["deep.png"],
        "nested": ["only.png"],
        "empty": [],
        "fox.png": [],
        "none": [],
    }
    os.utime(library / "fox.png", (1_800_000_000, 1_800_000_000))
    (library / "new.png").write_bytes((library / "fox.png").read_bytes())
    path = asked[""]
    assert {
        info["name"]
        for info in served.post("/batch_top_4_media_info", {"paths": [path]}).json()[path]
    } == {"sea.jpg", "fox.png", "new.png"}
