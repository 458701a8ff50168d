"""Files of the library can be renamed and deleted while they are read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from iib_core import reading
from iib_core.access import Access
from iib_core.files.disk import Disk
from iib_core.metadata import containers
from iib_core.metadata.containers.source import Source
from tests.conftest import write_png

pytestmark = pytest.mark.windows


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    return write_png(tmp_path / "fox.png")


OPENERS = {
    "reading": reading.open_file,
    "access": lambda path: Access([os.path.dirname(path)], restricted=True).open(path),
    "source": Source.open,
}


@pytest.mark.parametrize("name", OPENERS)
def test_an_open_file_can_be_renamed_read_on_and_deleted(picture, name):
    disk = Disk()
    with OPENERS[name](str(picture)) as file:
        moved = picture.with_name("moved.png")
        disk.rename(str(picture), str(moved))
        assert not picture.exists()
        disk.unlink(str(moved))
        if hasattr(file, "read"):
            assert file.read(8) == b"\x89PNG\r\n\x1a\n"
    assert os.listdir(picture.parent) == []


def test_a_file_that_is_read_can_be_replaced_by_a_new_one_of_its_name(picture):
    with reading.open_file(str(picture)):
        Disk().rename(str(picture), str(picture.with_name("old.png")))
        write_png(picture, colour="blue")
    assert sorted(os.listdir(picture.parent)) == ["fox.png", "old.png"]


def test_what_is_opened_knows_its_name_and_is_read_as_it_is(tmp_path):
    path = tmp_path / "lines.bin"
    path.write_bytes(b"one\r\ntwo\x1athree\n")
    with reading.open_file(str(path)) as file:
        assert file.name == str(path)
        assert file.read() == b"one\r\ntwo\x1athree\n"


@pytest.mark.parametrize("name", ["none.png", "none/fox.png"])
def test_what_is_not_there_is_not_found(tmp_path, name):
    with pytest.raises(FileNotFoundError) as failure:
        reading.open_file(str(tmp_path / name))
    assert failure.value.filename == str(tmp_path / name)
    with pytest.raises(OSError):
        reading.open_file(str(tmp_path)).close()


def test_a_name_with_a_nul_is_no_file(tmp_path):
    with pytest.raises((ValueError, FileNotFoundError)):
        Source.open(tmp_path / "a\0b.png")


@pytest.mark.needs_links
def test_a_link_is_no_file_where_links_are_not_followed(tmp_path, picture):
    (tmp_path / "link.png").symlink_to(picture)
    with pytest.raises(OSError):
        reading.open_number(tmp_path / "link.png", follow=False)
    with reading.open_file(str(tmp_path / "link.png")) as file:
        assert containers.read_file(file).width_px == 64
