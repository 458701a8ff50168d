"""A library that has moved: one path prefix changes everywhere."""

from __future__ import annotations

import pytest

from iib_core.db import albums, extra_paths, images, marks, relocate_library, tags
from iib_core.db.marks import Marks
from iib_core.errors import InvalidRequest
from tests.slashes import slashed

pytestmark = [pytest.mark.windows, pytest.mark.engine]


@pytest.mark.parametrize(
    ("path", "old", "new", "found"),
    [
        ("/a/b/c", "/a", "/x", "/x/b/c"),
        ("/a", "/a", "/x/y", "/x/y"),
        ("/ab/c", "/a", "/x", None),
        ("/a/b", "/a/b/c", "/x", None),
        ("/a/b", "/", "/x", "/x/a/b"),
        ("/x/a", "/x", "/", "/a"),
        ("/A/b", "/a", "/x", None),
        ("D:\\sd\\out\\1", "D:\\sd", "E:\\", "E:\\out\\1"),
        ("d:\\SD\\out", "D:\\sd", "/mnt/sd", "/mnt/sd/out"),
        ("D:/sd/out", "D:\\sd", "/mnt/sd", "/mnt/sd/out"),
        ("D:\\sdx", "D:\\sd", "/mnt", None),
        ("\\\\nas\\share\\a", "\\\\nas\\share", "Z:\\", "Z:\\a"),
        ("/mnt/a/b", "/mnt/a", "C:\\p", "C:\\p\\b"),
    ],
)
def test_a_prefix_is_replaced_by_components(path, old, new, found):
    assert (
        relocate_library.replaced(path, relocate_library.check(old), relocate_library.check(new))
        == found
    )


@pytest.mark.parametrize(
    "raw", ["", "relative", "D:relative", "a\0", "/a\0", "/" + "x" * 5000, "\\no\\drive"]
)
def test_what_is_no_full_path_is_refused(raw):
    with pytest.raises(InvalidRequest):
        relocate_library.check(raw)


@pytest.fixture
def filled(database, make_row):
    """Files at /old with marks of every kind."""
    with database.write() as conn:
        ids = images.upsert_many(
            conn,
            [
                make_row(path, tags=[("prompt", "fox")])
                for path in ("/old/1.png", "/old/sub/2.png", "/older/3.png")
            ],
        )
        tags.assign(conn, tags.create_custom(conn, "like").id, ids)
        marks.rate(conn, ids[:1], 4)
        albums.add(conn, albums.create(conn, "best").id, ids)
        marks.keep(conn, [Marks("/old/waiting.png", None, ("like",))])
        extra_paths.put(conn, "/old/sub", ("scan",), "Sub")
        for position, (source, target) in enumerate(
            [("/old/1.png", "/old/.iib-trash/1.png"), ("/older/a", "/older/b")]
        ):
            conn.exec_driver_sql(
                "INSERT INTO operation_step VALUES ('o', ?, 'move', ?, ?, 0, 0, 0, 0)",
                (position, source.encode(), target.encode()),
            )
    return database, ids


def test_everything_that_names_the_place_changes(filled):
    database, ids = filled
    with database.write() as conn:
        found = relocate_library.relocate(conn, "/old", "/mnt/new")
    assert (
        found.folders,
        found.files,
        found.merged,
        found.kept,
        found.extra_paths,
        found.steps,
    ) == (
        2,
        2,
        0,
        1,
        1,
        1,
    )
    with database.read() as conn:
        assert list(map(slashed, images.find_paths(conn, ids).values())) == [
            "/mnt/new/1.png",
            "/mnt/new/sub/2.png",
            "/older/3.png",
        ]
        assert [(one.path, one.tags) for one in marks.list_kept(conn)] == [
            ("/mnt/new/waiting.png", ("like",))
        ]
        assert [(extra.path, extra.alias) for extra in extra_paths.list_all(conn)] == [
            ("/mnt/new/sub", "Sub")
        ]
        steps = conn.exec_driver_sql(
            "SELECT source, target FROM operation_step ORDER BY position"
        ).all()
        assert steps == [
            (b"/mnt/new/1.png", b"/mnt/new/.iib-trash/1.png"),
            (b"/older/a", b"/older/b"),
        ]


@pytest.mark.posix_only("rows by paths with slashes")
def test_files_that_are_known_at_both_places_are_one_with_the_marks_of_both(filled, make_row):
    database, ids = filled
    with database.write() as conn:
        new, other = images.upsert_many(
            conn, [make_row("/new/1.png", tags=[("prompt", "fox")]), make_row("/new/9.png")]
        )
        tags.assign(conn, tags.create_custom(conn, "mine").id, [new])
        marks.keep(conn, [Marks("/old/9.png", None, ("like",), {}, 1)])
        found = relocate_library.relocate(conn, "/old", "/new")
    assert (found.files, found.merged) == (2, 1)
    with database.read() as conn:
        (both,) = marks.collect(conn, [new])
        assert (slashed(both.path), both.tags, both.rating, list(both.albums)) == (
            "/new/1.png",
            ("like", "mine"),
            4,
            ["best"],
        )
        assert [one.rating for one in marks.collect(conn, [other])] == [1]
        assert {number: slashed(path) for number, path in images.find_paths(conn, ids).items()} == {
            ids[1]: "/new/sub/2.png",
            ids[2]: "/older/3.png",
        }
        assert {
            tag.name: tag.count for tag in (*tags.list_custom(conn), *tags.list_most_used(conn, 9))
        } == {
            "like": 4,
            "mine": 1,
            "fox": 3,
        }


@pytest.mark.parametrize(("old", "new"), [("/old", "/old/sub"), ("/old/sub", "/old")])
def test_one_place_may_lie_in_the_other(filled, old, new):
    database, ids = filled
    expected = [
        relocate_library.replaced(path, old, new) or path
        for path in ("/old/1.png", "/old/sub/2.png", "/older/3.png")
    ]
    with database.write() as conn:
        relocate_library.relocate(conn, old, new)
    with database.read() as conn:
        assert list(map(slashed, images.find_paths(conn, ids).values())) == expected


@pytest.mark.parametrize(
    "inside",
    [
        "/old/.iib-trash",
        "/old/.iib-trash/op/sub",
        "/.iib-trash/x",
        "D:\\sd\\.IIB-Trash\\op",
        "/old/sub/../.iib-trash",
    ],
)
def test_what_is_in_the_trash_neither_goes_nor_comes_by_relocating(filled, inside):
    database, _ = filled
    for old, new in ((inside, "/new"), ("/old", inside)):
        with database.write() as conn, pytest.raises(InvalidRequest, match="trash"):
            relocate_library.relocate(
                conn, relocate_library.check(old), relocate_library.check(new)
            )


STEPS = [("/lib/sub/x.png", "/lib/.iib-trash/op/sub/x.png"), ("/lib/a.png", "/lib/sub/a.png")]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        # A folder whose deleted files are in the trash above it: they stay there, and come back to
        # where it is now.
        (
            "/lib/sub",
            "/else",
            [("/else/x.png", "/lib/.iib-trash/op/sub/x.png"), ("/lib/a.png", "/else/a.png")],
        ),
        (
            "/lib",
            "/lib/sub",
            [
                ("/lib/sub/sub/x.png", "/lib/sub/.iib-trash/op/sub/x.png"),
                ("/lib/sub/a.png", "/lib/sub/sub/a.png"),
            ],
        ),
        (
            "/lib/sub",
            "/lib",
            [("/lib/x.png", "/lib/.iib-trash/op/sub/x.png"), ("/lib/a.png", "/lib/a.png")],
        ),
        ("/", "/mnt", [("/mnt" + source, "/mnt" + target) for source, target in STEPS]),
        ("/lib", "/", [("/sub/x.png", "/.iib-trash/op/sub/x.png"), ("/a.png", "/sub/a.png")]),
        ("/li", "/x", STEPS),
    ],
)
def test_the_steps_of_the_journal_stay_whole(database, old, new, expected):
    with database.write() as conn:
        for position, (source, target) in enumerate(STEPS):
            conn.exec_driver_sql(
                "INSERT INTO operation_step VALUES ('o', ?, 'move', ?, ?, 0, 0, 0, 0)",
                (position, source.encode(), target.encode()),
            )
        relocate_library.relocate(conn, old, new)
        found = conn.exec_driver_sql(
            "SELECT source, target FROM operation_step ORDER BY position"
        ).all()
    assert [(source.decode(), target.decode()) for source, target in found] == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [("/a", "/a/b", ["/a/b", "/a/b/b"]), ("/a/b", "/a", ["/a"]), ("/", "/x", ["/x/a", "/x/a/b"])],
)
def test_no_folder_of_the_library_is_lost(database, old, new, expected):
    with database.write() as conn:
        extra_paths.put(conn, "/a", ("scan",), "A")
        extra_paths.put(conn, "/a/b", ("walk",), "B")
        relocate_library.relocate(conn, old, new)
        assert sorted(extra.path for extra in extra_paths.list_all(conn)) == expected
