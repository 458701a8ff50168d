"""A server that is killed at random moments, again and again: what of the library survives.

``python -m bench kills --times 500``: a real server over two folders, if possible on two disks.
Each round does something over HTTP, kills the server (SIGKILL, on Windows TerminateProcess) in the
middle, starts it again and compares the disk and the index with what must be there.
"""

from __future__ import annotations

import argparse
import collections
import hashlib
import json
import os
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from PIL import Image
from PIL.PngImagePlugin import PngInfo

TOP = Path(__file__).parents[1]
TRASH = ".iib-trash"
_MEMORY = "/dev/shm"
_START_S = 60.0
_DONE_S = 60.0
_ENDED = {"done", "failed", "undone", "emptied"}
_MODELS = ("fox_v1", "dream_v2", "anime_v3")


def main(arguments: Sequence[str]) -> int:
    """Print what was killed and what was wrong afterwards. Returns 1 where anything was."""
    parser = argparse.ArgumentParser(prog="python -m bench kills", description=__doc__)
    parser.add_argument("--times", type=int, default=500)
    parser.add_argument("--files", type=int, default=240)
    parser.add_argument(
        "--seed", type=int, default=0, help="of the choices; 0 draws one and prints it"
    )
    parser.add_argument(
        "--folder",
        default=None,
        help="where to make the library; the folder for temporary files if not given",
    )
    parser.add_argument(
        "--other", default=None, help="a folder on another disk; one in memory if not given"
    )
    parser.add_argument("--actions", default="", metavar="NAME,NAME", help="only these")
    options = parser.parse_args(arguments)
    seed = options.seed or random.SystemRandom().randrange(1, 2**31)
    with (
        tempfile.TemporaryDirectory(dir=options.folder) as top,
        _OtherDisk(top, options.other) as other,
    ):
        trial = Trial(
            Path(top),
            Path(other),
            options.files,
            random.Random(seed),
            options.actions.split(",") if options.actions else (),
        )
        try:
            report = trial.run(options.times)
        finally:
            trial.server.kill()
    print(
        f"seed {seed}; second folder on {'another disk' if trial.has_two_disks else 'the same disk'}"
    )
    print(report)
    return int(bool(report.faults))


class _OtherDisk:
    """A folder on another disk than ``top`` where memory can be written to, else beside it."""

    def __init__(self, top: str, given: str | None) -> None:
        if given:
            self._folder = tempfile.TemporaryDirectory(dir=given)
            return
        memory = (
            os.path.isdir(_MEMORY)
            and os.access(_MEMORY, os.W_OK)
            and os.stat(_MEMORY).st_dev != os.stat(top).st_dev
        )
        self._folder = tempfile.TemporaryDirectory(dir=_MEMORY if memory else top)

    def __enter__(self) -> str:
        return self._folder.__enter__()

    def __exit__(self, *exc: Any) -> None:
        self._folder.__exit__(*exc)


class Wrong(Exception):
    """The server did what it never may."""


@dataclass
class Report:
    """Kills by what was going on, how many of them were in the middle of it, and what was wrong."""

    kills: collections.Counter[str] = field(default_factory=collections.Counter)
    unanswered: collections.Counter[str] = field(default_factory=collections.Counter)
    recovered: int = 0
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [
            f"{name:12} {count:4} kills, {self.unanswered[name]:4} before the answer"
            for name, count in sorted(self.kills.items())
        ]
        lines.append(
            f"{'all':12} {self.kills.total():4} kills, {self.unanswered.total():4} before the answer; "
            f"{self.recovered} left an operation to recover"
        )
        lines.append(f"lost, doubled, stuck or otherwise wrong: {len(self.faults)}")
        return "\n".join([*lines, *self.faults])


def start_apart(arguments: Sequence[str], environ: dict[str, str]) -> subprocess.Popen[str]:
    """``iib`` with these arguments in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "iib_core", *arguments],
        cwd=TOP,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


class Server:
    """``iib serve`` as a process that can be killed. ``start``: as ``start_apart``."""

    def __init__(self, roots: Sequence[Path], data: Path, start: Callable[..., Any]) -> None:
        self._arguments = ["serve", *map(str, roots), "--port", "0", "--data-dir", str(data)]
        self._start = start
        self._process: Any = None
        self.client = httpx.Client()

    def launch(self) -> None:
        """Start it without waiting."""
        environ = {**os.environ, "PYTHONUNBUFFERED": "1", "IIB_IDLE_THUMBNAILS": "false"}
        self._process = self._start(self._arguments, environ=environ)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self.launch()
        process = self._process
        assert process is not None and process.stdout is not None
        watch = threading.Timer(_START_S, process.kill)
        watch.start()
        try:
            for line in process.stdout:
                if ready := re.search(r"ready at (\S+)", line):
                    self.client = httpx.Client(base_url=ready[1], timeout=_DONE_S)
                    return
        finally:
            watch.cancel()
        raise Wrong(f"the server did not start: status {process.wait()}")

    def kill(self) -> None:
        """End it as a power cut would."""
        process, self._process = self._process, None
        if process is None or process.stdout is None:
            return
        process.kill()
        process.wait()
        process.stdout.close()
        self.client.close()

    def post(self, route: str, body: object) -> dict[str, Any]:
        """The answer, {} where the request was refused. Raises Wrong for a failure of the server's
        own.
        """
        answer = self.client.post(route, json=body)
        if answer.status_code >= 500:
            raise Wrong(f"{route} answered {answer.status_code}: {answer.text[:200]}")
        return dict(answer.json()) if answer.status_code == 200 else {}

    def get(self, route: str, **params: Any) -> Any:
        """The answer."""
        answer = self.client.get(route, params=params)
        answer.raise_for_status()
        return answer.json()


class Trial:
    """A library, and what must be true of it.

    Each file has bytes of its own, so that it is known wherever it goes. Those of ``singles`` are
    never copied; each is in one place at any time, the trash included. Of ``doubles`` copies are
    made.
    """

    def __init__(
        self,
        top: Path,
        other: Path,
        files: int,
        choose: random.Random,
        only: Sequence[str] = (),
        start: Callable[..., Any] = start_apart,
    ) -> None:
        self._choose = choose
        self._roots = [top / "library", other / "library"]
        self._lines = top / "library" / "marks.jsonl"
        self._data = top / "data"
        self.has_two_disks = os.stat(top).st_dev != os.stat(other).st_dev
        self._singles: set[str] = set()
        self._doubles: set[str] = set()
        self._copies: collections.Counter[str] = collections.Counter()
        self._copied: collections.Counter[str] = collections.Counter()
        self._marks: dict[str, set[str]] = collections.defaultdict(set)
        self._names: dict[str, int] = {}
        self._number = 0
        self._usual_s: dict[str, float] = collections.defaultdict(lambda: 0.05)
        self._report = Report()
        self._make(files)
        self.server = Server(self._roots, self._data, start)
        self._actions: dict[str, Callable[[], None]] = {
            "move": lambda: self._transfer("/move_files", self._pick(20)),
            "copy": self._copy,
            "delete": lambda: self._post("/delete_files", {"file_paths": self._pick(10)}),
            "flatten": lambda: self._post(
                "/flatten_folder",
                {"folder_path": self._folder(), "dry_run": False, "on_conflict": "rename"},
            ),
            "rename": self._rename,
            "organise": self._organise,
            "undo": self._undo,
            "tag": self._tag,
            "import": self._import,
            "update": lambda: self._post("/db/rebuild_index", {}),
            "backup": self._back_up,
        }
        if only:
            self._actions = {name: self._actions[name] for name in only}

    def run(self, times: int) -> Report:
        """Kill so many times."""
        self.server.start()
        self._check("before the first kill")
        self._learn()
        for number in range(1, times + 1):
            name = self._choose.choice(list(self._actions))
            try:
                self._round(name)
            except (Wrong, httpx.HTTPError) as exc:
                self._report.faults.append(f"kill {number}, {name}: {exc}")
                self.server.kill()
                self.server.start()
            self._check(f"kill {number}, {name}")
            if sys.stderr.isatty():
                print(
                    f"\r{number} of {times}, {len(self._report.faults)} faults",
                    end="",
                    file=sys.stderr,
                    flush=True,
                )
        return self._report

    def _learn(self) -> None:
        """Do everything once, to know how long it takes here: the kills are to come in the middle."""
        for name, action in self._actions.items():
            began = time.monotonic()
            action()
            self._usual_s[name] = time.monotonic() - began
            self._check(f"after the first {name}")

    def _round(self, name: str) -> None:
        """One action that the kill breaks off, or that has just ended."""
        delay_s = self._choose.uniform(0, 1.3 * self._usual_s[name])
        answered, killed = threading.Event(), threading.Event()
        failures: list[str] = []

        def act() -> None:
            try:
                self._actions[name]()
                answered.set()
            except (Wrong, httpx.HTTPError, RuntimeError, ValueError) as exc:
                if not killed.is_set():  # then it is no wonder
                    failures.append(f"{name}: {exc!r}")

        thread = threading.Thread(target=act)
        began = time.monotonic()
        thread.start()
        if answered.wait(delay_s):
            self._usual_s[name] = 0.8 * self._usual_s[name] + 0.2 * (time.monotonic() - began)
        self._report.kills[name] += 1
        self._report.unanswered[name] += not answered.is_set()
        killed.set()
        self.server.kill()
        thread.join()
        self.server.kill()  # one that the action itself has started meanwhile
        self._report.faults += failures
        if not self._choose.randrange(10):  # once more, while it recovers
            self.server.launch()
            time.sleep(self._choose.uniform(0.2, 1.0))
            self.server.kill()
        self._report.recovered += self._count_running()
        self.server.start()

    # What is done.

    def _post(self, route: str, body: object) -> None:
        self.server.post(route, body)

    def _transfer(self, route: str, chosen: list[str]) -> None:
        dest = self._folder()
        ways = ["rename", "error"]
        # A file that would replace itself is skipped, and then a copy is missing.
        if route == "/move_files" or dest not in map(os.path.dirname, chosen):
            ways.append("replace")
        body = {
            "file_paths": chosen,
            "dest": dest,
            "create_dest_folder": True,
            "on_conflict": self._choose.choice(ways),
        }
        self._post(route, body)

    def _copy(self) -> None:
        """Each content once, so that all of the copy can be told from a part of it."""
        chosen = {_content(path): path for path in self._pick(10, self._doubles)}
        self._copied = collections.Counter(chosen.keys())
        self._transfer("/copy_files", sorted(chosen.values()))

    def _rename(self) -> None:
        (path,) = self._pick(1)
        self._number += 1
        self._post(
            "/db/rename",
            {"path": path, "name": f"renamed {self._number}{os.path.splitext(path)[1]}"},
        )

    def _organise(self) -> None:
        root = str(self._choose.choice(self._roots))
        pattern = self._choose.choice(["{model}", "{size}/{model}", "sorted"])
        body = {
            "folder_paths": [root],
            "dest_folder": str(self._choose.choice(self._roots)),
            "by": "model",
            "pattern": pattern,
            "recursive": True,
        }
        job_id = self.server.post("/db/organize_files_start", body).get("job_id")
        if job_id and self._wait(job_id) == "preview_ready":
            self._post("/db/organize_files_confirm", {"job_id": job_id})
            self._wait(job_id, until=("completed", "failed", "cancelled"))

    def _wait(
        self,
        job_id: str,
        until: tuple[str, ...] = ("preview_ready", "completed", "failed", "cancelled"),
    ) -> str:
        deadline = time.monotonic() + _DONE_S
        while time.monotonic() < deadline:
            status = str(
                self.server.get("/db/organize_files_status", job_id=job_id, brief=True)["status"]
            )
            if status in until:
                return status
            time.sleep(0.01)
        raise Wrong("sorting the files did not end")

    def _undo(self) -> None:
        undoable = [
            one["id"] for one in self.server.get("/operations")["operations"] if one["undoable"]
        ]
        if undoable:
            self._post(f"/operations/{self._choose.choice(undoable[:8])}/undo", {})

    def _tag(self) -> None:
        self._number += 1
        name = f"tag {self._number}"
        tag_id = self.server.post("/db/add_custom_tag", {"tag_name": name}).get("id")
        chosen = self._pick(20, self._singles)
        body = {"img_paths": chosen, "action": "add", "tag_id": tag_id}
        if self.server.post("/db/batch_update_image_tag", body).get("updated"):
            self._expect(name, chosen)

    def _import(self) -> None:
        self._number += 1
        name = f"imported {self._number}"
        chosen = self._pick(40, self._singles)
        lines = [{"kind": "tag", "name": name, "color": ""}]
        lines += [
            {
                "kind": "file",
                "path": path,
                "fingerprint": None,
                "tags": [name],
                "rating": None,
                "albums": {},
            }
            for path in chosen
        ]
        self._lines.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        if self.server.post("/db/import", {"path": str(self._lines)}).get("files") == len(chosen):
            self._expect(name, chosen)

    def _back_up(self) -> None:
        """The copy of the day is made soon after the start; there is none."""
        folder = self._data / "backups"
        self.server.kill()
        shutil.rmtree(folder, ignore_errors=True)
        self.server.start()
        deadline = time.monotonic() + 2
        while time.monotonic() < deadline and not (folder.is_dir() and any(folder.iterdir())):
            time.sleep(0.01)

    def _expect(self, tag: str, chosen: Iterable[str]) -> None:
        for path in chosen:
            self._marks[_content(path)].add(tag)

    def _pick(self, most: int, of: set[str] | None = None) -> list[str]:
        """Some pictures that are there."""
        there = [
            path
            for path, content in self._list()
            if path.endswith(".png") and (of is None or content in of)
        ]
        return sorted(
            self._choose.sample(
                there, min(len(there), self._choose.randint(1, most) if most > 1 else 1)
            )
        )

    def _folder(self) -> str:
        return str(
            self._choose.choice(self._roots)
            / self._choose.choice(["", "a", "b", "b/deep", f"new {self._number}"])
        )

    # What must be true afterwards.

    def _check(self, when: str) -> None:
        try:
            self.server.post("/db/update_image_data", {})
            faults = [
                *self._check_files(),
                *self._check_index(),
                *self._check_journal(),
                *self._check_database(),
            ]
        except (Wrong, httpx.HTTPError, KeyError) as exc:
            faults = [f"the server fails: {exc!r}"]
        self._report.faults += [f"{when}: {fault}" for fault in faults]

    def _check_files(self) -> Iterator[str]:
        found = collections.Counter(content for _, content in self._list(with_trash=True))
        for content, name in self._names_of_all():
            if not found[content]:
                yield f"{name} is lost"
        for content in self._singles:
            if found[content] > 1:
                yield f"{self._name(content)} is there {found[content]} times"
        changes = {content: found[content] - self._copies[content] for content in self._doubles}
        grown = {content: change for content, change in changes.items() if change}
        if grown and grown != self._copied:
            yield f"{sum(grown.values())} of {self._copied.total()} copies are there"
        self._copies.update(grown)
        self._copied.clear()
        for root in self._roots:
            for path in root.rglob("*.part"):
                yield f"{path.name} was left"

    def _check_index(self) -> Iterator[str]:
        disk = {path: content for path, content in self._list() if path.endswith(".png")}
        known = self._search("")
        for path in sorted(set(disk) ^ known)[:5]:
            yield f"{path} is {'not in the index' if path in disk else 'in the index only'}"
        wanted = [path for path in disk if path in known and disk[path] in self._marks]
        tags = self.server.post("/db/get_image_tags", {"paths": wanted}) if wanted else {}
        for path in wanted:
            there = {tag["name"] for tag in tags.get(path, [])}
            if not self._marks[disk[path]] <= there:
                yield f"{path} has lost {sorted(self._marks[disk[path]] - there)}"

    def _check_journal(self) -> Iterator[str]:
        for one in self.server.get("/operations")["operations"]:
            if one["state"] not in _ENDED:
                yield f"operation {one['kind']} is {one['state']}"

    def _check_database(self) -> Iterator[str]:
        with closing(
            sqlite3.connect((self._data / "iib.db").as_uri() + "?mode=ro", uri=True)
        ) as connection:
            (answer,) = connection.execute("PRAGMA quick_check").fetchone()
        if answer != "ok":
            yield f"the database: {answer}"

    def _search(self, query: str) -> set[str]:
        found: set[str] = set()
        cursor = ""
        while True:
            page = self.server.post("/db/search", {"query": query, "cursor": cursor, "size": 1000})
            found |= {file["fullpath"] for file in page["files"]}
            cursor = page["cursor"]["next"]
            if not cursor:
                return found

    def _count_running(self) -> int:
        with closing(sqlite3.connect(self._data / "iib.db")) as connection:
            return int(
                connection.execute(
                    "SELECT count(*) FROM operation WHERE state = 'running'"
                ).fetchone()[0]
            )

    # The library.

    def _make(self, files: int) -> None:
        for number in range(files):
            folder = self._roots[number % 2] / ("a", "b", "b/deep")[number % 3]
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / f"{number:04d}.png"
            write_picture(path, number)
            (self._doubles if number % 5 == 0 else self._singles).add(self._know(path))
            if number % 5 == 1:  # none of those that are copied, for it would be copied too
                path.with_suffix(".txt").write_text(f"a note to picture {number}")
                self._singles.add(self._know(path.with_suffix(".txt")))

    def _know(self, path: Path) -> str:
        content = _content(str(path))
        self._names[content] = len(self._names)
        self._copies[content] = 1
        return content

    def _name(self, content: str) -> str:
        return f"file {self._names[content]}"

    def _names_of_all(self) -> Iterator[tuple[str, str]]:
        return ((content, self._name(content)) for content in self._names)

    def _list(self, *, with_trash: bool = False) -> list[tuple[str, str]]:
        """(path, content) of every file."""
        found = []
        for root in self._roots:
            for folder, below, names in os.walk(root):
                if not with_trash and TRASH in below:
                    below.remove(TRASH)
                found += [
                    os.path.join(folder, name) for name in names if name.endswith((".png", ".txt"))
                ]
        return [(path, _content(path)) for path in sorted(found)]


def _content(path: str) -> str:
    return hashlib.sha1(Path(path).read_bytes(), usedforsecurity=False).hexdigest()


def write_picture(path: Path, number: int) -> None:
    info = PngInfo()
    model = _MODELS[number % len(_MODELS)]
    info.add_text(
        "parameters",
        f"picture {number}\nSteps: 20, Sampler: Euler, CFG scale: 7, Seed: {number}, Size: 64x48, Model: "
        f"{model}",
    )
    Image.new("RGB", (64, 48), (number % 256, number // 256, 90)).save(path, pnginfo=info)
