"""Health check, version, and settings that a client may see."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from iib_core import __version__
from iib_core.core import Host

pytestmark = pytest.mark.stack

TOP = Path(__file__).parent.parent.parent


def test_hello_and_version(serve, library):
    served = serve(library)
    assert served.get("/hello").json() == "hello"
    assert served.get("/version").json()["version"] == __version__


def test_the_version_names_the_commit_of_a_checkout(serve, library):
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    git = subprocess.run(["git", "rev-parse", "HEAD"], cwd=TOP, capture_output=True, text=True)
    if git.returncode or not (TOP / ".git").is_dir():
        pytest.skip("this is no checkout")
    assert serve(library).get("/version").json()["hash"] == git.stdout.strip()


def test_global_setting_tells_roots_and_modes(serve, library):
    answer = serve(library, read_only=True, access_control="on").get("/global_setting").json()
    assert (answer["is_readonly"], answer["enable_access_control"], answer["launch_mode"]) == (
        True,
        True,
        "server",
    )
    assert answer["roots"] == [
        {
            "path": str(library),
            "name": "library",
            "type": "scan",
            "online": True,
            "not_made": False,
            "fixed": True,
            "shared_as": "",
        }
    ]


def test_no_secret_is_in_any_setting(serve, library):
    served = serve(
        library, secret_key="our very secret", host_app=Host(options={"samples_format": "png"})
    )
    answer = served.client.get(
        "/global_setting", headers={"Authorization": "Bearer our very secret"}
    )
    assert "our very secret" not in answer.text and answer.json()["global_setting"] == {
        "samples_format": "png"
    }


def test_behind_access_control_no_folder_of_the_machine_is_told(serve, library):
    answer = serve(library, access_control="on").get("/global_setting").json()
    assert (answer["home"], answer["cwd"], answer["sd_cwd"]) == ("", "", "")


@pytest.fixture
def served(serve, library):
    return serve(library)


def stored(served) -> object:
    return served.get("/global_setting").json()["app_fe_setting"]


def put(served, name: object, value: object) -> int:
    return served.post("/app_fe_setting", {"name": name, "value": value}).status_code


def remove(served, name: str) -> int:
    return served.client.request("DELETE", "/app_fe_setting", json={"name": name}).status_code


def test_any_json_is_stored_read_and_deleted(served):
    values = {
        "object": {"a": [1, 2.5, None, True]},
        "list": [],
        "text": "猫 🦊",
        "number": -1e300,
        "null": None,
        "no": False,
        "digits": "12",
    }
    assert [put(served, name, value) for name, value in values.items()] == [200] * len(values)
    assert stored(served) == values
    assert put(served, "object", {"b": 1}) == 200 and stored(served)["object"] == {"b": 1}
    assert [remove(served, name) for name in (*values, "object")] == [200] * (len(values) + 1)
    assert stored(served) == {}


def test_an_object_sent_as_text_is_an_object(served):
    put(served, "global", json.dumps({"lang": "zh"}))
    put(served, "broken", "{not json")
    assert stored(served) == {"global": {"lang": "zh"}, "broken": "{not json"}


def test_what_cannot_be_a_setting_is_400(served):
    assert [put(served, name, 1) for name in ("", " ", "x" * 201, "a\0b", None)] == [400] * 5
    assert put(served, "large", "x" * (2**20 - 2)) == 200
    assert put(served, "large", "x" * (2**20 - 1)) == 400
    for content in (
        '{"name": "x"}',
        '{"name": "x", "value": NaN}',
        '{"name": "x", "value": [1e999]}',
        '{"name": "x", "value": ' + "[" * 975 + "]" * 975 + "}",
    ):
        answer = served.client.post(
            "/app_fe_setting", content=content, headers={"content-type": "application/json"}
        )
        assert answer.status_code == 400 and answer.json()["detail"].endswith("."), content[:60]
    assert list(stored(served)) == ["large"]


def test_rules_with_a_mistake_are_refused(served):
    assert put(served, "autotag_rules", [{"tag": "x", "match": {"prompt": "fox"}}]) == 200
    answer = served.post(
        "/app_fe_setting",
        {"name": "autotag_rules", "value": [{"tag": "x", "match": {"nothing": 1}}]},
    )
    assert answer.status_code == 400 and "nothing" in answer.json()["detail"]


def test_clients_of_the_family_find_their_tags_and_folders(served, library):
    answer = served.get("/global_setting").json()
    assert [tag["name"] for tag in answer["all_custom_tags"]] == ["like"]
    assert answer["extra_paths"] == [
        {"path": str(library), "types": ["cli_access_only"], "alias": ""}
    ]
