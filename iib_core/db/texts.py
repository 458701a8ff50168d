"""The searched texts of images: each distinct one is stored once, and images refer to it.

Pictures of one prompt differ in their seed, and often in their size. What differs is the image's
own: in the stored text a mark stands wherever it occurs, so that the texts of these pictures are
one. In the same way a mark stands for the tag of the size in the list of automatic tags. The view
``image_body`` puts both back; whatever reads texts reads it.

A text goes with the last image that refers to it. Texts of databases older than this belong to one
image each; ``merge_some`` makes one of those that are equal, a batch at a time, and the view reads
them meanwhile.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from iib_core.db import image_blocks
from iib_core.db.bulk import insert_many, json_ids, json_rows
from iib_core.db.fts import Body
from iib_core.db.sqlite import join_ids

# A control character of Unicode that stands for another one. A text that contains it is stored as it
# is.
MARK = "\x1a"
OWN_TAGS = "size"
# The parameters of A1111's infotext that change while a prompt stays: all from the steps to the size.
_CHANGING = re.compile(r"(?<=Steps: )\d+,[^\n\0]{0,160}?Size: \d+x\d+")
# Shorter numbers stand for anything.
_MIN_SEED_DIGITS = 5
_COLUMNS = (
    "text, prompt_at, prompt_chars, negative_at, negative_chars, auto_tags, names, prompt_marks, "
    "negative_marks, digest"
)
_ON_TEXT = "ON CONFLICT(id) DO UPDATE SET " + ", ".join(
    f"{name} = excluded.{name}" for name in _COLUMNS.split(", ")
)
_ON_IMAGE = (
    "ON CONFLICT(image_id) DO UPDATE SET text_id = excluded.text_id, own = excluded.own, "
    "own_tag = excluded.own_tag, quarter = excluded.quarter"
)


class Searched(NamedTuple):
    """What of a file is searched, beside its name. ``negative``: offset and length of the negative
    prompt in the text. ``own_tag``: the one of ``auto_tags`` that names its size.
    """

    body: Body
    negative: tuple[int, int]
    seed: int | None
    auto_tags: Sequence[int]
    own_tag: int | None


class _Stored(NamedTuple):
    """A text as it is stored, and what is the image's own."""

    columns: tuple[object, ...]
    own: str
    own_tag: int | None

    @property
    def digest(self) -> int:
        """The hash of everything else, of 64 bits."""
        value = hashlib.blake2b(repr(self.columns).encode(), digest_size=8).digest()
        return int.from_bytes(value, "little", signed=True)


def write(conn: Connection, rows: Sequence[tuple[int, int, Searched]]) -> dict[int, int]:
    """Store the texts of images, as (image id, quarter of an hour, text); they replace the earlier
    ones. Returns the ids of the texts by image.
    """
    stored = {image_id: _split(text) for image_id, _, text in rows}
    quarters = {image_id: quarter for image_id, quarter, _ in rows}
    digests = {image_id: one.digest for image_id, one in stored.items()}
    ids = _find_ids(conn, digests.values())
    new: dict[int, tuple[object, ...]] = {}
    for image_id, digest in digests.items():
        if digest not in ids:
            new.setdefault(digest, stored[image_id].columns)
    first = _next_id(conn) if new else 0
    ids.update(zip(new, range(first, first + len(new))))
    insert_many(
        conn,
        f"INSERT INTO searched_text(id, {_COLUMNS})",
        [(ids[digest], *columns, digest) for digest, columns in new.items()],
    )
    before = _text_ids(conn, stored)
    insert_many(
        conn,
        "INSERT INTO image_text(image_id, text_id, own, own_tag, quarter)",
        [
            (image_id, ids[digests[image_id]], one.own, one.own_tag, quarters[image_id])
            for image_id, one in stored.items()
        ],
        _ON_IMAGE,
    )
    _remove_unused(conn, before)
    return {image_id: ids[digest] for image_id, digest in digests.items()}


def remove(conn: Connection, image_ids: Iterable[int]) -> None:
    """Remove the texts of images."""
    ids = list(image_ids)
    before = _text_ids(conn, ids)
    conn.exec_driver_sql(
        "DELETE FROM image_text WHERE image_id IN (SELECT value FROM json_each(?))",
        (json_ids(ids),),
    )
    _remove_unused(conn, before)


def copy(conn: Connection, pairs: str) -> None:
    """Give images the texts of others; ``pairs`` are (image id, id of the other) as ``json_rows``
    gives them, and may go on.
    """
    conn.exec_driver_sql(
        "INSERT INTO image_text(image_id, text_id, own, own_tag, quarter) "
        "SELECT json_extract(x.value, '$[0]'), o.text_id, o.own, o.own_tag, o.quarter FROM json_each(?) x "
        "CROSS JOIN image_text o ON o.image_id = json_extract(x.value, '$[1]')",
        (pairs,),
    )


def count_unmerged(conn: Connection) -> int:
    """The number of texts that ``merge_some`` has not looked at."""
    return int(conn.exec_driver_sql("SELECT count(*) FROM unmerged_text").scalar_one())


def merge_some(conn: Connection, number: int) -> int:
    """Bring up to ``number`` texts of an older database into today's form, and make one of those that
    are equal. Returns how many these were; 0 at the end.
    """
    ids = list(
        conn.exec_driver_sql(
            "SELECT id FROM unmerged_text ORDER BY id LIMIT ?", (number,)
        ).scalars()
    )
    texts = {text_id: _split(text) for text_id, text in _load_unmerged(conn, ids).items()}
    digests = {text_id: one.digest for text_id, one in texts.items()}
    targets = _find_ids(conn, digests.values())
    changed = []
    for text_id, digest in digests.items():
        if digest not in targets:
            targets[digest] = text_id
            changed.append((text_id, *texts[text_id].columns, digest))
    insert_many(conn, f"INSERT INTO searched_text(id, {_COLUMNS})", changed, _ON_TEXT)
    moves = [
        (text_id, targets[digests[text_id]], one.own, one.own_tag) for text_id, one in texts.items()
    ]
    image_blocks.count_texts(conn, json_ids(texts))
    conn.exec_driver_sql(
        "UPDATE image_text SET text_id = json_extract(x.value, '$[1]'), "
        "own = json_extract(x.value, '$[2]'), own_tag = json_extract(x.value, '$[3]') "
        "FROM json_each(?) x WHERE image_text.text_id = json_extract(x.value, '$[0]')",
        (json_rows(moves),),
    )
    _remove_unused(conn, texts)
    conn.exec_driver_sql(
        "DELETE FROM unmerged_text WHERE id IN (SELECT value FROM json_each(?))", (json_ids(ids),)
    )
    return len(ids)


def _load_unmerged(conn: Connection, ids: Iterable[int]) -> dict[int, Searched]:
    """Texts that have no digest yet, by id. Their seed is that of an image that refers to them."""
    sizes = set(
        conn.exec_driver_sql("SELECT id FROM tag WHERE category = ?", (OWN_TAGS,)).scalars()
    )
    rows = conn.exec_driver_sql(
        "SELECT s.id, s.text, s.prompt_at, s.prompt_chars, s.names, s.negative_at, s.negative_chars, "
        "s.auto_tags, (SELECT i.seed FROM image_text b CROSS JOIN image i ON i.id = b.image_id "
        "WHERE b.text_id = s.id LIMIT 1) "
        f"FROM {join_ids('searched_text s', 's.id')} WHERE s.digest IS NULL",
        (json_ids(ids),),
    )
    texts = {}
    for text_id, *body, negative_at, negative_chars, listed, seed in rows.all():
        auto_tags = json.loads(listed)
        own_tag = next((tag_id for tag_id in auto_tags if tag_id in sizes), None)
        unsigned = seed if seed is None else seed % 2**64
        texts[text_id] = Searched(
            Body(*body), (negative_at, negative_chars), unsigned, auto_tags, own_tag
        )
    return texts


def _split(searched: Searched) -> _Stored:
    """A text without what is the image's own."""
    text, prompt_at, prompt_chars, names = searched.body
    negative_at, negative_chars = searched.negative
    spans = ((prompt_at, prompt_at + prompt_chars), (negative_at, negative_at + negative_chars))
    own = _find_own(text, max(end for _, end in spans), searched.seed)
    places = _find_places(text, own, spans) if own else []
    own = own if places else ""
    prompt_marks, negative_marks = (
        sum(1 for place in places if place < start) for start, _ in spans
    )
    saved = len(own) - len(MARK)
    listed = ",".join(
        MARK if tag_id == searched.own_tag else str(tag_id) for tag_id in searched.auto_tags
    )
    columns = (
        _with_marks(text, places, len(own)),
        prompt_at - prompt_marks * saved,
        prompt_chars,
        negative_at - negative_marks * saved,
        negative_chars,
        f"[{listed}]",
        names,
        prompt_marks,
        negative_marks,
    )
    return _Stored(columns, own, searched.own_tag)


def _find_own(text: str, after: int, seed: int | None) -> str:
    """What of a text its file does not share with others of its prompt; empty if nothing is known of
    it; otherwise it begins and ends with a digit, which searches rely on. ``after``: where the prompts
    end.
    """
    if MARK in text:
        return ""
    match = _CHANGING.search(text, after)
    if match is not None:
        return match[0]
    digits = str(seed) if seed is not None and 0 <= seed < 2**64 else ""
    return digits if len(digits) >= _MIN_SEED_DIGITS else ""


def _find_places(text: str, own: str, spans: Iterable[tuple[int, int]]) -> list[int]:
    """Where a text contains ``own``, outside of ``spans``: prompts are read from the stored text."""
    spans = tuple(spans)
    places = []
    at = text.find(own)
    while at >= 0:
        end = at + len(own)
        if all(end <= start or stop <= at for start, stop in spans):
            places.append(at)
            at = text.find(own, end)
        else:
            at = text.find(own, at + 1)
    return places


def _with_marks(text: str, places: Iterable[int], chars: int) -> str:
    """``text`` with a mark in place of the ``chars`` characters at each of the places."""
    pieces, start = [], 0
    for place in places:
        pieces.append(text[start:place])
        start = place + chars
    return MARK.join([*pieces, text[start:]])


def _find_ids(conn: Connection, digests: Iterable[int]) -> dict[int, int]:
    """Ids of the stored texts, by digest."""
    found, ids = conn.exec_driver_sql(
        "SELECT json_group_array(s.digest), json_group_array(s.id) "
        f"FROM {join_ids('searched_text s', 's.digest')}",
        (json_ids(dict.fromkeys(digests)),),
    ).one()
    return dict(zip(json.loads(found), json.loads(ids)))


def _text_ids(conn: Connection, image_ids: Iterable[int]) -> list[int]:
    """The texts that images refer to."""
    ids = conn.exec_driver_sql(
        f"SELECT json_group_array(b.text_id) FROM {join_ids('image_text b', 'b.image_id')}",
        (json_ids(image_ids),),
    ).scalar_one()
    return list(dict.fromkeys(json.loads(ids)))


def _remove_unused(conn: Connection, text_ids: Iterable[int]) -> None:
    """Remove those of these texts that no image refers to."""
    conn.exec_driver_sql(
        "DELETE FROM searched_text WHERE id IN (SELECT value FROM json_each(?)) "
        "AND NOT EXISTS (SELECT 1 FROM image_text b WHERE b.text_id = searched_text.id)",
        (json_ids(text_ids),),
    )


def _next_id(conn: Connection) -> int:
    return int(
        conn.exec_driver_sql("SELECT coalesce(max(id), 0) + 1 FROM searched_text").scalar_one()
    )
