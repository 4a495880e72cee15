"""Logins at partners' CRMs, one mark a day, and the escalation when they fail (N7).

A day on which any login succeeded is a good one; a day without an attempt counts as neither. Where logins
failed on 4 of the last 5 days, then 12 of 15, 24 of 30 and 48 of 60, the partner's people and the supplier's
contacts are told, once each, and after the fourth time the account is deactivated: what waits for it stays
waiting. The first login that succeeds after that switches it on again.

Source: domain terms, "mails", CRM connection failure.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select, update

from leadline.errors import CredentialsRefused, NotAllowed, SchemaDrift, ThresholdExceeded, VendorUnavailable
from leadline.hub import Hub, now_us
from leadline.hub.keys import digest
from leadline.hub.schema import crm_account, crm_login
from leadline.mapping.model import SupplierMapping
from leadline.notices.mails import Mail, render
from leadline.notices.outbox import queue_mail
from leadline.partners import Partner, load_partners
from leadline.ports import CheckFinding
from leadline.preflight import keep_findings
from leadline.runs import from_us

logger = logging.getLogger(__name__)

STEPS = ((4, 5), (12, 15), (24, 30), (48, 60))
"""(days on which logins failed, of that many days): what is told, in this order."""

ACTIVE, DEACTIVATED = "active", "deactivated"


@dataclass(frozen=True)
class Marked:
    """What a mark came to: the account's state, the step that was told just now (0: none), mails queued."""

    state: str
    told: int = 0
    mails: int = 0
    resumed: bool = False


@contextmanager
def noting_login(
    hub: Hub, supplier: str, mapping: SupplierMapping, account_id: str, run_id: str
) -> Iterator[None]:
    """Mark what the block, which works with an account's CRM, shows of the login there.

    Refused credentials and a CRM that does not answer are failed logins; an end without an error shows that
    it was good, and so does an error that only comes after it. Any other says nothing of it.
    """
    try:
        yield
    except (CredentialsRefused, VendorUnavailable):
        mark_login(hub, supplier, mapping, account_id, run_id, ok=False)
        raise
    except (NotAllowed, SchemaDrift, ThresholdExceeded):  # they come after it
        mark_login(hub, supplier, mapping, account_id, run_id, ok=True)
        raise
    mark_login(hub, supplier, mapping, account_id, run_id, ok=True)


def mark_login(
    hub: Hub,
    supplier: str,
    mapping: SupplierMapping,
    account_id: str,
    run_id: str,
    *,
    ok: bool,
    now: int | None = None,
) -> Marked:
    """Mark today's login at an account, tell what is due, and say where the account stands.

    Args:
        supplier: The supplier key.
        mapping: Its time zone says when a day begins (`schedule.timezone`), its contacts are told.
        now: UTC microseconds; the present if not given.
    """
    at = now_us() if now is None else now
    today = from_us(at).astimezone(ZoneInfo(mapping.schedule.timezone)).date()
    with hub.transaction(supplier) as connection:
        hub.run(
            connection,
            "crm_login_mark",
            supplier=supplier,
            account_id=account_id,
            day=today.isoformat(),
            ok=ok,
            at=at,
        )
        row = connection.execute(
            select(crm_account.c.state, crm_account.c.warned).where(
                crm_account.c.supplier == supplier, crm_account.c.account_id == account_id
            )
        ).one_or_none()
        if row is None:
            return Marked(ACTIVE)
        marked = _judge(hub, connection, supplier, mapping, account_id, run_id, row, today, at, ok=ok)
    if marked.resumed or marked.state != row.state:
        _list(hub, supplier, account_id, run_id, marked.state)
    if marked.told:
        logger.warning("%s: account %s: login failure, step %s", supplier, account_id, marked.told)
    return marked


def _judge(
    hub: Hub,
    connection: Connection,
    supplier: str,
    mapping: SupplierMapping,
    account_id: str,
    run_id: str,
    row: Any,
    today: date,
    at: int,
    *,
    ok: bool,
) -> Marked:
    if ok and row.state == DEACTIVATED:
        _keep(connection, supplier, account_id, ACTIVE, 0)
        # Its bad days are told; they shall not count against the account that works again.
        hub.run(
            connection, "crm_login_forget", supplier=supplier, account_id=account_id, day=today.isoformat()
        )
        return Marked(ACTIVE, resumed=True)
    step = _step(_days(connection, supplier, account_id, today), today)
    if ok or step <= row.warned:
        if step == 0 and row.warned:
            _keep(connection, supplier, account_id, row.state, 0)
        return Marked(row.state)
    state = DEACTIVATED if step == len(STEPS) else row.state
    _keep(connection, supplier, account_id, state, step)
    mails = _tell(hub, connection, supplier, mapping, account_id, run_id, step, today, at)
    return Marked(state, step, mails)


def _list(hub: Hub, supplier: str, account_id: str, run_id: str, state: str) -> None:
    """Let the hub's findings say that an account is switched off, or no longer is."""
    message = (
        f"account {account_id} is switched off after too many failed logins: its leads wait; "
        "mend its connection, then start the preflight, or the feedback run with this account named"
    )
    found = [CheckFinding("deactivated", account_id, message)] if state == DEACTIVATED else []
    keep_findings(hub, supplier, run_id, {f"login:{account_id}": found})


def deactivated_accounts(hub: Hub, supplier: str) -> list[str]:
    """Return the accounts to which nothing is pushed until a login succeeds."""
    query = select(crm_account.c.account_id).where(
        crm_account.c.supplier == supplier, crm_account.c.state == DEACTIVATED
    )
    with hub.reading() as connection:
        return sorted(connection.execute(query).scalars())


def _days(connection: Connection, supplier: str, account_id: str, today: date) -> dict[str, bool]:
    first = today - timedelta(days=max(days for _, days in STEPS) - 1)
    query = select(crm_login.c.day, crm_login.c.ok).where(
        crm_login.c.supplier == supplier,
        crm_login.c.account_id == account_id,
        crm_login.c.day >= first.isoformat(),
        crm_login.c.day <= today.isoformat(),
    )
    return {row.day: bool(row.ok) for row in connection.execute(query)}


def _step(days: Mapping[str, bool], today: date) -> int:
    """Return the furthest step whose condition holds today; 0: none."""
    furthest = 0
    for number, (failed, span) in enumerate(STEPS, start=1):
        first = (today - timedelta(days=span - 1)).isoformat()
        if sum(not ok for day, ok in days.items() if day >= first) >= failed:
            furthest = number
    return furthest


def _keep(connection: Connection, supplier: str, account_id: str, state: str, warned: int) -> None:
    connection.execute(
        update(crm_account)
        .where(crm_account.c.supplier == supplier, crm_account.c.account_id == account_id)
        .values(state=state, warned=warned)
    )


def _tell(
    hub: Hub,
    connection: Connection,
    supplier: str,
    mapping: SupplierMapping,
    account_id: str,
    run_id: str,
    step: int,
    today: date,
    at: int,
) -> int:
    partners = [one for one in load_partners(hub, connection, supplier) if one.crm == account_id]
    failed, span = STEPS[step - 1]
    values = {
        "label": mapping.title,
        "account": account_id,
        "partners": [one.name for one in partners],
        "failed": failed,
        "days": span,
        "deactivated": step == len(STEPS),
    }
    subject, text, html = render("crm_connection", **values)
    count = 0
    for address in _recipients(partners, [*mapping.contacts.configured, *mapping.contacts.technical]):
        mail_id = digest(supplier, "crm_connection", account_id, step, today, address.casefold())
        mail = Mail(mail_id, address, "crm_connection", subject, text, html)
        count += queue_mail(hub, connection, supplier, mail, run_id, at)
    return count


def _recipients(partners: Iterable[Partner], contacts: Iterable[str]) -> list[str]:
    """Return each partner's administrators, or else its own address, and the supplier's contacts."""
    found: dict[str, str] = {}
    for partner in partners:
        admins = [rep.email for rep in partner.reps if "administrator" in rep.roles]
        for address in admins or ([partner.email] if partner.email else []):
            found.setdefault(address.casefold(), address)
    for address in contacts:
        found.setdefault(address.casefold(), address)
    return list(found.values())
