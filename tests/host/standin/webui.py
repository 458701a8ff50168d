"""The WebUI without its models: it starts, serves, reloads and stops in the order of the real one.

Orders are read from stdin, one a line: ``reload``, ``stop``, ``option NAME VALUE``, ``save PATH
PROMPT``. Events are written to stdout, as a JSON object a line after ``@``.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import gc
import json
import os
import queue
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import gradio
import uvicorn
from fastapi import FastAPI
from modules import api, extensions, script_callbacks, shared, ui
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware

orders: queue.Queue[str] = queue.Queue()


def tell(event: str, **facts: Any) -> None:
    # With its newline in one piece: an unbuffered stdout would let a line of the log in between.
    print("@" + json.dumps({"event": event, **facts}) + "\n", end="", flush=True)


class LoopInAnyThread(asyncio.DefaultEventLoopPolicy):
    """As in the real host: gradio builds and closes its server on a worker thread, and without this
    its close() does nothing.
    """

    def get_event_loop(self) -> asyncio.AbstractEventLoop:
        try:
            return super().get_event_loop()
        except RuntimeError:
            self.set_event_loop(self.new_event_loop())
            return super().get_event_loop()


def main() -> None:
    asyncio.set_event_loop_policy(LoopInAnyThread())
    started = time.thread_time()  # the time of the extension, whatever else runs on this machine
    extensions.load_scripts()
    seconds = time.thread_time() - started
    worker = threading.Thread(
        target=run_without_page if shared.cmd_opts.nowebui else run_with_page,
        args=(seconds,),
        daemon=True,
    )
    worker.start()
    for line in sys.stdin:
        orders.put(line.strip())
        if line.strip() == "stop":
            break
    worker.join(20)


def run_with_page(seconds: float) -> None:
    options = shared.cmd_opts
    while True:
        begun = time.thread_time()
        script_callbacks.fire("before_ui")
        script_callbacks.fire("ui_settings")
        demo = ui.create_ui()
        demo.queue(64)
        app_kwargs: dict[str, Any] = {"docs_url": "/docs", "redoc_url": "/redoc"}
        if not shared.is_classic:
            app_kwargs["exception_handlers"] = {Exception: api.rewrite}
        app, url, _ = demo.launch(
            share=options.share,
            server_name=options.server_name or ("0.0.0.0" if options.listen else None),
            server_port=options.port,
            auth=list(page_logins()) or None,
            prevent_thread_lock=True,
            allowed_paths=options.gradio_allowed_path,
            app_kwargs=app_kwargs,
            root_path=f"/{options.subpath}" if options.subpath else "",
            quiet=True,
        )
        own = time.thread_time() - begun
        app.user_middleware = [
            entry for entry in app.user_middleware if "CORS" not in entry.cls.__name__
        ]
        add_middleware(app)
        if options.api:
            api.add(app)
        early = early_status(url)
        begun, begun_wall = time.thread_time(), time.perf_counter()
        script_callbacks.fire("app_started", demo, app)
        waited = time.perf_counter() - begun_wall
        if options.subpath and shared.is_classic:
            gradio.mount_gradio_app(
                FastAPI(), demo, path=f"/{options.subpath}"
            )  # as the real one, which serves it nowhere
        if options.mounted:
            url = serve_below(app, f"/{options.subpath}")
        tell(
            "started",
            url=url,
            seconds=seconds + time.thread_time() - begun,
            waited=waited,
            own=own,
            early=early,
        )
        if wait_for_end() == "stop":
            demo.close()
            script_callbacks.fire("script_unloaded")
            return
        demo.close()
        time.sleep(0.5)
        script_callbacks.fire("before_reload")
        script_callbacks.fire("script_unloaded")
        tell(
            "unloaded",
            threads=sorted(thread.name for thread in threading.enumerate()),
            files=open_files(),
            mb=memory_mb(),
        )
        extensions.load_scripts()


def serve_below(app: FastAPI, path: str) -> str:
    """Serve the host's app from an app of somebody else's, which is the one that gets the requests;
    the address of the host there.
    """
    around = FastAPI()
    around.mount(path, app)
    return serve(around, 0) + path + "/"


def serve(app: FastAPI, port: int) -> str:
    """Serve an app on a thread of its own until this process ends; its address, once it answers."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning"))
    threading.Thread(target=server.run, daemon=True).start()
    while not server.started:
        time.sleep(0.01)
    return f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"


def early_status(url: str) -> int:
    """The status of the host's file route for our database before we have started; 0 if there is no
    database.
    """
    path = os.path.join(shared.data_path, ".iib", "iib.db")
    if not os.path.exists(path):
        return 0
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
            f"{url}file={path}"
        ) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return int(error.code)


def wait_for_end() -> str:
    """Carry out orders until one ends this life of the host."""
    while True:
        order, *arguments = orders.get().split(" ", 2)
        if order in ("reload", "stop"):
            return order
        if order == "option":
            shared.opts.data[arguments[0]] = arguments[1]
        if order == "save":
            save(*arguments)


def save(path: str, prompt: str) -> None:
    """Save a picture like the host: under a path relative to its folder, and then call all
    extensions.
    """
    image, info = Image.new("RGB", (96, 64), "purple"), PngInfo()
    info.add_text(
        "parameters", f"{prompt}\nSteps: 4, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 96x64"
    )
    os.makedirs(os.path.dirname(path), exist_ok=True)
    image.save(path, pnginfo=info)
    begun = time.perf_counter()
    script_callbacks.fire(
        "image_saved",
        SimpleNamespace(image=image, p=None, filename=os.path.relpath(path), pnginfo={}),
    )
    tell("saved", seconds=time.perf_counter() - begun)


def run_without_page(_seconds: float) -> None:
    app = FastAPI()
    add_middleware(app)
    api.add(app)
    script_callbacks.fire("before_ui")
    script_callbacks.fire("app_started", None, app)
    tell("started", url=serve(app, shared.cmd_opts.port))
    while wait_for_end() != "stop":
        pass


def add_middleware(app: FastAPI) -> None:
    app.middleware_stack = (
        None  # gradio has served its own check by now, and a finished stack takes no more
    )
    app.add_middleware(GZipMiddleware, minimum_size=1000)
    origins = shared.cmd_opts.cors_allow_origins
    app.add_middleware(
        CORSMiddleware,
        allow_methods=["*"],
        allow_headers=["*"],
        allow_credentials=True,
        allow_origins=origins.split(",") if origins else [],
    )
    app.build_middleware_stack()


def page_logins() -> Iterator[tuple[str, ...]]:
    options = shared.cmd_opts
    texts = [getattr(options, name, None) or "" for name in ("gradio_auth", "auth")]
    for path in filter(
        None, (getattr(options, name, None) for name in ("gradio_auth_path", "auth_file"))
    ):
        with open(path, encoding="utf-8") as file:
            texts += file.readlines()
    for pair in ",".join(texts).replace('"', "").split(","):
        if pair.strip():
            yield tuple(pair.strip().split(":", 1))


def memory_mb() -> float:
    """The memory of this process after a garbage collection; 0 if the system does not state it."""
    if sys.platform != "linux":
        return 0.0
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def open_files() -> list[str]:
    """The open files of this process by name; none if the system does not list them."""
    numbers = os.listdir("/proc/self/fd") if os.path.isdir("/proc/self/fd") else []
    found = []
    for number in numbers:
        with contextlib.suppress(OSError):
            found.append(os.readlink(f"/proc/self/fd/{number}"))
    return sorted(found)


if __name__ == "__main__":
    main()
