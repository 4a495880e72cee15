"""Which CRM field is which lead field, and what its text is in the hub's representation.

The reverse of a push: only shared fields have a way in, as they have a way out.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from leadline.delivery.crm_fields import VOCABULARIES, mapped_fields
from leadline.mapping.fields import FieldMapping, FieldType, Judge
from leadline.mapping.model import SupplierMapping
from leadline.partners import RecordAs
from leadline.ports import FieldDescription

_WHOLE = re.compile(r"([+-]?[0-9]+)\.0+")
_YES, _NO = ("true", "yes", "1"), ("false", "no", "0")


@dataclass(frozen=True)
class Read:
    """One text as a value of the hub; `refused` names the rule that it breaks."""

    value: Any
    refused: str | None = None


@dataclass(frozen=True)
class _Asked:
    """A text of a lead field, trimmed, and the region whose country names or phone numbers it may hold."""

    field: str
    text: str
    region: str


class FieldPairs:
    """The fields of one kind of CRM record that are fields of a lead.

    Args:
        mapping: Of the supplier.
        crm_type: Such as "salesforce".
        object_: The CRM's object.
        present: The fields that the CRM has; empty: it does not say.
    """

    def __init__(
        self,
        mapping: SupplierMapping,
        crm_type: str,
        object_: str,
        present: Collection[FieldDescription] = (),
    ) -> None:
        vocabulary = VOCABULARIES.get(crm_type)
        self._zone = ZoneInfo(mapping.timezone)
        self._region = mapping.default_region
        self._country = next(
            (one.name for one in mapping.shared_fields if one.judge is Judge.COUNTRY), "country"
        )
        self.by_crm: dict[str, FieldMapping] = {}
        self.missing: list[str] = []
        self.described: Mapping[str, FieldDescription] = {}
        self._learned: dict[_Asked, Read] = {}
        if vocabulary is None:
            return
        contact = vocabulary.objects[RecordAs.CONTACT]
        as_contact = object_ == contact and contact != vocabulary.objects[RecordAs.LEAD]
        record_as = RecordAs.CONTACT if as_contact else RecordAs.LEAD
        chosen = mapped_fields(mapping.crm, crm_type, record_as)
        usual = vocabulary.usual.get(object_, {})
        names = {one.name.casefold(): one.name for one in present}
        self.described = {one.name: one for one in present}
        apart = {vocabulary.owner.casefold(), vocabulary.lead_source.casefold()}
        for field in mapping.shared_fields:
            crm = chosen.get(field.name) or usual.get(field.name)
            if crm is None or crm.casefold() in apart:
                continue
            if names and crm.casefold() not in names:
                if field.name in chosen:
                    self.missing.append(crm)
                continue
            self.by_crm.setdefault(names.get(crm.casefold(), crm), field)

    @cached_property
    def names(self) -> list[str]:
        """Return the CRM fields to ask for."""
        return list(self.by_crm)

    @cached_property
    def crm_names(self) -> Mapping[str, str]:
        """Return lead field -> CRM field."""
        return {field.name: crm for crm, field in self.by_crm.items()}

    def read(self, field: FieldMapping, text: str | None, lead: Mapping[str, Any]) -> Read:
        """Return a CRM's text as the hub holds it.

        Args:
            lead: The lead's values: its country is where a phone number without a country code is dialled.
        """
        asked = self._asked(field, text, lead)
        if not asked.text:
            return Read(None, "required" if field.required else None)
        if asked not in self._learned:
            self._learned |= _read(field, [asked], self._zone)
        return self._learned[asked]

    def learn(self, texts: Iterable[tuple[FieldMapping, str | None, Mapping[str, Any]]]) -> None:
        """Read these together, as `read` will be asked for them, and forget those before.

        One by one they take twenty times as long, while others wait for the hub.
        """
        self._learned = {}
        apart: dict[tuple[str, str], dict[_Asked, None]] = defaultdict(dict)
        fields = {}
        for field, text, lead in texts:
            asked = self._asked(field, text, lead)
            if asked.text:
                fields[field.name] = field
                apart[field.name, asked.region if field.judge is Judge.COUNTRY else ""][asked] = None
        for (name, _), together in apart.items():
            self._learned |= _read(fields[name], list(together), self._zone)

    def _asked(self, field: FieldMapping, text: str | None, lead: Mapping[str, Any]) -> _Asked:
        plain = (text or "").replace("\r\n", "\n").strip()
        judged_there = field.judge in {Judge.COUNTRY, Judge.PHONE}
        region = str(lead.get(self._country) or self._region or "") if judged_there else ""
        return _Asked(field.name, plain, region.upper())


def _read(field: FieldMapping, asked: Sequence[_Asked], zone: ZoneInfo) -> dict[_Asked, Read]:
    """Return what these texts of one field mean; those of a country field are asked for one region."""
    # The checks load Great Expectations with their package: only where a value is read at all.
    from leadline.checks.judging import judge_texts

    # A CRM writes values as a push does, not as the supplier's file does.
    as_pushed = field.model_copy(
        update={
            "separator": ";",
            "decimal_mark": ".",
            "formats": (),
            "true_values": (*_YES, *field.true_values),
            "false_values": (*_NO, *field.false_values),
        }
    )
    texts = pa.array([_as_checked(field, one) for one in asked])
    judged = judge_texts(as_pushed, texts, zone, asked[0].region or None)
    found = {}
    for row, (one, value) in enumerate(zip(asked, judged.values.to_pylist(), strict=True)):
        broken = [rule for rule, flags in judged.broken.items() if flags[row]]
        found[one] = Read(None, broken[0]) if broken else Read(value if value != [] else None)
    return found


def _as_checked(field: FieldMapping, asked: _Asked) -> str:
    from leadline.checks.cells import SEPARATOR

    text = asked.text
    if field.type is FieldType.INTEGER and (whole := _WHOLE.fullmatch(text)):
        text = whole[1]
    if field.type is FieldType.DATE and re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T", text):
        text = text[:10]
    return f"{text}{SEPARATOR}{asked.region}" if field.judge is Judge.PHONE else text


def same(one: Any, other: Any) -> bool:
    """Tell whether two values of the hub mean the same: no value is empty, lists in any order."""
    if isinstance(one, list) and isinstance(other, list):
        return sorted(map(str, one)) == sorted(map(str, other))
    if isinstance(one, str) and isinstance(other, str):
        return one.replace("\r\n", "\n").strip() == other.replace("\r\n", "\n").strip()
    return (one in (None, "", []) and other in (None, "", [])) or one == other
