"""Import from another program, export to another machine."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from iib_core.access import Access
from iib_core.db import albums, images, marks, tags
from iib_core.db.engine import Database
from iib_core.errors import InvalidRequest, NotFound
from iib_core.index import import_export
from iib_core.jobs import Cancelled, Progress
from tests.conftest import write_png
from tests.databases import open_database

# The tables of several versions of that program.
_OLD = (
    "CREATE TABLE image (id INTEGER PRIMARY KEY AUTOINCREMENT, path TEXT UNIQUE, exif TEXT, size "
    "INTEGER, date TEXT);"
    "CREATE TABLE tag (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, score INTEGER, type TEXT, count "
    "INTEGER, UNIQUE(name, type) ON CONFLICT REPLACE);"
    "CREATE TABLE image_tag (image_id INTEGER, tag_id INTEGER, PRIMARY KEY (image_id, tag_id));"
)
_FOLDERS = "CREATE TABLE extra_path (path TEXT PRIMARY KEY, type TEXT NOT NULL);"
_NEWER = (
    "ALTER TABLE tag ADD COLUMN color TEXT DEFAULT ''; ALTER TABLE extra_path ADD COLUMN alias TEXT "
    "DEFAULT '';"
    "CREATE TABLE global_setting (setting_json TEXT, name TEXT PRIMARY KEY, created_time TEXT, "
    "modified_time TEXT);"
)
SCHEMAS = {"first": _OLD, "middle": _OLD + _FOLDERS, "late": _OLD + _FOLDERS + _NEWER}


def write_foreign(
    path: Path,
    schema: str,
    tagged: dict[str, list[str]],
    folders: list[tuple[str, str, str]] = (),
    journal: str = "DELETE",
) -> Path:
    """A database as infinite-image-browsing writes it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA journal_mode = {journal}")
    connection.executescript(SCHEMAS[schema])
    names = {
        name: number
        for number, name in enumerate(
            dict.fromkeys(name for own in tagged.values() for name in own), 1
        )
    }
    connection.executemany(
        "INSERT INTO tag(id, name, score, type, count) VALUES (?, ?, 0, 'custom', 0)",
        [(number, name) for name, number in names.items()],
    )
    connection.execute(
        "INSERT INTO tag(id, name, score, type, count) VALUES (1000, 'a fox', 0, 'pos', 1)"
    )
    for number, (file, own) in enumerate(tagged.items(), 1):
        connection.execute(
            "INSERT INTO image(id, path, exif, size, date) VALUES (?, ?, '', 1, '')", (number, file)
        )
        connection.executemany(
            "INSERT INTO image_tag VALUES (?, ?)",
            [(number, tag_id) for tag_id in (*(names[name] for name in own), 1000)],
        )
    if schema == "late":
        connection.execute("UPDATE tag SET color = '#00ff00' WHERE name = 'Blau'")
    for folder, kind, alias in folders:
        row = (folder, kind, alias)[: 2 + (schema == "late")]
        connection.execute(f"INSERT INTO extra_path VALUES ({', '.join('?' * len(row))})", row)
    connection.commit()
    connection.close()
    return path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "webui" / "outputs"
    (folder / "txt2img").mkdir(parents=True)
    for at, name in enumerate(("1.png", "2.png", "txt2img/3.png")):
        write_png(folder / name, infotext=f"picture {at}")
        os.utime(folder / name, (1_600_000_000 + at, 1_600_000_000 + at))
    return folder


@pytest.fixture
def library(open_library, root):
    library = open_library(root)
    library.update()
    return library


def everywhere() -> Access:
    return Access((), restricted=False)


def bring(library, path: Path) -> import_export.Imported:
    return import_export.import_file(library.core.db, everywhere(), str(path))


@pytest.mark.parametrize("schema", SCHEMAS)
def test_tags_colours_and_folders_of_every_version_are_imported(library, root, tmp_path, schema):
    more = tmp_path / "more"
    more.mkdir()
    tagged = {
        str(root / "1.png"): ["like", "Blau"],
        str(root / "txt2img/3.png"): ["Blau"],
        str(root / "later.png"): ["like"],
        str(root / "2.png"): [],
    }
    folders = [
        (str(more), "scanned+walk", "More"),
        ("/away/pictures", "scanned-fixed", ""),
        ("D:\\sd\\out", "walk", ""),
    ]
    file = write_foreign(tmp_path / "iib.db", schema, tagged, folders if schema != "first" else [])
    brought = bring(library, file)
    assert (brought.tags, brought.files, brought.waiting) == (2, 2, 1)
    assert (
        library.tags_of(root / "1.png") == {"like", "Blau"}
        and library.tags_of(root / "2.png") == set()
    )
    assert (
        library.counts()["Blau"] == 2
        and library.counts()["like"] == 1
        and "a fox" not in library.counts()
    )
    with library.core.db.read() as conn:
        assert {tag.name: tag.color for tag in tags.list_custom(conn)} == {
            "like": "",
            "Blau": "#00ff00" if schema == "late" else "",
        }
    if schema != "first":
        here, elsewhere = (
            ("D:\\sd\\out", "/away/pictures")
            if os.name == "nt"
            else ("/away/pictures", "D:\\sd\\out")
        )
        assert (set(brought.folders), brought.skipped_folders) == ({here, str(more)}, (elsewhere,))
        found = {
            extra.path: (extra.types, extra.alias) for extra in library.core.roots.list_added()
        }
        assert found == {
            str(more): (("scanned", "walk"), "More" if schema == "late" else ""),
            here: (("walk",) if os.name == "nt" else ("scanned-fixed",), ""),
        }
    write_png(root / "later.png")
    library.update()
    assert library.tags_of(root / "later.png") == {"like"} and library.counts()["like"] == 2


def test_importing_twice_has_no_further_effect(library, root, tmp_path):
    file = write_foreign(
        tmp_path / "iib.db", "late", {str(root / "1.png"): ["like"], "/gone/x.png": ["like"]}
    )
    assert bring(library, file) == bring(library, file)
    assert library.counts()["like"] == 1 and library.tags_of(root / "1.png") == {"like"}


@pytest.mark.parametrize("state", ["closed", "closed in wal mode", "open", "open in wal mode"])
def test_the_other_database_is_never_changed(library, root, tmp_path, state):
    journal = "WAL" if "wal" in state else "DELETE"
    file = write_foreign(
        tmp_path / "other" / "iib.db", "late", {str(root / "1.png"): ["like"]}, journal=journal
    )
    connection = sqlite3.connect(file)
    if "open" in state:
        connection.execute("INSERT INTO image(id, path) VALUES (7, ?)", (str(root / "2.png"),))
        connection.execute("INSERT INTO image_tag VALUES (7, 1)")
        connection.commit()
    else:
        connection.close()
    before = {
        entry.name: hashlib.sha256(entry.read_bytes()).digest() for entry in file.parent.iterdir()
    }
    os.chmod(file, 0o400)
    assert bring(library, file).files == 1 + ("open" in state)
    assert {
        entry.name: hashlib.sha256(entry.read_bytes()).digest() for entry in file.parent.iterdir()
    } == before
    connection.close()


@pytest.mark.needs_links
def test_paths_through_a_link_are_resolved(library, root, tmp_path):
    (tmp_path / "link").symlink_to(root)
    file = write_foreign(tmp_path / "iib.db", "late", {str(tmp_path / "link/./1.png"): ["like"]})
    assert bring(library, file).files == 1 and library.tags_of(root / "1.png") == {"like"}


def test_invalid_names_are_made_valid(library, root, tmp_path):
    file = write_foreign(
        tmp_path / "iib.db", "late", {str(root / "1.png"): ["two\nlines", "x" * 300, " "]}
    )
    bring(library, file)
    assert library.tags_of(root / "1.png") == {"two lines", "x" * 200, "?"}


@pytest.mark.parametrize(
    "content",
    [
        b"SQLite format 3\0garbage" * 100,
        b"\x89PNG\r\n",
        b"",
        b"[1, 2]\nnothing",
        b'{"kind": "file"}',
    ],
)
def test_a_file_of_another_type_is_reported(library, tmp_path, content):
    (tmp_path / "file").write_bytes(content)
    if content:
        with pytest.raises(InvalidRequest):
            bring(library, tmp_path / "file")
    else:
        assert bring(library, tmp_path / "file") == import_export.Imported()


def test_the_programs_own_database_and_a_missing_file_are_reported(library, tmp_path):
    with pytest.raises(InvalidRequest, match="not a database of infinite-image-browsing"):
        bring(library, Path(library.core.db.path))
    with pytest.raises(NotFound):
        bring(library, tmp_path / "nothing.db")


def test_databases_are_found_in_the_webui_around_a_root(library, root, tmp_path):
    extensions = root.parent / "extensions"
    file = write_foreign(
        extensions / "sd-webui-infinite-image-browsing" / "iib.db",
        "late",
        {str(root / "1.png"): ["like"], "/x/2.png": []},
        [("/x", "scanned", "")],
    )
    (extensions / "other").mkdir()
    (extensions / "other" / "iib.db").write_bytes(b"no database")
    assert import_export.find_offers(library.core.access) == [
        import_export.Offer(str(file), images=2, tags=1, tagged=1, folders=1)
    ]
    assert import_export.find_offers(Access([str(tmp_path / "elsewhere")], restricted=False)) == []
    assert [
        offer.path
        for offer in import_export.find_offers(Access((), restricted=False), [str(root.parent)])
    ] == [str(file)]


def mark(library, root) -> None:
    """Marks of every type, one of them for a file that is not in the index."""
    with library.core.db.write() as conn:
        ids = images.find_ids(
            conn, [str(root / name) for name in ("1.png", "2.png", "txt2img/3.png")]
        )
        one, two, three = (ids[str(root / name)] for name in ("1.png", "2.png", "txt2img/3.png"))
        tags.assign(conn, tags.create_custom(conn, "Blau", "#0000ff").id, [one, three])
        marks.rate(conn, [two], 5)
        albums.add(conn, albums.create(conn, "best").id, [three, one])
        albums.create(conn, "empty")
        marks.keep(conn, [marks.Marks("/gone/4.png", b"4" * 16, ("like",), {"best": 9}, 2)])


def test_an_export_can_be_imported_on_another_machine(library, root, tmp_path):
    mark(library, root)
    lines = list(import_export.export_lines(library.core.db, everywhere()))
    entries = [json.loads(line) for line in lines]
    assert [entry["name"] for entry in entries if entry["kind"] != "file"] == [
        "Blau",
        "like",
        "best",
        "empty",
    ]
    assert {entry["path"]: entry["rating"] for entry in entries if entry["kind"] == "file"} == {
        str(root / "1.png"): 0,
        str(root / "2.png"): 5,
        str(root / "txt2img/3.png"): 0,
        "/gone/4.png": 2,
    }
    elsewhere = tmp_path / "elsewhere"
    os.rename(root, elsewhere)
    other = open_database(tmp_path / "there" / "iib.db")
    try:
        assert import_export.import_lines(other, everywhere(), lines) == import_export.Imported(
            tags=2, albums=2, waiting=4
        )
        _index(library, other, elsewhere)
        assert _normalised(import_export.export_lines(other, everywhere())) == _normalised(lines)
        assert import_export.import_lines(other, everywhere(), lines).files == 3
        assert _normalised(import_export.export_lines(other, everywhere())) == _normalised(lines)
        with other.read() as conn:
            assert {tag.name: tag.count for tag in tags.list_custom(conn)} == {"Blau": 2, "like": 0}
    finally:
        other.close()


def _index(library, other: Database, elsewhere: Path) -> None:
    """Index the files at their new paths into another database, as an update does."""
    from iib_core.index import reader

    rows = [reader.read(str(file)) for file in sorted(elsewhere.rglob("*.png"))]
    with other.write() as conn:
        ids = images.upsert_many(conn, rows)
        marks.claim(
            conn, [(image_id, row.path, row.fingerprint) for image_id, row in zip(ids, rows)]
        )


def _normalised(lines: Iterable[str]) -> list[dict[str, object]]:
    """The lines without folders, sorted."""
    entries = [json.loads(line) for line in lines]
    return sorted(
        ({**entry, "path": os.path.basename(entry.get("path", ""))} for entry in entries),
        key=json.dumps,
    )


def test_wrong_lines_are_reported_and_the_others_imported(library, root):
    good = json.dumps(
        {
            "kind": "file",
            "path": str(root / "1.png"),
            "tags": ["new"],
            "rating": 3,
            "albums": {"best": 1},
        }
    )
    bad = [
        "{",
        "[]",
        '{"kind": "picture"}',
        '{"kind": "file", "path": 3}',
        '{"kind": "file", "path": "/x", "rating": 9}',
        '{"kind": "file", "path": "/x", "tags": [1]}',
        '{"kind": "file", "path": "/x", "albums": {"a": "b"}}',
        '{"kind": "file", "path": "/x", "fingerprint": "00"}',
        '{"kind": "tag", "name": ""}',
        "[" * 5000,
        '{"kind": "file", "path": ""}',
        '{"kind": "file", "path": "/a\\u0000b"}',
        json.dumps({"kind": "file", "path": "/" + "x" * 5000}),
        json.dumps(
            {"kind": "file", "path": "/x", "tags": [f"tag {number}" for number in range(2000)]}
        ),
        '{"kind": "file", "path": "/x", "rating": 1e999}',
        '{"kind": "file", "path": "/x", "rating": ' + "9" * 5000 + "}",
        '{"kind": "file", "path": "/x", "albums": {"a": 1e999}}',
        '{"kind": "file", "path": "/x", "tags": ["\\ud800"]}',
        '{"kind": "tag", "name": "a\\u0000b"}',
    ]
    brought = import_export.import_lines(library.core.db, everywhere(), [*bad, good, "\n"])
    assert (brought.files, brought.waiting) == (1, 0)
    assert [error.split(":")[0] for error in brought.errors] == [
        f"line {number}" for number in range(1, len(bad) + 1)
    ]
    assert library.tags_of(root / "1.png") == {"new"}


def test_a_path_with_a_lone_surrogate_waits_like_any_other(library, root):
    lines = [
        json.dumps({"kind": "file", "path": path, "tags": ["new"]})
        for path in ("/a/\ud800.png", "/a/\udcff.png", str(root / "1.png"))
    ]
    brought = import_export.import_lines(library.core.db, everywhere(), lines)
    assert (brought.files, brought.waiting, brought.errors) == (1, 2, ())
    written = "".join(import_export.export_lines(library.core.db, everywhere())).encode()
    assert written.count(b'"kind": "file"') == 3


def test_marks_that_the_database_refuses_are_reported_and_the_others_stored(library, root):
    with library.core.db.write() as conn:
        conn.exec_driver_sql(
            "CREATE TRIGGER no BEFORE INSERT ON kept WHEN new.path = '/odd.png' BEGIN SELECT "
            "RAISE(ABORT, 'it is odd'); END"
        )
    lines = [
        json.dumps({"kind": "file", "path": path, "tags": ["new"]})
        for path in ("/a.png", "/odd.png", "/b.png", str(root / "1.png"))
    ]
    brought = import_export.import_lines(library.core.db, everywhere(), lines)
    assert (brought.files, brought.waiting) == (1, 2)
    (error,) = brought.errors
    assert error.startswith("/odd.png: ") and "it is odd" in error


def test_an_existing_rating_stays(library, root):
    with library.core.db.write() as conn:
        marks.rate(conn, images.find_ids(conn, [str(root / "1.png")]).values(), 2)
    import_export.import_lines(
        library.core.db,
        everywhere(),
        [json.dumps({"kind": "file", "path": str(root / "1.png"), "rating": 5})],
    )
    with library.core.db.read() as conn:
        assert list(
            marks.ratings_of(conn, images.find_ids(conn, [str(root / "1.png")]).values()).values()
        ) == [2]


def test_marks_of_files_without_access_are_neither_exported_nor_imported(library, root):
    mark(library, root)
    held = Access([str(root / "txt2img")], restricted=True)
    files = [
        entry
        for line in import_export.export_lines(library.core.db, held)
        if (entry := json.loads(line))["kind"] == "file"
    ]
    assert [entry["path"] for entry in files] == [str(root / "txt2img/3.png")]
    brought = import_export.import_lines(
        library.core.db,
        held,
        [json.dumps({"kind": "file", "path": str(root / "1.png"), "tags": ["new"]})],
    )
    assert (brought.files, brought.waiting) == (0, 0) and "new" not in library.counts()


def test_an_import_can_be_cancelled_between_two_lines(library):
    read = []

    def lines() -> Iterator[str]:
        for number in range(100):
            read.append(number)
            if number == 10:
                ending.set()
            yield json.dumps({"kind": "tag", "name": f"tag {number}"})

    ending = threading.Event()
    with pytest.raises(Cancelled):
        import_export.import_lines(
            library.core.db, everywhere(), lines(), Progress(lambda changes: None, ending)
        )
    assert len(read) == 11
