"""The desktop: which program is started, and the error of a machine without a desktop."""

from __future__ import annotations

import sys
import time

import pytest

from iib_core.errors import Conflict
from iib_core.files import desktop

pytestmark = pytest.mark.skipif(
    sys.platform in ("win32", "darwin"), reason="programs of Linux desktops"
)


def test_a_machine_without_a_screen_says_so(tmp_path):
    with pytest.raises(Conflict, match="without a desktop"):
        desktop.open_folder(str(tmp_path), {"PATH": "/usr/bin"})


def test_a_desktop_without_an_opener_says_what_to_install(tmp_path):
    with pytest.raises(Conflict, match="xdg-utils"):
        desktop.open_folder(str(tmp_path), {"DISPLAY": ":0", "PATH": str(tmp_path)})


def test_the_opener_gets_the_path_as_one_argument(tmp_path, monkeypatch):
    opener = tmp_path / "xdg-open"
    opener.write_text(
        f'#!/bin/sh\nprintf "%s|" "$#" "$@" > "{tmp_path}/arguments.part" && mv "{tmp_path}/arguments.part" '
        f'"{tmp_path}/arguments"\n'
    )
    opener.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    picture = tmp_path / "a; touch b $(id).png"
    picture.write_text("")
    desktop.open_folder(str(picture), {"DISPLAY": ":0", "PATH": str(tmp_path)})
    deadline = time.monotonic() + 20
    while not (tmp_path / "arguments").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert (tmp_path / "arguments").read_text() == f"1|{tmp_path}|"
