"""Which fields the partner changed: what differs from the last sight, and was not ours.

Pure. A value that the lead has, or had since the record was last read, is our own push come back. At first
sight a record that was there before us is only looked at, but for the fields that we pushed into it: what
else it holds was no change of a lead's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from leadline.feedback.fields import FieldPairs, same
from leadline.feedback.forms import is_form_of, stands_in, takes
from leadline.feedback.world import Holder, Lead, Seen, Trouble
from leadline.mapping.fields import FieldMapping

REFUSED = "value_refused"


@dataclass(frozen=True)
class Held:
    """One value that a lead had at some time; `at` in UTC microseconds."""

    name: str
    value: Any = field(repr=False)
    at: int


@dataclass
class Past:
    """What leads held before, by lead, and CRM fields that a push wrote into their record, or had to cut."""

    held: dict[str, list[Held]] = field(default_factory=dict, repr=False)
    cut: dict[str, set[str]] = field(default_factory=dict)
    sent: dict[str, set[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Change:
    """A field of a lead that its partner changed."""

    of: FieldMapping
    value: Any = field(repr=False)


def past_of(rows: Iterable[Any]) -> Past:
    """Return what history lines of updates and pushes say that leads held."""
    past = Past()
    for row in rows:
        after = json.loads(row.after or "{}")
        if row.kind == "pushed":
            past.cut.setdefault(row.lead_id, set()).update(after.get("shortened", ()))
            past.sent.setdefault(row.lead_id, set()).update(after.get("fields", ()))
            continue
        for values in (json.loads(row.before or "{}"), after):
            past.held.setdefault(row.lead_id, []).extend(
                Held(name, value, row.at) for name, value in values.items()
            )
    return past


def is_suspect(
    pairs: FieldPairs, seen: Seen, holders: Sequence[Holder], values: Mapping[str, str | None]
) -> bool:
    """Tell whether anything differs from the last sight and from the leads of today: ask their history."""
    return any(
        crm in values
        and not _as_seen(seen, crm, values[crm])
        and not _current(pairs, one, crm, values, holders)
        for crm, one in pairs.by_crm.items()
    )


def changes_of(
    pairs: FieldPairs,
    seen: Seen,
    holders: Sequence[Holder],
    values: Mapping[str, str | None],
    past: Past,
) -> tuple[list[Change], list[Trouble]]:
    """Return what the partner changed on a record, and what it wrote that a lead cannot hold.

    Args:
        holders: Of the record; all of their leads' values are ours, for any of them may have been pushed.
    """
    found: list[Change] = []
    troubles: list[Trouble] = []
    made_by_us = any(one.created for one in holders)
    for crm, one in pairs.by_crm.items():
        if crm not in values:
            continue
        first = crm not in seen.fields
        known = made_by_us or any(crm in past.sent.get(by.lead.lead_id, ()) for by in holders)
        if first and not made_by_us and known:
            known = any(takes(by.lead.attributes.get(one.name), pairs.described.get(crm)) for by in holders)
        if (first and not known) or _as_seen(seen, crm, values[crm]):
            continue
        read = pairs.read(one, values[crm], holders[0].lead.attributes)
        if read.refused:
            if not (first and read.value is None and not values[crm]):
                troubles.append(_refusal(seen, crm, one, read.refused))
            continue
        if first and read.value is None:
            continue  # a field that was not filled, or that the CRM does not show us
        if _ours(pairs, seen, crm, read.value, values[crm], holders, past):
            continue
        found.append(Change(one, read.value))
    return found, troubles


def _refusal(seen: Seen, crm: str, one: FieldMapping, rule: str) -> Trouble:
    message = (
        f"record {seen.record_id}: {crm} holds a value that '{one.name}' cannot take ({rule}); "
        "correct it in the CRM, or widen the mapping"
    )
    return REFUSED, f"{seen.record_id}.{crm}", message, "warning"


def still_refused(trouble: Trouble, pairs: FieldPairs, seen: Seen, values: Mapping[str, str | None]) -> bool:
    """Tell whether a value that was refused at the last reading stands there unchanged."""
    code, detail, _, _ = trouble
    crm = detail.removeprefix(f"{seen.record_id}.")
    return code == REFUSED and crm in pairs.by_crm and _as_seen(seen, crm, values.get(crm))


def _as_seen(seen: Seen, crm: str, text: str | None) -> bool:
    return crm in seen.fields and (seen.fields[crm] or "") == (text or "")


def _current(
    pairs: FieldPairs,
    one: FieldMapping,
    crm: str,
    values: Mapping[str, str | None],
    holders: Sequence[Holder],
) -> bool:
    read = pairs.read(one, values[crm], holders[0].lead.attributes)
    return not read.refused and any(same(read.value, by.lead.attributes.get(one.name)) for by in holders)


def _held(pairs: FieldPairs, seen: Seen, crm: str, ours: Any, lead: Lead) -> bool:
    """Tell whether a record held exactly this value of ours when it was last read."""
    return crm in seen.fields and same(
        pairs.read(pairs.by_crm[crm], seen.fields[crm], lead.attributes).value, ours
    )


def _ours(
    pairs: FieldPairs,
    seen: Seen,
    crm: str,
    value: Any,
    text: str | None,
    holders: Sequence[Holder],
    past: Past,
) -> bool:
    one, described = pairs.by_crm[crm], pairs.described.get(crm)
    name = one.name
    for holder in holders:
        lead = holder.lead
        if stands_in(name, text, lead.attributes, described):
            return True
        had = [
            held.value
            for held in past.held.get(lead.lead_id, ())
            if held.name == name and (not seen.known or held.at >= seen.seen_at)
        ]
        for ours in (lead.attributes.get(name), *had):
            if same(value, ours):
                return True
            cut = crm in past.cut.get(lead.lead_id, ())
            if cut and text and isinstance(ours, str) and ours.startswith(text):
                return True
            # Where our very value stood, the CRM can hold it: what stands there now is the partner's.
            if not _held(pairs, seen, crm, ours, lead) and is_form_of(one, ours, value, text, described):
                return True
    return False
