"""Preflight: connections, permissions and mapped fields, looked at before a run needs them (O6, M7)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Connection

from leadline.delivery.crm_fields import VOCABULARIES
from leadline.drift import crm_drift, merged, supplier_drift
from leadline.errors import (
    BudgetExhausted,
    ConfigurationError,
    CredentialsRefused,
    LeadlineError,
    NotAllowed,
    SchemaDrift,
    VendorUnavailable,
)
from leadline.hub import Hub, now_us
from leadline.mapping.model import SupplierMapping
from leadline.partners import CrmAccount, RecordAs
from leadline.ports import CheckFinding, OwnerDirectory, PartnerCrm, SupplierSystem

logger = logging.getLogger(__name__)

SOURCE = "source"
UNREACHED = frozenset({"connection", "credentials", "budget", "configuration"})
"""Codes after which asking for descriptions would only fail again."""
_CODES: tuple[tuple[type[LeadlineError], str], ...] = (
    (CredentialsRefused, "credentials"),
    (SchemaDrift, "schema"),
    (NotAllowed, "permission"),
    (BudgetExhausted, "budget"),
    (VendorUnavailable, "connection"),
)
_COMES_AND_GOES_US = 86_400_000_000  # a day
System = TypeVar("System")
Tell = Callable[[Connection, Mapping[str, Sequence[CheckFinding]]], object]
"""Tells people of findings by subject, in the transaction that keeps them."""
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
        return _compared(system.check(), lambda: supplier_drift(mapping, system.describe()))

    return _look(opening, look)


def look_at_account(
    mapping: SupplierMapping,
    account: CrmAccount,
    kinds: Sequence[RecordAs],
    opening: Callable[[], AbstractContextManager[PartnerCrm]],
    owners: Mapping[str, str] | None = None,
) -> list[CheckFinding]:
    """Return what is wrong with a partner's CRM for pushing this supplier's leads as these kinds.

    Args:
        owners: Partner id -> the CRM user or queue that is to own its records; partners that name none are
            not in it.
    """
    vocabulary = VOCABULARIES.get(account.type)
    objects = [vocabulary.objects[kind] for kind in dict.fromkeys(kinds)] if vocabulary else []

    def look(crm: PartnerCrm) -> Iterable[CheckFinding]:
        def differences() -> Iterator[CheckFinding]:
            yield from crm_drift(mapping, account, kinds, crm.describe(objects), owned=bool(owners))
            if owners and isinstance(crm, OwnerDirectory):
                stops = vocabulary is None or not vocabulary.works_without_owner
                yield from _unknown_owners(crm, owners, stops=stops)

        return _compared(crm.check(), differences)

    return _look(opening, look)


def _compared(
    checked: Iterable[CheckFinding], differences: Callable[[], Iterable[CheckFinding]]
) -> list[CheckFinding]:
    """Return what an adapter found, and what differs where it could ask; each trouble once.

    Where a description fails, what was found before stays: it mostly says why.
    """
    found: list[CheckFinding] = []
    drifted: list[CheckFinding] = []
    try:
        for finding in checked:
            found.append(finding)  # one by one: what came before an error is kept
        if any(one.severity == "error" and one.code in UNREACHED for one in found):
            return found
        for finding in differences():
            drifted.append(finding)
    except LeadlineError as error:
        if not any(one.severity == "error" for one in found):
            drifted.append(CheckFinding(_code(error), "connection", str(error)))
    return merged(found, drifted)


def _unknown_owners(crm: OwnerDirectory, owners: Mapping[str, str], *, stops: bool) -> Iterator[CheckFinding]:
    """Yield the partners whose owner the CRM does not know; the owner's own name is nobody's business."""
    unknown = crm.unknown_owners(list(dict.fromkeys(owners.values())))
    for partner, owner in owners.items():
        if owner in unknown:
            text = (
                f"the CRM knows no active user or queue, or several, by the owner that partner {partner} "
                "names: correct its crm_owner, or its rep's crm_user"
            )
            yield CheckFinding("owner_unknown", f"partner {partner}", text, "error" if stops else "warning")


def keep_findings(
    hub: Hub,
    supplier: str,
    run_id: str,
    found: Mapping[str, Iterable[CheckFinding]],
    tell: Tell | None = None,
) -> Kept:
    """Make the hub know what stands about these subjects: new ones are opened, those that are gone cleared.

    One that stands already keeps the time it was found; it counts as new when it was a warning and stops
    work now. A warning that was gone for less than a day does not: it comes and goes.

    Args:
        hub: Where findings are kept.
        supplier: The supplier key.
        run_id: The run that looked.
        found: All that was found, by subject: `source`, or such as `crm:<account>`. Other subjects stay.
        tell: Called once with those that are new, by subject, in the transaction that keeps them.
    """
    at = now_us()
    unique = {(subject, one.code, one.detail): one for subject, findings in found.items() for one in findings}
    rows = [
        (supplier, subject, one.code, one.detail, one.message, one.severity, run_id, at)
        for (subject, _, _), one in unique.items()
    ]
    with hub.transaction() as connection:
        hub.load(connection, "finding", _COLUMNS, rows)
        fresh = {
            (row.subject, row.code, row.detail)
            for row in hub.run(connection, "finding_new", supplier=supplier, lately=at - _COMES_AND_GOES_US)
        }
        if tell is not None and fresh:
            tell(connection, _by_subject({key: one for key, one in unique.items() if key in fresh}))
        hub.run(connection, "finding_keep", supplier=supplier)
        cleared = sum(
            hub.run(connection, "finding_clear", supplier=supplier, subject=subject, cleared_at=at).rowcount
            for subject in found
        )
    errors = sum(one.severity == "error" for one in unique.values())
    logger.info(
        "%s: looked at %s: %s findings, %s of them errors, %s new, %s gone",
        supplier,
        ", ".join(found),
        len(rows),
        errors,
        len(fresh),
        cleared,
    )
    return Kept(len(fresh), cleared, len(rows), errors)


def _by_subject(
    findings: Mapping[tuple[str, str, str], CheckFinding],
) -> dict[str, list[CheckFinding]]:
    grouped: dict[str, list[CheckFinding]] = {}
    for (subject, _, _), one in findings.items():
        grouped.setdefault(subject, []).append(one)
    return grouped


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
    told = tuple(finding.message for finding in errors)
    stopped = _kind_of(errors)("; ".join(told))
    stopped.parts = told
    return stopped


def _kind_of(errors: Sequence[CheckFinding]) -> type[LeadlineError]:
    if all(finding.code in {"connection", "budget"} for finding in errors):
        return VendorUnavailable
    if any(finding.code in {"credentials", "permission"} for finding in errors):
        return CredentialsRefused
    if any(finding.code == "configuration" for finding in errors):  # as of a connection that is not there
        return ConfigurationError
    return SchemaDrift


def _look(
    opening: Callable[[], AbstractContextManager[System]], look: Callable[[System], Iterable[CheckFinding]]
) -> list[CheckFinding]:
    try:
        with opening() as system:
            return list(look(system))
    except LeadlineError as error:
        return [CheckFinding(_code(error), "connection", str(error))]


def _code(error: LeadlineError) -> str:
    return next((code for kind, code in _CODES if isinstance(error, kind)), "configuration")
