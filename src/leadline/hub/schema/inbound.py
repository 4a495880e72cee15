"""What comes back from partners' CRMs, and what the supplier is told."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Text, text

from leadline.hub.schema.foundation import metadata, supplier_key

crm_seen = Table(
    "crm_seen",
    metadata,
    supplier_key(),
    Column("account_id", String(80), primary_key=True),
    Column("record_id", String(200), primary_key=True),
    Column("object", Text, nullable=False),
    Column("stamp", Text),  # with which it was last read
    Column("status", Text),  # the CRM's word
    Column("distribution", String(12)),
    Column("owner", Text),  # [user id, name, e-mail] as JSON
    Column("fields", Text),  # CRM field -> text as last read, as JSON
    Column("unmapped", Boolean, nullable=False, server_default=text("false")),  # its status means nothing yet
    Column("troubles", Text),  # [[code, detail, message, severity]] as JSON: what the operator should look at
    Column("missing_since", BigInteger),
    Column("gone_at", BigInteger),  # the CRM says deleted, or two polls apart found nothing
    Column("reread", Boolean, nullable=False, server_default=text("false")),  # read it whole the next time
    Column("run_id", Text, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Index(
        "ix_crm_seen_unmapped",
        "supplier",
        "account_id",
        sqlite_where=text("unmapped"),
        postgresql_where=text("unmapped"),
    ),
    Index(
        "ix_crm_seen_troubled",
        "supplier",
        "account_id",
        sqlite_where=text("troubles IS NOT NULL"),
        postgresql_where=text("troubles IS NOT NULL"),
    ),
)

crm_login = Table(
    "crm_login",
    metadata,
    supplier_key(),
    Column("account_id", String(80), primary_key=True),
    Column("day", String(10), primary_key=True),  # YYYY-MM-DD in the supplier's time zone
    Column("ok", Boolean, nullable=False),  # one success makes the day a good one
    Column("at", BigInteger, nullable=False),
)

crm_reading = Table(
    "crm_reading",
    metadata,
    supplier_key(),
    Column("run_id", Text, primary_key=True),
    Column("account_id", String(80), primary_key=True),
    Column("records", BigInteger, nullable=False),  # or opportunities, that this run was told of
    Column("read_at", BigInteger, nullable=False),
)

writeback = Table(
    "writeback",
    metadata,
    supplier_key(),
    Column("identity", String(300), primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("lead_id", String(40), nullable=False),
    Column("body", Text, nullable=False),  # hub value -> value, before the supplier's field names
    Column("body_hash", String(32), nullable=False),
    Column("lead_at", BigInteger, nullable=False, server_default="0"),  # of the lead it tells of: updated_at
    Column("state", String(12), nullable=False),  # waiting, sent, refused, superseded
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("not_before", BigInteger, nullable=False, server_default="0"),  # 0: never sent
    Column("vendor_code", Text),
    Column("message", Text),
    Column("run_id", Text, nullable=False),
    Column("queued_at", BigInteger, nullable=False),
    Column("sent_at", BigInteger),
    Index(
        "ix_writeback_open",
        "supplier",
        "state",  # SQLite passes over an index that has less of a condition than another
        "queued_at",  # with the next, the order in which they go
        "identity",
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    ),
    Index(
        "ix_writeback_refused",
        "supplier",
        "state",
        "identity",
        sqlite_where=text("state = 'refused'"),
        postgresql_where=text("state = 'refused'"),
    ),
    Index(None, "supplier", "lead_id"),
    Index(None, "supplier", "run_id"),
)

event_write = Table(
    "event_write",
    metadata,
    supplier_key(),
    Column("event_id", String(64), primary_key=True),
    Column(
        "identity", String(300), primary_key=True
    ),  # of the source record; of an event on an opportunity: ""
    Column("lead_id", String(40), nullable=False),
    Column("state", String(12), nullable=False),  # waiting, sent, refused
    Column("record_id", Text),  # what it became in the supplier's system
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("not_before", BigInteger, nullable=False, server_default="0"),
    Column("vendor_code", Text),
    Column("message", Text),
    Column("run_id", Text, nullable=False),
    Column("queued_at", BigInteger, nullable=False),
    Column("sent_at", BigInteger),
    Index(
        "ix_event_write_open",
        "supplier",
        "state",
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    ),
    Index(
        "ix_event_write_refused",
        "supplier",
        "state",
        "queued_at",
        sqlite_where=text("state = 'refused'"),
        postgresql_where=text("state = 'refused'"),
    ),
    Index(None, "supplier", "lead_id"),
    Index(None, "supplier", "record_id"),
    Index(None, "supplier", "run_id"),
)

opportunity = Table(
    "opportunity",
    metadata,
    supplier_key(),
    Column("opportunity_id", String(40), primary_key=True),  # from account and record; our external id
    Column("account_id", String(80), nullable=False),
    Column("record_id", Text, nullable=False),  # in the partner's CRM
    Column("lead_id", String(40), nullable=False),
    Column("assignment_id", String(40), nullable=False),
    Column("partner_id", String(80), nullable=False),
    Column("found_by", String(20), nullable=False),  # originating, contact_match
    Column("name", Text),
    Column("stage", Text),
    Column("status", String(12), nullable=False),  # open, won, lost
    Column("probability", Integer),  # percent, one of the configured steps
    Column("reported_probability", Text),  # as the CRM had it
    Column("amount", Text),
    Column("currency", Text),
    Column("close_date", String(10)),
    Column("owner_name", Text),
    Column("owner_email", Text),
    Column("stamp", Text),
    Column("deleted_at", BigInteger),
    Column("source_record_id", Text),  # its record in the supplier's system
    Column("written_hash", String(32)),  # of what that record was told last
    Column("sequence", Integer, nullable=False, server_default="0"),
    Column("run_id", Text, nullable=False),
    Column("first_seen_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    # `updated_at` when it was last looked at for what the supplier should be told; another: it must be again.
    Column("looked_at", BigInteger, nullable=False, server_default="0"),
    Index(
        "ix_opportunity_untold",
        "supplier",
        "opportunity_id",
        sqlite_where=text("looked_at <> updated_at"),
        postgresql_where=text("looked_at <> updated_at"),
    ),
    Index(None, "supplier", "lead_id"),
    Index(None, "supplier", "account_id"),
)

opportunity_write = Table(
    "opportunity_write",
    metadata,
    supplier_key(),
    Column("opportunity_id", String(40), primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("lead_id", String(40), nullable=False),
    Column("body", Text, nullable=False),  # hub value -> value, before the supplier's field names
    Column("body_hash", String(32), nullable=False),
    Column("state", String(12), nullable=False),  # waiting, sent, refused, superseded
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("not_before", BigInteger, nullable=False, server_default="0"),  # 0: never sent
    Column("vendor_code", Text),
    Column("vendor_field", Text),
    Column("message", Text),
    Column("run_id", Text, nullable=False),
    Column("queued_at", BigInteger, nullable=False),
    Column("sent_at", BigInteger),
    Index(
        "ix_opportunity_write_open",
        "supplier",
        "state",
        "opportunity_id",  # the order in which they go
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    ),
    Index(
        "ix_opportunity_write_refused",
        "supplier",
        "state",
        "opportunity_id",
        sqlite_where=text("state = 'refused'"),
        postgresql_where=text("state = 'refused'"),
    ),
    Index(None, "supplier", "lead_id"),
    Index(None, "supplier", "run_id"),
)
