"""Child processes: their pipes are served, their time and output are limited, and they always end.

``run`` runs any program; ``call`` runs a function of ours in another Python process, which sends a
heartbeat.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import logging
import os
import queue
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from iib_core.clock import Stopwatch
from iib_core.errors import ServiceFailed

logger = logging.getLogger(__name__)

# A child of ``call`` without a heartbeat for this long counts as dead.
SILENCE_S = 300.0
# A child that answers many requests ends if there was none for this long.
IDLE_S = 300.0
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
_CODE_OF_MANY = _CODE.replace("import serve; serve(", "import serve_many; serve_many(")
_CODE_OF_MANY = _CODE_OF_MANY.replace(
    "float(sys.argv[3]))", "float(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5]))"
)
NICE = 10
# Requests and answers of a conversation: the length, and of an answer whether it failed.
_HEAD = struct.Struct(">Q")
_ANSWER_HEAD = struct.Struct(">QB")


class NotStarted(Exception):
    """The child could not be started; the message says why."""


class TimedOut(Exception):
    """The child exceeded its time limit, and was killed."""


class Broken(Exception):
    """The child of a conversation has ended, or its function raised; the message says why."""


class Failed(Broken):
    """The function raised; the message says what."""


class Silent(TimedOut):
    """The child sent no heartbeat for too long, and was killed."""


@dataclass(frozen=True)
class Ended:
    """A finished child: its status (negative: the signal that ended it), its output, and the last
    MiB of its errors.
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

    ``check`` is called several times a second and may raise to kill the child. ``limit_s`` limits
    its time, ``silence_s`` the time between two heartbeats; neither counts while the machine sleeps
    or ``is_paused()`` is true. ``handles``: descriptors that the child inherits (POSIX).
    ``low_priority``: start it with a low priority (Windows; elsewhere the child lowers it itself).
    Raises NotStarted, and TimedOut or Silent after the child was killed.
    """
    child = _Child(command, given, handles, low_priority=low_priority)
    try:
        child.wait(check, is_paused, limit_s, silence_s)
    finally:
        child.end()
    return child.ended()


def call(
    function: str,
    given: bytes,
    *,
    check: Callable[[], None] = _nothing,
    silence_s: float = SILENCE_S,
) -> Ended:
    """Run ``module:function`` on ``given`` in a child process with a low priority. Its output is
    what the function returns, bytes too.

    The child ends with this process, because its heartbeat fails then. Raises NotStarted and
    Silent.
    """
    command = _python_command(_CODE, function, str(silence_s / _BEATS))
    return run(command, given, check=check, silence_s=silence_s, low_priority=True)


def _python_command(code: str, *arguments: str) -> tuple[str, ...]:
    # The child gets our import path: a host adds folders to it, and some Pythons ignore PYTHONPATH.
    path = json.dumps([_TOP, *map(str, filter(None, sys.path))])
    return (sys.executable, "-W", "ignore", "-X", "utf8", "-c", code, path, *arguments)


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


def serve_many(function: str, beat_s: float, idle_s: float, nice: int) -> None:
    """What the process of a ``Conversation`` does: it ends if there was no request for ``idle_s``."""
    idle = _Idle(idle_s)
    threading.Thread(target=_beat, args=(beat_s, idle), name="iib-heartbeat", daemon=True).start()
    if hasattr(os, "nice"):
        os.nice(nice)
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    module, _, name = function.partition(":")
    answer = getattr(importlib.import_module(module), name)
    idle.rest()
    while head := sys.stdin.buffer.read(_HEAD.size):
        given = sys.stdin.buffer.read(*_HEAD.unpack(head))
        idle.is_busy = True
        try:
            made, failed = answer(given), False
        except Exception as exc:  # noqa: BLE001  the edge of the process: the message goes to the parent
            made, failed = f"{type(exc).__name__}: {exc}".encode("utf-8", "replace"), True
        output.write(_ANSWER_HEAD.pack(len(made), failed) + made)
        output.flush()
        idle.rest()


class _Idle:
    """How long a process of a conversation has had no request."""

    def __init__(self, limit_s: float) -> None:
        self.is_busy = True
        self._since = Stopwatch()
        self._limit_s = limit_s

    def rest(self) -> None:
        """Called when a request has been answered."""
        self._since.restart()
        self.is_busy = False

    @property
    def is_over(self) -> bool:
        """Whether it has had no request for so long that it ends."""
        return not self.is_busy and self._since.read() > self._limit_s


def _beat(beat_s: float, idle: _Idle | None = None) -> None:
    ended = threading.Event()
    with contextlib.suppress(OSError):
        while not ended.wait(beat_s):
            os.write(2, _BEAT)
            if idle is not None and idle.is_over:
                os._exit(0)
    os._exit(1)  # the parent process is gone


class _Child:
    """A process, and one thread for each of its pipes, so that no pipe blocks another."""

    def __init__(
        self, command: Sequence[str], given: bytes, handles: Sequence[int], *, low_priority: bool
    ) -> None:
        feed = (given,) if given else None
        self._output: list[bytes] = []
        self._connect(command, feed, self._output.append, handles, low_priority=low_priority)

    def _connect(
        self,
        command: Sequence[str],
        feed: Iterable[bytes] | None,
        take: Callable[[bytes], None],
        handles: Sequence[int],
        *,
        low_priority: bool,
    ) -> None:
        """Start it: ``feed`` gives its input until it ends, ``take`` is called with its output."""
        self._errors = bytearray()
        self._beats = 0
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL if feed is None else subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=tuple(handles),
                creationflags=_flags(low_priority=low_priority),
            )
        except OSError as exc:
            raise NotStarted(exc.strerror or str(exc)) from exc
        works = [
            lambda: _drain(self._process.stdout, take),
            lambda: _drain(self._process.stderr, self._note),
        ]
        if feed is not None:
            works.append(lambda: _feed(self._process.stdin, feed))
        self._threads = [
            threading.Thread(target=work, name="iib-child", daemon=True) for work in works
        ]
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
        """Kill it if it still runs, and wait a moment: a process in a system call ends when that
        returns.
        """
        if self._process.poll() is None:
            self._process.kill()
        try:
            self._process.wait(_GRACE_S)
        except subprocess.TimeoutExpired:
            # A machine that is busy ends it late; without this a zombie would stay.
            threading.Thread(target=self._process.wait, name="iib-child", daemon=True).start()
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


class Conversation:
    """A Python child process that answers one request after another, with a low priority unless
    ``low_priority`` is False.

    ``function``: ``module:name`` of what turns the bytes of a request into those of its answer. The
    process starts with the first request and ends when there was none for ``idle_s``; the next one
    starts it again. One request at a time.
    """

    def __init__(
        self,
        function: str,
        *,
        silence_s: float = SILENCE_S,
        idle_s: float = IDLE_S,
        low_priority: bool = True,
    ) -> None:
        self._function = function
        self._silence_s = silence_s
        self._idle_s = idle_s
        self._low_priority = low_priority
        self._turn = threading.Lock()
        self._child: _Talking | None = None
        self._closed = 0

    @property
    def is_running(self) -> bool:
        """Whether the process is there, so that the next answer needs no start."""
        child = self._child
        return child is not None and not child.has_ended

    def ask(self, request: bytes, check: Callable[[], None] = _nothing) -> bytes:
        """The answer. ``check`` is called several times a second and may raise, which ends the
        process.

        Raises NotStarted, Silent, and Broken where the process ended or its function raised.
        """
        while not self._turn.acquire(timeout=_POLL_S):
            check()
        try:
            return self._ask(request, check)
        except BaseException:
            self._end()
            raise
        finally:
            self._turn.release()

    def close(self) -> None:
        """End the process. A request that waits for its answer raises Broken."""
        self._closed += 1
        self._end()

    def _ask(self, request: bytes, check: Callable[[], None]) -> bytes:
        closed = self._closed
        for is_last in (False, True):
            is_new = not self.is_running
            if is_new:
                self._end()
                beat_s = str(min(self._silence_s / _BEATS, max(self._idle_s / 4, 0.05)))
                settings = (beat_s, str(self._idle_s), str(NICE if self._low_priority else 0))
                command = _python_command(_CODE_OF_MANY, self._function, *settings)
                self._child = _Talking(command, low_priority=self._low_priority)
            child = self._child
            if child is None or self._closed != closed:
                break
            answer = child.ask(request, check, self._silence_s)
            if answer is not None:
                made, failed = answer
                if failed:
                    raise Failed(made.decode("utf-8", "replace"))
                return made
            if is_new or is_last:
                raise Broken(child.ended().last_word)
            # It may have ended for being idle in the moment in which it was asked.
        raise Broken("it was ended")

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.hang_up()


def ask_model(
    talk: Conversation,
    title: str,
    request: bytes,
    check: Callable[[], None],
    *,
    otherwise: str,
    on_fault: Callable[[str], None],
) -> bytes:
    """What a model answers that lives in the process of ``talk``.

    otherwise: what can be done instead of starting it again. on_fault: is given the reason where
    the model itself cannot be used, so that the next request need not try.
    Raises ServiceFailed, which says what to do.
    """
    try:
        return talk.ask(request, check)
    except Silent as exc:
        raise ServiceFailed(
            f"The process of the model {title} sent no heartbeat and was ended: start it again."
        ) from exc
    except (Broken, NotStarted) as exc:
        logger.warning("the model %s failed: %s", title, exc)
        if isinstance(exc, Failed):
            on_fault(f"It cannot be used: {exc}.")
        raise ServiceFailed(
            f"The model {title} failed ({exc}): if memory is short, close other programs, and start "
            f"it again; or {otherwise}."
        ) from exc


class _Talking(_Child):
    """A child that is asked more than once."""

    def __init__(self, command: Sequence[str], *, low_priority: bool) -> None:
        self._beats = 0
        self._output: list[bytes] = []
        self._requests: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._come = threading.Event()
        self._arrived = bytearray()
        requests = iter(self._requests.get, None)
        self._connect(command, requests, self._take, (), low_priority=low_priority)

    @property
    def has_ended(self) -> bool:
        """Whether the process is gone."""
        return self._process.poll() is not None

    def ask(
        self, request: bytes, check: Callable[[], None], silence_s: float
    ) -> tuple[bytes, bool] | None:
        """The answer and whether the function raised; None where the process ended without one."""
        self._requests.put(_HEAD.pack(len(request)) + request)
        silent = Stopwatch()
        beats = self._beats
        while (answer := self._read()) is None:
            is_over = self.has_ended
            self._come.wait(_POLL_S)
            self._come.clear()
            check()
            if is_over:
                return self._read()
            if beats != self._beats:
                beats = self._beats
                silent.restart()
            if silent.read() > silence_s:
                raise Silent
        return answer

    def hang_up(self) -> None:
        """End the process and the threads of its pipes."""
        self._requests.put(None)
        self.end()

    def _take(self, part: bytes) -> None:
        self._arrived += part
        self._come.set()

    def _read(self) -> tuple[bytes, bool] | None:
        if len(self._arrived) < _ANSWER_HEAD.size:
            return None
        size, failed = _ANSWER_HEAD.unpack_from(self._arrived)
        end = _ANSWER_HEAD.size + size
        if len(self._arrived) < end:
            return None
        answer = bytes(self._arrived[_ANSWER_HEAD.size : end])
        del self._arrived[:end]
        return answer, bool(failed)


def _flags(*, low_priority: bool) -> int:
    if sys.platform != "win32":
        return 0
    return subprocess.CREATE_NO_WINDOW | (
        subprocess.BELOW_NORMAL_PRIORITY_CLASS if low_priority else 0
    )


def _feed(pipe: IO[bytes] | None, feed: Iterable[bytes]) -> None:
    assert pipe is not None
    with contextlib.suppress(OSError), pipe:
        for part in feed:
            pipe.write(part)
            pipe.flush()


def _drain(pipe: IO[bytes] | None, take: Callable[[bytes], None]) -> None:
    assert pipe is not None
    with contextlib.suppress(OSError), pipe:
        while part := os.read(pipe.fileno(), _READ_BYTES):
            take(part)
