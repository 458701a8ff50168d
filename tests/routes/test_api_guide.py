"""Every example of docs/api-guide.md runs, in its order, over the sample library, and answers what
is shown below it: the same fields with values of the same kind, whatever the figures are.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from iib_core.demo import art, stamp
from iib_core.demo.stamp import Shot
from tests.databases import write_empty

pytestmark = [
    pytest.mark.stack,
    pytest.mark.posix_only("the examples are for a POSIX shell"),
]

TOP = Path(__file__).parents[2]
GUIDE = TOP / "docs" / "api-guide.md"
PORT, STARTS_SERVER = "7899", "iib demo "
SHOW_FAILURES = ("Errors", "Log in with a secret")
END = "-- the end of the block --"
HAS_CURL = shutil.which("curl") is not None
# Fewer and smaller pictures than the sample library has: (theme, folder, prompt, model, LoRA).
SCENES = (
    ("mountains", "landscapes", "misty mountain ridges at sunrise", "dreamshaper_8", ""),
    ("nebula", "space", "glowing nebula in deep space", "juggernautXL_v9", ""),
    ("city", "cities", "skyline of a neon city at night", "juggernautXL_v9", "neon_noir"),
    ("cat", "animals", "portrait of a cat, big eyes", "meinamix_v11", "flat_style"),
)


@dataclass(frozen=True)
class Block:
    """A fenced block of the guide, and the heading above it; ``line``: where its content begins."""

    section: str
    language: str
    line: int
    text: str


def blocks() -> list[Block]:
    text = GUIDE.read_text("utf-8")
    return [
        Block(
            section.partition("\n")[0],
            found[1],
            text.count("\n", 0, text.index(found[0])) + 1,
            found[2],
        )
        for section in text.split("\n## ")[1:]
        for found in re.finditer(r"^```(\w+)\n(.*?)^```$", section, re.M | re.S)
    ]


def write_library(folder: Path) -> None:
    """Write the sample library in small, so that ``iib demo`` does not have to draw it."""
    for number in range(3 * len(SCENES)):
        theme, name, prompt, model, lora = SCENES[number % len(SCENES)]
        shot = Shot(prompt, number, 20, "DPM++ 2M", "Karras", 7, model, 96, 64, lora)
        image = art.THEMES[theme]((96, 64), np.random.default_rng(number))
        path = folder / "txt2img-images" / name / f"{number:05d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        stamp.save_png(image, str(path), stamp.a1111(shot))
        os.utime(path, (1_741_975_380 + number,) * 2)


def environment(folder: Path) -> dict[str, str]:
    """That of a user who has the commands ``iib`` and ``python3``, and no settings."""
    commands = {"iib": f'"{sys.executable}" -m iib_core', "python3": f'"{sys.executable}"'}
    for name, command in commands.items():
        (folder / name).write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        (folder / name).chmod(0o755)
    given = {name: value for name, value in os.environ.items() if not name.startswith("IIB_")}
    return {
        **given,
        "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(TOP),
        "XDG_DATA_HOME": str(folder / "xdg"),
        "EMBEDDING_MODEL": "local",
    }


@contextmanager
def served(command: str, folder: Path, variables: dict[str, str]) -> Iterator[str]:
    """Run a command that starts a server; yields its port."""
    with subprocess.Popen(
        ["sh", "-c", command],
        cwd=folder,
        env=variables,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            line = process.stdout.readline()  # type: ignore[union-attr]
            ready = re.fullmatch(r"IIB is ready at http://127\.0\.0\.1:(\d+)/\w+\n", line)
            yield ready[1]  # type: ignore[index]
        finally:
            os.killpg(process.pid, signal.SIGTERM)


class Shell:
    """The terminal of a reader: one shell for all blocks, which ends at the first failure."""

    def __init__(self, folder: Path, variables: dict[str, str]) -> None:
        self._errors = open(folder / "errors.txt", "w+", encoding="utf-8")  # noqa: SIM115
        self._process = subprocess.Popen(
            ["sh", "-e"],
            cwd=folder,
            env=variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )

    def run(self, text: str) -> str:
        """What a block prints."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(f"{text}\necho\necho '{END}'\n")
        self._process.stdin.flush()
        output = []
        for line in self._process.stdout:
            if line == END + "\n":
                return "".join(output)
            output.append(line)
        self._errors.seek(0)
        pytest.fail(f"The shell ended in:\n{text}\n{''.join(output)}{self._errors.read()}")

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()
        self._errors.close()


class Reader:
    """Follows the guide: runs each block, and compares what is shown with what was printed last."""

    def __init__(self, folder: Path, variables: dict[str, str]) -> None:
        self._folder, self._variables = folder, variables
        self._names: dict[str, Any] = {"__name__": "guide"}
        self._shell = Shell(folder, variables)
        self._server = ExitStack()
        self._port = "0"
        # By language, what was printed since the last answer that is shown.
        self._printed: dict[str, str] = {}

    def follow(self, block: Block) -> None:
        text = block.text.replace(PORT, self._port)
        if STARTS_SERVER in text:
            self._start(text)
        elif block.language == "json":
            self._compare(json.loads(text), f"line {block.line}")
        elif block.language == "python":
            self._printed["python"] = self._run_python(text, block.line)
        elif HAS_CURL:
            self._printed["sh"] = printed = self._shell.run(text)
            refused = [answer for answer in answers(printed) if "code" in answer]
            assert not refused or block.section in SHOW_FAILURES, (block, refused)

    def close(self) -> None:
        self._shell.close()
        self._server.close()

    def _start(self, command: str) -> None:
        self._server.close()
        started = served(command, self._folder, self._variables)
        self._port = self._server.enter_context(started)

    def _run_python(self, text: str, line: int) -> str:
        code = compile("\n" * line + text, str(GUIDE), "exec")
        with redirect_stdout(io.StringIO()) as output:
            exec(code, self._names)
        return output.getvalue()

    def _compare(self, shown: Any, place: str) -> None:
        given = [answers(printed) for printed in self._printed.values()]
        assert given and given[-1], f"{place}: the example above prints no answer"
        for found in filter(None, given):
            assert_shape(found[-1], shown, place)
        self._printed.clear()


def answers(printed: str) -> list[Any]:
    """The JSON objects of an output; curl ends none by a line break."""
    found, decoder, end = [], json.JSONDecoder(), 0
    while begin := re.search(r"^\{", printed[end:], re.M):
        answer, length = decoder.raw_decode(printed[end + begin.start() :])
        end += begin.start() + length
        found.append(answer)
    return found


def assert_shape(answer: Any, shown: Any, place: str) -> None:
    """Fails unless all that is shown is there, of the same type, and empty or 0 where it is shown so."""
    assert type(answer) is type(shown) and bool(answer) == bool(shown), (place, answer, shown)
    if isinstance(shown, dict):
        for name, value in shown.items():
            assert name in answer, (place, name, answer)
            assert_shape(answer[name], value, f"{place}.{name}")
    elif isinstance(shown, list) and shown:
        for item in answer:
            assert_shape(item, shown[0], f"{place}[]")


def test_every_example_runs(tmp_path, monkeypatch):
    write_library(tmp_path / "iib-guide" / "demo")
    write_empty(tmp_path / "iib-guide" / "iib.db")
    (tmp_path / "commands").mkdir()
    variables = environment(tmp_path / "commands")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    reader = Reader(tmp_path, variables)
    try:
        for block in blocks():
            reader.follow(block)
    finally:
        reader.close()
    assert_files_are_those_of_the_guide(tmp_path)
    if not HAS_CURL:
        pytest.skip("there is no curl: only the examples in Python ran")


def assert_files_are_those_of_the_guide(folder: Path) -> None:
    """All that was moved is back, and what was downloaded and uploaded is there."""
    library = folder / "iib-guide" / "demo"
    assert len(list((library / "txt2img-images").rglob("*.png"))) == 3 * len(SCENES)
    assert (library / "copy by python.png").read_bytes() == (folder / "picture.png").read_bytes()
    assert b"parameters" not in (folder / "bare.png").read_bytes()
    assert (folder / "thumbnail.webp").read_bytes()[8:12] == b"WEBP"


def test_every_block_is_one_that_runs_or_is_compared():
    assert {block.language for block in blocks()} == {"sh", "python", "json"}
    assert all(len(block.text.splitlines()) < 40 for block in blocks())
