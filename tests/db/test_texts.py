"""Texts that several images share: what is found, what is stored, and databases of before."""

from __future__ import annotations

import contextlib
import random
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from iib_core.db import documents, fts, images, moved_rows, text_tags, texts
from iib_core.db.engine import Database
from iib_core.db.images import ImageRow
from iib_core.db.migrations import upgrade
from iib_core.db.search import all_results, changed_blocks, narrowing, shared_texts
from iib_core.db.search.packed_texts import PackedTexts
from iib_core.db.search.sorting import Order
from iib_core.db.sqlite import is_sqlite, sqlite_engine
from iib_core.index import merged_texts
from iib_core.search.criteria import And, HasParts, HasText, Matches, Not, Or
from tests.databases import open_database
from tests.db.conftest import SECOND
from tests.db.test_search import File, expected, list_all
from tests.searches import IS_BRIEF, rounds
from tests.slashes import native

# Seeds that are also in a prompt, and in names.
SEEDS = [1234567, 7654321, 2**64 - 1, 7, None]
SIZES = [(512, 768), (1024, 1024)]
PROMPTS = ["a fox, snow", "a fox 1234567", "Straße, дракон", "", "x\x1ay", "Steps: 20, Size: 1x1"]
NEGATIVES = ["", "blurry", "blurry, 7654321"]
# Of older databases; in brief the last one of each way to store texts.
VERSIONS = (
    ["0010", "0016", "0019", "0020"] if IS_BRIEF else [f"{number:04}" for number in range(2, 21)]
)
CRITERIA = [
    *(
        HasText(needle, place)
        for needle in ("fox", "STRASSE", "1234567", "seed: 76", "size: 512x", "20, s", "b", "\x1a")
        for place in ("any", "words", "prompt", "negative", "workflow", "name")
    ),
    *(
        HasText(needle, place, whole=True)
        for needle in ("a fox, snow", "A FOX 1234567", "STRASSE, ДРАКОН", "Blurry", "x\x1ay", "fox")
        for place in ("prompt", "negative", "workflow", "name")
    ),
    HasText("7, Seed: 1234567, Size: 512x768, Model", "any"),
    HasText('"seed": 7654321}', "any"),
    # Without a digit: in what is a picture's own, beside it, and where both meet.
    HasText("Sampler: Euler, CFG", "any"),
    HasText("steps: ", "any"),
    HasText(", Model: sd", "any"),
    HasText("}, ", "any"),
    HasParts(("fo", "12"), "words"),
    Matches(r"seed: \d{7}, size: 1024"),
    And((HasText("fox", "words"), Not(HasText("1024", "any")))),
    Or((HasText("blurry", "negative"), HasText("дракон", "prompt"))),
]


def make_row(number: int, draw: random.Random) -> ImageRow:
    """A picture of one of few prompts, as one of several programs writes it."""
    prompt, negative = draw.choice(PROMPTS), draw.choice(NEGATIVES)
    seed, (width, height) = draw.choice(SEEDS), draw.choice(SIZES)
    infotext = draw.choice(
        [
            f"{prompt}\nNegative prompt: {negative}\nSteps: 2{draw.randint(0, 1)}, Sampler: Euler, "
            f"CFG scale: 7, Seed: {seed}, Size: {width}x{height}, Model: sd",
            f'{{"3": {{"seed": {seed}}}, "4": "{prompt}", "5": "{negative}"}}\n{{"seed": {seed}}}',
            f"Seed: {seed}",
            "",
        ]
    )
    return ImageRow(
        path=native(f"/lib/{draw.choice('ab')}/{number:04}-{seed}.png"),
        media="image",
        mtime_ns=draw.randint(1, 9) * SECOND,
        size_bytes=1,
        birth_ns=1,
        width_px=width,
        height_px=height,
        prompt=prompt,
        negative_prompt=negative,
        infotext=infotext,
        seed=seed,
        tags=[
            ("prompt", "fox"),
            ("model", "sd"),
            ("size", f"{width}x{height}"),
            ("media", "image"),
        ],
    )


def make_burst(prompt: str, number: int, first: int = 0) -> list[ImageRow]:
    """Pictures of one prompt that differ in seed and size only."""
    rows = []
    for at in range(first, first + number):
        width, height = SIZES[at % 2]
        infotext = (
            f"{prompt}\nSteps: 20, Sampler: Euler, CFG scale: 7, Seed: {99990 + at}, "
            f"Size: {width}x{height}, Model: sd"
        )
        rows.append(
            ImageRow(
                path=native(f"/lib/{prompt} {at}.png"),
                media="image",
                mtime_ns=SECOND,
                size_bytes=1,
                birth_ns=1,
                prompt=prompt,
                infotext=infotext,
                seed=99990 + at,
                tags=[("prompt", prompt), ("size", f"{width}x{height}")],
            )
        )
    return rows


def store(database: Database, rows: list[ImageRow]) -> list[int]:
    with database.write() as conn:
        return images.upsert_many(conn, rows)


def count(database: Database, table: str) -> int:
    with database.read() as conn:
        return int(conn.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())


def load_bodies(database: Database) -> list[tuple[object, ...]]:
    """What each image's text is, with its automatic tags."""
    with database.read() as conn:
        rows = conn.exec_driver_sql(
            "SELECT image_id, text, prompt_at, prompt_chars, negative_at, negative_chars, auto_tags, "
            "names, prompt, negative FROM image_body ORDER BY image_id"
        )
        return [tuple(row) for row in rows]


def load_tags(database: Database) -> list[tuple[int, int]]:
    """Which image has which tag."""
    with database.read() as conn:
        rows = conn.exec_driver_sql("SELECT tag_id, image_id FROM tagged_image ORDER BY 1, 2")
        return [tuple(row) for row in rows]


def check_found(database: Database, files: list[File]) -> None:
    """Every criterion finds what it means, and each text is stored once and used."""
    with database.read() as conn:
        for criterion in CRITERIA:
            wanted = expected(criterion, files, {})
            for kept in (None, database.texts):
                found = list_all(conn, criterion, Order("date", True), None, kept)
                assert set(found) == wanted, criterion
        unused = "SELECT id FROM searched_text EXCEPT SELECT text_id FROM image_text"
        assert conn.exec_driver_sql(unused).all() == []
        lost = "SELECT id FROM image EXCEPT SELECT image_id FROM image_body"
        assert conn.exec_driver_sql(lost).all() == []
        check_tags(conn)
        if is_sqlite(conn):
            check_documents(conn)
    for (
        _,
        text,
        prompt_at,
        prompt_chars,
        negative_at,
        negative_chars,
        *_,
        prompt,
        negative,
    ) in load_bodies(database):
        assert text[prompt_at : prompt_at + prompt_chars] == prompt
        assert text[negative_at : negative_at + negative_chars] == negative


def check_tags(conn) -> None:
    """Each image has the automatic tags that its text lists, and no text has others."""
    listed = (
        "SELECT a.value, b.image_id FROM image_body b CROSS JOIN json_each(b.auto_tags) a "
        "ORDER BY 1, 2"
    )
    tagged = (
        "SELECT tag_id, image_id FROM tagged_image WHERE tag_id IN "
        "(SELECT id FROM tag WHERE type = 'auto') ORDER BY 1, 2"
    )
    assert conn.exec_driver_sql(tagged).all() == conn.exec_driver_sql(listed).all()
    unused = "SELECT quarter, text_id FROM text_tag EXCEPT SELECT quarter, text_id FROM image_text"
    assert conn.exec_driver_sql(unused).all() == []


def check_documents(conn) -> dict[int, int]:
    """The text index has each image in one document, beside those of its text only. Returns for how
    many images each document is.
    """
    rows = conn.exec_driver_sql(
        "SELECT i.id, b.text_id, i.name, t.text, t.prompt_at, t.prompt_chars, t.names FROM image i "
        "JOIN image_text b ON b.image_id = i.id JOIN image_body t ON t.image_id = i.id"
    )
    texts_of = {row[0]: (row[1], fts.indexed(row[2], fts.Body(*row[3:])).joined) for row in rows}
    shared = dict(conn.exec_driver_sql("SELECT id, files FROM shared_document").all())
    members = {first: range(first, first + files) for first, files in shared.items()}
    inside = [image_id for ids in members.values() for image_id in ids]
    assert len(inside) == len(set(inside)) and all(1 < files <= 4 for files in shared.values())
    members.update(
        {image_id: range(image_id, image_id + 1) for image_id in texts_of.keys() - set(inside)}
    )
    wanted = set()
    for first, ids in members.items():
        assert len({texts_of[image_id][0] for image_id in ids}) == 1
        text = "".join(texts_of[image_id][1] for image_id in ids)
        wanted |= {(text[at : at + 3], first) for at in range(len(text) - 2)}
    terms = conn.exec_driver_sql("SELECT term, doc FROM image_fts_terms").all()
    assert {tuple(row) for row in terms} == wanted
    return {first: len(ids) for first, ids in members.items()}


@pytest.mark.engine
def test_pictures_of_one_prompt_share_one_text_and_each_has_its_own_seed(database):
    ids = store(database, make_burst("a fox", 4))
    assert count(database, "searched_text") == 1
    with database.read() as conn:
        for at, image_id in enumerate(ids):
            found = list_all(conn, HasText(f"seed: {99990 + at}, size", "any"), Order("date", True))
            assert found == [image_id]
        listed = conn.exec_driver_sql("SELECT auto_tags FROM image_body ORDER BY image_id").all()
    assert listed[0] == listed[2] != listed[1] == listed[3]


@pytest.mark.engine
def test_a_text_goes_with_its_last_picture(database):
    ids = store(database, make_burst("a fox", 3))
    with database.write() as conn:
        images.remove_many(conn, ids[:2])
    assert count(database, "searched_text") == 1
    with database.write() as conn:
        images.remove_many(conn, ids[2:])
    assert count(database, "searched_text") == count(database, "image_text") == 0


@pytest.mark.engine
def test_a_picture_that_is_edited_leaves_the_text_of_the_others(database):
    rows = make_burst("a fox", 3)
    store(database, rows)
    other = make_burst("an owl", 1)[0]
    for at, row in enumerate(rows):
        edited = ImageRow(**{**vars(other), "path": row.path})
        store(database, [edited])
        assert count(database, "searched_text") == (1 if at == 2 else 2)


@pytest.mark.engine
@pytest.mark.parametrize("seed", range(rounds(6)))
def test_searches_find_what_they_mean_while_texts_are_shared_edited_and_removed(
    database, seed, monkeypatch
):
    if seed % 2:  # the ways of a large library
        for module, name, value in (
            (narrowing, "_MAX_FEW", 1),
            (all_results, "_MANY_NAMED", 1000),
            (all_results, "_RECHECKED", 40),
            (shared_texts, "_LEAST_FOUND", 0),
            (changed_blocks, "_MIN_FILES", 0),
            (all_results, "_MANY_TEXTS", 0),
        ):
            monkeypatch.setattr(module, name, value)
    draw = random.Random(seed)
    files: dict[int, File] = {}
    number = 0
    for _ in range(12):
        rows = [make_row(number + at, draw) for at in range(draw.randint(1, 25))]
        number += len(rows)
        edited = [
            ImageRow(**{**vars(make_row(0, draw)), "path": file.row.path})
            for file in draw.sample(list(files.values()), len(files) // 5)
        ]
        changed = [*rows, *edited]
        for image_id, row in zip(store(database, changed), changed):
            files[image_id] = File(image_id, row)
        gone = draw.sample(list(files), len(files) // 6)
        copied = draw.sample(list(files.values()), len(files) // 8)
        pairs = [(file.row.path, f"{file.row.path[:-4]} {number}.png") for file in copied]
        with database.write() as conn:
            moved_rows.copy_files(conn, pairs)
            new = images.find_ids(conn, [target for _, target in pairs])
            for file, (_, target) in zip(copied, pairs):
                row = ImageRow(**{**vars(file.row), "path": target})
                files[new[target]] = File(new[target], row)
            images.remove_many(conn, gone)
        for image_id in gone:
            del files[image_id]
        with database.read() as conn:
            database.texts.find(conn)
    check_found(database, list(files.values()))
    assert count(database, "searched_text") < len(files)


@pytest.mark.engine
def test_texts_that_become_one_while_a_server_knows_which_files_have_which(database, monkeypatch):
    monkeypatch.setattr(changed_blocks, "_MIN_FILES", 0)
    ids = store(database, [*make_burst("a fox", 3), *make_burst("an owl", 3)])
    split_all(database)

    def texts_of(kept):
        with database.read() as conn:
            return kept.find(conn)[ids].tolist()

    assert len(set(texts_of(database.texts))) == 6
    with database.write() as conn:
        while texts.merge_some(conn, 2):
            pass
    assert len(set(texts_of(database.texts))) == 2
    assert texts_of(database.texts) == texts_of(PackedTexts())


@pytest.mark.engine
def test_texts_of_each_picture_become_one(database):
    store(database, make_burst("a fox", 5))
    before = load_bodies(database)
    split_all(database)
    assert load_bodies(database) == before
    with database.write() as conn:
        while texts.merge_some(conn, 2):
            pass
        while text_tags.merge_some(conn, 2):
            pass
        check_tags(conn)
    assert load_bodies(database) == before
    assert (count(database, "searched_text"), count(database, "unmerged_text")) == (1, 0)


def split_all(database: Database) -> None:
    """Give each picture a text of its own, as in an older database."""
    columns = "text, prompt_at, prompt_chars, negative_at, negative_chars, auto_tags, names"
    with database.write() as conn:
        for statement in (
            f"INSERT INTO searched_text(id, {columns}) SELECT image_id + 1000, {columns} "
            "FROM image_body",
            "INSERT INTO image_tag(tag_id, mtime_ns, image_id, custom) SELECT t.tag_id, i.mtime_ns, "
            "i.id, 0 FROM text_tag t CROSS JOIN image_text b ON b.text_id = t.text_id "
            "CROSS JOIN image i ON i.id = b.image_id",
            "DELETE FROM text_tag",
            "UPDATE image_text SET text_id = image_id + 1000, own = '', own_tag = NULL, quarter = NULL",
            "DELETE FROM searched_text WHERE id < 1000",
            "INSERT INTO unmerged_text(id) SELECT text_id FROM image_text",
        ):
            conn.exec_driver_sql(statement)


def write_old(path: Path, version: str, rows: list[ImageRow]) -> None:
    """A database as ``version`` wrote it."""
    now = open_database(path.parent / "now.db")
    store(now, rows)
    now.close()
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = sqlite_engine(str(path), write=True)
    with engine.begin() as connection:
        upgrade(connection, version)
    engine.dispose()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("ATTACH ? AS now", (now.path,))
        is_shared, is_tagged = version >= "0017", version >= "0020"
        texts_of_then = (
            [("searched_text", "searched_text"), ("image_text", "image_text")]
            if is_shared
            else [("image_text", "image_body")]
        )
        for table, source in (
            *((name, name) for name in ("folder", "image", "tag", "image_tag")),
            *texts_of_then,
            *([("text_tag", "text_tag")] if is_tagged else []),
        ):
            there, here = (
                {row[1] for row in connection.execute(f"PRAGMA {schema}.table_info({name})")}
                for schema, name in (("now", source), ("main", table))
            )
            columns = ", ".join(sorted(there & here))
            connection.execute(
                f"INSERT OR REPLACE INTO main.{table}({columns}) SELECT {columns} FROM now.{source}"
            )
        if not is_tagged:
            connection.execute(
                "INSERT OR IGNORE INTO main.image_tag(tag_id, mtime_ns, image_id, custom) SELECT "
                "t.tag_id, i.mtime_ns, i.id, 0 FROM now.tagged_image t JOIN now.image i "
                "ON i.id = t.image_id"
            )
        names = "t.names" if version >= "0011" else "NULL"
        bodies_of_then = "image_body" if is_shared else "image_text"
        bodies = connection.execute(
            f"SELECT i.id, i.name, t.text, t.prompt_at, t.prompt_chars, {names} FROM main.image i "
            f"JOIN main.{bodies_of_then} t ON t.image_id = i.id ORDER BY i.id"
        ).fetchall()
        for image_id, name, *body in bodies:
            indexed = fts.indexed(name, fts.Body(*body)).joined
            connection.execute(
                "INSERT INTO image_fts(rowid, text) VALUES (?, ?)", (image_id, indexed)
            )
        connection.commit()


@pytest.mark.parametrize("version", VERSIONS)
def test_an_older_database_answers_the_same_before_while_and_after_its_texts_are_merged(
    tmp_path, version
):
    draw = random.Random(version)
    rows = [make_row(number, draw) for number in range(60)]
    path = tmp_path / "data" / "iib.db"
    path.parent.mkdir()
    write_old(path, version, rows)
    database = Database(str(path))
    files = [File(at, row, old=version < "0011") for at, row in enumerate(rows, 1)]
    check_found(database, files)
    before = load_bodies(database)
    with database.write() as conn:
        texts.merge_some(conn, 25)
    # Texts that come, go and are copied meanwhile, some of them equal to those that wait.
    added = [
        ImageRow(**{**vars(row), "path": native(f"/new/{row.seed} {at}.png")})
        for at, row in enumerate(rows[20:50])
    ]
    files += [File(*pair) for pair in zip(store(database, added), added)]
    with database.write() as conn:
        images.remove_many(conn, [file.id for file in files[30:40]])
        moved_rows.copy_files(conn, [(rows[50].path, native("/new/copy.png"))])
        (copy_id,) = images.find_ids(conn, [native("/new/copy.png")]).values()
        copy = ImageRow(**{**vars(rows[50]), "path": native("/new/copy.png")})
    del files[30:40]
    files.append(File(copy_id, copy, old=version < "0011"))
    check_found(database, files)
    with database.write() as conn:
        while texts.merge_some(conn, 25):
            pass
        assert text_tags.merge_some(conn, 15) == (15 if version < "0020" else 0)
        assert documents.merge_some(conn, 25) == 25
    check_found(database, files)
    merged_texts.run(database, threading.Event())
    check_found(database, files)
    assert count(database, "unmerged_text") == count(database, "unmerged_documents") == 0
    assert count(database, "image_tag") == count(database, "image")  # their sizes
    kept = {file.id for file in files}
    after = {row[0]: row for row in load_bodies(database)}
    assert [after[row[0]] for row in before if row[0] in kept] == [
        row for row in before if row[0] in kept
    ]
    with database.read() as conn:
        twice = "SELECT count(*) - count(DISTINCT digest) FROM searched_text"
        assert conn.exec_driver_sql(twice).scalar_one() == 0
    database.close()


MERGING = """
import sys, threading
from iib_core.db.engine import Database
from iib_core.index import merged_texts
merged_texts._BATCH = 20
database = Database(sys.argv[1])
print("open", flush=True)
merged_texts.run(database, threading.Event())
"""


def test_merging_goes_on_after_a_kill_at_any_moment(tmp_path):
    rows = [row for at in range(300) for row in make_burst(f"fox {at}", 4)]
    path = tmp_path / "data" / "iib.db"
    path.parent.mkdir()
    write_old(path, "0016", rows)
    database = Database(str(path))
    before, tagged = load_bodies(database), load_tags(database)
    database.close()
    seed = random.randrange(10**6)
    moments = random.Random(seed)
    left = [len(rows)]
    for _ in range(4):
        process = subprocess.Popen(
            [sys.executable, "-c", MERGING, str(path)],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        )
        assert process.stdout.read(4) == b"open"
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(moments.uniform(0, 0.2))
        process.kill()
        process.wait()
        process.stdout.close()
        database = Database(str(path))
        left.append(count(database, "unmerged_text"))
        assert load_bodies(database) == before, f"seed {seed}"
        assert load_tags(database) == tagged, f"seed {seed}"
        database.close()
    assert left == sorted(left, reverse=True)
    database = Database(str(path))
    merged_texts.run(database, threading.Event())
    assert load_bodies(database) == before, f"seed {seed}"
    assert load_tags(database) == tagged, f"seed {seed}"
    assert count(database, "image_tag") == len(rows)
    assert count(database, "searched_text") == 300
    database.close()
