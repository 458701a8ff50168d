"""Renames ControlNet, ADetailer and the modules of Forge in an infotext to the names of the
vocabulary (docs/metadata.md).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from iib_core.metadata import vocabulary
from iib_core.metadata.values import as_float, as_name

_UNIT = re.compile(r"ControlNet (\d{1,2})\Z")
_PAIR = re.compile(r"(?:\A|,\s?)([A-Z][A-Za-z ]{1,30}):\s?([^,\n]{0,300})")
_DETAILER = re.compile(r"ADetailer (model|prompt|negative prompt)(?: (\d)(?:nd|rd|th))?\Z")
_MODULE = re.compile(r"Module (\d{1,2})\Z")
_HASH = re.compile(r"\s?\[[0-9a-fA-F]{6,64}\]\Z")
_STARTS = ("ControlNet", "ADetailer", "Module ", "TE", "CLIP_")


def read(parameters: Mapping[str, str]) -> dict[str, str] | None:
    """The parameters with those of the extensions renamed; None if there are none, which is usual."""
    if not any(name.startswith(_STARTS) for name in parameters):
        return None
    found: dict[str, str] = {}
    for name, value in parameters.items():
        new, text = _renamed(name, value)
        found.setdefault(new, text)
    return _old_control(found)


def _renamed(name: str, value: str) -> tuple[str, str]:
    unit = _UNIT.match(name)
    if unit:
        return _numbered("ControlNet", int(unit[1]) + 1), _control(value)
    detailer = _DETAILER.match(name)
    if detailer:
        title = {
            "model": "Detailer",
            "prompt": "Detailer prompt",
            "negative prompt": "Detailer negative prompt",
        }[detailer[1]]
        return _numbered(title, int(detailer[2] or 1)), value
    module = _MODULE.match(name)
    # Forge's modules may be text encoders or VAEs, which differ only by name.
    if module and not re.search(r"vae|ae\b|^ae[._]", value, re.IGNORECASE):
        return _numbered("Text encoder", int(module[1])), value
    return name, value


def _numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name} {number}"


def _control(value: str) -> str:
    """'Module: canny, Model: control_canny [d14c016b], Weight: 1, Guidance Start: 0' in the form of
    ``vocabulary.weighted``; any other text unchanged.
    """
    pairs = {name.lower(): text.strip() for name, text in _PAIR.findall(value)}
    model = as_name(_HASH.sub("", pairs.get("model", ""))) or as_name(pairs.get("module"))
    if not model:
        return value
    return vocabulary.weighted(
        model,
        as_float(pairs.get("weight")),
        as_float(pairs.get("guidance start")),
        as_float(pairs.get("guidance end")),
    )


def _old_control(parameters: dict[str, str]) -> dict[str, str]:
    """Combine the parameters of the first ControlNet extension, which wrote one for each value."""
    model = as_name(_HASH.sub("", parameters.get("ControlNet Model", "")))
    if not model or "ControlNet" in parameters:
        return parameters
    values = (
        as_float(parameters.pop(f"ControlNet {name}", None))
        for name in ("Weight", "Guidance Start", "Guidance End")
    )
    others = {
        name: value
        for name, value in parameters.items()
        if name not in ("ControlNet Model", "ControlNet Enabled")
    }
    return others | {"ControlNet": vocabulary.weighted(model, *values)}
