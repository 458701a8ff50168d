"""Servers over one database that see the same folder at different paths, and some that do not see it.

The second path is a mount of the same folder, so nothing here can tell that it is the same.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest

from iib_core import cli, offline, root_map
from iib_core.config import DATABASE_URL, Config
from iib_core.errors import Conflict
from iib_core.process_lock import ProcessLock
from tests import postgresql
from tests.conftest import write_png
from tests.databases import new_url, write_empty
from tests.disks import bound
from tests.test_servers import connected, wait_for

pytestmark = [pytest.mark.stack, pytest.mark.posix_only("mounts a folder")]


@pytest.fixture
def url():
    postgresql.require_server()
    return new_url()


@pytest.fixture
def ends():
    """The mounts, which are taken away when the servers have ended."""
    with contextlib.ExitStack() as mounts:
        yield mounts


@pytest.fixture
def machine(ends, serve, url, tmp_path, monkeypatch, capsys):
    """``machine(name)``: one machine with its data folder."""
    monkeypatch.setenv(DATABASE_URL, url)

    def make(name: str):
        data_dir = tmp_path / name

        def run(*arguments: object, status: int = 0) -> str:
            assert cli.main([*map(str, arguments), "--data-dir", str(data_dir)]) == status
            told = capsys.readouterr()
            return told.err if status else told.out

        def start(*roots: Path, **settings: object):
            return serve(*roots, data_dir=str(data_dir), database_url=url, **settings)

        return SimpleNamespace(run=run, start=start, data_dir=data_dir)

    return make


@pytest.fixture
def shared(tmp_path, ends):
    """The folder of the studio where one machine has it, and where another one has it."""
    here = tmp_path / "mnt" / "a"
    (here / "sub").mkdir(parents=True)
    for number, name in enumerate(["fox", "hare", "sub/wolf"]):
        write_png(here / f"{name}.png", colour=["red", "green", "blue"][number])
    there = ends.enter_context(bound(here, tmp_path / "Volumes" / "studio"))
    return SimpleNamespace(here=here, there=there)


@pytest.fixture
def two(machine, shared):
    """Two servers that have the folder under one name."""
    one, other = machine("one"), machine("other")
    one.run("roots", "map", "Studio", shared.here)
    other.run("roots", "map", "studio", shared.there)
    first = one.start()
    first.core.index.update()
    return first, other.start()


def search(served, query: str = "") -> list[str]:
    answer = served.post("/db/search", {"query": query, "size": 1000, "sort": "path"})
    assert answer.status_code == 200, answer.text
    return sorted(file["fullpath"] for file in answer.json()["files"])


def below(top: Path, *names: str) -> list[str]:
    return sorted(str(top / name) for name in names)


ALL = ("fox.png", "hare.png", "sub/wolf.png")


def count_rows(url: str) -> int:
    with connected(url) as connection:
        return connection.execute("SELECT count(*) FROM iib.image").fetchone()[0]


def stored_folders(url: str) -> set[str]:
    with connected(url) as connection:
        rows = connection.execute(
            "SELECT path FROM iib.folder UNION SELECT path FROM iib.extra_path"
        )
        return {row[0] for row in rows.fetchall()}


def test_each_server_has_the_files_under_its_own_path(two, shared, url):
    one, other = two
    assert search(one) == below(shared.here, *ALL)
    assert search(other) == below(shared.there, *ALL)
    assert stored_folders(url) == {"studio:", "studio:/sub"}
    # By folder, in each way that there is.
    for query in ("folder:sub", f'folder:"{shared.there / "sub"}"', f'path:"{shared.there}/sub"'):
        assert search(other, query) == below(shared.there, "sub/wolf.png"), query
    assert search(other, "-folder:sub") == below(shared.there, "fox.png", "hare.png")
    assert search(other, f'folder:"{shared.here / "sub"}"') == []
    scoped = other.post(
        "/db/search", {"query": "", "folder_paths": [str(shared.there / "sub")]}
    ).json()
    assert [file["fullpath"] for file in scoped["files"]] == below(shared.there, "sub/wolf.png")
    (root,) = other.get("/db/roots").json()["roots"]
    assert (root["path"], root["online"], root["count"]) == (str(shared.there), True, 3)
    assert root["shared_as"] == "studio"
    folders = other.get("/db/folders", query="sub").json()["folders"]
    assert [folder["path"] for folder in folders] == [str(shared.there / "sub")]
    # What is in the file, and its picture.
    wolf = str(shared.there / "sub" / "wolf.png")
    assert other.get("/image-thumbnail", path=wolf, t="").status_code == 200
    assert other.get("/file", path=wolf).content == (shared.here / "sub" / "wolf.png").read_bytes()
    groups = other.post("/db/timeline", {"query": "", "sort": "folder"})
    assert str(shared.here) not in groups.text and groups.status_code == 200


def test_an_update_by_the_other_server_makes_no_second_row(two, shared, url):
    one, other = two
    ids = {file["id"] for file in one.post("/db/search", {"query": ""}).json()["files"]}
    outcome = other.core.index.update()
    assert outcome.status == "completed", outcome
    assert (outcome.result["added"], outcome.result["missing"]) == (0, 0)
    assert {file["id"] for file in other.post("/db/search", {"query": ""}).json()["files"]} == ids
    write_png(shared.there / "new.png", colour="white")
    assert other.core.index.update().result["added"] == 1
    assert one.core.index.update().result["added"] == 0
    assert search(one, "new") == below(shared.here, "new.png")
    (shared.here / "new.png").unlink()
    assert one.core.index.update().result["missing"] == 1
    assert search(other, "new") == []
    assert count_rows(url) == 4


def test_marks_are_about_the_same_file(two, shared):
    one, other = two
    tag = one.post("/db/add_custom_tag", {"tag_name": "best"}).json()
    fox = {"here": str(shared.here / "fox.png"), "there": str(shared.there / "fox.png")}
    body = {"img_paths": [fox["there"]], "action": "add", "tag_id": tag["id"]}
    assert other.post("/db/batch_update_image_tag", body).status_code == 200
    assert search(one, "tag:best") == [fox["here"]]
    captions = other.post("/db/captions", {"paths": [fox["there"]]})
    assert fox["there"] in captions.text and "a red fox" in captions.text
    album = other.post("/albums", {"name": "of foxes"}).json()
    body = {"id": album["id"], "img_paths": [fox["there"]]}
    assert other.post("/albums/add", body).status_code == 200
    (listed,) = one.get("/albums").json()["albums"]
    assert fox["here"] in json.dumps(listed)


def test_a_move_by_one_is_undone_by_the_other(two, shared, url):
    one, other = two
    (shared.here / "there").mkdir()
    body = {"file_paths": below(shared.there, "fox.png"), "dest": str(shared.there / "there")}
    moved = other.post("/move_files", body)
    assert moved.status_code == 200, moved.text
    assert search(one) == below(shared.here, "there/fox.png", "hare.png", "sub/wolf.png")
    (newest, *_) = one.get("/operations").json()["operations"]
    assert str(shared.here / "there") in newest["summary"]
    assert str(shared.there) not in json.dumps(newest)
    undone = one.post(f"/operations/{moved.json()['operation_id']}/undo", {})
    assert undone.status_code == 200, undone.text
    assert (shared.here / "fox.png").exists()
    assert search(other) == below(shared.there, *ALL)
    assert count_rows(url) == 3


def test_what_one_deletes_the_other_restores_or_deletes_permanently(two, shared):
    one, other = two
    for name in ("fox.png", "hare.png"):
        gone = one.post("/delete_files", {"file_paths": below(shared.here, name)})
        assert gone.status_code == 200, gone.text
        assert search(other, name) == []
        trash = other.get("/trash").json()
        assert str(shared.there / name) in json.dumps(trash)
        assert str(shared.here) not in json.dumps(trash)
        operation = gone.json()["operation_id"]
        if name == "fox.png":
            assert other.post(f"/operations/{operation}/undo", {}).status_code == 200
            assert search(one, name) == below(shared.here, name)
        else:
            emptied = other.core.operations.trash.empty()
            assert (emptied.files, emptied.errors) == (1, [])
            assert not list((shared.here / ".iib-trash").rglob("*.png"))


def test_a_folder_that_is_renamed_by_one_is_renamed_for_the_other(two, shared, url):
    one, other = two
    renamed = other.post("/db/rename", {"path": str(shared.there / "sub"), "name": "wolves"})
    assert renamed.status_code == 200, renamed.text
    assert renamed.json()["new_path"] == str(shared.there / "wolves")
    assert search(one, "wolf") == below(shared.here, "wolves/wolf.png")
    assert one.core.index.update().result["added"] == 0
    assert count_rows(url) == 3


@pytest.fixture
def alone(machine, two, shared):
    """A server that does not have the folder, and the first of those that have it."""
    return machine("third").start(), two[0]


def test_a_server_that_does_not_see_a_folder_says_so(alone, shared, caplog, machine):
    third, _ = alone
    (root,) = third.get("/db/roots").json()["roots"]
    assert (root["path"], root["online"], root["shared_as"]) == (
        "elsewhere:studio:",
        False,
        "studio",
    )
    assert (root["name"], root["count"], root["missing"]) == ("studio", 0, 3)
    assert search(third) == []
    assert third.get("/db/basic_info").json()["img_count"] == 0
    assert third.post("/db/timeline", {"query": ""}).json()["total"] == 0
    with caplog.at_level(logging.INFO, "iib_core.index.roots"):
        machine("fourth").start()
        machine("other").run("roots")
    told = "\n".join(record.getMessage() for record in caplog.records)
    assert "studio of the library is seen by other servers only" in told


def test_a_server_leaves_a_folder_alone_that_it_does_not_see(alone, shared, url):
    third, one = alone
    assert third.core.index.update().result["missing"] == 0
    jobs = [third.core.missing.start(criterion, dry_run=False) for criterion in _everything()]
    for job in jobs:
        assert third.core.jobs.wait(job.job_id).result["count"] == 0
    third.core.operations.recover()
    assert search(one) == below(shared.here, *ALL) and count_rows(url) == 3
    assert third.post("/db/rebuild_index", {}).status_code == 200
    assert search(one) == below(shared.here, *ALL) and count_rows(url) == 3


def _everything():
    from iib_core.search import query

    return [query.parse("")]


def test_what_is_done_with_files_of_such_a_folder_is_refused_with_a_sentence(
    alone, shared, tmp_path, monkeypatch
):
    third, one = alone
    # Even where the working directory has a folder of that name.
    monkeypatch.chdir(tmp_path)
    trap = tmp_path / "elsewhere:studio:"
    shutil.copytree(shared.here, trap)
    fox = "elsewhere:studio:/fox.png"
    own = tmp_path / "own"
    own.mkdir()
    write_png(own / "own.png")
    requests = [
        ("/move_files", {"file_paths": [fox], "dest": str(own)}),
        ("/copy_files", {"file_paths": [fox], "dest": str(own)}),
        ("/copy_files", {"file_paths": [str(own / "own.png")], "dest": "elsewhere:studio:"}),
        ("/delete_files", {"file_paths": [fox]}),
        ("/db/rename", {"path": fox, "name": "x.png"}),
        ("/mkdirs", {"dest_folder": "elsewhere:studio:/new"}),
    ]
    for route, body in requests:
        refused = third.post(route, body)
        assert refused.status_code == 409, (route, refused.text)
        assert refused.json()["code"] == "RootElsewhere" and "iib roots map" in refused.text
    for route in ("/file", "/image-thumbnail", "/files"):
        name = "folder_path" if route == "/files" else "path"
        refused = third.get(route, **{name: fox if name == "path" else "elsewhere:studio:"}, t="")
        assert refused.status_code in (404, 409), (route, refused.text)
    gone = third.client.request("DELETE", "/db/extra_paths", json={"path": "elsewhere:studio:"})
    assert gone.status_code == 409, gone.text
    before = Counter(path.name for path in trap.rglob("*"))
    # Neither are operations of others undone, nor is their trash emptied.
    deleted = one.post("/delete_files", {"file_paths": below(shared.here, "hare.png")}).json()
    refused = third.post(f"/operations/{deleted['operation_id']}/undo", {})
    assert refused.status_code == 409 and refused.json()["code"] == "RootElsewhere"
    emptied = third.core.operations.trash.empty()
    assert emptied.files == 0 and len(emptied.errors) == 1
    undone = one.post(f"/operations/{deleted['operation_id']}/undo", {})
    assert undone.status_code == 200, undone.text
    assert Counter(path.name for path in trap.rglob("*")) == before
    assert sorted(path.name for path in own.iterdir()) == ["own.png"]


def test_marks_can_be_given_to_files_that_are_elsewhere(alone, shared):
    third, one = alone
    tag = third.post("/db/add_custom_tag", {"tag_name": "far"}).json()
    body = {"img_paths": ["elsewhere:studio:/fox.png"], "action": "add", "tag_id": tag["id"]}
    assert third.post("/db/batch_update_image_tag", body).status_code == 200
    assert search(one, "tag:far") == below(shared.here, "fox.png")


def test_a_folder_of_another_system_is_elsewhere(machine, shared, url):
    first = machine("one").start(shared.here)
    first.core.index.update()
    first.core.close()
    with connected(url) as connection:
        connection.execute(
            "UPDATE iib.folder SET path = 'Z:\\a' || substr(path, %s)", (len(str(shared.here)) + 1,)
        )
        connection.execute("UPDATE iib.index_change SET number = number + 1")
    one = machine("other").start(shared.here)
    one.core.index.update()
    # Its own files are other rows, and those of the other machine are as they were.
    assert search(one) == below(shared.here, *ALL) and count_rows(url) == 6
    assert {"Z:\\a", "Z:\\a/sub"} <= stored_folders(url)


def test_files_that_are_known_already_get_the_name(machine, shared, url):
    """The first server had them under its path, and so had the other one, for itself."""
    one, other = machine("one"), machine("other")
    for each, top in ((one, shared.here), (other, shared.there)):
        served = each.start(top)
        served.core.index.update()
        tag = served.post("/db/add_custom_tag", {"tag_name": f"of-{top.name}"}).json()
        body = {"img_paths": below(top, "fox.png"), "action": "add", "tag_id": tag["id"]}
        assert served.post("/db/batch_update_image_tag", body).status_code == 200
        served.post("/app_fe_setting", {"name": f"at-{top.name}", "value": [str(top / "sub"), "x"]})
        served.core.close()
    assert count_rows(url) == 6
    assert "3 files in 2 folders" in one.run("roots", "map", "studio", shared.here)
    told = other.run("roots", "map", "studio", shared.there)
    assert "3 of them were known twice" in told
    assert count_rows(url) == 3 and stored_folders(url) == {"studio:", "studio:/sub"}
    again = other.start(shared.there)
    assert again.core.index.update().result["added"] == 0
    assert search(again, "tag:of-a tag:of-studio") == below(shared.there, "fox.png")
    stored = again.get("/global_setting").json()["app_fe_setting"]
    assert stored["at-a"] == stored["at-studio"] == [str(shared.there / "sub"), "x"]
    assert [root["path"] for root in again.get("/db/roots").json()["roots"]] == [str(shared.there)]


def test_files_get_a_name_only_while_no_other_server_runs(machine, shared, url):
    one, other = machine("one"), machine("other")
    running = other.start(shared.there)
    running.core.index.update()
    told = one.run("roots", "map", "studio", shared.there, status=2)
    assert "1 other server runs" in told
    assert not root_map.load(str(one.data_dir))
    # Without files that would get it, nothing is in the way.
    one.run("roots", "map", "studio", shared.here)
    assert count_rows(url) == 3
    # The server of this data folder has to end in any case.
    own = one.start()
    assert "stop it first" in one.run("roots", "map", "more", shared.there, status=2)
    assert "stop it first" in one.run("roots", "unmap", "studio", status=2)
    own.core.close()


def test_the_map_is_listed_and_taken_back(machine, shared, url, tmp_path):
    one = machine("one")
    assert one.run("roots", "map", status=1) == ""
    one.run("roots", "map", "studio", shared.here)
    assert one.run("roots", "map").split() == ["NAME", "FOLDER", "studio", str(shared.here)]
    assert json.loads(one.run("roots", "map", "--json")) == {
        "mapped": [{"name": "studio", "path": str(shared.here)}]
    }
    assert "shared as studio" in one.run("roots")
    assert "is 'studio' here already" in one.run("roots", "map", "other", shared.here, status=2)
    assert "Name the folder too" in one.run("roots", "map", "other", status=2)
    assert "is not there" in one.run("roots", "map", "other", tmp_path / "none", status=2)
    assert "no name for a folder" in one.run("roots", "map", "z:", shared.here, status=2)
    served = one.start()
    served.core.index.update()
    served.core.close()
    one.run("roots", "unmap", "studio")
    assert "offline, shared as studio" in one.run("roots")
    assert stored_folders(url) == {"studio:", "studio:/sub"}
    assert "mapped to no folder" in one.run("roots", "unmap", "studio", status=2)
    # It comes back under another path, and at last under the path alone.
    one.run("roots", "map", "studio", shared.there)
    assert "3 files in 2 folders" in one.run("roots", "unmap", "studio", "--for-all")
    assert stored_folders(url) == {str(shared.there), str(shared.there / "sub")}
    again = one.start()
    assert again.core.index.update().result["added"] == 0
    assert search(again) == below(shared.there, *ALL)


def test_a_library_with_names_goes_into_a_file_only_without_them(machine, shared, url, tmp_path):
    one = machine("one")
    one.run("roots", "map", "studio", shared.here)
    served = one.start()
    served.core.index.update()
    served.core.close()
    file = tmp_path / "new" / "iib.db"
    told = one.run("migrate-store", DATABASE_URL, file, status=2)
    assert "iib roots unmap studio --for-all" in told and not file.exists()
    one.run("roots", "unmap", "studio", "--for-all")
    one.run("migrate-store", DATABASE_URL, file)
    assert file.exists()


def test_names_are_for_libraries_on_a_server(tmp_path, library):
    write_empty(tmp_path / "data" / "iib.db")
    config = Config(data_dir=str(tmp_path / "data"), roots=())
    with pytest.raises(Exception, match="IIB_DATABASE_URL"):
        offline.map_root(config, "studio", str(library))


def test_a_shared_folder_is_not_relocated_on_one_server(two, shared, tmp_path):
    one, _ = two
    (tmp_path / "moved").mkdir()
    body = {"old": str(shared.here), "new": str(tmp_path / "moved"), "dry_run": False}
    refused = one.post("/db/relocate", body)
    assert refused.status_code == 409, refused.text
    with pytest.raises(Conflict, match="iib roots map studio"):
        one.core.roots.relocate(str(shared.here), str(tmp_path / "moved"), dry_run=False)


def test_what_a_dead_server_left_is_finished_by_one_that_sees_it(two, alone, shared, url):
    """Under its own path; the one that does not see it leaves it."""
    third, one = alone
    other = two[1]
    (shared.here / "there").mkdir()
    moved = one.post(
        "/move_files",
        {"file_paths": below(shared.here, "fox.png"), "dest": str(shared.here / "there")},
    ).json()
    # As if it had been killed before the file was moved.
    os.rename(shared.here / "there" / "fox.png", shared.here / "fox.png")
    with connected(url) as connection:
        connection.execute(
            "UPDATE iib.operation SET state = 'running', owner = 'gone' WHERE id = %s",
            (moved["operation_id"],),
        )
    assert third.core.operations.recover() == 0
    wait_for(lambda: (shared.here / "there" / "fox.png").exists(), "it is not finished")
    moved_to = below(shared.there, "there/fox.png")
    wait_for(lambda: search(other, "name:fox") == moved_to, "its row does not follow")


def test_a_file_name_with_a_colon_is_the_same_everywhere(two, shared):
    one, other = two
    write_png(shared.here / "what: a fox?.png")
    one.core.index.update()
    assert search(other, "what") == below(shared.there, "what: a fox?.png")
    assert ProcessLock(str(shared.here)).is_any_alive() is False
