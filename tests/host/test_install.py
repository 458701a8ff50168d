"""install.py installs what is missing, changes no installed version, and cannot stop the host's
start.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import venv
import zipfile
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path

import pytest

from tests.host.conftest import TOP

pytestmark = pytest.mark.stack

OFFLINE = {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def run(python: Path | str, script: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run install.py like the host's launcher; it must always succeed."""
    given = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PIP_") and name not in {"INDEX_URL", "PYTHONPATH"}
    }
    environ = {**given, **OFFLINE, "PYTHONPATH": str(script.parent.parent), **environ}
    done = subprocess.run(
        [str(python), str(script)],
        cwd=script.parent.parent,
        env=environ,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done


@pytest.fixture
def extension(tmp_path: Path) -> Path:
    """An extension's folder with the real install.py; a test writes its pyproject.toml."""
    folder = tmp_path / "extensions" / "iib"
    folder.mkdir(parents=True)
    (folder / "install.py").write_bytes((TOP / "install.py").read_bytes())
    return folder


def require(extension: Path, *dependencies: str, in_a_host: Sequence[str] = ()) -> Path:
    (extension / "pyproject.toml").write_text(
        f"[project]\nname = 'iib'\ndependencies = {list(dependencies)}\n"
        f"[tool.iib]\nin-a-host = {list(in_a_host)}\n"
    )
    return extension / "install.py"


def test_with_nothing_missing_it_is_quick_and_silent():
    begun = time.perf_counter()
    done = run(sys.executable, TOP / "install.py")
    assert done.stdout == ""
    assert (
        time.perf_counter() - begun < 5
    )  # 0.1 s on a quiet machine, most of it the start of Python


def test_offline_it_says_one_sentence(extension: Path):
    done = run(sys.executable, require(extension, "pillow>=9", "iib-no-such-package>=1.5"))
    lines = done.stdout.splitlines()
    assert lines[0] == "IIB: installing iib-no-such-package>=1.5"
    assert len(lines) == 2
    assert lines[1].startswith("IIB: iib-no-such-package>=1.5 could not be installed (")


@pytest.fixture
def stand_in(extension: Path) -> Callable[[str], None]:
    """Replaces ``python -m pip`` by a program; the rest of pip is still there."""

    def put(code: str) -> None:
        folder = extension.parent.parent / "pip"
        folder.mkdir()
        (folder / "__init__.py").write_text(
            "from pkgutil import extend_path\n__path__ = extend_path(__path__, __name__)\n"
        )
        (folder / "__main__.py").write_text(
            f"import os, subprocess, sys, threading, time\n{code}\n"
        )

    return put


def run_shortly(script: Path, limit_s: float) -> str:
    """The output of install.py with a time limit."""
    code = f"import sys; sys.path.insert(0, {str(script.parent)!r}); import install; install.main({limit_s})"
    environ = {**os.environ, **OFFLINE, "PYTHONPATH": str(script.parent.parent.parent)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environ, capture_output=True, text=True, timeout=100
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


HANGS = "sys.stdout.write('this far'); sys.stdout.flush(); threading.Event().wait()"
ENDLESS = "while True: os.write(2, b'x' * 65536); time.sleep(0.002)"
CHILD = "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); "


@pytest.mark.parametrize(
    "code", [HANGS, CHILD + HANGS, ENDLESS], ids=["hangs", "with a child", "endless output"]
)
def test_a_pip_that_never_ends_is_ended_once_for_all(
    extension: Path, stand_in: Callable[[str], None], code: str
):
    """The limit is long enough for the stand-in to start on a busy machine."""
    stand_in(code)
    said = run_shortly(
        require(extension, "iib-no-such-package>=1.5", "iib-no-such-other"), 12
    ).splitlines()
    assert len(said) == 2
    assert said[1].startswith(
        "IIB: iib-no-such-package>=1.5, iib-no-such-other could not be installed (the time was over "
        "before pip was done): "
    )
    log = extension / "install.log"
    assert said[1].endswith(f" What pip wrote is in {log}.")
    assert log.read_text().startswith("iib-no-such-package>=1.5 iib-no-such-other\n")
    assert code != HANGS or "this far" in log.read_text()
    assert log.stat().st_size < 2 << 20


@pytest.mark.parametrize(
    ("code", "word"),
    [
        (
            "print('x' * (3 << 20)); print('ERROR: the first'); print('ERROR: no space left'); sys.exit(1)",
            "no space left",
        ),
        ("print('half'); sys.stdout.flush(); os._exit(9)", "half"),
        ("os._exit(9)", "pip failed"),
    ],
    ids=["much output", "breaks off", "without a word"],
)
def test_what_a_pip_that_fails_wrote_is_kept(
    extension: Path, stand_in: Callable[[str], None], code: str, word: str
):
    stand_in(code)
    said = run_shortly(require(extension, "iib-no-such-package"), 60).splitlines()
    assert said[1].startswith(f"IIB: iib-no-such-package could not be installed ({word}): ")
    log = (extension / "install.log").read_text()
    assert log.startswith("iib-no-such-package\n")
    assert word == "pip failed" or word in log


def test_what_is_too_old_is_told_and_left(extension: Path):
    done = run(sys.executable, require(extension, "pillow>=9999"))
    version = metadata.version("pillow")
    assert done.stdout == (
        f"IIB: pillow {version} is installed and stays as it is, but pillow>=9999 is needed: "
        "update it when the host allows.\n"
    )


def test_what_a_host_pins_may_be_older_than_what_is_wanted_alone(extension: Path):
    script = require(extension, "pillow>=9999", in_a_host=["pillow>=9.5"])
    assert run(sys.executable, script).stdout == ""


def test_alone_no_release_with_a_known_hole_is_taken():
    """The first releases without one, as of November 2026."""
    wanted = (TOP / "pyproject.toml").read_text("utf-8")
    for fixed in ("fastapi>=0.133", "starlette>=1.3.1", "h11>=0.16", "pillow>=12.3"):
        assert f'"{fixed}"' in wanted


def test_what_is_meant_for_another_system_is_not_missing(extension: Path):
    assert (
        run(
            sys.executable, require(extension, "iib-no-such-package; sys_platform == 'plan9'")
        ).stdout
        == ""
    )


def test_what_serves_alone_is_not_brought_into_a_host(extension: Path):
    assert run(sys.executable, require(extension, "httptools>=9999", "uvloop>=9999")).stdout == ""


@pytest.mark.parametrize(
    "text", ["", "[project]\n", "not toml at all", "[project]\ndependencies = ['== nothing']\n"]
)
def test_a_damaged_pyproject_is_one_sentence_too(extension: Path, text: str):
    (extension / "pyproject.toml").write_text(text)
    done = run(sys.executable, extension / "install.py")
    assert done.stdout.startswith("IIB: ")
    assert done.stdout.count("\n") == 1


def test_no_installed_version_moves(extension: Path, tmp_path: Path):
    """beta needs a newer alpha than the host has: beta is not installed, gamma is, and alpha does
    not change.
    """
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    for name, version, needs in (
        ("alpha", "1.0", ""),
        ("alpha", "2.0", ""),
        ("beta", "1.0", "alpha>=2"),
        ("gamma", "1.0", "alpha"),
    ):
        write_wheel(wheels, name, version, needs)
    python = make_environment(tmp_path / "venv")
    subprocess.run(
        [
            python,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-index",
            "--find-links",
            wheels,
            "alpha==1.0",
        ],
        check=True,
        env={**os.environ, **OFFLINE},
    )
    done = run(python, require(extension, "beta", "gamma"), PIP_FIND_LINKS=str(wheels))
    assert "IIB: beta could not be installed (" in done.stdout
    assert "gamma could" not in done.stdout
    frozen = subprocess.run(
        [python, "-m", "pip", "list", "--format=freeze"],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, **OFFLINE},
    ).stdout
    assert {
        line for line in frozen.splitlines() if line.split("==")[0] in {"alpha", "beta", "gamma"}
    } == {
        "alpha==1.0",
        "gamma==1.0",
    }


MEANING = ("tokens", "model")


@pytest.fixture
def choosing(extension: Path, tmp_path: Path):
    """Runs install.py in an environment of its own where the sentence model is chosen. Returns
    (what it printed, the packages that are installed then).
    """
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    for name in ("onnxruntime", "onnxruntime_gpu", *MEANING):
        write_wheel(wheels, name, "1.0", "")
    python = make_environment(tmp_path / "venv")
    environ = {**os.environ, **OFFLINE, "PIP_FIND_LINKS": str(wheels)}

    def choose(*there: str, is_chosen: bool = True) -> tuple[str, set[str]]:
        if there:
            subprocess.run(
                [python, "-m", "pip", "install", "--quiet", *there], check=True, env=environ
            )
        if is_chosen:
            (extension / "install-meaning").touch()
        (extension / "pyproject.toml").write_text(
            "[project]\nname = 'iib'\ndependencies = []\n[project.optional-dependencies]\n"
            "meaning = ['onnxruntime', 'tokens', 'model']\n"
        )
        done = run(python, extension / "install.py", PIP_FIND_LINKS=str(wheels))
        frozen = [python, "-m", "pip", "list", "--format=freeze"]
        listed = subprocess.run(
            frozen, check=True, capture_output=True, text=True, env=environ
        ).stdout
        return done.stdout, {line.split("==")[0] for line in listed.splitlines()} - {
            "pip",
            "setuptools",
        }

    return choose


def test_the_sentence_model_is_installed_by_choice_only(choosing):
    assert choosing(is_chosen=False) == ("", set())
    assert choosing() == ("IIB: installing onnxruntime, tokens, model\n", {"onnxruntime", *MEANING})


def test_a_host_with_a_runtime_of_its_own_keeps_it(choosing):
    said, installed = choosing("onnxruntime-gpu")
    assert said == "IIB: installing tokens, model\n"
    assert {name.replace("_", "-") for name in installed} == {"onnxruntime-gpu", *MEANING}


def test_it_moved_nothing_in_this_environment():
    """IIB_PIP_BEFORE names a file with what ``pip list --format=freeze`` said before install.py ran
    here for the first time.

    Beside it ``check.txt`` has what ``pip check`` said then: some hosts are at odds with their own
    packages, by design.
    """
    before = os.environ.get("IIB_PIP_BEFORE")
    if not before:
        pytest.skip("IIB_PIP_BEFORE is not set: only a fresh environment can tell")
    moved = [
        line
        for line in Path(before).read_text().splitlines()
        if line and metadata.version(line.split("==")[0]) != line.split("==")[1]
    ]
    assert moved == []
    known = Path(before).with_name("check.txt").read_text().splitlines()
    check = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True)
    assert set(check.stdout.splitlines()) - {"No broken requirements found."} <= set(known)


def make_environment(folder: Path) -> Path:
    """The Python of a new environment with pip alone."""
    venv.create(folder, with_pip=True)
    return next(
        p for p in (folder / "bin" / "python", folder / "Scripts" / "python.exe") if p.exists()
    )


def write_wheel(folder: Path, name: str, version: str, needs: str) -> None:
    info = f"{name}-{version}.dist-info"
    requires = f"Requires-Dist: {needs}\n" if needs else ""
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{name}.py", "")
        wheel.writestr(
            f"{info}/METADATA",
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{requires}",
        )
        wheel.writestr(
            f"{info}/WHEEL",
            "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        wheel.writestr(
            f"{info}/RECORD", f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n"
        )
