"""``iib`` in forks of one process that has imported everything, because to start Python and import
it takes longer than most of what tests do with it. Where the system has no forks, each is a process
like any other.

``python -m tests.forks SOCKET``: each message is a JSON object ``{"argv", "cwd", "environ"}`` with
three files: the fork's stdout and stderr, and where its exit status is written to; the answer is
its process number. It ends when the other end is closed.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from iib_core import cli
from tests.databases import write_empty

TOP = Path(__file__).parent.parent
_MOST_BYTES = 1 << 20


class Fork:
    """A process, with what tests use of ``subprocess.Popen``."""

    def __init__(self, pid: int, status: int, stdout: IO[str], stderr: IO[str] | None) -> None:
        self.pid = pid
        self.stdout = stdout
        self.stderr = stderr
        self.returncode: int | None = None
        self._status = status
        self._readers: list[_Reader] = []

    def send_signal(self, number: int) -> None:
        """Nothing where it has ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def poll(self) -> int | None:
        return self._read_status(0)

    def wait(self, timeout: float | None = None) -> int:
        """The exit status, negative for a signal."""
        found = self._read_status(timeout)
        if found is None:
            raise subprocess.TimeoutExpired("iib", timeout or 0.0)
        return found

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """All of its output that was not read yet, once it has ended."""
        until = None if timeout is None else time.monotonic() + timeout
        if not self._readers:
            files = [file for file in (self.stdout, self.stderr) if file is not None]
            self._readers = [_Reader(file) for file in files if not file.closed]
        for reader in self._readers:
            reader.join(None if until is None else max(0.0, until - time.monotonic()))
            if reader.is_alive():
                raise subprocess.TimeoutExpired("iib", timeout or 0.0)
        self.wait(None if until is None else max(0.0, until - time.monotonic()))
        texts = {reader.file: reader.text for reader in self._readers}
        return texts.get(self.stdout, ""), texts.get(self.stderr, "") if self.stderr else ""

    def _read_status(self, timeout: float | None) -> int | None:
        if self.returncode is None and select.select([self._status], [], [], timeout)[0]:
            self.returncode = int(os.read(self._status, 20))
            os.close(self._status)
        return self.returncode


def start(
    arguments: Sequence[str],
    *,
    environ: dict[str, str],
    cwd: Path = TOP,
    stderr: int = subprocess.PIPE,
) -> Fork | subprocess.Popen[str]:
    """``iib`` with these arguments. ``stderr``: as of ``subprocess.Popen``."""
    if not hasattr(os, "fork"):
        return start_apart(arguments, environ=environ, cwd=cwd, stderr=stderr)
    return _nursery().start(list(arguments), environ, cwd, stderr)


def start_apart(
    arguments: Sequence[str],
    *,
    environ: dict[str, str],
    cwd: Path = TOP,
    stderr: int = subprocess.PIPE,
) -> subprocess.Popen[str]:
    """The same in a Python of its own, as a user has it."""
    return subprocess.Popen(
        [sys.executable, "-m", "iib_core", *arguments],
        env=environ,
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
    )


class _Reader(threading.Thread):
    """Reads a pipe to its end, and closes it."""

    def __init__(self, file: IO[str]) -> None:
        super().__init__(daemon=True)
        self.file = file
        self.text = ""
        self.start()

    def run(self) -> None:
        with self.file:
            self.text = self.file.read()


class _Nursery:
    """The process that forks."""

    def __init__(self) -> None:
        self._orders, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        number = theirs.fileno()
        with theirs:
            command = [sys.executable, "-W", "ignore", "-m", "tests.forks", str(number)]
            self._process = subprocess.Popen(
                command, cwd=TOP, stdin=subprocess.DEVNULL, pass_fds=[number]
            )

    def start(self, arguments: list[str], environ: dict[str, str], cwd: Path, stderr: int) -> Fork:
        order = {"argv": arguments, "cwd": str(cwd), "environ": environ}
        (output, stdout), (status, told) = os.pipe(), os.pipe()
        errors = None
        if stderr == subprocess.PIPE:
            errors, stderr = os.pipe()
        elif stderr == subprocess.DEVNULL:
            stderr = os.open(os.devnull, os.O_WRONLY)
        else:
            stderr = os.dup(stdout)
        theirs = [stdout, stderr, told]
        socket.send_fds(self._orders, [json.dumps(order).encode()], theirs)
        for number in theirs:
            os.close(number)
        pid = int(self._orders.recv(100))
        return Fork(pid, status, os.fdopen(output), None if errors is None else os.fdopen(errors))

    def close(self) -> None:
        """Start no more."""
        self._orders.close()
        self._process.wait(20)


@functools.cache
def _nursery() -> _Nursery:
    made = _Nursery()
    atexit.register(made.close)
    return made


def _prepare() -> None:
    """Import what a server does, and work out what every one would, such as its routes."""
    from iib_core.config import Config
    from iib_core.core import Core
    from iib_core.media import decode
    from iib_core.routes.standalone import build_routes, create_app

    with tempfile.TemporaryDirectory() as folder:
        write_empty(Path(folder, "iib.db"))
        core = Core(Config(data_dir=folder, watch=False))
        build_routes(create_app(core))
        core.close()
    decode.prepare()
    gc.collect()
    gc.freeze()


def _wait_for_order(orders: socket.socket) -> dict[str, Any] | None:
    """In each fork the order that it is for; here None, once there are no more."""
    statuses: dict[int, int] = {}
    woken, waker = socket.socketpair()
    for end in (woken, waker):
        end.setblocking(False)
    signal.set_wakeup_fd(waker.fileno())
    signal.signal(signal.SIGCHLD, lambda *_: None)  # a fork that ends writes to the waker
    with orders, woken, waker:
        while True:
            ready = select.select([orders, woken], [], [])[0]
            if woken in ready:
                woken.recv(_MOST_BYTES)
                _report(statuses)
            if orders not in ready:
                continue
            message, files, _, _ = socket.recv_fds(orders, _MOST_BYTES, 3)
            if not message:
                return None
            child = os.fork()
            if not child:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                os.dup2(files[0], 1)
                os.dup2(files[1], 2)
                for number in (*files, *statuses.values()):
                    os.close(number)
                return dict(json.loads(message))
            os.close(files[0])
            os.close(files[1])
            statuses[child] = files[2]
            orders.sendall(str(child).encode())


def _report(statuses: dict[int, int]) -> None:
    """Write the status of each fork that has ended to its file, and forget it."""
    while statuses and (ended := os.waitpid(-1, os.WNOHANG))[0]:
        file = statuses.pop(ended[0])
        with contextlib.suppress(BrokenPipeError):  # its test may have ended before it
            os.write(file, str(os.waitstatus_to_exitcode(ended[1])).encode())
        os.close(file)


def _main() -> int:
    _prepare()
    order = _wait_for_order(socket.socket(fileno=int(sys.argv[1])))
    if order is None:
        return 0
    os.chdir(order["cwd"])
    os.environ.clear()
    os.environ.update(order["environ"])
    # What Python itself has read from the environment of the first process.
    time.tzset()
    tempfile.tempdir = None
    # Those of the first process may be files, which a pipe is not.
    sys.stdout = os.fdopen(1, "w", buffering=1, closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, errors="backslashreplace", closefd=False)
    sys.argv = ["iib", *order["argv"]]
    return cli.main()


if __name__ == "__main__":
    sys.exit(_main())
