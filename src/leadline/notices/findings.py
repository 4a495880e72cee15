"""Mails about what preflight found: each finding once, until it is gone and comes again (M7, O6)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from leadline.hub.engine import Hub
from leadline.hub.keys import digest
from leadline.notices.mails import Mail, render, without_secrets
from leadline.notices.outbox import queue_mail
from leadline.ports import CheckFinding


def queue_findings(
    hub: Hub,
    connection: Connection,
    supplier: str,
    run_id: str,
    findings: Sequence[CheckFinding],
    recipients: Iterable[str],
    *,
    label: str,
    system: str,
    url: str | None,
    at: int,
) -> int:
    """Queue one mail about new findings to each recipient, within the caller's transaction; return how many.

    The transaction is the one that keeps the findings: either both are there, or neither.

    Args:
        hub: Where the outbox is.
        connection: The open transaction.
        supplier: The supplier key.
        run_id: The run that found them.
        findings: Those that did not stand before.
        recipients: Addresses; one that stands twice is told once.
        label: How people call the supplier.
        system: What was looked at, in words: "its own system", "the CRM account dyn-d001".
        url: Of the run in Airflow; None for people who cannot sign in there.
        at: UTC microseconds.
    """
    if not findings:
        return 0
    told = [(one.severity, without_secrets(one.message)) for one in findings]
    subject, text, html = render("findings", label=label, system=system, findings=told, url=url)
    key = "|".join(sorted(f"{one.code}:{one.detail}" for one in findings))
    count = 0
    for address in {address.casefold(): address for address in recipients}.values():
        mail_id = digest(supplier, "findings", run_id, system, key, address.casefold())
        mail = Mail(mail_id, address, "findings", subject, text, html)
        count += queue_mail(hub, connection, supplier, mail, run_id, at)
    return count
