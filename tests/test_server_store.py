"""A library whose database is on PostgreSQL, as its user has it: over HTTP and by commands."""

from __future__ import annotations

import json
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from iib_core.config import DATABASE_URL
from tests import asks, postgresql
from tests.databases import new_url
from tests.test_cli import iib_apart, started

pytestmark = pytest.mark.engine


@pytest.fixture
def url():
    postgresql.require_server()
    return new_url()


class Asked:
    """A running server, and every answer that it gave."""

    def __init__(self, url: str) -> None:
        self.client = asks.client(base_url=url)
        self.told: list[str] = []

    def get(self, route: str) -> dict:
        return self._take(self.client.get(route))

    def post(self, route: str, **body: object) -> dict:
        return self._take(self.client.post(route, json=body))

    def find(self, query: str) -> set[str]:
        return {file["name"] for file in self.post("/db/search", query=query)["files"]}

    def wait_for_index(self) -> None:
        while self.get("/db/index_status")["last"] is None:
            time.sleep(0.05)

    def _take(self, answer) -> dict:
        self.told.append(answer.text)
        assert answer.status_code == 200, answer.text
        return answer.json()


def serve(tmp_path: Path, library: Path, url: str):
    folders = ["--data-dir", tmp_path / "data"]
    return started(tmp_path, "serve", library, "--port", 0, *folders, **{DATABASE_URL: url})


def test_index_search_tags_and_a_move_with_its_undo_over_a_restart(tmp_path, library, url):
    with serve(tmp_path, library, url) as (process, address):
        asked = Asked(address)
        asked.wait_for_index()
        assert asked.find("") == {"fox.png", "sea.jpg", "deep.png"}
        assert asked.find("red fox") == asked.find("model:fox_v1 steps:20") == {"fox.png"}
        assert asked.find(r"re:/s[en]a\.JPG/") == asked.find("-fox -folder:sub") == {"sea.jpg"}
        tag = asked.post("/db/add_custom_tag", tag_name="best")
        fox, here = str(library / "fox.png"), str(library / "sub")
        asked.post("/db/batch_update_image_tag", img_paths=[fox], action="add", tag_id=tag["id"])
        moved = asked.post("/move_files", file_paths=[fox], dest=here)
        assert (library / "sub" / "fox.png").exists() and (library / "sub" / "fox.txt").exists()
        assert asked.find("tag:best folder:sub") == {"fox.png"}
        asked.client.close()
        process.terminate()
        output = process.communicate()
    with serve(tmp_path, library, url) as (process, address):
        again = Asked(address)
        again.wait_for_index()
        assert again.find("tag:best folder:sub") == {"fox.png"}
        again.post(f"/operations/{moved['operation_id']}/undo")
        assert (library / "fox.png").exists() and not (library / "sub" / "fox.png").exists()
        assert again.find("tag:best -folder:sub") == {"fox.png"}
        assert again.find("tag:best folder:sub") == set()
        again.client.close()
        process.terminate()
        output += process.communicate()
    for text in [*asked.told, *again.told, *output]:
        assert postgresql.PASSWORD not in text and urlsplit(url).query not in text
    assert not list((tmp_path / "data").rglob("iib.db*"))


def test_commands_without_a_server_work_on_the_same_library(tmp_path, library, url):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / ".env").write_text(f"{DATABASE_URL}={url}\n")

    def run(command, *arguments, status=0) -> str:
        done = iib_apart(tmp_path, command, "--data-dir", tmp_path / "data", *arguments)
        told = done.stdout + done.stderr
        assert done.returncode == status and postgresql.PASSWORD not in told, told
        return told

    run("roots", "add", library)
    run("tag", "best", library / "fox.png")
    assert "fox.png" in run("search", "tag:best")
    lines = [json.loads(line) for line in run("export").splitlines()]
    assert [line["tags"] for line in lines if line.get("kind") == "file"] == [["best"]]
    assert "3 files" in run("relocate", library, tmp_path / "moved", "--dry-run")
    assert "pg_dump" in run("restore", status=2)
    assert not list((tmp_path / "data").rglob("iib.db*"))
