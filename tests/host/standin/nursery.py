"""Starts hosts as copies of a process that has imported gradio, because that takes longer than the
rest of a start.

Given the number of a socket. Each message is a JSON object ``{"argv", "cwd", "environ"}`` with two
files, which become the host's stdin and stdout; the answer is the host's process number. It ends
when the other end is closed.
"""

from __future__ import annotations

import json
import os
import runpy
import signal
import socket
import sys
from typing import Any

import gradio  # noqa: F401  with all that it brings, and nothing that is ours

WEBUI = os.path.join(os.path.dirname(os.path.abspath(__file__)), "webui.py")
_MOST_BYTES = 1 << 20


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # exit statuses are ignored
    order = wait_for_order(socket.socket(fileno=int(sys.argv[1])))
    if order is not None:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.chdir(order["cwd"])
        os.environ.clear()
        os.environ.update(order["environ"])
        sys.argv = [WEBUI, *order["argv"]]
        runpy.run_path(WEBUI, run_name="__main__")


def wait_for_order(orders: socket.socket) -> dict[str, Any] | None:
    """In each copy the order that it is for; here None, once there are no more."""
    with orders:
        while True:
            message, files, _, _ = socket.recv_fds(orders, _MOST_BYTES, 2)
            if not message:
                return None
            child = os.fork()
            if not child:
                os.dup2(files[0], 0)
                os.dup2(files[1], 1)
                os.dup2(files[1], 2)
            for number in files:
                os.close(number)
            if not child:
                return dict(json.loads(message))
            orders.sendall(str(child).encode())


if __name__ == "__main__":
    main()
