"""Drives that come online after the start of the program, and folders whose names change in case
only.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from iib_core import paths
from iib_core.errors import AccessDenied
from iib_core.files import trash_paths
from iib_core.files.disk import Disk
from iib_core.index import watcher
from tests.conftest import write_png
from tests.index.test_watcher import wait_for

pytestmark = pytest.mark.windows

ignores_case = pytest.mark.skipif(
    os.name != "nt", reason="names differ here that differ in case only"
)


def appear(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return write_png(folder / "fox.png")


@pytest.mark.needs_links
def test_a_drive_that_comes_online_is_resolved_again(tmp_path, open_library):
    written = tmp_path / "drive"
    library = open_library(written)
    assert library.core.access.roots[0].real == str(written)
    fox = appear(tmp_path / "server" / "share")
    written.symlink_to(fox.parent)
    library.update()
    assert list(library.rows()) == [str(fox)]
    library.give(fox, "kept")
    library.update()
    assert library.tags_of(fox) == {"kept"}


@pytest.mark.needs_links
def test_a_drive_that_comes_online_during_an_update_has_one_path(
    tmp_path, open_library, monkeypatch
):
    written = tmp_path / "drive"
    library = open_library(written)
    library.update()
    fox = appear(tmp_path / "server" / "share")
    with monkeypatch.context() as patch:
        patch.setattr(
            library.core.access, "meet_roots", lambda: written.symlink_to(fox.parent) or []
        )
        library.update()
    assert list(library.rows()) == []
    library.update()
    assert list(library.rows()) == [str(fox)]


@pytest.mark.needs_links
def test_the_watcher_notices_a_drive_that_comes_online(tmp_path, open_library, monkeypatch):
    monkeypatch.setattr(watcher, "_ROOTS_EVERY_S", 0.05)
    written = tmp_path / "drive"
    library = open_library(written, watch=True)
    fox = appear(tmp_path / "server" / "share")
    written.symlink_to(fox.parent)
    wait_for(lambda: list(library.rows()) == [str(fox)])


@pytest.mark.needs_links
def test_a_client_gets_the_files_of_a_drive_that_came_online(tmp_path, open_library):
    written = tmp_path / "drive"
    access = open_library(written, access_control="on").core.access
    fox = appear(tmp_path / "server" / "share")
    written.symlink_to(fox.parent)
    assert access.resolve(str(written / "fox.png")) == str(fox)


@pytest.mark.needs_links
def test_a_root_whose_link_leads_elsewhere_is_followed(tmp_path, open_library):
    first, second = appear(tmp_path / "disk 1"), appear(tmp_path / "disk 2")
    write_png(second.parent / "wolf.png")
    written = tmp_path / "outputs"
    written.symlink_to(first.parent)
    library = open_library(written, access_control="on")
    library.update()
    library.give(first, "kept")
    written.unlink()
    written.symlink_to(second.parent)
    library.update()
    assert set(library.rows()) == {str(second), str(second.parent / "wolf.png")}
    access = library.core.access
    assert access.resolve(str(written / "wolf.png")) == str(second.parent / "wolf.png")
    with pytest.raises(AccessDenied):
        access.resolve(str(first))
    assert library.tags_of(second) == {"kept"}  # the same bytes: they were moved to the other disk
    written.unlink()
    written.symlink_to(first.parent)
    library.update()
    assert set(library.rows()) == {str(first)} and library.tags_of(first) == {"kept"}


@pytest.mark.needs_links
def test_the_watcher_follows_a_link_that_leads_elsewhere(tmp_path, open_library, monkeypatch):
    monkeypatch.setattr(watcher, "_ROOTS_EVERY_S", 0.05)
    first, second = appear(tmp_path / "disk 1"), appear(tmp_path / "disk 2")
    written = tmp_path / "outputs"
    written.symlink_to(first.parent)
    library = open_library(written, watch=True)
    wait_for(lambda: list(library.rows()) == [str(first)])
    written.unlink()
    written.symlink_to(second.parent)
    wait_for(lambda: list(library.rows()) == [str(second)])
    write_png(second.parent / "new.png")
    wait_for(lambda: str(second.parent / "new.png") in library.rows())


@pytest.mark.needs_links
def test_a_folder_that_becomes_a_link_is_not_followed(tmp_path, open_library):
    root, outside = appear(tmp_path / "library").parent, appear(tmp_path / "outside")
    library = open_library(root, access_control="on")
    library.update()
    root.rename(tmp_path / "away")
    root.symlink_to(outside.parent)
    library.update()
    assert library.core.access.roots[0].real == str(root)
    assert str(outside) not in library.rows()


@ignores_case
def test_a_drive_that_comes_with_a_name_in_another_case_has_one_row_a_file(tmp_path, open_library):
    library = open_library(tmp_path / "PICS")
    fox = appear(tmp_path / "Pics")
    if paths.real(str(tmp_path / "PICS")) != str(tmp_path / "Pics"):
        pytest.skip("this system does not report how a name is spelled")
    library.update()
    assert list(library.rows()) == [str(fox)]
    deleted = library.core.operations.delete([str(fox)])
    assert not fox.exists()
    library.core.operations.undo(str(deleted.operation_id))
    assert fox.exists()


@ignores_case
def test_the_rows_of_a_folder_that_is_renamed_in_case_only_stay_its_rows(tmp_path, open_library):
    fox = appear(tmp_path / "Case")
    library = open_library(tmp_path / "Case")
    library.update()
    library.give(fox, "kept")
    (tmp_path / "Case").rename(tmp_path / "between")
    (tmp_path / "between").rename(tmp_path / "CASE")
    library.update()
    renamed = tmp_path / "CASE" / "fox.png"
    assert list(library.rows()) == [str(renamed)]
    assert library.tags_of(renamed) == {"kept"}


class EndlessAccess:
    """An Access whose root is spelled in another case than the folders in it."""

    def __init__(self, *reals: str) -> None:
        self.roots = [type("Root", (), {"real": real}) for real in reals]


def test_the_trash_of_a_root_in_another_case_is_found(tmp_path):
    folder = tmp_path / "Pics" / "sub"
    folder.mkdir(parents=True)
    root = str(tmp_path / "PICS")
    top = trash_paths.trash_top(Disk(), str(folder), EndlessAccess(root))
    assert os.path.normcase(top) == os.path.normcase(root if os.name == "nt" else str(folder))


def test_the_trash_of_a_root_at_the_top_of_a_drive_is_found(tmp_path):
    top = trash_paths.trash_top(Disk(), str(tmp_path), EndlessAccess(tmp_path.anchor))
    assert paths.is_under(str(tmp_path), top)


def test_a_root_that_cannot_be_resolved_does_not_stop_the_others(
    tmp_path, open_library, monkeypatch
):
    fox = appear(tmp_path / "pics")
    away = str(tmp_path / "nas")
    realpath = os.path.realpath

    def fail(path, **options):
        if paths.is_under(str(path), away):
            exc = OSError(22, "The specified network password is not correct", path)
            exc.winerror = 1326
            raise exc
        return realpath(path, **options)

    monkeypatch.setattr(os.path, "realpath", fail)
    library = open_library(Path(away), fox.parent)
    library.update()
    assert list(library.rows()) == [str(fox)]
    assert [root.online for root in library.core.access.roots] == [False, True]
