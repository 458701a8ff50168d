"""After the host's start with usual settings: which routes answer, and which are closed."""

from __future__ import annotations

import io
import os

import httpx
import pytest
from PIL import Image

from iib_core.config import BASE
from tests import asks
from tests.host.conftest import RunningHost

pytestmark = pytest.mark.stack


def test_the_api_answers(host: RunningHost):
    assert host.get("/hello").json() == "hello"
    assert host.get("/version").status_code == 200


def test_the_host_prints_no_warning_of_ours(host: RunningHost):
    assert [line for line in host.log if "Traceback" in line or "iib" in line.lower()] == []


def test_the_library_is_what_the_host_writes_to(host: RunningHost):
    settings = host.get("/global_setting").json()
    output = host.pictures.parent
    expected = [
        output / name
        for name in (
            "txt2img-images",
            "img2img-images",
            "extras-images",
            "txt2img-grids",
            "img2img-grids",
        )
    ]
    expected += [host.folder / "log" / "images", output / "init-images"]
    assert [root["path"] for root in settings["roots"]] == [str(path) for path in expected]
    assert [root["path"] for root in settings["roots"] if root["online"]] == [str(host.pictures)]
    assert [root["path"] for root in settings["roots"] if root["not_made"]] == [
        str(path) for path in expected if path != host.pictures
    ]
    assert settings["launch_mode"] == "sd"
    assert not settings["enable_access_control"], (
        "only this machine can reach a host that was started without any flag"
    )


def test_a_thumbnail_shows_the_picture(host: RunningHost):
    answer = host.get(
        "/image-thumbnail",
        params={"path": str(host.pictures / "00001-42.png"), "t": "1", "size": "128x128"},
    )
    assert answer.status_code == 200
    picture = Image.open(io.BytesIO(answer.content)).convert("RGB")
    assert picture.size == (128, 96)
    red, green, blue = picture.getpixel((64, 48))
    assert red > 240
    assert green < 20
    assert blue < 20


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/image-thumbnail?path=/no/such/file.png&t=1", 404, "NotFound"),
        ("/files?folder_path=%00", 400, "InvalidRequest"),
        ("/image-thumbnail?t=1", 400, "InvalidRequest"),
    ],
)
def test_a_failure_has_our_shape_although_the_host_has_its_own(
    host: RunningHost, path: str, status: int, code: str
):
    answer = host.get(path)
    assert answer.status_code == status
    assert set(answer.json()) == {"detail", "code"}
    assert answer.json()["code"] == code
    assert isinstance(answer.json()["detail"], str)


def test_every_route_of_ours_is_in_the_hosts_documentation(host: RunningHost):
    paths = asks.get(f"{host.url}/openapi.json").json()["paths"]
    assert {f"{BASE}/hello", f"{BASE}/files", f"{BASE}/image-thumbnail"} <= set(paths)


def test_no_secret_of_the_host_is_in_an_answer(host: RunningHost):
    settings = host.get("/global_setting")
    assert settings.json()["global_setting"]["samples_format"] == "png"
    for name in ("api_key", "token", "sk-of-another-extension", "t0ken"):
        assert name not in settings.json()["global_setting"]
        assert "sk-of" not in settings.text
        assert "t0ken" not in settings.text


@pytest.mark.parametrize(
    "spelling",
    [
        "{folder}/.iib/{name}",
        ".iib/{name}",
        "./.iib/{name}",
        "{folder}/.iib/../.iib/{name}",
        "extensions/../.iib/{name}",
    ],
)
@pytest.mark.parametrize("name", ["iib.db", "cache/thumbnails"])
def test_the_hosts_file_route_does_not_give_away_our_data(
    host: RunningHost, spelling: str, name: str
):
    assert (host.folder / ".iib" / "iib.db").is_file()
    host.get("/image-thumbnail", params={"path": str(host.pictures / "00001-42.png"), "t": "1"})
    path = host.folder / ".iib" / name
    if path.is_dir():
        name = os.path.relpath(
            next(p for p in path.rglob("*") if p.is_file()), host.folder / ".iib"
        )
    assert file_of_host(host, spelling.format(folder=host.folder, name=name)) in {403, 404}


def test_the_hosts_file_route_gives_the_hosts_own_files(host: RunningHost):
    assert file_of_host(host, str(host.pictures / "00001-42.png")) == 200


def file_of_host(host: RunningHost, path: str) -> int:
    """The status of the host's file route; the path is sent unchanged, dots included."""
    request = httpx.Request("GET", host.url)
    request.url = request.url.copy_with(raw_path=f"/file={path}".encode())
    with asks.client() as client:
        return client.send(request).status_code
