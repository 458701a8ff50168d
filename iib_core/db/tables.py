"""The tables, as SQLAlchemy Core sees them. A change here needs a migration; a test compares the
two.

The text index ``image_fts`` is no table of SQLAlchemy's: see ``fts.py``. There are no foreign keys
between the tables of the index: every check would cost forty look-ups a picture while indexing, and
only ``images.py`` and ``tags.py`` write them.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    column,
    func,
    table,
    text,
)

metadata = MetaData()

# Values that the page or a client stores under a name.
setting = Table(
    "setting",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", JSON, nullable=False),
    Column("updated_ns", BigInteger, nullable=False),
)

# Folders added to the library while the program runs, beside those of its settings.
extra_path = Table(
    "extra_path",
    metadata,
    Column("path", Text, primary_key=True),
    Column("types", JSON, nullable=False),
    Column("alias", Text, nullable=False, server_default=""),
    Column("added_ns", BigInteger, nullable=False),
    # Set while the rows of a removed folder are being deleted, so that it is finished after a
    # crash.
    Column("removed_ns", BigInteger),
)

# Folders that contain indexed files. Renaming a folder, or a drive's new letter, changes rows here
# only.
folder = Table(
    "folder",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("path", Text, nullable=False, unique=True),
    # The path as ``natural.key`` makes it.
    Column("sort_key", Text),
)

# One row a file. Purposely narrow: it is scanned for pages and statistics; the long text is in
# searched_text.
image = Table(
    "image",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("folder_id", Integer, nullable=False),
    Column("name", Text, nullable=False),
    # 1 unless the file is missing or hidden.
    Column("shown", SmallInteger, nullable=False),
    Column("media", String, nullable=False),
    Column("mtime_ns", BigInteger, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("birth_ns", BigInteger, nullable=False),
    Column("width_px", Integer),
    Column("height_px", Integer),
    Column("duration_s", Float),
    Column("fingerprint", LargeBinary),
    Column("source", Text),
    Column("model", Text),
    Column("model_hash", Text),
    Column("vae", Text),
    Column("sampler", Text),
    Column("scheduler", Text),
    Column("steps", Integer),
    Column("cfg_scale", Float),
    # Seeds are unsigned with 64 bits; from 2**63 on they are stored as their value - 2**64.
    Column("seed", BigInteger),
    Column("reader", Integer, nullable=False),
    Column("error", Text),
    Column("indexed_ns", BigInteger, nullable=False),
    Column("missing_ns", BigInteger),
    # 1 to 5; NULL is none.
    Column("rating", SmallInteger),
    # Mean colour as 0xRRGGBB, known once a thumbnail was made.
    Column("color", Integer),
    # The name as ``natural.key`` makes it.
    Column("name_key", Text),
    # Of stacks, as ``stack_keys.py`` makes them; NULL where there is none, and until an older row is
    # read again.
    Column("prompt_key", BigInteger),
    Column("run_key", BigInteger),
    UniqueConstraint("folder_id", "name", name="image_path"),
)
_OTHER = text("media <> 'image'")
# ``shown`` is their first column and not a condition of partial indexes: SQLite reads the row to
# check such a condition again, although the index implies it.
Index("image_date", image.c.shown, image.c.mtime_ns, image.c.id, image.c.folder_id)
# Orders beside that by date; the id is the last column of every index.
Index("image_size", image.c.shown, image.c.size_bytes)
Index("image_created", image.c.shown, image.c.birth_ns)
Index("image_indexed", image.c.shown, image.c.indexed_ns)
Index("image_name", image.c.shown, image.c.name_key)
Index("image_model", image.c.shown, func.lower(image.c.model))
Index("image_folder_date", image.c.folder_id, image.c.shown, image.c.mtime_ns, image.c.id)
Index(
    "image_media_date",
    image.c.media,
    image.c.shown,
    image.c.mtime_ns,
    image.c.id,
    sqlite_where=_OTHER,
)
Index(
    "image_seed",
    image.c.seed,
    sqlite_where=text("seed IS NOT NULL"),
)
_RATED = text("rating IS NOT NULL")
Index(
    "image_rating",
    image.c.rating,
    image.c.shown,
    image.c.mtime_ns,
    image.c.id,
    sqlite_where=_RATED,
)
# Stacks are read along these, without a look at the rows.
Index(
    "image_prompt_key",
    image.c.prompt_key,
    sqlite_where=text("prompt_key IS NOT NULL"),
)
Index(
    "image_run_key",
    image.c.run_key,
    image.c.mtime_ns,
    image.c.seed,
    sqlite_where=text("run_key IS NOT NULL"),
)
_MISSING = text("missing_ns IS NOT NULL")
Index(
    "image_missing",
    image.c.mtime_ns,
    image.c.size_bytes,
    sqlite_where=_MISSING,
)

# Files that are shown, by folder, media type and quarter of an hour since 1970, and their bytes.
# Triggers keep it: see ``folder_quarters.py``.
folder_quarter = Table(
    "folder_quarter",
    metadata,
    Column("folder_id", Integer, primary_key=True),
    Column("quarter", Integer, primary_key=True),
    Column("media", String, primary_key=True),
    Column("files", Integer, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# How often the images of a block of ids, or their scores, have changed. Triggers count: see
# ``image_blocks.py``.
image_block = Table(
    "image_block",
    metadata,
    Column("block", Integer, primary_key=True, autoincrement=False),
    Column("changes", BigInteger, nullable=False),
)

# The searched texts, each distinct one once. Prompt and negative prompt are slices of ``text``, given
# by offset and length in characters, so that neither is stored twice. ``auto_tags``: ids of the
# automatic tags as a JSON list; it replaces an index of image_tag by image, which would be as large
# as the table. ``names``: of models and LoRAs, one a line; NULL in a row that was indexed before the
# text index had two parts (``fts.py``). ``prompt_marks``, ``negative_marks``: the marks in front of
# the prompts (``texts.py``). ``digest``: a hash of the other columns; NULL in a row of an older
# database.
searched_text = Table(
    "searched_text",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("text", Text, nullable=False),
    Column("prompt_at", Integer, nullable=False),
    Column("prompt_chars", Integer, nullable=False),
    Column("negative_at", Integer, nullable=False),
    Column("negative_chars", Integer, nullable=False),
    Column("auto_tags", Text, nullable=False),
    Column("names", Text),
    Column("prompt_marks", Integer, nullable=False, server_default="0"),
    Column("negative_marks", Integer, nullable=False, server_default="0"),
    Column("digest", BigInteger),
)
Index("searched_text_digest", searched_text.c.digest, unique=True)

# Which text an image has, and what of it is its own: ``own`` stands for each mark of the text,
# ``own_tag`` for that in the list of automatic tags. ``quarter``: that of the image's time, as
# ``folder_quarters.py`` makes it; NULL where all automatic tags of the image are rows of image_tag,
# as in an older database.
image_text = Table(
    "image_text",
    metadata,
    Column("image_id", Integer, primary_key=True),
    Column("text_id", Integer, nullable=False),
    Column("own", Text, nullable=False),
    Column("own_tag", Integer),
    Column("quarter", Integer),
)
Index("image_text_text", image_text.c.text_id, image_text.c.quarter)
_BY_IMAGE = text("quarter IS NULL")
Index(
    "image_text_by_image",
    image_text.c.image_id,
    sqlite_where=_BY_IMAGE,
)

# Texts of an older database that are not yet compared with others.
unmerged_text = Table(
    "unmerged_text",
    metadata,
    Column("id", Integer, primary_key=True),
)

# Documents of the text index that are for several images: for ``files`` of them, whose ids follow each
# other from ``id`` on. See ``documents.py``.
shared_document = Table(
    "shared_document",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("files", SmallInteger, nullable=False),
)

# Images of an older database up to this id have documents of their own, which are not yet compared
# with others; no row at the end.
unmerged_documents = Table(
    "unmerged_documents",
    metadata,
    Column("up_to", Integer, primary_key=True),
)

# The searched texts by image, as a view: ``text``, the offsets and ``auto_tags`` are the image's,
# ``shared`` is the stored text, and the prompts are slices of it.
IMAGE_BODY = """\
CREATE VIEW image_body AS SELECT
    b.image_id AS image_id,
    s.text AS shared,
    b.own AS own,
    CASE WHEN b.own = '' THEN s.text ELSE replace(s.text, char(26), b.own) END AS text,
    substr(s.text, s.prompt_at + 1, s.prompt_chars) AS prompt,
    substr(s.text, s.negative_at + 1, s.negative_chars) AS negative,
    s.prompt_at + s.prompt_marks * (length(b.own) - 1) AS prompt_at,
    s.prompt_chars AS prompt_chars,
    s.negative_at + s.negative_marks * (length(b.own) - 1) AS negative_at,
    s.negative_chars AS negative_chars,
    CASE WHEN b.own_tag IS NULL THEN s.auto_tags
        ELSE replace(s.auto_tags, char(26), b.own_tag) END AS auto_tags,
    s.names AS names
FROM image_text b CROSS JOIN searched_text s ON s.id = b.text_id"""
image_body = table(
    "image_body",
    column("image_id", Integer),
    column("shared", Text),
    column("own", Text),
    column("text", Text),
    column("prompt", Text),
    column("negative", Text),
    column("prompt_at", Integer),
    column("prompt_chars", Integer),
    column("negative_at", Integer),
    column("negative_chars", Integer),
    column("auto_tags", Text),
    column("names", Text),
)

# ``key``: the folded name; names that differ only in case are one tag. ``count``: shown files with
# it, exact after every write. An album is a tag of its own type, so it follows files as custom tags
# do.
tag = Table(
    "tag",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("type", String, nullable=False),
    Column("category", String, nullable=False),
    Column("name", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("color", String, nullable=False, server_default=""),
    Column("count", Integer, nullable=False, server_default="0"),
    UniqueConstraint("category", "key", name="tag_name"),
)

# The most frequent values of a facet. Without the words of prompts, of which each batch of files
# changes thousands of counts.
Index("tag_count", tag.c.category, tag.c.count, sqlite_where=text("category <> 'prompt'"))

# Which file has which tag, in the order in which pages are walked, other than by its text.
# ``mtime_ns`` repeats the image's.
image_tag = Table(
    "image_tag",
    metadata,
    Column("tag_id", Integer, primary_key=True),
    Column("mtime_ns", BigInteger, primary_key=True),
    Column("image_id", Integer, primary_key=True),
    Column("custom", SmallInteger, nullable=False),
    sqlite_with_rowid=False,
)
Index(
    "image_tag_custom",
    image_tag.c.image_id,
    sqlite_where=text("custom = 1"),
)

# Automatic tags that belong to a text: its images of a quarter of an hour have the tag. See
# ``text_tags.py``.
text_tag = Table(
    "text_tag",
    metadata,
    Column("tag_id", Integer, primary_key=True),
    Column("quarter", Integer, primary_key=True),
    Column("text_id", Integer, primary_key=True),
    sqlite_with_rowid=False,
)

# Which file has which tag, whichever table says it, as a view.
TAGGED_IMAGE = """\
CREATE VIEW tagged_image AS
    SELECT tag_id, image_id FROM image_tag
    UNION ALL
    SELECT t.tag_id, b.image_id FROM text_tag t
        CROSS JOIN image_text b ON b.text_id = t.text_id AND b.quarter = t.quarter"""
tagged_image = table("tagged_image", column("tag_id", Integer), column("image_id", Integer))

# Parameters that files state, the distinct names and the distinct values of each name. ``key``: the
# form that is compared, of a name as ``parameters.key`` makes it, of a text folded; ``text`` is
# NULL where it is the key itself. ``number``: the value as a number, NULL where it is none.
parameter_name = Table(
    "parameter_name",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("key", Text, nullable=False, unique=True),
)
parameter_value = Table(
    "parameter_value",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name_id", Integer, nullable=False),
    Column("number", Float),
    Column("text", Text),
    Column("key", Text, nullable=False),
    UniqueConstraint("name_id", "key", name="parameter_value_key"),
)

# Which file has which value, by file (to sort by a name, and to delete) and by value.
image_parameter = Table(
    "image_parameter",
    metadata,
    Column("image_id", Integer, primary_key=True),
    Column("name_id", Integer, primary_key=True),
    Column("value_id", Integer, primary_key=True),
    sqlite_with_rowid=False,
)
Index(
    "image_parameter_value",
    image_parameter.c.value_id,
    image_parameter.c.image_id,
    image_parameter.c.name_id,
)

# When albums were created, and their order. A file without a position comes last.
album = Table(
    "album",
    metadata,
    Column("tag_id", Integer, primary_key=True, autoincrement=False),
    Column("created_ns", BigInteger, nullable=False),
)
album_order = Table(
    "album_order",
    metadata,
    Column("tag_id", Integer, primary_key=True),
    Column("image_id", Integer, primary_key=True),
    Column("position", Integer, nullable=False),
    sqlite_with_rowid=False,
)
Index("album_order_position", album_order.c.tag_id, album_order.c.position)

# Files that the user has chosen as covers of stacks of one kind; of several in a stack the one that
# was chosen last counts.
stack_cover = Table(
    "stack_cover",
    metadata,
    Column("image_id", Integer, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("chosen_ns", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# Marks of files that are not indexed, because their root was removed or they were imported. They
# are kept until the file appears, by path or by fingerprint. "tags" and "albums" are names.
kept = Table(
    "kept",
    metadata,
    Column("path", Text, primary_key=True),
    Column("fingerprint", LargeBinary),
    Column("tags", JSON, nullable=False),
    Column("albums", JSON, nullable=False),
    Column("rating", SmallInteger),
    Column("kept_ns", BigInteger, nullable=False),
)
_PRINTED = text("fingerprint IS NOT NULL")
Index(
    "kept_fingerprint",
    kept.c.fingerprint,
    sqlite_where=_PRINTED,
)

# What a file shows, as ``media/signature.py`` makes it of version ``version`` from the file as it
# was at ``mtime_ns`` and ``size_bytes``; of another state of the file the row says nothing. NULL:
# no signature can be made.
look = Table(
    "look",
    metadata,
    Column("image_id", Integer, primary_key=True, autoincrement=False),
    Column("mtime_ns", BigInteger, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("version", SmallInteger, nullable=False),
    Column("signature", LargeBinary),
)

# A hash over every byte, of files of equal size, as they were at ``mtime_ns`` and ``size_bytes``.
content_hash = Table(
    "content_hash",
    metadata,
    Column("image_id", Integer, primary_key=True, autoincrement=False),
    Column("mtime_ns", BigInteger, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("digest", LargeBinary, nullable=False),
)

# Models that see what is in pictures, by a key that names their file and rules; their vectors are
# files of their own, by image id.
vision_model = Table(
    "vision_model",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
)

# The files that a model has seen, as they were at ``mtime_ns`` and ``size_bytes``; of another state
# of the file the row says nothing, and a vector without a row is none of the file. ``has_vector`` 0:
# the file cannot be decoded.
content = Table(
    "content",
    metadata,
    Column("image_id", Integer, primary_key=True),
    Column("model_id", Integer, primary_key=True),
    Column("mtime_ns", BigInteger, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("has_vector", SmallInteger, nullable=False),
    sqlite_with_rowid=False,
)

# What models think of pictures as a number, by the name of a kind: aesthetic or nsfw. It is replaced
# when the picture has changed; ``content`` says of which state it is.
score = Table(
    "score",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("image_id", Integer, primary_key=True),
    Column("value", Float, nullable=False),
    sqlite_with_rowid=False,
)

# Tags that a model has given, which are never among those of ``tag``. ``key``: as parameters are
# compared.
machine_tag = Table(
    "machine_tag",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("key", Text, nullable=False),
    Column("category", Text, nullable=False),
)
image_machine_tag = Table(
    "image_machine_tag",
    metadata,
    Column("tag_id", Integer, primary_key=True),
    Column("image_id", Integer, primary_key=True),
    Column("confidence", Float, nullable=False),
    sqlite_with_rowid=False,
)
Index("image_machine_tag_image", image_machine_tag.c.image_id)

# Files that the user has called no duplicates of each other: those of one group.
not_duplicate = Table(
    "not_duplicate",
    metadata,
    Column("group_id", Integer, primary_key=True),
    Column("image_id", Integer, primary_key=True),
    Column("created_ns", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# Duplicates that an operation resolves: which file goes, and which one is kept for it. ``exact``:
# both must hold the same bytes; ``given``: the marks that the kept one has got. Paths as in
# ``operation_step``.
resolved = Table(
    "resolved",
    metadata,
    Column("operation_id", String, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("victim", LargeBinary, nullable=False),
    Column("keeper", LargeBinary, nullable=False),
    Column("exact", SmallInteger, nullable=False),
    Column("given", JSON),
    sqlite_with_rowid=False,
)

# Background jobs, so that clients can ask about them when their process ("owner") has ended.
# "is_cancelled" 1: another process has cancelled it.
job = Table(
    "job",
    metadata,
    Column("job_id", String, primary_key=True),
    Column("kind", String, nullable=False, index=True),
    Column("params", JSON, nullable=False),
    Column("status", String, nullable=False),
    Column("progress", Float, nullable=False),
    Column("stage", Text, nullable=False),
    Column("done", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("message", Text, nullable=False),
    Column("error", Text, nullable=False),
    Column("result", JSON),
    Column("created_time", Float, nullable=False),
    Column("updated_time", Float, nullable=False),
    Column("owner", String, nullable=False),
    Column("is_cancelled", SmallInteger, nullable=False, server_default="0"),
)

# Operations on files, so that they can be finished after a crash and undone. "undoes": the
# operation that this one undoes. "trashed_bytes": bytes it moved to the trash (NULL: nothing).
# "left_steps": positions of the steps that were not done.
operation = Table(
    "operation",
    metadata,
    Column("id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("state", String, nullable=False),
    Column("owner", String, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("count", Integer, nullable=False),
    Column("strict", SmallInteger, nullable=False),
    Column("undoable", SmallInteger, nullable=False),
    Column("undoes", String),
    Column("trashed_bytes", BigInteger),
    Column("summary", Text, nullable=False),
    Column("message", Text, nullable=False, server_default=""),
    Column("left_steps", JSON, nullable=False),
    Column("user_name", Text, nullable=False, server_default=""),
    Column("machine", Text, nullable=False, server_default=""),
)
Index("operation_created", operation.c.created_ns)
Index("operation_state", operation.c.state)

# Paths are bytes as on the disk: the text form of a name that is no Unicode cannot be converted
# back without asking the disk.
operation_step = Table(
    "operation_step",
    metadata,
    Column("operation_id", String, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("kind", String, nullable=False),
    Column("source", LargeBinary, nullable=False),
    Column("target", LargeBinary, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("mtime_ns", BigInteger, nullable=False),
    Column("inode", BigInteger, nullable=False),
    Column("part", Integer, nullable=False),
    sqlite_with_rowid=False,
)

# Distinct texts that the rules of ``ai.text`` make of prompts; vectors are made of them.
# ``digest``: of rules and text.
prompt = Table(
    "prompt",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("digest", String, nullable=False, unique=True),
    Column("text", Text, nullable=False),
)

# The text of an image's prompt, as of the image's ``indexed_ns`` and under which rules; prompt 0 if
# it has no word.
image_prompt = Table(
    "image_prompt",
    metadata,
    Column("image_id", Integer, primary_key=True),
    Column("prompt_id", Integer, nullable=False, index=True),
    Column("indexed_ns", BigInteger, nullable=False),
    Column("rules", String, nullable=False),
)

# Models that made vectors, identified by name and endpoint. The built-in model has its state in
# ``data`` and a new row whenever it learns again; ``fitted``: the number of texts it learned from.
# ``changes``: the number of writes of its vectors.
embedding_model = Table(
    "embedding_model",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False),
    Column("endpoint", String, nullable=False),
    Column("rules", String, nullable=False),
    Column("dim", Integer, nullable=False),
    Column("fitted", Integer, nullable=False),
    Column("changes", Integer, nullable=False),
    Column("data", LargeBinary),
    Column("created_ns", BigInteger, nullable=False),
)

# ``vector``: float16 of unit length. ``chars``: the characters of the text that it was made from.
# ``changes``: those of the model when it was written.
embedding = Table(
    "embedding",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("model_id", Integer, nullable=False),
    Column("prompt_id", Integer, nullable=False),
    Column("chars", Integer, nullable=False),
    Column("vector", LargeBinary, nullable=False),
    Column("changes", Integer, nullable=False, server_default="0"),
    UniqueConstraint("model_id", "prompt_id", name="embedding_of"),
)

# Texts that a model could not embed, and why.
embedding_failure = Table(
    "embedding_failure",
    metadata,
    Column("model_id", Integer, primary_key=True),
    Column("prompt_id", Integer, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("failed_ns", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# Results that cost time or money: topics, titles, graphs. ``state``: a digest of their input.
ai_result = Table(
    "ai_result",
    metadata,
    Column("kind", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("state", String, nullable=False),
    Column("value", JSON, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
)
Index("ai_result_age", ai_result.c.kind, ai_result.c.created_ns)

# Settings of the language models made in the page. A table of its own, because it contains a key,
# which no answer may contain.
ai_setting = Table(
    "ai_setting",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", Text, nullable=False),
)

# Plans that organise files into folders, by the job that made them; ``plan``: the files and their
# targets.
organise_plan = Table(
    "organise_plan",
    metadata,
    Column("job_id", String, primary_key=True),
    Column("state", String, nullable=False),
    Column("plan", Text, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("move_job_id", String, nullable=False),
    Column("operation_id", String, nullable=False),
    Column("result", JSON),
)

# Sessions that ended before they expired. The row of the empty token ends all that expire by then.
ended_session = Table(
    "ended_session",
    metadata,
    Column("token", LargeBinary, primary_key=True),
    Column("expires_s", BigInteger, nullable=False),
)

# Which images a run of the autotag rules over the library gave a tag to, in batches.
given_tag = Table(
    "given_tag",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run_id", String, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("tag_id", Integer, nullable=False),
    Column("image_ids", JSON, nullable=False),
)

# Changes of marks that can be undone, each in parts of one kind: "given" and "removed" are about the
# tag or album ``tag_id`` (NULL once that is deleted), "rated" about the rating that was given.
# ``kept``: positions by path of the kept marks that changed too.
mark_change = Table(
    "mark_change",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("change_id", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("tag_id", Integer),
    Column("tag_type", String, nullable=False),
    Column("name", Text, nullable=False),
    Column("color", String, nullable=False),
    Column("rating", SmallInteger),
    Column("kept", JSON, nullable=False),
    Column("user_name", Text, nullable=False, server_default=""),
    Column("machine", Text, nullable=False, server_default=""),
    Column("created_ns", BigInteger, nullable=False, server_default="0"),
    Column("is_undone", SmallInteger, nullable=False, server_default="0"),
)

# The images that a part changed; ``before``: the rating, or the position in the album.
changed_mark = Table(
    "changed_mark",
    metadata,
    Column("part_id", Integer, primary_key=True),
    Column("image_id", Integer, primary_key=True),
    Column("before", Integer),
    sqlite_with_rowid=False,
)
Index("changed_mark_image", changed_mark.c.image_id)

# The servers that share this database, with the epoch seconds of its clock at which each was last
# seen and until which its lease lasts. Empty where the database is a file.
server = Table(
    "server",
    metadata,
    Column("id", String, primary_key=True),
    Column("machine", Text, nullable=False),
    Column("process", BigInteger, nullable=False),
    Column("heartbeat_time", Float, nullable=False),
    Column("lease_until_time", Float, nullable=False),
)

# Folders that a server indexes now, which no other one does meanwhile.
indexed_root = Table(
    "indexed_root",
    metadata,
    Column("path", Text, primary_key=True),
    Column("server_id", String, nullable=False),
)
