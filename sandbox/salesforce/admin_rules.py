"""The rules an org's administrators set: validation, duplicates, lead assignment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import identifiers
from .config import DuplicateRule
from .disk import Record
from .errors import Refused
from .soql.selection import condition_test
from .store import OrgStore


def check_validation(store: OrgStore, name: str, record: Record) -> None:
    """Raise FIELD_CUSTOM_VALIDATION_EXCEPTION when the record satisfies an active rule's error condition."""
    for rule in store.config.validation_rules:
        if rule.object == name and rule.active and _test(store, name, rule.error_when)(record):
            raise Refused(
                "FIELD_CUSTOM_VALIDATION_EXCEPTION", rule.message, [rule.field] if rule.field else []
            )


def check_duplicates(store: OrgStore, name: str, record: Record, *, created: bool, allow_save: bool) -> None:
    """Raise DUPLICATES_DETECTED when another record is equal in all fields of an active rule.

    `allow_save` passes rules that only alert; rules that block refuse all the same.
    """
    for rule in store.config.duplicate_rules:
        if rule.object != name or not rule.active or not (created or rule.on_update):
            continue
        if rule.action == "Alert" and allow_save:
            continue
        matches = _matches(store, rule, name, record)
        if matches:
            raise Refused(
                "DUPLICATES_DETECTED", rule.message, extra={"duplicateResut": _result(rule, name, matches)}
            )


def _matches(store: OrgStore, rule: DuplicateRule, name: str, record: Record) -> list[tuple[str, Record]]:
    wanted = {field: record.get(field) for field in rule.fields}
    if any(value is None for value in wanted.values()):
        return []
    found: list[tuple[str, Record]] = []
    for against in rule.against or (name,):
        fields = store.schema.objects[against].fields
        if any(field not in fields for field in wanted):
            continue
        first = rule.fields[0]
        for other in store.live(against, fields[first], wanted[first]):
            if other["Id"] != record["Id"] and all(_same(other.get(f), v) for f, v in wanted.items()):
                found.append((against, other))
    return found


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return one.lower() == other.lower()
    return bool(one == other)


def _result(rule: DuplicateRule, name: str, matches: list[tuple[str, Record]]) -> dict[str, Any]:
    # The live API misspells the key that holds this (`duplicateResut`); clients read that spelling.
    by_object: dict[str, list[Record]] = {}
    for kind, record in matches:
        by_object.setdefault(kind, []).append(record)
    return {
        "allowSave": rule.action == "Alert",
        "duplicateRule": rule.name,
        "duplicateRuleEntityType": name,
        "errorMessage": rule.message,
        "matchResults": [
            {
                "entityType": kind,
                "errors": [],
                "matchEngine": "FuzzyMatchEngine" if kind in {"Lead", "Contact"} else "ExactMatchEngine",
                "matchRecords": [
                    {
                        "additionalInformation": [],
                        "fieldDiffs": [],
                        "matchConfidence": 100.0,
                        "record": {
                            "attributes": {
                                "type": kind,
                                "url": f"/services/data/v62.0/sobjects/{kind}/{record['Id']}",
                            },
                            "Id": record["Id"],
                        },
                    }
                    for record in records
                ],
                "rule": rule.match_rule,
                "size": len(records),
                "success": True,
            }
            for kind, records in by_object.items()
        ],
    }


def assigned_owner(store: OrgStore, record: Record, wish: bool | str) -> str | None:
    """Return the owner that a lead assignment rule gives, or None when no rule speaks.

    Args:
        wish: True runs the active rule (what happens when the header is absent), False none, a text the
            rule of that id.
    """
    if wish is False:
        return None
    wanted = identifiers.normal(wish, field="AssignmentRuleId") if isinstance(wish, str) else None
    for rule in store.tables["AssignmentRule"].values():
        chosen = rule.get("Active") if wanted is None else rule["Id"] == wanted
        if not chosen or rule.get("SobjectType") != "Lead":
            continue
        for entry in rule.get("Entries", []):
            if _test(store, "Lead", entry["where"])(record):
                return str(entry["owner"])
    return None


def _test(store: OrgStore, name: str, text: str) -> Callable[[Record], bool]:
    key = ("condition", name, text)
    test: Callable[[Record], bool] | None = store.compiled.get(key)
    if test is None:
        test = store.compiled[key] = condition_test(store, name, text)
    return test
