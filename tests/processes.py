"""Processes that the program has started for itself, found by what they were started with, and
stopped or ended from outside. Other tests of this process have children too, and a child may end
at any moment.
"""

from __future__ import annotations

import contextlib

import psutil


def find_children(part: str) -> list[psutil.Process]:
    """The children of this process that have this in a part of their command."""
    found = []
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.Error):
            if any(part in word for word in child.cmdline()):
                found.append(child)
    return found


def kill_children(part: str) -> int:
    """Kill them; say how many there were."""
    killed = 0
    for child in find_children(part):
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()
            killed += 1
    return killed


def suspend_children(part: str) -> int:
    """Let none of them go on; say how many there were."""
    suspended = 0
    for child in find_children(part):
        with contextlib.suppress(psutil.NoSuchProcess):
            child.suspend()
            suspended += 1
    return suspended
