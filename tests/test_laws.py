"""Laws of the house: imports between parts, documentation, and files or threads that are left
behind.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from iib_core.config import Config
from iib_core.core import Core
from iib_core.db.engine import SCHEMA
from iib_core.routes import ROUTERS
from tests.conftest import write_png
from tests.databases import write_empty
from tests.disks import mounted

pytestmark = pytest.mark.stack

TOP = Path(__file__).parent.parent
SOURCES = sorted((TOP / "iib_core").rglob("*.py"))

BASE = {
    "actor",
    "announcement",
    "clock",
    "companions",
    "config",
    "environment",
    "errors",
    "lru",
    "linux",
    "locks",
    "mediatypes",
    "mounts",
    "paths",
    "process_lock",
    "reading",
    "root_map",
    "times",
    "windows",
}
# Modules that lie lower than the part that holds them: the values that the parser of queries makes
# and the database reads.
GROUND = {"search.criteria"}
LOW = (
    BASE | GROUND | {"metadata", "access", "sessions", "sends", "jobs", "workers", "children", "db"}
)
SERVICES = {
    "albums",
    "page_settings",
    "server_settings",
    "cluster",
    "ai",
    "search",
    "index",
    "files",
    "media",
    "look",
    "vision",
}
# Which other parts each part may import. Imports within a part are not limited.
MAY_IMPORT = {
    "cli": {"commands", "older_flags"} | BASE,
    "commands": {"routes", "core", "offline", "demo", "connections", "client", "mcp", "older_flags"}
    | BASE,
    "older_flags": BASE,
    # They are the other side of HTTP: no service, and no route.
    "client": BASE,
    "mcp": {"client"} | BASE,
    "connections": BASE,
    "demo": BASE,
    "__main__": {"cli"},
    "routes": {"core", "demo"} | SERVICES | LOW,
    "offline": {"core"} | SERVICES | LOW,
    "core": SERVICES | LOW,
    "albums": LOW | {"index"},
    "page_settings": LOW | {"index", "search", "server_settings"},
    "server_settings": LOW,
    "cluster": LOW | {"ai", "files"},
    "ai": LOW,
    "look": LOW | {"files", "media"},
    "vision": LOW | {"ai", "look", "media"},
    "search": LOW,
    "index": LOW,
    "files": LOW,
    "media": LOW,
    "db": BASE | GROUND | {"workers"},
    "search.criteria": BASE,
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
# The results of tests of these packages and folders can differ between two stacks. Tests of the
# page run with the newest releases only.
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
    part = part_of(path.relative_to(TOP / "iib_core").with_suffix("").parts)
    for name in imported_modules(path):
        first, *rest = name.split(".")
        if first == "iib_core" and rest and rest[0] != "__version__":
            assert part_of(rest) in MAY_IMPORT[part] | {part}, f"{part} may not import {name}"
        assert first not in WEB or part == "routes", f"{part} may not import {name}"
        assert first not in {"gradio", "modules"}, f"{part} may not import {name}"
        assert first != "sqlalchemy" or part == "db", f"{part} may not import {name}"


def part_of(names: Sequence[str]) -> str:
    """The row of the table for a module below ``iib_core``, given as the names of its path."""
    inner = ".".join(names[:2])
    return inner if inner in GROUND else names[0]


def test_to_import_ground_imports_nothing_above():
    for name in GROUND:
        assert imported_modules(TOP / "iib_core" / name.partition(".")[0] / "__init__.py") == set()


def test_what_a_stack_can_change_is_tested_on_every_stack():
    unmarked = [
        str(path.relative_to(TOP))
        for path in TESTS
        if depends_on_a_stack(path) and "pytest.mark.stack" not in marks_of(path)
    ]
    assert unmarked == [], "write pytestmark = pytest.mark.stack below the imports of these"


def depends_on_a_stack(path: Path) -> bool:
    arguments = {
        node.arg
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.arg)
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
    """The value that the module assigns to ``pytestmark``."""
    assigned = [
        node for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, ast.Assign)
    ]
    return " ".join(
        ast.unparse(node.value) for node in assigned if ast.unparse(node.targets[0]) == "pytestmark"
    )


# The modules that call open(): only for the program's own data, and for new files.
OPENERS = {
    "access.py": "no file",
    "ai/file_store.py": "own data",
    "ai/onnx_session.py": "own data",
    "children.py": "a pipe",
    "announcement.py": "own data",
    "commands/upkeep.py": "a new file",
    "older_flags.py": "settings of a WebUI",
    "db/legacy_iib.py": "a new file",
    "db/opening.py": "own data",
    "environment.py": "settings",
    "files/anchors.py": "folders, and new files",
    "files/archive.py": "a new file",
    "files/disk.py": "folders",
    "index/reader.py": "a descriptor",
    "index/filesystems.py": "/proc",
    "media/cache.py": "a new file",
    "metadata/edit.py": "a new file",
    "mounts.py": "own data",
    "process_lock.py": "own data",
    "reading.py": "the one that others use",
    "root_map.py": "own data",
    "routes/shared/received_file.py": "a new file",
    "routes/system.py": "the log",
    "vision/library_pass.py": "own data",
    "vision/vector_files.py": "own data",
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


# The modules that know which database engine there is.
KNOW_AN_ENGINE = {
    "db/backup.py": "copies a file",
    "db/documents.py": "documents of the text index",
    "db/engine.py": "the database as a file",
    "db/failures.py": "what SQLite's driver says",
    "db/fts.py": "the text index",
    "db/legacy_iib.py": "files of another program",
    "db/mark_changes.py": "marks that are kept",
    "db/opening.py": "the file",
    "db/postgresql.py": "the server",
    "db/postgresql_own.py": "statements of its own",
    "db/postgresql_text.py": "all other statements",
    "db/server_database.py": "the database of a server",
    "db/server_lease.py": "several servers over it",
    "db/server_failures.py": "what its driver says",
    "db/spelled.py": "one expression, spelled twice",
    "db/sqlite.py": "the file",
    "db/stores.py": "a file or a server",
    "db/tags.py": "marks that are kept",
    "db/vector_index.py": "an index that one of them has",
}


def test_few_modules_know_which_database_engine_there_is():
    signs = re.compile(
        r"import sqlite3|is_sqlite\(|Spelled\(|postgresql|PostgreSQL|psycopg|SQL state"
    )
    found = {
        path.relative_to(TOP / "iib_core").as_posix()
        for path in SOURCES
        if signs.search(path.read_text("utf-8"))
    }
    migrations = {name for name in found if name.startswith("db/migrations/")}
    assert found - migrations == set(KNOW_AN_ENGINE)


def called_names(path: Path) -> Iterator[str]:
    return (
        ast.unparse(node.func)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
    )


def test_gradio_and_the_host_are_imported_by_the_adapter_only():
    # An environment in the checkout is not ours, and not all of its files are UTF-8.
    ours = {
        path.relative_to(TOP).as_posix(): path
        for folder in TOP.iterdir()
        if folder.name != "tests" and not folder.name.startswith(".")
        for path in ([folder] if folder.suffix == ".py" else folder.rglob("*.py"))
    }
    users = {
        name
        for name, path in ours.items()
        if {"gradio", "modules"} & {module.split(".")[0] for module in imported_modules(path)}
    }
    assert users <= {"scripts/iib.py", "install.py", "preload.py"}


def test_times_of_files_are_taken_from_the_disk_in_one_place():
    """Otherwise a file of the year 2300 has a time that the database cannot store."""
    users = {
        path.name
        for path in SOURCES
        if re.search(r"st_(m|c|birth)time|getmtime|getctime", path.read_text("utf-8"))
    }
    assert users == {"times.py"}


def test_links_are_followed_in_one_place():
    """Otherwise a link that another program is replacing raises an unexpected error."""
    users = {path.name for path in SOURCES if "realpath" in path.read_text("utf-8")}
    assert users == {"paths.py"}


def test_every_route_is_in_the_documentation():
    rows = set(
        re.findall(
            r"^\| `(GET|POST|PUT|DELETE) (\S+)` \|", (TOP / "docs/api.md").read_text("utf-8"), re.M
        )
    )
    routes = [
        route
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute) and route.include_in_schema
    ]
    assert rows == {(method, route.path) for route in routes for method in route.methods}


ROUTES = TOP / "iib_core/routes"


def test_routers_are_on_top_of_what_they_share():
    for path in ROUTES.glob("*.py"):
        has_router = (
            re.search(r"^\w*router = APIRouter\(", path.read_text("utf-8"), re.M) is not None
        )
        assert has_router is (path.stem not in ("__init__", "standalone")), path.name
    for folder in ("shared", "models"):
        for path in (ROUTES / folder).glob("*.py"):
            names = {name for name in imported_modules(path) if name.startswith("iib_core.routes.")}
            assert {name.split(".")[2] for name in names} <= {"shared", folder}, path.name


def test_a_route_reads_the_database_once_and_leaves_writing_to_a_service():
    """It calls functions of ``db`` in one transaction, so that the parts of an answer are
    consistent.
    """
    for path in ROUTES.rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        for function in ast.walk(tree):
            if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
                called = [
                    ast.unparse(n.func) for n in ast.walk(function) if isinstance(n, ast.Call)
                ]
                where = f"{path.name}:{function.name}"
                assert not any(name.endswith("db.write") for name in called), (
                    f"{where}: use a service"
                )
                assert sum(name.endswith("db.read") for name in called) <= 1, (
                    f"{where}: read at once"
                )
                assert not any(name.startswith("conn.") for name in called), f"{where}: no SQL here"


def test_schemas_of_the_api_have_short_names_of_their_own():
    """The framework adds the module to the name of a schema that two models share."""
    app = FastAPI()
    for router in ROUTERS:
        app.include_router(router, prefix="/base")
    names = list(app.openapi()["components"]["schemas"])
    assert len(names) > 100
    assert [name for name in names if not re.fullmatch(r"[A-Z][A-Za-z]{2,24}", name)] == []


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
        "use at_most of routes/shared/models.py"
    )


def arrays_in(schema: object, described: dict, seen: tuple[str, ...]) -> Iterator[dict]:
    """All arrays of a schema; each reference is followed once."""
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

    live()  # imports and caches of the first run
    before = counted()
    for _ in range(3):
        live()
    assert counted() == before


# The modules that may start threads: they define how a thread ends and what happens with its
# errors. ``serving`` prints one line in a thread; those of ``children`` end with the pipes of their
# process.
STARTS_THREADS = {"workers.py", "jobs.py", "commands/serving.py", "children.py"}


def test_threads_are_started_where_their_failures_are_caught():
    def starts(path: Path) -> bool:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        called = (ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call))
        return any(name.split(".")[-1] in ("Thread", "Timer") for name in called)

    assert {
        path.relative_to(TOP / "iib_core").as_posix() for path in SOURCES if starts(path)
    } == STARTS_THREADS


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
            with core.db.read() as conn:  # keeps the log from being overwritten
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


def test_each_migration_has_a_number_of_its_own_and_follows_the_one_before():
    files = sorted((TOP / "iib_core/db/migrations/versions").glob("*.py"))
    numbers = [path.name[:4] for path in files]
    assert numbers == [f"{number:04}" for number in range(1, len(files) + 1)]
    assert numbers[-1] == SCHEMA
    for before, number, path in zip(numbers, numbers[1:], files[1:]):
        source = path.read_text("utf-8")
        assert f'revision = "{number}"\ndown_revision = "{before}"' in source, path.name


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


# Files of other programs that our docstrings name.
_OF_OTHERS = {"wgp.py", "modules/processing.py", "app.py"}
_NAMED_FILE = re.compile(r"`((?:[\w.-]+/)*[\w-]+\.(?:py|mjs))`")


def test_a_file_that_is_named_exists():
    paths = _tracked()
    missing = [
        f"{path}: {name}"
        for path in paths
        if path.endswith((".py", ".mjs", ".md"))
        and "/vendor/" not in path
        and path != "CHANGELOG.md"
        for name in _NAMED_FILE.findall((TOP / path).read_text("utf-8"))
        if name not in _OF_OTHERS and not any(f"/{each}".endswith(f"/{name}") for each in paths)
    ]
    assert missing == []


def _tracked() -> list[str]:
    """The paths of all files that are not ignored."""
    if shutil.which("git") is None:
        pytest.skip("needs git")
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=TOP, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("this is no checkout")
    return [path for path in listed.stdout.splitlines() if (TOP / path).is_file()]


# Sources, and the columns that hardly any of their lines is wider than.
_SOURCES = (".py", ".mjs", ".js", ".css")
_COLUMNS, _WIDER = 100, 0.01


def test_hardly_a_line_is_wider_than_the_formatter_makes_them():
    paths = [path for path in _tracked() if path.endswith(_SOURCES) and "/vendor/" not in path]
    lines = [line for path in paths for line in (TOP / path).read_text("utf-8").splitlines()]
    assert len(lines) > 100_000
    assert sum(len(line) > _COLUMNS for line in lines) <= _WIDER * len(lines)


# Tests that are about no part of the package: the page, its modules, hosts and Windows.
_TESTS_OF_MORE = {"browser", "js", "host", "windows"}


def test_tests_are_found_beside_what_they_are_about():
    parts = {path.parent.name for path in (TOP / "iib_core").glob("*/__init__.py")} - {"demo"}
    tests = (path for name in ("test_*.py", "*.test.mjs") for path in TOP.glob(f"tests/*/{name}"))
    folders = {path.parent.name for path in tests}
    alone = {part for part in parts if (TOP / "tests" / f"test_{part}.py").is_file()}
    assert (folders - _TESTS_OF_MORE) | alone == parts


# Words for processes, clients and conditions that docs/glossary.md replaces by the technical ones.
_RIDDLES = re.compile(
    r"\b([Nn]obody|[Ww]hoever|[Ss]omebody|[Ss]o many|hears of|tells of|none of ours)\b"
)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(TOP).as_posix())
def test_sentences_use_the_words_of_the_glossary(path):
    lines = path.read_text("utf-8").splitlines()
    riddles = [
        f"{number}: {line.strip()}" for number, line in enumerate(lines, 1) if _RIDDLES.search(line)
    ]
    assert riddles == [], "write what happens, with the technical word"
