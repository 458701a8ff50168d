"""Offline drives: the folder is gone, or it is the empty mount point."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from iib_core import mounts
from iib_core.access import Access, Root
from iib_core.errors import Conflict
from iib_core.index.update_plan import Library

pytestmark = pytest.mark.windows

NAMESPACE = ["unshare", "--user", "--map-root-user", "--mount"]

UNMOUNT = """
import subprocess, sys
from pathlib import Path
from iib_core.access import Access
from iib_core.errors import Conflict

top, own = map(Path, sys.argv[1:])
subprocess.run(["mount", "-t", "tmpfs", "drive", top], check=True)
(top / "fox.png").write_text("a fox")
access = Access([str(top)], restricted=True, data_dir=str(own))
access.note_mounts()
assert access.roots[0].mount == str(top), access.roots
(top / "fox.png").unlink()
assert access.roots[0].online, "an empty drive is there"
subprocess.run(["umount", top], check=True)
for again in (access, Access([str(top)], restricted=True, data_dir=str(own))):
    assert not again.roots[0].online, "the drive is away"
    try:
        again.require_online([str(top / "new")])
    except Conflict as exc:
        assert "not connected" in str(exc)
    else:
        raise AssertionError("it may be written beneath the mount point")
subprocess.run(["mount", "-t", "tmpfs", "drive", top], check=True)
assert access.roots[0].online
"""


def _can_mount() -> bool:
    try:
        return subprocess.run([*NAMESPACE, "true"], capture_output=True, timeout=20).returncode == 0
    except OSError:
        return False


@pytest.mark.skipif(not _can_mount(), reason="needs a system that lets a user mount")
def test_the_folder_that_a_drive_was_mounted_on_is_not_its_root(tmp_path):
    top, own = tmp_path / "drive", tmp_path / "own"
    top.mkdir()
    own.mkdir()
    done = subprocess.run(
        [*NAMESPACE, sys.executable, "-c", UNMOUNT, top, own],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


def access_of(*roots: Path, own: Path, seen: dict[Path, Path] | None = None) -> Access:
    own.mkdir(exist_ok=True)
    if seen is not None:
        (own / "mounts.json").write_text(
            json.dumps({str(root): str(place) for root, place in seen.items()})
        )
    return Access(map(str, roots), restricted=True, data_dir=str(own))


def test_an_empty_folder_is_away_where_its_drive_is_no_longer_mounted(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    access = access_of(root, own=tmp_path / "own", seen={root: root})
    library = Library(access, str(tmp_path / "own"))
    assert (
        not access.roots[0].online
        and library.online == ()
        and library.is_unplugged(str(root / "fox.png"))
    )
    access.note_mounts()  # an offline root keeps its stored mount
    assert not access_of(root, own=tmp_path / "own").roots[0].online
    (root / "fox.png").write_text("a fox")
    assert (
        access.roots[0].online
        and library.online == (str(root),)
        and not library.is_unplugged(str(root / "fox.png"))
    )
    access.note_mounts()
    (root / "fox.png").unlink()
    assert access_of(root, own=tmp_path / "own").roots[0].online, (
        "it was emptied, where it lies now"
    )


def test_the_innermost_root_counts(tmp_path):
    outer, inner = tmp_path / "outer", tmp_path / "outer/inner"
    outer.mkdir()
    access = access_of(outer, inner, own=tmp_path / "own")
    access.require_online([str(outer), str(outer / "other"), str(tmp_path)])
    with pytest.raises(Conflict, match="inner' is not connected"):
        access.require_online([str(outer), str(inner / "new")])


@pytest.mark.parametrize("stored", ["", "[]", "{", '{"a": 1}'])
def test_what_was_written_badly_is_passed_over(tmp_path, stored):
    (tmp_path / "mounts.json").write_text(stored)
    assert mounts.SeenMounts(str(tmp_path / "mounts.json")).get("a") == ""


def test_a_mount_point_holds_what_lies_below_it(tmp_path):
    place = mounts.find(str(tmp_path))
    assert not place or str(tmp_path).startswith(place)
    assert Root.at(str(tmp_path)).online
