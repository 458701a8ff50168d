"""Which paths exist for a client."""

from __future__ import annotations

import ntpath
import os
from pathlib import Path

import pytest

from iib_core import paths
from iib_core.access import Access, Root
from iib_core.errors import AccessDenied, InvalidRequest, NotFound, ReadOnly
from iib_core.files.disk_lookup import EntryFinder
from tests.links import link_where_possible

pytestmark = pytest.mark.windows


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


@pytest.mark.parametrize(
    "inside", ["outputs", "outputs/day/a.png", "outputs/missing.png", "outputs/day/../day"]
)
def test_paths_under_a_root_are_allowed(places, inside):
    assert restricted(places / "outputs").resolve(str(places / inside))


LINK_OUT = pytest.param("outputs/out.png", marks=pytest.mark.needs_links)


@pytest.mark.parametrize(
    "outside",
    [
        "outputs-private/a.png",
        "out",
        "",
        "elsewhere/a.png",
        LINK_OUT,
        "outputs/../elsewhere",
        "missing.png",
    ],
)
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
@pytest.mark.skipif(
    not os.path.exists("/proc/self/fd"), reason="needs /proc to see which file was opened"
)
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
    access = Access(
        [str(places / "linked")], restricted=is_held, data_dir=str(places / "outputs/data")
    )
    names = [
        "a.png",
        "",
        ".",
        "..",
        "missing.png",
        "猫.png",
        "a\0",
        "x" * 5000,
        "loop",
        "out.png",
        "out",
        "data",
        "out/a.png",
        "\udc80",
    ]
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
        assert outcome(lambda one: access.resolve_each([one])[one], raw) == outcome(
            access.resolve_entry, raw
        ), raw
    good = [raw for raw in raws if isinstance(outcome(access.resolve, raw), str)]
    assert access.resolve_each(good) == {raw: access.resolve_entry(raw) for raw in good}


WINDOWS = Access(
    [
        Root(r"D:\Bilder\outputs", r"D:\Bilder\outputs"),
        Root(r"\\nas\share\sd", r"\\nas\share\sd"),
        Root("E:\\", "E:\\"),
    ],
    restricted=True,
    data_dir=r"D:\Bilder\outputs\.iib",
    path_module=ntpath,
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
        with pytest.raises((AccessDenied, InvalidRequest)):
            WINDOWS.resolve(raw)


class Network:
    """``ntpath`` that records which paths are looked up."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __getattr__(self, name):
        return getattr(ntpath, name)

    def realpath(self, path):
        self.asked.append(path)
        return path


@pytest.fixture
def network(monkeypatch):
    network = Network()
    monkeypatch.setattr(ntpath, "realpath", network.realpath)
    return network


NAS = Root(r"Z:\out", r"\\nas\share\out")


@pytest.mark.parametrize("is_held", [True, False])
@pytest.mark.parametrize(
    "raw",
    [
        r"\\198.51.100.7\share\x.png",
        "//198.51.100.7/share/x.png",
        r"\\?\UNC\198.51.100.7\share\x.png",
        "\\\\198.51.100.7\\share\\\uefff.png",
        r"\\localhost\c$\iibdata\iib.db",
        r"\\nas\c$\x.png",
        r"\\nas@SSL\share\x.png",
        r"\\evil\share\..\..\nas\share\x.png",
    ],
)
def test_a_machine_that_a_client_names_is_not_even_asked(network, raw, is_held):
    access = Access([NAS, Root(r"C:\pics", r"C:\pics")], restricted=is_held, path_module=ntpath)
    for ask in (
        access.resolve,
        access.resolve_existing,
        access.resolve_file,
        lambda raw: access.resolve_each([raw]),
        EntryFinder(access).find,
    ):
        with pytest.raises(AccessDenied, match="network share"):
            ask(raw)
    assert not access.allows_link(raw)
    assert network.asked == []


def test_a_share_of_the_library_is_asked(network):
    for is_held in (True, False):
        access = Access([NAS], restricted=is_held, path_module=ntpath)
        assert access.resolve(r"\\NAS\Share\out\a.png") == r"\\NAS\Share\out\a.png"
    # As in a file manager: other folders of a share of the library may be looked up.
    assert access.resolve(r"\\nas\share\other\a.png")
    with pytest.raises(AccessDenied):
        Access([NAS], restricted=True, path_module=ntpath).resolve(r"\\nas\share\other\a.png")
    assert network.asked


def test_who_adds_a_folder_names_its_machine(network):
    assert (
        Access([], restricted=False, path_module=ntpath).check_new_root(r"\\new\share\pics")
        == r"\\new\share\pics"
    )
    with pytest.raises(AccessDenied):
        Access([], restricted=True, path_module=ntpath).check_new_root(r"\\new\share\pics")
    assert network.asked == []


def test_own_data_has_no_other_spelling():
    access = Access([], restricted=False, data_dir=r"C:\iibdata", path_module=ntpath)
    for raw in (
        r"C:\iibdata\iib.db",
        r"\\?\C:\iibdata\iib.db",
        "//?/c:/IIBDATA/iib.db-wal",
        r"\??\C:\iibdata\iib.db",
    ):
        with pytest.raises(AccessDenied, match="own data"):
            access.resolve(raw)
        with pytest.raises(AccessDenied):
            EntryFinder(access).find(raw) if os.name == "nt" else access.resolve(raw)


def test_own_data_is_own_by_a_share_of_this_machine_too(network, monkeypatch):
    same = {("\\\\me\\disk\\", "C:\\"), ("\\\\me\\data\\", r"C:\Users\me")}
    monkeypatch.setattr(ntpath, "samefile", lambda one, other: (one, other) in same)
    roots = [
        Root(path, path) for path in (r"\\me\disk\pics", r"\\me\data\pics", r"\\nas\share\pics")
    ]
    access = Access(roots, restricted=False, data_dir=r"C:\Users\me\iib", path_module=ntpath)
    for raw in (r"\\me\disk\Users\me\iib\iib.db", r"\\ME\data\IIB\iib.db"):
        with pytest.raises(AccessDenied, match="own data"):
            access.resolve(raw)
    for raw in (r"\\me\disk\pics\a.png", r"\\me\data\iib2\a.png", r"\\nas\share\iib\a.png"):
        assert access.resolve(raw)


@pytest.mark.parametrize("raw", [r"Bilder\a.png", "a.png", r"D:a.png", r"..\a.png"])
def test_a_relative_windows_path_is_none(raw):
    with pytest.raises(InvalidRequest, match="relative"):
        WINDOWS.resolve(raw)


@pytest.mark.needs_links
def test_a_link_that_is_changed_while_it_is_resolved_is_resolved_again(tmp_path, monkeypatch):
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    link = tmp_path / "outputs"
    link.symlink_to(first)
    root = Root.at(str(link))
    resolve, calls = paths.real_or_given, []

    def resolve_between(path):
        calls.append(path)
        if len(calls) > 1:
            return resolve(path)
        link.unlink()
        found = resolve(path)
        link.symlink_to(second)
        return found

    monkeypatch.setattr(paths, "real_or_given", resolve_between)
    assert root.met() == root
    assert root.met().real == str(second)
