"""What we add to the start of a host: its thread's time in our code against that for its own page.

Needs gradio, so an environment of a host stack.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

WEBUI = Path(__file__).parents[1] / "tests" / "host" / "standin" / "webui.py"
LIMIT = 0.1


def main(arguments: Sequence[str]) -> int:
    """Print the figures.

    Returns 1 where we take a tenth of what the host's own page takes, or more; 2 without gradio.
    """
    parser = argparse.ArgumentParser(prog="python -m bench start", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args(arguments)
    if importlib.util.find_spec("gradio") is None:
        print("gradio is not installed: run this with the Python of a host stack")
        return 2
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "extensions").mkdir()
        (Path(folder) / "extensions" / "iib").symlink_to(WEBUI.parents[3], target_is_directory=True)
        _start(folder)  # writes the database and the byte code
        rounds = [_start(folder) for _ in range(options.rounds)]
    for told in rounds:
        print(
            f"ours {told['seconds'] * 1e3:.0f} ms (the host waits {told['waited'] * 1e3:.0f} ms), the "
            f"host's own page {told['own'] * 1e3:.0f} ms"
        )
    ratio = statistics.median(told["seconds"] / told["own"] for told in rounds)
    print(f"median ratio {ratio:.3f}, to stay below {LIMIT}")
    return int(ratio >= LIMIT)


def _start(folder: str) -> dict[str, Any]:
    """What a host tells of one start."""
    environ = {
        **os.environ,
        "GRADIO_ANALYTICS_ENABLED": "False",
        "HF_HUB_OFFLINE": "1",
        "PYTHONWARNINGS": "ignore",
        "NO_PROXY": "127.0.0.1,localhost",
    }
    command = [sys.executable, str(WEBUI)]
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None and process.stdin is not None
        told = next(json.loads(line[1:]) for line in process.stdout if line.startswith("@"))
        process.kill()
    return dict(told)
