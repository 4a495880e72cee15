"""What goes to the recycle bin with a record, and comes back with it."""

from __future__ import annotations

from . import object_rules
from .disk import Record
from .object_rules import Save
from .store import OrgStore

_CHILDREN = {
    "Lead": (("CampaignMember", "LeadId"), ("Task", "WhoId"), ("Event", "WhoId")),
    "Contact": (
        ("CampaignMember", "ContactId"), ("OpportunityContactRole", "ContactId"), ("Task", "WhoId"),
        ("Event", "WhoId"),
    ),
    "Campaign": (("CampaignMember", "CampaignId"), ("CampaignMemberStatus", "CampaignId")),
    "Account": (("Contact", "AccountId"), ("Opportunity", "AccountId")),
    "Opportunity": (("OpportunityContactRole", "OpportunityId"),),
}  # fmt: skip


def delete_children(store: OrgStore, name: str, record_id: str, stamp: str) -> None:
    """Mark everything below a record as deleted at the same time."""
    for child, link in _CHILDREN.get(name, ()):
        field = store.schema.objects[child].fields.get(link)
        if field is None:
            continue
        for record in store.live(child, field, record_id):
            mark(store, child, record, deleted=True, stamp=stamp)
            delete_children(store, child, record["Id"], stamp)


def undelete_children(store: OrgStore, name: str, record_id: str, deleted_at: str, stamp: str) -> None:
    """Bring back what was deleted together with a record."""
    for child, link in _CHILDREN.get(name, ()):
        field = store.schema.objects[child].fields.get(link)
        if field is None:
            continue
        for record in store.find(child, field, record_id):
            if record["IsDeleted"] and record["SystemModstamp"] == deleted_at:
                mark(store, child, record, deleted=False, stamp=stamp)
                undelete_children(store, child, record["Id"], deleted_at, stamp)


def mark(store: OrgStore, name: str, record: Record, *, deleted: bool, stamp: str) -> None:
    """Set or clear the deletion mark of one record, and follow it up."""
    changed = {**record, "IsDeleted": deleted, "SystemModstamp": stamp, "LastModifiedDate": stamp}
    store.put(name, changed)
    object_rules.after_write(name, Save(store, changed, record, stamp))
