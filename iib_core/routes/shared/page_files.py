"""The files of the page as they are served: modules and style sheets joined, and compressed for
clients that accept it.

They are read again where they have changed, so that who works on the page only reloads it. A
program that is updated on the disk while it runs goes on with the page that belongs to it.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import logging
import os
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from iib_core import times
from iib_core.lru import LRU
from iib_core.routes.shared import page_modules

logger = logging.getLogger(__name__)

TYPES = {
    ".mjs": "text/javascript",
    ".js": "text/javascript",
    ".css": "text/css",
    ".html": "text/html",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
}
# Each file of modules, and those that it is for. A file is named as the module that it begins with,
# so that index.html names modules as they are in the source.
_CHUNKS = (("early.mjs", "early.mjs"), ("main.mjs", "app/app.mjs", "main.mjs"))
_LATER = "later.mjs"
_STYLE = "style.css"
_WORKER = "service-worker.js"
_INDEX = "index.html"
_SHEET = re.compile(r'<link rel="stylesheet" href="__STATIC__/([^"]+)">\n')
# Below this size the header costs more than the compression saves.
_LEAST_BYTES = 500
# A half of the time of level 9, with less than a hundredth more bytes.
_GZIP_LEVEL = 6
# A page that is open still asks for the files of its own build.
_KEPT_BUILDS = 4

_PACKAGE = Path(__file__).parents[2]
_FOLDERS = (_PACKAGE / "gallery", _PACKAGE.parent / "javascript" / "gallery")


@dataclass(frozen=True)
class Build:
    """The page in one state of its files.

    ``name``: a hash of all that is served. It is in every URL, so that new modules never mix with
    those of a page still open. ``index``: the document, with ``__STATIC__`` in place of the folder
    of the files. ``files``: content of each file by its path in a URL; looked up, never joined to a
    path, so that no URL leads out of it. ``packed``: the same as gzip, where that is worth it.
    ``service_worker``: the script that keeps the page in the browser; it names this build, and the
    files that are needed to begin with.
    """

    name: str
    index: str
    files: Mapping[str, bytes]
    packed: Mapping[str, bytes]
    service_worker: str


# Path, time and size of each file.
_State = frozenset[tuple[str, int, int]]


class Page:
    """The page whose files are in ``folder``, of the program in ``program``."""

    def __init__(self, folder: Path, program: Path) -> None:
        self._folder = folder
        self._program = program
        self._begun = _state(program, (".py",))
        self._lock = threading.Lock()
        self._builds: LRU[str, Build] = LRU(_KEPT_BUILDS)
        self._read: tuple[_State, Build] | None = None

    def current(self) -> Build:
        """The page as its files are now. If they cannot be joined, that is logged, and the page
        stays what it was.
        """
        with self._lock:
            state = _state(self._folder, tuple(TYPES))
            if self._read is None:
                self._read = state, self._make()
            elif state != self._read[0]:
                self._read = state, self._make_again(self._read[1])
            return self._read[1]

    def find(self, name: str) -> Build | None:
        """A build that was the current one, if it is one of the last few."""
        return self._builds.get(name)

    def _make(self) -> Build:
        made = build(read(self._folder))
        self._builds.put(made.name, made)
        return made

    def _make_again(self, before: Build) -> Build:
        if _state(self._program, (".py",)) != self._begun:
            return before
        try:
            return self._make()
        except (KeyError, OSError, UnicodeDecodeError) as exc:
            logger.warning("The files of the page cannot be joined, it stays as it was: %r", exc)
            return before


def read(folder: Path) -> dict[str, bytes]:
    """Content of each file of the page, by its path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.suffix in TYPES
    }


def build(sources: Mapping[str, bytes]) -> Build:
    """The page as it is served. Raises KeyError for a module or a sheet that is named and not there."""
    files = _join(sources)
    index = _index(sources)
    packed = {
        name: gzip.compress(content, _GZIP_LEVEL, mtime=0)
        for name, content in files.items()
        if len(content) >= _LEAST_BYTES
    }
    packed = {name: content for name, content in packed.items() if len(content) < len(files[name])}
    digest = hashlib.sha256()
    for name, content in {**files, "": index.encode(), _WORKER: sources[_WORKER]}.items():
        digest.update(b"%s\0%d\0%s" % (name.encode(), len(content), content))
    hashed = digest.hexdigest()[:12]
    kept = [name for name in files if name.endswith((".mjs", ".js", ".css"))]
    worker = sources[_WORKER].decode()
    worker = worker.replace("__BUILD__", hashed).replace("__FILES__", json.dumps(kept))
    return Build(hashed, index, files, packed, worker)


def _join(sources: Mapping[str, bytes]) -> dict[str, bytes]:
    """Content of each file that is served."""
    texts = {
        name: page_modules.without_comments(content.decode())
        for name, content in sources.items()
        if name.endswith((".mjs", ".js")) and not name.startswith(page_modules.VENDOR)
    }
    chunks = page_modules.chunks_of(texts, _CHUNKS, _LATER)
    inside = {module for modules in chunks.values() for module in modules}
    kept = {
        name: content
        for name, content in sources.items()
        if name.startswith(page_modules.VENDOR)
        or (name not in inside and name != _WORKER and not name.endswith(".css"))
    }
    joined = {name: text.encode() for name, text in page_modules.join(texts, chunks).items()}
    sheets = _SHEET.findall(sources[_INDEX].decode())
    return {**kept, **joined, _STYLE: b"\n".join(sources[name] for name in sheets)}


def _index(sources: Mapping[str, bytes]) -> str:
    """``index.html`` with one style sheet in place of those that it names."""
    html = sources[_INDEX].decode()
    first = _SHEET.search(html)
    if first is None:
        raise KeyError("index.html names no style sheet")
    one = f'<link rel="stylesheet" href="__STATIC__/{_STYLE}">\n'
    return html[: first.start()] + one + _SHEET.sub("", html[first.start() :])


def _state(folder: Path, suffixes: tuple[str, ...]) -> _State:
    """The state of the files with these suffixes, in no order."""
    return frozenset(
        (path, times.mtime_ns(status), status.st_size)
        for path, status in _walk(os.fspath(folder))
        if path.endswith(suffixes)
    )


def _walk(folder: str) -> Iterator[tuple[str, os.stat_result]]:
    """All files in or below a folder."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from _walk(entry.path)
            else:
                yield entry.path, os.stat(entry.path)


PAGE = Page(next(folder for folder in _FOLDERS if folder.is_dir()), _PACKAGE)
