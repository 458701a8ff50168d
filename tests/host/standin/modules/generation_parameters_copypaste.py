"""The host's way to send between tabs, under the name that it had before 1.8."""

from paste import (
    ParamBinding,
    connect_paste_params_buttons,
    paste_fields,
    register_paste_params_button,
)

from modules.shared import cmd_opts

if "generation_parameters_copypaste" in cmd_opts.lacks:
    raise ImportError("this host has no generation_parameters_copypaste")

__all__ = [
    "ParamBinding",
    "connect_paste_params_buttons",
    "paste_fields",
    "register_paste_params_button",
]
