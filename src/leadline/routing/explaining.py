"""A routing trace as a person reads it: one entry per step, each with a sentence (R7).

Entries have `step` (preassignment, rule, availability, rotation, default_partner, manual, end) and `text`; a
rule's entry names the rule-set version, the lead values, the candidates before and after, and who was
eliminated and why.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from sqlalchemy import Connection

from leadline.hub import Hub
from leadline.mapping.fields import FieldMapping
from leadline.mapping.routing import Rule
from leadline.matching import Fields
from leadline.partners import Partner
from leadline.routing.reasons import Outcome, Reason
from leadline.routing.whys import Whys, shown

Entry = dict[str, Any]

_ENDS = {
    Reason.PREASSIGNED: "the lead arrived assigned to {partner}",
    Reason.RULES: "the rules left {partner}",
    Reason.ONLY_PARTNER: "{partner} is the only partner",
    Reason.ROUND_ROBIN: "it was the turn of {partner}",
    Reason.DEFAULT_PARTNER: "not routed ({not_routed}), so the default partner {partner} has it",
    Reason.MANUAL: "assigned to {partner} by hand",
    Reason.REQUIRED_NO_VALUE: "unassigned: a required rule found no lead value",
    Reason.REQUIRED_NO_MATCH: "unassigned: a required rule left no partner",
    Reason.NO_RULE_APPLIED: "unassigned: there are rules, and none applied",
    Reason.SEVERAL_CANDIDATES: "unassigned: several partners were left, and round robin is off",
    Reason.NONE_AVAILABLE: "unassigned: every partner that was left is absent or at its cap",
    Reason.NO_ACTIVE_PARTNER: "unassigned: the supplier has no active partner",
    Reason.NO_PARTNER_LEFT: "unassigned: every active partner had it before",
    Reason.SOURCE_DELETED: "closed: the source took it back before it was routed",
}
_PREASSIGNED = {
    "used": "it names an active partner, so no rule was asked",
    "unknown": "no active partner, or more than one, has this name; the rules decide",
    "had_it": "this partner had the lead before; the rules decide",
}
_DEFAULTS = {
    "used": "takes it",
    "inactive": "is inactive",
    "unknown": "is no partner of this supplier",
    "unavailable": "is absent or at its cap",
    "had_it": "had it before",
}


@dataclass(frozen=True)
class Parts:
    """The shared parts of a trace: the module's rules and its partners as they were at the decision."""

    rules: dict[str, Rule]
    fields: Fields
    partners: dict[str, Partner]
    rules_hash: str
    default_partner: str | None

    @cached_property
    def whys(self) -> Whys:
        """Who can say why a rule did not hold for one of the partners."""
        return Whys(list(self.partners.values()), self.fields)

    @classmethod
    def of(cls, rules: Mapping[str, Any], partners: Mapping[str, Any]) -> Parts:
        """Return the parts from their stored bodies."""
        declared = {
            side: tuple(FieldMapping.model_validate(one) for one in found)
            for side, found in rules["fields"].items()
        }
        known = [Rule.model_validate(one) for one in rules["rules"]]
        return cls(
            {one.name: one for one in known},
            Fields(declared["lead"], declared["campaign"], rules["timezone"]),
            {one["id"]: Partner.model_validate(one) for one in partners["partners"]},
            rules["rules_hash"],
            rules["default_partner"],
        )


def explain(
    body: Mapping[str, Any],
    details: Mapping[str, Any],
    parts: Parts | None,
    partner_id: str | None,
) -> list[Entry]:
    """Return the entries of one decision.

    Args:
        body: The trace that the decision points to.
        details: What this lead alone showed.
        parts: Rules and partners, for a decision that a module made.
        partner_id: Who has the lead; None: nobody.
    """
    if body["kind"] == "manual" or parts is None:
        return [_end(body, partner_id, None)]
    entries = [
        *_preassignment(body, details),
        *_rules(body, details, parts),
        *_availability(body, parts),
        *_rotation(body, details),
        *_default(body, parts),
    ]
    return [*entries, _end(body, partner_id, parts.rules_hash)]


def _preassignment(body: Mapping[str, Any], details: Mapping[str, Any]) -> list[Entry]:
    outcome = body["preassigned"]
    if outcome is None:
        return []
    value = details.get("preassigned")
    text = f"The lead names the partner '{value}': {_PREASSIGNED[outcome]}."
    return [{"step": "preassignment", "value": value, "outcome": outcome, "text": text}]


def _rules(body: Mapping[str, Any], details: Mapping[str, Any], parts: Parts) -> list[Entry]:
    everybody = list(parts.partners)
    before = everybody if body["start"] is None else list(body["start"])
    values = details.get("values", {})
    entries = []
    for step in body["steps"]:
        rule, outcome, after = parts.rules[step["rule"]], Outcome(step["outcome"]), list(step["after"])
        asked = dict.fromkeys(
            f"{side}.{name}"
            for group in rule.any
            for one in group.all
            for side, name in (("lead", one.lead), ("campaign", one.campaign))
            if name
        )
        seen = {name: values.get(name) for name in asked}
        # A rule that is skipped eliminates nobody: it says for whom it did not hold.
        failed = [name for name in before if name not in after] or (
            [] if outcome is Outcome.APPLIED else before
        )
        whys = [
            {
                "partner": name,
                "name": parts.partners[name].name,
                "why": parts.whys.why(rule, name, values),
            }
            for name in failed
        ]
        entries.append(
            {
                "step": "rule",
                "rule": rule.name,
                "label": rule.label,
                "required": rule.required,
                "rules_version": parts.rules_hash,
                "lead_values": seen,
                "outcome": outcome.value,
                "before": before,
                "after": after,
                "eliminated": whys if outcome.value.startswith(("applied", "stopped")) else [],
                "not_holding": [] if outcome.value.startswith(("applied", "stopped")) else whys,
                "text": _rule_text(rule, outcome, seen, before, after),
            }
        )
        before = after
    return entries


def _rule_text(
    rule: Rule, outcome: Outcome, seen: Mapping[str, Any], before: Sequence[str], after: Sequence[str]
) -> str:
    kind = "Required" if rule.required else "Optional"
    about = ", ".join(f"{name} = {shown(value)}" for name, value in seen.items()) or "partner fields"
    some = f"{len(before)} candidate{'' if len(before) == 1 else 's'}"
    stay = f"{some} {'stays' if len(before) == 1 else 'stay'}"
    none = "the only candidate goes" if len(before) == 1 else f"none of {some} is left"
    said = {
        Outcome.APPLIED: f"{some}, {len(after)} left",
        Outcome.SKIPPED_NO_VALUE: f"no lead value, skipped; {stay}",
        Outcome.SKIPPED_NO_MATCH: f"would leave nobody, skipped; {stay}",
        Outcome.STOPPED_NO_VALUE: "no lead value: manual review",
        Outcome.STOPPED_NO_MATCH: f"{none}: manual review",
    }[outcome]
    return f"{kind} rule '{rule.label or rule.name}' ({about}): {said}."


def _availability(body: Mapping[str, Any], parts: Parts) -> list[Entry]:
    """Say who of those that the rules left cannot have a lead now; nothing where all of them can."""
    whys = {"absent": "absent", "at_cap": "at its cap"}
    gone = sorted((name, whys[key]) for key in whys for name in body.get(key, ()))
    if not gone:
        return []
    some = "a partner" if len(gone) == 1 else f"{len(gone)} partners"
    return [
        {
            "step": "availability",
            "eliminated": [
                {"partner": name, "name": parts.partners[name].name, "why": why} for name, why in gone
            ],
            "text": f"Of those left, {some} cannot have a lead now.",
        }
    ]


def _rotation(body: Mapping[str, Any], details: Mapping[str, Any]) -> list[Entry]:
    compared = details.get("compared")
    if body["reason"] != Reason.ROUND_ROBIN or not compared:
        return []
    unit = details["unit"]
    standings = [
        {"partner": name, "virtual_time": str(Fraction(time, unit)), "last_assignment": last}
        for name, time, last in compared
    ]
    first = standings[0]
    why = "alone"
    if len(standings) > 1:
        second = standings[1]
        if first["virtual_time"] != second["virtual_time"]:
            why = f"the lowest virtual time, {first['virtual_time']} before {second['virtual_time']}"
        elif first["last_assignment"] != second["last_assignment"]:
            why = f"equal virtual time {first['virtual_time']}, least recently assigned"
        else:
            why = f"equal virtual time {first['virtual_time']}, never assigned, lowest id"
    text = f"Round robin: {first['partner']}, {why}."
    return [{"step": "rotation", "chosen": first["partner"], "compared": standings, "text": text}]


def _default(body: Mapping[str, Any], parts: Parts) -> list[Entry]:
    outcome = body["default"]
    if outcome in (None, "none"):
        return []
    text = f"Not routed: {body['not_routed']}. The default partner {parts.default_partner} "
    return [
        {
            "step": "default_partner",
            "partner": parts.default_partner,
            "outcome": outcome,
            "not_routed": body["not_routed"],
            "text": f"{text}{_DEFAULTS[outcome]}.",
        }
    ]


def _end(body: Mapping[str, Any], partner_id: str | None, rules_hash: str | None) -> Entry:
    reason = Reason(body["reason"])
    text = _ENDS[reason].format(partner=partner_id, not_routed=body.get("not_routed"))
    return {
        "step": "end",
        "partner": partner_id,
        "reason": reason.value,
        "rules_version": rules_hash,
        "text": text[0].upper() + text[1:] + ".",
    }


def read_traces(hub: Hub, connection: Connection, supplier: str, lead_id: str) -> list[dict[str, Any]]:
    """Return every routing decision of a lead, oldest first, each with its `trace` entries.

    Keys: attempt, outcome, partner, reason, rules_hash, mapping_hash, run_id, actor, decided_at (UTC
    microseconds), trace.
    """
    decisions = []
    for row in hub.run(connection, "trace_read", supplier=supplier, lead_id=lead_id).all():
        body = json.loads(row.body)
        parts, versions = None, body
        if body["kind"] == "path":
            rules, partners = (
                json.loads(
                    hub.run(connection, "trace_part", supplier=supplier, trace_id=body[part]).scalar_one()
                )
                for part in ("rules", "partners")
            )
            parts, versions = Parts.of(rules, partners), rules
        decisions.append(
            {
                "attempt": row.attempt,
                "outcome": row.outcome,
                "partner": row.partner_id,
                "reason": row.reason,
                "rules_hash": versions["rules_hash"],
                "mapping_hash": versions["mapping_hash"],
                "run_id": row.run_id,
                "actor": row.actor,
                "decided_at": row.decided_at,
                "trace": explain(body, json.loads(row.details or "{}"), parts, row.partner_id),
            }
        )
    return decisions
