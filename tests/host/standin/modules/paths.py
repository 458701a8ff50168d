"""How SD.Next makes the folder of an output from a base folder and one of its own; the other hosts
take the base folder where it is set.
"""

from __future__ import annotations

import os

from modules.shared import cmd_opts

if cmd_opts.kind == "sdnext":

    def resolve_output_path(base_path: str, specific_path: str) -> str:
        if not specific_path or not base_path or os.path.isabs(specific_path):
            return specific_path or base_path or ""
        return os.path.normpath(os.path.join(base_path, specific_path))
