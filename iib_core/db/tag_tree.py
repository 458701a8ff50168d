"""Custom tags as a tree: ``character/miku`` is below ``character``, whether or not there is a tag
of that name.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, select

from iib_core.db import tags
from iib_core.db.bulk import json_ids, json_rows
from iib_core.db.fts import fold
from iib_core.db.sqlite import join_ids
from iib_core.db.tables import tag
from iib_core.errors import Conflict

SEPARATOR = "/"


@dataclass(frozen=True)
class Node:
    """A name in the tree. ``id`` is None if it is no tag itself but has some below; ``total``:
    files with it or with one below, each once.
    """

    id: int | None
    name: str
    color: str
    count: int
    total: int


def load(conn: Connection) -> list[Node]:
    """All custom tags, and the names above them that are no tags, by name."""
    wanted = families(conn)
    counts = count_families(conn, wanted)
    nodes = {
        fold(one.name): Node(one.id, one.name, one.color, one.count, one.count)
        for one in tags.list_custom(conn)
    }
    for name in wanted:
        known = nodes.get(fold(name), Node(None, name, "", 0, 0))
        nodes[fold(name)] = replace(known, total=counts[name])
    return [nodes[key] for key in sorted(nodes)]


def families(conn: Connection) -> dict[str, tuple[int, ...]]:
    """The ids of a tag and of all tags below it, by name, of each name that has tags below."""
    rows = conn.execute(
        select(tag.c.id, tag.c.name, tag.c.key).where(tag.c.type == tags.CUSTOM).order_by(tag.c.key)
    ).all()
    below: dict[str, list[int]] = defaultdict(list)
    spelled: dict[str, str] = {}
    for tag_id, name, _ in rows:
        for above in _names_above(name):
            below[fold(above)].append(tag_id)
            spelled.setdefault(fold(above), above)
    found = {}
    own = {key: (tag_id, name) for tag_id, name, key in rows}
    for key, ids in below.items():
        tag_id, name = own.get(key, (None, spelled[key]))
        found[name] = tuple(ids) if tag_id is None else (tag_id, *ids)
    return found


def _names_above(name: str) -> Iterator[str]:
    """``a`` and ``a/b`` of ``a/b/c``."""
    for position, letter in enumerate(name):
        if letter == SEPARATOR and position:
            yield name[:position]


def count_families(conn: Connection, wanted: Mapping[str, Sequence[int]]) -> Counter[str]:
    """Shown files of the whole library with a tag of a family, by the family's name."""
    names = list(wanted)
    pairs = [(number, tag_id) for number, name in enumerate(names) for tag_id in wanted[name]]
    if not pairs:
        return Counter()
    rows = conn.exec_driver_sql(
        "SELECT json_extract(x.value, '$[0]'), count(DISTINCT it.image_id) FROM json_each(?) x "
        "CROSS JOIN image_tag it ON it.tag_id = json_extract(x.value, '$[1]') "
        "CROSS JOIN image i ON i.id = it.image_id AND +i.shown = 1 GROUP BY 1",
        (json_rows(pairs),),
    )
    return Counter({names[number]: files for number, files in rows})


def count_families_of(
    conn: Connection, wanted: Mapping[str, Sequence[int]], ids: Iterable[int]
) -> Counter[str]:
    """As ``count_families``, of a few files."""
    if not wanted:
        return Counter()
    having: dict[int, set[int]] = defaultdict(set)
    for image_id, tag_id in conn.exec_driver_sql(
        f"SELECT it.image_id, it.tag_id FROM {join_ids('image_tag it', 'it.image_id')} "
        "AND it.custom = 1",
        (json_ids(ids),),
    ):
        having[tag_id].add(image_id)
    counts = {
        name: len(set().union(*(having.get(tag_id, set()) for tag_id in tag_ids)))
        for name, tag_ids in wanted.items()
    }
    return +Counter(counts)


def rename(conn: Connection, names: Mapping[int, str]) -> None:
    """Give custom tags other names, all at once: one may get the name that another one of them had.

    Raises NotFound for an id that is no custom tag, Conflict for a name that another tag has.
    """
    taken: dict[str, int] = {}
    for tag_id, name in names.items():
        tags.get_custom(conn, tag_id)
        other = tags.find_by_name(conn, tags.CUSTOM, name)
        if taken.setdefault(fold(name), tag_id) != tag_id or (other and other.id not in names):
            raise Conflict(f"The name '{name}' is taken: choose another one.")
    for tag_id in names:
        # No name that a user can give has this character.
        tags.change(conn, tag_id, name=f"\x01{tag_id}")
    for tag_id, name in names.items():
        tags.change(conn, tag_id, name=name)
