"""Mails about what preflight found: each finding once, until it is gone and comes again (M7, O6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from leadline.hub.engine import Hub
from leadline.hub.keys import digest
from leadline.mapping.model import Contacts
from leadline.notices.mails import Mail, render, without_secrets
from leadline.notices.outbox import queue_mail
from leadline.partners import Partner
from leadline.ports import CheckFinding

_CRM = "crm:"


def queue_findings(
    hub: Hub,
    connection: Connection,
    supplier: str,
    run_id: str,
    findings: Mapping[str, Sequence[CheckFinding]],
    owners: Mapping[str, Sequence[Partner]],
    contacts: Contacts,
    *,
    label: str,
    url: str,
    at: int,
) -> int:
    """Queue one mail about new findings to each person they concern, in the caller's transaction.

    The supplier's contacts hear of every system, with a link to the run. A partner's people hear of their own
    CRM only, without the link: they cannot sign in to our Airflow. Who is both is told as a contact.

    Args:
        hub: Where the outbox is.
        connection: The transaction that keeps the findings: either both are there, or neither.
        supplier: The supplier key.
        run_id: The run that found them.
        findings: Those that did not stand before, by subject: `source`, or `crm:<account>`.
        owners: The partners behind a subject.
        contacts: Configured and technical ones of the supplier.
        label: How people call the supplier.
        url: Of the run in Airflow.
        at: UTC microseconds.

    Returns:
        How many mails are new in the outbox.
    """
    new = {subject: found for subject, found in findings.items() if found}
    if not new:
        return 0
    known = {"label": label, "supplier": supplier}
    ours = [(_system(subject, owners.get(subject, ())), _lines(found)) for subject, found in new.items()]
    count, told = 0, set()
    for address in _once([*contacts.configured, *contacts.technical]):
        told.add(address.casefold())
        values = {
            **known,
            "systems": ours,
            "url": url,
            "partners": any(one.email for key in new for one in owners.get(key, ())),
        }
        count += _queue(hub, connection, supplier, run_id, "findings", address, new, values, at)
    for address in _once(one.email for key in new for one in owners.get(key, ()) if one.email):
        if address.casefold() in told:
            continue
        theirs = {key: found for key, found in new.items() if _is_of(address, owners.get(key, ()))}
        systems = [(key.removeprefix(_CRM), _lines(found)) for key, found in theirs.items()]
        values = {**known, "systems": systems}
        count += _queue(hub, connection, supplier, run_id, "partner_findings", address, theirs, values, at)
    return count


def _queue(
    hub: Hub,
    connection: Connection,
    supplier: str,
    run_id: str,
    template: str,
    address: str,
    findings: Mapping[str, Sequence[CheckFinding]],
    values: Mapping[str, Any],
    at: int,
) -> bool:
    lines = [line for _, lines in values["systems"] for line in lines]
    counted = {"count": len(lines), "stops": sum(severity == "error" for severity, _ in lines)}
    subject, text, html = render(template, **values, **counted)
    key = "|".join(
        sorted(f"{name}:{one.code}:{one.detail}" for name, found in findings.items() for one in found)
    )
    mail_id = digest(supplier, template, run_id, key, str(at), address.casefold())
    return queue_mail(
        hub, connection, supplier, Mail(mail_id, address, template, subject, text, html), run_id, at
    )


def _system(subject: str, partners: Sequence[Partner]) -> str:
    """Return how the supplier's people call what was looked at."""
    if not subject.startswith(_CRM):
        return "Its own system"
    names = ", ".join(one.name for one in partners)
    return f"CRM account {subject.removeprefix(_CRM)}" + (f" ({names})" if names else "")


def _lines(findings: Sequence[CheckFinding]) -> list[tuple[str, str]]:
    """Return severity and text of each, what stops work first."""
    told = [(one.severity, without_secrets(one.message)) for one in findings]
    return sorted(told, key=lambda line: line[0] != "error")


def _is_of(address: str, partners: Sequence[Partner]) -> bool:
    return any(one.email and one.email.casefold() == address.casefold() for one in partners)


def _once(addresses: Iterable[str]) -> Iterator[str]:
    """Yield each address once, as it is written last."""
    yield from {address.casefold(): address for address in addresses}.values()
