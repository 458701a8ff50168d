"""Our SQL as PostgreSQL takes it: what is rewritten, and what is left alone."""

from __future__ import annotations

import pytest

from iib_core.db.postgresql_text import translate


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("SELECT name FROM tag WHERE id = ?", "SELECT name FROM tag WHERE id = %s"),
        (
            "SELECT name FROM tag WHERE key NOT LIKE '?%' AND id = ?",
            "SELECT name FROM tag WHERE key NOT LIKE '?%%' AND id = %s",
        ),
        (
            "SELECT i.id FROM json_each(?) x CROSS JOIN image i ON i.id = x.value AND i.shown = 1",
            "SELECT i.id FROM each_id(%s) x JOIN image i ON i.id = x.value AND i.shown = 1",
        ),
        (
            "SELECT f.id FROM json_each(?) x CROSS JOIN folder f ON f.path = x.value",
            "SELECT f.id FROM each_text(%s) x JOIN folder f ON f.path = x.value",
        ),
        (
            "DELETE FROM image WHERE id IN (SELECT value FROM json_each(?))",
            "DELETE FROM image WHERE id IN (SELECT value FROM each_id(%s))",
        ),
        (
            "DELETE FROM kept WHERE path IN (SELECT value FROM json_each(?))",
            "DELETE FROM kept WHERE path IN (SELECT value FROM each_text(%s))",
        ),
        (
            "SELECT t.id FROM image_text s CROSS JOIN json_each(s.auto_tags) a CROSS JOIN tag t ON t.id "
            "= a.value",
            "SELECT t.id FROM image_text s CROSS JOIN each_id(s.auto_tags) a JOIN tag t ON t.id "
            "= a.value",
        ),
        (
            "UPDATE folder SET path = json_extract(x.value, '$[1]') FROM json_each(?) x WHERE "
            "folder.id = json_extract(x.value, '$[0]')",
            "UPDATE folder SET path = (x.value ->> 1)::text FROM each_row(%s) x WHERE "
            "folder.id = (x.value ->> 0)::bigint",
        ),
        (
            "INSERT OR IGNORE INTO score(kind, image_id, value) SELECT json_extract(x.value, '$[0]'), "
            "?, coalesce(json_extract(x.value, '$[2]'), 0) FROM json_each(?) x",
            "INSERT INTO score(kind, image_id, value) SELECT (x.value ->> 0)::text, %s, "
            "coalesce((x.value ->> 2)::bigint, 0) FROM each_row(%s) x ON CONFLICT DO NOTHING",
        ),
        (
            "INSERT OR REPLACE INTO score(kind, image_id, value) VALUES (?, ?, ?)",
            "INSERT INTO score(kind, image_id, value) VALUES (%s, %s, %s) ON CONFLICT (kind, image_id) "
            "DO UPDATE SET value = excluded.value",
        ),
        (
            "SELECT count(*) FROM (SELECT DISTINCT tag_id FROM image_tag) WHERE tag_id > ?",
            "SELECT count(*) FROM (SELECT DISTINCT tag_id FROM image_tag) AS part1 WHERE tag_id > %s",
        ),
        (
            "SELECT n.a FROM (SELECT max(id) AS a FROM tag) n",
            "SELECT n.a FROM (SELECT max(id) AS a FROM tag) n",
        ),
        ("PRAGMA user_version", "SELECT number FROM index_change"),
        ("PRAGMA user_version = 7", "UPDATE index_change SET number = 7"),
    ],
)
def test_a_statement_for_postgresql(ours, theirs):
    assert translate(ours) == theirs
