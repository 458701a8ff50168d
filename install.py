"""Installs what pyproject.toml lists and the host lacks. The host's launcher runs this file at every start, in the host's own folder.

No installed version ever moves: each one is a constraint, so that this extension cannot break its host or another extension. A package that
cannot be had costs its feature and never the start.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packaging.requirements import Requirement

_TIMEOUT_S = 900
# What makes our own server fast when it runs alone. A host's server would take them up too, and is not ours to change.
_ALONE = {"httptools", "uvloop"}
_PIP = ("-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--no-warn-script-location", "--prefer-binary", "--retries", "1", "--quiet")


def main() -> None:
    """Install the missing packages; one sentence on stdout for each that stays missing or is too old."""
    wanted: list[str] = []
    for requirement in _requirements(Path(__file__).with_name("pyproject.toml")):
        installed = _find_version(requirement.name)
        if installed is None:
            wanted.append(str(requirement))
        elif not requirement.specifier.contains(installed, prereleases=True):
            print(f"IIB: {requirement.name} {installed} is installed and stays as it is, but {requirement} is needed: update it when the host allows.")
    if not wanted:
        return
    print(f"IIB: installing {', '.join(wanted)}", flush=True)
    if _install(wanted) is None:
        return
    for text in wanted:  # one that cannot be had must not keep the others away
        problem = _install([text])
        if problem is not None:
            print(f"IIB: {text} could not be installed ({problem}): what needs it stays off until a start where it can be.")


def _requirements(path: Path) -> list[Requirement]:
    """The dependencies that pyproject.toml lists for this Python. pip carries both parsers for where they are not installed themselves."""
    try:
        import tomllib
    except ModuleNotFoundError:
        from pip._vendor import tomli as tomllib
    try:
        from packaging.requirements import Requirement
    except ModuleNotFoundError:
        from pip._vendor.packaging.requirements import Requirement
    listed = [Requirement(text) for text in tomllib.loads(path.read_text("utf-8"))["project"]["dependencies"]]
    return [requirement for requirement in listed if requirement.name not in _ALONE and (requirement.marker is None or requirement.marker.evaluate())]


def _find_version(name: str) -> str | None:
    try:
        return metadata.version(name) or None
    except (metadata.PackageNotFoundError, KeyError):  # KeyError: a folder left behind by an uninstall that was interrupted
        return None


def _install(requirements: list[str]) -> str | None:
    """Run pip. None when all of them are there, else pip's last word."""
    index = os.environ.get("INDEX_URL")  # the host's own name for it
    with tempfile.TemporaryDirectory() as folder:
        constraints = Path(folder, "installed.txt")
        constraints.write_text("\n".join(_installed()), "utf-8")
        command = [sys.executable, *_PIP, *(("--index-url", index) if index else ()), "--constraint", str(constraints), *requirements]
        try:
            result = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=_TIMEOUT_S, check=False)
        except subprocess.TimeoutExpired:
            return f"no end after {_TIMEOUT_S} s"
    if result.returncode == 0:
        return None
    errors = [line for line in result.stderr.splitlines() if line.startswith("ERROR:")] or result.stderr.splitlines() or ["pip failed"]
    return errors[-1].removeprefix("ERROR:").strip().rstrip(".")


def _installed() -> list[str]:
    """``name==version`` of everything that this Python can import; the first of two with one name, as the import system does."""
    found: dict[str, str] = {}
    for distribution in metadata.distributions():
        name, version = distribution.metadata["Name"], distribution.metadata["Version"]
        if name and version:
            found.setdefault(name.lower().replace("_", "-").replace(".", "-"), version)
    return [f"{name}=={version}" for name, version in sorted(found.items())]


if __name__ == "__main__":
    try:
        main()
    except Exception as exc:  # noqa: BLE001  the host's edge: its launcher would print a traceback at every start
        reason = " ".join(str(exc).split())
        print(f"IIB: its packages could not be looked up ({type(exc).__name__}: {reason}): install those of pyproject.toml by hand.")
