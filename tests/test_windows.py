"""System calls of Windows that Python does not offer.

Other tests that are marked ``windows`` check that everything else works there.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from iib_core import times, windows
from iib_core.files.desktop import select_command
from iib_core.media.cache import DiskCache
from iib_core.workers import Workers

pytestmark = pytest.mark.windows

on_windows = pytest.mark.skipif(sys.platform != "win32", reason="asks Windows")


@pytest.mark.skipif(
    not hasattr(os, "getpriority") and sys.platform != "win32", reason="no priorities of threads"
)
@pytest.mark.skipif(sys.platform == "darwin", reason="no priorities of threads")
def test_threads_that_have_time_come_after_those_of_others():
    def priority() -> int:
        return (
            -windows.priority()
            if sys.platform == "win32"
            else os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
        )

    humble, others = Workers("humble", 1, low_priority=True), Workers("others", 1)
    before = others.submit(priority).result(10)
    assert humble.submit(priority).result(10) > before == others.submit(priority).result(10)
    humble.close()
    others.close()


@on_windows
def test_a_process_runs_until_it_is_ended():
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert windows.is_running(process.pid)
    assert windows.is_running(os.getpid())
    process.kill()
    process.communicate()
    assert not windows.is_running(process.pid)


@pytest.mark.parametrize(
    ("event", "is_ours"), [(0, False), (1, False), (2, True), (5, True), (6, True)]
)
def test_the_program_is_ended_in_order_when_its_window_is_closed(event, is_ours):
    ended = []
    handle = windows.make_console_handler(lambda: ended.append(event))
    assert handle(event) is is_ours
    assert ended == ([event] if is_ours else [])


def test_a_handler_can_be_set_on_every_system():
    windows.when_console_closes(lambda: None)


@on_windows
def test_the_drive_of_the_system_is_a_fixed_one():
    assert windows.drive_type("C:\\windows") == windows.FIXED


@pytest.mark.parametrize("name", ["fox.png", "fox,snow.png", "a=b,c.png", "two words.png"])
def test_explorer_selects_a_file_whatever_its_name(name):
    assert select_command(f"C:\\A B\\{name}") == f'explorer.exe /select,"C:\\A B\\{name}"'


@pytest.mark.parametrize(
    "time_s", [-86_400 * 365 * 30, -86_400 * 400, -1, 0, 1, 86_400, 1_700_000_000]
)
def test_a_time_before_1970_is_one_as_any_other(time_s):
    moment = times.local_time(time_s)
    assert times.local_seconds(moment) == time_s
    if time_s > 86_400:
        assert moment == datetime(*time.localtime(time_s)[:6])


@pytest.mark.parametrize("year", [1700, 1969])
def test_years_before_1970_are_known(year):
    assert times.local_time(times.local_seconds(datetime(year, 5, 1, 12))) == datetime(
        year, 5, 1, 12
    )


def test_output_that_cannot_show_a_name_ends_no_command(tmp_path: Path):
    folder = tmp_path / "日本"
    folder.mkdir()
    command = [sys.executable, "-m", "iib_core", "restore", "--data-dir", str(folder)]
    environ = {**os.environ, "PYTHONIOENCODING": "ascii", "IIB_DATA_DIR": ""}
    done = subprocess.run(
        command, cwd=Path(__file__).parent.parent, env=environ, capture_output=True, timeout=100
    )
    assert b"\\u65e5\\u672c" in done.stdout, done.stderr
    assert done.returncode == 0


class TestReplace:
    """A virus scanner has a file of ours open for a moment, or for good."""

    @pytest.fixture
    def files(self, tmp_path: Path) -> tuple[str, str]:
        new, path = tmp_path / "new", tmp_path / "file"
        new.write_text("new")
        path.write_text("old")
        return str(new), str(path)

    @pytest.fixture
    def hold(self, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
        """Let the next calls fail; they are listed."""
        replace, calls = os.replace, []

        def start(times: int, code: int = windows.SHARING_VIOLATION) -> list[str]:
            def held(source: str, target: str) -> None:
                calls.append(target)
                if len(calls) <= times:
                    exc = OSError("in use")
                    exc.winerror = code  # type: ignore[attr-defined, unused-ignore]
                    raise exc
                replace(source, target)

            monkeypatch.setattr(os, "replace", held)
            monkeypatch.setattr(time, "sleep", lambda _: None)
            return calls

        return start

    @pytest.mark.parametrize("code", [windows.ACCESS_DENIED, windows.SHARING_VIOLATION])
    def test_it_is_tried_again(self, files, hold, code):
        calls = hold(3, code)
        windows.replace(*files)
        assert Path(files[1]).read_text() == "new" and len(calls) == 4

    def test_not_for_ever(self, files, hold):
        calls = hold(10**9)
        with pytest.raises(OSError, match="in use"):
            windows.replace(*files)
        assert 3 < len(calls) < 20

    def test_another_failure_is_raised_at_once(self, files, hold):
        calls = hold(10**9, windows.PATH_NOT_FOUND)
        with pytest.raises(OSError, match="in use"):
            windows.replace(*files)
        assert len(calls) == 1

    def test_a_chosen_cover_is_stored(self, tmp_path, hold):
        hold(1)
        cache = DiskCache(str(tmp_path / "covers"), limit_bytes=1000, extension=".webp")
        assert cache.put("ab", b"cover") and cache.find("ab") == b"cover"
