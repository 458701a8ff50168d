"""The settings of the server over HTTP: listed, changed while it runs, and what cannot be changed."""

from __future__ import annotations

import pytest

from iib_core import config
from iib_core.config import Config
from iib_core.core import Core
from tests.conftest import write_png

pytestmark = pytest.mark.stack


def listed(served) -> dict[str, dict]:
    return {one["name"]: one for one in served.get("/settings").json()["settings"]}


def change(served, **values) -> int:
    return served.post("/settings", {"values": values}).status_code


def test_every_setting_is_listed_with_its_state(serve, library):
    settings = listed(serve(library, fixed=frozenset({"max_upload_mib"})))
    assert list(settings) == [setting.name for setting in config.SETTINGS]
    state = {name: one["state"] for name, one in settings.items()}
    assert {name for name in state if state[name] == "locked"} == {
        "data_dir",
        "host",
        "port",
        "base",
        "read_only",
        "permission",
        "allowed_paths",
        "enable_shutdown",
        "cors_origins",
        "access_control",
        "secret_key",
        "trusted_hosts",
        "trusted_origins",
        "frame_origins",
    }
    assert (
        state["max_upload_mib"] == "fixed"
        and state["delete_mode"] == "live"
        and state["roots"] == "start"
    )
    assert settings["delete_mode"]["choices"] == ["trash", "system", "permanent"]


def test_no_secret_is_told(serve, library):
    served = serve(
        library, secret_key="correct horse", openai_api_key="sk-hidden", access_control="on"
    )
    headers = {"Authorization": "Bearer correct horse"}
    answer = served.client.get("/settings", headers=headers)
    assert answer.status_code == 200
    assert "correct horse" not in answer.text and "sk-hidden" not in answer.text
    settings = {one["name"]: one for one in answer.json()["settings"]}
    assert settings["secret_key"]["is_set"] and settings["openai_api_key"]["is_set"]
    for name in ("data_dir", "roots", "cache_dir", "allowed_paths"):
        assert settings[name]["value"] is None
    assert str(library) not in answer.text


def test_a_change_counts_at_once_and_after_a_restart(serve, library):
    served = serve(library)
    before = served.core.config
    assert change(served, delete_mode="permanent", thumbnail_cache_mib=100, max_megapixels=1) == 200
    assert served.core.config is not before and before.delete_mode == "trash"
    assert served.get("/global_setting").json()["delete_mode"] == "permanent"
    assert listed(served)["thumbnail_cache_mib"]["value"] == 100
    large = str(write_png(library / "large.png", size=(1200, 1000)))
    assert served.get("/image-thumbnail", path=large, t="0", size="64x64").status_code == 400
    assert change(served, max_megapixels=2) == 200
    assert served.get("/image-thumbnail", path=large, t="0", size="64x64").status_code == 200
    fox = str(library / "fox.png")
    assert served.post("/delete_files", {"file_paths": [fox]}).json()["errors"] == []
    assert served.get("/trash").json()["files"] == []
    served.core.close()
    again = Core(Config(data_dir=before.data_dir, roots=before.roots, watch=False))
    fixed = Config(data_dir=before.data_dir, watch=False, fixed=frozenset({"delete_mode"}))
    try:
        assert (again.config.delete_mode, again.config.thumbnail_cache_mib) == ("permanent", 100)
        assert again.operations.delete_mode == "permanent"
    finally:
        again.close()
    flagged = Core(fixed)
    try:
        assert flagged.config.delete_mode == "trash"
    finally:
        flagged.close()


@pytest.mark.parametrize(
    "values",
    [
        {"delete_mode": "shred"},
        {"delete_mode": None},
        {"delete_mode": ["trash"]},
        {"thumbnail_cache_mib": "100"},
        {"thumbnail_cache_mib": -1},
        {"thumbnail_cache_mib": True},
        {"thumbnail_cache_mib": 1.5},
        {"thumbnail_cache_mib": 10**30},
        {"ai_timeout_s": 0},
        {"max_upload_mib": 10, "no_such": 1},
        {"read_only": False},
        {"permission": "read-write"},
        {"access_control": "off"},
        {"secret_key": "something"},
        {"host": "0.0.0.0"},
        {"data_dir": "/"},
        {"openai_api_key": "sk-new"},
        {"fixed": []},
        {"x" * 10_000: 1},
    ],
)
def test_what_cannot_be_changed_changes_nothing(serve, library, values):
    served = serve(library)
    before = served.core.config
    assert change(served, **{"max_megapixels": 5, **values}) == 400
    assert served.core.config is before


def test_what_is_set_at_the_start_stays(serve, library):
    served = serve(library, delete_mode="system", fixed=frozenset({"delete_mode"}))
    assert change(served, delete_mode="trash") == 400
    assert served.core.config.delete_mode == "system"


def test_what_a_flag_the_environment_and_a_file_set_is_fixed(tmp_path):
    (tmp_path / ".env").write_text("IIB_MAX_MEGAPIXELS=50\n")
    loaded = config.load(
        {"data_dir": str(tmp_path), "port": 1},
        {"IIB_DELETE_MODE": "system"},
        {"thumbnail_cache_mib": 9},
    )
    assert {"max_megapixels", "port", "delete_mode", "thumbnail_cache_mib"} <= loaded.fixed
    assert "max_upload_mib" not in loaded.fixed


def test_bad_bodies_are_refused(serve, library):
    served = serve(library)
    for body in ({}, {"values": [1]}, {"values": None}, [], "x"):
        assert served.post("/settings", body).status_code in (400, 422), body


def test_a_stored_value_that_cannot_be_used_does_not_count(serve, library):
    served = serve(library)
    assert (
        served.post("/app_fe_setting", {"name": "server_settings", "value": {}}).status_code == 400
    )
    from iib_core.db import settings

    with served.core.db.write() as conn:
        settings.put(
            conn, "server_settings", {"delete_mode": "shred", "max_megapixels": 7, "host": "::"}
        )
    data_dir = served.core.config.data_dir
    served.core.close()
    core = Core(Config(data_dir=data_dir, watch=False))
    try:
        assert (core.config.delete_mode, core.config.max_megapixels) == ("trash", 7)
        assert core.config.host == "127.0.0.1"
    finally:
        core.close()


def test_a_server_that_only_reads_changes_no_setting(serve, library):
    served = serve(library, read_only=True)
    assert change(served, max_megapixels=5) == 403
    assert served.post("/thumbnails/clear", {}).status_code == 403
    assert served.post("/ai/test", {}).status_code == 403
    assert listed(served)["max_megapixels"]["value"] == 89


def test_the_cache_is_measured_and_emptied(serve, library):
    served = serve(library)
    assert served.get("/thumbnails/cache").json()["limit_bytes"] == 2048 * 2**20
    fox = str(library / "fox.png")
    served.get("/image-thumbnail", path=fox, t="0", size="64x64")
    size = served.get("/thumbnails/cache").json()
    assert size["files"] >= 1 and size["bytes"] > 0
    assert served.post("/thumbnails/clear", {}).json()["removed"] >= 1
    assert served.get("/image-thumbnail", path=fox, t="0", size="64x64").status_code == 200


def test_without_a_service_there_is_none_to_test(serve, library):
    assert serve(library).post("/ai/test", {}).status_code == 400
