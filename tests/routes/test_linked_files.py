"""Pictures that are links: to inside and outside of the library, and second names of one file."""

from __future__ import annotations

import io
import os
import zipfile

import pytest

from tests.conftest import write_png

pytestmark = pytest.mark.stack
needs_links = pytest.mark.needs_links


@pytest.fixture
def picks(tmp_path):
    """A folder of links in a library: ``1.png`` leads out of it, ``2.png`` to another folder of it."""
    for folder in ("library/a", "library/picks", "library/other", "store"):
        (tmp_path / folder).mkdir(parents=True)
    write_png(tmp_path / "store/1.png", infotext="a fox outside\nSteps: 20, Seed: 1")
    write_png(tmp_path / "library/a/2.png", infotext="a fox inside\nSteps: 20, Seed: 2")
    folder = tmp_path / "library/picks"
    (folder / "1.png").symlink_to(tmp_path / "store/1.png")
    (folder / "2.png").symlink_to("../a/2.png")
    return folder


@pytest.fixture
def served(serve, picks):
    """The library of ``picks``, without access control."""
    return start(serve, picks, "off")


def start(serve, picks, access_control):
    served = serve(picks.parent, access_control=access_control)
    assert served.post("/db/update_image_data", {}).status_code == 200
    return served


def find(served, folder, query="fox"):
    body = {"query": query, "folder_paths": [str(folder)]}
    answer = served.post("/db/search", body)
    assert answer.status_code == 200, answer.text
    return sorted(file["fullpath"] for file in answer.json()["files"])


def undo(served, answer):
    number = answer.json()["operation_id"]
    assert served.post(f"/operations/{number}/undo", {}).status_code == 200


def list_folder(served, folder):
    listed = served.get("/files", folder_path=str(folder)).json()["files"]
    return sorted(file["fullpath"] for file in listed)


def both(picks):
    return [str(picks / "1.png"), str(picks / "2.png")]


@needs_links
def test_search_and_listing_show_the_same_links(served, picks):
    assert find(served, picks) == list_folder(served, picks) == both(picks)
    assert find(served, picks.parent) == sorted([*both(picks), str(picks.parent / "a/2.png")])
    for path in both(picks):
        assert served.get("/image-thumbnail", path=path, t="1").status_code == 200
        assert served.get("/file", path=path, t="1").status_code == 200
        assert "fox" in served.get("/image_geninfo", path=path).json()


@needs_links
def test_under_access_control_a_link_that_leads_out_exists_nowhere(serve, picks):
    served = start(serve, picks, "on")
    assert find(served, picks) == list_folder(served, picks) == [str(picks / "2.png")]
    assert served.get("/image-thumbnail", path=str(picks / "1.png"), t="1").status_code == 403
    body = {"img_paths": [str(picks / "1.png")], "rating": 5}
    assert served.post("/db/rate", body).status_code == 403


@needs_links
def test_a_star_a_tag_and_an_album_are_those_of_the_link(served, picks):
    paths = both(picks)
    assert served.post("/db/rate", {"img_paths": paths, "rating": 4}).json()["updated"] == 2
    tag_id = served.post("/db/add_custom_tag", {"tag_name": "dear"}).json()["id"]
    body = {"img_paths": paths, "action": "add", "tag_id": tag_id}
    assert served.post("/db/batch_update_image_tag", body).json()["updated"] == 2
    album = served.post("/albums", {"name": "best"}).json()["id"]
    assert served.post("/albums/add", {"img_paths": paths, "id": album}).json()["updated"] == 2
    everywhere = [*paths, str(picks.parent / "a/2.png")]
    told = served.post("/db/marks", {"paths": everywhere}).json()["marks"]
    assert [told[path]["rating"] for path in everywhere] == [4, 4, 0]
    assert [bool(told[path]["tags"]) for path in everywhere] == [True, True, False]
    assert find(served, picks.parent, "rating:4 tag:dear") == paths
    removed = {"img_path": paths[0], "tag_id": tag_id}
    assert served.post("/db/remove_custom_tag_from_img", removed).status_code == 200
    assert find(served, picks.parent, "tag:dear") == [paths[1]]


@needs_links
def test_operations_are_about_the_link_and_leave_what_it_leads_to(served, picks):
    library, paths = picks.parent, both(picks)
    contents = [path.read_bytes() for path in (library / "a/2.png", picks / "1.png")]
    served.post("/db/rate", {"img_paths": paths, "rating": 4})
    body = {"file_paths": [paths[0]], "dest": str(library / "other")}
    assert served.post("/move_files", body).status_code == 200
    moved = library / "other/1.png"
    assert moved.is_symlink() and find(served, library, "rating:4") == [str(moved), paths[1]]
    body = {"file_paths": [paths[1]], "dest": str(library / "other")}
    assert served.post("/copy_files", body).status_code == 200
    assert (library / "other/2.png").is_symlink()
    gone = served.post("/delete_files", {"file_paths": [str(moved), paths[1]]})
    assert gone.status_code == 200 and not os.path.lexists(moved)
    left = (library / "a/2.png", picks.parents[1] / "store/1.png")
    assert [path.read_bytes() for path in left] == contents
    undo(served, gone)
    copied = str(library / "other/2.png")
    assert find(served, library, "rating:4") == [str(moved), copied, paths[1]]


@needs_links
def test_a_zip_holds_what_the_links_lead_to(served, picks):
    answer = served.post("/zip", {"paths": both(picks), "compress": False, "pack_only": False})
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        assert [packed.read(name)[:4] for name in packed.namelist()] == [b"\x89PNG"] * 2


@needs_links
def test_a_link_that_leads_elsewhere_now_shows_what_it_leads_to(served, picks):
    write_png(picks.parents[1] / "store/bear.png", infotext="a bear\nSteps: 20, Seed: 3")
    served.post("/db/rate", {"img_paths": [str(picks / "1.png")], "rating": 4})
    (picks / "1.png").unlink()
    (picks / "1.png").symlink_to(picks.parents[1] / "store/bear.png")
    served.post("/db/update_image_data", {})
    assert find(served, picks, "bear") == [str(picks / "1.png")]
    assert find(served, picks, "outside") == []
    assert find(served, picks, "rating:4") == [str(picks / "1.png")]


def test_two_names_of_one_file_are_two_pictures(serve, library):
    os.link(library / "fox.png", library / "sub/second.png")
    served = serve(library)
    served.post("/db/update_image_data", {})
    names = [str(library / "fox.png"), str(library / "sub/second.png")]
    served.post("/db/rate", {"img_paths": names[1:], "rating": 4})
    assert find(served, library, "rating:4") == names[1:]
    gone = served.post("/delete_files", {"file_paths": names[1:]})
    assert (library / "fox.png").exists() and find(served, library, "rating:4") == []
    undo(served, gone)
    assert find(served, library, "rating:4") == names[1:]
    assert os.path.samefile(*names)
