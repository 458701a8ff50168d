"""What the names in a criterion refer to in this database: ids of tags and folders, looked up once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from functools import cached_property

from sqlalchemy import ColumnElement, Connection, and_, func

from iib_core import paths
from iib_core.db import folders, tags
from iib_core.db.fts import fold
from iib_core.db.search.gaps import contains_gaps
from iib_core.db.sqlite import values_of
from iib_core.db.tables import image
from iib_core.db.tags import ALBUM
from iib_core.search.criteria import HasTagNamed, InFolder, InFolderNamed, Leaf


def is_named(folder: str, leaf: InFolderNamed) -> bool:
    """Whether the leaf is about files directly in a folder."""
    return _test_of(leaf)(fold(os.path.join(folder, "")))


def _test_of(leaf: InFolderNamed) -> Callable[[str], bool]:
    """Decides for the folded path of a folder, with a separator at its end."""
    part = fold(leaf.part)
    if leaf.whole:
        whole = os.path.join(part, "")
        return lambda prefix: prefix == whole or prefix.endswith(os.sep + whole)
    if leaf.gaps:
        return lambda prefix: contains_gaps(prefix, leaf.part)
    return lambda prefix: part in prefix


class Names:
    """The ids that the leaves of one criterion name.

    ``ids``: tag ids or folder ids by leaf. ``lists_all``: every result is wanted and not a page, so
    that listing the files of a tag is less work than looking up each file's tags.
    """

    def __init__(
        self, conn: Connection, ids: Mapping[Leaf, tuple[int, ...]], *, lists_all: bool
    ) -> None:
        self.conn = conn
        self.ids = ids
        self.lists_all = lists_all
        self.is_walk = False
        self._named: dict[str, list[int]] = {}

    def of_walk(self) -> Names:
        """The same for conditions of files that a walk passes."""
        names = copy(self)
        names.is_walk = True
        return names

    @property
    def album_ids(self) -> tuple[int, ...]:
        """The albums that the criterion names."""
        return tuple(
            tag_id
            for leaf, ids in self.ids.items()
            if isinstance(leaf, HasTagNamed) and leaf.category == ALBUM
            for tag_id in ids
        )

    def find_named(self, needle: str) -> list[int]:
        """The custom tags and albums whose names contain the folded needle."""
        if needle not in self._named:
            self._named[needle] = [tag_id for tag_id, _ in tags.find_given(self.conn, [needle])]
        return self._named[needle]

    @cached_property
    def _folders(self) -> folders.Prefixes:
        return folders.get_prefixes(self.conn)

    @property
    def prefixes(self) -> dict[int, str]:
        """The folder's path with a separator at its end, by folder id."""
        return self._folders.plain

    def is_everywhere(self, leaf: InFolder) -> bool:
        """Whether the folders of ``leaf`` contain the whole library."""
        return len(self.ids[leaf]) == sum(map(_is_on_disk, self.prefixes.values()))

    def folders_containing(self, leaf: InFolderNamed) -> list[int]:
        """Ids of the folders on the disk whose files the leaf is about."""
        is_meant = _test_of(leaf)
        found = [at for at, prefix in self._folders.folded.items() if is_meant(prefix)]
        return [folder_id for folder_id in found if _is_on_disk(self.prefixes[folder_id])]

    def in_folder(self, needle: str) -> list[ColumnElement[bool]]:
        """Conditions, one of which holds for every file whose path contains the folded needle,
        unless its name alone does. Only folders are compared; empty if no folder matches.
        """
        cut = needle.rfind(os.sep) + 1
        across = self._ending_with(needle[:cut]) if 0 < cut < len(needle) else []
        return [_in_folders(ids) for ids in (self._containing(needle), across) if ids]

    def in_path(self, needle: str) -> list[ColumnElement[bool]]:
        """As ``in_folder``, but exact for ASCII names: the end of a needle that begins in the
        folder's path is compared with the name.
        """
        head, separator, tail = needle.rpartition(os.sep)
        inside = self._containing(needle)
        conditions = [_in_folders(inside)] if inside else []
        across = self._ending_with(head + separator) if separator and tail else []
        if across:
            begins = func.instr(func.lower(image.c.name), tail) == 1
            conditions.append(and_(_in_folders(across), begins))
        return conditions

    def _containing(self, needle: str) -> list[int]:
        return [folder_id for folder_id, prefix in self._folders.folded.items() if needle in prefix]

    def _ending_with(self, needle: str) -> list[int]:
        return [
            folder_id
            for folder_id, prefix in self._folders.folded.items()
            if prefix.endswith(needle)
        ]


def _is_on_disk(prefix: str) -> bool:
    """Whether a folder is on a disk, of this machine or of another one."""
    return paths.is_absolute(prefix) or paths.is_elsewhere(prefix)


def _in_folders(folder_ids: Iterable[int]) -> ColumnElement[bool]:
    return image.c.folder_id.in_(values_of(folder_ids))
