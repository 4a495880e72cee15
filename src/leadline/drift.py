"""What a mapping names and a vendor's description no longer has, or has otherwise (M7).

Pure: descriptions in, findings out. Errors stop work; warnings will cost rows, not runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from leadline.delivery.crm_fields import VOCABULARIES, external_id_field, fields_of
from leadline.mapping.fields import FieldMapping, FieldType
from leadline.mapping.model import SupplierMapping
from leadline.mapping.source import SalesforceSource
from leadline.partners import CrmAccount, RecordAs
from leadline.ports import CheckFinding, FieldDescription

Described = Mapping[str, Sequence[FieldDescription]]

SELECTS = frozenset({FieldType.SELECT, FieldType.MULTISELECT})
STATUS_FIELDS = frozenset({"distribution_status", "not_routed"})


def supplier_drift(mapping: SupplierMapping, described: Described) -> list[CheckFinding]:
    """Return what the mapping expects of the supplier's system and does not find there.

    Args:
        mapping: The mapping.
        described: `SupplierSystem.describe()`; empty where a system describes nothing.
    """
    if not described:
        return []
    findings: list[CheckFinding] = []
    for field in mapping.fields:
        findings += _source_field(field, *_located(field.source, _lead_object(mapping)), described)
    for field in mapping.campaigns.fields:
        findings += _source_field(field, "Campaign", field.source, described)
    findings += _status_fields(mapping, described)
    return _once(findings)


def crm_drift(
    mapping: SupplierMapping, account: CrmAccount, kinds: Iterable[RecordAs], described: Described
) -> list[CheckFinding]:
    """Return what a push needs of a partner's CRM and does not find there.

    Args:
        mapping: The supplier's mapping.
        account: The CRM account; a type that is not known yet gives nothing.
        kinds: As what its partners keep leads.
        described: `PartnerCrm.describe()` of their objects.
    """
    vocabulary = VOCABULARIES.get(account.type)
    if vocabulary is None:
        return []
    findings: list[CheckFinding] = []
    own = fields_of(mapping.crm, account.type)
    for kind in dict.fromkeys(kinds):
        object_ = vocabulary.objects[kind]
        if object_ not in described:
            findings.append(_missing_object(object_))
            continue
        fields = _by_name(described[object_])
        key = external_id_field(mapping.crm, account.type, account.external_id_field)
        findings += _external_id(object_, key, fields)
        chosen = own.lead if kind is RecordAs.LEAD else own.contact
        for name, crm_name in chosen.items():
            known = [field for field in mapping.shared_fields if field.name == name]
            findings += _crm_field(object_, name, crm_name, known[0] if known else None, fields)
        for name, crm_name in own.campaign.items():
            known = [field for field in mapping.campaigns.fields if field.name == name]
            findings += _crm_field(object_, name, crm_name, known[0] if known else None, fields)
        usual = vocabulary.usual.get(object_, {})
        shared = {field.name for field in mapping.shared_fields}
        filled = {*chosen.values(), *own.campaign.values(), key, vocabulary.owner, vocabulary.lead_source}
        filled |= {crm_name for name, crm_name in usual.items() if name in shared and name not in chosen}
        findings += _unfilled(object_, {name.casefold() for name in filled}, described[object_])
    return _once(findings)


def _lead_object(mapping: SupplierMapping) -> str:
    return mapping.source.object if isinstance(mapping.source, SalesforceSource) else "Lead"


def _located(source: str, object_: str) -> tuple[str, str]:
    """Return object and field of a path; the parent of `Lead.Owner.Name` is a relation `Owner`."""
    *relations, name = source.split(".")
    return (relations[-1], name) if relations else (object_, name)


def _source_field(
    field: FieldMapping, object_: str, name: str, described: Described
) -> Iterator[CheckFinding]:
    known = {key.casefold(): entries for key, entries in described.items()}
    if object_.casefold() not in known:
        if object_ in {"Lead", "Campaign", "CampaignMember"}:
            yield _missing_object(object_)
        return  # a relation that describe does not follow
    found = _by_name(known[object_.casefold()]).get(name.casefold())
    where = f"{object_}.{name}"
    if found is None:
        yield CheckFinding(
            "field_missing", where, f"{where}, mapped as '{field.name}', is not there, or hidden from us"
        )
        return
    if field.type in SELECTS and found.values:
        ours, theirs = _folded(field.values), _folded(found.values)
        for key in ours.keys() - theirs.keys():
            yield CheckFinding(
                "value_missing",
                f"{where}={ours[key]}",
                f"{where} no longer offers '{ours[key]}', which '{field.name}' lists",
                "warning",
            )
        for key in theirs.keys() - ours.keys():
            yield CheckFinding(
                "value_unmapped",
                f"{where}={theirs[key]}",
                f"{where} offers '{theirs[key]}', which '{field.name}' does not list: its rows are refused",
                "warning",
            )
    if found.length and field.max_length and found.length > field.max_length and found.type != "textarea":
        yield CheckFinding(
            "length",
            where,
            f"{where} holds {found.length} characters, '{field.name}' {field.max_length}: longer rows are "
            "quarantined",
            "warning",
        )


def _status_fields(mapping: SupplierMapping, described: Described) -> Iterator[CheckFinding]:
    mapped = mapping.write_back.mapped
    if not mapped:
        return
    object_ = mapping.write_back.object or "Lead"
    if object_ not in described:
        yield _missing_object(object_)
        return
    fields = _by_name(described[object_])
    for name, source in mapped.items():
        where = f"{object_}.{source}"
        found = fields.get(source.casefold())
        if found is None:
            yield CheckFinding("field_missing", where, f"{where}, to which {name} is written, is not there")
        elif not found.updateable:
            yield CheckFinding(
                "not_updateable", where, f"{where}, to which {name} is written, may not be written by us"
            )
        elif found.restricted and name in STATUS_FIELDS:
            words = list(mapping.write_back.status_labels.values())
            if name == "not_routed":
                words = [mapping.write_back.not_routed_value]
            for word in dict.fromkeys(words):
                if word not in found.values:
                    yield CheckFinding(
                        "value_missing", f"{where}={word}", f"{where} does not take '{word}' of {name}"
                    )


def _external_id(object_: str, name: str, fields: Mapping[str, FieldDescription]) -> Iterator[CheckFinding]:
    where, found = f"{object_}.{name}", fields.get(name.casefold())
    if found is None:
        yield CheckFinding(
            "external_id_missing", where, f"{where}, by which a repeated push finds its record, is not there"
        )
        return
    if not found.external_id:
        yield CheckFinding("external_id_not_external", where, f"{where} is no external id")
    if not found.unique:
        yield CheckFinding("external_id_not_unique", where, f"{where} is not unique")
    if not found.createable:
        yield CheckFinding("not_createable", where, f"{where} may not be written by us")


def _crm_field(
    object_: str,
    name: str,
    crm_name: str,
    field: FieldMapping | None,
    fields: Mapping[str, FieldDescription],
) -> Iterator[CheckFinding]:
    where, found = f"{object_}.{crm_name}", fields.get(crm_name.casefold())
    if found is None:
        yield CheckFinding("field_missing", where, f"{where}, for '{name}', is not there, or hidden from us")
        return
    if not found.createable:
        yield CheckFinding("not_createable", where, f"{where}, for '{name}', may not be written by us")
    if field is None:
        return
    if found.length and field.max_length and field.type not in SELECTS and found.length < field.max_length:
        yield CheckFinding(
            "length",
            where,
            f"{where} holds {found.length} characters, '{name}' up to {field.max_length}",
            "warning",
        )
    if field.type in SELECTS and found.restricted:
        for value in field.values:
            if value.casefold() not in _folded(found.values):
                yield CheckFinding(
                    "value_missing",
                    f"{where}={value}",
                    f"{where} does not take '{value}' of '{name}': such leads are refused",
                    "warning",
                )


def _unfilled(object_: str, filled: set[str], fields: Sequence[FieldDescription]) -> Iterator[CheckFinding]:
    for found in fields:
        if found.required and found.type != "boolean" and found.name.casefold() not in filled:
            where = f"{object_}.{found.name}"
            yield CheckFinding("required_unmapped", where, f"{where} is required there, and nothing fills it")


def _missing_object(object_: str) -> CheckFinding:
    return CheckFinding("object_missing", object_, f"{object_} is not there, or hidden from us")


def _by_name(fields: Sequence[FieldDescription]) -> dict[str, FieldDescription]:
    return {field.name.casefold(): field for field in fields}


def _folded(values: Iterable[str]) -> dict[str, str]:
    return {value.strip().casefold(): value for value in values}


def _once(findings: Iterable[CheckFinding]) -> list[CheckFinding]:
    """Return each finding once, errors first, in a stable order."""
    unique = {(one.code, one.detail): one for one in findings}
    return sorted(unique.values(), key=lambda one: (one.severity != "error", one.code, one.detail))
