"""The icons of the installed page as PNG, drawn as ``icon.svg`` draws them."""

from __future__ import annotations

import io
from functools import lru_cache

# In units of the SVG, whose edge is 32: left, top and colour of each square.
_SQUARES = ((3, 3, "#5b7cfa"), (17, 3, "#8ea4fc"), (3, 17, "#8ea4fc"), (17, 17, "#5b7cfa"))
_EDGE, _SQUARE, _RADIUS = 32, 12, 3
_GROUND = "#17191e"
# A system cuts a maskable icon into a shape of its own; the middle 80 % are always shown.
_SAFE = 0.62
# Drawn larger and made smaller, for smooth edges.
_FINER = 4


# By file name: the edge in pixels, and whether the icon is maskable.
_ICONS = {
    "icon-192.png": (192, False),
    "icon-512.png": (512, False),
    "icon-maskable-512.png": (512, True),
    "icon-touch-180.png": (180, True),
}


@lru_cache(maxsize=len(_ICONS))
def find(name: str) -> bytes | None:
    """The content of an icon by its file name; drawn when it is asked for, because few browsers do."""
    if name not in _ICONS:
        return None
    edge_px, is_maskable = _ICONS[name]
    return _draw(edge_px, is_maskable=is_maskable)


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
