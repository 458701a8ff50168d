"""File systems: detects network drives, which report no changes and are slow to read."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

from iib_core import windows

# File systems that another machine or the host of a virtual machine may change, so that this system
# cannot report the changes.
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
    | {
        "9p",
        "v9fs",
        "drvfs",
        "vboxsf",
        "prl_fs",
        "vmhgfs",
        "virtiofs",
        "fakeowner",
        "osxfs",
        "grpcfuse",
    }
)


def is_remote(path: str) -> bool:
    """Whether a real path lies on a network drive or in a folder shared with a virtual machine.

    False if that is unknown.
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

    All FUSE file systems count as remote; ``fuseblk``, a local disk, does not.
    """
    return filesystem in _REMOTE or filesystem.startswith("fuse.") or filesystem == "fuse"


def type_of(path: str, mountinfo: Iterable[str]) -> str:
    """The type of the file system that holds ``path``, or "".

    ``mountinfo``: the lines of Linux's ``/proc/self/mountinfo``, as described in proc(5). If
    several file systems are mounted at one mount point, the last one counts.
    """
    longest, result = -1, ""
    for line in mountinfo:
        front, _, back = line.partition(" - ")
        fields = front.split(" ")
        if len(fields) < 5 or not back:
            continue
        mount_point = _unescape(fields[4])
        prefix = mount_point if mount_point.endswith("/") else mount_point + "/"
        is_inside = path == mount_point or path.startswith(prefix)
        if is_inside and len(mount_point) >= longest:
            longest, result = len(mount_point), back.split(" ", 1)[0].strip()
    return result


def _unescape(text: str) -> str:
    for code, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        text = text.replace(code, character)
    return text


def _is_remote_on_windows(path: str) -> bool:
    drive = os.path.splitdrive(path)[0]
    if drive.startswith("\\\\"):
        return not drive.startswith(("\\\\?\\", "\\\\.\\")) or drive.upper().startswith(
            "\\\\?\\UNC\\"
        )
    return windows.drive_type(path) == windows.REMOTE
