"""Child processes: waiting for one always ends, whatever it does."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from iib_core import children
from iib_core.clock import Stopwatch

pytestmark = pytest.mark.windows

TOP = Path(__file__).parent.parent
LARGE = 3 << 20
HASHED = "import hashlib; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())"
FOR_EVER = "threading.Event().wait()"


def python(code: str, *arguments: object) -> list[str]:
    return [
        sys.executable,
        "-c",
        f"import os, pathlib, sys, threading, time\n{code}",
        *map(str, arguments),
    ]


def given(size: int) -> bytes:
    return bytes(range(256)) * (size // 256)


def until(path: str) -> str:
    return f"while not os.path.exists({path!r}): time.sleep(0.01)\n"


def after(calls: int, path: Path):
    """A check that creates a file after several polls."""
    left = [calls]

    def check() -> None:
        left[0] -= 1
        if not left[0]:
            path.touch()

    return check


# The processes that other tests have left, such as the one that multiprocessing keeps.
_others: set[psutil.Process] = set()


@pytest.fixture(autouse=True)
def no_child_stays():
    """Neither a process nor a thread of this test is left."""
    _others.update(psutil.Process().children())
    threads = find_threads()
    yield
    assert find_children() == []
    assert find_threads() <= threads


def find_threads() -> set[threading.Thread]:
    """The threads of pipes, also those that other tests have left."""
    return {thread for thread in threading.enumerate() if thread.name == "iib-child"}


def find_children() -> list[psutil.Process]:
    """The processes of this test."""
    return [child for child in psutil.Process().children() if child not in _others]


@pytest.mark.parametrize("size", [0, 1 << 17, LARGE])
def test_a_child_that_is_slow_to_read_gets_all(tmp_path, size):
    go = tmp_path / "go"
    ended = children.run(python(until(str(go)) + HASHED), given(size), check=after(3, go))
    assert (ended.status, ended.output.decode().strip()) == (
        0,
        hashlib.sha256(given(size)).hexdigest(),
    )


def test_a_child_need_not_read():
    ended = children.run(python("print('done')"), given(LARGE))
    assert (ended.status, ended.output.strip()) == (0, b"done")


def test_much_goes_both_ways_at_once():
    code = (
        "while part := sys.stdin.buffer.read(1 << 16): sys.stdout.buffer.write(part), "
        "sys.stderr.buffer.write(part)"
    )
    ended = children.run(python(code), given(LARGE))
    assert ended.output == given(LARGE)


@pytest.mark.parametrize(
    "code",
    [
        FOR_EVER,
        "os.close(1); os.close(2); " + FOR_EVER,
        "while True: os.write(2, b'x' * 65536)",
        "while True: os.write(1, b'x')",
    ],
    ids=["never reads or writes", "closes its pipes", "endless errors", "endless output"],
)
def test_a_child_that_never_ends_is_ended(code):
    with pytest.raises(children.TimedOut):
        children.run(python(code), given(LARGE), limit_s=0.5)


@pytest.mark.parametrize(
    "code",
    [FOR_EVER, "while True: os.write(2, b'x' * 65536)"],
    ids=["silent", "noise is no heartbeat"],
)
def test_a_child_without_a_heartbeat_is_ended(code):
    with pytest.raises(children.Silent):
        children.run(python(code), given(LARGE), silence_s=0.5)


def test_a_child_that_breaks_off_tells_how():
    ended = children.run(
        python("sys.stdin.buffer.read(1000); print('half'); sys.exit('it went wrong')"),
        given(LARGE),
    )
    assert (ended.status, ended.output.strip(), ended.last_word) == (1, b"half", "it went wrong")
    assert children.run(python("os._exit(3)")).last_word == "it ended with status 3"


@pytest.mark.posix_only("signals")
def test_a_child_that_is_killed_tells_the_signal():
    ended = children.run(python("os.kill(os.getpid(), 9)"), given(LARGE))
    assert (ended.status, ended.last_word) == (-9, "it was ended by signal 9")


def test_the_end_of_many_errors_is_kept():
    ended = children.run(
        python("sys.stderr.write('x' * (8 << 20) + '\\nthe last line\\n'); sys.exit(1)")
    )
    assert ended.last_word == "the last line"
    assert len(ended.errors) == 1 << 20


def test_whoever_waits_can_end_it():
    with pytest.raises(InterruptedError):
        children.run(python(FOR_EVER), given(LARGE), check=interrupt)


def interrupt() -> None:
    raise InterruptedError


@pytest.mark.posix_only("the child of the child holds the pipe, by fork")
def test_a_child_of_the_child_keeps_nobody_waiting():
    command = python(
        "import subprocess; print(subprocess.Popen([sys.executable, '-c', 'import threading; "
        f"{FOR_EVER}']).pid)"
    )
    ended = children.run(command)
    psutil.Process(int(ended.output)).kill()
    assert ended.status == 0
    for thread in threading.enumerate():
        if thread.name == "iib-child":
            thread.join(10)


@pytest.mark.posix_only("SIGSTOP")
def test_a_pause_is_no_silence(tmp_path):
    go = tmp_path / "go"
    paused_at: list[float] = []

    def is_paused() -> bool:
        [child] = find_children() or [None]
        if not paused_at:
            child.suspend()
            paused_at.append(time.monotonic())
        if time.monotonic() - paused_at[0] < 3:
            return True
        if not go.exists():
            go.touch()
            child.resume()
        return False

    assert (
        children.run(python(until(str(go))), silence_s=2.5, limit_s=2.5, is_paused=is_paused).status
        == 0
    )


@pytest.fixture
def busy():
    """Two loops that keep each processor busy, with the priority of functions in child processes."""
    running = [
        subprocess.Popen(
            python(f"hasattr(os, 'nice') and os.nice({children.NICE})\nwhile True: pass")
        )
        for _ in range(2 * psutil.cpu_count())
    ]
    yield
    for process in running:
        process.kill()
        process.wait()


def test_a_busy_machine_changes_nothing(busy, tmp_path):
    go = tmp_path / "go"
    ended = children.run(python(until(str(go)) + HASHED), given(LARGE), check=after(2, go))
    assert ended.output.decode().strip() == hashlib.sha256(given(LARGE)).hexdigest()
    ended = children.call("tests.test_children:turned_round", given(LARGE))
    assert ended.output == given(LARGE)[::-1]


def test_a_program_that_is_not_there_is_told():
    with pytest.raises(children.NotStarted, match=r"No such file|cannot find|not found"):
        children.run(["/no/such/program"], given(LARGE))


def test_a_function_of_ours_is_called_apart():
    ended = children.call("tests.test_children:turned_round", given(LARGE))
    assert ended.output == given(LARGE)[::-1]
    assert ended.last_word == "this is printed"


def turned_round(data: bytes) -> bytes:
    print("this is printed")
    return data[::-1]


def test_a_function_that_fails_tells_why():
    ended = children.call("tests.test_children:fail", given(LARGE))
    assert (ended.status, ended.last_word) == (1, "ValueError: odd")


def fail(data: bytes) -> bytes:
    raise ValueError("odd")


def test_long_work_is_no_silence(tmp_path):
    """The heartbeat comes from a thread of its own."""
    go, begun = tmp_path / "go", time.monotonic()

    def check() -> None:
        if time.monotonic() - begun > 5:
            go.touch()

    assert (
        children.call(
            "tests.test_children:work_until", str(go).encode(), check=check, silence_s=4
        ).output
        == b"worked"
    )


def work_until(data: bytes) -> bytes:
    path = Path(data.decode())
    while not path.exists():
        sum(range(1000))
    return b"worked"


@pytest.mark.posix_only("SIGSTOP")
def test_a_function_of_ours_that_hangs_is_ended():
    def stop() -> None:
        for child in find_children():
            child.suspend()

    with pytest.raises(children.Silent):
        children.call("tests.test_children:hang", b"", check=stop, silence_s=0.5)


def hang(data: bytes) -> bytes:
    threading.Event().wait()
    return b""


def test_a_child_ends_with_whoever_started_it(tmp_path):
    code = (
        "from iib_core import children; children.call('tests.test_children:tell_and_hang', "
        "sys.argv[1].encode(), silence_s=6)"
    )
    parent = subprocess.Popen(python(code, tmp_path / "pid"), cwd=TOP)
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
        time.sleep(0.02)
    child = psutil.Process(int((tmp_path / "pid").read_text()))
    parent.kill()
    parent.wait()
    child.wait(30)


def tell_and_hang(data: bytes) -> bytes:
    import os

    Path(data.decode()).write_text(str(os.getpid()))
    return hang(data)


def test_what_the_machine_slept_through_is_not_counted():
    times = [0.0]
    watch = Stopwatch(lambda: times[-1])
    for now, told in [(0.5, 0.5), (1.0, 1.0), (8 * 3600.0, 6.0), (8 * 3600 + 1.0, 7.0)]:
        times.append(now)
        assert watch.read() == told
    times.append(8 * 3600 + 3.0)
    watch.skip()
    assert watch.read() == 7.0
    watch.restart()
    assert watch.read() == 0.0


@pytest.fixture
def conversation():
    made = children.Conversation("tests.test_children:turned_round_or_fail")
    yield made
    made.close()


def turned_round_or_fail(data: bytes) -> bytes:
    if data == b"fail":
        raise ValueError("it cannot")
    return f"{os.getpid()} ".encode() + data[::-1]


def test_one_that_is_closed_while_its_process_starts_leaves_none(conversation, monkeypatch):
    started = []

    def start_and_close(*given, **options):
        started.append(talking(*given, **options))
        conversation.close()
        return started[0]

    talking = children._Talking
    monkeypatch.setattr(children, "_Talking", start_and_close)
    with pytest.raises(children.Broken, match="it was ended"):
        conversation.ask(b"abc")
    assert started[0].has_ended and not conversation.is_running


def test_a_process_that_ends_late_is_waited_for(conversation, monkeypatch):
    threads = find_threads()
    conversation.ask(b"abc")
    process = conversation._child._process
    monkeypatch.setattr(children, "_GRACE_S", 0)
    conversation.close()
    ends_at = time.monotonic() + 60
    while process.returncode is None or not find_threads() <= threads:
        assert time.monotonic() < ends_at
        time.sleep(0.01)


def test_a_conversation_has_one_process_for_many_requests(conversation):
    first, second = (conversation.ask(part) for part in (given(LARGE), b"abc"))
    (one, long), (two, short) = (answer.split(b" ", 1) for answer in (first, second))
    assert one == two and long == given(LARGE)[::-1] and short == b"cba"
    assert conversation.is_running


def test_a_conversation_goes_on_after_a_failure(conversation):
    with pytest.raises(children.Failed, match="ValueError: it cannot"):
        conversation.ask(b"fail")
    assert conversation.ask(b"abc").endswith(b" cba")


def test_a_conversation_that_is_over_begins_anew(conversation):
    first = conversation.ask(b"abc")
    conversation.close()
    assert not conversation.is_running
    assert conversation.ask(b"abc") != first


def test_the_process_of_an_idle_conversation_ends():
    idle = children.Conversation("tests.test_children:turned_round_or_fail", idle_s=0.4)
    try:
        idle.ask(b"abc")
        ends_at = time.monotonic() + 30
        while idle.is_running and time.monotonic() < ends_at:
            time.sleep(0.05)
        assert not idle.is_running
        assert idle.ask(b"abc").endswith(b" cba")
    finally:
        idle.close()


def own_priority(_data: bytes) -> bytes:
    return str(os.nice(0)).encode()


@pytest.mark.posix_only("priorities of processes")
@pytest.mark.parametrize(("low_priority", "lower_by"), [(True, children.NICE), (False, 0)])
def test_a_conversation_has_a_low_priority_or_that_of_the_server(low_priority, lower_by):
    talk = children.Conversation("tests.test_children:own_priority", low_priority=low_priority)
    try:
        assert int(talk.ask(b"now")) == min(19, os.nice(0) + lower_by)
    finally:
        talk.close()
