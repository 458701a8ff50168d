"""Lists of the changes that one user made."""

from __future__ import annotations

from typing import Optional

from iib_core.actor import validate_name

BY_USER = "Only what the user of this name did; empty for what has no name"


def chosen_name(user: Optional[str]) -> Optional[str]:
    """The parameter ``user`` as a name. Raises InvalidRequest if it cannot be one."""
    return None if user is None else validate_name(user)
