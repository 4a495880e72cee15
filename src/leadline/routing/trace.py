"""What is kept of every decision, so that a person can read later why a lead went there (R7).

Most of a trace is the same for many leads, so it is kept in parts, each once per distinct body:
the rules, the partners as they were, and the path that leads took. What differs per lead, the values its
rules saw and the standings its rotation compared, stays with its decision (`details`).
`explaining` puts the parts together again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from leadline.hub.keys import digest
from leadline.mapping.fields import FieldMapping, Judge
from leadline.mapping.model import SupplierMapping
from leadline.routing.columns import Waiting, written
from leadline.routing.module import Routed, Router
from leadline.routing.narrowing import Path
from leadline.routing.rotation import Rotation, places

HIDDEN = "(hidden)"
_MOST_SHOWN = 100_000  # values kept as text, of one field or one lead
_PERSONAL = {"email", "first_name", "last_name", "name", "full_name", "phone", "mobile", "fax", "street"}


def is_personal(field: FieldMapping) -> bool:
    """Say whether a field may name or reach a person; a trace says no more than that it had a value."""
    return field.judge in (Judge.EMAIL, Judge.PHONE) or field.name in _PERSONAL


class Traces:
    """The trace bodies of one router. `taken` are those the hub may not hold yet; `kept` says it does."""

    def __init__(self, router: Router, *, mapping_hash: str, rules_hash: str) -> None:
        """Take the router, and the versions of mapping and rules that every trace of it names."""
        self._router = router
        self._versions = {"mapping_hash": mapping_hash, "rules_hash": rules_hash}
        self._ids = [one.id for one in router.partners]
        self._written_ids = [written(one) for one in self._ids]
        self._known: dict[tuple[Any, ...], tuple[Path | None, str]] = {}
        self._fields = [(name, _reader(name, router.mapping)) for name in router.narrowing.compared]
        self._bodies: dict[str, str] = {}
        self._stored: set[str] = set()
        self._shown: dict[tuple[int, str | None], tuple[Mapping[str, Any], str]] = {}

    def taken(self) -> dict[str, str]:
        """Return by trace id the bodies that the hub must hold and that are not known to be there."""
        return self._bodies

    def kept(self) -> None:
        """Say that what was taken is committed."""
        self._stored |= self._bodies.keys()
        self._bodies = {}
        self._known.clear()
        self._shown.clear()

    def trace_id(self, routed: Routed) -> str:
        """Return the id of the trace that this decision shares with all of its path and end."""
        key = (
            id(routed.path),
            str(routed.reason),  # an enum's member is hashed in Python
            routed.not_routed,
            routed.default,
            routed.preassigned,
            len(routed.standings) > 0,
            routed.away,
        )
        known = self._known.get(key)
        if known is None:
            # The path is kept beside its id, which would otherwise be given to another one.
            known = self._known[key] = (routed.path, self._keep(self._body(routed)))
        return known[1]

    def details(
        self, routed: Routed, rotation: Rotation, campaigns: Mapping[str, Mapping[str, Any]] | None = None
    ) -> str:
        """Return as JSON what this lead alone showed: values, pre-assignment, standings compared."""
        values = self._values(routed.lead, campaigns or {}) if routed.path is not None else ""
        preassigned = compared = ""
        if routed.preassigned is not None:
            preassigned = f',"preassigned":{written(routed.lead.preassigned)}'
        if routed.standings:
            ids = self._written_ids
            standings = ",".join([f"[{ids[place]},{time},{last}]" for time, last, place in routed.standings])
            compared = f',"unit":{rotation.unit},"compared":[{standings}]'
        return f'{{"values":{{{values}}}{preassigned}{compared}}}'

    def _values(self, lead: Waiting, campaigns: Mapping[str, Mapping[str, Any]]) -> str:
        """Return what the rules saw as the inside of a JSON object, written once for all who share it."""
        key = (id(lead.values), lead.campaign_key)
        known = self._shown.get(key)
        if known is None:
            if len(self._shown) >= _MOST_SHOWN:
                self._shown.clear()
            campaign = campaigns.get(lead.campaign_key or "", {})
            text = ",".join(
                [read(lead.values if name[0] == "lead" else campaign) for name, read in self._fields]
            )
            # The values are kept beside their id, which would otherwise be given to others.
            known = self._shown[key] = (lead.values, text)
        return known[1]

    def _body(self, routed: Routed) -> dict[str, Any]:
        path = routed.path
        everybody = (1 << len(self._ids)) - 1
        return {
            "kind": "path",
            "module": self._router.mapping.routing.module,
            "rules": self._rules_id,
            "partners": self._partners_id,
            "start": None if path is None or path.start == everybody else self._named(path.start),
            "steps": [
                {"rule": step.rule.name, "outcome": step.outcome, "after": self._named(step.after)}
                for step in (path.steps if path else ())
            ],
            "reason": routed.reason,
            "not_routed": routed.not_routed,
            "default": routed.default,
            "preassigned": routed.preassigned,
            **{
                why: self._named(bits)
                for why, bits in zip(("absent", "at_cap"), routed.away, strict=True)
                if bits
            },
        }

    def _named(self, bits: int) -> list[str]:
        return [self._ids[place] for place in places(bits)]

    @cached_property
    def _rules_id(self) -> str:
        mapping = self._router.mapping
        used = set(self._router.narrowing.compared)
        return self._keep(
            {
                "kind": "rules",
                **self._versions,
                "rules": [rule.model_dump(mode="json") for rule in mapping.routing.rules],
                "default_partner": mapping.routing.default_partner,
                "preassignment": mapping.preassignment and mapping.preassignment.model_dump(mode="json"),
                "fields": {
                    side: [
                        one.model_dump(mode="json", by_alias=True)
                        for one in fields
                        if (side, one.name) in used
                    ]
                    for side, fields in (("lead", mapping.fields), ("campaign", mapping.campaigns.fields))
                },
                "timezone": mapping.timezone,
            }
        )

    @cached_property
    def _partners_id(self) -> str:
        named = {
            condition.partner
            for rule in self._router.mapping.routing.rules
            for group in rule.any
            for condition in group.all
            if condition.partner not in (None, "id", "name")
        }
        return self._keep(
            {
                "kind": "partners",
                "partners": [
                    {
                        "id": one.id,
                        "name": one.name,
                        "attributes": {key: one.attributes[key] for key in named & one.attributes.keys()},
                    }
                    for one in self._router.partners
                ],
            }
        )

    def _keep(self, body: Mapping[str, Any]) -> str:
        text = json.dumps(body, separators=(",", ":"), ensure_ascii=False, sort_keys=True)
        trace_id = digest(text)
        if trace_id not in self._stored:
            self._bodies[trace_id] = text
        return trace_id


def _reader(name: tuple[str, str], mapping: SupplierMapping) -> Callable[[Mapping[str, Any]], str]:
    """Return a function from a lead's fields to `"lead.country":"DE"`, written once per distinct value."""
    side, key = name
    fields = mapping.fields if side == "lead" else mapping.campaigns.fields
    hidden = any(is_personal(one) for one in fields if one.name == key and side == "lead")
    label = written(f"{side}.{key}")
    known: dict[Any, str] = {}

    def read(values: Mapping[str, Any]) -> str:
        value = values.get(key)
        if isinstance(value, list):
            value = tuple(value)
        found = known.get(value)
        if found is None:
            if len(known) >= _MOST_SHOWN:
                known.clear()
            shown = HIDDEN if hidden and value is not None else value
            found = known[value] = f"{label}:{written(shown)}"
        return found

    return read
