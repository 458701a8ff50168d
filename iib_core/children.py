"""Child processes: their pipes are served, their time and output are limited, and they always end.

``run`` runs any program; ``call`` runs a function of ours in another Python process, which sends a
heartbeat.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from iib_core.clock import Stopwatch

# A child of ``call`` without a heartbeat for this long counts as dead.
SILENCE_S = 300.0
# A heartbeat, and the number of heartbeats in the time after which a child counts as dead.
_BEAT = b"\0"
_BEATS = 60
_POLL_S = 0.2
# How long to wait for a killed process, and for pipes that a child of the child may hold open.
_GRACE_S = 2.0
_READ_BYTES = 1 << 16
_MAX_ERROR_BYTES = 1 << 20
_TOP = str(Path(__file__).resolve().parents[1])
_CODE = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from iib_core.children import serve; "
    "serve(sys.argv[2], float(sys.argv[3]))"
)
NICE = 10


class NotStarted(Exception):
    """The child could not be started; the message says why."""


class TimedOut(Exception):
    """The child exceeded its time limit, and was killed."""


class Silent(TimedOut):
    """The child sent no heartbeat for too long, and was killed."""


@dataclass(frozen=True)
class Ended:
    """A finished child: its status (negative: the signal that ended it), its output, and the last MiB of its
    errors.
    """

    status: int
    output: bytes
    errors: bytes

    @property
    def last_word(self) -> str:
        """The last line of its errors; a sentence about its status if there is none."""
        lines = self.errors.decode("utf-8", "replace").strip().splitlines()
        if lines:
            return lines[-1].strip()
        if self.status < 0:
            return f"it was ended by signal {-self.status}"
        return f"it ended with status {self.status}"


def _nothing() -> None:
    return None


def _never() -> bool:
    return False


def run(
    command: Sequence[str],
    given: bytes = b"",
    *,
    check: Callable[[], None] = _nothing,
    is_paused: Callable[[], bool] = _never,
    limit_s: float | None = None,
    silence_s: float | None = None,
    handles: Sequence[int] = (),
    low_priority: bool = False,
) -> Ended:
    """Run a program to its end. ``given`` is its input, which it need not read.

    ``check`` is called several times a second and may raise to kill the child. ``limit_s`` limits its time,
    ``silence_s`` the time between two heartbeats; neither counts while the machine sleeps or ``is_paused()``
    is true. ``handles``: descriptors that the child inherits (POSIX). ``low_priority``: start it with a low
    priority (Windows; elsewhere the child lowers it itself).
    Raises NotStarted, and TimedOut or Silent after the child was killed.
    """
    child = _Child(command, given, handles, low_priority=low_priority)
    try:
        child.wait(check, is_paused, limit_s, silence_s)
    finally:
        child.end()
    return child.ended()


def call(
    function: str, given: bytes, *, check: Callable[[], None] = _nothing, silence_s: float = SILENCE_S
) -> Ended:
    """Run ``module:function`` on ``given`` in a child process with a low priority. Its output is what the
    function returns, bytes too.

    The child ends with this process, because its heartbeat fails then. Raises NotStarted and Silent.
    """
    # The child gets our import path: a host adds folders to it, and some Pythons ignore PYTHONPATH.
    path = json.dumps([_TOP, *map(str, filter(None, sys.path))])
    command = (
        sys.executable,
        "-W",
        "ignore",
        "-X",
        "utf8",
        "-c",
        _CODE,
        path,
        function,
        str(silence_s / _BEATS),
    )
    return run(command, given, check=check, silence_s=silence_s, low_priority=True)


def serve(function: str, beat_s: float) -> None:
    """The work of a child process of ``call``."""
    threading.Thread(target=_beat, args=(beat_s,), name="iib-heartbeat", daemon=True).start()
    if hasattr(os, "nice"):
        os.nice(NICE)
    output = os.dup(1)
    os.dup2(2, 1)  # what a package prints must not become part of the output
    given = sys.stdin.buffer.read()
    module, _, name = function.partition(":")
    answer = getattr(importlib.import_module(module), name)(given)
    with open(output, "wb") as file:
        file.write(answer)


def _beat(beat_s: float) -> None:
    ended = threading.Event()
    with contextlib.suppress(OSError):
        while not ended.wait(beat_s):
            os.write(2, _BEAT)
    os._exit(1)  # the parent process is gone


class _Child:
    """A process, and one thread for each of its pipes, so that no pipe blocks another."""

    def __init__(
        self, command: Sequence[str], given: bytes, handles: Sequence[int], *, low_priority: bool
    ) -> None:
        self._output: list[bytes] = []
        self._errors = bytearray()
        self._beats = 0
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE if given else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=tuple(handles),
                creationflags=_flags(low_priority=low_priority),
            )
        except OSError as exc:
            raise NotStarted(exc.strerror or str(exc)) from exc
        works = [
            lambda: _drain(self._process.stdout, self._output.append),
            lambda: _drain(self._process.stderr, self._note),
        ]
        if given:
            works.append(lambda: _feed(self._process.stdin, given))
        self._threads = [threading.Thread(target=work, name="iib-child", daemon=True) for work in works]
        for thread in self._threads:
            thread.start()

    def wait(
        self,
        check: Callable[[], None],
        is_paused: Callable[[], bool],
        limit_s: float | None,
        silence_s: float | None,
    ) -> None:
        """Wait for its end. Raises what ``check`` raises, TimedOut and Silent."""
        lived, silent = Stopwatch(), Stopwatch()
        beats = 0
        while not self._is_over(_POLL_S if limit_s is None else min(_POLL_S, limit_s)):
            check()
            if is_paused():
                lived.skip()
                silent.skip()
            if beats != self._beats:
                beats = self._beats
                silent.restart()
            if limit_s is not None and lived.read() > limit_s:
                raise TimedOut
            if silence_s is not None and silent.read() > silence_s:
                raise Silent

    def end(self) -> None:
        """Kill it if it still runs, and wait a moment: a process in a system call ends when that returns."""
        if self._process.poll() is None:
            self._process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_GRACE_S)
        for thread in self._threads:
            thread.join(_GRACE_S)

    def ended(self) -> Ended:
        """The finished child."""
        return Ended(self._process.returncode, b"".join(self._output), bytes(self._errors))

    def _is_over(self, patience_s: float) -> bool:
        """Whether it has ended and all of its output was read. Waits up to ``patience_s``."""
        reader = self._threads[0]
        reader.join(patience_s)
        if reader.is_alive():
            # A child of the child may hold the pipe open: ``end`` waits for the rest.
            return self._process.poll() is not None
        try:
            self._process.wait(patience_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _note(self, part: bytes) -> None:
        self._beats += part.count(_BEAT)
        self._errors += part.replace(_BEAT, b"")
        del self._errors[:-_MAX_ERROR_BYTES]


def _flags(*, low_priority: bool) -> int:
    if sys.platform != "win32":
        return 0
    return subprocess.CREATE_NO_WINDOW | (subprocess.BELOW_NORMAL_PRIORITY_CLASS if low_priority else 0)


def _feed(pipe: IO[bytes] | None, given: bytes) -> None:
    assert pipe is not None
    with contextlib.suppress(OSError), pipe:
        pipe.write(given)


def _drain(pipe: IO[bytes] | None, take: Callable[[bytes], None]) -> None:
    assert pipe is not None
    with contextlib.suppress(OSError), pipe:
        while part := os.read(pipe.fileno(), _READ_BYTES):
            take(part)
