"""The host's page: its own tab, the extensions' tabs, and their JavaScript in the head."""

from __future__ import annotations

import json
import mimetypes
import os
from typing import Any

import gradio as gr
import gradio.routes
import paste

from modules import extensions, script_callbacks, ui_tempdir
from modules.paths_internal import script_path
from modules.shared import cmd_opts, is_classic, opts

ui_tempdir.install()
mimetypes.init()
mimetypes.add_type("application/javascript", ".js")
mimetypes.add_type("application/javascript", ".mjs")

_template_response = gradio.routes.templates.TemplateResponse


# What the host's own scripts offer to all scripts, and two extensions that a test may request.
_SCRIPT = """
var opts = %s;
function gradioApp() { const app = document.getElementsByTagName('gradio-app')[0];
  return app && app.shadowRoot ? app.shadowRoot : document; }
function switch_to_txt2img() { gradioApp().querySelector('#tabs').querySelectorAll('button')[0].click();
  return Array.from(arguments); }
function switch_to_img2img_tab(no) {
  gradioApp().querySelector('#tabs').querySelectorAll('button')[1].click();
  gradioApp().querySelector('#mode_img2img').querySelectorAll('button')[no].click();
}
function switch_to_img2img() { switch_to_img2img_tab(0); return Array.from(arguments); }
function switch_to_inpaint() { switch_to_img2img_tab(2); return Array.from(arguments); }
var hostKeys = [];
document.addEventListener('keydown', (event) => {
  const { key, altKey, ctrlKey, metaKey, defaultPrevented } = event;
  const own = key === 'Enter' && (ctrlKey || metaKey) ? 'generate' :
    key === 'Enter' && altKey ? 'skip' : key === 'Escape' ? 'interrupt' : '';
  hostKeys.push([key, own, defaultPrevented]);
  if (own) event.preventDefault();
});
function switch_to_control() {
  [...gradioApp().querySelectorAll('#tabs button')]
    .find((button) => button.textContent.trim() === 'Control').click();
  return Array.from(arguments);
}
var counted = [];  // which prompts were counted, and what they were then
function countPrompt(tab) {
  counted.push([tab, gradioApp().querySelector(`#${tab}_prompt textarea`).value]);
}
function recalculate_prompts_txt2img() { countPrompt('txt2img'); return Array.from(arguments); }
function recalculate_prompts_img2img() { countPrompt('img2img'); return Array.from(arguments); }
function switch_to_extras() { gradioApp().querySelector('#tabs').querySelectorAll('button')[2].click();
  return Array.from(arguments); }
"""
_KANVAS = (
    "var kanvasPictures = []; function loadFromURL(url) { kanvasPictures.push(url); } function "
    "send_to_kanvas(gallery) { return gallery.length; }"
)
_OUTPAINT = "function openoutpaint_send_image(url, name) { window.outpainted = [url, name]; }"


def create_ui() -> gr.Blocks:
    """The page with all its tabs."""
    paste.reset()
    _load_javascript()
    interfaces = [(_txt2img(), "txt2img", "txt2img"), (_img2img(), "img2img", "img2img")]
    if "extras" not in cmd_opts.lacks:
        interfaces.append((_extras(), "Extras", "extras"))
    if cmd_opts.kind == "sdnext":
        interfaces.append((_control(), "Control", "control"))
    interfaces += [*script_callbacks.fire("ui_tabs"), (_settings(), "Settings", "settings")]
    if "openoutpaint" in cmd_opts.extension:
        with gr.Blocks(analytics_enabled=False) as outpaint:
            gr.HTML("canvas")
        interfaces.append((outpaint, "openOutpaint", "openOutpaint"))
    with (
        gr.Blocks(analytics_enabled=False, title="Stable Diffusion") as demo,
        gr.Tabs(elem_id="tabs"),
    ):
        for interface, label, name in interfaces:
            with gr.TabItem(label, id=name, elem_id=f"tab_{name}"):
                interface.render()
        paste.connect_paste_params_buttons()
    return demo


# As the real one: without this gradio 4 keeps a lossy copy.
_LOSSLESS = {} if is_classic else {"format": "png"}


def _fields(tab: str) -> list[tuple[Any, str]]:
    value = None if cmd_opts.kind == "neo" else ""  # as that starts for the first time
    prompt = gr.Textbox(value, label="Prompt", interactive=True, elem_id=f"{tab}_prompt")
    return [
        (prompt, "Prompt"),
        (
            gr.Textbox(value, label="Negative prompt", elem_id=f"{tab}_neg_prompt"),
            "Negative prompt",
        ),
        (gr.Number(label="Steps", elem_id=f"{tab}_steps", value=20), "Steps"),
        (gr.Number(label="Width", elem_id=f"{tab}_width", value=512), "Size-1"),
        (gr.Number(label="Height", elem_id=f"{tab}_height", value=512), "Size-2"),
    ]


def _txt2img() -> gr.Blocks:
    with gr.Blocks(analytics_enabled=False) as tab:
        paste.add_paste_fields("txt2img", None, _fields("txt2img"))
        _controlnet("txt2img")
    return tab


def _img2img() -> gr.Blocks:
    with gr.Blocks(analytics_enabled=False) as tab:
        fields = _fields("img2img")
        pictures = {}
        with gr.Tabs(elem_id="mode_img2img"):
            for name in ("img2img", "Sketch", "Inpaint"):
                with gr.TabItem(name, id=name.lower()):
                    pictures[name] = gr.Image(
                        type="pil", **_LOSSLESS, elem_id=f"{name.lower()}_image", label=name
                    )
        paste.add_paste_fields("img2img", pictures["img2img"], fields)
        paste.add_paste_fields("inpaint", pictures["Inpaint"], fields)
        _controlnet("img2img")
    return tab


def _extras() -> gr.Blocks:
    with gr.Blocks(analytics_enabled=False) as tab:
        paste.add_paste_fields(
            "extras",
            gr.Image(type="pil", **_LOSSLESS, elem_id="extras_image", label="Source"),
            None,
        )
    return tab


def _control() -> gr.Blocks:
    """SD.Next's main tab. Its picture is gradio's, or that of an editor in the page."""
    with gr.Blocks(analytics_enabled=False) as tab:
        fields = _fields("control")
        if "kanvas" in cmd_opts.extension:
            picture = gr.HTML("<h1>Kanvas</h1>", elem_id="kanvas-container")
        else:
            picture = gr.Image(type="pil", **_LOSSLESS, elem_id="control_image")
        paste.add_paste_fields("control", picture, fields)
    return tab


def _settings() -> gr.Blocks:
    with gr.Blocks(analytics_enabled=False) as tab:
        for name, info in opts.data_labels.items():
            kind = info.component or {bool: gr.Checkbox, int: gr.Number}.get(
                type(info.default), gr.Textbox
            )
            kind(
                label=info.label,
                value=opts.data[name],
                elem_id=f"setting_{name}",
                **(info.component_args or {}),
            )
    return tab


def _controlnet(tab: str) -> None:
    """As far as others reach into it: a folded part of the tab with the picture of its first unit;
    on Forge that is folded as well, and the host's own canvas.

    In img2img it takes the tab's picture, until it is told that it has its own.
    """
    if "controlnet" not in cmd_opts.extension:
        return
    with (
        gr.Group(elem_id=f"{tab}_controlnet"),
        gr.Accordion("ControlNet", open=False, elem_id="controlnet"),
    ):
        unit = (
            gr.Group()
            if is_classic
            else gr.Accordion("Unit 0", open=False, elem_classes=["input-accordion"])
        )
        with unit:
            own = gr.Checkbox(
                label="Upload independent control image",
                elem_classes=["cnet-unit-same_img2img"],
                visible=tab == "img2img",
            )
            with gr.Group(visible=tab == "txt2img") as place:
                if is_classic:
                    gr.Image(
                        elem_id=f"{tab}_controlnet_ControlNet-0_input_image",
                        elem_classes=["cnet-image"],
                    )
                else:
                    gr.HTML(
                        '<div class="cnet-image">unit<div class="forge-container"><input type="file" '
                        'class="forge-file-upload" hidden></div></div>'
                    )
        own.change(
            fn=lambda shown: gr.update(visible=shown), inputs=[own], outputs=[place], queue=False
        )


def _load_javascript() -> None:
    script = _SCRIPT % json.dumps({"localization": getattr(opts, "localization", None)}) + (
        _OUTPAINT if "openoutpaint" in cmd_opts.extension else ""
    )
    script += _KANVAS if "kanvas" in cmd_opts.extension else ""
    tags = [f"<script>{script}</script>"]
    tags += [
        f'<script type="text/javascript" src="{_web_path(path)}"></script>'
        for path in extensions.list_javascript(".js")
    ]
    tags += [
        f'<script type="module" src="{_web_path(path)}"></script>'
        for path in extensions.list_javascript(".mjs")
    ]

    def with_tags(*args: Any, **kwargs: Any) -> Any:
        response = _template_response(*args, **kwargs)
        response.body = response.body.replace(b"</head>", "".join(tags).encode() + b"</head>")
        response.init_headers()
        return response

    gradio.routes.templates.TemplateResponse = with_tags


def _web_path(path: str) -> str:
    shown = (
        os.path.relpath(path, script_path)
        if path.startswith(script_path)
        else os.path.abspath(path)
    )
    return f"file={shown}?{os.path.getmtime(path)}"
