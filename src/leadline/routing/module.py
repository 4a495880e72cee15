"""A routing module ready to work: the rules, partners and state that route a batch of leads.

`Router.route` is the whole of R1 to R4 in order: pre-assignment, rules, rotation, default partner. It knows
values only; `work` reads and writes the hub around it, and `simulation` uses it without one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from leadline.mapping.model import SupplierMapping
from leadline.mapping.source import Preassignment
from leadline.matching import text, values_of
from leadline.partners import Partner
from leadline.routing.availability import is_absent, leads_left
from leadline.routing.columns import LeadColumns, Waiting, alike
from leadline.routing.narrowing import Narrowing, Path
from leadline.routing.reasons import Reason
from leadline.routing.rotation import Rotation, Standing, Turn

_LEFT_SOME = (Reason.ROUND_ROBIN, Reason.RULES, Reason.ONLY_PARTNER)


class Routed(NamedTuple):
    """The decision on one lead; a plain tuple, for there is one per lead.

    Attributes:
        place: Position of the partner among the router's; None: unassigned.
        reason: Why it ended so.
        not_routed: Why rules and rotation gave nobody, where the default partner was asked.
        default: What became of the default partner: used, none, or why not.
        path: Its way through the rules; None where a pre-assignment ended the routing first.
        preassigned: used, unknown (names no active partner), or None (the lead names nobody).
        standings: What the rotation compared, best first; empty where it was not asked.
        away: Bits of the partners that the rules left but that cannot have a lead now: absent, at their cap.
    """

    lead: Waiting
    place: int | None
    reason: Reason
    path: Path | None = None
    not_routed: Reason | None = None
    default: str | None = None
    preassigned: str | None = None
    standings: Sequence[Standing] = ()
    away: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class Router:
    """One module's rules for the supplier's active partners; reusable for any number of batches."""

    mapping: SupplierMapping
    partners: tuple[Partner, ...]  # active ones, in the order of their ids
    inactive: frozenset[str]

    @classmethod
    def of(cls, mapping: SupplierMapping, partners: Sequence[Partner]) -> Router:
        """Return the router of a mapping over these partners; inactive ones are no candidates."""
        active = tuple(sorted((one for one in partners if one.active), key=lambda one: one.id))
        return cls(mapping, active, frozenset(one.id for one in partners if not one.active))

    @cached_property
    def narrowing(self) -> Narrowing:
        """The rules, ready for these partners."""
        return Narrowing.of(self.mapping, self.partners)

    @cached_property
    def _bits(self) -> dict[str, int]:
        return {one.id: 1 << place for place, one in enumerate(self.partners)}

    @cached_property
    def _named(self) -> dict[str, int]:
        return _names(self.mapping.preassignment, self.partners)

    def rotation(
        self, turns: Mapping[str, Turn], now: int, assigned: Mapping[str, int] | None = None
    ) -> Rotation:
        """Return the rotation as it stands; `assigned` counts leads of the running cap periods."""
        absent = [place for place, one in enumerate(self.partners) if is_absent(one, now)]
        left = leads_left(self.partners, self.mapping.routing.cap, assigned or {})
        return Rotation(self.partners, turns, absent=absent, leads_left=left)

    def route(
        self,
        leads: Sequence[Waiting],
        rotation: Rotation,
        campaigns: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> list[Routed]:
        """Return the decisions on these leads, in their order; the rotation counts each assignment."""
        everybody = (1 << len(self.partners)) - 1
        starts = [everybody & ~self._excluded(one) if one.excluded else everybody for one in leads]
        kinds, firsts = alike(leads, starts)
        columns = LeadColumns([leads[place] for place in firsts], campaigns or {})
        codes, paths = self.narrowing.paths(columns, [starts[place] for place in firsts])
        ends = [self._end(path, everybody) for path in paths]
        ways = [(paths[code], ends[code]) for code in codes.tolist()]
        chosen = {value: self._preassigned(value) for value in {one.preassigned for one in leads}}
        routed = []
        for lead, start, kind in zip(leads, starts, kinds, strict=True):
            place, preassigned = chosen[lead.preassigned]
            if lead.source_deleted:
                decision = Routed(lead, None, Reason.SOURCE_DELETED)
            elif place is not None and start >> place & 1:
                decision = Routed(lead, place, Reason.PREASSIGNED, preassigned="used")
            else:
                if place is not None:
                    preassigned = "had_it"
                decision = self._decide(lead, *ways[kind], preassigned, rotation)
            if decision.place is not None:
                rotation.count(decision.place)
            routed.append(decision)
        return routed

    def _excluded(self, lead: Waiting) -> int:
        return sum(self._bits.get(name, 0) for name in lead.excluded)

    def _preassigned(self, value: str | None) -> tuple[int | None, str | None]:
        if value is None or not text(value):
            return None, None
        bits = self._named.get(text(value), 0)
        # Two partners of one name: nobody can say which was meant, so the rules decide.
        return (bits.bit_length() - 1, "used") if bits and not bits & (bits - 1) else (None, "unknown")

    def _end(self, path: Path, everybody: int) -> Reason:
        """Return how a path ends before it is known who is available."""
        if not path.start:
            return Reason.NO_PARTNER_LEFT if everybody else Reason.NO_ACTIVE_PARTNER
        if path.stopped:
            return Reason(path.steps[-1].outcome.removeprefix("stopped_").join(("required_", "")))
        if path.steps and not path.applied:
            return Reason.NO_RULE_APPLIED
        if path.candidates & (path.candidates - 1):
            return Reason.ROUND_ROBIN
        return Reason.RULES if path.steps else Reason.ONLY_PARTNER

    def _decide(
        self, lead: Waiting, path: Path, end: Reason, preassigned: str | None, rotation: Rotation
    ) -> Routed:
        not_routed, away = end, (0, 0)
        if end in _LEFT_SOME:
            away = rotation.away(path.candidates)
        if end is Reason.ROUND_ROBIN and self.mapping.routing.round_robin:
            turn = rotation.choose(path.candidates)
            if turn is not None:
                return Routed(lead, turn[0], end, path, None, None, preassigned, turn[1], away)
            not_routed = Reason.NONE_AVAILABLE
        elif end in _LEFT_SOME:
            able = rotation.available(path.candidates)
            if able and not able & (able - 1):
                reason = Reason.ONLY_PARTNER if end is Reason.ONLY_PARTNER else Reason.RULES
                return Routed(lead, able.bit_length() - 1, reason, path, preassigned=preassigned, away=away)
            not_routed = Reason.SEVERAL_CANDIDATES if able else Reason.NONE_AVAILABLE
        if path.stopped and path.start:
            return Routed(lead, None, not_routed, path, preassigned=preassigned)
        place, default = self._default(path, rotation)
        reason = not_routed if place is None else Reason.DEFAULT_PARTNER
        return Routed(lead, place, reason, path, not_routed, default, preassigned, away=away)

    def _default(self, path: Path, rotation: Rotation) -> tuple[int | None, str]:
        name = self.mapping.routing.default_partner
        if name is None:
            return None, "none"
        if name in self.inactive:
            return None, "inactive"
        bits = self._bits.get(name)
        if bits is None:
            return None, "unknown"
        place = bits.bit_length() - 1
        if not path.start & bits:
            return None, "had_it"
        return (place, "used") if rotation.takes(place) else (None, "unavailable")


def _names(preassignment: Preassignment | None, partners: Sequence[Partner]) -> dict[str, int]:
    if preassignment is None:
        return {}
    field = preassignment.match_attribute or preassignment.match
    found: dict[str, int] = {}
    for bit, one in enumerate(partners):
        for value in values_of(one.value(field)):
            found[text(value)] = found.get(text(value), 0) | 1 << bit
    return found
