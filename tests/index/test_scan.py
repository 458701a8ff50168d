"""Walking the disk, and comparing it with rows."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iib_core import paths
from iib_core.db.scan_rows import KnownFile
from iib_core.index import filesystems, scan
from iib_core.index.scan import Entry

pytestmark = pytest.mark.windows

NOW = 1_700_000_000_123_456_789
LATER = NOW + 60 * 10**9


def row(name="a.png", mtime_ns=NOW, size=10, *, missing=False, indexed_ns=LATER, reader=1):
    return KnownFile(7, name, mtime_ns, size, missing, reader, indexed_ns)


@pytest.mark.parametrize(
    ("known", "entry", "want"),
    [
        (None, Entry("a.png", NOW, 10), "added"),
        (row(), Entry("a.png", NOW, 10), ""),
        (row(), Entry("a.png", NOW + 1, 10), "changed"),
        (row(), Entry("a.png", NOW, 11), "changed"),
        (row(), Entry("a.png", NOW - 10**9, 10), "changed"),
        (row(reader=0), Entry("a.png", NOW, 10), "changed"),
        (row(missing=True), Entry("a.png", NOW, 10), "returned"),
        (row(missing=True), Entry("a.png", NOW + 1, 10), "changed"),
        (row(), None, "gone"),
        (row(missing=True), None, ""),
        # A clock that ticks once a second, and a file that was read in the second of its last
        # change.
        (
            row(mtime_ns=5 * 10**9, indexed_ns=5 * 10**9 + 1),
            Entry("a.png", 5 * 10**9, 10),
            "changed",
        ),
        (row(mtime_ns=5 * 10**9, indexed_ns=9 * 10**9), Entry("a.png", 5 * 10**9, 10), ""),
    ],
)
def test_one_file_compared_with_its_row(known, entry, want):
    changes = scan.diff({known.name: known} if known else {}, [entry] if entry else [])
    found = {name for name in ("added", "changed", "returned", "gone") if getattr(changes, name)}
    assert found == ({want} if want else set())


def test_a_file_whose_status_cannot_be_read_is_not_gone():
    assert scan.diff({"a.png": row()}, [], frozenset({"a.png"})).gone == []


names = st.text("abc\udc80é", min_size=1, max_size=3).map(lambda name: name + ".png")
states = st.tuples(st.sampled_from([NOW, NOW + 1]), st.integers(0, 2))


@given(st.dictionaries(names, states), st.dictionaries(names, states))
def test_each_file_is_reported_once_and_applying_the_changes_leaves_none(before, after):
    known = {
        paths.to_text(name): KnownFile(number, paths.to_text(name), *state, False, 1, LATER)
        for number, (name, state) in enumerate(before.items())
    }
    entries = [Entry(name, *state) for name, state in after.items()]
    changes = scan.diff(known, entries)
    assert {entry.name for entry in changes.added} == after.keys() - before.keys()
    assert {entry.name for entry in changes.changed} == {
        name for name in after.keys() & before.keys() if after[name] != before[name]
    }
    assert {known[paths.to_text(name)].id for name in before.keys() - after.keys()} == set(
        changes.gone
    )


def found(*roots: Path, follow: bool = True, leave_out: frozenset[str] = frozenset()) -> list[str]:
    folders = scan.walk([os.path.realpath(root) for root in roots], lambda _: follow, leave_out)
    return [os.path.join(folder.path, entry.name) for folder in folders for entry in folder.entries]


def touch(path: Path, content: bytes = b"x") -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return str(path)


def test_only_media_are_found_and_hidden_folders_are_excluded(tmp_path):
    wanted = {touch(tmp_path / name) for name in ("a.png", "b.JPG", "sub/deep/c.mp4", "sub/d.flac")}
    for name in (
        "a.txt",
        ".e.png",
        "._f.png",
        "png",
        ".iib-trash/g.png",
        ".git/h.png",
        "@eaDir/i.png",
        "$RECYCLE.BIN/j.png",
        "cache/k.png",
        "dir.png/l.txt",
    ):
        touch(tmp_path / name)
    assert set(found(tmp_path, leave_out=frozenset({str(tmp_path / "cache")}))) == wanted


@pytest.mark.needs_links
def test_loops_of_links_end_and_each_folder_is_read_once(tmp_path):
    touch(tmp_path / "library/a/1.png")
    touch(tmp_path / "library/b/2.png")
    (tmp_path / "library/a/again").symlink_to(tmp_path / "library/b")
    (tmp_path / "library/b/up").symlink_to(tmp_path / "library")
    (tmp_path / "library/self").symlink_to(tmp_path / "library/self")
    (tmp_path / "other").symlink_to(tmp_path / "library")
    roots = (tmp_path / "library", tmp_path / "library/a", tmp_path / "other")
    assert sorted(found(*roots)) == [
        str(tmp_path / "library/a/1.png"),
        str(tmp_path / "library/b/2.png"),
    ]


@pytest.mark.needs_links
def test_links_are_followed_only_to_folders_with_access(tmp_path):
    outside = touch(tmp_path / "outside/1.png")
    (tmp_path / "library").mkdir()
    (tmp_path / "library/link").symlink_to(tmp_path / "outside")
    assert found(tmp_path / "library", follow=False) == []
    assert found(tmp_path / "library", follow=True) == [outside]


@pytest.mark.needs_links
def test_a_link_to_a_picture_is_a_file_of_its_folder(tmp_path):
    outside = touch(tmp_path / "outside/1.png")
    picks = tmp_path / "library/picks"
    picks.mkdir(parents=True)
    (picks / "far.png").symlink_to(outside)
    (picks / "again.png").symlink_to(picks / "far.png")
    (picks / "broken.png").symlink_to(tmp_path / "away.png")
    (picks / "self.png").symlink_to(picks / "self.png")
    (picks / "notes.txt").symlink_to(outside)
    (picks / "folder.png").symlink_to(tmp_path / "outside")
    assert sorted(found(tmp_path / "library", follow=True)) == [
        str(tmp_path / "library/picks/again.png"),
        str(tmp_path / "library/picks/far.png"),
        outside,
    ]
    assert found(tmp_path / "library", follow=False) == []


def test_the_folder_that_changed_last_comes_first(tmp_path):
    for name, age_s in (("old", 2), ("newest", 0), ("middle", 1)):
        touch(tmp_path / name / "1.png")
        os.utime(tmp_path / name, ns=(NOW, NOW - age_s * 10**9))
    assert [path.split(os.sep)[-2] for path in found(tmp_path)] == ["newest", "middle", "old"]


@pytest.mark.posix_only("users who may not read a folder")
def test_a_folder_that_cannot_be_read_is_reported(unprivileged):
    folder, drop_rights = unprivileged
    touch(folder / "shut/1.png")
    (folder / "shut").chmod(0)
    drop_rights()
    assert [seen.error for seen in scan.walk([str(folder)], lambda _: True) if seen.error] == [
        "Permission denied"
    ]


def test_a_missing_root_is_no_error(tmp_path):
    assert list(scan.walk([str(tmp_path / "away")], lambda _: True)) == []


MOUNTS = """\
22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw
30 22 0:26 / /mnt/nas rw,relatime shared:5 - nfs4 server:/export rw,vers=4.2
31 22 0:27 / /mnt/with\\040space rw - fuse.sshfs host:/ rw
32 30 8:2 / /mnt/nas/disk rw - xfs /dev/sdb1 rw
33 22 8:3 / /mnt/stick rw - fuseblk /dev/sdc1 rw
34 22 0:30 / /mnt/c rw - 9p C:\\134 rw
""".splitlines()


@pytest.mark.parametrize(
    ("path", "filesystem", "remote"),
    [
        ("/home/me", "ext4", False),
        ("/mnt/nas", "nfs4", True),
        ("/mnt/nas/a/b", "nfs4", True),
        ("/mnt/nasty", "ext4", False),
        ("/mnt/nas/disk/x", "xfs", False),
        ("/mnt/with space/x", "fuse.sshfs", True),
        ("/mnt/stick", "fuseblk", False),
        ("/mnt/c/pictures", "9p", True),
    ],
)
def test_remote_file_systems(path, filesystem, remote):
    assert filesystems.type_of(path, MOUNTS) == filesystem
    assert filesystems.is_remote_type(filesystem) is remote
