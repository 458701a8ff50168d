"""The host's own flags, as far as they have to do with who can reach it."""

from __future__ import annotations

import argparse

from modules.paths_internal import data_path

parser = argparse.ArgumentParser()
parser.add_argument("--data-dir", default=data_path)
parser.add_argument("--gradio-allowed-path", action="append", default=[data_path])
parser.add_argument("--cors-allow-origins")
for _name in (
    "server-name",
    "ngrok",
    "gradio-auth",
    "gradio-auth-path",
    "api-auth",
    "auth",
    "auth-file",
    "subpath",
):
    parser.add_argument(f"--{_name}", default=None)
for _name in ("share", "listen", "api", "nowebui"):
    parser.add_argument(f"--{_name}", action="store_true")
parser.add_argument("--port", type=int)

# Of the stand-in alone: attributes that this host lacks, and options that its user has set.
parser.add_argument(
    "--kind",
    choices=["plain", "neo", "sdnext"],
    default="plain",
    help="a fork with options, folders and limits of its own",
)
parser.add_argument("--lacks", action="append", default=[])
parser.add_argument("--set-option", action="append", default=[], metavar="NAME=VALUE")
parser.add_argument(
    "--mounted",
    action="store_true",
    help="a server of somebody else's has the host's app, below --subpath",
)
parser.add_argument(
    "--extension",
    action="append",
    default=[],
    help="another extension that is installed: controlnet, openoutpaint, kanvas",
)
