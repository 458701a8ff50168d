"""The older extension beside ours in a host: its restrictions apply, and if they cannot be parsed,
we are off and the host is not.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from iib_core.config import BASE
from tests import asks
from tests.host.conftest import RunningHost
from tests.host.pages import Visit

pytestmark = pytest.mark.stack


def with_older(home: Path, text: str) -> Path:
    """A host's folder with the older extension, renamed by its user, and with this ``.env``."""
    folder = home / "extensions" / "old pictures"
    for name in ("scripts", "javascript"):
        (folder / name).mkdir(parents=True)
    (folder / "scripts" / "iib_setup.py").touch()
    (folder / ".env").write_text(text)
    return home


def test_what_the_older_extension_restricts_counts_in_the_host(
    tmp_path: Path, start_host: Callable[..., RunningHost]
):
    home = with_older(
        tmp_path, "IIB_ACCESS_CONTROL_PERMISSION=Read-Only\nIIB_ACCESS_CONTROL=enable\n"
    )
    host = start_host(folder=home)
    settings = host.get("/global_setting").json()
    assert (settings["is_readonly"], settings["enable_access_control"]) == (True, True)
    answer = asks.post(
        f"{host.url}{BASE}/mkdirs",
        json={"dest_folder": str(host.pictures / "new")},
    )
    assert answer.status_code == 403
    assert not (host.pictures / "new").exists()
    path = home / "extensions" / "old pictures" / ".env"
    assert (
        host.text.count(f"IIB_ACCESS_CONTROL_PERMISSION in {path} counts as IIB_PERMISSION.") == 1
    )
    assert host.text.count(f"IIB_ACCESS_CONTROL in {path} counts.") == 1


def test_what_cannot_be_understood_shuts_our_routes_and_not_the_host(
    tmp_path: Path, start_host: Callable[..., RunningHost], visit_host: Callable[..., Visit]
):
    host = start_host(
        "--api", folder=with_older(tmp_path, "IIB_ACCESS_CONTROL_PERMISSION=look-only\n")
    )
    sentence = (
        f"IIB_ACCESS_CONTROL_PERMISSION in {tmp_path / 'extensions' / 'old pictures' / '.env'}: "
        "'look-only' is not one of"
    )
    for path in ("/hello", "/files", "/global_setting"):
        answer = host.get(path)
        assert answer.status_code == 503
        assert answer.json()["detail"].startswith(sentence)
    picture = str(host.pictures / "00001-42.png")
    answer = asks.post(f"{host.url}{BASE}/delete_files", json={"file_paths": [picture]})
    assert answer.status_code == 503
    assert asks.get(f"{host.url}/sdapi/v1/memory").status_code == 200
    assert "Traceback" not in host.text
    seen = visit_host(host)
    seen.open_tab().get_by_text(sentence).wait_for()
