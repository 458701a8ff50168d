"""Many starts of the adapter in one process, with real gradio and the modules of the stand-in,
because a whole host for each would take minutes.

The results are written to stdout as one JSON object: facts by the name of the start.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import importlib.util
import json
import os
import sys
import threading
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import httpx
import paste
import psutil
from fastapi import FastAPI
from modules import infotext_utils, paths_internal, script_callbacks, shared

SCRIPT = Path(__file__).parents[2] / "scripts" / "iib.py"
BASE = "/infinite_image_browsing"
OPTIONS = (
    "listen",
    "share",
    "ngrok",
    "subpath",
    "server_name",
    "gradio_auth",
    "gradio_auth_path",
    "api_auth",
)
ABSENT = object()


async def get(app: FastAPI, path: str) -> httpx.Response:
    """The app's answer, without a socket."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1"
    ) as client:
        return await client.get(path)


def live(ask: str = "/global_setting", *, with_tab: bool = True) -> dict[str, Any]:
    """One start: the script is executed, the app starts, a request is answered, the script unloads."""
    spec = importlib.util.spec_from_file_location("iib.py", SCRIPT)
    assert spec is not None and spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    script_callbacks.fire("ui_settings")
    tabs = [label for _, label, _ in script_callbacks.fire("ui_tabs")] if with_tab else []
    app, demo = (
        FastAPI(),
        SimpleNamespace(blocked_paths=[], share=False, server_name="127.0.0.1", share_url=None),
    )
    for name in LACKING & set(vars(demo)):
        delattr(demo, name)
    script.adapter.start(demo, app)
    try:
        answer = asyncio.run(get(app, BASE + ask))
        core = script.adapter.core
        found = {
            "status": answer.status_code,
            "body": answer.json() if "json" in answer.headers["content-type"] else answer.text,
        }
        found |= {"targets": script.adapter.sender.targets, "tabs": tabs}
        if core is not None:
            found |= {
                "restricted": core.access.restricted,
                "config": {**vars(core.config)},
                "roots": [root.path for root in core.access.roots],
            }
        return found
    finally:
        script.adapter.stop()
        script_callbacks.clear_callbacks()


LACKING: set[str] = set()


@contextmanager
def lacking(owner: Any, name: str) -> Any:
    """Remove an attribute for the block."""
    values = owner if isinstance(owner, dict) else vars(owner)
    kept = values.pop(name, ABSENT)
    LACKING.add(name)
    try:
        yield
    finally:
        LACKING.discard(name)
        if kept is not ABSENT:
            values[name] = kept


def main() -> None:
    facts: dict[str, Any] = {}
    paste.add_paste_fields("txt2img", None, [])
    data = vars(shared.opts)["data"]
    facts["local"] = live()
    for name in OPTIONS:
        with lacking(shared.cmd_opts, name):
            facts[f"local without {name}"] = live()
    shared.cmd_opts.listen = True
    removals = [
        (shared.cmd_opts, name)
        for name in vars(shared.cmd_opts)
        if name in OPTIONS[1:] or name.startswith("iib_")
    ]
    removals += [(data, name) for name in data if not name.startswith("iib_")]
    removals += [
        (shared, "OptionInfo"),
        (infotext_utils, "ParamBinding"),
        (infotext_utils, "register_paste_params_button"),
        (paths_internal, "data_path"),
    ]
    removals += [
        (script_callbacks, name)
        for name in ("on_ui_settings", "on_ui_tabs", "on_image_saved", "on_script_unloaded")
    ]
    for owner, name in removals:
        with lacking(owner, name):
            facts[f"without {name}"] = live()
    for name in ("blocked_paths", "share", "server_name", "share_url"):
        with lacking(SimpleNamespace(), name):
            facts[f"without the page's {name}"] = live()
    shared.cmd_opts.listen = False
    facts |= settings(data)
    facts["ten lives"] = ten_lives()
    json.dump(facts, sys.stdout, default=str)


def names_of_open_files() -> list[str]:
    """What the open files of this process are, where the system tells."""
    found = []
    for number in sorted(os.listdir("/proc/self/fd")) if sys.platform == "linux" else ():
        try:
            found.append(os.readlink(f"/proc/self/fd/{number}"))
        except OSError:  # that of the listing itself
            continue
    return found


def ten_lives() -> dict[str, Any]:
    """Threads, open files and memory in MB of this process, before and after ten more starts."""

    def held() -> dict[str, Any]:
        gc.collect()
        if sys.platform == "linux":
            ctypes.CDLL(None).malloc_trim(0)
        process = psutil.Process()
        return {
            "threads": threading.active_count(),
            "files": process.num_fds() if hasattr(process, "num_fds") else 0,
            "open": names_of_open_files(),
            "mb": process.memory_info().rss / 2**20,
        }

    before = held()
    for _ in range(10):
        live(with_tab=False)  # gradio keeps every page that it ever built, a host's own as well
    return {"before": before, "after": held()}


def settings(data: dict[str, Any]) -> dict[str, Any]:
    """Starts with settings from several sources."""
    facts: dict[str, Any] = {}
    with ExitStack() as stack:
        data |= {
            "iib_delete_mode": "system",
            "iib_roots": f"{os.getcwd()}/one\n{os.getcwd()}/two",
            "iib_thumbnail_cache_mib": 100.0,
            "iib_access_control": "",
        }
        facts["host settings"] = live()
        os.environ["IIB_DELETE_MODE"] = "permanent"
        facts["environment"] = live()
        stack.enter_context(mock.patch.object(shared.cmd_opts, "iib_delete_mode", "trash"))
        facts["flag"] = live()
        del os.environ["IIB_DELETE_MODE"]
        data["iib_thumbnail_cache_mib"] = -1
        facts["bad host setting"] = live(ask="/files")
    for name in ("iib_delete_mode", "iib_roots", "iib_thumbnail_cache_mib", "iib_access_control"):
        del data[name]
    for flags, reason in (
        ({"iib_thumbnail_cache_mib": "much"}, "no number"),
        ({"iib_data_dir": "."}, "whole host"),
    ):
        with ExitStack() as stack:
            for name, value in flags.items():
                stack.enter_context(mock.patch.object(shared.cmd_opts, name, value))
            facts[reason] = live(ask="")
    facts |= unreadable()
    folder = os.path.join(
        os.getcwd(), "outputs" if shared.is_classic else "output", "txt2img-images"
    )
    os.makedirs(folder, exist_ok=True)
    with lacking(data, "outdir_samples"), lacking(data, "outdir_grids"):
        data |= {"outdir_samples": "everything", "outdir_grids": "everything"}
        facts["one folder for all"] = live()
    os.makedirs("movies", exist_ok=True)
    others = {
        "outdir_videos": "output/videos",
        "outdir_hires_samples": "",
        "animatediff_outdir_videos": "movies",
        "outdir_sep_dirs": "<h2>Folders</h2>",
    }
    data |= others
    facts["folders of others"] = live()
    for name in others:
        del data[name]
    for names in ("save", "txt2img,save"):
        with mock.patch.object(shared.cmd_opts, "iib_allowed_paths", names):
            facts[f"allowed {names}"] = live(ask=f"/files?folder_path={folder}")
    return facts


def unreadable() -> dict[str, Any]:
    """Starts with an unreadable ``.env`` in the data folder."""
    path = Path(".iib", ".env")
    facts: dict[str, Any] = {}
    path.write_bytes(b"IIB_SECRET_KEY=\xff")
    facts["no UTF-8"] = live(ask="")
    path.write_bytes(b"#" * 200_000)
    facts["too large"] = live(ask="")
    path.unlink()
    path.mkdir()
    facts["a folder"] = live(ask="")
    path.rmdir()
    return facts


if __name__ == "__main__":
    main()
