"""One file may take time in proportion to its length, never more: texts, lists, nesting and numbers of nodes are doubled."""

from __future__ import annotations

import json
from typing import Any

import pytest

from iib_core.metadata import read_embedded
from iib_core.metadata.containers.embedded import Embedded, Text

from .growth import assert_linear


def _workflow(*nodes: dict[str, Any]) -> Embedded:
    document = {"nodes": [{"id": number, **node} for number, node in enumerate(nodes)], "links": [], "last_node_id": len(nodes)}
    return Embedded("png", texts=(Text("workflow", json.dumps(document), "tEXt"),))


@pytest.mark.parametrize("letters", ["A", "a.", "/", "*/", "1"])
@pytest.mark.parametrize("kind", ["LoadImage //Inspire", "Show text", "CLIPTextEncode"])
def test_a_widget_text_without_a_blank(kind: str, letters: str) -> None:
    """Nodes that load a picture keep it as base64 in one widget: 1.3 million letters without a blank."""
    assert_linear(read_embedded, lambda size: _workflow({"type": kind, "widgets_values": [letters * size, "image"]}), 4000)
