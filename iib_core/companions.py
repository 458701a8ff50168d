"""Companions: files beside a picture or a video that belong to it, recognised by their names alone.

``fox.txt`` and ``fox.png.txt`` belong to ``fox.png``. ``fox.swarm.json`` and
``fox.swarmpreview.jpg`` are written by SwarmUI, beside files that cannot contain text.
"""

from __future__ import annotations

# Endings of companions whose text is read, in the order of reading.
TEXTS = (".txt", ".json", ".yaml", ".yml", ".swarm.json", ".caption", ".xmp", ".civitai.info")
_PREVIEW = ".swarmpreview"
PREVIEWS = tuple(_PREVIEW + extension for extension in (".jpg", ".webp", ".jpeg", ".png", ".gif"))
ENDINGS = TEXTS + PREVIEWS
_LONGEST_FIRST = tuple(sorted(ENDINGS, key=len, reverse=True))
# Model files: a companion of the same stem describes the model, even if there is a picture of that
# stem too.
MODELS = (".safetensors", ".ckpt", ".gguf", ".pt", ".pth", ".bin", ".sft", ".onnx")


def base(name: str) -> str | None:
    """``name`` without the ending of a companion: ``fox`` for ``fox.txt``, ``fox.png`` for
    ``fox.png.txt``.

    None if it is no name of a companion.
    """
    lowered = name.lower()
    if not lowered.endswith(ENDINGS):
        return None
    ending = next(ending for ending in _LONGEST_FIRST if lowered.endswith(ending))
    return name[: -len(ending)] or None


def is_preview(name: str) -> bool:
    """Whether a picture with this name is only the preview of another file."""
    return _PREVIEW in name and name.lower().endswith(PREVIEWS)


def is_model(name: str) -> bool:
    """Whether a file with this name is a model."""
    return name.lower().endswith(MODELS)
