"""Numbers, dates and sizes as people type them, against a database: none is too much for it."""

from __future__ import annotations

import shutil

import pytest

from iib_core.db import images
from iib_core.db.engine import Database
from iib_core.db.rows import ImageRow
from iib_core.db.search import pages
from iib_core.errors import InvalidRequest
from iib_core.search.fields import FIELDS
from iib_core.search.query import parse

pytestmark = pytest.mark.windows

ROWS = [
    ImageRow(
        "/lib/old.png",
        "image",
        -(2**63),
        0,
        1,
        seed=0,
        steps=1,
        cfg_scale=0.0,
        width_px=1,
        height_px=99999,
    ),
    ImageRow(
        "/lib/now.png",
        "image",
        10**18,
        2**40,
        1,
        seed=2**64 - 1,
        steps=2**31 - 1,
        cfg_scale=1e300,
        width_px=99999,
        height_px=1,
    ),
    ImageRow("/lib/new.png", "video", 2**63 - 1, 2**63 - 1, 1),
]
VALUES = [
    "0001",
    "1500",
    "2999",
    "9999",
    "9" * 20,
    "9" * 400,
    "0",
    "0.0000000001",
    "1:" + "9" * 9,
    "9" * 9 + ":1",
    "99999x99999",
    "1e308",
    "inf",
    "nan",
    "٣",
]


@pytest.fixture(scope="module")
def library(empty_database, tmp_path_factory):
    folder = tmp_path_factory.mktemp("values")
    shutil.copy(empty_database, folder)
    database = Database(str(folder / "iib.db"))
    with database.write() as conn:
        images.upsert_many(conn, ROWS)
    yield database
    database.close()


@pytest.mark.parametrize("value", VALUES)
def test_no_number_is_too_much(library, value):
    with library.read() as conn:
        for field in FIELDS.keys() - {"look"}:  # its files are named by a model
            for form in (value, f">{value}", f"..{value}", f"{value}.."):
                for query in (f"{field}:{form}", f"-{field}:{form}"):
                    try:
                        criterion = parse(query)
                    except InvalidRequest:
                        continue
                    pages.find(conn, criterion)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("date:<1700", {"old.png"}),
        ("date:>2200", {"new.png"}),
        ("date:>1500", {"old.png", "now.png", "new.png"}),
        ("date:<1500", set()),
        ("seed:18446744073709551615", {"now.png"}),
        ("seed:>18446744073709551615", set()),
        ("seed:0..", {"old.png", "now.png"}),
        ("bytes:>=1024gb", {"now.png", "new.png"}),
        ("-seed:0..", {"new.png"}),
    ],
)
def test_the_ends_of_what_there_is_are_found(library, query, names):
    with library.read() as conn:
        assert {result.name for result in pages.find(conn, parse(query)).results} == names
