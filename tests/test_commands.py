"""The commands that do what the API does: on a running server, and on the data folder when none
runs.
"""

from __future__ import annotations

import importlib.util
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from iib_core import cli
from iib_core.announcement import Announcement
from iib_core.commands.completion import words_of
from tests.conftest import write_png
from tests.databases import write_empty
from tests.test_cli import iib, iib_apart, started

pytestmark = pytest.mark.stack


class Command:
    """Runs commands over one library."""

    def __init__(self, tmp_path: Path, library: Path, data_dir: Path) -> None:
        self._tmp_path = tmp_path
        self.data_dir = data_dir
        self.library = library

    def __call__(self, *arguments: object, status: int | None = 0) -> str:
        """What a command prints; it ends with this status, where one is given."""
        first, *others = arguments
        done = iib(self._tmp_path, first, "--data-dir", self.data_dir, *others)
        assert status in (None, done.returncode), (done.stdout, done.stderr)
        self.errors = done.stderr
        return done.stdout

    def json(self, *arguments: object, status: int = 0) -> Any:
        first, *others = arguments
        return json.loads(self(first, "--json", *others, status=status))

    def path(self, name: str) -> str:
        return str(self.library / name)


@pytest.fixture(params=["server", "folder"])
def run(request, tmp_path, library, serve) -> Iterator[Command]:
    if request.param == "folder":
        write_empty(tmp_path / "data" / "iib.db")
        command = Command(tmp_path, library, tmp_path / "data")
        command("roots", "add", library)
        yield command
        return
    served = serve(library)
    served.core.index.update()
    announcement = Announcement(served.core.config.data_dir, served.url + served.core.config.base)
    command = Command(tmp_path, library, Path(served.core.config.data_dir))
    assert "none runs" not in command("status")
    yield command
    announcement.close()


def found(text: str) -> list[str]:
    return sorted(os.path.basename(line) for line in text.splitlines())


def test_files_are_found(run):
    lines = run("search", "red", "fox").splitlines()
    assert lines[0].split() == ["DATE", "SIZE", "PATH"] and lines[1].endswith(run.path("fox.png"))
    assert found(run("search", "--paths")) == ["deep.png", "fox.png", "sea.jpg"]
    assert found(run("search", "--paths", "--sort", "name", "--order", "asc", "--limit", 1)) == [
        "deep.png"
    ]
    assert found(run("search", "--paths", "--folder", run.path("sub"))) == ["deep.png"]
    assert found(run("search", "--paths", "--", "-fox")) == ["deep.png", "sea.jpg"]
    assert found(run("search", "--paths", "--meaning", "fox")) == ["fox.png"]
    (file,) = run.json("search", "fox")["files"]
    assert file["fullpath"] == run.path("fox.png") and file["id"]
    assert run("search", "wolf", status=1) == ""
    assert run.json("search", "wolf", status=1) == {"files": []}
    run("search", "steps:many", status=2)
    assert run.errors.startswith("iib: ") and run.errors.count("\n") == 1


@pytest.mark.parametrize("run", ["server"], indirect=True)
def test_a_search_by_meaning_waits_until_all_prompts_are_read(run, monkeypatch):
    monkeypatch.setattr("iib_core.routes.ai._WAIT_S", 0.0)
    assert found(run("search", "--paths", "--meaning", "fox")) == ["fox.png"]


def test_what_is_known_of_a_file_is_told(run):
    run("tag", "fine", run.path("fox.png"))
    run("rate", 4, run.path("fox.png"))
    told = dict(
        line.split(None, 1) for line in run("info", run.path("fox.png")).splitlines() if line
    )
    assert told["prompt"] == "a red fox in the snow" and told["seed"] == "42"
    assert (told["tags"], told["rating"]) == ("fine", "4")
    answer = run.json("info", run.path("fox.png"), run.path("none.png"), status=1)
    assert set(answer) == {"infos", "errors", "marks"}
    assert answer["marks"][run.path("fox.png")]["rating"] == 4
    assert f"{run.path('none.png')}: " in run.errors


def test_tags_and_stars_are_given_and_taken_away(run):
    assert run("tag", "fine", run.path("fox.png"), run.path("sea.jpg")) == "2 files changed.\n"
    assert found(run("search", "--paths", "tag:fine")) == ["fox.png", "sea.jpg"]
    assert ["2", "fine"] in [line.split() for line in run("tag").splitlines()]
    assert run.json("tag", "--remove", "Fine", run.path("sea.jpg"))["updated"] == 1
    assert found(run("search", "--paths", "tag:fine")) == ["fox.png"]
    run("tag", "--remove", "other", run.path("sea.jpg"), status=2)
    run("tag", "fine", status=2)
    assert (
        run("rate", 5, run.path("fox.png"), run.path("none.png"), status=1) == "1 file changed.\n"
    )
    assert found(run("search", "--paths", "rating:5")) == ["fox.png"]


def test_files_are_moved_renamed_deleted_and_restored(run):
    fox, sea, new = run.path("fox.png"), run.path("sea.jpg"), run.path("new")
    planned = run("mv", fox, sea, new, "--create", "--dry-run")
    assert "2 files would be moved." in planned and not os.path.exists(new)
    run("mv", fox, new, status=2)
    moved = run.json("mv", fox, sea, new, "--create")
    assert len(moved["moved"]) == 2 and sorted(os.listdir(new)) == ["fox.png", "fox.txt", "sea.jpg"]
    assert "restored." in run("undo")
    assert os.path.exists(fox) and not os.path.exists(new)
    assert run("mv", fox, run.path("wolf.png")).count(run.path("wolf.png")) == 1
    assert (run.library / "wolf.png").exists() and (run.library / "wolf.txt").exists()
    deleted = run.json("rm", run.path("wolf.png"))
    assert deleted["ok"] and not (run.library / "wolf.png").exists()
    assert deleted["operation_id"] in run("undo", "--list")
    run("undo", deleted["operation_id"])
    assert (run.library / "wolf.png").exists()
    run("undo", deleted["operation_id"], status=2)
    assert run("rm", run.path("wolf.png"), run.path("none.png"), status=1).startswith(
        "1 file deleted."
    )


def test_names_come_from_the_input(run, monkeypatch, tmp_path):
    listed = tmp_path / "listed"
    listed.write_text(run("search", "--paths", "fox"))
    with open(listed) as file:
        monkeypatch.setattr(sys, "stdin", file)
        assert run("tag", "fine", "-") == "1 file changed.\n"


def test_roots_are_listed_added_and_removed(run, tmp_path):
    more = tmp_path / "more"
    more.mkdir()
    write_png(more / "added.png")
    run("roots", "add", more)
    while "added.png" not in run("search", "--paths", "added", status=None):
        pass
    rows = [line.split() for line in run("roots", "ls").splitlines()]
    assert [str(more), "scan", "added"] in rows and rows == [
        line.split() for line in run("roots").splitlines()
    ]
    assert str(more) in [root["path"] for root in run.json("roots", "ls")["roots"]]
    run("roots", "rm", more)
    assert str(more) not in run("roots") and (more / "added.png").exists()
    run("roots", "add", tmp_path / "none", status=2)


def test_topics_are_found(run):
    for at in range(4):
        write_png(run.library / f"wolf{at}.png", infotext=f"a grey wolf, forest, {at}\nSteps: 20")
    run("roots", "add", run.library / "sub")  # which reads what is new
    answer = run.json("topics", "--min-size", 1)
    assert answer["clusters"] and set(answer["clusters"][0]) >= {"title", "size", "paths"}
    lines = run("topics", "--min-size", 1).splitlines()
    assert lines[0].split() == ["FILES", "TOPIC", "KEYWORDS"] and lines[-1].endswith("in no topic.")


def test_the_state_of_the_library_is_told(run):
    answer = run.json("status")
    assert answer["files"] == 3 and answer["data_dir"] == str(run.data_dir) and answer["version"]
    text = run("status")
    assert str(run.library) in text and (answer["server"] or "none runs") in text


def test_a_command_asks_the_server_that_it_is_told(tmp_path, serve, library):
    served = serve(library, secret_key="correct horse")
    served.core.index.update()
    url = served.url + served.core.config.base
    done = iib(tmp_path, "search", "fox", "--paths", "--url", url, "--data-dir", tmp_path / "data")
    assert done.returncode == 2 and "Log in first" in done.stderr
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / ".env").write_text("IIB_SECRET_KEY=correct horse\n")
    done = iib(tmp_path, "search", "fox", "--paths", "--url", url, "--data-dir", tmp_path / "data")
    assert (done.returncode, done.stdout) == (0, f"{library / 'fox.png'}\n"), done.stderr
    done = iib(tmp_path, "status", "--url", "http://127.0.0.1:9/x", "--data-dir", tmp_path / "data")
    assert done.returncode == 2 and "No server answers" in done.stderr
    assert not (tmp_path / "data" / "iib.db").exists()


@pytest.mark.posix_only("ends the process by a signal")
def test_a_server_that_ends_takes_its_address_away(tmp_path, library):
    data_dir = tmp_path / "data"
    with started(tmp_path, "serve", library, "--port", 0, "--data-dir", data_dir) as (process, url):
        assert json.loads((data_dir / "server.json").read_text())["url"] == url
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert not (data_dir / "server.json").exists()


def test_without_a_library_nothing_is_made_but_by_a_first_root(tmp_path, library):
    data_dir = tmp_path / "data"
    done = iib(tmp_path, "search", "fox", "--data-dir", data_dir)
    assert done.returncode == 2 and "iib roots add FOLDER" in done.stderr and not data_dir.exists()
    assert iib(tmp_path, "roots", "add", library, "--data-dir", data_dir).returncode == 0
    assert iib(tmp_path, "search", "fox", "--paths", "--data-dir", data_dir).stdout.count("\n") == 1


def test_what_is_read_only_stays_so_without_a_server(tmp_path, library):
    data_dir = tmp_path / "data"
    assert iib(tmp_path, "roots", "add", library, "--data-dir", data_dir).returncode == 0
    (data_dir / ".env").write_text("IIB_READ_ONLY=1\n")
    done = iib(tmp_path, "rm", library / "fox.png", "--data-dir", data_dir)
    assert done.returncode == 2 and "nothing can be changed" in done.stderr
    assert (library / "fox.png").exists()


@pytest.mark.posix_only("names that Windows does not have")
def test_a_table_shows_signs_that_a_terminal_would_obey(tmp_path, library):
    (library / "sea.jpg").rename(library / "猫\x1b[31m.jpg")
    data_dir = tmp_path / "data"
    assert iib(tmp_path, "roots", "add", library, "--data-dir", data_dir).returncode == 0
    shown = iib(tmp_path, "search", "--data-dir", data_dir).stdout
    assert "猫\\x1b[31m.jpg" in shown and "\x1b" not in shown
    moved = iib(
        tmp_path, "mv", library / "fox.png", library / "猫.png", "--data-dir", data_dir
    ).stdout
    heads, row = moved.splitlines()[:2]
    assert heads.index("TO") == width(row[: row.index(str(library / "猫.png"))])


def width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def test_the_help_is_one_screen_with_every_command(tmp_path, capsys):
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 24 and max(map(len, lines)) <= 80
    commands = [name for name in words_of(cli.parser()) if name and " " not in name]
    assert len(commands) > 20
    assert {line.split()[0] for line in lines} >= set(commands)
    for command in commands:
        done = iib_help(command)
        assert "Exit status: 0 done" in done, command


def iib_help(*command: str) -> str:
    output = io.StringIO()
    with redirect_stdout(output), pytest.raises(SystemExit):
        cli.main([*command, "--help"])
    return output.getvalue()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_a_completion_has_every_command_and_flag(tmp_path, shell):
    script = iib(tmp_path, "completion", shell).stdout
    for name, words in words_of(cli.parser()).items():
        for word in words:
            assert (
                f"-l {word[2:]}" if shell == "fish" and word.startswith("--") else word
            ) in script, name


def test_bash_completes_a_command(tmp_path):
    if shutil.which("bash") is None:
        pytest.skip("there is no bash")
    script = iib(tmp_path, "completion", "bash").stdout
    for words, at, completed in (
        ("iib sea", 1, ["search"]),
        ("iib roots ad", 2, ["add"]),
        ("iib mv --dry", 2, ["--dry-run"]),
        ("iib roots add --wa", 3, ["--walk"]),
        ("iib completion fi", 2, ["fish"]),
    ):
        line = f"{script}\nCOMP_WORDS=({words}); COMP_CWORD={at}; _iib; echo ${{COMPREPLY[@]}}"
        done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=30)
        assert done.stdout.split() == completed, (words, done.stdout, done.stderr)


def test_mcp_says_how_it_is_installed(tmp_path):
    if importlib.util.find_spec("mcp"):
        pytest.skip("it is installed")
    done = iib_apart(tmp_path, "mcp", "--data-dir", tmp_path / "data")
    assert done.returncode == 2 and "pip install 'iib[mcp]'" in done.stderr
