"""Paths of the database and those of a machine, for machines of both kinds."""

from __future__ import annotations

import json
import ntpath
import os
import posixpath

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from iib_core import paths, root_map
from iib_core.errors import ConfigError, InvalidRequest, RootElsewhere
from iib_core.paths import ELSEWHERE
from iib_core.root_map import MappedRoot, RootMap

LINUX = RootMap(
    [
        MappedRoot("studio", "/mnt/a", "/mnt/a"),
        MappedRoot("films", "/home/me/films", "/mnt/a/films"),
    ],
    posixpath,
)
WINDOWS = RootMap(
    [
        MappedRoot("studio", "Z:\\a", "\\\\nas\\share\\a"),
        MappedRoot("films", "D:\\", "D:\\"),
    ],
    ntpath,
)
MAPS = {"linux": LINUX, "windows": WINDOWS}


@pytest.mark.parametrize(
    ("machine", "local", "stored"),
    [
        ("linux", "/mnt/a", "studio:"),
        ("linux", "/mnt/a/2024/fox.png", "studio:/2024/fox.png"),
        ("linux", "/mnt/a/films", "films:"),
        ("linux", "/mnt/a/films/1", "films:/1"),
        ("linux", "/mnt/ab/fox.png", "/mnt/ab/fox.png"),
        ("linux", "/home/me/fox.png", "/home/me/fox.png"),
        ("windows", "\\\\nas\\share\\a", "studio:"),
        ("windows", "\\\\nas\\share\\a\\2024\\fox.png", "studio:/2024/fox.png"),
        ("windows", "D:\\1\\fox.png", "films:/1/fox.png"),
        ("windows", "D:\\", "films:"),
        ("windows", "\\\\nas\\share\\ab", "\\\\nas\\share\\ab"),
        ("windows", "C:\\fox.png", "C:\\fox.png"),
    ],
)
def test_a_path_is_stored_under_the_name_of_the_innermost_folder(machine, local, stored):
    assert MAPS[machine].stored(local) == stored
    assert MAPS[machine].local(stored) == local


def test_a_folder_is_known_by_the_path_that_the_user_wrote_too():
    assert LINUX.stored("/home/me/films/1.png") == "films:/1.png"
    assert WINDOWS.stored("Z:\\a\\1.png") == "studio:/1.png"
    assert WINDOWS.local("studio:/1.png") == "\\\\nas\\share\\a\\1.png"


def test_case_does_not_matter_in_the_path_of_a_folder_on_windows_and_is_kept_in_the_rest():
    assert WINDOWS.stored("z:\\A\\Fox.PNG") == WINDOWS.stored("\\\\NAS\\Share\\A\\Fox.PNG")
    assert WINDOWS.stored("z:\\A\\Fox.PNG") == "studio:/Fox.PNG"
    # Two files of a machine where it matters are two files everywhere.
    assert len({WINDOWS.local(f"studio:/{name}.png") for name in ("fox", "Fox")}) == 2
    assert LINUX.stored("/mnt/A/fox.png") == "/mnt/A/fox.png"


@pytest.mark.parametrize(
    ("machine", "stored", "local"),
    [
        ("linux", "other:/2024/fox.png", "elsewhere:other:/2024/fox.png"),
        ("linux", "Z:\\a\\fox.png", "elsewhere:Z:/a/fox.png"),
        ("linux", "\\\\nas\\share\\fox.png", "elsewhere:\\\\nas/share/fox.png"),
        # Another server's folder of that path, which is not the one that is shared.
        ("linux", "/mnt/a/fox.png", "elsewhere:/mnt/a/fox.png"),
        ("linux", "studio:/films/fox.png", "elsewhere:studio:/films/fox.png"),
        ("windows", "other:/2024/fox.png", "elsewhere:other:\\2024\\fox.png"),
        ("windows", "/mnt/a/fox.png", "elsewhere:\\mnt\\a\\fox.png"),
        ("windows", "Z:\\a\\fox.png", "elsewhere:Z:\\a\\fox.png"),
        # Names that Windows cannot have: the last would be another file there.
        ("windows", "studio:/what?.png", "elsewhere:studio:\\what?.png"),
        ("windows", "studio:/nul/fox.png", "elsewhere:studio:\\nul\\fox.png"),
        ("windows", "studio:/a\\b.png", "elsewhere:studio:\\a|-b.png"),
        ("windows", "studio:/fox.png.", "elsewhere:studio:\\fox.png."),
    ],
)
def test_what_a_machine_does_not_have_is_no_path_of_it(machine, stored, local):
    assert MAPS[machine].local(stored) == local
    assert MAPS[machine].stored(local) == stored
    with pytest.raises(RootElsewhere, match="iib roots map"):
        paths.require_here(local)


# Names that both kinds of machines can have, those that only one can, and such as look like a part
# of what the map makes.
NAMES = st.text(
    st.sampled_from("abAB09 ._-:|=\\*?\u00e9\u4e2d\U0001f98a\ue000"), min_size=1, max_size=8
).filter(lambda name: name not in (".", ".."))
PLAIN_NAMES = NAMES.filter(WINDOWS.is_plain)
TOPS = {
    "linux": ["/mnt/a", "/mnt", "/home/me/films", "/", "/mnt/ab", "/mnt/a/films"],
    "windows": ["Z:\\a", "\\\\nas\\share\\a", "D:", "C:", "\\\\nas\\share", "\\\\other\\a"],
}


def joined(top: str, names: list[str], sep: str) -> str:
    return sep.join([top.rstrip(sep), *names]) if names else top


@st.composite
def local_paths(draw, machine):
    names = NAMES if machine == "linux" else PLAIN_NAMES
    top = draw(st.sampled_from(TOPS[machine]))
    sep = "/" if machine == "linux" else "\\"
    return joined(top, draw(st.lists(names, min_size=1, max_size=4)), sep)


@st.composite
def stored_paths(draw):
    """What any server may have stored."""
    kind = draw(st.sampled_from(["name", "linux", "windows"]))
    if kind != "name":
        return draw(local_paths(kind))
    top = draw(st.sampled_from(["studio:", "films:", "other:", "ab:"]))
    return joined(top, draw(st.lists(NAMES, max_size=4)), "/")


@given(st.data())
@pytest.mark.parametrize("machine", MAPS)
def test_a_path_of_a_machine_comes_back(machine, data):
    local = data.draw(local_paths(machine))
    mapped = MAPS[machine]
    stored = mapped.stored(local)
    again = mapped.local(stored)
    # A folder has two paths, and is known by the resolved one.
    assert mapped.stored(again) == stored
    ends = [local, *(root.real + local[len(root.path) :] for root in mapped.roots)]
    if machine == "windows":  # the case of the folder is that of the map
        again, ends = again.lower(), [end.lower() for end in ends]
    assert again in ends


@given(st.data())
@pytest.mark.parametrize("machine", MAPS)
def test_a_stored_path_comes_back_and_leads_into_its_folder_or_nowhere(machine, data):
    stored = data.draw(stored_paths())
    mapped = MAPS[machine]
    local = mapped.local(stored)
    assert mapped.stored(local) == stored
    name = root_map.name_of(stored)
    if paths.is_elsewhere(local):
        return
    module = posixpath if machine == "linux" else ntpath
    assert paths.is_absolute(local, module)
    holding = [root for root in mapped.roots if paths.is_under(local, root.real, module)]
    innermost = max(holding, key=lambda root: len(root.real), default=None)
    assert (innermost.name if innermost else "") == name


@given(st.data())
@pytest.mark.parametrize("machine", MAPS)
def test_no_two_stored_paths_are_one_on_a_machine(machine, data):
    one, other = data.draw(stored_paths()), data.draw(stored_paths())
    assume(one != other)
    assert MAPS[machine].local(one) != MAPS[machine].local(other)


@given(st.lists(PLAIN_NAMES, max_size=4))
def test_both_machines_have_the_same_file(names):
    stored = LINUX.stored(joined("/mnt/a", ["x", *names], "/"))
    assert WINDOWS.local(stored) == joined("\\\\nas\\share\\a", ["x", *names], "\\")


@pytest.mark.parametrize(
    "name", ["", "a", "z:", "trash", "elsewhere", "a/b", "\u00e9t\u00e9", "-a"]
)
def test_what_could_be_taken_for_something_else_is_no_name(name):
    with pytest.raises(InvalidRequest):
        root_map.check_name(name)


def test_the_case_of_a_name_does_not_matter():
    assert root_map.check_name("Studio-2:") == "studio-2"


def test_the_map_is_a_file_of_the_data_folder(tmp_path):
    assert root_map.load(str(tmp_path)) == ()
    folder = tmp_path / "pictures"
    folder.mkdir()
    root = MappedRoot("studio", str(folder), str(folder))
    root_map.save(str(tmp_path), [root])
    assert root_map.load(str(tmp_path)) == (root,)
    # A folder that is not there keeps what it was.
    folder.rmdir()
    assert root_map.load(str(tmp_path)) == (root,)


@pytest.mark.needs_links
def test_a_link_may_lead_to_another_folder_at_the_next_start(tmp_path):
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "one")
    root_map.save(str(tmp_path), [MappedRoot("studio", str(link), str(tmp_path / "one"))])
    link.unlink()
    link.symlink_to(tmp_path / "other")
    assert [root.real for root in root_map.load(str(tmp_path))] == [str(tmp_path / "other")]


@pytest.mark.parametrize("text", ["", "{}x", '[{"name": "studio"}]', '["studio"]', "3"])
def test_a_map_that_cannot_be_read_ends_the_start(tmp_path, text):
    (tmp_path / root_map.FILE).write_text(text)
    with pytest.raises(ConfigError, match="iib roots map"):
        root_map.load(str(tmp_path))


def test_the_file_can_be_read_by_people(tmp_path):
    root_map.save(str(tmp_path), [MappedRoot("studio", "/x", "/y")])
    (entry,) = json.loads((tmp_path / root_map.FILE).read_text())
    assert entry == {"name": "studio", "path": "/x", "real": "/y"}


def test_no_path_of_a_client_becomes_one_of_the_working_directory(tmp_path, monkeypatch):
    if os.name != "nt":  # there no folder can have that name
        (tmp_path / "elsewhere:" / "mnt").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    raw = ELSEWHERE + os.sep + "mnt"
    assert paths.check(raw) == raw and paths.real(raw) == raw
