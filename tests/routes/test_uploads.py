"""Uploads: whole or not at all, media only, never over a file, never outside of the library."""

from __future__ import annotations

import http.client
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from iib_core.client import Client
from iib_core.config import BASE
from iib_core.errors import InvalidRequest
from iib_core.routes.shared import multipart
from tests.conftest import Served, write_png

pytestmark = pytest.mark.stack


@pytest.fixture
def picture(tmp_path) -> bytes:
    return write_png(tmp_path / "sent.png", (30, 20)).read_bytes()


def send(served: Served, dest: object, *files: tuple[str, bytes], **query: str) -> httpx.Response:
    form = [("file", (name, content, "application/octet-stream")) for name, content in files]
    return served.client.post("/upload", params={"dest": str(dest), **query}, files=form)


def everything(folder: Path) -> list[str]:
    """The files and folders below a folder, also while some of them come and go."""
    walked = os.walk(folder)
    found = (
        os.path.join(where, name) for where, *below in walked for name in (*below[0], *below[1])
    )
    return sorted(os.path.relpath(path, folder) for path in found)


def test_files_arrive_are_indexed_at_once_and_undone(serve, library, picture):
    served = serve(library)
    served.core.index.update()
    before = everything(library)
    odd = "猫 'x'.png" if os.name == "nt" else '猫 "x".png'
    answer = send(served, library / "sub", ("wolf.png", picture), (odd, picture)).json()
    assert answer["errors"] == [] and answer["skipped"] == []
    assert [file["name"] for file in answer["uploaded"]] == ["wolf.png", odd]
    assert (library / "sub" / "wolf.png").read_bytes() == picture
    found = served.post("/db/search", {"query": "name:wolf"}).json()["files"]
    assert [file["fullpath"] for file in found] == [answer["uploaded"][0]["path"]]
    assert len(everything(library)) == len(before) + 2, "nothing else is left behind"
    (operation,) = served.get("/operations").json()["operations"]
    assert (operation["kind"], operation["undoable"], operation["count"]) == ("upload", True, 2)
    assert served.client.post(f"/operations/{answer['operation_id']}/undo").status_code == 200
    assert not (library / "sub" / "wolf.png").exists()
    assert served.post("/db/search", {"query": "name:wolf"}).json()["files"] == []
    assert served.get("/trash").json()["count"] == 2


@pytest.mark.parametrize(
    ("on_conflict", "uploaded", "skipped", "codes"),
    [
        ("error", ["new.png"], [], ["NameTaken"]),
        ("rename", ["fox (1).png", "new.png"], [], []),
        ("skip", ["new.png"], ["fox.png"], []),
    ],
)
def test_a_name_that_is_taken_stays(serve, library, picture, on_conflict, uploaded, skipped, codes):
    before = (library / "fox.png").read_bytes()
    sent = [("fox.png", picture), ("new.png", picture)]
    answer = send(serve(library), library, *sent, on_conflict=on_conflict).json()
    names = sorted(os.path.basename(file["path"]) for file in answer["uploaded"])
    assert len(names) == len(uploaded) and names[-1] == "new.png" and answer["skipped"] == skipped
    assert [error["code"] for error in answer["errors"]] == codes
    assert (library / "fox.png").read_bytes() == before


def test_a_file_that_is_replaced_goes_to_the_trash_and_comes_back(serve, library, picture):
    served = serve(library)
    fox = library / "fox.png"
    before = fox.read_bytes()
    (library / "fox.txt").write_text("a caption", "utf-8")
    served.post("/db/rate", {"img_paths": [str(fox)], "rating": 4})
    answer = send(served, library, ("fox.png", picture), on_conflict="replace").json()
    assert answer["uploaded"] == [{"name": "fox.png", "path": str(fox)}]
    assert answer["replaced"] == [str(fox), str(library / "fox.txt")] and answer["errors"] == []
    assert fox.read_bytes() == picture and not (library / "fox.txt").exists()
    assert served.post("/db/search", {"query": "rating:4"}).json()["files"] == []
    undone = served.client.post(f"/operations/{answer['operation_id']}/undo")
    assert undone.status_code == 200, undone.text
    assert fox.read_bytes() == before and (library / "fox.txt").read_text("utf-8") == "a caption"
    (found,) = served.post("/db/search", {"query": "rating:4"}).json()["files"]
    assert found["fullpath"] == str(fox)
    assert [file["path"] for file in served.get("/trash").json()["files"]] == [str(fox)]


def test_one_name_twice_is_two_files_or_a_failure(serve, library, picture):
    served = serve(library)
    answer = send(served, library, ("a.png", picture), ("a.png", picture)).json()
    assert len(answer["uploaded"]) == len(answer["errors"]) == 1
    answer = send(
        served, library, ("b.png", picture), ("b.png", picture), on_conflict="rename"
    ).json()
    assert len(answer["uploaded"]) == 2 and not answer["errors"]


@pytest.mark.parametrize(
    "name",
    [
        "../wolf.png",
        "..\\wolf.png",
        "/tmp/wolf.png",
        "C:\\wolf.png",
        "sub/wolf.png",
        "..",
        "",
        ".png",
        ".hidden.png",
        "wolf.exe",
        "wolf",
        "wolf.html",
        "wolf.png\0.txt",
        "x" * 300 + ".png",
        "fox.txt",
    ],
)
def test_a_hostile_name_is_refused_and_the_others_are_taken(serve, library, picture, name):
    served = serve(library)
    before = everything(library.parent)
    answer = send(served, library, (name or "?", picture), ("good.png", picture))
    assert answer.status_code == 200, answer.text
    assert [os.path.basename(file["path"]) for file in answer.json()["uploaded"]] == ["good.png"]
    assert len(answer.json()["errors"]) == 1
    after = [path for path in everything(library.parent) if not path.startswith("data0")]
    assert set(after) - set(before) == {os.path.join("library", "good.png")}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.png", b"<html><script>alert(1)</script>"),
        ("a.png", b""),
        ("a.png", b"MZ\x90\0 a program"),
        ("a.mp4", b"\x89PNG\r\n\x1a\n"),
        ("a.jpg", b"just a text"),
        ("a.mp3", b"#!/bin/sh\n"),
    ],
)
def test_what_is_no_media_by_its_content_is_refused(serve, library, name, content):
    answer = send(serve(library), library, (name, content)).json()
    assert answer["uploaded"] == [] and [error["code"] for error in answer["errors"]] == [
        "UnreadableMedia"
    ]
    assert not (library / name).exists() and ".iib-trash" not in os.listdir(library)


def test_a_file_above_the_limit_is_refused_and_the_next_one_taken(serve, library, picture):
    served = serve(library, max_upload_mib=1)
    large = picture + bytes(3 << 19)
    answer = send(served, library, ("large.png", large), ("good.png", picture)).json()
    assert [file["name"] for file in answer["uploaded"]] == ["good.png"]
    assert [(error["name"], error["code"]) for error in answer["errors"]] == [
        ("large.png", "TooLarge")
    ]
    answer = send(served, library, ("huge.png", bytes(5 << 20)))
    assert (answer.status_code, answer.json()["code"]) == (400, "TooLarge")
    assert ".iib-trash" not in os.listdir(library)


def raw(served: Served, body: Any, **headers: str) -> tuple[int, bytes]:
    address = httpx.URL(served.url)
    connection = http.client.HTTPConnection(address.host, address.port, timeout=100)
    try:
        route = f"{BASE}/upload?dest={headers.pop('dest')}"
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("POST", route, body, given)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def form_of(picture: bytes, name: str = "chunked.png") -> bytes:
    head = f'--b\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
    return head + picture + b"\r\n--b--\r\n"


FORM = "multipart/form-data; boundary=b"


def test_a_body_without_a_length_is_taken_as_it_comes(serve, library, picture):
    def pieces() -> Iterator[bytes]:
        body = form_of(picture)
        for start in range(0, len(body), 7):
            yield body[start : start + 7]

    status, text = raw(serve(library), pieces(), dest=str(library), content_type=FORM)
    assert status == 200, text
    assert (library / "chunked.png").read_bytes() == picture


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{}", "application/json"),
        (b"", FORM),
        (b"--b--", "multipart/form-data"),
        (b"--b\r\n\r\n\r\n--b--", FORM),
        (b"--bx\r\nnothing", FORM),
        (form_of(b"cut off")[:-12], FORM),
        (b'--b\r\nContent-Disposition: form-data; filename="' + b"x" * 20_000, FORM),
    ],
)
def test_what_is_no_form_is_a_sentence_and_leaves_nothing(serve, library, body, kind):
    before = everything(library)
    status, text = raw(serve(library), body, dest=str(library), content_type=kind)
    assert status == 400 and b"InvalidRequest" in text
    assert everything(library) == before


def test_a_client_that_goes_away_leaves_nothing(serve, library, picture):
    served = serve(library)
    before = everything(library)
    address = httpx.URL(served.url)
    connection = http.client.HTTPConnection(address.host, address.port, timeout=100)
    connection.putrequest("POST", f"{BASE}/upload?dest={library}")
    connection.putheader("Content-Type", FORM)
    connection.putheader("Content-Length", "1000000")
    connection.endheaders()
    connection.send(form_of(picture)[:-20])
    while everything(library) == before:
        threading.Event().wait(0.02)
    connection.close()
    while everything(library) != before:
        threading.Event().wait(0.02)


def test_a_body_that_stops_is_given_up(serve, library):
    served = serve(library, request_timeout_s=1)
    address = httpx.URL(served.url)
    connection = http.client.HTTPConnection(address.host, address.port, timeout=100)
    connection.putrequest("POST", f"{BASE}/upload?dest={library}")
    connection.putheader("Content-Type", FORM)
    connection.putheader("Content-Length", "1000000")
    connection.endheaders()
    connection.send(b"--b\r\n")
    assert connection.getresponse().status == 408
    connection.close()


def test_only_folders_of_the_library_take_files(serve, library, tmp_path, picture):
    outside = tmp_path / "outside"
    outside.mkdir()
    for settings in ({}, {"access_control": "on"}):
        served = serve(library, **settings)
        assert send(served, outside, ("a.png", picture)).status_code == 403
        assert send(served, library / "none", ("a.png", picture)).status_code == 404
        assert send(served, library / "fox.png", ("a.png", picture)).status_code == 400
        assert send(served, served.core.config.data_dir, ("a.png", picture)).status_code == 403
    assert os.listdir(outside) == []


def test_the_guards_come_before_the_body(serve, library, picture):
    """A client that sends nothing but a header is answered."""
    locked, fixed = serve(library, secret_key="correct horse"), serve(library, read_only=True)
    for served, status in ((locked, 401), (fixed, 403)):
        address = httpx.URL(served.url)
        connection = http.client.HTTPConnection(address.host, address.port, timeout=100)
        connection.putrequest("POST", f"{BASE}/upload?dest={library}")
        connection.putheader("Content-Type", FORM)
        connection.putheader("Content-Length", str(1 << 40))
        connection.endheaders()
        assert connection.getresponse().status == status
        connection.close()
        assert send(served, library, ("a.png", picture)).status_code == status
    answer = locked.client.post(
        "/upload",
        params={"dest": str(library)},
        files=[("file", ("a.png", picture))],
        headers={"Authorization": "Bearer correct horse"},
    )
    assert answer.status_code == 200 and (library / "a.png").exists()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Referer": "https://evil.example/page"}, 403),
        ({"Cookie": "iib=1"}, 403),
    ],
)
def test_a_form_of_another_site_is_refused(serve, library, picture, headers, status):
    served = serve(library)
    form = [("file", ("a.png", picture))]
    answer = served.client.post(
        "/upload", params={"dest": str(library)}, files=form, headers=headers
    )
    assert answer.status_code == status and (library / "a.png").exists() == (status == 200)


def test_the_client_sends_files_of_its_machine(serve, library, tmp_path, picture):
    served = serve(library)
    (tmp_path / "猫.png").write_bytes(picture)
    client = Client(served.url + BASE)
    answer = client.upload(
        [str(tmp_path / "猫.png"), str(library / "sea.jpg")], str(library / "sub")
    )
    assert answer["errors"] == [] and len(answer["uploaded"]) == 2
    assert (library / "sub" / "猫.png").read_bytes() == picture


@pytest.mark.parametrize("size", [1, 2, 3, 5, 64, 10_000])
def test_a_form_is_the_same_in_pieces_of_any_size(size):
    content = b"\r\n--b\r\n--bo \r\n--" + bytes(range(256)) * 20 + b"\r\n-"
    body = b"preamble\r\n--bound\r\nX: y\r\nContent-Disposition: form-data; "
    body += b'name=f; name="f"; filename="a\\"b"'
    body += (
        b"\r\n\r\n" + content + b'\r\n--bound  \r\nContent-Disposition: form-data; name="g"\r\n\r\n'
    )
    body += b"\r\n--bound--\r\nepilogue"
    parser = multipart.Parser('multipart/form-data; charset=utf-8; boundary="bound"')
    events = [e for at in range(0, len(body), size) for e in parser.feed(body[at : at + size])]
    parser.finish()
    parts = [event for event in events if isinstance(event, multipart.Part)]
    assert parts == [multipart.Part("f", 'a"b'), multipart.Part("g", None)]
    assert b"".join(event for event in events if isinstance(event, bytes)) == content
    assert sum(isinstance(event, multipart.End) for event in events) == 2
    with pytest.raises(InvalidRequest):
        multipart.Parser("multipart/form-data")
