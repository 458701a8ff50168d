"""Where the host keeps the pictures that its components show: in a folder of its settings, which it
expects to be there.
"""

from __future__ import annotations

import tempfile
from typing import Any

import gradio as gr
from PIL import Image

from modules.shared import opts


def install() -> None:
    """Change gradio for this process."""
    original = gr.Image.postprocess

    def postprocess(self: Any, value: Any) -> Any:
        if opts.temp_dir and isinstance(value, Image.Image):
            with tempfile.NamedTemporaryFile(suffix=".png", dir=opts.temp_dir) as file:
                value.save(file)
        return original(self, value)

    gr.Image.postprocess = postprocess
