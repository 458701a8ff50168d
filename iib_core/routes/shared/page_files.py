"""The files of the page as they are served: modules and style sheets joined, and compressed for
clients that accept it.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from iib_core.routes.shared import page_icons, page_modules

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
WORKER = "service-worker.js"
_SHEET = re.compile(r'<link rel="stylesheet" href="__STATIC__/([^"]+)">\n')
# Below this size the header costs more than the compression saves.
_LEAST_BYTES = 500


@lru_cache(maxsize=1)
def sources() -> dict[str, bytes]:
    """Content of each file of the page, by its path.

    Read once: a program that is updated on the disk while it runs goes on with the page that it
    started with.
    """
    package = Path(__file__).parents[2]
    folder = next(
        f for f in (package / "gallery", package.parent / "javascript" / "gallery") if f.is_dir()
    )
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.suffix in TYPES
    }


@lru_cache(maxsize=1)
def files() -> Mapping[str, bytes]:
    """Content of each file that is served, by its path in a URL.

    Looked up, never joined to a path: no URL leads out of it.
    """
    texts = {
        name: content.decode()
        for name, content in sources().items()
        if name.endswith((".mjs", ".js"))
    }
    chunks = page_modules.chunks_of(texts, _CHUNKS, _LATER)
    inside = {module for modules in chunks.values() for module in modules}
    kept = {
        name: content
        for name, content in sources().items()
        if name.startswith(page_modules.VENDOR)
        or (name not in inside and name != WORKER and not name.endswith(".css"))
    }
    joined = {name: text.encode() for name, text in page_modules.join(texts, chunks).items()}
    sheets = _SHEET.findall(sources()["index.html"].decode())
    style = b"\n".join(sources()[name] for name in sheets)
    return {**kept, **joined, **page_icons.icons(), _STYLE: style}


@lru_cache(maxsize=1)
def index() -> str:
    """``index.html`` with one style sheet in place of those that it names."""
    html = sources()["index.html"].decode()
    first = _SHEET.search(html)
    assert first is not None, "index.html names no style sheet"
    one = f'<link rel="stylesheet" href="__STATIC__/{_STYLE}">\n'
    return html[: first.start()] + one + _SHEET.sub("", html[first.start() :])


@lru_cache(maxsize=1)
def service_worker() -> str:
    """The script that keeps the page in the browser: it names this build, and the files that are
    needed to begin with.
    """
    kept = [name for name in files() if name.endswith((".mjs", ".js", ".css"))]
    script = sources()[WORKER].decode()
    return script.replace("__BUILD__", build()).replace("__FILES__", json.dumps(kept))


@lru_cache(maxsize=1)
def build() -> str:
    """A name for this state of the page's files: it is in every URL, so that new modules never mix
    with those of a page still open.
    """
    digest = hashlib.sha256()
    for name, content in sources().items():
        digest.update(b"%s\0%d\0%s" % (name.encode(), len(content), content))
    return digest.hexdigest()[:12]


@lru_cache(maxsize=64)
def compressed(name: str) -> bytes | None:
    """A file as gzip; None where that is not worth it."""
    content = files()[name]
    packed = gzip.compress(content, 9, mtime=0) if len(content) >= _LEAST_BYTES else content
    return packed if len(packed) < len(content) else None
