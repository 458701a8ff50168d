"""The time of every pattern is linear in the length of the text. Each is run as the program runs
it, over texts that are hard for it.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import itertools
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest

import iib_core
from tests.metadata.growth import assert_linear

try:
    from re import _constants as constants
    from re import _parser as parser
except ImportError:  # Python 3.10
    import sre_constants as constants
    import sre_parse as parser

pytestmark = pytest.mark.stack

SIZE = 300
METHODS = {"search", "match", "fullmatch", "findall", "finditer", "sub", "subn", "split"}
# One character of each class that patterns distinguish, and the characters that they name.
PUMPS = [
    "a",
    "A",
    "1",
    "_",
    "é",
    "漢",
    " ",
    "\n",
    "\t",
    "\0",
    *"\"'\\,:;.<>()[]{}/|*+-=`#!?%",
    ", ",
    "a ",
    " a",
    "1 ",
    "a:",
    "a,",
    '\\"',
    "a\n",
]
MOST_PREFIXES = 12
_INLINE = re.compile(rf"\bre\.(?:{'|'.join(METHODS)})\(")


class Use(NamedTuple):
    """A pattern, and the method that runs it."""

    place: str
    pattern: re.Pattern[Any]
    method: str


def _modules() -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(iib_core.__path__, "iib_core."):
        # The server for agents needs a package of its own, which no host has.
        is_left_out = (
            found.name.startswith("iib_core.mcp") and importlib.util.find_spec("mcp") is None
        )
        if ".migrations" in found.name or found.name.endswith("__main__") or is_left_out:
            continue
        yield importlib.import_module(found.name)


def _uses() -> Iterator[Use]:
    """Every use of a pattern that a module stores, and every pattern that is written inline."""
    for module in _modules():
        source = Path(str(module.__file__)).read_text(encoding="utf-8")
        for name, value in vars(module).items():
            owner = getattr(value, "__self__", None)
            if isinstance(owner, re.Pattern):
                yield Use(f"{module.__name__}.{name}", owner, value.__name__)
            elif isinstance(value, re.Pattern):
                for method in sorted(METHODS.intersection(re.findall(rf"\b{name}\.(\w+)", source))):
                    yield Use(f"{module.__name__}.{name}", value, method)
        # To parse all modules takes longer than most tests.
        calls = ast.walk(ast.parse(source)) if _INLINE.search(source) else ()
        for call in filter(_is_inline, calls):
            flags = re.IGNORECASE if "re.I" in ast.unparse(call) else 0
            yield Use(
                f"{module.__name__}:{call.lineno}",
                re.compile(call.args[0].value, flags),
                call.func.attr,
            )


def _is_inline(node: Any) -> bool:
    """Whether it is ``re.search("a pattern", ...)``."""
    is_call = (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in METHODS
    )
    return (
        is_call
        and ast.unparse(node.func).startswith("re.")
        and isinstance(node.args[0], ast.Constant)
    )


def _examples(tree: Any, groups: dict[int, str]) -> list[str]:
    """A few texts that the parsed pattern matches: one for each of its branches."""
    found = [""]
    for kind, value in tree:
        choices = _choices(kind, value, groups)
        found = [
            text + choice
            for text, choice in itertools.islice(itertools.product(found, choices), 12)
        ]
    return found


def _choices(kind: Any, value: Any, groups: dict[int, str]) -> list[str]:
    match kind:
        case constants.LITERAL:
            return [chr(value)]
        case constants.NOT_LITERAL | constants.ANY:
            return ["a"]
        case constants.IN:
            return [_member(value)]
        case constants.BRANCH:
            return [text for branch in value[1] for text in _examples(branch, groups)]
        case constants.SUBPATTERN:
            return _examples(value[-1], groups)
        case constants.MAX_REPEAT | constants.MIN_REPEAT:
            return [text * max(1, min(value[0], 40)) for text in _examples(value[2], groups)]
        case _:
            return [""]  # lookaround, the beginning, the end


def _member(items: Any) -> str:
    """A character of a set; a letter for a negated set."""
    kinds = {constants.CATEGORY_SPACE: " ", constants.CATEGORY_DIGIT: "1"}
    for kind, value in items:
        match kind:
            case constants.NEGATE:
                return "a"
            case constants.LITERAL:
                return chr(value)
            case constants.RANGE:
                return chr(value[0])
            case constants.CATEGORY:
                return kinds.get(value, "a")
    return "a"


def _shapes(pattern: re.Pattern[Any]) -> list[tuple[str, str]]:
    """(prefix, text to repeat): every beginning of a match before long runs of each class of
    characters, and the beginning itself repeated.
    """
    text = (
        pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    )
    prefixes = {
        example[:end]
        for example in _examples(parser.parse(text, pattern.flags & ~re.UNICODE), {})
        for end in range(len(example) + 1)
    }
    chosen = sorted(prefixes, key=lambda prefix: (len(prefix), prefix))
    chosen = chosen[:: -(-len(chosen) // MOST_PREFIXES)]
    runs = [(prefix, pump) for prefix in chosen for pump in PUMPS]
    return runs + [
        ("", prefix + pump) for prefix in chosen if prefix for pump in ("", " ", "\n", "a")
    ]


def _run(use: Use, text: str) -> None:
    subject: Any = (
        text if isinstance(use.pattern.pattern, str) else text.encode("latin-1", "replace")
    )
    found = getattr(use.pattern, use.method)(
        *((subject[:0], subject) if use.method.startswith("sub") else (subject,))
    )
    if use.method == "finditer":
        for _match in found:
            pass


USES = list(_uses())


def test_the_patterns_are_found() -> None:
    assert len(USES) > 90
    assert {"metadata", "search", "index", "ai", "cluster", "db", "media", "routes"} <= {
        use.place.split(".")[1] for use in USES
    }


@pytest.mark.parametrize("use", USES, ids=lambda use: f"{use.place}.{use.method}")
def test_a_pattern_is_linear(use: Use) -> None:
    for front, repeated in _shapes(use.pattern):
        for end in ("", "\0"):

            def make(
                size: int, front: str = front, repeated: str = repeated, end: str = end
            ) -> str:
                return front + (repeated * size)[:size] + end

            assert_linear(
                lambda text: _run(use, text),
                make,
                SIZE,
                f"{use.pattern.pattern!r} over {front!r} and many {repeated!r}",
            )


def test_the_texts_are_hard() -> None:
    """Patterns that are known to be slow are detected."""
    for slow in (r"\S*\.[a-z]+\Z", r"\s*,", r"x:\d*\.?\d+\)", r"<([^<>]*?)(?::([^<>]*))?>\Z"):
        with pytest.raises(AssertionError, match="s for"):
            test_a_pattern_is_linear(Use("slow", re.compile(slow), "search"))
