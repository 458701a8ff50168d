"""What a wheel and an sdist must hold, and that an installed ``iib`` starts.

``packages.py holds WHEEL SDIST``, ``packages.py starts IIB``; only the standard library.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import tarfile
import tempfile
import threading
import urllib.request
import zipfile

# How long a start, with the demo library, may take on a busy machine, in seconds.
START_S = 300.0
# By the end of their names; each must be there.
WHEEL = (
    "iib_core/gallery/index.html",
    "iib_core/gallery/vendor/lucide/LICENSE",
    "iib_core/gallery/vendor/photoswipe/LICENSE",
    "iib_core/gallery/vendor/preact/LICENSE-htm",
    "iib_core/gallery/vendor/preact/LICENSE-preact",
    "iib_core/skill/SKILL.md",
    "iib_core/skill/references/api.md",
    "iib_core/py.typed",
    "licenses/LICENSE",
    "dist-info/entry_points.txt",
)
SDIST = (
    "/javascript/gallery/vendor/photoswipe/LICENSE",
    "/skills/iib/SKILL.md",
    "/scripts/iib.py",
    "/install.py",
    "/preload.py",
    "/README.md",
    "/CHANGELOG.md",
    "/LICENSE",
    "/tests/conftest.py",
    "/docs/guide.md",
    "/mkdocs.yml",
)


def main(command: str, *arguments: str) -> str:
    """Why it failed, "" where it did not."""
    return holds(*arguments) if command == "holds" else starts(*arguments)


def holds(wheel: str, sdist: str) -> str:
    with zipfile.ZipFile(wheel) as file, tarfile.open(sdist) as archive:
        named = [(WHEEL, file.namelist(), wheel), (SDIST, archive.getnames(), sdist)]
    missing = [
        f"{package} lacks {end}"
        for ends, names, package in named
        for end in ends
        if not any(name.endswith(end) for name in names)
    ]
    return "; ".join(missing)


def starts(iib: str) -> str:
    """``iib demo`` makes its library, and its page and API answer."""
    with tempfile.TemporaryDirectory() as folder:
        command = [iib, "demo", "--port", "0", "--no-browser", "--data-dir", folder]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert process.stdout is not None
        # Its output ends with it, and so does the loop below.
        limit = threading.Timer(START_S, process.kill)
        limit.start()
        said = []
        try:
            for line in process.stdout:
                said.append(line)
                if ready := re.search(r"ready at (\S+)", line):
                    return ask(ready[1])
            return f"{iib} did not start: {''.join(said)}"
        finally:
            limit.cancel()
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=30)


def ask(url: str) -> str:
    with urllib.request.urlopen(f"{url}/hello", timeout=30) as answer:
        hello = json.load(answer)
    with urllib.request.urlopen(url, timeout=30) as answer:
        page = answer.read()
    return "" if hello == "hello" and b"<html" in page.lower() else f"{url} does not answer"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]) or None)
