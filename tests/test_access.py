"""Which paths exist for a client."""

from __future__ import annotations

import ntpath
import os
from pathlib import Path

import pytest

from iib_core.access import Access, Root
from iib_core.errors import AccessDenied, InvalidRequest, NotFound, ReadOnly
from tests.links import link_where_possible


@pytest.fixture
def places(tmp_path: Path) -> Path:
    for folder in ("outputs/day", "outputs-private", "elsewhere"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "a.png").write_bytes(b"x")
    link_where_possible(tmp_path / "outputs/out.png", tmp_path / "elsewhere/a.png")
    link_where_possible(tmp_path / "outputs/loop", tmp_path / "outputs/loop")
    link_where_possible(tmp_path / "linked", tmp_path / "outputs")
    return tmp_path


def restricted(root: Path) -> Access:
    return Access([str(root)], restricted=True)


@pytest.mark.parametrize("inside", ["outputs", "outputs/day/a.png", "outputs/missing.png", "outputs/day/../day"])
def test_paths_under_a_root_are_allowed(places, inside):
    assert restricted(places / "outputs").resolve(str(places / inside))


LINK_OUT = pytest.param("outputs/out.png", marks=pytest.mark.needs_links)


@pytest.mark.parametrize("outside", ["outputs-private/a.png", "out", "", "elsewhere/a.png", LINK_OUT, "outputs/../elsewhere", "missing.png"])
def test_paths_outside_are_refused_whether_they_exist_or_not(places, outside):
    with pytest.raises(AccessDenied):
        restricted(places / "outputs").resolve(str(places / outside))


@pytest.mark.needs_links
def test_a_root_may_be_a_symlink(places):
    access = restricted(places / "linked")
    assert access.resolve(str(places / "linked/day/a.png")) == str(places / "outputs/day/a.png")
    assert access.resolve(str(places / "outputs/day/a.png")) == str(places / "outputs/day/a.png")


def test_the_root_of_the_file_system_allows_everything(places):
    assert Access([places.anchor], restricted=True).resolve(str(places / "elsewhere/a.png"))


def test_without_restriction_every_path_is_allowed(places):
    access = Access([str(places / "outputs")], restricted=False)
    path = access.resolve(str(places / "elsewhere/a.png"))
    assert not access.is_under_root(path)


@pytest.mark.needs_links
def test_a_loop_of_symlinks_is_not_found(places):
    with pytest.raises(NotFound):
        restricted(places / "outputs").resolve_existing(str(places / "outputs/loop"))


def test_a_file_is_no_folder_and_a_folder_no_file(places):
    access = restricted(places / "outputs")
    with pytest.raises(InvalidRequest, match="not a folder"):
        access.resolve_folder(str(places / "outputs/day/a.png"))
    with pytest.raises(InvalidRequest, match="not a file"):
        access.resolve_file(str(places / "outputs/day"))


@pytest.mark.needs_links
@pytest.mark.skipif(not os.path.exists("/proc/self/fd"), reason="needs /proc to see which file was opened")
def test_a_symlink_swapped_in_after_the_check_does_not_get_through(places):
    access = restricted(places / "outputs")
    path = access.resolve(str(places / "outputs/day/a.png"))
    (places / "outputs/day/a.png").unlink()
    (places / "outputs/day/a.png").symlink_to(places / "elsewhere/a.png")
    with pytest.raises(AccessDenied):
        access.open(path)


def test_opening_what_has_vanished_is_not_found(places):
    with pytest.raises(NotFound):
        restricted(places / "outputs").open(str(places / "outputs/none.png"))


def test_read_only_refuses_changes(places):
    with pytest.raises(ReadOnly):
        Access([str(places)], restricted=True, permission="read-only").require_write()


def outcome(resolve, raw):
    try:
        return resolve(raw)
    except (AccessDenied, InvalidRequest) as exc:
        return type(exc), str(exc)


@pytest.mark.parametrize("is_held", [True, False])
@pytest.mark.needs_links
def test_many_paths_are_resolved_as_each_alone(places, is_held):
    (places / "outputs/data").mkdir()
    (places / "outputs/猫").mkdir()
    (places / "outputs/day/out").symlink_to(places / "elsewhere")
    access = Access([str(places / "linked")], restricted=is_held, own=str(places / "outputs/data"))
    names = ["a.png", "", ".", "..", "missing.png", "猫.png", "a\0", "x" * 5000, "loop", "out.png", "out", "data", "out/a.png", "\udc80"]
    folders = [
        "outputs",
        "outputs/day",
        "linked/day",
        "outputs/day/..",
        "outputs//day",
        "outputs/./day",
        "elsewhere",
        "outputs/猫",
        "outputs/data",
        "outputs/a.png",
        "none",
    ]
    raws = [f"{places}/{folder}/{name}" for folder in folders for name in names]
    raws += ["", "/", "a.png", "//", "./a.png", str(places)]
    for raw in raws:
        assert outcome(lambda one: access.resolve_each([one])[one], raw) == outcome(access.resolve, raw), raw
    good = [raw for raw in raws if isinstance(outcome(access.resolve, raw), str)]
    assert access.resolve_each(good) == {raw: access.resolve(raw) for raw in good}


WINDOWS = Access(
    [Root(r"D:\Bilder\outputs", r"D:\Bilder\outputs"), Root(r"\\nas\share\sd", r"\\nas\share\sd"), Root("E:\\", "E:\\")],
    restricted=True,
    own=r"D:\Bilder\outputs\.iib",
    flavour=ntpath,
)


@pytest.mark.parametrize(
    ("raw", "allowed"),
    [
        (r"D:\Bilder\outputs\a.png", True),
        (r"d:\BILDER\Outputs\a.png", True),
        ("D:/Bilder/outputs/a.png", True),
        (r"D:\Bilder\outputs", True),
        ("D:\\Bilder\\outputs\\", True),
        (r"D:\Bilder\outputs-private\a.png", False),
        (r"D:\Bilder\out", False),
        (r"D:\Bilder", False),
        ("D:\\", False),
        (r"C:\Bilder\outputs\a.png", False),
        (r"D:\Bilder\outputs\..\secret.png", False),
        (r"D:\Bilder\outputs\x\..\..\..\Windows\win.ini", False),
        ("D:/Bilder/outputs/../../Windows/win.ini", False),
        (r"E:\anything\at\all.png", True),
        (r"\\nas\share\sd\a.png", True),
        (r"\\NAS\Share\SD\a.png", True),
        (r"\\nas\share\sd2\a.png", False),
        (r"\\nas\share\a.png", False),
        (r"\\evil\share\sd\a.png", False),
        (r"\\?\C:\Windows\win.ini", False),
        (r"\\.\C:\Windows\win.ini", False),
        (r"\\?\UNC\evil\share\a.png", False),
        (r"D:\Bilder\outputs\.iib\iib.db", False),
        (r"d:\bilder\OUTPUTS\.IIB\iib.db", False),
    ],
)
def test_windows_forms_get_the_answers_of_their_posix_twins(raw, allowed):
    if allowed:
        assert WINDOWS.resolve(raw)
    else:
        with pytest.raises(AccessDenied):
            WINDOWS.resolve(raw)


@pytest.mark.parametrize("raw", [r"Bilder\a.png", "a.png", r"D:a.png", r"..\a.png"])
def test_a_relative_windows_path_is_none(raw):
    with pytest.raises(InvalidRequest, match="relative"):
        WINDOWS.resolve(raw)
