"""Full, read-only or small disks for tests. They are mounted if that is allowed; otherwise the test
is skipped.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


class Disk:
    """A small disk at ``path``."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def fill(self) -> None:
        """Fill the disk completely."""
        with open(self.path / "filler", "ab", buffering=0) as file:
            for size in (1 << 20, 4096, 1):
                try:
                    while file.write(bytes(size)) == size:
                        pass
                except OSError:
                    continue

    def make_room(self) -> None:
        (self.path / "filler").unlink()

    def set_read_only(self, is_read_only: bool) -> None:
        mount("-o", f"remount,{'ro' if is_read_only else 'rw'}", str(self.path))


def mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True, capture_output=True)


@contextmanager
def mounted(path: Path, size_mib: int = 16) -> Iterator[Disk]:
    """A disk of this size at ``path``; skips the test if this user may not mount one."""
    if not hasattr(os, "geteuid") or os.geteuid():
        pytest.skip("only root may mount a disk")
    path.mkdir()
    try:
        mount("-t", "tmpfs", "-o", f"size={size_mib}m", "tmpfs", str(path))
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("mounting is not allowed here")
    try:
        yield Disk(path)
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True, capture_output=True)


@contextmanager
def bound(folder: Path, path: Path) -> Iterator[Path]:
    """The same folder at a second path, which no link leads to, as on another machine; skips the
    test if this user may not mount it there.
    """
    if not hasattr(os, "geteuid") or os.geteuid():
        pytest.skip("only root may mount a folder")
    path.mkdir(parents=True)
    try:
        mount("--bind", str(folder), str(path))
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("mounting is not allowed here")
    try:
        yield path
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True, capture_output=True)
