"""Looking descriptions up, and findings that are told once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from leadline.ports import CheckFinding, FieldDescription

Described = Mapping[str, Sequence[FieldDescription]]
"""Object -> its fields, as an adapter's `describe` answers."""

KEY_LENGTH = 33
"""Characters of the ids that we give: a letter and 32 hex digits (`hub.keys`)."""

_SAME = {
    "external_id_missing": "field_missing",
    "external_id_not_external": "external_id",
    "external_id_not_unique": "external_id",
}
"""Codes of one trouble, as whoever found it calls it."""


class Description:
    """What a system describes, looked up without regard to case."""

    def __init__(self, described: Described) -> None:
        self._fields = {
            object_.casefold(): {field.name.casefold(): field for field in fields}
            for object_, fields in described.items()
        }

    def has(self, object_: str) -> bool:
        """Say whether the object is there, and shown to us."""
        return object_.casefold() in self._fields

    def field(self, object_: str, name: str) -> FieldDescription | None:
        """Return a field; None where it, or its object, is not there."""
        return self._fields.get(object_.casefold(), {}).get(name.casefold())


def folded(values: Iterable[str]) -> dict[str, str]:
    """Return values by what is compared: trimmed, without case."""
    return {value.strip().casefold(): value for value in values}


def untaken(words: Iterable[str], field: FieldDescription) -> list[str]:
    """Return the words that a field does not take: none, unless it is restricted to a list."""
    if not (field.restricted and field.values):
        return []
    known = folded(field.values)
    return [word for word in dict.fromkeys(words) if word.strip().casefold() not in known]


def once(findings: Iterable[CheckFinding]) -> list[CheckFinding]:
    """Return each finding once, errors first; of two alike the first, unless the other is worse."""
    unique: dict[tuple[str, str], CheckFinding] = {}
    for one in findings:
        known = unique.get((one.code, one.detail))
        if known is None or _is_worse(one, known):
            unique[one.code, one.detail] = one
    return sorted(unique.values(), key=lambda one: (one.severity != "error", one.code, one.detail))


def merged(checked: Sequence[CheckFinding], drifted: Iterable[CheckFinding]) -> list[CheckFinding]:
    """Return what the adapter found and what drifted; a trouble that both tell of is told once.

    The adapter's own words stay, unless the other knows that it is worse.
    """
    found = {_trouble(one): one for one in checked}
    for one in drifted:
        known = found.get(_trouble(one))
        if known is None or _is_worse(one, known):
            found[_trouble(one)] = one
    return list(found.values())


def _is_worse(one: CheckFinding, other: CheckFinding) -> bool:
    return (one.severity, other.severity) == ("error", "warning")


def _trouble(finding: CheckFinding) -> tuple[str, str]:
    return _SAME.get(finding.code, finding.code), finding.detail
