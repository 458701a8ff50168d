"""The desktop: shows a folder or a file with the programs of the machine that this server runs on.

No shell is involved.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence

from iib_core.errors import Conflict
from iib_core.paths import to_text

_PATIENCE_S = 2.0
# Openers that wait for the program they started; kept so that their end is noticed.
_running: list[subprocess.Popen[bytes]] = []
_LINUX_OPENERS = (("xdg-open",), ("gio", "open"))


def open_folder(path: str, environ: Mapping[str, str] = os.environ) -> None:
    """Show a folder in the file browser; of a file the folder it is in, the file selected where the
    system can do that.
    """
    folder = path if os.path.isdir(path) else os.path.dirname(path)
    if sys.platform == "win32" and folder != path:
        _start(select_command(path))
    elif sys.platform == "darwin" and folder != path:
        _start(["open", "-R", path])
    elif sys.platform == "darwin":
        _start(["open", "-a", "Finder", path])  # named, because a folder may be a program
    else:
        open_with_default_app(folder, environ)


def select_command(path: str) -> str:
    """What Explorer is started with to select a file.

    It has rules of its own for what stands in quotes, and takes commas outside of them for
    separators.
    """
    return f'explorer.exe /select,"{path}"'


def open_with_default_app(path: str, environ: Mapping[str, str] = os.environ) -> None:
    """Open a file or folder with its default program. Raises Conflict where this machine has no desktop.

    The caller makes sure that the file is no program itself: the default of those is to run.
    """
    if sys.platform == "win32":
        try:
            os.startfile(path)
        except OSError as exc:
            raise Conflict(f"'{to_text(path)}' cannot be opened: {exc.strerror or exc}.") from exc
    else:
        _start([*_opener(environ), path])


def _opener(environ: Mapping[str, str]) -> Sequence[str]:
    if sys.platform == "darwin":
        return ("open",)
    if not (environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY")):
        raise Conflict("The server runs without a desktop: there is no screen to open it on.")
    for opener in _LINUX_OPENERS:
        if shutil.which(opener[0], path=environ.get("PATH")):
            return opener
    raise Conflict("The server has no program to open files with: install xdg-utils.")


def _start(command: Sequence[str] | str) -> None:
    """Start a program and let it run; an absolute path as its argument can be no option.

    Raises Conflict where it fails at once.
    """
    program = command.split()[0] if isinstance(command, str) else command[0]
    _running[:] = [process for process in _running if process.poll() is None]
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as exc:
        raise Conflict(f"{program} cannot be started: {exc.strerror or exc}.") from exc
    try:
        status = process.wait(_PATIENCE_S)
    except subprocess.TimeoutExpired:
        _running.append(process)
        return
    if status != 0 and sys.platform != "win32":  # the file browser of Windows always tells 1
        raise Conflict(f"{program} could not open it: no program may be set for this kind of file.")
