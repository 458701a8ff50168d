"""``cmd_opts`` and ``opts``."""

from __future__ import annotations

import os
import sys
from types import SimpleNamespace
from typing import Any

import gradio as gr

from modules import extensions, gradio_extensions
from modules.cmd_args import parser
from modules.paths_internal import data_path

extensions.preload(parser)
cmd_opts = parser.parse_args()

is_classic = gr.__version__.startswith("3.")
if not is_classic:
    gradio_extensions.install()
if "sqlalchemy" in cmd_opts.lacks:  # a package that our install.py was not allowed to install
    sys.modules["sqlalchemy"] = None  # type: ignore[assignment]
if "event_options" in cmd_opts.lacks:
    gradio_extensions.forget_options({"js", "_js"})
_output = os.path.join(data_path, "outputs" if is_classic else "output")


def _shortened(path: str) -> str:
    """The path as the host stores it: relative to its working directory if it is below that."""
    return os.path.relpath(path) if os.path.abspath(path).startswith(os.getcwd() + os.sep) else path


class OptionInfo:
    """One setting of the host's, or of an extension's."""

    def __init__(
        self,
        default: Any = None,
        label: str = "",
        component: Any = None,
        component_args: Any = None,
        onchange: Any = None,
        section: Any = None,
    ) -> None:
        self.default, self.label, self.component, self.component_args, self.section = (
            default,
            label,
            component,
            component_args,
            section,
        )

    def needs_reload_ui(self) -> OptionInfo:
        return self


class Options:
    """The host's settings; every one is an attribute."""

    def __init__(self) -> None:
        self.data_labels: dict[str, OptionInfo] = {}
        self.data: dict[str, Any] = {
            "samples_format": "png",
            "grid_format": "png",
            "samples_filename_pattern": "",
            "save_to_dirs": True,
            "localization": "None",
            "temp_dir": "",
            "outdir_samples": "",
            "outdir_grids": "",
            "outdir_save": _shortened(os.path.join(data_path, "log", "images")),
            "outdir_init_images": _shortened(os.path.join(_output, "init-images")),
            "cloud_api_key": "sk-of-another-extension",
            "samples_format_token": "t0ken",
        }
        if cmd_opts.kind == "neo":
            self.data |= {
                "outdir_hires_samples": "",
                "outdir_videos": _shortened(os.path.join(_output, "videos")),
            }
        if cmd_opts.kind == "sdnext":
            self.data |= {
                "server_rate_limit": 300,
                "outdir_sep_dirs": "<h2>Folders</h2>",
                "outdir_control_grids": os.path.join("outputs", "grids"),
            }
            self.data |= {
                "outdir_control_samples": os.path.join("outputs", "control"),
                "outdir_video": os.path.join("outputs", "video"),
            }
        for kind in ("txt2img", "img2img", "extras"):
            self.data[f"outdir_{kind}_samples"] = _shortened(
                os.path.join(_output, f"{kind}-images")
            )
        for kind in ("txt2img", "img2img"):
            self.data[f"outdir_{kind}_grids"] = _shortened(os.path.join(_output, f"{kind}-grids"))

    def add_option(self, name: str, info: OptionInfo) -> None:
        self.data_labels[name] = info
        self.data.setdefault(name, info.default)

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["data"][name]
        except KeyError:
            raise AttributeError(name) from None


opts = Options()
for _pair in cmd_opts.set_option:
    opts.data.update([_pair.split("=", 1)])
_missing = {
    "plain": ["auth", "auth_file"],
    "neo": ["auth", "auth_file"],
    "sdnext": ["ngrok", "gradio_auth", "gradio_auth_path"],
}
for _name in [*cmd_opts.lacks, *_missing[cmd_opts.kind]]:
    vars(cmd_opts).pop(_name, None)
    opts.data.pop(_name, None)

state = SimpleNamespace()
