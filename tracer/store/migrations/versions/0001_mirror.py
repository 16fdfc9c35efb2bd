"""The mirror's first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "append",
        sa.Column("sequence", _BIG, autoincrement=False, nullable=False),
        sa.Column("block_number", _BIG, nullable=False),
        sa.Column("log_index", sa.Integer(), nullable=False),
        sa.Column("transaction_hash", sa.LargeBinary(), nullable=False),
        sa.Column("batch_id", sa.LargeBinary(), nullable=False),
        sa.Column("gln", _BIG, nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("records", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sequence"),
    )
    op.create_index("ix_append_batch", "append", ["batch_id", "sequence"], unique=False)
    op.create_table(
        "batch",
        sa.Column("batch_id", sa.LargeBinary(), nullable=False),
        sa.Column("sequence", _BIG, nullable=False),
        sa.Column("block_number", _BIG, nullable=False),
        sa.Column("log_index", sa.Integer(), nullable=False),
        sa.Column("transaction_hash", sa.LargeBinary(), nullable=False),
        sa.Column("gtin", sa.String(), nullable=False),
        sa.Column("lot", sa.String(), nullable=False),
        sa.Column("owner", _BIG, nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("holds", sa.Integer(), nullable=False),
        sa.Column("hold_round", sa.Integer(), nullable=False),
        sa.Column("recalled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("batch_id"),
    )
    op.create_index("ix_batch_gtin_lot", "batch", ["gtin", "lot"], unique=False)
    op.create_index("ix_batch_sequence", "batch", ["sequence"], unique=True)
    op.create_table(
        "block",
        sa.Column("number", _BIG, autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("timestamp_unix", _BIG, nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_table(
        "cursor",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("chain_id", _BIG, nullable=False),
        sa.Column("genesis_hash", sa.LargeBinary(), nullable=False),
        sa.Column("contract", sa.LargeBinary(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("deploy_block", _BIG, nullable=False),
        sa.Column("block_number", _BIG, nullable=False),
        sa.Column("block_hash", sa.LargeBinary(), nullable=False),
        sa.Column("block_time_unix", _BIG, nullable=False),
        sa.Column("next_sequence", _BIG, nullable=False),
        sa.Column("final_number", _BIG, nullable=False),
        sa.Column("final_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "party",
        sa.Column("gln", _BIG, autoincrement=False, nullable=False),
        sa.Column("roles", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("admin", sa.LargeBinary(), nullable=False),
        sa.Column("distrust_from_unix", _BIG, nullable=False),
        sa.Column("profile_digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("gln"),
    )
    op.create_table(
        "record",
        sa.Column("sequence", _BIG, autoincrement=False, nullable=False),
        sa.Column("ordinal", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Integer(), nullable=False),
        sa.Column("occurred_at_unix", _BIG, nullable=False),
        sa.Column("location", _BIG, nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", "ordinal"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "registry_log",
        sa.Column("sequence", _BIG, autoincrement=False, nullable=False),
        sa.Column("block_number", _BIG, nullable=False),
        sa.Column("log_index", sa.Integer(), nullable=False),
        sa.Column("transaction_hash", sa.LargeBinary(), nullable=False),
        sa.Column("topics", sa.LargeBinary(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sequence"),
    )
    op.create_table(
        "inspection",
        sa.Column("inspection_id", sa.LargeBinary(), nullable=False),
        sa.Column("sequence", _BIG, nullable=False),
        sa.Column("gln", _BIG, autoincrement=False, nullable=False),
        sa.Column("inspector", _BIG, autoincrement=False, nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("consecutive_failures", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["gln"],
            ["party.gln"],
        ),
        sa.ForeignKeyConstraint(
            ["inspector"],
            ["party.gln"],
        ),
        sa.PrimaryKeyConstraint("inspection_id"),
    )
    op.create_table(
        "partner",
        sa.Column("gln", _BIG, autoincrement=False, nullable=False),
        sa.Column("partner", _BIG, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["gln"],
            ["party.gln"],
        ),
        sa.ForeignKeyConstraint(
            ["partner"],
            ["party.gln"],
        ),
        sa.PrimaryKeyConstraint("gln", "partner"),
    )
    op.create_table(
        "party_key",
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("gln", _BIG, autoincrement=False, nullable=False),
        sa.Column("roles", sa.Integer(), nullable=False),
        sa.Column("valid_from_unix", _BIG, nullable=False),
        sa.Column("valid_until_unix", _BIG, nullable=False),
        sa.Column("revoked_at_unix", _BIG, nullable=False),
        sa.Column("distrust_from_unix", _BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["gln"],
            ["party.gln"],
        ),
        sa.PrimaryKeyConstraint("address"),
    )
    op.create_table(
        "prefix",
        sa.Column("digits", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("prefix", _BIG, autoincrement=False, nullable=False),
        sa.Column("gln", _BIG, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["gln"],
            ["party.gln"],
        ),
        sa.PrimaryKeyConstraint("digits", "prefix"),
    )


def downgrade() -> None:
    op.drop_table("prefix")
    op.drop_table("party_key")
    op.drop_table("partner")
    op.drop_table("inspection")
    op.drop_table("registry_log")
    op.drop_table("record")
    op.drop_table("party")
    op.drop_table("cursor")
    op.drop_table("block")
    op.drop_index("ix_batch_sequence", table_name="batch")
    op.drop_index("ix_batch_gtin_lot", table_name="batch")
    op.drop_table("batch")
    op.drop_index("ix_append_batch", table_name="append")
    op.drop_table("append")
