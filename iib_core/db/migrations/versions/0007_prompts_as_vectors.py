"""Prompts as vectors, what was made from them, and the settings of language models."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "prompt",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("digest", sa.String, nullable=False, unique=True),
        sa.Column("text", sa.Text, nullable=False),
    )
    op.create_table(
        "image_prompt",
        sa.Column("image_id", sa.Integer, primary_key=True),
        sa.Column("prompt_id", sa.Integer, nullable=False, index=True),
        sa.Column("indexed_ns", sa.BigInteger, nullable=False),
        sa.Column("rules", sa.String, nullable=False),
    )
    op.create_table(
        "embedding_model",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("endpoint", sa.String, nullable=False),
        sa.Column("rules", sa.String, nullable=False),
        sa.Column("dim", sa.Integer, nullable=False),
        sa.Column("fitted", sa.Integer, nullable=False),
        sa.Column("changes", sa.Integer, nullable=False),
        sa.Column("data", sa.LargeBinary),
        sa.Column("created_ns", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "embedding",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("model_id", sa.Integer, nullable=False),
        sa.Column("prompt_id", sa.Integer, nullable=False),
        sa.Column("chars", sa.Integer, nullable=False),
        sa.Column("vector", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("model_id", "prompt_id", name="embedding_of"),
    )
    op.create_table(
        "embedding_failure",
        sa.Column("model_id", sa.Integer, primary_key=True),
        sa.Column("prompt_id", sa.Integer, primary_key=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("failed_ns", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ai_result",
        sa.Column("kind", sa.String, primary_key=True),
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("value", sa.JSON, nullable=False),
        sa.Column("created_ns", sa.BigInteger, nullable=False),
    )
    op.create_index("ai_result_age", "ai_result", ["kind", "created_ns"])
    op.create_table(
        "ai_setting",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
