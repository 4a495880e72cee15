"""What the hub holds of a batch's rows, and what it shall hold once they are received."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from leadline.receipts.rows import Row


@dataclass(slots=True)
class Link:
    """One source record and the lead that it stands for."""

    lead_id: str
    record_id: str | None
    campaign_key: str | None
    fingerprint: str
    stamp: str | None
    deleted: bool = False
    merged_into: str | None = None
    came_as: str | None = field(init=False)

    def __post_init__(self) -> None:
        self.came_as = self.record_id

    @property
    def moved(self) -> bool:
        """Say whether another record stands for the lead than before."""
        return self.record_id != self.came_as


@dataclass(slots=True)
class Lead:
    """A lead as far as a received row can change it; `stamp` is of the record whose values it has.

    `may_hold` is, by field, which texts its records were sent without an answer that says what came of it.
    """

    lead_id: str
    merge_key: str | None
    email: str
    email_key: str
    campaign_key: str | None
    preassigned: str | None
    attributes: str
    fingerprint: str
    partner_changes: str | None = None
    stamp: str | None = None
    may_hold: dict[str, set[str | None]] = field(default_factory=dict)


@dataclass(slots=True)
class Event:
    """One history line to be; `row` is the receipt that caused it."""

    lead_id: str
    kind: str
    row: int
    before: dict[str, Any]
    after: dict[str, Any]


@dataclass
class World:
    """What the hub holds of these rows, then what it shall hold.

    Rows that found a link or a lead stay rows until a later row of the batch is about the same one: most
    batches bring nothing but new leads, and a million small objects cost more than all the rest.

    Attributes:
        links: By identity; `leads` by id: at least those that a row may change; `by_merge_key`: lead ids.
        records: Identities by the vendor's record id, for survivors of merges.
        taken: Ids of leads that stand where a merge key of this batch would found one.
        link_founders: By identity, the first row of each new link, and its lead; `lead_founders`: by id,
            the first row of each new lead.
        changed_links: Identities; `changed_leads`: ids, with the names of the fields that changed.
        bereft: Leads that lost a source record to a deletion or a merge; `revived`: those one came back to.
    """

    links: dict[str, Link] = field(default_factory=dict)
    leads: dict[str, Lead] = field(default_factory=dict)
    by_merge_key: dict[str, str] = field(default_factory=dict)
    records: dict[str, list[str]] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    link_founders: dict[str, tuple[Row, str]] = field(default_factory=dict)
    lead_founders: dict[str, Row] = field(default_factory=dict)
    changed_links: set[str] = field(default_factory=set)
    changed_leads: dict[str, set[str]] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    bereft: set[str] = field(default_factory=set)
    revived: set[str] = field(default_factory=set)

    def link(self, identity: str) -> Link | None:
        """Return the link of this identity, which may be new in this batch; None if there is none."""
        found = self.links.get(identity)
        if found is None and identity in self.link_founders:
            row, lead_id = self.link_founders[identity]
            found = Link(lead_id, row.record_id, row.campaign_key, row.fingerprint, row.stamp)
            self.links[identity] = found
        return found

    def lead(self, lead_id: str) -> Lead:
        """Return the lead of this id, which may be new in this batch."""
        found = self.leads.get(lead_id)
        if found is None:
            row = self.lead_founders[lead_id]
            found = Lead(
                lead_id,
                row.merge_key,
                row.email,
                row.email_key,
                row.campaign_key,
                row.preassigned,
                row.attributes,
                row.fingerprint,
                stamp=row.stamp,
            )
            self.leads[lead_id] = found
        return found
