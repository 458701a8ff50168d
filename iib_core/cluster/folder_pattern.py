"""Folder patterns such as ``{date:%Y-%m}/{model}``, which give the folder of a file by its facts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo

from iib_core import times
from iib_core.cluster import foldernames
from iib_core.db.organise_plans import Facts
from iib_core.errors import InvalidRequest
from iib_core.metadata.values import tag_name

# A field of a pattern, between its brackets.
FIELD = re.compile(r"\{([^{}]*)\}")
_UNKNOWN = "Unknown"
MAX_PARTS, _MAX_CHARS = 6, 300


def _date(facts: Facts) -> str:
    return str(facts.mtime_ns)


_FIELDS: Mapping[str, Callable[[Facts], str]] = {
    "date": _date,
    "model": lambda facts: tag_name(facts.model or ""),
    "source": lambda facts: facts.source or "",
    "sampler": lambda facts: facts.sampler or "",
    "size": lambda facts: (
        f"{facts.width_px}x{facts.height_px}" if facts.width_px and facts.height_px else ""
    ),
    "media": lambda facts: facts.media,
    "tag": lambda facts: facts.tag or "",
    "rating": lambda facts: str(facts.rating) if facts.rating else "",
}
DEFAULTS = {
    "date": "{date:%Y-%m}",
    "model": "{model}",
    "source": "{source}",
    "tag": "{tag}",
    "rating": "{rating} stars",
}


class FolderPattern:
    """A folder pattern. The constructor raises InvalidRequest for an invalid one."""

    def __init__(
        self, text: str, max_chars: int = foldernames.MAX_CHARS, zone: tzinfo | None = None
    ) -> None:
        """``zone``: the time zone of dates, None for this machine's."""
        self._zone = zone
        self._parts = [part for part in re.split(r"[/\\]", text.strip()) if part.strip()]
        self._max_chars = max_chars
        if not self._parts or len(self._parts) > MAX_PARTS or len(text) > _MAX_CHARS:
            raise InvalidRequest(
                f"pattern: give 1 to {MAX_PARTS} folders such as {{date:%Y-%m}}/{{model}}."
            )
        for field in FIELD.findall(text):
            require_field(field)
        if any(sign in FIELD.sub("", part) for part in self._parts for sign in "{}"):
            raise InvalidRequest("pattern: a bracket is not closed.")

    def folder(self, facts: Facts) -> tuple[str, ...]:
        """The names of the nested folders of a file, outermost first."""
        made = (
            foldernames.clean(
                FIELD.sub(lambda found: value_of(found[1], facts, self._zone), part),
                self._max_chars,
            )
            for part in self._parts
        )
        return tuple(name or _UNKNOWN for name in made)


def has_value(field: str, facts: Facts) -> bool:
    """Whether a file has a value in this field."""
    return bool(_FIELDS[field](facts))


def require_field(field: str, more: Sequence[str] = ()) -> None:
    """Raises InvalidRequest if patterns have no such field; ``more``: names of others."""
    name, _, form = field.partition(":")
    if name not in _FIELDS or (form and name != "date"):
        known = ", ".join((*more, *_FIELDS))
        raise InvalidRequest(
            f"pattern: unknown field '{{{field[:40]}}}'. Use one of {known}; only date "
            "takes a format."
        )


def value_of(field: str, facts: Facts, zone: tzinfo | None) -> str:
    """What stands for a field, with its format after a colon."""
    name, _, form = field.partition(":")
    if name == "date":
        return _format(facts.mtime_ns, form or "%Y-%m-%d", zone)
    return _FIELDS[name](facts) or _UNKNOWN


def _format(time_ns: int, form: str, zone: tzinfo | None) -> str:
    try:
        return times.local_time(time_ns // 10**9, zone).strftime(form)
    except (
        OverflowError,
        OSError,
        ValueError,
    ):  # a date beyond the calendar, or an unsupported format
        return _UNKNOWN
