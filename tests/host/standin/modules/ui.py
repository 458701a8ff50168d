"""The host's page: its own tab, the extensions' tabs, and their JavaScript in the head."""

from __future__ import annotations

import mimetypes
import os
from typing import Any

import gradio as gr
import gradio.routes

from modules import extensions, script_callbacks
from modules.paths_internal import script_path

mimetypes.init()
mimetypes.add_type("application/javascript", ".js")
mimetypes.add_type("application/javascript", ".mjs")

_template_response = gradio.routes.templates.TemplateResponse


def create_ui() -> gr.Blocks:
    """The page with all its tabs."""
    _load_javascript()
    with gr.Blocks(analytics_enabled=False) as txt2img:
        gr.Textbox(label="Prompt", elem_id="txt2img_prompt")
    interfaces = [(txt2img, "txt2img", "txt2img"), *script_callbacks.fire("ui_tabs")]
    with gr.Blocks(analytics_enabled=False, title="Stable Diffusion") as demo, gr.Tabs(elem_id="tabs"):
        for interface, label, name in interfaces:
            with gr.TabItem(label, id=name, elem_id=f"tab_{name}"):
                interface.render()
    return demo


def _load_javascript() -> None:
    tags = [f'<script type="text/javascript" src="{_web_path(path)}"></script>' for path in extensions.list_javascript(".js")]
    tags += [f'<script type="module" src="{_web_path(path)}"></script>' for path in extensions.list_javascript(".mjs")]

    def with_tags(*args: Any, **kwargs: Any) -> Any:
        response = _template_response(*args, **kwargs)
        response.body = response.body.replace(b"</head>", "".join(tags).encode() + b"</head>")
        response.init_headers()
        return response

    gradio.routes.templates.TemplateResponse = with_tags


def _web_path(path: str) -> str:
    shown = os.path.relpath(path, script_path) if path.startswith(script_path) else os.path.abspath(path)
    return f"file={shown}?{os.path.getmtime(path)}"
