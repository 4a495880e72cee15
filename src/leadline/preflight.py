"""Preflight: connections, permissions and mapped fields, looked at before a run needs them (O6, M7)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Connection

from leadline.delivery.crm_fields import VOCABULARIES
from leadline.drift import crm_drift, supplier_drift
from leadline.errors import CredentialsRefused, LeadlineError, SchemaDrift, VendorUnavailable
from leadline.hub import Hub, now_us
from leadline.mapping.model import SupplierMapping
from leadline.partners import CrmAccount, RecordAs
from leadline.ports import CheckFinding, PartnerCrm, SupplierSystem

logger = logging.getLogger(__name__)

SOURCE = "source"
UNREACHED = frozenset({"connection", "credentials", "budget", "configuration"})
"""Codes after which asking for descriptions would only fail again."""
System = TypeVar("System")
_COLUMNS = ("supplier", "subject", "code", "detail", "message", "severity", "run_id", "found_at")


@dataclass(frozen=True)
class Kept:
    """What one look changed: findings that are new, that are gone, and that stand now, errors among them."""

    opened: int
    cleared: int
    standing: int
    errors: int


def look_at_supplier(
    mapping: SupplierMapping, opening: Callable[[], AbstractContextManager[SupplierSystem]]
) -> list[CheckFinding]:
    """Return what is wrong with the supplier's system; failing to connect is a finding, not an error."""

    def look(system: SupplierSystem) -> Iterable[CheckFinding]:
        findings = list(system.check())
        if any(finding.severity == "error" and finding.code in UNREACHED for finding in findings):
            return findings
        return [*findings, *supplier_drift(mapping, system.describe())]

    return _look(opening, look)


def look_at_account(
    mapping: SupplierMapping,
    account: CrmAccount,
    kinds: Sequence[RecordAs],
    opening: Callable[[], AbstractContextManager[PartnerCrm]],
) -> list[CheckFinding]:
    """Return what is wrong with a partner's CRM for pushing this supplier's leads as these kinds."""
    vocabulary = VOCABULARIES.get(account.type)
    objects = [vocabulary.objects[kind] for kind in dict.fromkeys(kinds)] if vocabulary else []

    def look(crm: PartnerCrm) -> Iterable[CheckFinding]:
        findings = list(crm.check())
        if any(finding.severity == "error" and finding.code in UNREACHED for finding in findings):
            return findings
        return [*findings, *crm_drift(mapping, account, kinds, crm.describe(objects))]

    return _look(opening, look)


def keep_findings(
    hub: Hub,
    supplier: str,
    run_id: str,
    subject: str,
    findings: Iterable[CheckFinding],
    tell: Callable[[Connection, Sequence[CheckFinding]], object] | None = None,
) -> Kept:
    """Make the hub know what stands about this subject: new ones are opened, those that are gone cleared.

    One that stands already keeps the time it was found.

    Args:
        subject: `source`, or `crm:<account>`.
        tell: Called with those that are new, in the transaction that keeps them.
    """
    at = now_us()
    unique = {(one.code, one.detail): one for one in findings}.values()
    rows = [
        (supplier, subject, one.code, one.detail, one.message, one.severity, run_id, at) for one in unique
    ]
    with hub.transaction() as connection:
        hub.load(connection, "finding", _COLUMNS, rows)
        new = {(row.code, row.detail) for row in hub.run(connection, "finding_new", supplier=supplier)}
        if tell is not None and new:
            tell(connection, [one for one in unique if (one.code, one.detail) in new])
        hub.run(connection, "finding_keep", supplier=supplier)
        cleared = hub.run(
            connection, "finding_clear", supplier=supplier, subject=subject, cleared_at=at
        ).rowcount
    errors = sum(one.severity == "error" for one in unique)
    logger.info(
        "%s: preflight of %s: %s findings, %s of them errors, %s new, %s gone",
        supplier,
        subject,
        len(rows),
        errors,
        len(new),
        cleared,
    )
    return Kept(len(new), int(cleared), len(rows), errors)


def login_shown(findings: Iterable[CheckFinding]) -> bool | None:
    """Return whether a look at a system got in there; None: it does not tell, as without a connection."""
    codes = {finding.code for finding in findings if finding.severity == "error"} & UNREACHED
    if codes & {"connection", "credentials"}:
        return False
    return None if codes else True


def stop_for(findings: Sequence[CheckFinding]) -> LeadlineError | None:
    """Return the error that these findings are to a run that needs the system; None if it can work."""
    errors = [finding for finding in findings if finding.severity == "error"]
    if not errors:
        return None
    text = "; ".join(finding.message for finding in errors)
    if all(finding.code in {"connection", "budget"} for finding in errors):
        return VendorUnavailable(text)
    if any(finding.code in {"credentials", "permission"} for finding in errors):
        return CredentialsRefused(text)
    return SchemaDrift(text)


def _look(
    opening: Callable[[], AbstractContextManager[System]], look: Callable[[System], Iterable[CheckFinding]]
) -> list[CheckFinding]:
    try:
        with opening() as system:
            return list(look(system))
    except LeadlineError as error:
        return [CheckFinding(_code(error), "connection", str(error))]


def _code(error: LeadlineError) -> str:
    if isinstance(error, CredentialsRefused):
        return "credentials"
    if isinstance(error, SchemaDrift):
        return "schema"
    return "connection" if isinstance(error, VendorUnavailable) else "configuration"
