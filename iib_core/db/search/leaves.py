"""The table of criteria: how each class is decided. A new criterion is one entry here.

And, Or and Not have no entries: they combine what their items mean, by ``criteria.interpret``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    exists,
    false,
    func,
    literal_column,
    or_,
    select,
    true,
)

from iib_core.db import folders, tag_tree, tags
from iib_core.db.fts import fold
from iib_core.db.search.copies_sql import has_copy, images_with_copy
from iib_core.db.search.gaps import matches_gaps
from iib_core.db.search.judgements_sql import (
    find_machine_tags,
    has_machine_tag,
    has_score,
    images_with_machine_tag,
    images_with_score,
)
from iib_core.db.search.names import Names
from iib_core.db.search.number_ranges import between
from iib_core.db.search.parameters_sql import find_names, has_parameter, images_with_parameter
from iib_core.db.search.stack_links import images_in_stack, in_stack
from iib_core.db.search.text_predicates import (
    Predicate,
    contains_in_order,
    has_parts,
    has_text,
    matches,
)
from iib_core.db.search.text_sql import (
    Bounds,
    Needle,
    bounds_of_parts,
    bounds_of_pattern,
    bounds_of_text,
    has_named,
    needles_of_parts,
    needles_of_pattern,
    needles_of_text,
    shared_of_text,
)
from iib_core.db.sqlite import ids_in, is_one_of, row_by_row, unindexed, values_of
from iib_core.db.tables import image, image_tag, image_text, tag, tagged_image, text_tag
from iib_core.db.tags import ALBUM
from iib_core.errors import InvalidRequest
from iib_core.search.criteria import (
    BeginsWith,
    Between,
    Criterion,
    EndsWith,
    HasExactCopy,
    HasMachineTag,
    HasParameter,
    HasParts,
    HasScore,
    HasTag,
    HasTagNamed,
    HasText,
    InFolder,
    InFolderNamed,
    InStack,
    IsMedia,
    IsMissing,
    Leaf,
    Matches,
    Shows,
    leaves,
)

_TEXTS: Mapping[str, ColumnElement[Any]] = {"model_hash": image.c.model_hash}


@dataclass(frozen=True)
class SqlLeaf:
    """A criterion that SQL decides.

    ``sql``: its exact condition. ``look_up``: the ids of the tags or folders that it names.
    ``image_ids``: its files as a query of ids, where an index lists them; masks are made from it.
    """

    sql: Callable[[Names, Any], ColumnElement[bool]]
    look_up: Callable[[Connection, Any], Iterable[int]] | None = None
    image_ids: Callable[[Names, Any], Select[Any]] | None = None


@dataclass(frozen=True)
class TextLeaf:
    """A criterion that is decided on the text.

    ``needles``: what the text must contain, for the text index. ``bounds``: what SQL knows of files
    whose text is ASCII. ``predicate``: decides one file in Python. ``sql``: a condition that
    satisfies the criterion too, whatever the text; ``look_up`` as in SqlLeaf. ``shared``: when a
    text that files share decides it for all of them.
    """

    needles: Callable[[Any], list[Needle]]
    bounds: Callable[[Names, Any], Bounds]
    predicate: Callable[[Any], Predicate]
    sql: Callable[[Names, Any], ColumnElement[bool]] | None = None
    look_up: Callable[[Connection, Any], Iterable[int]] | None = None
    shared: Callable[[Any], ColumnElement[bool] | None] | None = None


def look_up(conn: Connection, criterion: Criterion, *, lists_all: bool = False) -> Names:
    """The names of a criterion; ``lists_all`` as in ``Names``."""
    ids: dict[Leaf, tuple[int, ...]] = {}
    for leaf in leaves(criterion):
        entry = LEAVES[type(leaf)]
        if entry.look_up is not None:
            ids[leaf] = tuple(entry.look_up(conn, leaf))
    return Names(conn, ids, lists_all=lists_all)


def exact_sql(names: Names, leaf: Leaf) -> ColumnElement[bool]:
    """The condition of a leaf that SQL decides, or the part of it that SQL does."""
    entry = LEAVES[type(leaf)]
    assert entry.sql is not None
    return entry.sql(names, leaf)


def is_text(leaf: Leaf) -> bool:
    """Whether a leaf is decided on the text and not by SQL."""
    return isinstance(LEAVES[type(leaf)], TextLeaf)


def has_tag(
    tag_ids: Iterable[int], mtime_ns: ColumnElement[int], image_id: ColumnElement[int]
) -> ColumnElement[bool]:
    """Whether the image of these columns has one of the tags."""
    its_text, of_text = image_text.alias(), text_tag.alias()
    by_text = select(of_text.c.tag_id).where(
        its_text.c.image_id == image_id,
        is_one_of(of_text.c.tag_id, tag_ids),
        of_text.c.quarter == its_text.c.quarter,
        of_text.c.text_id == its_text.c.text_id,
    )
    by_text = by_text.correlate(image_id.table)
    return or_(exists(by_text), _has_tag_itself(tag_ids, mtime_ns, image_id))


def has_tag_by_row(
    tag_ids: Iterable[int], mtime_ns: ColumnElement[int], image_id: ColumnElement[int]
) -> ColumnElement[bool]:
    """As ``has_tag``, for a walk."""
    return row_by_row(has_tag(tag_ids, mtime_ns, image_id), image_id.table)


def has_tag_beside(tag_ids: Iterable[int]) -> ColumnElement[bool]:
    """As ``has_tag``, for the rows of ``text_tag`` that a query walks, and of their images."""
    other = text_tag.alias()
    by_text = select(other.c.tag_id).where(
        is_one_of(other.c.tag_id, tag_ids),
        other.c.quarter == text_tag.c.quarter,
        other.c.text_id == text_tag.c.text_id,
    )
    by_text = by_text.correlate(text_tag)
    own = _has_tag_itself(tag_ids, image.c.mtime_ns, image.c.id)
    return row_by_row(or_(exists(by_text), own), text_tag, image)


def _has_tag_itself(
    tag_ids: Iterable[int], mtime_ns: ColumnElement[int], image_id: ColumnElement[int]
) -> ColumnElement[bool]:
    own = image_tag.alias()
    by_image = select(own.c.tag_id).where(
        is_one_of(own.c.tag_id, tag_ids),
        own.c.mtime_ns == mtime_ns,
        own.c.image_id == image_id,
    )
    return exists(by_image.correlate(image_id.table))


def in_tags(tag_ids: Iterable[int]) -> ColumnElement[bool]:
    """As ``has_tag``, from the list of the tags' images: for few images, and to drive an index."""
    return image.c.id.in_(images_with(tag_ids))


def images_with(tag_ids: Iterable[int]) -> Select[Any]:
    """The ids of images with one of the tags, as a query."""
    return select(tagged_image.c.image_id).where(tagged_image.c.tag_id.in_(values_of(tag_ids)))


def _tags(names: Names, leaf: HasTag | HasTagNamed) -> ColumnElement[bool]:
    tag_ids = names.ids[leaf]
    if names.lists_all:
        return in_tags(tag_ids)
    has = has_tag_by_row if names.is_walk else has_tag
    return has(tag_ids, image.c.mtime_ns, image.c.id)


def _find_tags(conn: Connection, leaf: HasTagNamed) -> list[int]:
    query = select(tag.c.id).where(_is_named(leaf))
    query = query.where(tag.c.category == leaf.category if leaf.category else tag.c.type != ALBUM)
    return list(conn.execute(query.order_by(tag.c.id)).scalars())


def _is_named(leaf: HasTagNamed) -> ColumnElement[bool]:
    key = fold(leaf.name)
    if leaf.below:
        above = f"{key}{tag_tree.SEPARATOR}"
        is_below = (
            matches_gaps(tag.c.key, f"{above}*", part=False)
            if leaf.gaps
            else func.substr(tag.c.key, 1, len(above)) == above
        )
        return or_(_is_named(replace(leaf, below=False)), and_(tag.c.type == tags.CUSTOM, is_below))
    if leaf.gaps:
        return matches_gaps(tag.c.key, leaf.name, part=leaf.part)
    return func.instr(tag.c.key, key) > 0 if leaf.part else tag.c.key == key


def _find_named(conn: Connection, leaf: HasText | HasParts) -> list[int]:
    """The custom tags and albums that the leaf names, if it is about words."""
    if leaf.field != "words":
        return []
    parts = list(map(fold, [leaf.sought] if isinstance(leaf, HasText) else leaf.parts))
    named = tags.find_given(conn, parts)
    return [tag_id for tag_id, key in named if len(parts) == 1 or contains_in_order(key, parts)]


def _folders(names: Names, leaf: InFolder) -> ColumnElement[bool]:
    if names.is_everywhere(leaf):
        return true()
    return unindexed(image.c.folder_id).in_(values_of(names.ids[leaf]))


def _media(_: Names, leaf: IsMedia) -> ColumnElement[bool]:
    condition = image.c.media == leaf.media
    if leaf.media == "image":
        return condition
    # This is the WHERE of the partial index of videos and audio; a literal, because SQLite's
    # planner does not compare bound values with it.
    return and_(condition, image.c.media != literal_column("'image'"))


def _begins_with(_: Names, leaf: BeginsWith) -> ColumnElement[bool]:
    prefix = fold(leaf.prefix)
    stored = func.lower(_TEXTS[leaf.field])
    return (stored if leaf.whole else func.substr(stored, 1, len(prefix))) == prefix


def _missing(_: Names, leaf: IsMissing) -> ColumnElement[bool]:
    return image.c.missing_ns.is_not(None) if leaf.missing else image.c.missing_ns.is_(None)


def _folders_named(names: Names, leaf: InFolderNamed) -> ColumnElement[bool]:
    return unindexed(image.c.folder_id).in_(values_of(names.folders_containing(leaf)))


def _ends_with(_: Names, leaf: EndsWith) -> ColumnElement[bool]:
    name = func.lower(image.c.name)
    return or_(false(), *(func.substr(name, -len(end)) == end.lower() for end in leaf.ends if end))


def _tagged(names: Names, leaf: HasTag | HasTagNamed) -> Select[Any]:
    return images_with(names.ids[leaf])


def _shows(names: Names, leaf: Shows) -> ColumnElement[bool]:
    return image.c.id.in_(_shown(names, leaf))


def _shown(_: Names, leaf: Shows) -> Select[Any]:
    if leaf.ids is None:
        raise InvalidRequest("look: cannot be used here, because no model was asked.")
    return select(ids_in(leaf.ids).c.value)


LEAVES: Mapping[type, SqlLeaf | TextLeaf] = {
    HasText: TextLeaf(
        needles_of_text, bounds_of_text, has_text, has_named, _find_named, shared_of_text
    ),
    HasParts: TextLeaf(needles_of_parts, bounds_of_parts, has_parts, has_named, _find_named),
    Matches: TextLeaf(needles_of_pattern, bounds_of_pattern, matches),
    HasTag: SqlLeaf(_tags, lambda _, leaf: leaf.tag_ids, _tagged),
    HasTagNamed: SqlLeaf(_tags, _find_tags, _tagged),
    InFolder: SqlLeaf(_folders, lambda conn, leaf: folders.find_under(conn, leaf.folders)),
    IsMedia: SqlLeaf(_media),
    Between: SqlLeaf(lambda _, leaf: between(leaf)),
    BeginsWith: SqlLeaf(_begins_with),
    IsMissing: SqlLeaf(_missing),
    InFolderNamed: SqlLeaf(_folders_named),
    EndsWith: SqlLeaf(_ends_with),
    HasParameter: SqlLeaf(has_parameter, find_names, images_with_parameter),
    HasExactCopy: SqlLeaf(has_copy, None, images_with_copy),
    Shows: SqlLeaf(_shows, None, _shown),
    HasScore: SqlLeaf(has_score, None, images_with_score),
    HasMachineTag: SqlLeaf(has_machine_tag, find_machine_tags, images_with_machine_tag),
    InStack: SqlLeaf(in_stack, None, images_in_stack),
}
