"""Paths as text."""

from __future__ import annotations

import ntpath
import os
import posixpath
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iib_core import paths
from iib_core.errors import Conflict, InvalidRequest

pytestmark = pytest.mark.windows


@pytest.mark.parametrize(
    ("path", "folder", "path_module", "expected"),
    [
        ("/x/outputs/a.png", "/x/outputs", posixpath, True),
        ("/x/outputs", "/x/outputs", posixpath, True),
        ("/x/outputs/", "/x/outputs", posixpath, True),
        ("/x/outputs/../secret", "/x/outputs", posixpath, False),
        ("/x/outputs-private/a.png", "/x/outputs", posixpath, False),
        ("/x/out", "/x/outputs", posixpath, False),
        ("/x", "/x/outputs", posixpath, False),
        ("/anything/at/all", "/", posixpath, True),
        ("/x/OUTPUTS/a.png", "/x/outputs", posixpath, False),
        (r"C:\Outputs\a.png", r"c:\outputs", ntpath, True),
        (r"C:/outputs/a.png", r"C:\outputs", ntpath, True),
        (r"C:\outputs-private\a.png", r"C:\outputs", ntpath, False),
        (r"C:\outputs\..\secret", r"C:\outputs", ntpath, False),
        (r"D:\outputs\a.png", r"C:\outputs", ntpath, False),
        (r"D:\x", "D:\\", ntpath, True),
        (r"\\nas\share\a.png", r"\\nas\share", ntpath, True),
        (r"\\nas\share2\a.png", r"\\nas\share", ntpath, False),
    ],
)
def test_containment_is_by_component(path, folder, path_module, expected):
    assert paths.is_under(path, folder, path_module) is expected


@pytest.mark.parametrize(
    "raw", ["", "relative/a.png", "a\0b", "/a\0b", "/" + "a" * 5000, "/\ud800x"]
)
def test_what_is_no_path_is_refused_with_a_sentence(raw):
    with pytest.raises(InvalidRequest, match=r"\.$"):
        paths.check(raw)


def test_a_path_is_normalised():
    assert paths.check("/a/b/../c//d/", posixpath) == "/a/c/d"
    assert paths.check("C:/a/b/../c//d/", ntpath) == r"C:\a\c\d"


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (r"\\?\C:\iibdata\iib.db", r"C:\iibdata\iib.db"),
        (r"\\?\c:\x\..\y", r"c:\y"),
        ("//?/C:/pics/sub", r"C:\pics\sub"),
        (r"\??\C:\pics", r"C:\pics"),
        (r"\\?\UNC\nas\share\x.png", r"\\nas\share\x.png"),
        (r"\\?\unc\nas\share", r"\\nas\share"),
    ],
)
def test_another_spelling_of_a_windows_path_is_the_common_one(raw, path):
    assert paths.check(raw, ntpath) == path


@pytest.mark.parametrize(
    "raw",
    [
        r"\\.\C:\x",
        r"\\.\PhysicalDrive0",
        r"\\?\GLOBALROOT\Device\HarddiskVolume1\x",
        r"\\?\Volume{01234567-89ab-cdef-0123-456789abcdef}\x",
        r"\\?\C:",
        "//./pipe/x",
        r"\\\?\C:\x",
        r"C:\pics\CON",
        r"C:\pics\con.png",
        r"C:\aux \x.png",
        r"C:\iibdata\iib.db::$DATA",
        r"C:\iibdata::$INDEX_ALLOCATION\iib.db",
        r"\\nas\share\x.png:stream",
    ],
)
def test_devices_and_streams_of_windows_are_no_paths(raw):
    with pytest.raises(InvalidRequest, match=r"on Windows(, not of a file)?\.$|full path\.$"):
        paths.check(raw, ntpath)


@pytest.mark.parametrize("raw", [r"\pics\x.png", "/pics/x.png", r"C:x.png", r"\\nas"])
def test_a_windows_path_without_a_drive_depends_on_the_current_one_and_is_no_full_path(raw):
    with pytest.raises(InvalidRequest, match="relative path"):
        paths.check(raw, ntpath)


@pytest.mark.parametrize("raw", ["C:\\\ud83d.png", "C:\\\udc80.png"])
def test_half_of_a_surrogate_pair_is_no_name_on_windows(raw):
    with pytest.raises(InvalidRequest, match="characters"):
        paths.check(raw, ntpath)


def test_a_drive_that_cannot_be_asked_is_told_and_asked_once():
    tries = []

    def realpath(path: str) -> str:
        tries.append(path)
        exc = OSError(22, "The specified network password is not correct", path)
        exc.winerror = 1326  # type: ignore[attr-defined]
        raise exc

    network = SimpleNamespace(realpath=realpath, normpath=ntpath.normpath)
    with pytest.raises(Conflict, match=r"cannot be reached now \(The specified network password"):
        paths.real(r"\\nas\share\x", network)
    assert len(tries) == 1
    assert paths.real_or_given(r"\\nas\share\y\..\x", network) == r"\\nas\share\x"


def test_the_root_of_a_windows_share_is_a_full_path():
    assert paths.check(r"\\nas\share", ntpath) == r"\\nas\share"


@given(st.binary(max_size=40).filter(lambda raw: b"\0" not in raw and b"/" not in raw))
@pytest.mark.posix_only("names are bytes")
def test_any_name_on_disk_survives_the_way_to_a_client_and_back(raw):
    name = os.fsdecode(b"/nowhere/" + raw)
    text = paths.to_text(name)
    text.encode("utf-8")
    # Names that really contain characters of the private-use block are the only exception; they are
    # recognised by a look at the disk.
    if not any(0xEF80 <= ord(c) <= 0xEFFF for c in name):
        assert paths.from_text(text) == name


@pytest.mark.posix_only("names are bytes")
def test_a_name_with_private_use_characters_wins_over_one_with_odd_bytes(tmp_path):
    spelled = str(tmp_path / "\uefff.png")
    odd = str(tmp_path) + "/\udcff.png"
    with open(os.fsencode(odd), "wb"):
        pass
    assert paths.from_text(spelled) == odd
    with open(spelled, "wb"):
        pass
    assert paths.from_text(spelled) == spelled


@given(st.text(st.characters() | st.characters(categories=["Cs"])))
def test_the_text_of_any_name_is_valid_unicode(name):
    assert paths.to_text(name).encode().decode() == paths.to_text(name)


@pytest.mark.parametrize("failures", [0, 1, 2, 99])
def test_a_link_that_is_replaced_while_it_is_followed_is_followed_again_and_then_refused(failures):
    tries = []

    def realpath(path: str) -> str:
        tries.append(path)
        if len(tries) <= failures:
            raise OSError(22, "Invalid argument", path)
        return "/real"

    if failures < 3:
        assert paths.real("/link", SimpleNamespace(realpath=realpath)) == "/real"
    else:
        with pytest.raises(Conflict, match="try again"):
            paths.real("/link", SimpleNamespace(realpath=realpath))
        assert len(tries) < 10
