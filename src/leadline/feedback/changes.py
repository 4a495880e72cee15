"""Which fields the partner changed: what differs from the last sight, and was not ours.

Pure. A value that the lead has, or had since the record was last read, is our own push come back; so is a
form that the CRM gave to it, where a push can have brought it since. At first sight a record that was there
before us is only looked at, but for the fields that we pushed into it: what else it holds was no change of a
lead's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from leadline.feedback.fields import FieldPairs, Read, same
from leadline.feedback.forms import is_default, is_form_of, is_text_of, stands_in
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
    """What leads held before, by lead, and CRM fields that a push wrote into their record, or had to cut.

    `pushes` are (when it was sent; the CRM fields, None: all), `under_way` the lead fields, None: all.
    """

    held: dict[str, list[Held]] = field(default_factory=dict, repr=False)
    cut: dict[str, set[str]] = field(default_factory=dict)
    sent: dict[str, set[str]] = field(default_factory=dict)
    pushes: dict[str, list[tuple[int, frozenset[str] | None]]] = field(default_factory=dict)
    under_way: dict[str, list[frozenset[str] | None]] = field(default_factory=dict)

    def may_have_written(self, lead_id: str, crm: str, name: str, since: int) -> bool:
        """Tell whether a push may have written this field since then (UTC microseconds)."""
        return any(
            at >= since and (fields is None or crm in fields) for at, fields in self.pushes.get(lead_id, ())
        ) or any(names is None or name in names for names in self.under_way.get(lead_id, ()))


@dataclass(frozen=True)
class Change:
    """A field of a lead that its partner changed."""

    of: FieldMapping
    value: Any = field(repr=False)


def past_of(rows: Iterable[Any], account_id: str) -> Past:
    """Return what history lines of updates and pushes, and what is under way, say that leads held.

    What was pushed into another account's record, by an earlier assignment, says nothing of this one's.
    """
    past = Past()
    for row in rows:
        if row.kind == "delivery":
            names = None if row.after is None else frozenset(json.loads(row.after))
            past.under_way.setdefault(row.lead_id, []).append(names)
            continue
        after = json.loads(row.after or "{}")
        if row.kind == "pushed":
            if after.get("account", account_id) != account_id:
                continue
            past.cut.setdefault(row.lead_id, set()).update(after.get("shortened", ()))
            past.sent.setdefault(row.lead_id, set()).update(after.get("fields", ()))
            written = None if after.get("operation") == "create" else frozenset(after.get("fields", ()))
            past.pushes.setdefault(row.lead_id, []).append((row.at, written))
            continue
        for values in (json.loads(row.before or "{}"), after):
            past.held.setdefault(row.lead_id, []).extend(
                Held(name, value, row.at) for name, value in values.items()
            )
    return past


def texts_of(
    pairs: FieldPairs, seen: Seen, holders: Sequence[Holder], values: Mapping[str, str | None]
) -> Iterator[tuple[FieldMapping, str | None, Mapping[str, Any]]]:
    """Yield what there is to read of a record: each text that differs from the last sight, for `learn`."""
    for crm, one in pairs.by_crm.items():
        if crm in values and not _as_seen(seen, crm, values[crm]):
            yield one, values[crm], holders[0].lead.attributes


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
        if (first and not known) or _as_seen(seen, crm, values[crm]):
            continue
        read = pairs.read(one, values[crm], holders[0].lead.attributes)
        # Joined or converted: what nobody carried over stands as in any new record.
        anew = first or seen.reread
        if anew and read.value is None and not (read.refused and values[crm]):
            continue  # a field that was not filled, or that the CRM does not show us
        if seen.reread and (read.value is False or is_default(values[crm], pairs.described.get(crm))):
            continue
        if _ours(pairs, seen, crm, read, values[crm], holders, past):
            continue
        if read.refused:
            troubles.append(_refusal(seen, crm, one, read.refused))
        else:
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
    read: Read,
    text: str | None,
    holders: Sequence[Holder],
    past: Past,
) -> bool:
    one, described = pairs.by_crm[crm], pairs.described.get(crm)
    for holder in holders:
        lead = holder.lead
        if stands_in(one.name, text, lead.attributes, described):
            return True
        if crm not in seen.fields and lead.attributes.get(one.name) is None and is_default(text, described):
            return True
        had = [
            held.value
            for held in past.held.get(lead.lead_id, ())
            if held.name == one.name and (not seen.known or held.at >= seen.seen_at)
        ]
        mine = (lead.attributes.get(one.name), *had)
        if not read.refused and any(same(read.value, ours) for ours in mine):
            return True
        # What no push can have touched since the last sight, the partner did, whatever it looks like.
        # A record that it was converted or merged into has forms of its own.
        fresh = crm not in seen.fields or seen.reread
        touched = fresh or past.may_have_written(lead.lead_id, crm, one.name, seen.seen_at)
        for ours in mine if touched else ():
            unmeasured = crm in past.cut.get(lead.lead_id, ()) and not (described and described.length)
            if unmeasured and text and isinstance(ours, str) and ours.startswith(text):
                return True
            # Where our very value stood, the CRM can hold it: what stands there now is the partner's.
            if _held(pairs, seen, crm, ours, lead):
                continue
            if is_text_of(ours, text, described):
                return True
            if not read.refused and is_form_of(one, ours, read.value, text, described):
                return True
    return False
