"""Folders of this machine that may be wanted as roots: the user's pictures, and those into which
programs write theirs.
"""

from __future__ import annotations

import itertools
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from iib_core import paths, windows
from iib_core.access import Access

# Program, what its folder is called, and where in it the pictures are; the first that exists
# counts.
_PROGRAMS = (
    (
        "Stable Diffusion WebUI",
        re.compile(r"(stable-diffusion|sd)-webui.*|webui.*|re?forge.*|automatic|sd\.?next", re.I),
        ("outputs", "output", "webui/outputs", "webui/output"),
    ),
    ("ComfyUI", re.compile(r"comfyui.*", re.I), ("output", "ComfyUI/output")),
    ("SwarmUI", re.compile(r"(stable)?swarmui.*", re.I), ("Output",)),
    ("InvokeAI", re.compile(r"invoke-?ai.*", re.I), ("outputs/images", "outputs")),
    ("Fooocus", re.compile(r"fooocus.*", re.I), ("outputs", "Fooocus/outputs")),
)
# Folders below the user's in which programs are installed.
_BELOW_HOME = (
    "",
    "AI",
    "ai",
    "Apps",
    "apps",
    "Desktop",
    "Documents",
    "Downloads",
    "git",
    "repos",
    "src",
)
_PICTURES = ("Pictures", os.path.join("OneDrive", "Pictures"))
_OF_SYSTEM = ("/opt", "/srv", "/workspace")
# A folder with more entries is no place where programs are installed.
_MOST = 1000


@dataclass(frozen=True)
class SuggestedRoot:
    """A folder, and the program that writes there; "" for the user's own pictures."""

    path: str
    program: str


def find(access: Access) -> list[SuggestedRoot]:
    """Folders that exist, that are no part of the library, and that a client may add."""
    found: dict[str, SuggestedRoot] = {}
    for suggested in _candidates():
        real = paths.real_or_given(suggested.path)
        if os.path.isdir(real) and access.allows(real) and not access.is_under_root(real):
            found.setdefault(os.path.normcase(real), suggested)
    return list(found.values())


def places() -> list[str]:
    """Where a user begins to look for a folder: the user's own one, and the tops of the disks."""
    tops = windows.list_drives() if sys.platform == "win32" else ["/"]
    return [os.path.expanduser("~"), *tops]


def _candidates() -> Iterator[SuggestedRoot]:
    for base in dict.fromkeys(map(paths.real_or_given, _bases())):
        yield from _find_programs(base)
    for name in _PICTURES:
        yield SuggestedRoot(os.path.join(os.path.expanduser("~"), name), "")


def _bases() -> Iterator[str]:
    home = os.path.expanduser("~")
    yield from (os.path.join(home, name) for name in _BELOW_HOME)
    if sys.platform == "win32":
        drive = os.path.splitdrive(home)[0] + os.sep
        yield from (drive, os.path.join(drive, "AI"))
    else:
        yield from _OF_SYSTEM


def _find_programs(base: str) -> Iterator[SuggestedRoot]:
    try:
        with os.scandir(base) as listed:
            names = sorted(entry.name for entry in itertools.islice(listed, _MOST))
    except OSError:
        return  # it is not there, or not ours to read
    for name in names:
        for program, pattern, outputs in _PROGRAMS:
            if not pattern.fullmatch(name):
                continue
            inside = (os.path.join(base, name, *output.split("/")) for output in outputs)
            folder = next(filter(os.path.isdir, inside), None)
            if folder is not None:
                yield SuggestedRoot(folder, program)
