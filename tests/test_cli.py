"""The command line as a user sees it: a process with signals, output and an exit status."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from unittest import mock

import pytest

from iib_core import __version__, cli
from iib_core.db import backup
from tests import asks, forks, loops
from tests.conftest import write_png
from tests.databases import write_empty
from tests.disks import mounted

TOP = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def _database(tmp_path) -> None:
    """An empty database in the data folder of most tests, so that not each one has to create it."""
    write_empty(tmp_path / "data" / "iib.db")


def environment(tmp_path) -> dict[str, str]:
    given = {name: value for name, value in os.environ.items() if not name.startswith("IIB_")}
    return {
        **given,
        "XDG_DATA_HOME": str(tmp_path / "xdg"),
        "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": str(TOP),
    }


def iib_apart(tmp_path, *arguments, cwd=TOP, start=forks.start) -> subprocess.CompletedProcess:
    """Run a command in a process of its own."""
    process = start([*map(str, arguments)], environ=environment(tmp_path), cwd=cwd)
    output, errors = process.communicate(timeout=200)
    return subprocess.CompletedProcess(arguments, process.returncode, output, errors)


def iib(tmp_path, *arguments) -> subprocess.CompletedProcess:
    """Run a command in this process, because starting Python takes longer than most commands."""
    output, errors = (
        io.TextIOWrapper(io.BytesIO(), "utf-8", "backslashreplace", "") for _ in range(2)
    )
    handlers = logging.root.handlers[:]
    logging.root.handlers[:] = []
    try:
        with (
            mock.patch.dict(os.environ, environment(tmp_path), clear=True),
            redirect_stdout(output),
            redirect_stderr(errors),
        ):
            status = loops.apart(lambda: cli.main([str(argument) for argument in arguments]))
    finally:
        logging.root.handlers[:] = handlers
    return subprocess.CompletedProcess(arguments, status, _text_of(output), _text_of(errors))


def _text_of(stream: io.TextIOWrapper) -> str:
    stream.seek(0)
    return stream.read()


@contextmanager
def started(
    tmp_path, *arguments, cwd=TOP, start=forks.start, **variables: str
) -> Iterator[tuple[forks.Fork | subprocess.Popen[str], str]]:
    environ = {**environment(tmp_path), **variables}
    process = start([*map(str, arguments)], environ=environ, cwd=cwd)
    watchdog = threading.Timer(200, process.kill)
    watchdog.start()
    try:
        line = process.stdout.readline()
        url = re.fullmatch(r"IIB is ready at (\S+)\n", line)
        assert url, line + (process.stderr.read() if process.poll() is not None else "")
        yield process, url[1]
    finally:
        watchdog.cancel()
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.posix_only("ends the process by a signal")
def test_serve_says_where_it_is_and_stops_cleanly(tmp_path, library, number):
    arguments = ("serve", library, "--port", 0, "--data-dir", tmp_path / "data")
    with started(tmp_path, *arguments, start=forks.start_apart) as (process, url):
        assert url.endswith("/infinite_image_browsing")
        assert asks.get(url + "/hello").json() == "hello"
        assert [root["path"] for root in asks.get(url + "/global_setting").json()["roots"]] == [
            str(library)
        ]
        process.send_signal(number)
        _, errors = process.communicate(timeout=20)
        assert (process.returncode, errors) == (0, "")


@pytest.mark.posix_only("ends the process by a signal")
def test_serve_stops_while_a_client_keeps_its_connection_open(tmp_path, library):
    with (
        started(tmp_path, "serve", library, "--port", 0, "--data-dir", tmp_path / "data") as (
            process,
            url,
        ),
        asks.client() as client,
    ):
        client.get(url + "/hello")
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def test_a_client_may_end_a_server_that_was_started_so(tmp_path, library):
    with started(
        tmp_path,
        "serve",
        library,
        "--port",
        0,
        "--data-dir",
        tmp_path / "data",
        "--enable-shutdown",
    ) as (process, url):
        assert asks.post(url + "/shutdown").json() == {"success": True}
        assert process.wait(20) == 0


@pytest.mark.windows
def test_flags_reach_the_server(tmp_path, library):
    arguments = [
        "--base",
        "/pictures",
        "--read-only",
        "--no-watch",
        "--cors-origin",
        "https://mine.example",
        "--access-control",
        "on",
        "--enable-shutdown",
    ]
    with started(
        tmp_path, "serve", library, "--port", 0, "--data-dir", tmp_path / "data", *arguments
    ) as (
        _,
        url,
    ):
        assert url.endswith("/pictures")
        answer = asks.get(url + "/global_setting", headers={"Origin": "https://mine.example"})
        assert answer.headers["access-control-allow-origin"] == "https://mine.example"
        assert (
            answer.json()["is_readonly"],
            answer.json()["enable_access_control"],
            answer.json()["enable_shutdown"],
        ) == (True, True, True)


def test_demo_writes_a_library_and_serves_it(tmp_path):
    with started(tmp_path, "demo", "--no-browser", "--port", 0) as (_, url):
        folder = asks.get(url + "/files").json()["files"][0]["fullpath"]
        found = [os.path.join(at, name) for at, _, names in os.walk(folder) for name in names]
        assert 60 <= len(found) <= 120 and {os.path.splitext(path)[1] for path in found} >= {
            ".png",
            ".jpg",
            ".webp",
            ".mp4",
        }
        infos = asks.post(url + "/generation_info", json={"paths": found}).json()["infos"]
        assert {info["source"] for info in infos.values()} >= {
            "AUTOMATIC1111",
            "Forge",
            "ComfyUI",
            "InvokeAI",
            "NovelAI",
            "SwarmUI",
            "Fooocus",
            "SD.Next",
            "EasyDiffusion",
        }
        assert all(info["prompt"] and info["seed"] for info in infos.values())
        while asks.get(url + "/db/index_status").json()["last"] is None:
            time.sleep(0.05)
        starred = asks.post(url + "/db/search", json={"query": "rating:5 album:Calendar"}).json()
        assert starred["files"]


@pytest.mark.posix_only("a script is the browser")
def test_demo_shows_its_progress_and_then_the_page(tmp_path):
    shown, browser = tmp_path / "shown", tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {shown}.part && mv {shown}.part {shown}\n', "utf-8")
    browser.chmod(0o755)
    variables = {"BROWSER": str(browser), "DISPLAY": ":7"}
    with started(tmp_path, "demo", "--no-browser", "--port", 0, **variables) as (process, url):
        process.send_signal(signal.SIGINT)
        assert "Drawing the sample library: 10 of" in process.communicate(timeout=200)[1]
    assert not shown.exists()
    # The library is there by now.
    with started(tmp_path, "demo", "--port", 0, **variables) as (_, url):
        deadline = time.monotonic() + 60
        while not shown.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert shown.read_text("utf-8") == f"{url}\n"


@pytest.mark.parametrize(
    "kind",
    ["missing folder", "a file", "taken port", "no port", "bad data folder", "damaged database"],
)
def test_what_cannot_work_is_one_sentence_and_exit_status_2(tmp_path, library, kind):
    arguments = {
        "missing folder": [tmp_path / "none"],
        "a file": [library / "fox.png"],
        "no port": [library, "--port", "abc"],
    }.get(kind, [library])
    data_dir = tmp_path / "data"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        if kind == "taken port":
            arguments += ["--port", taken.getsockname()[1]]
        elif kind == "bad data folder":
            data_dir = library / "fox.png" / "data"
        elif kind == "damaged database":
            (data_dir / "iib.db").write_bytes(b"garbage" * 100)
        done = iib_apart(
            tmp_path,
            "serve",
            *arguments,
            *([] if "--port" in arguments else ["--port", 0]),
            "--data-dir",
            data_dir,
        )
    assert done.returncode == 2 and done.stdout == ""
    assert re.fullmatch(r"iib: [^\n]+[.]\n", done.stderr), done.stderr


@pytest.mark.parametrize(
    "command",
    [
        ("serve",),
        ("demo",),
        ("thumbs", "."),
        ("restore",),
        ("import", "iib.db"),
        ("export",),
        ("relocate", "/a", "/b"),
        ("forget",),
    ],
    ids=lambda c: c[0],
)
def test_a_file_of_settings_that_cannot_be_read_is_one_sentence_for_every_command(
    tmp_path, command
):
    (tmp_path / "data" / ".env").write_bytes(b"IIB_SECRET_KEY=\xff")
    done = iib(tmp_path, *command, "--data-dir", tmp_path / "data")
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(r"iib: [^\n]+UTF-8[^\n]+[.]\n", done.stderr), done.stderr


@pytest.mark.posix_only("ends the process by a signal")
def test_restrictions_of_the_older_extension_count_where_it_is_started(tmp_path, library):
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / ".env").write_text("IIB_ACCESS_CONTROL_PERMISSION=read-only\n")
    with started(
        tmp_path,
        "serve",
        library,
        "--port",
        0,
        "--data-dir",
        tmp_path / "data",
        cwd=tmp_path / "here",
    ) as (process, url):
        assert (
            asks.post(f"{url}/mkdirs", json={"dest_folder": str(library / "new")}).status_code
            == 403
        )
        process.send_signal(signal.SIGINT)
        errors = process.communicate(timeout=30)[1]
    assert (
        f"IIB_ACCESS_CONTROL_PERMISSION in {tmp_path / 'here' / '.env'} counts as IIB_PERMISSION."
        in errors
    )
    assert not (library / "new").exists()


def test_a_server_with_a_restriction_that_it_does_not_understand_does_not_start(tmp_path, library):
    (tmp_path / ".env").write_text("IIB_ACCESS_CONTROL_PERMISSION=look-only\n")
    done = iib_apart(
        tmp_path, "serve", library, "--port", 0, "--data-dir", tmp_path / "data", cwd=tmp_path
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(
        f"iib: IIB_ACCESS_CONTROL_PERMISSION in {tmp_path / '.env'}: 'look-only' is not one of"
    )


@pytest.mark.windows
def test_version(tmp_path):
    done = iib_apart(tmp_path, "version", start=forks.start_apart)
    assert (done.returncode, done.stdout) == (0, f"iib {__version__}\n")


def test_thumbs_makes_the_thumbnails_that_a_server_then_has(tmp_path, library):
    (library / "broken.png").write_bytes(b"no picture")
    made = iib(tmp_path, "thumbs", library, "--size", "64x64", "--data-dir", tmp_path / "data")
    assert (made.returncode, made.stdout) == (0, "3 made, 0 there already, 1 failed\n")
    assert "broken.png: The file is not a picture" in made.stderr
    again = iib(
        tmp_path,
        "thumbs",
        library / "sub",
        "--size",
        "64x64",
        "--size",
        "32x32",
        "--data-dir",
        tmp_path / "data",
    )
    assert again.stdout == "1 made, 0 there already, 0 failed\n"
    for arguments in (("thumbs", tmp_path / "none"), ("thumbs", library, "--size", "big")):
        refused = iib_apart(tmp_path, *arguments)
        assert (
            refused.returncode == 2
            and refused.stderr.startswith("iib: ")
            and refused.stderr.count("\n") == 1
        )


@pytest.mark.posix_only("arguments are bytes")
@pytest.mark.parametrize("name", [b"\xff\xfe", b"x" * 9000])
@pytest.mark.parametrize(
    "command",
    [["serve"], ["thumbs"], ["import"], ["restore", "--data-dir", "here"], ["relocate", "/old"]],
)
def test_a_name_that_is_none_is_one_sentence(tmp_path, command, name):
    done = iib(tmp_path, *command, os.fsdecode(name))
    assert done.returncode in (0, 2) and "Traceback" not in done.stderr, done.stderr


@pytest.mark.windows
def test_marks_are_exported_imported_and_relocated(tmp_path):
    data, lines = ("--data-dir", tmp_path / "data"), tmp_path / "marks.jsonl"
    lines.write_text(
        '{"kind": "tag", "name": "Blau", "color": "#0000ff"}\n{"kind": "file", "path": "/old/1.png", '
        '"tags": ["Blau"], "rating": 4}\n'
    )
    done = iib(tmp_path, "import", lines, *data)
    assert (done.returncode, done.stderr) == (
        0,
        "",
    ) and "1 more are not in the index" in done.stdout
    done = iib(tmp_path, "relocate", "/old", tmp_path / "new", "--dry-run", *data)
    assert done.returncode == 0 and done.stdout.startswith("Would change: 0 files")
    assert '"/old/1.png"' in iib(tmp_path, "export", *data).stdout
    assert iib(tmp_path, "relocate", "/old", tmp_path / "new", *data).returncode == 0
    assert iib(tmp_path, "export", tmp_path / "out.jsonl", *data).returncode == 0
    file = next(
        entry
        for entry in map(json.loads, (tmp_path / "out.jsonl").read_text("utf-8").splitlines())
        if entry["kind"] == "file"
    )
    assert file == {
        "kind": "file",
        "path": str(tmp_path / "new/1.png"),
        "fingerprint": None,
        "tags": ["Blau"],
        "rating": 4,
        "albums": {},
    }
    for arguments in (
        ("import", tmp_path / "nothing"),
        ("export", lines),
        ("relocate", "old", "/new"),
    ):
        done = iib(tmp_path, *arguments, *data)
        assert done.returncode == 2 and done.stderr.count("\n") == 1, done.stderr


def put_mark(data_dir, tmp_path):
    """A database with one tag, and a backup that has the tag too."""
    lines = tmp_path / "marks.jsonl"
    lines.write_text('{"kind": "tag", "name": "Blau", "color": "#0000ff"}\n')
    assert iib(tmp_path, "import", lines, "--data-dir", data_dir).returncode == 0
    backup.make(str(data_dir / "iib.db"))


def test_a_lost_database_stops_the_start_and_is_restored_or_begun_anew(tmp_path, library):
    data_dir = tmp_path / "data"
    put_mark(data_dir, tmp_path)
    (data_dir / "iib.db").unlink()
    refused = iib_apart(tmp_path, "serve", library, "--port", 0, "--data-dir", data_dir)
    assert refused.returncode == 2 and refused.stderr.count("\n") == 1
    command = re.search(r"'iib (restore iib-\S+\.db --data-dir) \"(.*)\"'", refused.stderr)
    assert command and command[2] == str(data_dir)
    done = iib(tmp_path, *command[1].split(), command[2])
    assert (done.returncode, done.stderr) == (0, "")
    assert "Blau" in iib(tmp_path, "export", "--data-dir", data_dir).stdout
    done = iib(tmp_path, "restore", "--new-database", "--data-dir", data_dir)
    assert done.returncode == 0 and "before-restore" in done.stdout
    assert "Blau" not in iib(tmp_path, "export", "--data-dir", data_dir).stdout
    with started(tmp_path, "serve", library, "--port", 0, "--data-dir", data_dir) as (_, url):
        assert asks.get(url + "/hello").status_code == 200


@pytest.mark.parametrize("arguments", [("COPY",), ("--new-database",)])
@pytest.mark.parametrize("flags", [(), ("--read-only",)])
def test_nothing_is_restored_while_a_server_runs(tmp_path, library, arguments, flags):
    data_dir = tmp_path / "data"
    put_mark(data_dir, tmp_path)
    (copy,) = (data_dir / "backups").iterdir()
    before = (data_dir / "iib.db").stat().st_ino
    arguments = [copy.name if argument == "COPY" else argument for argument in arguments]
    with started(tmp_path, "serve", library, "--port", 0, "--data-dir", data_dir, *flags) as (
        process,
        _,
    ):
        done = iib(tmp_path, "restore", *arguments, "--data-dir", data_dir)
        assert (
            done.returncode == 2 and "stop it first" in done.stderr and done.stderr.count("\n") == 1
        )
        assert (data_dir / "iib.db").stat().st_ino == before
        process.kill()
        process.wait()
    assert iib(tmp_path, "restore", *arguments, "--data-dir", data_dir).returncode == 0
    assert not (data_dir / "iib.db.partial").exists()


@pytest.mark.posix_only("mounts a disk")
@pytest.mark.parametrize("was_killed", [False, True])
def test_a_data_folder_that_cannot_be_written_is_shown_read_only(tmp_path, library, was_killed):
    with mounted(tmp_path / "disk") as disk:
        arguments = ["serve", library, "--port", 0, "--data-dir", disk.path / "data"]
        with started(tmp_path, *arguments) as (process, url):
            assert asks.post(url + "/db/update_image_data", json={}).json()["errors"] == 0
            assert (
                asks.post(url + "/db/add_custom_tag", json={"tag_name": "Blau"}).status_code == 200
            )
            if not was_killed:
                process.send_signal(signal.SIGTERM)
                process.wait(30)
        disk.set_read_only(True)
        refused = iib_apart(tmp_path, *arguments)
        assert refused.returncode == 2 and refused.stderr.count("\n") == 1
        assert "not writable" in refused.stderr
        with started(tmp_path, *arguments, "--read-only") as (_, url):
            tags = asks.get(url + "/db/basic_info").json()["tags"]
            assert "Blau" in [tag["name"] for tag in tags]
            thumbnail = {"path": str(library / "fox.png"), "size": "64x64", "t": "0"}
            assert asks.get(url + "/image-thumbnail", params=thumbnail).status_code == 200
            refused = asks.post(url + "/db/add_custom_tag", json={"tag_name": "Rot"})
            assert (refused.status_code, refused.json()["code"]) == (403, "ReadOnly")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can enter, on systems where this user can become another one."""
    if not hasattr(os, "geteuid") or os.geteuid():
        pytest.skip("only root can become somebody else")
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        os.chown(name, 65534, 65534)
        yield Path(name)


# Not by the command itself, because another user may not be able to run this Python.
AS_NOBODY = """
import os, sys
from iib_core import core, errors
from iib_core.config import Config
os.setresgid(65534, 65534, 65534)
os.setresuid(65534, 65534, 65534)
try:
    running = core.Core(Config(data_dir=sys.argv[1], read_only="--read-only" in sys.argv, watch=False))
except errors.IIBError as exc:
    print(exc)
else:
    with running.db.read() as conn:
        print(conn.exec_driver_sql("SELECT count(*) FROM tag WHERE name = 'Blau'").scalar(), "tag")
    running.close()
"""


@pytest.mark.posix_only("becomes another user")
@pytest.mark.parametrize("flags", [(), ("--read-only",)])
def test_a_database_that_this_user_may_not_write_is_told_in_a_sentence(open_folder, flags):
    data_dir = open_folder / "data"
    write_empty(data_dir / "iib.db")
    put_mark(data_dir, open_folder)
    os.chown(data_dir, 65534, 65534)
    (data_dir / "iib.db").chmod(0o444)
    command = [sys.executable, "-c", AS_NOBODY, data_dir, *flags]
    done = subprocess.run(
        command, env=environment(open_folder), capture_output=True, text=True, timeout=200
    )
    assert done.stderr == ""
    if flags:
        assert done.stdout == "1 tag\n"
    else:
        assert "cannot be written" in done.stdout and "IIB_READ_ONLY=1" in done.stdout
        assert done.stdout.count("\n") == 1


@pytest.mark.posix_only("mounts a disk, and one that is always full")
def test_an_export_to_a_full_disk_is_a_sentence_and_leaves_no_half_file(tmp_path):
    put_mark(tmp_path / "data", tmp_path)
    with mounted(tmp_path / "disk", 1) as disk:
        disk.fill()
        target = disk.path / "marks.jsonl"
        done = iib(tmp_path, "export", target, "--data-dir", tmp_path / "data")
        assert done.returncode == 2
        assert done.stderr == "iib: The disk is full: make room on it, then try again.\n"
        assert not target.exists()
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "iib_core", "export", "--data-dir", str(tmp_path / "data")]
        pipes = {"stdout": full, "stderr": subprocess.PIPE, "text": True}
        done = subprocess.run(command, env=environment(tmp_path), timeout=200, **pipes)
    assert done.returncode == 2 and done.stderr.startswith("iib: The disk is full")
    assert "Traceback" not in done.stderr


def write_webui(folder: Path, outputs: dict[str, str]) -> Path:
    """A WebUI's folder with these settings, and a picture in each folder that is named in it."""
    for name in outputs.values():
        path = folder / name
        path.mkdir(parents=True, exist_ok=True)
        write_png(path / f"{path.name}.png")
    folder.joinpath("config.json").write_text(json.dumps({**outputs, "samples_format": "png"}))
    return folder


def roots_of(url: str) -> dict[str, str]:
    return {
        root["path"]: root["type"] for root in asks.get(url + "/global_setting").json()["roots"]
    }


@pytest.mark.parametrize("spelling", ["--sd_webui_dir", "--sd-webui-dir"])
def test_the_folders_of_a_webui_are_roots_and_its_data_is_shared(tmp_path, spelling):
    names = {"outdir_txt2img_samples": "outputs/txt2img-images", "outdir_save": "log/images"}
    webui = write_webui(tmp_path / "web ui", names)
    with started(tmp_path, "serve", spelling, webui, "--port", 0, "--no_watch") as (_, url):
        assert set(roots_of(url)) == {str(webui / name) for name in names.values()}
    assert (webui / ".iib" / "iib.db").is_file()


def test_the_config_of_a_webui_is_relative_to_it_or_to_where_the_command_is_started(tmp_path):
    webui = write_webui(
        tmp_path / "webui", {"outdir_txt2img_samples": "out", "outdir_save": "saved"}
    )
    shutil.rmtree(webui / "saved")
    arguments = ("serve", "--sd_webui_config", webui / "config.json", "--port", 0, "--data_dir")
    relative = (tmp_path / "data", "--sd_webui_path_relative_to_config")
    with started(tmp_path, *arguments, *relative, cwd=tmp_path) as (process, url):
        assert set(roots_of(url)) == {str(webui / "out")}
        process.terminate()
        assert (
            f"outdir_save in {webui / 'config.json'} names {webui / 'saved'}"
            in process.stderr.read()
        )
    (tmp_path / "elsewhere" / "out").mkdir(parents=True)
    with started(tmp_path, *arguments, tmp_path / "data", cwd=tmp_path / "elsewhere") as (_, url):
        assert set(roots_of(url)) == {str(tmp_path / "elsewhere" / "out")}


def test_extra_paths_are_shown_and_not_indexed(tmp_path, library):
    other = tmp_path / "other"
    other.mkdir()
    write_png(other / "unindexed.png")
    flags = (
        "--extra_paths",
        other,
        "--update_image_index",
        "--allow_cors",
        "--port",
        0,
        "--data-dir",
    )
    with started(tmp_path, "serve", library, *flags, tmp_path / "data") as (process, url):
        assert roots_of(url)[str(other)] == "walk" and roots_of(url)[str(library)] != "walk"
        listed = asks.get(url + "/files", params={"folder_path": str(other)}).json()["files"]
        assert [file["name"] for file in listed] == ["unindexed.png"]
        origin = {"Origin": "https://elsewhere.example"}
        assert "access-control-allow-origin" not in asks.get(url + "/hello", headers=origin).headers
        process.terminate()
        assert "--allow-cors opens nothing" in process.stderr.read()


def test_the_thumbnails_of_the_library_are_made_and_nothing_is_served(tmp_path, library):
    write_png(library / "new.png")
    arguments = (
        "--data_dir",
        tmp_path / "data",
        "--generate_image_cache",
        "--generate_image_cache_size",
        "64x64",
    )
    done = iib(tmp_path, "serve", library, *arguments)
    made = int(done.stdout.split()[0])
    assert done.returncode == 0 and made >= 1 and "0 failed" in done.stdout
    again = iib(tmp_path, "thumbs", library, "--size", "64x64", "--data-dir", tmp_path / "data")
    assert again.stdout.startswith(f"0 made, {made} there already")
    videos = iib(
        tmp_path, "serve", library, "--data-dir", tmp_path / "data", "--generate-video-cover"
    )
    assert (videos.returncode, videos.stdout) == (0, "0 made, 0 there already, 0 failed\n")


@pytest.mark.parametrize(
    ("text", "word"),
    [(None, "No such file"), ("{", "no JSON"), ("[]", "no settings"), ("[" * 100_000, "no JSON")],
)
def test_a_webui_without_settings_is_told_in_one_sentence(tmp_path, text, word):
    webui = tmp_path / "webui"
    webui.mkdir()
    if text is not None:
        (webui / "config.json").write_text(text)
    done = iib(tmp_path, "serve", "--sd-webui-dir", webui, "--port", 0)
    assert done.returncode == 2 and word in done.stderr and len(done.stderr.splitlines()) == 1


def test_the_cache_lies_where_the_settings_say_and_never_in_the_library(tmp_path, library):
    write_png(library / "new.png")
    arguments = ("thumbs", library, "--size", "64x64", "--data-dir", tmp_path / "data")
    write_dotenv(tmp_path / "data", f"IIB_CACHE_DIR={tmp_path / 'cache'}\nIIB_ROOTS={library}")
    assert iib(tmp_path, *arguments).returncode == 0
    assert list((tmp_path / "cache").rglob("*.webp")) and not list(
        (tmp_path / "data").rglob("*.webp")
    )
    write_dotenv(tmp_path / "data", f"IIB_CACHE_DIR={library / 'cache'}\nIIB_ROOTS={library}")
    refused = iib(tmp_path, "serve", "--port", 0, "--data-dir", tmp_path / "data")
    assert refused.returncode == 2 and "lies in" in refused.stderr


def write_dotenv(folder: Path, text: str) -> None:
    (folder / ".env").write_text(text)
