"""Joins the page's modules into a few files, so that a browser asks for few.

Nothing is built ahead: who changes a module reloads the page. Each module becomes a function whose
imports are constants, which is right because no module of the page exports a variable that
changes, and none imports another in a circle; ``tests/js`` holds both.

A joined file is a module itself. ``modules`` of it holds what each module in it exports, by path.
Packages of others (``vendor/``) stay files of their own.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

_IMPORT = re.compile(
    r"^import (?P<what>\{[^{}'\"]*\}|\* as \w+|\w+) from '(?P<path>\.[^']+)';$", re.M
)
_EXPORT = re.compile(r"^export (?P<word>(?:async )?function\*?|class|const) (?P<name>\w+)", re.M)
_EXPORT_DEFAULT = re.compile(r"^export default ", re.M)
_EXPORT_NOTHING = re.compile(r"^export \{\};$", re.M)
_DYNAMIC = re.compile(r"\bimport\((?P<quote>['`])(?P<path>\.[^'`]+)(?P=quote)\)")
_AWAIT = re.compile(r"^(?!\s)(?!.*\basync\b).*\bawait\b", re.M)
_TYPE = "/** @"
VENDOR = "vendor/"

# The text of each module by its path, ``without_comments``.
Sources = Mapping[str, str]


def closure(sources: Sources, entry: str) -> list[str]:
    """A module and all that it imports statically, those that are imported first."""
    order: dict[str, None] = {}

    def visit(name: str) -> None:
        for imported in static_imports(sources, name):
            if imported not in order:
                visit(imported)
        order[name] = None

    visit(entry)
    return list(order)


def static_imports(sources: Sources, name: str) -> Iterator[str]:
    """The paths of the modules that a module imports when it is loaded."""
    if not name.startswith(VENDOR):
        for found in _IMPORT.finditer(sources[name]):
            yield _resolve(name, found["path"])


def dynamic_imports(sources: Sources, name: str) -> Iterator[str]:
    """The paths of the modules that a module imports when it needs them."""
    if not name.startswith(VENDOR):
        for found in _DYNAMIC.finditer(sources[name]):
            path = _resolve(name, found["path"])
            if found["quote"] == "'" and not path.startswith(VENDOR):
                yield path


def chunks_of(
    sources: Sources, entries: Sequence[Sequence[str]], rest: str
) -> dict[str, list[str]]:
    """The modules of each chunk, in the order of their evaluation.

    entries: of each chunk its name and the modules that it is for; those that an earlier chunk has
    are not in it. ``rest``: the name of the last one, which has all that is loaded when needed.
    """
    chunks: dict[str, list[str]] = {}
    known: dict[str, None] = {}
    for chunk, *names in entries:
        found = [module for name in names for module in closure(sources, name)]
        chunks[chunk] = [module for module in dict.fromkeys(found) if module not in known]
        known.update(dict.fromkeys(found))
    chunks[rest] = []
    waiting = list(known)
    while waiting:
        for name in dynamic_imports(sources, waiting.pop(0)):
            new = [module for module in closure(sources, name) if module not in known]
            known.update(dict.fromkeys(new))
            chunks[rest] += new
            waiting += new
    return chunks


def join(sources: Sources, chunks: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """The text of each chunk, by its file name.

    chunks: the modules of each in the order of their evaluation; a chunk may use those before it,
    and load those behind it.
    """
    place = {module: chunk for chunk, modules in chunks.items() for module in modules}
    joined = {}
    before: list[str] = []
    for chunk, modules in chunks.items():
        joined[chunk] = "".join(_chunk(sources, chunk, list(modules), before, place))
        before.append(chunk)
    return joined


def _chunk(
    sources: Sources, chunk: str, modules: list[str], before: list[str], place: Mapping[str, str]
) -> Iterator[str]:
    if before:
        yield f"import {{ modules }} from './{before[-1]}';\nexport {{ modules }};\n"
    else:
        yield "export const modules = {};\n"
    for number, name in enumerate(modules):
        if name.startswith(VENDOR):
            yield f"import * as vendor{number} from './{name}';\nmodules['{name}'] = vendor{number};\n"
        else:
            yield _module(sources[name], name, chunk, place)


def _module(text: str, name: str, chunk: str, place: Mapping[str, str]) -> str:
    """A module as a call of a function that returns its exports."""
    exports: list[str] = []

    def export(found: re.Match[str]) -> str:
        exports.append(found["name"])
        return f"{found['word']} {found['name']}"

    is_async = "async " if _AWAIT.search(text) else ""
    text = _IMPORT.sub(lambda found: _constants(found, name), text)
    text = _EXPORT_NOTHING.sub("", text)
    text = _EXPORT.sub(export, text)
    if _EXPORT_DEFAULT.search(text):
        exports.append("default: $default")
        text = _EXPORT_DEFAULT.sub("const $default = ", text)
    text = _DYNAMIC.sub(lambda found: _load(found, name, chunk, place), text)
    wait = "await " if is_async else ""
    return (
        f"modules['{name}'] = {wait}({is_async}() => {{\n{text.strip()}\n"
        f"return {{ {', '.join(exports)} }};\n}})();\n"
    )


def _constants(found: re.Match[str], name: str) -> str:
    """An import as constants."""
    what = found["what"].strip()
    source = f"modules['{_resolve(name, found['path'])}']"
    if what.startswith("* as "):
        return f"const {what[5:]} = {source};"
    if what.startswith("{"):
        return f"const {re.sub(r' as ', ': ', what)} = {source};"
    return f"const {{ default: {what} }} = {source};"


def _load(found: re.Match[str], name: str, chunk: str, place: Mapping[str, str]) -> str:
    """An import at run time: of the chunk that holds the module.

    A chunk never waits for itself: it would wait for ever while it is evaluated.
    """
    path = _resolve(name, found["path"])
    if place.get(path) == chunk:
        return f"Promise.resolve(modules['{path}'])"
    if path in place:
        return f"import('./{place[path]}').then(({{ modules }}) => modules['{path}'])"
    return f"import({found['quote']}./{path}{found['quote']})"


def _resolve(name: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), path))


def without_comments(text: str) -> str:
    """A module without its comments, as far as they begin a line, and without types inside of
    lines.
    """
    kept = []
    is_inside = False
    for line in text.splitlines(keepends=True):
        code = line.strip()
        is_inside = is_inside or (code.startswith("/**") and code.find("*/") in (-1, len(code) - 2))
        if not is_inside and not code.startswith("//"):
            kept.append(_without_types(line) if _TYPE in line else line)
        is_inside = is_inside and not code.endswith("*/")
    return "".join(kept)


def _without_types(line: str) -> str:
    while (start := line.find(_TYPE)) >= 0 and (end := line.find("*/", start)) >= 0:
        line = line[:start] + line[end + 2 :]
    return line
