"""Child processes: fed, read, limited in time and memory, and ended in any case.

Whoever needs the result of a process starts it here.

``run`` runs any program; ``call`` runs a function of ours in a Python of its own, which tells by a
heartbeat that it is alive.
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

# A child of ours that sends no heartbeat for so long is taken for dead.
SILENCE_S = 300.0
# A heartbeat, and how many of them there are in the time after which a child counts as dead.
_BEAT = b"\0"
_BEATS = 60
_POLL_S = 0.2
# How long we wait for a process that was killed, and for pipes that a child of the child may hold open.
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
    """The child took longer than it may, and was ended."""


class Silent(TimedOut):
    """The child sent no heartbeat for too long, and was ended."""


@dataclass(frozen=True)
class Ended:
    """A child that has ended: its status (negative: the number of the signal that ended it), its
    output, and the last MiB of its errors.
    """

    status: int
    output: bytes
    errors: bytes

    @property
    def last_word(self) -> str:
        """The last line of its errors; in words how it ended where it wrote none."""
        lines = self.errors.decode("utf-8", "replace").strip().splitlines()
        how = (
            f"it was ended by signal {-self.status}"
            if self.status < 0
            else f"it ended with status {self.status}"
        )
        return lines[-1].strip() if lines else how


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
    """Run a program to its end. ``given`` is its input; it need not read it.

    ``check`` is called several times a second and may raise to end the child. ``limit_s`` limits
    its time, ``silence_s`` that between two heartbeats; time in which the machine slept or
    ``is_paused`` is not counted. ``handles`` are handed on (POSIX). ``low_priority``: at a low
    priority (Windows; elsewhere the child sees to that itself).
    Raises NotStarted, and TimedOut or Silent once it is killed.
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
    """What ``module:function`` returns for ``given``, both bytes, as the output of a process of its
    own with a low priority.

    It ends with us: its heartbeat fails when nobody is there to read it. Raises NotStarted and Silent.
    """
    # Where packages are found here they shall be found there: a host puts folders of its own on the
    # path, and some Pythons ignore PYTHONPATH.
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
    """What the process of ``call`` does."""
    threading.Thread(target=_beat, args=(beat_s,), name="iib-heartbeat", daemon=True).start()
    if hasattr(os, "nice"):
        os.nice(NICE)
    output = os.dup(1)
    os.dup2(2, 1)  # what a package prints is no part of the answer
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
    os._exit(1)  # whoever started us is gone


class _Child:
    """A process and the threads that keep its pipes going: none of them may ever wait for another."""

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
        """Return once it has ended. Raises what ``check`` raises, TimedOut and Silent."""
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
        """Kill it if it still runs.

        Waits a moment: a process that hangs in a system call ends only when the system lets it.
        """
        if self._process.poll() is None:
            self._process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_GRACE_S)
        for thread in self._threads:
            thread.join(_GRACE_S)

    def ended(self) -> Ended:
        """What is left of it."""
        return Ended(self._process.returncode, b"".join(self._output), bytes(self._errors))

    def _is_over(self, patience_s: float) -> bool:
        """Whether it has ended and all of its output is there, waiting up to ``patience_s`` for that."""
        reader = self._threads[0]
        reader.join(patience_s)
        if reader.is_alive():
            return (
                self._process.poll() is not None
            )  # a child of the child may hold the pipe: ``end`` waits for the rest
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
