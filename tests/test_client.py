"""The client for scripts: every method against the API's own description, and against a real
server.
"""

from __future__ import annotations

import inspect
import json
import os
import shutil
import stat
import subprocess
import sys
import threading
import typing
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from fastapi import FastAPI

from iib_core import announcement
from iib_core.announcement import Announcement
from iib_core.client import Client, ClientError, connect
from iib_core.client.transport import Answer
from iib_core.config import BASE
from iib_core.routes import ROUTERS
from tests.conftest import write_png

pytestmark = pytest.mark.stack

TOP = Path(__file__).parent.parent
FILES = ["/library/fox.png"]

# What each method sends, with all of its arguments.
CALLS: dict[str, Callable[[Client], object]] = {
    "hello": lambda c: c.hello(),
    "version": lambda c: c.version(),
    "settings": lambda c: c.settings(),
    "basic_info": lambda c: c.basic_info(),
    "search": lambda c: c.search(
        "fox", sort="name", order="asc", folders=["/a"], size=3, cursor="x"
    ),
    "search_all": lambda c: list(c.search_all("fox", folders=["/a"], limit=3)),
    "search_by_meaning": lambda c: c.search_by_meaning("fox", folders=["/a"], top_k=3, cursor="x"),
    "similar": lambda c: c.similar(FILES[0], by="look", top_k=3, cursor="x"),
    "list_folder": lambda c: c.list_folder("/a"),
    "describe": lambda c: c.describe(FILES),
    "info": lambda c: c.info(FILES),
    "tags": lambda c: c.tags("fox", category="", limit=3),
    "create_tag": lambda c: c.create_tag("fine", color="#ff0000"),
    "delete_tag": lambda c: c.delete_tag(1, undoable=True),
    "merge_tags": lambda c: c.merge_tags([1, 2], 3, undoable=True),
    "tag": lambda c: c.tag(FILES, 1, undoable=True),
    "untag": lambda c: c.untag(FILES, 1, undoable=True),
    "rate": lambda c: c.rate(FILES, 4, undoable=True),
    "undo_marks": lambda c: c.undo_marks("1"),
    "marks": lambda c: c.marks(FILES),
    "albums": lambda c: c.albums(),
    "create_album": lambda c: c.create_album("best"),
    "rename_album": lambda c: c.rename_album(1, "best"),
    "delete_album": lambda c: c.delete_album(1, undoable=True),
    "add_to_album": lambda c: c.add_to_album(1, FILES, undoable=True),
    "remove_from_album": lambda c: c.remove_from_album(1, FILES, undoable=True),
    "move": lambda c: c.move(FILES, "/a", create=True, on_conflict="rename", dry_run=True),
    "copy": lambda c: c.copy(FILES, "/a", create=True, on_conflict="rename", dry_run=True),
    "delete": lambda c: c.delete(FILES),
    "rename": lambda c: c.rename(FILES[0], "wolf.png"),
    "make_folder": lambda c: c.make_folder("/a"),
    "upload": lambda c: c.upload([__file__], "/a", on_conflict="rename"),
    "operations": lambda c: c.operations(3),
    "undo": lambda c: c.undo("20260101-1"),
    "start_duplicates": lambda c: c.start_duplicates(
        ["/a"], query="fox", paths=FILES, distance=3, exact=True, kind="exact", limit=3
    ),
    "duplicates": lambda c: c.duplicates(["/a"]),
    "more_duplicates": lambda c: c.more_duplicates("x", kind="near", limit=3),
    "resolve_duplicates": lambda c: c.resolve_duplicates({"/a/1.png": FILES}, exact=True),
    "add_not_duplicates": lambda c: c.add_not_duplicates([FILES]),
    "not_duplicates": lambda c: c.not_duplicates(),
    "remove_not_duplicates": lambda c: c.remove_not_duplicates(1),
    "look_status": lambda c: c.look_status(),
    "vision_status": lambda c: c.vision_status(),
    "download_vision": lambda c: c.download_vision("clip"),
    "pause_vision_download": lambda c: c.pause_vision_download(),
    "pause_vision": lambda c: c.pause_vision(),
    "resume_vision": lambda c: c.resume_vision(),
    "use_vision": lambda c: c.use_vision("clip"),
    "remove_vision": lambda c: c.remove_vision("clip"),
    "search_by_content": lambda c: c.search_by_content(
        "fox", folders=["/a"], top_k=3, min_score=0.1, cursor="x"
    ),
    "similar_to_picture": lambda c: c.similar_to_picture(
        __file__, top_k=3, min_score=0.1, cursor="x"
    ),
    "judges": lambda c: c.judges(),
    "turn_judge_on": lambda c: c.turn_judge_on("nsfw"),
    "turn_judge_off": lambda c: c.turn_judge_off("nsfw"),
    "forget_judge": lambda c: c.forget_judge("nsfw"),
    "judgement": lambda c: c.judgement(FILES[0]),
    "roots": lambda c: c.roots(),
    "add_root": lambda c: c.add_root("/a", "walk"),
    "remove_root": lambda c: c.remove_root("/a"),
    "start_update": lambda c: c.start_update(),
    "update_index": lambda c: c.update_index(),
    "index_status": lambda c: c.index_status(),
    "job": lambda c: c.job("1"),
    "cancel": lambda c: c.cancel("1"),
    "wait": lambda c: c.wait("1"),
    "start_topics": lambda c: c.start_topics(
        ["/a"], threshold=0.8, min_size=3, lang="en", recursive=False
    ),
    "topics_state": lambda c: c.topics_state("1"),
    "topics": lambda c: c.topics(["/a"]),
    "start_organising": lambda c: c.start_organising(
        ["/a"],
        "/b",
        by="date",
        pattern="{date:%Y}",
        action="copy",
        recursive=True,
        threshold=0.9,
        lang="en",
    ),
    "organise_state": lambda c: c.organise_state("1", brief=True),
    "organise_preview": lambda c: c.organise_preview(["/a"], "/b"),
    "confirm_organising": lambda c: c.confirm_organising(
        "1", names={"g1": "Foxes"}, skipped=["g2"]
    ),
    "organise": lambda c: c.organise("1"),
    "cancel_organising": lambda c: c.cancel_organising("1"),
}
# What the work that a method waits for answers in the end.
ENDS = {"organise_preview": {"status": "preview_ready", "preview": {}}}


LISTS = ("files", "tags", "albums", "operations", "groups", "group_ids", "judges")


class Recorder:
    """A transport that keeps what is sent, and answers with what every method can read."""

    def __init__(self, end: dict[str, Any]) -> None:
        self.requests: list[tuple[str, str, dict[str, list[str]], Any]] = []
        self._answer = {"status": "completed", "error": "", "result": {}, "job_id": "1"} | end
        self._answer |= {name: [] for name in LISTS}
        self._answer |= {"marks": {}, "cursor": {"has_next": False, "next": ""}}

    def send(self, method: str, target: str, headers: Any, body: Any) -> Answer:
        path, _, query = target.partition("?")
        is_json = headers.get("Content-Type") == "application/json"
        content = json.loads(body) if is_json else body
        self.requests.append((method, path, parse_qs(query, keep_blank_values=True), content))
        return Answer(200, json.dumps(self._answer).encode())


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    """The API as it describes itself."""
    app = FastAPI()
    for router in ROUTERS:
        app.include_router(router, prefix=BASE)
    found = app.openapi()
    found["paths"] = {
        path.removeprefix(BASE): operations for path, operations in found["paths"].items()
    }
    return found


def methods() -> dict[str, Callable[..., Any]]:
    found = inspect.getmembers(Client, inspect.isfunction)
    return {name: function for name, function in found if not name.startswith("_")}


def test_every_method_is_called_here():
    assert set(CALLS) == set(methods())


@pytest.mark.parametrize("name", CALLS)
def test_a_method_sends_what_the_api_describes(described, name):
    recorder = Recorder(ENDS.get(name, {}))
    CALLS[name](Client(recorder))
    assert recorder.requests
    for method, path, query, body in recorder.requests:
        operation = find(described, method, path)
        parameters = {p["name"]: p for p in operation.get("parameters", []) if p["in"] == "query"}
        assert set(query) <= set(parameters)
        assert {name for name, p in parameters.items() if p.get("required")} <= set(query)
        if not isinstance(body, (dict, list)):
            continue
        check(described, body_of(operation), body)


def find(described: dict[str, Any], method: str, path: str) -> dict[str, Any]:
    """The described operation that a request reaches."""
    for template, operations in described["paths"].items():
        parts, given = template.split("/"), path.split("/")
        is_same = all(part == own or part.startswith("{") for part, own in zip(parts, given))
        if len(parts) == len(given) and is_same and method.lower() in operations:
            return operations[method.lower()]
    raise AssertionError(f"{method} {path} is no route")


def body_of(operation: dict[str, Any]) -> dict[str, Any]:
    return operation["requestBody"]["content"]["application/json"]["schema"]


def resolved(described: dict[str, Any], schema: dict[str, Any]) -> list[dict[str, Any]]:
    """The schemas that one stands for."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return resolved(described, described["components"]["schemas"][name])
    several = schema.get("anyOf") or schema.get("allOf")
    if several:
        return [one for option in several for one in resolved(described, option)]
    return [schema]


def properties(described: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in resolved(described, schema):
        found |= one.get("properties", {})
    return found


def check(described: dict[str, Any], schema: dict[str, Any], value: Any) -> None:
    """Every field that is sent is described, and every one that is required is sent."""
    if isinstance(value, dict):
        options = [one for one in resolved(described, schema) if "properties" in one]
        assert options, value
        assert set(value) <= set(properties(described, schema)), value
        assert any(set(one.get("required", [])) <= set(value) for one in options)
        for name, item in value.items():
            check(described, properties(described, schema)[name], item)
    elif isinstance(value, list):
        (array,) = [one for one in resolved(described, schema) if one.get("type") == "array"]
        for item in value:
            check(described, array["items"], item)


@pytest.mark.parametrize(
    "name", [name for name in CALLS if name not in ("search_all", "hello", "duplicates")]
)
def test_what_a_method_answers_has_the_fields_that_the_api_describes(described, name):
    recorder = Recorder(ENDS.get(name, {}))
    CALLS[name](Client(recorder))
    method, path, _, _ = recorder.requests[0 if name == "update_index" else -1]
    answer = find(described, method, path)["responses"]["200"]["content"]["application/json"][
        "schema"
    ]
    wanted = typing.get_type_hints(methods()[name])["return"]
    compared = compare(described, answer, wanted) or compare_in_a_field(described, answer, wanted)
    assert compared, f"{name}: {wanted} is nothing that {method} {path} answers"


def compare_in_a_field(described: dict[str, Any], schema: dict[str, Any], wanted: Any) -> bool:
    """Methods that hand on one field of the answer."""
    return any(compare(described, one, wanted) for one in properties(described, schema).values())


def compare(described: dict[str, Any], schema: dict[str, Any], wanted: Any) -> bool:
    """Whether every field of a type is described, all the way down."""
    origin, arguments = typing.get_origin(wanted), typing.get_args(wanted)
    if typing.is_typeddict(wanted):
        hints, told = typing.get_type_hints(wanted), properties(described, schema)
        return set(hints) <= set(told) and all(
            compare(described, told[n], h) for n, h in hints.items()
        )
    if origin is list:
        arrays = [one for one in resolved(described, schema) if one.get("type") == "array"]
        return bool(arrays) and compare(described, arrays[0]["items"], arguments[0])
    if origin is dict:
        maps = [one.get("additionalProperties") for one in resolved(described, schema)]
        return any(isinstance(one, dict) and compare(described, one, arguments[1]) for one in maps)
    given = [argument for argument in arguments if argument is not type(None)]
    return compare(described, schema, given[0]) if given else True


@pytest.fixture
def client(serve, library) -> Iterator[Client]:
    served = serve(library)
    served.core.index.update()
    yield Client(served.url + BASE)


def names(files: Any) -> set[str]:
    return {file["name"] for file in files}


def test_files_are_found_marked_moved_and_back(client, library):
    fox, dest = str(library / "fox.png"), str(library / "new")
    assert client.hello() == "hello" and names(client.search("red fox")["files"]) == {"fox.png"}
    assert names(client.search_all("")) == {"fox.png", "sea.jpg", "deep.png"}
    assert len(list(client.search_all("", limit=2))) == 2
    assert client.info([fox])["infos"][fox]["seed"] == 42
    tag = client.create_tag("fine")
    assert client.tag([fox], tag["id"])["updated"] == client.rate([fox], 4)["updated"] == 1
    album = client.create_album("best")
    client.add_to_album(album["id"], [fox])
    marks = client.marks([fox])[fox]
    assert ([tag["name"] for tag in marks["tags"]], marks["rating"]) == (["fine"], 4)
    assert [album["count"] for album in client.albums()] == [1]

    planned = client.move([fox], dest, create=True, dry_run=True)
    assert planned["dry_run"] and planned["operation_id"] is None and not os.path.exists(dest)
    assert [move["dest_path"] for move in planned["moved"]] == [os.path.join(dest, "fox.png")]
    moved = client.move([fox], dest, create=True)
    assert moved["moved"] == planned["moved"] and set(os.listdir(dest)) == {"fox.png", "fox.txt"}
    assert client.operations()[0]["id"] == moved["operation_id"]
    client.undo(moved["operation_id"] or "")
    assert os.path.exists(fox) and not os.path.exists(dest)


def test_a_dry_run_of_a_copy_tells_what_is_in_the_way(client, library):
    write_png(library / "sub" / "fox.png")
    fox, sub = str(library / "fox.png"), str(library / "sub")
    planned = client.copy([fox], sub, dry_run=True)
    assert [error["code"] for error in planned["errors"]] == ["NameTaken"] and planned[
        "copied"
    ] == []
    planned = client.copy([fox], sub, dry_run=True, on_conflict="rename")
    assert len(planned["copied"]) == 1 and not planned["errors"]
    assert sorted(os.listdir(sub)) == ["deep.png", "fox.png"]


def test_a_change_of_marks_is_undone(client, library):
    fox = str(library / "fox.png")
    tag = client.create_tag("fine")
    assert "change_id" not in client.rate([fox], 3)
    client.tag([fox], tag["id"])
    changes = [
        client.rate([fox], 5, undoable=True),
        client.delete_tag(tag["id"], undoable=True),
    ]
    assert [change["changed"] for change in changes] == [1, 1]
    assert "fine" not in {tag["name"] for tag in client.tags()}
    for change in changes:
        assert client.undo_marks(change["change_id"])["updated"] == 1
    marks = client.marks([fox])[fox]
    assert (marks["rating"], [tag["name"] for tag in marks["tags"]]) == (3, ["fine"])
    with pytest.raises(ClientError) as raised:
        client.undo_marks("never")
    assert raised.value.code == "NotFound"


def test_duplicates_are_found_resolved_and_kept_apart(client, library):
    shutil.copy(library / "fox.png", library / "copy.png")
    client.update_index()
    seen: list[str] = []
    found = client.duplicates(
        [str(library)], lambda state: seen.append(state["status"]), exact=True
    )
    (group,) = found["groups"]
    assert seen[-1] == "completed" and found["count"] == 1
    assert client.more_duplicates(found["first"])["groups"] == [group]
    paths = [file["path"] for file in group["files"]]
    (group_id,) = client.add_not_duplicates([paths])
    assert [sorted(one["paths"]) for one in client.not_duplicates()] == [sorted(paths)]
    assert client.duplicates(exact=True)["groups"] == []
    assert client.remove_not_duplicates(group_id)["removed"]
    resolved = client.resolve_duplicates({paths[0]: paths[1:]}, exact=True)
    assert resolved["deleted"] == paths[1:] and not os.path.exists(paths[1])
    client.undo(resolved["operation_id"] or "")
    assert os.path.exists(paths[1])
    assert client.look_status()["total"] == 4


def test_what_sees_pictures_is_asked_for(client, library, tmp_path):
    status = client.vision_status()
    assert {model["state"] for model in status["models"]} == {"missing"}
    assert {judge["state"] for judge in client.judges()} == {"off"}
    assert client.judgement(str(library / "fox.png"))["tags"] == []
    for search in (
        lambda: client.search_by_content("a fox"),
        lambda: client.similar_to_picture(str(library / "fox.png")),
    ):
        with pytest.raises(ClientError) as raised:
            search()
        assert raised.value.status == 409
    with pytest.raises(ClientError) as raised:
        client.similar_to_picture(str(tmp_path / "none.png"))
    assert raised.value.code == "UnreadableFile"


def test_long_work_is_waited_for_and_reports_progress(client, library):
    seen: list[str] = []
    write_png(library / "late.png")
    assert client.update_index(lambda state: seen.append(state["status"]))["added"] == 1
    assert seen[-1] == "completed"
    preview = client.organise_preview(
        [str(library)], str(library / "by"), by="model", recursive=True
    )
    assert preview["total_files"] == 4 and not (library / "by").exists()
    result = client.organise(preview["job_id"])
    assert result["moved_count"] == 4 and result["errors"] == []
    client.undo(result["operation_id"])
    assert (library / "late.png").exists()
    with pytest.raises(ClientError) as raised:
        client.confirm_organising("none")
    assert raised.value.status == 404


def test_a_failure_has_code_status_and_a_sentence(client, library):
    with pytest.raises(ClientError) as raised:
        client.move([str(library / "none.png")], str(library / "sub"))
    failure = raised.value
    assert (failure.status, failure.code, failure.message) == (404, "NotFound", str(failure))
    with pytest.raises(ClientError) as raised:
        Client(client._transport.url.removesuffix(BASE)).version()  # type: ignore[attr-defined]
    assert (raised.value.status, raised.value.code) == (404, "NotIIB")
    with pytest.raises(ClientError) as raised:
        client._get("/newer")
    assert (raised.value.status, raised.value.code) == (404, "NotFound")
    with pytest.raises(ClientError) as raised:
        Client("http://127.0.0.1:9/iib").hello()
    assert (raised.value.status, raised.value.code) == (0, "Unreachable")
    with pytest.raises(ClientError, match="no address"):
        Client("127.0.0.1:7866")


def test_the_password_opens_a_server(serve, library):
    served = serve(library, secret_key="correct horse")
    with pytest.raises(ClientError) as raised:
        Client(served.url + BASE).version()
    assert (raised.value.status, raised.value.code) == (401, "LoginRequired")
    assert Client(served.url + BASE, "correct horse").version()["version"]


def test_the_running_server_is_found_through_the_data_folder(tmp_path, serve, library, monkeypatch):
    served = serve(library, secret_key="correct horse")
    data_dir = str(tmp_path / "announced")
    os.mkdir(data_dir)
    with pytest.raises(ClientError) as raised:
        connect(data_dir)
    assert raised.value.code == "NoServer"
    monkeypatch.setenv("IIB_SECRET_KEY", "correct horse")
    announced = Announcement(data_dir, served.url + BASE)
    assert connect(data_dir).version()["version"]
    if os.name == "posix":
        assert stat.S_IMODE(os.stat(os.path.join(data_dir, announcement.NAME)).st_mode) == 0o600
    announced.close()
    assert os.listdir(data_dir) == []


HOLD = """
import sys
from iib_core.announcement import Announcement
held = Announcement(sys.argv[1], "http://127.0.0.1:1/x")
print("held", flush=True)
sys.stdin.read()
"""


def test_what_a_killed_server_left_is_recognised_and_removed(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        cwd=TOP,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    watchdog = threading.Timer(200, process.kill)
    watchdog.start()
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    assert announcement.find_url(str(tmp_path)) == "http://127.0.0.1:1/x"
    process.kill()
    process.communicate()
    watchdog.cancel()
    assert (tmp_path / announcement.NAME).exists()
    assert announcement.find_url(str(tmp_path)) is None
    assert not (tmp_path / announcement.NAME).exists()


def test_a_server_that_ends_leaves_the_address_of_a_later_one(tmp_path):
    first = Announcement(str(tmp_path), "http://127.0.0.1:1/x")
    second = Announcement(str(tmp_path), "http://127.0.0.1:2/x")
    first.close()
    assert announcement.find_url(str(tmp_path)) == "http://127.0.0.1:2/x"
    second.close()
    assert announcement.find_url(str(tmp_path)) is None
    Announcement(str(tmp_path / "none"), "http://127.0.0.1:1/x").close()
