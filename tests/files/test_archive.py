"""Archives, read back by the standard library's reader."""

from __future__ import annotations

import io
import ntpath
import os
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from iib_core.access import Access
from iib_core.errors import NotFound
from iib_core.files import archive, names
from iib_core.files.archive import Member
from iib_core.files.disk import Disk

pytestmark = pytest.mark.windows


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("A/1.png", "B/1.png", "B/deep/2.png", "C/errors.txt"):
        path = tmp_path / "library" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path / "library"


def pack(root: Path, *names: str, compress: bool = False) -> zipfile.ZipFile:
    access = Access([str(root)], restricted=True)
    members = archive.plan([str(root / name) for name in names], Disk(), access)
    return zipfile.ZipFile(io.BytesIO(b"".join(archive.stream(members, access, compress=compress))))


@pytest.mark.parametrize("compress", [False, True])
def test_files_of_the_same_name_get_unique_names(root, compress):
    packed = pack(root, "A/1.png", "B/1.png", "A/1.png", compress=compress)
    assert {name: packed.read(name).decode() for name in packed.namelist()} == {
        "1.png": "A/1.png",
        "1 (1).png": "B/1.png",
    }
    assert packed.testzip() is None


def test_companions_are_packed_with_their_file(root):
    for name in ("A/1.txt", "A/1.png.xmp", "A/2.txt", "B/1.civitai.info", "B/1.safetensors"):
        (root / name).write_text(name)
    assert sorted(pack(root, "A/1.png", "B/1.png").namelist()) == [
        "1 (1).png",
        "1.png",
        "1.png.xmp",
        "1.txt",
    ]


def test_companions_of_a_numbered_file_have_the_same_number(root):
    (root / "B/1.txt").write_text("of B")
    packed = pack(root, "A/1.png", "B/1.png", "B/1.txt")
    assert {name: packed.read(name).decode() for name in packed.namelist()} == {
        "1.png": "A/1.png",
        "1 (1).png": "B/1.png",
        "1.txt": "of B",
    }
    packed = pack(root, "A/1.png", "B/1.png")
    assert {name: packed.read(name).decode() for name in packed.namelist()} == {
        "1.png": "A/1.png",
        "1 (1).png": "B/1.png",
        "1 (1).txt": "of B",
    }


@pytest.mark.needs_links
def test_folders_are_packed_with_their_content(root, tmp_path_factory):
    (root / "B/.iib-trash").mkdir()
    (root / "B/.iib-trash/x.png").write_text("deleted")
    outside = tmp_path_factory.mktemp("elsewhere") / "out.png"
    outside.write_text("outside")
    (root / "B/out.png").symlink_to(outside)
    assert sorted(pack(root, "B").namelist()) == ["B/1.png", "B/deep/2.png"]


def test_files_that_vanish_or_shrink_are_listed_in_the_archive(root):
    access = Access([str(root)], restricted=True)
    (root / "long.png").write_bytes(b"x" * 600_000)
    members = archive.plan(
        [str(root / "A/1.png"), str(root / "long.png"), str(root / "B/1.png")], Disk(), access
    )
    stream = archive.stream(
        [*members, Member(str(root / "gone.png"), "gone.png")], access, compress=False
    )
    data = next(stream)
    os.truncate(root / "long.png", 300_000)
    os.unlink(root / "B/1.png")
    packed = zipfile.ZipFile(io.BytesIO(data + b"".join(stream)))
    listed = packed.read("errors.txt").decode()
    assert "long.png: it became" in listed and "gone.png: " in listed and "1 (1).png: " in listed
    assert packed.read("1.png") == b"A/1.png" and packed.testzip() is None


def test_no_file_takes_the_name_of_the_list_of_errors(root):
    assert pack(root, "C/errors.txt").namelist() == ["errors (1).txt"]


@pytest.mark.posix_only("names are bytes")
def test_files_with_invalid_unicode_names_or_times_before_1980_are_packed(root):
    odd = os.fsencode(root) + b"/\xff#\n.png"
    Path(os.fsdecode(odd)).write_text("odd")
    os.utime(odd, (0, 0))
    packed = pack(root, os.fsdecode(b"\xff#\n.png"))
    assert [packed.read(name) for name in packed.namelist()] == [b"odd"]
    assert packed.infolist()[0].date_time[0] == 1980


@pytest.mark.posix_only("names that Windows cannot store")
def test_no_name_leads_out_of_the_folder_on_windows(root):
    odd = [
        "..\\..\\win.png",
        "C:x.png",
        "C:\\x.png",
        "\\\\nas\\x.png",
        "a:stream.png",
        "con.png",
        "COM1",
        "end. .",
        "tab\t.png",
        "..\\",
        " .",
        "_con.png",
    ]
    (root / "D:").mkdir()
    for name in odd:
        (root / "D:" / name).write_text(name)
    packed = pack(root, "D:", *(f"D:/{name}" for name in odd))
    found = packed.namelist()
    assert len({name.casefold() for name in found}) == len(found) == 2 * len(odd)
    for name in found:
        for part in name.split("/"):
            assert part == names.validate(part, windows=True) and part == ntpath.basename(part)
    assert sorted(packed.read(name).decode() for name in found) == sorted(2 * odd)


def test_a_missing_path_is_reported_before_anything_is_sent(root):
    with pytest.raises(NotFound):
        pack(root, "none.png")


def test_memory_does_not_grow_with_the_archive(root):
    with open(root / "big.mp4", "wb") as file:
        file.truncate(200 << 20)
    access = Access([str(root)], restricted=True)
    members = archive.plan([str(root / "big.mp4")], Disk(), access)
    tracemalloc.start()
    size = sum(map(len, archive.stream(members, access, compress=False)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size > 200 << 20 and peak < 8 << 20


def test_an_archive_of_more_than_four_gigabytes_is_zip64(root):
    """The writer gets the size in advance, so a file that is truncated later shows the ZIP64 format
    without writing the bytes.
    """
    with open(root / "big.mp4", "wb") as file:
        file.truncate(5 << 30)
    access = Access([str(root)], restricted=True)
    stream = archive.stream(
        archive.plan([str(root / "big.mp4"), str(root / "A/1.png")], Disk(), access),
        access,
        compress=False,
    )
    first = next(stream)
    os.truncate(root / "big.mp4", 1 << 20)
    packed = zipfile.ZipFile(io.BytesIO(first + b"".join(stream)))
    assert (
        first[4] == 45 and packed.read("1.png") == b"A/1.png"
    )  # the version that a reader needs: 4.5 is Zip64


def test_packing_leaves_one_file_in_the_data_folder_or_none(root, tmp_path):
    access = Access([str(root)], restricted=True)
    members = archive.plan([str(root / "A")], Disk(), access)
    (tmp_path / "data/archives").mkdir(parents=True)
    (tmp_path / "data/archives/.killed.part").write_text("PK")
    os.utime(tmp_path / "data/archives/.killed.part", (1, 1))
    one, two = (
        archive.pack(members, access, str(tmp_path / "data"), compress=True) for _ in range(2)
    )
    assert one.path != two.path and one.count == 1 and one.size_bytes == os.path.getsize(one.path)
    assert sorted(os.listdir(tmp_path / "data/archives")) == sorted(
        map(os.path.basename, (one.path, two.path))
    )
