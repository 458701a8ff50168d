"""The options of an organise plan."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo

from iib_core.cluster import foldernames, grouping
from iib_core.cluster.folder_pattern import DEFAULTS, FolderPattern
from iib_core.cluster.topic_options import TopicOptions
from iib_core.errors import InvalidRequest
from iib_core.paths import DiskPath

THEME = "theme"
BY = (THEME, "date", "model", "source", "tag", "rating")
ACTIONS = ("move", "copy")
HANDLE_NOISE = ("skip", "unsorted", "leave")
_MAX_NAME_CHARS = 200


@dataclass(frozen=True)
class OrganiseOptions:
    """How to sort files into folders.

    ``topics``: the scope, and how topics are found if ``by`` is theme; ``dest``: a resolved folder,
    which need not exist; ``zone``: the time zone of dates in a pattern, None for this machine's.
    """

    topics: TopicOptions
    dest: DiskPath
    by: str = THEME
    pattern: str = ""
    folder_naming: str = "title"
    action: str = "move"
    handle_noise: str = "unsorted"
    noise_folder_name: str = "Unsorted"
    max_chars: int = foldernames.MAX_CHARS
    zone: tzinfo | None = None

    def validate(self) -> FolderPattern | None:
        """The folder pattern, None if ``by`` is theme. Raises InvalidRequest for invalid options."""
        choices = (
            ("by", self.by, BY),
            ("folder_naming", self.folder_naming, grouping.NAMINGS),
            ("action", self.action, ACTIONS),
            ("handle_noise", self.handle_noise, HANDLE_NOISE),
        )
        for name, value, allowed in choices:
            if value not in allowed:
                raise InvalidRequest(f"{name}: use one of {', '.join(allowed)}.")
        if not 1 <= self.max_chars <= _MAX_NAME_CHARS:
            raise InvalidRequest(
                f"max_folder_name_length: give a number from 1 to {_MAX_NAME_CHARS}."
            )
        if not foldernames.clean(self.noise_folder_name, self.max_chars):
            raise InvalidRequest("noise_folder_name: give a name that a folder can have.")
        self.topics.validate()
        if self.by == THEME:
            return None
        return FolderPattern(self.pattern or DEFAULTS[self.by], self.max_chars, self.zone)
