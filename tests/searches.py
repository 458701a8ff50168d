"""How hard tests search for faults: by examples that are drawn, and by kills."""

from __future__ import annotations

import os

# In a stage beside one that searches the same code with all of them.
IS_BRIEF = bool(os.environ.get("IIB_BRIEF"))


def rounds(number: int) -> int:
    """``number`` of examples or kills; in brief a fifth of them, but at least two."""
    return max(2, number // 5) if IS_BRIEF else number
