"""The sample calls that scripts and agents of this API's family are given, sent as curl sends them.

The numbers are those of the collection that they come from. Each is sent with the header of JSON,
with the type that ``curl -d`` gives by itself, and with none.
"""

from __future__ import annotations

import http.client
import json
import os
import time
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from iib_core.config import BASE
from tests.conftest import Served, write_png

pytestmark = pytest.mark.stack

JSON_TYPE = {"Content-Type": "application/json"}
TYPES = {
    "json": JSON_TYPE,
    "form": {"Content-Type": "application/x-www-form-urlencoded"},
    "none": {},
}
PROMPTS = {
    "太空电梯.png": "太空电梯, masterpiece, best, quality",
    "三体.png": "三体, sunset",
    "beach.png": "a beach at sunrise",
    "dawn.png": "a beach at dawn",
    "forest.png": "a forest in the rain",
}
SETTINGS = "\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 64x48, Model: fox_v1"


@dataclass
class Sender:
    """Sends requests as curl does: no cookie, no origin, and a content type only where it is given."""

    served: Served
    library: Path
    type_of_body: dict[str, str]

    def send(self, method: str, route: str, body: object = None, status: int = 200) -> Any:
        address = urllib.parse.urlsplit(self.served.url)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=100)
        headers = {"User-Agent": "curl/8.5.0", "Accept": "*/*"}
        content = None
        if body is not None:
            content = json.dumps(body).encode()
            headers |= self.type_of_body
        try:
            connection.request(method, BASE + route, content, headers)
            answer = connection.getresponse()
            text = answer.read()
            assert answer.status == status, (method, route, body, text)
            return json.loads(text)
        finally:
            connection.close()

    def get(self, route: str, **query: str) -> Any:
        return self.send("GET", f"{route}?{urllib.parse.urlencode(query)}" if query else route)

    def post(self, route: str, body: object = None, status: int = 200) -> Any:
        return self.send("POST", route, body, status)

    def find(self, **body: object) -> set[str]:
        """Names that a search for a text finds."""
        return names(self.post("/db/search_by_substr", body))

    def match(self, **body: object) -> set[str]:
        """Names that a search for tags finds."""
        return names(self.post("/db/match_images_by_tags", body))

    def path(self, name: str) -> str:
        return str(self.library / name)

    def wait(self, route: str, job_id: str, over: tuple[str, ...]) -> Any:
        """Ask for the status of a job until it is one of ``over``, as the samples do."""
        while True:
            answer = self.get(route, job_id=job_id)
            assert answer["status"] not in ("failed", "cancelled"), answer
            if answer["status"] in over:
                return answer
            time.sleep(0.05)


def names(answer: Any) -> set[str]:
    for file in answer["files"]:
        assert set(file) >= {"fullpath", "name", "size"} and isinstance(file["id"], int)
    assert set(answer["cursor"]) == {"has_next", "next"}
    return {file["name"] for file in answer["files"]}


@pytest.fixture(params=TYPES, ids=list(TYPES))
def curl(request, serve, tmp_path) -> Sender:
    library = tmp_path / "library"
    (library / "sub").mkdir(parents=True)
    for at, (name, prompt) in enumerate(PROMPTS.items()):
        write_png(library / name, infotext=prompt + SETTINGS)
        os.utime(library / name, (1_700_000_000 + at,) * 2)
    served = serve(library)
    served.core.index.update()
    return Sender(served, library, TYPES[request.param])


def call_1(curl):
    assert curl.get("/hello") == "hello"


def call_2(curl):
    assert curl.find(surstr="beach", size=50) == {"beach.png", "dawn.png"}


def call_3(curl):
    folders = [curl.path("sub")]
    assert curl.find(surstr="beach", size=50, folder_paths=folders) == set()
    assert curl.find(surstr="beach", size=50, folder_paths=[str(curl.library)]) == {
        "beach.png",
        "dawn.png",
    }


def call_4(curl):
    made = curl.post("/db/add_custom_tag", {"tag_name": "fine"})
    tags = [tag for tag in curl.get("/db/basic_info")["tags"] if tag["type"] == "custom"]
    assert (made["id"], "fine") in [(tag["id"], tag["name"]) for tag in tags]


def call_5(curl):
    made = curl.post("/db/add_custom_tag", {"tag_name": "fine"})
    assert made["name"] == "fine" and isinstance(made["id"], int) and {"type", "color"} <= set(made)


def tag(curl, name: str, *files: str) -> int:
    made = curl.post("/db/add_custom_tag", {"tag_name": name})
    paths = [curl.path(file) for file in files]
    body = {"img_paths": paths, "action": "add", "tag_id": made["id"]}
    assert curl.post("/db/batch_update_image_tag", body)["errors"] == []
    return made["id"]


def call_6(curl):
    number = tag(curl, "fine", "beach.png", "dawn.png")
    assert curl.match(and_tags=[number]) == {"beach.png", "dawn.png"}
    body = {"img_paths": [curl.path("beach.png")], "action": "remove", "tag_id": number}
    curl.post("/db/batch_update_image_tag", body)
    assert curl.match(and_tags=[number]) == {"dawn.png"}


def call_7(curl):
    good, bad = tag(curl, "good", "beach.png", "dawn.png"), tag(curl, "bad", "dawn.png")
    asked = {"and_tags": [good], "or_tags": [], "not_tags": [bad], "cursor": "", "size": 50}
    assert curl.match(**asked) == {"beach.png"}


def call_8(curl):
    files = curl.get("/files", folder_path=str(curl.library))["files"]
    assert {file["name"] for file in files} == {*PROMPTS, "sub"}
    indexed = {file["name"] for file in files if file["id"] is not None}
    assert indexed == set(PROMPTS)


def call_9(curl):
    dest = curl.path("new/deep")
    body = {"file_paths": [curl.path("beach.png")], "dest": dest, "create_dest_folder": True}
    assert curl.post("/move_files", body)["errors"] == []
    assert os.listdir(dest) == ["beach.png"] and not (curl.library / "beach.png").exists()


def call_10(curl):
    dest = curl.path("new/deep")
    body = {"file_paths": [curl.path("beach.png")], "dest": dest, "create_dest_folder": True}
    assert curl.post("/copy_files", body)["errors"] == []
    assert os.listdir(dest) == ["beach.png"] and (curl.library / "beach.png").exists()


def call_11(curl):
    assert curl.post("/delete_files", {"file_paths": [curl.path("beach.png")]})["ok"] is True
    assert not (curl.library / "beach.png").exists()


def call_12(curl):
    assert curl.get("/image_geninfo", path=curl.path("beach.png")).startswith(
        "a beach at sunrise\nSteps: 20"
    )


def call_13(curl):
    paths = [curl.path("beach.png"), curl.path("dawn.png")]
    found = curl.post("/image_geninfo_batch", {"paths": paths})
    assert [found[path].partition("\n")[0] for path in paths] == [
        "a beach at sunrise",
        "a beach at dawn",
    ]


def calls_14_to_16(curl):
    more = curl.library.parent / "more"
    more.mkdir()
    assert curl.get("/db/extra_paths") == []
    asked = {"path": str(more), "types": ["scanned"]}
    curl.post("/db/extra_paths", asked)
    assert [added["path"] for added in curl.get("/db/extra_paths")] == [str(more)]
    curl.send("DELETE", "/db/extra_paths", asked)
    assert curl.get("/db/extra_paths") == []


def call_17(curl):
    assert curl.post("/db/rebuild_index")["errors"] == 0


def calls_18_to_20_and_22(curl):
    asked = {
        "folder_paths": [str(curl.library)],
        "dest_folder": curl.path("sorted"),
        "threshold": 0.85,
        "lang": "en",
        "action": "move",
    }
    job_id = curl.post("/db/organize_files_start", asked)["job_id"]
    ready = curl.wait("/db/organize_files_status", job_id, ("preview_ready",))
    assert "organize_files_confirm" in ready["message"]
    assert curl.post("/db/organize_files_confirm", {"job_id": job_id})["ok"] is True
    done = curl.wait("/db/organize_files_status", job_id, ("completed",))
    assert done["result"]["moved_count"] == len(PROMPTS) and os.path.isdir(curl.path("sorted"))


def call_21(curl):
    asked = {
        "folder_paths": [str(curl.library)],
        "threshold": 0.85,
        "min_cluster_size": 3,
        "lang": "en",
        "recursive": True,
    }
    job_id = curl.post("/db/cluster_iib_output_job_start", asked)["job_id"]
    done = curl.wait("/db/cluster_iib_output_job_status", job_id, ("completed",))
    assert {"clusters", "noise", "folder", "folders"} <= set(done["result"])


def call_23(curl):
    write_png(curl.library / "sub" / "new.png")
    assert curl.post("/db/update_image_data", {"path": curl.path("sub")})["added"] == 1


def call_24(curl):
    asked = {"surstr": "", "folder_paths": [str(curl.library)], "cursor": "", "size": 10}
    assert curl.find(**asked) == set(PROMPTS)


def call_25(curl):
    found, cursor = [], ""
    while True:
        page = curl.post("/db/search_by_substr", {"surstr": "", "cursor": cursor, "size": 2})
        found += [file["name"] for file in page["files"]]
        if not page["cursor"]["has_next"]:
            break
        cursor = page["cursor"]["next"]
    assert sorted(found) == sorted(PROMPTS)


def call_26(curl):
    assert curl.find(regexp="(太空电梯|三体)", size=50) == {"太空电梯.png", "三体.png"}


def calls_27_to_34(curl):
    first, second = (
        tag(curl, "1", "beach.png", "dawn.png"),
        tag(curl, "2", "beach.png", "forest.png"),
    )
    third, fourth = tag(curl, "3", "beach.png"), tag(curl, "4", "forest.png", "dawn.png")
    assert curl.find(regexp="(sunset|beach)") == {"三体.png", "beach.png", "dawn.png"}
    assert curl.find(surstr="太空电梯", size=200) == {"太空电梯.png"}
    assert curl.find(surstr="三体") == {"三体.png"}
    assert curl.match(and_tags=[first, second, third]) == {"beach.png"}
    assert curl.match(and_tags=[], or_tags=[first, second, third]) == {
        "beach.png",
        "dawn.png",
        "forest.png",
    }
    assert curl.match(and_tags=[first], not_tags=[third, fourth]) == set()
    assert curl.match(and_tags=[first, second], or_tags=[third], not_tags=[fourth]) == {"beach.png"}
    assert curl.find(regexp="masterpiece.*best.*quality") == {"太空电梯.png"}
    assert curl.find(regexp="(sunset|sunrise|dawn)") == {"三体.png", "beach.png", "dawn.png"}


def call_35(curl):
    asked = {
        "regexp": "beach",
        "folder_paths": [str(curl.library)],
        "media_type": "image",
        "size": 50,
    }
    assert curl.find(**asked) == {"beach.png", "dawn.png"}
    assert curl.find(**{**asked, "media_type": "video"}) == set()


CALLS = [value for name, value in list(globals().items()) if name.startswith(("call_", "calls_"))]


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.__name__)
def test_a_sample_call_does_what_it_says(curl, call: Callable[[Sender], None]):
    call(curl)


def test_a_link_of_the_samples_opens_the_page(curl):
    """Number 36: the page at the view that the link names."""
    views = {
        "action=view&path=/p.png": "./#/folder//?open=p.png",
        "action=pane&type=fuzzy-search&props=%7B%7D": "./#/library",
    }
    for query, address in views.items():
        answer = curl.served.get(f"/?{query}")
        assert (answer.status_code, answer.headers["location"]) == (302, address)
        page = curl.served.get("/")
        assert page.status_code == 200 and page.headers["content-type"].startswith("text/html")
