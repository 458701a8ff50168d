"""Searches against a plain evaluation in Python of the same criteria over the same rows."""

from __future__ import annotations

import itertools
import json
import math
import os
import random
import re
import threading
from collections import Counter
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iib_core.db import (
    albums,
    documents,
    fts,
    images,
    looks,
    machine_tags,
    marks,
    moved_rows,
    natural,
    postgresql_own,
    scores,
    tags,
    text_tags,
)
from iib_core.db.fts import fold
from iib_core.db.looks import State
from iib_core.db.machine_tags import MachineTag
from iib_core.db.rows import HAS, LORA, NODE, ImageRow, Stated
from iib_core.db.search import (
    all_results,
    changed_blocks,
    estimates,
    int_columns,
    narrowing,
    pages,
    planner,
    random_rows,
    sorted_rows,
)
from iib_core.db.search.sorting import Order
from iib_core.errors import InvalidRequest
from iib_core.search.criteria import (
    And,
    BeginsWith,
    Between,
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
    IsMedia,
    IsMissing,
    Matches,
    Not,
    Or,
    Shows,
)
from iib_core.search.query import parse
from tests.searches import rounds
from tests.slashes import native, rooted, slashed

pytestmark = pytest.mark.stack

WORDS = [
    "fox",
    "snow",
    "КОТ",
    "straße",
    "猫",
    "50%",
    "a_b",
    "dragon",
    "fo",
    "x\\y",
    "café",
    '"q"',
    "İstanbul",
]
PLACES = [native(path) for path in ("lib/a", "a_b/", "/0", "out/0001")]
NEEDLES = [
    *WORDS,
    *PLACES,
    "кот",
    "STRASSE",
    "猫 ",
    "o",
    "ox s",
    "axb",
    "50",
    "zzz",
    "cafe\u0301",
    "n",
    "дракон",
]
# Equal times, and both sides of the borders of quarters of an hour.
TIMES_NS = [5, 5, 6, 7, -1, 9 * 10**11 - 1, 9 * 10**11, 10**18]
FOLDERS = [
    rooted(path)
    for path in (
        "/lib",
        "/lib/a_b",
        "/lib/axb",
        "/lib/a_b/sub",
        "/lib/ab",
        "/lib/abc",
        "/lib2",
        "/lib/КОТ",
    )
]
PATTERNS = [
    r"^\d+.*\.png$",
    "fox.*snow",
    "sn?o",
    "(fox|snow), КОТ",
    r"\bdragon\b",
    "кот",
    "a_b/.*1",
    "^nothing$",
    "(?:fo+x)+",
    r"50%",
]
TAGS = ["fox", "snow", "КОТ", "猫"]
GIVEN = ["Fox hunt", "zzz", "КОТ дома", "a_b"]
NAMED = ["dragon_v1", "foxglove", "straße"]
STATED = [
    Stated("Clip skip", 2.0, "2"),
    Stated("clip_skip", 1.0, "1"),
    Stated("Shift", 3.5, "3.5"),
    Stated("Shift", 0.25, "0.25"),
    Stated("Shift", -1.0, "-1"),
    Stated("Shift", None, "Auto КОТ"),
    Stated("Sampler 猫", None, "Straße 2"),
    Stated(LORA, 0.8, "Fox:0.8"),
    Stated(LORA, 1.0, "fox:1"),
    Stated(LORA, None, "snow"),
    Stated(HAS, None, "prompt"),
    Stated(NODE, None, "KSampler"),
]
NAMES = ["CLIP-Skip", "shift", "Sampler 猫", LORA, HAS, NODE, "none"]
DIGESTS = [b"one", b"two", b"three"]


JUDGED = ("nsfw", "aesthetic")
LIMITS = st.none() | st.sampled_from([0.25, 0.3, 5])


@dataclass
class File:
    """A row and what became of it."""

    id: int
    row: ImageRow
    missing: bool = False
    rating: int | None = None
    given: tuple[str, ...] = ()  # custom tags and albums
    old: bool = False  # indexed before the text index had two parts
    digest: bytes | None = None
    has_copy: bool = False
    scores: dict[str, float] = field(default_factory=dict)
    machine_tags: dict[str, float] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return self.row.infotext

    @property
    def name(self) -> str:
        return os.path.basename(self.row.path)


def build(database, number: int, seed: int) -> list[File]:
    draw = random.Random(seed)
    rows = []
    for at in range(number):
        words = draw.sample(WORDS, draw.randint(0, 5))
        name = f"{draw.choice(FOLDERS)}{os.sep}{draw.choice(['', '.', 'Fox'])}{at:04d}"
        prompt, negative = ", ".join(words), ", ".join(draw.sample(WORDS, draw.randint(0, 2)))
        rows.append(
            ImageRow(
                path=f"{name}.{draw.choice(['png', 'mp4'])}",
                media=draw.choice(["image", "image", "video"]),
                mtime_ns=draw.choice(TIMES_NS),
                size_bytes=draw.randint(1, 5),
                birth_ns=1,
                width_px=draw.choice([None, 512, 1024]),
                height_px=draw.choice([512, 768]),
                prompt=prompt,
                negative_prompt=negative,
                infotext=f"{prompt}\nNegative prompt: {negative}\nSteps: 20"
                if draw.random() < 0.8
                else "",
                steps=draw.choice([None, 10, 20, 30]),
                seed=draw.choice([None, 1, 2**63, 2**64 - 1]),
                model=[None, "Dream v2", "dream V2", "Anime"][len(rows) % 4],
                model_hash=draw.choice([None, "ABC1", "abd2"]),
                tags=[
                    *(("prompt", word) for word in words if word in TAGS),
                    *(
                        (draw.choice(["model", "lora"]), name)
                        for name in NAMED
                        if draw.random() < 0.1
                    ),
                ],
                duration_s=draw.choice([None, 2.5, 10.0]),
                parameters=draw.sample(STATED, draw.randint(0, 5)),
            )
        )
    share_some(rows, draw)
    with database.write() as conn:
        ids = images.upsert_many(conn, rows)
        gone = [image_id for image_id in ids if draw.random() < 0.1]
        images.mark_missing(conn, gone)
        ratings = {image_id: draw.choice([None, None, 1, 3, 5]) for image_id in ids}
        for rating in (1, 3, 5):
            marks.rate(conn, [image_id for image_id in ids if ratings[image_id] == rating], rating)
        given = give_some(conn, ids, draw)
        old = make_old(conn, draw.sample(ids, number // 10))
        files = [
            File(
                image_id,
                row,
                image_id in gone,
                ratings[image_id],
                tuple(given.get(image_id, ())),
                image_id in old,
            )
            for image_id, row in zip(ids, rows)
        ]
        hash_some(conn, files, draw)
        judge_some(conn, files, draw)
        return files


def share_some(rows: list[ImageRow], draw: random.Random) -> None:
    """Give some rows the text of the one before, so that they share a document of the text index."""
    of_text = ("prompt", "negative_prompt", "infotext", "seed", "tags")
    for at in range(1, len(rows)):
        if draw.random() < 0.4:
            before = {name: getattr(rows[at - 1], name) for name in of_text}
            rows[at] = ImageRow(**{**vars(rows[at]), **before})


def give_some(conn, ids: list[int], draw: random.Random) -> dict[int, list[str]]:
    """Put custom tags and an album onto some images; returns their names by image."""
    given: dict[int, list[str]] = {}
    for name in GIVEN:
        for image_id in draw.sample(ids, len(ids) // 15):
            given.setdefault(image_id, []).append(name)
    for name in GIVEN[1:]:
        tagged = [image_id for image_id, names in given.items() if name in names]
        tags.assign(conn, tags.create_custom(conn, name).id, tagged)
    hunted = [image_id for image_id, names in given.items() if GIVEN[0] in names]
    albums.add(conn, albums.create(conn, GIVEN[0]).id, hunted)
    return given


def hash_some(conn, files: list[File], draw: random.Random) -> None:
    """Compare some files; some of them have changed since."""
    stored = []
    for at, file in enumerate(draw.sample(files, len(files) // 4)):
        digest = draw.choice([*DIGESTS, b"alone %d" % at])
        is_current = draw.random() < 0.8
        state = State(file.row.path, file.row.mtime_ns, file.row.size_bytes + (not is_current))
        stored.append((file.id, state, digest))
        is_shown = not file.missing and not file.name.startswith(".")
        file.digest = digest if is_current and is_shown else None
    looks.store_hashes(conn, stored)
    counts = Counter(file.digest for file in files)
    for file in files:
        file.has_copy = file.digest is not None and counts[file.digest] > 1


def judge_some(conn, files: list[File], draw: random.Random) -> None:
    """Let models give scores and tags to some files."""
    for kind in JUDGED:
        for file in draw.sample(files, len(files) // 3):
            file.scores[kind] = draw.choice([0.25, 0.5, 5.0])
        given = [(file.id, file.scores[kind]) for file in files if kind in file.scores]
        scores.store(conn, kind, given)
    for file in draw.sample(files, len(files) // 2):
        file.machine_tags = {name: draw.choice([0.25, 0.5]) for name in draw.sample(JUDGED, 1)}
    machine_tags.store(
        conn,
        [
            (
                file.id,
                [MachineTag(name, "general", sure) for name, sure in file.machine_tags.items()],
            )
            for file in files
        ],
    )


def make_old(conn, image_ids) -> set[int]:
    """Index images, and those that share a text with them, as before the text index had two parts;
    returns them all.
    """
    marks = ", ".join(map(str, image_ids))
    text_ids = f"SELECT text_id FROM image_text WHERE image_id IN ({marks})"
    shared = f"SELECT image_id FROM image_text WHERE text_id IN ({text_ids})"
    ids = list(conn.exec_driver_sql(shared).scalars())
    documents.remove(conn, ids)
    conn.exec_driver_sql(f"UPDATE searched_text SET names = NULL WHERE id IN ({text_ids})")
    documents.add_stored(conn, ids)
    return set(ids)


def store_tags_by_image(conn, image_ids):
    """Store the automatic tags of these images as before they were stored by text, and those of all
    others by text.
    """
    while text_tags.merge_some(conn, 1000):
        pass
    text_tags.remove(conn, image_ids)
    conn.exec_driver_sql(
        "INSERT INTO image_tag(tag_id, mtime_ns, image_id, custom) SELECT a.value, i.mtime_ns, i.id, 0 "
        "FROM image i CROSS JOIN image_body b ON b.image_id = i.id CROSS JOIN json_each(b.auto_tags) a "
        "WHERE i.id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(image_ids)),),
    )


def holds(criterion, file: File, tag_ids: dict[tuple[str, str], int]) -> bool:
    """The meaning of a criterion, written a second time."""
    row = file.row
    body = (
        "\n".join((row.prompt, row.negative_prompt, row.infotext))
        if row.prompt not in row.infotext or row.negative_prompt not in row.infotext
        else row.infotext
    )
    if isinstance(criterion, And):
        return all(holds(item, file, tag_ids) for item in criterion.items)
    if isinstance(criterion, Or):
        return any(holds(item, file, tag_ids) for item in criterion.items)
    if isinstance(criterion, Not):
        return not holds(criterion.item, file, tag_ids)
    if isinstance(criterion, HasText):
        places = {
            "any": [body, row.path],
            "path": [row.path],
            "name": [file.name],
            "prompt": [row.prompt],
            "negative": [row.negative_prompt],
            "workflow": [body],
            "words": [file.name, *said(file, body), *file.given],
        }
        if os.sep in criterion.needle:
            places["words"].append(row.path)
        if criterion.whole:
            wanted = fold(criterion.needle).strip()
            return any(fold(place).strip() == wanted for place in places[criterion.field])
        return any(fold(criterion.needle) in fold(place) for place in places[criterion.field])
    if isinstance(criterion, HasParts):
        pattern = re.compile("[^,\n]*".join(re.escape(fold(part)) for part in criterion.parts))
        places = (
            [row.prompt]
            if criterion.field == "prompt"
            else [file.name, *said(file, body), *file.given]
        )
        return any(pattern.search(fold(place)) for place in places)
    if isinstance(criterion, Matches):
        return any(
            re.search(criterion.pattern, text, re.I)
            for text in ([file.name, row.path] + ([] if criterion.path_only else [body]))
        )
    if isinstance(criterion, HasTag):
        given = [("album" if name == GIVEN[0] else "custom", name) for name in file.given]
        return any(tag_ids.get(pair) in criterion.tag_ids for pair in (*row.tags, *given))
    if isinstance(criterion, HasTagNamed):
        key = fold(criterion.name)
        names = [name for category, name in row.tags if criterion.category in ("", category)]
        if not criterion.category:
            names += [name for name in file.given if name != GIVEN[0]]
        return any(is_named(fold(name), key, criterion.part, criterion.gaps) for name in names)
    if isinstance(criterion, InFolder):
        return any(
            (os.path.dirname(row.path) + os.sep).startswith(folder.rstrip(os.sep) + os.sep)
            for folder in criterion.folders
        )
    if isinstance(criterion, IsMedia):
        return row.media == criterion.media
    if isinstance(criterion, Between):
        ratio = row.width_px and row.height_px and row.width_px / row.height_px
        megapixels = row.width_px and row.height_px and row.width_px * row.height_px / 1e6
        value = (
            {"ratio": ratio, "rating": file.rating, "megapixels": megapixels}.get(criterion.field)
            if criterion.field in ("ratio", "rating", "megapixels")
            else getattr(row, criterion.field)
        )
        return (
            value is not None
            and (criterion.low is None or value >= criterion.low)
            and (criterion.high is None or value <= criterion.high)
        )
    if isinstance(criterion, BeginsWith):
        return (row.model_hash or "").lower().startswith(
            criterion.prefix.lower()
        ) and row.model_hash is not None
    if isinstance(criterion, HasParameter):
        return any(states(one, criterion) for one in row.parameters)
    if isinstance(criterion, InFolderNamed):
        folder = fold(os.path.dirname(row.path) + os.sep)
        return is_named(folder, fold(criterion.part), True, criterion.gaps)
    if isinstance(criterion, EndsWith):
        return any(file.name.lower().endswith(end.lower()) for end in criterion.ends)
    if isinstance(criterion, HasExactCopy):
        return file.has_copy
    if isinstance(criterion, (HasScore, HasMachineTag)):
        is_score = isinstance(criterion, HasScore)
        value = (
            file.scores.get(criterion.kind) if is_score else file.machine_tags.get(criterion.name)
        )
        low, high = criterion.low, criterion.high
        return value is not None and not (
            (low is not None and value < low) or (high is not None and value > high)
        )
    if isinstance(criterion, Shows):
        return file.id in (criterion.ids or ())
    return file.missing == criterion.missing


def said(file: File, body: str) -> list[str]:
    """Prompt, models and LoRAs; the whole text where no prompt was understood or the row is old."""
    if file.old:
        return [body]
    names = [name for category, name in file.row.tags if category in ("model", "lora")]
    return [file.row.prompt or body, *names]


def states(one: Stated, criterion: HasParameter) -> bool:
    """Whether a parameter is the one that is asked for."""

    def plain(name):
        return name if name.startswith(":") else re.sub(r"[ _-]", "", name.lower())

    if plain(one.name) not in map(plain, criterion.names):
        return False
    if (criterion.low, criterion.high) != (None, None) and one.number is None:
        return False
    if criterion.low is not None and one.number < criterion.low:
        return False
    if criterion.high is not None and one.number > criterion.high:
        return False
    text, wanted = fold(one.text), fold(criterion.text)
    return is_named(text, wanted, not criterion.whole, criterion.gaps)


def is_named(text: str, wanted: str, part: bool, gaps: bool) -> bool:
    """Whether a text is what is wanted, or contains it, with any text in its gaps."""
    pattern = ".*".join(map(re.escape, wanted.split("*") if gaps else [wanted]))
    return bool((re.search if part else re.fullmatch)(pattern, text, re.S))


def expected(criterion, files, tag_ids):
    about_missing = "IsMissing" in repr(criterion)
    return {
        file.id
        for file in files
        if (about_missing or not file.missing)
        and not file.name.startswith(".")
        and holds(criterion, file, tag_ids)
    }


def by_model(files, ids, *, descending):
    """The ids in the order of models, in any case; those without one come last in both directions."""
    named = {image_id: (files[image_id].row.model or "").lower() for image_id in ids}
    have = [image_id for image_id in ids if named[image_id]]
    have.sort(key=lambda image_id: (named[image_id], image_id), reverse=descending)
    return have + sorted(set(ids) - set(have), reverse=descending)


def lowest_of(file: File, name: str):
    """The number by which a file is sorted, or its text behind all numbers."""
    values = [
        (one.number is None, one.number or 0.0, fold(one.text)) for one in file.row.parameters
    ]
    mine = [value for one, value in zip(file.row.parameters, values) if one.name == name]
    lowest = min(mine, default=None)
    return lowest if lowest is None or lowest[0] else (False, lowest[1], "")


def walk(conn, criterion, order=None, size=7, orders=None):
    """All pages, one after the other."""
    found, cursor = [], ""
    while True:
        page = pages.find(
            conn, criterion, order=order, cursor=cursor, size=size, limit_s=60, orders=orders
        )
        found += [result.id for result in page.results]
        if not page.next:
            return found
        assert len(page.results) == size
        cursor = page.next


def list_all(conn, criterion, order, orders=None, texts=None):
    """The ids of a snapshot."""
    state = all_results.begin(conn, criterion, order, None, orders)
    return all_results.resume(conn, state, math.inf, texts).results.ids.tolist()


interval = st.tuples(st.none() | st.integers(0, 40), st.none() | st.integers(0, 40))
leaves = st.one_of(
    st.builds(
        HasText,
        st.sampled_from(NEEDLES),
        st.sampled_from(
            ["any", "any", "words", "words", "path", "name", "prompt", "negative", "workflow"]
        ),
    ),
    st.builds(
        HasText,
        st.sampled_from(NEEDLES),
        st.sampled_from(["name", "prompt", "path"]),
        st.just(True),
    ),
    st.builds(
        HasParts,
        st.lists(st.sampled_from([*WORDS, "n", "o", "кот"]), min_size=2, max_size=3).map(tuple),
        st.sampled_from(["words", "prompt"]),
    ),
    st.builds(Matches, st.sampled_from(PATTERNS), st.booleans()),
    st.builds(HasTag, st.lists(st.integers(1, 5), max_size=3).map(tuple)),
    st.builds(
        HasTagNamed,
        st.sampled_from([*TAGS, "o", "FOX", "f*x", "*o*", "К*т", "%*_"]),
        st.sampled_from(["", "prompt"]),
        st.booleans(),
        st.booleans(),
    ),
    st.builds(
        InFolder,
        st.lists(
            st.sampled_from([*FOLDERS, *map(rooted, ("/", "/li", "/lib/a"))]),
            min_size=1,
            max_size=2,
        ).map(tuple),
    ),
    st.builds(IsMedia, st.sampled_from(["image", "video", "audio"])),
    st.builds(lambda ends: Between("steps", *ends), interval),
    st.builds(
        lambda ends: Between("rating", *ends),
        st.tuples(st.none() | st.integers(0, 6), st.none() | st.integers(0, 6)),
    ),
    st.builds(
        lambda ends: Between("ratio", *ends),
        st.tuples(st.floats(0, 2), st.none() | st.floats(0, 3)),
    ),
    st.builds(lambda low: Between("seed", low, low), st.sampled_from([0, 1, 2**63, 2**64 - 1])),
    st.builds(lambda low: Between("seed", low), st.sampled_from([0, 1, 2**63, 2**64 - 1])),
    st.builds(
        lambda high: Between("mtime_ns", None, high), st.sampled_from([4, 6, 10**18, 10**30])
    ),
    st.builds(lambda prefix: BeginsWith("model_hash", prefix), st.sampled_from(["ab", "AbC", "x"])),
    st.builds(IsMissing, st.booleans()),
    st.builds(
        lambda ends: Between("megapixels", *ends),
        st.tuples(st.floats(0, 1), st.none() | st.floats(0, 2)),
    ),
    st.builds(
        lambda ends: Between("duration_s", *ends),
        st.tuples(st.floats(0, 20), st.none() | st.floats(0, 20)),
    ),
    st.builds(
        lambda names, ends, text, whole: HasParameter(
            tuple(names), *ends, text=text, whole=whole, gaps="*" in text and not whole
        ),
        st.lists(st.sampled_from(NAMES), min_size=1, max_size=2),
        st.just((None, None))
        | st.tuples(st.none() | st.floats(-2, 4), st.none() | st.floats(-2, 4)),
        st.sampled_from(
            ["", "", "", "кот", "STRASSE", "fox", "fox:0.8", "2", "prompt", "f*0", "*to"]
        ),
        st.booleans() | st.just(False),
    ),
    st.builds(
        InFolderNamed,
        st.sampled_from(
            ["a_b", native("lib/a"), native("/lib/"), "кот", "zzz", "x", "l*b", "b*l*b"]
        ),
        st.booleans(),
    ),
    st.builds(
        EndsWith,
        st.lists(st.sampled_from([".png", ".MP4", ".webp", "1.png"]), max_size=2).map(tuple),
    ),
    st.just(HasExactCopy()),
    st.builds(HasScore, st.sampled_from(JUDGED), LIMITS, LIMITS),
    st.builds(HasMachineTag, st.sampled_from(JUDGED), LIMITS, LIMITS),
    st.builds(Shows, st.just("a fox"), st.lists(st.integers(1, 60), max_size=9).map(tuple)),
)
criteria = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: And(tuple(items))),
        st.lists(inner, min_size=1, max_size=3).map(lambda items: Or(tuple(items))),
        st.builds(Not, inner),
    ),
    max_leaves=6,
)


SORTS = [
    "date",
    "date",
    "date",
    "name",
    "steps",
    "bytes",
    "created",
    "indexed",
    "ratio",
    "random",
    "path",
    "seed",
    "model",
    "shift",
]
SORTS += ["nsfw", "score", "clip", "param:shift", "param:Sampler 猫", "duration", "mp"]


@pytest.fixture(params=["as it is", "few count as many"])
def limits(request, monkeypatch):
    """The same with thresholds so low that a small library goes the ways of a large one."""
    if request.param != "as it is":
        for module, name, value in [
            (estimates, "_MAX_SORTED", 3),
            (estimates, "_MAX_MERGED", 2),
            (sorted_rows, "_MAX_DRIVEN", 20),
            (sorted_rows, "_MIN_WALKED", 5),
            (random_rows, "_POSITIONS", 16),
            (random_rows, "_POSITION_DRAWS", 3),
            (narrowing, "_MAX_FEW", 2),
            (all_results, "_MANY_NAMED", 1000),
            (all_results, "_RECHECKED", 40),
            (narrowing, "_MAX_GAP", 5),
            (narrowing, "_MIN_RUN", 2),
            (int_columns, "_FETCHED", 3),
            (changed_blocks, "_MIN_FILES", 0),
            (sorted_rows, "_MAX_LOOKED_UP", 10),
            (planner, "_MAX_TAGGED", 5),
            (fts, "_ASK_US", 1.0),
            (fts, "_ASK_EACH_US", 0.01),
            (fts, "_MANY", 4),
            (fts, "_MANY_READ", 4),
            (postgresql_own, "BLOCK_BITS", 3),
            (planner, "_FIRST_WALK", 3),
            (planner, "_MIN_WALK", 4),
            (planner, "_MAX_WALK", 9),
            (planner, "_RECHECKED", (2, 3)),
        ]:
            monkeypatch.setattr(module, name, value)


@pytest.mark.engine
@pytest.mark.parametrize(
    "query",
    [
        "tag:qqqq",
        "fox tag:qqqq",
        "fox -tag:zzz tag:qqqq",
        "fox album:zzz",
        "fox model:=zzz",
        "fox rating:6",
        "fox folder:zzz",
        "fox steps:900",
    ],
)
def test_a_search_that_nothing_can_match_finds_nothing_in_any_order(database, limits, query):
    build(database, 120, 3)
    criterion = parse(query)
    with database.read() as conn:
        assert pages.count(conn, criterion, at_most=None, limit_s=60) == (0, True)
        for sort, descending in itertools.product(SORTS, (False, True)):
            order = Order(sort, descending, seed=5)
            assert list_all(conn, criterion, order) == []
            assert walk(conn, criterion, order, 7, database.orders) == []


@pytest.mark.engine
@settings(
    max_examples=rounds(50),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_pages_hold_each_matching_file_once_in_order(database, limits, data):
    if not hasattr(database, "files"):
        database.files = build(database, 120, 3)
    files = {file.id: file for file in database.files}
    criterion = data.draw(criteria)
    sort = data.draw(st.sampled_from(SORTS))
    number = data.draw(st.sampled_from([0, 0, len(files) // 2, len(files)]))
    with database.write() as conn:
        store_tags_by_image(conn, list(files)[:number])
    order = Order(sort, data.draw(st.booleans()), seed=5)
    with database.read() as conn:
        tag_ids = {(tag.category, tag.name): tag.id for tag in tags.find_like(conn, "", "", 50)}
        tag_ids |= {("album", album.name): album.id for album in albums.list_all(conn)}
        size = data.draw(st.sampled_from([1, 7, 50])) if sort == "date" else 20
        found = walk(conn, criterion, order, size, database.orders)
        wanted = expected(criterion, files.values(), tag_ids)
        assert len(found) == len(set(found)) and set(found) == wanted
        assert pages.count(conn, criterion, at_most=None, limit_s=60) == (len(wanted), True)
        assert list_all(conn, criterion, order) == found
        assert list_all(conn, criterion, order, database.orders) == found
    column = {"date": "mtime_ns", "bytes": "size_bytes", "created": "birth_ns"}.get(sort)
    if column:
        assert found == sorted(
            found,
            key=lambda image_id: (getattr(files[image_id].row, column), image_id),
            reverse=order.descending,
        )
    if sort == "name":
        keys = [(natural.key(files[image_id].name), image_id) for image_id in found]
        assert keys == sorted(keys, reverse=order.descending)
    if sort == "seed":
        without = [image_id for image_id in found if files[image_id].row.seed is None]
        assert found[len(found) - len(without) :] == sorted(without, reverse=order.descending)
    if sort == "model":
        assert found == by_model(files, found, descending=order.descending)
    if sort in ("shift", "param:shift"):
        lowest = [lowest_of(files[image_id], "Shift") for image_id in found]
        known = [value for value in lowest if value is not None]
        assert known == sorted(known, reverse=order.descending) and lowest[: len(known)] == known
    if sort in JUDGED:
        values = [files[image_id].scores.get(sort) for image_id in found]
        known = [value for value in values if value is not None]
        assert known == sorted(known, reverse=order.descending) and values[: len(known)] == known
    if sort == "steps":
        known = [
            files[image_id].row.steps for image_id in found if files[image_id].row.steps is not None
        ]
        assert known == sorted(known, reverse=order.descending) and all(
            files[image_id].row.steps is None for image_id in found[len(known) :]
        )


@pytest.mark.engine
@pytest.mark.parametrize("needle", ["猫", "猫 ", " 猫", "fox ", " Fox"])
def test_spaces_around_a_whole_text_do_not_count(database, make_row, needle):
    with database.write() as conn:
        rows = [
            make_row(native(f"/lib/{number}.png"), prompt=prompt)
            for number, prompt in enumerate(("猫", "fox", "猫 fox"))
        ]
        ids = images.upsert_many(conn, rows)
    with database.read() as conn:
        found = walk(conn, HasText(needle, "prompt", True), Order("date", True), 20)
    assert found == [ids["猫" not in needle]]


@pytest.mark.engine
def test_each_of_several_texts_is_looked_for_by_itself(database, make_row):
    """The index is asked for one text, or for two others together."""
    with database.write() as conn:
        rows = [
            make_row(native(f"/lib/{number}.png"), prompt=prompt)
            for number, prompt in enumerate(("red fox", "fox", "fox, snow", "snow", "wolf, (sea)"))
        ]
        ids = images.upsert_many(conn, rows)
    fox, both = HasText("fox", "any"), HasParts(("fox", "snow"), "prompt")
    sea = And((HasText("wolf", "any"), HasText("(sea)", "any")))
    cases = [
        (Or((fox, both)), ids[:3]),
        (Or((both, fox)), ids[:3]),
        (Or((HasText("red", "any"), sea)), [ids[0], ids[4]]),
        (And((Or((HasText("red", "any"), HasText("snow", "any"))), fox)), [ids[0], ids[2]]),
    ]
    with database.read() as conn:
        for criterion, wanted in cases:
            assert set(walk(conn, criterion, Order("name", False), 20)) == set(wanted), criterion


@pytest.mark.engine
@pytest.mark.parametrize("word", ["straße", "STRASSE"])
@pytest.mark.parametrize("category", ["model", "lora"])
def test_a_model_whose_name_alone_is_not_ascii_is_found_by_a_word(
    database, make_row, word, category
):
    row = make_row("/lib/1.png", prompt="a fox", tags=[(category, "Straße_v2")])
    with database.write() as conn:
        (image_id,) = images.upsert_many(conn, [row])
        assert walk(conn, HasText(word, "words")) == [image_id]
        assert walk(conn, HasParts((word, "v2"), "words")) == [image_id]


@pytest.mark.engine
def test_300_files_with_one_date_are_300(database, make_row):
    with database.write() as conn:
        images.upsert_many(conn, [make_row(f"/lib/{at}.png") for at in range(300)])
    with database.read() as conn:
        for size in (100, 7):
            found = []
            cursor = ""
            while True:
                page = pages.find(conn, And(), cursor=cursor, size=size)
                found += [result.name for result in page.results]
                if not page.next:
                    break
                cursor = page.next
            assert len(found) == len(set(found)) == 300


@pytest.mark.engine
def test_a_folder_that_comes_or_is_renamed_is_known_at_once(database, make_row):
    def names(conn, needle):
        return {
            slashed(result.path) for result in pages.find(conn, HasText(native(needle))).results
        }

    with database.write() as conn:
        images.upsert_many(conn, [make_row(native("/lib/one/1.png"))])
    with database.read() as conn:
        assert names(conn, "lib/one") == {"/lib/one/1.png"}
    with database.write() as conn:
        assert names(conn, "lib/two") == set()
        images.upsert_many(conn, [make_row(native("/lib/two/2.png"))])
        assert names(conn, "lib/two") == {"/lib/two/2.png"}
    with database.read() as conn:
        assert names(conn, "lib/two") == {"/lib/two/2.png"}
    with database.write() as conn:
        moved_rows.move_folder(conn, native("/lib/two"), native("/lib/three"), 0)
    with database.read() as conn:
        assert names(conn, "lib/two") == set() and names(conn, "lib/three") == {"/lib/three/2.png"}


@pytest.mark.engine
def test_a_random_order_stays_the_same_while_files_come(database, make_row):
    with database.write() as conn:
        old = images.upsert_many(conn, [make_row(f"/lib/{at}.png") for at in range(100)])
    with database.read() as conn:
        first = pages.find(conn, And(), order=Order("random"), size=30)
        again = pages.find(conn, And(), order=Order("random"), cursor=first.next, size=1000)
    with database.write() as conn:
        images.upsert_many(conn, [make_row(f"/lib/new{at}.png") for at in range(20)])
        images.remove_many(conn, old[:1])
    with database.read() as conn:
        later = pages.find(conn, And(), order=Order("random"), cursor=first.next, size=1000)
    before = [result.id for result in again.results if result.id != old[0]]
    assert [result.id for result in later.results if result.id in set(before)] == before
    assert {result.id for result in (*first.results, *again.results)} == set(old)


@pytest.mark.engine
def test_two_random_orders_differ(database, make_row):
    with database.write() as conn:
        images.upsert_many(conn, [make_row(f"/lib/{at}.png") for at in range(200)])
    with database.read() as conn:
        one, two = (
            [result.id for result in pages.find(conn, And(), order=Order("random")).results]
            for _ in range(2)
        )
    assert one != two and sorted(one) == sorted(two) and one != sorted(one)


@pytest.mark.engine
def test_when_time_runs_out_the_cursor_goes_on(database, make_row):
    with database.write() as conn:
        images.upsert_many(
            conn,
            [
                make_row(f"/lib/{at}.png", infotext="x" * 50 + ("fox" if at % 40 == 0 else ""))
                for at in range(200)
            ],
        )
    found, cursor, asked = [], "", 0
    with database.read() as conn:
        while True:
            page = pages.find(conn, Matches("f.?o.?x"), cursor=cursor, size=3, limit_s=0.0)
            found += [result.name for result in page.results]
            asked += 1
            if not page.next:
                break
            cursor = page.next
    assert sorted(found) == sorted(f"{at}.png" for at in range(0, 200, 40))
    assert asked > 100 or os.name == "nt"  # where a clock ticks slowly some time is left


@pytest.mark.engine
@pytest.mark.parametrize("size", [0, -1])
def test_a_page_without_room_is_refused(database, size):
    with database.read() as conn, pytest.raises(InvalidRequest):
        pages.find(conn, And(), size=size)


@pytest.mark.engine
@pytest.mark.parametrize("cursor", ["x", "!!!", "e30", "W10", "ÿ", "A" * 5000])
def test_a_broken_cursor_is_refused(database, cursor):
    with database.read() as conn, pytest.raises(InvalidRequest, match="cursor"):
        pages.find(conn, And(), cursor=cursor)


@pytest.mark.engine
def test_a_cursor_of_another_order_is_refused(database, make_row):
    with database.write() as conn:
        images.upsert_many(conn, [make_row(f"/lib/{at}.png") for at in range(3)])
    with database.read() as conn:
        page = pages.find(conn, And(), size=1)
        with pytest.raises(InvalidRequest, match="another search"):
            pages.find(conn, And(), size=1, cursor=page.next, order=Order("name"))


@pytest.mark.engine
def test_a_sort_that_there_is_not_names_those_that_there_are(database):
    with database.read() as conn, pytest.raises(InvalidRequest, match="date, created"):
        pages.find(conn, And(), order=Order("beauty"))


@pytest.mark.engine
@pytest.mark.parametrize(
    "pattern", ["^(a+)+$", "(?:a*)*b", "((x+))+", "(", "a{99999999999}", "x" * 3000]
)
def test_an_expression_that_is_none_or_too_slow_is_refused(database, pattern):
    with database.read() as conn, pytest.raises(InvalidRequest):
        pages.find(conn, Matches(pattern))


@pytest.mark.engine
def test_an_expression_that_is_slow_on_a_text_is_refused_in_time(database, make_row):
    with database.write() as conn:
        images.upsert_many(conn, [make_row("/lib/1.png", infotext="a," * 200)])
    with database.read() as conn, pytest.raises(InvalidRequest, match="too long"):
        pages.find(conn, Matches("(.*?,){25}x"))


@pytest.mark.engine
def test_readers_see_whole_batches_while_a_writer_writes(database, make_row):
    failures, done = [], threading.Event()

    def read():
        while not done.is_set():
            with database.read() as conn:
                found = walk(conn, HasText("fox"), size=50)
                counts = [tag.count for tag in tags.find_like(conn, "fox", "prompt", 1)]
            if len(found) % 10 or counts not in ([len(found)], []):
                failures.append((len(found), counts))

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for batch in range(15):
        with database.write() as conn:
            images.upsert_many(
                conn,
                [
                    make_row(f"/lib/{batch}-{at}.png", infotext="a fox", tags=[("prompt", "fox")])
                    for at in range(10)
                ],
            )
    done.set()
    for reader in readers:
        reader.join()
    assert failures == []


@pytest.mark.engine
def test_a_random_order_is_the_same_by_pages_and_in_one_piece(database, make_row):
    with database.write() as conn:
        images.upsert_many(conn, [make_row(f"/lib/{at}.png") for at in range(300)])
    order = Order("random", seed=2**52 + 1)
    with database.read() as conn:
        assert list_all(conn, And(), order) == walk(conn, And(), order, size=40)
