"""Links of the older extension's page, which agents hand to people, as addresses of ours.

``?action=view&path=/p.png`` shows one picture, ``?action=open&path=txt2img`` a folder, and
``?action=pane&type=fuzzy-search&props={"substr": "fox"}`` one of its views.
"""

from __future__ import annotations

import json
import ntpath
import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote, unquote, urlencode

# The parameters that such a link consists of; others stay in the address.
PARAMETERS = ("action", "path", "mode", "type", "props")
_PAGES = {"tag-search": "tags", "topic-search": "topics"}
_MEDIA = ("image", "video", "audio")
_MAX_TAGS = 50
_SLASH = re.compile(r"(\\.)|/", re.S)

# The term of a query for the tag of an id, "" where there is none.
TermOf = Callable[[int], str]


def find_address(
    parameters: Mapping[str, str], folders: Mapping[str, str], term_of: TermOf
) -> str | None:
    """The part of our address after ``#`` that shows what a link means; None for any other link.

    ``folders``: the host's output folders by short name.
    """
    action = parameters.get("action")
    path = parameters.get("path", "")
    if action == "view":
        return _picture(path)
    if action == "open":
        return _folder(folders.get(path) or folders.get(f"{path}s") or path, parameters.get("mode"))
    if action == "pane":
        return _pane(parameters.get("type", ""), _props(parameters.get("props", "")), term_of)
    return None


def _props(text: str) -> Mapping[str, Any]:
    """The properties of a view, which some write with one encoding more than others."""
    for attempt in (text, unquote(text)):
        try:
            props = json.loads(attempt)
        except (ValueError, RecursionError):
            continue
        return props if isinstance(props, dict) else {}
    return {}


def _pane(kind: str, props: Mapping[str, Any], term_of: TermOf) -> str | None:
    if kind == "local":
        if props.get("openPreview") and _text(props.get("targetFile")):
            return _picture(_text(props["targetFile"]))
        return _folder(_text(props.get("path")), _text(props.get("mode")))
    if kind == "fuzzy-search":
        return _search(
            _words(props), _text(props.get("searchScope")), _text(props.get("mediaType"))
        )
    if kind == "tag-search-matched-image-grid":
        chosen = props.get("selectedTagIds")
        chosen = chosen if isinstance(chosen, dict) else {}
        return _search(_tags(chosen, term_of), _text(chosen.get("folder_paths_str")))
    if kind == "img-sli":
        return _comparison(props)
    if kind == "random-image":
        return "/library?sort=random"
    if kind == "global-setting":
        return "/library"
    return f"/{_PAGES[kind]}" if kind in _PAGES else None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _picture(path: str) -> str | None:
    paths = _module(path)
    if paths is None:
        return None
    folder, name = paths.split(path)
    return f"{_folder(folder)}?{urlencode({'open': name}, quote_via=quote)}" if name else None


def _comparison(props: Mapping[str, Any]) -> str | None:
    sides = [props.get(side) for side in ("left", "right")]
    paths = [_text(side.get("fullpath")) for side in sides if isinstance(side, dict)]
    if len(paths) != 2 or _module(paths[1]) is None:
        return None
    folder = _folder(_module(paths[0]).dirname(paths[0])) if _module(paths[0]) else None
    return folder and f"{folder}?{urlencode({'compare': paths}, doseq=True, quote_via=quote)}"


def _module(path: str) -> Any:
    """What splits a path; None for a path that is not absolute."""
    if posixpath.isabs(path):
        return posixpath
    return ntpath if ntpath.splitdrive(path)[0] else None


def _folder(path: str, mode: str | None = None) -> str | None:
    if _module(path) is None:
        return None
    return f"/folder/{quote(path, safe='/:')}{'?walk=1' if mode == 'walk' else ''}"


def _search(query: str, scope: str = "", media: str = "") -> str:
    folders = [folder.strip() for folder in re.split(r"[,\n]", scope) if folder.strip()]
    if len(folders) > 1:
        query = " ".join(filter(None, (query, " OR ".join(_term("path", f) for f in folders))))
    parameters = {
        "q": query,
        "in": folders[0] if len(folders) == 1 else "",
        "media": media if media in _MEDIA else "",
    }
    text = urlencode({name: value for name, value in parameters.items() if value}, quote_via=quote)
    return f"/library?{text}" if text else "/library"


def _words(props: Mapping[str, Any]) -> str:
    text = _text(props.get("substr")).strip()
    if not text:
        return ""
    if props.get("isRegex"):
        return f"re:/{_SLASH.sub(_escape, text)}/"
    return _term("path" if props.get("pathOnly") else "", text)


def _escape(found: re.Match[str]) -> str:
    return found[1] or r"\/"


def _tags(chosen: Mapping[str, Any], term_of: TermOf) -> str:
    every, some, none = (
        _terms(chosen.get(f"{name}_tags"), term_of) for name in ("and", "or", "not")
    )
    return " ".join(
        [*every, *([" OR ".join(some)] if some else []), *(f"-{term}" for term in none)]
    )


def _terms(ids: Any, term_of: TermOf) -> Sequence[str]:
    if not isinstance(ids, list):
        return []
    numbers = [number for number in ids[:_MAX_TAGS] if type(number) is int and abs(number) < 2**63]
    return [term for term in map(term_of, numbers) if term]


def _term(field: str, value: str) -> str:
    """A term of our queries, always in quotes: what is in them has no other meaning."""
    escaped = re.sub(r'(["\\])', r"\\\1", value)
    return f'{field}:"{escaped}"' if field else f'"{escaped}"'


def term_of_tag(category: str, name: str) -> str:
    """The term that finds the files with a tag. Automatic tags are found by the field of their
    kind.
    """
    field = category if category in ("model", "lora", "sampler", "source", "album") else "tag"
    return _term(field, name)
