"""Folders as the disk has them."""

from __future__ import annotations

import os

import pytest

from iib_core.access import Access
from iib_core.errors import NotFound
from iib_core.files import listing

pytestmark = pytest.mark.windows


def names(folder, **options):
    access = Access([str(folder)], restricted=True, **options)
    return {info["name"]: info for info in listing.list_folder(str(folder), access)}


def test_entries_have_exact_and_readable_values(library):
    found = names(library)
    assert set(found) == {"fox.png", "fox.txt", "sea.jpg", "sub"}
    picture = found["fox.png"]
    size = os.stat(library / "fox.png").st_size
    assert (picture["type"], picture["bytes"], picture["size"], picture["date"]) == (
        "file",
        size,
        f"{size} B",
        os.stat(library / "fox.png").st_mtime,
    )
    assert picture["fullpath"] == str(library / "fox.png") and picture["is_under_scanned_path"]
    assert (found["sub"]["type"], found["sub"]["size"], found["sub"]["bytes"]) == ("dir", "-", 0)


@pytest.mark.needs_links
def test_the_trash_and_links_that_lead_outside_are_left_out(library, tmp_path):
    (library / ".iib-trash").mkdir()
    (tmp_path / "private.png").write_bytes(b"x")
    (library / "out.png").symlink_to(tmp_path / "private.png")
    (library / "broken.png").symlink_to(library / "nothing")
    (library / "loop").symlink_to(library / "loop")
    (library / "in.png").symlink_to(library / "fox.png")
    assert set(names(library)) == {"fox.png", "fox.txt", "sea.jpg", "sub", "in.png"}


@pytest.mark.needs_links
def test_a_tree_gets_folders_only(library):
    (library / "link").symlink_to(library / "sub")
    found = listing.list_folder(
        str(library), Access([str(library)], restricted=True), only_folders=True
    )
    assert sorted(info["name"] for info in found) == ["link", "sub"]


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KB"),
        (1258291, "1.2 MB"),
        (5 * 2**30, "5.0 GB"),
        (3 * 2**40, "3.0 TB"),
    ],
)
def test_sizes_for_people(size_bytes, text):
    assert listing.human_size(size_bytes) == text


@pytest.mark.parametrize("look", [listing.list_folder, listing.list_columns])
def test_a_missing_folder_is_reported_under_the_path_of_the_client(look, tmp_path):
    with pytest.raises(NotFound, match=r"^'/known/as' does not exist\.$"):
        look(str(tmp_path / "gone"), Access([str(tmp_path)], restricted=True), "/known/as")
