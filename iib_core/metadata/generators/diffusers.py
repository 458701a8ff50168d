"""Programs that use Hugging Face's diffusers: JSON with its argument names
(``num_inference_steps``) in ``parameters`` or a comment.
"""

from __future__ import annotations

from iib_core.metadata.containers.embedded import Embedded
from iib_core.metadata.generators import keyvalues
from iib_core.metadata.info import GenerationInfo
from iib_core.metadata.values import clean, load_object, place

_SPACE_KEYS = frozenset({"resolution", "use_upscaler", "Model", "style_preset", "sdxl_style"})


def parse(embedded: Embedded) -> GenerationInfo | None:
    """The JSON object. Hugging Face Spaces have names of their own for resolution and model."""
    for text in embedded.texts:
        if '"num_inference_steps"' not in text.value and '"guidance_scale"' not in text.value:
            continue
        stated = load_object(text.value)
        if stated and "prompt" in stated:
            source = "HuggingFace Space" if _SPACE_KEYS & stated.keys() else "diffusers"
            return keyvalues.info(stated, source, clean(text.value), place(embedded, text))
    return None
