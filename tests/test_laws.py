"""Laws of the house: who imports whom, what is documented, what is left behind."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from iib_core.config import Config
from iib_core.core import Core
from iib_core.routes import ROUTERS
from tests.conftest import write_png
from tests.databases import write_empty
from tests.disks import mounted

pytestmark = pytest.mark.stack

TOP = Path(__file__).parent.parent
SOURCES = sorted((TOP / "iib_core").rglob("*.py"))

BASE = {
    "clock",
    "companions",
    "config",
    "environment",
    "errors",
    "mediatypes",
    "mounts",
    "paths",
    "reading",
    "times",
    "windows",
}
LOW = BASE | {"metadata", "access", "sessions", "sends", "jobs", "workers", "children", "db"}
SERVICES = {"cluster", "ai", "search", "index", "files", "media"}
# What each part may import of the others; within itself a part is free.
MAY_IMPORT = {
    "cli": {"routes", "core", "demo", "connections"} | BASE,
    "connections": BASE,
    "demo": {"routes", "core"} | BASE,
    "__main__": {"cli"},
    "routes": {"core"} | SERVICES | LOW,
    "core": SERVICES | LOW,
    "cluster": LOW | {"ai", "files"},
    "ai": LOW,
    "search": LOW,
    "index": LOW,
    "files": LOW,
    "media": LOW,
    "db": BASE,
    "metadata": BASE,
    "access": BASE,
    "sessions": BASE,
    "sends": BASE,
    "jobs": BASE,
    "workers": BASE,
    "children": BASE,
    **dict.fromkeys(BASE, BASE),
    "__init__": set(),
}
WEB = {"fastapi", "starlette", "pydantic"}
# What tests of these packages and folders find can differ between two stacks. Those of the page run
# with the newest releases only.
OF_A_STACK = WEB | {"PIL", "numpy"}
FOLDERS_OF_A_STACK = {"host", "media", "routes"}
TESTS = sorted(path for path in (TOP / "tests").rglob("test_*.py") if "browser" not in path.parts)


def imported_modules(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(TOP).as_posix())
def test_imports_follow_the_table(path):
    part = path.relative_to(TOP / "iib_core").parts[0].removesuffix(".py")
    for name in imported_modules(path):
        first, *rest = name.split(".")
        if first == "iib_core" and rest and rest[0] != "__version__":
            assert rest[0] in MAY_IMPORT[part] | {part}, f"{part} may not import {name}"
        assert first not in WEB or part == "routes", f"{part} may not import {name}"
        assert first not in {"gradio", "modules"}, f"{part} may not import {name}"
        assert first != "sqlalchemy" or part == "db", f"{part} may not import {name}"


def test_what_a_stack_can_change_is_tested_on_every_stack():
    unmarked = [
        str(path.relative_to(TOP))
        for path in TESTS
        if depends_on_a_stack(path) and "pytest.mark.stack" not in marks_of(path)
    ]
    assert unmarked == [], "write pytestmark = pytest.mark.stack below the imports of these"


def depends_on_a_stack(path: Path) -> bool:
    arguments = {
        node.arg for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.arg)
    }
    return (
        path.relative_to(TOP / "tests").parts[0] in FOLDERS_OF_A_STACK
        or any(
            name.split(".")[0] in OF_A_STACK or name.startswith("iib_core.routes")
            for name in imported_modules(path)
        )
        or bool(arguments & {"serve", "served"})
    )


def marks_of(path: Path) -> str:
    """What the module sets ``pytestmark`` to."""
    assigned = [node for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, ast.Assign)]
    return " ".join(
        ast.unparse(node.value) for node in assigned if ast.unparse(node.targets[0]) == "pytestmark"
    )


# Who opens files by Python's own means: nothing but the program's own data, and new files.
OPENERS = {
    "access.py": "no file",
    "ai/model_files.py": "own data",
    "ai/sentence_process.py": "own data",
    "children.py": "a pipe",
    "cli.py": "a new file",
    "db/foreign.py": "a new file",
    "db/opening.py": "own data",
    "environment.py": "settings",
    "files/anchors.py": "folders, and new files",
    "files/archive.py": "a new file",
    "files/disk.py": "folders",
    "files/presence.py": "own data",
    "index/reader.py": "a descriptor",
    "index/volumes.py": "/proc",
    "media/cache.py": "a new file",
    "metadata/edit.py": "a new file",
    "mounts.py": "own data",
    "reading.py": "the one that others use",
    "routes/system.py": "the log",
}


def test_files_of_the_library_are_opened_in_one_place():
    users = {
        path.relative_to(TOP / "iib_core").as_posix()
        for path in SOURCES
        if set(called_names(path)) & {"open", "os.open"}
    }
    assert users <= set(OPENERS), (
        "use iib_core.reading: on Windows what open() holds can be neither renamed nor deleted"
    )


def called_names(path: Path) -> Iterator[str]:
    return (
        ast.unparse(node.func)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
    )


def test_gradio_and_the_host_are_imported_by_the_adapter_only():
    users = {
        p
        for p in TOP.rglob("*.py")
        if {"gradio", "modules"} & {name.split(".")[0] for name in imported_modules(p)}
    }
    assert {
        p.relative_to(TOP).as_posix()
        for p in users
        if "tests" not in p.parts and not any(part.startswith(".") for part in p.parts)
    } <= {
        "scripts/iib.py",
        "install.py",
        "preload.py",
    }


def test_times_of_files_are_taken_from_the_disk_in_one_place():
    """Elsewhere a file of the year 2300 would be a number that the database cannot hold."""
    users = {
        path.name
        for path in SOURCES
        if re.search(r"st_(m|c|birth)time|getmtime|getctime", path.read_text("utf-8"))
    }
    assert users == {"times.py"}


def test_links_are_followed_in_one_place():
    """Elsewhere a link that another program replaces meanwhile would be an error that nobody expects."""
    users = {path.name for path in SOURCES if "realpath" in path.read_text("utf-8")}
    assert users == {"paths.py"}


def test_every_route_is_in_the_documentation():
    rows = set(
        re.findall(r"^\| `(GET|POST|PUT|DELETE) (\S+)` \|", (TOP / "docs/api.md").read_text("utf-8"), re.M)
    )
    routes = [
        route
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute) and route.include_in_schema
    ]
    assert rows == {(method, route.path) for route in routes for method in route.methods}


def test_every_list_in_a_request_has_a_limit():
    app = FastAPI()
    for router in ROUTERS:
        app.include_router(router, prefix="/base")
    described = app.openapi()
    bodies = [
        (f"{method.upper()} {path}", route["requestBody"])
        for path, routes in described["paths"].items()
        for method, route in routes.items()
        if "requestBody" in route
    ]
    arrays = [(name, array) for name, body in bodies for array in arrays_in(body, described, ())]
    assert len(arrays) > 40
    assert [(name, array) for name, array in arrays if "maxItems" not in array] == [], (
        "use at_most of routes/models.py"
    )


def arrays_in(schema: object, described: dict, seen: tuple[str, ...]) -> Iterator[dict]:
    """Every array in a schema, references followed once."""
    if isinstance(schema, list):
        for item in schema:
            yield from arrays_in(item, described, seen)
    elif isinstance(schema, dict):
        if schema.get("type") == "array":
            yield schema
        name = str(schema.get("$ref", "")).rpartition("/")[2]
        if name and name not in seen:
            yield from arrays_in(described["components"]["schemas"][name], described, (*seen, name))
        for value in schema.values():
            yield from arrays_in(value, described, seen)


def test_every_promise_of_the_threat_model_names_a_test_that_exists():
    text = (TOP / "docs/security.md").read_text("utf-8")
    found = set().union(
        *(
            re.findall(r"^def (test_\w+)", path.read_text("utf-8"), re.M)
            for path in (TOP / "tests").rglob("test_*.py")
        )
    )
    named = set(re.findall(r"`(?:tests/\S+::)?(test_\w+)`", text))
    assert len(named) > 30
    assert named <= found, named - found
    files = set(re.findall(r"`(tests/[\w/]+\.py)", text))
    assert all((TOP / file).is_file() for file in files), files


def test_what_a_core_opens_it_closes(tmp_path):
    def counted() -> tuple[int, int]:
        return threading.active_count(), psutil.Process().num_fds() if hasattr(
            psutil.Process, "num_fds"
        ) else 0

    write_empty(tmp_path / "iib.db")

    def live() -> None:
        core = Core(Config(data_dir=str(tmp_path)))
        with core.db.read(), core.db.read():
            core.decoders.submit(int).result()
        core.close()

    live()  # whatever imports and caches need once
    before = counted()
    for _ in range(3):
        live()
    assert counted() == before


# Who may start a thread: what ends it and what becomes of its exceptions is settled there. ``cli``
# prints one line with it; those of ``children`` end with the pipes of their process.
STARTS_THREADS = {"workers.py", "jobs.py", "cli.py", "children.py"}


def test_threads_are_started_where_their_failures_are_caught():
    def starts(path: Path) -> bool:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        called = (ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call))
        return any(name.split(".")[-1] in ("Thread", "Timer") for name in called)

    assert {str(path.relative_to(TOP / "iib_core")) for path in SOURCES if starts(path)} == STARTS_THREADS


@pytest.mark.posix_only("mounts a disk")
def test_no_loop_ends_while_the_disk_is_full(tmp_path, caplog):
    def loops() -> set[str]:
        return {thread.name for thread in threading.enumerate() if thread.name in names}

    names = {"iib-backup", "iib-log", "iib-ahead", "iib-watch", "iib-colours"}
    library = tmp_path / "library"
    library.mkdir()
    with mounted(tmp_path / "disk") as disk:
        core = Core(Config(data_dir=str(disk.path / "data"), roots=(str(library),)))
        try:
            assert loops() == names
            write_png(library / "a.png")
            while not count_images(core):
                threading.Event().wait(0.1)
            (disk.path / "data/backups").write_bytes(b"in the way")
            disk.fill()
            with core.db.read() as conn:  # so that what the log holds is not written over
                conn.exec_driver_sql("SELECT count(*) FROM image").scalar()
                mtime_ns = (library / "a.png").stat().st_mtime_ns
                while "iib-colours" not in caplog.text:
                    core.colours.add(str(library / "a.png"), mtime_ns, 0xFF0000)
                    write_png(library / f"{mtime_ns}.png")
                    threading.Event().wait(0.1)
            assert loops() == names
            disk.make_room()
            while len(os.listdir(library)) != count_images(core):
                threading.Event().wait(0.1)
        finally:
            core.close()
    assert loops() == set()


def count_images(core: Core) -> int:
    with core.db.read() as conn:
        return int(conn.exec_driver_sql("SELECT count(*) FROM image").scalar_one())


def test_starting_imports_nothing_heavy():
    heavy = ["sklearn", "openai", "imageio_ffmpeg", "scipy", "watchfiles"]
    code = (
        f"import sys, iib_core.routes.standalone, iib_core.cli; print([m for m in {heavy} if m in "
        "sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=TOP,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )
    assert done.stdout == "[]\n", done.stderr


def test_alembic_stays_out_when_there_is_nothing_to_migrate(tmp_path):
    write_empty(tmp_path / "iib.db")
    code = """
import sys
from iib_core.config import Config
from iib_core.core import Core
Core(Config(data_dir=sys.argv[1])).close()
print('alembic' in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=TOP, capture_output=True, text=True
    )
    assert done.stdout == "False\n", done.stderr
