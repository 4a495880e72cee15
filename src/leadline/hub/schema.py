"""The hub's tables. Every row is bound to a supplier key (`acme`, or `acme~test` for its test target).

Times are UTC in microseconds since 1970 (`*_at`). Lead and campaign attributes are JSON in the types of
`mapping.fields.FieldType`; other structured values are JSON text that only Python reads.
Identifiers of ours are deterministic, so a repeated step writes the same rows:
`lead_id` from the identity (or merge key), `assignment_id` from lead and attempt, and so on (`hub.keys`).
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)

Json = JSON().with_variant(JSONB(), "postgresql")


def _supplier() -> Column[str]:
    return Column("supplier", String(80), primary_key=True)


supplier = Table(
    "supplier",
    metadata,
    _supplier(),  # its row is the lock under which this supplier's leads change
    Column("label", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

mapping_version = Table(
    "mapping_version",
    metadata,
    _supplier(),
    Column("mapping_hash", String(64), primary_key=True),
    Column("body", Text, nullable=False),
    Column("rules_hash", String(64), nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

watermark = Table(
    "watermark",
    metadata,
    _supplier(),
    # leads, campaigns, activities; status:, activities: and opportunities:<account> of CRM accounts
    Column("feed", String(120), primary_key=True),
    Column("position_at", BigInteger, nullable=False),
    Column("token", Text),  # a vendor's own cursor, where it has one
    Column("run_id", Text),
)

lease = Table(
    "lease",
    metadata,
    _supplier(),
    Column("run_id", Text, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)

run = Table(
    "run",
    metadata,
    _supplier(),
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
)

pull = Table(
    "pull",
    metadata,
    _supplier(),
    Column("run_id", Text, primary_key=True),
    Column("kind", String(20), primary_key=True),  # leads, campaigns
    Column("manifest_uri", Text, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("watermark_to", BigInteger),  # null: this pull leaves the watermark alone
    Column("judged", String(10)),  # passed, held (threshold exceeded; its leads wait for a release)
    Column("released_by", Text),  # who let a held pull's leads go on
    Column("taken_up_by", Text),  # the run that finished what this pull's own run left
    Column("landed_at", BigInteger, nullable=False),
    Column("completed_at", BigInteger),  # all batches have receipts
)

batch = Table(
    "batch",
    metadata,
    _supplier(),
    Column("batch_id", String(200), primary_key=True),  # <run_id>:<kind>:<number>
    Column("run_id", Text, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("number", Integer, nullable=False),
    Column("uri", Text, nullable=False),
    Column("origin", Text, nullable=False),  # file:<sha256>, or the system's name
    Column("rows", Integer, nullable=False),
    Column("replay_of", String(200)),
    Column("replay_rows", Text),  # JSON list: the row of `replay_of` that each of its rows repeats
    Column("received_at", BigInteger),  # its receipts are written
    Index(None, "supplier", "run_id"),
)

source_file = Table(
    "source_file",
    metadata,
    _supplier(),
    Column("sha256", String(64), primary_key=True),
    Column("resend", Text, primary_key=True, server_default=""),  # the run that asked for a resend
    Column("kind", String(20), nullable=False),
    Column("name", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("modified_at", BigInteger),
    Column("encoding", Text),
    Column("rows", BigInteger),
    Column("state", String(20), nullable=False),  # landed, archived, unreadable, set_aside
    Column("error", Text),
    Column("first_run", Text, nullable=False),
    Column("first_seen_at", BigInteger, nullable=False),
    Column("archived_as", Text),
)

receipt = Table(
    "receipt",
    metadata,
    _supplier(),
    Column("batch_id", String(200), primary_key=True),
    Column("row", Integer, primary_key=True),
    Column("run_id", Text, nullable=False),
    Column("line", Integer, nullable=False),  # physical line of a file; 0 for an API
    Column("identity", String(300)),
    Column("outcome", String(12), nullable=False),  # quarantined, filtered, known, updated, new
    Column("lead_id", String(40)),
    Column("reasons", Text),  # [{"field","rule","message"}], never a value
    Column("replay_of_batch", String(200)),
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

campaign = Table(
    "campaign",
    metadata,
    _supplier(),
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
    _supplier(),
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
    Column("first_batch", String(200), nullable=False),
    Column("first_row", Integer, nullable=False),
    Column("mapping_hash", String(64), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
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
        "created_at",
        sqlite_where=text("decision IS NULL"),
        postgresql_where=text("decision IS NULL"),
    ),
)

source_link = Table(
    "source_link",
    metadata,
    _supplier(),
    Column("identity", String(300), primary_key=True),
    Column("lead_id", String(40), nullable=False),
    Column("record_id", Text),  # the vendor's id, or file name and line: what write-back addresses
    Column("campaign_key", String(200)),
    Column("fingerprint", String(32), nullable=False),
    Column("stamp", Text),
    Column("deleted_at", BigInteger),
    Column("merged_into", Text),
    Column("written_hash", String(32)),  # of the status last written back
    Column("sequence", Integer, nullable=False, server_default="0"),
    Column("first_seen_at", BigInteger, nullable=False),
    Index(None, "supplier", "lead_id"),
    Index(None, "supplier", "record_id"),
)

event = Table(
    "event",
    metadata,
    _supplier(),
    Column("event_id", String(64), primary_key=True),
    Column("lead_id", String(40), nullable=False),
    Column("type", Text, nullable=False),
    Column("occurred_at", BigInteger),
    Column("body", Text),
    Column("origin", String(20), nullable=False),  # supplier, partner
    Column("subject", Text),  # of a partner's activity
    Column("opportunity_id", String(40)),  # it happened on this opportunity; null: on the lead
    Column("run_id", Text, nullable=False),
    Index(None, "supplier", "lead_id"),
)

crm_account = Table(
    "crm_account",
    metadata,
    _supplier(),
    Column("account_id", String(80), primary_key=True),
    Column("type", String(20), nullable=False),  # salesforce, dynamics, saleslink
    Column("connection", Text, nullable=False),
    Column("state", String(12), nullable=False, server_default="active"),  # active, deactivated
    Column("options", Text, nullable=False),  # partners.CrmOptions: status mapping and so on
    Column("warned", Integer, nullable=False, server_default="0"),  # steps of the login escalation
    Column("updated_at", BigInteger, nullable=False),
)

crm_login = Table(
    "crm_login",
    metadata,
    _supplier(),
    Column("account_id", String(80), primary_key=True),
    Column("day", String(10), primary_key=True),  # YYYY-MM-DD in the supplier's time zone
    Column("ok", Boolean, nullable=False),  # one success makes the day a good one
    Column("at", BigInteger, nullable=False),
)

partner = Table(
    "partner",
    metadata,
    _supplier(),
    Column("partner_id", String(80), primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False),  # trimmed, folded: what a partner-name column is matched by
    Column("active", Boolean, nullable=False),
    Column("account_id", String(80)),
    Column("auto_accept", Boolean, nullable=False, server_default=text("false")),
    Column(
        "profile", Text, nullable=False
    ),  # partners.Partner as JSON: attributes, weight, cap, owners, options
    Column("updated_at", BigInteger, nullable=False),
    ForeignKeyConstraint(["supplier", "account_id"], ["crm_account.supplier", "crm_account.account_id"]),
)

routing_trace = Table(
    "routing_trace",
    metadata,
    _supplier(),
    Column("trace_id", String(32), primary_key=True),  # of its body: equal paths are kept once
    Column("body", Text, nullable=False),
)

routing_decision = Table(
    "routing_decision",
    metadata,
    _supplier(),
    Column("lead_id", String(40), primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("outcome", String(12), nullable=False),  # assigned, unassigned
    Column("partner_id", String(80)),
    Column("reason", String(40), nullable=False),  # routing.Reason
    Column("trace_id", String(32), nullable=False),
    Column("mapping_hash", String(64), nullable=False),
    Column("rules_hash", String(64), nullable=False),
    Column("run_id", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("decided_at", BigInteger, nullable=False),
    Column("details", Text),  # lead values the rules saw and the rotation compared, as JSON: routing.trace
)

rotation = Table(
    "rotation",
    metadata,
    _supplier(),
    Column("module", String(63), primary_key=True),
    Column("partner_id", String(80), primary_key=True),
    Column("numerator", Text, nullable=False),  # of the virtual time, an exact fraction
    Column("denominator", Text, nullable=False),
    Column("last_sequence", BigInteger, nullable=False),  # order of assignments in this module; 0: never
    Column("present", Boolean, nullable=False),  # was a candidate when last looked at
)

assignment = Table(
    "assignment",
    metadata,
    _supplier(),
    Column("assignment_id", String(40), primary_key=True),  # the external id at the vendor
    Column("lead_id", String(40), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("partner_id", String(80), nullable=False),
    Column("status", String(12), nullable=False),  # lifecycle.DistributionStatus
    Column("active", Boolean, nullable=False),
    Column("cause", String(40), nullable=False),  # routing.Reason, or manual
    Column("run_id", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("assigned_at", BigInteger, nullable=False),
    Column("accepted_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("reasons", Text),  # of a rejection, by rejection field, as JSON
    Column("rep_name", Text),  # the partner's sales rep
    Column("rep_email", Text),
    Index(
        "uq_assignment_active",
        "supplier",
        "lead_id",
        unique=True,
        sqlite_where=text("active"),
        postgresql_where=text("active"),
    ),
    Index(None, "supplier", "lead_id", "attempt", unique=True),
    Index(None, "supplier", "partner_id", "assigned_at"),
)

delivery = Table(
    "delivery",
    metadata,
    _supplier(),
    Column("delivery_id", String(40), primary_key=True),  # from assignment and sequence
    Column("assignment_id", String(40), nullable=False),
    Column("sequence", Integer, nullable=False),  # 1: the first push; above: updates
    Column("lead_id", String(40), nullable=False),
    Column("partner_id", String(80), nullable=False),
    Column("account_id", String(80), nullable=False),
    Column("state", String(12), nullable=False),  # waiting, decided, sent, refused, superseded
    Column("changed", Text),  # names of the lead fields an update is about; null: everything
    Column("decision", Text),  # delivery.Decision: operation, object, record id, fields
    Column("job_id", Text),  # the vendor's bulk job that carries it
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("not_before", BigInteger, nullable=False, server_default="0"),
    Column("vendor_code", Text),
    Column("vendor_field", Text),
    Column("message", Text),
    Column("run_id", Text, nullable=False),
    Column("queued_at", BigInteger, nullable=False),
    Column("sent_at", BigInteger),
    Index(
        "ix_delivery_open",
        "supplier",
        "account_id",
        "queued_at",  # one delivery a microsecond: the order in which they go
        sqlite_where=text("state IN ('waiting', 'decided')"),
        postgresql_where=text("state IN ('waiting', 'decided')"),
    ),
    Index(None, "supplier", "lead_id"),
)

crm_record = Table(
    "crm_record",
    metadata,
    _supplier(),
    Column("account_id", String(80), primary_key=True),
    Column("assignment_id", String(40), primary_key=True),
    Column("object", Text, nullable=False),
    Column("record_id", Text, nullable=False),
    Column("created", Boolean, nullable=False),  # false: it was there before us
    Column("linked_at", BigInteger, nullable=False),
    Index(None, "supplier", "account_id", "record_id"),
)

crm_seen = Table(
    "crm_seen",
    metadata,
    _supplier(),
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
)

crm_job = Table(
    "crm_job",
    metadata,
    _supplier(),
    Column("account_id", String(80), primary_key=True),
    Column("job_key", String(40), primary_key=True),  # ours, from the deliveries it carries; `turn`: a push
    Column("job_id", Text),  # the vendor's, saved before the upload
    Column("operation", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("state", String(12), nullable=False),  # planned, created, uploaded, finished
    Column("created_at", BigInteger, nullable=False),
    Column("plan", LargeBinary),  # delivery.plans: decisions saved before they are sent; null once finished
)

event_delivery = Table(
    "event_delivery",
    metadata,
    _supplier(),
    Column("assignment_id", String(40), primary_key=True),
    Column("event_id", String(64), primary_key=True),  # of the event, or the delivery whose note it is
    Column("state", String(12), nullable=False),  # waiting, sent, refused
    Column("record_id", Text),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("not_before", BigInteger, nullable=False, server_default="0"),
    Column("vendor_code", Text),
    Column("message", Text),
    Column("sent_at", BigInteger),
    Index(
        "ix_event_delivery_open",
        "supplier",
        "assignment_id",
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    ),
)

writeback = Table(
    "writeback",
    metadata,
    _supplier(),
    Column("identity", String(300), primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("lead_id", String(40), nullable=False),
    Column("body", Text, nullable=False),  # hub value -> value, before the supplier's field names
    Column("body_hash", String(32), nullable=False),
    Column("state", String(12), nullable=False),  # waiting, sent, refused, superseded
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("not_before", BigInteger, nullable=False, server_default="0"),
    Column("vendor_code", Text),
    Column("message", Text),
    Column("run_id", Text, nullable=False),
    Column("queued_at", BigInteger, nullable=False),
    Column("sent_at", BigInteger),
    Index(
        "ix_writeback_open",
        "supplier",
        "state",
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    ),
    Index(None, "supplier", "lead_id"),
)

event_write = Table(
    "event_write",
    metadata,
    _supplier(),
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
    Index(None, "supplier", "lead_id"),
    Index(None, "supplier", "record_id"),
)

opportunity = Table(
    "opportunity",
    metadata,
    _supplier(),
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
    Index(None, "supplier", "lead_id"),
    Index(None, "supplier", "account_id"),
)

opportunity_write = Table(
    "opportunity_write",
    metadata,
    _supplier(),
    Column("opportunity_id", String(40), primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("lead_id", String(40), nullable=False),
    Column("body", Text, nullable=False),  # hub value -> value, before the supplier's field names
    Column("body_hash", String(32), nullable=False),
    Column("state", String(12), nullable=False),  # waiting, sent, refused, superseded
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("not_before", BigInteger, nullable=False, server_default="0"),
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
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    ),
    Index(None, "supplier", "lead_id"),
)

history = Table(
    "history",
    metadata,
    _supplier(),
    Column("lead_id", String(40), primary_key=True),
    Column("event_id", String(40), primary_key=True),  # deterministic: a repeated step adds no second line
    Column("at", BigInteger, nullable=False),
    Column("kind", String(30), nullable=False),
    Column("run_id", Text, nullable=False),
    Column("task", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("before", Text),
    Column("after", Text),
)

incident = Table(
    "incident",
    metadata,
    _supplier(),
    Column("task", String(120), primary_key=True),
    Column("cause", String(120), primary_key=True),
    Column("opened_at", BigInteger, primary_key=True),
    Column("run_id", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("count", Integer, nullable=False, server_default="1"),
    Column("closed_at", BigInteger),
)

mail = Table(
    "mail",
    metadata,
    _supplier(),
    Column("mail_id", String(40), primary_key=True),  # also its Message-ID: a repeat is recognised
    Column("recipient", Text, primary_key=True),
    Column("template", String(60), nullable=False),
    Column("subject", Text, nullable=False),
    Column("text_body", Text, nullable=False),
    Column("html_body", Text, nullable=False),
    Column("state", String(12), nullable=False),  # waiting, sent, refused
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("not_before", BigInteger, nullable=False, server_default="0"),
    Column("message", Text),
    Column("run_id", Text),
    Column("queued_at", BigInteger, nullable=False),
    Column("sent_at", BigInteger),
)

finding = Table(
    "finding",
    metadata,
    _supplier(),
    Column("subject", Text, primary_key=True),  # supplier system, or crm:<account>
    Column("code", String(60), primary_key=True),
    Column("detail", Text, primary_key=True),  # the field, value or permission
    Column("message", Text, nullable=False),
    Column("severity", String(10), nullable=False),
    Column("run_id", Text, nullable=False),
    Column("found_at", BigInteger, nullable=False),
    Column("cleared_at", BigInteger),
)
