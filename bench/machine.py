"""How busy the machine is that a benchmark runs on."""

from __future__ import annotations

import psutil


def load() -> str:
    """The average load of the last minute; "unknown" on a Windows whose performance counters are
    off.
    """
    try:
        return f"{psutil.getloadavg()[0]:.1f}"
    except RuntimeError:
        return "unknown"
