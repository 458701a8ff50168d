"""Groups of duplicates as they are shown: what differs, as the files are now."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

from iib_core.access import Access
from iib_core.db import duplicates
from iib_core.db.duplicates import File
from iib_core.db.engine import Database
from iib_core.look.groups import KINDS, Group, Member
from iib_core.paths import from_text

KEEPER = "keeper"


@dataclass(frozen=True)
class Shown:
    """A file of a group; ``same_file_as``: the path of another name of this very file, or ""."""

    file: File
    kind: str
    distance: int | None
    same_file_as: str = ""


@dataclass(frozen=True)
class ShownGroup:
    """Files of a group, the one to keep first, and what is not the same in all of them."""

    kind: str
    files: tuple[Shown, ...]
    differs: tuple[str, ...]

    @property
    def bytes_to_free(self) -> int:
        """What deleting all but the one to keep would free; another name of a file frees nothing."""
        return sum(shown.file.size_bytes for shown in self.files[1:] if not shown.same_file_as)


def describe(db: Database, access: Access, groups: Sequence[Group]) -> list[ShownGroup]:
    """Groups without the files that are gone, or that a client may not see; those of fewer than two
    files are left out.
    """
    ids = [
        member
        for group in groups
        for member in (group.keeper, *(one.image_id for one in group.others))
    ]
    with db.read() as conn:
        files = duplicates.describe(conn, ids)
    visible = {
        image_id: file for image_id, file in files.items() if access.allows(from_text(file.path))
    }
    described = (_describe(group, visible) for group in groups)
    return [group for group in described if group is not None]


def _describe(group: Group, files: dict[int, File]) -> ShownGroup | None:
    members = [Member(group.keeper, KEEPER, 0), *group.others]
    shown = [
        Shown(files[one.image_id], one.kind, one.distance)
        for one in members
        if one.image_id in files
    ]
    if len(shown) < 2 or shown[0].kind != KEEPER:
        return None
    shown = _name_links(shown)
    kind = max((one.kind for one in shown[1:]), key=KINDS.index)
    return ShownGroup(kind, tuple(shown), _differences([one.file for one in shown]))


def _name_links(shown: Sequence[Shown]) -> list[Shown]:
    """The same, and which are names of a file that stands in front of them."""
    seen: dict[tuple[int, int], str] = {}
    named = []
    for one in shown:
        try:
            status = os.stat(from_text(one.file.path))
        except OSError:
            named.append(one)
            continue
        key = (status.st_dev, status.st_ino)
        named.append(replace(one, same_file_as=seen.get(key, "")))
        seen.setdefault(key, one.file.path)
    return named


def _differences(files: Sequence[File]) -> tuple[str, ...]:
    """Names of what is not the same in all files."""
    facts = {
        "size": lambda file: file.size_bytes,
        "pixels": lambda file: (file.width_px, file.height_px),
        "format": lambda file: extension(file.path),
        "date": lambda file: file.mtime_ns,
        "folder": lambda file: os.path.dirname(file.path),
        "metadata": lambda file: (file.fields, file.text_chars),
        "rating": lambda file: file.rating,
        "tags": lambda file: file.tags,
        "albums": lambda file: file.albums,
    }
    return tuple(name for name, fact in facts.items() if len(set(map(fact, files))) > 1)


def extension(path: str) -> str:
    """The format of a file as its name tells, in lower case without a dot."""
    return os.path.splitext(path)[1].lower().lstrip(".")
