"""What kind of storage a path lies on: over a network, changes are not announced and every read waits."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

from iib_core import windows

# File systems whose changes may be made by another machine or outside of this system, so that
# nobody here is told.
_REMOTE = frozenset(
    {
        "nfs",
        "nfs4",
        "cifs",
        "smb",
        "smb2",
        "smb3",
        "smbfs",
        "afs",
        "afpfs",
        "ceph",
        "glusterfs",
        "lustre",
        "beegfs",
        "davfs",
        "webdav",
    }
    | {"9p", "v9fs", "drvfs", "vboxsf", "prl_fs", "vmhgfs", "virtiofs", "fakeowner", "osxfs", "grpcfuse"}
)


def is_remote(path: str) -> bool:
    """Whether a real path lies on a network drive or a folder shared into a virtual machine.

    False where that cannot be told.
    """
    if sys.platform == "win32":
        return _is_remote_on_windows(path)
    try:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as mounts:
            return is_remote_type(type_of(path, mounts))
    except OSError:
        return False


def is_remote_type(filesystem: str) -> bool:
    """Whether a file system of this type (``ext4``, ``nfs``, ``fuse.sshfs``) is remote.

    Those in user space are, but for local disks.
    """
    return filesystem in _REMOTE or filesystem.startswith("fuse.") or filesystem == "fuse"


def type_of(path: str, mountinfo: Iterable[str]) -> str:
    """The type of the file system that holds ``path``, from lines of Linux'
    ``/proc/self/mountinfo``; "" where none does.

    Format: proc(5). Of mounts over the same place the last one counts.
    """
    best, found = -1, ""
    for line in mountinfo:
        front, _, back = line.partition(" - ")
        fields = front.split(" ")
        if len(fields) < 5 or not back:
            continue
        place = _unescape(fields[4])
        inside = path == place or path.startswith(place if place.endswith("/") else place + "/")
        if inside and len(place) >= best:
            best, found = len(place), back.split(" ", 1)[0].strip()
    return found


def _unescape(place: str) -> str:
    for code, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        place = place.replace(code, character)
    return place


def _is_remote_on_windows(path: str) -> bool:
    drive = os.path.splitdrive(path)[0]
    if drive.startswith("\\\\"):
        return not drive.startswith(("\\\\?\\", "\\\\.\\")) or drive.upper().startswith("\\\\?\\UNC\\")
    return windows.drive_type(path) == windows.REMOTE
