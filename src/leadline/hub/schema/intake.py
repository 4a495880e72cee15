"""What was pulled: runs, their pulls, batches and files, and a receipt for every row."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Text, text

from leadline.hub.schema.foundation import metadata, supplier_key

supplier = Table(
    "supplier",
    metadata,
    supplier_key(),  # its row is the lock under which this supplier's leads change
    Column("label", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("revision", BigInteger, nullable=False, server_default="0"),  # transactions that held the lock
    # Digest of the values that its leads were last looked at for: those that the mapping writes back.
    Column("looked_for", String(32)),
    Column("opportunities_looked_for", String(32)),
)

mapping_version = Table(
    "mapping_version",
    metadata,
    supplier_key(),
    Column("mapping_hash", String(64), primary_key=True),
    Column("body", Text, nullable=False),
    Column("rules_hash", String(64), nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

watermark = Table(
    "watermark",
    metadata,
    supplier_key(),
    # leads, campaigns, activities; status:, activities: and opportunities:<account> of CRM accounts
    Column("feed", String(120), primary_key=True),
    Column("position_at", BigInteger, nullable=False),
    Column("run_id", Text),
)

lease = Table(
    "lease",
    metadata,
    supplier_key(),
    Column("run_id", Text, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)

run = Table(
    "run",
    metadata,
    supplier_key(),
    Column("run_id", Text, primary_key=True),
    Column("dag_id", Text, nullable=False),
    Column("kind", String(20), nullable=False),  # scheduled, manual, backfill, replay
    Column("mapping_hash", String(64), nullable=False),
    Column("rules_hash", String(64), nullable=False),
    Column("window_start", BigInteger),
    Column("window_end", BigInteger),
    Column("options", Text),  # JSON: archive and resend of the window
    Column("started_at", BigInteger, nullable=False),
    Column("settled_at", BigInteger),
    Column("balanced", Boolean),
    Column("books", Text),
    Column("deliveries_queued", BigInteger, nullable=False, server_default="0"),  # that it put into outboxes
    Column("write_backs_queued", BigInteger, nullable=False, server_default="0"),
    Column("events_queued", BigInteger, nullable=False, server_default="0"),
    Column("opportunities_queued", BigInteger, nullable=False, server_default="0"),
    Column("raw_removed_at", BigInteger),  # nothing but manifests is left of it in the staging area
    Index(
        "ix_run_raw",
        "supplier",
        "started_at",
        sqlite_where=text("raw_removed_at IS NULL"),
        postgresql_where=text("raw_removed_at IS NULL"),
    ),
)

pull = Table(
    "pull",
    metadata,
    supplier_key(),
    Column("run_id", Text, primary_key=True),
    Column("kind", String(20), primary_key=True),  # leads, campaigns
    Column("manifest_uri", Text, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("watermark_to", BigInteger),  # null: this pull leaves the watermark alone
    Column("judged", String(10)),  # passed, held (threshold exceeded; its leads wait for a release)
    Column("held_by", Text),  # who held it; null: its threshold did
    Column("released_by", Text),  # who let a held pull's leads go on
    Column("taken_up_by", Text),  # the run that finished what this pull's own run left
    Column("landed_at", BigInteger, nullable=False),
    Column("completed_at", BigInteger),  # all batches have receipts
)

batch = Table(
    "batch",
    metadata,
    supplier_key(),
    Column("batch_id", Text, primary_key=True),  # <run_id>:<kind>:<number>
    Column("run_id", Text, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("number", Integer, nullable=False),
    Column("uri", Text, nullable=False),
    Column("origin", Text, nullable=False),  # file:<sha256>, or the system's name
    Column("rows", Integer, nullable=False),
    Column("replay_of", Text),
    Column("replay_rows", Text),  # JSON list: the row of `replay_of` that each of its rows repeats
    Column("received_at", BigInteger),  # its receipts are written
    Index(None, "supplier", "run_id"),
    Index(None, "supplier", "origin"),
)

source_file = Table(
    "source_file",
    metadata,
    supplier_key(),
    Column("sha256", String(64), primary_key=True),
    Column("resend", Text, primary_key=True, server_default=""),  # the run that asked for a resend
    Column("kind", String(20), nullable=False),
    Column("name", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("modified_at", BigInteger),
    Column("encoding", Text),
    Column("rows", BigInteger),
    Column("state", String(20), nullable=False),  # landed, unreadable, set_aside
    Column("error", Text),
    Column("first_run", Text, nullable=False),
    Column("first_seen_at", BigInteger, nullable=False),
    Index(None, "supplier", "first_run"),
)

receipt = Table(
    "receipt",
    metadata,
    supplier_key(),
    Column("batch_id", Text, primary_key=True),
    Column("row", Integer, primary_key=True),
    Column("run_id", Text, nullable=False),
    Column("line", Integer, nullable=False),  # physical line of a file; 0 for an API
    Column("identity", String(300)),
    Column("outcome", String(12), nullable=False),  # quarantined, filtered, known, updated, new
    Column("lead_id", String(40)),
    Column("reasons", Text),  # [{"field","rule","message"}], never a value
    Column("replay_of_batch", Text),
    Column("replay_of_row", Integer),
    Index(None, "supplier", "run_id", "outcome"),
    Index(
        "ix_receipt_replay",
        "supplier",
        "replay_of_batch",
        "replay_of_row",
        sqlite_where=text("replay_of_batch IS NOT NULL"),
        postgresql_where=text("replay_of_batch IS NOT NULL"),
    ),
    Index(None, "supplier", "lead_id"),
)
