"""Several servers over one database, some of which die: is a file or a tag ever lost?

``python -m bench servers``: three servers over one library and one PostgreSQL, and clients that
search, tag, move, undo and add files through any of them. One server is killed every 20 s and
started again, one stands still for a minute in the middle of a move, and the database is restarted
twice. A request may fail only at a server that was dead or stood still, or with 503 while the
database was down.
"""

from __future__ import annotations

import argparse
import collections
import itertools
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from bench import postgresql
from bench.kills import TOP, write_picture
from bench.load import percentile
from bench.postgresql import NoServer

SEEN_LIMIT_S = 2.0
RECOVERED_LIMIT_S = 30.0
_DATABASE = "servers"
_SETTINGS = ("max_connections=100", "shared_buffers=256MB")
_FOLDERS = 8
_MOVED_TOGETHER = 300
_TAG = "seen"
_KILL_EVERY_S = 20.0
# Every third one stays dead for so long that another server must recover what it left.
_DEAD_S = 30.0
_STILL_S = 60.0
_DATABASE_DOWN_S = 3.0
# A request may run into what happened just before it began, or until all know that it is over.
_AFTERMATH_S = 5.0
_START_S = 60.0
# More than an operation waits for another one, and than a server stands still.
_ANSWER_S = 120.0
_SETTLED_S = 180.0
_POLL_S = 0.02


def main(arguments: Sequence[str]) -> int:
    """Print what was asked and what was wrong. Returns 1 where anything was."""
    parser = argparse.ArgumentParser(prog="python -m bench servers", description=__doc__)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--servers", type=int, default=3)
    parser.add_argument("--clients", type=int, default=6)
    parser.add_argument("--files", type=int, default=3000)
    parser.add_argument("--still-seconds", type=float, default=_STILL_S)
    parser.add_argument("--folder", help="where to make the library; else among temporary files")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(dir=options.folder) as top:
        trial = Trial(Path(top), options.files, options.servers, options.clients)
        figures = trial.run(options.seconds, options.still_seconds)
    print(figures)
    missed = figures.missed()
    for reason in missed:
        print(f"FAIL {reason}")
    return int(bool(missed))


@dataclass
class Figures:
    """What was measured, in seconds, and what was wrong."""

    answers: dict[str, list[float]] = field(default_factory=lambda: collections.defaultdict(list))
    excused: collections.Counter[str] = field(default_factory=collections.Counter)
    seen: list[float] = field(default_factory=list)
    recovered: list[float] = field(default_factory=list)
    events: collections.Counter[str] = field(default_factory=collections.Counter)
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [f"{'request':10} {'count':>6} {'p50':>7} {'p99':>8} {'max':>8} ms"]
        for kind, values in sorted(self.answers.items()):
            p50, p99, most = (percentile(values, percent) * 1e3 for percent in (50, 99, 100))
            lines.append(f"{kind:10} {len(values):6} {p50:7.0f} {p99:8.0f} {most:8.0f}")
        lines += [f"{what}: {count}" for what, count in sorted(self.events.items())]
        lines += [f"failed, {why}: {count}" for why, count in sorted(self.excused.items())]
        lines.append(
            f"a tag is seen through another server after p50 {percentile(self.seen, 50):.2f} s, "
            f"p99 {percentile(self.seen, 99):.2f} s (limit {SEEN_LIMIT_S:.0f} s)"
        )
        lines.append(
            f"{len(self.recovered)} times a dead server left something; it was recovered after "
            f"{max(self.recovered, default=0):.1f} s (limit {RECOVERED_LIMIT_S:.0f} s)"
        )
        lines.append(f"lost, doubled, refused or otherwise wrong: {len(self.faults)}")
        return "\n".join([*lines, *self.faults[:20]])

    def missed(self) -> list[str]:
        """Why this is not good enough; nothing where it is."""
        found = [f"{len(self.faults)} faults"] if self.faults else []
        if percentile(self.seen, 99) > SEEN_LIMIT_S:
            found.append("a tag is seen too late through another server")
        if max(self.recovered, default=0) > RECOVERED_LIMIT_S:
            found.append("what a dead server left is recovered too late")
        return found


class Periods:
    """When something was away."""

    def __init__(self) -> None:
        self._periods: list[tuple[float, float]] = []
        self._since: float | None = None

    @contextmanager
    def away(self) -> Iterator[None]:
        """It is away inside ``with``."""
        self._since = time.monotonic()
        try:
            yield
        finally:
            self._periods.append((self._since, time.monotonic()))
            self._since = None

    def meet(self, began: float, ended: float) -> bool:
        """Whether it was away between these moments, or shortly before."""
        periods = list(self._periods)
        if (since := self._since) is not None:
            periods.append((since, ended))
        return any(first <= ended and began <= last + _AFTERMATH_S for first, last in periods)


class Server:
    """``iib serve`` over the database, as a process that can be killed and started again."""

    def __init__(self, library: Path, data: Path, url: str) -> None:
        self._command = [sys.executable, "-m", "iib_core", "serve", str(library), "--port", "0"]
        self._command += ["--data-dir", str(data)]
        self._url = url
        self._log = data.with_suffix(".log")
        self._process: subprocess.Popen[str] | None = None
        self.periods = Periods()
        self.client = httpx.Client()
        self._clients = [self.client]

    def start(self) -> None:
        """Start it, and wait until it answers."""
        environment = {**os.environ, "IIB_DATABASE_URL": self._url, "IIB_IDLE_THUMBNAILS": "false"}
        with open(self._log, "ab") as log:
            self._process = process = subprocess.Popen(
                self._command,
                cwd=TOP,
                env={**environment, "PYTHONUNBUFFERED": "1"},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert process.stdout is not None
        watch = threading.Timer(_START_S, process.kill)
        watch.start()
        ready = next(filter(None, map(re.compile(r"ready at (\S+)").search, process.stdout)), None)
        watch.cancel()
        if ready is None:
            raise RuntimeError(f"the server does not start: {self._log.read_text()[-500:]}")
        self.client = httpx.Client(base_url=ready[1], timeout=_ANSWER_S)
        self._clients.append(self.client)

    def close(self) -> None:
        """End it for good, and all connections to it."""
        self.kill()
        for client in self._clients:
            client.close()

    def kill(self) -> int:
        """End it as a power cut would. Returns its process id. Its client stays open until the end:
        others may wait for an answer by it.
        """
        process = self._process
        assert process is not None and process.stdout is not None
        process.kill()
        process.wait()
        process.stdout.close()
        return process.pid

    def signal(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)


class Refused(Exception):
    """A request that failed for a reason that is allowed. What it asked for may be done or not."""


class Trial:
    """A library, the servers over it, and what happens to them."""

    def __init__(self, top: Path, files: int, servers: int, clients: int) -> None:
        self.library = top / "library"
        self.figures = Figures()
        self.ending = threading.Event()
        self.database = Periods()
        self._top = top
        self._server_count = servers
        self.servers: list[Server] = []
        self._clients = [Client(self, number) for number in range(clients)]
        # Their files are moved together through a server that is to die, or to stand still.
        self._movers = [Client(self, clients), Client(self, clients + 1)]
        self._count = 0
        self._numbers = itertools.count()
        for _ in range(files):
            self.add(self._clients[self._count % clients])
        for number in range(2 * _MOVED_TOGETHER):
            self.add(self._movers[number % 2])

    def add(self, client: Client) -> str:
        """Write a new picture that belongs to a client. Returns its name."""
        number, self._count = self._count, self._count + 1
        path = self.folder(number) / f"{number:05}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_picture(path, number)
        client.places[path.name] = path
        return path.name

    def folder(self, number: int) -> Path:
        return self.library / f"folder {number % _FOLDERS}"

    def run(self, seconds: float, still_s: float) -> Figures:
        """Ask for so many seconds, and then compare."""
        with ExitStack() as stack:
            self._postgresql = postgresql.start(_SETTINGS)
            stack.callback(self._postgresql.remove)
            self._postgresql.run(f"CREATE DATABASE {_DATABASE}")
            url = self._postgresql.url(_DATABASE)
            for number in range(self._server_count):
                server = Server(self.library, self._top / f"data {number}", url)
                server.start()
                stack.callback(server.close)
                self.servers.append(server)
            self._ask(self.servers[0], "/db/update_image_data", {})
            self.tag_id = self._ask(self.servers[0], "/db/add_custom_tag", {"tag_name": _TAG})["id"]
            work = [threading.Thread(target=client.run) for client in self._clients]
            work += [
                threading.Thread(target=self._guard, args=(task,))
                for task in (self._kill, self._restart_database, lambda: self._stand_still(still_s))
            ]
            self._seconds = seconds
            for thread in work:
                thread.start()
            self.ending.wait(seconds)
            self.ending.set()
            for thread in work:
                thread.join()
            self._guard(self._compare)
        return self.figures

    def _guard(self, task: Callable[[], None]) -> None:
        try:
            task()
        except (httpx.HTTPError, NoServer, OSError, RuntimeError) as exc:
            self.figures.faults.append(f"{exc!r}")
            self.ending.set()

    # What happens.

    def _kill(self) -> None:
        """Kill one server after the other in the middle of a move."""
        number = 0
        while not self.ending.wait(_KILL_EVERY_S):
            server = self.servers[number % len(self.servers)]
            number += 1
            if server is self._standing:
                continue
            moving = self._begin_move(self._movers[0], server)
            with server.periods.away():
                process = server.kill()
                killed = time.monotonic()
                left = self._running(process)
                self.figures.events["servers killed"] += 1
                if left:
                    threading.Thread(target=self._watch, args=(left, killed)).start()
                if number % 3 == 0:
                    self.ending.wait(_DEAD_S)
                server.start()
            moving.join()

    _standing: Server | None = None

    def _stand_still(self, still_s: float) -> None:
        """Stop a server in the middle of a move of its own files, and let it go on."""
        if self.ending.wait(self._seconds * 0.4):
            return
        server = self._standing = self.servers[-1]
        moving = self._begin_move(self._movers[1], server)
        with server.periods.away():
            server.signal(signal.SIGSTOP)
            self.figures.events["servers that stood still in the middle of a move"] += 1
            time.sleep(still_s)
            server.signal(signal.SIGCONT)
        moving.join()
        self._standing = None

    def _begin_move(self, mover: Client, server: Server) -> threading.Thread:
        """The thread of a move of all files of ``mover``, when some of them have been moved."""
        while True:
            dest = self.library / f"moved together {next(self._numbers)}"
            moving = threading.Thread(target=mover.move, args=(server, dest, None))
            moving.start()
            while moving.is_alive():
                if dest.is_dir() and len(os.listdir(dest)) > 2:
                    return moving
                time.sleep(0.001)
            if self.ending.is_set():
                return moving

    def _restart_database(self) -> None:
        for _ in range(2):
            if self.ending.wait(self._seconds / 3.5):
                return
            with self.database.away():
                self._postgresql.stop()
                time.sleep(_DATABASE_DOWN_S)
                self._postgresql.start()
            self.figures.events["restarts of the database"] += 1

    # What is asked.

    def ask(self, kind: str, server: Server, route: str, body: object) -> dict[str, Any]:
        """The answer of a server. Raises Refused."""
        began = time.monotonic()
        try:
            answer = server.client.post(route, json=body)
        except httpx.HTTPError as exc:
            if not isinstance(exc, httpx.TimeoutException) and server.periods.meet(
                began, time.monotonic()
            ):
                raise self._excuse("the server was dead") from exc
            raise self._fault(f"{kind}: {exc!r}") from exc
        self.figures.answers[kind].append(time.monotonic() - began)
        if answer.status_code == 200:
            return dict(answer.json())
        ended = time.monotonic()
        if answer.status_code == 503 and self.database.meet(began, ended):
            raise self._excuse("the database was down")
        was_still = server.periods.meet(began, ended) or self.database.meet(began, ended)
        if answer.status_code == 409 and "stood still" in answer.text and was_still:
            raise self._excuse("the server had stood still")
        raise self._fault(f"{kind}: {answer.status_code} {answer.text[:200]}")

    def _excuse(self, why: str) -> Refused:
        self.figures.excused[why] += 1
        return Refused(why)

    def _fault(self, what: str) -> Refused:
        self.figures.faults.append(what)
        return Refused(what)

    def _ask(self, server: Server, route: str, body: object) -> dict[str, Any]:
        answer = server.client.post(route, json=body)
        answer.raise_for_status()
        return dict(answer.json())

    # What the database says.

    def _rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of the database, as soon as it is there."""
        while True:
            try:
                with self._postgresql.connect(_DATABASE) as connection:
                    return list(connection.execute(statement, values).fetchall())
            except self._unreachable():
                time.sleep(_POLL_S)

    @staticmethod
    def _unreachable() -> type[Exception]:
        import psycopg

        return psycopg.OperationalError

    def _running(self, process: int | None = None) -> set[str]:
        """Operations that are not finished, all or those of the server with this process id."""
        statement = "SELECT id FROM iib.operation WHERE state = 'running'"
        if process is not None:
            statement += " AND owner IN (SELECT id FROM iib.server WHERE process = %s)"
        rows = self._rows(statement, *([] if process is None else [process]))
        return {row[0] for row in rows}

    def _watch(self, left: set[str], killed: float) -> None:
        """Note when the operations that a dead server left are recovered."""
        while self._running() & left:
            if time.monotonic() > killed + _SETTLED_S:
                self.figures.faults.append("what a dead server left is not recovered")
                return
            time.sleep(0.1)
        self.figures.recovered.append(time.monotonic() - killed)

    def settle(self) -> None:
        """Wait until no operation that runs now is left."""
        left = self._running()
        ends_at = time.monotonic() + _SETTLED_S
        while self._running() & left:
            if time.monotonic() > ends_at:
                self._fault("an operation does not end")
                return
            time.sleep(0.2)

    # What must be true at the end.

    def _compare(self) -> None:
        self.settle()
        places: dict[str, list[Path]] = collections.defaultdict(list)
        for path in self.library.rglob("*.png"):
            places[path.name].append(path)
        clients = [*self._clients, *self._movers]
        for client in clients:
            for name in client.places:
                if len(places[name]) != 1:
                    self._fault(f"{name} is there {len(places[name])} times")
        disk = {str(path) for found in places.values() for path in found}
        for number, server in enumerate(self.servers):
            self._ask(server, "/db/update_image_data", {})
            known = {file["fullpath"]: file for file in self._search_all(server, "")}
            if known.keys() != disk:
                differ = len(known.keys() ^ disk)
                self._fault(f"server {number}: {differ} files are on one side only")
            tagged = {
                Path(file["fullpath"]).name for file in self._search_all(server, f"tag:{_TAG}")
            }
            for client in clients:
                for name, has_tag in client.tags.items():
                    if has_tag is not None and (name in tagged) != has_tag:
                        self._fault(
                            f"server {number}: {name} {'lost its' if has_tag else 'has a'} tag"
                        )

    def _search_all(self, server: Server, query: str) -> Iterator[dict[str, Any]]:
        cursor = ""
        while True:
            page = self._ask(server, "/db/search", {"query": query, "cursor": cursor, "size": 1000})
            yield from page["files"]
            cursor = page["cursor"]["next"]
            if not cursor:
                return


class Client:
    """One that asks without a pause, about files that are its own."""

    def __init__(self, trial: Trial, number: int) -> None:
        self._trial = trial
        self._choose = random.Random(number)
        # Where each file was last, by name, and whether it has the tag; None is not known.
        self.places: dict[str, Path] = {}
        self.tags: dict[str, bool | None] = {}

    def run(self) -> None:
        kinds = [self._search, self._tag, self._tag, self._move, self._add]
        while not self._trial.ending.is_set():
            server = self._choose.choice(self._trial.servers)
            try:
                self._choose.choice(kinds)(server)
            except Refused:
                time.sleep(0.05)

    def _pick(self, most: int) -> list[str]:
        return self._choose.sample(sorted(self.places), self._choose.randint(1, most))

    def _search(self, server: Server) -> None:
        query = self._choose.choice(["", f"tag:{_TAG}", "model:fox_v1", "seed:7", "picture"])
        self._trial.ask("search", server, "/db/search", {"query": query, "size": 100})

    def _tag(self, server: Server) -> None:
        names = self._pick(5)
        adds = self._choose.random() < 0.6
        body = {
            "img_paths": [str(self.places[name]) for name in names],
            "action": "add" if adds else "remove",
            "tag_id": self._trial.tag_id,
        }
        self.tags |= dict.fromkeys(names, None)
        self._trial.ask("tag", server, "/db/batch_update_image_tag", body)
        self.tags |= dict.fromkeys(names, adds)
        self._wait_until_seen(names[0], adds)

    def _wait_until_seen(self, name: str, has_tag: bool) -> None:
        server = self._choose.choice(self._trial.servers)
        began = time.monotonic()
        query = {"query": f'name:="{name}" tag:{_TAG}', "size": 1}
        while bool(self._trial.ask("search", server, "/db/search", query)["files"]) != has_tag:
            if time.monotonic() > began + 10 * SEEN_LIMIT_S:
                break
            time.sleep(_POLL_S)
        ended = time.monotonic()
        if not server.periods.meet(began, ended) and not self._trial.database.meet(began, ended):
            self._trial.figures.seen.append(ended - began)

    def _move(self, server: Server) -> None:
        dest = self._trial.folder(self._choose.randrange(_FOLDERS))
        names = [name for name in self._pick(20) if self.places[name].parent != dest]
        if names:
            operation = self.move(server, dest, names)
            if operation and self._choose.random() < 0.3:
                self._undo(self._choose.choice(self._trial.servers), operation, names)

    def move(self, server: Server, dest: Path, names: list[str] | None) -> str:
        """Move some files, all of the client's if not given. Returns the operation's id; empty where
        it was refused.
        """
        names = sorted(self.places) if names is None else names
        body = {
            "file_paths": [str(self.places[name]) for name in names],
            "dest": str(dest),
            "create_dest_folder": True,
        }
        answer = self._change("move", server, "/move_files", body, names)
        if answer is None:
            return ""
        self.places |= {name: dest / name for name in names}
        return str(answer["operation_id"])

    def _undo(self, server: Server, operation: str, names: list[str]) -> None:
        answer = self._change("undo", server, f"/operations/{operation}/undo", {}, names)
        if answer is not None:
            self._look(names)

    def _change(
        self, kind: str, server: Server, route: str, body: object, names: list[str]
    ) -> dict[str, Any] | None:
        """The answer; None where it is not known what became of the files, which are looked for."""
        try:
            return self._trial.ask(kind, server, route, body)
        except Refused:
            self._trial.settle()
            self._look(names)
            return None

    def _look(self, names: list[str]) -> None:
        """Find these files on the disk."""
        wanted = set(names)
        for folder, _, there in os.walk(self._trial.library):
            self.places |= {name: Path(folder, name) for name in wanted.intersection(there)}

    def _add(self, server: Server) -> None:
        name = self._trial.add(self)
        self._trial.ask("index", server, "/db/update_image_data", {})
        found = self._trial.ask("search", server, "/db/search", {"query": f'name:="{name}"'})
        if not found["files"]:
            self._trial.figures.faults.append(f"{name} is not found after an update of the index")
