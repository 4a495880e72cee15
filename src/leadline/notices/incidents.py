"""Incidents: the same trouble is told once, until the task has succeeded (N8)."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import PurePath
from typing import Any

from sqlalchemy import Connection

from leadline.errors import Finding
from leadline.hub.engine import Hub, now_us
from leadline.hub.keys import digest
from leadline.mapping.model import Contacts
from leadline.notices.advice import advice
from leadline.notices.audience import is_at, is_platforms, place_of
from leadline.notices.mails import Mail, render, without_secrets
from leadline.notices.outbox import queue_mail

logger = logging.getLogger(__name__)

PLATFORM = "leadline"  # whose outbox holds mails that belong to no supplier
MAPPING_TASK = "mapping"
BROKEN = "broken mapping"
DAY_US = 24 * 3600 * 1_000_000


@dataclass(frozen=True)
class Failure:
    """One task of a run that failed.

    Attributes:
        task: Its id, as the run shows it.
        cause: The kind of trouble, such as `CredentialsRefused`: with supplier and task, the incident.
        message: What happened, for people; never lead data.
        url: Of the task in Airflow.
        told: A mail of the task itself says what happened: the incident is kept, and mailed by nobody else.
        step: The task without what it worked on, `push` of `push:sf-p001`; as `task` if not given.
    """

    task: str
    cause: str
    message: str
    url: str | None = None
    told: bool = False
    step: str = ""


@dataclass(frozen=True)
class Reported:
    """How many incidents are new, and how many mails wait for them."""

    opened: int
    mails: int


def report_failure(
    hub: Hub,
    supplier: str,
    run_id: str,
    failures: Sequence[Failure],
    contacts: Contacts,
    *,
    platform: Collection[str] = (),
    label: str | None = None,
    now: int | None = None,
) -> Reported:
    """Open an incident per new (task, cause) and queue one mail about them to each contact.

    Open incidents are counted up and told to nobody again; without contacts they are still kept. The
    same report twice changes nothing. Trouble of the platform (`audience`) is told to its contacts, once for
    all suppliers that meet it within a day, and to the supplier's only if it has none.

    Args:
        hub: Where incidents and outbox are.
        supplier: The supplier key.
        run_id: The run that failed.
        failures: What failed in it; several of one task and cause are one incident.
        contacts: Configured and technical contacts, each told once.
        platform: The platform's contacts.
        label: How people call the supplier; the key if not given.
        now: UTC microseconds; the present if not given.
    """
    at = now_us() if now is None else now
    told = [_tellable(failure) for failure in failures]
    with hub.transaction(supplier) as connection:
        opened = _open(hub, connection, supplier, run_id, told, at)
        untold = [failure for failure in opened if not failure.told]
        ours = [failure for failure in untold if platform and is_platforms(failure.cause)]
        name = label or supplier
        mails = _tell_platform(hub, connection, supplier, name, run_id, ours, platform, at) if ours else 0
        if untold := [failure for failure in untold if failure not in ours]:
            mails += _mail(
                hub,
                connection,
                supplier,
                "failure",
                [*contacts.configured, *contacts.technical],
                (run_id, *(f"{failure.task}|{failure.cause}" for failure in untold), at),
                run_id,
                at,
                label=name,
                run_id=run_id,
                failures=untold,
                advice=advice,
                technical=contacts.technical,
            )
    logger.info("%s: %s failures, %s new incidents, %s mails", supplier, len(told), len(opened), mails)
    return Reported(len(opened), mails)


def close_incidents(hub: Hub, supplier: str, tasks: Iterable[str], now: int | None = None) -> int:
    """Close the open incidents of tasks that have succeeded; return how many those were."""
    at = now_us() if now is None else now
    with hub.transaction(supplier) as connection:
        closed = sum(_close(hub, connection, supplier, task, at) for task in dict.fromkeys(tasks))
        if closed:
            _close_platforms(hub, connection, at)
        return closed


def _tell_platform(
    hub: Hub,
    connection: Connection,
    supplier: str,
    label: str,
    run_id: str,
    failures: Sequence[Failure],
    recipients: Collection[str],
    at: int,
) -> int:
    """Queue one mail about trouble of the platform that nobody has told within a day; return how many.

    The name of the mail holds how often it was told before and not when, so that two runs that meet it at the
    same moment queue one.
    """
    rows = hub.run(connection, "incident_times", supplier=PLATFORM).all()
    times = {(row.task, row.cause): row.times for row in rows}
    fresh = {(row.task, row.cause) for row in rows if row.open_since and row.open_since > at - DAY_US}
    untold: dict[tuple[str, str], Failure] = {}
    for failure in failures:
        place = place_of(supplier, failure.step or failure.task, failure.task, failure.cause)
        if (place, failure.cause) not in fresh:
            untold.setdefault((place, failure.cause), failure)
    if not untold:
        return 0
    for place, cause in untold:
        hub.run(connection, "incident_close_cause", supplier=PLATFORM, task=place, cause=cause, closed_at=at)
        message = untold[place, cause].message
        values = {"task": place, "cause": cause, "message": message, "run_id": run_id, "opened_at": at}
        hub.run(connection, "incident_open", supplier=PLATFORM, **values)
    key = (*(f"{place}|{cause}|{times.get((place, cause), 0)}" for place, cause in untold),)
    return _mail(
        hub, connection, PLATFORM, "platform", recipients, key, None, at,
        label=label, run_id=run_id, failures=list(untold.values()), advice=advice,
    )  # fmt: skip


def _close_platforms(hub: Hub, connection: Connection, at: int) -> None:
    """Close what the platform was told of and no supplier meets any more."""
    for row in hub.run(connection, "incident_open_list", supplier=PLATFORM).all():
        met = [
            other
            for other in hub.run(connection, "incident_elsewhere", cause=row.cause)
            if other.supplier != PLATFORM and is_at(row.task, other.supplier, other.task)
        ]
        if not met:
            values = {"task": row.task, "cause": row.cause, "closed_at": at}
            hub.run(connection, "incident_close_cause", supplier=PLATFORM, **values)


def report_broken_mappings(
    hub: Hub,
    findings: Sequence[Finding],
    recipients: Collection[str],
    *,
    url: str | None = None,
    now: int | None = None,
) -> Reported:
    """Tell the platform's contacts of mappings that cannot be loaded, once each; close what is mended.

    Args:
        hub: Where incidents and outbox are.
        findings: Those of all mappings, as `load_all` returns them; none if all are good.
        recipients: The platform's contacts.
        url: Of Airflow.
        now: UTC microseconds; the present if not given.
    """
    at = now_us() if now is None else now
    in_files = groupby(sorted(findings, key=lambda finding: finding.path), key=lambda finding: finding.path)
    files = {path: list(found) for path, found in in_files}
    broken = {PurePath(path).name: found for path, found in files.items()}
    with hub.transaction() as connection:
        open_now = {
            row.supplier for row in hub.run(connection, "incident_broken_mappings", task=MAPPING_TASK)
        }
        for mended in open_now - {name[:80] for name in broken}:
            _close(hub, connection, mended, MAPPING_TASK, at)
        new = []
        for name, found in broken.items():
            failure = Failure(MAPPING_TASK, BROKEN, without_secrets("\n".join(map(str, found))))
            if _open(hub, connection, name[:80], "", [failure], at):
                new.append(name)
        mails = 0
        if new:
            told: list[dict[str, Any]] = [
                {"name": name, "findings": [without_secrets(_short(finding)) for finding in broken[name]]}
                for name in new
            ]
            mails = _mail(
                hub, connection, PLATFORM, "mapping", recipients, (*new, at), None, at, files=told, url=url
            )
    return Reported(len(new), mails)


def _short(finding: Finding) -> str:
    return str(replace(finding, path=PurePath(finding.path).name))


def _tellable(failure: Failure) -> Failure:
    """Return the failure as hub columns and mails may hold it."""
    cause = " ".join(without_secrets(failure.cause).split())[:120]
    return replace(
        failure, task=failure.task[:120], cause=cause or "unknown", message=without_secrets(failure.message)
    )


def _open(
    hub: Hub, connection: Connection, supplier: str, run_id: str, failures: Sequence[Failure], at: int
) -> list[Failure]:
    """Open what is new and count up what is not; return the new ones."""
    known = {
        (row.task, row.cause): row.run_id
        for row in hub.run(connection, "incident_open_list", supplier=supplier)
    }
    opened: list[Failure] = []
    for (task, cause), failure in {(item.task, item.cause): item for item in reversed(failures)}.items():
        values = {"supplier": supplier, "task": task, "cause": cause, "message": failure.message}
        if (task, cause) not in known:
            hub.run(connection, "incident_open", **values, run_id=run_id, opened_at=at)
            opened.append(failure)
        elif known[task, cause] != run_id:
            hub.run(connection, "incident_repeat", **values)
    return opened[::-1]


def _close(hub: Hub, connection: Connection, supplier: str, task: str, at: int) -> int:
    result = hub.run(connection, "incident_close", supplier=supplier, task=task, closed_at=at)
    return int(result.rowcount)


def _mail(
    hub: Hub,
    connection: Connection,
    supplier: str,
    template: str,
    recipients: Iterable[str],
    key: tuple[object, ...],
    run: str | None,
    at: int,
    /,
    **values: Any,
) -> int:
    """Queue one mail to each recipient, addresses folded; return how many are new."""
    subject, text, html = render(template, **values)
    count = 0
    for address in {address.casefold(): address for address in recipients}.values():
        mail_id = digest(supplier, template, *(str(part) for part in key), address.casefold())
        mail = Mail(mail_id, address, template, subject, text, html)
        count += queue_mail(hub, connection, supplier, mail, run, at)
    return count
