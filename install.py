"""Installs the packages of pyproject.toml that the host lacks.

The host's launcher runs this file at every start, in the host's own folder.

No installed version ever changes: each one is a constraint, so that this extension cannot break its
host or another extension. If a package cannot be installed, only the feature that needs it is off.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from packaging.requirements import Requirement

# For all packages together. An interrupted download continues at the next start, because pip caches
# what is complete.
_LIMIT_S = 900
_REPORT_EVERY_S = 60
_POLL_S = 0.5
_GRACE_S = 5
_MAX_OUTPUT_BYTES = 1 << 20
_LOG = Path(__file__).with_name("install.log")
# The adapter writes this file if the host's setting says that the packages of the sentence model
# are wanted.
_WANTS_MEANING = Path(__file__).with_name("install-meaning")
# Packages of our standalone server. A host's server would use them too, which we must not change.
_ALONE = {"h11", "httptools", "starlette", "uvloop"}
_PIP = (
    "-m",
    "pip",
    "install",
    "--disable-pip-version-check",
    "--no-input",
    "--no-warn-script-location",
    "--prefer-binary",
    "--retries",
    "1",
    "--quiet",
)


class _Failed(Exception):
    """pip could not install a package; the message is its last error."""


class _TooSlow(_Failed):
    """The time limit was reached."""


def main(limit_s: float = _LIMIT_S) -> None:
    """Install the missing packages within ``limit_s``. Prints one sentence for each that stays
    missing or is too old.
    """
    project, in_a_host = _read_project(Path(__file__).with_name("pyproject.toml"))
    wanted = _missing(project["dependencies"], in_a_host)
    meaning = _missing(_meaning(project)) if _WANTS_MEANING.exists() else []
    if not wanted and not meaning:
        return
    print(f"IIB: installing {', '.join([*wanted, *meaning])}", flush=True)
    with contextlib.suppress(OSError):
        _LOG.unlink(missing_ok=True)
    ends_at = time.monotonic() + limit_s
    if wanted:
        _install_as_possible(wanted, ends_at)
    if meaning:  # each of them is useless without the others
        try:
            _install(meaning, ends_at)
        except _Failed as exc:
            _tell(", ".join(meaning), exc)


def _missing(listed: list[str], in_a_host: Sequence[str] = ()) -> list[str]:
    """The requirements of a list that are not installed, those of ``in_a_host`` in place of others
    of the same package. Prints a sentence for each that is too old.
    """
    wanted: list[str] = []
    looser = {requirement.name: requirement for requirement in _parse(in_a_host)}
    for listed_one in _parse(listed):
        requirement = looser.get(listed_one.name, listed_one)
        installed = _find_version(requirement.name)
        if installed is None:
            wanted.append(str(requirement))
        elif not requirement.specifier.contains(installed, prereleases=True):
            print(
                f"IIB: {requirement.name} {installed} is installed and stays as it is, but {requirement} "
                "is needed: update it when the host allows."
            )
    return wanted


def _meaning(project: dict[str, Any]) -> list[str]:
    """The extra ``meaning``, without onnxruntime if there is any variant of it: two overwrite each
    other.
    """
    listed: list[str] = project.get("optional-dependencies", {}).get("meaning", [])
    names = [distribution.metadata["Name"] or "" for distribution in metadata.distributions()]
    has_runtime = any(name.lower().startswith("onnxruntime") for name in names)
    if has_runtime or importlib.util.find_spec("onnxruntime") is not None:
        return [text for text in listed if not text.startswith("onnxruntime")]
    return listed


def _install_as_possible(wanted: list[str], ends_at: float) -> None:
    try:
        _install(wanted, ends_at)
    except _TooSlow as exc:
        _tell(", ".join(wanted), exc)
    except _Failed:
        for text in wanted:  # one that fails must not prevent the others
            try:
                _install([text], ends_at)
            except _Failed as exc:
                _tell(text, exc)


def _tell(what: str, problem: _Failed) -> None:
    log = f" What pip wrote is in {_LOG}." if _LOG.exists() else ""
    print(
        f"IIB: {what} could not be installed ({problem}): the features that need it stay off. "
        f"The next start tries again.{log}",
        flush=True,
    )


def _read_project(path: Path) -> tuple[dict[str, Any], list[str]]:
    """The table ``project`` of pyproject.toml, and what is enough inside a host. pip contains a
    parser, if none is installed.
    """
    try:
        import tomllib
    except ModuleNotFoundError:
        from pip._vendor import tomli as tomllib
    read = tomllib.loads(path.read_text("utf-8"))
    return read["project"], read.get("tool", {}).get("iib", {}).get("in-a-host", [])


def _parse(listed: Sequence[str]) -> list[Requirement]:
    """Those of the requirements that hold for this Python. pip contains a parser, if none is
    installed.
    """
    try:
        from packaging.requirements import Requirement
    except ModuleNotFoundError:
        from pip._vendor.packaging.requirements import Requirement
    return [
        requirement
        for requirement in map(Requirement, listed)
        if requirement.name not in _ALONE
        and (requirement.marker is None or requirement.marker.evaluate())
    ]


def _find_version(name: str) -> str | None:
    try:
        return metadata.version(name) or None
    except (
        metadata.PackageNotFoundError,
        KeyError,
    ):  # KeyError: the rest of an interrupted uninstall
        return None


def _install(requirements: list[str], ends_at: float) -> None:
    """Run pip, and log its output if it fails.

    Raises _Failed, and _TooSlow at ``ends_at`` of the monotonic clock.
    """
    index = os.environ.get("INDEX_URL")  # the host's variable for it
    with tempfile.TemporaryDirectory() as folder:
        constraints = Path(folder, "installed.txt")
        constraints.write_text("\n".join(_installed()), "utf-8")
        command = [
            sys.executable,
            *_PIP,
            *(("--index-url", index) if index else ()),
            "--constraint",
            str(constraints),
            *requirements,
        ]
        status, output = _run(command, ends_at)
    if status == 0:
        return
    with contextlib.suppress(OSError), _LOG.open("ab") as log:
        log.write(b" ".join(text.encode() for text in requirements) + b"\n" + output + b"\n")
    if status is None:
        raise _TooSlow("the time was over before pip was done")
    lines = output.decode("utf-8", "replace").splitlines()
    errors = [line for line in lines if line.startswith("ERROR:")]
    written = errors or [line for line in lines if line.strip()] or ["pip failed"]
    raise _Failed(written[-1].removeprefix("ERROR:").strip()[:500].rstrip("."))


def _run(command: list[str], ends_at: float) -> tuple[int | None, bytes]:
    """(status of a program, None if it exceeded the time; the last MiB of its output). Prints a
    line a minute while it runs.
    """
    begun = reported = time.monotonic()
    output = bytearray()
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )

    def read() -> None:
        while part := os.read(process.stdout.fileno(), 1 << 16):
            output.extend(part)
            del output[:-_MAX_OUTPUT_BYTES]

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        while (status := _wait(process)) is None and time.monotonic() < ends_at:
            if time.monotonic() - reported > _REPORT_EVERY_S:
                reported = time.monotonic()
                print(f"IIB: still installing after {(reported - begun) / 60:.0f} min", flush=True)
    finally:
        process.kill()  # also if this process is interrupted; no effect on a finished process
        _wait(process)
    reader.join(_GRACE_S)  # with a limit: a child of pip may hold the pipe open
    return status, bytes(output)


def _wait(process: subprocess.Popen[bytes]) -> int | None:
    try:
        return process.wait(_POLL_S)
    except subprocess.TimeoutExpired:
        return None


def _installed() -> list[str]:
    """``name==version`` of all installed packages; the first of two with the same name, which is
    the one that is imported.
    """
    found: dict[str, str] = {}
    for distribution in metadata.distributions():
        name, version = distribution.metadata["Name"], distribution.metadata["Version"]
        if name and version:
            found.setdefault(name.lower().replace("_", "-").replace(".", "-"), version)
    return [f"{name}=={version}" for name, version in sorted(found.items())]


if __name__ == "__main__":
    try:
        main()
    except Exception as exc:  # noqa: BLE001  otherwise the launcher prints a traceback at every start
        reason = " ".join(str(exc).split())
        print(
            f"IIB: its packages could not be looked up ({type(exc).__name__}: {reason}): install those of "
            "pyproject.toml by hand."
        )
