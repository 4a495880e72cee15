"""What leaves: CRM mapping, write-back, rejection fields."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from leadline.mapping.document import Place
from leadline.mapping.fields import FieldMapping, Visibility
from leadline.mapping.lint.eloqua import eloqua_inbound, eloqua_write_back
from leadline.mapping.lint.marketo import marketo_write_back
from leadline.mapping.model import CrmFields, SupplierMapping
from leadline.mapping.source import EloquaSource, MarketoSource, SalesforceSource

_CRM_FIELD = re.compile(r"[A-Za-z]\w*", re.ASCII)
_STATUSES = (
    "unassigned",
    "pending",
    "accepted",
    "rejected",
    "rerouted",
    "deactivated",
    "open",
    "contacted",
    "nurture",
    "qualified",
    "unqualified",
    "opportunity_open",
    "opportunity_won",
    "opportunity_lost",
)


def outbound_problems(mapping: SupplierMapping) -> Iterator[tuple[Place, str]]:
    """Yield what is wrong with the parts of a mapping that send something."""
    for crm in ("salesforce", "dynamics", "saleslink"):
        yield from _crm(mapping, getattr(mapping.crm, crm), ("crm", crm))
    yield from _write_back(mapping)
    yield from _rejections(mapping)


def _crm(mapping: SupplierMapping, fields: CrmFields, at: Place) -> Iterator[tuple[Place, str]]:
    lead_fields = {field.name: field for field in mapping.fields}
    campaign_fields = {field.name: field for field in mapping.campaigns.fields}
    yield from _shared(fields.campaign, campaign_fields, "campaign", (*at, "campaign"))
    for record in ("lead", "contact"):
        mapped: dict[str, str] = getattr(fields, record)
        yield from _shared(mapped, lead_fields, "lead", (*at, record))
        taken = {fields.external_id.casefold(): "external_id"}
        parts = ((record, mapped), ("campaign", fields.campaign))
        for part, name, target in ((part, *pair) for part, pairs in parts for pair in pairs.items()):
            place = (*at, part, name)
            if not _CRM_FIELD.fullmatch(target):
                yield place, f"'{target}' is no CRM field name: letters, digits and '_'"
            elif target.casefold() in taken:
                yield place, f"'{name}' goes into '{target}', where '{taken[target.casefold()]}' goes already"
            taken.setdefault(target.casefold(), name)


def _shared(
    mapped: Mapping[str, str], fields: Mapping[str, FieldMapping], kind: str, at: Place
) -> Iterator[tuple[Place, str]]:
    shared = [name for name, field in fields.items() if field.visibility is Visibility.SHARED]
    for name in mapped:
        if name not in fields:
            yield (
                (*at, name),
                f"'{name}' is no {kind} field; shared {kind} fields are: {', '.join(shared) or 'none'}",
            )
        elif name not in shared:
            yield (*at, name), f"'{name}' is supplier_only: it never leaves, so no CRM field may take it"


def _write_back(mapping: SupplierMapping) -> Iterator[tuple[Place, str]]:
    write_back, source = mapping.write_back, mapping.source
    if isinstance(source, SalesforceSource):
        allowed = ("Lead",) if source.object == "Lead" else ("CampaignMember", "Lead")
        if write_back.object not in (None, *allowed):
            message = f"write_back.object '{write_back.object}' is not what is pulled"
            yield ("write_back", "object"), f"{message}; allowed: {', '.join(allowed)}"
    elif isinstance(source, EloquaSource):
        yield from eloqua_write_back(mapping, source)
    elif isinstance(source, MarketoSource):
        yield from marketo_write_back(write_back, source)
    elif write_back.object is not None:
        yield ("write_back", "object"), f"write_back.object is for salesforce, not for {source.system}"
    inbound = _inbound(mapping)
    taken: dict[str, str] = {}
    for name, target in write_back.mapped.items():
        place = ("write_back", name)
        if target.casefold() in inbound:
            yield (
                place,
                f"write_back.{name} writes '{target}', which field '{inbound[target.casefold()]}' reads: "
                "what we write would come back as news",
            )
        other = taken.get(target.casefold())
        # "Not routed" is a status too, and some suppliers keep both in one field.
        if other and {other, name} != {"distribution_status", "not_routed"}:
            yield place, f"write_back.{name} writes '{target}', where write_back.{other} writes already"
        taken.setdefault(target.casefold(), name)
    for code in write_back.status_labels:
        if code not in _STATUSES:
            message = f"'{code}' is no status; statuses are: {', '.join(_STATUSES)}"
            yield ("write_back", "status_labels", code), message


def _inbound(mapping: SupplierMapping) -> dict[str, str]:
    """Return what is read from the record that is written to: its field's name, folded -> our field."""
    if isinstance(mapping.source, MarketoSource) and mapping.write_back.object not in (None, "lead", "Lead"):
        return {}  # members and custom objects are written to, never read
    sources = {field.source: field.name for field in mapping.fields}
    if isinstance(mapping.source, SalesforceSource):
        written = mapping.write_back.object or "Lead"
        if mapping.source.object == written:
            sources = {source: name for source, name in sources.items() if "." not in source}
        else:
            prefix = f"{written}."
            sources = {
                source[len(prefix) :]: name
                for source, name in sources.items()
                if source.casefold().startswith(prefix.casefold())
            }
    elif isinstance(mapping.source, EloquaSource):
        sources = eloqua_inbound(mapping, mapping.source)
    return {source.casefold(): name for source, name in sources.items()}


def _rejections(mapping: SupplierMapping) -> Iterator[tuple[Place, str]]:
    names: set[str] = set()
    for index, field in enumerate(mapping.rejection_fields):
        place = ("rejection_fields", index)
        if field.name in names:
            yield (*place, "name"), f"rejection field '{field.name}' is named twice"
        names.add(field.name)
        if field.type == "select" and not field.values:
            yield place, f"rejection field '{field.name}': select needs 'values', the list of what is allowed"
        if field.type != "select" and field.values:
            message = f"rejection field '{field.name}': 'values' is for select, not for {field.type}"
            yield (*place, "values"), message
