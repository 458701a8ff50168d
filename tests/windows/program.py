"""The program as its user has it: a process over folders with spaces and letters of any script,
told by HTTP, interrupted, and killed.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx

from tests import forks

TOP = Path(__file__).parents[2]
_PATIENCE_S = 120.0
# What is started on Windows. It interrupts itself when a file tells it to: to send Ctrl-C to a
# process takes a console there, and a thread that reads a pipe keeps all others from it.
_CODE = """
import contextlib, faulthandler, signal, sys, threading, time
from iib_core.cli import main

def obey(path):
    name = ""
    while not name:
        time.sleep(0.05)
        # Right after the file was put there, Windows may still keep others from it.
        with contextlib.suppress(OSError), open(path) as file:
            name = file.read()
    faulthandler.dump_traceback_later(60, file=sys.__stdout__)
    signal.raise_signal(getattr(signal, name))

threading.Thread(target=obey, args=(sys.argv[1],), daemon=True).start()
sys.exit(main(sys.argv[2:]))
"""


class Program:
    """``iib COMMAND`` with a data folder, as a process."""

    def __init__(self, command: str, *arguments: str | Path, data_dir: Path) -> None:
        self._arguments = [
            command,
            *map(str, arguments),
            "--port",
            "0",
            "--data-dir",
            str(data_dir),
        ]
        self._order = data_dir.parent / "order.txt"
        self._process: forks.Fork | subprocess.Popen[str] | None = None
        self.client = httpx.Client()

    def start(self) -> Program:
        """Start it, and wait until it is ready."""
        self._order.unlink(missing_ok=True)
        environ = {name: value for name, value in os.environ.items() if not name.startswith("IIB_")}
        environ = {**environ, "PYTHONUNBUFFERED": "1", "IIB_IDLE_THUMBNAILS": "false"}
        process = self._process = self._launch(environ)
        watch = threading.Timer(_PATIENCE_S, process.kill)
        watch.start()
        said = ""
        assert process.stdout is not None
        for line in process.stdout:
            said += line
            if ready := re.search(r"ready at (\S+)", line):
                watch.cancel()
                self.client = httpx.Client(base_url=ready[1], timeout=_PATIENCE_S)
                return self
        watch.cancel()
        raise AssertionError(said)

    def _launch(self, environ: dict[str, str]) -> forks.Fork | subprocess.Popen[str]:
        if os.name == "posix":
            return forks.start(self._arguments, environ=environ, stderr=subprocess.STDOUT)
        return subprocess.Popen(
            [sys.executable, "-c", _CODE, str(self._order), *self._arguments],
            cwd=TOP,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._reap()

    def interrupt(self, signal_name: str = "SIGINT") -> int:
        """Ctrl-C, or another signal. Returns the exit status."""
        if isinstance(self._process, forks.Fork):
            self._process.send_signal(getattr(signal, signal_name))
            return self._reap()
        written = self._order.with_suffix(".part")
        written.write_text(signal_name, encoding="ascii")
        written.rename(self._order)
        return self._reap()

    def _reap(self) -> int:
        process, self._process = self._process, None
        assert process is not None
        self.client.close()
        try:
            process.communicate(timeout=_PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            said, _ = process.communicate()
            raise AssertionError(f"it did not end:\n{said}") from None
        return process.returncode

    def get(self, route: str, **params: object) -> Any:
        """The JSON of an answer."""
        answer = self.client.get(route, params=params)  # type: ignore[arg-type]
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, route: str, body: object) -> Any:
        """The JSON of an answer."""
        answer = self.client.post(route, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def find(self, query: str = "") -> set[str]:
        """The paths that a search finds."""
        page = self.post("/db/search", {"query": query, "cursor": "", "size": 1000})
        return {file["fullpath"] for file in page["files"]}

    def wait_for(self, condition: Callable[[], bool], what: str) -> None:
        """Return once it holds."""
        deadline = time.monotonic() + _PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, what
            time.sleep(0.05)

    def update(self) -> None:
        """Bring the index up to date."""
        self.post("/db/update_image_data", {})


def other_volume(folder: Path) -> tempfile.TemporaryDirectory[str] | None:
    """A folder on another disk than ``folder``; None where there is none."""
    device = os.stat(folder).st_dev
    for top in ("E:\\", "D:\\") if os.name == "nt" else ("/dev/shm", "/var/tmp"):
        if os.path.isdir(top) and os.stat(top).st_dev != device and os.access(top, os.W_OK):
            return tempfile.TemporaryDirectory(prefix="iib 输出 ", dir=top)
    return None


def files_below(*folders: Path) -> dict[str, bytes]:
    """Content by path of every file that is not in the trash."""
    found = (
        path
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and ".iib-trash" not in path.parts
    )
    return {str(path): path.read_bytes() for path in found}


def contents(*folders: Path) -> Sequence[bytes]:
    """What all files hold, the trash included, in an order that does not depend on where they are."""
    return sorted(
        path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()
    )
