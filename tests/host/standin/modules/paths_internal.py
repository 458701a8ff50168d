"""Where the host and its data are."""

from __future__ import annotations

import argparse
import os

_early = argparse.ArgumentParser(add_help=False)
_early.add_argument("--data-dir", default=os.getcwd())

script_path = os.getcwd()
data_path = _early.parse_known_args()[0].data_dir
extensions_dir = os.path.join(data_path, "extensions")
