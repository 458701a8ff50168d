"""The host's way to send between tabs, under its name of today.

SD.Next keeps the name alone, for old extensions.
"""

from modules.shared import cmd_opts

if "infotext_utils" in cmd_opts.lacks:
    raise ImportError("this host has no infotext_utils")

if cmd_opts.kind != "sdnext":
    from paste import (
        ParamBinding,
        connect_paste_params_buttons,
        paste_fields,
        register_paste_params_button,
    )

    __all__ = [
        "ParamBinding",
        "connect_paste_params_buttons",
        "paste_fields",
        "register_paste_params_button",
    ]
