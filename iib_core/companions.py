"""Companions: files beside a picture or a video that belong to it, told by their names alone. The one list
of them.

``fox.txt`` and ``fox.png.txt`` belong to ``fox.png``; ``fox.swarm.json`` and ``fox.swarmpreview.jpg`` are
SwarmUI's, beside files that hold no text.
"""

from __future__ import annotations

# Endings of those that are read, in the order in which they are asked.
TEXTS = (".txt", ".json", ".yaml", ".yml", ".swarm.json", ".caption", ".xmp", ".civitai.info")
_PREVIEW = ".swarmpreview"
PREVIEWS = tuple(_PREVIEW + extension for extension in (".jpg", ".webp", ".jpeg", ".png", ".gif"))
ENDINGS = TEXTS + PREVIEWS
_LONGEST_FIRST = tuple(sorted(ENDINGS, key=len, reverse=True))
# Files of models: what stands beside one under its name tells of the model, also where a picture of it
# stands there too.
MODELS = (".safetensors", ".ckpt", ".gguf", ".pt", ".pth", ".bin", ".sft", ".onnx")


def base(name: str) -> str | None:
    """``name`` without the ending of a companion: ``fox`` for ``fox.txt``, ``fox.png`` for ``fox.png.txt``;
    None for what is none.
    """
    lowered = name.lower()
    if not lowered.endswith(ENDINGS):
        return None
    ending = next(ending for ending in _LONGEST_FIRST if lowered.endswith(ending))
    return name[: -len(ending)] or None


def is_preview(name: str) -> bool:
    """Whether a picture of that name is the preview of another file, and none of its own."""
    return _PREVIEW in name and name.lower().endswith(PREVIEWS)


def is_model(name: str) -> bool:
    """Whether a file of that name holds a model."""
    return name.lower().endswith(MODELS)
