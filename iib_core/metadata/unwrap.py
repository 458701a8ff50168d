"""Unwraps texts inside of other texts: XMP properties, and EXIF values with a name before them
("workflow:{...}").
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace

from iib_core.metadata.containers.embedded import Embedded, Text

PROPERTIES_MAX = 200

_XMP_KEYWORDS = frozenset({"XMP", "XML:com.adobe.xmp"})
_CONTAINERS = frozenset({"x", "rdf", "xml", "xmlns"})
_OPENING = re.compile(r"<([A-Za-z][\w.-]*):([A-Za-z][\w.-]*)((?:\s[^<>]*)?)>")
_ATTRIBUTE = re.compile(
    r"(?<![\w.-])([A-Za-z][\w.-]*):([A-Za-z][\w.-]*)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')"
)
_NAMED_VALUE = re.compile(
    r"\s*(workflow|prompt|parameters|generation_data)\s*:\s*(?=[{\[])", re.IGNORECASE
)
_NAME_MAX_CHARS = 64


def unwrap(embedded: Embedded) -> Embedded:
    """``embedded`` with the wrapped texts appended.

    ComfyUI writes its graphs with their names into EXIF Make, Model or ImageDescription.
    """
    found: list[Text] = []
    for text in embedded.texts:
        if text.keyword in _XMP_KEYWORDS:
            found.extend(_properties(text))
        elif text.where.startswith("Exif"):
            named = _NAMED_VALUE.match(text.value[:_NAME_MAX_CHARS])
            if named:
                found.append(
                    Text(
                        named[1].lower(), text.value[named.end() :], f"{text.where}:{text.keyword}"
                    )
                )
    return replace(embedded, texts=embedded.texts + tuple(found)) if found else embedded


def _properties(packet: Text) -> Iterator[Text]:
    """The properties of an XMP packet, from elements and from attributes.

    Without an XML parser, because packets are often truncated and entities can be bombs.
    """
    xml = packet.value
    position = 0
    for _property in range(PROPERTIES_MAX):
        opening = _OPENING.search(xml, position)
        if not opening:
            return
        position = opening.end()
        for attribute in _ATTRIBUTE.finditer(opening[3]):
            if attribute[1] not in _CONTAINERS:
                yield _property_text(attribute[1], attribute[2], attribute[3] or attribute[4] or "")
        if opening[1] in _CONTAINERS or opening[3].endswith("/"):
            continue
        end = xml.find(f"</{opening[1]}:{opening[2]}>", position)
        if end >= 0:
            yield _property_text(opening[1], opening[2], _content(xml[position:end]))
            position = end


def _property_text(prefix: str, name: str, value: str) -> Text:
    return Text(name, html.unescape(value), f"XMP:{prefix}")


def _content(inner: str) -> str:
    """The text of an element; for a list, its items, one a line."""
    items = list(_list_items(inner)) if "<rdf:li" in inner else [inner]
    return "\n".join(_without_cdata(item) for item in items)


def _list_items(inner: str) -> Iterator[str]:
    position = 0
    for _item in range(PROPERTIES_MAX):
        opening = inner.find("<rdf:li", position)
        start = inner.find(">", opening) + 1
        end = inner.find("</rdf:li>", start)
        if opening < 0 or start <= 0 or end < 0:
            return
        yield inner[start:end]
        position = end


def _without_cdata(text: str) -> str:
    bare = text.strip()
    if bare.startswith("<![CDATA[") and bare.endswith("]]>"):
        return html.escape(bare[9:-3], quote=False)
    return bare
