"""Finds the extensions and runs their files as the host does: each by its path, with its folder on
``sys.path`` meanwhile.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
import traceback
from types import ModuleType

from modules.paths_internal import extensions_dir


def active() -> list[str]:
    """The extensions' folders."""
    return [os.path.join(extensions_dir, name) for name in sorted(os.listdir(extensions_dir))]


def preload(parser: argparse.ArgumentParser) -> None:
    """Let each extension add its flags."""
    for folder in active():
        path = os.path.join(folder, "preload.py")
        if os.path.isfile(path):
            _execute(path).preload(parser)


def load_scripts() -> None:
    """Execute each ``.py`` of each ``scripts`` folder, after every callback of the last life is
    gone.
    """
    from modules import script_callbacks

    script_callbacks.clear_callbacks()
    for folder in active():
        scripts = os.path.join(folder, "scripts")
        for name in sorted(os.listdir(scripts)):
            if not name.endswith(".py"):
                continue
            before = sys.path
            sys.path = [folder, *sys.path]
            try:
                _execute(os.path.join(scripts, name))
            except Exception:  # noqa: BLE001  so does the host
                traceback.print_exc()
            finally:
                sys.path = before


def list_javascript(extension: str) -> list[str]:
    """The files that the page loads; top level only."""
    found = []
    for folder in active():
        scripts = os.path.join(folder, "javascript")
        found += [
            os.path.join(scripts, name)
            for name in sorted(os.listdir(scripts))
            if os.path.splitext(name)[1] == extension
        ]
    return [path for path in found if os.path.isfile(path)]


def _execute(path: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(os.path.basename(path), path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
