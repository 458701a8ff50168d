"""The desktop: opens a folder or a file with programs of the machine that the server runs on.

No shell is involved.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence

from iib_core.environment import has_display
from iib_core.errors import Conflict
from iib_core.paths import to_text

_PATIENCE_S = 2.0
# Openers that wait for the program they started; kept here to be reaped when they end.
_running: list[subprocess.Popen[bytes]] = []
_LINUX_OPENERS = (("xdg-open",), ("gio", "open"))


def open_folder(path: str, environ: Mapping[str, str] = os.environ) -> None:
    """Show a folder in the file browser. For a file its folder is shown, with the file selected if
    the system supports that.
    """
    folder = path if os.path.isdir(path) else os.path.dirname(path)
    if sys.platform == "win32" and folder != path:
        _start(select_command(path))
    elif sys.platform == "darwin" and folder != path:
        _start(["open", "-R", path])
    elif sys.platform == "darwin":
        _start(
            ["open", "-a", "Finder", path]
        )  # "open" alone would start a folder that is a program
    else:
        open_with_default_app(folder, environ)


def select_command(path: str) -> str:
    """The command line with which Explorer selects a file.

    One string, because Explorer parses quotes by its own rules and treats unquoted commas as
    separators.
    """
    return f'explorer.exe /select,"{path}"'


def open_with_default_app(path: str, environ: Mapping[str, str] = os.environ) -> None:
    """Open a file or folder with its default program. Raises Conflict if this machine has no
    desktop.

    The caller must refuse programs, whose default action is to run.
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
    if not has_display(environ):
        raise Conflict("The server runs without a desktop: there is no screen to open it on.")
    for opener in _LINUX_OPENERS:
        if shutil.which(opener[0], path=environ.get("PATH")):
            return opener
    raise Conflict("The server has no program to open files with: install xdg-utils.")


def _start(command: Sequence[str] | str) -> None:
    """Start a program and let it run. Its argument is an absolute path, so it cannot be an option.

    Raises Conflict if it fails at once.
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
    if status != 0 and sys.platform != "win32":  # the file browser of Windows always returns 1
        raise Conflict(f"{program} could not open it: no program may be set for this kind of file.")
