"""What preflight finds wrong in a supplier's org: sign-in, rights, conditions, and the fields of our keys."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from hooks.findings import sign_in_code
from hooks.salesforce.bodies import Json
from hooks.salesforce.client import SalesforceClient
from hooks.salesforce.events import event_key
from hooks.salesforce.leads import select_from
from hooks.salesforce.status import located, written_objects
from hooks.salesforce.window import WindowReader
from leadline.errors import (
    ConfigurationError,
    LeadlineError,
    SchemaDrift,
)
from leadline.mapping.model import SupplierMapping, WriteBack
from leadline.mapping.source import SalesforceSource
from leadline.ports import CheckFinding

CHANGED, MADE = "updateable", "createable"


def written_to(source: SalesforceSource, back: WriteBack) -> dict[str, tuple[str, ...]]:
    """Return every object that a mapping writes to, with the rights that this takes."""
    rights: dict[str, list[str]] = {}
    for object_ in written_objects(source.object, back):
        rights.setdefault(object_, []).append(CHANGED)
    if back.events:
        rights.setdefault(back.events.object, []).append(MADE)
    if deals := back.opportunities:
        rights.setdefault(deals.object, []).extend((MADE, CHANGED))
        if deals.events and not back.events:
            rights.setdefault("Task", []).append(MADE)
    return {object_: tuple(dict.fromkeys(chosen)) for object_, chosen in rights.items()}


def supplier_findings(
    client: SalesforceClient, mapping: SupplierMapping, source: SalesforceSource, reader: WindowReader
) -> Iterator[CheckFinding]:
    """Yield what is wrong; nothing if all is well. Where we cannot sign in, nothing else is asked."""
    try:
        client.request("GET", "limits")
        reader.check_budget()
    except LeadlineError as error:
        yield CheckFinding(sign_in_code(error), "connection", str(error))
        return
    for object_, right in _rights(mapping, source):
        try:
            if not client.describe(object_).get(right, True):
                yield CheckFinding("permission", f"{object_}.{right}", f"{object_} is not {right} for us")
        except SchemaDrift as error:
            yield CheckFinding("object_missing", object_, str(error))
    yield from _keys(client, mapping.write_back)
    yield from _fields(client, mapping.write_back)
    for name, soql in _probes(source):
        try:
            list(reader.records(f"{soql} LIMIT 1"))
        except LeadlineError as error:
            yield CheckFinding("condition", name, f"{name}: {error}")


def _rights(mapping: SupplierMapping, source: SalesforceSource) -> list[tuple[str, str]]:
    read = [source.object, "Lead", "Campaign", *([source.activities.object] if source.activities else [])]
    rights = [(object_, "queryable") for object_ in read]
    rights += [
        (object_, right)
        for object_, chosen in written_to(source, mapping.write_back).items()
        for right in chosen
    ]
    return list(dict.fromkeys(rights))


def _keys(client: SalesforceClient, back: WriteBack) -> Iterator[CheckFinding]:
    """Yield fields that must hold our keys and cannot tell a repeated record."""
    wanted: list[tuple[str, str, str]] = []
    if back.events or (back.opportunities and back.opportunities.events):
        try:
            wanted.append((*event_key(back.events), "event"))
        except ConfigurationError as error:
            yield CheckFinding("field_missing", "write_back.events", str(error))
    if deals := back.opportunities:
        wanted.append((deals.object, deals.external_id, "opportunity"))
    for object_, name, what in wanted:
        field = _described(client, object_).get(name.casefold(), {})
        if field and not (field.get("externalId") and field.get("unique")):
            where = f"{object_}.{name}"
            yield CheckFinding(
                "external_id_not_unique",
                where,
                f"{where}, by which a repeated {what} is known, is no unique external id: a lost answer is "
                "found out by a look-up only",
                "warning",
            )


def _fields(client: SalesforceClient, back: WriteBack) -> Iterator[CheckFinding]:
    """Yield mapped fields that are not there or may not be written; drift sees to the status."""
    usual = back.object or "Lead"
    wanted = [
        (*located(path, usual), CHANGED) for path in (*back.rejection_fields.values(), *back.fields.values())
    ]
    wanted += [("Contact", name, CHANGED) for name in back.converted.values()]
    if back.events:
        wanted += [(back.events.object, name, MADE) for name in back.events.fields.values()]
    if back.events or (back.opportunities and back.opportunities.events):
        with suppress(ConfigurationError):  # told with the keys
            wanted.append((*event_key(back.events), MADE))
    if deals := back.opportunities:
        names = (deals.external_id, deals.lead_field, *deals.fields.values())
        wanted += [(deals.object, name, MADE) for name in names]
    for object_, name, right in dict.fromkeys(wanted):
        described, where = _described(client, object_), f"{object_}.{name}"
        field = described.get(name.casefold())
        if described and field is None:
            yield CheckFinding("field_missing", where, f"{where}, which write_back names, is not there")
        elif field is not None and not field.get(right, True):
            yield CheckFinding(
                f"not_{right}", where, f"{where}, which write_back names, is not {right} for us"
            )


def _described(client: SalesforceClient, object_: str) -> dict[str, Json]:
    """Return the fields of an object by their folded names; none where it is not there, which is told."""
    try:
        return {str(one["name"]).casefold(): one for one in client.describe(object_)["fields"]}
    except SchemaDrift:
        return {}


def _probes(source: SalesforceSource) -> list[tuple[str, str]]:
    return [
        (name, f"{select_from(['Id'], object_)} WHERE ({condition})")
        for name, object_, condition in (
            ("source.where", source.object, source.where),
            ("source.campaign_where", "Campaign", source.campaign_where),
        )
        if condition
    ]
