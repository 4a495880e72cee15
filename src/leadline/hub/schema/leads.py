"""Leads and campaigns, where they came from, and what happened to them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Text, text

from leadline.hub.schema.foundation import Json, metadata, supplier_key

campaign = Table(
    "campaign",
    metadata,
    supplier_key(),
    Column("campaign_key", String(200), primary_key=True),
    Column("name", Text),
    Column("attributes", Json, nullable=False),
    Column("fingerprint", String(32), nullable=False),
    Column("shared", Boolean, nullable=False),
    Column("updated_run", Text, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)

lead = Table(
    "lead",
    metadata,
    supplier_key(),
    Column("lead_id", String(40), primary_key=True),
    Column("merge_key", String(64)),  # null where every receipt is a lead of its own
    Column("email", Text, nullable=False),  # as sent
    Column("email_key", Text, nullable=False),  # normalised, to search and match by
    Column("campaign_key", String(200)),
    Column("preassigned", Text),  # the value that names a partner, as sent
    Column("attributes", Json, nullable=False),
    Column("fingerprint", String(32), nullable=False),
    Column("status", String(12), nullable=False),  # lifecycle.DistributionStatus
    Column("sales_status", String(12), nullable=False),  # lifecycle.SalesStatus
    Column("score", Integer, nullable=False, server_default="50"),
    Column("attempt", Integer, nullable=False, server_default="0"),  # of its last routing
    Column("decision", String(12)),  # first decision: assigned, unassigned; null: waits for routing
    Column("source_deleted", Boolean, nullable=False, server_default=text("false")),
    # What a partner changed: field -> [its value, the source's value when it was read], as JSON (W11).
    Column("partner_changes", Text),
    Column("first_run", Text, nullable=False),
    Column("first_batch", Text, nullable=False),
    Column("first_row", Integer, nullable=False),
    Column("mapping_hash", String(64), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    # `updated_at` when it was last looked at for what the supplier should be told; another: it must be again.
    Column("looked_at", BigInteger, nullable=False, server_default="0"),
    Index(
        "uq_lead_merge_key",
        "supplier",
        "merge_key",
        unique=True,
        sqlite_where=text("merge_key IS NOT NULL"),
        postgresql_where=text("merge_key IS NOT NULL"),
    ),
    Index(None, "supplier", "email_key"),
    Index(None, "supplier", "first_run"),
    Index(
        "ix_lead_undecided",
        "supplier",
        "first_batch",
        "first_row",
        "lead_id",  # with it a batch's leads are counted, and found in their order, by the index alone
        sqlite_where=text("decision IS NULL"),
        postgresql_where=text("decision IS NULL"),
    ),
    Index(
        "ix_lead_untold",
        "supplier",
        "lead_id",
        sqlite_where=text("decision IS NOT NULL AND looked_at <> updated_at"),
        postgresql_where=text("decision IS NOT NULL AND looked_at <> updated_at"),
    ),
)

source_link = Table(
    "source_link",
    metadata,
    supplier_key(),
    Column("identity", String(300), primary_key=True),
    Column("lead_id", String(40), nullable=False),
    Column("record_id", Text),  # the vendor's id, or file name and line: what write-back addresses
    Column("campaign_key", String(200)),
    Column("fingerprint", String(32), nullable=False),
    Column("stamp", Text),
    Column("deleted_at", BigInteger),
    Column("merged_into", Text),
    Column("written_hash", String(32)),  # of the status last written back; '': another record since
    Column("sequence", Integer, nullable=False, server_default="0"),
    Column("first_seen_at", BigInteger, nullable=False),
    Index(None, "supplier", "lead_id"),
    Index(None, "supplier", "record_id"),
)

event = Table(
    "event",
    metadata,
    supplier_key(),
    Column("event_id", String(64), primary_key=True),
    Column("lead_id", String(40), nullable=False),
    Column("type", Text, nullable=False),
    Column("occurred_at", BigInteger),
    Column("body", Text),
    Column("origin", String(20), nullable=False),  # supplier, partner
    Column("subject", Text),  # of a partner's activity
    Column("opportunity_id", String(40)),  # it happened on this opportunity; null: on the lead
    Column("run_id", Text, nullable=False),
    # In each outbox that it belongs in as things stand: nobody looks for another.
    Column("queued", Boolean, nullable=False, server_default=text("false")),
    Index(None, "supplier", "lead_id"),
    Index(
        "ix_event_unqueued",
        "supplier",
        "origin",
        "event_id",
        sqlite_where=text("NOT queued"),
        postgresql_where=text("NOT queued"),
    ),
    Index(
        "ix_event_of_partner",
        "supplier",
        "run_id",
        sqlite_where=text("origin = 'partner'"),
        postgresql_where=text("origin = 'partner'"),
    ),
)

history = Table(
    "history",
    metadata,
    supplier_key(),
    Column("lead_id", String(40), primary_key=True),
    Column("event_id", String(40), primary_key=True),  # deterministic: a repeated step adds no second line
    Column("at", BigInteger, nullable=False),
    Column("kind", String(30), nullable=False),
    Column("run_id", Text, nullable=False),
    Column("task", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("before", Text),
    Column("after", Text),
    Index(
        "ix_history_from_crm",
        "supplier",
        "run_id",
        sqlite_where=text("substr(actor, 1, 4) = 'crm:'"),
        postgresql_where=text("substr(actor, 1, 4) = 'crm:'"),
    ),
)
