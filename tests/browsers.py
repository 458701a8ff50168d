"""Finds a Chromium on this machine."""

from __future__ import annotations

import os
import shutil

# The first is the same browser without windows; a test takes half the time with it.
_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


def find_chromium() -> str | None:
    """The program that IIB_CHROMIUM names, otherwise the first of its usual names on the PATH."""
    return os.environ.get("IIB_CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
