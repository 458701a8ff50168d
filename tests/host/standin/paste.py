"""Sending between tabs as the host does it: fields that tabs have, buttons that fill them, and the
infotext taken apart.
"""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass, field
from typing import Any

import gradio as gr
from modules.shared import cmd_opts

paste_fields: dict[str, dict[str, Any]] = {}
registered: list[ParamBinding] = []


@dataclass
class ParamBinding:
    paste_button: Any
    tabname: str
    source_text_component: Any = None
    source_image_component: Any = None
    source_tabname: str | None = None
    override_settings_component: Any = None
    paste_field_names: list[str] = field(default_factory=list)


def reset() -> None:
    paste_fields.clear()
    registered.clear()


def add_paste_fields(
    tabname: str,
    init_img: Any,
    fields: list[tuple[Any, str]] | None,
    override_settings_component: Any = None,
) -> None:
    paste_fields[tabname] = {
        "init_img": init_img,
        "fields": fields,
        "override_settings_component": override_settings_component,
    }


def register_paste_params_button(binding: ParamBinding) -> None:
    registered.append(binding)


def connect_paste_params_buttons() -> None:
    """A binding for a tab that is not there raises, which ends the host's page: so it does in the
    real one.

    Without gradio's queue, which the real one has here: the proxy of a test relays no web sockets.
    """
    for binding in registered:
        destination, fields = (
            paste_fields[binding.tabname]["init_img"],
            paste_fields[binding.tabname]["fields"],
        )
        click = binding.paste_button.click
        js = "_js" if "_js" in inspect.signature(click).parameters else "js"
        if binding.source_image_component and isinstance(destination, gr.HTML):
            click(
                fn=None,
                inputs=[binding.source_image_component],
                outputs=[],
                **{js: "send_to_kanvas"},
            )
        elif binding.source_image_component and destination:
            sizes = [component for component, name in fields or () if name.startswith("Size-")]
            click(
                fn=_with_size if sizes else lambda image: image,
                inputs=[binding.source_image_component],
                outputs=[destination, *sizes],
                queue=False,
            )
        if binding.source_text_component is not None and fields is not None:
            pasted = click(
                fn=lambda text, fields=fields: _values(text, fields),
                inputs=[binding.source_text_component],
                outputs=[component for component, _ in fields],
                queue=False,
            )
            count = pasted.then if cmd_opts.kind == "neo" else click
            count(fn=None, **{js: f"recalculate_prompts_{binding.tabname}"})
        click(fn=None, **{js: f"switch_to_{binding.tabname}"})


def _with_size(image: Any) -> tuple[Any, ...]:
    return (image, *(image.size if image else (gr.update(), gr.update())))


def _values(text: str, fields: list[tuple[Any, str]]) -> Any:
    if "checkpoint" in cmd_opts.lacks:
        raise TypeError(
            "argument of type 'NoneType' is not iterable"
        )  # as the real ones, where no checkpoint is
    if not text:
        text = "the last generation's prompt\nNegative prompt: none\nSteps: 99, Size: 64x64"
    head, _, line = text.rpartition("\n")
    prompt, _, negative = head.partition("\nNegative prompt: ")
    size = re.search(r"Size: (\d+)x(\d+)", line)
    steps = re.search(r"Steps: (\d+)", line)
    found: dict[str, Any] = {"Prompt": prompt, "Negative prompt": negative}
    found |= {"Steps": int(steps[1])} if steps else {}
    found |= {"Size-1": int(size[1]), "Size-2": int(size[2])} if size else {}
    # A value gets the type of the one that its field started with: none without that.
    values = [
        gr.update() if component.value is None else found.get(name, gr.update())
        for component, name in fields
    ]
    return values if len(values) > 1 else values[0]
