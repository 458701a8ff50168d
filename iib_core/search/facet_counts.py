"""Counts of facets by name: of a few files, of the results of a large search, and of the whole
library.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import tzinfo

from iib_core.db import tag_tree
from iib_core.db.engine import Connection
from iib_core.db.search import facet_rows, stats
from iib_core.db.search.all_results import OrderedIds
from iib_core.db.search.facet_links import CATEGORIES, OTHER_MEDIA, Links, mask_of, name_tags
from iib_core.db.search.int_columns import Mask
from iib_core.search import days
from iib_core.search.criteria import And
from iib_core.search.facet_values import MAX_VALUES, Counted, by_month, by_shape, months_of

# Facets that the database keeps count of.
KEPT = (
    "model",
    "sampler",
    "lora",
    "size",
    "aspect",
    "source",
    "rating",
    "tag",
    "album",
    "date",
    "type",
)
# The facet whose values follow from those of another one.
_FROM = {"aspect": "size"}
# Facets whose values are tags, or follow from them.
_TAGGED = {*CATEGORIES, *_FROM}
# Sizes that are added up to shapes.
_SIZES = 10_000
# Files whose parameters are counted at a time.
_AT_A_TIME = 20_000


def count_few(
    conn: Connection, ids: Sequence[int], names: Sequence[str], zone: tzinfo | None
) -> dict[str, Counted]:
    """The counts of facets over a few files, from their rows."""
    found: dict[str, Counted] = {}
    if not _TAGGED.isdisjoint(names):
        found |= {
            name: Counted(counts) for name, counts in facet_rows.count_tags(conn, ids).items()
        }
        found["aspect"] = by_shape(found["size"].counts)
    if "type" in names or "rating" in names:
        found |= {
            name: Counted(counts) for name, counts in facet_rows.count_columns(conn, ids).items()
        }
    if "date" in names:
        found["date"] = by_month(facet_rows.list_quarters(conn, ids), zone)
    if "param" in names:
        found["param"] = Counted(facet_rows.count_parameters(conn, ids))
    return {name: found[name] for name in names}


def count_many(
    conn: Connection,
    results: OrderedIds,
    names: Sequence[str],
    zone: tzinfo | None,
    get_links: Callable[[str], Links],
    raise_if_dropped: Callable[[], None],
) -> Iterator[tuple[str, Counted]]:
    """The counts of each facet over many files, those first that take the least time.

    ``get_links``: the links of a facet. What ``raise_if_dropped`` raises ends it.
    """
    mask = mask_of(results.ids, 0)
    for name in sorted(names, key=("date", *KEPT, "param").index):
        raise_if_dropped()
        if name == "date":
            yield name, by_month(results.quarters, zone)
        elif name == "param":
            yield name, Counted(_count_parameters(conn, results.ids.tolist(), raise_if_dropped))
        else:
            links = get_links(_FROM.get(name, name))
            if len(mask) <= links.newest_id:
                mask = mask_of(results.ids, links.newest_id)
            counted = _by_name(conn, name, links.count(mask), len(results.ids))
            yield name, _with_families(conn, counted, links, mask) if name == "tag" else counted


def count_everything(conn: Connection, zone: tzinfo | None) -> tuple[dict[str, Counted], int]:
    """The counts of the facets in ``KEPT`` over the whole library, and its number of files."""
    by_day = days.add_up(stats.count_by_quarter(conn, And()), zone)
    by_media = {bucket.name: bucket.count for bucket in stats.count_by_media(conn, And())}
    total = sum(by_media.values())
    found = {
        "date": months_of((day.name, day.count) for day in by_day),
        "type": Counted(by_media),
        "rating": Counted(facet_rows.count_ratings(conn, total)),
    }
    for name in KEPT:
        if name not in found and name not in _FROM:
            most = _SIZES if name in _FROM.values() else MAX_VALUES
            found[name] = Counted(facet_rows.count_kept(conn, name, most))
    found["aspect"] = by_shape(found["size"].counts)
    return found, total


def _by_name(conn: Connection, name: str, counts: dict[int, int], total: int) -> Counted:
    """Counts of links by name; what has none of these values is a picture, or is without a rating."""
    rest = total - sum(counts.values())
    if name == "type":
        return Counted(
            +Counter({"image": rest, **{OTHER_MEDIA[at]: files for at, files in counts.items()}})
        )
    if name == "rating":
        return Counted(
            +Counter({"0": rest, **{str(rating): files for rating, files in counts.items()}})
        )
    names = name_tags(conn, list(counts))
    named = Counter({names[tag_id]: files for tag_id, files in counts.items() if tag_id in names})
    return by_shape(named) if name == "aspect" else Counted(dict(named.most_common(MAX_VALUES)))


def _with_families(conn: Connection, counted: Counted, links: Links, mask: Mask) -> Counted:
    """The counts of tags, of which each that has tags below it counts the files of these too."""
    below = links.count_groups(mask, tag_tree.families(conn))
    return Counted(dict((Counter(counted.counts) | Counter(below)).most_common(MAX_VALUES)))


def _count_parameters(
    conn: Connection, ids: Sequence[int], raise_if_dropped: Callable[[], None]
) -> Counter[str]:
    counts: Counter[str] = Counter()
    for start in range(0, len(ids), _AT_A_TIME):
        raise_if_dropped()
        counts.update(facet_rows.count_parameters(conn, ids[start : start + _AT_A_TIME]))
    return counts
