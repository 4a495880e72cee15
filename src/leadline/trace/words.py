"""The hub's codes in the words that an auditor reads: why, by whom, and what a line of history says."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

_REASONS = {
    "preassigned": "it arrived assigned",
    "rules": "the rules left one partner",
    "only_partner": "there is one active partner, and no rule",
    "round_robin": "it was the partner's turn",
    "default_partner": "nothing else fitted: the default partner",
    "manual": "a person chose",
    "required_no_value": "the lead has no value for a required rule",
    "required_no_match": "a required rule left nobody",
    "no_rule_applied": "no rule applied",
    "several_candidates": "several partners were left, and there is no rotation",
    "none_available": "all that were left are absent or at their cap",
    "no_active_partner": "there is no active partner",
    "no_partner_left": "everybody who could have it had it before",
    "source_deleted": "the source had deleted it",
}
_KINDS = {
    "received": "received",
    "accepted": "accepted",
    "rejected": "rejected",
    "sales_status": "sales status changed",
    "crm_updated": "fields changed by the partner",
    "crm_deleted": "deleted in the CRM",
    "crm_restored": "back in the CRM",
    "crm_merged": "merged in the CRM",
    "crm_converted": "converted in the CRM",
    "rep_assigned": "given to another rep",
    "opportunity_created": "new opportunities",
    "opportunity_updated": "opportunities changed",
    "opportunity_deleted": "opportunities deleted",
}
_VIA = {
    "auto_accept": "at once, as the partner's settings say",
    "crm": "in the CRM",
    "portal": "in the portal",
    "mail": "by mail",
}
_FOUND = {
    "originating": "it comes from our lead",
    "contact_match": "its contact has the lead's e-mail",
}
_IDS = ("assignment", "opportunity", "source")  # said elsewhere, or nobody's business
Values = Mapping[str, Any]


def reason(code: str) -> str:
    """Return why a routing ended so, in words; a code that is not known as it is."""
    return _REASONS.get(code, code.replace("_", " "))


def found_by(code: str) -> str:
    """Return how an opportunity was found to be about this lead."""
    return _FOUND.get(code, code)


def kind(code: str) -> str:
    """Return what a kind of history line counts, in words."""
    return _KINDS.get(code, code.replace("_", " "))


def actor(name: str) -> str:
    """Return who did it: a person by name, our own work, or a CRM account."""
    if name.startswith("crm:"):
        return f"by the partner, in CRM account {name.removeprefix('crm:')}"
    return "by Leadline" if name == "airflow" else f"by {name}"


def value(of: Any) -> str:
    """Return a value as people read it; nothing is `empty`."""
    if of is None or of == "":
        return "empty"
    if isinstance(of, bool):
        return "yes" if of else "no"
    if isinstance(of, list):
        return ", ".join(map(value, of))
    return of if isinstance(of, str) else json.dumps(of, ensure_ascii=False)


def pairs(of: Values) -> str:
    """Return names and values, in order of the names."""
    return ", ".join(f"{name} = {value(one)}" for name, one in sorted(of.items()))


def history(line: Mapping[str, Any], records: Mapping[str, str]) -> str:
    """Return what a line of a lead's history says.

    Args:
        line: With `kind`, `before` and `after`.
        records: What the source calls its records, by identity.
    """
    before, after = _dict(line["before"]), _dict(line["after"])
    say = _SENTENCES.get(line["kind"])
    if say is not None:
        return say(before, after | {"source": records.get(str(after.get("identity")), after.get("identity"))})
    changes = _changes(before, after)
    return kind(line["kind"]) + (f": {changes}" if changes else "")


def _dict(of: Any) -> dict[str, Any]:
    return of if isinstance(of, dict) else {}


def _changes(before: Values, after: Values) -> str:
    names = (before.keys() | after.keys()) - set(_IDS)
    return ", ".join(
        f"{name}: {value(before[name])} -> {value(after.get(name))}"
        if name in before
        else f"{name} = {value(after[name])}"
        for name in sorted(names)
    )


def _ended(word: str) -> Callable[[Values, Values], str]:
    def say(_before: Values, after: Values) -> str:
        via = _VIA.get(str(after.get("via")), str(after.get("via") or ""))
        reasons = pairs(_dict(after.get("reasons")))
        text = f"{word} by {after.get('partner', 'the partner')}" + (f", {via}" if via else "")
        return text + (f": {reasons}" if reasons else "")

    return say


def _sales_status(before: Values, after: Values) -> str:
    word = f"; the CRM says '{after['word']}'" if after.get("word") else ""
    return f"sales status {value(before.get('sales_status'))} -> {value(after.get('sales_status'))}{word}"


def _pushed(_before: Values, after: Values) -> str:
    done = {"create": "created", "update": "updated"}.get(str(after.get("operation")), "sent as")
    record = f"{after.get('object', 'record')} {after.get('record') or ''}".strip()
    return f"pushed: {done} {record} in CRM account {after.get('account')}"


def _refused(what: str) -> Callable[[Values, Values], str]:
    def say(_before: Values, after: Values) -> str:
        why = ": ".join(str(after[name]) for name in ("code", "field") if after.get(name))
        where = f" by CRM account {after['account']}" if after.get("account") else ""
        return f"{what} refused{where}" + (f": {why}" if why else "")

    return say


def _told(_before: Values, after: Values) -> str:
    return f"told the source, record {after['source']}: {pairs(_dict(after.get('values')))}"


def _moved(word: str) -> Callable[[Values, Values], str]:
    def say(before: Values, after: Values) -> str:
        was, now = (f"{one.get('object', '')} {one.get('record', '')}".strip() for one in (before, after))
        return f"{word} in the CRM: {was or 'its record'} is {now} now"

    return say


def _opportunity(word: str) -> Callable[[Values, Values], str]:
    def say(before: Values, after: Values) -> str:
        text, changes = f"opportunity {after.get('opportunity', '')} {word}", _changes(before, after)
        return f"{text}: {changes}" if changes else text

    return say


def _deleted(_before: Values, after: Values) -> str:
    what = "is no longer found" if after.get("missing") else "is deleted"
    return f"record {after.get('record', '')} {what} in the CRM"


_SENTENCES: Mapping[str, Callable[[Values, Values], str]] = {
    "received": lambda _before, _after: "received; waits for routing",
    "source_linked": lambda _before, after: f"one more record of the source belongs to it: {after['source']}",
    "source_merged": lambda _before, after: (
        f"the source merged its record {after['source']} into {after.get('merged_into')}"
        + (f", of lead {after['lead_id']}" if after.get("lead_id") else "")
    ),
    "source_deleted": lambda _before, after: f"the source deleted its record {after['source']}",
    "source_restored": lambda _before, after: f"the source has its record {after['source']} again",
    "updated": lambda before, after: f"changed at the source: {_changes(before, after)}",
    "crm_updated": lambda before, after: f"changed by the partner: {_changes(before, after)}",
    "assigned": lambda _before, after: (
        f"assigned to {after.get('partner')}: {reason(str(after.get('reason')))}"
    ),
    "unassigned": lambda _before, after: f"left unassigned: {reason(str(after.get('reason')))}",
    "deactivated": lambda _before, after: f"closed: {reason(str(after.get('reason') or 'a person chose'))}",
    "accepted": _ended("accepted"),
    "rejected": _ended("rejected"),
    "rerouted": lambda _before, after: f"taken from {after.get('partner', 'the partner')}, to be routed anew",
    "sales_status": _sales_status,
    "rep_assigned": lambda before, after: (
        f"the partner's rep: {value(before.get('name'))} -> {value(after.get('name'))} "
        f"({value(after.get('email'))})"
    ),
    "pushed": _pushed,
    "push_refused": _refused("push"),
    "written_back": _told,
    "write_back_refused": _refused("what the source was told is"),
    "crm_converted": _moved("converted"),
    "crm_merged": _moved("merged"),
    "crm_deleted": _deleted,
    "crm_restored": lambda _before, after: f"record {after.get('record', '')} is back in the CRM",
    "opportunity_created": _opportunity("is new"),
    "opportunity_updated": _opportunity("changed"),
    "opportunity_deleted": _opportunity("is deleted in the CRM"),
    "opportunity_written": lambda _before, after: (
        f"opportunity {after.get('opportunity', '')} told to the source"
        + (f" as {after['record']}" if after.get("record") else "")
        + f": {pairs(_dict(after.get('values')))}"
    ),
    "opportunity_write_refused": _refused("opportunity told to the source is"),
}
