"""What a push needs of a partner's CRM, and what its status mapping names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

from leadline.delivery.crm_fields import VOCABULARIES, CrmVocabulary, external_id_field, fields_of
from leadline.drift.comparing import KEY_LENGTH, Described, Description, once, untaken
from leadline.drift.holding import Holds, can_be_written, holds, is_text
from leadline.drift.written import SELECTS
from leadline.feedback.statuses import folded as status_key
from leadline.mapping.fields import FieldMapping, FieldType, Visibility
from leadline.mapping.model import SupplierMapping
from leadline.partners import CrmAccount, RecordAs
from leadline.ports import CheckFinding, FieldDescription


def crm_drift(
    mapping: SupplierMapping,
    account: CrmAccount,
    kinds: Iterable[RecordAs],
    described: Described,
    *,
    owned: bool = False,
) -> list[CheckFinding]:
    """Return what a push needs of a partner's CRM and does not find there.

    Args:
        mapping: The supplier's mapping.
        account: The CRM account; a type that is not known yet gives nothing.
        kinds: As what its partners keep leads.
        described: `PartnerCrm.describe()` of their objects.
        owned: A partner names who is to own its records.
    """
    vocabulary = VOCABULARIES.get(account.type)
    if vocabulary is None:
        return []
    findings: list[CheckFinding] = []
    for kind in dict.fromkeys(kinds):
        if vocabulary.objects[kind] in described:
            comparison = _Comparison(mapping, account, vocabulary, kind, described)
            findings += comparison.findings(owned=owned)
        else:
            object_ = vocabulary.objects[kind]
            text = f"{object_} is not there, or hidden from us"
            findings.append(CheckFinding("object_missing", object_, text))
    return once(findings)


class _Comparison:
    """One kind of record of one account."""

    def __init__(
        self,
        mapping: SupplierMapping,
        account: CrmAccount,
        vocabulary: CrmVocabulary,
        kind: RecordAs,
        described: Described,
    ) -> None:
        self._mapping = mapping
        self._account = account
        self._names = vocabulary
        self._object = vocabulary.objects[kind]
        self._there = Description(described)
        self._fields = described[self._object]
        self._own = fields_of(mapping.crm, account.type)
        self._chosen = self._own.lead if kind is RecordAs.LEAD else self._own.contact
        self._key = external_id_field(mapping.crm, account.type, account.external_id_field)

    def findings(self, *, owned: bool) -> Iterator[CheckFinding]:
        """Yield what differs."""
        yield from self._external_id()
        lead, campaign = self._mapping.shared_fields, self._mapping.campaigns.fields
        usual = self._usual(lead, self._chosen, self._names.usual.get(self._object, {}))
        shared = [one for one in campaign if one.visibility is Visibility.SHARED]
        usual_campaign = self._usual(shared, self._own.campaign, self._names.campaign)
        for named, fields in (
            (self._chosen, lead),
            (usual, lead),
            (self._own.campaign, campaign),
            (usual_campaign, campaign),
        ):
            known = {field.name: field for field in fields}
            for name, crm_name in named.items():
                yield from self._column(name, crm_name, known.get(name))
        yield from self._owner(owned)
        yield from self._statuses()
        filled = {*self._chosen.values(), *usual.values(), self._key, self._names.owner}
        filled |= {*self._own.campaign.values(), *usual_campaign.values()}
        if self._own.lead_source:
            filled.add(self._names.lead_source)
        yield from self._unfilled({name.casefold() for name in filled})

    def _usual(
        self, fields: Iterable[FieldMapping], chosen: Mapping[str, str], usual: Mapping[str, str]
    ) -> dict[str, str]:
        """Return the CRM's usual fields that are filled: those that are there, and not chosen otherwise."""
        found: dict[str, str] = {}
        for field in fields:
            name = usual.get(field.name)
            there = self._there.field(self._object, name) if name and field.name not in chosen else None
            if name and there is not None and there.createable:
                found[field.name] = name
        return found

    def _external_id(self) -> Iterator[CheckFinding]:
        where, found = f"{self._object}.{self._key}", self._there.field(self._object, self._key)
        severity: Literal["error", "warning"] = "warning" if self._names.works_without_key else "error"
        if found is None:
            text = f"{where}, by which a repeated push finds its record, is not there"
            yield CheckFinding("external_id_missing", where, text, severity)
            return
        if not found.external_id:
            text = f"{where} is no external id: no active key of {self._object} is on it"
            yield CheckFinding("external_id_not_external", where, text, severity)
        if not found.unique:
            yield CheckFinding("external_id_not_unique", where, f"{where} is not unique", severity)
        if not found.createable:
            yield CheckFinding("not_createable", where, f"{where} may not be written by us")
        if found.length and found.length < KEY_LENGTH:
            text = f"{where} holds {found.length} characters, our ids have {KEY_LENGTH}"
            yield CheckFinding("length", where, text)

    def _column(self, name: str, crm_name: str, field: FieldMapping | None) -> Iterator[CheckFinding]:
        where, found = f"{self._object}.{crm_name}", self._there.field(self._object, crm_name)
        if found is None:
            text = f"{where}, for '{name}', is not there, or hidden from us"
            yield CheckFinding("field_missing", where, text)
            return
        if not found.createable:
            text = f"{where}, for '{name}', may not be written by us"
            yield CheckFinding("not_createable", where, text)
        if field is not None:
            yield from self._fit(field, where, found)

    def _fit(self, field: FieldMapping, where: str, found: FieldDescription) -> Iterator[CheckFinding]:
        if not can_be_written(field.type, field.values, found.type):
            text = (
                f"{where} takes {holds(found.type)}, and '{field.name}' is {field.type}: it is refused there"
            )
            yield CheckFinding("type", where, text, "warning")
        # What a mapping says nothing of is seldom long, and is cut and noted where it is.
        longest = field.length
        if field.type in SELECTS and is_text(found.type):
            longest = _longest(field)
        if found.length and longest and found.length < longest:
            text = f"{where} holds {found.length} characters, '{field.name}' up to {longest}"
            yield CheckFinding("length", where, text, "warning")
        if field.type in SELECTS:
            for value in untaken(field.values, found):
                text = f"{where} does not take '{value}' of '{field.name}': it is refused, or left out"
                yield CheckFinding("value_missing", f"{where}={value}", text, "warning")

    def _owner(self, owned: bool) -> Iterator[CheckFinding]:
        where = f"{self._object}.{self._names.owner}"
        found = self._there.field(self._object, self._names.owner)
        if owned and (found is None or not found.createable):
            text = f"{where} may not be written by us: new records belong to our own user"
            yield CheckFinding("not_createable", where, text, "warning")

    def _statuses(self) -> Iterator[CheckFinding]:
        """Yield words of the account's status mapping that the CRM's own list no longer has."""
        name = self._names.status.get(self._object)
        found = self._there.field(self._object, name) if name else None
        if found is None or not found.values:
            return
        known, where = {status_key(value) for value in found.values}, f"{self._object}.{name}"
        for word in self._account.status_mapping:
            if status_key(word) not in known:
                text = f"{where} has no '{word}', which the status mapping of {self._account.id} names"
                yield CheckFinding("value_missing", f"{where}={word}", text, "warning")

    def _unfilled(self, filled: set[str]) -> Iterator[CheckFinding]:
        for found in self._fields:
            given = holds(found.type) is Holds.BOOLEAN or found.name.casefold() in filled
            if found.required and not given:
                where = f"{self._object}.{found.name}"
                text = f"{where} is required there, and nothing fills it"
                yield CheckFinding("required_unmapped", where, text)


def _longest(field: FieldMapping) -> int:
    lengths: Sequence[int] = [len(value) for value in field.values]
    if field.type is FieldType.MULTISELECT:
        return sum(lengths) + len(lengths) - 1
    return max(lengths)
