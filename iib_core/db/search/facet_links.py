"""Which file has which value of a facet, as arrays, so that the results of any search are counted
by a mask: a million files take some milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Select, literal_column, select

from iib_core.db.search.criteria_sql import SHOWN_UNINDEXED
from iib_core.db.search.int_columns import Ints, Mask, read_columns
from iib_core.db.sqlite import values_of
from iib_core.db.tables import image, tag, tagged_image

# Facets of which each value is a tag -> the category of these tags.
CATEGORIES: Mapping[str, str] = {
    "model": "model",
    "sampler": "sampler",
    "lora": "lora",
    "size": "size",
    "source": "source",
    "tag": "custom",
    "album": "album",
}
# The media types that are no picture, of which a library has few, as they are numbered in links.
OTHER_MEDIA = ("video", "audio")


@dataclass(frozen=True)
class Links:
    """``ids[i]`` has the value ``values[i]``; a file may have several values, each once."""

    ids: NDArray[np.int32]
    values: NDArray[np.int32]

    @cached_property
    def newest_id(self) -> int:
        """The highest id."""
        return int(self.ids.max(initial=0))

    def count(self, is_result: Mask) -> dict[int, int]:
        """The number of results by value. ``is_result``: by id, with an entry for each of ``ids``."""
        counts = np.bincount(self.values[is_result[self.ids]])
        present = np.flatnonzero(counts)
        return dict(zip(present.tolist(), counts[present].tolist()))

    def count_groups(self, is_result: Mask, groups: Mapping[str, Sequence[int]]) -> dict[str, int]:
        """The number of results with a value of a group, each result once; groups without any are
        left out.
        """
        wanted = np.array(sorted({value for group in groups.values() for value in group}))
        chosen = is_result[self.ids] & np.isin(self.values, wanted)
        ids, values = self.ids[chosen], self.values[chosen]
        counts = {
            name: len(np.unique(ids[np.isin(values, group)])) for name, group in groups.items()
        }
        return {name: files for name, files in counts.items() if files}


def mask_of(ids: Ints, newest_id: int) -> Mask:
    """Whether an id is one of ``ids``, by id up to ``newest_id`` at least."""
    mask = np.zeros(max(newest_id, int(ids.max(initial=0))) + 1, dtype=bool)
    mask[ids] = True
    return mask


def read_links(conn: Connection, facet: str) -> Links:
    """The values of a facet of ``CATEGORIES`` (ids of tags), of ``rating`` or of ``type``
    (positions in ``OTHER_MEDIA``) for all files that have one.
    """
    if facet == "rating":
        return _read(conn, select(image.c.id, image.c.rating).where(image.c.rating.is_not(None)))
    if facet == "type":
        return _join([_read_media(conn, number) for number in range(len(OTHER_MEDIA))])
    wanted = select(tag.c.id).where(tag.c.category == CATEGORIES[facet])
    tagged = select(tagged_image.c.image_id, tagged_image.c.tag_id)
    return _read(conn, tagged.where(tagged_image.c.tag_id.in_(wanted)))


def name_tags(conn: Connection, tag_ids: Sequence[int]) -> dict[int, str]:
    """The names of tags, by id."""
    rows = conn.execute(select(tag.c.id, tag.c.name).where(tag.c.id.in_(values_of(tag_ids))))
    return {row[0]: row[1] for row in rows}


def _read_media(conn: Connection, number: int) -> Links:
    # The second condition is that of the partial index of videos and audio.
    query = select(image.c.id).where(
        image.c.media == OTHER_MEDIA[number],
        image.c.media != literal_column("'image'"),
        SHOWN_UNINDEXED,
    )
    ids = read_columns(conn, query)[0].astype(np.int32)
    return Links(ids, np.full(len(ids), number, dtype=np.int32))


def _read(conn: Connection, query: Select[Any]) -> Links:
    ids, values = read_columns(conn, query)
    return Links(ids.astype(np.int32), values.astype(np.int32))


def _join(parts: Sequence[Links]) -> Links:
    return Links(
        np.concatenate([part.ids for part in parts]),
        np.concatenate([part.values for part in parts]),
    )
