"""Several servers over one database on PostgreSQL, each a process of its own with its own data
folder, over HTTP; some are killed, and some stand still in the middle of a move.
"""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from bench.servers import Trial
from iib_core.config import DATABASE_URL
from tests import asks, postgresql
from tests.databases import new_url
from tests.test_cli import TOP, environment

pytestmark = [
    pytest.mark.engine,
    pytest.mark.posix_only("stops processes by signals"),
]

# Longer than a server may take to notice that another one is dead, on a busy machine.
PATIENCE_S = 120
FILES = 30
# A server whose disk takes its time for each change, so that it can be met in the middle.
SLOW = """
import sys, time
from iib_core.files.disk import Disk
call = Disk.call
def slow(self, function, *arguments):
    time.sleep(0.05)
    return call(self, function, *arguments)
Disk.call = slow
from iib_core.cli import main
sys.exit(main())
"""


@dataclass
class Server:
    """A running server."""

    process: subprocess.Popen[str]
    client: object

    def post(self, route: str, **body: object) -> dict:
        answer = self.client.post(route, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def get(self, route: str) -> dict:
        answer = self.client.get(route)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def find(self, query: str) -> Counter:
        found = self.post("/db/search", query=query, size=1000)["files"]
        return Counter(file["name"] for file in found)

    def move(self, files: list[Path], dest: Path) -> threading.Thread:
        """Begin a move, whose answer may never come."""

        def run() -> None:
            with contextlib.suppress(Exception):
                self.moved = self.client.post(
                    "/move_files", json={"file_paths": list(map(str, files)), "dest": str(dest)}
                )

        self.moved = None
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return thread

    def signal(self, number: int) -> None:
        self.process.send_signal(number)


@pytest.fixture
def url():
    postgresql.require_server()
    return new_url()


@pytest.fixture
def fox(library):
    """The bytes of a picture, from a library that no server serves here."""
    return (library / "fox.png").read_bytes()


@pytest.fixture
def pictures(tmp_path, fox):
    """A library of different pictures, and an empty folder."""
    top = tmp_path / "pictures"
    (top / "there").mkdir(parents=True)
    for number in range(FILES):
        (top / f"{number:03}.png").write_bytes(fox + bytes([number]))
    return top


@pytest.fixture
def start(tmp_path, url):
    """Starts a server: ``start(name, folders)``."""
    with contextlib.ExitStack() as running:

        def run(name: str, *folders: Path, is_slow: bool = False) -> Server:
            return running.enter_context(started(tmp_path, name, folders, url, is_slow))

        yield run


@contextlib.contextmanager
def started(tmp_path, name, folders, url, is_slow) -> Iterator[Server]:
    program = ["-c", SLOW] if is_slow else ["-m", "iib_core"]
    options = ["--port", "0", "--data-dir", tmp_path / name]
    with open(tmp_path / f"{name}.log", "ab") as log:
        process = subprocess.Popen(
            [sys.executable, *program, "serve", *map(str, [*folders, *options])],
            env={**environment(tmp_path), DATABASE_URL: url, "IIB_IDLE_THUMBNAILS": "0"},
            cwd=TOP,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    try:
        address = process.stdout.readline().rpartition(" ")[2].strip()
        assert address.startswith("http"), (tmp_path / f"{name}.log").read_text()
        with asks.client(base_url=address) as client:
            yield Server(process, client)
    finally:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.communicate()


def wait_for(is_so: Callable[[], bool], what: str) -> None:
    ends_at = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < ends_at, what
        time.sleep(0.05)


def names_on_disk(top: Path) -> Counter:
    return Counter(path.name for path in top.rglob("*.png"))


def wait_until_indexed(server: Server, library: Path) -> None:
    wait_for(lambda: server.find("") == names_on_disk(library), "the library is not indexed")


def wait_until_half_moved(folder: Path) -> None:
    wait_for(lambda: len(list(folder.glob("*.png"))) > 2, "the move does not begin")
    assert len(list(folder.glob("*.png"))) < FILES


def connected(url: str):
    """A connection of the driver itself."""
    import psycopg

    return psycopg.connect(url.replace("+psycopg", ""))


def states(url: str) -> dict[str, tuple[str, str]]:
    """(state, owner) of each operation by its id."""
    with connected(url) as connection:
        rows = connection.execute("SELECT id, state, owner FROM iib.operation").fetchall()
    return {row[0]: (row[1], row[2]) for row in rows}


def is_settled(url: str) -> bool:
    found = states(url)
    return bool(found) and all(state != "running" for state, _ in found.values())


def require_all_there(servers: list[Server], library: Path, before: Counter) -> None:
    """No file is lost or doubled, on the disk or in the index, wherever it is."""
    assert names_on_disk(library) == before
    for server in servers:
        wait_for(partial(is_index_right, server, library), "the index differs from the disk")


def is_index_right(server: Server, library: Path) -> bool:
    return server.find("") == names_on_disk(library) and all(
        server.find(f"folder:{folder}")
        == Counter(path.name for path in (library / folder).iterdir())
        for folder in ("there", "elsewhere")
        if (library / folder).exists()
    )


def test_what_one_server_changes_the_others_show(start, pictures, fox, tmp_path):
    one, other = start("one", pictures), start("other", pictures)
    wait_until_indexed(one, pictures)
    tag = one.post("/db/add_custom_tag", tag_name="best")
    before = other.get("/db/changes")["change"]
    seven = str(pictures / "007.png")
    one.post("/db/batch_update_image_tag", img_paths=[seven], action="add", tag_id=tag["id"])
    wait_for(lambda: other.get("/db/changes")["change"] != before, "no change is seen")
    assert other.find("tag:best") == Counter(["007.png"])
    # What is not in the index, and servers keep in memory.
    extra = tmp_path / "extra"
    extra.mkdir()
    (extra / "new.png").write_bytes(fox)
    one.post("/db/extra_paths", path=str(extra), types=["scanned"])
    wait_for(lambda: other.find("new") == Counter(["new.png"]), "the folder is not indexed")
    wait_for(
        lambda: other.client.get("/file", params={"path": str(extra / "new.png")}).is_success,
        "the folder is none of the other server's",
    )
    one.post("/settings", values={"delete_mode": "permanent"})

    def mode(server: Server) -> object:
        found = server.get("/settings")["settings"]
        return next(entry["value"] for entry in found if entry["name"] == "delete_mode")

    wait_for(lambda: mode(other) == "permanent", "the setting is not followed")


def test_another_server_ends_what_a_killed_one_left(start, pictures, url):
    """It may finish the move or undo it, and then the killed one starts again."""
    dead, other = start("dead", pictures, is_slow=True), start("other", pictures)
    wait_until_indexed(dead, pictures)
    before = names_on_disk(pictures)
    dead.move(sorted(pictures.glob("*.png")), pictures / "there")
    wait_until_half_moved(pictures / "there")
    dead.signal(signal.SIGKILL)
    (owner,) = {owner for _, owner in states(url).values()}
    wait_for(lambda: is_settled(url), "what the dead server left is not recovered")
    assert {new for _, new in states(url).values()} != {owner}
    again = start("dead", pictures)
    require_all_there([other, again], pictures, before)


def test_a_server_that_stood_still_in_the_middle_of_a_move_does_nothing_more(start, pictures, url):
    still, other = start("still", pictures, is_slow=True), start("other", pictures)
    wait_until_indexed(still, pictures)
    before = names_on_disk(pictures)
    moving = still.move(sorted(pictures.glob("*.png")), pictures / "there")
    wait_until_half_moved(pictures / "there")
    still.signal(signal.SIGSTOP)
    wait_for(lambda: is_settled(url), "what the server left that stands still is not recovered")
    # The files are moved on, so that any step that still came would be seen.
    moved = sorted((pictures / "there").glob("*.png"))
    other.post(
        "/move_files",
        file_paths=list(map(str, moved)),
        dest=str(pictures / "elsewhere"),
        create_dest_folder=True,
    )
    still.signal(signal.SIGCONT)
    moving.join(PATIENCE_S)
    assert still.moved is not None and still.moved.status_code == 409, still.moved
    assert "stood still" in still.moved.text
    require_all_there([still, other], pictures, before)
    assert not list((pictures / "there").glob("*.png"))
    # It goes on as a server like the others.
    back = sorted((pictures / "elsewhere").glob("*.png"))[:3]
    still.post("/move_files", file_paths=list(map(str, back)), dest=str(pictures / "there"))
    require_all_there([still, other], pictures, before)


def test_operations_of_two_servers_on_the_same_files_wait_for_each_other(start, pictures, url):
    slow, other = start("slow", pictures, is_slow=True), start("other", pictures)
    wait_until_indexed(slow, pictures)
    before = names_on_disk(pictures)
    files = sorted(pictures.glob("*.png"))
    moving = slow.move(files, pictures / "there")
    wait_until_half_moved(pictures / "there")
    answer = other.client.post(
        "/move_files",
        json={
            "file_paths": [str(files[-1])],
            "dest": str(pictures / "elsewhere"),
            "create_dest_folder": True,
        },
    )
    moving.join(PATIENCE_S)
    assert slow.moved.status_code == 200 and answer.status_code == 404, answer.text
    require_all_there([slow, other], pictures, before)


def test_the_job_of_a_killed_server_is_interrupted_and_its_folders_are_free(
    start, pictures, fox, url
):
    dead, other = start("dead", pictures), start("other", pictures)
    wait_until_indexed(dead, pictures)
    dead.signal(signal.SIGSTOP)  # as one that is dead, until another asks
    held = "INSERT INTO iib.indexed_root SELECT %s, id FROM iib.server WHERE process = %s"
    with connected(url) as connection:
        connection.execute(held, (str(pictures), dead.process.pid))
        owner = connection.execute(
            "SELECT id FROM iib.server WHERE process = %s", (dead.process.pid,)
        ).fetchone()[0]
        connection.execute(
            "INSERT INTO iib.job SELECT 'left', kind, params, 'running', 0, '', 0, 0, '', '', NULL, "
            "created_time, updated_time, 'machine:1:' || %s FROM iib.job LIMIT 1",
            (owner,),
        )
    assert other.get("/jobs/left")["status"] == "running"
    (pictures / "late.png").write_bytes(fox)
    job = other.post("/db/update_image_data", background=True)["job_id"]
    wait_for(lambda: other.get(f"/jobs/{job}")["status"] == "completed", "the folders are not free")
    assert other.get("/jobs/left")["status"] == "failed"
    dead.signal(signal.SIGCONT)
    wait_until_indexed(dead, pictures)


def test_a_job_is_cancelled_through_any_server(start, pictures):
    slow, other = start("slow", pictures, is_slow=True), start("other", pictures)
    wait_until_indexed(slow, pictures)
    before = names_on_disk(pictures)
    files = sorted(map(str, pictures.glob("*.png")))
    dest = str(pictures / "there")
    job = slow.post("/move_files", file_paths=files, dest=dest, background=True)["job_id"]
    wait_until_half_moved(pictures / "there")
    wait_for(lambda: other.client.get(f"/jobs/{job}").is_success, "the job is not stored")
    other.post(f"/jobs/{job}/cancel")
    for server in (other, slow):
        wait_for(partial(is_cancelled, server, job), "the job is not cancelled")
    assert not list((pictures / "there").glob("*.png"))
    require_all_there([slow, other], pictures, before)


def test_an_update_of_the_index_is_cancelled_through_any_server(start, pictures, url):
    one, other = start("one", pictures), start("other", pictures)
    wait_until_indexed(one, pictures)
    with connected(url) as connection:  # one that holds the folders, and never lets go
        now = "extract(epoch FROM clock_timestamp())::float8"
        connection.execute(
            f"INSERT INTO iib.server VALUES ('held', 'machine', 1, {now}, {now} + 1000)"
        )
        connection.execute("INSERT INTO iib.indexed_root VALUES (%s, 'held')", (str(pictures),))
    jobs = [one.post("/db/update_image_data", background=True)["job_id"]]
    jobs += [other.post("/db/rebuild_index", background=True)["job_id"]]
    for job in jobs:
        for server in (one, other):
            wait_for(partial(is_stored, server, job), "the job is not stored")
    assert other.post("/db/index_cancel") == {"cancelled": True}
    for job in jobs:
        for server in (one, other):
            wait_for(partial(is_cancelled, server, job), "the update is not cancelled")
    assert other.post("/db/index_cancel") == {"cancelled": False}


def is_stored(server: Server, job: str) -> bool:
    return server.client.get(f"/jobs/{job}").is_success


def is_cancelled(server: Server, job: str) -> bool:
    return server.get(f"/jobs/{job}")["status"] == "cancelled"


def test_while_the_database_is_away_requests_are_503_and_a_move_is_recorded_later(
    start, pictures, url
):
    only = start("only", pictures, is_slow=True)
    wait_until_indexed(only, pictures)
    before = names_on_disk(pictures)
    moving = only.move(sorted(pictures.glob("*.png")), pictures / "there")
    wait_until_half_moved(pictures / "there")
    database = url.partition("?")[0].rpartition("/")[2]
    server = postgresql.require_server()
    server.run(f"ALTER DATABASE {database} ALLOW_CONNECTIONS false")
    server.run(
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'"
    )
    wait_for(lambda: only.client.get("/db/changes").status_code == 503, "no 503")
    answer = only.client.get("/db/changes")
    assert answer.json()["detail"].endswith(".") and postgresql.PASSWORD not in answer.text
    moving.join(PATIENCE_S)
    assert only.moved.status_code in (409, 503)
    server.run(f"ALTER DATABASE {database} ALLOW_CONNECTIONS true")
    wait_for(lambda: only.client.get("/db/changes").is_success, "it does not recover")
    wait_for(lambda: is_settled(url), "the move is not recorded")
    require_all_there([only], pictures, before)


@pytest.mark.timeout(600)
def test_servers_that_die_and_stand_still_lose_and_double_nothing(tmp_path):
    """A short form of ``python -m bench servers``."""
    postgresql.require_server()  # or the test is skipped
    figures = Trial(tmp_path, files=60, servers=2, clients=2).run(seconds=24, still_s=5)
    assert figures.faults == []
    assert set(figures.answers) == {"search", "tag", "move", "undo", "index"}
    assert figures.events.keys() >= {"servers killed", "restarts of the database"}
