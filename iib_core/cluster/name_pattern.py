"""Name patterns such as ``{date:%Y-%m-%d} {model} {n:3}``, which give the names of files by their facts."""

from __future__ import annotations

import os
import re
from datetime import tzinfo

from iib_core.cluster import folder_pattern, foldernames
from iib_core.db.organise_plans import Facts
from iib_core.errors import InvalidRequest

_MAX_CHARS, _MAX_STEM = 300, 180
_MAX_DIGITS = 9


class NamePattern:
    """A name pattern. It has the fields of a folder pattern, ``{name}`` for the present name, and
    ``{n}`` for the number of the file, ``{n:3}`` with three digits. The extension stays.
    """

    def __init__(self, text: str, zone: tzinfo | None = None) -> None:
        """Raises InvalidRequest for an invalid pattern. ``zone``: the time zone of dates."""
        self._text = text.strip()
        self._zone = zone
        if not self._text or len(text) > _MAX_CHARS or "/" in text or "\\" in text:
            raise InvalidRequest("pattern: give a name such as {date:%Y-%m-%d} {n:3}.")
        fields = folder_pattern.FIELD.sub(self._checked, self._text)
        if "{" in fields or "}" in fields:
            raise InvalidRequest("pattern: a bracket is not closed.")

    def name(self, facts: Facts, number: int) -> str:
        """The name of a file, the ``number``-th one."""
        stem, extension = os.path.splitext(os.path.basename(facts.path))

        def value(found: re.Match[str]) -> str:
            field, _, form = found[1].partition(":")
            if field == "name":
                return stem
            if field == "n":
                return str(number).zfill(int(form or 1))
            return folder_pattern.value_of(found[1], facts, self._zone)

        made = foldernames.clean(folder_pattern.FIELD.sub(value, self._text), _MAX_STEM)
        return (made or stem) + extension

    @staticmethod
    def _checked(found: re.Match[str]) -> str:
        field, _, form = found[1].partition(":")
        if field == "n" and (not form or (form.isdecimal() and 1 <= int(form) <= _MAX_DIGITS)):
            return ""
        if field != "name" or form:
            folder_pattern.require_field(found[1], more=("name", "n"))
        return ""
