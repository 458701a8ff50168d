"""Names of schedulers: what programs write in their own ways is one name here, as the WebUI shows it."""

from __future__ import annotations

# As the WebUI shows them. ComfyUI and others write the same words in small letters, with underscores.
_NAMES = (
    "Automatic",
    "Uniform",
    "Karras",
    "Exponential",
    "Polyexponential",
    "SGM Uniform",
    "KL Optimal",
    "Align Your Steps",
    "Simple",
    "Normal",
    "Linear Quadratic",
    "DDIM",
    "Beta",
    "Turbo",
)
_APART = str.maketrans("", "", " _-")


def _key(text: str) -> str:
    return text.translate(_APART).lower()


_BY_KEY = {_key(name): name for name in _NAMES}
_BY_KEY |= {"ddimuniform": "DDIM", "ays": "Align Your Steps"}


def name_of(text: str) -> str:
    """ "SGM Uniform" for ``sgm_uniform``; a name that is not known, as it is."""
    return _BY_KEY.get(_key(text), text)
