"""From an open delivery and what the CRM holds already to one decided write."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set

import msgspec

from leadline.delivery.crm_fields import VOCABULARIES
from leadline.delivery.decision import Decision
from leadline.delivery.outbox import Open, Outcome
from leadline.delivery.payload import PayloadPlan
from leadline.mapping.model import SupplierMapping
from leadline.partners import Partner, RecordAs
from leadline.ports import FieldDescription, FoundRecord, PartnerCrm, RecordKeys

GONE = "RECORD_GONE"
CONVERTED = "LEAD_CONVERTED"

_decode = msgspec.json.Decoder().decode


class Decider:
    """Decides for the partners of one account, whose objects are described at most once.

    Args:
        sharing: Ids of the partners that may see shared campaigns.
        ours: Returns those of some external ids that are assignments of this supplier's.
        others: Returns those of some record ids that serve leads of other suppliers.
    """

    def __init__(
        self,
        mapping: SupplierMapping,
        crm_type: str,
        crm: PartnerCrm,
        partners: Mapping[str, Partner],
        sharing: frozenset[str],
        ours: Callable[[Collection[str]], Collection[str]],
        others: Callable[[Collection[str]], Set[str]],
    ) -> None:
        self._mapping = mapping
        self._type = crm_type
        self._crm = crm
        self._partners = partners
        self._sharing = sharing
        self._ours = ours
        self._others = others
        self._described: dict[str, Sequence[FieldDescription]] = {}
        self._plans: dict[tuple[str, str], PayloadPlan] = {}

    def object_of(self, work: Open) -> str:
        """Return the object that a delivery's record is, or would become."""
        if work.record_object:
            return work.record_object
        return VOCABULARIES[self._type].objects[self._partners[work.partner_id].record_as]

    def find(self, works: Iterable[Open]) -> dict[str, FoundRecord]:
        """Return the records that are there already, by delivery id.

        An e-mail never leads to a record that stands for another supplier's lead: what one of the two wrote
        there would come back as news of the other's.
        """
        by_object: dict[str, list[RecordKeys]] = defaultdict(list)
        for work in works:
            email = work.email.strip().lower()
            key = RecordKeys(work.delivery_id, work.record_id, work.assignment_id, email)
            by_object[self.object_of(work)].append(key)
        found: dict[str, FoundRecord] = {}
        for object_, keys in by_object.items():
            found.update(self._find(object_, keys))
        return found

    def _find(self, object_: str, keys: Sequence[RecordKeys]) -> dict[str, FoundRecord]:
        found: dict[str, FoundRecord] = {}
        while keys:
            there = self._crm.find(object_, keys)
            foreign = self._foreign(there)
            found |= {key: one for key, one in there.items() if key not in foreign}
            keys = [
                key._replace(apart=key.apart | {foreign[key.key]})
                for key in keys
                if foreign.get(key.key, "") not in {"", *key.apart}
            ]
        return found

    def _foreign(self, there: Mapping[str, FoundRecord]) -> dict[str, str]:
        """Return the records to which an e-mail led and which stand for another supplier's lead.

        They carry an id that is not this supplier's. Or they carry none, being the partner's own, and another
        supplier's lead came onto them first.
        """
        by_email = {key: one for key, one in there.items() if one.by == "email"}
        named = {one.external_id for one in by_email.values() if one.external_id}
        ours = self._ours(named) if named else ()
        nobodys = {place for one in by_email.values() if not one.external_id for place in _places(one)}
        others = self._others(nobodys) if nobodys else set()
        return {
            key: one.record_id
            for key, one in by_email.items()
            if (one.external_id not in ours if one.external_id else not others.isdisjoint(_places(one)))
        }

    def decide(self, work: Open, found: FoundRecord | None) -> Decision | Outcome:
        """Return the write, or the outcome of a delivery for which there is nothing to send."""
        if found is None:
            if work.record_id is not None and work.sequence > 1:
                # The partner deleted it: an update must not bring it back.
                return self._refuse(work, GONE, "the record of this lead is no longer in the CRM")
            return self._create(work)
        if found.converted_to is not None:
            contact = VOCABULARIES[self._type].objects[RecordAs.CONTACT]
            if not found.converted_to:
                message = "the lead was converted, and the contact it became cannot be seen"
                return self._refuse(work, CONVERTED, message, found)
            return self.update(work, contact, found.converted_to, followed=found.by == "record_id")
        moved = found.by == "record_id" and found.record_id != work.record_id
        return self.update(work, found.object, found.record_id, followed=moved)

    def _create(self, work: Open) -> Decision:
        object_ = VOCABULARIES[self._type].objects[self._partners[work.partner_id].record_as]
        payload = self._plan(work, object_).new(*_values(work))
        return Decision("create", object_, None, payload.fields, payload.note, payload.shortened)

    def update(self, work: Open, object_: str, record_id: str, *, followed: bool = False) -> Decision:
        """Return what this delivery may change on a record that is there already."""
        changed = None if work.changed is None else frozenset(_decode(work.changed))
        payload = self._plan(work, object_).existing(*_values(work), changed)
        return Decision(
            "update" if payload.fields else "keep",
            object_,
            record_id,
            payload.fields,
            payload.note,
            payload.shortened,
            followed,
        )

    def _refuse(self, work: Open, code: str, message: str, found: FoundRecord | None = None) -> Outcome:
        decision = Decision("keep", self.object_of(work), found.record_id if found else work.record_id, {})
        return Outcome(work, decision, "refused", code=code, message=message)

    def _plan(self, work: Open, object_: str) -> PayloadPlan:
        key = (work.partner_id, object_)
        plan = self._plans.get(key)
        if plan is None:
            if object_ not in self._described:
                self._described[object_] = self._crm.describe([object_]).get(object_, ())
            plan = self._plans[key] = PayloadPlan(
                self._mapping,
                self._type,
                self._partners[work.partner_id],
                object_,
                self._described[object_],
                with_campaign=work.partner_id in self._sharing,
            )
        return plan


def _places(found: FoundRecord) -> set[str]:
    """Return the record, and the contact it became."""
    return {found.record_id, found.converted_to or found.record_id}


def _values(work: Open) -> tuple[dict[str, object], dict[str, object] | None]:
    return _decode(work.attributes), _decode(work.campaign) if work.campaign else None
