"""PostgreSQL for the tests: one server a process, in a temporary folder, as an ordinary user."""

from __future__ import annotations

import atexit
import functools
import glob
import itertools
import os
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

_START_TIMEOUT_S = 60
_USERS = ("postgres", "nobody")
_SETTINGS = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "autovacuum=off",
    "max_connections=200",
    "shared_buffers=64MB",
)
TEMPLATE = "iib_template"
PASSWORD = "s3cret-Of-The-Database"


@dataclass
class Server:
    """A running server. Its socket is in ``folder``."""

    folder: str
    process: subprocess.Popen[bytes]
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://iib:{PASSWORD}@/{name}?host={self.folder}"

    def run(self, statement: str, name: str = "postgres") -> None:
        """Run statements in the database ``name``."""
        import psycopg

        with psycopg.connect(
            host=self.folder, user="iib", dbname=name, autocommit=True
        ) as connection:
            connection.execute(statement)

    def create(self, template: str = "template0") -> str:
        """The name of a new database."""
        name = f"test_{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name


def require_server() -> Server:
    """The server of this process, started by the first who asks; skips the test with the reason
    where it cannot be had.
    """
    found = _start()
    if isinstance(found, str):
        pytest.skip(f"no PostgreSQL: {found}")
    return found


@functools.cache
def _start() -> Server | str:
    """The server, or why there is none."""
    try:
        import psycopg  # noqa: F401
    except ImportError:
        return "the package psycopg is not installed"
    programs = find_programs()
    if programs is None:
        return "initdb is not installed"
    folder = tempfile.mkdtemp(prefix="iib-pg-")
    owner = _ordinary_user()
    if owner is None:
        return "there is no ordinary user to run it as"
    os.chown(folder, owner["user"], owner["group"])
    data = os.path.join(folder, "data")
    how = {"cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **owner}
    made = ["-U", "iib", "-E", "UTF8", "--locale=C", "-A", "trust", "-N"]
    subprocess.run([programs / "initdb", "-D", data, *made], check=True, **how)
    settings = [part for setting in _SETTINGS for part in ("-c", setting)]
    process = subprocess.Popen(
        [programs / "postgres", "-D", data, "-k", folder, "-h", "", *settings], **how
    )
    atexit.register(_stop, process, folder)
    _wait(folder, process)
    return Server(folder, process)


def find_programs() -> Path | None:
    """The folder of the newest installed server's programs; None if there is none."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).parent
    folders = glob.glob("/usr/lib/postgresql/*/bin/initdb")
    return Path(max(folders, key=lambda path: int(path.split("/")[4]))).parent if folders else None


def _ordinary_user() -> dict[str, int] | None:
    """The user and group that the server runs as, as ``subprocess`` takes them: our own, or if that
    is root, whom the server refuses, an ordinary one; None if there is none.
    """
    if os.geteuid() != 0:
        return {"user": os.geteuid(), "group": os.getegid()}
    import pwd

    found = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = next((found[name] for name in _USERS if name in found), None)
    return entry and {"user": entry.pw_uid, "group": entry.pw_gid}


def _wait(folder: str, process: subprocess.Popen[bytes]) -> None:
    import psycopg

    ends_at = time.monotonic() + _START_TIMEOUT_S
    while True:
        try:
            psycopg.connect(host=folder, user="iib", dbname="postgres").close()
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > ends_at:
                raise
            time.sleep(0.05)
        else:
            return


def _stop(process: subprocess.Popen[bytes], folder: str) -> None:
    process.send_signal(3)  # SIGQUIT: at once
    process.wait()
    shutil.rmtree(folder, ignore_errors=True)
