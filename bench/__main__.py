"""``python -m bench NAME [options]``: run one benchmark."""

from __future__ import annotations

import importlib
import sys

# Name on the command line -> module with a ``main(arguments) -> int``; imported only when it is
# asked for.
BENCHMARKS = {
    "ai": "bench.ai",
    "all": "bench.all",
    "facets": "bench.facets",
    "index": "bench.index",
    "files": "bench.files",
    "kills": "bench.kills",
    "load": "bench.load",
    "look": "bench.look",
    "marks": "bench.marks",
    "meaning": "bench.meaning",
    "media": "bench.media",
    "metadata": "bench.metadata",
    "page": "bench.page",
    "rivals": "bench.rivals",
    "search": "bench.search",
    "servers": "bench.servers",
    "sizes": "bench.sizes",
    "start": "bench.start",
    "store": "bench.store",
}


def main(arguments: list[str]) -> int:
    """Run the benchmark that is named first; the rest is its own. Returns the exit code."""
    if not arguments or arguments[0] not in BENCHMARKS:
        print(
            f"usage: python -m bench {{{','.join(sorted(BENCHMARKS))}}} [options]", file=sys.stderr
        )
        return 2
    module = importlib.import_module(BENCHMARKS[arguments[0]])
    return int(module.main(arguments[1:]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
