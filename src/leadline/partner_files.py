"""Import of partners and CRM accounts from YAML or CSV, validated as a whole first (P1, P5).

A file is taken whole or not at all. Partners that the hub has and the file does not name stay as they are,
unless the import is told to deactivate them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from email_validator import EmailNotValidError, validate_email
from pydantic import ValidationError
from sqlalchemy import Connection

from leadline.errors import Finding, PartnerFileError
from leadline.feedback.statuses import status_problems
from leadline.hub import Hub, now_us
from leadline.mapping.document import Document, Place
from leadline.mapping.findings import findings_of
from leadline.mapping.lint.setup import NO_CONNECTION, is_connection
from leadline.mapping.values import Model
from leadline.partner_tables import read_partner_document
from leadline.partners import (
    LEADS_ONLY,
    CrmAccount,
    Partner,
    RecordAs,
    load_accounts,
    load_partners,
    stored_account,
    stored_partner,
)
from leadline.roles import is_role_address


class PartnerFile(Model):
    """What a partner file holds."""

    partners: tuple[Partner, ...]
    crm_accounts: tuple[CrmAccount, ...] = ()


@dataclass(frozen=True)
class Kept:
    """What a partner that takes no new leads still has: leads it has not answered, rows for its CRM."""

    partner: str
    pending: int
    undelivered: int


@dataclass(frozen=True)
class ImportReport:
    """What an import did, by partner id; accounts by their ids.

    `keeping` names the partners that are inactive since this import and still have something; `attributes`
    what the file says of partners that is no setting, for rules to name.
    """

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    deactivated: tuple[str, ...] = ()
    accounts_added: tuple[str, ...] = ()
    accounts_changed: tuple[str, ...] = ()
    accounts_unchanged: tuple[str, ...] = ()
    keeping: tuple[Kept, ...] = ()
    attributes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, list[Any]]:
        """Return the report as plain lists."""
        return {name: list(value) for name, value in asdict(self).items()}


def read_partners(
    path: Path | str,
    exceptions: Iterable[str] = (),
    *,
    known_accounts: Iterable[str] | None = None,
    used_accounts: Collection[str] = (),
) -> PartnerFile:
    """Return the partners of a file that holds as a whole.

    Args:
        path: `.csv`, or YAML with `partners:` and `crm_accounts:`.
        exceptions: Role addresses that are allowed (`role_address_exceptions` of the mapping).
        known_accounts: Accounts the hub has, by id, which the file may name too; None: not looked at.
        used_accounts: Those of them with records in their CRM, which keep their type.

    Raises:
        PartnerFileError: With every finding of the file.
    """
    document = read_partner_document(Path(path))
    if isinstance(document.value.get("partners"), list) and not document.value["partners"]:
        nobody = document.finding((), "the file names no partner")
        raise PartnerFileError(document.findings or [nobody])
    try:
        found = PartnerFile.model_validate(document.value)
    except ValidationError as error:
        raise PartnerFileError(
            _in_order([*document.findings, *findings_of(error, document, PartnerFile)])
        ) from None
    findings = [*document.findings, *_findings(found, document, tuple(exceptions), known_accounts)]
    held = known_accounts if isinstance(known_accounts, Mapping) else {}
    findings += _retyped(found, document, {name: held[name] for name in used_accounts if name in held})
    if findings:
        raise PartnerFileError(_in_order(findings))
    return found


def import_partners(
    hub: Hub,
    supplier: str,
    path: Path | str,
    exceptions: Iterable[str] = (),
    *,
    deactivate_missing: bool = False,
) -> ImportReport:
    """Import a partner file into the hub, whole or not at all; the same file again changes nothing.

    Args:
        supplier: The supplier key the partners are bound to.
        exceptions: Role addresses that are allowed.
        deactivate_missing: Deactivate partners that the file does not name.

    Raises:
        PartnerFileError: With every finding; nothing was imported.
    """
    with hub.transaction(supplier) as connection:
        accounts = {one.id: one for one in load_accounts(hub, connection, supplier)}
        used = {row.account_id for row in hub.run(connection, "feedback_accounts", supplier=supplier)}
        found = read_partners(path, exceptions, known_accounts=accounts, used_accounts=used)
        before = {one.id: one for one in load_partners(hub, connection, supplier)}
        wanted = {one.id: one for one in found.partners}
        missing = [
            one.model_copy(update={"active": False})
            for name, one in before.items()
            if deactivate_missing and name not in wanted and one.active
        ]
        report = ImportReport(
            added=tuple(name for name in wanted if name not in before),
            changed=tuple(name for name, one in wanted.items() if before.get(name, one) != one),
            unchanged=tuple(name for name, one in wanted.items() if before.get(name) == one),
            deactivated=tuple(one.id for one in missing),
            accounts_added=tuple(one.id for one in found.crm_accounts if one.id not in accounts),
            accounts_changed=tuple(one.id for one in found.crm_accounts if accounts.get(one.id, one) != one),
            accounts_unchanged=tuple(one.id for one in found.crm_accounts if accounts.get(one.id) == one),
            attributes=tuple(sorted({name for one in found.partners for name in one.attributes})),
        )
        new_accounts = {*report.accounts_added, *report.accounts_changed}
        _keep_accounts(
            hub, connection, supplier, [one for one in found.crm_accounts if one.id in new_accounts]
        )
        new = {*report.added, *report.changed}
        _keep_partners(
            hub, connection, supplier, [*(one for one in found.partners if one.id in new), *missing]
        )
        inactive = {name for name, one in wanted.items() if not one.active and name in before}
        stopped = {name for name in (*inactive, *report.deactivated) if before[name].active}
        return replace(report, keeping=_kept(hub, connection, supplier, stopped))


def _kept(hub: Hub, connection: Connection, supplier: str, partners: Collection[str]) -> tuple[Kept, ...]:
    rows = hub.run(connection, "partner_held", supplier=supplier).all() if partners else []
    return tuple(
        Kept(row.partner_id, row.pending, row.undelivered)
        for row in rows
        if row.partner_id in partners and (row.pending or row.undelivered)
    )


def _keep_accounts(hub: Hub, connection: Connection, supplier: str, accounts: Sequence[CrmAccount]) -> None:
    if accounts:
        _keep(hub, connection, "crm_account", [stored_account(supplier, one, now_us()) for one in accounts])
        hub.run(connection, "partner_accounts_keep")


def _keep_partners(hub: Hub, connection: Connection, supplier: str, partners: Sequence[Partner]) -> None:
    if partners:
        _keep(hub, connection, "partner", [stored_partner(supplier, one, now_us()) for one in partners])
        hub.run(connection, "partner_keep")


def _keep(hub: Hub, connection: Connection, table: str, rows: Sequence[dict[str, Any]]) -> None:
    hub.load(connection, table, tuple(rows[0]), [tuple(row.values()) for row in rows])


def _findings(
    found: PartnerFile, document: Document, exceptions: tuple[str, ...], known: Iterable[str] | None
) -> Iterator[Finding]:
    accounts = {one.id for one in found.crm_accounts}
    yield from _repeated(document, "crm_accounts", [one.id for one in found.crm_accounts], "id")
    yield from _repeated(document, "partners", [one.id for one in found.partners], "id")
    for number, account in enumerate(found.crm_accounts):
        if not is_connection(account.connection):
            message = f"the connection of account '{account.id}' {NO_CONNECTION}"
            yield document.finding(("crm_accounts", number, "connection"), message)
        for word, why in status_problems(account.status_mapping):
            yield document.finding(("crm_accounts", number, "status_mapping", word), why)
    reachable = accounts | set(known or ())
    held = known if isinstance(known, Mapping) else {}
    types = {one.id: one.type for one in (*held.values(), *found.crm_accounts)}
    for number, one in enumerate(found.partners):
        place: Place = ("partners", number)
        if known is not None and one.crm is not None and one.crm not in reachable:
            message = f"partner {one.id}: there is no CRM account '{one.crm}' in this file or in the hub"
            yield document.finding((*place, "crm"), message)
        if one.record_as is RecordAs.CONTACT and types.get(one.crm or "") in LEADS_ONLY:
            message = (
                f"partner {one.id}: '{one.crm}' is a {types[one.crm or '']} account, which has no contacts"
            )
            yield document.finding((*place, "record_as"), message)
        emails = [rep.email.casefold() for rep in one.reps]
        for index, rep in enumerate(one.reps):
            if rep.email.casefold() in emails[:index]:
                message = f"partner {one.id}: this rep is named twice"
                yield document.finding((*place, "reps", index), message)
        for inner, what, address in _addresses(one):
            if problem := _address_problem(address, exceptions):
                yield document.finding((*place, *inner), f"partner {one.id}: {what} {problem}")


def _retyped(found: PartnerFile, document: Document, used: Mapping[str, CrmAccount]) -> Iterator[Finding]:
    """Name accounts of another type than their records: no CRM finds those of another kind of CRM."""
    for number, one in enumerate(found.crm_accounts):
        if one.id in used and used[one.id].type != one.type:
            message = (
                f"account '{one.id}' has records in a {used[one.id].type} CRM and cannot become {one.type}; "
                "give the new CRM an account with an id of its own"
            )
            yield document.finding(("crm_accounts", number, "type"), message)


def _repeated(document: Document, section: str, ids: Sequence[str], key: str) -> Iterator[Finding]:
    first: dict[str, int] = {}
    for number, name in enumerate(ids):
        if name.casefold() in first:
            line = document.line((section, first[name.casefold()]))
            message = f"{section}: '{name}' is there twice; the first is on line {line}"
            yield document.finding((section, number, key), message)
        first.setdefault(name.casefold(), number)


def _addresses(one: Partner) -> Iterator[tuple[Place, str, str]]:
    if one.email is not None:
        yield ("email",), "its e-mail", one.email
    for index, owner in enumerate(one.default_owners):
        yield ("default_owners", index), "a default owner", owner
    for index, rep in enumerate(one.reps):
        yield ("reps", index), "a rep", rep.email


def _address_problem(address: str, exceptions: tuple[str, ...]) -> str | None:
    try:
        validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return "has no valid e-mail address"
    if is_role_address(address, exceptions):
        return (
            "has a role's address, not a person's; allow it with 'role_address_exceptions' in the mapping, "
            "or name a person"
        )
    return None


def _in_order(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(dict.fromkeys(findings), key=lambda finding: finding.line)
