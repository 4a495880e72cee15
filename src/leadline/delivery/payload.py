"""From a lead to the fields of a CRM record: what one partner gets, and what its record may lose.

A payload starts from `mapping.shared_fields`. A supplier-only field has no way in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from leadline.delivery.crm_fields import VOCABULARIES, fields_of, mapped_fields
from leadline.errors import SchemaDrift
from leadline.mapping.fields import FieldClass, FieldMapping, FieldType, Visibility
from leadline.mapping.model import SupplierMapping
from leadline.partners import FieldUpdates, Partner, RecordAs
from leadline.ports import FieldDescription, cut_text

_WORDED = frozenset({FieldType.BOOLEAN, FieldType.INTEGER, FieldType.MULTISELECT})
"""Types that the hub does not keep as text."""

Attributes = Mapping[str, Any]

_CUT_TYPES = frozenset({"string", "textarea", "text", "memo", "combobox"})
"""Types whose value still means something when it is cut; half an address or number does not."""


@dataclass(frozen=True, slots=True)
class Payload:
    """The fields of one record, what goes into its notes, and the names of fields that were cut."""

    fields: dict[str, str | None]
    note: str | None = None
    shortened: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Column:
    """One field on its way: from a name of ours to a CRM field (None: to the notes)."""

    name: str
    label: str
    crm: str | None
    supplier_class: bool
    text: Callable[[Any], str]
    longest: int | None = None
    updateable: bool = True
    plain: bool = False


class PayloadPlan:
    """How the leads of one supplier become one kind of record for one partner, worked out once.

    Args:
        mapping: Of the supplier.
        crm_type: Such as "salesforce".
        partner: Whose record it is.
        object_: The CRM's object.
        described: The object's fields as the CRM has them; empty: it does not say.
        with_campaign: This partner may see shared campaigns.

    Raises:
        SchemaDrift: The mapping names a CRM field that the object lacks, or that we may not write.
    """

    def __init__(
        self,
        mapping: SupplierMapping,
        crm_type: str,
        partner: Partner,
        object_: str,
        described: Sequence[FieldDescription],
        *,
        with_campaign: bool,
    ) -> None:
        vocabulary = VOCABULARIES[crm_type]
        # Asked this way round: a CRM that has leads only calls both so.
        record_as = RecordAs.LEAD if object_ == vocabulary.objects[RecordAs.LEAD] else RecordAs.CONTACT
        known = {one.name.casefold(): one for one in described}
        self._object = object_
        self._known = known
        self._notes = partner.custom_fields_into_notes
        self._updates = partner.field_updates
        self._label = mapping.label
        chosen = mapped_fields(mapping.crm, crm_type, record_as)
        usual = vocabulary.usual.get(object_, {})
        self._lead = [self._column(one, chosen, usual) for one in mapping.shared_fields]
        self._campaign = [
            self._column(one, fields_of(mapping.crm, crm_type).campaign, vocabulary.campaign, of="Campaign ")
            for one in mapping.campaigns.fields
            if with_campaign and one.visibility is Visibility.SHARED
        ]
        # The hot path of a push: most fields are text, go to a field of their own and have no length there.
        self._plain = [(one.name, one.crm) for one in self._lead if one.plain and one.crm]
        other = (one for one in self._lead if not (one.plain and one.crm))
        self._other = [one for one in other if one.crm or self._notes]
        self._fixed: dict[str, str | None] = {}
        self._fix(vocabulary.lead_source, fields_of(mapping.crm, crm_type).lead_source)
        self._fix(vocabulary.owner, owner_of(partner))

    def _fix(self, crm_field: str, value: str | None) -> None:
        if value and (not self._known or crm_field.casefold() in self._known):
            self._fixed[crm_field] = value

    def _column(
        self, field: FieldMapping, chosen: Mapping[str, str], usual: Mapping[str, str], of: str = ""
    ) -> _Column:
        crm = chosen.get(field.name)
        found = self._known.get(crm.casefold()) if crm else None
        if crm and self._known:
            if found is None:
                raise SchemaDrift(f"{self._object} has no field '{crm}', to which '{field.name}' is mapped")
            if not (found.createable or found.updateable):
                raise SchemaDrift(f"{self._object}.{crm}, to which '{field.name}' is mapped, is read-only")
        if crm is None and (name := usual.get(field.name)):
            found = self._known.get(name.casefold())
            crm = name if not self._known or (found and found.createable) else None
        longest = found.length if found and found.type in _CUT_TYPES and found.length else None
        return _Column(
            field.name,
            of + (field.shown_label if not of else field.shown_label.lower()),
            found.name if found and crm else crm,
            field.klass is FieldClass.SUPPLIER,
            _text_of(field.type),
            longest,
            found.updateable if found else True,
            plain=field.type not in _WORDED and longest is None,
        )

    def new(self, lead: Attributes, campaign: Attributes | None) -> Payload:
        """Return everything this partner may see, for a record that is not there yet."""
        get = lead.get
        fields: dict[str, str | None] = {crm: value for name, crm in self._plain if (value := get(name))}
        fields.update(self._fixed)
        shortened: list[str] = []
        noted: list[str] = []
        for columns, values in ((self._other, lead), (self._campaign, campaign)):
            if not values:
                continue
            for column in columns:
                value = values.get(column.name)
                if value is None or value == "" or value == []:
                    continue
                text = column.text(value)
                crm = column.crm
                if crm is None:
                    noted.append(f"{column.label}: {text}")
                    continue
                fields[crm] = self._fitting(column, text, shortened)
        return Payload(fields, self._note(noted), tuple(shortened))

    def existing(
        self, lead: Attributes, campaign: Attributes | None, changed: frozenset[str] | None = None
    ) -> Payload:
        """Return what may change on a record that is there already (Lead Field Updates).

        Args:
            changed: The lead fields that an update is about; they clear the CRM's field when they have lost
                their value. None: a first push, which clears nothing.
        """
        fields: dict[str, str | None] = {}
        shortened: list[str] = []
        noted: list[str] = []
        sources = [(self._lead, lead)]
        if changed is None and campaign:
            sources.append((self._campaign, campaign))
        for columns, values in sources:
            for column in columns:
                if changed is not None and column.name not in changed:
                    continue
                value = values.get(column.name)
                empty = value is None or value == "" or value == []
                if empty and changed is None:
                    continue
                text = None if empty else column.text(value)
                # A campaign's fields are the supplier's own, whatever class they name.
                custom = column.supplier_class or columns is self._campaign
                written = column.crm is not None and column.updateable and self._may_change(custom)
                if written and column.crm is not None:
                    fields[column.crm] = None if text is None else self._fitting(column, text, shortened)
                if custom and (changed is not None or not written):
                    noted.append(f"{column.label}: {text if text is not None else '(no value)'}")
        return Payload(fields, self._note(noted), tuple(shortened))

    @staticmethod
    def _fitting(column: _Column, text: str, shortened: list[str]) -> str:
        """Return a text as long as its field is; note the field where that takes something away."""
        if column.longest is None or column.crm is None:
            return text
        fitting = cut_text(text, column.longest)
        if fitting != text:
            shortened.append(column.crm)
        return fitting

    def _may_change(self, custom: bool) -> bool:
        return self._updates is FieldUpdates.ALL or (self._updates is FieldUpdates.SUPPLIER and custom)

    def _note(self, lines: Sequence[str]) -> str | None:
        return "\n".join(lines) if lines and self._notes else None


def matters(field: FieldMapping, partner: Partner) -> bool:
    """Tell whether a change of this field may reach a record that this partner has already."""
    if field.visibility is not Visibility.SHARED:
        return False
    if partner.field_updates is FieldUpdates.ALL:
        return True
    custom = field.klass is FieldClass.SUPPLIER
    return custom and (partner.field_updates is FieldUpdates.SUPPLIER or partner.custom_fields_into_notes)


def owner_of(partner: Partner) -> str | None:
    """Return the CRM user or queue that owns new records: the partner's, else its first default owner's."""
    if partner.crm_owner:
        return partner.crm_owner
    users = {rep.email.casefold(): rep.crm_user for rep in partner.reps}
    owners = (users.get(email.casefold()) for email in partner.default_owners)
    return next((user for user in owners if user), None)


def _text_of(kind: FieldType) -> Callable[[Any], str]:
    if kind is FieldType.BOOLEAN:
        return lambda value: "true" if value is True or value == 1 else "false"
    if kind is FieldType.MULTISELECT:
        return lambda value: value if isinstance(value, str) else ";".join(value)
    return str
