"""The icons of the installed page as PNG, drawn as ``icon.svg`` draws them."""

from __future__ import annotations

import io
from collections.abc import Mapping
from functools import lru_cache

# In units of the SVG, whose edge is 32: left, top and colour of each square.
_SQUARES = ((3, 3, "#5b7cfa"), (17, 3, "#8ea4fc"), (3, 17, "#8ea4fc"), (17, 17, "#5b7cfa"))
_EDGE, _SQUARE, _RADIUS = 32, 12, 3
_GROUND = "#17191e"
# A system cuts a maskable icon into a shape of its own; the middle 80 % are always shown.
_SAFE = 0.62
# Drawn larger and made smaller, for smooth edges.
_FINER = 4


@lru_cache(maxsize=1)
def icons() -> Mapping[str, bytes]:
    """The content of each icon by its file name."""
    return {
        "icon-192.png": _draw(192, is_maskable=False),
        "icon-512.png": _draw(512, is_maskable=False),
        "icon-maskable-512.png": _draw(512, is_maskable=True),
        "icon-touch-180.png": _draw(180, is_maskable=True),
    }


def _draw(edge_px: int, *, is_maskable: bool) -> bytes:
    from PIL import Image, ImageDraw

    full = edge_px * _FINER
    picture = Image.new("RGBA", (full, full), _GROUND if is_maskable else (0, 0, 0, 0))
    pen = ImageDraw.Draw(picture)
    unit = full / _EDGE * (_SAFE if is_maskable else 1)
    margin = (full - unit * _EDGE) / 2
    for left, top, colour in _SQUARES:
        x, y = margin + left * unit, margin + top * unit
        box = (x, y, x + _SQUARE * unit, y + _SQUARE * unit)
        pen.rounded_rectangle(box, radius=_RADIUS * unit, fill=colour)
    packed = io.BytesIO()
    picture.resize((edge_px, edge_px), Image.Resampling.LANCZOS).save(packed, "PNG", optimize=True)
    return packed.getvalue()
