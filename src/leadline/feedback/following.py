"""Merged and converted records: what we know goes on with the survivor, or the contact (pure)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from leadline.feedback.fields import FieldPairs
from leadline.feedback.world import Seen, World
from leadline.ports import CrmRecord


def follow(
    world: World, seen: Seen, record: CrmRecord, contact: str | None, pairs_of: Callable[[str], FieldPairs]
) -> bool:
    """Move a record's leads to what it became; return whether it became anything else.

    What was seen of it is what the survivor is compared with: the partner who joined two records chose its
    values. The survivor is read anew the next time.

    Args:
        contact: The object that a conversion makes; None: this CRM type has none.
    """
    target = record.merged_into or record.converted_to
    if not target or target == seen.record_id:
        return False
    object_ = seen.object if record.merged_into or contact is None else contact
    kind = "crm_merged" if record.merged_into else "crm_converted"
    for holder in world.holders.pop(seen.record_id, []):
        before = {"record": seen.record_id, "object": seen.object}
        world.tell(seen, holder, kind, before, {"record": target, "object": object_})
        world.moved.append((holder.assignment_id, object_, target))
        world.holders.setdefault(target, []).append(holder)
    if target in world.seen:
        world.seen[target].reread = True
    else:
        fields = _carried(seen, object_, pairs_of)
        world.seen[target] = replace(seen, record_id=target, object=object_, fields=fields, reread=True)
        world.seen[target].troubles = []
        if kind == "crm_converted":
            world.seen[target].status = None
    world.kept[target] = world.seen[target]
    world.kept.pop(seen.record_id, None)
    world.forgotten.add(seen.record_id)
    return True


def _carried(seen: Seen, object_: str, pairs_of: Callable[[str], FieldPairs]) -> dict[str, str | None]:
    """Return what was seen under the names that the fields have on another object."""
    if object_ == seen.object:
        return dict(seen.fields)
    before, after = pairs_of(seen.object), pairs_of(object_)
    found = {}
    for crm, text in seen.fields.items():
        field = before.by_crm.get(crm)
        if field is not None and field.name in after.crm_names:
            found[after.crm_names[field.name]] = text
    return found
