"""Health, version, settings that a client may know."""

from __future__ import annotations

from iib_core import __version__
from iib_core.core import Host


def test_hello_and_version(serve, library):
    served = serve(library)
    assert served.get("/hello").json() == "hello"
    assert served.get("/version").json()["version"] == __version__


def test_global_setting_tells_roots_and_modes(serve, library):
    answer = serve(library, read_only=True, access_control="on").get("/global_setting").json()
    assert (answer["is_readonly"], answer["enable_access_control"], answer["launch_mode"]) == (True, True, "server")
    assert answer["roots"] == [{"path": str(library), "name": "library", "type": "scan", "online": True, "fixed": True}]


def test_no_secret_is_in_any_setting(serve, library):
    served = serve(library, secret_key="our very secret", host_app=Host(options={"samples_format": "png"}))
    answer = served.client.get("/global_setting", headers={"Authorization": "Bearer our very secret"})
    assert "our very secret" not in answer.text and answer.json()["global_setting"] == {"samples_format": "png"}


def test_behind_access_control_no_folder_of_the_machine_is_told(serve, library):
    answer = serve(library, access_control="on").get("/global_setting").json()
    assert (answer["home"], answer["cwd"], answer["sd_cwd"]) == ("", "", "")
