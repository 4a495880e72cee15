"""Who was told of what: incidents, mails, findings."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text, text

from leadline.hub.schema.foundation import metadata, supplier_key

incident = Table(
    "incident",
    metadata,
    supplier_key(),
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
    supplier_key(),
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
    Index(
        "ix_mail_open",
        "supplier",
        "queued_at",  # with the next, the order in which they go
        "mail_id",
        "recipient",
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    ),
)

finding = Table(
    "finding",
    metadata,
    supplier_key(),
    Column("subject", Text, primary_key=True),  # supplier system, or crm:<account>
    Column("code", String(60), primary_key=True),
    Column("detail", Text, primary_key=True),  # the field, value or permission
    Column("message", Text, nullable=False),
    Column("severity", String(10), nullable=False),
    Column("run_id", Text, nullable=False),
    Column("found_at", BigInteger, nullable=False),
    Column("cleared_at", BigInteger),
)
